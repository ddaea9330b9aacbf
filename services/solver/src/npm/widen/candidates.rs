//! Which versions may be taken at all beside a chosen one, and which of them rather.

use std::sync::Arc;

use ecosystems::Timestamp;
use ecosystems::npm::{Manifest, Packument};

use super::ways::{Ways, manifest_of};
use crate::npm::problem::Policy;
use crate::npm::solution::{Content, Edge};
use crate::widen::{Growth, Reach, Within};

/// What of a place's candidates is within reach.
pub(super) fn within(ways: &Ways<'_>, growth: &Growth<Edge>, slot: usize, reach: Reach) -> Within {
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
    let order = order(growth, slot, (packument, chosen), &problem.policy);
    let is_held = |position: u32| {
        problem.is_held(&packument.name, &packument.manifests[position as usize].version)
    };
    Within::of(growth, slot, order.into_iter(), is_held, reach)
}

/// The versions that may be taken beside a chosen one, among those that the chosen versions of other
/// packages admit, as npm prefers them: the one that is tagged `latest` if nothing speaks against
/// it, then what runs on the engines and is not deprecated, what runs, what is not deprecated, and of
/// all these the newest. What speaks against the chosen one as well rules nothing out.
fn order(
    growth: &Growth<Edge>,
    slot: usize,
    (packument, chosen): (&Packument, &Manifest),
    policy: &Policy,
) -> Vec<u32> {
    let is_in_time = |published_at: Option<Timestamp>| {
        policy.before.zip(published_at).is_none_or(|(before, at)| at <= before)
    };
    let latest = packument.tag("latest").filter(|tag| is_in_time(tag.published_at));
    let latest = latest.and_then(|tag| tag.position);
    let (may_be_deprecated, may_not_run) = (is_deprecated(chosen), !runs(chosen, policy));
    let mut ranked: Vec<((bool, bool, bool, bool), u32)> = Vec::new();
    for (position, manifest) in packument.manifests.iter().enumerate().rev() {
        let Ok(position) = u32::try_from(position) else { continue };
        if !growth.admits(slot, position) {
            continue;
        }
        let (runs, is_sound) = (runs(manifest, policy), !is_deprecated(manifest));
        let may_be_taken = is_in_time(manifest.published_at)
            && (runs || may_not_run)
            && (is_sound || may_be_deprecated)
            && is_as_wide(manifest, chosen)
            && !manifest.traits.has_shrinkwrap
            && manifest.needs.bundled.is_empty()
            && !packument.forbids(manifest);
        if may_be_taken {
            let is_latest = latest == Some(position) && runs && is_sound;
            ranked.push(((is_latest, runs && is_sound, runs, is_sound), position));
        }
    }
    ranked.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    ranked.into_iter().map(|(_, position)| position).collect()
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
