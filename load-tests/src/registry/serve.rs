//! Takes connections, and answers requests from the recorded documents.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HOST, HeaderName,
    IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::encoding::Encoding;
use super::{Counts, Shared, lock, pypi};

/// Streams at once on one connection, as public registries allow them.
const STREAMS: u32 = 128;

/// The media type of npm's abbreviated form.
const ABBREVIATED: &str = "application/vnd.npm.install-v1+json";

/// The media type of PyPI's pages as JSON.
const SIMPLE_JSON: &str = "application/vnd.pypi.simple.v1+json";

/// Where whoever is at hand may read the counts, and set them back with `DELETE`.
const COUNTS: &str = "/-/counts";

/// Takes connections for ever.
pub(super) async fn connections(listener: TcpListener, tls: TlsAcceptor, shared: Arc<Shared>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        // What a socket without this option costs, the measurement shows by itself.
        let _ = socket.set_nodelay(true);
        lock(&shared.counts).connections += 1;
        let (tls, shared) = (tls.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            // A client that does not trust the authority, or leaves early, sees so itself.
            let Ok(stream) = tls.accept(socket).await else { return };
            let service = service_fn(move |request: Request<Incoming>| {
                let shared = Arc::clone(&shared);
                async move { Ok::<_, Infallible>(shared.answer(&request)) }
            });
            let mut server = auto::Builder::new(TokioExecutor::new());
            server.http2().max_concurrent_streams(STREAMS);
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// How one kind of document is sent.
struct Manner {
    kind: &'static str,
    content_type: &'static str,
    cache_control: &'static str,
    vary: &'static str,
    encodings: &'static [Encoding],
}

const PAGE: Manner = Manner {
    kind: "page",
    content_type: SIMPLE_JSON,
    cache_control: "max-age=600, public",
    vary: "Accept, Accept-Encoding",
    encodings: &[Encoding::Gzip],
};
const METADATA: Manner = Manner {
    kind: "metadata",
    content_type: "application/octet-stream",
    cache_control: "max-age=365000000, immutable, public",
    vary: "Accept-Encoding",
    encodings: &[],
};
const PACKUMENT: Manner = Manner {
    kind: "packument",
    content_type: "application/json",
    cache_control: "public, max-age=300",
    vary: "accept-encoding, accept",
    encodings: &[Encoding::Brotli, Encoding::Gzip],
};
const INDEX: Manner = Manner {
    kind: "index",
    content_type: "text/plain",
    cache_control: "public,max-age=600",
    vary: "Accept-Encoding",
    encodings: &[Encoding::Brotli, Encoding::Gzip],
};
const CONFIG: Manner =
    Manner { kind: "config", content_type: "application/json", encodings: &[], ..INDEX };

impl Shared {
    /// Answers one request, and counts it.
    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path();
        if path == COUNTS {
            return self.told_counts(request.method());
        }
        let (kind, response) = match *request.method() {
            Method::GET | Method::HEAD => self.document(path, request),
            _ => ("other", status(405)),
        };
        let bytes = http_body::Body::size_hint(response.body()).exact().unwrap_or_default();
        let protocol = format!("{:?}", request.version());
        lock(&self.counts).add(kind, protocol, response.status().as_u16(), bytes);
        response
    }

    fn told_counts(&self, method: &Method) -> Response<Full<Bytes>> {
        let mut counts = lock(&self.counts);
        let body = serde_json::to_vec(&*counts).unwrap_or_default();
        if method == Method::DELETE {
            *counts = Counts::default();
        }
        build(200, [(CONTENT_TYPE, "application/json")], body.into())
    }

    fn document(
        &self,
        path: &str,
        request: &Request<Incoming>,
    ) -> (&'static str, Response<Full<Bytes>>) {
        let headers = request.headers();
        let host = request.uri().authority().map_or_else(|| header(headers, &HOST), |a| a.as_str());
        if let Some(name) = path.strip_prefix("/simple/") {
            let name = name.trim_end_matches('/');
            let files = lock(&self.files).get(host).cloned().unwrap_or_else(|| host.to_owned());
            let key = format!("{files} {path}");
            return self.send(&PAGE, headers, key, || pypi::page(&self.data.pypi(name)?, &files));
        }
        if let Some(file) = path.strip_prefix("/files/") {
            return self.send(&METADATA, headers, path.to_owned(), || self.metadata(file));
        }
        if let Some(name) = path.strip_prefix("/npm/") {
            let is_short = header(headers, &ACCEPT).contains(ABBREVIATED);
            let short = Manner { content_type: ABBREVIATED, ..PACKUMENT };
            let manner = if is_short { &short } else { &PACKUMENT };
            let key = format!("{host} {path} {is_short}");
            return self.send(manner, headers, key, || self.packument(name, host, is_short));
        }
        if path == "/index/config.json" {
            let made = || Some(index_config(host));
            return self.send(&CONFIG, headers, format!("{host} {path}"), made);
        }
        if let Some(file) = path.strip_prefix("/index/") {
            return self.send(&INDEX, headers, path.to_owned(), || self.data.cargo(file));
        }
        ("other", status(404))
    }

    fn metadata(&self, file: &str) -> Option<Vec<u8>> {
        let filename = file.strip_suffix(".metadata")?;
        let filename = filename.rsplit('/').next().unwrap_or(filename);
        let found = pypi::projects_of(filename).find_map(|name| self.data.pypi(&name))?;
        pypi::metadata(&found, filename)
    }

    /// A package's document, with the place of this registry before its archives' paths.
    fn packument(&self, name: &str, host: &str, is_short: bool) -> Option<Vec<u8>> {
        let name = name.replace("%2f", "/").replace("%2F", "/");
        let document = self.data.npm(&name)?;
        // The text is changed and not the value: the order of names in it matters to npm.
        let text = String::from_utf8_lossy(&document);
        let place = format!("\"tarball\":\"https://{host}/npm/");
        let full = text.replace("\"tarball\":\"/", &place).into_bytes();
        if is_short { abbreviated(&full) } else { Some(full) }
    }

    /// A document in the form that the client takes, or word that it has it.
    fn send(
        &self,
        manner: &Manner,
        headers: &HeaderMap,
        key: String,
        document: impl FnOnce() -> Option<Vec<u8>>,
    ) -> (&'static str, Response<Full<Bytes>>) {
        let encoding = Encoding::negotiate(header(headers, &ACCEPT_ENCODING), manner.encodings);
        let Some(encoded) = self.encodings.get(key, encoding, document) else {
            return (manner.kind, status(404));
        };
        let mut sent = vec![
            (CONTENT_TYPE, manner.content_type),
            (CACHE_CONTROL, manner.cache_control),
            (VARY, manner.vary),
            (ETAG, &encoded.tag),
        ];
        if header(headers, &IF_NONE_MATCH).split(',').any(|tag| tag.trim() == encoded.tag) {
            return (manner.kind, build(304, sent, Bytes::new()));
        }
        sent.extend(encoding.name().map(|name| (CONTENT_ENCODING, name)));
        (manner.kind, build(200, sent, encoded.bytes))
    }
}

/// What is left of a document of npm in its abbreviated form.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Abbreviated<'a> {
    name: &'a str,
    #[serde(borrow)]
    dist_tags: &'a RawValue,
    #[serde(borrow)]
    versions: &'a RawValue,
}

fn abbreviated(full: &[u8]) -> Option<Vec<u8>> {
    let parts: Abbreviated<'_> = serde_json::from_slice(full).ok()?;
    serde_json::to_vec(&parts).ok()
}

/// The settings of the index: where archives would be, if there were any.
fn index_config(host: &str) -> Vec<u8> {
    serde_json::json!({ "dl": format!("https://{host}/crates"), "api": null })
        .to_string()
        .into_bytes()
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn status(code: u16) -> Response<Full<Bytes>> {
    build(code, [], Bytes::new())
}

fn build<'a>(
    code: u16,
    headers: impl IntoIterator<Item = (HeaderName, &'a str)>,
    body: Bytes,
) -> Response<Full<Bytes>> {
    let mut builder = Response::builder().status(code);
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    // Every header above is printable, so there is a response.
    builder.body(Full::new(body)).unwrap_or_default()
}
