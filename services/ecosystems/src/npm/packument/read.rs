//! Reads the documents of a registry.
//!
//! Nothing is built of what is not kept. What repeats is recognised by its text, before it is read:
//! most versions of a package need what their neighbours need, to the byte.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::num::NonZeroU64;
use std::sync::Arc;

use super::scalar::Scalar;
use super::shape::{elements, entries, fields, is_object};
use super::traits::traits;
use super::{
    Dependency, Integrity, Json, Manifest, Needs, Odd, Packument, Peer, Requirement, Tag, Tarball,
    Traits, Unpublished, position,
};
use crate::npm::{Name, Version};
use crate::{Timestamp, Warning};

/// A document that is none of a package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the document of `{name}` is not one of a package: {reason}")]
pub struct PackumentError {
    /// The package.
    pub name: Name,
    /// What is wrong with it.
    pub reason: String,
}

/// The fields of a document.
const DOCUMENT: [&str; 6] =
    ["name", "dist-tags", "versions", "time", "stagedVersions", "policyRestrictions"];

/// The fields of a manifest: its needs, its traits, and the others.
const MANIFEST: [&str; 21] = [
    "dependencies",
    "optionalDependencies",
    "peerDependencies",
    "peerDependenciesMeta",
    "bundleDependencies",
    "bundledDependencies",
    "acceptDependencies",
    "name",
    "engines",
    "os",
    "cpu",
    "libc",
    "bin",
    "deprecated",
    "license",
    "funding",
    "hasInstallScript",
    "scripts",
    "_hasShrinkwrap",
    "version",
    "dist",
];

/// How many of the fields of a manifest are its needs, and how many its traits.
const NEEDS: usize = 7;
pub(super) const TRAITS: usize = 12;

/// The fields of `dist`.
const DIST: [&str; 4] = ["tarball", "integrity", "shasum", "unpackedSize"];

/// Reads the document of a package, full or abbreviated.
///
/// What is odd in one version is left out with a warning, and so is a version that cannot be read
/// at all: the others stay.
///
/// # Errors
///
/// If it is no JSON, or no object.
pub fn read_packument(name: &Name, bytes: &[u8]) -> Result<Packument, PackumentError> {
    let failed = |reason: String| PackumentError { name: name.clone(), reason };
    let text = std::str::from_utf8(bytes).map_err(|error| failed(error.to_string()))?;
    let [stated_name, tags, versions, time, staged, restrictions] =
        fields(text, &DOCUMENT).map_err(|error| failed(error.to_string()))?;
    let mut reader = Reader::new(name, time);
    if !stated_name.is_empty() && text_of(stated_name).as_deref() != Some(name.as_str()) {
        reader.warn(format_args!("calls itself {stated_name}"));
    }
    let manifests = reader.manifests(versions);
    let tags = reader.tags(tags, &manifests);
    let unpublished = reader.unpublished(staged, restrictions);
    Ok(Packument { name: name.clone(), manifests, tags, unpublished, warnings: reader.warnings })
}

/// What is known while a document is read.
pub(super) struct Reader<'de> {
    package: &'de Name,
    times: HashMap<Cow<'de, str>, &'de str>,
    warnings: Vec<Warning>,
    texts: HashSet<Arc<str>>,
    names: HashSet<Name>,
    requirements: HashMap<Cow<'de, str>, Requirement>,
    lists: HashMap<&'de str, Arc<[Dependency]>>,
    needs: HashMap<Texts<'de, NEEDS>, Arc<Needs>>,
    traits: HashMap<Texts<'de, TRAITS>, Arc<Traits>>,
}

/// The texts of some fields, by which what was read of them is found again.
#[derive(Clone, Copy, Eq, Hash)]
struct Texts<'de, const N: usize>([&'de str; N]);

impl<const N: usize> PartialEq for Texts<'_, N> {
    fn eq(&self, other: &Self) -> bool {
        // Most fields are absent. To compare bytes that are not there is slow on some processors.
        let is_same = |(left, right): (&&str, &&str)| {
            left.len() == right.len() && (left.is_empty() || left == right)
        };
        self.0.iter().zip(&other.0).all(is_same)
    }
}

impl<'de> Reader<'de> {
    fn new(package: &'de Name, time: &'de str) -> Self {
        Self {
            package,
            times: entries(time).unwrap_or_default().into_iter().collect(),
            warnings: Vec::new(),
            texts: HashSet::new(),
            names: HashSet::new(),
            requirements: HashMap::new(),
            lists: HashMap::new(),
            needs: HashMap::new(),
            traits: HashMap::new(),
        }
    }

    /// Notes something about the package or, with a space and its version before it, one of its
    /// versions.
    pub(super) fn warn(&mut self, what: std::fmt::Arguments<'_>) {
        self.warnings.push(Warning::new(format!("`{}` {what}", self.package)));
    }

    /// A text that others may share.
    pub(super) fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&shared));
        shared
    }

    /// A piece of the document that is kept as it is, but for the white space between its parts.
    pub(super) fn json(&mut self, text: &str) -> Json {
        Json(self.shared(&without_space(text)))
    }

    /// Reads `versions`, ascending.
    fn manifests(&mut self, versions: &'de str) -> Vec<Manifest> {
        let Some(versions) = entries(versions) else {
            if !versions.is_empty() {
                self.warn(format_args!("lists no versions by name"));
            }
            return Vec::new();
        };
        let mut manifests = Vec::with_capacity(versions.len());
        for (key, manifest) in versions {
            let read = self.manifest(&key, manifest);
            manifests.extend(read);
        }
        // Of equals the first shall stand last.
        manifests.reverse();
        manifests.sort_by(|left, right| left.version.cmp_precedence(&right.version));
        manifests
    }

    fn manifest(&mut self, key: &str, manifest: &'de str) -> Option<Manifest> {
        let version = match Version::parse(key) {
            Ok(version) => version,
            Err(error) => {
                self.warn(format_args!("lists what is no version: {error}"));
                return None;
            }
        };
        let Ok(raw) = fields(manifest, &MANIFEST) else {
            self.warn(format_args!("{version}: left out, since nothing is said of it"));
            return None;
        };
        let [.., stated_version, dist] = raw;
        let (needs, rest) = raw.split_first_chunk::<NEEDS>()?;
        let traits = self.traits(*rest.first_chunk::<TRAITS>()?);
        let needs = self.needs(key, *needs);
        let stated_version = text_of(stated_version).filter(|stated| *stated != key);
        let own_key = (version.to_string() != key).then(|| key.into());
        let mut manifest = Manifest {
            version,
            needs,
            traits,
            integrity: None,
            unpacked_size: None,
            published_at: self.published_at(key),
            tarball: Tarball::Unstated,
            odd: None,
        };
        if stated_version.is_some() || own_key.is_some() {
            let stated_version = stated_version.map(|stated| stated.into_owned().into());
            manifest.odd = Some(Box::new(Odd { key: own_key, stated_version }));
        }
        self.dist(key, dist, &mut manifest);
        Some(manifest)
    }

    /// When a version was published. What is no instant is none.
    fn published_at(&mut self, key: &str) -> Option<Timestamp> {
        let text = *self.times.get(key)?;
        let read = text_of(text).and_then(|text| Timestamp::parse(&text).ok());
        if read.is_none() {
            self.warn(format_args!("{key}: passed over {text}, which is no instant"));
        }
        read
    }

    fn dist(&mut self, key: &str, dist: &'de str, manifest: &mut Manifest) {
        let Ok([tarball, integrity, shasum, size]) = fields(dist, &DIST) else {
            self.warn(format_args!("{key}: nothing is said of its archive"));
            return;
        };
        if let Some(url) = text_of(tarball) {
            let start = url.strip_suffix(".tgz").and_then(|url| url.strip_suffix(key));
            manifest.tarball = match start {
                Some(start) => Tarball::Usual(self.shared(start)),
                None => Tarball::Other(url.into()),
            };
        }
        manifest.integrity = match (text_of(integrity), text_of(shasum)) {
            (Some(integrity), _) if !integrity.is_empty() => Some(Integrity::parse(&integrity)),
            (_, Some(shasum)) => Integrity::of_sha1(&shasum),
            _ => None,
        };
        if let Some(Scalar::Count(size)) = scalar(size) {
            manifest.unpacked_size = NonZeroU64::new(size);
        }
    }

    fn needs(&mut self, key: &str, raw: [&'de str; NEEDS]) -> Arc<Needs> {
        if let Some(known) = self.needs.get(&Texts(raw)) {
            return Arc::clone(known);
        }
        let [dependencies, optional, peers, peer_meta, bundle, bundled, accepted] = raw;
        let all = self.list(key, "dependencies", dependencies);
        let optional = self.list(key, "optionalDependencies", optional);
        let bundle = if bundle.is_empty() { bundled } else { bundle };
        let is_overridden = |own: &Dependency| optional.iter().any(|other| other.name == own.name);
        let needs = Needs {
            bundled: self.bundled(bundle, &all),
            dependencies: if all.iter().any(is_overridden) {
                all.iter().filter(|own| !is_overridden(own)).cloned().collect()
            } else {
                all
            },
            peers: self.peers(key, peers, peer_meta),
            peer_meta: is_object(peer_meta).then(|| self.json(peer_meta)),
            accepted: self.list(key, "acceptDependencies", accepted),
            optional,
        };
        let needs = Arc::new(needs);
        self.needs.insert(Texts(raw), Arc::clone(&needs));
        needs
    }

    /// Reads names with their specs.
    fn list(&mut self, key: &str, field: &str, raw: &'de str) -> Arc<[Dependency]> {
        if let Some(known) = self.lists.get(raw) {
            return Arc::clone(known);
        }
        let mut list = Vec::new();
        match entries(raw) {
            Some(entries) => {
                for (name, spec) in entries {
                    match self.dependency(&name, spec) {
                        Ok(dependency) => list.push(dependency),
                        Err(reason) => {
                            self.warn(format_args!(
                                "{key}: passed over one of `{field}`: {reason}"
                            ));
                        }
                    }
                }
            }
            None if is_nothing(raw) => {}
            None => self.warn(format_args!("{key}: passed over `{field}`, which names nothing")),
        }
        let list = shared_list(list);
        self.lists.insert(raw, Arc::clone(&list));
        list
    }

    fn dependency(&mut self, name: &str, spec: &'de str) -> Result<Dependency, String> {
        let Some(Scalar::Text(spec)) = scalar(spec) else {
            return Err(format!("`{name}` has no spec that is a text"));
        };
        let name = match self.names.get(name) {
            Some(known) => known.clone(),
            None => {
                let name = Name::parse(name).map_err(|error| error.to_string())?;
                self.names.insert(name.clone());
                name
            }
        };
        let requirement = match self.requirements.get(&*spec) {
            Some(known) => known.clone(),
            None => {
                let requirement = Requirement::new(&*spec);
                self.requirements.insert(spec, requirement.clone());
                requirement
            }
        };
        Ok(Dependency { name, requirement })
    }

    fn peers(&mut self, key: &str, peers: &'de str, meta: &'de str) -> Arc<[Peer]> {
        let meta = entries(meta).unwrap_or_default();
        let is_optional = |name: &str| {
            let own = meta.iter().find(|(other, _)| other == name);
            let [optional] = own.and_then(|(_, meta)| fields(meta, &["optional"]).ok())?;
            Some(scalar(optional)?.is_true())
        };
        let list = self.list(key, "peerDependencies", peers);
        let peer = |dependency: &Dependency| Peer {
            dependency: dependency.clone(),
            is_optional: is_optional(dependency.name.as_str()).unwrap_or(false),
        };
        shared_list(list.iter().map(peer).collect())
    }

    /// Reads which dependencies lie in the archive: a list of names, or names with whatever behind
    /// them, or a truth value.
    fn bundled(&mut self, raw: &'de str, all: &[Dependency]) -> Arc<[Arc<str>]> {
        if let Some(names) = elements(raw) {
            let names = names.into_iter().filter_map(text_of);
            return shared_list(names.map(|name| self.shared(&name)).collect());
        }
        if let Some(names) = entries(raw) {
            return shared_list(names.into_iter().map(|(name, _)| self.shared(&name)).collect());
        }
        let all = if raw == "true" { all } else { &[] };
        shared_list(all.iter().map(|own| self.shared(own.name.as_str())).collect())
    }

    fn traits(&mut self, raw: [&'de str; TRAITS]) -> Arc<Traits> {
        if let Some(known) = self.traits.get(&Texts(raw)) {
            return Arc::clone(known);
        }
        let read = Arc::new(traits(self, self.package.as_str(), raw));
        self.traits.insert(Texts(raw), Arc::clone(&read));
        read
    }

    fn tags(&mut self, tags: &'de str, manifests: &[Manifest]) -> Box<[Tag]> {
        let mut read = Vec::new();
        for (name, version) in entries(tags).unwrap_or_default() {
            let Some(version) = text_of(version) else {
                self.warn(format_args!("passed over the tag `{name}`, which names no version"));
                continue;
            };
            let place = position(manifests, &version);
            read.push(Tag {
                name: self.shared(&name),
                version: self.shared(&version),
                position: place.and_then(|place| u32::try_from(place).ok()),
                published_at: self.published_at(&version),
            });
        }
        read.into()
    }

    fn unpublished(
        &mut self,
        staged: &'de str,
        restrictions: &'de str,
    ) -> Option<Box<Unpublished>> {
        let staged = fields(staged, &["versions"]).map_or("", |[versions]| versions);
        let [message, restricted] =
            fields(restrictions, &["message", "versions"]).unwrap_or_default();
        let unpublished = Unpublished {
            staged: self.manifests(staged),
            restricted: self.manifests(restricted),
            message: text_of(message).unwrap_or_default().into(),
        };
        let is_empty = unpublished.staged.is_empty() && unpublished.restricted.is_empty();
        (!is_empty).then(|| Box::new(unpublished))
    }
}

/// A piece of JSON without the white space between its parts, which says nothing.
fn without_space(json: &str) -> Cow<'_, str> {
    let (mut is_text, mut is_escaped) = (false, false);
    let mut says = move |byte: u8| {
        let is_space = !is_text && matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        is_text ^= byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        !is_space
    };
    let mut parts = Vec::new();
    let mut start = 0;
    for (place, byte) in json.bytes().enumerate() {
        if !says(byte) {
            parts.push(&json[start..place]);
            start = place + 1;
        }
    }
    if parts.is_empty() {
        return Cow::Borrowed(json);
    }
    parts.push(&json[start..]);
    Cow::Owned(parts.concat())
}

/// A list that others may share. Empty ones, which most are, have no allocation.
fn shared_list<T>(list: Vec<T>) -> Arc<[T]> {
    if list.is_empty() { Arc::default() } else { list.into() }
}

/// A value that is a text, a number or a truth value; none for one that is absent.
pub(super) fn scalar(raw: &str) -> Option<Scalar<'_>> {
    serde_json::from_str(raw).ok()
}

/// A value that is a text.
pub(super) fn text_of(raw: &str) -> Option<Cow<'_, str>> {
    match scalar(raw)? {
        Scalar::Text(text) => Some(text),
        _ => None,
    }
}

/// Whether a value stands for no value, as real documents have it: absent, `false`, or an empty list
/// or text.
fn is_nothing(raw: &str) -> bool {
    matches!(raw, "" | "false" | "\"\"") || elements(raw).is_some_and(|list| list.is_empty())
}
