//! Wheels of one version that do not say the same.
//!
//! The wheels of a version are taken to be alike, as by uv: what one of them needs, all do. No
//! standard has it so. Where the page shows by the hashes of their metadata that those which may be
//! installed are not alike, or not like the one that was read, they are compared after the search,
//! and a caller is told. Where the hashes are equal or absent nobody is asked.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use ecosystems::pypi::{CoreMetadata, File, Metadata};
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use registries::Stamp;
use solver::pypi::{Pick, Solution};

use super::Computation;
use crate::answer::{Warning, WarningCode};
use crate::facts::Snapshot;
use crate::reader::Cost;

/// How many different documents of one version are compared.
const MOST_OF_A_VERSION: usize = 4;

/// How many documents are read for the comparisons of one answer.
const MOST_OF_AN_ANSWER: usize = 64;

impl Computation {
    /// Compares wheels of what was chosen, and adds what is found and what it rests on.
    pub(super) async fn compare_wheels(
        &mut self,
        snapshot: &Snapshot,
        solution: &Solution,
        warnings: &mut Vec<Warning>,
        stamps: &mut Vec<Stamp>,
    ) {
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
            reads.push_back(async move { (pick, reader.wheels(registry, pick, &places).await) });
        }
        if reads.is_empty() {
            return;
        }
        let mut cost = Cost::default();
        while let Some((pick, wheels)) = reads.next().await {
            for wheel in &wheels {
                cost.add(wheel.cost);
                stamps.push(wheel.stamp.clone());
            }
            warnings.extend(wheels.split_first().and_then(|(read, others)| {
                let differing = others.iter().filter_map(|other| difference(read, other));
                let text = differing.collect::<Vec<_>>().join("; ");
                (!text.is_empty()).then(|| Warning {
                    code: WarningCode::WheelsDiffer,
                    text: format!(
                        "the wheels of `{}` {} differ: {text}",
                        pick.name,
                        pick.version()
                    ),
                    package: pick.name.to_string(),
                })
            }));
        }
        drop(reads);
        self.spent.cost.add(cost);
        self.spent.fetch += started.elapsed();
        warnings.sort();
    }
}

/// What a wheel says of itself.
pub(crate) struct Wheel {
    pub(crate) filename: String,
    pub(crate) metadata: Arc<Metadata>,
    pub(crate) stamp: Stamp,
    pub(crate) cost: Cost,
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
