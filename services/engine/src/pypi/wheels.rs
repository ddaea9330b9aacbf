//! Wheels of one version that do not say the same.
//!
//! The wheels of a version are taken to be alike, as by uv: what one of them needs, all do. No
//! standard has it so. Where the page shows by the hashes of their metadata that those which may be
//! installed are not alike, or not like the one that was read, they are compared after the search,
//! and a caller is told; and if the wheel that will be installed says something else than the search
//! was told, it is searched once more with what that wheel says. Where the hashes are equal or absent
//! nobody is asked.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use ecosystems::pypi::{CoreMetadata, File, Metadata, Name, Version};
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use registries::{Read, Stamp};
use solver::pypi::{Pick, Solution};

use super::Pypi;
use crate::answer::{Warning, WarningCode};
use crate::compute::Computation;
use crate::facts::Snapshot;
use crate::reader::{Cost, Reader};

/// How many different documents of one version are compared.
const MOST_OF_A_VERSION: usize = 4;

/// How many documents are read for the comparisons of one answer.
const MOST_OF_AN_ANSWER: usize = 64;

/// What comparing wheels has found.
#[derive(Default)]
pub(super) struct Compared {
    pub(super) warnings: Vec<Warning>,
    /// The documents that were read for it.
    pub(super) stamps: Vec<Stamp>,
    /// Releases whose wheel to be installed says something else than the search was told, and what.
    pub(super) corrections: Vec<((Name, Version), Arc<Metadata>, Stamp)>,
}

impl Computation<Pypi> {
    /// Compares wheels of what was chosen.
    pub(super) async fn compare_wheels(
        &mut self,
        snapshot: &Snapshot<Pypi>,
        solution: &Solution,
    ) -> Compared {
        let started = Instant::now();
        let mut reads = FuturesOrdered::new();
        let mut room = MOST_OF_AN_ANSWER;
        for pick in &solution.picks {
            let places = unlike(pick);
            let registry = snapshot.listing(&pick.name).and_then(|known| known.registry);
            let Some(registry) = registry.filter(|_| places.len() > 1 && places.len() <= room)
            else {
                continue;
            };
            room -= places.len();
            let reader = &self.reader;
            reads.push_back(async move {
                let wheels = read(reader, registry, pick, &places).await;
                (pick, places, wheels)
            });
        }
        let mut compared = Compared::default();
        let mut cost = Cost::default();
        while let Some((pick, places, wheels)) = reads.next().await {
            for wheel in &wheels {
                cost.add(wheel.cost);
                compared.stamps.push(wheel.stamp.clone());
            }
            let Some(read) = wheels.iter().find(|wheel| wheel.place == places[0]) else { continue };
            let others = wheels.iter().filter(|wheel| wheel.place != places[0]);
            let differing: Vec<(&Wheel, String)> =
                others.filter_map(|other| Some((other, difference(read, other)?))).collect();
            if differing.is_empty() {
                continue;
            }
            compared.warnings.push(warning(pick, &differing));
            let installed = self.installed_like(pick, &places);
            let correction = differing.iter().find(|(wheel, _)| Some(wheel.place) == installed);
            compared.corrections.extend(correction.map(|(wheel, _)| {
                let release = (pick.name.clone(), pick.version().clone());
                (release, Arc::clone(&wheel.metadata), wheel.stamp.clone())
            }));
        }
        drop(reads);
        self.spent.cost.add(cost);
        self.spent.fetch += started.elapsed();
        compared
    }

    /// The one of `places` whose wheel states the metadata of the wheel that will be installed.
    fn installed_like(&self, pick: &Pick, places: &[usize]) -> Option<usize> {
        let files = &pick.listing.releases[pick.position as usize].files;
        let wheels = pick.installable().filter(|file| !file.is_sdist());
        let installed = wheels.min_by_key(|file| self.problem.environment.preference(file))?;
        let hash = stated_hash(installed)?;
        places.iter().copied().find(|place| stated_hash(&files[*place]) == Some(hash))
    }
}

fn warning(pick: &Pick, differing: &[(&Wheel, String)]) -> Warning {
    let differences: Vec<&str> = differing.iter().map(|(_, text)| text.as_str()).collect();
    let (name, version) = (&pick.name, pick.version());
    Warning {
        code: WarningCode::WheelsDiffer,
        text: format!("the wheels of `{name}` {version} differ: {}", differences.join("; ")),
        package: name.to_string(),
    }
}

/// What a wheel says of itself.
struct Wheel {
    /// Its place among the release's files.
    place: usize,
    filename: String,
    metadata: Arc<Metadata>,
    stamp: Stamp,
    cost: Cost,
}

/// Reads what these wheels of a chosen version say of it, as far as the registry serves that
/// beside them.
async fn read(reader: &Reader<Pypi>, registry: usize, pick: &Pick, places: &[usize]) -> Vec<Wheel> {
    if reader.routes.supplied.find(&pick.listing.name, pick.version()).is_some() {
        // What the request says of the version counts, whatever its wheels say.
        return Vec::new();
    }
    let credentials = reader.credentials[registry].as_ref();
    let reads = places.iter().map(|place| {
        let position = pick.position as usize;
        let registry = &reader.registries[registry];
        registry.pypi_file_metadata(
            &pick.listing,
            (position, *place),
            credentials,
            reader.freshness,
        )
    });
    let reads = futures_util::future::join_all(reads).await;
    let files = &pick.listing.releases[pick.position as usize].files;
    let read = |(read, place): (Result<Read<Metadata>, _>, &usize)| {
        // What cannot be read cannot be compared, and the answer does not rest on it.
        let read = read.inspect_err(|error| tracing::debug!(%error, "a wheel is not compared"));
        let read = read.ok()?;
        Some(Wheel {
            place: *place,
            filename: files[*place].filename.to_string(),
            metadata: read.facts?,
            stamp: read.stamp,
            cost: Cost { fetched: u32::from(read.fetched), bytes: read.bytes },
        })
    };
    reads.into_iter().zip(places).filter_map(read).collect()
}

/// One wheel for each hash of metadata that the page states, of the wheel that was read first and of
/// those that may be installed.
fn unlike(pick: &Pick) -> Vec<usize> {
    let release = &pick.listing.releases[pick.position as usize];
    let read_first = release.wheels().into_iter().next();
    let installable = pick.files.iter().copied().filter(|place| !release.files[*place].is_sdist());
    let mut hashes: Vec<&str> = Vec::new();
    let mut places = Vec::new();
    for place in read_first.into_iter().chain(installable) {
        if let Some(hash) = stated_hash(&release.files[place])
            && !hashes.contains(&hash)
        {
            hashes.push(hash);
            places.push(place);
        }
    }
    places.truncate(MOST_OF_A_VERSION);
    places
}

fn stated_hash(file: &File) -> Option<&str> {
    match &file.core_metadata {
        CoreMetadata::Present(hash) => hash.as_deref(),
        CoreMetadata::Absent => None,
    }
}

/// What another wheel says differently, in words; `None` if nothing that matters.
fn difference(read: &Wheel, other: &Wheel) -> Option<String> {
    let texts = |items: &mut dyn Iterator<Item = String>| items.collect::<BTreeSet<String>>();
    let of = |wheel: &Wheel| {
        let metadata = &wheel.metadata;
        [
            texts(&mut metadata.requirements.iter().map(|one| format!("requires `{one}`"))),
            texts(&mut metadata.requires_python.iter().map(|one| format!("is for Python `{one}`"))),
            texts(&mut metadata.extras.iter().map(|one| format!("has the extra `{one}`"))),
        ]
    };
    let alone = |one: &Wheel, all: &[BTreeSet<String>], others: &[BTreeSet<String>]| {
        let said = all.iter().zip(others).flat_map(|(all, others)| all.difference(others));
        let said: Vec<&str> = said.map(String::as_str).collect();
        (!said.is_empty()).then(|| format!("`{}` alone {}", one.filename, said.join(", ")))
    };
    let (left, right) = (of(read), of(other));
    let said: Vec<String> =
        [alone(read, &left, &right), alone(other, &right, &left)].into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join(", and "))
}
