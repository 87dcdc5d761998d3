//! The server the tests run on: Debian's Redis, or what `CACHEME_TEST_SERVER` names (`make test-servers`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::process;

/// The program that serves.
#[track_caller]
pub(crate) fn path() -> &'static Path {
    static PATH: OnceLock<Option<PathBuf>> = OnceLock::new();
    let named = || std::env::var_os("CACHEME_TEST_SERVER").map(PathBuf::from);
    let found = PATH.get_or_init(|| named().or_else(|| process::find("redis-server")));
    found
        .as_deref()
        .unwrap_or_else(|| panic!("redis-server is not installed: run `make deps`, then this again"))
}

/// Its version, as it says itself: `Redis server v=7.0.15 …`, `Valkey server v=9.1.2 …`.
pub(crate) fn version() -> (u16, u16) {
    static VERSION: OnceLock<(u16, u16)> = OnceLock::new();
    *VERSION.get_or_init(|| {
        let said = said();
        let numbers = said.split_once(" v=").map(|(_, rest)| rest).unwrap_or_default();
        let mut numbers = numbers.split('.').map_while(|number| number.parse().ok());
        numbers
            .next()
            .zip(numbers.next())
            .unwrap_or_else(|| panic!("{} has no version: {said}", path().display()))
    })
}

/// Whether it is Valkey.
pub(crate) fn is_valkey() -> bool {
    said().starts_with("Valkey ")
}

/// As people name it: `Redis 7.0.15`, `Valkey 9.1.2`.
pub(crate) fn product() -> String {
    let said = said();
    let version = said.split_once(" v=").and_then(|(_, rest)| rest.split(' ').next()).unwrap_or_default();
    format!("{} {version}", if is_valkey() { "Valkey" } else { "Redis" })
}

/// Whether it knows users, not only a password.
pub(crate) fn has_users() -> bool {
    version() >= (6, 0)
}

fn said() -> String {
    let output = Command::new(path()).arg("--version").output();
    let output = output.unwrap_or_else(|error| panic!("cannot run {}: {error}", path().display()));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
