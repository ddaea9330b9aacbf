//! What all measurements of a run stand on: a registry, links to it, and a place for files.

use std::path::PathBuf;

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{NEAR, Plan};
use crate::link::{Link, Relay, Settings};
use crate::programs::{Programs, version};
use crate::registry::{Authority, Data, Registry};
use crate::sets::{Kind, Set};

/// A registry behind two links, and whatever else a run needs.
pub(super) struct Lab {
    pub(super) programs: Programs,
    pub(super) runtime: Runtime,
    pub(super) authority: Authority,
    pub(super) registry: Registry,
    /// Between clients and all that they talk to.
    pub(super) client: Link,
    /// The registry, as peers see it.
    pub(super) far: Doors,
    /// The registry, as the service sees it.
    pub(super) near: Doors,
    pub(super) tls: bool,
    pub(super) scratch: TempDir,
}

/// The two hosts of a registry at one end of a link: pages and metadata files are apart, as PyPI's are.
pub(super) struct Doors {
    pages: Relay,
    files: Relay,
}

impl Lab {
    pub(super) fn new(data: Data, programs: Programs, plan: &Plan) -> anyhow::Result<Self> {
        let runtime = Runtime::new()?;
        let authority = Authority::new()?;
        let scratch = tempfile::tempdir().context("there is no room for files")?;
        authority.write(&scratch.path().join("authority.pem"))?;
        let address = ([127, 0, 0, 1], 0).into();
        let registry = runtime.block_on(Registry::start(data, &authority, address))?;
        let client = Link::new(Settings::default());
        let [far, near] = [&client, &Link::new(NEAR)].map(|link| Doors::new(link, &registry));
        let (far, near, tls) = (far?, near?, plan.tls);
        Ok(Self { programs, runtime, authority, registry, client, far, near, tls, scratch })
    }

    /// The certificate that programs have to trust.
    pub(super) fn certificate(&self) -> PathBuf {
        self.scratch.path().join("authority.pem")
    }

    /// Whether the peer of that ecosystem is installed.
    pub(super) fn has_peer(&self, kind: Kind) -> bool {
        let Programs { uv, cargo, npm, .. } = &self.programs;
        let program = match kind {
            Kind::Pypi => uv,
            Kind::Cargo => cargo,
            Kind::Npm => npm,
        };
        version(program).is_some()
    }

    /// Lets the registry compress its documents for all who will ask, over links that cost nothing.
    pub(super) fn warm_up(&self, set: &Set, has_peer: bool) -> anyhow::Result<()> {
        self.client.set(Settings::default());
        if has_peer {
            let cache = tempfile::tempdir()?;
            self.peer(set, cache.path())?;
        }
        super::ours(self, set, 1).map(drop)
    }
}

impl Doors {
    fn new(link: &Link, registry: &Registry) -> std::io::Result<Self> {
        let pages = Relay::start(link, registry.address())?;
        let files = Relay::start(link, registry.address())?;
        registry.set_files_host(&pages.address().to_string(), &files.address().to_string());
        Ok(Self { pages, files })
    }

    /// A URL of the registry.
    pub(super) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.pages.address())
    }

    /// The host of metadata files.
    pub(super) fn files_host(&self) -> String {
        self.files.address().to_string()
    }
}
