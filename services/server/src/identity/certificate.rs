//! Callers whose connection has a certificate that an authority of theirs has signed.
//!
//! A caller is called by the first URI among the subject's alternative names, as SPIFFE has it, or
//! else by the first DNS name. The common name is not looked at: browsers and RFC 9525 gave it up.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Deserialize;
use tokio_rustls::rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

use super::{Caller, Scope, Scopes, Stranger, Tenant};
use crate::config::ConfigError;

/// What the tenants of certificates are called before the certificate's own word.
const PREFIX: &str = "cert:";
/// The longest name that is taken, in bytes.
const MAX_NAME: usize = 256;

/// `[[identity.certificate]]`: what the holder of a certificate may do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateConfig {
    /// The URI or the DNS name that it has as the subject's alternative name.
    pub name: String,
    /// What may be done with it.
    pub scopes: Vec<Scope>,
}

/// Checks that each name stands once.
pub(super) fn validate(certificates: &[CertificateConfig]) -> Result<(), ConfigError> {
    let mut names = HashSet::new();
    for (index, certificate) in certificates.iter().enumerate() {
        let name = &certificate.name;
        if name.is_empty() || name.len() > MAX_NAME || !names.insert(name) {
            let key = format!("identity.certificate[{index}].name");
            let reason = format!("is `{name}`, which is empty, too long or there twice");
            return Err(ConfigError::invalid(key, reason));
        }
    }
    Ok(())
}

/// What the certificate of a connection says, once its signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certified {
    /// Whose it is.
    Named(Arc<str>),
    /// It does not say whose it is.
    Nameless,
}

impl Certified {
    /// Reads the name in a certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Self {
        let read = || {
            let parsed = EndEntityCert::try_from(certificate).ok()?;
            let name = parsed.valid_uri_names().next().or_else(|| parsed.valid_dns_names().next());
            let plain = |name: &&str| name.len() <= MAX_NAME && !name.chars().any(char::is_control);
            name.filter(plain).map(Arc::from)
        };
        read().map_or(Self::Nameless, Self::Named)
    }
}

/// Knows callers by their certificates.
#[derive(Debug)]
pub(super) struct Certificates(HashMap<String, Scopes>);

impl Certificates {
    pub(super) fn new(config: &[CertificateConfig]) -> Self {
        let listed = config.iter().map(|one| (one.name.clone(), one.scopes.iter().copied()));
        Self(listed.map(|(name, scopes)| (name, scopes.collect())).collect())
    }

    /// Who calls.
    pub(super) fn caller(&self, certificate: &Certified) -> Result<Caller, Stranger> {
        let Certified::Named(name) = certificate else { return Err(Stranger::Nameless) };
        let usual = Scopes::from([Scope::Resolve]);
        let scopes = self.0.get(&**name).copied().unwrap_or(usual);
        Ok(Caller { tenant: Tenant::new(&format!("{PREFIX}{name}")), scopes })
    }
}
