//! What the help and the man page of a command have at their end: examples, and what else to read. Tests run each example on
//! the bookstore of `examples/bookstore.py`, one after the other.

/// The end of a command's page.
pub struct Page {
    /// The words of the command behind `cacheme`.
    pub command: &'static str,
    /// What each is for, and its line. Names that hold `>` are quoted.
    pub examples: &'static [(&'static str, &'static str)],
    /// Commands that go with it.
    pub related: &'static [&'static str],
}

impl Page {
    pub fn examples_for_help(&self) -> String {
        if self.examples.is_empty() {
            return String::new();
        }
        let examples = self.examples.iter().map(|(what, line)| format!("  # {what}\n  $ {line}"));
        format!("Examples:\n{}", examples.collect::<Vec<_>>().join("\n"))
    }
}

/// The page of a command, by its words.
pub fn page(command: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.command == command)
}

const PAGES: [Page; 23] = [
    Page {
        command: "",
        examples: &[
            ("What is cached?", "cacheme tags list"),
            ("Why do readers of book 100 see that owner?", "cacheme keys show 'Book:100>owner'"),
            (
                "User 200 changed: what would be recomputed?",
                "cacheme invalidate --invalid-key User:200 --dry-run",
            ),
            (
                "What is wrong with the cache of production? (exit code 5 if anything)",
                "cacheme --profile prod doctor",
            ),
        ],
        related: &[],
    },
    Page {
        command: "tags list",
        examples: &[
            ("The tags with the most keys first", "cacheme tags list --sort keys"),
            ("How many of their keys are expired or pending", "cacheme tags list --deep"),
            (
                "The five largest tags, for a script",
                "cacheme tags list --sort bytes --fields tag,bytes | head -n 5",
            ),
        ],
        related: &["tags show", "keys list", "invalidate"],
    },
    Page {
        command: "tags show",
        examples: &[
            ("How many keys of a tag are live, and how much memory they take", "cacheme tags show reviews"),
            ("The same for a script", "cacheme tags show reviews --format json"),
        ],
        related: &["tags list", "keys list", "invalidate"],
    },
    Page {
        command: "invalid-keys list",
        examples: &[
            ("What the most keys depend on", "cacheme invalid-keys list --sort keys"),
            ("How many of these keys are expired or pending", "cacheme invalid-keys list --deep"),
        ],
        related: &["invalid-keys show", "keys list", "invalidate"],
    },
    Page {
        command: "invalid-keys show",
        examples: &[
            ("What depends on user 200", "cacheme invalid-keys show User:200"),
            ("All of these keys", "cacheme keys list --invalid-key User:200"),
        ],
        related: &["invalid-keys list", "keys list", "invalidate"],
    },
    Page {
        command: "keys list",
        examples: &[
            ("Which keys does the next reader recompute?", "cacheme keys list --state pending"),
            ("The owners of all books, as CSV", "cacheme keys list --pattern 'Book:*>owner' --format csv"),
            (
                "Keys that have a tag and depend on user 200",
                "cacheme keys list --tag get_owner --invalid-key User:200 --match all",
            ),
            ("Large values that never expire", "cacheme keys list --larger-than 100KB --no-timeout"),
        ],
        related: &["keys top", "keys show", "keys dump", "invalidate"],
    },
    Page {
        command: "keys top",
        examples: &[
            ("The three largest values", "cacheme keys top -n 3"),
            ("The live keys that expire next", "cacheme keys top --by ttl --state live"),
        ],
        related: &["keys list", "stats", "purge"],
    },
    Page {
        command: "keys show",
        examples: &[
            ("One key; quote names that hold '>'", "cacheme keys show 'Book:100>owner'"),
            ("Two keys, for a script", "cacheme keys show charts:week 'Book:100>reviews' --format json"),
        ],
        related: &["keys list", "events", "invalidate"],
    },
    Page {
        command: "keys dump",
        examples: &[
            ("The values of one book", "cacheme keys dump --pattern 'Book:100'"),
            ("All that a restore needs", "cacheme keys dump --raw --indexes --output cache.ndjson.gz"),
        ],
        related: &["keys restore", "keys list", "diff"],
    },
    Page {
        command: "keys restore",
        examples: &[
            ("What would a dump change?", "cacheme keys restore cache.ndjson.gz --dry-run"),
            (
                "Copy a namespace to another prefix",
                "cacheme keys dump --raw --indexes | cacheme --prefix COPY: keys restore -y",
            ),
        ],
        related: &["keys dump", "diff", "log"],
    },
    Page {
        command: "browse",
        examples: &[
            ("Look around; q ends it, ? lists the keys", "cacheme browse"),
            ("Also invalidate what is selected", "cacheme browse --write"),
        ],
        related: &["tags list", "keys list", "keys show"],
    },
    Page {
        command: "invalidate",
        examples: &[
            ("One key; quote names that hold '>'", "cacheme invalidate --key 'Book:100>owner'"),
            ("User 200 changed: mark what depends on it", "cacheme invalidate --invalid-key User:200 --yes"),
            (
                "What would be deleted by a pattern?",
                "cacheme invalidate --pattern 'Book:*>reviews' --dry-run",
            ),
            (
                "A whole tag but for one key",
                "cacheme invalidate --tag reviews --except-key 'Book:100>reviews' --yes",
            ),
        ],
        related: &["keys list", "log", "purge"],
    },
    Page {
        command: "purge",
        examples: &[
            ("How much has expired?", "cacheme purge --dry-run"),
            ("For cron: five minutes at most, silent", "cacheme purge --grace 1h --time-budget 5m --quiet"),
            ("The application's hosts are on UTC+2", "cacheme purge --utc-offset +02:00"),
        ],
        related: &["gc", "stats", "log"],
    },
    Page {
        command: "gc",
        examples: &[
            ("What has leaked?", "cacheme gc --dry-run"),
            ("For cron: ten minutes at most", "cacheme gc --yes --time-budget 10m"),
        ],
        related: &["purge", "doctor", "log"],
    },
    Page {
        command: "doctor",
        examples: &[
            ("Everything (exit code 5 if it finds a warning or an error)", "cacheme doctor"),
            ("A quick look that does not watch traffic (exit code 5)", "cacheme doctor --quick --no-monitor"),
        ],
        related: &["gc", "purge", "stats"],
    },
    Page {
        command: "stats",
        examples: &[
            ("Hits, misses, sizes and the server", "cacheme stats"),
            ("Hits and misses by tag in live traffic", "cacheme stats --live 3s"),
            ("How large values are, and how long they have left", "cacheme stats --histogram"),
            ("Metrics for Prometheus", "cacheme stats --format prometheus --output cacheme.prom"),
        ],
        related: &["events", "keys top", "doctor"],
    },
    Page {
        command: "diff",
        examples: &[
            ("Before a deployment", "cacheme keys dump --raw --indexes --output before.ndjson"),
            ("What has changed since? (exit code 5 if something has)", "cacheme diff before.ndjson"),
            ("Two profiles, one tag (exit code 5 if they differ)", "cacheme diff staging prod --tag reviews"),
        ],
        related: &["keys dump", "keys list"],
    },
    Page {
        command: "log",
        examples: &[
            ("The last two days", "cacheme log --since 2d"),
            ("The last twenty changes of one user", "cacheme log --limit 20 --by alice"),
        ],
        related: &["events", "invalidate", "purge", "gc"],
    },
    Page {
        command: "events",
        examples: &[
            ("What is computed, and how long it takes", "cacheme events --kind miss,stored --for 3s"),
            ("One tag, for a script", "cacheme events --tag reviews --for 3s --format ndjson"),
        ],
        related: &["stats", "log", "keys show"],
    },
    Page {
        command: "config show",
        examples: &[
            ("Which server is meant, and what says so?", "cacheme config show"),
            ("The same for a profile", "cacheme --profile prod config show"),
        ],
        related: &["config check", "config init"],
    },
    Page {
        command: "config check",
        examples: &[
            ("After a change of the file", "cacheme config check"),
            ("Another file", "cacheme --config ./config.toml config check"),
        ],
        related: &["config show", "config init"],
    },
    Page {
        command: "config init",
        examples: &[(
            "Without questions",
            "cacheme --profile local --url redis://localhost config init --yes",
        )],
        related: &["config show", "config check"],
    },
    Page {
        command: "completions",
        examples: &[
            ("In ~/.bashrc", "source <(cacheme completions bash --live)"),
            ("For zsh, in a folder of $fpath", "cacheme completions zsh --live > _cacheme"),
        ],
        related: &[],
    },
];
