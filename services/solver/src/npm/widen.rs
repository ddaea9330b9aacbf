//! Acceptable sets: which other versions may lie in the places of an answer.
//!
//! A place of the tree is a slot. The tree stays as it is: what a name means from a place is the
//! same whatever version lies there, so that a version may lie in its place if all that lead there
//! admit it, and each of its own dependencies, looked up from the place as Node does it, leads to a
//! place whose versions meet it. Peers are looked up in the same way, from outside the package, so
//! that sets of peers need nothing more. A dependency that the chosen version has and another lacks
//! leaves a place that nobody needs, which is taken out with it.
//!
//! What npm lets pass it lets pass of other versions too: where a requirement of the chosen version
//! is not met, one of the same name and kind need not be; where an optional dependency of it leads
//! nowhere, one of that name may. Else an optional dependency that leads nowhere keeps a version
//! out, since npm would put a package there, and only optional peers may be missing.
//!
//! A range admits what it contains and a tag what it means; beside that each admits the version
//! that is there, if npm does: under `*` and any tag npm accepts whatever is there.
//!
//! What an answer says a place is there for (`dev`, `optional`, `peer`) is said of the chosen
//! versions. Of another choice it errs on one side only: a place may be needed less than is said,
//! and never more, so that what is left out by it is missed by nobody, and what is optional since it
//! does not fit every platform is required on none.

mod candidates;
mod layout;
mod overridden;
mod ways;

use ecosystems::npm::Name;

use super::problem::Problem;
use super::solution::{Edge, Solution};
use super::universe::Universe;
use crate::widen::{Growth, Reach, Widened, Within};
use ways::Ways;

/// Widens an answer: for each of its places the versions that may lie there, in the order of
/// [`Solution::places`], such that every choice of one from each is an install set. Places that
/// hold no release have an empty set, and what comes in an archive, brings some, or is not installed
/// has itself alone.
///
/// Which versions are tried, and in which order, is for `reach` and the problem's held versions to
/// say; npm's own order of preference is that of the sets. All facts are in documents that the
/// solver has read, so that there are no gaps, and no footprint beside that of the solution.
/// `interrupted` is asked now and then whether to end early.
pub fn widen(
    problem: &Problem,
    universe: &Universe,
    solution: &Solution,
    reach: Reach,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Widened<Edge, Name> {
    let mut ways = Ways::new(problem, universe, solution);
    let mut growth = Growth::new(solution.places.len());
    for place in 0..solution.places.len() {
        ways.put(&mut growth, place);
    }
    let slots = 0..solution.places.len();
    let mut within: Vec<Within> =
        slots.map(|slot| candidates::within(&ways, &growth, slot, reach)).collect();
    let completeness = Within::walk(&mut within, interrupted, |slot, position| {
        if growth.admits(slot, position)
            && let Some(way) = ways.of(slot, position)
        {
            growth.add(slot, position, way);
        }
        true
    });
    let sets = growth.into_sets(&within, |slot| completeness[slot]);
    Widened { sets, gaps: Vec::new(), footprint: Vec::new() }
}
