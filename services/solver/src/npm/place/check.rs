//! Whether a package can go to a place. Nothing is changed here.

use crate::npm::build::{Builder, DEEPEST, Stop};
use crate::npm::tree::{EdgeId, NodeId};

/// What may be done with a package in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Put it there.
    Free,
    /// Keep what is there instead.
    Keep,
    /// Put it there in the place of what is there.
    Replace,
    /// It does not go there.
    Conflict,
}

/// A package, and a place that it may go to.
pub(super) struct Ask<'a> {
    pub(super) dep: NodeId,
    pub(super) edge: EdgeId,
    pub(super) target: NodeId,
    /// For a peer: the deepest place for what brings it, and the edge that brings the whole set.
    pub(super) above: Option<(NodeId, EdgeId)>,
    /// Whether what is there is to be kept rather than replaced by something newer.
    pub(super) prefers_old: bool,
    /// The packages whose peers are being looked at.
    pub(super) path: &'a [NodeId],
}

/// What was found of a place.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) dep: NodeId,
    pub(super) edge: EdgeId,
    pub(super) target: NodeId,
    /// What is there under that name.
    pub(super) current: Option<NodeId>,
    /// For the package with all its peers.
    pub(super) verdict: Verdict,
    /// For the package alone.
    pub(super) own: Verdict,
    pub(super) deepest: NodeId,
    pub(super) entry: EdgeId,
    /// What was found of its peers.
    children: Vec<Self>,
}

impl Check {
    /// The first peer, of peers too, that does not fit and has something else in its place.
    pub(super) fn conflicting_peer(&self) -> Option<&Self> {
        let mut waiting: Vec<&Self> = self.children.iter().collect();
        let mut next = 0;
        while let Some(check) = waiting.get(next).copied() {
            next += 1;
            if check.verdict == Verdict::Conflict && check.current.is_some() {
                return Some(check);
            }
            waiting.extend(&check.children);
        }
        None
    }
}

impl Builder<'_> {
    /// Looks whether a package can go to a place, with its peers.
    pub(super) fn check(&self, ask: &Ask<'_>) -> Result<Check, Stop> {
        self.step()?;
        if ask.path.len() > DEEPEST as usize {
            return Err(Stop::Spent { is_interrupted: false });
        }
        let tree = &self.tree;
        let name = tree[ask.edge].name;
        let from = tree[ask.edge].from.unwrap_or(ask.target);
        let start = ask.above.map_or(from, |(deepest, _)| deepest);
        let mut check = Check {
            dep: ask.dep,
            edge: ask.edge,
            target: ask.target,
            current: tree.child(ask.target, name),
            verdict: Verdict::Conflict,
            own: Verdict::Conflict,
            deepest: tree.deepest_target(start, name),
            entry: ask.above.map_or(ask.edge, |(_, entry)| entry),
            children: Vec::new(),
        };
        if tree[ask.dep].failure.is_some() {
            check.verdict = if check.current.is_some() { Verdict::Replace } else { Verdict::Free };
            check.own = check.verdict;
            return Ok(check);
        }
        let target_edge = tree.edge_to(ask.target, name);
        if let Some(target_edge) = target_edge {
            let is_shut = tree[target_edge].kind.is_peer() && !tree.is_top(ask.target);
            let is_other = check.current.is_none()
                && target_edge != ask.edge
                && !tree.is_satisfied_by(target_edge, ask.dep);
            if is_shut || is_other {
                return Ok(check);
            }
        }
        match check.current {
            None => self.check_free(ask, &mut check)?,
            Some(current) => self.check_taken(ask, current, &mut check)?,
        }
        Ok(check)
    }

    /// A place where nothing of that name is.
    fn check_free(&self, ask: &Ask<'_>, check: &mut Check) -> Result<(), Stop> {
        let tree = &self.tree;
        let is_source = tree[check.entry].from == Some(ask.target);
        let name = tree[ask.edge].name;
        let outer = if is_source { None } else { tree.resolve(ask.target, name) };
        if let Some(outer) = outer {
            // Whoever reaches further out past this place would get the package from now on.
            let is_hurt = |edge: &EdgeId| {
                tree[*edge].from.is_some_and(|from| tree.is_within(from, ask.target))
                    && tree.is_valid(*edge)
                    && !tree.is_satisfied_by(*edge, ask.dep)
            };
            if tree[outer].edges_in.iter().any(is_hurt) {
                return Ok(());
            }
        }
        self.check_peers(Verdict::Free, ask, check)
    }

    /// A place where something of that name is.
    fn check_taken(&self, ask: &Ask<'_>, current: NodeId, check: &mut Check) -> Result<(), Stop> {
        let tree = &self.tree;
        let (dep, edge) = (ask.dep, ask.edge);
        let is_overridden = !tree.is_satisfied_by(edge, dep);
        let suits = tree.is_satisfied_by(edge, current);
        if tree.matches(dep, current) && (suits || is_overridden) {
            check.settle(Verdict::Keep);
            return Ok(());
        }
        let is_newer = self.is_at_least(dep, current);
        if is_newer && tree.can_replace(dep, current, &[]) {
            self.check_peers(Verdict::Replace, ask, check)?;
            if check.verdict != Verdict::Conflict {
                return Ok(());
            }
        }
        if suits {
            check.settle(Verdict::Keep);
            return Ok(());
        }
        let prefers_old = ask.prefers_old || tree[edge].kind.is_peer();
        if prefers_old && !is_newer && tree.can_replace(dep, current, &[]) {
            self.check_peers(Verdict::Replace, ask, check)?;
            if check.verdict != Verdict::Conflict {
                return Ok(());
            }
        }
        // Whatever can go deeper leaves in peace what is there.
        if ask.target != check.deepest {
            check.refuse();
            return Ok(());
        }
        let must_be_here = !tree[edge].kind.is_peer() && tree[edge].from == Some(ask.target);
        let may_be_here = ask.above.is_some() || tree[edge].kind.is_peer();
        if must_be_here || (may_be_here && self.can_displace(ask, current, check.entry)) {
            return self.check_peers(Verdict::Replace, ask, check);
        }
        check.refuse();
        Ok(())
    }

    /// Whether all sets of peers that `current` is in can be replaced, or go deeper.
    fn can_displace(&self, ask: &Ask<'_>, current: NodeId, entry: EdgeId) -> bool {
        let tree = &self.tree;
        let sets = tree.entry_sets(current);
        sets.iter().filter(|(edge, _)| *edge != ask.edge && *edge != entry).all(|(edge, peers)| {
            let Some(entered) = tree[*edge].to else { return true };
            self.can_stand_in(ask.dep, entered) || {
                // Or can the set go deeper, as a whole?
                let from = tree[*edge].from.unwrap_or(entered);
                peers.iter().all(|peer| {
                    let deepest = tree.deepest_target(from, tree[*peer].name);
                    !tree.is_within(ask.target, deepest)
                })
            }
        })
    }

    /// Whether what was tried out with `dep` can stand in for a set of peers.
    fn can_stand_in(&self, dep: NodeId, entered: NodeId) -> bool {
        let tree = &self.tree;
        let Some(trial) = tree[dep].parent else { return false };
        if let Some(instead) = tree.child(trial, tree[entered].name) {
            let names: Vec<_> = tree[trial].children.iter().map(|kid| tree[*kid].name).collect();
            return tree.can_replace(instead, entered, &names);
        }
        let mut set = vec![entered];
        let mut next = 0;
        while let Some(peer) = set.get(next).copied() {
            next += 1;
            for edge in tree.edges_of(peer) {
                if !tree[edge].kind.is_peer() || !tree.is_valid(edge) {
                    continue;
                }
                match (tree.child(trial, tree[edge].name), tree[edge].to) {
                    (Some(instead), _) if !tree.is_satisfied_by(edge, instead) => return false,
                    (None, Some(to)) if !set.contains(&to) => set.push(to),
                    _ => {}
                }
            }
        }
        true
    }

    /// The verdict `state`, if the peers of the package can go with it.
    fn check_peers(&self, state: Verdict, ask: &Ask<'_>, check: &mut Check) -> Result<(), Stop> {
        let tree = &self.tree;
        check.own = state;
        if check.children.is_empty() {
            let mut path = ask.path.to_vec();
            path.push(ask.dep);
            for edge in tree.edges_of(ask.dep) {
                let Some(peer) = tree[edge].to else { continue };
                if !tree[edge].kind.is_peer() || path.contains(&peer) {
                    continue;
                }
                check.children.push(self.check(&Ask {
                    dep: peer,
                    edge,
                    target: tree.deepest_target(ask.target, tree[peer].name),
                    above: Some((check.deepest, check.entry)),
                    prefers_old: true,
                    path: &path,
                })?);
            }
        }
        let is_conflict = check.children.iter().any(|peer| peer.verdict == Verdict::Conflict);
        check.verdict = if is_conflict { Verdict::Conflict } else { state };
        Ok(())
    }

    /// Whether the version of `a` is that of `b` or a later one.
    fn is_at_least(&self, a: NodeId, b: NodeId) -> bool {
        let versions = self.tree[a].package.version().zip(self.tree[b].package.version());
        versions.is_some_and(|(a, b)| a.cmp_precedence(b).is_ge())
    }
}

impl Check {
    fn settle(&mut self, verdict: Verdict) {
        self.verdict = verdict;
        // What was found of the package alone, while its peers were looked at, stays.
        if self.own == Verdict::Conflict {
            self.own = verdict;
        }
    }

    fn refuse(&mut self) {
        self.verdict = Verdict::Conflict;
    }
}
