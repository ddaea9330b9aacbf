//! What explanations name: packages, and requirements that somebody wrote.
//!
//! uv tells a derivation: `Because A and B, we can conclude that C. And because D, …`. What stands
//! before a conclusion is either a requirement (`you require b<2`, `a==1.0.0 depends on b>=2,<3`)
//! or describes versions (`only a<=1.0.0 is available`). A requirement is what stands behind its
//! verb; subjects and conclusions are uv's own descriptions of ranges. Ours name requirements and
//! packages in backticks, and describe versions without.

use std::collections::BTreeSet;

use ecosystems::pypi::{Name, Requirement};

/// What an explanation names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// Packages, normalised. Python is one.
    pub(crate) packages: BTreeSet<String>,
    /// Requirements that say more than a name, normalised.
    pub(crate) requirements: BTreeSet<String>,
}

impl Named {
    /// Adds a requirement.
    pub(crate) fn require(&mut self, requirement: &Requirement) {
        self.packages.insert(requirement.name.to_string());
        if let Some(text) = normalised(requirement) {
            self.requirements.insert(text);
        }
    }

    /// Adds what a text of ours has in backticks.
    pub(crate) fn add_quoted(&mut self, text: &str) {
        for quoted in text.split('`').skip(1).step_by(2) {
            let requirement = Requirement::parse(quoted);
            self.require(&requirement.unwrap_or_else(|error| panic!("`{quoted}`: {error}")));
        }
    }

    /// Reads a derivation of uv's.
    pub(crate) fn read(derivation: &str) -> Self {
        let words: Vec<&str> = derivation.split_whitespace().collect();
        let mut named = Self::default();
        let mut is_premise = true;
        let mut place = 0;
        while let Some(word) = words.get(place) {
            place += 1;
            match *word {
                "Because" | "because" => is_premise = true,
                "conclude" => is_premise = false,
                "require" | "on" if is_premise => place = named.read_required(&words, place),
                // A name alone is one where the grammar says so.
                "of" => named.add_name(&words, place),
                "was" if words.get(place) == Some(&"not") => named.add_name(&words, place - 2),
                word => named.add_name_of_range(word),
            }
        }
        named
    }

    /// Reads `a`, `a and b<2`, `one of: a<1 a>1` from `place` on. Returns where that ends.
    fn read_required(&mut self, words: &[&str], mut place: usize) -> usize {
        loop {
            if words[place..].starts_with(&["one", "of:"]) {
                place += 2;
                let alternatives: Vec<&str> = words[place..]
                    .iter()
                    .copied()
                    .take_while(|word| requirement(word).is_some_and(|read| says_more(&read)))
                    .collect();
                place += alternatives.len();
                self.require(&without_one_version(&alternatives));
            } else {
                let Some(read) = words.get(place).and_then(|word| requirement(word)) else { break };
                place += 1;
                self.require(&read);
                if words[place - 1].ends_with(',') {
                    break;
                }
            }
            if words.get(place) != Some(&"and") || !is_required(&words[place + 1..]) {
                break;
            }
            place += 1;
        }
        place
    }

    fn add_name(&mut self, words: &[&str], place: usize) {
        if let Some(read) = words.get(place).and_then(|word| requirement(word)) {
            self.packages.insert(read.name.to_string());
        }
    }

    fn add_name_of_range(&mut self, word: &str) {
        if let Some(read) = requirement(word).filter(says_more) {
            self.packages.insert(read.name.to_string());
        }
    }
}

/// Whether a further requirement of the same list follows: not the subject of another clause.
fn is_required(words: &[&str]) -> bool {
    let subject = ["you", "all", "only", "we", "there", "the"];
    match words {
        ["one", "of:", ..] => true,
        [first, ..] if subject.contains(first) => false,
        [_, "depends" | "depend" | "was" | "has", ..] => false,
        [first, ..] => requirement(first).is_some(),
        [] => false,
    }
}

/// The requirement that a word is, less the comma or stop behind it.
fn requirement(word: &str) -> Option<Requirement> {
    Requirement::parse(word.trim_end_matches([',', '.'])).ok()
}

fn says_more(requirement: &Requirement) -> bool {
    normalised(requirement).is_some()
}

/// Reads `a<1 a>1`, which is how uv puts `a!=1`.
fn without_one_version(alternatives: &[&str]) -> Requirement {
    let [below, above] = alternatives else { panic!("one of {alternatives:?}") };
    let (name, version) = below.split_once('<').expect("what lies below a version");
    let above = above.trim_end_matches(',');
    assert_eq!(above, format!("{name}>{version}"), "one of {alternatives:?}");
    requirement(&format!("{name}!={version}")).expect("a requirement")
}

/// A requirement as text, its specifiers sorted; none if it is a name alone.
pub(crate) fn normalised(requirement: &Requirement) -> Option<String> {
    let specifiers = requirement.specifiers().map(ToString::to_string).unwrap_or_default();
    let mut specifiers: Vec<&str> = specifiers.split(',').map(str::trim).collect();
    specifiers.sort_unstable();
    let mut extras: Vec<&str> = requirement.extras.iter().map(Name::as_str).collect();
    extras.sort_unstable();
    let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    let says = format!("{extras}{}", specifiers.join(","));
    (!says.is_empty()).then(|| format!("{}{says}", requirement.name))
}

#[test]
fn requirements_and_packages_of_a_derivation_are_read() {
    for (derivation, packages, requirements) in [
        (
            "Because you require a==1.0.0 and a==2.0.0, we can conclude that x.",
            "a",
            "a==1.0.0 a==2.0.0",
        ),
        ("you require a<0.dev0, which does not allow any versions", "a", "a<0.dev0"),
        (
            "Because only a<=1.0.0 is available and you require a>1.0.0, we can conclude",
            "a",
            "a>1.0.0",
        ),
        (
            "Because c was not found in the package registry and a<=1.0.0 depends on c, we can \
             conclude that a<=1.0.0 cannot be used. And because all versions of b depend on \
             a==1.0.0 and you require b, we can conclude",
            "a b c",
            "a==1.0.0",
        ),
        (
            "Because a<=1.0.0 depends on b==1.0.0 and c<=1.0.0 depends on a<2.0.0, we can \
             conclude that c<=1.0.0 depends on b==1.0.1. And because you require \
             b>=2.0.0,<3.0.0 and c, we can conclude",
            "a b c",
            "a<2.0.0 b<3.0.0,>=2.0.0 b==1.0.0",
        ),
        (
            "And because you require one of:\n  a<2.0.0\n  a>2.0.0\n and b[x,w]<3, we can conclude",
            "a b",
            "a!=2.0.0 b[w,x]<3",
        ),
        (
            "Because the current Python version (3.9.[X]) does not satisfy Python>=3.10 and \
             a==1.0.0 depends on Python>=3.10, we can conclude",
            "a python",
            "python>=3.10",
        ),
    ] {
        let named = Named::read(derivation);
        let joined = |texts: &BTreeSet<String>| {
            texts.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(joined(&named.packages), packages, "{derivation}");
        assert_eq!(joined(&named.requirements), requirements, "{derivation}");
    }
}

#[test]
fn what_stands_in_backticks_is_read() {
    let mut named = Named::default();
    named.add_quoted("`a` 1.0.0 requires `b>=2,<3`, but you require `b[x]`.");
    let texts = |texts: &BTreeSet<String>| texts.iter().cloned().collect::<Vec<_>>();
    assert_eq!(texts(&named.packages), ["a", "b"]);
    assert_eq!(texts(&named.requirements), ["b<3,>=2", "b[x]"]);
}
