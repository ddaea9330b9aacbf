//! Which texts mean a repository at one of the hosts that npm knows (hosted-git-info).

use std::borrow::Cow;

use crate::npm::version::is_space;

/// A host that npm knows.
struct Host {
    /// What may stand for it.
    shortcut: &'static str,
    domain: &'static str,
    protocols: &'static [&'static str],
    /// Whether what an address says below the domain is a repository there.
    has: fn(&str) -> bool,
}

const HOSTS: [Host; 5] = [
    Host {
        shortcut: "github",
        domain: "github.com",
        protocols: &["git", "http", "git+ssh", "git+https", "ssh", "https"],
        has: |path| is_repository(path, |kind| kind.is_empty() || kind == "tree"),
    },
    Host {
        shortcut: "bitbucket",
        domain: "bitbucket.org",
        protocols: &["git+ssh", "git+https", "ssh", "https"],
        has: |path| is_repository(path, |kind| kind != "get"),
    },
    Host {
        shortcut: "gitlab",
        domain: "gitlab.com",
        protocols: &["git+ssh", "git+https", "ssh", "https"],
        has: |path| {
            let (groups, project) = path.rsplit_once('/').unwrap_or_default();
            let is_other = path.contains("/-/") || path.contains("/archive.tar.gz");
            !is_other && !groups.is_empty() && !matches!(project, "" | ".git")
        },
    },
    Host {
        shortcut: "gist",
        domain: "gist.github.com",
        protocols: &["git", "git+ssh", "git+https", "ssh", "https"],
        has: |path| !path.is_empty() && path.split('/').nth(2) != Some("raw"),
    },
    Host {
        shortcut: "sourcehut",
        domain: "git.sr.ht",
        protocols: &["git+ssh", "https"],
        has: |path| is_repository(path, |kind| kind != "archive"),
    },
];

/// Protocols of addresses that are taken as they are.
const PROTOCOLS: [&str; 7] = ["git+ssh", "ssh", "git+https", "git", "http", "https", "git+http"];

/// Whether a text means a repository at a known host.
pub(super) fn is_hosted(text: &str) -> bool {
    if is_shorthand(text) {
        return is_decodable(text);
    }
    let text = text.trim_matches(|c: char| c <= ' ');
    if let Some((protocol, rest)) = text.split_once(':')
        && HOSTS.iter().any(|host| host.shortcut.eq_ignore_ascii_case(protocol))
    {
        return is_decodable(rest);
    }
    let Some(address) = address(text) else { return false };
    let Some((protocol, rest)) = address.split_once(':') else { return false };
    let protocol = protocol.to_ascii_lowercase();
    let Some((authority, path)) = split_authority(rest) else { return false };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let domain = host.split_once(':').map_or(host, |(domain, _)| domain).to_ascii_lowercase();
    let domain = domain.strip_prefix("www.").unwrap_or(&domain);
    HOSTS.iter().any(|host| {
        host.domain == domain
            && host.protocols.contains(&&*protocol)
            && is_decodable(path)
            && (host.has)(path.split(['?', '#']).next().unwrap_or_default())
    })
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
    let (path, rest) = text.split_once('#').unwrap_or((text, ""));
    let is_plain = |c: char| c != '@' && c != ':' && !is_space(c);
    !path.starts_with(['/', '.'])
        && !path.ends_with('/')
        && path.matches('/').count() <= 1
        && (path.contains('/') || rest.contains('/'))
        && path.chars().all(is_plain)
}

/// Whether what is escaped in a text is UTF-8.
fn is_decodable(text: &str) -> bool {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, behind @ ..] = rest {
        rest = behind;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let digit =
            |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        match behind {
            [high, low, ..] => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => bytes.push(high * 16 + low),
                _ => return false,
            },
            _ => return false,
        }
        rest = &behind[2..];
    }
    String::from_utf8(bytes).is_ok()
}

/// The address that a text means: with its protocol, and a slash behind its host.
fn address(text: &str) -> Option<Cow<'_, str>> {
    let address: Cow<'_, str> = match (text.split_once(':'), text.find('@')) {
        (Some((protocol, rest)), at) => {
            let is_known = PROTOCOLS.contains(&protocol) || rest.starts_with("//");
            match at {
                _ if is_known => text.into(),
                Some(at) if at > protocol.len() => format!("git+ssh://{text}").into(),
                Some(_) => text.into(),
                None => return None,
            }
        }
        (None, Some(_)) => text.into(),
        (None, None) => return None,
    };
    let is_address = |text: &str| {
        let rest = text.split_once(':').filter(|(protocol, _)| !protocol.contains('@'));
        rest.and_then(|(_, rest)| split_authority(rest)).is_some()
    };
    if is_address(&address) {
        return Some(address);
    }
    let (before, fragment) = address.split_at(address.find('#').unwrap_or(address.len()));
    let mut mended = before.to_owned();
    if let Some(colon) = before.rfind(':')
        && before.rfind('@').is_none_or(|at| at < colon)
    {
        mended.replace_range(colon..=colon, "/");
    }
    if !mended.contains(':') && !mended.contains("//") {
        mended.insert_str(0, "git+ssh://");
    }
    mended.push_str(fragment);
    is_address(&mended).then(|| mended.into())
}

/// Splits what is behind the protocol of an address into the authority, whose port must be one, and
/// what is behind the slash.
fn split_authority(rest: &str) -> Option<(&str, &str)> {
    let rest = rest.strip_prefix("//")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    let is_port = port.is_empty() || port.parse::<u16>().is_ok();
    (is_port && !host.is_empty()).then(|| (authority, path.strip_prefix('/').unwrap_or(path)))
}

/// Whether a path is `user/project`, and what is behind them, if anything, fits.
fn is_repository(path: &str, fits: fn(&str) -> bool) -> bool {
    let mut parts = path.split('/');
    let mut next = || parts.next().unwrap_or_default();
    let (user, project, kind) = (next(), next(), next());
    !user.is_empty() && !matches!(project, "" | ".git") && fits(kind)
}
