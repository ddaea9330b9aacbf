//! Why there is no install set, for people: a proof, a gap, or a limit.

use proto::v1::{
    BudgetLimit, Conflict, Exhausted, Need, Needs, Sentence, TentativePackage, need::What,
};

use crate::{
    print::look::{Look, safe},
    request::{Origin, Origins},
};

/// Tells a conflict: its sentences, then the changes that would remove it.
pub fn conflict(conflict: &Conflict, origins: &Origins, look: Look) -> String {
    let mut lines = vec![look.strong("there is no solution:")];
    let numbered = needs_numbers(&conflict.sentences);
    for (index, sentence) in conflict.sentences.iter().enumerate() {
        let text = safe(&sentence.text);
        lines.push(match numbered {
            true => look.wrap(&format!("  {}. ", index + 1), &(text + &premises(sentence, index))),
            false => look.wrap("  ", &text),
        });
    }
    for change in &conflict.suggestions {
        let place = match origins.find(&change.field) {
            Some(Origin::File(anchor)) => format!(" ({})", anchor.place().file_and_line()),
            Some(Origin::Document(path)) => format!(" (`{path}`)"),
            Some(Origin::Flag(flag)) => format!(" (`{flag}`)"),
            None => String::new(),
        };
        lines.push(hint(&format!("{}{place}", safe(&change.text)), look));
    }
    lines.join("\n") + "\n"
}

/// Sentences that build on the one before read by themselves. Numbers are for those that reach
/// further back.
fn needs_numbers(sentences: &[Sentence]) -> bool {
    sentences.iter().enumerate().any(|(index, sentence)| !far_premises(sentence, index).is_empty())
}

/// The numbers, from 1, of the sentences that one builds on, apart from the one just before it.
fn far_premises(sentence: &Sentence, index: usize) -> Vec<usize> {
    let premises = sentence.premises.iter().map(|premise| *premise as usize);
    premises.filter(|premise| premise + 1 != index).map(|premise| premise + 1).collect()
}

fn premises(sentence: &Sentence, index: usize) -> String {
    let mut numbers: Vec<usize> = far_premises(sentence, index);
    if numbers.is_empty() {
        return String::new();
    }
    // Whoever is sent back to one sentence is sent to all of them.
    numbers = sentence.premises.iter().map(|premise| *premise as usize + 1).collect();
    numbers.sort_unstable();
    let told: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!(" (from {})", told.join(" and "))
}

/// Tells which metadata is missing.
pub fn needs(needs: &Needs, look: Look) -> String {
    let mut lines = vec![
        look.strong("the answer depends on metadata that only a build of a package could tell:"),
    ];
    for need in &needs.needs {
        lines.push(look.wrap("  ", &safe(&told_need(need))));
    }
    lines.push(hint(
        "no package code runs here; require a version that has a wheel, or leave `--sdist` out",
        look,
    ));
    lines.join("\n") + "\n"
}

fn told_need(need: &Need) -> String {
    let files = match &need.what {
        Some(What::SdistMetadata(sdist)) => sdist.filenames.join(" or "),
        // A need of a later contract.
        None => String::new(),
    };
    let mut told = format!("`{} {}`", need.package, need.version);
    if !files.is_empty() {
        told.push_str(&format!(", of {files}"));
    }
    if !need.reason.is_empty() {
        told.push_str(&format!(": {}", need.reason));
    }
    told
}

/// Tells which limit ended the work, and what was hard about it.
pub fn exhausted(exhausted: &Exhausted, look: Look) -> String {
    let (limit, advice) = match exhausted.limit() {
        BudgetLimit::Deadline => {
            ("the time for the call", Some("give it more time with `--timeout`"))
        }
        BudgetLimit::Server => ("the service's own limit", None),
        BudgetLimit::Steps => ("the limit on the solver's steps", None),
        BudgetLimit::SolveTime => ("the limit on the time for solving", None),
        BudgetLimit::Unspecified => ("a limit", None),
    };
    let decided = match exhausted.decided.len() {
        0 => String::new(),
        1 => "; 1 package had a version by then".to_owned(),
        count => format!("; {count} packages had a version by then"),
    };
    let mut lines =
        vec![look.wrap("", &format!("{limit} ended the work before there was an answer{decided}"))];
    if !exhausted.contended.is_empty() {
        let names: Vec<String> = exhausted
            .contended
            .iter()
            .map(|name| told_contended(name, &exhausted.decided))
            .collect();
        lines.push(hint(
            &format!(
                "state versions for what was in conflict most often: {}",
                safe(&names.join(", "))
            ),
            look,
        ));
    }
    lines.extend(advice.map(|advice| hint(advice, look)));
    lines.join("\n") + "\n"
}

/// A name, with the version that it had last.
fn told_contended(name: &str, decided: &[TentativePackage]) -> String {
    match decided.iter().find(|package| package.name == name) {
        Some(package) => format!("`{name}` ({} last)", package.version),
        None => format!("`{name}`"),
    }
}

/// Tells that an answer is of a kind that came later than this program.
pub fn newer(look: Look) -> String {
    let text = "the service answered in a way that this version of `qm` does not know\n";
    text.to_owned() + &hint("update `qm`", look) + "\n"
}

/// A piece of advice, on its own line.
pub fn hint(text: &str, look: Look) -> String {
    look.wrap(&look.label("hint: "), text)
}

/// Something to know that is no fault.
pub fn note(text: &str, look: Look) -> String {
    look.wrap(&look.label("note: "), text)
}
