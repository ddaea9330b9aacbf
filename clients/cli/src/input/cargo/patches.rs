//! `[patch]`, which counts in the root of a workspace only.

use cargo_util_schemas::manifest::{TomlDependency, TomlDetailedDependency};

use crate::input::{
    InputError, Problem, Stated,
    cargo::{
        Fault, Patch, PatchOrigin,
        dependencies::{Reader, detail, patched_registry, registry},
        manifest::{Manifest, way, within},
    },
    paths::normal,
};

/// Reads the patches of a root, and refuses `[replace]`, which they took the place of.
pub(super) fn read(root: &Manifest, reader: &Reader<'_>) -> Result<Vec<Patch>, InputError> {
    if root.toml.replace.is_some() {
        let advice = "use `[patch]`, which took its place";
        let problem = Problem::KeyRefused { key: "replace".to_owned(), advice };
        return Err(root.fault(&way(&["replace"]), problem));
    }
    let mut patches = Vec::new();
    for (key, entries) in root.toml.patch.iter().flatten() {
        let table = way(&["patch", key]);
        let patched =
            patched_registry(key, reader.indexes).map_err(|fault| root.fault(&table, fault))?;
        for (name, entry) in entries {
            let place = within(&table, name.as_ref());
            patches.push(patch(root, reader, patched, &place, entry)?);
        }
    }
    Ok(patches)
}

fn patch(
    root: &Manifest,
    reader: &Reader<'_>,
    patched: &str,
    place: &[String],
    entry: &TomlDependency,
) -> Result<Patch, InputError> {
    let detail = detail(entry);
    let key = place.last().map_or("", String::as_str);
    let name = detail.package.as_ref().map_or(key, |name| name.as_ref());
    let stated = |key: &str, text: &str| root.stated(&within(place, key), text);
    let origin = origin(root, reader, place, &detail)?;
    Ok(Patch {
        patched_registry: patched.to_owned(),
        name: name.to_owned(),
        requirement: detail.version.as_ref().map(|version| stated("version", version)),
        origin,
        anchor: root.key(place),
    })
}

fn origin(
    root: &Manifest,
    reader: &Reader<'_>,
    place: &[String],
    detail: &TomlDetailedDependency,
) -> Result<PatchOrigin, InputError> {
    let key = place.last().map_or("", String::as_str);
    let dependency = key.to_owned();
    let name = detail.package.as_ref().map_or(key, |name| name.as_ref());
    let fault = match detail {
        _ if detail.version.as_deref() == Some("") => Fault::EmptyVersion { dependency },
        TomlDetailedDependency { git: Some(_), .. } => Fault::Git { dependency },
        TomlDetailedDependency { path: Some(path), .. } => {
            let folder = normal(&root.folder().join(path));
            let member = reader.member_at(&folder, key, name);
            return member.map(PatchOrigin::Member).map_err(|fault| root.fault(place, fault));
        }
        TomlDetailedDependency { registry_index: Some(_), .. } => {
            Fault::RegistryIndex { dependency }
        }
        TomlDetailedDependency { version: None, .. } => Fault::NoSource { dependency },
        _ => {
            let named = registry(detail);
            let named = named.map(|name| root.stated(&within(place, "registry"), name));
            return Ok(PatchOrigin::Registry(named));
        }
    };
    Err(root.fault(place, fault))
}

/// Says which tables of a member other than the root cargo passes over.
pub(super) fn passed_over(manifest: &Manifest, root: &Manifest) -> Vec<String> {
    let toml = &manifest.toml;
    let resolver = manifest.package().is_some_and(|package| package.resolver.is_some());
    let tables = [
        (way(&["patch"]), toml.patch.is_some()),
        (way(&["replace"]), toml.replace.is_some()),
        (manifest.package_way("resolver"), resolver),
    ];
    let passed_over = tables.into_iter().filter(|(_, stated)| *stated).map(|(key, _)| {
        let Stated { anchor, .. } = manifest.stated(&key, "");
        let line = anchor.place().file_and_line();
        let (key, root) = (key.join("."), root.name());
        format!("{line}: `{key}` counts in the root of a workspace only, which is `{root}`")
    });
    passed_over.collect()
}
