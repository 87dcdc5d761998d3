//! How a call fails.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

/// Why a memoized call returned no value.
///
/// ```
/// use cacheme::memoize::CallError;
/// use std::sync::Arc;
///
/// let error: CallError<std::num::ParseIntError> = CallError::Function(Arc::new("x".parse::<u8>().unwrap_err()));
/// assert_eq!(error.to_string(), "invalid digit found in string");
/// ```
#[derive(Debug)]
pub enum CallError<E = Infallible> {
    /// The function's own error. Callers of one key who shared the computation share the error.
    Function(Arc<E>),
    /// Redis is away or refused, and the settings say to tell ([`OnError::Fail`](super::OnError::Fail)).
    Cache(crate::Error),
}

impl<E> CallError<E> {
    /// The function's own error, if it is one.
    pub fn function(&self) -> Option<&E> {
        match self {
            Self::Function(error) => Some(error),
            Self::Cache(_) => None,
        }
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(error) => error.fmt(f),
            Self::Cache(error) => error.fmt(f),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for CallError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Function(error) => error.source(),
            Self::Cache(error) => error.source(),
        }
    }
}
