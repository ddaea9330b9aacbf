//! From texts to a problem.

use std::collections::{BTreeMap, BTreeSet};

use ecosystems::Timestamp;
use ecosystems::npm::{
    Dependency, ForeignKind, Name, Needs, Peer, Range, Reading as RangeReading, Requirement, Spec,
    Version,
};
use solver::conflict::Conflict;
use solver::npm::{
    DependencyKind, Folder, InstallStrategy, LockedContent, LockedPlace, Platform, Policy, Problem,
    Project,
};

use super::{order, overrides};
use crate::{
    Error, HeldTexts, Invalid, NpmEnvironment, NpmKind, NpmLocked, NpmMember, NpmProject,
    NpmRequirement, Request, Strategy, record,
};

/// What is asked of npm's packages, and where the request says so.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(super) problem: Problem,
    /// The request's requirements, by whose they are (a folder by its place, or the root), what they
    /// are for and what they name: as places in their [order].
    pub(super) stated: BTreeMap<(Option<usize>, Purpose, Name), usize>,
    /// Whether the request names members: a project without is one package.
    pub(super) names_members: bool,
    /// The machine that packages are installed on; its names are empty for the lock of all machines.
    pub(super) platform: Platform,
}

/// The lists of a `package.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    Normal,
    Optional,
    Peer,
    Dev,
}

impl From<NpmKind> for Purpose {
    fn from(kind: NpmKind) -> Self {
        match kind {
            NpmKind::Normal => Self::Normal,
            NpmKind::Dev => Self::Dev,
            NpmKind::Optional => Self::Optional,
            NpmKind::Peer | NpmKind::PeerOptional => Self::Peer,
        }
    }
}

impl Purpose {
    /// The list of an edge; none for those to workspaces, which no list states.
    pub(super) fn of(kind: DependencyKind) -> Option<Self> {
        match kind {
            DependencyKind::Production => Some(Self::Normal),
            DependencyKind::Development => Some(Self::Dev),
            DependencyKind::Optional => Some(Self::Optional),
            DependencyKind::Peer | DependencyKind::PeerOptional => Some(Self::Peer),
            DependencyKind::Workspace => None,
        }
    }
}

/// Understands a project, or names every text that it cannot understand.
pub(super) fn read(
    project: &NpmProject,
    request: &Request,
    before: Option<Timestamp>,
) -> Result<Asked, Error> {
    if request.policy.strategy != Strategy::Highest {
        let reason = "npm takes the newest versions, and no others are looked for".to_owned();
        let field = "policy.strategy".to_owned();
        return Err(Error::Unsupported(Invalid { field, column: None, reason }));
    }
    let order = order::requirements(project);
    let mut reading = Reading { project, order, invalid: Vec::new(), stated: BTreeMap::new() };
    let (root, folders) = reading.members();
    let policy = reading.policy(&project.environment, before);
    let mut overrides = overrides::tree(&project.overrides).unwrap_or_else(|faults| {
        for (place, reason) in faults {
            reading.refuse(format!("overrides[{place}].name"), reason);
        }
        Vec::new()
    });
    order::overrides(&mut overrides);
    let locked = reading.locked();
    let range = |text: &str| Range::parse(text, RangeReading::LOOSE);
    let held = HeldTexts::read_all(&request.held, Name::parse, range, &mut reading.invalid);
    let problem = Problem { project: root, folders, overrides, locked, held, policy };
    reading.refuse_foreign(&problem);
    if !reading.invalid.is_empty() {
        return Err(Error::Invalid(reading.invalid));
    }
    let names_members = !project.members.is_empty();
    let NpmEnvironment { os, cpu, libc, .. } = &project.environment;
    let name = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let Policy { node, npm, .. } = &problem.policy;
    let platform = Platform {
        os: name(os),
        cpu: name(cpu),
        libc: name(libc),
        node: node.clone(),
        npm: npm.clone(),
    };
    Ok(Asked { problem, stated: reading.stated, names_members, platform })
}

/// Reads texts, and notes those that cannot be read.
struct Reading<'a> {
    project: &'a NpmProject,
    /// The places of the requirements, in the order in which an answer counts them.
    order: Vec<usize>,
    invalid: Vec<Invalid>,
    /// The requirements by their places in that order.
    stated: BTreeMap<(Option<usize>, Purpose, Name), usize>,
}

impl Reading<'_> {
    fn refuse(&mut self, field: String, reason: String) {
        self.invalid.push(Invalid { field, column: None, reason });
    }

    fn keep<T, E: ToString>(&mut self, field: String, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.refuse(field, error.to_string())).ok()
    }

    /// The root, and the folders: workspaces in the request's order, then the others by their paths.
    fn members(&mut self) -> (Project, Vec<Folder>) {
        let all = &self.project.members;
        let mut root = None;
        let mut folders: Vec<usize> = Vec::new();
        let mut paths = BTreeSet::new();
        for (at, member) in all.iter().enumerate() {
            let field = format!("members[{at}].path");
            if !paths.insert(&member.path) {
                let reason = format!("`{}` is the folder of two members", member.path);
                self.refuse(field, reason);
            } else if member.path.is_empty() {
                root = Some(at);
            } else {
                if !is_plain(&member.path) {
                    let reason = format!(
                        "`{}` is no path from the root: write it with slashes and without detours",
                        member.path
                    );
                    self.refuse(field, reason);
                }
                folders.push(at);
            }
        }
        folders.sort_by_key(|at| order::folder(*at, &all[*at]));
        let owned = self.owned(root, &folders);
        let project = self.member(root, None, &owned);
        let folders = folders.iter().enumerate().map(|(place, at)| Folder {
            location: all[*at].path.clone(),
            project: self.member(Some(*at), Some(place), &owned),
            is_workspace: !all[*at].outside_workspace,
        });
        (project, folders.collect())
    }

    /// The requirements that each folder states, as places in their order; none for the root.
    fn owned(&self, root: Option<usize>, folders: &[usize]) -> BTreeMap<Option<usize>, Vec<usize>> {
        let mut owned: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for (place, at) in self.order.iter().enumerate() {
            let requirement = &self.project.requirements[*at];
            let member = requirement.member.filter(|member| Some(*member) != root);
            let folder = member.and_then(|at| folders.iter().position(|known| *known == at));
            owned.entry(folder).or_default().push(place);
        }
        owned
    }

    /// What the member at a place of the request states, or a root that the request does not name.
    fn member(
        &mut self,
        at: Option<usize>,
        folder: Option<usize>,
        owned: &BTreeMap<Option<usize>, Vec<usize>>,
    ) -> Project {
        let mut read = Project::default();
        if let Some((at, member)) = at.and_then(|at| Some((at, self.project.members.get(at)?))) {
            let NpmMember { name, version, path: _, outside_workspace: _, bundled } = member;
            let bundled: BTreeSet<&String> = bundled.iter().collect();
            read.needs.bundled = bundled.into_iter().map(|name| name.as_str().into()).collect();
            if !name.is_empty() {
                read.name = self.keep(format!("members[{at}].name"), Name::parse(name));
            }
            if !version.is_empty() {
                read.version = self.keep(format!("members[{at}].version"), Version::parse(version));
            }
        }
        let mut lists: BTreeMap<Purpose, Vec<Dependency>> = BTreeMap::new();
        let mut peers = Vec::new();
        for place in owned.get(&folder).map(Vec::as_slice).unwrap_or_default() {
            let Some(dependency) = self.dependency(*place, folder) else { continue };
            match self.project.requirements[self.order[*place]].kind {
                kind @ (NpmKind::Peer | NpmKind::PeerOptional) => {
                    peers.push(Peer { dependency, is_optional: kind == NpmKind::PeerOptional });
                }
                kind => lists.entry(kind.into()).or_default().push(dependency),
            }
        }
        let mut list = |purpose| lists.remove(&purpose).unwrap_or_default();
        let (mut dependencies, optional) = (list(Purpose::Normal), list(Purpose::Optional));
        // What is optional is not required, whatever else is said of it.
        dependencies.retain(|one| !optional.iter().any(|other| other.name == one.name));
        read.development = list(Purpose::Dev).into();
        read.needs = Needs {
            dependencies: dependencies.into(),
            optional: optional.into(),
            peers: peers.into(),
            ..read.needs
        };
        read
    }

    fn dependency(&mut self, place: usize, folder: Option<usize>) -> Option<Dependency> {
        let at = self.order[place];
        let NpmRequirement { member: _, name, spec, kind } = &self.project.requirements[at];
        let field = |field: &str| format!("requirements[{at}].{field}");
        let name = self.keep(field("name"), Name::parse(name))?;
        let requirement = Requirement::new(order::tidy(spec).as_str());
        if let Err(error) = requirement.spec() {
            self.refuse(field("spec"), error.to_string());
        }
        let known = self.stated.insert((folder, (*kind).into(), name.clone()), place);
        if known.is_some() {
            let reason = format!("`{name}` is required twice for the same purpose");
            self.refuse(field("name"), reason);
            return None;
        }
        Some(Dependency { name, requirement })
    }

    /// Refuses what no registry has, unless it is a folder of the project.
    fn refuse_foreign(&mut self, problem: &Problem) {
        for ((folder, _, name), place) in self.stated.clone() {
            let place = self.order[place];
            let spec = &self.project.requirements[place].spec;
            let is_folder = problem.folder_named(spec, folder).is_some();
            if let Ok(Spec::Foreign(foreign)) = Spec::parse(spec)
                && !is_folder
            {
                let advice = match foreign.kind {
                    ForeignKind::Directory => "send that folder along as a member of the project",
                    kind => kind.advice(),
                };
                let reason = format!("`{name}` is `{foreign}`, {}: {advice}", foreign.kind);
                self.refuse(format!("requirements[{place}].spec"), reason);
            }
        }
        for (place, one) in self.project.overrides.iter().enumerate() {
            let field = format!("overrides[{place}].spec");
            if let Some(name) = one.spec.strip_prefix('$') {
                if !problem.project.requirements().any(|(_, own, _)| own.as_str() == name) {
                    let reason = format!("`{}` names nothing that the project requires", one.spec);
                    self.refuse(field, reason);
                }
                continue;
            }
            match Spec::parse(&one.spec) {
                Err(error) => self.refuse(field, error.to_string()),
                Ok(Spec::Foreign(foreign)) if problem.folder_named(&one.spec, None).is_none() => {
                    let (kind, advice) = (foreign.kind, foreign.kind.advice());
                    self.refuse(field, format!("`{foreign}` is {kind}: {advice}"));
                }
                Ok(_) => {}
            }
        }
    }

    /// What an existing lock has, by place.
    fn locked(&mut self) -> Vec<LockedPlace> {
        let mut locked = Vec::with_capacity(self.project.locked.len());
        let mut locations = BTreeSet::new();
        for (place, NpmLocked { name, version, location, link }) in
            self.project.locked.iter().enumerate()
        {
            let field = |field: &str| format!("locked[{place}].{field}");
            if !locations.insert(location) {
                let reason = format!("`{location}` is the place of two packages");
                self.refuse(field("location"), reason);
            }
            let content = if link.is_empty() {
                let package = self.keep(field("name"), Name::parse(name));
                let version = self.keep(field("version"), Version::parse(version));
                let release = package.zip(version);
                release.map(|(package, version)| LockedContent::Release { package, version })
            } else {
                Some(LockedContent::Link(link.clone()))
            };
            let location = location.clone();
            locked.extend(content.map(|content| LockedPlace { location, content }));
        }
        locked.sort_by(|one, other| one.location.cmp(&other.location));
        locked
    }

    fn policy(&mut self, environment: &NpmEnvironment, before: Option<Timestamp>) -> Policy {
        let mut version = |field: &str, text: &str| {
            if text.is_empty() {
                return None;
            }
            self.keep(format!("environment.{field}"), Version::parse(text))
        };
        let strategies = [InstallStrategy::Hoisted, InstallStrategy::Nested];
        Policy {
            prefers_held: false,
            node: version("node_version", &environment.node_version),
            npm: version("npm_version", &environment.npm_version),
            before,
            install_strategy: strategies[usize::from(environment.nested)],
            prefers_dedupe: environment.prefer_dedupe,
            ignores_peers: environment.legacy_peer_deps,
            adjusts: environment.adjusts,
            has_strict_peers: environment.strict_peer_deps,
        }
    }
}

/// Whether a path goes from the root, perhaps out of it first, without detours.
fn is_plain(path: &str) -> bool {
    let mut names = path.split('/').skip_while(|name| *name == "..").peekable();
    names.peek().is_some()
        && !path.contains('\\')
        && names.all(|name| !matches!(name, "" | "." | ".."))
}

impl Asked {
    /// Whether an answer is for one machine, and what is not installed there is left out.
    pub(super) fn is_for_one_machine(&self) -> bool {
        let Platform { os, cpu, libc, node: _, npm: _ } = &self.platform;
        os.is_some() || cpu.is_some() || libc.is_some()
    }

    /// The request's requirement of the root that is at a place of the problem's list.
    fn of_root(&self, at: usize) -> Option<usize> {
        let (kind, name, _) = self.problem.project.requirements().nth(at)?;
        self.stated.get(&(None, Purpose::of(kind)?, name.clone())).copied()
    }

    /// Puts the request's places into a conflict that has the problem's.
    pub(super) fn place(&self, conflict: &mut Conflict) {
        record::place(conflict, |at| self.of_root(at).unwrap_or(at));
    }

    /// The root's requirement that the request has at `place`.
    pub(super) fn requirement(&self, place: usize) -> Option<(&Name, &Requirement)> {
        let at = (0..self.problem.project.requirements().count())
            .find(|at| self.of_root(*at) == Some(place))?;
        let (_, name, requirement) = self.problem.project.requirements().nth(at)?;
        Some((name, requirement))
    }

    /// The problem without the root's requirement at `place` of the request; none if that is not
    /// there, or is the only one.
    pub(super) fn without(&self, place: usize) -> Option<Self> {
        let project = &self.problem.project;
        let (name, _) = self.requirement(place)?;
        if project.requirements().count() < 2 {
            return None;
        }
        let (_, purpose, _) =
            self.stated.iter().find_map(|(key, at)| (*at == place).then_some(key))?;
        let kept =
            |list: &[Dependency]| list.iter().filter(|one| one.name != *name).cloned().collect();
        let mut without = self.clone();
        let left = &mut without.problem.project;
        match purpose {
            Purpose::Normal => left.needs.dependencies = kept(&left.needs.dependencies),
            Purpose::Optional => left.needs.optional = kept(&left.needs.optional),
            Purpose::Dev => left.development = kept(&left.development),
            Purpose::Peer => {
                let peers = left.needs.peers.iter().filter(|peer| peer.dependency.name != *name);
                left.needs.peers = peers.cloned().collect();
            }
        }
        Some(without)
    }
}
