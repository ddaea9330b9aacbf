//! Secrets for registries: the message says under which key of the metadata each of them travels.
//!
//! Invariant: no description of a fault holds any part of a secret.

use std::collections::HashSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use engine::RegistrySecret;
use proto::v1;
use tonic::metadata::MetadataMap;

use super::Declared;
use super::faults::{Faults, Path};
use crate::errors::Reason;

/// Reads the credentials, with their secrets.
pub(super) fn read(
    wire: Vec<v1::RegistryCredential>,
    declared: &Declared,
    metadata: &MetadataMap,
    faults: &mut Faults,
) -> Vec<RegistrySecret> {
    let mut secrets = Vec::with_capacity(wire.len());
    let mut seen = HashSet::new();
    if !faults.list(Path::ROOT.field("credentials"), &wire) {
        return secrets;
    }
    for (index, credential) in wire.into_iter().enumerate() {
        let v1::RegistryCredential { registry, metadata_key } = credential;
        let path = Path::ROOT.entry("credentials", index);
        faults.required(path.field("registry"), &registry);
        faults.required(path.field("metadata_key"), &metadata_key);
        if registry.is_empty() || metadata_key.is_empty() {
            continue;
        }
        if let Some(description) = declared.unknown(&registry) {
            faults.add(Reason::UnknownRegistry, path.field("registry"), description);
        } else if !seen.insert(registry.clone()) {
            let description = format!("`{registry}` has more than one credential");
            faults.add(Reason::Contradictory, path.field("registry"), description);
        } else {
            match secret(&metadata_key, metadata) {
                Ok(secret) => secrets.push(RegistrySecret { registry, secret }),
                Err((reason, description)) => {
                    faults.add(reason, path.field("metadata_key"), description);
                }
            }
        }
    }
    secrets
}

/// The secret behind a key of the metadata, in the form the engine takes: a token, or
/// `user:password`.
fn secret(key: &str, metadata: &MetadataMap) -> Result<String, (Reason, String)> {
    let plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.')
    };
    if !key.bytes().all(plain) || key.ends_with("-bin") {
        let description = "is not the key of a text in the metadata, in lower case".to_owned();
        return Err((Reason::Malformed, description));
    }
    let mut values = metadata.get_all(key).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        let description = format!("the metadata of the call has not one entry `{key}`");
        return Err((Reason::Missing, description));
    };
    let unreadable = || {
        let description = format!("the entry `{key}` is not what an `authorization` header holds");
        (Reason::Malformed, description)
    };
    let value = value.to_str().map_err(|_| unreadable())?;
    let (scheme, rest) = value.trim().split_once(' ').ok_or_else(unreadable)?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        // The engine would read a token with a colon as user and password.
        let fits = !rest.is_empty() && !rest.contains(':');
        return fits.then(|| rest.to_owned()).ok_or_else(unreadable);
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = BASE64_STANDARD.decode(rest).map_err(|_| unreadable())?;
        let decoded = String::from_utf8(decoded).map_err(|_| unreadable())?;
        return decoded.contains(':').then_some(decoded).ok_or_else(unreadable);
    }
    let description = format!("the entry `{key}` has a scheme other than Bearer and Basic");
    Err((Reason::Unsupported, description))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_entry(value: &str) -> Result<String, Reason> {
        let mut metadata = MetadataMap::new();
        metadata.insert("x-registry", value.parse().expect("the value is a header's"));
        secret("x-registry", &metadata).map_err(|(reason, description)| {
            assert!(!description.contains("s3cret"), "{description}");
            reason
        })
    }

    #[test]
    fn bearer_and_basic_are_read_and_nothing_is_told_of_the_rest() {
        assert_eq!(read_entry("Bearer s3cret"), Ok("s3cret".to_owned()));
        assert_eq!(read_entry("basic dTpzM2NyZXQ="), Ok("u:s3cret".to_owned()));
        assert_eq!(read_entry("s3cret"), Err(Reason::Malformed));
        assert_eq!(read_entry("Basic s3cret"), Err(Reason::Malformed));
        assert_eq!(read_entry("Bearer u:s3cret"), Err(Reason::Malformed));
        assert_eq!(read_entry("Negotiate s3cret"), Err(Reason::Unsupported));
        assert_eq!(
            secret("absent", &MetadataMap::new()).map_err(|(reason, _)| reason),
            Err(Reason::Missing)
        );
    }
}
