//! The interpreter and machine that packages are installed for.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;
use std::sync::LazyLock;

use super::marker::Variable;
use super::version::parse_bare_version;
use super::{
    BuildTag, File, FileKind, Implementation, Misfit, Operator, Platform, Specifiers, TagRank,
    TagSet, Version,
};

/// The version of PyPy itself, which a request does not name: the release that all of today's ABIs
/// belong to. uv asks the interpreter at hand instead.
static PYPY: LazyLock<Version> = LazyLock::new(|| Version::new([7, 3]));

/// One interpreter on one platform: what markers, wheel tags and `Requires-Python` are judged by.
#[derive(Clone, Debug)]
pub struct Environment {
    python: Python,
    platform: Platform,
    implementation: Implementation,
    tags: TagSet,
    sdists: bool,
}

/// How good a file is for an environment: the least value is the best. A wheel is better than a
/// source distribution; among wheels the tags decide, and then the highest build tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Preference {
    is_sdist: bool,
    rank: Option<TagRank>,
    build: Reverse<Option<BuildTag>>,
}

/// A version of Python.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Python {
    /// All of it, such as `3.12.0`.
    full: Version,
    /// `python_version`: two numbers.
    short: Version,
}

/// A text that names no interpreter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a version of Python 3: write two or three numbers, such as 3.12 or 3.12.4"
)]
pub struct EnvironmentError {
    /// What was given.
    pub text: String,
}

impl Python {
    /// Reads `3.12`, which means 3.12.0 as it does to uv, or `3.12.4`.
    pub fn parse(text: &str) -> Result<Self, EnvironmentError> {
        let failed = || EnvironmentError { text: text.chars().take(40).collect() };
        let version = parse_bare_version(text).map_err(|_| failed())?;
        let numbers = version.release();
        if !matches!(numbers.len(), 2 | 3)
            || version.is_local()
            || numbers[0] != 3
            || numbers[1] > 99
        {
            return Err(failed());
        }
        let mut padded = numbers.to_vec();
        padded.resize(3, 0);
        let short = Version::new(&padded[..2]);
        Ok(Self { full: version.with_release(padded), short })
    }

    /// The minor number: 12 of 3.12.0.
    pub fn minor(&self) -> u64 {
        self.full.release()[1]
    }
}

impl Environment {
    /// CPython on a platform. Source distributions count as installable only where `sdists` says
    /// so: no package code runs here.
    pub fn new(python: Python, platform: Platform, sdists: bool) -> Self {
        Self::of(Implementation::CPython, python, platform, sdists)
    }

    /// Any implementation of Python on a platform.
    pub fn of(
        implementation: Implementation,
        python: Python,
        platform: Platform,
        sdists: bool,
    ) -> Self {
        let tags = TagSet::new(implementation, python.minor(), &platform);
        Self { python, platform, implementation, tags, sdists }
    }

    /// Which interpreter runs.
    pub fn implementation(&self) -> Implementation {
        self.implementation
    }

    /// The interpreter.
    pub fn python(&self) -> &Python {
        &self.python
    }

    /// The platform.
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Whether source distributions count as installable.
    pub fn takes_sdists(&self) -> bool {
        self.sdists
    }

    /// Whether a file's tags fit, or it is a source distribution and those count.
    pub fn runs(&self, file: &File) -> bool {
        match &file.kind {
            FileKind::Wheel(tags) => self.tags.fits(tags),
            FileKind::Sdist => self.sdists,
        }
    }

    /// What keeps a wheel from running, if anything does, and the tags of its name that do so. No
    /// source distribution is kept from it by a tag.
    pub fn misfit<'f>(&self, file: &'f File) -> Option<(Misfit, &'f str)> {
        let FileKind::Wheel(tags) = &file.kind else { return None };
        let [python, abi, platform] = tags.parts();
        let misfit = self.tags.misfit(tags)?;
        Some(match misfit {
            Misfit::Python => (misfit, python),
            Misfit::Abi => (misfit, abi),
            Misfit::Platform => (misfit, platform),
        })
    }

    /// How good a file is among those that run here.
    pub fn preference(&self, file: &File) -> Preference {
        let (rank, build) = match &file.kind {
            FileKind::Wheel(tags) => (self.tags.rank(tags), BuildTag::of(&file.filename)),
            FileKind::Sdist => (None, None),
        };
        Preference { is_sdist: file.is_sdist(), rank, build: Reverse(build) }
    }

    /// Whether `Requires-Python` admits the interpreter.
    ///
    /// Upper bounds do not count, as in uv: they state what was tested, not what works. So this
    /// asks whether any version up to the interpreter's is meant, by its release numbers, as the
    /// lowest meant version lies at or just behind a version that is written.
    pub fn admits(&self, requires_python: &Specifiers) -> bool {
        let release = self.python.full.only_release();
        if requires_python.contains(&release) {
            return true;
        }
        let just_behind = |version: &Version| {
            let mut numbers = version.release().to_vec();
            numbers.extend([0, 1]);
            Version::new(numbers)
        };
        let behind_prefix = |version: &Version| {
            let mut numbers = version.release().to_vec();
            if let Some(last) = numbers.last_mut() {
                *last = last.saturating_add(1);
            }
            Version::new(numbers)
        };
        let lowest = std::iter::once(Version::new([0]));
        let candidates = requires_python.iter().filter_map(|specifier| {
            let version = specifier.version()?;
            let version = version.only_release().with_epoch(version.epoch());
            Some(match specifier.operator() {
                Operator::NotEqualPrefix => behind_prefix(&version),
                Operator::Greater | Operator::NotEqual => just_behind(&version),
                _ => version,
            })
        });
        lowest
            .chain(candidates)
            .any(|candidate| candidate <= release && requires_python.contains(&candidate))
    }

    /// The version that a version-valued marker variable holds.
    pub(super) fn version(&self, variable: Variable) -> &Version {
        match (variable, self.implementation) {
            (Variable::PythonVersion, _) => &self.python.short,
            (Variable::ImplementationVersion, Implementation::PyPy) => &PYPY,
            _ => &self.python.full,
        }
    }

    /// The text that a marker variable holds. Extras are no text; asked as one they are empty.
    pub(super) fn text(&self, variable: Variable) -> Cow<'static, str> {
        Cow::Borrowed(match variable {
            Variable::OsName => self.platform.os_name(),
            Variable::SysPlatform => self.platform.sys_platform(),
            Variable::PlatformMachine => self.platform.platform_machine(),
            Variable::PlatformSystem => self.platform.platform_system(),
            Variable::PlatformPythonImplementation => match self.implementation {
                Implementation::CPython | Implementation::FreeThreaded => "CPython",
                Implementation::PyPy => "PyPy",
            },
            Variable::ImplementationName => self.implementation.name(),
            // Mostly unknown for a machine that is described, not asked: uv leaves them empty too.
            Variable::PlatformRelease => self.platform.platform_release(),
            Variable::PlatformVersion => self.platform.platform_version(),
            Variable::Extra | Variable::Extras | Variable::DependencyGroups => "",
            Variable::PythonVersion
            | Variable::PythonFullVersion
            | Variable::ImplementationVersion => {
                return Cow::Owned(self.version(variable).to_string());
            }
        })
    }
}

impl fmt::Display for Python {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.full.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Marker, MarkerContext, Name};
    use super::*;

    fn environment() -> Environment {
        let python = Python::parse("3.12").expect("a version of Python");
        Environment::new(python, Platform::parse("linux").expect("a platform"), false)
    }

    #[test]
    fn requires_python_is_judged_by_its_lower_bound() {
        for (text, admitted) in [
            (">=3.8", true),
            (">=3.12", true),
            (">=3.12.1", false),
            (">=3.13", false),
            (">3.12", false),
            (">3.11", true),
            ("<3.12", true),
            (">=3.8,<3.11", true),
            (">=3.8,!=3.12.*", true),
            (">=3.12,!=3.12.*", false),
            (">=2.7,!=3.0.*,!=3.1.*", true),
            ("~=3.13", false),
            ("==3.12.*", true),
            (">=3.12.0rc1", true),
            ("", true),
        ] {
            let specifiers = Specifiers::parse(text).expect(text);
            assert_eq!(environment().admits(&specifiers), admitted, "{text}");
        }
    }

    #[test]
    fn markers_compare_versions_as_versions() {
        let environment = environment();
        let extras = [Name::parse("Some.Extra").expect("a name")];
        let context = MarkerContext { environment: &environment, extras: &extras };
        for (text, holds) in [
            ("python_version >= '3.9'", true),
            ("python_version < '3.9'", false),
            ("'3.9' <= python_version", true),
            ("python_full_version == '3.12.*'", true),
            ("python_version in '3.11 3.12'", true),
            ("python_version not in '3.11, 3.10'", true),
            ("sys_platform == 'linux' and platform_machine != 'aarch64'", true),
            ("os.name == 'nt' or extra == 'some-extra'", true),
            ("extra == 'other'", false),
            ("'SOME_EXTRA' == extra", true),
            ("platform_release >= '5'", false),
            ("(os_name == 'nt' or os_name == 'posix') and python_version ~= '3.8'", true),
        ] {
            let marker = Marker::parse(text).expect(text);
            assert_eq!(marker.holds(context), holds, "{text}");
            let again = Marker::parse(&marker.to_string()).expect("a written marker is readable");
            assert_eq!(again, marker, "{text}");
        }
    }
}
