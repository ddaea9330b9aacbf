//! The hosts that a registry's configuration declares.

use tokio::sync::Semaphore;
use url::Url;

/// A declared host, with what bounds the requests in flight to it.
pub(crate) struct Host {
    /// In the form that URLs give it: lower case, IPv6 in brackets.
    name: String,
    /// `None` is the scheme's own port.
    port: Option<u16>,
    /// One permit a request in flight.
    pub(super) permits: Semaphore,
}

/// All hosts of one registry, its own first.
pub(super) struct Hosts(Vec<Host>);

impl Host {
    /// Reads `HOST` or `HOST:PORT`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, Some(port.parse().ok()?)),
            _ => (text, None),
        };
        // The URL parser knows how hosts are spelt, and what is none.
        let url = Url::parse(&format!("http://{name}/")).ok()?;
        let is_bare = url.path() == "/"
            && url.port().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let name = url.host_str().filter(|_| is_bare)?.to_owned();
        Some(Self { name, port, permits: Semaphore::new(1) })
    }

    fn is_of(&self, url: &Url) -> bool {
        let same_port = match self.port {
            Some(port) => url.port_or_known_default() == Some(port),
            None => url.port().is_none(),
        };
        same_port && url.host_str() == Some(&self.name)
    }
}

impl Hosts {
    /// The host of `base` and the `extra` ones, each with `most` requests in flight.
    pub(super) fn new(base: &Url, extra: &[String], most: usize) -> Self {
        let own = Host {
            name: base.host_str().unwrap_or_default().to_owned(),
            port: base.port_or_known_default(),
            permits: Semaphore::new(1),
        };
        let extra = extra.iter().filter_map(|text| Host::parse(text));
        let hosts = std::iter::once(own).chain(extra);
        Self(hosts.map(|host| Host { permits: Semaphore::new(most), ..host }).collect())
    }

    /// The declared host that `url` lies on.
    pub(super) fn find(&self, url: &Url) -> Option<&Host> {
        self.0.iter().find(|host| host.is_of(url))
    }
}

/// A URL's host as `extra_hosts` would name it.
pub(super) fn describe(url: &Url) -> String {
    let host = url.host_str().unwrap_or("no host");
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_declared(extra: &str, url: &str) -> bool {
        let base = Url::parse("https://index.example/simple").expect("the URL is well formed");
        let url = Url::parse(url).expect("the URL is well formed");
        Hosts::new(&base, &[extra.to_owned()], 1).find(&url).is_some()
    }

    #[test]
    fn a_host_is_declared_with_its_port() {
        assert!(is_declared("files.example", "https://index.example/x"));
        assert!(is_declared("Files.Example", "https://FILES.example/x"));
        assert!(is_declared("[::1]:8080", "https://[::1]:8080/x"));
        assert!(!is_declared("files.example", "https://files.example:8443/x"));
        assert!(!is_declared("files.example:8443", "https://files.example/x"));
        assert!(!is_declared("files.example", "https://files.example.evil/x"));
        assert!(!is_declared("files.example", "https://files.example@evil/x"));
    }

    #[test]
    fn what_is_more_than_a_host_is_refused() {
        for text in ["", "a/b", "http://a", "user@a", "a:b", "a:99999", "a?b", "a b", ":80"] {
            assert!(Host::parse(text).is_none(), "{text:?}");
        }
    }
}
