//! `--rdb FILE`: a dump in place of a server. A redis-server of this machine loads it; nothing here reads RDB.
//!
//! The server is ours alone: it listens on a socket in a folder that only this user may enter, saves nothing, and has no
//! other client. It and the folder go away however this process ends. A signal that cannot be caught leaves no time for
//! that, so a shell that reads a pipe of ours stands beside the server, and does it when the pipe is closed.

use crate::cli::args::{Command, InvalidKeysCommand, KeysCommand, LogArgs, ServerArgs, TagsCommand};
use crate::cli::error::Failure;
use crate::cli::settings::SERVER_KEYS;
use crate::cli::ui::Ui;
use crate::cli::ui::progress::FileBar;
use cacheme::client::{Conn, Loading, Target, Timeouts};
use clap::ArgMatches;
use clap::parser::ValueSource;
use indicatif::HumanBytes;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// Names another program than the one on PATH.
pub const PROGRAM: &str = "CACHEME_REDIS_SERVER";
/// Programs that load RDB files, the first that is there.
const PROGRAMS: [&str; 3] = ["redis-server", "valkey-server", "keydb-server"];
/// Files in the private folder.
const SOCKET: &str = "s";
const LOG: &str = "log";
const PRINTED: &str = "out";
const DUMP: &str = "dump.rdb";
/// A socket's path is no longer, on any system.
const LONGEST_SOCKET: usize = 100;
/// A dump may be of a server with more databases than the usual 16.
const DATABASES: i64 = 1024;
/// How often the server is asked how far it is, and what it may take to answer while it loads.
const LOOK: Duration = Duration::from_millis(20);
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(3), io: Duration::from_secs(3) };

/// Flags that say which server, beside those of [`SERVER_KEYS`]: there is none beside a dump.
pub const OF_SERVER: [&str; 3] = ["url", "password_file", "ask_password"];

/// Becomes the server, and leaves a shell beside it. That one waits for a line, which says that the server has ended, or
/// for the end of the pipe, which says that we have; then it ends the server and removes the folder. Where memory
/// runs out, the system ends this server before any other.
const LAUNCH: &str = r#"
exec 3<&0 </dev/null
(
  trap '' HUP INT QUIT TERM
  read -r ended <&3 || kill -9 $$
  PATH=$PATH:/usr/bin:/bin
  rm -rf -- "$0"
) >/dev/null 2>&1 &
{ echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null
exec 3<&- "$@"
"#;

/// Refuses what is not for a dump, before anything is read.
pub fn check(command: &Command, matches: &ArgMatches) -> Result<(), Failure> {
    let is_flag = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
    if !is_flag("rdb") {
        return Ok(());
    }
    if let Some(name) = OF_SERVER.into_iter().chain(SERVER_KEYS).find(|name| is_flag(name)) {
        let name = name.replace('_', "-");
        return Err(Failure::usage(format!(
            "--rdb reads a file, so --{name}, which is about a server, cannot be used with it"
        ))
        .with_hint(
            "the database number comes from CACHEME_URL or from the profile's url: CACHEME_URL=unix:///any?db=3",
        ));
    }
    let stats = "`cacheme stats` shows how much memory would be freed (reclaimable)";
    let leave_out = "leave --rdb out to do this on a server";
    let (name, why, hint) = match command {
        Command::Tags(TagsCommand::List(_) | TagsCommand::Show { .. })
        | Command::InvalidKeys(InvalidKeysCommand::List(_) | InvalidKeysCommand::Show { .. })
        | Command::Keys(
            KeysCommand::List { .. } | KeysCommand::Top(_) | KeysCommand::Show { .. } | KeysCommand::Dump(_),
        )
        | Command::Doctor(_)
        | Command::Log(LogArgs { follow: false, .. })
        | Command::Diff(_) => return Ok(()),
        Command::Stats(args) if args.reset => ("stats --reset", WRITES, leave_out),
        Command::Stats(args) if args.keep.is_some() => ("stats --keep", WRITES, leave_out),
        Command::Stats(args) if args.live.is_some() => ("stats --live", LIVE, leave_out),
        Command::Stats(args) if args.watch.is_some() => ("stats --watch", LIVE, leave_out),
        Command::Stats(_) => return Ok(()),
        Command::Keys(KeysCommand::Restore(_)) => ("keys restore", WRITES, leave_out),
        Command::Invalidate(_) => ("invalidate", WRITES, "`cacheme keys list` takes the same names"),
        Command::Purge(_) => ("purge", WRITES, stats),
        Command::Gc(_) => ("gc", WRITES, stats),
        Command::Log(_) => ("log --follow", LIVE, "`cacheme log` shows what the dump has"),
        Command::Events(_) => ("events", LIVE, leave_out),
        Command::Browse(_) => ("browse", LIVE, "`cacheme tags list` and `cacheme keys list` read a dump"),
        Command::Config(_) => ("config", NO_DATA, "leave --rdb out"),
        Command::Completions { .. } => ("completions", NO_DATA, "leave --rdb out"),
        Command::Generate { .. } => ("generate", NO_DATA, "leave --rdb out"),
    };
    Err(Failure::usage(format!("--rdb cannot be used with `cacheme {name}`, {why}")).with_hint(hint))
}

const WRITES: &str = "which writes: a dump is only read";
const LIVE: &str = "which needs a running server";
const NO_DATA: &str = "which reads no data";

/// What to do when the server has ended in mid-run.
pub const GONE: &str = "the server that had loaded the dump has ended, perhaps because memory ran out; run this \
                        again with more free memory";

/// The database that is read: the one of the URL in force, whose server is not.
pub fn database(args: &ServerArgs) -> Result<i64, Failure> {
    Ok(args.url.as_deref().map(Target::parse).transpose()?.map_or(0, |target| target.db()))
}

/// How a dump is shown, as a server that is not there yet.
pub fn shown(file: &Path, db: i64) -> Result<Target, Failure> {
    Ok(Target::of_dump(&file.display().to_string(), "", db)?)
}

/// A server that has loaded a dump. It ends when this is dropped, and its folder is removed.
pub struct DumpServer {
    target: Target,
    _process: ServerProcess,
}

impl DumpServer {
    /// Starts a server and waits until it has loaded the dump.
    pub fn start(file: &Path, db: i64, ui: &Ui, shows_bar: bool, stop: &AtomicBool) -> Result<Self, Failure> {
        let name = file.display().to_string();
        let (path, size) = readable(file)?;
        let program = program()?;
        if let Some(memory) = Memory::now() {
            memory.check(&name, size, ui)?;
        }
        ui.verbose(&format!("{} loads {name}", program.display()));
        let mut process = ServerProcess::launch(&program, &path).map_err(|error| {
            Failure::failed(format!("cannot start {} to load {name}: {error}", program.display()))
        })?;
        let socket = process.folder.path().join(SOCKET);
        // Database 0 is always there.
        process.wait_until_loaded(&name, &Target::of_dump(&name, &socket, 0)?, size, shows_bar, stop)?;
        let target = Target::of_dump(&name, &socket, db)?;
        tell_of_other_databases(&target, ui)?;
        Ok(Self { target, _process: process })
    }

    pub fn target(&self) -> &Target {
        &self.target
    }
}

/// The file's own path, and its size: one that cannot be read is told before a server is started.
fn readable(file: &Path) -> Result<(PathBuf, u64), Failure> {
    let failed = |error: io::Error| {
        let failure = Failure::usage(format!("cannot read the dump {}: {error}", file.display()));
        match error.kind() {
            io::ErrorKind::PermissionDenied => failure
                .with_hint("often only the server's user may read a dump: make a copy that you may read"),
            _ => failure.with_hint("--rdb takes a file that SAVE, BGSAVE or `redis-cli --rdb FILE` wrote"),
        }
    };
    let about = fs::metadata(file).map_err(failed)?;
    if !about.is_file() {
        return Err(failed(io::Error::other("it is not a regular file")));
    }
    File::open(file).map_err(failed)?;
    Ok((fs::canonicalize(file).map_err(failed)?, about.len()))
}

/// The program that loads it.
fn program() -> Result<PathBuf, Failure> {
    match std::env::var_os(PROGRAM).filter(|named| !named.is_empty()) {
        Some(named) => found(&named).ok_or_else(|| {
            Failure::usage(format!("{PROGRAM} names {}, which is not a program", named.display()))
        }),
        None => PROGRAMS.iter().find_map(|name| found(OsStr::new(name))).ok_or_else(|| {
            Failure::failed(format!("--rdb needs a server to load the dump, and none of {} is on PATH", PROGRAMS.join(", ")))
                .with_hint(format!(
                    "install the package redis-server or valkey-server (its service need not run), or name a program in {PROGRAM}"
                ))
        }),
    }
}

/// A program by its path, or by its name on PATH.
fn found(name: &OsStr) -> Option<PathBuf> {
    let is_program = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    };
    if Path::new(name).components().count() > 1 {
        // Its name is kept: it may be a link to a program that does what it is called by.
        return std::path::absolute(name).ok().filter(is_program);
    }
    let folders: Vec<_> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    folders.into_iter().filter(|folder| folder.is_absolute()).map(|folder| folder.join(name)).find(is_program)
}

/// A server with its folder. Whoever drops it waits until it has ended.
struct ServerProcess {
    child: Child,
    folder: TempDir,
}

impl ServerProcess {
    /// Starts the server on a link to the dump.
    fn launch(program: &Path, dump: &Path) -> io::Result<Self> {
        let folder = private_folder()?;
        std::os::unix::fs::symlink(dump, folder.path().join(DUMP))?;
        let printed = File::create(folder.path().join(PRINTED))?;
        // Nothing of these can make it write to the dump: it saves nothing, and what it saved would take the link's place.
        let options = [
            ("save", ""),
            ("appendonly", "no"),
            ("dbfilename", DUMP),
            ("port", "0"),
            ("unixsocket", SOCKET),
            ("unixsocketperm", "700"),
            ("daemonize", "no"),
            ("loglevel", "notice"),
            ("logfile", LOG),
            ("maxmemory-policy", "noeviction"),
            ("databases", &DATABASES.to_string()),
        ];
        let child = Process::new("/bin/sh")
            .args(["-c", LAUNCH])
            .arg(folder.path())
            .arg(program)
            .args(options.iter().flat_map(|(name, value)| [format!("--{name}"), (*value).to_owned()]))
            .current_dir(folder.path())
            // An unknown one keeps it from starting.
            .env("LC_ALL", "C")
            // Ctrl-C is for us: we end it when our own work has ended.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(printed.try_clone()?)
            .stderr(printed)
            .spawn()?;
        Ok(Self { child, folder })
    }

    fn wait_until_loaded(
        &mut self,
        name: &str,
        target: &Target,
        size: u64,
        shows_bar: bool,
        stop: &AtomicBool,
    ) -> Result<(), Failure> {
        let mut bar = None;
        loop {
            if stop.load(Ordering::Relaxed) {
                return Err(Failure::interrupted(format!("stopped while {name} was being loaded")));
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(why_it_ended(name, &self.log(), status));
            }
            if let Some(memory) = Memory::now() {
                memory.check_while_loading(name)?;
            }
            match Loading::of(target, TIMEOUTS) {
                Ok(None) => return Ok(()),
                Ok(Some(loading)) if shows_bar => {
                    bar.get_or_insert_with(|| FileBar::new("loading", size)).read(loading.bytes);
                }
                // It does not listen yet, or is busy with one large value.
                Ok(Some(_)) | Err(_) => {}
            }
            thread::sleep(LOOK);
        }
    }

    /// What the server said: as its log, and before it had one.
    fn log(&self) -> String {
        let read = |file| fs::read(self.folder.path().join(file)).unwrap_or_default();
        String::from_utf8_lossy(&[read(PRINTED), read(LOG)].concat()).into_owned()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // The shell beside it is told, so that it ends no other process that has got the server's number meanwhile.
        if let Some(mut pipe) = self.child.stdin.take() {
            let _ = pipe.write_all(b"\n");
        }
    }
}

/// A folder for this user alone, whose path leaves room for a socket's name.
fn private_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix("cacheme-rdb-");
    let folder = builder.tempdir()?;
    match folder.path().join(SOCKET).as_os_str().len() {
        0..=LONGEST_SOCKET => Ok(folder),
        _ => builder.tempdir_in("/tmp"),
    }
}

/// Why a server ended before the dump was loaded, by what it said.
fn why_it_ended(name: &str, log: &str, status: ExitStatus) -> Failure {
    let says = |words: &[&str]| words.iter().any(|word| log.contains(word));
    let server = server_in(log).unwrap_or_else(|| "the server".to_owned());
    if let Some(version) = log.split("Can't handle RDB format version ").nth(1) {
        let version: String = version.chars().take_while(char::is_ascii_digit).collect();
        return Failure::failed(format!(
            "a newer server wrote {name}: {server}, which is installed here, does not know version {version} of RDB files"
        ))
        .with_hint(format!(
            "install a server of the kind that wrote it (Redis or Valkey) and as new, or name its program in {PROGRAM}"
        ));
    }
    if says(&["Wrong signature"]) {
        return Failure::failed(format!("{name} is not an RDB file, or not one that {server} can read")).with_hint(format!(
            "unpack a compressed dump first; a dump of Valkey 9 or later needs valkey-server (on PATH, or named \
             in {PROGRAM}); files of `keys dump` are for `keys restore` and `diff`"
        ));
    }
    let is_killed = status.signal() == Some(9);
    let damaged =
        ["Short read", "Unexpected EOF", "Wrong RDB checksum", "RDB CRC error", "Internal error in RDB"];
    // Some damage ends a server by a signal of its own.
    if says(&damaged) || (status.signal().is_some() && !is_killed) {
        return Failure::failed(format!("{name} is cut short or damaged: {server} cannot load it"))
            .with_hint("copy it again when no save is running; redis-check-rdb shows where it is damaged");
    }
    if is_killed {
        return Failure::failed(format!(
            "the server that was loading {name} was killed, probably because memory ran out"
        ))
        .with_hint(MORE_MEMORY);
    }
    let last = log.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let last = last.split_once(['#', '*']).map_or(last, |(_, said)| said).trim();
    let failure = Failure::failed(format!("{server} could not load {name} ({status}): {last}"));
    match says(&["no matching module"]) {
        true => failure.with_hint("data of a module are loaded only by a server that has this module"),
        false => failure.with_hint(format!("{PROGRAM} names another server to load it")),
    }
}

/// `Redis 7.0.15`, from the line in which a server says what it is.
fn server_in(log: &str) -> Option<String> {
    let (before, after) = log.split_once(" version=")?;
    let name = before.split_whitespace().last()?;
    Some(format!("{name} {}", after.split([',', ' ']).next()?))
}

/// Says where the data are when there are none in the database that is read.
fn tell_of_other_databases(target: &Target, ui: &Ui) -> Result<(), Failure> {
    if target.db() >= DATABASES {
        return Ok(());
    }
    let info = Conn::open(target, TIMEOUTS)?.server_infos().swap_remove(0).1?;
    let others: Vec<_> = (0..DATABASES).filter(|db| info.get(&format!("db{db}")).is_some()).collect();
    if let (Some(0), Some(first)) = (info.keys(), others.first()) {
        let shown: Vec<_> = others.iter().take(5).map(i64::to_string).collect();
        let more = if others.len() > shown.len() { ", …" } else { "" };
        ui.warning(&format!("{target} is empty; these hold keys: {}{more}", shown.join(", ")));
        ui.hint(&format!("CACHEME_URL=unix:///any?db={first} in the environment reads database {first}"));
    }
    Ok(())
}

const MORE_MEMORY: &str =
    "read the dump on a machine, or in a container, with two to four times the file's size of free memory";

/// The memory of the machine, or of the control group that holds us if that has less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Memory {
    available: u64,
    total: u64,
}

impl Memory {
    /// Nothing where the system does not tell.
    fn now() -> Option<Self> {
        let machine = Self::of_machine(&fs::read_to_string("/proc/meminfo").ok()?)?;
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let group = groups.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
        let root = Path::new("/sys/fs/cgroup");
        let groups = root.join(group);
        let groups = groups.ancestors().take_while(|path| path.starts_with(root));
        Some(
            groups
                .filter_map(Self::of_group)
                .fold(machine, |least, group| if group.available < least.available { group } else { least }),
        )
    }

    fn of_machine(meminfo: &str) -> Option<Self> {
        let kilobytes = |name: &str| {
            let value = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
            value.split_whitespace().next()?.parse::<u64>().ok()
        };
        Some(Self { available: kilobytes("MemAvailable:")? * 1024, total: kilobytes("MemTotal:")? * 1024 })
    }

    /// What a control group may still take: pages of files that nobody uses do not count.
    fn of_group(path: &Path) -> Option<Self> {
        let number = |file: &str| fs::read_to_string(path.join(file)).ok()?.trim().parse::<u64>().ok();
        let (total, used) = (number("memory.max")?, number("memory.current")?);
        let stat = fs::read_to_string(path.join("memory.stat")).unwrap_or_default();
        let unused = stat.lines().find_map(|line| line.strip_prefix("inactive_file ")?.trim().parse().ok());
        Some(Self { available: total.saturating_sub(used.saturating_sub(unused.unwrap_or(0))), total })
    }

    /// Data take more memory than the file has bytes, often two to four times as much.
    fn check(self, name: &str, size: u64, ui: &Ui) -> Result<(), Failure> {
        let (shown, available) = (HumanBytes(size), HumanBytes(self.available));
        if size > self.available {
            return Err(Failure::failed(format!(
                "{name} has {shown}, and only {available} of memory are free: it cannot be loaded here"
            ))
            .with_hint(MORE_MEMORY));
        }
        if size > self.available / 2 {
            ui.warning(&format!(
                "{name} has {shown}, and {available} of memory are free: its data may need more. Loading stops before the \
                 memory runs out"
            ));
        }
        Ok(())
    }

    fn check_while_loading(self, name: &str) -> Result<(), Failure> {
        if self.available >= self.total / 20 {
            return Ok(());
        }
        Err(Failure::failed(format!(
            "stopped loading {name}: only {} of {} of memory were left",
            HumanBytes(self.available),
            HumanBytes(self.total)
        ))
        .with_hint(MORE_MEMORY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_that_is_free() {
        let text = "MemTotal:       1000 kB\nMemFree:         1 kB\nMemAvailable:    400 kB\n";
        assert_eq!(Memory::of_machine(text), Some(Memory { available: 409_600, total: 1_024_000 }));
        assert_eq!(Memory::of_machine("MemTotal: 1000 kB"), None);
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).unwrap();
        write("memory.max", "max\n");
        write("memory.current", "700\n");
        assert_eq!(Memory::of_group(folder.path()), None);
        write("memory.max", "1000\n");
        assert_eq!(Memory::of_group(folder.path()), Some(Memory { available: 300, total: 1000 }));
        write("memory.stat", "anon 600\ninactive_file 50\n");
        assert_eq!(Memory::of_group(folder.path()), Some(Memory { available: 350, total: 1000 }));
    }

    #[test]
    fn loading_stops_while_some_memory_is_left() {
        let memory = |available| Memory { available, total: 1 << 30 };
        assert!(memory(1 << 26).check_while_loading("a").is_ok());
        let failure = memory(1 << 25).check_while_loading("a").unwrap_err();
        assert_eq!(failure.to_string(), "stopped loading a: only 32.00 MiB of 1.00 GiB of memory were left");
    }

    #[test]
    fn a_server_says_why_it_ended() {
        let said = |log: &str, status: i32| why_it_ended("a", log, ExitStatus::from_raw(status)).to_string();
        let start = "1:C 29 Nov 2026 19:00:00.000 # Redis version=6.2.5, bits=64\n";
        assert_eq!(
            said(&format!("{start}1:M 29 Nov 2026 # Can't handle RDB format version 12\n"), 256),
            "a newer server wrote a: Redis 6.2.5, which is installed here, does not know version 12 of RDB files"
        );
        assert_eq!(
            said("*** FATAL CONFIG FILE ERROR ***\nBad directive or wrong number of arguments\n", 256),
            "the server could not load a (exit status: 1): Bad directive or wrong number of arguments"
        );
        assert_eq!(
            said(&format!("{start}1:M 29 Nov 2026 # something new\n\n"), 256),
            "Redis 6.2.5 could not load a (exit status: 1): something new"
        );
        assert!(said(start, 9).starts_with("the server that was loading a was killed"));
        assert!(said(start, 11).starts_with("a is cut short or damaged"));
    }
}
