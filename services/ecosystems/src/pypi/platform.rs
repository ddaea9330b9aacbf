//! Platforms by the names that `uv --python-platform` takes, with the tags that run on them and
//! the marker values that follow from them.

use std::fmt;

/// A kind of machine that wheels are chosen for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Platform {
    system: System,
    machine: Machine,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum System {
    /// Linux with glibc 2.`minor`.
    Manylinux {
        minor: u32,
    },
    /// Linux with musl 1.`minor`.
    Musllinux {
        minor: u32,
    },
    /// macOS from this release on.
    Macos {
        major: u32,
    },
    Windows,
    Android {
        /// The level of its interface, which grows with each release.
        level: u32,
    },
    Ios {
        major: u32,
        device: Device,
    },
    /// A browser, with the ABI of this year's Pyodide, built by this release of Emscripten.
    Pyodide {
        year: u32,
        emscripten: &'static str,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Device {
    Phone,
    Simulator,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Machine {
    X86_64,
    Aarch64,
    X86,
    Riscv64,
    Wasm32,
}

/// A name that is no platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a platform: platforms are `linux`, `macos`, `windows`, a target such as \
     `aarch64-apple-darwin`, or `x86_64-manylinux_2_28`"
)]
pub struct PlatformError {
    /// What was given.
    pub text: String,
}

/// The oldest macOS that uv assumes where none is named.
const MACOS: System = System::Macos { major: 13 };
/// The oldest glibc that uv assumes where none is named.
const GLIBC: System = System::Manylinux { minor: 28 };
/// The oldest musl that uv assumes.
const MUSL: System = System::Musllinux { minor: 2 };
/// The oldest Android that uv assumes.
const ANDROID: System = System::Android { level: 24 };

const NAMED: [(&str, System, Machine); 21] = [
    ("linux", GLIBC, Machine::X86_64),
    ("macos", MACOS, Machine::Aarch64),
    ("windows", System::Windows, Machine::X86_64),
    ("x86_64-unknown-linux-gnu", GLIBC, Machine::X86_64),
    ("aarch64-unknown-linux-gnu", GLIBC, Machine::Aarch64),
    ("x86_64-unknown-linux-musl", MUSL, Machine::X86_64),
    ("aarch64-unknown-linux-musl", MUSL, Machine::Aarch64),
    ("riscv64-unknown-linux", System::Manylinux { minor: 39 }, Machine::Riscv64),
    ("x86_64-apple-darwin", MACOS, Machine::X86_64),
    ("aarch64-apple-darwin", MACOS, Machine::Aarch64),
    ("x86_64-pc-windows-msvc", System::Windows, Machine::X86_64),
    ("aarch64-pc-windows-msvc", System::Windows, Machine::Aarch64),
    ("i686-pc-windows-msvc", System::Windows, Machine::X86),
    ("aarch64-linux-android", ANDROID, Machine::Aarch64),
    ("x86_64-linux-android", ANDROID, Machine::X86_64),
    ("arm64-apple-ios", IPHONE, Machine::Aarch64),
    ("arm64-apple-ios-simulator", SIMULATOR, Machine::Aarch64),
    ("x86_64-apple-ios-simulator", SIMULATOR, Machine::X86_64),
    ("wasm32-pyodide2024", PYODIDE_2024, Machine::Wasm32),
    ("wasm32-pyodide2025", PYODIDE_2025, Machine::Wasm32),
    ("x86_64-manylinux2014", System::Manylinux { minor: 17 }, Machine::X86_64),
];

/// The oldest iOS that uv assumes.
const IPHONE: System = System::Ios { major: 13, device: Device::Phone };
const SIMULATOR: System = System::Ios { major: 13, device: Device::Simulator };
const PYODIDE_2024: System = System::Pyodide { year: 2024, emscripten: "3.1.58" };
const PYODIDE_2025: System = System::Pyodide { year: 2025, emscripten: "4.0.9" };

impl Platform {
    /// Reads a platform's name.
    pub fn parse(text: &str) -> Result<Self, PlatformError> {
        let named = NAMED.iter().find(|(name, _, _)| *name == text);
        let platform =
            named.map(|(_, system, machine)| Self { system: *system, machine: *machine });
        platform
            .or_else(|| Self::parse_manylinux(text))
            .ok_or_else(|| PlatformError { text: text.chars().take(80).collect() })
    }

    fn parse_manylinux(text: &str) -> Option<Self> {
        let (machine, system) = text.split_once("-manylinux")?;
        let machine = match machine {
            "x86_64" => Machine::X86_64,
            "aarch64" => Machine::Aarch64,
            _ => return None,
        };
        let minor = match system {
            "2014" => 17,
            _ => system
                .strip_prefix("_2_")?
                .parse()
                .ok()
                .filter(|minor| (17..=60).contains(minor))?,
        };
        Some(Self { system: System::Manylinux { minor }, machine })
    }

    /// The platform tags of wheels that run here, the best first.
    pub(super) fn tags(&self) -> Vec<String> {
        match self.system {
            System::Manylinux { minor } => self.manylinux_tags(minor),
            System::Musllinux { minor } => {
                let machine = self.linux_machine();
                let musl = (0..=minor).rev().map(|minor| format!("musllinux_1_{minor}_{machine}"));
                musl.chain([format!("linux_{machine}")]).collect()
            }
            System::Macos { major } => self.macos_tags(major),
            System::Windows => vec![
                match self.machine {
                    Machine::Aarch64 => "win_arm64",
                    Machine::X86 => "win32",
                    _ => "win_amd64",
                }
                .to_owned(),
            ],
            System::Android { level } => {
                let machine = if self.machine == Machine::Aarch64 { "arm64_v8a" } else { "x86_64" };
                (16..=level).rev().map(|level| format!("android_{level}_{machine}")).collect()
            }
            System::Ios { major, device } => {
                let device = match device {
                    Device::Phone => "iphoneos",
                    Device::Simulator => "iphonesimulator",
                };
                let machine = self.platform_machine();
                let newest = [format!("ios_{major}_0_{machine}_{device}")];
                let older = (12..major).rev().flat_map(|major| {
                    (0..=9)
                        .rev()
                        .map(move |minor| format!("ios_{major}_{minor}_{machine}_{device}"))
                });
                newest.into_iter().chain(older).collect()
            }
            System::Pyodide { year, .. } => vec![format!("pyodide_{year}_0_wasm32")],
        }
    }

    fn manylinux_tags(&self, minor: u32) -> Vec<String> {
        let machine = self.linux_machine();
        let (oldest, legacy): (u32, &[(u32, &str)]) = match self.machine {
            Machine::X86_64 | Machine::X86 => {
                (5, &[(17, "manylinux2014"), (12, "manylinux2010"), (5, "manylinux1")])
            }
            Machine::Riscv64 => (31, &[]),
            Machine::Aarch64 | Machine::Wasm32 => (17, &[(17, "manylinux2014")]),
        };
        let mut tags = Vec::new();
        for glibc in (oldest..=minor).rev() {
            tags.push(format!("manylinux_2_{glibc}_{machine}"));
            let alias = legacy.iter().find(|(same, _)| *same == glibc);
            tags.extend(alias.map(|(_, alias)| format!("{alias}_{machine}")));
        }
        tags.push(format!("linux_{machine}"));
        tags
    }

    /// Apple counts 10.x up to 10.16, then a major a year, and jumped from 15 to 26.
    fn macos_tags(&self, major: u32) -> Vec<String> {
        let formats: &[&str] = match self.machine {
            Machine::Aarch64 => &["arm64", "universal2"],
            _ => &["x86_64", "intel", "fat64", "fat32", "universal2", "universal"],
        };
        let mut tags = Vec::new();
        for release in (11..=major).rev() {
            tags.extend(formats.iter().map(|format| format!("macosx_{release}_0_{format}")));
        }
        for minor in (4..=16).rev() {
            match self.machine {
                Machine::Aarch64 => tags.push(format!("macosx_10_{minor}_universal2")),
                _ => {
                    tags.extend(formats.iter().map(|format| format!("macosx_10_{minor}_{format}")));
                }
            }
        }
        tags
    }

    fn linux_machine(&self) -> &'static str {
        match self.machine {
            Machine::X86_64 => "x86_64",
            Machine::Aarch64 => "aarch64",
            Machine::X86 => "i686",
            Machine::Riscv64 => "riscv64",
            Machine::Wasm32 => "wasm32",
        }
    }

    /// `os.name`
    pub(super) fn os_name(&self) -> &'static str {
        if self.system == System::Windows { "nt" } else { "posix" }
    }

    /// `sys.platform`
    pub(super) fn sys_platform(&self) -> &'static str {
        match self.system {
            System::Manylinux { .. } | System::Musllinux { .. } => "linux",
            System::Macos { .. } => "darwin",
            System::Windows => "win32",
            System::Android { .. } => "android",
            System::Ios { .. } => "ios",
            System::Pyodide { .. } => "emscripten",
        }
    }

    /// `platform.system()`
    pub(super) fn platform_system(&self) -> &'static str {
        match self.system {
            System::Manylinux { .. } | System::Musllinux { .. } => "Linux",
            System::Macos { .. } => "Darwin",
            System::Windows => "Windows",
            System::Android { .. } => "Android",
            System::Ios { .. } => "iOS",
            System::Pyodide { .. } => "Emscripten",
        }
    }

    /// `platform.release()`, where it follows from the platform's name.
    pub(super) fn platform_release(&self) -> &'static str {
        match self.system {
            System::Pyodide { emscripten, .. } => emscripten,
            _ => "",
        }
    }

    /// `platform.version()`, where it follows from the platform's name.
    pub(super) fn platform_version(&self) -> &'static str {
        if matches!(self.system, System::Pyodide { .. }) { "#1" } else { "" }
    }

    /// `platform.machine()`
    pub(super) fn platform_machine(&self) -> &'static str {
        match (self.system, self.machine) {
            (System::Windows, Machine::X86_64) => "AMD64",
            (System::Windows, Machine::Aarch64) => "ARM64",
            (System::Windows, Machine::X86) => "x86",
            (System::Macos { .. } | System::Ios { .. }, Machine::Aarch64) => "arm64",
            (_, _) => self.linux_machine(),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine = self.linux_machine();
        match self.system {
            System::Manylinux { minor } => write!(f, "{machine}-manylinux_2_{minor}"),
            System::Musllinux { .. } => write!(f, "{machine}-unknown-linux-musl"),
            System::Macos { .. } => write!(f, "{machine}-apple-darwin"),
            System::Windows => write!(f, "{machine}-pc-windows-msvc"),
            System::Android { .. } => write!(f, "{machine}-linux-android"),
            System::Ios { device: Device::Phone, .. } => write!(f, "arm64-apple-ios"),
            System::Ios { device: Device::Simulator, .. } => {
                write!(f, "{}-apple-ios-simulator", self.platform_machine())
            }
            System::Pyodide { year, .. } => write!(f, "wasm32-pyodide{year}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_read_by_the_names_that_uv_takes() {
        for (text, written) in [
            ("linux", "x86_64-manylinux_2_28"),
            ("x86_64-manylinux2014", "x86_64-manylinux_2_17"),
            ("aarch64-manylinux_2_40", "aarch64-manylinux_2_40"),
            ("macos", "aarch64-apple-darwin"),
            ("windows", "x86_64-pc-windows-msvc"),
            ("riscv64-unknown-linux", "riscv64-manylinux_2_39"),
            ("x86_64-apple-ios-simulator", "x86_64-apple-ios-simulator"),
            ("wasm32-pyodide2025", "wasm32-pyodide2025"),
        ] {
            assert_eq!(
                Platform::parse(text).map(|platform| platform.to_string()),
                Ok(written.to_owned())
            );
        }
        for text in ["", "x86_64", "x86_64-manylinux_2_5", "riscv64-manylinux_2_28", "solaris"] {
            assert!(Platform::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn legacy_manylinux_names_stand_beside_the_glibc_they_mean() {
        let tags =
            Platform::parse("x86_64-manylinux_2_17").map(|platform| platform.tags()).unwrap();
        assert_eq!(tags[..2], ["manylinux_2_17_x86_64", "manylinux2014_x86_64"]);
        assert_eq!(tags[tags.len() - 2..], ["manylinux1_x86_64", "linux_x86_64"]);
    }
}
