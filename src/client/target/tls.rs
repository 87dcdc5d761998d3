//! Whom a TLS connection trusts, and as whom it comes.

use redis::{ClientTlsConfig, TlsCertificates};
use std::fmt;
use std::path::PathBuf;

/// How a TLS connection is made. By default: the system's roots, no client certificate, the host name verified.
#[derive(Clone, Default)]
pub struct Tls {
    ca: Option<Vec<u8>>,
    identity: Option<(Vec<u8>, Vec<u8>)>,
    insecure: bool,
    files: TlsFiles,
}

/// Where certificates and keys stand, for a command of another program that is told to somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// The authorities.
    pub ca: Option<PathBuf>,
    /// The certificate that is shown to the server.
    pub certificate: Option<PathBuf>,
    /// Its key.
    pub key: Option<PathBuf>,
}

impl Tls {
    /// Trusts these authorities (PEM) and no others: the system's roots do not count then.
    pub fn with_ca(self, pem: Vec<u8>) -> Self {
        Self { ca: Some(pem), ..self }
    }

    /// Shows the server this certificate (PEM, with its chain), proven by this key (PEM).
    pub fn with_identity(self, certificate: Vec<u8>, key: Vec<u8>) -> Self {
        Self { identity: Some((certificate, key)), ..self }
    }

    /// Says in which files all this stands.
    pub fn with_files(self, files: TlsFiles) -> Self {
        Self { files, ..self }
    }

    /// Believes whatever certificate it is shown: anyone on the way can read and change everything, password included.
    pub fn insecure(self) -> Self {
        Self { insecure: true, ..self }
    }

    pub(super) fn is_insecure(&self) -> bool {
        self.insecure
    }

    pub(super) fn files(&self) -> &TlsFiles {
        &self.files
    }

    pub(super) fn is_default(&self) -> bool {
        self.ca.is_none() && self.identity.is_none() && !self.insecure
    }

    pub(super) fn certificates(&self) -> TlsCertificates {
        TlsCertificates {
            client_tls: self.identity.as_ref().map(|(certificate, key)| ClientTlsConfig {
                client_cert: certificate.clone(),
                client_key: key.clone(),
            }),
            root_cert: self.ca.clone(),
        }
    }

    /// Gives the process its cryptography, unless the program around this library chose one before.
    pub(super) fn provide() {
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("ca", &self.ca.is_some())
            .field("identity", &self.identity.is_some())
            .field("insecure", &self.insecure)
            .finish()
    }
}
