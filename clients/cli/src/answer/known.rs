//! An answer that is told by what differs from one that was kept.

use std::collections::HashMap;

use proto::v1::{Package, ProjectAnswer, ResolveResponse, Solution, project_answer::Outcome};

/// The whole of an answer, where the service has told what is different from `known` alone.
pub fn whole(known: ResolveResponse, mut told: ResolveResponse) -> ResolveResponse {
    if told.not_modified {
        told.answers = known.answers;
    } else if !told.relative_to.is_empty() {
        for (told, known) in told.answers.iter_mut().zip(known.answers) {
            if let (Some(told), Some(known)) = (solution(told), solution_of(known)) {
                fill(told, known);
            }
        }
    }
    told.not_modified = false;
    told.relative_to.clear();
    told
}

fn solution(answer: &mut ProjectAnswer) -> Option<&mut Solution> {
    match &mut answer.outcome {
        Some(Outcome::Solution(solution)) => Some(solution),
        _ => None,
    }
}

fn solution_of(answer: ProjectAnswer) -> Option<Solution> {
    match answer.outcome {
        Some(Outcome::Solution(solution)) => Some(solution),
        _ => None,
    }
}

/// Puts the packages of a known solution where they were left out as unchanged.
fn fill(told: &mut Solution, known: Solution) {
    let groups = known.groups.into_iter();
    let slotted = groups.flat_map(|group| {
        let registry = group.registry;
        let packages = group.packages.into_iter();
        packages.map(move |package| (package.slot.clone(), (registry.clone(), package)))
    });
    let mut kept: HashMap<String, (String, Package)> = slotted.collect();
    for slot in told.removed_slots.drain(..) {
        kept.remove(&slot);
    }
    for package in told.groups.iter().flat_map(|group| &group.packages) {
        kept.remove(&package.slot);
    }
    for (registry, package) in kept.into_values() {
        // A group that is not told has lost all that it had.
        if let Some(group) = told.groups.iter_mut().find(|group| group.registry == registry) {
            group.packages.push(package);
        }
    }
    for group in &mut told.groups {
        group.packages.sort_by(|a, b| a.slot.cmp(&b.slot));
    }
}

#[cfg(test)]
mod tests {
    use proto::v1::RegistryGroup;

    use super::*;

    /// An answer whose packages are words such as `flask=3`, by registry.
    fn answer(groups: &[(&str, &str)]) -> ResolveResponse {
        let package = |word: &str| {
            let (slot, version) = word.split_once('=').expect("a version");
            Package { slot: slot.to_owned(), version: version.to_owned(), ..Package::default() }
        };
        let group = |(registry, words): &(&str, &str)| RegistryGroup {
            registry: (*registry).to_owned(),
            packages: words.split_whitespace().map(package).collect(),
            ..RegistryGroup::default()
        };
        let groups = groups.iter().map(group).collect();
        let outcome = Some(Outcome::Solution(Solution { groups, ..Solution::default() }));
        let answers = vec![ProjectAnswer { outcome, ..ProjectAnswer::default() }];
        ResolveResponse { answers, ..ResolveResponse::default() }
    }

    #[test]
    fn what_is_unchanged_is_taken_from_the_known_answer() {
        let known = answer(&[("ours", "a=1 c=1"), ("pypi", "b=1 d=1 e=1")]);
        let mut told = answer(&[("pypi", "c=1 d=2"), ("ours", "")]);
        told.relative_to = "known".to_owned();
        if let Some(solution) = solution(&mut told.answers[0]) {
            solution.removed_slots = vec!["e".to_owned()];
        }
        let expected = answer(&[("pypi", "b=1 c=1 d=2"), ("ours", "a=1")]);
        assert_eq!(whole(known.clone(), told), expected);
        let same = ResolveResponse { not_modified: true, ..ResolveResponse::default() };
        assert_eq!(whole(known.clone(), same), known);
        assert_eq!(whole(known, expected.clone()), expected, "an answer that is whole stays");
    }
}
