//! What the tests of all inputs share: files from a text, and what was read of them as a text.

use std::{fmt::Write as _, fs, path::Path};

use super::{Input, InputError, Kind, Requirement, Selection, Stated, kind, read};
use crate::{
    failure::{self, Failure},
    print::look::Look,
    request::Origins,
};

/// Writes the files of a scenario, reads the first one, and tells what came of it.
///
/// A scenario is `-- NAME` lines, each followed by the text of that file.
pub(super) fn told(scenario: &str, selection: &Selection<'_>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut first = None;
    for file in scenario.trim_start().split("-- ").skip(1) {
        let (name, text) = file.split_once('\n').unwrap();
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        first.get_or_insert(path);
    }
    let first = first.unwrap();
    let Ok(Kind::Python(form)) = kind(&first) else { panic!("{first:?} is not PyPI's") };
    let told = match read(&first, form, selection) {
        Ok(input) => told_input(&input),
        Err(error) => told_error(error),
    };
    without_folder(&told, folder.path())
}

/// What the user sees of an error.
pub(super) fn told_error(error: InputError) -> String {
    failure::page(&Failure::Input(error), &Origins::default(), Look { colours: false, width: 200 })
        .stderr
}

/// Tables of one-line files: each line, and what came of it.
pub(super) fn told_lines(lines: &[&str]) -> String {
    let tell = |line: &&str| {
        let told = told(&format!("-- requirements.in\n{line}\n"), &Selection::default());
        format!("{}\n{}\n", line.escape_debug(), told.trim_end())
    };
    lines.iter().map(tell).collect::<Vec<_>>().join("\n")
}

pub(super) fn without_folder(told: &str, folder: &Path) -> String {
    let real = folder.canonicalize().unwrap();
    let told = told.replace(&format!("{}/", real.display()), "");
    told.replace(&format!("{}/", folder.display()), "")
}

fn told_input(input: &Input) -> String {
    let mut told = String::new();
    if !input.name.is_empty() {
        writeln!(told, "project {}", input.name).unwrap();
    }
    for (kind, list) in [
        ("requirement", &input.requirements),
        ("constraint", &input.constraints),
        ("override", &input.overrides),
    ] {
        list.iter().for_each(|requirement| tell(&mut told, kind, requirement));
    }
    for (kind, list) in [
        ("exclude", &input.excludes),
        ("only-binary", &input.only_binary),
        ("no-binary", &input.no_binary),
    ] {
        for stated in list {
            writeln!(told, "{kind} {}", told_stated(stated)).unwrap();
        }
    }
    for pin in &input.pins {
        writeln!(told, "pin {} to {}", pin.package, told_stated(&pin.registry)).unwrap();
    }
    if !input.dependency_sets.is_empty() {
        writeln!(told, "solves {}", input.dependency_sets.join(", ")).unwrap();
    }
    if let Some(setting) = &input.prereleases {
        writeln!(told, "prereleases {:?} ({})", setting.value, setting.anchor.place()).unwrap();
    }
    if let Some(setting) = &input.strategy {
        writeln!(told, "strategy {:?} ({})", setting.value, setting.anchor.place()).unwrap();
    }
    if let Some(setting) = &input.before {
        writeln!(told, "before {} ({})", setting.value, setting.anchor.place()).unwrap();
    }
    if let Some(stated) = &input.requires_python {
        writeln!(told, "requires-python {}", told_stated(stated)).unwrap();
    }
    told
}

fn tell(told: &mut String, kind: &str, requirement: &Requirement) {
    let set = match requirement.dependency_set.as_str() {
        "" => String::new(),
        set => format!(" {set}"),
    };
    writeln!(told, "{kind}{set} {}", told_stated(&requirement.stated)).unwrap();
    for hash in &requirement.hashes {
        writeln!(told, "    hash {}", told_stated(hash)).unwrap();
    }
}

fn told_stated(stated: &Stated) -> String {
    format!("`{}` ({})", stated.text, stated.anchor.place())
}

#[test]
fn the_name_of_the_file_tells_its_kind() {
    let report: Vec<_> = [
        "requirements.in",
        "dev.txt",
        "tool.py",
        "pyproject.toml",
        "package.json",
        "Cargo.toml",
        "Pipfile",
        "in",
        "requirements.in/",
    ]
    .iter()
    .map(|name| match kind(Path::new(name)) {
        Ok(_) => format!("{name}\n  is read\n"),
        Err(problem) => format!("{name}\n{}", told_error(problem.into())),
    })
    .collect();
    insta::assert_snapshot!(report.join("\n"));
}
