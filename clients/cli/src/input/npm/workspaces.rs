//! Which folders are workspaces, by npm's rules.
//!
//! The patterns of a root are looked for in its folder. `!` before a pattern takes folders out again, and
//! a later pattern that an earlier `!` matches brings them back. `node_modules` holds none.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use globset::{Glob, GlobBuilder, GlobMatcher};

use crate::input::{
    InputError, Stated,
    npm::{Fault, collation::locale_compare, manifest::Manifest},
};

/// The workspaces of a project, in npm's order, and what the user should know of them.
#[derive(Debug, Default)]
pub(super) struct Workspaces {
    /// Their manifests.
    pub(super) manifests: Vec<Manifest>,
    /// What the user should know.
    pub(super) notes: Vec<String>,
}

/// Finds the folder of the project that a package belongs to: the nearest one above whose workspaces
/// include it, else its own.
pub(super) fn root_of(folder: &Path) -> Result<PathBuf, InputError> {
    for above in folder.ancestors().skip(1) {
        if !above.join("package.json").is_file() {
            continue;
        }
        // What cannot be read above is nobody's root.
        let Ok(manifest) = Manifest::read(above) else { continue };
        let Ok(Some(stated)) = manifest.workspaces() else { continue };
        let Ok(patterns) = Patterns::read(&stated) else { continue };
        if patterns.folders(above).iter().any(|(_, path)| above.join(path) == folder) {
            return Ok(above.to_owned());
        }
    }
    Ok(folder.to_owned())
}

/// Reads the workspaces of a root.
pub(super) fn read(root: &Manifest) -> Result<Workspaces, InputError> {
    let Some(stated) = root.workspaces()? else { return Ok(Workspaces::default()) };
    let patterns = Patterns::read(&stated)?;
    let folders = patterns.folders(&root.folder);
    let mut found = Workspaces::default();
    let mut used = BTreeSet::new();
    let mut by_name: BTreeMap<String, PathBuf> = BTreeMap::new();
    for (pattern, path) in folders {
        let folder = root.folder.join(path);
        if !folder.join("package.json").is_file() {
            continue;
        }
        used.insert(pattern);
        if found.manifests.iter().any(|known| known.folder == folder) {
            continue;
        }
        let manifest = Manifest::read(&folder)?;
        let name = manifest.name()?;
        if let Some(earlier) = by_name.get(&name) {
            let one = found.manifests.iter().find(|known| known.folder == *earlier);
            let one = one.map(|manifest| manifest.source.name()).unwrap_or_default().to_owned();
            let other = manifest.source.name().to_owned();
            return Err(manifest.at_name(Fault::TwiceNamed { name, one, other })?);
        }
        by_name.insert(name, folder);
        found.manifests.push(manifest);
    }
    let unused = patterns.wanted.iter().enumerate().filter(|(at, _)| !used.contains(at));
    for (_, pattern) in unused {
        let (root, text) = (root.source.name(), &pattern.text);
        found.notes.push(format!("`{text}` in `workspaces` of `{root}` matches no package"));
    }
    Ok(found)
}

/// The patterns of a root.
#[derive(Debug)]
struct Patterns {
    wanted: Vec<Pattern>,
    unwanted: Vec<Pattern>,
}

/// The characters that mean something else than themselves.
const META: [char; 5] = ['*', '?', '[', '{', '\\'];

#[derive(Debug)]
struct Pattern {
    /// The pattern without `!`, and without what leads to the root's own folder.
    text: String,
    glob: GlobMatcher,
}

impl Patterns {
    fn read(stated: &[Stated]) -> Result<Self, InputError> {
        let mut patterns = Self { wanted: Vec::new(), unwanted: Vec::new() };
        for stated in stated {
            let text = stated.text.trim_start_matches('!');
            let is_unwanted = (stated.text.len() - text.len()) % 2 == 1;
            let fault = |message: String| {
                let pattern = stated.text.clone();
                InputError::at(stated.anchor.place(), Fault::Pattern { pattern, message }.into())
            };
            let pattern = Pattern::new(text).map_err(fault)?;
            if is_unwanted {
                patterns.unwanted.push(pattern);
                continue;
            }
            patterns.unwanted.retain(|unwanted| !unwanted.glob.is_match(&pattern.text));
            patterns.wanted.push(pattern);
        }
        let unwanted = &patterns.unwanted;
        let is_out =
            |pattern: &Pattern| unwanted.iter().any(|other| other.glob.is_match(&pattern.text));
        patterns.wanted.retain(|pattern| !is_out(pattern));
        Ok(patterns)
    }

    /// The folders beneath a root that match, each with the place of its pattern: pattern by pattern,
    /// and in npm's order within each.
    fn folders(&self, root: &Path) -> Vec<(usize, String)> {
        let mut walk = Walk { patterns: self, found: Vec::new() };
        walk.enter(root, "");
        let mut found = walk.found;
        found.sort_by(|left, right| locale_compare(left, right));
        let matching = |(at, pattern): (usize, &Pattern)| {
            let found = found.iter().filter(|path| pattern.matches(path));
            found.map(|path| (at, path.clone())).collect::<Vec<_>>()
        };
        self.wanted.iter().enumerate().flat_map(matching).collect()
    }
}

impl Pattern {
    fn new(text: &str) -> Result<Self, String> {
        let text = text.replace('\\', "/");
        let text = text.strip_prefix('.').filter(|rest| rest.starts_with('/')).unwrap_or(&text);
        let text = text.trim_matches('/').to_owned();
        let is_extended =
            ["?(", "*(", "+(", "@(", "!("].iter().any(|opening| text.contains(opening));
        if is_extended {
            return Err("groups in parentheses are not read".to_owned());
        }
        let build = |text: &str| -> Result<Glob, globset::Error> {
            GlobBuilder::new(text).literal_separator(true).build()
        };
        let glob = build(&text).map_err(|error| error.kind().to_string())?;
        Ok(Self { glob: glob.compile_matcher(), text })
    }

    /// Whether it matches a folder. What is hidden is matched by what begins with a dot itself.
    fn matches(&self, folder: &str) -> bool {
        let mut hidden = folder.split('/').filter(|name| name.starts_with('.'));
        self.glob.is_match(folder) && hidden.all(|name| self.names_hidden(name))
    }

    /// Whether a part of it may mean a hidden folder.
    fn names_hidden(&self, name: &str) -> bool {
        let mut parts = self.text.split('/').filter(|part| part.starts_with('.'));
        parts.any(|part| name.starts_with(part.split(META).next().unwrap_or_default()))
    }

    /// Whether something beneath a folder can match, by the depth and by what stands before the first
    /// pattern proper.
    fn reaches(&self, folder: &str) -> bool {
        let parts: Vec<_> = self.text.split('/').collect();
        let depth = folder.split('/').filter(|part| !part.is_empty()).count();
        let is_deep = self.text.contains("**") || self.text.contains('{') || depth < parts.len();
        let fixed = parts.iter().take_while(|part| !part.contains(META));
        let mut fixed = fixed.zip(folder.split('/').filter(|part| !part.is_empty()));
        is_deep && fixed.all(|(part, name)| *part == name)
    }
}

/// A walk through the folders that patterns may match.
struct Walk<'a> {
    patterns: &'a Patterns,
    found: Vec<String>,
}

impl Walk<'_> {
    /// Goes through a folder; `way` leads to it from the root. What cannot be read is passed over.
    fn enter(&mut self, folder: &Path, way: &str) {
        let wanted = &self.patterns.wanted;
        if !wanted.iter().any(|pattern| pattern.reaches(way)) {
            return;
        }
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = entry.path();
            let is_out = name.starts_with('.') && !wanted.iter().any(|one| one.names_hidden(&name));
            if name == "node_modules" || is_out || !path.is_dir() {
                continue;
            }
            let way = if way.is_empty() { name } else { format!("{way}/{name}") };
            if self.patterns.unwanted.iter().any(|pattern| pattern.glob.is_match(&way)) {
                continue;
            }
            if wanted.iter().any(|pattern| pattern.matches(&way)) {
                self.found.push(way.clone());
            }
            // A link may lead back to where the walk came from.
            if !path.is_symlink() {
                self.enter(&path, &way);
            }
        }
    }
}
