//! Why a version cannot be chosen at all, in words.

use ecosystems::cargo::FeatureError;

use super::super::rules::{CargoRules, DEFAULT, Owner};
use super::told::Subject;
use crate::conflict::{Bar, Node, Obstacle, quoted};

/// The bar of a version, with its details; none if nothing bars it.
pub(super) fn bar(
    rules: &CargoRules<'_>,
    node: Node,
    version: u32,
    owner: Owner,
) -> Option<(Bar, Vec<String>)> {
    if let Subject::Crate(id) = Subject::of(node)
        && rules.is_withdrawn(id, version)
    {
        return Some((Bar::new(Obstacle::Yanked, "are yanked"), Vec::new()));
    }
    if let Some(part) = node.part {
        return feature_bar(rules, rules.text(part), owner);
    }
    let links = rules.links(owner)?;
    let holder = rules.holding_member(links).filter(|number| owner != Owner::Member(*number))?;
    let words = format!(
        "link the library {}, which one package may, and your {} does",
        quoted(links),
        quoted(&rules.member(holder).name),
    );
    Some((Bar::new(Obstacle::Links, words), Vec::new()))
}

/// What is wrong with asking for a feature.
fn feature_bar(rules: &CargoRules<'_>, feature: &str, owner: Owner) -> Option<(Bar, Vec<String>)> {
    let features = rules.features(owner);
    let bar = |words: String| Bar::new(Obstacle::Feature, words);
    if features.has(feature) {
        let activated = features.activate(std::iter::once(feature), rules.dependencies(owner));
        let Err(FeatureError::Cycle { feature }) = activated else { return None };
        let words = format!("have a feature {} that includes itself", quoted(feature));
        return Some((bar(words), Vec::new()));
    }
    if feature == DEFAULT {
        return None;
    }
    let name = quoted(feature);
    let mut dependencies = rules.dependencies(owner).iter();
    let words = match dependencies.find(|dependency| *dependency.alias == *feature) {
        None => {
            let there: Vec<String> = features.iter().map(|(name, _)| quoted(name)).collect();
            if there.is_empty() {
                format!("have no feature {name}, nor any other")
            } else {
                // What there is differs from version to version, and is told all the same.
                return Some((bar(format!("have no feature {name}, only")), there));
            }
        }
        Some(dependency) if dependency.is_optional => format!(
            "have no feature {name}: the optional dependency of that name is hidden by a feature that \
             names it by {}",
            quoted(format!("dep:{feature}"))
        ),
        Some(_) => format!("have no feature {name}: the dependency of that name is not optional"),
    };
    Some((bar(words), Vec::new()))
}
