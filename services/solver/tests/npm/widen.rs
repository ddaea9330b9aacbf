//! Acceptable sets of npm's places on recorded data, and what judges them: the check, and the
//! solver itself, for which a choice that holds is a lock file that stays as it is.

use std::collections::BTreeSet;

use ecosystems::npm::{Name, Range, Reading};
use proptest::test_runner::{RngAlgorithm, TestRng};
use solver::conflict::Fact;
use solver::npm::{
    Checker, Content, DependencyKind, Edge, Outcome, Place, Problem, Purpose, Solution, barriers,
    check, widen,
};
use solver::widen::{AcceptableSet, Barrier, Completeness, Reach};
use testkit::chance::so_many;

use super::STEPS;
use super::case;
use super::random::Dice;
use super::world::World;
use super::{cases, depsdev, manifests};

/// The recorded projects that npm accepts.
pub(crate) const SETS: [&str; 3] = ["next-app", "vite-vue", "storybook"];

const ALL: Reach = Reach { newest: u32::MAX };

/// An answer with its sets.
struct Given {
    name: String,
    world: World,
    problem: Problem,
    solution: Solution,
}

impl Given {
    fn new(name: &str, world: &mut World, problem: Problem) -> Option<Self> {
        let Outcome::Solved(solution) = world.solve(&problem, STEPS).0 else { return None };
        Some(Self { name: name.to_owned(), world: world.clone(), problem, solution })
    }

    fn sets(&self, reach: Reach) -> Vec<AcceptableSet<Edge>> {
        let universe = self.world.universe();
        let widened = widen(&self.problem, universe, &self.solution, reach, &|| false);
        assert!(widened.gaps.is_empty() && widened.footprint.is_empty());
        widened.sets
    }

    /// The answer with other versions in its places.
    fn with(&self, choice: &[u32]) -> Solution {
        let mut solution = self.solution.clone();
        for (place, chosen) in solution.places.iter_mut().zip(choice) {
            if let Content::Release { packument, position } = &mut place.content {
                *position = *chosen;
                place.version = packument.manifests[*chosen as usize].version.to_string();
            }
        }
        solution
    }

    /// Whether all is as it should be, so that nothing need be looked for again.
    fn is_right(&self) -> bool {
        self.solution.places.iter().all(|place| {
            let purpose = place.purpose;
            !purpose.is_extraneous
                && !purpose.is_inert
                && place.edges.iter().all(|edge| edge.is_met && edge.to.is_some())
        })
    }

    /// The places that a choice needs, with those around them.
    fn needed(&self, sets: &[AcceptableSet<Edge>], choice: &[u32]) -> BTreeSet<&str> {
        let mut needed: BTreeSet<usize> = BTreeSet::new();
        let mut waiting = vec![0];
        while let Some(slot) = waiting.pop() {
            if !needed.insert(slot) {
                continue;
            }
            let place = &self.solution.places[slot];
            if let Content::Link(target) = place.content {
                waiting.push(target);
            }
            let version = sets[slot].versions.iter().find(|one| one.position == choice[slot]);
            let edges = version.map_or(&place.edges, |version| &version.edges);
            let counts = |edge: &&Edge| edge.kind != DependencyKind::PeerOptional;
            waiting.extend(edges.iter().filter(counts).filter_map(|edge| edge.to));
            let around = place.location.rfind("/node_modules/").map(|end| &place.location[..end]);
            let places = self.solution.places.iter();
            waiting.extend(
                around
                    .and_then(|around| places.clone().position(|place| place.location == *around)),
            );
        }
        needed.into_iter().map(|slot| &*self.solution.places[slot].location).collect()
    }

    /// Asserts that a choice, written down as a lock file, stays as it is, but for what nobody needs.
    /// Returns whether the file could be taken up: what lies in a folder that is no workspace is not.
    fn stays(&self, sets: &[AcceptableSet<Edge>], choice: &[u32]) -> bool {
        let chosen = self.with(choice);
        let locked = case::locked(&chosen);
        let problem = Problem { locked, ..self.problem.clone() };
        let (again, ..) = self.world.clone().solve(&problem, STEPS);
        let Outcome::Solved(again) = again else { panic!("{}: {again:?}", self.name) };
        if !again.not_taken_up.is_empty() {
            return false;
        }
        let needed = self.needed(sets, choice);
        let found: BTreeSet<&str> = again.places.iter().map(|place| &*place.location).collect();
        // Folders and workspaces are there whether they are needed or not.
        let is_release = |location: &&&str| location.contains("node_modules/");
        let ours: Vec<_> = needed.iter().filter(is_release).collect();
        let theirs: Vec<_> = found.iter().filter(is_release).collect();
        assert_eq!(ours, theirs, "{}", self.name);
        for place in &again.places {
            let mut places = chosen.places.iter();
            let own = places.find(|own| own.location == place.location).expect("the place");
            assert_eq!(own.version, place.version, "{} {}", self.name, own.location);
            assert!(place.edges.iter().all(|edge| edge.is_met), "{} {place:?}", self.name);
            let (before, now) = (own.purpose, place.purpose);
            let may_go =
                |purpose: Purpose| purpose.is_dev || purpose.is_optional || purpose.is_dev_optional;
            let is_needed = (before.is_dev && !now.is_dev)
                || (before.is_optional && !now.is_optional)
                || (may_go(before) && !may_go(now))
                || (before.is_peer && !now.is_peer);
            assert!(!is_needed, "{} {} {before:?} {now:?}", self.name, place.location);
        }
        true
    }
}

/// All that is recorded and has an answer.
fn all() -> Vec<Given> {
    let Some(mut world) = World::recorded() else { return Vec::new() };
    let mut all = Vec::new();
    for set in SETS {
        all.extend(Given::new(set, &mut world, case::oracle(set).expect("an oracle")));
    }
    assert_eq!(all.len(), SETS.len());
    for (name, problem) in manifests::problems() {
        all.extend(Given::new(&name, &mut world, problem));
    }
    assert_eq!(all.len(), SETS.len() + 10);
    for case in cases::read() {
        let mut own = case.documents().map(World::of);
        let world = own.as_mut().unwrap_or(&mut world);
        all.extend(Given::new(&case.name, world, case.problem()));
    }
    for (name, mut world, problem) in depsdev::problems() {
        all.extend(Given::new(&name, &mut world, problem));
    }
    all
}

fn options(sets: &[AcceptableSet<Edge>]) -> Vec<Vec<u32>> {
    let positions = |set: &AcceptableSet<Edge>| {
        let positions: Vec<u32> = set.versions.iter().map(|version| version.position).collect();
        if positions.is_empty() { vec![0] } else { positions }
    };
    sets.iter().map(positions).collect()
}

fn choose(options: &[Vec<u32>], dice: &mut Dice) -> Vec<u32> {
    options.iter().map(|all| all[dice.below(all.len())]).collect()
}

fn dice() -> Dice {
    Dice(TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Chooses at random from the sets of all that is recorded, so often from each, and asserts that
/// the check finds nothing; and of so many that the solver keeps them.
fn judge_choices(judged: usize, kept: usize) {
    let mut dice = dice();
    let (mut answers, mut others, mut locks) = (0, 0, 0);
    for given in all() {
        let sets = given.sets(ALL);
        let universe = given.world.universe();
        let violations = check(&given.problem, universe, &given.solution, &sets);
        assert!(violations.is_empty(), "{}: {violations:#?}", given.name);
        let options = options(&sets);
        let more: usize = options.iter().map(|all| all.len() - 1).sum();
        (answers, others) = (answers + 1, others + more);
        let mut checker = Checker::new(&given.problem, universe, &given.solution);
        // Small sets have few choices.
        for round in 0..judged.min(1 << more.min(30)) {
            let choice = choose(&options, &mut dice);
            assert_eq!(checker.choice(&choice), Vec::new(), "{}", given.name);
            if round < kept && given.is_right() {
                locks += usize::from(given.stays(&sets, &choice));
            }
        }
    }
    println!("{answers} answers, {others} versions beside the chosen, {locks} locks kept");
    assert!(answers == 0 || locks > 50);
}

#[test]
fn every_choice_from_recorded_sets_is_an_install_set() {
    judge_choices(so_many(2_000, 100_000), so_many(3, 50));
}

/// Asserts that no version could be added to a set, of every so many.
fn judge_excluded(every: usize) {
    let (mut tried, mut unavailable) = (0, 0);
    for given in all() {
        let sets = given.sets(ALL);
        let mut excluded = Vec::new();
        for (slot, place) in given.solution.places.iter().enumerate() {
            let Content::Release { packument, .. } = &place.content else { continue };
            assert!(sets[slot].is_whole && sets[slot].completeness == Completeness::Complete);
            let is_in =
                |position: &u32| sets[slot].versions.iter().any(|v| v.position == *position);
            let positions = (0..).take(packument.manifests.len());
            excluded.extend(positions.filter(|at| !is_in(at)).map(|at| (slot, at)));
        }
        for (slot, position) in excluded.into_iter().step_by(every) {
            let universe = given.world.universe();
            let barriers =
                barriers(&given.problem, universe, &given.solution, &sets, (slot, position));
            let place = &given.solution.places[slot].location;
            assert!(!barriers.is_empty(), "{}: {place} {position} could be there", given.name);
            unavailable += usize::from(matches!(barriers[..], [Barrier::Unavailable(_)]));
            tried += 1;
        }
    }
    println!("{tried} versions that are in no set, {unavailable} of them no candidates");
}

#[test]
fn no_version_could_be_added_to_recorded_sets() {
    judge_excluded(so_many(401, 1));
}

/// Archives, by package and version.
type Archives = BTreeSet<(String, String)>;

/// The archives of some places of an answer.
fn archives(solution: &Solution, places: &BTreeSet<&str>) -> Archives {
    let is_there = |content: &Content| matches!(content, Content::Release { .. });
    let places = solution.places.iter().filter(|place| places.contains(&*place.location));
    let places = places.filter(|place| is_there(&place.content));
    places.map(|place| (place.package.clone(), place.version.clone())).collect()
}

fn all_archives(solution: &Solution) -> Archives {
    archives(solution, &solution.places.iter().map(|place| &*place.location).collect())
}

/// How many archives a client fetches that has those of an older answer: for the answer alone, for
/// the best choice from its sets, and for the answer that prefers what is held.
fn to_fetch(given: &Given, held: &Archives) -> [usize; 3] {
    let range = |version: &str| Range::parse(version, Reading::LOOSE).expect("a range");
    let all =
        held.iter().map(|(name, version)| (Name::parse(name).expect("a name"), range(version)));
    let problem = Problem { held: all.collect(), ..given.problem.clone() };
    let own = Given {
        name: given.name.clone(),
        world: given.world.clone(),
        problem,
        solution: given.solution.clone(),
    };
    let sets = own.sets(Reach { newest: 20 });
    let violations = check(&own.problem, own.world.universe(), &own.solution, &sets);
    assert_eq!(violations, Vec::new());
    let best = |(set, place): (&AcceptableSet<Edge>, &Place)| {
        let Content::Release { packument, position } = &place.content else { return 0 };
        let is_held = |at: &u32| {
            let version = &packument.manifests[*at as usize].version;
            own.problem.is_held(&packument.name, version)
        };
        set.versions.iter().map(|version| version.position).find(is_held).unwrap_or(*position)
    };
    let choice: Vec<u32> = sets.iter().zip(&own.solution.places).map(best).collect();
    let picked = archives(&own.with(&choice), &own.needed(&sets, &choice));
    let mut preferring = own.problem.clone();
    preferring.policy.prefers_held = true;
    let Outcome::Solved(preferred) = own.world.clone().solve(&preferring, STEPS).0 else {
        panic!("{}: there is an answer", own.name)
    };
    let preferred = all_archives(&preferred);
    [&all_archives(&own.solution), &picked, &preferred]
        .map(|archives| archives.difference(held).count())
}

/// The answer of a registry in which packages lack so many of their last releases, but for those
/// packages that the project or another then lacks; none if the search for it does not end.
fn older_answer(given: &Given, releases: usize) -> Option<Solution> {
    let mut aged = given.solution.footprint.clone();
    loop {
        let mut old = given.world.before_the_last(releases, &aged);
        match old.solve(&given.problem, STEPS).0 {
            Outcome::Solved(older) => return Some(older),
            Outcome::Conflict(conflict, _) => {
                let before = aged.len();
                let lacking = conflict.facts.iter().flat_map(|fact| match fact {
                    Fact::NoVersion { package, .. } => vec![package],
                    Fact::Requirement { package, target, .. } => {
                        package.iter().chain([target]).collect()
                    }
                    _ => Vec::new(),
                });
                let lacking: BTreeSet<&String> = lacking.collect();
                aged.retain(|name| !lacking.contains(&name.to_string()));
                assert!(aged.len() < before, "{conflict}");
            }
            _ => return None,
        }
    }
}

#[test]
fn who_holds_an_older_answer_fetches_less_by_sets_and_by_what_prefers_it() {
    let Some(mut world) = World::recorded() else { return };
    for set in SETS {
        let problem = case::oracle(set).expect("an oracle");
        let given = Given::new(set, &mut world, problem.clone()).expect("an answer");
        let sets = given.sets(ALL);
        // The version before the chosen one, where the sets let it.
        let older = sets.iter().zip(given.solution.places.iter()).map(|(set, place)| {
            let Content::Release { position: chosen, .. } = place.content else { return 0 };
            let positions = set.versions.iter().map(|version| version.position);
            positions.filter(|position| *position < chosen).max().unwrap_or(chosen)
        });
        let older: Vec<u32> = older.collect();
        let held = archives(&given.with(&older), &given.needed(&sets, &older));
        let [exact, picked, preferred] = to_fetch(&given, &held);
        println!(
            "{set}, the version before: {} archives held; {exact} to fetch for the answer, {picked} \
             with its sets, {preferred} if held ones are preferred",
            held.len()
        );
        assert!(picked < exact && preferred < exact);
        let Some(older) = older_answer(&given, 1) else {
            println!("{set}, a release before: no answer");
            continue;
        };
        let held = all_archives(&older);
        let [exact, picked, preferred] = to_fetch(&given, &held);
        println!(
            "{set}, a release before: {} archives held; {exact} to fetch for the answer, {picked} \
             with its sets, {preferred} if held ones are preferred",
            held.len()
        );
        assert!(picked < exact && preferred < exact);
    }
}
