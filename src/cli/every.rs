//! Commands that sweep: once, or again and again as a sidecar (`--every`).

use super::context::Context;
use super::error::{Code, Failure};
use super::metrics::Metrics;
use super::output::{Column, Format, Output, Row, Shape, print};
use super::parse;
use clap::Args;
use signal_hook::consts::SIGTERM;
use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often to sweep.
#[derive(Debug, Args)]
pub struct EveryArgs {
    /// Do it again and again, this long apart give or take a tenth: a sidecar where there is no cron
    #[arg(long, value_name = "DUR", value_parser = parse::timeout, conflicts_with = "dry_run")]
    pub every: Option<Duration>,
    /// Write counters of the runs into a file for Prometheus, after each run
    #[arg(long, value_name = "FILE", requires = "every")]
    pub output: Option<PathBuf>,
    /// Neither take nor mind the lock that lets one sweep of this namespace work at a time
    #[arg(long)]
    pub no_lock: bool,
}

/// What one run did.
pub struct Report {
    pub row: Row,
    /// The same for a person.
    pub sentence: String,
    /// What was done, by kind and deed, for Prometheus.
    pub counts: Vec<(&'static str, &'static str, u64)>,
    pub complete: bool,
    /// The code of a run that did not fail.
    pub code: Code,
    pub failure: Option<Failure>,
}

/// Runs a sweep once, or until a signal comes.
///
/// Once: its failure is the command's. Again and again: a failure is told and the next run tries again; SIGTERM ends
/// with 0 after the batch in hand, as that is how a sidecar is stopped.
pub fn run(
    context: &Context,
    name: &'static str,
    args: &EveryArgs,
    columns: &[Column],
    once: &mut dyn FnMut() -> Result<Report, Failure>,
) -> Result<Code, Failure> {
    let Some(every) = args.every else {
        let report = once()?;
        Failure::unless_unread(tell(context, columns, &report))?;
        return report.failure.map_or(Ok(report.code), Err);
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
    let metrics = Metrics::new(name);
    loop {
        let start = Instant::now();
        match once() {
            Ok(mut report) => {
                tell(context, columns, &report)?;
                if let Some(failure) = report.failure.take() {
                    let _ = failure.report(&context.ui);
                    report.complete = false;
                    metrics.failed();
                }
                metrics.ran(&report, start.elapsed());
            }
            Err(failure) if !failure.may_pass() => return Err(failure),
            Err(failure) => {
                let _ = failure.report(&context.ui);
                metrics.failed();
            }
        }
        if let Some(path) = &args.output
            && let Err(error) = metrics.write(path)
        {
            context.ui.warning(&format!("cannot write {}: {error}", path.display()));
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

fn tell(context: &Context, columns: &[Column], report: &Report) -> Result<(), Failure> {
    if context.format(None) == Format::Table && context.global.fields.is_empty() {
        return Ok(print(&report.sentence)?);
    }
    let mut output: Output = context.output(columns, Shape::Object)?;
    output.row(report.row.clone())?;
    Ok(output.finish()?)
}

/// Give or take a tenth, so that sidecars which started together do not stay together.
fn jittered(every: Duration) -> Duration {
    let random = RandomState::new().hash_one(Instant::now()) % 2001;
    every.mul_f64(0.9 + random as f64 / 10_000.0)
}
