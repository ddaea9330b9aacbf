//! Tokens that stand in the settings, as hashes.
//!
//! A token is a secret that a machine made: it has 128 bits or more that nobody can guess, so that
//! one round of SHA-256 keeps it as well as any slow hash keeps a password, at no cost to each call.
//! Whoever reads the settings cannot call with what stands there.
//!
//! Invariant: how long a token takes to be known or refused tells nothing about any hash. All hashes
//! are compared, each in constant time.

use std::collections::HashSet;
use std::fmt::{self, Write as _};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use serde::Deserialize;

use super::{ANONYMOUS, Caller, Scope, Scopes, Tenant};
use crate::config::ConfigError;

/// The shortest token that is hashed, in characters: 128 bits in hexadecimal digits.
const SHORTEST: usize = 32;
/// The longest, in characters.
const LONGEST: usize = 1024;
/// What a hash begins with: another function may come one day.
const PREFIX: &str = "sha256:";

/// `[[identity.token]]`: one token that is known.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenConfig {
    /// Who calls with it. Two tokens of one name share a quota: that is how a token is replaced.
    pub name: String,
    /// What `quartermaster hash-token` makes of it.
    pub hash: TokenHash,
    /// What may be done with it.
    pub scopes: Vec<Scope>,
}

/// The hash of a token: `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct TokenHash([u8; SHA256_OUTPUT_LEN]);

/// Why a text is no token that can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It can be guessed.
    #[error(
        "the token has {0} characters; {SHORTEST} is the least, such as `openssl rand -hex 32` makes"
    )]
    Short(usize),
    /// Callers could not send it.
    #[error("the token has {0} characters; {LONGEST} is the most")]
    Long(usize),
    /// It cannot stand in a header behind `Bearer`.
    #[error("the token may hold ASCII letters, digits and `-._~+/=` alone")]
    Character,
}

impl TokenHash {
    /// The hash of a token that is long enough to keep.
    pub fn of(token: &str) -> Result<Self, Unfit> {
        let length = token.chars().count();
        if !token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b)) {
            return Err(Unfit::Character);
        }
        match length {
            ..SHORTEST => Err(Unfit::Short(length)),
            SHORTEST..=LONGEST => Ok(Self::of_any(token)),
            _ => Err(Unfit::Long(length)),
        }
    }

    fn of_any(token: &str) -> Self {
        let mut bytes = [0; SHA256_OUTPUT_LEN];
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self(bytes)
    }
}

impl TryFrom<String> for TokenHash {
    type Error = String;

    /// Reads a hash. The text may be a token that stands in the wrong place: no message repeats it.
    fn try_from(text: String) -> Result<Self, String> {
        let read = || {
            let digits = text.strip_prefix(PREFIX)?.as_bytes();
            let mut bytes = [0; SHA256_OUTPUT_LEN];
            let (pairs, []) = digits.as_chunks::<2>() else { return None };
            if pairs.len() != bytes.len() {
                return None;
            }
            for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
                let digit = |character: u8| char::from(character).to_digit(16);
                *byte = u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?;
            }
            Some(Self(bytes))
        };
        read().ok_or_else(|| {
            format!(
                "the hash of a token is `{PREFIX}` and {} hexadecimal digits, as `quartermaster \
                 hash-token` prints it",
                2 * SHA256_OUTPUT_LEN
            )
        })
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = PREFIX.to_owned();
        for byte in self.0 {
            write!(text, "{byte:02x}")?;
        }
        f.write_str(&text)
    }
}

/// Checks names and scopes, and that no token is two callers.
pub(super) fn validate(tokens: &[TokenConfig]) -> Result<(), ConfigError> {
    let mut hashes = HashSet::new();
    for (index, token) in tokens.iter().enumerate() {
        let key = |field: &str| format!("identity.token[{index}].{field}");
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if !(1..=64).contains(&token.name.len()) || !token.name.bytes().all(fits) {
            let reason = "is not 1 to 64 letters, digits or `-_.`";
            return Err(ConfigError::invalid(key("name"), reason));
        }
        if token.name == ANONYMOUS {
            let reason = format!("is `{ANONYMOUS}`, as callers without a token are called");
            return Err(ConfigError::invalid(key("name"), reason));
        }
        if token.scopes.is_empty() {
            let all = Scope::ALL.map(|scope| format!("`{}`", scope.name())).join(", ");
            let reason = format!("is empty; choose from {all}");
            return Err(ConfigError::invalid(key("scopes"), reason));
        }
        if !hashes.insert(token.hash) {
            let reason = format!("of `{}` stands here twice; give each its own token", token.name);
            return Err(ConfigError::invalid(key("hash"), reason));
        }
    }
    Ok(())
}

/// The tokens that are known.
#[derive(Debug)]
pub(super) struct Tokens(Vec<(TokenHash, Caller)>);

impl Tokens {
    pub(super) fn new(config: &[TokenConfig]) -> Self {
        let known = config.iter().map(|token| {
            let scopes: Scopes = token.scopes.iter().copied().collect();
            (token.hash, Caller { tenant: Tenant::new(&token.name), scopes })
        });
        Self(known.collect())
    }

    /// Who calls with this token.
    pub(super) fn caller(&self, token: &str) -> Option<Caller> {
        let TokenHash(hash) = TokenHash::of_any(token);
        // Not `find`, which would stop at the first.
        let found = self.0.iter().fold(None, |found, (TokenHash(known), caller)| {
            verify_slices_are_equal(known, &hash).map_or(found, |()| Some(caller))
        });
        found.cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_what_sha256sum_prints() {
        let hash = TokenHash::of("0123456789abcdef0123456789abcdef").expect("it is long enough");
        let text = "sha256:3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9";
        assert_eq!(hash.to_string(), text);
        assert_eq!(TokenHash::try_from(hash.to_string()), Ok(hash));
    }

    #[test]
    fn what_is_no_hash_is_refused_and_not_repeated() {
        let digits = "0123456789abcdef".repeat(4);
        for text in [
            "s3cret-token".to_owned(),
            format!("sha256:{digits}0"),
            format!("sha256:{}", &digits[1..]),
            format!("sha256:{}g", &digits[1..]),
            format!("sha256:+{}", &digits[1..]),
            format!("md5:{digits}"),
            digits.clone(),
        ] {
            let said = TokenHash::try_from(text.clone()).expect_err(&text);
            assert!(!said.contains(&text), "{said}");
        }
        assert!(TokenHash::try_from(format!("sha256:{}", digits.to_uppercase())).is_ok());
    }

    #[test]
    fn what_can_be_guessed_or_not_be_sent_is_not_hashed() {
        assert_eq!(TokenHash::of("password"), Err(Unfit::Short(8)));
        assert_eq!(TokenHash::of(&"x".repeat(2000)), Err(Unfit::Long(2000)));
        assert_eq!(TokenHash::of(&format!("{} {0}", "x".repeat(40))), Err(Unfit::Character));
        assert_eq!(TokenHash::of(&"ü".repeat(40)), Err(Unfit::Character));
        assert!(TokenHash::of(&"aZ0-._~+/=".repeat(4)).is_ok());
    }
}
