//! Laws of solving, on thousands of small worlds and toys.

use std::collections::BTreeMap;

use proptest::prelude::*;
use solver::pypi::{Gap, Outcome, Universe, solve};
use solver::search::{Budget, Found, search};
use testkit::chance::laws;
use testkit::generate::{Case, Previews, cases, toys};
use testkit::oracle::{Oracle, Picks};
use testkit::scenario::solve_fully;
use testkit::toy::{Need, ROOT, Toy, ToyRules, slot};

/// More than any generated instance takes.
const STEPS: u64 = 100_000;

fn budget(steps: u64) -> Budget<'static> {
    Budget { steps, interrupted: &|| false }
}

/// Solves with everything known from the start.
fn outcome(case: &Case) -> Outcome {
    solve_fully(&case.problem, &case.world, &mut case.world.universe())
}

fn is_solved(case: &Case) -> bool {
    picks(&outcome(case)).is_some()
}

/// The picks of a solution, none of a conflict; nothing else may come of a generated case.
fn picks(outcome: &Outcome) -> Option<Picks> {
    match outcome {
        Outcome::Solved(solution) => {
            let picks = solution.picks.iter();
            Some(picks.map(|pick| (pick.name.clone(), pick.version().clone())).collect())
        }
        Outcome::Conflict(..) => None,
        Outcome::Gaps(_) | Outcome::Spent(_) => panic!("{outcome:?}"),
    }
}

/// All that an outcome says, as text.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Solved(solution) => {
            let picks = solution.picks.iter().map(|pick| {
                let version = pick.version();
                format!("{} {version} {:?} {:?}\n", pick.name, pick.extras, pick.edges)
            });
            let unknown = &solution.unknown_extras;
            format!("{}{:?}{unknown:?}", picks.collect::<String>(), solution.root_edges)
        }
        Outcome::Conflict(conflict, _) => {
            conflict.sentences.iter().map(|sentence| format!("{}\n", sentence.text)).collect()
        }
        Outcome::Gaps(_) | Outcome::Spent(_) => panic!("{outcome:?}"),
    }
}

/// A universe of which a random part is known: a bit says whether a fact is.
fn part_of(case: &Case, bits: &[bool]) -> Universe {
    let mut universe = Universe::default();
    let mut bits = bits.iter().copied().cycle();
    let mut is_known = || bits.next().unwrap_or(false);
    // From the last to the first, so that names and texts are interned in another order, too.
    for project in case.world.projects.iter().rev().filter(|_| is_known()) {
        case.world.fill(&Gap::Listing(project.name.clone()), &mut universe);
    }
    for project in &case.world.projects {
        for position in (0..).take(project.releases.len()) {
            if universe.has_listing(&project.name) && is_known() {
                case.world.fill(&Gap::Needs(project.name.clone(), position), &mut universe);
            }
        }
    }
    universe
}

proptest! {
    #![proptest_config(laws(1500))]

    #[test]
    fn answers_agree_with_brute_force(case in cases(Previews::With)) {
        let oracle = Oracle::new(&case.world, &case.problem);
        match picks(&outcome(&case)) {
            Some(picks) => prop_assert_eq!(oracle.judge(&picks), Ok(()), "{:?}", picks),
            None => prop_assert!(!oracle.is_satisfiable(), "there is a solution"),
        }
    }
}

proptest! {
    #![proptest_config(laws(400))]

    #[test]
    fn equal_problems_have_equal_answers(case in cases(Previews::With)) {
        prop_assert_eq!(told(&outcome(&case)), told(&outcome(&case)));
    }

    /// Ruling 13. It also shows that no fact is asked for twice: [`solve_fully`] would panic.
    #[test]
    fn answers_do_not_depend_on_what_was_known_before(
        case in cases(Previews::With),
        bits in prop::collection::vec(any::<bool>(), 32),
    ) {
        let whole = outcome(&case);
        for mut universe in [part_of(&case, &bits), Universe::default()] {
            let grown = solve_fully(&case.problem, &case.world, &mut universe);
            prop_assert_eq!(picks(&grown), picks(&whole));
            if picks(&whole).is_some() {
                prop_assert_eq!(told(&grown), told(&whole));
            }
        }
    }

    /// Ruling 13 for words: a conflict reads the same whatever was known before.
    #[test]
    fn words_do_not_depend_on_what_was_known_before(
        case in cases(Previews::With),
        bits in prop::collection::vec(any::<bool>(), 32),
    ) {
        let whole = told(&outcome(&case));
        for mut universe in [part_of(&case, &bits), Universe::default()] {
            let grown = solve_fully(&case.problem, &case.world, &mut universe);
            prop_assert_eq!(told(&grown), whole.clone());
        }
    }

    /// But for pins, which make withdrawn files usable, and overrides, which lift requirements.
    #[test]
    fn asking_for_less_is_never_harder(case in cases(Previews::Without), place in any::<prop::sample::Index>()) {
        let mut case = without_yanked(case);
        if case.problem.requirements.is_empty() || !is_solved(&case) {
            return Ok(());
        }
        case.problem.requirements.remove(place.index(case.problem.requirements.len()));
        prop_assert!(is_solved(&case));
    }

    #[test]
    fn what_was_not_picked_is_not_missed(case in cases(Previews::Without), place in any::<prop::sample::Index>()) {
        let mut case = case;
        let Some(picks) = picks(&outcome(&case)) else { return Ok(()) };
        let mut unpicked = Vec::new();
        for (number, project) in case.world.projects.iter().enumerate() {
            let others = project.releases.iter().enumerate().filter(|(_, release)| {
                picks.get(&project.name) != Some(&release.version)
            });
            unpicked.extend(others.map(|(release, _)| (number, release)));
        }
        if unpicked.is_empty() {
            return Ok(());
        }
        let (project, release) = unpicked[place.index(unpicked.len())];
        case.world.projects[project].releases.remove(release);
        prop_assert!(is_solved(&case));
    }

    #[test]
    fn the_order_of_roots_does_not_decide_whether_there_is_an_answer(case in cases(Previews::With)) {
        let mut turned = case.clone();
        turned.problem.requirements.reverse();
        prop_assert_eq!(is_solved(&case), is_solved(&turned));
    }

    #[test]
    fn a_budget_is_kept(case in cases(Previews::With), steps in 0..40u64) {
        let mut universe = case.world.universe();
        solve_fully(&case.problem, &case.world, &mut universe);
        let (whole, needed) = solve(&case.problem, &universe, &budget(STEPS));
        let (cut, taken) = solve(&case.problem, &universe, &budget(steps));
        prop_assert!(taken <= steps + 1, "{} steps of {}", taken, steps);
        match cut {
            Outcome::Spent(partial) => prop_assert!(needed > steps && !partial.interrupted),
            cut => prop_assert_eq!(told(&cut), told(&whole)),
        }
    }
}

fn without_yanked(mut case: Case) -> Case {
    for project in &mut case.world.projects {
        project.releases.iter_mut().for_each(|release| release.is_yanked = false);
    }
    case
}

/// What the bare search finds, with everything known.
fn found(toy: &Toy) -> Option<BTreeMap<usize, u32>> {
    read_found(toy, search(&ToyRules::new(toy), ROOT, &budget(STEPS)).0)
}

fn read_found(toy: &Toy, found: Found<(usize, Option<u32>)>) -> Option<BTreeMap<usize, u32>> {
    match found {
        Found::Solution(picked) => {
            let version = |project| {
                let picked = picked.iter().find(|(picked, _)| *picked == slot(project));
                picked.map(|(_, version)| (project, *version))
            };
            Some((0..toy.projects.len()).filter_map(version).collect())
        }
        Found::Conflict(_) => None,
        Found::Gaps(gaps) => panic!("{gaps:?} of {toy:?}"),
        Found::Spent(spent) => panic!("{spent:?} of {toy:?}"),
    }
}

proptest! {
    #![proptest_config(laws(6000))]

    /// Many conflicts, so that decisions are put off and taken back again and again.
    #[test]
    fn the_search_agrees_with_brute_force(toy in toys(7, 5)) {
        match found(&toy) {
            Some(picks) => prop_assert!(toy.is_met_by(&picks), "{:?}", picks),
            None => prop_assert!(!toy.is_satisfiable(), "there is a solution"),
        }
    }
}

proptest! {
    #![proptest_config(laws(1000))]

    #[test]
    fn the_search_needs_nothing_twice(toy in toys(5, 4)) {
        let mut known: Vec<(usize, Option<u32>)> = Vec::new();
        let grown = loop {
            match search(&ToyRules::knowing(&toy, &known), ROOT, &budget(STEPS)).0 {
                Found::Gaps(gaps) => {
                    prop_assert!(!gaps.is_empty() && gaps.iter().all(|gap| !known.contains(gap)));
                    known.extend(gaps);
                }
                end => break read_found(&toy, end),
            }
        };
        prop_assert_eq!(grown, found(&toy));
    }

    #[test]
    fn the_search_misses_no_need_that_is_gone(toy in toys(6, 4), place in any::<prop::sample::Index>()) {
        let mut toy = toy;
        if found(&toy).is_none() {
            return Ok(());
        }
        toy.root.remove(place.index(toy.root.len()));
        prop_assert!(found(&toy).is_some());
        toy.root.reverse();
        prop_assert!(found(&toy).is_some());
    }

    #[test]
    fn the_search_keeps_its_budget(toy in toys(7, 5), steps in 0..60u64) {
        let (_, needed) = search(&ToyRules::new(&toy), ROOT, &budget(STEPS));
        let (cut, taken) = search(&ToyRules::new(&toy), ROOT, &budget(steps));
        prop_assert!(taken <= steps + 1);
        prop_assert_eq!(matches!(cut, Found::Spent(_)), needed > steps);
    }
}

#[test]
fn a_caller_who_loses_patience_is_told_so() {
    // The first project's versions each need the second's one below, so that all must be tried.
    let versions = |project: usize| {
        let need = |version: u32| vec![Need { project, versions: version..version + 1 }];
        (0..400).map(|version| Some(need(version))).collect::<Vec<_>>()
    };
    let root = vec![Need { project: 0, versions: 0..400 }];
    let toy = Toy { root, projects: vec![versions(1), vec![None; 400]] };
    let impatient = Budget { steps: STEPS, interrupted: &|| true };
    match search(&ToyRules::new(&toy), ROOT, &impatient) {
        (Found::Spent(spent), steps) => {
            assert!(spent.interrupted);
            assert!(steps < 1000, "{steps} steps before the caller was asked");
        }
        (other, steps) => panic!("{other:?} in {steps} steps"),
    }
}
