//! What a call has in hand beside its session: the lead in this process and what was computed, and how it ends. One call has
//! one of these, a call of many one for each key.

use super::call_state::{Cause, Event, Served, Step};
use super::error::CallError;
use super::protocol::Entry;
use super::session::Session;
use super::single_flight::Leader;
use std::borrow::Borrow;
use std::sync::Arc;

/// What callers who share a computation get.
pub(crate) type Outcome<T, E> = Result<T, Arc<E>>;

/// `L` leads, as the API needs it.
pub(crate) struct Caller<'a, A: ?Sized, T, E, L> {
    pub(crate) lead: Option<L>,
    pub(crate) session: Session<'a, A, T>,
    pub(crate) outcome: Option<Outcome<T, E>>,
}

impl<'a, A: ?Sized, T: Clone, E: 'static, L: Borrow<Leader<Outcome<T, E>>>> Caller<'a, A, T, E, L> {
    pub(crate) fn new(session: Session<'a, A, T>) -> Self {
        Self { lead: None, session, outcome: None }
    }

    pub(crate) fn leads(&mut self, lead: L) -> Step {
        self.lead = Some(lead);
        self.session.on(Event::Leading)
    }

    /// Whoever led is done.
    pub(crate) fn followed(&mut self, outcome: Option<Outcome<T, E>>) -> Step {
        let event = match outcome {
            Some(Ok(_)) => Event::Shared,
            Some(Err(_)) => Event::SharedError,
            None => Event::Abandoned,
        };
        self.outcome = outcome;
        self.session.on(event)
    }

    /// The function has come back.
    pub(crate) fn computed(&mut self, outcome: Outcome<T, E>) -> Step {
        self.lead.iter().for_each(|lead| lead.borrow().is_computed());
        let event = match &outcome {
            Ok(_) => Event::Computed,
            Err(error) => {
                self.session.failed(&**error);
                Event::Failed
            }
        };
        self.outcome = Some(outcome);
        self.session.on(event)
    }

    /// What to store, `None` where the result cannot be written.
    pub(crate) fn entry(&mut self) -> Option<Entry> {
        let value = self.outcome.as_ref().and_then(|it| it.as_ref().ok())?;
        self.session.entry(value)
    }

    /// How it ends, at a step that is the last; `None` where it is to be computed without the cache, and without callbacks,
    /// which would come back here.
    pub(crate) fn end(&mut self, step: Step) -> Option<Result<T, CallError<E>>> {
        match step {
            Step::Serve(served) => self.serve(served).map(Ok),
            Step::Fail(cause) => self.fail(cause).map(Err),
            _ => None,
        }
    }

    fn serve(&mut self, served: Served) -> Option<T> {
        let value = match served {
            Served::Hit | Served::Stale | Served::Waited => self.session.take_value(),
            Served::Shared | Served::Computed => self.outcome.take().and_then(Result::ok),
        }?;
        // What was read before this caller led is for itself: it may have been invalidated before those who wait began.
        let is_read_before =
            served == Served::Stale || served == Served::Hit && self.session.refreshes_early();
        if !is_read_before {
            self.land(Ok(value.clone()), served == Served::Computed);
        }
        self.session.serving(served, &value);
        Some(value)
    }

    fn fail(&mut self, cause: Cause) -> Option<CallError<E>> {
        match (cause, self.outcome.take(), self.session.take_failure()) {
            (Cause::Cache, _, Some(error)) => Some(CallError::Cache(error)),
            (Cause::Timeout, ..) => Some(self.session.timeout()),
            (Cause::Function, Some(Err(error)), _) => {
                self.land(Err(Arc::clone(&error)), true);
                Some(CallError::Function(error))
            }
            _ => None,
        }
    }

    fn land(&mut self, outcome: Outcome<T, E>, computed: bool) {
        if let Some(lead) = self.lead.take() {
            lead.borrow().land(outcome, self.session.origin(computed));
        }
    }
}
