//! What an index holds, as a scenario tells it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use ecosystems::pypi::{Listing, Metadata, Name, ProjectStatus, RawFile, Version, Yanked};
use solver::pypi::{Gap, Universe};

/// All projects of an index, in the order written.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct World {
    /// The projects.
    pub projects: Vec<Project>,
}

/// One project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its name.
    pub name: Name,
    /// Whether the index holds it back as malicious (PEP 792).
    pub is_quarantined: bool,
    /// Its versions, in the order written.
    pub releases: Vec<Release>,
}

/// One version of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The version.
    pub version: Version,
    /// What it requires, as published.
    pub requires: Vec<String>,
    /// Which versions of Python it is for.
    pub requires_python: Option<String>,
    /// The extras that it declares.
    pub extras: Vec<Name>,
    /// Whether its files are withdrawn.
    pub is_yanked: bool,
    /// Whether there is a source distribution and no wheel.
    pub is_sdist_only: bool,
    /// The tags of its wheels; none for one wheel that runs everywhere.
    pub wheels: Vec<String>,
    /// When its files were uploaded.
    pub uploaded: Option<String>,
    /// Hashes of its files, as `algorithm:hex`.
    pub hashes: Vec<String>,
    /// What is known of its metadata.
    pub metadata: Known,
}

/// What is known of a release's metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Known {
    /// All of it.
    #[default]
    Read,
    /// That it cannot be had, and why.
    Unreadable(String),
    /// Nothing yet.
    Unknown,
}

impl World {
    /// The project of that name.
    pub fn project(&self, name: &Name) -> Option<&Project> {
        self.projects.iter().find(|project| project.name == *name)
    }

    /// The solver's universe of all this.
    pub fn universe(&self) -> Universe {
        let mut universe = Universe::default();
        for project in &self.projects {
            universe.insert_listing(&project.name, Some(Arc::new(project.listing())));
            for (position, release) in (0..).zip(project.sorted()) {
                release.insert(&project.name, position, &mut universe);
            }
        }
        universe
    }

    /// Fills one gap in a universe, as an index would: a project that the world does not have
    /// does not exist.
    pub fn fill(&self, gap: &Gap, universe: &mut Universe) {
        match gap {
            Gap::Listing(name) => {
                let listing = self.project(name).map(|project| Arc::new(project.listing()));
                universe.insert_listing(name, listing);
            }
            Gap::Needs(name, position) => {
                let sorted = self.project(name).map(Project::sorted).unwrap_or_default();
                let release = sorted.get(*position as usize);
                let release = release.unwrap_or_else(|| {
                    panic!(
                        "the solver asked for release {position} of `{name}`, which is not listed"
                    )
                });
                release.insert(name, *position, universe);
            }
        }
    }
}

impl Project {
    /// A project without versions.
    pub fn new(name: Name) -> Self {
        Self { name, is_quarantined: false, releases: Vec::new() }
    }

    /// Its releases, ascending, as a listing has them.
    pub fn sorted(&self) -> Vec<&Release> {
        let mut releases: Vec<&Release> = self.releases.iter().collect();
        releases.sort_by(|left, right| left.version.cmp(&right.version));
        releases
    }

    /// What the index's page says of the project.
    pub fn listing(&self) -> Listing {
        let files = self.releases.iter().flat_map(|release| release.files(&self.name)).collect();
        let status =
            if self.is_quarantined { ProjectStatus::Quarantined } else { ProjectStatus::Active };
        let listing = Listing::from_files(self.name.clone(), files, status);
        assert!(
            listing.releases.len() == self.releases.len() && listing.warnings.is_empty(),
            "the versions of `{}` are not read as written: {:?}",
            self.name,
            listing.warnings
        );
        listing
    }
}

impl Release {
    /// A version of which there is nothing to say.
    pub fn new(version: Version) -> Self {
        Self {
            version,
            requires: Vec::new(),
            requires_python: None,
            extras: Vec::new(),
            is_yanked: false,
            is_sdist_only: false,
            wheels: Vec::new(),
            uploaded: None,
            hashes: Vec::new(),
            metadata: Known::Read,
        }
    }

    /// Its metadata.
    pub fn metadata(&self) -> Metadata {
        let requires = self.requires.iter().map(String::as_str);
        let extras = self.extras.iter().map(Name::as_str);
        Metadata::from_fields(requires, self.requires_python.as_deref(), extras)
            .unwrap_or_else(|error| panic!("version {}: {error}", self.version))
    }

    fn insert(&self, name: &Name, position: u32, universe: &mut Universe) {
        match &self.metadata {
            Known::Read => universe.insert_needs(name, position, &self.metadata()),
            Known::Unreadable(reason) => universe.insert_unreadable(name, position, reason),
            Known::Unknown => {}
        }
    }

    fn files(&self, name: &Name) -> Vec<RawFile> {
        let stem = format!("{}-{}", name.as_str().replace('-', "_"), self.version);
        if self.is_sdist_only {
            return vec![self.file(format!("{stem}.tar.gz"))];
        }
        let everywhere = ["py3-none-any".to_owned()];
        let tags = if self.wheels.is_empty() { &everywhere[..] } else { &self.wheels };
        tags.iter().map(|tags| self.file(format!("{stem}-{tags}.whl"))).collect()
    }

    fn file(&self, filename: String) -> RawFile {
        let hashes = self.hashes.iter().filter_map(|hash| hash.split_once(':'));
        RawFile {
            url: format!("files/{filename}"),
            filename,
            hashes: hashes
                .map(|(name, hex)| (name.to_owned(), hex.to_owned()))
                .collect::<BTreeMap<_, _>>(),
            requires_python: self.requires_python.clone(),
            upload_time: self.uploaded.clone(),
            yanked: if self.is_yanked { Yanked::Yes("".into()) } else { Yanked::No },
            ..RawFile::default()
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for project in &self.projects {
            let status = if project.is_quarantined { "   quarantined" } else { "" };
            writeln!(f, "{}{status}", project.name)?;
            project.releases.iter().try_for_each(|release| release.fmt(f))?;
        }
        Ok(())
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "    {}", self.version)?;
        for (says, statement) in [(self.is_yanked, "yanked"), (self.is_sdist_only, "sdist only")] {
            if says {
                write!(f, "   {statement}")?;
            }
        }
        let python = self.requires_python.iter().map(|python| format!("requires python {python}"));
        let uploaded = self.uploaded.iter().map(|at| format!("uploaded {at}"));
        let wheels = self.wheels.iter().map(|tags| format!("wheel {tags}"));
        let hashes = self.hashes.iter().map(|hash| format!("hash {hash}"));
        let extras: Vec<&str> = self.extras.iter().map(Name::as_str).collect();
        let extras = (!extras.is_empty()).then(|| format!("extras {}", extras.join(", ")));
        let requires =
            (!self.requires.is_empty()).then(|| format!("requires {}", self.requires.join("; ")));
        let metadata = match &self.metadata {
            Known::Read => None,
            Known::Unreadable(reason) => Some(format!("unreadable {reason}")),
            Known::Unknown => Some("unknown".to_owned()),
        };
        let few = python.chain(uploaded).chain(wheels).chain(hashes);
        for statement in few.chain(extras).chain(requires).chain(metadata) {
            write!(f, "   {statement}")?;
        }
        writeln!(f)
    }
}
