//! Whom a TLS connection trusts, and as whom it comes.

use redis::{ClientTlsConfig, TlsCertificates};
use std::path::{Path, PathBuf};

/// How a TLS connection is made. By default: the system's roots, no client certificate, the host name verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// The authorities (PEM) to trust, and no others: the system's roots do not count then.
    pub ca: Option<PathBuf>,
    /// The certificate (PEM, with its chain) that is shown to the server.
    pub certificate: Option<PathBuf>,
    /// Its key (PEM).
    pub key: Option<PathBuf>,
    /// Whether to believe any certificate: anyone on the way can read and change everything then, password included.
    pub insecure: bool,
}

impl Tls {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The same with paths that stay true in another folder.
    pub(super) fn absolute(self) -> Self {
        let absolute = |path: Option<PathBuf>| path.map(|path| std::path::absolute(&path).unwrap_or(path));
        Self {
            ca: absolute(self.ca),
            certificate: absolute(self.certificate),
            key: absolute(self.key),
            ..self
        }
    }

    /// What stands in the files.
    pub(super) fn read(&self) -> Result<TlsCertificates, String> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
        };
        let client_tls = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => {
                Some(ClientTlsConfig { client_cert: read(certificate)?, client_key: read(key)? })
            }
            (None, None) => None,
            _ => return Err("a certificate and its key go together".to_owned()),
        };
        Ok(TlsCertificates { client_tls, root_cert: self.ca.as_deref().map(read).transpose()? })
    }

    /// Gives the process its cryptography, unless the program around this library chose one before.
    pub(super) fn provide() {
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}
