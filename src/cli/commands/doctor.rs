//! `doctor`.

use crate::cli::args::{DoctorArgs, Format};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Complete, Record as _, Shape, beginning_in, print, width, wrapped};
use crate::cli::rows::reports::{self, Found};
use cacheme::ops::{Diagnosis, Doctor, Finding, InnerSearch, Severity, doctor as examine};
use std::fmt::Write as _;
use std::time::Duration;

pub fn doctor(context: &Context, args: &DoctorArgs) -> Result<Code, Failure> {
    let format = context.format(None);
    let nested = format == Format::Json;
    let (columns, shape) = match nested {
        true => (reports::Diagnosis::columns(), Shape::Object),
        false => (Found::columns(), Shape::Rows),
    };
    let mut output = context.output(&columns, shape)?;
    let mut session = context.sweep_session()?;
    let search = if args.quick { InnerSearch::Sample } else { InnerSearch::Whole };
    context.exclude_inner(&mut session, search)?;
    context.catch_signals()?;
    let usual = Duration::from_secs(match args.quick {
        // Nothing moves in a dump.
        _ if context.reads_dump() => 0,
        true => 1,
        false => 5,
    });
    let how = Doctor {
        quick: args.quick,
        // Nobody speaks to the server of a dump.
        monitor: (!args.no_monitor && !context.reads_dump()).then_some(args.monitor),
        apart: args.apart.unwrap_or(usual),
        command: context.invocation.words().to_vec(),
    };
    let mut control = context.control(Some(args.time_budget), Some("looking"));
    let mut diagnosis = examine(&mut session, how, &mut control)?;
    drop(control);
    super::tell_without(context, &session.conn);
    let is_same = super::is_same_server(context, &session.conn);
    diagnosis.complete &= is_same;
    if format == Format::Table && context.global.fields.is_empty() {
        print(&report(&diagnosis, width().map(usize::from), context.ui.colors_output()))?;
    } else if nested {
        let findings = diagnosis.findings.iter().map(found).collect();
        output.row(reports::Diagnosis { findings, complete: Complete(diagnosis.complete) }.row())?;
        output.finish()?;
    } else {
        for finding in &diagnosis.findings {
            output.row(found(finding).row())?;
        }
        output.finish()?;
    }
    if context.reads_dump() && diagnosis.findings.iter().any(|finding| !finding.fix.is_empty()) {
        context.ui.hint("a dump is not changed: run the fixes on the server that it comes from");
    }
    if context.cut_short(diagnosis.complete) {
        context.ui.warning("stopped before everything was checked");
    } else if !diagnosis.complete && is_same {
        context.ui.warning(
            "the time budget ended before everything was checked; --quick checks a sample of everything",
        );
    }
    let wrong = diagnosis.findings.iter().any(|finding| finding.severity >= Severity::Warning);
    Ok(match diagnosis.complete {
        _ if context.cut_short(diagnosis.complete) => Code::Interrupted,
        _ if wrong => Code::Found,
        false => Code::Partly,
        true => Code::Done,
    })
}

fn found(finding: &Finding) -> Found {
    let Finding { id, severity, title, detail, count, fix } = finding.clone();
    Found { id: id.to_owned(), severity, title, detail, count, fix }
}

fn color_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "31",
        Severity::Warning => "33",
        _ => "36",
    }
}

/// For a person: a paragraph a finding, broken at words where there is a width.
fn report(diagnosis: &Diagnosis, width: Option<usize>, color: bool) -> String {
    let mut text = String::new();
    let wrapped = |text: &str| width.map_or_else(|| text.to_owned(), |width| wrapped(text, 4, width));
    for Finding { id, severity, title, detail, fix, .. } in &diagnosis.findings {
        let title = wrapped(&format!("{severity}: {title} [{id}]"));
        let title = if color { beginning_in(color_of(*severity), severity.as_str(), &title) } else { title };
        let _ = writeln!(text, "{title}");
        let _ = writeln!(text, "{}", wrapped(&format!("    {detail}")));
        if !fix.is_empty() {
            let _ = writeln!(text, "{}", wrapped(&format!("    fix: {fix}")));
        }
        text.push('\n');
    }
    if diagnosis.findings.is_empty() {
        text.push_str(match diagnosis.complete {
            true => "Nothing is wrong.\n",
            false => "Nothing wrong was found, but not everything was checked.\n",
        });
    }
    diagnosis.partly.iter().for_each(|it| text.extend([it, "\n"]));
    text
}
