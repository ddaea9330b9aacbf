//! Whether a remembered answer still holds.

use ecosystems::pypi::Name;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use registries::Stamp;
use rustc_hash::FxHashMap;

use crate::Error;
use crate::reader::{Cost, Reader};

/// Whether every listing that an answer rests on still says what it said.
///
/// What a release needs is not asked again: a listing names the files of its releases, and those do
/// not change under their names. Nothing is solved; where the registries' own rules or the
/// caller's call for it, documents are revalidated.
pub(crate) async fn holds(stamps: &[Stamp], reader: &Reader) -> Result<(bool, Cost), Error> {
    let mut listings: FxHashMap<Name, Vec<[u8; 32]>> = FxHashMap::default();
    for stamp in stamps {
        if let Some(name) = listing_name(&stamp.document) {
            listings.entry(name).or_default().push(stamp.content_hash);
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
    }
    Ok((holds, cost))
}

/// The project of a document `pypi/NAME`; none for a release's metadata.
fn listing_name(document: &str) -> Option<Name> {
    let name = document.strip_prefix("pypi/")?;
    if name.contains('/') { None } else { Name::parse(name).ok() }
}
