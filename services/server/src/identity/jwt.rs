//! Tokens that somebody else signs: JSON Web Tokens (RFC 7519).
//!
//! A token is believed if the declared issuer signed it, for this service as its audience, and its
//! time has come and not passed. What it says of scopes is what its caller may do.
//!
//! Invariant: the settings say which algorithms count, and all of them have a public key for
//! checking. No token can choose `none`, or have a public key taken for a shared secret.

mod keys;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{Caller, Scope, Scopes, Stranger, Tenant};
use crate::config::ConfigError;
use keys::Keys;

/// What the tenants of signed tokens are called before the token's own word.
const PREFIX: &str = "jwt:";
/// The longest subject, in bytes.
const MAX_SUBJECT: usize = 256;

/// `[identity.jwt]`: whose signature is believed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JwtConfig {
    /// What `iss` has to be.
    pub issuer: String,
    /// What `aud` has to hold.
    pub audience: String,
    /// Where the issuer's public keys are: `{ file = "PATH" }` or `{ url = "https://…" }`.
    pub keys: KeysReference,
    /// Which algorithms count. Default: all of these.
    #[serde(default = "JwtAlgorithm::all")]
    pub algorithms: Vec<JwtAlgorithm>,
    /// The claim that holds the scopes: words between blanks, or a list. Default: `scope`.
    #[serde(default = "scope_claim")]
    pub scope_claim: String,
    /// What scopes begin with in that claim, such as `quartermaster:`. Default: nothing.
    #[serde(default)]
    pub scope_prefix: String,
    /// How far the issuer's clock may be from ours, at most 5 minutes. Default: `30s`.
    #[serde(default = "leeway", with = "humantime_serde")]
    pub leeway: Duration,
    /// After how long the keys are read anew; a token with a new key has them read at once. Default:
    /// `5m`.
    #[serde(default = "refresh", with = "humantime_serde")]
    pub refresh: Duration,
}

fn scope_claim() -> String {
    "scope".to_owned()
}

fn leeway() -> Duration {
    Duration::from_secs(30)
}

fn refresh() -> Duration {
    Duration::from_mins(5)
}

/// Where keys are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum KeysReference {
    /// A file with a set of keys (RFC 7517).
    File(PathBuf),
    /// The address of such a file: encrypted, or on this machine. No other host is contacted.
    Url(Url),
}

/// An algorithm that is checked with a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the names are those of RFC 7518 and RFC 8037")]
pub enum JwtAlgorithm {
    ES256,
    ES384,
    EdDSA,
    PS256,
    PS384,
    PS512,
    RS256,
    RS384,
    RS512,
}

impl JwtAlgorithm {
    /// Every one that is known.
    fn all() -> Vec<Self> {
        use JwtAlgorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
        vec![ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512]
    }

    fn is(self) -> Algorithm {
        match self {
            Self::ES256 => Algorithm::ES256,
            Self::ES384 => Algorithm::ES384,
            Self::EdDSA => Algorithm::EdDSA,
            Self::PS256 => Algorithm::PS256,
            Self::PS384 => Algorithm::PS384,
            Self::PS512 => Algorithm::PS512,
            Self::RS256 => Algorithm::RS256,
            Self::RS384 => Algorithm::RS384,
            Self::RS512 => Algorithm::RS512,
        }
    }
}

impl JwtConfig {
    /// Checks that the keys can be read where they are at hand, and that there is something to check.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let texts = [
            ("issuer", &self.issuer),
            ("audience", &self.audience),
            ("scope_claim", &self.scope_claim),
        ];
        for (key, text) in texts {
            if text.is_empty() {
                return Err(ConfigError::invalid(format!("identity.jwt.{key}"), "is empty"));
            }
        }
        if self.algorithms.is_empty() {
            let reason = "is empty; leave it out for all of them";
            return Err(ConfigError::invalid("identity.jwt.algorithms", reason));
        }
        if self.leeway > Duration::from_mins(5) {
            return Err(ConfigError::invalid("identity.jwt.leeway", "is more than `5m`"));
        }
        if self.refresh < Duration::from_secs(1) {
            return Err(ConfigError::invalid("identity.jwt.refresh", "is less than `1s`"));
        }
        Keys::check(&self.keys).map_err(|reason| ConfigError::invalid("identity.jwt.keys", reason))
    }
}

/// Knows callers by tokens that the issuer signed.
#[derive(Debug)]
pub(super) struct Issuer {
    config: JwtConfig,
    keys: Keys,
}

impl Issuer {
    /// Believes what the settings say. Keys behind a URL are read when the first token comes.
    pub(super) fn new(config: &JwtConfig) -> Self {
        Self { config: config.clone(), keys: Keys::new(&config.keys, config.refresh) }
    }

    /// Who calls with this token.
    pub(super) async fn caller(&self, token: &str) -> Result<Caller, Stranger> {
        let header = decode_header(token).map_err(|_| Stranger::Unknown)?;
        if !self.config.algorithms.iter().any(|one| one.is() == header.alg) {
            return Err(Stranger::Unknown);
        }
        let key = self.keys.find(header.kid.as_deref(), header.alg).await?;
        let claims = decode::<HashMap<String, Value>>(token, &key, &self.validation(header.alg));
        let claims = claims.map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => Stranger::Expired,
            _ => Stranger::Unknown,
        })?;
        let subject = claims.claims.get("sub").and_then(Value::as_str).unwrap_or_default();
        let fits = (1..=MAX_SUBJECT).contains(&subject.len());
        if !fits || subject.chars().any(char::is_control) {
            return Err(Stranger::Unknown);
        }
        let scopes = self.scopes(claims.claims.get(&self.config.scope_claim));
        Ok(Caller { tenant: Tenant::new(&format!("{PREFIX}{subject}")), scopes })
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_audience(&[&self.config.audience]);
        validation.validate_nbf = true;
        validation.leeway = self.config.leeway.as_secs();
        validation
    }

    /// What a claim says that the caller may do. Other services' scopes are passed over.
    fn scopes(&self, claim: Option<&Value>) -> Scopes {
        let words: Vec<&str> = match claim {
            Some(Value::String(text)) => text.split(' ').collect(),
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let ours = words.iter().filter_map(|word| word.strip_prefix(&self.config.scope_prefix));
        let scopes = ours.filter_map(|word| Scope::ALL.into_iter().find(|one| one.name() == word));
        scopes.collect()
    }
}
