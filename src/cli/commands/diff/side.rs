//! What is compared: a server and a namespace on it, a dump, an RDB file.

use crate::cli::args;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::rdb::OF_SERVER;
use crate::cli::settings::{self, SERVER_KEYS};
use cacheme::client::Target;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// How an RDB file begins.
const RDB: [&[u8]; 2] = [b"REDIS", b"VALKEY"];

/// What is compared.
pub enum Side {
    /// The server and namespace in force.
    Here,
    Dump(PathBuf),
    Rdb(OsString),
    Url(OsString),
    Profile(OsString),
}

impl Side {
    /// A file where one is there, then a URL, then a profile.
    pub fn of(name: &OsStr) -> Self {
        let path = Path::new(name);
        if !path.exists() {
            let is_url = name.to_string_lossy().contains("://");
            return if is_url { Self::Url(name.to_owned()) } else { Self::Profile(name.to_owned()) };
        }
        let mut start = Vec::new();
        if path.is_file() {
            // What cannot be read is told where it is read as a dump.
            let _ = File::open(path).and_then(|file| file.take(6).read_to_end(&mut start));
        }
        match RDB.iter().any(|rdb| start.starts_with(rdb)) {
            true => Self::Rdb(name.to_owned()),
            false => Self::Dump(path.to_owned()),
        }
    }

    pub fn is_dump(&self) -> bool {
        matches!(self, Self::Dump(_))
    }

    /// For messages, without secrets.
    pub fn shown(&self, context: &Context) -> String {
        match self {
            Self::Here => context.addr(),
            Self::Dump(path) => path.display().to_string(),
            Self::Rdb(path) => path.to_string_lossy().into_owned(),
            Self::Url(url) => Target::redacted(&url.to_string_lossy()),
            Self::Profile(name) => format!("profile {}", name.display()),
        }
    }

    /// The surroundings of a side that is neither a dump nor here: those of this command line, but for what names the side. Where a
    /// flag says what the other side is, it and all that is about its server are left out.
    pub fn surroundings(
        &self,
        context: &Context,
        is_other_by_flag: bool,
    ) -> Result<Option<Context>, Failure> {
        let flag = match self {
            Self::Here | Self::Dump(_) => return Ok(None),
            Self::Rdb(path) => ("rdb", &path[..]),
            Self::Url(url) => ("url", &url[..]),
            Self::Profile(name) => ("profile", &name[..]),
        };
        let is_of_other =
            |name: &str| name == "rdb" || OF_SERVER.contains(&name) || SERVER_KEYS.contains(&name);
        let is_kept = |name: &str| !(is_other_by_flag && is_of_other(name));
        let (global, given) = args::with_other(&context.given, flag, is_kept)?;
        let profile = settings::profile_or(&global, |name, path| {
            format!("'{name}' is neither a file nor a profile in {path}")
        })?;
        Context::new(global, given, profile, context.ui.clone()).map(Some)
    }
}
