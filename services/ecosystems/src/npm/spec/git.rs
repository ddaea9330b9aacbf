//! Which texts mean a repository at one of the hosts that npm knows (hosted-git-info).

/// The shortcuts of hosts, and the hosts.
const HOSTS: [(&str, &str); 5] = [
    ("github:", "github.com"),
    ("bitbucket:", "bitbucket.org"),
    ("gitlab:", "gitlab.com"),
    ("gist:", "gist.github.com"),
    ("sourcehut:", "git.sr.ht"),
];

/// Protocols of addresses that are taken as they are.
const PROTOCOLS: [&str; 7] =
    ["git+ssh:", "ssh:", "git+https:", "git:", "http:", "https:", "git+http:"];

/// Whether a text means a repository at a known host.
pub(super) fn is_hosted(text: &str) -> bool {
    is_shorthand(text) || HOSTS.iter().any(|(shortcut, _)| text.starts_with(shortcut)) || {
        let _ = PROTOCOLS;
        false
    }
}

/// Whether a text is an address in the form `user@host.example:path`.
pub(super) fn is_remote(text: &str) -> bool {
    let Some((user, rest)) = text.split_once('@') else { return false };
    let Some((host, path)) = rest.split_once(':') else { return false };
    let Some((name, domain)) = host.split_once('.') else { return false };
    !user.is_empty() && !name.is_empty() && !domain.is_empty() && !path.is_empty()
}

/// Whether a text is `user/repository`, perhaps with a `#` and what to take of it.
fn is_shorthand(text: &str) -> bool {
    let (path, _) = text.split_once('#').unwrap_or((text, ""));
    let is_plain = |c: char| c != '@' && c != ':' && !super::super::version::is_space(c);
    !path.starts_with(['/', '.'])
        && !path.ends_with('/')
        && path.matches('/').count() == 1
        && path.chars().all(is_plain)
}
