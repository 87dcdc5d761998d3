//! `invalidate`.

use crate::cli::args::Format;
use crate::cli::args::InvalidateArgs;
use crate::cli::args::Match;
use crate::cli::commands::absent::{self, Absent};
use crate::cli::commands::redirect::Redirected;
use crate::cli::commands::selection::{Selection, warn_of_not_sets};
use crate::cli::commands::sweep::ended;
use crate::cli::context::{Context, confirms};
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Complete, Milliseconds, Record as _, Shape};
use crate::cli::rows::reports::{Invalidated, LayoutName};
use crate::cli::run_log::{Done, note};
use crate::cli::ui::confirm::{ProtectedProfile, Risk, Sample, Subject, check_write, order};
use cacheme::cache::Mode;
use cacheme::cache::Session;
use cacheme::namespace::glob::{Glob, escape};
use cacheme::ops::{
    Action, InnerSearch, Invalidation, InvalidationReport, Query, Reach, Selector, invalidate as run,
    invalidate_filtered, invalidate_raw, list_keys, survey_raw,
};
use cacheme::text::{counted, grouped};
use cacheme::{Error, Result as CoreResult};
use std::time::{Duration, Instant};

/// Of so many keys the first by name are shown in the question.
const SAMPLED: u64 = 100;

fn is_pattern(selector: &Selector) -> bool {
    matches!(selector, Selector::Pattern(_))
}

/// One invalidation as it was asked for.
struct Request<'a> {
    context: &'a Context,
    args: &'a InvalidateArgs,
    selection: Selection,
    raw: Option<Glob>,
    /// Whose name is asked for before anything is changed.
    protected: Option<ProtectedProfile<'a>>,
    /// A pattern that a shell has probably cut.
    redirected: Option<Redirected>,
    /// The output goes into a file by mistake: the person is told on the terminal what was done.
    tells_person: bool,
}

pub fn invalidate(context: &Context, args: &InvalidateArgs) -> Result<Code, Failure> {
    let selection = Selection::new(context, &args.selectors, &args.narrowing)?;
    let raw = args.raw_pattern.as_deref().map(|glob| {
        let glob = context.name(glob);
        Glob::parse(&glob).map_err(|reason| Error::Glob { glob, reason })
    });
    let mut request = Request {
        context,
        args,
        selection,
        raw: raw.transpose()?,
        protected: None,
        redirected: None,
        tells_person: false,
    };
    if request.selection.is_empty() && request.raw.is_none() {
        return Err(Failure::usage("nothing was selected").with_hint(
            match request.selection.filter().is_empty() {
                true => "name keys with --key, --tag, --invalid-key, --pattern, --from-file or --raw-pattern",
                false => {
                    "exceptions and bounds only narrow a selection: add --pattern '*' to select the whole \
                     namespace"
                }
            },
        ));
    }
    let is_filtered =
        !request.selection.filter().is_empty() || args.selectors.exceptions.match_mode == Match::All;
    if request.raw.is_some() && is_filtered {
        return Err(Failure::usage(
            "--raw-pattern reaches Redis keys as they are: --match, --except-… and bounds cannot be used with it",
        )
        .with_hint("--pattern 'GLOB' reaches the values of this namespace and works with all of these"));
    }
    if request.raw.is_some() && args.mark {
        return Err(Failure::usage("--raw-pattern deletes Redis keys; it cannot mark them")
            .with_hint("--pattern 'GLOB' --mark marks the values under a pattern"));
    }
    if !args.dry_run.dry_run {
        request.protected = check_write(context, "invalidate")?;
    }
    // Fail on bad --fields before anything is changed.
    drop(context.output(&Invalidated::columns(), Shape::Object)?);
    request.run()
}

impl<'a> Request<'a> {
    fn run(&mut self) -> Result<Code, Failure> {
        let (context, dry_run) = (self.context, self.args.dry_run.dry_run);
        let raw_source = self.raw.as_ref().map(|glob| glob.source().to_vec());
        let risk = self.risk(raw_source.as_deref());
        if !dry_run {
            risk.check(context, self.args.yes, self.selection.takes_stdin())?;
        }
        self.selection.check()?;
        let mut session = context.session()?;
        let start = Instant::now();
        if self.selection.walks() || self.raw.is_some() {
            context.exclude_inner_untold(&mut session, InnerSearch::Whole)?;
        }
        context.take_inner(&mut session)?;
        let looked = start.elapsed();
        let asks = !dry_run && !risk.is_agreed(context, self.args.yes);
        self.look_for_names(&mut session, asks)?;
        let reach = self.raw.as_ref().map(|glob| self.tell_reach(glob, &mut session)).transpose()?;
        let mut plan = InvalidationReport::default();
        if asks {
            self.apply(&mut session, Mode::DryRun, None, &mut plan)?;
            context.warn_of_inner(&plan.inner);
            if plan.matched > 0 {
                let sample = self.sample(&mut session, reach)?;
                let subject = match (&self.raw, self.selection.is_empty()) {
                    (None, _) => Subject::Keys(sample.first()),
                    (Some(_), true) => Subject::RedisKeys,
                    (Some(_), false) => Subject::Both,
                };
                risk.ask(context, &session, &order(&plan, subject), &sample)?;
            }
        }
        if self.raw.is_none() {
            context.tell_of_both_layouts(&session);
        }
        self.selection.explain(context);
        context.catch_signals()?;
        let mode = if dry_run { Mode::DryRun } else { Mode::Apply };
        let mut report = InvalidationReport::default();
        let start = Instant::now();
        let done = self.apply(&mut session, mode, self.args.time_budget, &mut report);
        report.complete &= done.is_ok();
        context.warn_of_inner(&report.inner);
        context.tell_inner(session.ns.inner());
        if !dry_run && report.changes() {
            note(context, &mut session, Done::from(&report), start);
        }
        Failure::unless_unread(self.tell(&session, &report, looked + start.elapsed()))?;
        if report.stopped && !context.interrupted() {
            let left = match plan.matched.saturating_sub(report.matched) {
                0 => "the rest is".to_owned(),
                left => format!("{} of {} keys are", grouped(left), grouped(plan.matched)),
            };
            context.ui.warning(&format!(
                "the time budget ended: {left} not invalidated; run this again without a budget or with a \
                 longer one, as each run starts from the beginning"
            ));
        }
        if report.changed_states {
            context.ui.warning(
                "there are too many keys to check all of them before the first is written, and keys of three \
                 segments (a>b>c) share values, so this run may have changed the state of keys before it \
                 checked them: to be sure, run it once for each selector",
            );
        }
        super::tell_connection_stats(context, &session.conn, report.replicated);
        let (code, failure) =
            ended(context, &self.args.dry_run, None, report.changes(), report.complete, done);
        failure.map_or(Ok(code), Err)
    }

    /// Says which names match nothing. With --strict that ends it; who meant the keys whose base was named can say so,
    /// and whoever did not ends it too. `asks` is whether a question follows before anything is changed: there a pattern that
    /// was probably cut is spoken of, which ends the work where nobody is asked.
    fn look_for_names(&mut self, session: &mut Session, asks: bool) -> Result<(), Failure> {
        let (context, args) = (self.context, self.args);
        context.exclude_named_inner(session, &self.selection.named())?;
        let mut absent = self.selection.absent_names(context, session, args.strict)?;
        if let Some(raw) = self.raw.as_ref().filter(|_| absent.redirected.is_none()) {
            absent.redirected = self.cut_raw(raw, session)?;
        }
        if !args.dry_run.dry_run {
            absent.refuse_cut_exceptions()?;
            self.redirected = absent.redirected.take();
        }
        let absent = absent.settle(context, args.strict.then_some("nothing was changed"))?;
        if let Some(redirected) = self.redirected.as_ref().filter(|it| !asks || it.is_certain()) {
            return Err(redirected.refusal());
        }
        self.tells_person = self.redirected.is_some();
        let mode = if args.dry_run.dry_run || asks { Mode::DryRun } else { Mode::Apply };
        // Whether a key that is not there passes a filter, the walk finds out.
        let marks = (!args.delete && self.selection.filter().is_empty()).then_some(mode);
        for file in self.selection.files() {
            absent::look_in_file(context, session, file, args.strict, marks)?;
        }
        let can_ask =
            !args.dry_run.dry_run && !args.yes && context.is_interactive() && !self.selection.takes_stdin();
        let is_asked =
            |absent: &Absent| can_ask && absent.is_base() && self.selection.walks_by(&absent.selector);
        let (asked, told): (Vec<_>, Vec<_>) = absent.into_iter().partition(is_asked);
        told.iter().for_each(|absent| context.ui.warning(&absent.said_of_mark(marks)));
        self.redirected.iter().for_each(|redirected| context.ui.say(&redirected.said()));
        if let Some(profile) = &self.protected {
            profile.ask(context, self.deed())?;
        }
        for absent in asked {
            self.selection.replace(&absent.selector, absent.ask(context, args.delete)?);
            self.tells_person |= absent.is_cut();
        }
        Ok(())
    }

    /// What would be done, as far as that is known before anything is counted.
    fn deed(&self) -> &'static str {
        let patterns = !self.args.selectors.pattern.is_empty();
        let others = self.args.selectors.exceptions.match_mode == Match::Any
            && !(self.selection.files().is_empty() && self.selection.walked().iter().all(is_pattern));
        match (self.args.mark, self.args.delete, &self.raw) {
            (_, _, Some(_)) if self.selection.is_empty() => "delete these Redis keys",
            (true, ..) => "mark the keys: their next reader recomputes them",
            (_, true, _) => "delete the values",
            (.., raw) if others && (patterns || raw.is_some()) => {
                "delete what the patterns select, and mark the other keys"
            }
            (.., None) if !patterns => "mark the keys: their next reader recomputes them",
            _ => "delete the values",
        }
    }

    /// A raw pattern that a shell has probably cut, by the bases that it reaches.
    fn cut_raw(&self, raw: &Glob, session: &mut Session) -> CoreResult<Option<Redirected>> {
        let within = escape(self.context.prefix());
        let Some(bases) = raw.source().strip_prefix(&within[..]).filter(|bases| !bases.is_empty()) else {
            return Ok(None);
        };
        let bases = Selector::pattern(bases)?;
        Ok(Redirected::find(self.context, session, "--pattern", &[bases]))
    }

    fn risk<'b>(&self, raw: Option<&'b [u8]>) -> Risk<'b>
    where
        'a: 'b,
    {
        let prefix = self.context.prefix();
        let (what, within) = ("the whole namespace", escape(prefix));
        match raw.map(|raw| (raw, raw.strip_prefix(&within[..]))) {
            Some((raw, None)) => return Risk::Whole { what: "keys outside the prefix", text: raw },
            Some((raw, Some(rest))) if Glob::parse(rest).is_ok_and(|rest| rest.is_everything()) => {
                let is_repeated = confirms(&self.context.global, raw);
                return Risk::Whole { what, text: if is_repeated { raw } else { prefix } };
            }
            _ => {}
        }
        if self.selection.is_everything() {
            return Risk::Whole { what, text: prefix };
        }
        if raw.is_none() && self.selection.is_keys_only() { Risk::Named } else { Risk::Many }
    }

    fn apply(
        &self,
        session: &mut Session,
        mode: Mode,
        budget: Option<Duration>,
        report: &mut InvalidationReport,
    ) -> CoreResult<()> {
        let bar = if mode == Mode::DryRun { "counting" } else { "invalidating" };
        let mut control = self.context.control(budget, Some(bar));
        let action = match (self.args.mark, self.args.delete) {
            (true, _) => Some(Action::Mark),
            (_, true) => Some(Action::Delete),
            _ => None,
        };
        let how = Invalidation { action, mode, trusts_names: false };
        if self.selection.is_empty() {
            report.complete = true;
        } else if !self.selection.filter().is_empty() {
            let (walked, filter) = (self.selection.walked(), self.selection.filter());
            let keys = &mut self.selection.keys_of_files();
            invalidate_filtered(session, walked, keys, filter, how, &mut control, report)?;
        } else {
            run(session, &mut self.selection.iter(), how, &mut control, report)?;
        }
        match &self.raw {
            Some(glob) => invalidate_raw(session, glob, mode, &mut control, report),
            None => Ok(()),
        }
    }

    /// The first keys that are reached: of the selectors, or Redis keys of a raw pattern.
    fn sample(&self, session: &mut Session, reach: Option<Reach>) -> Result<Sample, Failure> {
        let mut control = self.context.control(None, None);
        let mut keys = Vec::new();
        if !self.selection.is_empty() {
            let filter = self.selection.filter().clone();
            let query = Query { filter, limit: Some(SAMPLED), ..Query::default() };
            list_keys(session, Some(&mut self.selection.iter()), &query, &mut control, &mut |row| {
                keys.push(row.key.as_bytes().to_vec());
                Ok(())
            })?;
        }
        keys.sort();
        Ok(match reach {
            Some(reach) if keys.is_empty() => Sample::new("Redis keys", reach.sample),
            _ => Sample::new("keys", keys),
        })
    }

    /// Counts what a raw pattern reaches, and says it.
    fn tell_reach(&self, glob: &Glob, session: &mut Session) -> Result<Reach, Failure> {
        let mut control = self.context.control(None, Some("counting"));
        let reach = survey_raw(session, glob, &mut control)?;
        drop(control);
        let Reach { values, tags, invalid_keys, buckets, foreign, left_alone, .. } = &reach;
        self.context.ui.warning(&format!(
            "the raw pattern reaches {}, {}, {}, {} and {} outside the namespace",
            counted(*values, "hash of values", "hashes of values"),
            counted(*tags, "tag set", "tag sets"),
            counted(*invalid_keys, "invalid set", "invalid sets"),
            counted(*buckets, "TTL bucket", "TTL buckets"),
            counted(*foreign, "key", "keys"),
        ));
        if *left_alone > 0 {
            let are = counted(*left_alone, "key is", "keys are");
            self.context.ui.warning(&format!(
                "{are} left alone: pending marks and computations, without which invalidations would be lost, this tool's \
                 own keys, and what belongs to namespaces inside this one"
            ));
        }
        Ok(reach)
    }

    fn tell(&self, session: &Session, report: &InvalidationReport, elapsed: Duration) -> Result<(), Failure> {
        let context = self.context;
        warn_of_not_sets(context, &report.not_sets, &report.not_hashes, report.wrong_type);
        if report.matched == 0
            && let Some(hint) = self.selection.names().find_map(|name| context.prefix_hint(name))
        {
            context.ui.hint(&hint);
        }
        let dry_run = self.args.dry_run.dry_run;
        let elapsed = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        if context.is_silent(report.complete) {
            return Ok(());
        }
        let deeds =
            self.deeds(report, if dry_run { ["Would mark", "delete"] } else { ["Marked", "deleted"] });
        let unfinished = if report.complete { "" } else { "; not complete" };
        let sentence = format!("{deeds}, layout {}, {elapsed} ms{unfinished}", session.ns.layout());
        if self.tells_person {
            context.ui.say(&sentence);
        }
        if context.format(None) == Format::Table && context.global.fields.is_empty() {
            return context.print_deeds(&format!("{sentence}\n"), dry_run);
        }
        let done = Invalidated {
            matched: report.matched,
            marked: report.marked,
            deleted: report.deleted,
            dry_run,
            complete: Complete(report.complete),
            layout: LayoutName(session.ns.layout().as_str()),
            elapsed_ms: Milliseconds(elapsed),
            replicated: report.replicated,
        };
        let mut output = context.output(&Invalidated::columns(), Shape::Object)?;
        output.row(done.row())?;
        Ok(output.finish()?)
    }

    /// What was done or would be, by the words for it. Of the keys that match nothing only such as are in computation, or may be,
    /// are marked.
    fn deeds(&self, report: &InvalidationReport, [mark, delete]: [&str; 2]) -> String {
        let InvalidationReport { matched, marked, deleted, .. } = *report;
        if matched == 0 && deleted == 0 && marked > 0 {
            let (which, who) = ("has no value", "a worker may be computing it");
            return match self.selection.walked() {
                [Selector::Key(key)] if marked == 1 && self.selection.is_keys_only() => {
                    format!("{mark} '{key}', which {which} ({who})")
                }
                _ if marked == 1 => format!("{mark} 1 key, which {which} ({who})"),
                _ => format!(
                    "{mark} {} keys, none of which has a value (workers may be computing them)",
                    grouped(marked)
                ),
            };
        }
        let deeds = format!("{mark} {} and {delete} {}", grouped(marked), grouped(deleted));
        if marked > matched {
            return format!("{deeds}; {}", counted(matched, "key matched", "keys matched"));
        }
        format!("{deeds} of {}", counted(matched, "matching key", "matching keys"))
    }
}
