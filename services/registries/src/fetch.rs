//! Gets documents over HTTP, politely and from declared hosts only.
//!
//! One [`Fetcher::get`] is one question to a registry: a request, the redirects it meets, and its
//! repeats. Redirects are followed by hand, since each hop must lead to a declared host. Repeats
//! happen for what may pass (429, 5xx, lost connections, time-outs), wait longer each time, and
//! never less than `Retry-After` asks. Bodies are counted while they stream in, after
//! decompression, so that neither an endless body nor a bomb fills the memory.

mod exchange;
mod hosts;
mod retry;

use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable};
use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use http::header::{AUTHORIZATION, LOCATION};
use reqwest::Response;
use url::Url;

pub(crate) use self::exchange::{Answer, Question, Spent};
pub(crate) use self::hosts::Host;
use self::hosts::Hosts;
use self::retry::retry_after;
use crate::credentials::SecretForm;
use crate::{Credentials, Error, RegistryConfig, RegistryKind};

/// How many redirects one question may meet.
const MOST_HOPS: usize = 5;

/// What identifies the service to registries.
pub(crate) const USER_AGENT: &str = concat!("quartermaster/", env!("CARGO_PKG_VERSION"));

/// The HTTP side of one registry.
pub(crate) struct Fetcher {
    registry: Arc<str>,
    client: reqwest::Client,
    /// The registry's own place: the only origin that credentials are sent to.
    base: Url,
    hosts: Hosts,
    credentials: Option<Credentials>,
    form: SecretForm,
    retries: usize,
    retry_delay: Duration,
    max_retry_after: Duration,
}

/// One failed attempt.
struct Failure {
    error: Error,
    may_pass: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, may_pass: false }
    }
}

impl Fetcher {
    /// Prepares the connection pool of the registry at `base`. Nothing is sent yet.
    pub(crate) fn open(config: &RegistryConfig, base: &Url) -> Result<Self, Error> {
        let credentials = match &config.credentials {
            Some(reference) => {
                let read = reference.read();
                Some(read.map_err(|reason| config.refuse("credentials", reason))?)
            }
            None => None,
        };
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            // Reqwest repeats some requests on its own; all repeats are counted and paced here.
            .retry(reqwest::retry::never())
            .referer(false)
            // Only declared hosts are contacted: a proxy from the environment is not declared.
            .no_proxy()
            .connect_timeout(config.connect_timeout)
            .read_timeout(config.read_timeout)
            .timeout(config.timeout);
        let builder =
            if config.http2_prior_knowledge { builder.http2_prior_knowledge() } else { builder };
        let client = builder.build().map_err(|error| {
            config.refuse("url", format!("cannot be spoken to: {}", full_reason(&error)))
        })?;
        Ok(Self {
            registry: config.name.as_str().into(),
            client,
            base: base.clone(),
            hosts: Hosts::new(base, &config.extra_hosts, config.max_connections),
            credentials,
            form: match config.kind {
                RegistryKind::CargoSparse => SecretForm::Verbatim,
                RegistryKind::PypiSimple | RegistryKind::Npm | RegistryKind::Recorded => {
                    SecretForm::Scheme
                }
            },
            retries: config.retries,
            retry_delay: config.retry_delay,
            max_retry_after: config.max_retry_after,
        })
    }

    /// The registry's declared name.
    pub(crate) fn registry(&self) -> &Arc<str> {
        &self.registry
    }

    /// The configured credentials.
    pub(crate) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// Where the document at `path` below the registry's own place lies.
    pub(crate) fn place(&self, document: &str, path: &str) -> Result<Url, Error> {
        self.base.join(path).map_err(|error| Error::Unusable {
            registry: Arc::clone(&self.registry),
            document: document.to_owned(),
            reason: error.to_string(),
        })
    }

    /// Asks, follows redirects, and repeats what may pass.
    pub(crate) async fn get(
        &self,
        question: &Question<'_>,
        spent: &Spent,
    ) -> Result<Answer, Error> {
        let pace = ExponentialBuilder::new()
            .with_min_delay(self.retry_delay)
            .with_max_times(self.retries)
            .with_jitter();
        let attempt = || self.attempt(question, spent);
        attempt
            .retry(pace)
            .when(|failure: &Failure| failure.may_pass)
            .adjust(|failure, pause| match &failure.error {
                Error::Unavailable { retry_after: Some(asked), .. } => {
                    pause.map(|pause| pause.max(*asked))
                }
                _ => pause,
            })
            .notify(|failure, pause| {
                tracing::debug!(error = %failure.error, ?pause, "asks again after a pause");
            })
            .await
            .map_err(|failure| failure.error)
    }

    async fn attempt(&self, question: &Question<'_>, spent: &Spent) -> Result<Answer, Failure> {
        let mut url = question.url.clone();
        for _ in 0..=MOST_HOPS {
            let host = self.declared(&url, question)?;
            // Held until the body is read. The semaphore is never closed, so there is a permit.
            let _permit = host.permits.acquire().await.ok();
            let response = self.send(&url, question, spent).await?;
            match self.next_hop(&response, &url, question)? {
                Some(next) => url = next,
                None => return self.receive(response, url, question, spent).await,
            }
        }
        Err(self.unusable(question, format!("it redirects more than {MOST_HOPS} times")).into())
    }

    /// The declared host of `url`, or the refusal to go there.
    fn declared(&self, url: &Url, question: &Question<'_>) -> Result<&Host, Error> {
        let document = question.document.to_owned();
        let registry = Arc::clone(&self.registry);
        let secure = self.base.scheme() == "https";
        let Some(host) = self.hosts.find(url) else {
            let host = hosts::describe(url);
            tracing::warn!(%registry, %document, %host, "refused to contact an undeclared host");
            return Err(Error::UndeclaredHost { registry, document, host });
        };
        match url.scheme() {
            "https" => Ok(host),
            "http" if !secure => Ok(host),
            _ => {
                let mut place = url.clone();
                place.set_query(None);
                // Neither of these fails for a URL with a host, and a secret is for no message.
                let _ = place.set_username("");
                let _ = place.set_password(None);
                Err(Error::InsecureHop { registry, document, url: place.into() })
            }
        }
    }

    async fn send(
        &self,
        url: &Url,
        question: &Question<'_>,
        spent: &Spent,
    ) -> Result<Response, Failure> {
        let mut request = self.client.get(url.clone()).headers(question.headers.clone());
        if url.origin() == self.base.origin()
            && let Some(credentials) = question.credentials.or(self.credentials.as_ref())
        {
            request = request.header(AUTHORIZATION, self.authorization(credentials)?);
        }
        spent.add_request();
        let started = Instant::now();
        let sent = request.send().await;
        let elapsed = started.elapsed();
        let (registry, document) = (&*self.registry, question.document);
        match sent {
            Ok(response) => {
                let status = response.status().as_u16();
                tracing::debug!(registry, package = document, status, ?elapsed, "asked a registry");
                Ok(response)
            }
            Err(error) => {
                let reason = full_reason(&error.without_url());
                tracing::debug!(
                    registry,
                    package = document,
                    reason,
                    ?elapsed,
                    "found no registry"
                );
                Err(self.unavailable(question, reason, None))
            }
        }
    }

    /// The header that carries the credentials, in the form that the protocol asks for.
    fn authorization(&self, credentials: &Credentials) -> Result<HeaderValue, Error> {
        let value = HeaderValue::try_from(credentials.header(self.form));
        let mut value = value.map_err(|_| Error::Config {
            registry: self.registry.to_string(),
            key: "credentials",
            reason: "hold a character that no header can carry".to_owned(),
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Where a redirect leads.
    fn next_hop(
        &self,
        response: &Response,
        url: &Url,
        question: &Question<'_>,
    ) -> Result<Option<Url>, Error> {
        if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let next = location.and_then(|location| url.join(location).ok());
        next.map(Some).ok_or_else(|| self.unusable(question, "it redirects to no URL".to_owned()))
    }

    /// Sorts the statuses into answers and errors, and reads the body of an answer.
    async fn receive(
        &self,
        response: Response,
        url: Url,
        question: &Question<'_>,
        spent: &Spent,
    ) -> Result<Answer, Failure> {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = match status.as_u16() {
            200 | 206 => self.read_body(response, question, spent).await?,
            304 | 404 | 406 | 410 | 416 | 451 => Bytes::new(),
            code @ (401 | 403) => {
                tracing::warn!(registry = %self.registry, package = question.document, status = code,
                    "the registry refused a document");
                return Err(Failure::from(Error::Forbidden {
                    registry: Arc::clone(&self.registry),
                    document: question.document.to_owned(),
                    status: code,
                }));
            }
            408 | 429 | 500..=599 => {
                let asked = retry_after(&headers, jiff::Timestamp::now());
                return Err(self.unavailable(question, format!("it answers {status}"), asked));
            }
            _ => return Err(self.unusable(question, format!("it answers {status}")).into()),
        };
        Ok(Answer { status, headers, url, body })
    }

    async fn read_body(
        &self,
        mut response: Response,
        question: &Question<'_>,
        spent: &Spent,
    ) -> Result<Bytes, Failure> {
        let announced = response.content_length().unwrap_or_default();
        if announced > question.limit {
            return Err(self.too_large(question).into());
        }
        let mut body = BytesMut::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    spent.add_bytes(chunk.len() as u64);
                    if (body.len() + chunk.len()) as u64 > question.limit {
                        return Err(self.too_large(question).into());
                    }
                    body.extend_from_slice(&chunk);
                }
                Ok(None) => return Ok(body.freeze()),
                Err(error) => {
                    let reason = full_reason(&error.without_url());
                    return Err(self.unavailable(question, reason, None));
                }
            }
        }
    }

    fn unavailable(
        &self,
        question: &Question<'_>,
        reason: String,
        retry_after: Option<Duration>,
    ) -> Failure {
        let error = Error::Unavailable {
            registry: Arc::clone(&self.registry),
            document: question.document.to_owned(),
            reason,
            retry_after,
        };
        // Waiting less than was asked for would be rude, so a long wait is left to the caller.
        let may_pass = retry_after.is_none_or(|asked| asked <= self.max_retry_after);
        Failure { error, may_pass }
    }

    fn unusable(&self, question: &Question<'_>, reason: String) -> Error {
        Error::Unusable {
            registry: Arc::clone(&self.registry),
            document: question.document.to_owned(),
            reason,
        }
    }

    fn too_large(&self, question: &Question<'_>) -> Error {
        Error::TooLarge {
            registry: Arc::clone(&self.registry),
            document: question.document.to_owned(),
            limit: question.limit,
        }
    }
}

/// An error with its causes in one line.
pub(crate) fn full_reason(error: &dyn std::error::Error) -> String {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        reason.push_str(": ");
        reason.push_str(&error.to_string());
        cause = error.source();
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_behind_tls_leads_nowhere_without_it() {
        let base = Url::parse("https://index.example/simple/").expect("the URL is well formed");
        let mut config = RegistryConfig::new("pypi", RegistryKind::PypiSimple);
        config.extra_hosts = vec!["files.example".to_owned()];
        let fetcher = Fetcher::open(&config, &base).expect("nothing is sent yet");
        let judge = |url: &str| {
            let url = Url::parse(url).expect("the URL is well formed");
            let headers = http::HeaderMap::new();
            let question =
                Question { document: "x", url: url.clone(), headers, credentials: None, limit: 0 };
            fetcher.declared(&url, &question).map(|_| ())
        };
        assert_eq!(judge("https://files.example/x"), Ok(()));
        let refused = judge("http://user:secret@files.example/x?token=secret");
        assert!(
            matches!(&refused, Err(Error::InsecureHop { url, .. }) if url == "http://files.example/x")
        );
        assert!(matches!(judge("http://index.example/x"), Err(Error::UndeclaredHost { .. })));
        assert!(matches!(judge("https://localhost/x"), Err(Error::UndeclaredHost { .. })));
    }
}
