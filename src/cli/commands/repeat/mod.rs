//! Commands that sweep: once, or again and again as a sidecar (`--every`).

mod counters;
pub mod report;

use crate::cli::args::{Format, RepeatArgs};
use crate::cli::commands::repeat::counters::RunCounters;
use crate::cli::commands::repeat::report::{Counts, Report};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Shape, columns};
use signal_hook::consts::SIGTERM;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Runs a sweep once, or until a signal comes. `nothing` is what a run counts that does nothing.
///
/// Once: its failure is the command's. Again and again: a failure is told and the next run tries again, unless it is one of
/// the command line; SIGTERM ends with 0 after the batch in hand, as that is how a sidecar is stopped.
pub fn run(
    context: &Context,
    name: &'static str,
    args: &RepeatArgs,
    nothing: Counts,
    once: &mut dyn FnMut() -> Result<Report, Failure>,
) -> Result<Code, Failure> {
    let mut counters = args.output.as_deref().map(|path| RunCounters::new(name, path, nothing));
    let Some(every) = args.every else {
        let start = Instant::now();
        let done = once();
        let elapsed = start.elapsed();
        // The report first: the file may be a FIFO that nobody reads.
        let told = done.as_ref().map_or(Ok(()), |report| tell(context, report));
        let counted = count(context, &mut counters, &done, elapsed);
        let report = done?;
        Failure::unless_unread(told)?;
        report.failure.map_or(Ok(()), Err)?;
        counted?;
        return Ok(report.code);
    };
    if matches!(context.format(None), Format::Json | Format::Csv) {
        let format = if context.format(None) == Format::Json { "json" } else { "csv" };
        return Err(Failure::usage(format!(
            "--format {format} is one document, and --every has no end to it"
        ))
        .with_hint("--format ndjson has an object a line, plain a row"));
    }
    context.catch_signals()?;
    let terminated = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGTERM, terminated.clone())?;
    let mut worked = false;
    loop {
        let start = Instant::now();
        let done = once();
        if let Err(failure) = count(context, &mut counters, &done, start.elapsed()) {
            let _ = failure.report(&context.ui);
        }
        match done {
            Ok(report) => {
                worked = true;
                match tell(context, &report) {
                    Err(unread) if unread.is_closed_pipe() => return Err(unread),
                    Err(failure) => drop(failure.report(&context.ui)),
                    Ok(()) => {}
                }
                if let Some(failure) = report.failure {
                    tell_and_go_on(context, &failure, every);
                }
            }
            // Flags that never worked are wrong. What worked once may work again: certificates, passwords and what makes
            // them are changed while this runs.
            Err(failure) if !worked && !failure.may_pass() => return Err(failure),
            Err(failure) => tell_and_go_on(context, &failure, every),
        }
        let next = start + jittered(every);
        while Instant::now() < next && !context.interrupted() {
            std::thread::sleep(next.saturating_duration_since(Instant::now()).min(Duration::from_millis(50)));
        }
        if context.interrupted() {
            let ended = terminated.load(Ordering::Relaxed);
            return Ok(if ended { Code::Done } else { Code::Interrupted });
        }
    }
}

fn tell_and_go_on(context: &Context, failure: &Failure, every: Duration) {
    let _ = failure.report(&context.ui);
    if !context.interrupted() {
        context.ui.hint(&format!("the next run tries again, in about {every:?}"));
    }
}

/// Counts a run into the file, where there is one.
fn count(
    context: &Context,
    counters: &mut Option<RunCounters<'_>>,
    done: &Result<Report, Failure>,
    took: Duration,
) -> Result<(), Failure> {
    let Some(counters) = counters else { return Ok(()) };
    match done {
        Ok(report) => counters.ran(report, took),
        Err(_) => counters.did_not_begin(),
    }
    counters
        .write(context)
        .map_err(|error| Failure::failed(format!("cannot write {}: {error}", counters.path().display())))
}

/// The data where a format or fields were asked for; otherwise the sentence, off a terminal only where there is news. What
/// an unfinished run did is always told.
fn tell(context: &Context, report: &Report) -> Result<(), Failure> {
    let unfinished = report.failure.is_some() || matches!(report.code, Code::Partly | Code::Interrupted);
    if context.is_silent(!unfinished) {
        return Ok(());
    }
    let fields = !context.global.fields.is_empty();
    let asked = fields || context.global.format.is_some();
    if asked && (fields || context.format(None) != Format::Table) {
        let mut output = context.output(&columns(&report.row), Shape::Object)?;
        output.row(report.row.clone())?;
        return Ok(output.finish()?);
    }
    if asked || unfinished || report.is_news || context.format(None) == Format::Table {
        context.print_deeds(&report.sentence, report.dry_run)?;
    }
    Ok(())
}

/// Give or take a tenth, so that sidecars which started together do not stay together.
fn jittered(every: Duration) -> Duration {
    let random = RandomState::new().hash_one(Instant::now()) % 2001;
    every.mul_f64(0.9 + random as f64 / 10_000.0)
}
