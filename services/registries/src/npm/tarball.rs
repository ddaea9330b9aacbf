//! Where archives lie.

use url::Url;

/// The place of a registry, and the hosts that stand for it in its documents.
pub(super) struct Places {
    base: Url,
    /// A host, a URL, `always` or `never`, as npm's `replace-registry-host`.
    replaced: String,
}

impl Places {
    pub(super) fn new(base: Url, replaced: Option<String>) -> Self {
        Self { base, replaced: replaced.unwrap_or_else(|| "never".to_owned()) }
    }

    /// The URL of an archive that a document places at `stated`; none if that is no URL of http.
    ///
    /// A mirror that passes documents on as they are names the hosts of the registry behind it. Those
    /// are replaced as npm 11 does it when it installs (arborist, `#registryResolved`): a bare host
    /// by the registry's own and its path before the stated one, a URL by the whole place.
    pub(super) fn of(&self, stated: &str) -> Option<String> {
        let mut url = self.base.join(stated).ok()?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return None;
        }
        let matched = Url::parse(&self.replaced).ok().filter(Url::has_host);
        let matched_path = matched.as_ref().map(|url| url.path().trim_end_matches('/').to_owned());
        let matched_path = matched_path.filter(|path| !path.is_empty());
        let host = matched.as_ref().and_then(Url::host_str).unwrap_or(&self.replaced);
        let is_replaced = self.replaced == "always" || url.host_str() == Some(host);
        let starts_with = |path: &str, start: &str| {
            path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if !is_replaced || matched_path.as_ref().is_some_and(|path| !starts_with(url.path(), path))
        {
            return Some(url.into());
        }
        let own_path = self.base.path().trim_end_matches('/');
        let path = match &matched_path {
            Some(start) => format!("{own_path}{}", &url.path()[start.len()..]),
            None if starts_with(url.path(), own_path) => url.path().to_owned(),
            None => format!("{own_path}{}", url.path()),
        };
        // Each of these fails for URLs without a host only, and both have one.
        let _ = url.set_scheme(self.base.scheme());
        let _ = url.set_host(self.base.host_str());
        let _ = url.set_port(self.base.port());
        url.set_path(&path);
        Some(url.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(replaced: &str, stated: &str) -> Option<String> {
        let base = Url::parse("http://127.0.0.1:8081/repository/npm/").expect("a URL");
        Places::new(base, Some(replaced.to_owned())).of(stated)
    }

    #[test]
    fn hosts_that_stand_for_the_registry_are_replaced() {
        let own = "http://127.0.0.1:8081/repository/npm";
        let public = "https://npm.example/web/-/web-1.0.0.tgz";
        for (replaced, stated, expected) in [
            ("never", public, public.to_owned()),
            ("npm.example", public, format!("{own}/web/-/web-1.0.0.tgz")),
            ("other.example", public, public.to_owned()),
            ("always", public, format!("{own}/web/-/web-1.0.0.tgz")),
            ("always", "https://npm.example:8443/repository/npm/x.tgz", format!("{own}/x.tgz")),
            ("https://npm.example", public, format!("{own}/web/-/web-1.0.0.tgz")),
            ("https://npm.example/web/", public, format!("{own}/-/web-1.0.0.tgz")),
            ("https://npm.example/we", public, public.to_owned()),
        ] {
            assert_eq!(place(replaced, stated), Some(expected), "{replaced} {stated}");
        }
    }

    #[test]
    fn a_path_lies_at_the_registry_and_what_is_no_url_nowhere() {
        assert_eq!(
            place("never", "/web/-/web-1.0.0.tgz").as_deref(),
            Some("http://127.0.0.1:8081/web/-/web-1.0.0.tgz")
        );
        assert_eq!(place("never", "file:///web.tgz"), None);
        assert_eq!(place("never", "http://"), None);
    }
}
