//! Bars for sweeps and for files. They hide themselves where stderr is no terminal.

use cacheme::client::Progress;
use cacheme::text::grouped;
use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::time::{Duration, Instant};

const STEPS: u64 = 1000;
/// Batches come by the thousand a second: nobody reads more than this.
const REDRAWN: Duration = Duration::from_millis(100);

/// A bar over the keyspace: how much of its table is behind, what matched, how fast, and the time left.
pub struct Bar {
    bar: ProgressBar,
    matched: u64,
    started: Instant,
    drawn: Option<Instant>,
}

impl Bar {
    pub fn new(what: &'static str) -> Self {
        Self { bar: drawn(what, STEPS), matched: 0, started: Instant::now(), drawn: None }
    }
}

impl Progress for Bar {
    fn walked(&mut self, items: usize, fraction: Option<f64>) {
        self.matched += items as u64;
        let now = Instant::now();
        if self.drawn.is_some_and(|drawn| now.duration_since(drawn) < REDRAWN) {
            return;
        }
        self.drawn = Some(now);
        if let Some(fraction) = fraction {
            self.bar.set_position((fraction * STEPS as f64) as u64);
        }
        let seconds = now.duration_since(self.started).as_secs_f64();
        let rate = if seconds > 0.0 { (self.matched as f64 / seconds) as u64 } else { 0 };
        self.bar.set_message(format!("{} matched, {}/s", grouped(self.matched), grouped(rate)));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A bar over a file that is read.
pub struct FileBar(ProgressBar);

impl FileBar {
    pub fn new(what: &'static str, size: u64) -> Self {
        Self(drawn(what, size))
    }

    pub fn read(&self, bytes: u64) {
        self.0.set_position(bytes);
        let size = HumanBytes(self.0.length().unwrap_or(0));
        self.0.set_message(format!("{} of {size}", HumanBytes(bytes)));
    }
}

impl Drop for FileBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// How long it will take, once that can be told.
fn time_left(state: &ProgressState, text: &mut dyn Write) {
    let left = state.eta();
    if !left.is_zero() {
        let seconds = Duration::from_secs(left.as_secs().max(1));
        // Into a string, which takes all.
        let _ = write!(text, "  {:#} left", HumanDuration(seconds));
    }
}

fn drawn(what: &'static str, length: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template("{prefix} {bar:20} {percent:>3}%  {msg}{left}") {
        bar.set_style(style.with_key("left", time_left));
    }
    bar.set_prefix(what);
    bar
}
