//! Made indexes: whether there is an answer is found by trying everything, and an answer is checked
//! by following it from the members.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use ecosystems::cargo::{CompatibilityLine, Dependency, Features, Listing, Release};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::TestRunner;
use solver::cargo::{Outcome, Problem, Solution, Target};
use solver::conflict::Conflict;

use super::STEPS;
use super::world::{REGISTRY, World, member};

pub(crate) const CRATES: usize = 5;
const VERSIONS: [&str; 6] = ["0.1.0", "0.1.1", "0.2.0", "1.0.0", "1.1.0", "2.0.0"];
const REQUIREMENTS: [&str; 8] = ["*", ">=0.1", "0.1", "1", "=1.0.0", ">=1", "0.2", "<1"];

/// A made index, by package, and what is asked.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) lines: Vec<(usize, String)>,
    pub(crate) root: Vec<String>,
}

/// A dependency as JSON. It names a package behind `at`, so that nothing needs itself.
fn dependency(at: usize) -> impl Strategy<Value = (String, bool)> {
    let features = subsequence(vec!["f", "g"], 0..=1);
    (at..CRATES, select(&REQUIREMENTS[..]), any::<bool>(), features, any::<bool>()).prop_map(
        |(target, req, optional, features, default_features)| {
            let text = serde_json::json!({
                "package": format!("p{target}"), "req": req, "optional": optional,
                "features": features, "default_features": default_features,
            });
            (text.to_string(), optional)
        },
    )
}

/// The entries of features that a list of dependencies allows, some of them.
fn entries(optional: &[bool]) -> impl Strategy<Value = Vec<String>> + use<> {
    let mut all = Vec::new();
    for (place, optional) in optional.iter().enumerate() {
        all.push(format!("d{place}/f"));
        if *optional {
            all.push(format!("d{place}"));
            all.push(format!("d{place}?/g"));
        }
    }
    let most = all.len().min(2);
    subsequence(all, 0..=most)
}

fn release(at: usize, version: &'static str) -> impl Strategy<Value = (usize, String)> {
    let most = if at + 1 < CRATES { 3 } else { 1 };
    let dependencies = prop::collection::vec(dependency((at + 1).min(CRATES - 1)), 0..most);
    dependencies
        .prop_flat_map(move |dependencies| {
            let optional: Vec<bool> = dependencies.iter().map(|(_, optional)| *optional).collect();
            let f = prop::option::weighted(0.8, entries(&optional));
            let g = prop::option::weighted(0.5, entries(&optional));
            let extras = (any::<bool>(), prop::bool::weighted(0.15));
            (Just(dependencies), f, g, extras)
        })
        .prop_map(move |(dependencies, f, g, (has_default, has_links))| {
            let mut features = BTreeMap::new();
            if has_default && f.is_some() {
                features.insert("default", vec!["f".to_owned()]);
            }
            features.extend(f.map(|entries| ("f", entries)));
            features.extend(g.map(|entries| ("g", entries)));
            let line = serde_json::json!({
                "name": format!("p{at}"), "vers": version, "deps": named(&dependencies),
                "features": features, "links": has_links.then_some("z"),
            });
            (at, line.to_string())
        })
}

/// Dependencies with names of their own: the same package may be required twice.
fn named(dependencies: &[(String, bool)]) -> Vec<serde_json::Value> {
    let dependencies = dependencies.iter().enumerate();
    let named = dependencies.map(|(place, (text, _))| {
        let mut value: serde_json::Value = serde_json::from_str(text).expect("what was made");
        value["name"] = format!("d{place}").into();
        value
    });
    named.collect()
}

pub(crate) fn made() -> impl Strategy<Value = Made> {
    let of_one = |at: usize| {
        subsequence(VERSIONS.to_vec(), 1..=4).prop_flat_map(move |versions| {
            versions.into_iter().map(|version| release(at, version)).collect::<Vec<_>>()
        })
    };
    let lines = (0..CRATES).map(of_one).collect::<Vec<_>>();
    let root = prop::collection::vec(dependency(0), 1..4);
    (lines, root).prop_map(|(lines, root)| Made {
        lines: lines.into_iter().flatten().collect(),
        root: root.into_iter().map(|(text, _)| text).collect(),
    })
}

/// Everything as facts: what the index says, and the root as a release of it.
pub(crate) struct Facts {
    pub(crate) listings: BTreeMap<String, Listing>,
    pub(crate) root: Vec<Dependency>,
}

/// A release by package and version; the root by neither.
type Id = Option<(String, usize)>;

/// A compatibility line of a package.
pub(crate) type Line = (String, CompatibilityLine);

/// Of each line the version that is chosen, and of each dependency what it points to.
#[derive(Clone, Default)]
struct Choice {
    lines: BTreeMap<Line, usize>,
    /// Whether there is no other line.
    is_closed: bool,
    edges: BTreeMap<(Id, usize), (String, usize)>,
}

/// What stands in the way of a choice.
enum Fault {
    /// Something is wrong with it.
    Wrong,
    /// A dependency that counts points to nothing yet.
    Open(Id, usize),
}

impl Facts {
    fn release(&self, id: &(String, usize)) -> &Release {
        &self.listings[&id.0].releases[id.1]
    }

    fn dependencies(&self, id: &Id) -> &[Dependency] {
        id.as_ref().map_or(&self.root, |id| &self.release(id).dependencies)
    }

    /// Follows a choice from the root, until something is wrong or open.
    fn check(&self, choice: &Choice) -> Result<BTreeSet<Id>, Fault> {
        let none = Features::default();
        let mut asked: BTreeMap<Id, BTreeSet<&str>> = BTreeMap::from([(None, BTreeSet::new())]);
        let mut waiting: Vec<Id> = vec![None];
        while let Some(id) = waiting.pop() {
            let features = id.as_ref().map_or(&none, |id| &self.release(id).features);
            let on = features.activate(asked[&id].iter().copied(), self.dependencies(&id));
            let on = on.map_err(|_| Fault::Wrong)?;
            for (place, dependency) in self.dependencies(&id).iter().enumerate() {
                let extra = on.dependencies.get(&*dependency.alias);
                if dependency.is_optional && extra.is_none() {
                    continue;
                }
                let edge = (id.clone(), place);
                let target = choice.edges.get(&edge).ok_or(Fault::Open(edge.0, edge.1))?;
                let release = self.release(target);
                let is_right = dependency.requirement.matches(&release.version)
                    && dependency.package.as_str() == target.0;
                let mut wanted: BTreeSet<&str> =
                    dependency.features.iter().map(|name| &**name).collect();
                wanted.extend(extra.into_iter().flatten());
                let offers = wanted.iter().all(|feature| release.features.has(feature));
                if !is_right || !offers {
                    return Err(Fault::Wrong);
                }
                if dependency.uses_default_features && release.features.has("default") {
                    wanted.insert("default");
                }
                let key = Some(target.clone());
                let known = asked.get(&key).map(BTreeSet::len);
                let entry = asked.entry(key.clone()).or_default();
                entry.extend(wanted);
                if known != Some(entry.len()) {
                    waiting.push(key);
                }
            }
        }
        let ids: BTreeSet<Id> = asked.into_keys().collect();
        let is_right = self.stands_side_by_side(&ids) && has_no_way_round(&ids, choice);
        if is_right { Ok(ids) } else { Err(Fault::Wrong) }
    }

    /// Whether versions, one for each of some lines, are all that is needed.
    pub(crate) fn is_install_set(&self, lines: BTreeMap<Line, usize>) -> bool {
        self.can_be_completed(&Choice { lines, is_closed: true, ..Choice::default() })
    }

    /// Whether each line has one version, and each native library one holder.
    fn stands_side_by_side(&self, ids: &BTreeSet<Id>) -> bool {
        let (mut lines, mut libraries) = (BTreeSet::new(), BTreeSet::new());
        ids.iter().flatten().all(|id| {
            let release = self.release(id);
            let is_holder = release.links.as_ref().is_none_or(|links| libraries.insert(links));
            lines.insert((&id.0, release.line())) && is_holder
        })
    }

    /// Whether a choice can be completed. Tries everything.
    fn can_be_completed(&self, choice: &Choice) -> bool {
        let (id, place) = match self.check(choice) {
            Ok(_) => return true,
            Err(Fault::Wrong) => return false,
            Err(Fault::Open(id, place)) => (id, place),
        };
        let package = self.dependencies(&id)[place].package.to_string();
        let releases = self.listings.get(&package).map_or(&[][..], |listing| &listing.releases);
        releases.iter().enumerate().any(|(position, release)| {
            let mut further = choice.clone();
            let line = (package.clone(), release.line());
            let is_there = !choice.is_closed || choice.lines.contains_key(&line);
            let is_free = is_there && *further.lines.entry(line).or_insert(position) == position;
            further.edges.insert((id.clone(), place), (package.clone(), position));
            is_free && self.can_be_completed(&further)
        })
    }
}

/// Whether nothing needs itself.
fn has_no_way_round(ids: &BTreeSet<Id>, choice: &Choice) -> bool {
    let mut left = ids.clone();
    loop {
        let needed = |id: &Id| {
            let mut edges = choice.edges.iter().filter(|((from, _), _)| left.contains(from));
            edges.any(|(_, to)| Some(to) == id.as_ref())
        };
        let free: Vec<Id> = left.iter().filter(|id| !needed(id)).cloned().collect();
        if free.is_empty() {
            return left.is_empty();
        }
        free.iter().for_each(|id| {
            left.remove(id);
        });
    }
}

impl Made {
    /// The index, with what is asked as the dependencies of a package `root`.
    pub(crate) fn world(&self) -> World {
        let mut world = World::default();
        for (at, line) in &self.lines {
            world.add(REGISTRY, &format!("p{at}"), line);
        }
        let required: Vec<(String, bool)> =
            self.root.iter().map(|text| (text.clone(), false)).collect();
        let mut dependencies = named(&required);
        for dependency in &mut dependencies {
            dependency["optional"] = false.into();
        }
        let root = serde_json::json!({ "name": "root", "vers": "1.0.0", "deps": dependencies });
        world.add(REGISTRY, "root", &root.to_string());
        world
    }

    pub(crate) fn problem(&self) -> Problem {
        let root = self.world().listings()["root"].releases[0].dependencies.to_vec();
        Problem { registry: REGISTRY.into(), members: vec![member(root)], ..Problem::default() }
    }
}

/// All that an outcome says, as text.
pub(crate) fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Solved(solution) => {
            let picks = solution.picks.iter().map(|pick| {
                let version = &pick.release().version;
                format!("{} {version} {:?} {:?}\n", pick.package, pick.features, pick.edges)
            });
            let picks: String = picks.collect();
            format!("{picks}{:?}\n{:?}", solution.members, solution.footprint)
        }
        Outcome::Conflict(conflict, footprint) => format!("{conflict:#?}\n{footprint:?}"),
        Outcome::Gaps(_) | Outcome::Spent(_) => panic!("{outcome:?}"),
    }
}

/// Whether a conflict ends with a conclusion, rather than in a list of all facts that take part.
fn is_concluded(conflict: &Conflict) -> bool {
    let last = conflict.sentences.last();
    last.is_some_and(|last| !last.text.starts_with("No choice of versions meets all of that"))
}

/// Solves, and holds the answer against what trying everything finds. Returns whether there is one,
/// and if not, whether the explanation ends with a conclusion.
fn judge(made: &Made) -> Result<Result<(), bool>, String> {
    let mut world = made.world();
    let problem = made.problem();
    let listings = world.listings();
    let facts = Facts { listings, root: problem.members[0].dependencies.clone() };
    let can_be = facts.can_be_completed(&Choice::default());
    let solution = match world.solve(&problem, STEPS).0 {
        Outcome::Solved(solution) => solution,
        Outcome::Conflict(conflict, _) if !can_be => return Ok(Err(is_concluded(&conflict))),
        other => return Err(format!("there is an answer: {can_be}; we say {other:?}")),
    };
    match facts.check(&choice(&solution)) {
        Ok(ids) if ids.iter().flatten().count() == solution.picks.len() && can_be => Ok(Ok(())),
        _ => Err(format!("the answer is wrong: {solution:?}")),
    }
}

/// A solution as a choice.
fn choice(solution: &Solution) -> Choice {
    let id = |target: Target| {
        let Target::Pick(place) = target else { panic!("there is one member") };
        let pick = &solution.picks[place];
        (pick.package.name.to_string(), pick.position as usize)
    };
    let mut choice = Choice::default();
    for edge in &solution.members[0].edges {
        choice.edges.insert((None, edge.dependency), id(edge.target));
    }
    for (place, pick) in solution.picks.iter().enumerate() {
        for edge in &pick.edges {
            choice.edges.insert((Some(id(Target::Pick(place))), edge.dependency), id(edge.target));
        }
    }
    choice
}

#[test]
fn answers_hold_and_there_is_one_where_there_can_be() {
    let config =
        ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() };
    let (met, unmet, listed) = (Cell::new(0u32), Cell::new(0u32), Cell::new(0u32));
    let result = TestRunner::new(config).run(&made(), |made| {
        let counter = match judge(&made).map_err(TestCaseError::fail)? {
            Ok(()) => &met,
            Err(true) => &unmet,
            Err(false) => &listed,
        };
        counter.set(counter.get() + 1);
        Ok(())
    });
    let (met, unmet, listed) = (met.get(), unmet.get(), listed.get());
    println!("{met} with an answer, {unmet} without, {listed} of which all facts are told");
    assert_eq!(result.map_err(|error| error.to_string()), Ok(()));
    assert!(met > 200 && unmet > 200, "the cases are too much alike");
    assert!(listed * 20 < unmet, "too many conflicts are told without a conclusion");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500, failure_persistence: None, ..ProptestConfig::default()
    })]

    /// Neither what was known before nor what is fetched ahead decides what an answer says.
    #[test]
    fn outcomes_do_not_depend_on_what_was_known_before(
        made in made(),
        known in prop::collection::vec(any::<bool>(), 8),
    ) {
        let problem = made.problem();
        let whole = {
            let mut world = made.world();
            world.read_everything();
            told(&world.solve_with(&problem, STEPS, |_, _| Vec::new()).0)
        };
        let mut part = made.world();
        // From the last to the first, so that names are interned in another order, too.
        let packages = part.packages();
        for (package, _) in packages.iter().rev().zip(known).filter(|(_, known)| *known) {
            part.read(package);
        }
        prop_assert_eq!(&told(&part.solve(&problem, STEPS).0), &whole);
        let mut none = made.world();
        let (outcome, _, _) = none.solve_with(&problem, STEPS, |_, _| Vec::new());
        prop_assert_eq!(&told(&outcome), &whole);
    }

    #[test]
    fn a_budget_is_kept(made in made(), steps in 0..20u64) {
        let problem = made.problem();
        let mut world = made.world();
        let (whole, needed, _) = world.solve(&problem, STEPS);
        let (cut, taken, _) = world.solve(&problem, steps);
        prop_assert!(taken <= steps + 1, "{} steps of {}", taken, steps);
        match cut {
            Outcome::Spent(partial) => prop_assert!(needed > steps && !partial.interrupted),
            cut => prop_assert_eq!(told(&cut), told(&whole)),
        }
    }
}
