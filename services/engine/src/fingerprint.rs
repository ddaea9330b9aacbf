//! The key of a problem: equal questions have equal keys.

use std::fmt::Display;

use ecosystems::{Ecosystem, Timestamp};
use registries::{Credentials, RegistryConfig};
use solver::{Held, Strategy};

use crate::HeldPolicy;
use crate::ecosystem::Ecosystem as Kind;
use crate::reader::Reader;

/// Part of every key. Raised whenever the meaning of requests, the search or the form of remembered
/// answers changes, so that no answer of another kind is ever found.
const FORMAT: &str = "quartermaster answers 6";

/// The key of a problem over what a reader reads, by its [scope](Reader::scope).
///
/// What the client has is part of it whatever the policy: such versions are within reach.
pub(crate) fn fingerprint<E: Kind>(
    problem: &E::Problem,
    (held, reach): (HeldPolicy, u32),
    (reader, scope): (&Reader<E>, &[u8; 32]),
) -> cache::Key {
    let mut hasher = Hasher::new(FORMAT);
    hasher.text(E::ECOSYSTEM.name());
    hasher.text(match held {
        HeldPolicy::Freshest => "freshest",
        HeldPolicy::FewestBytes => "fewest bytes",
        HeldPolicy::FewestChanges => "fewest changes",
    });
    hasher.count(reach as usize);
    hasher.registries(reader, scope);
    E::fingerprint(problem, &mut hasher);
    hasher.finish()
}

/// Hashes parts with their lengths, so that no two lists of parts run together.
pub(crate) struct Hasher(blake3::Hasher);

impl Hasher {
    pub(crate) fn new(context: &str) -> Self {
        Self(blake3::Hasher::new_derive_key(context))
    }

    pub(crate) fn finish(&self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }

    pub(crate) fn count(&mut self, count: usize) {
        self.0.update(&(count as u64).to_le_bytes());
    }

    pub(crate) fn flag(&mut self, flag: bool) {
        self.count(usize::from(flag));
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// The versions that the client has: names and ranges, whose order says nothing.
    pub(crate) fn held<N: Display + Ord, R: Display>(&mut self, held: &Held<N, R>) {
        let mut texts: Vec<String> =
            held.iter().map(|(name, range)| format!("{name} {range}")).collect();
        texts.sort_unstable();
        texts.dedup();
        self.texts(texts);
    }

    /// A list of texts, in its order.
    pub(crate) fn texts<T: AsRef<str>>(&mut self, texts: impl IntoIterator<Item = T>) {
        let texts: Vec<T> = texts.into_iter().collect();
        self.count(texts.len());
        texts.iter().for_each(|text| self.text(text.as_ref()));
    }

    pub(crate) fn strategy(&mut self, strategy: Strategy) {
        self.text(match strategy {
            Strategy::Highest => "highest",
            Strategy::Lowest => "lowest",
            Strategy::LowestDirect => "lowest-direct",
        });
    }

    pub(crate) fn instant(&mut self, instant: Option<Timestamp>) {
        self.text(&instant.map_or_else(String::new, |instant| instant.to_string()));
    }

    /// Where facts come from: the registries in their order, and what else the reader goes by.
    fn registries<E: Kind>(&mut self, reader: &Reader<E>, scope: &[u8; 32]) {
        self.count(reader.registries.len());
        for (registry, credentials) in reader.registries.iter().zip(&reader.credentials) {
            self.registry(registry.config());
            self.bytes(&credentials.as_ref().map_or([0; 32], Credentials::scope));
        }
        self.bytes(scope);
    }

    /// What of a registry's configuration an answer depends on.
    fn registry(&mut self, config: &RegistryConfig) {
        let RegistryConfig {
            name,
            kind,
            url,
            path,
            ecosystem,
            packages,
            lock_source,
            replace_registry_host,
            public_url,
            // The service's own secret, which is told apart nowhere.
            credentials: _,
            // How a document is read, and how much of it; of what cannot be read nothing is remembered.
            extra_hosts: _,
            connect_timeout: _,
            read_timeout: _,
            timeout: _,
            max_connections: _,
            max_body_mib: _,
            max_wheel_mib: _,
            cache_mib: _,
            retries: _,
            retry_delay: _,
            max_retry_after: _,
            http2_prior_knowledge: _,
            // How old facts may be.
            max_staleness: _,
            absent_for: _,
        } = config;
        self.text(name);
        self.text(kind.name());
        self.text(url.as_ref().map_or("", |url| url.as_str()));
        self.bytes(path.as_ref().map_or(&[], |path| path.as_os_str().as_encoded_bytes()));
        self.text(ecosystem.map_or("", Ecosystem::name));
        self.flag(packages.is_some());
        self.texts(packages.as_deref().unwrap_or_default());
        self.text(lock_source.as_deref().unwrap_or_default());
        self.text(public_url.as_ref().map_or("", |url| url.as_str()));
        self.text(replace_registry_host.as_deref().unwrap_or_default());
    }
}

#[cfg(test)]
mod tests;
