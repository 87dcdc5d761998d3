//! The binary: parse, run, print the error, return the code.

mod cli;

use std::process::ExitCode;

// musl's own takes a listing twice the time.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The kernel hands signals to the first thread, so the thread that works never sees a read interrupted.
    let work = std::thread::Builder::new().name("work".to_owned()).stack_size(8 << 20).spawn(cli::run);
    work.ok().and_then(|work| work.join().ok()).unwrap_or(ExitCode::FAILURE)
}
