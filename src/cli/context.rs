//! Flags and environment resolved once: the terminal, the server, the namespace.

use crate::cli::args::Format;
use crate::cli::args::Global;
use crate::cli::args::parse;
use crate::cli::error::Failure;
use crate::cli::invocation::{Invocation, selection};
use crate::cli::output::{Column, Output, Shape, Style, print_sentences, time, width};
use crate::cli::rdb;
use crate::cli::server;
use crate::cli::settings::{self, Password, Profile, Settings};
use crate::cli::ui::Ui;
use crate::cli::ui::last_act;
use crate::cli::ui::password;
use crate::cli::ui::progress::Bar;
use cacheme::Error;
use cacheme::cache::Session;
use cacheme::client::{Conn, Control, Secret, Target, Timeouts};
use cacheme::namespace::{Layout, Namespace};
use cacheme::ops::{InnerSearch, Selector, exclude_named_inner, find_inner};
use cacheme::text;
use clap::ArgMatches;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::IsTerminal as _;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Everything a command needs to know of its surroundings.
pub struct Context {
    pub global: Global,
    pub ui: Ui,
    pub settings: Settings,
    pub invocation: Invocation,
    /// The command line, as it was given.
    pub given: ArgMatches,
    target: Target,
    /// The server that was started for a dump.
    dump: OnceCell<rdb::DumpServer>,
    prefix: Namespace,
    /// The password that somebody gave on the terminal.
    asked: OnceCell<Secret>,
    /// Whether the command is going to write.
    writes: Cell<bool>,
    /// The namespaces inside this one that were named.
    told_inner: RefCell<HashSet<Vec<u8>>>,
    stop: Arc<AtomicBool>,
    /// Whether signals are caught from here on.
    caught: Arc<AtomicBool>,
}

impl Context {
    /// The flags with what environment and profile say.
    pub fn new(
        mut global: Global,
        given: ArgMatches,
        profile: Option<Profile>,
        ui: Ui,
    ) -> Result<Self, Failure> {
        let invocation = Invocation::new(&global, &given);
        let settings = settings::resolve(&mut global, &given, profile);
        let target = match &global.server.rdb {
            Some(file) => rdb::shown(file, rdb::database(&global.server)?)?,
            None => server::target(&global.server)?,
        };
        if !target.is_of_dump() {
            server::warn_if_insecure(&global.server, &target, &ui);
        }
        let prefix = match &global.prefix {
            None => Namespace::DEFAULT_PREFIX.as_bytes().to_vec(),
            Some(prefix) => parse::name(prefix, global.escaped),
        };
        if prefix.is_empty() && !confirms(&global, b"") {
            return Err(Failure::usage(
                "an empty prefix makes every key of the database part of the namespace",
            )
            .with_hint("repeat it with --confirm '' if that is what you mean"));
        }
        let prefix = Namespace::new(prefix.clone(), Layout::Both)
            .map_err(|reason| Error::Prefix { prefix, reason })?;
        let (stop, caught, writes) = (Arc::default(), Arc::default(), Cell::new(false));
        let (asked, dump, told_inner) = (OnceCell::new(), OnceCell::new(), RefCell::default());
        Ok(Self {
            global,
            ui,
            settings,
            invocation,
            given,
            target,
            dump,
            prefix,
            asked,
            writes,
            told_inner,
            stop,
            caught,
        })
    }

    pub fn prefix(&self) -> &[u8] {
        self.prefix.prefix()
    }

    /// The server's address, without secrets.
    pub fn addr(&self) -> String {
        self.target.to_string()
    }

    /// Whether both are about one namespace of one server. Two names of one host are not found out.
    pub fn is_same_namespace(&self, other: &Self) -> Result<bool, Failure> {
        let place = |it: &Self| (it.addr(), it.target.db(), it.global.server.replica, it.prefix().to_vec());
        if place(self) != place(other) {
            return Ok(false);
        }
        let (one, another) = (self.named_layout(), other.named_layout());
        Ok(one == another || self.session()?.ns.layout() == other.session()?.ns.layout())
    }

    /// The server, the database and the prefix, as whoever is asked has to know them; and which server is not meant.
    pub fn place(&self) -> String {
        let addr = self.addr();
        let place = format!("{addr}, database {}, prefix '{}'", self.target.db(), self.shown_prefix());
        match self.settings.meant(&addr) {
            Some(meant) => format!("{place}\n{meant}"),
            None => place,
        }
    }

    /// What the command was told to select, as it was given.
    pub fn selection(&self) -> String {
        selection(&self.given)
    }

    /// The prefix as it is shown.
    pub fn shown_prefix(&self) -> String {
        text::escape(self.prefix()).into_owned()
    }

    /// A name from the command line.
    pub fn name(&self, text: &OsStr) -> Vec<u8> {
        parse::name(text, self.global.escaped)
    }

    /// The command is going to write: a replica is no place for it.
    pub fn will_write(&self) {
        self.writes.set(true);
    }

    /// A connection, by the timeouts in force.
    pub fn connect(&self, target: &Target) -> Result<Conn, Failure> {
        let mut timeouts = Timeouts::default();
        timeouts.connect = self.global.connect_timeout.unwrap_or(timeouts.connect);
        timeouts.io = self.global.timeout.unwrap_or(timeouts.io);
        Ok(Conn::open(target, timeouts)?)
    }

    /// Connects, and finds the layout.
    pub fn session(&self) -> Result<Session, Failure> {
        let meant = self.settings.meant(&self.addr()).filter(|_| !self.reads_dump());
        if let Some(meant) = meant {
            self.ui.verbose(&meant);
        }
        for setting in &self.settings.not_used {
            self.ui.verbose(&format!("{setting} is not used: it belongs to another server"));
        }
        let conn = self.connect(&self.target()?)?;
        if self.writes.get() {
            conn.check_writable()?;
        }
        if let Some(primary) = conn.lost_primary() {
            self.ui.warning(&format!(
                "{} is a replica without a connection to its primary ({primary}): its data may be old",
                conn.addr()
            ));
        }
        if let Some(product) = conn.product() {
            self.ui.verbose(&format!("{} is {product}", conn.addr()));
        }
        let utc_offset = self.global.utc_offset.unwrap_or(0);
        let mut session = Session::open(conn, &self.prefix, self.named_layout(), utc_offset)?;
        if let Some(detected) = &session.detected {
            self.ui.verbose(&format!("layout {}: {}", detected.layout, detected.evidence));
            if detected.evidence.refused {
                self.ui.warning(
                    "the server refuses TYPE, so the layout is not known: give --layout classic, meta or both",
                );
            }
        }
        let Session { conn, clock, .. } = &session;
        let due = time(clock.due()).unwrap_or_else(|| clock.due().to_string());
        self.ui.verbose(&format!(
            "{}: by the application's clock (--utc-offset) it is {due}; entries up to then have expired",
            conn.addr()
        ));
        if self.global.with_inner {
            session.ns = session.ns.with_inner([]);
        }
        Ok(session)
    }

    fn named_layout(&self) -> Option<Layout> {
        self.global.layout.and_then(|choice| choice.0)
    }

    /// Connects for a sweep that runs beside workers, or for a look at what it would find.
    pub fn sweep_session(&self) -> Result<Session, Failure> {
        let mut session = self.session()?;
        session.mind_both_layouts();
        Ok(session)
    }

    /// Leaves namespaces inside this one alone from here on, and names them, once. No time budget counts the look for them.
    pub fn exclude_inner(&self, session: &mut Session, search: InnerSearch) -> Result<(), Failure> {
        self.exclude_inner_untold(session, search)?;
        self.tell_inner(session.ns.inner());
        Ok(())
    }

    /// The same; [`tell_inner`](Self::tell_inner) or [`warn_of_inner`](Self::warn_of_inner) names them.
    pub fn exclude_inner_untold(&self, session: &mut Session, search: InnerSearch) -> Result<(), Failure> {
        if self.global.with_inner {
            session.ns = session.ns.with_inner([]);
            return Ok(());
        }
        let inner = self.find_inner(session, search)?;
        session.ns = session.ns.with_inner(inner);
        Ok(())
    }

    fn find_inner(&self, session: &mut Session, search: InnerSearch) -> Result<Vec<Vec<u8>>, Failure> {
        let start = Instant::now();
        let inner = find_inner(session, search, &mut self.control(None, None))?;
        let took = start.elapsed().as_millis();
        self.ui.verbose(&format!("looked for namespaces inside '{}' first: {took} ms", self.shown_prefix()));
        Ok(inner)
    }

    /// With --with-inner, tells which there are: their workers look for marks in sets of their own. What is named needs the walk,
    /// too: by its name alone not every namespace shows, and a mark that is nowhere but in the outer one's set would be lost.
    pub fn take_inner(&self, session: &mut Session) -> Result<(), Failure> {
        if self.global.with_inner {
            let inner = self.find_inner(session, InnerSearch::Whole)?;
            session.ns = session.ns.with_all_of(inner);
        }
        Ok(())
    }

    /// Leaves these namespaces inside this one alone from here on, and names them, once.
    pub fn leave_alone(&self, session: &mut Session, inner: Vec<Vec<u8>>) {
        session.ns = session.ns.with_inner(inner);
        self.tell_inner(session.ns.inner());
    }

    /// Leaves alone what was named of namespaces inside this one; [`warn_of_inner`](Self::warn_of_inner) names them.
    pub fn exclude_named_inner(&self, session: &mut Session, selectors: &[Selector]) -> Result<(), Failure> {
        session.ns = exclude_named_inner(session, selectors)?;
        Ok(())
    }

    /// Names namespaces inside this one that are left alone, each once.
    pub fn tell_inner(&self, inner: &[Vec<u8>]) {
        if let Some(text) = self.inner_text(inner) {
            self.ui.hint(&text);
        }
    }

    /// The same where something that was asked for belongs to them.
    pub fn warn_of_inner(&self, inner: &[Vec<u8>]) {
        if let Some(text) = self.inner_text(inner) {
            self.ui.warning(&text);
        }
    }

    fn inner_text(&self, inner: &[Vec<u8>]) -> Option<String> {
        let mut told = self.told_inner.borrow_mut();
        let inner: Vec<_> = inner.iter().filter(|prefix| told.insert(prefix.to_vec())).collect();
        if inner.is_empty() {
            return None;
        }
        let mut named: Vec<_> =
            inner.iter().take(3).map(|prefix| format!("'{}'", text::escape(prefix))).collect();
        if inner.len() > named.len() {
            named.push(format!("{} more", inner.len() - named.len()));
        }
        Some(format!(
            "other namespaces inside '{}' are left alone: {} (--prefix selects one of them, --with-inner \
             includes their keys)",
            self.shown_prefix(),
            named.join(", ")
        ))
    }

    /// Where a mark goes cannot be told: it goes to both places, and whoever wants to know is told.
    pub fn tell_of_both_layouts(&self, session: &Session) {
        if !session.is_certain() {
            let sets: Vec<_> =
                session.ns.deleted_sets().iter().map(|set| text::escape(set).into_owned()).collect();
            self.ui.verbose(&format!(
                "it is not known which generation of the library uses '{}', so marks go to {} (--layout classic \
                 or meta chooses one)",
                self.shown_prefix(),
                sets.join(" and ")
            ));
        }
    }

    /// A bar for rows, where it does not get between them: they are held back, or go into a file.
    pub fn bar_of_rows(&self, what: &'static str, held: bool) -> Option<&'static str> {
        let stdout = std::io::stdout().as_fd().try_clone_to_owned();
        let into_file = stdout.and_then(|stdout| File::from(stdout).metadata()).is_ok_and(|it| it.is_file());
        (held || into_file).then_some(what)
    }

    /// How many replicas have to confirm what was written.
    pub fn wait_replicas(&self) -> u32 {
        self.global.wait_replicas.unwrap_or(Control::WAIT_REPLICAS)
    }

    /// What steers a sweep; with a bar where one can be seen and nothing else is drawn.
    pub fn control(&self, budget: Option<Duration>, bar: Option<&'static str>) -> Control {
        let mut control = Control {
            pace: self.global.pace.clone().unwrap_or_default(),
            stop: self.stop.clone(),
            deadline: budget.map(|budget| Instant::now() + budget),
            wait_replicas: self.wait_replicas(),
            ..Control::default()
        };
        if let Some(what) = bar
            && !self.global.no_progress
            && !self.global.quiet
        {
            control.progress = Box::new(Bar::new(what));
        }
        control
    }

    /// From here on Ctrl-C, SIGTERM and SIGHUP let the batch in hand finish; Ctrl-C behind one of the first two ends at once.
    pub fn catch_signals(&self) -> Result<(), Failure> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        if self.caught.load(Ordering::SeqCst) {
            return Ok(());
        }
        let asked = Arc::new(AtomicBool::new(false));
        // Not a second SIGTERM: `timeout` sends two.
        signal_hook::flag::register_conditional_default(SIGINT, asked.clone())?;
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, asked.clone())?;
            signal_hook::flag::register(signal, self.stop.clone())?;
        }
        // A terminal that closes sends several, and whoever closed it SIGTERM at times. Under nohup it means nothing.
        if !last_act::is_ignored(SIGHUP) {
            signal_hook::flag::register(SIGHUP, self.stop.clone())?;
        }
        self.caught.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// What a signal sets.
    pub fn stop_flag(&self) -> Arc<AtomicBool> {
        self.stop.clone()
    }

    /// Whether a signal asked to stop.
    pub fn interrupted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Whether a signal kept the work from its end; one that comes as the last of it ends does not.
    pub fn cut_short(&self, complete: bool) -> bool {
        !complete && self.interrupted()
    }

    /// Whether nothing is to be printed about what was done: with --quiet, unless its data was asked for or it was not
    /// finished.
    pub fn is_silent(&self, finished: bool) -> bool {
        let asked = !self.global.fields.is_empty()
            || self.global.format.is_some_and(|format| format != Format::Table);
        self.global.quiet && finished && !asked
    }

    /// Whether a field is shown.
    pub fn shows(&self, column: Column) -> bool {
        let fields = &self.global.fields;
        fields.is_empty() || fields.iter().any(|field| field == column)
    }

    /// What to show: all that was asked for, otherwise everything; in a table those columns that are to stand in so much room.
    pub fn fields(
        &self,
        format: Format,
        columns: &[Column],
        is_shown: impl Fn(Column, u16) -> bool,
    ) -> Vec<String> {
        let asked = &self.global.fields;
        if format != Format::Table || !asked.is_empty() {
            return asked.clone();
        }
        let room = width().unwrap_or(u16::MAX);
        columns.iter().filter(|column| is_shown(column, room)).map(|column| (*column).to_owned()).collect()
    }

    /// Where rows go.
    pub fn output(&self, columns: &[Column], shape: Shape) -> Result<Output, Failure> {
        self.output_as(columns, shape, None)
    }

    /// Where rows go, with another format than usual where none was asked for.
    pub fn output_as(
        &self,
        columns: &[Column],
        shape: Shape,
        usual: Option<Format>,
    ) -> Result<Output, Failure> {
        self.output_with(self.format(usual), columns, &self.global.fields, shape)
    }

    /// Where rows go, in this format and with these fields.
    pub fn output_with(
        &self,
        format: Format,
        columns: &[Column],
        fields: &[String],
        shape: Shape,
    ) -> Result<Output, Failure> {
        let style = Style { format, raw_numbers: self.global.raw_numbers, color: self.ui.colors_output() };
        Output::new(style, columns, fields, shape)
    }

    /// Writes sentences about what was done, for a person.
    pub fn print_sentences(&self, text: &str) -> Result<(), Failure> {
        Ok(print_sentences(text, false)?)
    }

    /// Writes what was done, or with `dry_run` what would be, which is not to be mistaken for it.
    pub fn print_deeds(&self, text: &str, dry_run: bool) -> Result<(), Failure> {
        Ok(print_sentences(text, dry_run && self.ui.colors_output())?)
    }

    /// Whether what has a picture or sentences of its own for people is shown so: fields and exact numbers are for a table.
    pub fn is_drawn(&self) -> bool {
        let global = &self.global;
        self.format(None) == Format::Table && global.fields.is_empty() && !global.raw_numbers
    }

    /// The format in force.
    pub fn format(&self, usual: Option<Format>) -> Format {
        let by_terminal = if std::io::stdout().is_terminal() { Format::Table } else { Format::Plain };
        self.global.format.or(usual).unwrap_or(by_terminal)
    }

    /// Whether a person is there to be asked.
    pub fn is_interactive(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// A name that starts with the prefix and is not there was probably meant without it.
    pub fn prefix_hint(&self, name: &[u8]) -> Option<String> {
        let bare = name.strip_prefix(self.prefix()).filter(|_| !self.prefix().is_empty())?;
        Some(format!("leave out the prefix: did you mean {}?", parse::quoted(bare)))
    }

    /// Whether a dump is read, and no server that somebody runs.
    pub fn reads_dump(&self) -> bool {
        self.target.is_of_dump()
    }

    /// The server, with everything as it is now: certificates and passwords are changed while a sidecar is at work.
    fn target(&self) -> Result<Target, Failure> {
        if let Some(file) = &self.global.server.rdb {
            return self.target_of_dump(file);
        }
        self.logged_in(server::target(&self.global.server)?)
    }

    /// The server that has loaded a dump, which is started once.
    fn target_of_dump(&self, file: &Path) -> Result<Target, Failure> {
        if self.dump.get().is_none() {
            self.catch_signals()?;
            let shows_bar = !self.global.no_progress && !self.global.quiet;
            let server = rdb::DumpServer::start(file, self.target.db(), &self.ui, shows_bar, &self.stop)?;
            let _ = self.dump.set(server);
        }
        self.dump.get().map_or_else(|| Ok(self.target.clone()), |server| Ok(server.target().clone()))
    }

    /// A server with the password in force, unless its URL holds one.
    pub fn logged_in(&self, target: Target) -> Result<Target, Failure> {
        Ok(match &self.settings.password {
            Password::Asked => target.with_password(self.asked_password()?),
            Password::Command(..) | Password::Variable(_) if target.has_password() => target,
            Password::Command(profile, words) => {
                target.with_password(&settings::password_of(profile, words, &self.stop, &self.caught)?)
            }
            password => server::logged_in(target, password)?,
        })
    }

    /// What somebody gave on the terminal, once.
    fn asked_password(&self) -> Result<&Secret, Failure> {
        if let Some(password) = self.asked.get() {
            return Ok(password);
        }
        if !self.is_interactive() {
            return Err(Failure::usage("--ask-password needs a terminal")
                .with_hint("REDISCLI_AUTH or --password-file work without one"));
        }
        let password = password::ask(&self.caught)?;
        Ok(self.asked.get_or_init(|| password))
    }
}

/// Whether `--confirm` repeats this text.
pub fn confirms(global: &Global, text: &[u8]) -> bool {
    global
        .confirm
        .iter()
        .any(|confirm| confirm.as_bytes() == text || (global.escaped && parse::name(confirm, true) == text))
}
