//! What a command says of the names that it was given and that match nothing. Every command that takes selectors asks here.

use crate::cli::commands::absent::Absent;
use crate::cli::commands::redirect::Redirected;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use cacheme::cache::Session;
use cacheme::ops::Selector;

/// The names that match nothing.
#[derive(Default)]
#[must_use]
pub struct AbsentNames {
    /// Of those that were given to be meant.
    pub named: Vec<Absent>,
    /// Of those that were given to be taken away.
    pub excepted: Vec<Absent>,
    /// A pattern that a shell has probably cut at its `>`.
    pub redirected: Option<Redirected>,
    /// A pattern of exceptions that was probably cut so.
    pub redirected_exception: Option<Redirected>,
}

impl AbsentNames {
    /// Finds them on a server. Who may not ask for keys and sets by their names is told nothing, unless that is what `strict` is for.
    pub fn find(
        context: &Context,
        session: &mut Session,
        named: &[Selector],
        excepted: &[Selector],
        strict: bool,
    ) -> Result<Self, Failure> {
        let mut find = |selectors| match Absent::find(context, session, selectors) {
            Err(cacheme::Error::Server { message, .. }) if !strict => {
                context.ui.verbose(&format!("could not check whether all names are there: {message}"));
                Ok(Vec::new())
            }
            found => found,
        };
        let (absent_exceptions, absent) = (find(excepted)?, find(named)?);
        Ok(Self {
            excepted: absent_exceptions,
            named: absent,
            redirected: Redirected::find(context, session, "--pattern", named),
            redirected_exception: Redirected::find(context, session, "--except-pattern", excepted),
        })
    }

    /// Those that are in neither of two places.
    pub fn and(self, other: &Self) -> Self {
        let both = |these: Vec<Absent>, others: &[Absent]| {
            let is_other = |it: &Absent| others.iter().any(|other| other.selector == it.selector);
            these.into_iter().filter(is_other).collect()
        };
        Self { named: both(self.named, &other.named), excepted: both(self.excepted, &other.excepted), ..self }
    }

    /// Refuses to change what an exception was to keep that a shell has cut.
    pub fn refuse_cut_exceptions(&self) -> Result<(), Failure> {
        let of_keys = self.excepted.iter().find_map(Absent::refusal_of_exception);
        of_keys.or_else(|| self.redirected_exception.as_ref().map(Redirected::refusal)).map_or(Ok(()), Err)
    }

    /// Ends the work where names have to be there, by what was not done then. Otherwise exceptions and a cut pattern are warned of, and
    /// the others given back: whoever asked says what becomes of them.
    pub fn settle(self, context: &Context, strict: Option<&str>) -> Result<Vec<Absent>, Failure> {
        if let Some(undone) = strict {
            Absent::refuse(context, &self.excepted, undone)?;
            Absent::refuse(context, &self.named, undone)?;
        }
        self.excepted.iter().for_each(|absent| context.ui.warning(&absent.said_of_exception()));
        let redirected = self.redirected.iter().chain(&self.redirected_exception);
        redirected.for_each(|redirected| context.ui.warning(&redirected.said()));
        Ok(self.named)
    }

    /// The same where nothing becomes of them: they are warned of, too.
    pub fn tell(self, context: &Context, strict: Option<&str>) -> Result<(), Failure> {
        self.settle(context, strict)?.iter().for_each(|absent| context.ui.warning(&absent.said()));
        Ok(())
    }
}
