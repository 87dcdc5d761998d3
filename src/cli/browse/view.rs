//! The screen: a line about the server, the rows or the value, what is typed, the keys.

use crate::cli::browse::app::App;
use crate::cli::browse::feed::Question;
use crate::cli::browse::fit::{cut, lines, width};
use crate::cli::browse::opened::Opened;
use crate::cli::browse::page::{MOST, Page, Row};
use crate::cli::output::human::long;
use cacheme::ops::{IndexKind, KeyRow, KeyState};
use cacheme::text::{self, grouped};
use indicatif::HumanBytes;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Wrap};
use std::time::Instant;

/// Lines that a question or a message may take.
const FOOT: usize = 3;

fn areas(screen: Rect, app: &App) -> [Rect; 6] {
    let foot = if screen.height >= 8 { foot_lines(app, screen.width.into(), FOOT).len() } else { 1 };
    // A small screen has no line to spare for the names of the columns.
    let names = u16::from(screen.height >= 8);
    Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(names),
        Constraint::Min(1),
        Constraint::Length(foot.max(1) as u16),
        Constraint::Length(1),
    ])
    .areas(screen)
}

/// Where the rows or the value stand.
pub fn body(screen: Rect, app: &App) -> Rect {
    areas(screen, app)[3]
}

/// Draws everything.
pub fn draw(frame: &mut Frame, app: &App) {
    let [head, title, names, body, foot, keys] = areas(frame.area(), app);
    frame.render_widget(Clear, frame.area());
    let mode = if app.write { "WRITE" } else { "read-only" };
    let server = format!("{mode}  {}", app.server());
    frame.render_widget(Paragraph::new(server).style(bar()), head);
    let Some(page) = app.page() else { return };
    frame.render_widget(Paragraph::new(heading(app, page, title.width.into())), title);
    match &page.opened {
        _ if app.shows_help => frame.render_widget(Paragraph::new(help()), body),
        Some(opened) => value(frame, body, page, opened, app),
        None => {
            let dim = Style::new().add_modifier(Modifier::DIM);
            frame.render_widget(Paragraph::new(columns(page, names.width)).style(dim), names);
            rows(frame, body, page, app.colors());
        }
    }
    let face = if app.plan.is_some() { Modifier::BOLD } else { Modifier::empty() };
    let said = foot_lines(app, foot.width.into(), foot.height.into()).into_iter().map(Line::raw);
    frame.render_widget(Paragraph::new(said.collect::<Vec<_>>()).style(face), foot);
    frame.render_widget(Paragraph::new(keys_of(app, page)).style(bar()), keys);
}

/// What is asked, told or typed.
fn foot_lines(app: &App, columns: usize, most: usize) -> Vec<String> {
    let text = match (&app.plan, app.page()) {
        (Some(plan), _) => plan.text.clone(),
        _ if !app.message.is_empty() => safe(&app.message),
        (None, Some(page)) if page.is_typing => format!("filter: {}▏", safe(&page.filter)),
        (None, Some(page)) if !page.filter.is_empty() => {
            format!("filter: {}   / changes it, Esc clears it", safe(&page.filter))
        }
        _ => String::new(),
    };
    lines(&text, columns, most)
}

fn bar() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}

/// Text of servers and people, which a terminal must not obey.
fn safe(text: &str) -> String {
    text::escape(text.as_bytes()).into_owned()
}

/// The keys of a page that matter most.
fn keys_of(app: &App, page: &Page) -> String {
    if app.plan.is_some() {
        return "y yes   any other key no".to_owned();
    }
    if app.shows_help {
        return "any key closes this   q quit".to_owned();
    }
    if page.is_typing {
        return "type to filter   Enter open   ^U clear   Esc no filter".to_owned();
    }
    let invalidate = if app.write { "Del invalidate   " } else { "" };
    match page.question {
        Question::Value(_) => format!("↑↓ scroll   {invalidate}Esc back   ? help   q quit"),
        Question::Indexes(_) => {
            format!("Enter keys   Tab tags/invalid keys   {invalidate}/ filter   ? help   q quit")
        }
        _ => format!("Enter value   {invalidate}/ filter   s sort   Esc back   ? help   q quit"),
    }
}

/// Every key.
fn help() -> Vec<Line<'static>> {
    let keys = [
        ("↑ ↓ PgUp PgDn Home End", "move, or scroll a value"),
        ("Enter →", "the keys of a tag, the value of a key"),
        ("Esc ←", "clear the filter; without one go back; at the tags quit"),
        ("Tab", "switch between tags and invalid keys"),
        ("/", "filter: only names that contain the text, in any case"),
        ("^U", "clear the filter"),
        ("s", "sort by name, number of keys, size or time left"),
        ("r ^R", "read again"),
        ("Del ^X", "invalidate the selection; asks first (with --write)"),
        ("^L", "redraw the screen"),
        ("? F1", "this help"),
        ("q ^C", "quit"),
    ];
    let line = |(key, meaning)| {
        let key = Span::styled(format!("{key:<24}"), Style::new().add_modifier(Modifier::BOLD));
        Line::from(vec![key, Span::raw(meaning)])
    };
    keys.into_iter().map(line).collect()
}

/// Columns that a heading has for a filter.
const FILTER: usize = 20;

/// What is listed, by which filter and in which order, and where in it one is; last the name, which may be long.
fn heading(app: &App, page: &Page, columns: usize) -> Line<'static> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut parts = vec![Span::styled(cut(&page.title(), columns), bold)];
    if page.is_list() {
        if !page.filter.is_empty() {
            parts.push(Span::raw(format!("  with '{}'", cut(&safe(&page.filter), FILTER))));
        }
        parts.push(Span::raw(format!("  {}", page.order().label())));
    }
    let loaded = page.loaded();
    let is_ranked = page.is_ranked() && page.total.is_some();
    let state = match (page.complete, page.total) {
        _ if page.key().is_some() && page.opened.is_some() => String::new(),
        (Some(false), _) => format!("  {} shown, not complete", grouped(loaded)),
        (_, Some(total)) if is_ranked && total > MOST => {
            format!("  {}", at(page, &format!("the first {} of {}", grouped(MOST), grouped(total))))
        }
        (Some(true), _) => format!("  {}", at(page, &grouped(loaded))),
        (None, _) if !page.is_paused(app.height) => {
            format!("  reading, {} checked", grouped(page.feed.looked()))
        }
        (None, Some(total)) => format!("  {}", at(page, &grouped(total))),
        (None, None) => format!("  {}", at(page, &format!("{} and more", grouped(loaded)))),
    };
    parts.push(Span::raw(state));
    if page.dropped > 0 {
        parts.push(Span::raw(format!("  {} above, Home starts over", grouped(page.dropped))));
    }
    if app.is_busy() && !page.is_paused(app.height) {
        parts.push(Span::raw("  …"));
    }
    if let Some((what, name)) = page.index() {
        parts.push(Span::raw(format!("  {what} ")));
        let used: usize = parts.iter().map(Span::width).sum();
        parts.push(Span::styled(cut(&name, columns.saturating_sub(used)), bold));
    }
    Line::from(parts)
}

/// The row of all keys is none of the tags.
fn at(page: &Page, all: &str) -> String {
    match page.rows.get(page.selected) {
        Some(Row::AllKeys) => format!("{all} in all"),
        _ => format!("{} of {all}", grouped(page.at())),
    }
}

fn rows(frame: &mut Frame, area: Rect, page: &Page, colors: bool) {
    let height = usize::from(area.height);
    let first = page.selected.saturating_sub(height.saturating_sub(1));
    let lines: Vec<Line> = page
        .rows
        .iter()
        .enumerate()
        .skip(first)
        .take(height)
        .map(|(at, row)| {
            let is_selected = at == page.selected;
            let mut line = row_line(row, usize::from(area.width).saturating_sub(MARK.len()), colors);
            line.spans.insert(0, Span::raw(if is_selected { MARK } else { NO_MARK }));
            if is_selected { line.style(bar()) } else { line }
        })
        .collect();
    if lines.is_empty() && page.complete.is_some() {
        let text = match page.filter.as_str() {
            "" => "nothing here".to_owned(),
            filter => format!("no name contains '{}'; Esc clears the filter", safe(filter)),
        };
        frame.render_widget(Paragraph::new(text), area);
        return;
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// Before the selected row, which not every terminal shows in another face.
const MARK: &str = "> ";
const NO_MARK: &str = "  ";

/// Columns that sizes need beside names.
const WIDE: usize = 60;

/// The names of the columns.
fn columns(page: &Page, width: u16) -> String {
    match page.question {
        Question::Indexes(IndexKind::Tag) => format!("{NO_MARK}{:>10}  tag", "keys"),
        Question::Indexes(_) => format!("{NO_MARK}{:>10}  invalid key", "keys"),
        _ if usize::from(width) < WIDE + MARK.len() => {
            format!("{NO_MARK}{:<9} {:>9}  key", "state", "time left")
        }
        _ => format!("{NO_MARK}{:<9} {:>9}  {:>10}  key", "state", "time left", "value size"),
    }
}

fn row_line(row: &Row, columns: usize, colors: bool) -> Line<'static> {
    match row {
        Row::AllKeys => Line::raw("(all keys)"),
        Row::Index(row) => {
            let keys = format!("{:>10}  ", grouped(row.keys));
            let room = columns.saturating_sub(width(&keys));
            Line::raw(keys + &cut(&text::escape(&row.name), room))
        }
        Row::Key(row, when) => {
            let state = state_now(row, *when);
            let size = match row.size {
                _ if columns < WIDE => String::new(),
                Some(bytes) => format!("{:>10}  ", HumanBytes(bytes).to_string()),
                None => format!("{:>10}  ", "-"),
            };
            let facts = format!("{:>9}  {size}", left(row, *when));
            let room = columns.saturating_sub(10 + width(&facts));
            Line::from(vec![
                Span::styled(format!("{:<9} ", state.as_str()), face(state, colors)),
                Span::raw(facts + &cut(&row.key.to_string(), room)),
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

/// The time left.
fn left(row: &KeyRow, when: Instant) -> String {
    seconds(row, when).map_or_else(|| "-".to_owned(), long)
}

/// A colour that is not to be seen would still end the face of the selected row.
fn face(state: KeyState, colors: bool) -> Style {
    let color = match state {
        KeyState::Live => Color::Green,
        KeyState::Expired => Color::DarkGray,
        KeyState::Pending => Color::Yellow,
        KeyState::Computing => Color::Cyan,
        KeyState::Missing => Color::Red,
    };
    if colors { Style::new().fg(color) } else { Style::new() }
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
            Span::styled(state.as_str(), face(state, app.colors())),
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
