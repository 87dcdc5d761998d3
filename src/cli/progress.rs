//! A bar for sweeps. It hides itself where stderr is no terminal.

use cacheme::store::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const STEPS: u64 = 1000;

/// A bar over the keyspace.
pub struct Bar {
    bar: ProgressBar,
    walked: u64,
}

impl Bar {
    pub fn new(what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template("{prefix} {bar:24} {percent:>3}%  {msg}  {eta} left");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.set_prefix(what);
        Self { bar, walked: 0 }
    }
}

impl Progress for Bar {
    fn walked(&mut self, items: usize, fraction: Option<f64>) {
        self.walked += items as u64;
        if let Some(fraction) = fraction {
            self.bar.set_position((fraction * STEPS as f64) as u64);
        }
        self.bar.set_message(format!("{} walked", self.walked));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
