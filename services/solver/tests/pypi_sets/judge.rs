//! Judges the sets around an answer in a small world: by the checker, and by brute force.

use solver::pypi::{Checker, Edge, Outcome, Problem, Solution, Universe, barriers, widen};
use solver::widen::{Acceptable, AcceptableSet, Reach, Widened};
use testkit::chance::Chance;
use testkit::oracle::{Oracle, Picks};
use testkit::scenario::{World, solve_fully};

pub(crate) const EVERYTHING: Reach = Reach { newest: u32::MAX };

/// More choices are not tried all, but so many of them.
const MOST_CHOICES: usize = 4096;

/// A world, a problem, and what came of it when everything was known.
pub(crate) struct Solved<'a> {
    pub(crate) world: &'a World,
    pub(crate) problem: &'a Problem,
    pub(crate) universe: Universe,
    pub(crate) solution: Solution,
}

impl<'a> Solved<'a> {
    /// Solves; nothing where there is no solution.
    pub(crate) fn new(world: &'a World, problem: &'a Problem) -> Option<Self> {
        let mut universe = world.universe();
        match solve_fully(problem, world, &mut universe) {
            Outcome::Solved(solution) => Some(Self { world, problem, universe, solution }),
            Outcome::Conflict(..) => None,
            outcome @ (Outcome::Gaps(_) | Outcome::Spent(_)) => panic!("{outcome:?}"),
        }
    }

    pub(crate) fn checker(&self) -> Checker<'_> {
        Checker::new(self.problem, &self.universe, &self.solution)
    }

    pub(crate) fn widened(&self, reach: Reach) -> Widened<Edge, solver::pypi::Gap> {
        let widened = widen(self.problem, &self.universe, &self.solution, reach, &|| false);
        assert_eq!(widened.gaps, [], "everything is known");
        widened
    }

    /// What was chosen at these positions.
    pub(crate) fn picks(&self, positions: &[u32]) -> Picks {
        let chosen = self.solution.picks.iter().zip(positions);
        let chosen = chosen.map(|(pick, position)| {
            let release = &pick.listing.releases[*position as usize];
            (pick.name.clone(), release.version.clone())
        });
        chosen.collect()
    }

    /// The sets are sound: the checker finds nothing wrong with them, and neither does the checker
    /// nor brute force with any choice.
    pub(crate) fn judge_choices(&self, sets: &[AcceptableSet<Edge>]) -> Result<(), String> {
        let mut checker = self.checker();
        let violations = checker.sets(sets);
        if !violations.is_empty() {
            return Err(format!("the sets: {violations:?}"));
        }
        let oracle = Oracle::new(self.world, self.problem);
        for choice in choices(sets) {
            let violations = checker.choice(&choice);
            if !violations.is_empty() {
                return Err(format!("{choice:?}: {violations:?}"));
            }
            oracle
                .judge(&oracle.reached(&self.picks(&choice)))
                .map_err(|error| format!("{choice:?}: {error}"))?;
        }
        Ok(())
    }

    /// The sets are maximal: whichever version is added, something is wrong then, and known to be.
    pub(crate) fn judge_rest(&self, sets: &[AcceptableSet<Edge>]) -> Result<(), String> {
        let mut checker = self.checker();
        for (slot, pick) in self.solution.picks.iter().enumerate() {
            for position in (0..).take(pick.listing.releases.len()) {
                let is_in = sets[slot].versions.iter().any(|one| one.position == position);
                let barriers =
                    barriers(self.problem, &self.universe, &self.solution, sets, (slot, position));
                let version = &pick.listing.releases[position as usize].version;
                if is_in != barriers.is_empty() {
                    return Err(format!("`{} {version}`, in: {is_in}: {barriers:?}", pick.name));
                }
                let wider = with(sets, slot, position, &mut checker);
                if !is_in && checker.sets(&wider).is_empty() {
                    return Err(format!("`{} {version}` could be added", pick.name));
                }
            }
        }
        Ok(())
    }
}

/// The sets with one more version, which states what it has to.
pub(crate) fn with(
    sets: &[AcceptableSet<Edge>],
    slot: usize,
    position: u32,
    checker: &mut Checker<'_>,
) -> Vec<AcceptableSet<Edge>> {
    let mut sets = sets.to_vec();
    let edges = checker.edges(slot, position);
    sets[slot].versions.push(Acceptable { position, edges });
    sets
}

/// All choices of one version from each set, or many of them.
pub(crate) fn choices(sets: &[AcceptableSet<Edge>]) -> Vec<Vec<u32>> {
    let product = sets.iter().try_fold(1usize, |product, set| {
        product.checked_mul(set.versions.len()).filter(|product| *product <= MOST_CHOICES)
    });
    if product.is_none() {
        let mut chance = Chance::new(11);
        return (0..MOST_CHOICES).map(|_| chance.choice(sets)).collect();
    }
    sets.iter().fold(vec![Vec::new()], |choices: Vec<Vec<u32>>, set| {
        let extended = choices.iter().flat_map(|choice| {
            set.versions.iter().map(|one| [&choice[..], &[one.position]].concat())
        });
        extended.collect()
    })
}
