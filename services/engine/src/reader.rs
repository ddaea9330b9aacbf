//! Reading facts from registries, on behalf of one caller.

use std::sync::Arc;

use registries::{Credentials, Freshness, Registry, Stamp};

use crate::ecosystem::Ecosystem;
use crate::facts::KnownListing;
use crate::fingerprint::Hasher;
use crate::{Error, Invalid, Request};

/// The registries of a request with the caller's credentials, and how packages find theirs.
#[derive(Clone, Debug)]
pub(crate) struct Reader<E: Ecosystem> {
    /// In order of priority, then those that are only asked for some packages.
    pub(crate) registries: Vec<Registry>,
    pub(crate) credentials: Vec<Option<Credentials>>,
    pub(crate) freshness: Freshness,
    /// How many of the registries are asked for whatever package.
    pub(crate) common: usize,
    pub(crate) routes: E::Routes,
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
pub(crate) enum ReadNeeds<N> {
    /// What it needs.
    Known(Arc<N>, Stamp),
    /// Only a build would tell: the source distributions.
    NeedsBuild(Vec<String>),
    /// The registry lists it and has none of its files, and which says so.
    Gone(String),
    /// It cannot be used, and why.
    Unusable(String),
}

/// What a release needs, and what it cost to read that.
pub(crate) type NeedsRead<N> = Result<(ReadNeeds<N>, Cost), registries::Error>;

impl<E: Ecosystem> Reader<E> {
    /// A reader of the declared registries that the request names, with its credentials.
    pub(crate) fn new(
        project: &E::Project,
        request: &Request,
        declared: &[Registry],
    ) -> Result<Self, Error> {
        let mut registries = Vec::new();
        for (place, name) in request.registries.iter().enumerate() {
            registries.push(find(format!("registries[{place}]"), name, declared)?.clone());
        }
        if request.registries.is_empty() {
            let serving = declared.iter().filter(|registry| registry.serves(E::ECOSYSTEM));
            registries.extend(serving.cloned());
        }
        let common = registries.len();
        let routes = E::routes(project, declared, &mut registries)?;
        Ok(Self {
            credentials: credentials(request, declared, &registries)?,
            registries,
            freshness: Freshness { max_staleness: request.max_staleness },
            common,
            routes,
        })
    }

    /// What tells the facts that this reader reads from those of others: which registries are asked
    /// for what, on whose behalf, and what the caller itself says.
    pub(crate) fn scope(&self) -> [u8; 32] {
        let mut hasher = Hasher::new("quartermaster scope 2");
        hasher.count(self.registries.len());
        for (registry, credentials) in self.registries.iter().zip(&self.credentials) {
            hasher.text(registry.name());
            hasher.bytes(&credentials.as_ref().map_or([0; 32], Credentials::scope));
        }
        hasher.count(self.common);
        E::scope(&self.routes, &mut hasher);
        hasher.finish()
    }

    /// Reads a package's listing from the first registry that has it.
    ///
    /// Registries behind that one are not asked: a name belongs to the first that knows it, so that
    /// nobody can slip a newer version of a private package in.
    pub(crate) async fn listing(
        &self,
        name: &E::Name,
    ) -> Result<(KnownListing<E::Listing>, Cost), registries::Error> {
        let mut known = KnownListing { registry: None, listing: None, stamps: Vec::new() };
        let mut cost = Cost::default();
        for place in E::places(self, name) {
            let read = E::read_listing(self, place, name).await?;
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
}

/// The declared registry of a name.
pub(crate) fn find<'a>(
    field: String,
    name: &str,
    declared: &'a [Registry],
) -> Result<&'a Registry, Error> {
    let found = declared.iter().find(|registry| **registry.name() == *name);
    found.ok_or_else(|| unknown(field, name, declared))
}

/// The place of a pin's registry among `registries`, to which it is added if it is not there.
pub(crate) fn pinned(
    field: String,
    name: &str,
    declared: &[Registry],
    registries: &mut Vec<Registry>,
) -> Result<usize, Error> {
    let registry = find(field, name, declared)?;
    let at = registries.iter().position(|known| known.name() == registry.name());
    Ok(at.unwrap_or_else(|| {
        registries.push(registry.clone());
        registries.len() - 1
    }))
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

pub(crate) fn refused(field: String, reason: String) -> Error {
    Error::Invalid(vec![Invalid { field, column: None, reason }])
}
