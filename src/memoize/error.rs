//! How a call fails.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Why a memoized call returned no value.
///
/// It is a [`std::error::Error`] whatever the function's error is, so `?` takes it into `anyhow::Error` and
/// `Box<dyn Error + Send + Sync>`. Its text is that of the function's error as `{:#}` writes it, with which an
/// `anyhow::Error` tells its causes, too. A [`source`](std::error::Error::source) it has for Redis alone; who wants that of the
/// function's error takes it out ([`function`](Self::function), [`into_function`](Self::into_function)).
///
/// ```
/// use cacheme::memoize::CallError;
/// use std::sync::Arc;
///
/// let error: CallError<std::num::ParseIntError> = CallError::Function(Arc::new("x".parse::<u8>().unwrap_err()));
/// assert_eq!(error.to_string(), "invalid digit found in string");
///
/// enum Failed {
///     Parse(Arc<std::num::ParseIntError>),
///     Redis(cacheme::Error),
///     Timeout,
/// }
///
/// impl From<CallError<std::num::ParseIntError>> for Failed {
///     fn from(error: CallError<std::num::ParseIntError>) -> Self {
///         match error {
///             CallError::Function(error) => Self::Parse(error),
///             CallError::Cache(error) => Self::Redis(error),
///             CallError::Timeout { .. } => Self::Timeout,
///         }
///     }
/// }
/// # assert!(matches!(error.into(), Failed::Parse(_)));
/// ```
#[derive(Debug)]
pub enum CallError<E = Infallible> {
    /// The function's own error. Callers of one key who shared the computation share the error.
    Function(Arc<E>),
    /// Redis is away or refused, and the settings say to tell ([`OnError::Fail`](super::OnError::Fail)).
    Cache(crate::Error),
    /// There was no value within the [hard timeout](super::sync::Builder::hard_timeout). The computation goes on, and stores
    /// what comes of it.
    Timeout {
        /// The key, with its prefix.
        key: String,
        /// The hard timeout.
        after: Duration,
    },
}

impl<E> CallError<E> {
    /// The function's own error, if it is one.
    pub fn function(&self) -> Option<&E> {
        match self {
            Self::Function(error) => Some(error),
            Self::Cache(_) | Self::Timeout { .. } => None,
        }
    }

    /// The function's own error, if it is one: a clone, where others share it.
    pub fn into_function(self) -> Option<E>
    where
        E: Clone,
    {
        match self {
            Self::Function(error) => Some(Arc::unwrap_or_clone(error)),
            Self::Cache(_) | Self::Timeout { .. } => None,
        }
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(error) => write!(f, "{error:#}"),
            Self::Cache(error) => error.fmt(f),
            Self::Timeout { key, after } => {
                write!(
                    f,
                    "{key}: no value within {after:?}; the computation goes on, and a later call may find what it stores"
                )
            }
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for CallError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Of an error that may be none to the standard library (`anyhow::Error`, `String`) nothing more is known.
            Self::Function(_) | Self::Timeout { .. } => None,
            Self::Cache(error) => error.source(),
        }
    }
}
