//! Where a spec leads: to a registry, to a folder, or to what no registry has.
//!
//! The kinds are npm's. Ranges, tags and aliases are not read here: the service does that.

use crate::input::npm::Fault;

/// Where a spec leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// To a registry.
    Registry,
    /// To a folder, by a path from the folder of whoever requires it.
    Folder(&'a str),
    /// To a file with an archive.
    Archive,
    /// To a git repository.
    Git,
    /// To an archive or a repository by its address.
    Address,
    /// By a protocol that npm does not have, with its colon.
    Protocol(&'a str),
    /// Beneath the home folder of the user.
    Home,
}

impl Target<'_> {
    /// Why a target cannot be passed on, if it cannot.
    pub(super) fn fault(self, dependency: &str) -> Option<Fault> {
        let dependency = dependency.to_owned();
        Some(match self {
            Target::Registry | Target::Folder(_) => return None,
            Target::Archive => Fault::Archive { dependency },
            Target::Git => Fault::Git { dependency },
            Target::Address => Fault::Address { dependency },
            Target::Protocol(protocol) => {
                Fault::Protocol { dependency, protocol: protocol.to_owned() }
            }
            Target::Home => Fault::Home { dependency },
        })
    }
}

/// Tells where a spec leads, as npm does where it knows the name already.
pub(super) fn target(spec: &str) -> Target<'_> {
    let scheme = scheme(spec);
    let drive = spec.as_bytes().get(1) == Some(&b':') && spec.as_bytes()[0].is_ascii_alphabetic();
    if scheme.eq_ignore_ascii_case("file:") {
        return local(path_of(&spec[5..]));
    }
    if spec.starts_with(['.', '/']) || spec.starts_with("~/") || drive {
        return local(spec);
    }
    if scheme.eq_ignore_ascii_case("npm:") {
        return Target::Registry;
    }
    let lower = scheme.to_ascii_lowercase();
    match lower.as_str() {
        // The words of the hosts that npm knows, and `git+ssh:` and its like.
        "bitbucket:" | "gist:" | "sourcehut:" | "ssh:" => Target::Git,
        git if git.starts_with("git") => Target::Git,
        "http:" | "https:" => Target::Address,
        "" if is_scp(spec) || is_shorthand(spec) => Target::Git,
        "" if spec.contains('/') || is_archive(spec) => local(spec),
        "" => Target::Registry,
        _ => Target::Protocol(scheme),
    }
}

/// The path behind `file:`, which may have the slashes of an address before it.
fn path_of(rest: &str) -> &str {
    let path = rest.trim_start_matches('/');
    match rest.len() - path.len() {
        1..=3 if matches!(path.split('/').next(), Some("." | "..")) => path,
        slashes @ 2.. => &rest[slashes - 1..],
        _ => rest,
    }
}

/// The letters before a colon, and the colon; `git+` may come before them. Empty if there is none.
fn scheme(spec: &str) -> &str {
    let rest = spec.strip_prefix("git+").unwrap_or(spec);
    let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let end = spec.len() - rest.len() + letters;
    if letters > 0 && rest[letters..].starts_with(':') { &spec[..=end] } else { "" }
}

fn local(path: &str) -> Target<'_> {
    if path.starts_with("~/") || path.starts_with("/~/") {
        return Target::Home;
    }
    if is_archive(path) { Target::Archive } else { Target::Folder(path) }
}

fn is_archive(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    [".tgz", ".tar.gz", ".tar"].iter().any(|ending| path.ends_with(ending))
}

/// Whether it is `user/project`, which means a repository at the host that npm takes for granted.
fn is_shorthand(spec: &str) -> bool {
    let place = spec.split('#').next().unwrap_or_default();
    let Some((user, project)) = place.split_once('/') else { return false };
    let is_word = |word: &str| {
        !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || "/:@".contains(c))
    };
    is_word(user) && is_word(project) && !user.starts_with('.')
}

/// Whether it is `user@host:path`.
fn is_scp(spec: &str) -> bool {
    let Some((user, rest)) = spec.split_once('@') else { return false };
    let Some((host, _)) = rest.split_once(':') else { return false };
    !user.is_empty() && host.contains('.') && !host.contains('/') && !user.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_lead_where_npm_takes_them() {
        for (spec, expected) in [
            ("^1.2", Target::Registry),
            ("", Target::Registry),
            (">=1 <2 || 3.x", Target::Registry),
            ("latest", Target::Registry),
            ("npm:other@^2", Target::Registry),
            ("npm:@corp/other@2", Target::Registry),
            ("file:../a", Target::Folder("../a")),
            ("FILE:a", Target::Folder("a")),
            ("file:///srv/a", Target::Folder("/srv/a")),
            ("file://srv/a", Target::Folder("/srv/a")),
            ("file:/../a", Target::Folder("../a")),
            ("./a", Target::Folder("./a")),
            ("..", Target::Folder("..")),
            ("/srv/a", Target::Folder("/srv/a")),
            ("a/b/c", Target::Folder("a/b/c")),
            ("file:a.tgz", Target::Archive),
            ("../a.TAR.GZ", Target::Archive),
            ("a.tar", Target::Archive),
            ("file:~/a", Target::Home),
            ("~/a", Target::Home),
            ("~1.2", Target::Registry),
            ("user/project", Target::Git),
            ("user/project#semver:^1", Target::Git),
            ("github:user/project", Target::Git),
            ("gist:1234", Target::Git),
            ("git://host.example/a.git", Target::Git),
            ("git+ssh://git@host.example/a.git#v1", Target::Git),
            ("git+https://host.example/a.git", Target::Git),
            ("git@host.example:user/a.git", Target::Git),
            ("https://host.example/a.tgz", Target::Address),
            ("http://host.example/a", Target::Address),
            ("workspace:*", Target::Protocol("workspace:")),
            ("link:../a", Target::Protocol("link:")),
            ("@corp/a", Target::Folder("@corp/a")),
            ("catalog:", Target::Protocol("catalog:")),
        ] {
            assert_eq!(target(spec), expected, "{spec}");
        }
    }
}
