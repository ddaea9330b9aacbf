//! Compatibility tags (PEP 425, PEP 600, PEP 656): what a wheel says it runs on, and what an
//! environment can run.

use std::collections::HashSet;
use std::fmt;

use rustc_hash::FxBuildHasher;

use super::Platform;

/// The three compressed tag sets of a wheel's name, such as `cp312-cp312-manylinux_2_17_x86_64`.
#[derive(Clone, PartialEq, Eq)]
pub struct WheelTags(Box<str>);

/// The tags that an environment of CPython can run.
#[derive(Clone, Debug)]
pub struct TagSet {
    minor: u64,
    platforms: HashSet<String, FxBuildHasher>,
}

/// Which part of a wheel's tags keeps it from running: the first that does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misfit {
    /// It is for other interpreters, or other versions of this one.
    Python,
    /// It is for other builds of the interpreter.
    Abi,
    /// It is for other machines.
    Platform,
}

impl WheelTags {
    /// Joins the three parts of a wheel's name.
    pub fn new(python: &str, abi: &str, platform: &str) -> Self {
        Self(format!("{python}-{abi}-{platform}").into())
    }

    /// The parts for Python, ABI and platform, each possibly several tags joined by `.`.
    pub fn parts(&self) -> [&str; 3] {
        let mut parts = self.0.splitn(3, '-');
        std::array::from_fn(|_| parts.next().unwrap_or_default())
    }
}

impl TagSet {
    /// The tags of CPython 3.`minor` with the global lock on `platform`.
    pub fn cpython(minor: u64, platform: &Platform) -> Self {
        Self { minor, platforms: platform.tags().into_iter().collect() }
    }

    /// Whether a wheel with `tags` runs in the environment: some combination of its three sets does.
    pub fn fits(&self, tags: &WheelTags) -> bool {
        let [pythons, abis, platforms] = tags.parts();
        let any = platforms.split('.').any(|platform| platform == "any");
        let native = platforms.split('.').any(|platform| self.platforms.contains(platform));
        (any || native)
            && pythons
                .split('.')
                .any(|python| abis.split('.').any(|abi| self.interprets(python, abi, native)))
    }

    /// What keeps a wheel with `tags` from running in the environment, if anything does.
    pub fn misfit(&self, tags: &WheelTags) -> Option<Misfit> {
        if self.fits(tags) {
            return None;
        }
        let [pythons, abis, _] = tags.parts();
        let interprets = |abis: &str| {
            let mut pythons = pythons.split('.');
            pythons.any(|python| abis.split('.').any(|abi| self.interprets(python, abi, true)))
        };
        Some(match (interprets(abis), interprets("none")) {
            (true, _) => Misfit::Platform,
            (false, true) => Misfit::Abi,
            (false, false) => Misfit::Python,
        })
    }

    /// Whether the pair of Python and ABI tags is among the supported ones.
    fn interprets(&self, python: &str, abi: &str, native: bool) -> bool {
        let is_current = |minor: Option<u64>| minor == Some(self.minor);
        match abi {
            "none" => match python.split_at_checked(2) {
                Some(("py", version)) => match version.strip_prefix('3') {
                    Some("") => true,
                    Some(minor) => minor.parse::<u64>().is_ok_and(|minor| minor <= self.minor),
                    None => false,
                },
                Some(("cp", version)) => is_current(minor_of(version)),
                _ => false,
            },
            "abi3" => {
                native
                    && python
                        .strip_prefix("cp")
                        .and_then(minor_of)
                        .is_some_and(|minor| (2..=self.minor).contains(&minor))
            }
            abi => {
                native
                    && is_current(python.strip_prefix("cp").and_then(minor_of))
                    && is_current(abi.strip_prefix("cp").and_then(|abi| {
                        // Before 3.8 the ABI carried `m` for pymalloc.
                        minor_of(if self.minor < 8 { abi.strip_suffix('m')? } else { abi })
                    }))
            }
        }
    }
}

/// The minor number of `312`.
fn minor_of(version: &str) -> Option<u64> {
    version.strip_prefix('3')?.parse().ok()
}

impl fmt::Display for WheelTags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for WheelTags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wheel_fits_when_one_combination_of_its_tags_does() {
        let platform = Platform::parse("x86_64-manylinux_2_28").expect("a platform");
        let tags = TagSet::cpython(12, &platform);
        for (wheel, fits) in [
            (["py3", "none", "any"], true),
            (["py2.py3", "none", "any"], true),
            (["py2", "none", "any"], false),
            (["py313", "none", "any"], false),
            (["cp312", "cp312", "manylinux_2_17_x86_64.manylinux2014_x86_64"], true),
            (["cp312", "cp312", "manylinux_2_31_x86_64"], false),
            (["cp312", "cp312", "musllinux_1_1_x86_64"], false),
            (["cp312", "cp312t", "manylinux_2_17_x86_64"], false),
            (["cp311", "cp311", "manylinux_2_17_x86_64"], false),
            (["cp38", "abi3", "manylinux1_x86_64"], true),
            (["cp313", "abi3", "manylinux1_x86_64"], false),
            (["cp39.cp310", "abi3", "linux_x86_64"], true),
            (["py3", "none", "manylinux2014_x86_64"], true),
            (["py3", "none", "win_amd64"], false),
            (["pp310", "pypy310_pp73", "manylinux2014_x86_64"], false),
        ] {
            let [python, abi, platform] = wheel;
            assert_eq!(tags.fits(&WheelTags::new(python, abi, platform)), fits, "{wheel:?}");
        }
    }

    #[test]
    fn the_first_part_that_does_not_fit_is_told() {
        let platform = Platform::parse("x86_64-manylinux_2_28").expect("a platform");
        let tags = TagSet::cpython(12, &platform);
        for (wheel, misfit) in [
            (["py3", "none", "any"], None),
            (["cp312", "cp312", "win_amd64"], Some(Misfit::Platform)),
            (["cp38", "abi3", "win_amd64"], Some(Misfit::Platform)),
            (["py3", "none", "win_amd64"], Some(Misfit::Platform)),
            (["cp312", "cp312t", "manylinux_2_17_x86_64"], Some(Misfit::Abi)),
            (["py3", "graalpy240_310_native", "any"], Some(Misfit::Abi)),
            (["cp311", "cp311", "win_amd64"], Some(Misfit::Python)),
            (["cp313", "abi3", "manylinux_2_17_x86_64"], Some(Misfit::Python)),
            (["graalpy310", "none", "any"], Some(Misfit::Python)),
        ] {
            let [python, abi, platform] = wheel;
            assert_eq!(tags.misfit(&WheelTags::new(python, abi, platform)), misfit, "{wheel:?}");
        }
    }
}
