//! Flags that are not about the file at hand. They are refused, as everything else that would have no
//! effect.

use crate::{
    arguments::Question,
    input::{InputError, Kind, Problem},
};

/// Refuses flags of other ecosystems.
pub(super) fn refuse(arguments: &Question, kind: Kind) -> Result<(), Problem> {
    let foreign = match kind {
        Kind::Python(_) => [cargo_flags(arguments), npm_flags(arguments), upgrade(arguments)],
        Kind::Cargo => [python_flags(arguments), npm_flags(arguments), None],
        Kind::Npm => [python_flags(arguments), cargo_flags(arguments), None],
    };
    match foreign.into_iter().flatten().next() {
        Some((flag, needs)) => {
            let path = arguments.file.display().to_string();
            Err(Problem::NotForFile { flag, path, needs })
        }
        None => Ok(()),
    }
}

/// Refuses what cannot be locked: PyPI for now, and a choice of what is built or installed.
pub(super) fn refuse_lock(arguments: &Question, kind: Kind) -> Result<(), InputError> {
    let machine = &arguments.environment;
    let narrowing = match kind {
        Kind::Python(_) => {
            let path = arguments.file.display().to_string();
            return Err(Problem::NoLockYet { path }.into());
        }
        Kind::Cargo => vec![("--target", machine.target.is_some())],
        Kind::Npm => vec![
            ("--os", machine.os.is_some()),
            ("--cpu", machine.cpu.is_some()),
            ("--libc", machine.libc.is_some()),
        ],
    };
    match narrowing.iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(Problem::LockForAll { flag }.into()),
        None => Ok(()),
    }
}

/// The first flag of `flags` that is given, with what it needs.
fn first(
    flags: &[(&'static str, bool)],
    needs: &'static str,
) -> Option<(&'static str, &'static str)> {
    flags.iter().find(|(_, given)| *given).map(|(flag, _)| (*flag, needs))
}

fn upgrade(arguments: &Question) -> Option<(&'static str, &'static str)> {
    first(&[("--upgrade", arguments.choice.upgrade)], "a `Cargo.toml` or a `package.json`")
}

fn npm_flags(arguments: &Question) -> Option<(&'static str, &'static str)> {
    let Question { environment, tree, .. } = arguments;
    let flags = [
        ("--node", environment.node.is_some()),
        ("--npm", environment.npm.is_some()),
        ("--os", environment.os.is_some()),
        ("--cpu", environment.cpu.is_some()),
        ("--libc", environment.libc.is_some()),
        ("--legacy-peer-deps", tree.legacy_peer_deps.is_some()),
        ("--strict-peer-deps", tree.strict_peer_deps.is_some()),
        ("--prefer-dedupe", tree.prefer_dedupe.is_some()),
        ("--install-strategy", tree.install_strategy.is_some()),
        ("--as-npm", tree.as_npm),
    ];
    first(&flags, "a `package.json`")
}

fn cargo_flags(arguments: &Question) -> Option<(&'static str, &'static str)> {
    let environment = &arguments.environment;
    let flags = [
        ("--target", environment.target.is_some()),
        ("--rust-version", environment.rust_version.is_some()),
    ];
    first(&flags, "a `Cargo.toml`")
}

fn python_flags(arguments: &Question) -> Option<(&'static str, &'static str)> {
    let Question { environment, sets, choice, .. } = arguments;
    let flags = [
        ("--python", environment.python.is_some()),
        ("--platform", environment.platform.is_some()),
        ("--universal", environment.universal),
        ("--sdist", environment.sdist),
        ("--only-binary", !choice.only_binary.is_empty()),
        ("--no-binary", !choice.no_binary.is_empty()),
        ("--metadata", !choice.metadata.is_empty()),
    ];
    let project = [
        ("--extra", !sets.extras.is_empty()),
        ("--all-extras", sets.all_extras),
        ("--group", !sets.groups.is_empty()),
    ];
    first(&flags, "an input of PyPI's").or_else(|| first(&project, "a `pyproject.toml`"))
}
