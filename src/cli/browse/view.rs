//! The screen: a line about the server, the rows or the value, what is typed, the keys.

use crate::cli::browse::app::App;
use crate::cli::browse::feed::Question;
use crate::cli::browse::opened::Opened;
use crate::cli::browse::page::{Page, Row};
use cacheme::ops::{KeyRow, KeyState};
use cacheme::text;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Wrap};
use std::time::Instant;

fn areas(screen: Rect) -> [Rect; 5] {
    Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(screen)
}

/// Where the rows or the value stand.
pub fn body(screen: Rect) -> Rect {
    areas(screen)[2]
}

/// Draws everything.
pub fn draw(frame: &mut Frame, app: &App) {
    let [head, title, body, foot, keys] = areas(frame.area());
    frame.render_widget(Clear, frame.area());
    let mode = if app.write { "WRITE" } else { "read-only" };
    let server = format!("{mode}  {}", app.server());
    frame.render_widget(Paragraph::new(server).style(bar()), head);
    let Some(page) = app.page() else { return };
    frame.render_widget(Paragraph::new(heading(app, page)), title);
    match &page.opened {
        Some(opened) => value(frame, body, page, opened, app),
        None => rows(frame, body, page),
    }
    let foot_text = match &app.plan {
        Some(plan) => Line::styled(plan.text.clone(), Style::new().add_modifier(Modifier::BOLD)),
        None if !app.message.is_empty() => Line::raw(safe(&app.message)),
        None if page.key().is_some() => Line::raw(""),
        None => Line::raw(format!("filter: {}▏", safe(&page.filter))),
    };
    frame.render_widget(Paragraph::new(foot_text), foot);
    frame.render_widget(Paragraph::new(help(page)).style(bar()), keys);
}

fn bar() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}

/// Text of servers and people, which a terminal must not obey.
fn safe(text: &str) -> String {
    text::escape(text.as_bytes()).into_owned()
}

fn help(page: &Page) -> &'static str {
    match page.question {
        Question::Value(_) => "↑↓ scroll   Del invalidate   ^R reread   Esc back   q quit",
        Question::Indexes(_) => {
            "type to filter   Enter keys   Tab tags/invalid keys   Del invalidate   Esc quit"
        }
        _ => "type to filter   Enter value   Del invalidate   ^R reread   Esc back   ^C quit",
    }
}

fn heading(app: &App, page: &Page) -> Line<'static> {
    let mut parts = vec![Span::styled(page.title(), Style::new().add_modifier(Modifier::BOLD))];
    let state = match page.complete {
        _ if page.key().is_some() && page.opened.is_some() => String::new(),
        None => format!("  reading, {} looked at", page.feed.looked()),
        Some(true) => format!("  {} of {}", at(page), page.dropped as usize + page.rows.len()),
        Some(false) => format!("  {} shown, not complete", page.rows.len()),
    };
    parts.push(Span::raw(state));
    if page.dropped > 0 {
        parts.push(Span::raw(format!("  {} above, Home begins again", page.dropped)));
    }
    if app.is_busy() {
        parts.push(Span::raw("  …"));
    }
    Line::from(parts)
}

fn at(page: &Page) -> usize {
    if page.rows.is_empty() { 0 } else { page.dropped as usize + page.selected + 1 }
}

fn rows(frame: &mut Frame, area: Rect, page: &Page) {
    let height = usize::from(area.height);
    let first = page.selected.saturating_sub(height.saturating_sub(1));
    let lines: Vec<Line> = page
        .rows
        .iter()
        .enumerate()
        .skip(first)
        .take(height)
        .map(|(at, row)| {
            let line = row_line(row, usize::from(area.width));
            if at == page.selected { line.style(bar()) } else { line }
        })
        .collect();
    if lines.is_empty() && page.complete.is_some() {
        frame.render_widget(Paragraph::new("nothing here"), area);
        return;
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn row_line(row: &Row, width: usize) -> Line<'static> {
    match row {
        Row::AllKeys => Line::raw("(all keys)"),
        Row::Index(row) => Line::raw(format!("{:>10}  {}", row.keys, text::escape(&row.name))),
        Row::Key(row, when) => {
            let state = state_now(row, *when);
            let key = row.key.to_string();
            let room = width.saturating_sub(22).max(20);
            let shown: String = key.chars().take(room).collect();
            Line::from(vec![
                Span::styled(format!("{:<9} ", state.as_str()), Style::new().fg(color(state))),
                Span::raw(format!("{:>9}  {shown}", left(row, *when))),
            ])
        }
    }
}

/// The state as of now: what was live may have expired since it was read.
fn state_now(row: &KeyRow, when: Instant) -> KeyState {
    match (row.state, seconds(row, when)) {
        (KeyState::Live, Some(..=0)) => KeyState::Expired,
        (state, _) => state,
    }
}

fn seconds(row: &KeyRow, when: Instant) -> Option<i64> {
    let since = i64::try_from(when.elapsed().as_secs()).unwrap_or(0);
    row.ttl.map(|ttl| ttl.seconds.saturating_sub(since))
}

/// The time left, short.
fn left(row: &KeyRow, when: Instant) -> String {
    let Some(seconds) = seconds(row, when) else { return "-".to_owned() };
    let (sign, s) = (if seconds < 0 { "-" } else { "" }, seconds.unsigned_abs());
    match s {
        0..120 => format!("{sign}{s}s"),
        120..7200 => format!("{sign}{}m{:02}s", s / 60, s % 60),
        7200..172_800 => format!("{sign}{}h{:02}m", s / 3600, s % 3600 / 60),
        _ => format!("{sign}{}d", s / 86_400),
    }
}

fn color(state: KeyState) -> Color {
    match state {
        KeyState::Live => Color::Green,
        KeyState::Expired => Color::DarkGray,
        KeyState::Pending => Color::Yellow,
        KeyState::Computing => Color::Cyan,
        KeyState::Missing => Color::Red,
    }
}

/// As much of an open value as fits, from where it is scrolled to.
fn value(frame: &mut Frame, area: Rect, page: &Page, opened: &Opened, app: &App) {
    let (row, when) = (&opened.detail.row, opened.when);
    let state = state_now(row, when);
    let names = |names: &[Vec<u8>]| match names {
        [] => "-".to_owned(),
        _ => names.iter().map(|name| text::escape(name)).collect::<Vec<_>>().join(", "),
    };
    let prefix = app.context.shown_prefix();
    let redis_key =
        format!("{prefix}{}  field {}", text::escape(row.key.base()), text::escape(row.key.field()));
    let mut lines = vec![
        Line::from(vec![
            Span::styled(format!("{:<13}", "state"), Style::new().add_modifier(Modifier::DIM)),
            Span::styled(state.as_str(), Style::new().fg(color(state))),
            Span::raw(if row.marked { "  marked" } else { "" }),
        ]),
        field("time left", &left(row, when)),
        field("redis key", &redis_key),
        field("tags", &names(&opened.detail.tags)),
        field("invalid keys", &names(&opened.detail.invalid_keys)),
    ];
    lines.extend(opened.facts.iter().map(|(name, text)| field(name, text)));
    lines.push(Line::raw(""));
    let head = lines.len();
    let shown = lines.into_iter().skip(page.selected);
    let below = opened.rows_from(page.selected.saturating_sub(head)).map(Line::raw);
    let lines: Vec<Line> = shown.chain(below).take(usize::from(area.height)).collect();
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
}

fn field(name: &str, text: &str) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("{name:<13}"), Style::new().add_modifier(Modifier::DIM)),
        Span::raw(text.to_owned()),
    ])
}
