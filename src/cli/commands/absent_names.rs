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
        let (excepted, absent) = (find(excepted)?, find(named)?);
        Ok(Self { excepted, named: absent, redirected: Redirected::find(context, session, named) })
    }

    /// Those that are in neither of two places.
    pub fn and(self, other: &Self) -> Self {
        let both = |these: Vec<Absent>, others: &[Absent]| {
            let is_other = |it: &Absent| others.iter().any(|other| other.selector == it.selector);
            these.into_iter().filter(is_other).collect()
        };
        Self {
            named: both(self.named, &other.named),
            excepted: both(self.excepted, &other.excepted),
            redirected: self.redirected,
        }
    }

    /// Ends the work where names have to be there, by what was not done then. Otherwise exceptions and a cut pattern are warned of, and
    /// the others given back: whoever asked says what becomes of them.
    pub fn settle(self, context: &Context, strict: Option<&str>) -> Result<Vec<Absent>, Failure> {
        if let Some(undone) = strict {
            Absent::refuse(context, &self.excepted, undone)?;
            Absent::refuse(context, &self.named, undone)?;
        }
        let warn = |absent: &Absent| context.ui.warning(&absent.said_with("it excludes nothing"));
        self.excepted.iter().for_each(warn);
        self.redirected.iter().for_each(|redirected| context.ui.warning(&redirected.said()));
        Ok(self.named)
    }

    /// The same where nothing becomes of them: they are warned of, too.
    pub fn tell(self, context: &Context, strict: Option<&str>) -> Result<(), Failure> {
        self.settle(context, strict)?.iter().for_each(|absent| context.ui.warning(&absent.said()));
        Ok(())
    }
}
