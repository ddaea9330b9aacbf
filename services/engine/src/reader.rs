//! Reading facts from registries, on behalf of one caller.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecosystems::pypi::{Listing, Metadata, Name};
use registries::{Credentials, Freshness, MetadataRead, Read, Registry, Stamp};
use solver::pypi::Pick;

use crate::compute::Wheel;
use crate::facts::KnownListing;
use crate::supplied::Supplied;
use crate::{Error, Invalid, Request};

/// The registries of a request with the caller's credentials, and what the caller supplies itself.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    /// In order of priority, then those that are only asked for packages pinned to them.
    pub(crate) registries: Vec<Registry>,
    pub(crate) credentials: Vec<Option<Credentials>>,
    pub(crate) freshness: Freshness,
    /// How many of the registries are asked for whatever package.
    pub(crate) common: usize,
    /// Packages that one registry alone is asked for, by its place.
    pub(crate) pins: Arc<BTreeMap<Name, usize>>,
    pub(crate) supplied: Arc<Supplied>,
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
    /// A reader of the declared registries that the request names, with its credentials.
    pub(crate) fn new(request: &Request, declared: &[Registry]) -> Result<Self, Error> {
        let find = |field: String, name: &str| {
            let found = declared.iter().find(|registry| **registry.name() == *name);
            found.cloned().ok_or_else(|| unknown(field, name, declared))
        };
        let mut registries = Vec::new();
        for (place, name) in request.registries.iter().enumerate() {
            registries.push(find(format!("registries[{place}]"), name)?);
        }
        if request.registries.is_empty() {
            registries.extend_from_slice(declared);
        }
        let common = registries.len();
        let mut pins = BTreeMap::new();
        for (place, (package, registry)) in request.registry_pins.iter().enumerate() {
            let field = |field: &str| format!("registry_pins[{place}].{field}");
            let name = Name::parse(package)
                .map_err(|error| refused(field("package"), error.to_string()))?;
            let registry = find(field("registry"), registry)?;
            let at = registries.iter().position(|known| known.name() == registry.name());
            let at = at.unwrap_or_else(|| {
                registries.push(registry);
                registries.len() - 1
            });
            if pins.insert(name, at).is_some() {
                let reason = format!("`{package}` is pinned twice");
                return Err(refused(field("package"), reason));
            }
        }
        Ok(Self {
            credentials: credentials(request, declared, &registries)?,
            registries,
            freshness: Freshness { max_staleness: request.max_staleness },
            common,
            pins: Arc::new(pins),
            supplied: Arc::new(Supplied::read(&request.supplied_metadata)?),
        })
    }

    /// What tells the facts that this reader reads from those of others: which registries are asked
    /// for what, on whose behalf, and what the caller itself says.
    pub(crate) fn scope(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("quartermaster scope 1");
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        };
        for (registry, credentials) in self.registries.iter().zip(&self.credentials) {
            part(registry.name().as_bytes());
            part(&credentials.as_ref().map_or([0; 32], Credentials::scope));
        }
        part(&self.common.to_le_bytes());
        for (name, place) in &*self.pins {
            part(name.as_str().as_bytes());
            part(&place.to_le_bytes());
        }
        part(&self.supplied.scope());
        *hasher.finalize().as_bytes()
    }

    /// Reads a project's listing from the first registry that has it.
    ///
    /// Registries behind that one are not asked: a name belongs to the first that knows it, so that
    /// nobody can slip a newer version of a private package in. A pinned package belongs to the
    /// registry of its pin, whether that has it or not.
    pub(crate) async fn listing(
        &self,
        name: &Name,
    ) -> Result<(KnownListing, Cost), registries::Error> {
        let mut known = KnownListing { registry: None, listing: None, stamps: Vec::new() };
        let mut cost = Cost::default();
        let places = match self.pins.get(name) {
            Some(place) => *place..*place + 1,
            None => 0..self.common,
        };
        for place in places {
            let registry = &self.registries[place];
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
        if self.supplied.find(&pick.listing.name, pick.version()).is_some() {
            // What the request says of the version counts, whatever its wheels say.
            return Vec::new();
        }
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
                place: *place,
                filename: files[*place].filename.to_string(),
                metadata: read.facts?,
                stamp: read.stamp,
                cost: Cost { fetched: u32::from(read.fetched), bytes: read.bytes },
            })
        };
        reads.into_iter().zip(places).filter_map(read).collect()
    }

    /// Reads what a release needs: from the request, or else from the registry that listed it.
    pub(crate) async fn needs(
        &self,
        registry: usize,
        listing: &Arc<Listing>,
        position: u32,
    ) -> Result<(ReadNeeds, Cost), registries::Error> {
        let version = &listing.releases[position as usize].version;
        if let Some((metadata, stamp)) = self.supplied.find(&listing.name, version) {
            return Ok((ReadNeeds::Known(metadata, stamp), Cost::default()));
        }
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

/// The caller's credentials, beside the registries that they are for.
fn credentials(
    request: &Request,
    declared: &[Registry],
    registries: &[Registry],
) -> Result<Vec<Option<Credentials>>, Error> {
    let mut credentials = vec![None; registries.len()];
    for (place, secret) in request.credentials.iter().enumerate() {
        let field = || format!("credentials[{place}]");
        let name = &*secret.registry;
        if !declared.iter().any(|registry| **registry.name() == *name) {
            return Err(unknown(field(), name, declared));
        }
        let read = Credentials::parse(&secret.secret)
            .ok_or_else(|| refused(field(), format!("the credential for `{name}` is empty")))?;
        let at = registries.iter().position(|registry| **registry.name() == *name);
        let at = at.ok_or_else(|| {
            refused(field(), format!("`{name}` is not among the request's registries"))
        })?;
        credentials[at] = Some(read);
    }
    Ok(credentials)
}

fn unknown(field: String, name: &str, declared: &[Registry]) -> Error {
    let names: Vec<String> =
        declared.iter().map(|registry| format!("`{}`", registry.name())).collect();
    let names = names.join(", ");
    refused(field, format!("`{name}` is not a registry of this service; it has {names}"))
}

fn refused(field: String, reason: String) -> Error {
    Error::Invalid(vec![Invalid { field, column: None, reason }])
}
