//! The support code itself, and the real library it drives: when these fail, look here before you believe any other failure.

mod library;
mod monitor;
mod runs;
mod server;
mod terminal;
mod traffic;

/// Runs something that must panic, and gives what it said.
fn panic_of(run: impl FnOnce()) -> String {
    let error = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
    match error.downcast::<String>() {
        Ok(text) => *text,
        Err(error) => (*error.downcast::<&str>().unwrap()).to_owned(),
    }
}
