//! What commands did and found.

use crate::cli::output::{Complete, Memory, Milliseconds, Time, ValueSize, Words, record, words};
use cacheme::ops::Severity;

words! { LayoutName: "classic" "meta" "both" }

record! {
    /// What `invalidate` did, or would do.
    Invalidated {
        /// Keys that were meant.
        matched: u64,
        /// Keys that were not marked before and are now.
        marked: u64,
        /// Values that were deleted; with --raw-pattern, Redis keys.
        deleted: u64,
        /// Whether nothing was changed: the counts are of what would be.
        dry_run: bool,
        /// Whether everything that was meant was reached.
        complete: Complete,
        /// Which releases of the library use the namespace: `classic` is 0.0.9 and 0.1.0, `meta` is 0.1.1 and later.
        layout: LayoutName,
        /// Milliseconds that it took.
        elapsed_ms: Milliseconds<u64>,
        /// How many replicas confirmed what was written; null where there is none, or none was waited for.
        replicated: Option<u64>,
    }
}

record! {
    /// What `purge` did, or would do.
    Purged {
        /// TTL buckets that were visited.
        buckets: u64,
        /// Entries in them.
        scanned: u64,
        /// Entries that had expired, and were taken away.
        expired: u64,
        /// Values that were deleted.
        deleted: u64,
        /// Keys that were newly marked.
        marked: u64,
        /// Whether nothing was changed: the counts are of what would be.
        dry_run: bool,
        /// Whether everything was reached.
        complete: Complete,
        /// Milliseconds that it took.
        elapsed_ms: Milliseconds<u64>,
        /// How many replicas confirmed what was written; null where there is none, or none was waited for.
        replicated: Option<u64>,
        /// The size of the values that were deleted, in bytes; null where the server does not tell.
        bytes: Option<ValueSize<u64>>,
    }
}

record! {
    /// What `gc` did, or would do.
    Collected {
        /// Keys in tags.
        tags: Collection,
        /// Keys in invalid keys.
        invalid_keys: Collection,
        /// Entries of TTL buckets.
        expiry: Collection,
        /// Marks.
        pending: Collection,
        /// Keys in progress.
        progress: Collection,
        /// Whether nothing was changed: the counts are of what would be.
        dry_run: bool,
        /// Whether everything was reached.
        complete: Complete,
        /// Milliseconds that it took.
        elapsed_ms: Milliseconds<u64>,
        /// Marks and keys in progress that wait for a second check by a later run.
        suspects: u64,
        /// How many replicas confirmed what was written; null where there is none, or none was waited for.
        replicated: Option<u64>,
    }
}

record! {
    /// What was done to entries of a kind.
    Collection {
        /// How many were looked at.
        scanned: u64,
        /// How many were removed.
        removed: u64,
        /// How many were put back, as something wrote to them meanwhile.
        restored: u64,
        /// Memory that those which were removed took, in bytes, as an estimate.
        bytes: Memory<u64>,
    }
}

record! {
    /// What `keys restore` did, or would do.
    Restored {
        /// Lines that were read.
        lines: u64,
        /// Keys that were written.
        restored: u64,
        /// Keys that were there already, the same.
        unchanged: u64,
        /// Keys with another live value, which were left alone.
        kept: u64,
        /// Keys that cannot be restored, and lines that are no keys.
        refused: u64,
        /// Whether nothing was changed: the counts are of what would be.
        dry_run: bool,
        /// Whether all keys of the file are restored.
        complete: Complete,
        /// Which releases of the library use the namespace: `classic` is 0.0.9 and 0.1.0, `meta` is 0.1.1 and later.
        layout: LayoutName,
        /// Milliseconds that it took.
        elapsed_ms: Milliseconds<u64>,
        /// How many replicas confirmed what was written; null where there is none, or none was waited for.
        replicated: Option<u64>,
    }
}

record! {
    /// What `doctor` found.
    Diagnosis {
        /// What is wrong, the worst first; a doubt about the clocks stands above what depends on them.
        findings: Vec<Found>,
        /// Whether everything was looked at.
        complete: Complete,
    }
}

record! {
    /// Something that is wrong with the namespace.
    Found {
        /// What it is, for scripts: never renamed.
        id: String,
        /// How bad it is. For `info` nothing has to be done.
        severity: Severity,
        /// What it is, for people.
        title: String,
        /// The evidence.
        detail: String,
        /// How much of it there is.
        count: u64,
        /// The command or the setting that mends it; empty where nothing does.
        fix: String,
    }
}

record! {
    /// A run of this tool that changed something.
    Logged {
        /// When it ended, by the server's clock.
        time: Option<Time>,
        /// The user of the machine that it ran on.
        user: String,
        /// The name of this machine.
        host: String,
        /// The user that Redis knows it as; null where it does not tell.
        acl_user: Option<String>,
        /// The profile that it used; null without one.
        profile: Option<String>,
        /// The words of the command, without secrets.
        command: Words,
        /// Keys or entries that were meant; of `gc` what it removed and put back, of `keys restore` what it restored.
        matched: u64,
        /// Keys that were marked.
        marked: u64,
        /// Values or entries that were deleted.
        deleted: u64,
        /// Whether everything that was meant was reached.
        complete: Complete,
        /// Milliseconds that it took.
        elapsed_ms: Milliseconds<u64>,
        /// The version of this tool.
        version: String,
    }
}

record! {
    /// A setting that is in force.
    InForce {
        /// The name of the setting.
        setting: String,
        /// Its value, without secrets; null for none.
        value: Option<String>,
        /// Where the value comes from: a flag, the environment, a profile or the default.
        source: String,
    }
}

record! {
    /// A profile of the configuration file.
    Profiled {
        /// The name of the profile.
        profile: String,
        /// Whether it is the one that counts where none is named.
        default: bool,
        /// The URL of its server, without secrets; null where it names none.
        url: Option<String>,
        /// Its prefix; null where it names none.
        prefix: Option<String>,
        /// Its layout; null where it names none.
        layout: Option<String>,
        /// Whether commands that write are refused.
        read_only: bool,
        /// Whether its name has to be repeated before anything is changed.
        protected: bool,
    }
}
