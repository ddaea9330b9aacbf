//! Who calls, and what they may do.
//!
//! A caller is a [`Tenant`] with [`Scopes`]. Who it is says a token `Bearer …` in the metadata under
//! `authorization`: one that the settings know by its hash, or one that an issuer has signed. Without a
//! token, the certificate of its connection says it. Where nobody is asked, which is so by default and
//! on the loopback alone, callers share one tenant.
//!
//! Invariant: a credential is looked at here and nowhere else. It is in no log, in no error, and it is
//! not among the metadata that methods see.
//!
//! Deliberately absent: users, groups, roles. Who keeps those issues tokens with scopes.

mod certificate;
mod jwt;
mod scope;
mod token;

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;

use certificate::Certificates;
pub use certificate::{CertificateConfig, Certified};
use jwt::Issuer;
pub use jwt::{JwtAlgorithm, JwtConfig, KeysReference};
pub use scope::{Scope, Scopes, scope_of};
use token::Tokens;
pub use token::{TokenConfig, TokenHash, Unfit};

use crate::config::ConfigError;

/// What callers are told to send.
pub const ADVICE: &str = "send `authorization: Bearer TOKEN` along";

/// Whose quota a call uses: the name of a token, for example. No secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tenant(Arc<str>);

impl Tenant {
    /// The tenant of this name.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// All callers who do not say who they are.
    pub fn anonymous() -> Self {
        Self::new(ANONYMOUS)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// What callers are called who do not say who they are.
const ANONYMOUS: &str = "anonymous";

/// Who calls; among the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Whose quota the call uses.
    pub tenant: Tenant,
    /// What the caller may do.
    pub scopes: Scopes,
}

/// `[identity]`: who may call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentityConfig {
    /// Whether callers may resolve who do not say who they are. Default: false. Without any token
    /// the service listens on loopback addresses alone, unless this is true.
    pub anonymous: bool,
    /// `[[identity.token]]`: the tokens that are known.
    #[serde(rename = "token")]
    pub tokens: Vec<TokenConfig>,
    /// `[identity.jwt]`: whose signature on tokens is believed. Default: nobody's.
    pub jwt: Option<JwtConfig>,
    /// `[[identity.certificate]]`: what may be done with certificates of `tls.client_ca`. One that is
    /// not listed may resolve.
    #[serde(rename = "certificate")]
    pub certificates: Vec<CertificateConfig>,
}

impl IdentityConfig {
    /// Whether callers are asked for a token.
    pub fn asks(&self) -> bool {
        !self.tokens.is_empty() || self.jwt.is_some()
    }

    /// Checks names, scopes and keys.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        token::validate(&self.tokens)?;
        certificate::validate(&self.certificates)?;
        self.jwt.as_ref().map_or(Ok(()), JwtConfig::validate)
    }
}

/// Why a caller is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stranger {
    /// The caller does not say who it is.
    #[error("callers of this service say who they are; {ADVICE}")]
    Silent,
    /// What is under `authorization` is not one bearer token.
    #[error("`authorization` does not hold one bearer token; {ADVICE}")]
    Unreadable,
    /// Nobody knows this token.
    #[error("the token under `authorization` is not known here; ask whoever runs the service")]
    Unknown,
    /// The token was good once.
    #[error("the token under `authorization` has expired; have a new one issued")]
    Expired,
    /// The issuer's keys have not been read so far.
    #[error("tokens cannot be judged at the moment, for want of their issuer's keys; try again")]
    Unjudged,
    /// The certificate of the connection does not say whose it is.
    #[error("the certificate has neither a URI nor a DNS name as the subject's alternative name")]
    Nameless,
}

/// Knows callers.
#[derive(Debug)]
pub struct Identity {
    tokens: Tokens,
    issuer: Option<Issuer>,
    certificates: Certificates,
    /// What callers may do who do not say who they are, if anything.
    anonymous: Option<Scopes>,
    /// Whether a token is looked at.
    asks: bool,
}

impl Identity {
    /// Knows callers by the settings. Callers `on_loopback` have this machine already: where nobody is
    /// asked, they may do all that the contract offers. `certified` is whether connections may have
    /// certificates.
    pub fn new(config: &IdentityConfig, certified: bool, on_loopback: bool) -> Self {
        let asks = config.asks() || certified;
        let anonymous = match (asks, config.anonymous, on_loopback) {
            (_, true, _) => Some(Scopes::from([Scope::Resolve])),
            (false, false, true) => Some(Scopes::from([Scope::Resolve, Scope::Invalidate])),
            (true, false, _) | (false, false, false) => None,
        };
        Self {
            tokens: Tokens::new(&config.tokens),
            issuer: config.jwt.as_ref().map(Issuer::new),
            certificates: Certificates::new(&config.certificates),
            anonymous,
            asks,
        }
    }

    /// Tells who calls, over a connection with this certificate. The token is taken out of `headers`.
    pub async fn caller(
        &self,
        headers: &mut HeaderMap,
        certificate: Option<&Certified>,
    ) -> Result<Caller, Stranger> {
        if !self.asks {
            return self.silent();
        }
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (first, second) = (values.next().cloned(), values.next().is_some());
        headers.remove(AUTHORIZATION);
        match (first, certificate) {
            _ if second => Err(Stranger::Unreadable),
            (Some(value), _) => self.bearer(bearer(&value).ok_or(Stranger::Unreadable)?).await,
            (None, Some(certificate)) => self.certificates.caller(certificate),
            (None, None) => self.silent(),
        }
    }

    /// Who calls with this token.
    async fn bearer(&self, token: &str) -> Result<Caller, Stranger> {
        match (self.tokens.caller(token), &self.issuer) {
            (Some(caller), _) => Ok(caller),
            (None, Some(issuer)) => issuer.caller(token).await,
            (None, None) => Err(Stranger::Unknown),
        }
    }

    fn silent(&self) -> Result<Caller, Stranger> {
        let scopes = self.anonymous.ok_or(Stranger::Silent)?;
        Ok(Caller { tenant: Tenant::anonymous(), scopes })
    }
}

/// The token of an `authorization` header, as RFC 6750 writes it.
fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.trim().split_once(' ')?;
    let token = token.trim_start();
    let fits = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains(' ');
    fits.then_some(token)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn config(anonymous: bool) -> IdentityConfig {
        let token = TokenConfig {
            name: "ci".to_owned(),
            hash: TokenHash::of(TOKEN).expect("the token is long enough"),
            scopes: vec![Scope::Resolve],
        };
        IdentityConfig { anonymous, tokens: vec![token], ..IdentityConfig::default() }
    }

    fn caller(config: &IdentityConfig, values: &[&str]) -> Result<Caller, Stranger> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().expect("the value is a header's"));
        }
        let identity = Identity::new(config, false, true);
        let known = identity.caller(&mut headers, None).now_or_never().expect("nothing is awaited");
        assert_eq!(headers.contains_key(AUTHORIZATION), !config.asks() && !values.is_empty());
        known
    }

    #[test]
    fn one_bearer_token_is_read_and_taken_away() {
        let config = config(false);
        for form in ["Bearer", "bearer", "BEARER ", " Bearer"] {
            let known = caller(&config, &[&format!("{form} {TOKEN}")]);
            assert_eq!(known.map(|caller| caller.tenant), Ok(Tenant::new("ci")), "{form}");
        }
        let (known, other) = (format!("Bearer {TOKEN}"), format!("Bearer {TOKEN}0"));
        assert_eq!(caller(&config, &[]), Err(Stranger::Silent));
        assert_eq!(caller(&config, &[&other]), Err(Stranger::Unknown));
        assert_eq!(caller(&config, &[&known, &known]), Err(Stranger::Unreadable));
        for text in ["", "Bearer", "Bearer ", TOKEN, &format!("Basic {TOKEN}"), "Bearer a b"] {
            assert_eq!(caller(&config, &[text]), Err(Stranger::Unreadable), "{text}");
        }
    }

    #[test]
    fn strangers_may_do_what_the_settings_and_the_address_say() {
        let may = |config: &IdentityConfig, on_loopback| {
            let identity = Identity::new(config, false, on_loopback);
            let mut headers = HeaderMap::new();
            let known = identity.caller(&mut headers, None).now_or_never();
            let known = known.expect("nothing is awaited");
            known.map(|caller| caller.scopes.to_string()).ok()
        };
        let nobody_asked = IdentityConfig::default();
        let all_may = IdentityConfig { anonymous: true, ..IdentityConfig::default() };
        assert_eq!(may(&nobody_asked, true).as_deref(), Some("resolve, invalidate"));
        assert_eq!(may(&nobody_asked, false), None);
        assert_eq!(may(&config(false), true), None);
        for (config, on_loopback) in [(all_may, true), (config(true), true), (config(true), false)]
        {
            assert_eq!(may(&config, on_loopback).as_deref(), Some("resolve"));
        }
        // Who says something wrong is no stranger who says nothing.
        assert_eq!(caller(&config(true), &["Bearer wrong"]), Err(Stranger::Unknown));
        assert!(caller(&nobody_asked, &["Bearer wrong"]).is_ok());
    }
}
