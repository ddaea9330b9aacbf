//! Paths as npm has them: from folder to folder, with slashes.

use std::path::Path;

/// The way from one absolute folder to another, with slashes. Empty if they are the same.
pub(super) fn between(from: &Path, to: &Path) -> String {
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from[common..].iter().map(|_| "..".to_owned());
    let down = to[common..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// The name that npm gives to a folder: its last part, with the scope before it.
pub(super) fn name_of(folder: &Path) -> String {
    let last = |path: &Path| {
        path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let (name, around) = (last(folder), folder.parent().map(last).unwrap_or_default());
    if around.starts_with('@') { format!("{around}/{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_between_folders_have_slashes() {
        for (from, to, way) in [
            ("/w", "/w/packages/a", "packages/a"),
            ("/w/packages/a", "/w/packages/b", "../b"),
            ("/w/packages/a", "/w", "../.."),
            ("/w", "/w", ""),
            ("/w", "/x", "../x"),
        ] {
            assert_eq!(between(Path::new(from), Path::new(to)), way);
        }
    }

    #[test]
    fn folders_have_names_with_their_scope() {
        for (folder, name) in [("/w/a", "a"), ("/w/@corp/a", "@corp/a"), ("/@x", "@x"), ("/", "")] {
            assert_eq!(name_of(Path::new(folder)), name);
        }
    }
}
