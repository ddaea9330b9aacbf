//! Checks a registry's configuration before anything is opened.

use std::time::Duration;

use super::{RegistryConfig, RegistryKind};
use crate::Error;

impl RegistryConfig {
    /// Checks everything that can be checked without touching disk, network or environment.
    pub fn validate(&self) -> Result<(), Error> {
        self.check_name()?;
        self.check_location()?;
        self.check_replaced_host()?;
        self.check_limits()?;
        for host in &self.extra_hosts {
            if crate::fetch::Host::parse(host).is_none() {
                let reason = format!("holds `{host}`, which is neither HOST nor HOST:PORT");
                return Err(self.refuse("extra_hosts", reason));
            }
        }
        for pattern in self.packages.iter().flatten() {
            let name = pattern.strip_suffix('*').unwrap_or(pattern);
            if name.is_empty() || name.contains('*') {
                let reason = format!("holds `{pattern}`; write a name, or its beginning and `*`");
                return Err(self.refuse("packages", reason));
            }
        }
        Ok(())
    }

    fn check_name(&self) -> Result<(), Error> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if self.name.is_empty() || self.name.len() > 64 || !self.name.bytes().all(fits) {
            let reason = "is 1 to 64 letters, digits, `-`, `_` and `.`".to_owned();
            return Err(self.refuse("name", reason));
        }
        Ok(())
    }

    fn check_location(&self) -> Result<(), Error> {
        match self.kind {
            RegistryKind::Recorded if self.url.is_some() => {
                Err(self.refuse("url", "has no meaning for `recorded`; give a `path`".to_owned()))
            }
            RegistryKind::Recorded => Ok(()),
            RegistryKind::PypiSimple | RegistryKind::Npm | RegistryKind::CargoSparse => {
                let meaningless = |key, advice| {
                    let reason = format!("has no meaning for `{}`; {advice}", self.kind);
                    Err(self.refuse(key, reason))
                };
                if self.path.is_some() {
                    return meaningless("path", "give a `url`");
                }
                if self.ecosystem.is_some() {
                    return meaningless("ecosystem", "leave it out");
                }
                self.check_url()
            }
        }
    }

    fn check_replaced_host(&self) -> Result<(), Error> {
        let Some(replaced) = &self.replace_registry_host else { return Ok(()) };
        if self.kind != RegistryKind::Npm {
            let reason = format!("has no meaning for `{}`; leave it out", self.kind);
            return Err(self.refuse("replace_registry_host", reason));
        }
        let is_host = crate::fetch::Host::parse(replaced).is_some();
        if !is_host && !url::Url::parse(replaced).is_ok_and(|url| url.has_host()) {
            let reason = "is a host, a URL, `always` or `never`".to_owned();
            return Err(self.refuse("replace_registry_host", reason));
        }
        Ok(())
    }

    fn check_url(&self) -> Result<(), Error> {
        let Some(url) = &self.url else {
            return Err(self.refuse("url", "is missing".to_owned()));
        };
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            let reason = if url.scheme().starts_with("sparse+") {
                "begins with http:// or https://, without cargo's `sparse+`"
            } else {
                "begins with http:// or https:// and a host"
            };
            return Err(self.refuse("url", reason.to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let reason = "holds a secret; write it behind `credentials`".to_owned();
            return Err(self.refuse("url", reason));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(self.refuse("url", "ends with its path".to_owned()));
        }
        Ok(())
    }

    fn check_limits(&self) -> Result<(), Error> {
        if !(1..=1024).contains(&self.max_connections) {
            return Err(self.refuse("max_connections", "is 1 to 1024".to_owned()));
        }
        if self.retries > 10 {
            return Err(self.refuse("retries", "is 0 to 10".to_owned()));
        }
        let sizes = [
            ("max_body_mib", self.max_body_mib),
            ("max_wheel_mib", self.max_wheel_mib),
            ("cache_mib", self.cache_mib),
        ];
        for (key, size) in sizes {
            if !(1..=65536).contains(&size) {
                return Err(self.refuse(key, "is 1 to 65536".to_owned()));
            }
        }
        if self.absent_for > Duration::from_hours(24) {
            return Err(self.refuse("absent_for", "is at most `1d`".to_owned()));
        }
        let times = [
            ("connect_timeout", self.connect_timeout),
            ("read_timeout", self.read_timeout),
            ("timeout", self.timeout),
        ];
        for (key, time) in times {
            if time.is_zero() {
                return Err(self.refuse(key, "is more than nothing, as `5s`".to_owned()));
            }
        }
        Ok(())
    }
}
