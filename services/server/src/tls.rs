//! The certificate that the service shows, and those that it asks callers for.
//!
//! Files change while the service runs: certificates are short-lived, and whoever renews them writes
//! files. They are looked at every few seconds, and what they say counts for connections from then on;
//! those that stand are left alone. A file that cannot be used is told in the log once, and the
//! certificate before it counts on.
//!
//! Deliberately absent: revocation. A short life is what takes a certificate away.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::Deserialize;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::config::ConfigError;

/// `[tls]`: the service speaks TLS 1.2 and 1.3, and nothing else on its port.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The service's certificate and those between it and its authority, in PEM.
    pub certificate: PathBuf,
    /// The key of that certificate, in PEM.
    pub key: PathBuf,
    /// The authorities whose certificates say who calls, in PEM. Default: none, and no caller is asked
    /// for a certificate.
    pub client_ca: Option<PathBuf>,
    /// How often the files are looked at. Default: `10s`.
    #[serde(default = "reload", with = "humantime_serde")]
    pub reload: Duration,
    /// How long a caller may take to agree on encryption. Default: `10s`.
    #[serde(default = "handshake", with = "humantime_serde")]
    pub handshake: Duration,
}

fn reload() -> Duration {
    Duration::from_secs(10)
}

fn handshake() -> Duration {
    Duration::from_secs(10)
}

impl TlsConfig {
    /// Checks that the files can be used.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let least = Duration::from_millis(10);
        for (key, time) in [("tls.reload", self.reload), ("tls.handshake", self.handshake)] {
            if time < least {
                return Err(ConfigError::invalid(key, "is less than `10ms`; write e.g. `10s`"));
            }
        }
        Files::read(self)
            .and_then(|files| files.server())
            .map(drop)
            .map_err(|(key, reason)| ConfigError::invalid(format!("tls.{key}"), reason))
    }
}

/// What cannot be used: the key of `[tls]`, and why.
type Unusable = (&'static str, String);

/// The files' bytes.
#[derive(Clone, PartialEq, Eq)]
struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

impl Files {
    fn read(config: &TlsConfig) -> Result<Self, Unusable> {
        let read = |name: &'static str, path: &Path| {
            let told = |error| (name, format!("`{}` cannot be read: {error}", path.display()));
            fs::read(path).map_err(told)
        };
        let client_ca = config.client_ca.as_deref();
        Ok(Self {
            certificate: read("certificate", &config.certificate)?,
            key: read("key", &config.key)?,
            client_ca: client_ca.map(|path| read("client_ca", path)).transpose()?,
        })
    }

    /// What connections are made with.
    fn server(&self) -> Result<ServerConfig, Unusable> {
        let chain = certificates("certificate", &self.certificate)?;
        // No word of what the parser met: it might be a piece of the key.
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_| ("key", "holds no private key in PEM".to_owned()))?;
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| ("certificate", format!("cannot be used: {error}")))?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(bytes) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates("client_ca", bytes)? {
                    let added = roots.add(certificate);
                    added.map_err(|error| ("client_ca", format!("cannot be used: {error}")))?;
                }
                // Callers without a certificate may have a token; the layer of identity decides.
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
                    .allow_unauthenticated()
                    .build()
                    .map_err(|error| ("client_ca", format!("cannot be used: {error}")))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut server = builder
            .with_single_cert(chain, key)
            .map_err(|error| ("certificate", format!("and `tls.key` cannot be used: {error}")))?;
        server.alpn_protocols = vec![b"h2".to_vec()];
        Ok(server)
    }
}

fn certificates(name: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err((name, "holds no certificate in PEM".to_owned())),
    }
}

/// The certificates of the moment.
pub(crate) struct Certificates {
    config: TlsConfig,
    current: RwLock<Arc<ServerConfig>>,
}

impl Certificates {
    /// Reads them.
    pub(crate) fn read(config: &TlsConfig) -> Result<Self, ConfigError> {
        let server = Files::read(config).and_then(|files| files.server());
        let server =
            server.map_err(|(key, reason)| ConfigError::invalid(format!("tls.{key}"), reason))?;
        Ok(Self { config: config.clone(), current: RwLock::new(Arc::new(server)) })
    }

    /// What the next connection is made with.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current))
    }

    /// How long a caller may take to agree on encryption.
    pub(crate) fn patience(&self) -> Duration {
        self.config.handshake
    }

    /// Looks at the files again and again, and takes up what changes. Never ends.
    pub(crate) async fn follow(&self) {
        let mut seen: Option<Result<Files, Unusable>> = None;
        loop {
            let config = self.config.clone();
            let read = tokio::task::spawn_blocking(move || Files::read(&config)).await;
            if let Ok(read) = read
                && seen.as_ref() != Some(&read)
            {
                self.take(&read, seen.is_none());
                seen = Some(read);
            }
            tokio::time::sleep(self.config.reload).await;
        }
    }

    /// Makes what was read count, if it can be used. What was read first counts already.
    fn take(&self, read: &Result<Files, Unusable>, is_first: bool) {
        match read.clone().and_then(|files| files.server()) {
            Ok(server) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(server);
                if !is_first {
                    tracing::info!("new certificates count from now on");
                }
            }
            Err((key, reason)) => {
                tracing::warn!("`tls.{key}` {reason}; the certificates before it count on");
            }
        }
    }
}
