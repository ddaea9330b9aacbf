//! Why npm refuses a project, in npm's own terms and as a proof.
//!
//! Npm names two sides: what it found, and the requirement that it could not resolve beside that.
//! Each side is followed to the project, so that every fact is one of a document or the user's own.

use super::build::{Builder, Clash, Stop};
use super::facts::{DependencyKind, Failure, Origin};
use super::tree::{EdgeId, NodeId};
use crate::conflict::{Conflict, Fact, Obstacle, Sentence, UserText, quoted};

/// Npm's name for a requirement that cannot be met beside another.
const UNRESOLVED: &str = "ERESOLVE";

/// Explains why building ended, or why what failed cannot be done without.
pub(crate) fn explain(builder: &Builder<'_>, stop: &Stop) -> Conflict {
    let mut words = Words { builder, conflict: Conflict::default() };
    match stop {
        Stop::Clash(clash) => words.clash(*clash),
        Stop::Overridden(edge) => words.overridden(*edge),
        Stop::Failed(node) => words.failed(*node),
        Stop::Spent { .. } => {}
    }
    let facts = words.conflict.facts.iter();
    let mut requirements: Vec<usize> = facts
        .filter_map(|fact| match fact {
            Fact::Requirement { origin: UserText::Requirement(place), .. } => Some(*place),
            _ => None,
        })
        .collect();
    requirements.sort_unstable();
    requirements.dedup();
    Conflict { requirements, ..words.conflict }
}

struct Words<'b, 'a> {
    builder: &'b Builder<'a>,
    conflict: Conflict,
}

impl Words<'_, '_> {
    fn clash(&mut self, clash: Clash) {
        let found = match (clash.found, clash.found_for) {
            (Some(node), _) => {
                let (reasons, facts) = self.reasons_of(node);
                let text = format!("Found {}{reasons}.", quoted(self.title(node)));
                Some(self.say(&text, Vec::new(), facts))
            }
            (None, Some(edge)) => {
                let fact = self.fact(edge);
                let text = format!("{} requires {}.", self.subject(edge), self.requirement(edge));
                Some(self.say(&text, Vec::new(), vec![fact]))
            }
            (None, None) => None,
        };
        let unresolved = self.unresolved(clash.edge);
        let mut premises: Vec<usize> = found.into_iter().chain([unresolved]).collect();
        if let Some((peer, edge)) = clash.peer.filter(|(_, edge)| *edge != clash.edge) {
            let fact = self.fact(edge);
            let text = format!(
                "With it comes {}, since {} requires {}.",
                quoted(self.title(peer)),
                self.subject(edge),
                self.requirement(edge)
            );
            premises.push(self.say(&text, Vec::new(), vec![fact]));
        }
        let text = format!("These cannot be installed together, so npm refuses (`{UNRESOLVED}`).");
        self.say(&text, premises, Vec::new());
    }

    /// The requirement that could not be resolved.
    fn unresolved(&mut self, edge: EdgeId) -> usize {
        let mut facts = vec![self.fact(edge)];
        let mut text = format!("{} requires {}", self.subject(edge), self.requirement(edge));
        let from = self.builder.tree[edge].from;
        if let Some(from) = from.filter(|from| !self.is_project(*from)) {
            let (reasons, further) = self.reasons_of(from);
            text.push_str(&reasons);
            facts.extend(further);
        }
        text.push('.');
        self.say(&text, Vec::new(), facts)
    }

    fn overridden(&mut self, edge: EdgeId) {
        let tree = &self.builder.tree;
        let fact = self.fact(edge);
        let text = format!(
            "Your project requires {}, and overrides that with {}; npm allows this only where both \
             are the same (`EOVERRIDE`).",
            quoted(format!("{}@{}", self.name(edge), tree.facts.spec_text(tree[edge].stated))),
            quoted(tree.facts.spec_text(tree.spec(edge))),
        );
        self.say(&text, Vec::new(), vec![fact]);
    }

    fn failed(&mut self, node: NodeId) {
        let facts = &self.builder.tree.facts;
        let failure = self.builder.tree[node].failure.map(|failure| facts.failure(failure));
        let (text, fact) = match failure {
            Some(Failure::NoVersion { name, spec, code }) => {
                let (package, range) = (facts.name(*name), facts.spec_text(*spec));
                let before = self.builder.policy.before;
                let until = before.map(|at| format!(", published by {at},")).unwrap_or_default();
                let wanted = quoted(range);
                (
                    format!("No version of {}{until} is {wanted} (`{code}`)", quoted(package)),
                    Fact::NoVersion { package: package.to_owned(), range: range.to_owned() },
                )
            }
            Some(Failure::Missing(name) | Failure::Gap(name)) => {
                let package = facts.name(*name);
                (
                    format!("No registry has {} (`E404`)", quoted(package)),
                    Fact::Missing { package: package.to_owned() },
                )
            }
            Some(Failure::Elsewhere { name, spec }) => {
                let (package, spec) = (facts.name(*name), facts.spec_text(*spec));
                let text = format!("{} is no version, range or tag of a registry", quoted(spec));
                let fact = Fact::Unavailable {
                    package: package.to_owned(),
                    versions: String::new(),
                    reason: Obstacle::Metadata,
                    text: text.clone(),
                };
                (text, fact)
            }
            None => return,
        };
        self.conflict.facts.push(fact);
        let first = self.conflict.facts.len() - 1;
        let (reasons, mut facts) = self.reasons_of(node);
        facts.insert(0, first);
        self.say(&format!("{text}{reasons}."), Vec::new(), facts);
    }

    /// Why a node is there: who requires it, and who requires that, up to the project. Returns the
    /// words, and the facts by their places.
    fn reasons_of(&mut self, node: NodeId) -> (String, Vec<usize>) {
        let mut text = String::new();
        let mut facts = Vec::new();
        let mut seen = vec![node];
        let mut node = node;
        while let Some(edge) = self.reason_of(node, &seen) {
            facts.push(self.fact(edge));
            let link = if text.is_empty() { ", since" } else { ", and" };
            let phrase =
                format!("{link} {} requires {}", self.subject(edge), self.requirement(edge));
            text.push_str(&phrase);
            let Some(from) = self.asker(edge) else { break };
            if self.is_project(from) {
                break;
            }
            seen.push(from);
            node = from;
        }
        (text, facts)
    }

    /// The edge that a node is there for: the project's own if there is one, or the first.
    fn reason_of(&self, node: NodeId, seen: &[NodeId]) -> Option<EdgeId> {
        let tree = &self.builder.tree;
        let edges = || {
            let new = |edge: &EdgeId| self.asker(*edge).is_some_and(|from| !seen.contains(&from));
            tree[node].edges_in.iter().copied().filter(new)
        };
        let own = |edge: &EdgeId| self.asker(*edge).is_some_and(|from| self.is_project(from));
        // Nothing is met by what could not be had.
        let counts = |edge: &EdgeId| tree[node].failure.is_some() || tree.is_valid(*edge);
        edges().find(own).or_else(|| edges().find(counts))
    }

    /// Who asks along an edge, in the tree itself.
    fn asker(&self, edge: EdgeId) -> Option<NodeId> {
        let tree = &self.builder.tree;
        tree[edge].from.map(|from| tree[from].stands_for.unwrap_or(from))
    }

    fn is_project(&self, node: NodeId) -> bool {
        matches!(self.builder.tree[node].package.origin, Origin::Project)
    }

    /// `your project`, or the package with its version.
    fn subject(&self, edge: EdgeId) -> String {
        match self.asker(edge) {
            Some(from) if !self.is_project(from) => quoted(self.title(from)),
            _ => "your project".to_owned(),
        }
    }

    fn requirement(&self, edge: EdgeId) -> String {
        let text = quoted(format!("{}@{}", self.name(edge), self.spec(edge)));
        let tree = &self.builder.tree;
        match tree[edge].kind {
            DependencyKind::Peer | DependencyKind::PeerOptional => format!("{text} as a peer"),
            _ => text,
        }
    }

    fn name(&self, edge: EdgeId) -> &str {
        self.builder.tree.facts.name(self.builder.tree[edge].name)
    }

    fn spec(&self, edge: EdgeId) -> &str {
        let tree = &self.builder.tree;
        let text = tree.facts.spec_text(tree.spec(edge));
        if text.is_empty() { "*" } else { text }
    }

    /// A package with its version, such as `web@1.0.0`.
    fn title(&self, node: NodeId) -> String {
        let tree = &self.builder.tree;
        let is_folder = tree.is_top(node);
        let name = if is_folder { tree[node].package.name } else { tree[node].name };
        let name = tree.facts.name(name);
        match tree[node].package.version() {
            Some(version) => format!("{name}@{version}"),
            None => name.to_owned(),
        }
    }

    /// The place of the fact that an edge states.
    fn fact(&mut self, edge: EdgeId) -> usize {
        let tree = &self.builder.tree;
        let from = self.asker(edge).filter(|from| !self.is_project(*from));
        let version = from.and_then(|from| tree[from].package.version());
        let fact = Fact::Requirement {
            package: from.map(|from| tree.facts.name(tree[from].package.name).to_owned()),
            versions: version.map(ToString::to_string).unwrap_or_default(),
            requirement: format!("{}@{}", self.name(edge), self.spec(edge)),
            target: self.name(edge).to_owned(),
            range: self.spec(edge).to_owned(),
            origin: match from {
                Some(_) => UserText::None,
                None => self.users(edge).map_or(UserText::None, UserText::Requirement),
            },
        };
        let known = self.conflict.facts.iter().position(|known| *known == fact);
        known.unwrap_or_else(|| {
            self.conflict.facts.push(fact);
            self.conflict.facts.len() - 1
        })
    }

    /// The place of one of the project's own edges in its list of requirements.
    fn users(&self, edge: EdgeId) -> Option<usize> {
        let kind = self.builder.tree[edge].kind;
        let mut requirements = self.builder.tree.facts.problem.project.requirements();
        requirements.position(|(own, name, _)| own == kind && name.as_str() == self.name(edge))
    }

    fn say(&mut self, text: &str, premises: Vec<usize>, facts: Vec<usize>) -> usize {
        let mut letters = text.chars();
        let text = letters.next().map(|first| first.to_uppercase().chain(letters).collect());
        let text = text.unwrap_or_default();
        self.conflict.sentences.push(Sentence { text, premises, facts });
        self.conflict.sentences.len() - 1
    }
}
