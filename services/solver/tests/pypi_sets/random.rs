//! The sets around answers in small worlds.

use proptest::prelude::*;
use solver::Held;
use solver::pypi::{Gap, Outcome, Universe, widen};
use solver::widen::{Acceptable, Reach, Widened};
use testkit::chance::laws;
use testkit::generate::{Case, Previews, cases};
use testkit::oracle::Oracle;
use testkit::scenario::{Scenario, solve_fully};

use super::judge::{EVERYTHING, Solved, choices};

#[test]
fn sets_around_the_scenarios_answers_are_sound_and_maximal() {
    let mut judged = 0;
    for name in Scenario::files("pypi") {
        let path = Scenario::folder().join("pypi").join(format!("{name}.txt"));
        let scenario = Scenario::read(&path).unwrap_or_else(|error| panic!("{error}"));
        let is_known = !matches!(scenario.expected, testkit::scenario::Expected::Missing(_));
        let Some(solved) =
            is_known.then(|| Solved::new(&scenario.world, &scenario.problem)).flatten()
        else {
            continue;
        };
        let sets = solved.widened(EVERYTHING).sets;
        assert_eq!(solved.judge_choices(&sets), Ok(()), "{name}");
        assert_eq!(solved.judge_rest(&sets), Ok(()), "{name}");
        judged += 1;
    }
    assert!(judged > 50, "{judged} scenarios have an answer");
}

proptest! {
    #![proptest_config(laws(2000))]

    #[test]
    fn sets_are_sound_and_maximal(case in cases(Previews::With)) {
        let Some(solved) = Solved::new(&case.world, &case.problem) else { return Ok(()) };
        let sets = solved.widened(EVERYTHING).sets;
        prop_assert_eq!(solved.judge_choices(&sets), Ok(()));
        prop_assert_eq!(solved.judge_rest(&sets), Ok(()));
        for (set, pick) in sets.iter().zip(&solved.solution.picks) {
            prop_assert_eq!(set.versions[0].position, pick.position);
            prop_assert_eq!(&set.versions[0].edges, &pick.edges);
            prop_assert!(set.is_whole);
        }
    }

    #[test]
    fn what_is_kept_out_would_not_do(case in cases(Previews::Without)) {
        let Some(solved) = Solved::new(&case.world, &case.problem) else { return Ok(()) };
        if solved.solution.picks.iter().any(|pick| !pick.extras.is_empty()) {
            return Ok(());
        }
        let judged = judge_strictness(&case, &solved);
        prop_assert!(judged.is_ok(), "{:?}", judged);
    }

    #[test]
    fn a_held_version_is_taken_where_it_may_be(case in cases(Previews::Without)) {
        let mut case = case;
        case.problem.policy.prefers_held = true;
        let Some(solved) = Solved::new(&case.world, &case.problem) else { return Ok(()) };
        let oracle = Oracle::new(&case.world, &case.problem);
        let positions: Vec<u32> = solved.solution.picks.iter().map(|pick| pick.position).collect();
        let picks = solved.picks(&positions);
        prop_assert_eq!(oracle.judge(&picks), Ok(()));
        let is_held = |name, version| case.problem.is_held(name, version);
        for (name, version) in &picks {
            if is_held(name, version) || case.problem.locked.iter().any(|(locked, _)| locked == name) {
                continue;
            }
            let project = case.world.project(name).expect("it was picked");
            let held = project.releases.iter().map(|release| &release.version);
            for held in held.filter(|version| is_held(name, version)) {
                let mut other = picks.clone();
                other.insert(name.clone(), held.clone());
                let judged = oracle.judge(&oracle.reached(&other));
                prop_assert!(judged.is_err(), "{} {} was free to be chosen", name, held);
            }
        }
    }
}

/// The checker is not stricter than it has to be: where a choice reaches every project, and the
/// checker keeps a version out, brute force knows a choice with it that is not valid.
///
/// No extras are on, for they stay on in the sets, whichever version is chosen of those that ask for
/// them.
fn judge_strictness(case: &Case, solved: &Solved<'_>) -> Result<usize, String> {
    let sets = solved.widened(EVERYTHING).sets;
    let oracle = Oracle::new(&case.world, &case.problem);
    let mut checker = solved.checker();
    let mut judged = 0;
    for (slot, pick) in solved.solution.picks.iter().enumerate() {
        for position in (0..).take(pick.listing.releases.len()) {
            if sets[slot].versions.iter().any(|one| one.position == position) {
                continue;
            }
            let mut with = sets.clone();
            with[slot].versions = vec![Acceptable { position, edges: Vec::new() }];
            let choices: Vec<_> = choices(&with).iter().map(|one| solved.picks(one)).collect();
            let wider =
                checker.sets(&super::judge::with(&sets, slot, position, &mut solved.checker()));
            if wider.iter().any(|violation| violation.text.ends_with("which is not on"))
                || choices.iter().any(|picks| oracle.reached(picks) != *picks)
            {
                continue;
            }
            judged += 1;
            if choices.iter().all(|picks| oracle.judge(picks).is_ok()) {
                return Err(format!("`{}` at {position} would do", pick.name));
            }
        }
    }
    Ok(judged)
}

/// Widens a universe that is known as far as the solution needs it, and grows by what is missing.
fn widened_by_rounds(case: &Case, solved: &Solved<'_>, reach: Reach) -> (usize, String) {
    let mut universe = Universe::default();
    let outcome = solve_fully(&case.problem, &case.world, &mut universe);
    let Outcome::Solved(solution) = outcome else { panic!("{outcome:?}") };
    let mut rounds = 0;
    loop {
        let widened = widen(&case.problem, &universe, &solution, reach, &|| false);
        if widened.gaps.is_empty() {
            return (rounds, told(&widened));
        }
        for gap in &widened.gaps {
            let Gap::Needs(name, position) = gap else { panic!("{gap:?} is known") };
            // Nothing is fetched in vain: the others would take this version.
            let slot = solution.picks.iter().position(|pick| pick.name == *name);
            let slot = slot.expect("it is about a pick");
            let mut choice: Vec<u32> = solution.picks.iter().map(|pick| pick.position).collect();
            choice[slot] = *position;
            let violations = solved.checker().choice(&choice);
            assert!(violations.iter().all(|one| one.slot == Some(slot)), "{gap:?}: {violations:?}");
            case.world.fill(gap, &mut universe);
        }
        rounds += 1;
    }
}

fn told(widened: &Widened<solver::pypi::Edge, Gap>) -> String {
    format!("{:#?}\n{:?}", widened.sets, widened.footprint)
}

proptest! {
    #![proptest_config(laws(500))]

    #[test]
    fn sets_do_not_depend_on_what_was_known_before(case in cases(Previews::With), newest in 0..4u32) {
        let Some(solved) = Solved::new(&case.world, &case.problem) else { return Ok(()) };
        for reach in [Reach { newest }, EVERYTHING] {
            let (rounds, grown) = widened_by_rounds(&case, &solved, reach);
            prop_assert!(rounds <= 1, "{rounds} rounds");
            // What solving has looked at depends on what was known; what widening adds does not.
            prop_assert_eq!(grown, told(&solved.widened(reach)));
        }
    }

    #[test]
    fn reach_bounds_what_is_tried(case in cases(Previews::With), newest in 0..3u32) {
        let mut case = case;
        case.problem.held = Held::default();
        let Some(solved) = Solved::new(&case.world, &case.problem) else { return Ok(()) };
        let near = solved.widened(Reach { newest });
        prop_assert_eq!(solved.judge_choices(&near.sets), Ok(()));
        for set in &near.sets {
            let tried = set.versions.len() + set.rejected.len();
            prop_assert!(tried <= newest as usize + 1, "{} were tried", tried);
            prop_assert!(set.is_whole || tried >= newest as usize);
        }
    }

    /// An impatient caller has the solution alone.
    #[test]
    fn an_interrupted_widening_is_sound(case in cases(Previews::With)) {
        let Some(solved) = Solved::new(&case.world, &case.problem) else { return Ok(()) };
        let (problem, universe) = (&case.problem, &solved.universe);
        let cut = widen(problem, universe, &solved.solution, EVERYTHING, &|| true);
        prop_assert_eq!(solved.judge_choices(&cut.sets), Ok(()));
        let whole = solved.widened(EVERYTHING);
        for (cut, whole) in cut.sets.iter().zip(&whole.sets) {
            prop_assert_eq!(cut.versions.len(), 1);
            let is_all = whole.versions.len() + whole.rejected.len() == 1;
            let completeness = cut.completeness == solver::widen::Completeness::Interrupted;
            prop_assert_eq!(completeness, !is_all);
        }
    }
}
