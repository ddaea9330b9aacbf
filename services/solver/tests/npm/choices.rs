//! Made registries: every choice from the acceptable sets, judged by a reader of its own.
//!
//! The reader knows the places of the answer and the `package.json` files. What a name means in a
//! place it finds folder by folder; that what the answer lets pass may pass is all that it takes
//! from it.

use std::collections::BTreeMap;

use ecosystems::npm::{Name, Range, Reading, Version};
use proptest::test_runner::{RngAlgorithm, TestRng};
use solver::Held;
use solver::npm::{
    Checker, Content, DependencyKind, Edge, Outcome, Problem, Solution, barriers, check, widen,
};
use solver::widen::{Acceptable, AcceptableSet, Barrier, Completeness, Reach};

use super::STEPS;
use super::random::{Dice, Made, Needs, inside, made, outwards};
use super::world::World;

/// The most choices that are all judged; of more so many are.
const MOST_CHOICES: usize = 4_096;

/// An answer of a made registry.
struct Given<'a> {
    made: &'a Made,
    solution: &'a Solution,
    /// The places by where they are.
    numbers: BTreeMap<&'a str, usize>,
}

/// What a version asks for: kind, name, spec.
type Asked<'a> = (DependencyKind, &'a str, &'a str);

impl<'a> Given<'a> {
    fn new(made: &'a Made, solution: &'a Solution) -> Self {
        let places = solution.places.iter().enumerate();
        let numbers = places.map(|(number, place)| (&*place.location, number)).collect();
        Self { made, solution, numbers }
    }

    fn needs(&self, place: usize, position: u32) -> &'a Needs {
        match &self.solution.places[place].content {
            Content::Release { packument, .. } => {
                let version = packument.manifests[position as usize].version.to_string();
                &self.made.manifests[&(packument.name.to_string(), version)]
            }
            _ => &self.made.needs,
        }
    }

    fn version(&self, place: usize, position: u32) -> &'a Version {
        match &self.solution.places[place].content {
            Content::Release { packument, .. } => &packument.manifests[position as usize].version,
            other => panic!("{other:?}"),
        }
    }

    /// What the answer says of a name in a place, if the chosen version asks for it.
    fn known(&self, place: usize, name: &str) -> Option<&'a Edge> {
        self.solution.places[place].edges.iter().find(|edge| edge.name == name)
    }

    /// The place that a name leads to.
    fn find(&self, place: usize, name: &str) -> Option<usize> {
        if let Some(edge) = self.known(place, name) {
            return edge.to;
        }
        let folders = outwards(&self.solution.places[place].location);
        let mut places = folders.into_iter().map(|folder| inside(folder, name));
        places.find_map(|place| self.numbers.get(&*place).copied())
    }

    /// Whether what is asked for in a place is there in a choice, or need not be.
    fn is_met(&self, place: usize, asked: Asked<'_>, choice: &[u32]) -> bool {
        let (kind, name, spec) = asked;
        let known = self.known(place, name);
        if known.is_some_and(|edge| edge.kind == kind && !edge.is_met) {
            return true;
        }
        let Some(to) = self.find(place, name) else {
            // What is not installed need not find anything.
            return kind == DependencyKind::PeerOptional
                || self.solution.places[place].purpose.is_inert
                || (kind == DependencyKind::Optional && known.is_some());
        };
        let is_peer = matches!(kind, DependencyKind::Peer | DependencyKind::PeerOptional);
        let is_option = matches!(kind, DependencyKind::Optional | DependencyKind::PeerOptional);
        let [one, other] = [place, to].map(|place| self.solution.places[place].purpose);
        // Without options, and without peers, what was not there for more must not be needed.
        let is_required = (other.is_optional && !one.is_optional && !is_option)
            || (other.is_peer && !one.is_peer && !is_peer)
            || (other.is_extraneous && !one.is_extraneous && kind != DependencyKind::PeerOptional);
        if is_required {
            return false;
        }
        let own = inside(&self.solution.places[place].location, name);
        let range = Range::parse(spec, Reading::LOOSE).expect("a range");
        range.contains(self.version(to, choice[to]))
            && !(is_peer && place > 0 && self.solution.places[to].location == own)
    }

    /// What is wrong with a choice, wherever it is needed or not.
    fn faults(&self, choice: &[u32]) -> Vec<String> {
        let mut faults = Vec::new();
        for (place, own) in self.solution.places.iter().enumerate() {
            for asked in asked(self.needs(place, choice[place])) {
                if !self.is_met(place, asked, choice) {
                    faults.push(format!("{} asks for {asked:?}", own.location));
                }
            }
        }
        faults
    }

    /// The edges of a version in a place, as an answer states them.
    fn edges(&self, place: usize, position: u32) -> Vec<Edge> {
        let asked = asked(self.needs(place, position));
        let edge = |(kind, name, spec): Asked<'_>| {
            let known = self.known(place, name);
            let passes = known.is_some_and(|edge| edge.kind == kind && !edge.is_met);
            Edge {
                kind,
                name: name.to_owned(),
                spec: spec.to_owned(),
                stated: None,
                to: self.find(place, name),
                is_met: !passes,
            }
        };
        asked.map(edge).collect()
    }

    fn is_deprecated(&self, place: usize, position: u32) -> bool {
        let package = self.solution.places[place].package.clone();
        self.made.deprecated.contains(&(package, self.version(place, position).to_string()))
    }
}

fn asked(needs: &Needs) -> impl Iterator<Item = Asked<'_>> {
    needs.iter().flat_map(|(kind, list)| {
        let kind = match *kind {
            "dependencies" => DependencyKind::Production,
            "optionalDependencies" => DependencyKind::Optional,
            "peerDependencies" => DependencyKind::Peer,
            _ => DependencyKind::PeerOptional,
        };
        list.iter().map(move |(name, spec)| (kind, &**name, &**spec))
    })
}

/// The versions in a place that may be chosen: of the project itself, one that does not count.
fn options(set: &AcceptableSet<Edge>) -> Vec<u32> {
    let versions = set.versions.iter().map(|version| version.position);
    if set.versions.is_empty() { vec![0] } else { versions.collect() }
}

/// Every choice from some sets if these are not too many, or else so many at random.
fn choices(sets: &[Vec<u32>], dice: &mut Dice) -> Vec<Vec<u32>> {
    let product = sets.iter().try_fold(1_usize, |product, set| product.checked_mul(set.len()));
    if product.is_none_or(|product| product > MOST_CHOICES) {
        let mut choice = || sets.iter().map(|set| set[dice.below(set.len())]).collect();
        return (0..MOST_CHOICES / 16).map(|_| choice()).collect();
    }
    let mut choices = vec![Vec::new()];
    for set in sets {
        let longer = |choice: &Vec<u32>| {
            set.iter().map(|one| [&**choice, &[*one]].concat()).collect::<Vec<_>>()
        };
        choices = choices.iter().flat_map(longer).collect();
    }
    choices
}

/// Asserts that no version that is not in its set could be there.
fn assert_whole(given: &Given<'_>, problem: &Problem, world: &World, sets: &[AcceptableSet<Edge>]) {
    let (universe, solution) = (world.universe(), given.solution);
    let all: Vec<Vec<u32>> = sets.iter().map(options).collect();
    let chosen: Vec<u32> = all.iter().map(|set| set[0]).collect();
    for (slot, place) in solution.places.iter().enumerate() {
        let Content::Release { packument, .. } = &place.content else { continue };
        for position in (0..).take(packument.manifests.len()) {
            if all[slot].contains(&position) {
                continue;
            }
            let barriers = barriers(problem, universe, solution, sets, (slot, position));
            assert!(!barriers.is_empty(), "{} {position} could be there", place.location);
            if place.purpose.is_inert
                || (given.is_deprecated(slot, position) && !given.is_deprecated(slot, chosen[slot]))
            {
                assert!(matches!(barriers[..], [Barrier::Unavailable(_)]), "{barriers:?}");
                continue;
            }
            // Beside some version of another place something is not met.
            let is_wrong = |choice: Vec<u32>| !given.faults(&choice).is_empty();
            let is_refuted = (0..all.len()).any(|other| {
                all[other].iter().any(|one| {
                    let mut choice = chosen.clone();
                    (choice[other], choice[slot]) = (*one, position);
                    is_wrong(choice)
                })
            });
            assert!(is_refuted, "{} {position}: {barriers:?}", place.location);
            let mut sets = sets.to_vec();
            let edges = given.edges(slot, position);
            sets[slot].versions.push(Acceptable { position, edges });
            let violations = check(problem, universe, solution, &sets);
            assert!(!violations.is_empty(), "{} {position}", place.location);
            let is_real =
                violations.iter().all(|violation| !violation.text.starts_with("The edge"));
            assert!(is_real, "{violations:?}");
        }
    }
}

#[test]
fn every_choice_from_made_sets_is_an_install_set_and_nothing_can_be_added() {
    let mut dice = Dice(TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let (mut rounds, mut judged, mut others, mut exhausted) = (0, 0, 0, 0);
    while rounds < 2_000 {
        let made = made(&mut dice, true);
        let mut world = World::of(made.documents.clone());
        let project = super::case::read(&made.project).0;
        let problem = Problem { project, policy: made.policy.clone(), ..Problem::default() };
        let Outcome::Solved(solution) = world.solve(&problem, STEPS).0 else { continue };
        rounds += 1;
        let given = Given::new(&made, &solution);
        let reach = Reach { newest: if dice.below(4) == 0 { 2 } else { u32::MAX } };
        let widened = widen(&problem, world.universe(), &solution, reach, &|| false);
        let sets = &widened.sets;
        let violations = check(&problem, world.universe(), &solution, sets);
        assert!(violations.is_empty(), "{rounds} {}\n{violations:#?}", made.project);
        let all: Vec<Vec<u32>> = sets.iter().map(options).collect();
        others += all.iter().map(|set| set.len() - 1).sum::<usize>();
        let choices = choices(&all, &mut dice);
        exhausted += usize::from(choices.len() != MOST_CHOICES / 16);
        let mut checker = Checker::new(&problem, world.universe(), &solution);
        for choice in &choices {
            let faults = given.faults(choice);
            assert!(faults.is_empty(), "{rounds} {}\n{faults:#?}", made.project);
            assert_eq!(checker.choice(choice), Vec::new());
        }
        judged += choices.len();
        if reach.newest == u32::MAX {
            assert!(sets.iter().all(|set| set.is_whole));
            assert_whole(&given, &problem, &world, sets);
        }
    }
    println!(
        "{judged} choices, {others} versions beside the chosen, {exhausted} of {rounds} whole"
    );
    assert!(others > 2_000);
}

/// Some versions of each package, as ranges that the client has.
fn held(dice: &mut Dice, made: &Made) -> Held<Name, Range> {
    let versions: Vec<&(String, String)> = made.manifests.keys().collect();
    let mut held = Held::default();
    for (name, version) in versions {
        if dice.below(4) == 0 {
            let range = Range::parse(version, Reading::LOOSE).expect("a range");
            held.insert(Name::parse(name).expect("a name"), range);
        }
    }
    held
}

/// An outcome as text: an answer whole, and of a refusal that it is one.
fn said(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Solved(_) => super::locks::text(outcome),
        Outcome::Conflict(..) => "refused".to_owned(),
        other => panic!("{other:?}"),
    }
}

/// Npm takes what is deprecated only where nothing else would do, which is what is asked for of
/// what is not held.
#[test]
fn held_versions_are_taken_where_they_are_free_to_be() {
    let mut dice = Dice(TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let (mut rounds, mut places, mut taken, mut left) = (0, 0, 0, 0);
    while rounds < 1_000 {
        let made = made(&mut dice, false);
        let mut world = World::of(made.documents.clone());
        let project = super::case::read(&made.project).0;
        let mut problem = Problem { project, policy: made.policy.clone(), ..Problem::default() };
        let before = world.solve(&problem, STEPS).0;
        problem.held = held(&mut dice, &made);
        let same = world.solve(&problem, STEPS).0;
        assert_eq!(super::locks::text(&before), super::locks::text(&same));
        problem.policy.prefers_held = true;
        let found = world.solve(&problem, STEPS).0;
        let outdated = made.with_deprecated(|name, version| !problem.is_held(name, version));
        let npms = Problem { held: Held::default(), ..problem.clone() };
        let npms = World::of(outdated).solve(&npms, STEPS).0;
        assert_eq!(said(&found), said(&npms), "{}", made.project);
        let Outcome::Solved(solution) = found else { continue };
        rounds += 1;
        let given = Given::new(&made, &solution);
        let position = |content: &Content| match content {
            Content::Release { position, .. } => *position,
            _ => 0,
        };
        let chosen: Vec<u32> = solution.places.iter().map(|p| position(&p.content)).collect();
        for (slot, place) in solution.places.iter().enumerate() {
            let Content::Release { packument, position } = &place.content else { continue };
            let is_held = |position: u32| {
                let version = &packument.manifests[position as usize].version;
                problem.is_held(&packument.name, version)
            };
            places += 1;
            taken += usize::from(is_held(*position));
            let is_free = |other: &u32| {
                let mut choice = chosen.clone();
                choice[slot] = *other;
                is_held(*other) && given.faults(&choice).is_empty()
            };
            let mut all = (0..).take(packument.manifests.len());
            left += usize::from(!is_held(*position) && all.any(|other| is_free(&other)));
        }
    }
    println!("{places} places, {taken} held, {left} that are not held and could be");
    // Npm does not go back to what was placed for someone who was taken out later.
    assert!(taken * 3 > places && left * 1_000 < places, "{left} are not taken");
}

#[test]
fn what_is_held_is_tried_first_and_however_old_it_is() {
    let mut dice = Dice(TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let mut found = 0;
    for _ in 0..500 {
        let made = made(&mut dice, true);
        let mut world = World::of(made.documents.clone());
        let project = super::case::read(&made.project).0;
        let mut problem = Problem { project, policy: made.policy.clone(), ..Problem::default() };
        problem.held = held(&mut dice, &made);
        let Outcome::Solved(solution) = world.solve(&problem, STEPS).0 else { continue };
        let reach = Reach { newest: 0 };
        let sets = widen(&problem, world.universe(), &solution, reach, &|| false).sets;
        assert_eq!(check(&problem, world.universe(), &solution, &sets), Vec::new());
        for (set, place) in sets.iter().zip(&solution.places) {
            let Content::Release { packument, .. } = &place.content else { continue };
            let others = set.versions[1..].iter().map(|version| version.position);
            for position in others.chain(set.rejected.iter().copied()) {
                let version = &packument.manifests[position as usize].version;
                assert!(problem.is_held(&packument.name, version));
                found += 1;
            }
        }
        let never = widen(&problem, world.universe(), &solution, reach, &|| true).sets;
        for (set, whole) in never.iter().zip(&sets) {
            let tried = whole.versions.len() + whole.rejected.len();
            assert!(set.versions.len() <= 1 && set.rejected.is_empty());
            let is_cut = set.completeness == Completeness::Interrupted;
            assert_eq!(is_cut, tried > 1);
        }
    }
    assert!(found > 200, "{found} versions were held");
}
