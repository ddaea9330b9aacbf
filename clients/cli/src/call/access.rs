//! What lets a call in: the connection, the certificates that are trusted, and the caller's token.
//!
//! Invariant: a token leaves this machine encrypted or not at all, and no error repeats any of it.

use std::{env, fs, io, net::IpAddr, path::Path, time::Duration};

use tonic::{
    metadata::{Ascii, MetadataValue},
    transport::{Certificate, ClientTlsConfig, Endpoint, Identity, Uri},
};

use super::{CallError, innermost};
use crate::arguments::Service;

/// The variable that holds the token where no other is named.
const TOKEN: &str = "QUARTERMASTER_TOKEN";

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a silent connection is left alone before it is asked whether it still lives.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Why a service is not even asked.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A variable was named that is not there.
    #[error("`--token-env` names `{variable}`, which is not set")]
    NoToken {
        /// Its name.
        variable: String,
    },
    /// What a variable holds cannot be sent.
    #[error("`{variable}` does not hold a token")]
    NotAToken {
        /// Its name.
        variable: String,
    },
    /// Anybody on the way could read the token.
    #[error("the token in `{variable}` is not sent to `{server}`: others could read it on the way")]
    Exposed {
        /// The variable's name.
        variable: String,
        /// The address, masked.
        server: String,
    },
    /// A file of certificates cannot be read.
    #[error("could not read `{path}`: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// A file holds something else.
    #[error("`{path}` holds no {what} in PEM")]
    NotPem {
        /// The file.
        path: String,
        /// What it should hold.
        what: &'static str,
    },
    /// Certificates for a service that is not encrypted.
    #[error("`{flag}` needs a service at `https://`")]
    Unencrypted {
        /// The flag.
        flag: &'static str,
    },
}

impl AccessError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NoToken { variable } => format!("set `{variable}` to your token"),
            Self::NotAToken { variable } => {
                format!("set `{variable}` to the token alone, without `Bearer`, or unset it")
            }
            Self::Exposed { variable, .. } => {
                format!("ask the service at `https://`, or unset `{variable}`")
            }
            Self::Unreadable { .. } => "name a file that you may read".to_owned(),
            Self::NotPem { what, .. } => format!("name a file with `-----BEGIN {what}-----`"),
            Self::Unencrypted { .. } => {
                "write `https://` in `--server`, or leave the flag out".to_owned()
            }
        }
    }
}

/// The way to the service, open to nobody else.
pub(super) struct Access {
    pub(super) endpoint: Endpoint,
    /// What stands under `authorization`.
    pub(super) bearer: Option<MetadataValue<Ascii>>,
}

impl Access {
    /// Gathers it from flags and variables; `shown` is the address, masked.
    pub(super) fn of(service: &Service, shown: &str) -> Result<Self, CallError> {
        let address = || CallError::Address { server: shown.to_owned() };
        let server = &service.server;
        let encrypted = server.starts_with("https://");
        if !encrypted && !server.starts_with("http://") {
            return Err(address());
        }
        let mut endpoint = Endpoint::from_shared(server.clone()).map_err(|_| address())?;
        let bearer = bearer(service, encrypted || is_loopback(endpoint.uri()), shown)?;
        if encrypted {
            endpoint = endpoint.tls_config(trust(service)?).map_err(|error| CallError::Roots {
                server: shown.to_owned(),
                cause: innermost(&error),
            })?;
        } else if service.client_cert.is_some() {
            return Err(AccessError::Unencrypted { flag: "--client-cert" }.into());
        }
        let endpoint = endpoint
            .user_agent(concat!("qm/", env!("CARGO_PKG_VERSION")))
            .map_err(|_| address())?
            .connect_timeout(CONNECT)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .tcp_nodelay(true);
        Ok(Self { endpoint, bearer })
    }
}

/// What stands under `authorization`, if there is a token. A variable that is empty is not set.
fn bearer(
    service: &Service,
    is_private: bool,
    shown: &str,
) -> Result<Option<MetadataValue<Ascii>>, AccessError> {
    let variable = service.token_env.as_deref().unwrap_or(TOKEN).to_owned();
    let token = env::var_os(&variable).filter(|token| !token.is_empty());
    let Some(token) = token else {
        let named = service.token_env.is_some();
        return if named { Err(AccessError::NoToken { variable }) } else { Ok(None) };
    };
    if !is_private {
        return Err(AccessError::Exposed { variable, server: shown.to_owned() });
    }
    let read = || {
        let token = token.to_str()?.trim();
        let fits = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let mut value: MetadataValue<Ascii> = format!("Bearer {token}").parse().ok()?;
        value.set_sensitive(true);
        fits.then_some(value)
    };
    read().map(Some).ok_or(AccessError::NotAToken { variable })
}

/// Whether an address is this machine's own, as far as its text tells.
fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

/// Whom to trust, and the caller's own certificate.
fn trust(service: &Service) -> Result<ClientTlsConfig, AccessError> {
    let mut trust = ClientTlsConfig::new();
    trust = match &service.ca {
        Some(path) => trust.ca_certificate(Certificate::from_pem(pem(path, "CERTIFICATE")?)),
        None => trust.with_native_roots(),
    };
    if let (Some(certificate), Some(key)) = (&service.client_cert, &service.client_key) {
        let (certificate, key) = (pem(certificate, "CERTIFICATE")?, pem(key, "PRIVATE KEY")?);
        trust = trust.identity(Identity::from_pem(certificate, key));
    }
    Ok(trust)
}

/// Reads a file of that kind.
fn pem(path: &Path, what: &'static str) -> Result<String, AccessError> {
    let name = || path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|source| AccessError::Unreadable { path: name(), source })?;
    // `EC PRIVATE KEY` and `RSA PRIVATE KEY` are private keys as well.
    let holds = text.contains(&format!("{what}-----"));
    if holds { Ok(text) } else { Err(AccessError::NotPem { path: name(), what }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_s_own_addresses_are_private_without_tls() {
        for (address, own) in [
            ("http://127.0.0.1:7433", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:7433", true),
            ("http://localhost:7433", true),
            ("http://localhost.example", false),
            ("http://127.0.0.1.example", false),
            ("http://10.0.0.1", false),
            ("http://[::ffff:10.0.0.1]", false),
            ("http://host.example", false),
        ] {
            let uri: Uri = address.parse().expect("the address is one");
            assert_eq!(is_loopback(&uri), own, "{address}");
        }
    }
}
