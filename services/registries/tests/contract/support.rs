//! How the tests talk to a registry.

use std::time::Duration;

use ecosystems::pypi::{Listing, Name};
use registries::{Error, Freshness, MetadataRead, Read, Registry, RegistryConfig, RegistryKind};
use testkit::registry::{FakeRegistry, Settings};

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).expect("the name is well formed")
}

/// Starts a fake registry over the bundled data.
pub(crate) async fn start(settings: Settings) -> FakeRegistry {
    let recorded = registries::bundled();
    FakeRegistry::start(recorded, settings).await.expect("the loopback has a free port")
}

/// A configuration that reads from `fake`, and repeats without long waits.
pub(crate) fn config(fake: &FakeRegistry) -> RegistryConfig {
    let mut config = RegistryConfig::new("fake", RegistryKind::PypiSimple);
    config.url = Some(fake.simple_url().parse().expect("the fake registry has a URL"));
    config.retry_delay = Duration::from_millis(1);
    config
}

pub(crate) fn open(config: RegistryConfig) -> Registry {
    Registry::open(config).expect("the configuration is valid")
}

/// A registry that reads from `fake`.
pub(crate) fn over(fake: &FakeRegistry) -> Registry {
    open(config(fake))
}

pub(crate) async fn try_listing(
    registry: &Registry,
    project: &str,
) -> Result<Read<Listing>, Error> {
    registry.pypi_listing(&name(project), None, Freshness::default()).await
}

pub(crate) async fn listing(registry: &Registry, project: &str) -> Read<Listing> {
    try_listing(registry, project).await.expect("the registry answers")
}

pub(crate) async fn try_metadata(
    registry: &Registry,
    listing: &Listing,
    position: usize,
) -> Result<MetadataRead, Error> {
    registry.pypi_metadata(listing, position, None, Freshness::default()).await
}

pub(crate) async fn metadata(
    registry: &Registry,
    listing: &Listing,
    position: usize,
) -> MetadataRead {
    try_metadata(registry, listing, position).await.expect("the registry answers")
}
