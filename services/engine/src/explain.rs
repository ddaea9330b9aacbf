//! Why a package is in an install set, or why a version of it is not.

mod explains;
mod paths;

use std::sync::Arc;

use registries::Stamp;
use solver::widen::Barrier;

use crate::answer::{Conflict, ConflictFact, Edge, Outcome, Package, Solution};
use crate::compute::{Computation, Found, Settled, Spending, Wide, Widest};
use crate::{Error, Invalid, record};
pub(crate) use explains::{Explains, spelled};
use paths::Paths;

/// What the fields of a question are called, among those of a request.
const PACKAGE: &str = "explain.package";
const VERSION: &str = "explain.version";

/// So many reasons are told.
const MOST_REASONS: usize = 5;

/// What is to be explained.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The package, in any spelling.
    pub package: String,
    /// A version or a range; empty for whatever is there.
    pub version: String,
}

/// An explanation.
#[derive(Clone, Debug)]
pub enum Explanation {
    /// It is there, and these need it: the edges from the project on, the shortest way first.
    Present {
        /// The ways.
        paths: Vec<Vec<Edge>>,
        /// Whether there are more.
        has_more: bool,
    },
    /// It is not there, though it could be as far as requirements go; or it is not known why: a
    /// sentence.
    NotChosen(String),
    /// No install set has it.
    Impossible(Conflict),
}

/// An explanation, and what it took.
pub(crate) struct Explained {
    pub(crate) explanation: Explanation,
    /// The stamps of the facts that the answer itself rests on.
    pub(crate) stamps: Vec<Stamp>,
    pub(crate) spent: Spending,
}

/// A question as the ecosystem spells it.
struct Asked {
    package: String,
    /// The range; empty for none.
    range: String,
}

impl<E: Explains> Computation<E> {
    /// Explains what the problem's answer has of a package.
    pub(crate) async fn explain(mut self, question: &Question) -> Result<Explained, Error> {
        let asked = understood::<E>(question)?;
        self.facts.forget_unreadable();
        let Widest { problem, settled, wide, .. } = self.solve_and_widen().await?;
        let Settled { found, snapshot } = settled;
        let mut stamps = Vec::new();
        let explanation = match found {
            Found::Solved(solution) => {
                stamps = snapshot.stamps(&E::footprint(&solution));
                let sets = wide.as_ref().map_or(&[][..], |wide| &wide.sets);
                let (outcome, _) =
                    E::solution(&snapshot, &self.reader, &problem, (&solution, sets))?;
                let Outcome::Solution(told) = outcome else {
                    return Err(Error::internal(&"a solution is told as something else"));
                };
                match present::<E>(&told, &asked) {
                    Some(present) => present,
                    None => self.absent(&problem, (&solution, wide.as_ref()), &asked).await?,
                }
            }
            Found::Conflict(conflict, footprint) => {
                stamps = snapshot.stamps(&footprint);
                let lacking = |package: &str| self.lacking(package, &snapshot, &footprint);
                impossible(record::conflict(conflict, Vec::new(), lacking))?
            }
            Found::Spent(_) => not_chosen(
                "The search ended before there was an install set, so that nothing can be said: \
                 allow it more time or steps.",
            ),
            Found::Needs(_) => not_chosen(
                "There is no install set yet: it depends on metadata that only a build of a package \
                 could tell.",
            ),
        };
        Ok(Explained { explanation, stamps, spent: self.spent })
    }

    /// Why a package, or a version of it, is not in a solution.
    async fn absent(
        &mut self,
        problem: &Arc<E::Problem>,
        (solution, wide): (&Arc<E::Solution>, Option<&Wide<E>>),
        asked: &Asked,
    ) -> Result<Explanation, Error> {
        let Asked { package, range } = asked;
        let slots = E::slots(solution, package);
        if slots.is_empty() && range.is_empty() {
            return Ok(not_chosen(&format!("Nothing in the install set needs `{package}`.")));
        }
        let sentence = match wide {
            Some(wide) if !slots.is_empty() => not_there::<E>(problem, (solution, wide), asked),
            _ => format!("Nothing in the install set needs `{package}`."),
        };
        let Some((requiring, added)) = E::requiring(problem, package, range) else {
            return Ok(not_chosen(&sentence));
        };
        // Whether it could be there at all, the search tells.
        let requiring = Arc::new(requiring);
        let Settled { found, snapshot } = self.solve(&requiring).await?;
        match found {
            Found::Conflict(conflict, footprint) => {
                let lacking = |package: &str| self.lacking(package, &snapshot, &footprint);
                let mut outcome = record::conflict(conflict, Vec::new(), lacking);
                name_question(&mut outcome, added);
                impossible(outcome)
            }
            Found::Solved(_) if !slots.is_empty() => Ok(not_chosen(&format!(
                "{sentence} An install set with it exists, in which other versions are chosen of other \
                 packages or of itself."
            ))),
            Found::Solved(_) | Found::Spent(_) | Found::Needs(_) => Ok(not_chosen(&sentence)),
        }
    }
}

/// Reads a question, or names what in it cannot be read.
fn understood<E: Explains>(question: &Question) -> Result<Asked, Error> {
    let refused = |field: &str, reason: String| {
        Error::Invalid(vec![Invalid { field: field.to_owned(), column: None, reason }])
    };
    let package = E::canonical(&question.package).map_err(|reason| refused(PACKAGE, reason))?;
    let range = if question.version.is_empty() {
        String::new()
    } else {
        E::range(&question.version).map_err(|reason| refused(VERSION, reason))?
    };
    Ok(Asked { package, range })
}

/// The ways to a package, if it is there in a version in question.
fn present<E: Explains>(told: &Solution, asked: &Asked) -> Option<Explanation> {
    let packages = told.groups.iter().flat_map(|group| &group.packages);
    let is_meant = |package: &&Package| {
        package.name == asked.package
            && (asked.range.is_empty()
                || !E::admitted(&asked.range, std::slice::from_ref(&package.version)).is_empty())
    };
    let slots: Vec<&str> = packages.filter(is_meant).map(|package| &*package.slot).collect();
    if slots.is_empty() {
        return None;
    }
    let (paths, has_more) = Paths::new(told).to(&slots);
    Some(Explanation::Present { paths, has_more })
}

/// Why none of the versions in question is in the places that the package has.
fn not_there<E: Explains>(
    problem: &E::Problem,
    (solution, wide): (&E::Solution, &Wide<E>),
    asked: &Asked,
) -> String {
    let Asked { package, range } = asked;
    let mut sentences = Vec::new();
    for slot in E::slots(solution, package) {
        let versions = E::versions(solution, slot);
        let positions = E::admitted(range, &versions);
        let barriers = |position: u32| {
            E::barriers(problem, &wide.snapshot.universe, (solution, &wide.sets), (slot, position))
        };
        // The newest tells the most, but for one that could be there.
        let free = positions.iter().rev().take(MOST_REASONS).find(|at| barriers(**at).is_empty());
        let Some(position) = free.or(positions.last()).copied() else {
            sentences.push(format!("There is no version of `{package}` in `{range}`."));
            break;
        };
        let version = &versions[position as usize];
        let chosen = E::told(solution, slot, E::chosen(solution, slot));
        let reasons = barriers(position);
        let is_acceptable = wide.sets.get(slot).is_some_and(|set| {
            set.versions.iter().any(|acceptable| acceptable.position == position)
        });
        sentences.push(if is_acceptable {
            format!(
                "`{package}` {version} is among the acceptable versions: {chosen} is preferred, and it \
                 would do as well."
            )
        } else if reasons.is_empty() {
            format!(
                "`{package}` {version} could be in the place of {chosen}, as far as the versions of the \
                 other packages go."
            )
        } else {
            let reason = |barrier: &Barrier| told::<E>(solution, barrier);
            let mut texts: Vec<String> = reasons.iter().take(MOST_REASONS).map(reason).collect();
            texts.dedup();
            let others = match reasons.len().saturating_sub(MOST_REASONS) {
                0 => String::new(),
                others => format!("; and {others} more reasons"),
            };
            let texts = texts.join("; ");
            format!("`{package}` {version} is not in the place of {chosen}: {texts}{others}.")
        });
    }
    sentences.dedup();
    sentences.join(" ")
}

/// One reason, as a part of a sentence.
fn told<E: Explains>(solution: &E::Solution, barrier: &Barrier) -> String {
    match barrier {
        Barrier::Unavailable(why) => format!("it {why}"),
        Barrier::Excluded { by: None, requirement } => {
            format!("the project requires `{requirement}`")
        }
        Barrier::Excluded { by: Some((slot, position)), requirement } => {
            format!("{} requires `{requirement}`", E::told(solution, *slot, *position))
        }
        Barrier::Missing { requirement } => {
            format!("it requires `{requirement}`, which the install set does not have")
        }
        Barrier::Clash { requirement, slot, positions } => {
            let chosen = E::chosen(solution, *slot);
            let position =
                if positions.contains(&chosen) { Some(&chosen) } else { positions.first() };
            let other = position.map_or_else(String::new, |position| {
                let is_chosen = if *position == chosen { "is chosen" } else { "is acceptable" };
                format!(", and {} {is_chosen}", E::told(solution, *slot, *position))
            });
            format!("it requires `{requirement}`{other}")
        }
        Barrier::Cycle { requirement, slot } => {
            let other = E::told(solution, *slot, E::chosen(solution, *slot));
            format!("it requires `{requirement}`, and {other} would depend on itself")
        }
        Barrier::Claimed { name, by } => {
            let holder = E::told(solution, *by, E::chosen(solution, *by));
            format!("it has `{name}`, which one package alone may have, and {holder} has it")
        }
    }
}

/// What was required only because it is asked about is no requirement of the request's.
fn name_question(outcome: &mut Outcome, added: usize) {
    let Outcome::Conflict(conflict) = outcome else { return };
    let own = format!("requirements[{added}]");
    for fact in &mut conflict.facts {
        if let ConflictFact::Requirement { field, .. } = fact
            && *field == own
        {
            VERSION.clone_into(field);
        }
    }
}

fn not_chosen(sentence: &str) -> Explanation {
    Explanation::NotChosen(sentence.to_owned())
}

fn impossible(outcome: Outcome) -> Result<Explanation, Error> {
    match outcome {
        Outcome::Conflict(conflict) => Ok(Explanation::Impossible(conflict)),
        Outcome::Solution(_) | Outcome::Needs(_) | Outcome::Exhausted(_) => {
            Err(Error::internal(&"a conflict is told as something else"))
        }
    }
}
