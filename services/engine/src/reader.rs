//! Reading facts from registries, on behalf of one caller.

use std::sync::Arc;

use ecosystems::pypi::{Listing, Metadata, Name};
use registries::{Credentials, Freshness, MetadataRead, Read, Registry, Stamp};
use solver::pypi::Pick;

use crate::compute::Wheel;
use crate::facts::KnownListing;

/// The registries of a request, in order of priority, with the caller's credentials.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) registries: Vec<Registry>,
    pub(crate) credentials: Vec<Option<Credentials>>,
    pub(crate) freshness: Freshness,
}

/// What reading cost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    /// Documents for which the network was used.
    pub(crate) fetched: u32,
    /// Bytes of bodies.
    pub(crate) bytes: u64,
}

impl Cost {
    pub(crate) fn add(&mut self, other: Self) {
        self.fetched += other.fetched;
        self.bytes += other.bytes;
    }
}

/// What a release needs, as far as it can be told.
#[derive(Debug)]
pub(crate) enum ReadNeeds {
    /// Its metadata.
    Known(Arc<Metadata>, Stamp),
    /// Only a build would tell: the source distributions.
    NeedsBuild(Vec<String>),
    /// The registry lists it and has none of its files, and which says so.
    Gone(String),
    /// It cannot be used, and why.
    Unusable(String),
}

impl Reader {
    /// Reads a project's listing from the first registry that has it.
    ///
    /// Registries behind that one are not asked: a name belongs to the first that knows it, so that
    /// nobody can slip a newer version of a private package in.
    pub(crate) async fn listing(
        &self,
        name: &Name,
    ) -> Result<(KnownListing, Cost), registries::Error> {
        let mut known = KnownListing { registry: None, listing: None, stamps: Vec::new() };
        let mut cost = Cost::default();
        for (place, registry) in self.registries.iter().enumerate() {
            let credentials = self.credentials[place].as_ref();
            let read = registry.pypi_listing(name, credentials, self.freshness).await?;
            cost.add(Cost { fetched: u32::from(read.fetched), bytes: read.bytes });
            known.stamps.push(read.stamp);
            if let Some(listing) = read.facts {
                known.registry = Some(place);
                known.listing = Some(listing);
                break;
            }
        }
        Ok((known, cost))
    }

    /// Reads what these wheels of a chosen version say of it, as far as the registry serves that
    /// beside them.
    pub(crate) async fn wheels(
        &self,
        registry: usize,
        pick: &Pick,
        places: &[usize],
    ) -> Vec<Wheel> {
        let credentials = self.credentials[registry].as_ref();
        let reads = places.iter().map(|place| {
            let position = pick.position as usize;
            let registry = &self.registries[registry];
            registry.pypi_file_metadata(
                &pick.listing,
                (position, *place),
                credentials,
                self.freshness,
            )
        });
        let reads = futures_util::future::join_all(reads).await;
        let files = &pick.listing.releases[pick.position as usize].files;
        let read = |(read, place): (Result<Read<Metadata>, _>, &usize)| {
            // What cannot be read cannot be compared, and the answer does not rest on it.
            let read = read.inspect_err(|error| tracing::debug!(%error, "a wheel is not compared"));
            let read = read.ok()?;
            Some(Wheel {
                filename: files[*place].filename.to_string(),
                metadata: read.facts?,
                stamp: read.stamp,
                cost: Cost { fetched: u32::from(read.fetched), bytes: read.bytes },
            })
        };
        reads.into_iter().zip(places).filter_map(read).collect()
    }

    /// Reads what a release needs from the registry that listed it.
    pub(crate) async fn needs(
        &self,
        registry: usize,
        listing: &Arc<Listing>,
        position: u32,
    ) -> Result<(ReadNeeds, Cost), registries::Error> {
        let credentials = self.credentials[registry].as_ref();
        let read = self.registries[registry]
            .pypi_metadata(listing, position as usize, credentials, self.freshness)
            .await;
        match read {
            Ok(MetadataRead::Known(read)) => {
                let cost = Cost { fetched: u32::from(read.fetched), bytes: read.bytes };
                let needs = match read.facts {
                    Some(metadata) => ReadNeeds::Known(metadata, read.stamp),
                    None => ReadNeeds::Gone(format!(
                        "registry `{}` lists it and has none of its files",
                        read.stamp.registry
                    )),
                };
                Ok((needs, cost))
            }
            Ok(MetadataRead::NeedsBuild { files }) => {
                let files = files.into_iter().map(String::from).collect();
                Ok((ReadNeeds::NeedsBuild(files), Cost::default()))
            }
            // What a registry serves in no usable form rules the release out, not the request. A file
            // that is another than the one listed, or too long, is for somebody to look into.
            Err(error @ registries::Error::Unusable { .. }) => {
                tracing::warn!(%error, "a release is passed over");
                Ok((ReadNeeds::Unusable(error.to_string()), Cost { fetched: 1, bytes: 0 }))
            }
            Err(error) => Err(error),
        }
    }
}
