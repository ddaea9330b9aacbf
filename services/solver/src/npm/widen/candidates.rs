//! Which versions may be taken at all beside a chosen one, and which of them rather.

use std::rc::Rc;
use std::sync::Arc;

use ecosystems::npm::{Manifest, Packument};
use rustc_hash::FxHashMap;

use super::ways::{Ways, manifest_of};
use crate::npm::problem::Policy;
use crate::npm::solution::{Content, Edge};
use crate::widen::{Growth, Reach, Within};

/// Of packages the versions that may be taken, best first, by the document and by what of old ones
/// counts.
pub(super) type Orders = FxHashMap<(*const Packument, Lenience), Rc<[u32]>>;

/// What may speak against a version, since it speaks against the chosen one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Lenience {
    deprecated: bool,
    engines: bool,
}

/// What of a place's candidates is within reach.
pub(super) fn within(
    ways: &mut Ways<'_>,
    growth: &Growth<Edge>,
    slot: usize,
    reach: Reach,
) -> Within {
    let solution = ways.solution;
    let place = &solution.places[slot];
    let (Content::Release { packument, .. }, Some(chosen)) = (&place.content, manifest_of(place))
    else {
        return Within { versions: Vec::new(), is_whole: true };
    };
    if ways.is_fixed(slot) {
        return Within { versions: Vec::new(), is_whole: true };
    }
    let problem = ways.facts.problem;
    let order = order(ways, packument, chosen);
    let manifest = |position: u32| &packument.manifests[position as usize];
    let candidates = order.iter().copied();
    let candidates = candidates.filter(|position| is_as_wide(manifest(*position), chosen));
    let held: Vec<_> = problem.held.iter().filter(|(name, _)| *name == packument.name).collect();
    let is_held =
        |position: u32| held.iter().any(|(_, range)| range.contains(&manifest(position).version));
    Within::of(growth, slot, candidates, is_held, reach)
}

/// The versions of a package that may be taken beside a chosen one, as npm prefers them: the one
/// that is tagged `latest` if nothing speaks against it, then what runs on the engines and is not
/// deprecated, what runs, what is not deprecated, and of all these the newest.
fn order(ways: &mut Ways<'_>, packument: &Arc<Packument>, chosen: &Manifest) -> Rc<[u32]> {
    let policy = &ways.facts.problem.policy;
    let lenience = Lenience { deprecated: is_deprecated(chosen), engines: !runs(chosen, policy) };
    let key = (Arc::as_ptr(packument), lenience);
    if let Some(known) = ways.orders.get(&key) {
        return Rc::clone(known);
    }
    let latest = packument
        .tag("latest")
        .filter(|tag| policy.before.zip(tag.published_at).is_none_or(|(before, at)| at <= before));
    let latest = latest.and_then(|tag| tag.position);
    let mut ranked: Vec<((bool, bool, bool, bool), u32)> = Vec::new();
    for (position, manifest) in packument.manifests.iter().enumerate().rev() {
        let Ok(position) = u32::try_from(position) else { continue };
        let is_late =
            policy.before.zip(manifest.published_at).is_some_and(|(before, at)| at > before);
        let (runs, is_sound) = (runs(manifest, policy), !is_deprecated(manifest));
        let is_out = is_late
            || (!runs && !lenience.engines)
            || (!is_sound && !lenience.deprecated)
            || manifest.traits.has_shrinkwrap
            || !manifest.needs.bundled.is_empty()
            || packument.forbids(manifest);
        if !is_out {
            let is_latest = latest == Some(position) && runs && is_sound;
            ranked.push(((is_latest, runs && is_sound, runs, is_sound), position));
        }
    }
    ranked.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    let order: Rc<[u32]> = ranked.into_iter().map(|(_, position)| position).collect();
    ways.orders.insert(key, Rc::clone(&order));
    order
}

fn is_deprecated(manifest: &Manifest) -> bool {
    manifest.traits.deprecated.is_some()
}

fn runs(manifest: &Manifest, policy: &Policy) -> bool {
    let engines = manifest.traits.engines.as_ref();
    engines.is_none_or(|engines| engines.are_met(policy.node.as_ref(), policy.npm.as_ref()))
}

/// Whether a version says of itself that it is for all platforms that the chosen one is for: one
/// answer serves them all.
fn is_as_wide(manifest: &Manifest, chosen: &Manifest) -> bool {
    let (own, other) = (&manifest.traits, &chosen.traits);
    let is_as_wide = |own: &Option<Arc<[Arc<str>]>>, other: &Option<Arc<[Arc<str>]>>| {
        own.is_none() || own == other
    };
    Arc::ptr_eq(own, other)
        || (is_as_wide(&own.os, &other.os)
            && is_as_wide(&own.cpu, &other.cpu)
            && is_as_wide(&own.libc, &other.libc))
}
