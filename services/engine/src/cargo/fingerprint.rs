//! What a problem of crates puts into its key.

use ecosystems::cargo::{Dependency, FeatureValue, Kind};
use solver::cargo::{Crate, Member};

use super::Asked;
use crate::fingerprint::Hasher;

/// Puts all of a problem into its key.
pub(super) fn fingerprint(asked: &Asked, hasher: &mut Hasher) {
    let problem = &asked.problem;
    hasher.text(&problem.registry);
    hasher.count(problem.members.len());
    problem.members.iter().for_each(|one| member(one, hasher));
    hasher.count(asked.places.len());
    for places in &asked.places {
        // An answer tells of requirements by their places.
        hasher.count(places.len());
        places.iter().for_each(|place| hasher.count(*place));
    }
    hasher.count(problem.locked.len());
    for (package, version) in &problem.locked {
        named(package, hasher);
        hasher.text(&version.to_string());
    }
    hasher.strategy(problem.policy.strategy);
    hasher.texts(problem.policy.rust_versions.iter().map(ToString::to_string));
    hasher.instant(problem.policy.before);
}

fn member(member: &Member, hasher: &mut Hasher) {
    hasher.text(member.name.as_str());
    hasher.text(&member.version.to_string());
    hasher.text(member.links.as_deref().unwrap_or_default());
    hasher.count(member.dependencies.len());
    member.dependencies.iter().for_each(|one| dependency(one, hasher));
    for (name, values) in member.features.iter() {
        hasher.text(name);
        hasher.texts(values.iter().map(spelled));
    }
    hasher.text("end of features");
}

fn dependency(dependency: &Dependency, hasher: &mut Hasher) {
    hasher.text(&dependency.alias);
    hasher.text(dependency.package.as_str());
    hasher.text(&dependency.requirement.to_string());
    hasher.text(match dependency.kind {
        Kind::Normal => "normal",
        Kind::Build => "build",
        Kind::Dev => "dev",
    });
    hasher.texts(&dependency.features);
    hasher.flag(dependency.uses_default_features);
    hasher.flag(dependency.is_optional);
    hasher.text(dependency.target.as_deref().unwrap_or_default());
    hasher.text(dependency.registry.as_deref().unwrap_or_default());
}

fn named(package: &Crate, hasher: &mut Hasher) {
    hasher.text(&package.registry);
    hasher.text(package.name.as_str());
}

fn spelled(value: &FeatureValue) -> String {
    match value {
        FeatureValue::Feature(name) => name.to_string(),
        FeatureValue::Dependency(name) => format!("dep:{name}"),
        FeatureValue::DependencyFeature { dependency, feature, is_weak } => {
            format!("{dependency}{}/{feature}", if *is_weak { "?" } else { "" })
        }
    }
}
