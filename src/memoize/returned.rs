//! What a `#[memoize]` function returns, and how an error comes out of it. Written into the functions: no part of the API.

#![allow(missing_docs)]

use super::error::CallError;
use std::marker::PhantomData;
use std::sync::Arc;

/// Its parts, where it is known by an alias alone.
pub trait Returned {
    type Value;
    type Error;
}

impl<T, E> Returned for Result<T, E> {
    type Value = T;
    type Error = E;
}

/// Whether a type is a `Result`: what is said of `Probe<Result<…>>` itself goes before what a trait says of all.
pub struct Probe<T>(PhantomData<T>);

pub trait NoResult {
    const IS_RESULT: bool = false;
}

impl<T> NoResult for Probe<T> {}

impl<T, E> Probe<Result<T, E>> {
    pub const IS_RESULT: bool = true;
}

/// How an error comes out of a function whose callers may share it.
pub trait HowErrors<E> {
    /// Whether it can say that Redis failed; else the function computes without Redis.
    const TELLS: bool;
    fn error(called: CallError<E>) -> E;
}

pub struct ByConversion;
pub struct AsClone;
pub struct Refused;

impl<E: From<CallError<E>>> HowErrors<E> for ByConversion {
    const TELLS: bool = true;
    fn error(called: CallError<E>) -> E {
        called.into()
    }
}

impl<E: Clone> HowErrors<E> for AsClone {
    const TELLS: bool = false;
    fn error(called: CallError<E>) -> E {
        match called {
            CallError::Function(error) => Arc::unwrap_or_clone(error),
            // It computes and waits instead, unless the runtime that did this for it has ended.
            CallError::Cache(error) => panic!("a memoized function has no value to return: {error}"),
            CallError::Timeout { key, .. } => panic!("{key}: a memoized function has no value to return"),
        }
    }
}

impl<E: Shareable> HowErrors<E> for Refused {
    const TELLS: bool = false;
    fn error(called: CallError<E>) -> E {
        AsClone::error(called)
    }
}

/// Whether an error can say that there was no value in time: only ever named in the message where it cannot.
#[diagnostic::on_unimplemented(
    message = "a function with a hard timeout needs an error that can say so",
    label = "its error is not `From<CallError<…>>`",
    note = "return a `Result` whose error implements `From<cacheme::memoize::CallError<…>>`, or `anyhow::Result`"
)]
pub trait TellsTimeout {}

impl TellsTimeout for ByConversion {}

pub fn tells_timeout<H: TellsTimeout>(how: H) -> H {
    how
}

/// What an error has to be: only ever named in the message where it is not.
#[diagnostic::on_unimplemented(
    message = "the error `{Self}` cannot be shared by the callers of a memoized function",
    label = "neither `Clone` nor `From<CallError<{Self}>>`",
    note = "derive `Clone` for the error, implement `From<cacheme::memoize::CallError<…>>` for it, or return `anyhow::Error` \
            or `Arc` of it"
)]
pub trait Shareable: Clone {}

/// Chooses by what is known of `E` where it is written: the first of these three that there is.
pub struct ErrorOf<E>(PhantomData<fn() -> E>);

impl<E> ErrorOf<E> {
    pub const NEW: Self = Self(PhantomData);
}

pub trait ByFrom {
    fn how(&self) -> ByConversion {
        ByConversion
    }
}

pub trait ByClone {
    fn how(&self) -> AsClone {
        AsClone
    }
}

pub trait ByNothing {
    fn how(&self) -> Refused {
        Refused
    }
}

impl<E: From<CallError<E>>> ByFrom for &ErrorOf<E> {}
impl<E: Clone> ByClone for &&ErrorOf<E> {}
impl<E> ByNothing for ErrorOf<E> {}
