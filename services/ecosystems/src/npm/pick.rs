//! Which version npm takes of those that would do (npm-pick-manifest).

use super::packument::{Unpublished, position};
use super::{Manifest, Name, Packument, Range, Reading, Spec, Version};
use crate::Timestamp;

/// What a choice depends on beside the package and the spec.
///
/// One value serves all choices of a request. By default nothing is ruled out.
#[derive(Clone, Debug)]
pub struct PickRules {
    /// The tag whose version is preferred where it would do: `latest`.
    pub default_tag: Box<str>,
    /// Versions that were published later are none, where documents tell.
    pub before: Option<Timestamp>,
    /// The node that `engines` are held against; none for one that everything runs on.
    pub node: Option<Version>,
    /// The npm that `engines` are held against.
    pub npm: Option<Version>,
    /// Whether versions that wait to be published may be taken.
    pub includes_staged: bool,
    /// Versions that are taken only if nothing else would do; read as [`Reading::AVOIDED`].
    pub avoided: Option<Range>,
    /// Whether rather a version outside of what was asked for is taken than an avoided one.
    pub avoids_strictly: bool,
}

impl Default for PickRules {
    fn default() -> Self {
        Self {
            default_tag: "latest".into(),
            before: None,
            node: None,
            npm: None,
            includes_staged: false,
            avoided: None,
            avoids_strictly: false,
        }
    }
}

/// A version that was taken.
#[derive(Clone, Copy, Debug)]
pub struct Picked<'a> {
    /// The version.
    pub manifest: &'a Manifest,
    /// Whether it is one of those to be avoided.
    pub is_avoided: bool,
    /// Whether it is none of those asked for, and how far away.
    pub outside: Option<Outside>,
}

/// How far a version lies from those asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// It is said to be compatible with one of them.
    Compatible,
    /// It is not.
    Major,
}

/// Why no version was taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PickError {
    /// Nothing is published, or nothing was at that time.
    #[error("no versions are available of `{package}`{}", until(*.before))]
    NoVersions {
        /// The package.
        package: Name,
        /// The cut-off.
        before: Option<Timestamp>,
    },
    /// Nothing that is published would do.
    #[error("no version of `{package}` matches `{wanted}`{}", until(*.before))]
    NoMatch {
        /// The package.
        package: Name,
        /// What was asked for.
        wanted: String,
        /// The cut-off.
        before: Option<Timestamp>,
    },
    /// All that would do is to be avoided, and so is all else.
    #[error("every version of `{package}` is one to be avoided")]
    AllAvoided {
        /// The package.
        package: Name,
        /// What was asked for.
        wanted: String,
    },
    /// The registry does not hand it out.
    #[error("`{package}@{wanted}` must not be downloaded by a policy of the registry: {message}")]
    Forbidden {
        /// The package.
        package: Name,
        /// What was asked for.
        wanted: String,
        /// What the registry says.
        message: String,
    },
    /// It is not asked of a registry.
    #[error("`{wanted}` of `{package}` is no version, range or tag")]
    NotOfRegistry {
        /// The package.
        package: Name,
        /// What was asked for, without secrets.
        wanted: String,
    },
}

fn until(before: Option<Timestamp>) -> String {
    before.map(|before| format!(" that was published before {before}")).unwrap_or_default()
}

impl PickError {
    /// What npm calls it, such as `ETARGET`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoVersions { .. } => "ENOVERSIONS",
            Self::NoMatch { .. } | Self::AllAvoided { .. } => "ETARGET",
            Self::Forbidden { .. } => "E403",
            Self::NotOfRegistry { .. } => "EUNSUPPORTED",
        }
    }
}

/// Takes the version that npm would take.
///
/// The version of the default tag is taken if it would do, is not deprecated, runs on the engines
/// and is not to be avoided. Otherwise it is the best of those that would do: not avoided before
/// avoided, not forbidden before forbidden, published before staged, then what is neither
/// deprecated nor for other engines, what is not for other engines, what is not deprecated, and of
/// all these the greatest version. So old engines and deprecation change the answer, though neither
/// rules a version out.
///
/// A choice takes about a microsecond: versions are sorted already, and the search ends with the
/// first that nothing speaks against.
///
/// # Errors
///
/// If nothing would do, or the registry forbids what would.
pub fn pick<'a>(
    packument: &'a Packument,
    spec: &Spec,
    rules: &PickRules,
) -> Result<Picked<'a>, PickError> {
    let choice = Choice { packument, rules };
    let picked = choice.strictly(spec)?.ok_or_else(|| choice.no_match(spec))?;
    match &packument.unpublished {
        Some(unpublished)
            if is_among(&unpublished.restricted, &picked.manifest.stated_version()) =>
        {
            Err(PickError::Forbidden {
                package: packument.name.clone(),
                wanted: spec.to_string(),
                message: unpublished.message.to_string(),
            })
        }
        _ => Ok(picked),
    }
}

struct Choice<'a, 'r> {
    packument: &'a Packument,
    rules: &'r PickRules,
}

/// What speaks for a version, the weightiest first.
type Rank = (bool, bool, bool, bool, bool, bool);

const BEST: Rank = (true, true, true, true, true, true);

impl<'a> Choice<'a, '_> {
    /// Looks further away for a version that is not to be avoided, if that is asked for.
    fn strictly(&self, spec: &Spec) -> Result<Option<Picked<'a>>, PickError> {
        let first = match self.plainly(spec)? {
            Some(first) if self.rules.avoids_strictly && first.is_avoided => first,
            other => return Ok(other),
        };
        let version = first.manifest.stated_version();
        let compatible = Range::parse(&format!("^{version}"), Reading::LOOSE).ok();
        let further = [(compatible, Outside::Compatible), (Some(Range::any()), Outside::Major)];
        for (range, outside) in further {
            let Some(range) = range else { continue };
            if let Some(picked) = self.plainly(&Spec::Range(range))?
                && !picked.is_avoided
            {
                return Ok(Some(Picked { outside: Some(outside), ..picked }));
            }
        }
        let (package, wanted) = (self.packument.name.clone(), spec.to_string());
        Err(PickError::AllAvoided { package, wanted })
    }

    fn plainly(&self, spec: &Spec) -> Result<Option<Picked<'a>>, PickError> {
        let picked = match spec {
            Spec::Version(version) => {
                let key = version.without_build().to_string();
                let found = self.listed_as(&key);
                found.filter(|manifest| self.is_in_time(manifest.published_at))
            }
            Spec::Tag(name) => {
                let Some(tag) = self.packument.tag(name) else { return Ok(None) };
                if !self.is_in_time(tag.published_at) {
                    let range = Range::parse(&format!("<={}", tag.version), Reading::LOOSE);
                    return range.map_or(Ok(None), |range| self.of_range(&range));
                }
                self.listed_as(&tag.version)
            }
            Spec::Range(range) => return self.of_range(range),
            Spec::Alias(alias) => return self.plainly(&alias.spec),
            Spec::Foreign(_) => {
                let (package, wanted) = (self.packument.name.clone(), spec.to_string());
                return Err(PickError::NotOfRegistry { package, wanted });
            }
        };
        Ok(picked.map(|manifest| self.picked(manifest)))
    }

    fn of_range(&self, range: &Range) -> Result<Option<Picked<'a>>, PickError> {
        if let Some(default) = self.default_of(range) {
            return Ok(Some(Picked { manifest: default, is_avoided: false, outside: None }));
        }
        let mut lists = vec![&self.packument.manifests];
        if let Some(unpublished) = &self.packument.unpublished {
            lists.extend(self.rules.includes_staged.then_some(&unpublished.staged));
            lists.push(&unpublished.restricted);
        }
        let mut best: Option<(Rank, &Manifest)> = None;
        for list in &lists {
            let span = range.span(list, |manifest| &manifest.version);
            for manifest in list[span].iter().rev() {
                if !self.is_in_time(manifest.published_at) || !range.contains(&manifest.version) {
                    continue;
                }
                let rank = self.rank(manifest);
                let is_better = best.is_none_or(|(known, other)| {
                    let order = manifest.version.cmp_precedence(&other.version);
                    rank.cmp(&known).then(order).is_gt()
                });
                if is_better {
                    best = Some((rank, manifest));
                }
                if rank == BEST {
                    break;
                }
            }
        }
        if best.is_none()
            && !lists.iter().copied().flatten().any(|one| self.is_in_time(one.published_at))
        {
            let (package, before) = (self.packument.name.clone(), self.rules.before);
            return Err(PickError::NoVersions { package, before });
        }
        Ok(best.map(|(_, manifest)| self.picked(manifest)))
    }

    /// The version of the default tag, if it would do and nothing speaks against it.
    fn default_of(&self, range: &Range) -> Option<&'a Manifest> {
        let tag = self.packument.tag(&self.rules.default_tag)?;
        let manifest = &self.packument.manifests[tag.position? as usize];
        let is_any = matches!(range.as_str(), "" | "*");
        let would_do = is_any || range.contains(&manifest.version);
        (would_do && self.is_in_time(tag.published_at) && self.rank(manifest) == BEST)
            .then_some(manifest)
    }

    fn rank(&self, manifest: &Manifest) -> Rank {
        let PickRules { node, npm, .. } = self.rules;
        let is_sound = manifest.traits.deprecated.is_none();
        let engines = manifest.traits.engines.as_ref();
        let runs = engines.is_none_or(|engines| engines.are_met(node.as_ref(), npm.as_ref()));
        let (is_allowed, is_published) = match &self.packument.unpublished {
            None => (true, true),
            Some(unpublished) => self.standing(unpublished, manifest),
        };
        (!self.is_avoided(manifest), is_allowed, is_published, is_sound && runs, runs, is_sound)
    }

    /// Whether a version is not forbidden, and whether it is not staged.
    fn standing(&self, unpublished: &Unpublished, manifest: &Manifest) -> (bool, bool) {
        let key = manifest.key();
        let is_staged = self.rules.includes_staged && is_among(&unpublished.staged, &key);
        (!is_among(&unpublished.restricted, &key), !is_staged)
    }

    fn is_avoided(&self, manifest: &Manifest) -> bool {
        let avoided = self.rules.avoided.as_ref();
        avoided.is_some_and(|avoided| avoided.contains(&manifest.version))
    }

    /// The version that is listed under a text, published or not.
    fn listed_as(&self, key: &str) -> Option<&'a Manifest> {
        let find = |list: &'a [Manifest]| Some(&list[position(list, key)?]);
        find(&self.packument.manifests).or_else(|| {
            let unpublished = self.packument.unpublished.as_ref()?;
            let staged = self.rules.includes_staged.then_some(&unpublished.staged);
            staged.and_then(|staged| find(staged)).or_else(|| find(&unpublished.restricted))
        })
    }

    fn is_in_time(&self, published_at: Option<Timestamp>) -> bool {
        match (published_at, self.rules.before) {
            (Some(published_at), Some(before)) => published_at <= before,
            _ => true,
        }
    }

    fn picked(&self, manifest: &'a Manifest) -> Picked<'a> {
        Picked { manifest, is_avoided: self.is_avoided(manifest), outside: None }
    }

    fn no_match(&self, spec: &Spec) -> PickError {
        PickError::NoMatch {
            package: self.packument.name.clone(),
            wanted: spec.to_string(),
            before: self.rules.before,
        }
    }
}

fn is_among(list: &[Manifest], key: &str) -> bool {
    position(list, key).is_some()
}
