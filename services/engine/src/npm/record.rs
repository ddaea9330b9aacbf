//! From what the solver found to what the caller is told.

use ecosystems::npm::{Integrity, Manifest, Name, Packument};
use registries::Registry;
use solver::npm::{Content, DependencyKind, Edge as Found, Place, Solution as Solved, View};
use solver::widen::AcceptableSet;

use super::problem::Purpose;
use super::{Asked, Npm, manifest};
use crate::answer::{
    Artifact, Details, Edge, EdgeKind, MemberPick, NpmDetails, NpmFolder, Outcome, Package,
    Solution, Suggestion,
};
use crate::facts::Snapshot;
use crate::reader::Reader;
use crate::record::Filled;
use crate::{Error, record};

/// Groups what was chosen by the registry that stores it.
pub(super) fn solution(
    (facts, reader): (&Snapshot<Npm>, &Reader<Npm>),
    asked: &Asked,
    (solved, sets): (&Solved, &[AcceptableSet<Found>]),
    view: &View,
) -> Result<Outcome, Error> {
    let told = Told::new(asked, solved, view);
    let mut groups = record::groups(reader);
    for (at, place) in solved.places.iter().enumerate() {
        if told.is_out[at] {
            continue;
        }
        let Content::Release { packument, position } = &place.content else { continue };
        let name = Name::parse(&place.package).map_err(|error| Error::internal(&error))?;
        let from = facts.listing(&name).and_then(|known| known.registry);
        let from = from.ok_or_else(|| Error::internal(&"a package comes from no registry"))?;
        let release = (&**packument, *position);
        let package = told.package(at, release, sets.get(at), &reader.registries[from]);
        groups[from].packages.push(package);
    }
    groups.retain(|group| !group.packages.is_empty());
    let (members, root_edges) = (told.members(), told.root_edges());
    Ok(Outcome::Solution(Solution { groups, root_edges, members, ..Solution::default() }))
}

/// The root's requirement at `place` was left out, and so there is a solution.
pub(super) fn suggestion(asked: &Asked, place: usize, solved: &Solved) -> Suggestion {
    let Some((name, requirement)) = asked.requirement(place) else {
        let field = format!("requirements[{place}]");
        return Suggestion { field, ..Suggestion::default() };
    };
    let at_top = format!("node_modules/{name}");
    let chosen = solved.places.iter().find(|place| place.location == at_top);
    let chosen = chosen.map(|place| (&place.name as _, &place.version as _));
    record::without(place, &spelled(name.as_str(), requirement.as_str()), chosen)
}

/// A requirement as npm writes it in one text.
fn spelled(name: &str, spec: &str) -> String {
    if spec.is_empty() { name.to_owned() } else { format!("{name}@{spec}") }
}

/// The version from a registry that lies at a place.
pub(super) fn release(place: &Place) -> Option<&Manifest> {
    match &place.content {
        Content::Release { packument, position } => packument.manifests.get(*position as usize),
        Content::Project | Content::Folder(_) | Content::Link(_) => None,
    }
}

/// What is told of one solution.
struct Told<'a> {
    asked: &'a Asked,
    solved: &'a Solved,
    /// Whether the project, or a folder of it, requires what lies at a place.
    direct: Vec<bool>,
    /// Whether what lies at a place is not installed on the machine that the answer is for.
    is_out: Vec<bool>,
}

impl<'a> Told<'a> {
    fn new(asked: &'a Asked, solved: &'a Solved, view: &View) -> Self {
        let mut direct = vec![false; solved.places.len()];
        let own = solved.places.iter().filter(|place| folder(place).is_some());
        for edge in own.flat_map(|place| &place.edges).filter(|edge| edge.is_met) {
            if let Some(to) = edge.to {
                direct[to] = true;
            }
        }
        let mut is_out = vec![false; solved.places.len()];
        if asked.is_for_one_machine() {
            view.left_out.iter().for_each(|place| is_out[*place] = true);
        }
        Self { asked, solved, direct, is_out }
    }

    fn package(
        &self,
        at: usize,
        (packument, position): (&Packument, u32),
        set: Option<&AcceptableSet<Found>>,
        registry: &Registry,
    ) -> Package {
        let place = &self.solved.places[at];
        let manifest = &packument.manifests[position as usize];
        let told = |edges: &[Found]| edges.iter().filter_map(|edge| self.edge(edge)).collect();
        let filled = Filled::of(
            set,
            (position, || told(&place.edges)),
            |position| packument.manifests[position as usize].stated_version(),
            |_, edges| told(edges),
            |position| {
                let version = &packument.manifests[position as usize].version;
                self.asked.problem.is_held(&packument.name, version)
            },
        );
        let is_renamed = place.name != place.package;
        let deprecated = manifest.traits.deprecated.as_deref();
        let details = NpmDetails {
            location: place.location.clone(),
            alias: if is_renamed { place.name.clone() } else { String::new() },
            integrity: manifest.integrity.as_ref().map(ToString::to_string).unwrap_or_default(),
            purpose: place.purpose,
            in_bundle: place.purpose.is_bundled,
            has_install_script: manifest.traits.has_install_script,
            has_shrinkwrap: manifest.traits.has_shrinkwrap,
            has_unread_bundle: place.has_unread_bundle,
            deprecated: deprecated.unwrap_or_default().to_owned(),
            manifest: manifest::repeated(manifest),
        };
        Package {
            slot: place.location.clone(),
            name: place.package.clone(),
            version: manifest.stated_version(),
            artifacts: vec![artifact(manifest, registry, place)],
            acceptable: filled.acceptable,
            edges: filled.edges,
            admitted: Vec::new(),
            behind: behind(self.asked, packument, position),
            direct: self.direct[at],
            yanked: false,
            details: Details::Npm(details),
        }
    }

    /// The project's folders, by their paths, with the links that lead to each; the root, if there
    /// are links to it.
    fn members(&self) -> Vec<MemberPick> {
        let places = &self.solved.places;
        let mut members = Vec::new();
        for (at, place) in places.iter().enumerate().filter(|(at, _)| !self.is_out[*at]) {
            let links = places.iter().zip(&self.is_out).filter(|(_, is_out)| !**is_out);
            let links = links.filter_map(|(link, _)| match link.content {
                Content::Link(to) if to == at => Some((link.location.clone(), link.purpose)),
                _ => None,
            });
            let links: Vec<_> = links.collect();
            if !matches!(place.content, Content::Folder(_)) && links.is_empty() {
                continue;
            }
            let npm = NpmFolder { path: place.location.clone(), purpose: place.purpose, links };
            members.push(MemberPick {
                slot: place.location.clone(),
                name: place.package.clone(),
                version: place.version.clone(),
                npm: Some(npm),
                ..MemberPick::default()
            });
        }
        members
    }

    /// What the project depends on in the order of the request, behind its workspaces.
    fn root_edges(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        for (place, is_out) in self.solved.places.iter().zip(&self.is_out) {
            let Some(folder) = folder(place).filter(|_| !is_out) else { continue };
            for found in &place.edges {
                let Some(edge) = self.edge(found) else { continue };
                let purpose = Purpose::of(found.kind);
                let stated = purpose.zip(Name::parse(&found.name).ok());
                let stated = stated.map(|(purpose, name)| (folder, purpose, name));
                let root = stated.and_then(|stated| self.asked.stated.get(&stated)).copied();
                let member =
                    if self.asked.names_members { place.package.clone() } else { String::new() };
                edges.push(Edge { root, member, ..edge });
            }
        }
        edges.sort_by_key(|edge| edge.root);
        edges
    }

    /// An edge that is met; others are told of in warnings, or lead to nothing.
    fn edge(&self, edge: &Found) -> Option<Edge> {
        let to = edge.to.filter(|to| edge.is_met && !self.is_out[*to])?;
        let place = &self.solved.places[to];
        let target = match place.content {
            Content::Link(folder) => &self.solved.places[folder],
            _ => place,
        };
        let stated = edge.stated.as_ref().unwrap_or(&edge.spec);
        let is_renamed = edge.name != place.package;
        Some(Edge {
            target: target.location.clone(),
            requirement: spelled(&edge.name, stated),
            range: edge.spec.clone(),
            kind: match edge.kind {
                DependencyKind::Production | DependencyKind::Workspace => EdgeKind::Normal,
                DependencyKind::Development => EdgeKind::Dev,
                DependencyKind::Optional => EdgeKind::Optional,
                DependencyKind::Peer | DependencyKind::PeerOptional => EdgeKind::Peer,
            },
            alias: if is_renamed { edge.name.clone() } else { String::new() },
            ..Edge::default()
        })
    }
}

/// How many newer versions there are: pre-releases and deprecated ones aside, unless that is what was
/// chosen.
fn behind(asked: &Asked, packument: &Packument, position: u32) -> u32 {
    let chosen = &packument.manifests[position as usize];
    let newer = &packument.manifests[position as usize + 1..];
    record::behind(newer.iter().map(|manifest| {
        let too_new = |before| manifest.published_at.is_none_or(|at| at >= before);
        let is_there = !asked.problem.policy.before.is_some_and(too_new);
        let is_preview = manifest.version.is_prerelease() && !chosen.version.is_prerelease();
        let is_worse = manifest.traits.deprecated.is_some() && chosen.traits.deprecated.is_none();
        is_there && !is_preview && !is_worse
    }))
}

/// Which of the project's own packages lies at a place, if one does: a folder, or the root.
#[expect(clippy::option_option, reason = "a folder, the root, or none of the project's own")]
fn folder(place: &Place) -> Option<Option<usize>> {
    match place.content {
        Content::Project => Some(None),
        Content::Folder(folder) => Some(Some(folder)),
        Content::Release { .. } | Content::Link(_) => None,
    }
}

fn artifact(manifest: &Manifest, registry: &Registry, place: &Place) -> Artifact {
    let url = registry.npm_tarball(manifest).unwrap_or_default();
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let file = path.rsplit('/').next().filter(|file| !file.is_empty());
    let filename = file.map_or_else(
        || {
            let name = place.package.rsplit('/').next().unwrap_or_default();
            format!("{name}-{}.tgz", manifest.key())
        },
        str::to_owned,
    );
    let hash = match &manifest.integrity {
        Some(Integrity::Sha512(bytes)) => Some(format!("sha512:{}", hex(bytes))),
        Some(Integrity::Sha1(bytes)) => Some(format!("sha1:{}", hex(bytes))),
        // What it is, the integrity says in its own form.
        Some(Integrity::Other(_)) | None => None,
    };
    Artifact {
        filename,
        url,
        hashes: hash.into_iter().collect(),
        uploaded_at: manifest.published_at,
        ..Artifact::default()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
