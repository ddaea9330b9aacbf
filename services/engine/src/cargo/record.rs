//! From what the solver found to what the caller is told.

use std::collections::{BTreeMap, BTreeSet};

use ecosystems::cargo::{CompatibilityLine, Dependency, Kind, Release};
use solver::cargo::{
    Built, Crate, Edge as Found, Pick, Replacement, Side, Solution as Solved, Target,
    UnusedPatch as Unused,
};
use solver::widen::AcceptableSet;

use super::build::{self, Compiled};
use super::{Asked, Cargo};
use crate::answer::{
    Artifact, CargoBuilt, CargoDetails, Details, Edge, EdgeKind, MemberPick, Outcome, Package,
    Solution, Suggestion, UnusedPatch, Warning, WarningCode,
};
use crate::reader::Reader;
use crate::record::Filled;
use crate::{Error, record};

/// Groups what was chosen by the registry that stores it.
pub(super) fn solution(
    reader: &Reader<Cargo>,
    asked: &Asked,
    (solved, sets): (&Solved, &[AcceptableSet<Found>]),
    compiled: Option<&Compiled>,
) -> Result<Outcome, Error> {
    let told = Told::new(reader, asked, (solved, sets), compiled)?;
    let mut groups = record::groups(reader);
    for (place, group) in groups.iter_mut().enumerate() {
        reader.routes.indexes.source(place).clone_into(&mut group.lock_source);
    }
    for (at, place) in told.places.iter().enumerate() {
        if told.is_built(at) {
            groups[*place].packages.push(told.package(at));
        }
    }
    groups.retain(|group| !group.packages.is_empty());
    let (members, root_edges) = told.members();
    let unused_patches = solved.unused_patches.iter().map(|unused| told.unused(unused)).collect();
    Ok(Outcome::Solution(Solution { groups, root_edges, members, unused_patches }))
}

/// What the caller should know besides.
pub(super) fn warnings(solved: &Solved, compiled: Option<&Compiled>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if let Some(compiled) = compiled {
        let lenient = |text: &String| Warning {
            code: WarningCode::LenientMetadata,
            text: text.clone(),
            package: String::new(),
        };
        warnings.extend(compiled.warnings.iter().map(lenient));
        if compiled.is_bound {
            let text = "more may be listed than is built: no index says which crates are \
                        procedural macros, which are built for the machine that builds";
            let (code, text) = (WarningCode::BuildBound, text.to_owned());
            warnings.push(Warning { code, text, package: String::new() });
        }
    }
    for (at, pick) in solved.picks.iter().enumerate() {
        if compiled.is_some_and(|compiled| !is_built(&compiled.picks[at])) {
            continue;
        }
        let package = pick.package.name.to_string();
        let mut warn = |code, text: String| {
            warnings.push(Warning { code, text, package: package.clone() });
        };
        let version = &pick.release().version;
        if pick.release().is_yanked {
            warn(WarningCode::Yanked, format!("`{package}` {version} is yanked"));
        }
        if let Some(text) = record::first_of(&pick.listing.warnings) {
            warn(WarningCode::LenientMetadata, text);
        }
    }
    warnings.sort();
    warnings
}

/// The dependency of the user's at `place` was left out, and so there is a solution.
pub(super) fn suggestion(asked: &Asked, place: usize, solved: &Solved) -> Suggestion {
    let Some(dependency) = asked.dependency(place) else {
        let field = format!("requirements[{place}]");
        return Suggestion { field, ..Suggestion::default() };
    };
    let chosen = solved.picks.iter().find(|pick| pick.package.name == dependency.package);
    let chosen = chosen.map(|pick| (&pick.package as _, &pick.release().version as _));
    record::without(place, &spelled(dependency), chosen)
}

/// A dependency as a manifest writes it; one by path without a version has its name alone.
fn spelled(dependency: &Dependency) -> String {
    if dependency.registry.is_none() && dependency.requirement.is_any() {
        return dependency.package.to_string();
    }
    format!("{} = \"{}\"", dependency.package, dependency.requirement)
}

/// How many newer versions there are: pre-releases aside, unless that is what was chosen.
fn behind(asked: &Asked, pick: &Pick) -> u32 {
    let takes_previews = !pick.release().version.pre.is_empty();
    let newer = &pick.listing.releases[pick.position as usize + 1..];
    record::behind(newer.iter().map(|release| {
        let too_new = |before| release.published_at.is_some_and(|at| at >= before);
        let is_there = !release.is_yanked && !asked.problem.policy.before.is_some_and(too_new);
        is_there && (takes_previews || release.version.pre.is_empty())
    }))
}

fn is_built(built: &Built) -> bool {
    built.target.is_some() || built.host.is_some()
}

/// A solution that is told.
struct Told<'a> {
    reader: &'a Reader<Cargo>,
    asked: &'a Asked,
    solved: &'a Solved,
    /// For each pick, the versions that may be in its place; nothing where that is not known.
    sets: &'a [AcceptableSet<Found>],
    /// What is compiled, where that is asked.
    compiled: Option<&'a Compiled>,
    /// For each pick, the place of its registry.
    places: Vec<usize>,
    /// For each pick, its slot.
    slots: Vec<String>,
    /// The picks that members depend on.
    direct: BTreeSet<usize>,
}

impl<'a> Told<'a> {
    fn new(
        reader: &'a Reader<Cargo>,
        asked: &'a Asked,
        (solved, sets): (&'a Solved, &'a [AcceptableSet<Found>]),
        compiled: Option<&'a Compiled>,
    ) -> Result<Self, Error> {
        let place = |pick: &Pick| {
            let place = reader.routes.indexes.place(&pick.package.registry);
            place.ok_or_else(|| Error::internal(&"a pick comes from no registry"))
        };
        let places = solved.picks.iter().map(place).collect::<Result<Vec<usize>, Error>>()?;
        let picks = solved.picks.iter().zip(&places);
        let slots = picks.map(|(pick, place)| slot(reader, *place, &pick.package, pick.release()));
        let mut direct = BTreeSet::new();
        for (member, picked) in solved.members.iter().enumerate() {
            let built = compiled.map(|compiled| &compiled.members[member]);
            for (_, target) in edges(&picked.edges, built) {
                if let Target::Pick(pick) = target {
                    direct.insert(pick);
                }
            }
        }
        let slots = slots.collect();
        Ok(Self { reader, asked, solved, sets, compiled, places, slots, direct })
    }

    /// Whether a pick is told of: with a target, what is compiled alone.
    fn is_built(&self, pick: usize) -> bool {
        self.compiled.is_none_or(|compiled| is_built(&compiled.picks[pick]))
    }

    fn package(&self, at: usize) -> Package {
        let pick = &self.solved.picks[at];
        let release = pick.release();
        let built = self.compiled.map(|compiled| &compiled.picks[at]);
        let told = |position: u32, of: Vec<(usize, Target)>| -> Vec<Edge> {
            let dependencies = &pick.listing.releases[position as usize].dependencies;
            of.into_iter().map(|(one, target)| self.edge(target, &dependencies[one])).collect()
        };
        let filled = Filled::of(
            self.sets.get(at),
            (pick.position, || told(pick.position, edges(&pick.edges, built))),
            |position| pick.listing.releases[position as usize].version.to_string(),
            |position, of| told(position, edges(of, None)),
            |position| {
                let version = &pick.listing.releases[position as usize].version;
                self.asked.problem.is_held(&pick.package.name, version)
            },
        );
        let features = match built {
            Some(built) => build::features(built, Side::Target).unwrap_or_default(),
            None => &pick.features,
        };
        Package {
            slot: self.slots[at].clone(),
            name: pick.package.name.to_string(),
            version: release.version.to_string(),
            artifacts: vec![self.artifact(pick, self.places[at])],
            acceptable: filled.acceptable,
            edges: filled.edges,
            admitted: Vec::new(),
            behind: behind(self.asked, pick),
            direct: self.direct.contains(&at),
            yanked: release.is_yanked,
            details: Details::Cargo(CargoDetails {
                features: features.to_vec(),
                checksum: release.checksum.as_deref().unwrap_or_default().to_owned(),
                links: release.links.as_deref().unwrap_or_default().to_owned(),
                rust_version: release.rust_version.map_or_else(String::new, |one| one.to_string()),
                build: built.map(|built| CargoBuilt {
                    for_target: built.target.is_some(),
                    for_host: built.host.is_some(),
                    host_features: build::features(built, Side::Host).unwrap_or_default().to_vec(),
                }),
            }),
        }
    }

    fn unused(&self, unused: &Unused) -> UnusedPatch {
        let patch = &self.asked.problem.patches[unused.patch];
        let indexes = &self.reader.routes.indexes;
        let source = match &patch.replacement {
            Replacement::Member(_) => None,
            Replacement::Package(package, _) => indexes.place(&package.registry),
        };
        UnusedPatch {
            patch: unused.patch,
            name: patch.package.name.to_string(),
            version: unused.version.to_string(),
            lock_source: source.map_or("", |place| indexes.source(place)).to_owned(),
        }
    }

    fn artifact(&self, pick: &Pick, place: usize) -> Artifact {
        let (name, release) = (&pick.package.name, pick.release());
        let checksum = release.checksum.as_deref();
        let settings = self.reader.routes.settings.get(&place);
        let url = settings
            .and_then(|settings| settings.download_url(name, &release.version, checksum))
            .unwrap_or_default();
        Artifact {
            filename: format!("{name}-{}.crate", release.version),
            url,
            hashes: checksum.map(|checksum| format!("sha256:{checksum}")).into_iter().collect(),
            uploaded_at: release.published_at,
            yanked_reason: release.is_yanked.then(String::new),
            ..Artifact::default()
        }
    }

    /// What the members have, and what they depend on in the order of the request.
    fn members(&self) -> (Vec<MemberPick>, Vec<Edge>) {
        let mut members = Vec::new();
        let mut root_edges: BTreeMap<usize, Edge> = BTreeMap::new();
        let stated = self.asked.problem.members.iter().zip(&self.asked.places);
        for (at, ((member, places), picked)) in stated.zip(&self.solved.members).enumerate() {
            let built = self.compiled.map(|compiled| &compiled.members[at]);
            if !picked.is_needed || built.is_some_and(|built| !is_built(built)) {
                continue;
            }
            let features = match built {
                Some(built) => build::features(built, Side::Target)
                    .or_else(|| build::features(built, Side::Host))
                    .unwrap_or_default(),
                None => &picked.features,
            };
            members.push(MemberPick {
                slot: self.member_slot(at),
                name: member.name.to_string(),
                version: member.version.to_string(),
                features: features.to_vec(),
                npm: None,
            });
            for (dependency, target) in edges(&picked.edges, built) {
                let root = places[dependency];
                let edge = self.edge(target, &member.dependencies[dependency]);
                let named = self.asked.names_members;
                let member = if named { member.name.to_string() } else { String::new() };
                root_edges.insert(root, Edge { root: Some(root), member, ..edge });
            }
        }
        if !self.asked.names_members {
            members.clear();
        }
        members.sort_by(|left, right| left.name.cmp(&right.name));
        (members, root_edges.into_values().collect())
    }

    fn edge(&self, target: Target, dependency: &Dependency) -> Edge {
        let target = match target {
            Target::Member(place) => self.member_slot(place),
            Target::Pick(place) => self.slots[place].clone(),
        };
        let alias = &*dependency.alias;
        let is_renamed = alias != dependency.package.as_str();
        let default = dependency.uses_default_features.then(|| "default".to_owned());
        let features = dependency.features.iter().map(ToString::to_string);
        let mut features: Vec<String> = default.into_iter().chain(features).collect();
        features.sort_unstable();
        features.dedup();
        Edge {
            target,
            requirement: spelled(dependency),
            range: dependency.requirement.to_string(),
            extras: features,
            marker: dependency.target.as_deref().unwrap_or_default().to_owned(),
            kind: match dependency.kind {
                Kind::Build => EdgeKind::Build,
                Kind::Dev => EdgeKind::Dev,
                Kind::Normal if dependency.is_optional => EdgeKind::Optional,
                Kind::Normal => EdgeKind::Normal,
            },
            alias: if is_renamed { alias.to_owned() } else { String::new() },
            ..Edge::default()
        }
    }

    fn member_slot(&self, place: usize) -> String {
        format!("member {}", self.asked.problem.members[place].name)
    }
}

/// A crate's name and compatibility line, behind its registry if that is not the first one.
fn slot(reader: &Reader<Cargo>, place: usize, package: &Crate, release: &Release) -> String {
    let line = CompatibilityLine::of(&release.version);
    match place {
        0 => format!("{}@{line}", package.name),
        _ => format!("{}/{}@{line}", reader.registries[place].name(), package.name),
    }
}

/// What a package depends on: as it is compiled, or as the lock has it.
fn edges(locked: &[Found], built: Option<&Built>) -> Vec<(usize, Target)> {
    match built {
        Some(built) => build::edges(built),
        None => locked.iter().map(|edge| (edge.dependency, edge.target)).collect(),
    }
}
