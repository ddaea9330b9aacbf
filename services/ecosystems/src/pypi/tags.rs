//! Compatibility tags (PEP 425, PEP 600, PEP 656): what a wheel says it runs on, and what an
//! environment can run.

use std::collections::HashMap;
use std::fmt;

use rustc_hash::FxBuildHasher;

use super::Platform;

/// The three compressed tag sets of a wheel's name, such as `cp312-cp312-manylinux_2_17_x86_64`.
#[derive(Clone, PartialEq, Eq)]
pub struct WheelTags(Box<str>);

/// Which interpreter of Python runs, as far as wheels tell interpreters apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Implementation {
    /// CPython with its global lock.
    #[default]
    CPython,
    /// CPython built without the lock, from 3.13 on: `python3.13t`. Its ABI is one of its own.
    FreeThreaded,
    /// PyPy. Its ABI has been that of 7.3 since Python 3.6.
    PyPy,
}

/// The tags that an environment can run, and which of them are better.
#[derive(Clone, Debug)]
pub struct TagSet {
    implementation: Implementation,
    minor: u64,
    /// The tag of the interpreter itself, such as `cp312`.
    python: String,
    /// The tag of its own ABI, such as `cp312` or `pypy310_pp73`.
    abi: String,
    /// Platform tags, each with its place: the best has the lowest.
    platforms: HashMap<String, u32, FxBuildHasher>,
}

/// How well a wheel fits: the least value is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TagRank {
    /// By the tags for Python and ABI, and whether a platform is named at all.
    interpreter: u64,
    /// By the platform tag; the last for `any`.
    platform: u32,
}

/// Behind all ranks of wheels that name an ABI: there are fewer than two for each minor version.
const NO_ABI: u64 = 1 << 32;
/// Behind all ranks of wheels that name a platform.
const ANY_PLATFORM: u64 = NO_ABI * 2;

impl Implementation {
    /// The name that the marker `implementation_name` has.
    pub fn name(self) -> &'static str {
        match self {
            Self::CPython | Self::FreeThreaded => "cpython",
            Self::PyPy => "pypy",
        }
    }
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
    /// The tags of Python 3.`minor` on `platform`.
    pub fn new(implementation: Implementation, minor: u64, platform: &Platform) -> Self {
        let platforms = platform.tags().into_iter().zip(0..).collect();
        let (python, abi) = match implementation {
            // Before 3.8 the ABI carried `m` for pymalloc.
            Implementation::CPython if minor < 8 => (format!("cp3{minor}"), format!("cp3{minor}m")),
            Implementation::CPython => (format!("cp3{minor}"), format!("cp3{minor}")),
            Implementation::FreeThreaded => (format!("cp3{minor}"), format!("cp3{minor}t")),
            Implementation::PyPy => (format!("pp3{minor}"), format!("pypy3{minor}_pp73")),
        };
        Self { implementation, minor, python, abi, platforms }
    }

    /// Whether a wheel with `tags` runs in the environment: some combination of its three sets does.
    ///
    /// It is what [`rank`](Self::rank) says, sooner: most wheels are for everything, or for other
    /// interpreters.
    pub fn fits(&self, tags: &WheelTags) -> bool {
        if &*tags.0 == "py3-none-any" {
            return true;
        }
        let [pythons, abis, platforms] = tags.parts();
        let any_pair = |fits: &dyn Fn(&str, &str) -> bool| {
            pythons.split('.').any(|python| abis.split('.').any(|abi| fits(python, abi)))
        };
        let is_native = || platforms.split('.').any(|tag| self.platforms.contains_key(tag));
        let is_any = || platforms.split('.').any(|tag| tag == "any");
        (any_pair(&|python, abi| self.on_platform(python, abi).is_some()) && is_native())
            || (any_pair(&|python, abi| self.on_any(python, abi).is_some()) && is_any())
    }

    /// What keeps a wheel with `tags` from running in the environment, if anything does.
    pub fn misfit(&self, tags: &WheelTags) -> Option<Misfit> {
        if self.fits(tags) {
            return None;
        }
        let [pythons, abis, _] = tags.parts();
        let is_ours = |python| python == self.python || self.on_platform(python, "none").is_some();
        let interprets =
            |python| abis.split('.').any(|abi| self.on_platform(python, abi).is_some());
        Some(if pythons.split('.').any(interprets) {
            Misfit::Platform
        } else if pythons.split('.').any(is_ours) {
            Misfit::Abi
        } else {
            Misfit::Python
        })
    }

    /// How well a wheel with `tags` fits: as its best combination does, in the order of uv; none if
    /// it does not fit.
    pub fn rank(&self, tags: &WheelTags) -> Option<TagRank> {
        let [pythons, abis, platforms] = tags.parts();
        let native = platforms.split('.').filter_map(|tag| self.platforms.get(tag)).min().copied();
        let is_any = platforms.split('.').any(|tag| tag == "any");
        let pairs =
            pythons.split('.').flat_map(|python| abis.split('.').map(move |abi| (python, abi)));
        let ranks = pairs.flat_map(|(python, abi)| {
            let native = native.and_then(|platform| {
                Some(TagRank { interpreter: self.on_platform(python, abi)?, platform })
            });
            let any = is_any.then(|| self.on_any(python, abi)).flatten();
            let any = any.map(|interpreter| TagRank { interpreter, platform: u32::MAX });
            [native, any]
        });
        ranks.flatten().min()
    }

    /// The rank of a pair of Python and ABI tags in a wheel for one of our platforms: first the
    /// exact ABI, then the stable one from the newest Python down, then none.
    fn on_platform(&self, python: &str, abi: &str) -> Option<u64> {
        if abi == "none" {
            // Behind the newest stable ABI, and before the older ones.
            let own = self.takes_own(python).then_some(2);
            return own.or_else(|| Some(NO_ABI + self.generic(python)?));
        }
        if python == self.python && abi == self.abi {
            return Some(0);
        }
        if Some(abi) != self.stable_abi() {
            return None;
        }
        let minor = minor_of(python.strip_prefix("cp")?)?;
        (2..=self.minor).contains(&minor).then(|| 1 + 2 * (self.minor - minor))
    }

    /// The rank of a pair of Python and ABI tags in a wheel for any platform: without an ABI.
    fn on_any(&self, python: &str, abi: &str) -> Option<u64> {
        if abi != "none" {
            return None;
        }
        let own = self.takes_own(python).then_some(ANY_PLATFORM);
        own.or_else(|| Some(ANY_PLATFORM + 1 + self.generic(python)?))
    }

    /// Whether wheels without an ABI may name the interpreter itself. Those of PyPy are not taken,
    /// as uv has it.
    fn takes_own(&self, python: &str) -> bool {
        self.implementation != Implementation::PyPy && python == self.python
    }

    /// The ABI that later versions keep. That of builds without the lock is PEP 803's; as for the
    /// reference implementations, wheels may name older versions than the first that has it.
    fn stable_abi(&self) -> Option<&'static str> {
        match self.implementation {
            Implementation::CPython => Some("abi3"),
            Implementation::FreeThreaded => Some("abi3t"),
            Implementation::PyPy => None,
        }
    }

    /// The rank of a tag for any implementation: our version, then `py3`, then older ones.
    fn generic(&self, python: &str) -> Option<u64> {
        let version = python.strip_prefix("py")?;
        if version == "3" {
            return Some(1);
        }
        let behind = self.minor.checked_sub(minor_of(version)?)?;
        Some(2 * behind)
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
    fn the_first_part_that_does_not_fit_is_told() {
        let platform = Platform::parse("x86_64-manylinux_2_28").expect("a platform");
        let tags = TagSet::new(Implementation::CPython, 12, &platform);
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

    #[test]
    fn what_fits_has_a_rank() {
        let implementations =
            [Implementation::CPython, Implementation::FreeThreaded, Implementation::PyPy];
        let pythons =
            ["py3", "py2.py3", "cp312", "cp311", "py312", "pp312", "cp32", "py2", "cp313"];
        let abis = ["none", "abi3", "abi3t", "cp312", "cp312t", "pypy312_pp73", "cp311.abi3"];
        let platforms = ["any", "manylinux_2_17_x86_64.manylinux2014_x86_64", "win32.any", "win32"];
        let (mut fitting, mut others) = (0, 0);
        for implementation in implementations {
            for platform in ["x86_64-manylinux_2_28", "x86_64-pc-windows-msvc"] {
                let platform = Platform::parse(platform).expect("a platform");
                let set = TagSet::new(implementation, 12, &platform);
                for (python, abi) in
                    pythons.iter().flat_map(|python| abis.iter().map(move |abi| (python, abi)))
                {
                    for platform in platforms {
                        let tags = WheelTags::new(python, abi, platform);
                        assert_eq!(set.fits(&tags), set.rank(&tags).is_some(), "{tags}");
                        *if set.fits(&tags) { &mut fitting } else { &mut others } += 1;
                    }
                }
            }
        }
        assert!(fitting > 50 && others > 50, "{fitting} fit and {others} do not");
    }
}
