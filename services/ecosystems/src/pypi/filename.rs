//! File names of distributions: wheels (PEP 427) and source distributions (PEP 625 and before).

use super::version::parse_bare_version;
use super::{Name, Version, WheelTags};

/// What a file's name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DistributionFilename {
    /// `NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM.whl`
    Wheel(WheelFilename),
    /// `NAME-VERSION.tar.gz` or `.zip`
    Sdist {
        /// The version.
        version: Version,
    },
}

/// The parts of a wheel's name that an installer reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelFilename {
    /// The project.
    pub name: Name,
    /// The version.
    pub version: Version,
    /// What it runs on.
    pub tags: WheelTags,
}

/// The build tag of a wheel: digits, then anything. It breaks ties between wheels with equal tags,
/// and a wheel without one loses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BuildTag {
    number: u64,
    suffix: Box<str>,
}

impl BuildTag {
    /// The build tag in the name of a wheel, if it has one.
    pub fn of(filename: &str) -> Option<Self> {
        let mut parts = filename.strip_suffix(".whl")?.split('-');
        let text = if parts.clone().count() == 6 { parts.nth(2)? } else { return None };
        let end = text.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(text.len());
        let (digits, suffix) = text.split_at(end);
        // A number that is too large to compare is the largest.
        Some(Self { number: digits.parse().unwrap_or(u64::MAX), suffix: suffix.into() })
    }
}

/// Why a file name could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilenameError {
    /// An egg, an installer, a tarball of another compression: no installer takes it.
    #[error("`{0}` is neither a wheel nor a source distribution that installers take")]
    OtherFormat(String),
    /// Too few or too many parts.
    #[error("`{0}` has not the parts of a wheel's name")]
    Parts(String),
    /// The name in front is not the project's.
    #[error("`{filename}` is not a file of `{project}`")]
    OtherProject {
        /// The file.
        filename: String,
        /// Whose page it stands on.
        project: Name,
    },
    /// The version cannot be read.
    #[error("`{filename}`: {reason}")]
    Version {
        /// The file.
        filename: String,
        /// What is wrong with the version.
        reason: String,
    },
}

impl FilenameError {
    /// Whether the file is of a format that is passed over in silence.
    pub fn is_other_format(&self) -> bool {
        matches!(self, Self::OtherFormat(_))
    }
}

impl DistributionFilename {
    /// Reads the name of a file on the page of `project`.
    pub fn parse(filename: &str, project: &Name) -> Result<Self, FilenameError> {
        if filename.ends_with(".whl") {
            let wheel = WheelFilename::parse(filename)?;
            if wheel.name != *project {
                return Err(FilenameError::OtherProject {
                    filename: filename.to_owned(),
                    project: project.clone(),
                });
            }
            return Ok(Self::Wheel(wheel));
        }
        let stem = filename.strip_suffix(".tar.gz").or_else(|| filename.strip_suffix(".zip"));
        match stem {
            Some(stem) => {
                sdist_version(stem, filename, project).map(|version| Self::Sdist { version })
            }
            None => Err(FilenameError::OtherFormat(filename.to_owned())),
        }
    }
}

impl WheelFilename {
    /// Reads the name of a wheel.
    pub fn parse(filename: &str) -> Result<Self, FilenameError> {
        let wrong_parts = || FilenameError::Parts(filename.to_owned());
        let stem = filename.strip_suffix(".whl").ok_or_else(wrong_parts)?;
        let parts: Vec<&str> = stem.split('-').collect();
        let (name, version, build, tags) = match parts.as_slice() {
            [name, version, tags @ ..] if tags.len() == 3 => (*name, *version, None, tags),
            [name, version, build, tags @ ..] if tags.len() == 3 => {
                (*name, *version, Some(*build), tags)
            }
            _ => return Err(wrong_parts()),
        };
        let build_fits = build.is_none_or(|build| build.starts_with(|c: char| c.is_ascii_digit()));
        if !build_fits
            || tags.iter().any(|tag| tag.split('.').any(str::is_empty))
            || name.contains("__")
        {
            return Err(wrong_parts());
        }
        let name = Name::parse(name).map_err(|_| wrong_parts())?;
        let version = parse_bare_version(&version.replace('_', "-")).map_err(|error| {
            FilenameError::Version { filename: filename.to_owned(), reason: error.to_string() }
        })?;
        Ok(Self { name, version, tags: WheelTags::new(tags[0], tags[1], tags[2]) })
    }
}

/// Splits `NAME-VERSION` where the name ends: the only safe place, for both may hold a `-`.
fn sdist_version(stem: &str, filename: &str, project: &Name) -> Result<Version, FilenameError> {
    let mut failure =
        FilenameError::OtherProject { filename: filename.to_owned(), project: project.clone() };
    for (place, _) in stem.match_indices('-') {
        let (name, version) = (&stem[..place], &stem[place + 1..]);
        if Name::parse(name).is_ok_and(|name| name == *project) {
            match parse_bare_version(version) {
                Ok(version) => return Ok(version),
                Err(error) => {
                    failure = FilenameError::Version {
                        filename: filename.to_owned(),
                        reason: error.to_string(),
                    };
                }
            }
        }
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sdist_is_split_where_the_projects_name_ends() {
        let project = Name::parse("zope-interface").expect("a name");
        for (filename, version) in [
            ("zope.interface-5.4.0.tar.gz", "5.4.0"),
            ("zope_interface-5.4.0-1.zip", "5.4.0.post1"),
        ] {
            let read = DistributionFilename::parse(filename, &project).expect(filename);
            let version = version.parse().expect("a version");
            assert_eq!(read, DistributionFilename::Sdist { version });
        }
        assert!(DistributionFilename::parse("zope-1.0.tar.gz", &project).is_err());
        assert!(
            DistributionFilename::parse("zope.interface-5.4.0.egg", &project)
                .is_err_and(|error| error.is_other_format())
        );
    }
}
