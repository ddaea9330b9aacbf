//! The project's own packages, and what each of them requires.

use std::{collections::VecDeque, path::Path};

use crate::input::{
    InputError,
    json::Json,
    npm::{
        Dependency, Fault, Member, Project, entry,
        manifest::Manifest,
        paths::between,
        spec::{self, Target},
        workspaces,
    },
    paths::{normal, shown},
};

/// The lists of a manifest, with the contract's names for them.
const LISTS: [(&str, &str); 4] = [
    ("dependencies", "main"),
    ("optionalDependencies", "optional"),
    ("peerDependencies", "peer"),
    ("devDependencies", "dev"),
];

/// Reads the root, its workspaces, and all that `file:` leads to from there.
pub(super) fn read(root: Manifest, project: &mut Project) -> Result<(), InputError> {
    let workspaces::Workspaces { manifests, notes } = workspaces::read(&root)?;
    project.notes.extend(notes);
    let mut reader = Reader { root_folder: root.folder.clone(), found: Vec::new() };
    reader.add(root, false)?;
    for workspace in manifests {
        reader.add(workspace, false)?;
    }
    let mut waiting: VecDeque<usize> = (0..reader.found.len()).collect();
    while let Some(at) = waiting.pop_front() {
        let known = reader.found.len();
        let dependencies = reader.dependencies(at)?;
        project.dependencies.extend(dependencies);
        waiting.extend(known..reader.found.len());
    }
    for (manifest, member) in reader.found {
        project.notes.extend(unread(&manifest, &member));
        project.members.push(member);
    }
    Ok(())
}

/// What npm reads of the root alone, or `qm` of none.
fn unread(manifest: &Manifest, member: &Member) -> Vec<String> {
    let file = manifest.source.name();
    let mut notes = Vec::new();
    if !member.path.is_empty() && manifest.json.get("overrides").is_some() {
        notes.push(format!("`overrides` of `{file}` have no effect: only the root's count"));
    }
    if manifest.json.get("acceptDependencies").is_some() {
        notes.push(format!("`acceptDependencies` of `{file}` are not passed on"));
    }
    notes
}

/// The members that were found, by the order of their finding.
struct Reader {
    root_folder: std::path::PathBuf,
    found: Vec<(Manifest, Member)>,
}

impl Reader {
    fn add(&mut self, manifest: Manifest, outside: bool) -> Result<(), InputError> {
        let own = manifest.own_name()?;
        let path = between(&self.root_folder, &manifest.folder);
        let name = match &own {
            None if path.is_empty() => String::new(),
            _ => manifest.name()?,
        };
        let anchor = own.map_or_else(|| manifest.json.key_anchor(), |own| own.anchor);
        if let Some((earlier, _)) = self.found.iter().find(|(_, member)| member.name == name) {
            let (one, other) =
                (earlier.source.name().to_owned(), manifest.source.name().to_owned());
            return Err(manifest.at_name(Fault::TwiceNamed { name, one, other })?);
        }
        let version = manifest.stated("version")?;
        let entry = entry::of(&manifest, path.is_empty());
        self.found.push((manifest, Member { name, anchor, version, path, outside, entry }));
        Ok(())
    }

    /// What one member requires. Folders that are no members yet become some.
    fn dependencies(&mut self, at: usize) -> Result<Vec<Dependency>, InputError> {
        let mut dependencies = Vec::new();
        let mut folders = Vec::new();
        let (manifest, member) = &self.found[at];
        let optional_peers = optional_peers(manifest)?;
        for (list, set) in LISTS {
            for (name, node) in manifest.json.entries_of(list)? {
                let mut spec = node.text()?;
                match spec::target(&spec.text) {
                    Target::Registry => {}
                    Target::Folder(path) => {
                        let folder = normal(&manifest.folder.join(path));
                        spec.text = match between(&manifest.folder, &folder).as_str() {
                            "" => "file:.".to_owned(),
                            way => format!("file:{way}"),
                        };
                        folders.push((folder, node.clone()));
                    }
                    other => {
                        let fault = other.fault(name).map(Into::into);
                        return fault.map_or(Ok(Vec::new()), |fault| Err(node.fault(fault)));
                    }
                }
                dependencies.push(Dependency {
                    name: name.clone(),
                    spec,
                    dependency_set: set,
                    optional: set == "peer" && optional_peers.contains(name),
                    member: member.name.clone(),
                    anchor: node.key_anchor(),
                });
            }
        }
        for (folder, node) in folders {
            self.link(&folder, &node)?;
        }
        Ok(dependencies)
    }

    /// Reads the package of a folder, unless it is known.
    fn link(&mut self, folder: &Path, node: &Json) -> Result<(), InputError> {
        if self.found.iter().any(|(known, _)| known.folder == folder) {
            return Ok(());
        }
        if !folder.join("package.json").is_file() {
            let dependency = node.key.rsplit_once('.').map_or("", |(_, name)| name).to_owned();
            let folder = shown(folder).display().to_string();
            return Err(node.fault(Fault::NoPackage { dependency, folder }.into()));
        }
        self.add(Manifest::read(folder)?, true)
    }
}

/// The peers that may be absent.
fn optional_peers(manifest: &Manifest) -> Result<Vec<String>, InputError> {
    let entries = manifest.json.entries_of("peerDependenciesMeta")?.iter();
    let optional = entries.filter(|(_, meta)| meta.get("optional").is_some_and(Json::is_truthy));
    Ok(optional.map(|(name, _)| name.clone()).collect())
}
