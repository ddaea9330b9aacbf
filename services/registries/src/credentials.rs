//! Secrets for registries: by reference in the configuration, never in a log.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// What a registry asks for before it answers, in one of the forms that HTTP knows. Registries of
/// cargo know no forms: they are sent the secret as it is.
///
/// Sent to the registry's own origin only: not to its extra hosts, and not along a redirect.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// `Authorization: Bearer TOKEN`.
    Bearer(String),
    /// `Authorization: Basic …`.
    Basic {
        /// The user, such as `__token__`.
        user: String,
        /// The password or token.
        password: String,
    },
}

impl Credentials {
    /// Reads a secret: `USER:PASSWORD` is basic, anything else a bearer token.
    ///
    /// Returns `None` for a text without any visible character.
    pub fn parse(secret: &str) -> Option<Self> {
        let secret = secret.trim();
        match secret.split_once(':') {
            _ if secret.is_empty() => None,
            Some((user, password)) => {
                Some(Self::Basic { user: user.to_owned(), password: password.to_owned() })
            }
            None => Some(Self::Bearer(secret.to_owned())),
        }
    }

    /// The value of `Authorization`.
    pub(crate) fn header(&self, form: SecretForm) -> String {
        match (self, form) {
            (Self::Bearer(token), SecretForm::Verbatim) => token.clone(),
            (Self::Basic { user, password }, SecretForm::Verbatim) => format!("{user}:{password}"),
            (Self::Bearer(token), SecretForm::Scheme) => format!("Bearer {token}"),
            (Self::Basic { user, password }, SecretForm::Scheme) => {
                format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
            }
        }
    }

    /// What tells these credentials from others in memory: facts that were read with one caller's
    /// credentials are never handed to another.
    pub fn scope(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("quartermaster registries scope v1");
        let (user, secret) = match self {
            Self::Bearer(token) => (None, token),
            Self::Basic { user, password } => (Some(user), password),
        };
        if let Some(user) = user {
            hasher.update(&(user.len() as u64).to_le_bytes()).update(user.as_bytes());
        }
        hasher.update(secret.as_bytes());
        *hasher.finalize().as_bytes()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bearer(_) => f.write_str("Bearer(redacted)"),
            Self::Basic { .. } => f.write_str("Basic(redacted)"),
        }
    }
}

/// How a protocol takes a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretForm {
    /// As it is (cargo reference, "Registry authentication").
    Verbatim,
    /// Behind the name of a scheme (RFC 6750, RFC 7617).
    Scheme,
}

/// Where a secret lies: `{ env = "NAME" }` or `{ file = "PATH" }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum CredentialsReference {
    /// In this variable of the service's environment.
    Env(String),
    /// In this file, blanks at both ends aside.
    File(PathBuf),
}

impl CredentialsReference {
    /// Reads the secret, or says why it cannot be read. The secret itself is in no message.
    pub(crate) fn read(&self) -> Result<Credentials, String> {
        let secret = match self {
            Self::Env(variable) => std::env::var(variable)
                .map_err(|_| format!("names the variable `{variable}`, which is not set"))?,
            Self::File(path) => read_secret(path)?,
        };
        Credentials::parse(&secret).ok_or_else(|| "leads to an empty secret".to_owned())
    }
}

fn read_secret(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path)
        .map_err(|error| format!("names the file `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colon_makes_the_secret_basic() {
        let basic = Credentials::parse("__token__:s3cret\n").expect("the secret is not empty");
        assert!(matches!(&basic, Credentials::Basic { user, .. } if user == "__token__"));
        assert_eq!(Credentials::parse("s3cret"), Some(Credentials::Bearer("s3cret".into())));
        assert_eq!(Credentials::parse(" \n"), None);
        assert!(!format!("{basic:?}").contains("s3cret"));
    }

    #[test]
    fn a_protocol_says_how_secrets_are_sent() {
        for (secret, scheme) in [
            ("s3cret", "Bearer s3cret"),
            ("Aladdin:open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ] {
            let credentials = Credentials::parse(secret).expect("the secret is not empty");
            assert_eq!(credentials.header(SecretForm::Verbatim), secret);
            assert_eq!(credentials.header(SecretForm::Scheme), scheme);
        }
    }

    #[test]
    fn scopes_differ_with_the_user_and_with_the_secret() {
        let scopes = ["a:b", "ab", "a:bc", "ab:c"]
            .map(|secret| Credentials::parse(secret).expect("the secret is not empty").scope());
        for (position, scope) in scopes.iter().enumerate() {
            assert!(!scopes[..position].contains(scope));
        }
    }
}
