//! Paths by their text alone.

use std::path::{Component, Path, PathBuf};

/// A path without `.` and `..`, as far as its text tells. Links are not followed.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// A path as messages show it: from the working directory, if it lies beneath.
pub(crate) fn shown(path: &Path) -> PathBuf {
    let current = std::env::current_dir().ok();
    let beneath = current.as_deref().and_then(|current| path.strip_prefix(current).ok());
    beneath.filter(|beneath| *beneath != Path::new("")).unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_brought_to_its_shortest_form() {
        assert_eq!(normal(Path::new("/w/./a/../b//c/")), Path::new("/w/b/c"));
        assert_eq!(normal(Path::new("/../a")), Path::new("/a"));
    }
}
