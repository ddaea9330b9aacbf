//! What can go wrong between a registry and its reader.

use std::sync::Arc;
use std::time::Duration;

use ecosystems::Ecosystem;

/// Why a registry gave no answer.
///
/// That a document does not exist is an answer, not an error. Errors are cheap to clone, so that
/// all who waited for one request can be told of its failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The registry could not be reached, was too slow, or asked to be left alone for now.
    #[error("registry `{registry}` could not serve `{document}`: {reason}")]
    Unavailable {
        /// The registry's declared name.
        registry: Arc<str>,
        /// The document that was asked for.
        document: String,
        /// What happened, after all repeats.
        reason: String,
        /// How long the registry asks to be left alone, if it said so.
        retry_after: Option<Duration>,
    },
    /// The registry refused the credentials, or the lack of them.
    #[error("registry `{registry}` refused `{document}` with status {status}")]
    Forbidden {
        /// The registry's declared name.
        registry: Arc<str>,
        /// The document that was asked for.
        document: String,
        /// 401 or 403.
        status: u16,
    },
    /// What the registry served is not what was asked for.
    #[error("registry `{registry}` served `{document}` in a form that cannot be used: {reason}")]
    Unusable {
        /// The registry's declared name.
        registry: Arc<str>,
        /// The document that was asked for.
        document: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file is not the one that the registry lists under its name.
    #[error(
        "registry `{registry}` serves for `{document}` a `{file}` without the listed hash `{hash}`"
    )]
    WrongHash {
        /// The registry's declared name.
        registry: Arc<str>,
        /// The document that was asked for.
        document: String,
        /// The file.
        file: String,
        /// The hash that the registry lists, as `algorithm:hex`.
        hash: String,
    },
    /// A redirect or a file's URL leads to a host that the configuration does not declare.
    #[error("registry `{registry}` leads `{document}` to `{host}`, a host it does not declare")]
    UndeclaredHost {
        /// The registry's declared name.
        registry: Arc<str>,
        /// The document that was asked for.
        document: String,
        /// The host, with its port unless that is the scheme's own.
        host: String,
    },
    /// A registry that is read over TLS leads to a place that is not.
    #[error("registry `{registry}` leads `{document}` from https to `{url}`")]
    InsecureHop {
        /// The registry's declared name.
        registry: Arc<str>,
        /// The document that was asked for.
        document: String,
        /// The place, without its query.
        url: String,
    },
    /// The document is longer than the configuration allows.
    #[error("registry `{registry}` serves `{document}` with more than {limit} bytes")]
    TooLarge {
        /// The registry's declared name.
        registry: Arc<str>,
        /// The document that was asked for.
        document: String,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The registry has no packages of that ecosystem at all: it should not have been asked.
    #[error("registry `{registry}` has no packages of {ecosystem} and was asked for `{document}`")]
    OtherEcosystem {
        /// The registry's declared name.
        registry: Arc<str>,
        /// The document that was asked for.
        document: String,
        /// The ecosystem that the document is of.
        ecosystem: Ecosystem,
    },
    /// The configuration of a registry cannot be used.
    #[error("the configuration of registry `{registry}` cannot be used: `{key}` {reason}")]
    Config {
        /// The registry's declared name.
        registry: String,
        /// The key at fault.
        key: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
    /// A recorded registry could not be read from its folder or archive.
    #[error("the recorded registry `{registry}` cannot be read: {reason}")]
    Recording {
        /// The registry's declared name.
        registry: Arc<str>,
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    /// The declared name of the registry concerned.
    pub fn registry(&self) -> &str {
        match self {
            Self::Config { registry, .. } => registry,
            Self::Unavailable { registry, .. }
            | Self::Forbidden { registry, .. }
            | Self::Unusable { registry, .. }
            | Self::WrongHash { registry, .. }
            | Self::UndeclaredHost { registry, .. }
            | Self::InsecureHop { registry, .. }
            | Self::TooLarge { registry, .. }
            | Self::OtherEcosystem { registry, .. }
            | Self::Recording { registry, .. } => registry,
        }
    }

    /// What the reader of the error may do about it, as one line.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unavailable { retry_after: Some(wait), .. } => {
                Some(format!("ask again in {} seconds", wait.as_secs()))
            }
            Self::Unavailable { retry_after: None, .. } => Some("ask again later".to_owned()),
            Self::Forbidden { registry, .. } => {
                Some(format!("check the `credentials` of registry `{registry}`"))
            }
            Self::UndeclaredHost { registry, host, .. } => Some(format!(
                "add `{host}` to `extra_hosts` of registry `{registry}` if it is to be trusted"
            )),
            Self::InsecureHop { registry, .. } => {
                Some(format!("let registry `{registry}` name its files with https"))
            }
            Self::TooLarge { registry, .. } => {
                Some(format!("raise `max_body_mib` or `max_wheel_mib` of registry `{registry}`"))
            }
            Self::WrongHash { registry, file, .. } => Some(format!(
                "do not use `{file}`, and ask who runs registry `{registry}` how it came there"
            )),
            Self::OtherEcosystem { ecosystem, .. } => {
                Some(format!("declare a registry that has packages of {ecosystem}"))
            }
            Self::Unusable { .. } | Self::Config { .. } | Self::Recording { .. } => None,
        }
    }

    /// Whether the same question may well be answered later, without any change here.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}
