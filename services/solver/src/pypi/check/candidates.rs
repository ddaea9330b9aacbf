//! Which versions can be chosen at all, read from the problem once more.

use ecosystems::pypi::{File, MarkerContext, ProjectStatus, Specifier, Specifiers, Version};

use super::super::solution::Pick;
use super::super::{Prereleases, Problem, Root};

/// What the user asks of one project, as far as it decides which versions there are.
pub(super) struct Mask<'a> {
    problem: &'a Problem,
    pick: &'a Pick,
    /// The user's requirements, constraints and overrides that are about the project.
    about: Vec<&'a Root>,
}

impl<'a> Mask<'a> {
    pub(super) fn new(problem: &'a Problem, pick: &'a Pick) -> Self {
        let context = MarkerContext { environment: &problem.environment, extras: &[] };
        let all = [&problem.requirements, &problem.constraints, &problem.overrides];
        let about = all.into_iter().flatten().filter(|root| {
            root.requirement.name == pick.name && root.requirement.marker.holds(context)
        });
        Self { problem, pick, about: about.collect() }
    }

    /// Why the version at `position` cannot be chosen, as the end of a sentence.
    pub(super) fn fault(&self, position: u32) -> Option<String> {
        let listing = &self.pick.listing;
        let Some(release) = listing.releases.get(position as usize) else {
            return Some("is not listed".to_owned());
        };
        if listing.status == ProjectStatus::Quarantined {
            return Some("is quarantined".to_owned());
        }
        if release.version.any_prerelease() && !self.takes_prereleases() {
            return Some("is a pre-release that nobody asks for".to_owned());
        }
        if !release.files.iter().any(|file| self.takes(&release.version, file)) {
            return Some("has no file that may be installed".to_owned());
        }
        None
    }

    fn specifiers(&self) -> impl Iterator<Item = &'a Specifiers> {
        self.about.iter().filter_map(|root| root.requirement.specifiers())
    }

    fn takes_prereleases(&self) -> bool {
        let is_named = self.specifiers().any(Specifiers::names_prerelease);
        match self.problem.policy.prereleases {
            Prereleases::Disallow => false,
            Prereleases::Explicit => is_named,
            Prereleases::IfNecessary => is_named || self.pick.version().any_prerelease(),
            Prereleases::Allow => true,
        }
    }

    fn takes(&self, version: &Version, file: &File) -> bool {
        let Problem { environment, policy, .. } = self.problem;
        let is_old_enough = policy
            .before
            .is_none_or(|before| file.uploaded_at.is_some_and(|uploaded| uploaded < before));
        let is_of_its_kind = if file.is_sdist() {
            environment.takes_sdists() && !policy.takes_only_wheels(&self.pick.name)
        } else {
            !policy.takes_only_sdists(&self.pick.name)
        };
        let is_for_python =
            file.requires_python.as_ref().is_none_or(|python| environment.admits(python));
        is_old_enough
            && is_of_its_kind
            && environment.runs(file)
            && is_for_python
            && (!file.is_yanked() || self.is_pinned(version))
            && self.is_hashed(file)
    }

    /// A yanked file will do where the user pins its version, or has it locked.
    fn is_pinned(&self, version: &Version) -> bool {
        let pins = |specifiers: &Specifiers| {
            let pinned = specifiers.iter().next().and_then(Specifier::pinned);
            specifiers.is_sole_pin() && pinned.as_ref() == Some(version)
        };
        let mut locked = self.problem.locked.iter();
        self.specifiers().any(pins)
            || locked.any(|(name, locked)| *name == self.pick.name && locked == version)
    }

    fn is_hashed(&self, file: &File) -> bool {
        let mut wanted = self.about.iter().flat_map(|root| &root.hashes).peekable();
        wanted.peek().is_none()
            || wanted.any(|wanted| file.hashes.iter().any(|hash| **hash == **wanted))
    }
}
