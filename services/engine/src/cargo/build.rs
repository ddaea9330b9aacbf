//! What is compiled for a target, of what is asked.

use ecosystems::cargo::{FeatureValue, Platform};
use solver::cargo::{
    Asked as AskedOf, FeatureResolver, Member, Platforms, ProcMacros, Selection, Side, Target, Unit,
};

use super::Asked;
use crate::{CargoMember, CargoProject, Error, Invalid};

/// What is compiled for one target.
#[derive(Clone, Debug)]
pub(super) struct Build {
    pub(super) platforms: Platforms,
    pub(super) selection: Selection,
}

/// Reads what is compiled; none for a project that is locked alone. `members` are those of the request
/// in their order, which lists them by place.
pub(super) fn read(
    project: &CargoProject,
    (stated, order): (&[CargoMember], &[usize]),
    members: &[Member],
) -> Result<Option<Build>, Vec<Invalid>> {
    let environment = &project.environment;
    if environment.target.is_empty() {
        return Ok(None);
    }
    let build = &environment.build;
    let mut invalid = Vec::new();
    let mut find = |field: &str, triple: &str| {
        let refuse = |error: ecosystems::cargo::PlatformError| {
            let field = format!("environment.{field}");
            invalid.push(Invalid { field, column: None, reason: error.to_string() });
        };
        Platform::find(triple).map_err(refuse).ok()
    };
    let target = find("target", &environment.target);
    let host = match &*build.host {
        "" => target.clone(),
        host => find("build.host", host),
    };
    let in_workspace = (0..members.len()).filter(|at| members[*at].in_workspace);
    let named = build.members.iter().filter_map(|named| order.iter().position(|at| at == named));
    let mut chosen: Vec<usize> =
        if build.members.is_empty() { in_workspace.collect() } else { named.collect() };
    chosen.sort_unstable();
    chosen.dedup();
    let usual = |member: &usize| AskedOf {
        has_all_features: build.all_features,
        uses_default_features: !build.no_default_features,
        ..AskedOf::usual(*member)
    };
    let mut asked: Vec<AskedOf> = chosen.iter().map(usual).collect();
    for (place, feature) in build.features.iter().enumerate() {
        if !ask(&mut asked, members, feature) {
            let field = format!("environment.build.features[{place}]");
            let reason = format!("`{feature}` is a feature of none of the members that are built");
            invalid.push(Invalid { field, column: None, reason });
        }
    }
    for one in &mut asked {
        one.features.sort_unstable();
        one.features.dedup();
    }
    let proc_macros = (0..members.len()).filter(|at| stated[order[*at]].proc_macro).collect();
    match target.zip(host) {
        Some((target, host)) if invalid.is_empty() => Ok(Some(Build {
            platforms: Platforms { target, host },
            selection: Selection {
                resolver: match environment.resolver {
                    0 | 1 => FeatureResolver::One,
                    _ => FeatureResolver::Two,
                },
                members: asked,
                with_dev: build.dev,
                proc_macros: ProcMacros { members: proc_macros, ..ProcMacros::default() },
            },
        })),
        Some(_) | None => Err(invalid),
    }
}

/// Asks for a feature of every member that has it, as cargo does for `--features`. Returns whether one
/// has.
fn ask(asked: &mut [AskedOf], members: &[Member], feature: &str) -> bool {
    let mut has_asked = false;
    let qualified = feature.split_once('/');
    for one in asked {
        let member = &members[one.member];
        let value = match qualified {
            Some((name, feature)) if member.name.as_str() == name => {
                member.features.has(feature).then(|| FeatureValue::Feature(feature.into()))
            }
            Some((alias, _)) => {
                let mut dependencies = member.dependencies.iter();
                let is_there = dependencies.any(|dependency| *dependency.alias == *alias);
                is_there.then(|| FeatureValue::parse(feature))
            }
            None => member.features.has(feature).then(|| FeatureValue::Feature(feature.into())),
        };
        has_asked |= value.is_some();
        one.features.extend(value);
    }
    has_asked
}

/// How the packages of a solution are compiled, members first.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub(super) members: Vec<solver::cargo::Built>,
    pub(super) picks: Vec<solver::cargo::Built>,
    pub(super) warnings: Vec<String>,
    /// Whether more may be listed than is compiled.
    pub(super) is_bound: bool,
}

/// Finds what is compiled of a solution; none where the lock is asked for.
pub(super) fn compiled(
    asked: &Asked,
    solution: &solver::cargo::Solution,
) -> Result<Option<Compiled>, Error> {
    let Some(Build { platforms, selection }) = &asked.build else { return Ok(None) };
    let built = solver::cargo::build_set(&asked.problem, solution, platforms, selection);
    let built = built.map_err(|error| {
        let field = "environment.build.features".to_owned();
        Error::Invalid(vec![Invalid { field, column: None, reason: error.to_string() }])
    })?;
    let is_certain = |one: &solver::cargo::Built| {
        let units = [&one.target, &one.host].into_iter().flatten().count();
        units == 0 || (units == 1 && one.certain.is_some())
    };
    let is_bound = !built.members.iter().chain(&built.picks).all(is_certain);
    Ok(Some(Compiled {
        members: built.members,
        picks: built.picks,
        warnings: built.warnings.iter().map(ToString::to_string).collect(),
        is_bound,
    }))
}

/// What the units of a package are compiled against: dependencies by place, and what they point to.
pub(super) fn edges(built: &solver::cargo::Built) -> Vec<(usize, Target)> {
    let units = [&built.target, &built.host].into_iter().flatten();
    let mut edges: Vec<(usize, Target)> = units
        .flat_map(|unit: &Unit| unit.edges.iter().map(|edge| (edge.dependency, edge.to)))
        .collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// The features of one of a package's units; none where it has no such unit.
pub(super) fn features(built: &solver::cargo::Built, side: Side) -> Option<&[String]> {
    let unit = match side {
        Side::Target => &built.target,
        Side::Host => &built.host,
    };
    unit.as_ref().map(|unit| &*unit.features)
}
