//! How old the facts behind an answer may be.

use proto::v1::{Freshness, ResolveRequest};

use super::{Origin, Origins, policy::length};
use crate::arguments::Facts;

/// Puts into a request what the command line says of facts.
pub(super) fn put(facts: &Facts, request: &mut ResolveRequest, origins: &mut Origins) {
    let freshness = Freshness {
        max_staleness: facts.max_staleness.map(length),
        stale_while_revalidate: facts.stale_while_revalidate,
    };
    request.freshness = (freshness != Freshness::default()).then_some(freshness);
    request.snapshot_token = facts.snapshot.clone().unwrap_or_default();
    for (field, flag) in [
        ("freshness.max_staleness", "--max-staleness"),
        ("freshness.stale_while_revalidate", "--stale-while-revalidate"),
        ("snapshot_token", "--snapshot"),
    ] {
        origins.note(field, Origin::Flag(flag));
    }
}
