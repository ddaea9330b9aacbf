//! What stands in for packages of registries.

use ecosystems::cargo::Version;

use super::rules::{CargoRules, Owner};
use super::universe::CrateId;
use super::{Crate, Replacement};
use crate::conflict::{alternatives, quoted};

/// What a patch puts in place of a package.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patched<'a> {
    /// The place of the patch in the problem's list.
    pub(crate) place: usize,
    /// The package that it stands in for.
    pub(crate) package: CrateId,
    /// What is put there.
    pub(crate) owner: Owner,
    /// The version of that.
    pub(crate) version: &'a Version,
}

/// The patches of one problem.
#[derive(Debug, Default)]
pub(crate) struct Patches<'a> {
    /// Those that put something there.
    pub(crate) patched: Vec<Patched<'a>>,
    /// Packages of which it is not known what there is to put there.
    pub(crate) unknown: Vec<CrateId>,
    /// Those that can put nothing there: place in the problem's list, and why, in words that end a
    /// sentence about the patch.
    pub(crate) faults: Vec<(usize, String)>,
}

impl<'a> Patches<'a> {
    /// Finds out what the patches of a problem put in place of packages.
    pub(crate) fn new(rules: &CargoRules<'a>) -> Self {
        let mut patches = Self::default();
        for (place, patch) in rules.problem.patches.iter().enumerate() {
            let Some(package) = rules.id(&patch.package) else { continue };
            let found = match &patch.replacement {
                Replacement::Member(number) => {
                    let owner = Owner::Member(u32::try_from(*number).unwrap_or(u32::MAX));
                    Ok((owner, &rules.problem.members[*number].version))
                }
                Replacement::Package(other, requirement) => {
                    let Some(id) = rules.id(other).filter(|id| rules.is_known(*id)) else {
                        patches.unknown.extend(rules.id(other));
                        continue;
                    };
                    only(rules, other, id, |version| requirement.matches(version))
                        .map_err(|found| no_single(&requirement.to_string(), other, &found))
                }
            };
            let twice = |version: &Version| {
                let others = patches.patched.iter();
                others.clone().any(|other| other.package == package && other.version == version)
            };
            match found {
                Ok((_, version)) if twice(version) => {
                    let text = format!("puts version {version} there, as another patch does");
                    patches.faults.push((place, text));
                }
                Ok((owner, version)) => {
                    patches.patched.push(Patched { place, package, owner, version });
                }
                Err(text) => patches.faults.push((place, text)),
            }
        }
        patches
    }

    /// Whether a patch puts a version of a registry's package somewhere.
    pub(crate) fn put_from(&self, package: CrateId) -> bool {
        let is_of = |owner| matches!(owner, Owner::Release(id, _) if id == package);
        self.patched.iter().any(|patched| is_of(patched.owner))
    }

    /// Whether a patch puts anything in place of a package.
    pub(crate) fn puts_for(&self, package: CrateId) -> bool {
        self.patched.iter().any(|patched| patched.package == package)
    }

    /// Whether a patch puts this somewhere.
    pub(crate) fn put(&self, owner: Owner) -> bool {
        self.patched.iter().any(|patched| patched.owner == owner)
    }

    /// What is put in place of a package.
    pub(crate) fn of(&self, package: CrateId) -> Vec<(Owner, &'a Version)> {
        let of = self.patched.iter().filter(|patched| patched.package == package);
        of.map(|patched| (patched.owner, patched.version)).collect()
    }
}

/// The only release of a package that can be chosen and fits, or the one of them that is locked.
/// Else those that fit.
fn only<'a>(
    rules: &CargoRules<'a>,
    package: &Crate,
    id: CrateId,
    fits: impl Fn(&Version) -> bool,
) -> Result<(Owner, &'a Version), Vec<&'a Version>> {
    let fitting = rules.published(id).filter(|(_, version)| fits(version));
    let fitting: Vec<(Owner, &Version)> = fitting.collect();
    let is_locked = |version: &Version| {
        let mut locked = rules.problem.locked.iter().filter(|locked| !locked.is_to_update);
        locked.any(|locked| locked.package == *package && locked.version == *version)
    };
    match fitting[..] {
        [only] => Ok(only),
        _ => {
            let locked = fitting.iter().find(|(_, version)| is_locked(version));
            locked.copied().ok_or(fitting.into_iter().map(|(_, version)| version).collect())
        }
    }
}

fn no_single(requirement: &str, package: &Crate, found: &[&Version]) -> String {
    let wanted = quoted(format!("{} {requirement}", package.name));
    let found: Vec<String> = found.iter().rev().map(ToString::to_string).collect();
    match &found[..] {
        [] => format!("asks for {wanted} of another registry, which has none"),
        [newest, ..] => format!(
            "asks for {wanted} of another registry, which has {}: a patch is one version, as `={newest}` \
             is",
            alternatives(&found).replace(" or ", " and ")
        ),
    }
}
