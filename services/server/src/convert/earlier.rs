//! Answers that are told by what differs from one that the caller has.

use std::collections::{HashMap, HashSet};

use engine::Earlier;
use proto::v1;
use proto::v1::project_answer::Outcome;

use super::shape::Shape;

/// An answer in a form, as `ResolveResponse.answer_id` names it.
///
/// The form is a part of it, since what one caller was told and another was not is no difference of
/// answers. Written as the engine's name of the answer, the form, and the places of requirements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) answer: String,
    form: String,
    places: String,
}

impl Known {
    /// The answer of that name, in a caller's form.
    pub(super) fn of(answer: &str, shape: &Shape) -> Self {
        let (form, places) = shape.hashes();
        Self { answer: answer.to_owned(), form: hex(form), places: hex(places) }
    }

    /// Reads what [`text`](Self::text) writes; none if it is something else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(str::to_owned);
        let known = Self { answer: parts.next()?, form: parts.next()?, places: parts.next()? };
        let is_hash = |part: &str| part.len() == 16 && part.bytes().all(|b| b.is_ascii_hexdigit());
        let is_whole = parts.next().is_none() && is_hash(&known.form) && is_hash(&known.places);
        is_whole.then_some(known)
    }

    /// As it is on the wire.
    pub(super) fn text(&self) -> String {
        let Self { answer, form, places } = self;
        format!("{answer}.{form}.{places}")
    }

    /// Whether the packages of the two answers can be compared: they were told alike.
    pub(super) fn has_form_of(&self, other: &Self) -> bool {
        self.form == other.form
    }
}

fn hex(hash: u64) -> String {
    format!("{hash:016x}")
}

/// Leaves out of a response what the caller has. `known` is what the request says of that, and
/// `earlier` what the engine knows of it.
pub(super) fn relate(
    response: &mut v1::ResolveResponse,
    known: &Known,
    earlier: &Earlier,
    shape: &Shape,
) -> Result<(), prost::DecodeError> {
    if response.answer_id == known.text() {
        response.answers.clear();
        response.not_modified = true;
        return Ok(());
    }
    let before = match earlier {
        Earlier::Unknown => return Ok(()),
        Earlier::Same => response.answers.clone(),
        Earlier::Other(encoded) => shape.answers(encoded.clone())?,
    };
    let are_solved = |answers: &[v1::ProjectAnswer]| {
        answers.iter().all(|answer| matches!(answer.outcome, Some(Outcome::Solution(_))))
    };
    if before.len() != response.answers.len() || !are_solved(&before) {
        return Ok(());
    }
    if !are_solved(&response.answers) {
        return Ok(());
    }
    for (answer, before) in response.answers.iter_mut().zip(before) {
        if let (Some(Outcome::Solution(now)), Some(Outcome::Solution(before))) =
            (&mut answer.outcome, before.outcome)
        {
            leave_out(now, before);
        }
    }
    response.relative_to = known.text();
    Ok(())
}

/// Leaves the packages out of a solution that another one has just so.
fn leave_out(now: &mut v1::Solution, before: v1::Solution) {
    let place = |group: &v1::RegistryGroup| group.registry.clone();
    let mut had: HashMap<String, (String, v1::Package)> = HashMap::new();
    for group in before.groups {
        let registry = place(&group);
        let packages = group.packages.into_iter();
        had.extend(packages.map(|one| (one.slot.clone(), (registry.clone(), one))));
    }
    let mut there = HashSet::new();
    for group in &mut now.groups {
        let registry = place(group);
        group.packages.retain(|package| {
            there.insert(package.slot.clone());
            let same = had.get(&package.slot);
            !same.is_some_and(|(at, one)| *at == registry && one == package)
        });
    }
    now.removed_slots = had.into_keys().filter(|slot| !there.contains(slot)).collect();
    now.removed_slots.sort_unstable();
}
