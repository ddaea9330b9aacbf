//! Reads the compact form of a package's document.
//!
//! What the registry's form is read into is shared here too: a name, a spec or a list is one
//! allocation, however many versions have it.

use std::cell::OnceCell;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, de};

use super::super::{
    Command, Dependency, Engine, Engines, Integrity, Json, Manifest, Needs, Odd, Packument, Peer,
    Requirement, Tag, Tarball, Traits, Unpublished,
};
use super::{
    Stored, StoredEngine, StoredIntegrity, StoredManifest, StoredNeeds, StoredTag, StoredTarball,
    StoredTraits,
};
use crate::Warning;
use crate::npm::{Name, Version};
use crate::stored::{Allowance, at, wrong};

impl<'de> Deserialize<'de> for Packument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::<&str>::deserialize(deserializer)?;
        let reader = Reader::new(&stored.texts);
        let lists = stored.lists.iter().map(|list| reader.list(list));
        let lists: Vec<Arc<[Dependency]>> = lists.collect::<Result<_, D::Error>>()?;
        let needs = stored.needs.iter().map(|needs| reader.needs(&lists, needs).map(Arc::new));
        let traits = stored.traits.iter().map(|traits| reader.traits(traits).map(Arc::new));
        let shared = Shared {
            needs: needs.collect::<Result<_, D::Error>>()?,
            traits: traits.collect::<Result<_, D::Error>>()?,
        };
        let manifests = reader.manifests(&shared, &stored.manifests)?;
        let tags = stored.tags.iter().map(|tag| reader.tag(tag, manifests.len()));
        let unpublished = match &stored.unpublished {
            None => None,
            Some(stored) => Some(Box::new(Unpublished {
                staged: reader.manifests(&shared, &stored.staged)?,
                restricted: reader.manifests(&shared, &stored.restricted)?,
                message: stored.message.into(),
            })),
        };
        Ok(Self {
            name: Name::parse(stored.name).map_err(wrong)?,
            tags: tags.collect::<Result<_, D::Error>>()?,
            manifests,
            unpublished,
            warnings: stored.warnings.iter().map(|text| Warning::new(*text)).collect(),
        })
    }
}

/// What manifests name by its place.
struct Shared {
    needs: Vec<Arc<Needs>>,
    traits: Vec<Arc<Traits>>,
}

struct Reader<'a> {
    texts: &'a [&'a str],
    /// What the texts were found to be, once they were asked for.
    read: Vec<Text>,
    allowance: Allowance,
}

/// The readings of one text.
#[derive(Clone, Default)]
struct Text {
    shared: OnceCell<Arc<str>>,
    name: OnceCell<Name>,
    requirement: OnceCell<Requirement>,
}

impl<'a> Reader<'a> {
    fn new(texts: &'a [&'a str]) -> Self {
        Self { texts, read: vec![Text::default(); texts.len()], allowance: Allowance::default() }
    }

    fn text<E: de::Error>(&self, place: u32) -> Result<Arc<str>, E> {
        let (text, read) = (*at(self.texts, place)?, at(&self.read, place)?);
        Ok(Arc::clone(read.shared.get_or_init(|| text.into())))
    }

    fn json<E: de::Error>(&self, place: Option<u32>) -> Result<Option<Json>, E> {
        place.map(|place| self.text(place).map(Json)).transpose()
    }

    fn name<E: de::Error>(&self, place: u32) -> Result<Name, E> {
        let (text, read) = (*at(self.texts, place)?, at(&self.read, place)?);
        if let Some(name) = read.name.get() {
            return Ok(name.clone());
        }
        let name = Name::parse(text).map_err(wrong)?;
        Ok(read.name.get_or_init(|| name).clone())
    }

    fn requirement<E: de::Error>(&self, place: u32) -> Result<Requirement, E> {
        let (text, read) = (*at(self.texts, place)?, at(&self.read, place)?);
        Ok(read.requirement.get_or_init(|| Requirement::new(text)).clone())
    }

    fn list<E: de::Error>(&self, stored: &[(u32, u32)]) -> Result<Arc<[Dependency]>, E> {
        let list = stored.iter().map(|(name, requirement)| {
            Ok(Dependency { name: self.name(*name)?, requirement: self.requirement(*requirement)? })
        });
        shared(list)
    }

    fn needs<E: de::Error>(
        &self,
        lists: &[Arc<[Dependency]>],
        stored: &StoredNeeds,
    ) -> Result<Needs, E> {
        let list = |place| at(lists, place).cloned();
        let peers: &Arc<[Dependency]> = at(lists, stored.peers)?;
        self.allowance.take(peers.len() * size_of::<Peer>())?;
        let mut peers: Vec<Peer> =
            peers.iter().map(|own| Peer { dependency: own.clone(), is_optional: false }).collect();
        for place in &stored.optional_peers {
            let peer = usize::try_from(*place).ok().and_then(|place| peers.get_mut(place));
            peer.ok_or_else(|| wrong(format_args!("there is no peer {place}")))?.is_optional = true;
        }
        Ok(Needs {
            dependencies: list(stored.dependencies)?,
            optional: list(stored.optional)?,
            peers: shared(peers.into_iter().map(Ok::<_, E>))?,
            peer_meta: self.json(stored.peer_meta)?,
            bundled: shared(stored.bundled.iter().map(|name| self.text(*name)))?,
            accepted: list(stored.accepted)?,
        })
    }

    fn traits<E: de::Error>(&self, stored: &StoredTraits) -> Result<Traits, E> {
        let commands = stored.commands.as_ref().map(|commands| {
            let commands = commands.iter().map(|(name, file)| {
                Ok(Command { name: self.text(*name)?, file: self.text(*file)? })
            });
            commands.collect::<Result<_, E>>()
        });
        let engines = match &stored.engines {
            None => None,
            Some(engines) => Some(Engines {
                json: Json(self.text(engines.json)?),
                node: self.engine(&engines.node)?,
                npm: self.engine(&engines.npm)?,
            }),
        };
        Ok(Traits {
            engines,
            os: self.names(stored.os.as_deref())?,
            cpu: self.names(stored.cpu.as_deref())?,
            libc: self.names(stored.libc.as_deref())?,
            commands: commands.transpose()?,
            deprecated: stored.deprecated.map(|place| self.text(place)).transpose()?,
            license: self.json(stored.license)?,
            funding: self.json(stored.funding)?,
            has_install_script: stored.has_install_script,
            has_shrinkwrap: stored.has_shrinkwrap,
        })
    }

    fn names<E: de::Error>(&self, stored: Option<&[u32]>) -> Result<Option<Arc<[Arc<str>]>>, E> {
        let names = stored.map(|names| names.iter().map(|name| self.text(*name)).collect());
        names.transpose()
    }

    fn engine<E: de::Error>(&self, stored: &StoredEngine) -> Result<Option<Engine>, E> {
        let text = match stored {
            StoredEngine::Unstated => return Ok(None),
            StoredEngine::Odd => None,
            StoredEngine::Text(place) => Some(self.allowance.copy(at(self.texts, *place)?)?),
        };
        Ok(Some(Engine { text, range: OnceLock::new() }))
    }

    fn manifests<E: de::Error>(
        &self,
        shared: &Shared,
        stored: &[StoredManifest<&str>],
    ) -> Result<Vec<Manifest>, E> {
        let mut manifests: Vec<Manifest> = Vec::with_capacity(stored.len());
        for own in stored {
            let manifest = self.manifest(shared, own)?;
            let version = &manifest.version;
            if manifests.last().is_some_and(|last| last.version.cmp_precedence(version).is_gt()) {
                return Err(wrong(format_args!("version {version} is out of order")));
            }
            manifests.push(manifest);
        }
        Ok(manifests)
    }

    fn manifest<E: de::Error>(
        &self,
        shared: &Shared,
        stored: &StoredManifest<&str>,
    ) -> Result<Manifest, E> {
        Ok(Manifest {
            version: Version::parse(stored.version).map_err(wrong)?,
            needs: Arc::clone(at(&shared.needs, stored.needs)?),
            traits: Arc::clone(at(&shared.traits, stored.traits)?),
            integrity: match &stored.integrity {
                StoredIntegrity::Unstated => None,
                StoredIntegrity::Sha512(halves) => {
                    let byte = |place: usize| halves[place / 32][place % 32];
                    Some(Integrity::Sha512(std::array::from_fn(byte)))
                }
                StoredIntegrity::Sha1(bytes) => Some(Integrity::Sha1(*bytes)),
                StoredIntegrity::Other(text) => Some(Integrity::Other((*text).into())),
            },
            unpacked_size: stored.unpacked_size,
            published_at: stored.published_at,
            tarball: match stored.tarball {
                StoredTarball::Unstated => Tarball::Unstated,
                StoredTarball::Usual(start) => Tarball::Usual(self.text(start)?),
                StoredTarball::Other(url) => Tarball::Other(self.text(url)?),
            },
            odd: stored.odd.map(|(key, stated_version)| {
                let (key, stated_version) = (key.map(Box::from), stated_version.map(Box::from));
                Box::new(Odd { key, stated_version })
            }),
        })
    }

    fn tag<E: de::Error>(&self, stored: &StoredTag, manifests: usize) -> Result<Tag, E> {
        let is_listed = |place| usize::try_from(place).is_ok_and(|place| place < manifests);
        if stored.position.is_some_and(|place| !is_listed(place)) {
            return Err(wrong("a tag is for a version that is not there"));
        }
        Ok(Tag {
            name: self.text(stored.name)?,
            version: self.text(stored.version)?,
            position: stored.position,
            published_at: stored.published_at,
        })
    }
}

/// A list that others may share. Empty ones, which most are, have no allocation.
fn shared<T, E>(list: impl Iterator<Item = Result<T, E>>) -> Result<Arc<[T]>, E> {
    let list: Vec<T> = list.collect::<Result<_, E>>()?;
    Ok(if list.is_empty() { Arc::default() } else { list.into() })
}
