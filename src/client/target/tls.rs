//! Whom a TLS connection trusts, and as whom it comes.

use redis::{ClientTlsConfig, TlsCertificates};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

    /// How connections are made with the authorities of the system.
    pub(in crate::client) fn of_system() -> Result<Arc<ClientConfig>, String> {
        Self::default().config(&TlsCertificates { client_tls: None, root_cert: None })
    }

    /// How connections are made with what stands in the files.
    pub(super) fn config(&self, files: &TlsCertificates) -> Result<Arc<ClientConfig>, String> {
        Self::provide();
        let builder = ClientConfig::builder().with_root_certificates(match &files.root_cert {
            Some(pem) => authorities(pem)?,
            None if self.insecure => RootCertStore::empty(),
            None => system_authorities()?,
        });
        let mut config = match &files.client_tls {
            Some(identity) => {
                let key = PrivateKeyDer::from_pem_slice(&identity.client_key)
                    .map_err(|error| format!("no private key can be read (PEM): {error}"))?;
                builder
                    .with_client_auth_cert(certificates(&identity.client_cert)?, key)
                    .map_err(|error| format!("certificate and key do not belong together: {error}"))?
            }
            None => builder.with_no_client_auth(),
        };
        if self.insecure {
            let known = config.crypto_provider().signature_verification_algorithms;
            config.dangerous().set_certificate_verifier(Arc::new(AcceptsAnyCertificate(known)));
            // As the client has it, whose connections are beside ours.
            config.enable_sni = false;
        }
        Ok(Arc::new(config))
    }

    /// Gives the process its cryptography, unless the program around this library chose one before.
    pub(in crate::client) fn provide() {
        if CryptoProvider::get_default().is_none() {
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        Ok(_) => Err("there is no certificate (PEM)".to_owned()),
        Err(error) => Err(format!("no certificate can be read (PEM): {error}")),
    }
}

fn authorities(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(pem)? {
        store.add(certificate).map_err(|error| format!("an authority cannot be trusted: {error}"))?;
    }
    Ok(store)
}

/// Those of the system as it is now; one of them that cannot be read is no reason to trust none.
fn system_authorities() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(found.certs);
    for error in &found.errors {
        log::warn!(target: "cacheme", "an authority of the system cannot be read: {error}");
    }
    match found.errors.first() {
        Some(error) if store.is_empty() => Err(format!("the system's authorities cannot be read: {error}")),
        _ => Ok(store),
    }
}

/// Asks nobody who they are, only that they hold the key of the certificate they show.
#[derive(Debug)]
struct AcceptsAnyCertificate(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AcceptsAnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
