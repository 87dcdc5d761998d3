//! The screen of `stats --watch`, as text.

use crate::cli::commands::monitor::COST;
use crate::cli::commands::stats::grid::short;
use crate::cli::commands::stats::picture::Picture;
use crate::cli::commands::stats::spark::fitted;
use crate::cli::output::human::percent;
use crate::cli::output::wrapped;
use cacheme::ops::Totals;

/// The numbers between name and trend, and behind it.
const FIXED: usize = 7 + 1 + 5 + 1 + 6 + 1 + 5 + 1 + 5 + 1 + 6 + 4;

/// What keys do, and what stands in the columns.
const HELP: [(&str, &str); 14] = [
    ("q Esc", "quit; prints the sums"),
    ("Ctrl-C", "quit with exit code 130"),
    ("Ctrl-L", "redraw the screen"),
    ("? F1", "this help; any other key closes it"),
    ("", ""),
    ("calls/s", "calls of cached functions in the last second"),
    ("now", "in the last second"),
    ("ratio", "hits among all calls so far, since this began"),
    ("by second", "the hit ratio of each second, the newest on the right"),
    ("misses", "calls that found no value and computed it"),
    ("refr", "refreshes: calls that found a marked or expired value and computed it"),
    ("waits", "calls that waited for another call's computation"),
    ("invals", "invalidations: keys that were marked or deleted"),
    ("-", "no calls, so no ratio"),
];

/// The screen of `?`, as lines that fit.
pub fn help(picture: &Picture, columns: usize, rows: usize) -> Vec<String> {
    let mut lines = vec![status(picture), String::new()];
    for (term, meaning) in HELP {
        let line = format!("{term:<11}{meaning}");
        lines.extend(wrapped(&line, 11, columns).lines().map(str::to_owned));
    }
    fitting(&lines, columns, rows)
}

/// The line at the top.
fn status(picture: &Picture) -> String {
    let left = picture.seconds_left.map_or_else(String::new, |left| format!(", {left} s left"));
    format!("{:.0} s{left}   ? help   q quit   {}", picture.seen.seconds, picture.place)
}

fn fitting(lines: &[String], columns: usize, rows: usize) -> Vec<String> {
    lines.iter().take(rows).map(|line| fitted(line, columns).trim_end().to_owned()).collect()
}

/// The whole screen as lines, none longer than it is wide, and no more than it is high.
pub fn lines(picture: &Picture, columns: usize, rows: usize) -> Vec<String> {
    let (seen, all) = (&picture.seen, picture.now(b""));
    let mut so_far = Totals::default();
    seen.rows.iter().for_each(|row| so_far.add(&row.totals));
    let per_second = |count: u64| (count as f64 / picture.tick).round() as u64;
    let trend = columns.saturating_sub(56).clamp(10, 60);
    let mut lines = vec![
        status(picture),
        format!(
            "{:>7} calls/s, hit ratio {:>4} now, {:>4} so far  {}",
            short(per_second(all.calls), 7),
            percent(all.hit_ratio()),
            percent(so_far.hit_ratio()),
            picture.trend(b"", trend)
        ),
        format!(
            "{:>7} commands/s on the server, {} invalidations/s, {} in progress{}",
            short(per_second(picture.commands_now), 7),
            per_second(all.invalidations),
            seen.computing,
            if seen.capped { ", more keys than are followed" } else { "" }
        ),
        "MONITOR is on: all clients of the server are slower meanwhile".to_owned(),
    ];
    let name = (columns.saturating_sub(FIXED) / 2).clamp(8, 40);
    let trend = columns.saturating_sub(FIXED + name).min(60);
    lines.push(format!(
        "{} {:>7} {:>5} {:>trend$} {:>6} {:>5} {:>5} {:>6}",
        fitted("tag", name),
        "calls/s",
        "ratio",
        if trend >= 9 { "by second" } else { "" },
        "misses",
        "refr",
        "waits",
        "invals"
    ));
    let busiest = picture.busiest.len().min(rows / 4);
    let room = rows.saturating_sub(lines.len() + if busiest > 0 { busiest + 2 } else { 0 }).max(1);
    for row in seen.rows.iter().take(room) {
        let totals = &row.totals;
        lines.push(format!(
            "{} {:>7} {:>5} {} {:>6} {:>5} {:>5} {:>6}",
            Picture::shown(&row.name, name),
            short(per_second(picture.now(&row.name).calls), 7),
            percent(totals.hit_ratio()),
            picture.trend(&row.name, trend),
            short(totals.misses, 6),
            short(totals.refreshes, 5),
            short(totals.waits, 5),
            short(totals.invalidations, 6),
        ));
    }
    if seen.rows.is_empty() {
        lines.push("no calls yet".to_owned());
        lines.push(String::new());
        lines.extend(wrapped(COST, 0, columns).lines().map(str::to_owned));
    }
    if busiest > 0 {
        lines.push(String::new());
        lines.push("busiest keys, calls so far".to_owned());
        for (key, calls) in &picture.busiest[..busiest] {
            lines.push(format!("{:>7} {}", short(*calls, 7), Picture::shown(key, columns.saturating_sub(8))));
        }
    }
    fitting(&lines, columns, rows)
}
