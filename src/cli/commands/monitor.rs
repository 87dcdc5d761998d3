//! What commands have in common that watch MONITOR.

use crate::cli::context::Context;
use cacheme::Error;
use std::time::Duration;

/// Nobody watches a busy server for longer by mistake.
pub const UNASKED: Duration = Duration::from_secs(60);
/// How soon a signal is heeded.
pub const STEP: Duration = Duration::from_millis(20);

/// What MONITOR costs.
pub const COST: &str = "MONITOR is on while this runs: the server sends a copy of every command to cacheme. That \
                        slows down all its clients, the more the larger the values are that they store";

/// Says what MONITOR costs, before it starts.
pub fn warn_of_cost(context: &Context) {
    context.ui.warning(COST);
}

/// Says which primaries of a cluster are not watched, or not any more, beyond those that were told.
pub fn tell_lost(context: &Context, lost: &[Error], told: &mut usize) {
    for error in lost.iter().skip(*told) {
        context.ui.warning(&format!("{error}: the commands of this primary are not seen"));
    }
    *told = lost.len();
}

/// Why watching for so long is refused.
pub fn too_long(length: Duration) -> String {
    format!("{} s is a long time for MONITOR, which slows the whole server down", length.as_secs())
}
