//! What a profile says of its server beside the URL: whom to trust, and what stands in front of the data.

use crate::cli::server::ServerArgs;
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

    /// Fills in what neither flags nor environment say.
    pub fn fill(self, args: &mut ServerArgs) {
        args.cluster = args.cluster.take().or(self.cluster);
        args.replica |= self.replica;
        args.tls_ca = args.tls_ca.take().or(self.tls_ca);
        if args.tls_cert.is_none() && args.tls_key.is_none() {
            (args.tls_cert, args.tls_key) = (self.tls_cert, self.tls_key);
        }
        args.tls_insecure |= self.tls_insecure;
        args.sentinel_user = args.sentinel_user.take().or(self.sentinel_user);
        args.sentinel_password_file = args.sentinel_password_file.take().or(self.sentinel_password_file);
    }
}
