//! What a profile says of its server beside the URL: whom to trust, and what stands in front of the data.

use crate::cli::args::ServerArgs;
use crate::cli::settings::Resolver;
use std::path::{Path, PathBuf};
use toml::de::DeValue;

/// Its keys.
pub const KEYS: [&str; 8] = [
    "cluster",
    "replica",
    "tls_ca",
    "tls_cert",
    "tls_key",
    "tls_insecure",
    "sentinel_user",
    "sentinel_password_file",
];

/// The same flags, as a profile gives them.
#[derive(Debug, Clone, Default)]
pub struct ServerKeys {
    cluster: Option<String>,
    replica: bool,
    tls_ca: Option<PathBuf>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    tls_insecure: bool,
    sentinel_user: Option<String>,
    sentinel_password_file: Option<PathBuf>,
}

impl ServerKeys {
    /// Sets one key and gives its value as it may be shown. Relative paths start at `folder`.
    pub fn set(&mut self, key: &str, value: &DeValue<'_>, folder: &Path) -> Result<String, String> {
        match (key, value) {
            ("replica", DeValue::Boolean(truth)) => self.replica = *truth,
            ("tls_insecure", DeValue::Boolean(truth)) => self.tls_insecure = *truth,
            ("cluster", DeValue::Boolean(truth)) => self.cluster = truth.then(String::new),
            ("replica" | "tls_insecure", other) => {
                return Err(format!("it must be true or false, not {}", other.type_str()));
            }
            (_, DeValue::String(text)) => {
                let path = || folder.join(super::expanded(Path::new(text.as_ref())));
                match key {
                    "cluster" => self.cluster = Some(text.to_string()),
                    "sentinel_user" => self.sentinel_user = Some(text.to_string()),
                    "tls_ca" => self.tls_ca = Some(path()),
                    "tls_cert" => self.tls_cert = Some(path()),
                    "tls_key" => self.tls_key = Some(path()),
                    _ => self.sentinel_password_file = Some(path()),
                }
                return Ok(text.to_string());
            }
            ("cluster", other) => {
                return Err(format!("it must be true, or more seeds as text, not {}", other.type_str()));
            }
            (_, other) => return Err(format!("it must be text, not {}", other.type_str())),
        }
        Ok(value.as_bool().unwrap_or_default().to_string())
    }

    /// Fills in what is the profile's to say.
    pub(super) fn fill(self, resolver: &Resolver<'_>, args: &mut ServerArgs) {
        resolver.settle("cluster", &mut args.cluster, self.cluster);
        resolver.settle_switch("replica", &mut args.replica, Some(self.replica));
        resolver.settle("tls_ca", &mut args.tls_ca, self.tls_ca);
        // A certificate and its key come from one place.
        let pair = ["tls_cert", "tls_key"].map(|name| resolver.layer(name));
        let stronger = if (pair[0] as u8) <= (pair[1] as u8) { "tls_cert" } else { "tls_key" };
        resolver.settle(stronger, &mut args.tls_cert, self.tls_cert);
        resolver.settle(stronger, &mut args.tls_key, self.tls_key);
        resolver.settle_switch("tls_insecure", &mut args.tls_insecure, Some(self.tls_insecure));
        resolver.settle("sentinel_user", &mut args.sentinel_user, self.sentinel_user);
        resolver.settle(
            "sentinel_password_file",
            &mut args.sentinel_password_file,
            self.sentinel_password_file,
        );
    }
}
