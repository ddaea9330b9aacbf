//! The compact form of a package's document: see [`stored`](crate::stored).

mod read;

use std::borrow::Cow;
use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize, Serializer};

use super::{
    Dependency, Engine, Integrity, Json, Manifest, Needs, Packument, Tag, Tarball, Traits,
};
use crate::Timestamp;
use crate::stored::{Table, Texts};

/// A document with whatever repeats written once. Numbers are places in the tables.
#[derive(Serialize, Deserialize)]
struct Stored<T> {
    name: T,
    texts: Vec<T>,
    /// Lists of names with their specs.
    lists: Vec<Vec<(u32, u32)>>,
    needs: Vec<StoredNeeds>,
    traits: Vec<StoredTraits>,
    manifests: Vec<StoredManifest<T>>,
    tags: Vec<StoredTag>,
    unpublished: Option<StoredUnpublished<T>>,
    warnings: Vec<T>,
}

#[derive(PartialEq, Eq, Hash, Serialize, Deserialize)]
struct StoredNeeds {
    dependencies: u32,
    optional: u32,
    peers: u32,
    /// Which of the peers are optional, by their places among them.
    optional_peers: Vec<u32>,
    peer_meta: Option<u32>,
    bundled: Vec<u32>,
    accepted: u32,
}

#[derive(PartialEq, Eq, Hash, Serialize, Deserialize)]
struct StoredTraits {
    engines: Option<StoredEngines>,
    os: Option<Vec<u32>>,
    cpu: Option<Vec<u32>>,
    libc: Option<Vec<u32>>,
    /// Names with their files.
    commands: Option<Vec<(u32, u32)>>,
    deprecated: Option<u32>,
    license: Option<u32>,
    funding: Option<u32>,
    has_install_script: bool,
    has_shrinkwrap: bool,
}

#[derive(PartialEq, Eq, Hash, Serialize, Deserialize)]
struct StoredEngines {
    json: u32,
    node: StoredEngine,
    npm: StoredEngine,
}

#[derive(PartialEq, Eq, Hash, Serialize, Deserialize)]
enum StoredEngine {
    Unstated,
    /// Something that is no text.
    Odd,
    Text(u32),
}

#[derive(Serialize, Deserialize)]
struct StoredManifest<T> {
    version: T,
    needs: u32,
    traits: u32,
    integrity: StoredIntegrity<T>,
    unpacked_size: Option<NonZeroU64>,
    published_at: Option<Timestamp>,
    tarball: StoredTarball,
    /// What it is listed as and what it calls itself, where that is odd.
    odd: Option<(Option<T>, Option<T>)>,
}

#[derive(Serialize, Deserialize)]
enum StoredIntegrity<T> {
    Unstated,
    Sha512([[u8; 32]; 2]),
    Sha1([u8; 20]),
    Other(T),
}

#[derive(Serialize, Deserialize)]
enum StoredTarball {
    Unstated,
    Usual(u32),
    Other(u32),
}

#[derive(Serialize, Deserialize)]
struct StoredTag {
    name: u32,
    version: u32,
    position: Option<u32>,
    published_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct StoredUnpublished<T> {
    staged: Vec<StoredManifest<T>>,
    restricted: Vec<StoredManifest<T>>,
    message: T,
}

impl Serialize for Packument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut writer = Writer::default();
        let manifests = writer.manifests(&self.manifests);
        let tags = self.tags.iter().map(|tag| writer.tag(tag)).collect();
        let unpublished = self.unpublished.as_deref().map(|unpublished| StoredUnpublished {
            staged: writer.manifests(&unpublished.staged),
            restricted: writer.manifests(&unpublished.restricted),
            message: (&*unpublished.message).into(),
        });
        let stored = Stored {
            name: self.name.as_str().into(),
            texts: writer.texts.into_values(),
            lists: writer.lists.into_values(),
            needs: writer.needs.into_values(),
            traits: writer.traits.into_values(),
            manifests,
            tags,
            unpublished,
            warnings: self.warnings.iter().map(|warning| warning.text.as_str().into()).collect(),
        };
        stored.serialize(serializer)
    }
}

#[derive(Default)]
struct Writer<'a> {
    texts: Texts<'a>,
    lists: Table<Vec<(u32, u32)>>,
    needs: Table<StoredNeeds>,
    traits: Table<StoredTraits>,
    /// What was written already, by where it is in memory.
    known_lists: HashMap<*const [Dependency], u32, FxBuildHasher>,
    known_needs: HashMap<*const Needs, u32, FxBuildHasher>,
    known_traits: HashMap<*const Traits, u32, FxBuildHasher>,
}

impl<'a> Writer<'a> {
    fn manifests(&mut self, manifests: &'a [Manifest]) -> Vec<StoredManifest<Cow<'a, str>>> {
        manifests.iter().map(|manifest| self.manifest(manifest)).collect()
    }

    fn manifest(&mut self, manifest: &'a Manifest) -> StoredManifest<Cow<'a, str>> {
        StoredManifest {
            version: manifest.version.to_string().into(),
            needs: self.needs(&manifest.needs),
            traits: self.traits(&manifest.traits),
            integrity: match &manifest.integrity {
                None => StoredIntegrity::Unstated,
                Some(Integrity::Sha512(bytes)) => {
                    let half = |start| std::array::from_fn(|place| bytes[start + place]);
                    StoredIntegrity::Sha512([half(0), half(32)])
                }
                Some(Integrity::Sha1(bytes)) => StoredIntegrity::Sha1(*bytes),
                Some(Integrity::Other(text)) => StoredIntegrity::Other((&**text).into()),
            },
            unpacked_size: manifest.unpacked_size,
            published_at: manifest.published_at,
            tarball: match &manifest.tarball {
                Tarball::Unstated => StoredTarball::Unstated,
                Tarball::Usual(start) => StoredTarball::Usual(self.text(start)),
                Tarball::Other(url) => StoredTarball::Other(self.text(url)),
            },
            odd: manifest.odd.as_ref().map(|odd| {
                let own = |text: &'a Option<Box<str>>| text.as_deref().map(Cow::from);
                (own(&odd.key), own(&odd.stated_version))
            }),
        }
    }

    fn tag(&mut self, tag: &'a Tag) -> StoredTag {
        StoredTag {
            name: self.text(&tag.name),
            version: self.text(&tag.version),
            position: tag.position,
            published_at: tag.published_at,
        }
    }

    fn text(&mut self, text: &'a str) -> u32 {
        self.texts.place(text.into())
    }

    fn json(&mut self, json: Option<&'a Json>) -> Option<u32> {
        json.map(|json| self.text(json.as_str()))
    }

    fn list(&mut self, list: &'a [Dependency]) -> u32 {
        if let Some(place) = self.known_lists.get(&std::ptr::from_ref(list)) {
            return *place;
        }
        let stored = list.iter().map(|own| self.dependency(own)).collect();
        let place = self.lists.place(stored);
        self.known_lists.insert(std::ptr::from_ref(list), place);
        place
    }

    fn dependency(&mut self, own: &'a Dependency) -> (u32, u32) {
        (self.text(own.name.as_str()), self.text(own.requirement.as_str()))
    }

    fn needs(&mut self, needs: &'a Arc<Needs>) -> u32 {
        if let Some(place) = self.known_needs.get(&Arc::as_ptr(needs)) {
            return *place;
        }
        let peers = needs.peers.iter().map(|peer| self.dependency(&peer.dependency)).collect();
        let optional_peers = (0..).zip(&*needs.peers).filter(|(_, peer)| peer.is_optional);
        let stored = StoredNeeds {
            dependencies: self.list(&needs.dependencies),
            optional: self.list(&needs.optional),
            peers: self.lists.place(peers),
            optional_peers: optional_peers.map(|(place, _)| place).collect(),
            peer_meta: self.json(needs.peer_meta.as_ref()),
            bundled: needs.bundled.iter().map(|name| self.text(name)).collect(),
            accepted: self.list(&needs.accepted),
        };
        let place = self.needs.place(stored);
        self.known_needs.insert(Arc::as_ptr(needs), place);
        place
    }

    fn traits(&mut self, traits: &'a Arc<Traits>) -> u32 {
        if let Some(place) = self.known_traits.get(&Arc::as_ptr(traits)) {
            return *place;
        }
        let stored = StoredTraits {
            engines: traits.engines.as_ref().map(|engines| StoredEngines {
                json: self.text(engines.json.as_str()),
                node: self.engine(engines.node.as_ref()),
                npm: self.engine(engines.npm.as_ref()),
            }),
            os: self.names(traits.os.as_deref()),
            cpu: self.names(traits.cpu.as_deref()),
            libc: self.names(traits.libc.as_deref()),
            commands: traits.commands.as_deref().map(|commands| {
                let commands = commands.iter();
                commands.map(|own| (self.text(&own.name), self.text(&own.file))).collect()
            }),
            deprecated: traits.deprecated.as_deref().map(|reason| self.text(reason)),
            license: self.json(traits.license.as_ref()),
            funding: self.json(traits.funding.as_ref()),
            has_install_script: traits.has_install_script,
            has_shrinkwrap: traits.has_shrinkwrap,
        };
        let place = self.traits.place(stored);
        self.known_traits.insert(Arc::as_ptr(traits), place);
        place
    }

    fn names(&mut self, names: Option<&'a [Arc<str>]>) -> Option<Vec<u32>> {
        names.map(|names| names.iter().map(|name| self.text(name)).collect())
    }

    fn engine(&mut self, engine: Option<&'a Engine>) -> StoredEngine {
        match engine.map(|engine| engine.text.as_deref()) {
            None => StoredEngine::Unstated,
            Some(None) => StoredEngine::Odd,
            Some(Some(text)) => StoredEngine::Text(self.text(text)),
        }
    }
}
