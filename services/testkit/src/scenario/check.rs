//! Solving a scenario and comparing what came of it.

use solver::pypi::{Gap, Outcome, Problem, Solution, Universe, solve};
use solver::search::Budget;

use super::{Expected, Scenario, World};

/// More steps than any scenario needs: a search that takes them does not end.
const STEPS: u64 = 200_000;

/// Solves the scenario at `path` below [`Scenario::folder`], and panics where something else comes
/// of it than the scenario says.
pub fn check_scenario(path: &str) {
    let scenario = Scenario::read(&Scenario::folder().join(path));
    let scenario = scenario.unwrap_or_else(|error| panic!("{error}"));
    if let Err(difference) = scenario.check() {
        panic!("{path}: {}\n{difference}", scenario.title);
    }
}

impl Scenario {
    /// Solves the scenario. Returns what came of it where that is something else than it says.
    pub fn check(&self) -> Result<(), String> {
        let mut universe = self.world.universe();
        let outcome = match &self.expected {
            Expected::Missing(_) => solve_once(&self.problem, &universe),
            Expected::Exact { .. } | Expected::Conflict(_) => {
                solve_fully(&self.problem, &self.world, &mut universe)
            }
        };
        let (expected, got) = (self.expected.text(), text(&outcome, &self.expected));
        if expected == got {
            return Ok(());
        }
        Err(format!("--- expected\n{expected}\n--- got\n{got}"))
    }
}

/// Solves over a universe that grows by what is missing in it.
pub fn solve_fully(problem: &Problem, world: &World, universe: &mut Universe) -> Outcome {
    let mut asked: Vec<Gap> = Vec::new();
    loop {
        match solve_once(problem, universe) {
            Outcome::Gaps(gaps) => {
                assert!(!gaps.is_empty(), "the solver stopped for gaps and names none");
                for gap in gaps {
                    assert!(!asked.contains(&gap), "the solver asked for {gap:?} again");
                    world.fill(&gap, universe);
                    asked.push(gap);
                }
            }
            outcome => return outcome,
        }
    }
}

fn solve_once(problem: &Problem, universe: &Universe) -> Outcome {
    solve(problem, universe, &Budget { steps: STEPS, interrupted: &|| false }).0
}

impl Expected {
    fn text(&self) -> String {
        match self {
            Self::Exact { picks, unknown_extras } => {
                let unknown = unknown_extras.iter().flatten().map(|line| format!("unknown {line}"));
                lines("solved", picks.iter().cloned().chain(unknown))
            }
            Self::Conflict(sentences) => lines("conflict", sentences.iter().cloned()),
            Self::Missing(missing) => lines("missing", missing.iter().cloned()),
        }
    }
}

fn text(outcome: &Outcome, expected: &Expected) -> String {
    match outcome {
        Outcome::Solved(solution) => lines("solved", solution_lines(solution, expected)),
        Outcome::Conflict(..) if *expected == Expected::Conflict(Vec::new()) => {
            lines("conflict", std::iter::empty())
        }
        Outcome::Conflict(conflict, _) => {
            lines("conflict", conflict.sentences.iter().map(|sentence| sentence.text.clone()))
        }
        Outcome::Gaps(gaps) => lines("missing", gaps.iter().map(gap_text)),
        Outcome::Spent(partial) => format!("no end in {STEPS} steps: {partial:?}"),
    }
}

fn lines(kind: &str, lines: impl Iterator<Item = String>) -> String {
    std::iter::once(kind.to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
}

fn solution_lines(solution: &Solution, expected: &Expected) -> impl Iterator<Item = String> {
    let picks = solution.picks.iter().map(|pick| format!("{} {}", pick.name, pick.version()));
    let mut picks: Vec<String> = picks.collect();
    picks.sort();
    let judged = matches!(expected, Expected::Exact { unknown_extras: Some(_), .. });
    let unknown = solution.unknown_extras.iter().filter(|_| judged);
    let mut unknown: Vec<String> =
        unknown.map(|(name, extra)| format!("unknown {name}[{extra}]")).collect();
    unknown.sort();
    picks.into_iter().chain(unknown)
}

fn gap_text(gap: &Gap) -> String {
    match gap {
        Gap::Listing(name) => name.to_string(),
        Gap::Needs(name, position) => format!("{name} #{position}"),
    }
}
