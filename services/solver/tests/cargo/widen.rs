//! Acceptable sets: every choice of one version from each is a valid install set, and nothing can be
//! added to them.

#[path = "widen/broken.rs"]
mod broken;
#[path = "widen/small.rs"]
mod small;
#[path = "widen/worth.rs"]
mod worth;

use solver::cargo::{Checker, Edge, Outcome, Problem, Solution, check, widen};
use solver::widen::{Acceptable, AcceptableSet, Completeness, Reach};
use testkit::chance::{Chance, so_many};

use super::world::World;
use super::{STEPS, manifests};

/// All versions that there are.
const ALL: u32 = u32::MAX;

type Set = AcceptableSet<Edge>;

/// A problem with its solution, where all is known that it needs.
pub(crate) struct Answer {
    pub(crate) world: World,
    pub(crate) problem: Problem,
    pub(crate) solution: Solution,
}

impl Answer {
    /// The answer of a problem, if there is one.
    pub(crate) fn of(mut world: World, problem: Problem) -> Option<Self> {
        match world.solve(&problem, STEPS).0 {
            Outcome::Solved(solution) => Some(Self { world, problem, solution }),
            _ => None,
        }
    }

    /// The answer of a recorded project.
    pub(crate) fn recorded(set: &str) -> Self {
        Self::of(World::recorded(), manifests::problem(set)).expect("there is an answer")
    }

    pub(crate) fn sets(&self, newest: u32) -> Vec<Set> {
        let reach = Reach { newest };
        let widened = widen(&self.problem, &self.world.universe, &self.solution, reach, &|| false);
        assert!(widened.gaps.is_empty() && widened.footprint.is_empty());
        widened.sets
    }

    /// What is wrong with sets.
    pub(crate) fn faults(&self, sets: &[Set]) -> Vec<String> {
        let faults = check(&self.problem, &self.world.universe, &self.solution, sets);
        faults.into_iter().map(|fault| fault.text).collect()
    }

    pub(crate) fn checker(&self) -> Checker<'_> {
        Checker::new(&self.problem, &self.world.universe, &self.solution)
    }

    /// The versions of a slot's package that are not in its set.
    fn excluded(&self, sets: &[Set]) -> Vec<(usize, u32)> {
        let picks = self.solution.picks.iter().zip(sets).enumerate();
        let excluded = picks.flat_map(|(slot, (pick, set))| {
            let all = (0..).zip(&pick.listing.releases).map(|(position, _)| position);
            all.filter(move |position| !has(set, *position)).map(move |position| (slot, position))
        });
        excluded.collect()
    }

    /// What is wrong once a version is in a set.
    fn faults_with(&self, sets: &[Set], (slot, position): (usize, u32)) -> Vec<String> {
        let mut more = sets.to_vec();
        more[slot].versions.push(Acceptable { position, edges: Vec::new() });
        self.faults(&more)
    }

    fn name(&self, (slot, position): (usize, u32)) -> String {
        let pick = &self.solution.picks[slot];
        format!("{} {}", pick.package, pick.listing.releases[position as usize].version)
    }
}

fn has(set: &Set, position: u32) -> bool {
    set.versions.iter().any(|acceptable| acceptable.position == position)
}

/// Judges the sets of a recorded project, and so many choices from them.
fn judge(set: &str, newest: u32, choices: usize) {
    let answer = Answer::recorded(set);
    let sets = answer.sets(newest);
    assert_eq!(answer.faults(&sets), [""; 0], "{set}");
    assert!(sets.iter().all(|set| set.completeness == Completeness::Complete));
    assert!(newest < ALL || sets.iter().all(|set| set.is_whole));
    let (mut checker, mut chance) = (answer.checker(), Chance::new(1));
    for _ in 0..choices {
        let choice = chance.choice(&sets);
        let violations = checker.choice(&choice);
        assert!(violations.is_empty(), "{set}: {violations:#?}");
    }
    let mut sizes: Vec<usize> = sets.iter().map(|set| set.versions.len()).collect();
    sizes.sort_unstable();
    let share = |tenths: usize| sizes[(sizes.len() - 1) * tenths / 10];
    let alone = sizes.iter().filter(|size| **size == 1).count();
    let reach = if newest == ALL { "all".to_owned() } else { newest.to_string() };
    println!(
        "{set:<10} reach {reach:>3}: {:>4} sets, {:>6} versions, median {:>3}, p90 {:>3}, alone {alone:>3}; \
         {choices} choices",
        sizes.len(),
        sizes.iter().sum::<usize>(),
        share(5),
        share(9),
    );
}

/// A test of each recorded project: together they would take long.
macro_rules! every_choice_is_valid {
    ($($name:ident: $set:literal,)*) => {
        $(
            #[test]
            fn $name() {
                judge($set, 20, so_many(1_000, 100_000));
                judge($set, ALL, so_many(1_000, 100_000));
            }
        )*
    };
}

every_choice_is_valid! {
    every_choice_of_a_game_is_valid: "bevy-game",
    every_choice_of_a_data_tool_is_valid: "data",
    every_choice_of_a_desktop_application_is_valid: "desktop",
    every_choice_of_a_grpc_service_is_valid: "grpc",
    every_choice_of_a_peer_is_valid: "p2p",
    every_choice_of_a_web_api_is_valid: "web-api",
}

/// Adds versions that are not in the sets, one by one: of those of the same line and not yanked as many
/// as `most` of a project, of all others as many again.
fn nothing_can_be_added(set: &str, most: usize) {
    let answer = Answer::recorded(set);
    let sets = answer.sets(ALL);
    let excluded = answer.excluded(&sets);
    let is_near = |(slot, position): &(usize, u32)| {
        let pick = &answer.solution.picks[*slot];
        let release = &pick.listing.releases[*position as usize];
        release.line() == pick.release().line() && !release.is_yanked
    };
    let (mut near, mut far): (Vec<_>, Vec<_>) = excluded.into_iter().partition(is_near);
    let (all, mut chance) = ((near.len(), far.len()), Chance::new(1));
    for out in [&mut near, &mut far] {
        while out.len() > most {
            out.swap_remove(chance.below(out.len()));
        }
    }
    for added in near.iter().chain(&far) {
        let faults = answer.faults_with(&sets, *added);
        assert!(!faults.is_empty(), "{set}: {} could be added", answer.name(*added));
    }
    let (near, far) = (near.len(), far.len());
    println!("{set:<10} added in vain: {near} of {} near, {far} of {} far", all.0, all.1);
}

/// A test of each recorded project.
macro_rules! no_version_can_be_added {
    ($($name:ident: $set:literal,)*) => {
        $(
            #[test]
            fn $name() {
                nothing_can_be_added($set, so_many(20, usize::MAX));
            }
        )*
    };
}

no_version_can_be_added! {
    no_version_can_be_added_to_a_game: "bevy-game",
    no_version_can_be_added_to_a_data_tool: "data",
    no_version_can_be_added_to_a_desktop_application: "desktop",
    no_version_can_be_added_to_a_grpc_service: "grpc",
    no_version_can_be_added_to_a_peer: "p2p",
    no_version_can_be_added_to_a_web_api: "web-api",
}

#[test]
fn sets_hold_the_solution_first_and_are_the_same_every_time() {
    for set in ["grpc", "web-api"] {
        let (answer, again) = (Answer::recorded(set), Answer::recorded(set));
        let sets = answer.sets(20);
        let told = |sets: &[Set]| format!("{sets:?}");
        assert_eq!(told(&sets), told(&again.sets(20)));
        for (pick, set) in answer.solution.picks.iter().zip(&sets) {
            assert_eq!(set.versions[0].position, pick.position);
            assert_eq!(set.versions[0].edges, pick.edges);
            assert!(set.versions.len() + set.rejected.len() <= 20);
            assert!(set.rejected.iter().all(|position| !has(set, *position)));
        }
    }
}

#[test]
fn what_is_not_tried_is_told() {
    let answer = Answer::recorded("grpc");
    let (problem, universe) = (&answer.problem, &answer.world.universe);
    let reach = Reach { newest: 20 };
    let widened = widen(problem, universe, &answer.solution, reach, &|| true);
    assert_eq!(answer.faults(&widened.sets), [""; 0]);
    for (set, whole) in widened.sets.iter().zip(answer.sets(20)) {
        assert_eq!((set.versions.len(), set.rejected.len()), (1, 0));
        let is_cut = whole.versions.len() + whole.rejected.len() > 1;
        assert_eq!(set.completeness == Completeness::Interrupted, is_cut);
        assert_eq!(set.is_whole, whole.is_whole && !is_cut);
    }
}
