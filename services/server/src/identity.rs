//! Who calls, and what they may do.
//!
//! A caller is a [`Tenant`] with [`Scopes`]. A token `Bearer …` in the metadata under `authorization`
//! says who it is, and the settings say what it may do. Where nobody is asked, which is so by default
//! and on the loopback alone, callers share one tenant.
//!
//! Invariant: a credential is looked at here and nowhere else. It is in no log, in no error, and it is
//! not among the metadata that methods see.
//!
//! Deliberately absent: users, groups, roles. Who keeps those issues tokens with scopes.

mod scope;
mod token;

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;

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
}

impl IdentityConfig {
    /// Whether callers are asked who they are.
    pub fn asks(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// Checks the names of the tokens, and that each has something to do.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        token::validate(&self.tokens)
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
}

/// Knows callers.
#[derive(Debug)]
pub struct Identity {
    tokens: Tokens,
    /// What callers may do who do not say who they are, if anything.
    anonymous: Option<Scopes>,
    /// Whether a token is looked at.
    asks: bool,
}

impl Identity {
    /// Knows callers by the settings. Callers `on_loopback` have this machine already: where nobody is
    /// asked, they may do all that the contract offers.
    pub fn new(config: &IdentityConfig, on_loopback: bool) -> Self {
        let anonymous = match (config.asks(), config.anonymous, on_loopback) {
            (_, true, _) => Some(Scopes::from([Scope::Resolve])),
            (false, false, true) => Some(Scopes::from([Scope::Resolve, Scope::Invalidate])),
            (true, false, _) | (false, false, false) => None,
        };
        Self { tokens: Tokens::new(&config.tokens), anonymous, asks: config.asks() }
    }

    /// Tells who calls. The credential is taken out of `headers`.
    pub fn caller(&self, headers: &mut HeaderMap) -> Result<Caller, Stranger> {
        if !self.asks {
            return self.silent();
        }
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let known = match (values.next(), values.next()) {
            (None, _) => self.silent(),
            (Some(value), None) => bearer(value)
                .ok_or(Stranger::Unreadable)
                .and_then(|token| self.tokens.caller(token).ok_or(Stranger::Unknown)),
            (Some(_), Some(_)) => Err(Stranger::Unreadable),
        };
        headers.remove(AUTHORIZATION);
        known
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
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn config(anonymous: bool) -> IdentityConfig {
        let token = TokenConfig {
            name: "ci".to_owned(),
            hash: TokenHash::of(TOKEN).expect("the token is long enough"),
            scopes: vec![Scope::Resolve],
        };
        IdentityConfig { anonymous, tokens: vec![token] }
    }

    fn caller(config: &IdentityConfig, values: &[&str]) -> Result<Caller, Stranger> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().expect("the value is a header's"));
        }
        let known = Identity::new(config, true).caller(&mut headers);
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
            let known = Identity::new(config, on_loopback).caller(&mut HeaderMap::new());
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
