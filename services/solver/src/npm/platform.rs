//! What of an answer is installed on one machine.
//!
//! One answer serves all platforms: it has what is optional for each of them. What a machine leaves
//! out is decided at last, as npm does it before it writes anything to the disk: what is optional
//! and does not fit goes, up to where it is optional, and so does what only that needs.

use std::collections::VecDeque;
use std::sync::Arc;

use ecosystems::npm::{Manifest, Version};

use super::solution::{Content, Place, Solution};

/// A machine, as far as packages ask for one. What is not said fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Platform {
    /// The operating system, as `process.platform` has it: `linux`, `darwin`, `win32`.
    pub os: Option<String>,
    /// The processor, as `process.arch` has it: `x64`, `arm64`.
    pub cpu: Option<String>,
    /// The C library of a Linux: `glibc` or `musl`. Other systems that are named have none, so that
    /// what asks for one does not fit them.
    pub libc: Option<String>,
    /// The version of node.
    pub node: Option<Version>,
    /// The version of npm.
    pub npm: Option<Version>,
}

/// What becomes of the places of an answer on a machine: their numbers, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// What is not installed, though it stays in the lock file: it is optional and does not fit, or
    /// is needed by such alone; or it is optional and needs what cannot be had at all.
    pub left_out: Vec<usize>,
    /// What must be there and is not for this platform. npm refuses to install that
    /// (`EBADPLATFORM`).
    pub unfit: Vec<usize>,
    /// What must be there and is made for other versions of node or npm. npm warns of it
    /// (`EBADENGINE`).
    pub unsupported: Vec<usize>,
}

/// What of an answer is installed on `platform`, and what does not fit there.
///
/// The rules are those of npm-install-checks. Only packages from registries are looked at: of the
/// project's own folders it is not known what they ask for. npm holds what must be there against
/// the machine that it runs on, even if it is told of another one; here all is held against
/// `platform`.
pub fn installed(solution: &Solution, platform: &Platform) -> View {
    let edges_in = edges_in(solution);
    let mut view = View::default();
    let mut is_out: Vec<bool> =
        solution.places.iter().map(|place| place.purpose.is_inert).collect();
    for (number, place) in solution.places.iter().enumerate() {
        let Some(manifest) = manifest_of(place) else { continue };
        let (fits, runs) = (platform.fits(manifest), platform.runs(manifest));
        let is_right = fits && runs;
        if !place.purpose.is_optional {
            view.unfit.extend((!fits).then_some(number));
            view.unsupported.extend((!runs).then_some(number));
        } else if !is_right && !is_out[number] {
            leave_out(number, solution, &edges_in, &mut is_out);
        }
    }
    view.left_out = (0..is_out.len()).filter(|number| is_out[*number]).collect();
    view
}

fn manifest_of(place: &Place) -> Option<&Manifest> {
    match &place.content {
        Content::Release { packument, position } => packument.manifests.get(*position as usize),
        Content::Project | Content::Folder(_) | Content::Link(_) => None,
    }
}

/// For each place the edges that lead there: from where, and whether it may be missing there.
type EdgesIn = Vec<Vec<(usize, bool)>>;

fn edges_in(solution: &Solution) -> EdgesIn {
    let mut edges_in = vec![Vec::new(); solution.places.len()];
    for (number, place) in solution.places.iter().enumerate() {
        for edge in &place.edges {
            if let Some(to) = edge.to {
                edges_in[to].push((number, edge.kind.is_optional()));
            }
        }
    }
    edges_in
}

/// Leaves out a place, all that cannot do without it, and what nobody else needs then.
fn leave_out(number: usize, solution: &Solution, edges_in: &EdgesIn, is_out: &mut [bool]) {
    let mut is_core = vec![false; is_out.len()];
    let mut core = vec![number];
    is_core[number] = true;
    let mut next = 0;
    while let Some(member) = core.get(next).copied() {
        next += 1;
        for (from, is_optional) in &edges_in[member] {
            if !is_optional && !std::mem::replace(&mut is_core[*from], true) {
                core.push(*from);
            }
        }
    }
    let mut is_going = is_core.clone();
    let mut going = core;
    let mut next = 0;
    while let Some(member) = going.get(next).copied() {
        next += 1;
        if is_out[member] {
            continue;
        }
        for to in solution.places[member].edges.iter().filter_map(|edge| edge.to) {
            if !std::mem::replace(&mut is_going[to], true) {
                going.push(to);
            }
        }
    }
    // Whatever someone else needs stays, and so does what that needs.
    let mut waiting: VecDeque<usize> = going.iter().copied().collect();
    while let Some(member) = waiting.pop_front() {
        let stays = |(from, _): &(usize, bool)| !is_going[*from] && !is_out[*from];
        if is_going[member] && !is_core[member] && edges_in[member].iter().any(stays) {
            is_going[member] = false;
            waiting.extend(solution.places[member].edges.iter().filter_map(|edge| edge.to));
        }
    }
    for member in going {
        is_out[member] |= is_going[member];
    }
}

impl Platform {
    /// Whether a version says that it is for this machine (npm-install-checks, `checkPlatform`).
    fn fits(&self, manifest: &Manifest) -> bool {
        let traits = &manifest.traits;
        let fits = |own: &Option<String>, list: &Option<Arc<[Arc<str>]>>| match (own, list) {
            (Some(own), Some(list)) => is_meant(own, list),
            _ => true,
        };
        let is_without_libc =
            self.libc.is_none() && self.os.as_deref().is_some_and(|os| os != "linux");
        fits(&self.os, &traits.os)
            && fits(&self.cpu, &traits.cpu)
            && fits(&self.libc, &traits.libc)
            && !(is_without_libc && traits.libc.is_some())
    }

    /// Whether a version runs on this node and npm (npm-install-checks, `checkEngine`).
    fn runs(&self, manifest: &Manifest) -> bool {
        let engines = manifest.traits.engines.as_ref();
        engines.is_none_or(|engines| engines.are_met(self.node.as_ref(), self.npm.as_ref()))
    }
}

/// Whether a list of names, some of them ruled out by `!`, means one name.
fn is_meant(own: &str, list: &[Arc<str>]) -> bool {
    if let [only] = list
        && **only == *"any"
    {
        return true;
    }
    let ruled_out = || list.iter().filter_map(|name| name.strip_prefix('!'));
    let is_named = list.iter().any(|name| **name == *own);
    ruled_out().all(|name| name != own) && (is_named || ruled_out().count() == list.len())
}
