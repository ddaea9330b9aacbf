//! A certificate authority of one run, which nothing but that run's programs trusts.

use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use anyhow::Context as _;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The names that certificates are made out to.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// An authority with its key.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    /// Makes a new one.
    ///
    /// # Errors
    ///
    /// When the machine has no randomness for keys.
    pub fn new() -> anyhow::Result<Self> {
        let key = KeyPair::generate().context("a key cannot be made")?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "load tests of quartermaster");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).context("the authority cannot be signed")?;
        Ok(Self { certificate: certificate.pem(), issuer: Issuer::new(params, key) })
    }

    /// Its certificate, for those who are to trust it, in PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Writes its certificate to a file, for `SSL_CERT_FILE` and its like.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        fs::write(path, &self.certificate)
    }

    /// What a server on the loopback speaks TLS with, with these protocols on offer.
    ///
    /// # Errors
    ///
    /// When no certificate can be made.
    pub fn server_config(&self, protocols: &[&[u8]]) -> anyhow::Result<Arc<ServerConfig>> {
        let key = KeyPair::generate().context("a key cannot be made")?;
        let mut params = CertificateParams::new(NAMES.map(str::to_owned))?;
        params.distinguished_name.push(DnType::CommonName, "loopback");
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Ok(Arc::new(config))
    }
}
