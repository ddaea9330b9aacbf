//! The solution as projects, versions and edges.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecosystems::Warning;
use ecosystems::pypi::{File, Listing, Name, Version};
use rustc_hash::FxHashSet;

use super::edges::Edges;
use super::requirements::Active;
use super::rules::{PypiRules, SlotKind, Unavailable, Variant};
use super::universe::{Gap, NameId};
use crate::search::Slot;

/// A version for everything that is needed.
#[derive(Clone, Debug, Default)]
pub struct Solution {
    /// The projects, by name.
    pub picks: Vec<Pick>,
    /// What the user's own requirements ask for.
    pub root_edges: Vec<Edge>,
    /// Extras that were asked for and that the chosen version does not offer: project and extra.
    pub unknown_extras: Vec<(Name, Name)>,
    /// Releases that were looked at and cannot be chosen, for they require a project from a URL: the
    /// project, the version, and what it requires so.
    pub by_url: Vec<(Name, Version, Name)>,
    /// The facts that were looked at, in a fixed order.
    pub footprint: Vec<Gap>,
}

/// One chosen version.
#[derive(Clone, Debug)]
pub struct Pick {
    /// The project.
    pub name: Name,
    /// Its listing.
    pub listing: Arc<Listing>,
    /// The position of the chosen version in it.
    pub position: u32,
    /// The extras that are on, by name.
    pub extras: Vec<Name>,
    /// The places of the files that may be installed in the release's list.
    pub files: Vec<usize>,
    /// What it requires here: its own requirements and those of its extras.
    pub edges: Vec<Edge>,
    /// Whether the user requires it directly.
    pub is_direct: bool,
    /// What of its metadata was read against the standards.
    pub warnings: Vec<Warning>,
}

/// One requirement that counts, and what it points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The project required.
    pub target: Name,
    /// The extras required of it.
    pub extras: Vec<Name>,
    /// The versions that would do, in PEP 440's syntax; empty for any.
    pub range: String,
    /// The marker as published; empty for none.
    pub marker: String,
    /// For an edge of the root, the place of the requirement in the problem's list.
    pub root: Option<usize>,
}

impl Pick {
    /// The chosen version.
    pub fn version(&self) -> &Version {
        &self.listing.releases[self.position as usize].version
    }

    /// The files that may be installed.
    pub fn installable(&self) -> impl Iterator<Item = &File> {
        let files = &self.listing.releases[self.position as usize].files;
        self.files.iter().map(move |place| &files[*place])
    }
}

pub(super) fn read(rules: &PypiRules<'_>, picked: Vec<(Slot, u32)>) -> Solution {
    let mut versions: BTreeMap<Name, (NameId, u32, Vec<NameId>)> = BTreeMap::new();
    for (slot, version) in picked {
        let kind = rules.kind(slot);
        match kind {
            SlotKind::Root | SlotKind::Python | SlotKind::Wish(_) => {}
            SlotKind::Real(Variant { name: id, extra, .. }) => {
                let position = rules
                    .position(kind, version)
                    .expect("what was chosen is a version of the listing");
                let entry = versions.entry(rules.name(id).clone());
                let (_, _, extras) = entry.or_insert((id, position, Vec::new()));
                if let Some(extra) = extra.filter(|extra| !extras.contains(extra)) {
                    extras.push(extra);
                }
            }
        }
    }
    let root = rules.root_requirements();
    let direct: FxHashSet<NameId> = root.iter().map(|active| active.target).collect();
    let mut edges = Edges::new(rules);
    let mut solution = Solution {
        root_edges: edges.written(&root),
        footprint: rules.footprint(),
        by_url: by_url(rules),
        ..Solution::default()
    };
    for (name, (id, position, extras)) in versions {
        let pick = read_pick(rules, id, position, &extras, &mut edges)
            .expect("a version was chosen from a listing, and what it needs was read");
        for extra in &extras {
            if !offers(rules, id, position, *extra) {
                solution.unknown_extras.push((name.clone(), rules.name(*extra).clone()));
            }
        }
        solution.picks.push(Pick { is_direct: direct.contains(&id), ..pick });
    }
    solution
}

/// The releases of the footprint that require a project from a URL.
fn by_url(rules: &PypiRules<'_>) -> Vec<(Name, Version, Name)> {
    let releases = rules.read_releases().into_iter().filter_map(|(id, position)| {
        let kind = SlotKind::Real(Variant::plain(id));
        match rules.unavailable_needs(kind, position)? {
            Unavailable::Url(required) => {
                let releases = rules.package(id)?.releases();
                let version = releases[position as usize].version.clone();
                Some((rules.name(id).clone(), version, required))
            }
            Unavailable::Python | Unavailable::Unreadable(_) => None,
        }
    });
    let mut by_url: Vec<_> = releases.collect();
    by_url.sort();
    by_url
}

fn read_pick(
    rules: &PypiRules<'_>,
    id: NameId,
    position: u32,
    extras: &[NameId],
    edges: &mut Edges<'_>,
) -> Option<Pick> {
    let listing = rules.package(id)?.listing.as_ref()?;
    let candidates = rules.candidates(id)?;
    let files = listing.releases[position as usize].files.iter().enumerate();
    let files = files
        .filter(|(_, file)| candidates.takes(rules.problem, listing, position, file))
        .map(|(place, _)| place)
        .collect();
    let mut required: Vec<Active<'_>> = Vec::new();
    let plain = Variant::plain(id);
    let with_extras = extras.iter().map(|extra| Variant { extra: Some(*extra), ..plain });
    for variant in std::iter::once(plain).chain(with_extras) {
        required.extend(rules.active(SlotKind::Real(variant), position)?);
    }
    let mut extras: Vec<Name> = extras.iter().map(|extra| rules.name(*extra).clone()).collect();
    extras.sort();
    let name = rules.name(id).clone();
    let needs = rules.package(id)?.needs(position);
    Some(Pick {
        name,
        listing: Arc::clone(listing),
        position,
        extras,
        files,
        edges: edges.written_once(&required),
        is_direct: false,
        warnings: needs.map_or_else(Vec::new, |needs| needs.warnings.to_vec()),
    })
}

/// Whether a version offers an extra: declares it, or has requirements that ask for it.
pub(super) fn offers(rules: &PypiRules<'_>, id: NameId, position: u32, extra: NameId) -> bool {
    let Some(needs) = rules.package(id).and_then(|package| package.needs(position)) else {
        return true;
    };
    let named = |marker| rules.universe.marker(marker).names_extra(rules.name(extra));
    needs.extras.contains(&extra) || needs.requirements.iter().any(|need| named(need.marker))
}
