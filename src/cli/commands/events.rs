//! `events`: what happens now, one line an event.

use crate::cli::args::{EventsArgs, Narrowing};
use crate::cli::commands::absent::Absent;
use crate::cli::commands::absent_names::AbsentNames;
use crate::cli::commands::keys::WIDE;
use crate::cli::commands::monitor::{STEP, UNASKED, tell_lost, too_long, warn_of_cost};
use crate::cli::commands::read_code;
use crate::cli::commands::selection::Selection;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Milliseconds, Name, Now, Output, Record as _, Row, Shape};
use crate::cli::rows::keys::Happened;
use crate::cli::ui::confirm::has_to_agree;
use cacheme::cache::Session;
use cacheme::ops::{Event, EventQuery, Events, Selector};
use cacheme::text::counted;
use jiff::Timestamp;
use std::time::{Duration, Instant};

pub fn events(context: &Context, args: &EventsArgs) -> Result<Code, Failure> {
    let selection = Selection::new(context, &args.selectors, &Narrowing::default())?;
    let (format, columns) = (context.format(None), Happened::columns());
    let fields = context.fields(format, &columns, |column, room| column != "client" || room >= WIDE);
    let mut output = context.output_with(format, &columns, &fields, Shape::Stream)?;
    let can_ask = context.is_interactive() && !selection.takes_stdin();
    let question = check_length(args, can_ask)?;
    selection.check()?;
    let any = selection.iter().collect::<cacheme::Result<_>>()?;
    let query = EventQuery {
        any: (!selection.is_empty()).then_some(any),
        all: selection.filter().all.clone(),
        except: selection.filter().except.clone(),
        kinds: args.kind.clone(),
    };
    let mut session = context.session()?;
    tell_absent(context, &mut session, &selection)?;
    warn_of_cost(context);
    if let Some(question) = question {
        context.ui.say(&context.place());
        has_to_agree(&question)?;
    }
    context.catch_signals()?;
    let mut control = context.control(None, None);
    let mut events = Events::start(&mut session.conn, &session.ns, &query, &mut control)?;
    let end = length(args).map(|length| Instant::now() + length);
    let mut left = args.limit.unwrap_or(u64::MAX);
    let mut told = 0;
    let followed = follow(context, &mut session, &mut events, &mut output, (end, &mut left), &mut told);
    if let Err(failure) = &followed
        && (failure.is_closed_pipe() || failure.is_output())
    {
        return followed.map(|()| Code::Failed);
    }
    let (dropped, lost) = if left == 0 {
        (events.dropped(), None)
    } else {
        let (rest, dropped, outcome) = events.stop(&mut session.conn);
        for event in rest.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
            output.row(row(event))?;
            left -= 1;
        }
        (dropped, followed.err().or(outcome.err().map(Failure::from)))
    };
    output.finish()?;
    if dropped > 0 {
        context.ui.warning(&format!(
            "{} left out: they came faster than they were read; --kind and selectors make them fewer",
            counted(dropped, "event was", "events were")
        ));
    }
    tell_lost(context, &events.lost(), &mut told);
    if let Some(failure) = lost {
        return Err(failure.partly());
    }
    if left > 0 && args.limit.is_some() && args.length.is_none() && !args.yes && !context.interrupted() {
        context.ui.hint(&format!("stopped after {} s: --yes or --for follows for longer", UNASKED.as_secs()));
    }
    if context.interrupted() && left > 0 {
        return Ok(Code::Interrupted);
    }
    Ok(read_code(context, dropped == 0 && events.lost().is_empty()))
}

/// Says which tags and invalid keys are not there. A key is not there until somebody asks for it, and is only told of where
/// another was meant.
fn tell_absent(context: &Context, session: &mut Session, selection: &Selection) -> Result<(), Failure> {
    let but_keys = |selectors: &[Selector]| -> Vec<_> {
        selectors.iter().filter(|it| !matches!(it, Selector::Key(_))).cloned().collect()
    };
    let (named, excepted) = (but_keys(&selection.named()), but_keys(&selection.filter().except));
    let AbsentNames { named, excepted, redirected, redirected_exception } =
        AbsentNames::find(context, session, &named, &excepted, false)?;
    for redirected in redirected.iter().chain(&redirected_exception) {
        context.ui.warning(&redirected.said());
    }
    let keys = [selection.named(), selection.filter().except.clone()].concat();
    let bases = match Absent::bases(context, session, &keys) {
        Err(cacheme::Error::Server { message, .. }) => {
            context.ui.verbose(&format!("could not check whether all keys are there: {message}"));
            Vec::new()
        }
        bases => bases?,
    };
    let absent = named.iter().chain(&excepted).chain(&bases);
    absent.for_each(|absent| context.ui.warning(&absent.said_with("it may appear later")));
    Ok(())
}

/// How long to follow; without an end where there is none.
fn length(args: &EventsArgs) -> Option<Duration> {
    args.length.or_else(|| (args.limit.is_some() && !args.yes).then_some(UNASKED))
}

/// Whether somebody has to agree, and to what; refuses where nobody can be asked.
fn check_length(args: &EventsArgs, can_ask: bool) -> Result<Option<String>, Failure> {
    let length = length(args);
    if args.yes || length.is_some_and(|length| length <= UNASKED) {
        return Ok(None);
    }
    let why = length.map_or_else(
        || "without --for this has no end, and MONITOR slows the whole server down".to_owned(),
        too_long,
    );
    match can_ask {
        true => Ok(Some(format!("{why}. Follow anyway? [y/N] "))),
        false => Err(Failure::usage(why).with_hint("add --yes to do it, or --for 60s at most")),
    }
}

/// Writes events as they come, until the end or a signal, or until none are `left` to be written.
fn follow(
    context: &Context,
    session: &mut Session,
    events: &mut Events,
    output: &mut Output,
    (end, left): (Option<Instant>, &mut u64),
    told: &mut usize,
) -> Result<(), Failure> {
    let is_over = || end.is_some_and(|end| Instant::now() >= end);
    let mut has_dropped = false;
    while *left > 0 && !is_over() && !context.interrupted() && !events.has_ended() {
        let event = match events.next_now() {
            Some(event) => Some(event),
            None => {
                output.flush()?;
                tell_lost(context, &events.lost(), told);
                if !has_dropped && events.dropped() > 0 {
                    has_dropped = true;
                    context.ui.warning("events come faster than they are read: some are left out");
                }
                events.next(&mut session.conn, STEP)?
            }
        };
        if let Some(event) = event {
            output.row(row(event))?;
            *left -= 1;
        }
    }
    Ok(())
}

fn row(event: Event) -> Row {
    let time = i64::try_from(event.at).ok().and_then(|at| Timestamp::from_microsecond(at).ok());
    let happened = Happened {
        time: time.map(|time| Now(format!("{time:.6}"))),
        kind: event.kind,
        key: Name(event.key),
        tag: event.tag.map(Name),
        client: Name(event.client),
        elapsed_ms: event.elapsed.map(|micros| Milliseconds(micros as f64 / 1000.0)),
    };
    happened.row()
}
