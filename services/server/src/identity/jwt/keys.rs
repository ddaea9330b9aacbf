//! The public keys of an issuer: read where they are declared, kept, and read anew.
//!
//! Issuers change keys by publishing the next one beside the last. So keys are read anew after a
//! while, in passing; and at once for a token that names one which is not there, though not more often
//! than [`PAUSE`] in the long run, since anybody can make up names. Where they cannot be read, those at
//! hand count on.

use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use engine::DeclaredDocument;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::super::Stranger;
use super::KeysReference;

/// The time from one reading to the next in the long run, however many tokens name keys that are not
/// there.
const PAUSE: Duration = Duration::from_secs(5);
/// So many readings may follow each other without it.
const BURST: NonZeroU32 = NonZeroU32::new(3).expect("it is not 0");
/// The longest file of keys, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// One key, and for what it may be used.
#[derive(Clone)]
struct Key {
    id: Option<String>,
    /// What the set says that it is for.
    algorithm: Option<Algorithm>,
    key: Arc<DecodingKey>,
}

/// All keys at a moment.
#[derive(Clone, Default)]
struct Set {
    keys: Arc<[Key]>,
    /// When they were read; never, if absent.
    read: Option<Instant>,
}

/// Where they are read.
#[derive(Clone, Debug)]
enum Source {
    File(PathBuf),
    Url(DeclaredDocument),
    /// The settings are checked before they are used; what was not is no issuer.
    None,
}

/// The keys of one issuer.
#[derive(Clone)]
pub(super) struct Keys(Arc<Shared>);

struct Shared {
    source: Source,
    refresh: Duration,
    set: RwLock<Set>,
    /// Held by whoever reads.
    readings: Mutex<DefaultDirectRateLimiter>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({:?})", self.0.source)
    }
}

impl Keys {
    /// Checks that the keys can be read, as far as that takes no network.
    pub(super) fn check(reference: &KeysReference) -> Result<(), String> {
        match reference {
            KeysReference::File(path) => {
                let read = read_file(path).and_then(|bytes| parse(&bytes));
                read.map(drop).map_err(|reason| format!("is `{}`, which {reason}", path.display()))
            }
            KeysReference::Url(url) => DeclaredDocument::open(url.clone()).map(drop),
        }
    }

    /// Keys that are read when they are first needed.
    pub(super) fn new(reference: &KeysReference, refresh: Duration) -> Self {
        let source = match reference {
            KeysReference::File(path) => Source::File(path.clone()),
            KeysReference::Url(url) => {
                DeclaredDocument::open(url.clone()).map_or(Source::None, Source::Url)
            }
        };
        let pace = Quota::with_period(PAUSE).expect("the pause is not 0").allow_burst(BURST);
        let (set, readings) = (RwLock::default(), Mutex::new(RateLimiter::direct(pace)));
        Self(Arc::new(Shared { source, refresh, set, readings }))
    }

    /// The key that a token names.
    pub(super) async fn find(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Arc<DecodingKey>, Stranger> {
        let set = self.set();
        if let Some(key) = set.find(id, algorithm) {
            if set.read.is_none_or(|read| read.elapsed() >= self.0.refresh) {
                // In passing: this call has its key.
                let keys = self.clone();
                tokio::spawn(async move { keys.renew(set.read).await });
            }
            return Ok(key);
        }
        self.renew(set.read).await;
        let set = self.set();
        match set.find(id, algorithm) {
            Some(key) => Ok(key),
            None if set.read.is_none() => Err(Stranger::Unjudged),
            None => Err(Stranger::Unknown),
        }
    }

    fn set(&self) -> Set {
        self.0.set.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Reads the keys anew, unless somebody has since those of `seen`, or readings are too many.
    async fn renew(&self, seen: Option<Instant>) {
        let readings = self.0.readings.lock().await;
        if self.set().read != seen || readings.check().is_err() {
            return;
        }
        match self.0.source.read().await.and_then(|bytes| parse(&bytes)) {
            Ok(keys) => {
                tracing::debug!(keys = keys.len(), "read the keys of the issuer of tokens");
                let set = Set { keys: keys.into(), read: Some(Instant::now()) };
                *self.0.set.write().unwrap_or_else(std::sync::PoisonError::into_inner) = set;
            }
            Err(reason) => {
                let reason = format!("the document {reason}");
                tracing::warn!(reason, "the keys of the issuer of tokens cannot be read");
            }
        }
    }
}

impl Set {
    /// The key of this name; without a name, the only one that fits.
    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<Arc<DecodingKey>> {
        let mut fitting = self.keys.iter().filter(|key| {
            let fits = key.algorithm.is_none_or(|one| one == algorithm);
            fits && key.key.family() == algorithm.family()
        });
        let found = match id {
            Some(id) => fitting.find(|key| key.id.as_deref() == Some(id)),
            None => fitting.next().filter(|_| fitting.next().is_none()),
        };
        found.map(|key| Arc::clone(&key.key))
    }
}

impl Source {
    async fn read(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::File(path) => {
                let path = path.clone();
                let read = tokio::task::spawn_blocking(move || read_file(&path)).await;
                read.unwrap_or_else(|_| Err("cannot be read".to_owned()))
            }
            Self::Url(document) => document.read().await.map(|bytes| bytes.to_vec()),
            Self::None => Err("is not declared".to_owned()),
        }
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let read = || match fs::metadata(path)?.len() {
        ..=LONGEST => fs::read(path),
        _ => Err(std::io::Error::other("it is too large")),
    };
    read().map_err(|error| format!("cannot be read: {error}"))
}

/// Reads a set (RFC 7517). Keys for something else are passed over, shared secrets too.
fn parse(bytes: &[u8]) -> Result<Vec<Key>, String> {
    let set: JwkSet =
        serde_json::from_slice(bytes).map_err(|error| format!("is no set of keys: {error}"))?;
    let keys: Vec<Key> = set.keys.iter().filter_map(usable).collect();
    if keys.is_empty() { Err("holds no public key for signatures".to_owned()) } else { Ok(keys) }
}

fn usable(jwk: &Jwk) -> Option<Key> {
    use jsonwebtoken::jwk::AlgorithmParameters::{EllipticCurve, OctetKeyPair, RSA};
    let common = &jwk.common;
    let signs = common.public_key_use.as_ref().is_none_or(|one| *one == PublicKeyUse::Signature);
    let operations = common.key_operations.as_deref();
    let verifies = operations.is_none_or(|all| all.contains(&KeyOperations::Verify));
    let public = matches!(jwk.algorithm, EllipticCurve(_) | OctetKeyPair(_) | RSA(_));
    let algorithm = match &common.key_algorithm {
        // One that is for an algorithm nobody knows is for none of ours.
        Some(algorithm) => Some(Algorithm::try_from(*algorithm).ok()?),
        None => None,
    };
    let key = DecodingKey::from_jwk(jwk).ok().filter(|_| signs && verifies && public)?;
    Some(Key { id: common.key_id.clone(), algorithm, key: Arc::new(key) })
}
