//! One document at a URL that the configuration declares, such as the keys that an issuer of tokens
//! signs with. No registry, and yet under the same rules: no other host is ever contacted.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use url::Url;

use crate::fetch::{USER_AGENT, full_reason};

/// The longest document, in bytes.
const LONGEST: usize = 1024 * 1024;
/// How long reading it may take, connecting included.
const PATIENCE: Duration = Duration::from_secs(5);

/// A document that is read again and again. Redirects are not followed: its place is declared.
#[derive(Clone)]
pub struct DeclaredDocument {
    client: reqwest::Client,
    url: Url,
}

impl fmt::Debug for DeclaredDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeclaredDocument({})", self.url)
    }
}

impl DeclaredDocument {
    /// Prepares to read the document; nothing is sent yet. The URL is encrypted, or leads to this
    /// machine.
    ///
    /// # Errors
    ///
    /// What is wrong with the URL, in words that go behind its key in the settings.
    pub fn open(url: Url) -> Result<Self, String> {
        let is_private = match url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && is_private) {
            return Err("does not begin with `https://`: others could change what is read".into());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("holds a user or a password".into());
        }
        let client = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // Only declared hosts are contacted: a proxy from the environment is not declared.
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .map_err(|error| format!("cannot be spoken to: {error}"))?;
        Ok(Self { client, url })
    }

    /// Reads it.
    ///
    /// # Errors
    ///
    /// What went wrong, in words that go behind the document's name.
    pub async fn read(&self) -> Result<Bytes, String> {
        let response = self.client.get(self.url.clone()).send().await;
        let mut response = response.map_err(|error| full_reason(&error.without_url()))?;
        if !response.status().is_success() {
            return Err(format!("was answered with {}", response.status()));
        }
        let mut body = BytesMut::new();
        while let Some(piece) =
            response.chunk().await.map_err(|error| full_reason(&error.without_url()))?
        {
            if body.len() + piece.len() > LONGEST {
                return Err(format!("is longer than {LONGEST} bytes"));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_encrypted_and_own_places_are_read() {
        let opens = |text: &str| {
            DeclaredDocument::open(Url::parse(text).expect("the URL is well formed")).is_ok()
        };
        for text in ["https://issuer.example/keys", "http://127.0.0.1:1/keys", "http://[::1]/"] {
            assert!(opens(text), "{text}");
        }
        for text in ["http://issuer.example/keys", "file:///keys", "https://u:p@issuer.example/"] {
            assert!(!opens(text), "{text}");
        }
    }
}
