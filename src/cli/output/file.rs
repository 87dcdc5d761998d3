//! Files that commands write: dumps, metrics, the configuration. A regular file appears whole or not at all; whatever
//! else a name means (a device, a FIFO, standard output) is written as it stands.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// For its owner alone: values and passwords may hold anything.
pub const PRIVATE: u32 = 0o600;
/// For those who collect metrics.
const READABLE: u32 = 0o644;
const REMOVED: &str = "the unfinished file was removed";

/// Where a file is going to be, looked at before any work: what cannot be written is refused here.
pub struct Place {
    shown: PathBuf,
    kind: Kind,
}

enum Kind {
    /// A regular file of this name, links followed; there is one or not.
    Regular(PathBuf),
    /// Written as it stands.
    Through(File),
    Stdout(File),
}

impl Place {
    pub fn find(path: &Path) -> io::Result<Self> {
        let kind = match fs::metadata(path) {
            _ if is_of_stdout(path) => Kind::Stdout(io::stdout().as_fd().try_clone_to_owned()?.into()),
            Ok(it) if it.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            // Files that a process has open come this way too (/dev/fd/3): what they hold already stays.
            Ok(it) if !it.is_file() || is_of_a_process(path)? => {
                Kind::Through(OpenOptions::new().append(true).open(path)?)
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => Kind::Regular(regular(path)?),
        };
        Ok(Self { shown: path.to_owned(), kind })
    }

    /// Begins the file, under a name of its own in the same folder until it is whole.
    pub fn begin(self, mode: u32) -> io::Result<NewFile> {
        let (file, target) = match self.kind {
            Kind::Through(file) => (Under::Through(file), Target::Through),
            Kind::Stdout(file) => (Under::Through(file), Target::Stdout),
            Kind::Regular(path) => {
                let file = tempfile::Builder::new()
                    .prefix(".cacheme-")
                    .suffix(".partial")
                    .tempfile_in(folder_of(&path))?;
                file.as_file().set_permissions(Permissions::from_mode(mode))?;
                (Under::Own(file), Target::Regular(path))
            }
        };
        Ok(NewFile { shown: self.shown, file, target })
    }
}

/// A file under way. One that is not finished is removed.
pub struct NewFile {
    shown: PathBuf,
    file: Under,
    target: Target,
}

enum Under {
    Own(NamedTempFile),
    Through(File),
}

enum Target {
    Regular(PathBuf),
    Through,
    Stdout,
}

impl NewFile {
    /// The file gets its name, or its name and `.partial` where it is not complete. Gives that name.
    pub fn finish(self, complete: bool) -> io::Result<PathBuf> {
        let Self { shown, file, target } = self;
        let (Under::Own(file), Target::Regular(path)) = (file, target) else { return Ok(shown) };
        let (name, shown) = if complete { (path, shown) } else { (partial(&path), partial(&shown)) };
        let done = file.as_file().sync_all().and_then(|()| file.persist(&name).map_err(|error| error.error));
        done.map_err(|error| told(&shown, &error, REMOVED))?;
        // The name is to last as well. It stands already, so what goes wrong here changes nothing.
        let _ = File::open(folder_of(&name)).and_then(|folder| folder.sync_all());
        Ok(shown)
    }

    fn writer(&mut self) -> &mut File {
        match &mut self.file {
            Under::Own(file) => file.as_file_mut(),
            Under::Through(file) => file,
        }
    }

    /// What remains of it where it is not finished.
    pub fn remains(&self) -> &'static str {
        match self.target {
            Target::Regular(_) => REMOVED,
            Target::Through | Target::Stdout => "what was written before the error stays",
        }
    }

    /// What went wrong with the file, and what remains of it. Only standard output may be closed by its reader without
    /// that being a failure.
    fn failed(&self, error: io::Error) -> io::Error {
        match self.target {
            Target::Stdout => error,
            _ => told(&self.shown, &error, self.remains()),
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.writer().write(bytes) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(self.failed(error)),
            done => done,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer().flush()
    }
}

/// Writes a text that others may read.
pub fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    write_file(path, text, READABLE)
}

/// Writes a whole text.
pub fn write_file(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = Place::find(path)?.begin(mode)?;
    file.write_all(text.as_bytes())?;
    file.finish(true).map(drop)
}

fn told(shown: &Path, error: &io::Error, remains: &str) -> io::Error {
    io::Error::other(format!("{}: {error}; {remains}", shown.display()))
}

fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Another opening of standard output would begin at its start, over what others wrote there.
fn is_of_stdout(path: &Path) -> bool {
    ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|it| path == Path::new(it))
}

/// Whether a name leads through the open files of a process.
fn is_of_a_process(path: &Path) -> io::Result<bool> {
    let mut path = path.to_owned();
    // As many links as the kernel follows.
    for _ in 0..40 {
        let folder = fs::canonicalize(folder_of(&path))?;
        if folder.starts_with("/proc") {
            return Ok(true);
        }
        match fs::read_link(&path) {
            Ok(next) => path = folder.join(next),
            Err(_) => return Ok(false),
        }
    }
    Ok(false)
}

/// The file that a name leads to. A link is followed, by the kernel first: it may have reasons not to (a link that
/// somebody else left in a folder for everybody).
fn regular(path: &Path) -> io::Result<PathBuf> {
    if path.file_name().is_none() || path.as_os_str().as_bytes().ends_with(b"/") {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if fs::symlink_metadata(path).is_ok_and(|it| it.is_symlink()) {
        let is_new = fs::metadata(path).is_err();
        OpenOptions::new().write(true).create(true).truncate(false).mode(PRIVATE).open(path)?;
        let file = fs::canonicalize(path)?;
        if is_new {
            fs::remove_file(&file)?;
        }
        return Ok(file);
    }
    if !fs::metadata(folder_of(path))?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    Ok(path.to_owned())
}
