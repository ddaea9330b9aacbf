//! Whether a version may be taken at all beside a chosen one.

use ecosystems::npm::{Manifest, Packument};

use crate::npm::problem::Policy;

/// Why a version is none that may be taken, as the end of a sentence that begins with it.
pub(super) fn fault(
    packument: &Packument,
    own: &Manifest,
    chosen: &Manifest,
    policy: &Policy,
) -> Option<&'static str> {
    if let (Some(before), Some(at)) = (policy.before, own.published_at)
        && at > before
    {
        return Some("was published after the cut-off");
    }
    if packument.forbids(own) {
        return Some("must not be downloaded by a policy of the registry");
    }
    if own.traits.deprecated.is_some() && chosen.traits.deprecated.is_none() {
        return Some("is deprecated, and the chosen one is not");
    }
    let runs = |manifest: &Manifest| match &manifest.traits.engines {
        Some(engines) => engines.are_met(policy.node.as_ref(), policy.npm.as_ref()),
        None => true,
    };
    if !runs(own) && runs(chosen) {
        return Some("is made for other engines, and the chosen one is not");
    }
    let (lists, others) = (&own.traits, &chosen.traits);
    let is_narrower = (lists.os.is_some() && lists.os != others.os)
        || (lists.cpu.is_some() && lists.cpu != others.cpu)
        || (lists.libc.is_some() && lists.libc != others.libc);
    if is_narrower {
        return Some("is not for all platforms that the chosen one is for");
    }
    if own.traits.has_shrinkwrap || !own.needs.bundled.is_empty() {
        return Some("brings packages in its archive");
    }
    None
}
