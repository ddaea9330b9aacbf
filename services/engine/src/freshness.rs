//! Whether a remembered answer still holds.

use ecosystems::Timestamp;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use registries::Stamp;
use rustc_hash::FxHashMap;

use crate::Error;
use crate::ecosystem::Ecosystem;
use crate::reader::{Cost, Reader};

/// The verdict on a remembered answer.
pub(crate) struct Judged {
    /// Whether every listing that it rests on still says what it said.
    pub(crate) holds: bool,
    /// What it cost to find out.
    pub(crate) cost: Cost,
    /// When the oldest and the newest fact were last vouched for.
    pub(crate) vouched_at: Option<(Timestamp, Timestamp)>,
}

/// Judges whether an answer that rests on `stamps` still holds.
///
/// What a release needs is not asked again: a listing names the files of its releases, and those do
/// not change under their names. Nothing is solved; where the registries' own rules or the
/// caller's call for it, documents are revalidated.
pub(crate) async fn judge<E: Ecosystem>(
    stamps: &[Stamp],
    reader: &Reader<E>,
) -> Result<Judged, Error> {
    let mut listings: FxHashMap<E::Name, Vec<[u8; 32]>> = FxHashMap::default();
    let mut instants = Vec::new();
    for stamp in stamps {
        if !is_of_registry(stamp) {
            // It came with the request, whose key it is a part of.
            continue;
        }
        match E::listed(reader, stamp) {
            Some(name) => listings.entry(name).or_default().push(stamp.content_hash),
            None => instants.push(stamp.read_at),
        }
    }
    let mut cost = Cost::default();
    let mut holds = true;
    let reads = listings.into_iter().map(|(name, hashes)| async move {
        let read = reader.listing(&name).await;
        (hashes, read)
    });
    let mut reads: FuturesUnordered<_> = reads.collect();
    while let Some((hashes, read)) = reads.next().await {
        let (known, spent) = read.map_err(|source| Error::Registry { source })?;
        cost.add(spent);
        let now: Vec<[u8; 32]> = known.stamps.iter().map(|stamp| stamp.content_hash).collect();
        holds &= now == hashes;
        instants.extend(known.stamps.iter().map(|stamp| stamp.read_at));
    }
    Ok(Judged { holds, cost, vouched_at: span(instants) })
}

/// When the oldest and the newest of some facts were vouched for by registries.
pub(crate) fn vouched(stamps: &[Stamp]) -> Option<(Timestamp, Timestamp)> {
    span(of_registries(stamps).map(|stamp| stamp.read_at))
}

/// The stamps of registries' documents: the others are of documents that came with the request.
pub(crate) fn of_registries(stamps: &[Stamp]) -> impl Iterator<Item = &Stamp> {
    stamps.iter().filter(|stamp| is_of_registry(stamp))
}

pub(crate) fn is_of_registry(stamp: &Stamp) -> bool {
    !stamp.registry.is_empty()
}

/// The first and the last of some instants.
fn span(instants: impl IntoIterator<Item = Timestamp>) -> Option<(Timestamp, Timestamp)> {
    instants.into_iter().fold(None, |span, instant| {
        let (first, last) = span.unwrap_or((instant, instant));
        Some((first.min(instant), last.max(instant)))
    })
}
