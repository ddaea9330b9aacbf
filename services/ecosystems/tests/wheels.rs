//! Which wheels run where, and which of several is the best: a table of wheels and environments.
//!
//! Every row was judged by two others. uv was given a folder with this wheel as a newer version and
//! a universal one as an older version, and asked which it takes. PyPA's `packaging` was asked for
//! the tags of the same interpreter and platform. They agree but for three fields, where uv counts:
//! `packaging` admits wheels for riscv64 from glibc 2.17 on, uv from 2.31, the first that has it;
//! and it admits Emscripten's own tag for Pyodide. The orders are those of uv, which reads the
//! metadata of the best wheel alone, asked for each pair.

use ecosystems::pypi::{
    Environment, File, Implementation, Listing, Name, Platform, ProjectStatus, Python, RawFile,
    TagSet, WheelFilename,
};

/// An environment: its name in the table, interpreter, version and platform.
type Row = (&'static str, Implementation, &'static str, &'static str);

const ENVIRONMENTS: [Row; 19] = [
    ("cp38", Implementation::CPython, "3.8", "linux"),
    ("cp312", Implementation::CPython, "3.12", "linux"),
    ("cp315", Implementation::CPython, "3.15", "linux"),
    ("cp313t", Implementation::FreeThreaded, "3.13", "linux"),
    ("cp315t", Implementation::FreeThreaded, "3.15", "linux"),
    ("pp310", Implementation::PyPy, "3.10", "linux"),
    ("2014", Implementation::CPython, "3.12", "x86_64-manylinux2014"),
    ("arm", Implementation::CPython, "3.12", "aarch64-unknown-linux-gnu"),
    ("riscv", Implementation::CPython, "3.12", "riscv64-unknown-linux"),
    ("musl", Implementation::CPython, "3.12", "x86_64-unknown-linux-musl"),
    ("mac", Implementation::CPython, "3.12", "macos"),
    ("macx", Implementation::CPython, "3.12", "x86_64-apple-darwin"),
    ("win", Implementation::CPython, "3.12", "windows"),
    ("win32", Implementation::CPython, "3.12", "i686-pc-windows-msvc"),
    ("winarm", Implementation::CPython, "3.12", "aarch64-pc-windows-msvc"),
    ("droid", Implementation::CPython, "3.12", "aarch64-linux-android"),
    ("ios", Implementation::CPython, "3.12", "arm64-apple-ios"),
    ("iossim", Implementation::CPython, "3.12", "x86_64-apple-ios-simulator"),
    ("pyo", Implementation::CPython, "3.12", "wasm32-pyodide2024"),
];

/// Each wheel, and the environments that it runs in: `*` for all, `-` for none.
const WHEELS: &str = "
py3-none-any: *
py2.py3-none-any: *
py2-none-any: -
py30-none-any: *
py38-none-any: *
py313-none-any: cp315 cp313t cp315t
py3-none-manylinux_2_17_x86_64: cp38 cp312 cp315 cp313t cp315t pp310 2014
py312-none-manylinux_2_17_x86_64: cp312 cp315 cp313t cp315t 2014
py3-none.abi3-any: *
cp312-none-any: cp312 2014 arm riscv musl mac macx win win32 winarm droid ios iossim pyo
cp312-none-manylinux_2_17_x86_64: cp312 2014
pp310-none-any: -
cp3-none-any: -
cp38-cp38-manylinux_2_17_x86_64: cp38
cp38-abi3-manylinux_2_17_x86_64: cp38 cp312 cp315 2014
cp310-cp310-manylinux_2_17_x86_64: -
cp310-abi3-manylinux_2_17_x86_64: cp312 cp315 2014
cp312-cp312-manylinux_2_17_x86_64: cp312 2014
cp312-abi3-manylinux_2_17_x86_64: cp312 cp315 2014
cp313-cp313-manylinux_2_17_x86_64: -
cp313-abi3-manylinux_2_17_x86_64: cp315
cp315-cp315-manylinux_2_17_x86_64: cp315
cp315-abi3-manylinux_2_17_x86_64: cp315
cp32-abi3-manylinux1_x86_64: cp38 cp312 cp315 2014
cp31-abi3-manylinux1_x86_64: -
cp38-cp38m-manylinux_2_17_x86_64: -
cp312-cp312d-manylinux_2_17_x86_64: -
cp310.cp311.cp312-abi3-manylinux_2_17_x86_64: cp312 cp315 2014
py3-abi3-manylinux_2_17_x86_64: -
cp312-abi3-any: -
cp312-cp312-any: -
cp311.cp312-cp311.cp312-win_amd64.manylinux_2_17_x86_64: cp312 2014 win
cp312-cp312t-manylinux_2_17_x86_64: -
cp312-abi3t-manylinux_2_17_x86_64: cp313t cp315t
cp313-cp313t-manylinux_2_17_x86_64: cp313t
cp313-abi3t-manylinux_2_17_x86_64: cp313t cp315t
cp315-cp315t-manylinux_2_17_x86_64: cp315t
cp315-abi3t-manylinux_2_17_x86_64: cp315t
cp315-abi3.abi3t-manylinux_2_17_x86_64: cp315 cp315t
pp310-pypy310_pp73-manylinux_2_17_x86_64: pp310
pp39-pypy39_pp73-manylinux_2_17_x86_64: -
pp310-pypy310_pp72-manylinux_2_17_x86_64: -
cp312-cp312-linux_x86_64: cp312 2014 musl
cp312-cp312-manylinux1_x86_64: cp312 2014
cp312-cp312-manylinux2010_x86_64: cp312 2014
cp312-cp312-manylinux2014_x86_64: cp312 2014
cp312-cp312-manylinux_2_4_x86_64: -
cp312-cp312-manylinux_2_5_x86_64: cp312 2014
cp312-cp312-manylinux_2_18_x86_64: cp312
cp312-cp312-manylinux_2_28_x86_64: cp312
cp312-cp312-manylinux_2_29_x86_64: -
cp312-cp312-manylinux1_aarch64: -
cp312-cp312-manylinux2014_aarch64: arm
cp312-cp312-manylinux_2_16_aarch64: -
cp312-cp312-manylinux_2_28_aarch64: arm
cp312-cp312-linux_aarch64: arm
cp312-cp312-manylinux_2_17_i686: -
cp312-cp312-manylinux_2_30_riscv64: -
cp312-cp312-manylinux_2_31_riscv64: riscv
cp312-cp312-manylinux2014_riscv64: -
cp312-cp312-musllinux_1_0_x86_64: musl
cp312-cp312-musllinux_1_2_x86_64: musl
cp312-cp312-musllinux_1_3_x86_64: -
cp312-cp312-musllinux_1_1_aarch64: -
cp312-cp312-macosx_11_0_arm64: mac
cp312-cp312-macosx_13_0_arm64: mac
cp312-cp312-macosx_14_0_arm64: -
cp312-cp312-macosx_10_16_arm64: -
cp312-cp312-macosx_10_9_universal2: mac macx
cp312-cp312-macosx_11_0_universal2: mac macx
cp312-cp312-macosx_11_1_universal2: -
cp312-cp312-macosx_10_3_universal2: -
cp312-cp312-macosx_10_9_x86_64: macx
cp312-cp312-macosx_10_9_intel: macx
cp312-cp312-macosx_10_6_fat: -
cp312-cp312-macosx_10_9_fat64: macx
cp312-cp312-macosx_13_0_x86_64: macx
cp312-cp312-macosx_14_0_x86_64: -
cp312-cp312-macosx_10_9_i386: -
cp312-cp312-win32: win32
cp312-cp312-win_amd64: win
cp312-cp312-win_arm64: winarm
cp312-cp312-android_16_arm64_v8a: droid
cp312-cp312-android_24_arm64_v8a: droid
cp312-cp312-android_25_arm64_v8a: -
cp312-cp312-android_21_x86_64: -
cp312-cp312-ios_12_0_arm64_iphoneos: ios
cp312-cp312-ios_13_0_arm64_iphoneos: ios
cp312-cp312-ios_13_1_arm64_iphoneos: -
cp312-cp312-ios_13_0_x86_64_iphonesimulator: iossim
cp312-cp312-pyodide_2024_0_wasm32: pyo
cp312-cp312-pyodide_2025_0_wasm32: -
cp312-cp312-emscripten_3_1_58_wasm32: -
";

/// Files from the best to the worst.
const ORDERS: [(&str, &[&str]); 9] = [
    (
        "cp312",
        &[
            "a-1-cp312-cp312-manylinux_2_28_x86_64.whl",
            "a-1-cp312-cp312-manylinux_2_17_x86_64.whl",
            "a-1-cp312-cp312-manylinux2014_x86_64.whl",
            "a-1-cp312-cp312-manylinux_2_12_x86_64.whl",
            "a-1-cp312-cp312-linux_x86_64.whl",
            "a-1-cp312-abi3-manylinux_2_17_x86_64.whl",
            "a-1-cp312-none-manylinux_2_17_x86_64.whl",
            "a-1-cp39-abi3-manylinux_2_17_x86_64.whl",
            "a-1-py312-none-manylinux_2_17_x86_64.whl",
            "a-1-py3-none-manylinux_2_17_x86_64.whl",
            "a-1-py311-none-manylinux_2_17_x86_64.whl",
            "a-1-cp312-none-any.whl",
            "a-1-py312-none-any.whl",
            "a-1-py3-none-any.whl",
            "a-1-py311-none-any.whl",
            "a-1.tar.gz",
        ],
    ),
    (
        "cp313t",
        &[
            "a-1-cp313-cp313t-manylinux_2_17_x86_64.whl",
            "a-1-cp313-abi3t-manylinux_2_17_x86_64.whl",
            "a-1-cp313-none-manylinux_2_17_x86_64.whl",
            "a-1-cp312-abi3t-manylinux_2_17_x86_64.whl",
            "a-1-py3-none-manylinux_2_17_x86_64.whl",
            "a-1-py3-none-any.whl",
        ],
    ),
    (
        "pp310",
        &[
            "a-1-pp310-pypy310_pp73-manylinux_2_17_x86_64.whl",
            "a-1-py310-none-manylinux_2_17_x86_64.whl",
            "a-1-py3-none-manylinux_2_17_x86_64.whl",
            "a-1-py310-none-any.whl",
            "a-1-py3-none-any.whl",
        ],
    ),
    (
        "musl",
        &[
            "a-1-cp312-cp312-musllinux_1_2_x86_64.whl",
            "a-1-cp312-cp312-musllinux_1_0_x86_64.whl",
            "a-1-cp312-cp312-linux_x86_64.whl",
        ],
    ),
    (
        "mac",
        &[
            "a-1-cp312-cp312-macosx_13_0_arm64.whl",
            "a-1-cp312-cp312-macosx_13_0_universal2.whl",
            "a-1-cp312-cp312-macosx_12_0_arm64.whl",
            "a-1-cp312-cp312-macosx_10_16_universal2.whl",
            "a-1-cp312-cp312-macosx_10_9_universal2.whl",
        ],
    ),
    (
        "macx",
        &[
            "a-1-cp312-cp312-macosx_13_0_x86_64.whl",
            "a-1-cp312-cp312-macosx_13_0_intel.whl",
            "a-1-cp312-cp312-macosx_13_0_fat64.whl",
            "a-1-cp312-cp312-macosx_13_0_fat32.whl",
            "a-1-cp312-cp312-macosx_13_0_universal2.whl",
            "a-1-cp312-cp312-macosx_13_0_universal.whl",
            "a-1-cp312-cp312-macosx_12_0_x86_64.whl",
            "a-1-cp312-cp312-macosx_10_9_x86_64.whl",
        ],
    ),
    (
        "droid",
        &["a-1-cp312-cp312-android_24_arm64_v8a.whl", "a-1-cp312-cp312-android_16_arm64_v8a.whl"],
    ),
    (
        "ios",
        &[
            "a-1-cp312-cp312-ios_13_0_arm64_iphoneos.whl",
            "a-1-cp312-cp312-ios_12_9_arm64_iphoneos.whl",
            "a-1-cp312-cp312-ios_12_0_arm64_iphoneos.whl",
        ],
    ),
    // The tags count first, then the build, as a number with what follows it.
    (
        "cp312",
        &[
            "a-1-cp312-none-any.whl",
            "a-1-10-py3-none-any.whl",
            "a-1-2a-py3-none-any.whl",
            "a-1-2-py3-none-any.whl",
            "a-1-1a-py3-none-any.whl",
            "a-1-1-py3-none-any.whl",
            "a-1-0-py3-none-any.whl",
            "a-1-py3-none-any.whl",
        ],
    ),
];

fn parts(name: &str) -> (Implementation, Python, Platform) {
    let row = ENVIRONMENTS.iter().find(|row| row.0 == name);
    let (_, implementation, python, platform) = *row.expect("an environment of the table");
    let python = Python::parse(python).expect("a version of Python");
    (implementation, python, Platform::parse(platform).expect("a platform"))
}

#[test]
fn wheels_run_where_uv_and_packaging_say() {
    let mut wrong = Vec::new();
    for line in WHEELS.trim().lines() {
        let (wheel, expected) = line.split_once(": ").expect("a wheel and its environments");
        let wheel = WheelFilename::parse(&format!("a-1-{wheel}.whl")).expect(line);
        let fits = ENVIRONMENTS.iter().map(|row| row.0).filter(|name| {
            let (implementation, python, platform) = parts(name);
            TagSet::new(implementation, python.minor(), &platform).fits(&wheel.tags)
        });
        let fits: Vec<&str> = fits.collect();
        let expected: Vec<&str> = match expected {
            "*" => ENVIRONMENTS.iter().map(|row| row.0).collect(),
            "-" => Vec::new(),
            names => names.split(' ').collect(),
        };
        if fits != expected {
            wrong.push(format!("{line}\n    but it runs in {fits:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_best_file_is_the_one_that_uv_installs() {
    for (name, expected) in ORDERS {
        let (implementation, python, platform) = parts(name);
        let environment = Environment::of(implementation, python, platform, true);
        let raw = expected
            .iter()
            .map(|filename| RawFile { filename: (*filename).to_owned(), ..RawFile::default() });
        let project = Name::parse("a").expect("a name");
        let listing = Listing::from_files(project, raw.rev().collect(), ProjectStatus::Active);
        assert_eq!(listing.releases.len(), 1, "{name}");
        let mut files: Vec<&File> = listing.releases[0].files.iter().collect();
        assert!(files.iter().all(|file| environment.runs(file)), "{name}");
        files.sort_by_key(|file| environment.preference(file));
        let found: Vec<&str> = files.iter().map(|file| &*file.filename).collect();
        assert_eq!(found, expected, "{name}");
    }
}
