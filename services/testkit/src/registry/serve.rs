//! Answers requests from a project's documents.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use ecosystems::Ecosystem;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_RANGES, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING,
    CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    LOCATION, RANGE, VARY,
};
use http::{HeaderMap, Method};

use super::project::Project;
use super::{CoreMetadata, Form, Kind, Settings, Shared, index, lock, npm};

/// Answers one request, and counts it.
pub(super) async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let kind = kind_of(&path, request.headers());
    let with_credentials = request.headers().contains_key(AUTHORIZATION);
    lock(&shared.counts).begin(&path, kind, with_credentials);
    if !shared.settings.latency.is_zero() {
        tokio::time::sleep(shared.settings.latency).await;
    }
    let reply = lock(&shared.faults).iter_mut().find_map(|fault| fault.take(&path));
    let response = match reply {
        Some(reply) => reply.into_response(&path),
        None if !matches!(*request.method(), Method::GET | Method::HEAD) => status(405),
        None => match shared.refusal(request.headers()) {
            Some(code) => status(code),
            None => shared.document(&path, kind, request.headers()),
        },
    };
    lock(&shared.counts).end(response.status().as_u16());
    response
}

fn kind_of(path: &str, headers: &HeaderMap) -> Kind {
    if path.starts_with("/simple/") {
        Kind::Page
    } else if path.starts_with(npm::ROOT) {
        Kind::Packument
    } else if path == index::CONFIG {
        Kind::IndexConfig
    } else if path.starts_with(index::ROOT) {
        Kind::IndexFile
    } else if path.ends_with(".metadata") {
        Kind::Metadata
    } else if path.ends_with(".tar.gz") || path.ends_with(".zip") {
        Kind::Sdist
    } else if !path.ends_with(".whl") {
        Kind::Other
    } else if headers.contains_key(RANGE) {
        Kind::Range
    } else {
        Kind::Wheel
    }
}

impl Shared {
    /// The status for somebody who may not ask.
    fn refusal(&self, headers: &HeaderMap) -> Option<u16> {
        let wanted = self.settings.authorization.as_deref()?;
        match header(headers, &AUTHORIZATION) {
            "" => Some(401),
            given if given != wanted => Some(403),
            _ => None,
        }
    }

    fn document(&self, path: &str, kind: Kind, headers: &HeaderMap) -> Response {
        if let Some(name) = path.strip_prefix("/simple/") {
            return match name.strip_suffix('/') {
                Some(name) => self.page(name, headers),
                None => build(301, [(LOCATION, format!("{path}/"))], Bytes::new()),
            };
        }
        if let Some(name) = path.strip_prefix(npm::ROOT) {
            return self.packument(name, headers);
        }
        if let Some(path) = path.strip_prefix(index::ROOT) {
            return self.index(path, headers);
        }
        let Some(file) = path.strip_prefix("/files/") else { return status(404) };
        let filename = file.strip_suffix(".metadata").unwrap_or(file);
        let Some(project) = self.project_of(filename) else { return status(404) };
        if kind == Kind::Metadata {
            let is_there = !matches!(
                self.settings.core_metadata,
                CoreMetadata::Missing | CoreMetadata::Unadvertised
            );
            return match project.metadata_file(filename).filter(|_| is_there) {
                Some(text) => {
                    build(200, [(CONTENT_TYPE, "text/plain".to_owned())], text.into_bytes().into())
                }
                None => status(404),
            };
        }
        let archive =
            if kind == Kind::Sdist { project.sdist(filename) } else { project.wheel(filename) };
        match archive {
            Some(wheel) => wheel_response(&self.settings, wheel.into(), headers),
            None => status(404),
        }
    }

    /// A body with its validator, or word that the asker has it. `changes` happened to it so far.
    pub(super) fn validated(
        &self,
        body: Bytes,
        changes: usize,
        content_type: &str,
        headers: &HeaderMap,
    ) -> Response {
        let settings = &self.settings;
        let mut sent = vec![(CONTENT_TYPE, content_type.to_owned())];
        sent.extend(settings.cache_control.clone().map(|value| (CACHE_CONTROL, value)));
        if settings.validators {
            let (validator, condition, state) = if settings.dated {
                let date = format!("Sun, 06 Nov 1994 08:49:{:02} GMT", changes % 60);
                (LAST_MODIFIED, IF_MODIFIED_SINCE, date)
            } else {
                (ETAG, IF_NONE_MATCH, format!("\"{}\"", blake3::hash(&body).to_hex()))
            };
            let is_known = header(headers, &condition) == state;
            sent.push((validator, state));
            if is_known {
                return build(304, sent, Bytes::new());
            }
        }
        build(200, sent, body)
    }

    fn page(&self, name: &str, headers: &HeaderMap) -> Response {
        let Some(project) = self.project(name) else { return status(404) };
        let settings = &self.settings;
        let accepts = |text: &str| header(headers, &ACCEPT).contains(text);
        let json = "application/vnd.pypi.simple.v1+json";
        let (content_type, page) = if settings.form == Form::Negotiated && accepts(json) {
            (json, &project.json)
        } else {
            ("text/html; charset=utf-8", &project.html)
        };
        let mut sent = vec![
            (CONTENT_TYPE, content_type.to_owned()),
            (VARY, "Accept, Accept-Encoding".to_owned()),
        ];
        sent.extend(settings.cache_control.clone().map(|value| (CACHE_CONTROL, value)));
        if settings.validators {
            let validator = format!("\"{}\"", blake3::hash(page).to_hex());
            let is_known = header(headers, &IF_NONE_MATCH) == validator;
            sent.push((ETAG, validator));
            if is_known {
                return build(304, sent, Bytes::new());
            }
        }
        if settings.compressed && header(headers, &ACCEPT_ENCODING).contains("zstd") {
            let packed = zstd::bulk::compress(page, 1).unwrap_or_default();
            sent.push((CONTENT_ENCODING, "zstd".to_owned()));
            return build(200, sent, packed.into());
        }
        build(200, sent, page.clone())
    }

    /// The project whose file has this name: the longest beginning that is a project's.
    fn project_of(&self, filename: &str) -> Option<Arc<Project>> {
        filename.rmatch_indices('-').find_map(|(place, _)| {
            let name = ecosystems::pypi::Name::parse(&filename[..place]).ok()?;
            self.project(name.as_str())
        })
    }

    fn project(&self, name: &str) -> Option<Arc<Project>> {
        if let Some(project) = lock(&self.projects).get(name) {
            return Some(Arc::clone(project));
        }
        let document = self.recorded.document(Ecosystem::Pypi, name)?;
        let project = Arc::new(Project::new(&document, &self.settings).ok()?);
        lock(&self.projects).insert(name.to_owned(), Arc::clone(&project));
        Some(project)
    }
}

fn wheel_response(settings: &Settings, wheel: Bytes, headers: &HeaderMap) -> Response {
    let mut sent = vec![(CONTENT_TYPE, "application/octet-stream".to_owned())];
    if settings.validators {
        sent.push((ETAG, format!("\"{}\"", blake3::hash(&wheel).to_hex())));
    }
    if !settings.ranges {
        return build(200, sent, wheel);
    }
    sent.push((ACCEPT_RANGES, "bytes".to_owned()));
    let asked = header(headers, &RANGE);
    if asked.is_empty() {
        return build(200, sent, wheel);
    }
    match read_range(asked, wheel.len()) {
        Some(range) => {
            let text = format!("bytes {}-{}/{}", range.start, range.end - 1, wheel.len());
            sent.push((CONTENT_RANGE, text));
            build(206, sent, wheel.slice(range))
        }
        None => {
            sent.push((CONTENT_RANGE, format!("bytes */{}", wheel.len())));
            build(416, sent, Bytes::new())
        }
    }
}

/// Reads `bytes=-N`, `bytes=A-` and `bytes=A-B`.
fn read_range(text: &str, length: usize) -> Option<Range<usize>> {
    let (start, end) = text.strip_prefix("bytes=")?.split_once('-')?;
    let range = match (start, end) {
        ("", end) => length.saturating_sub(end.parse().ok()?)..length,
        (start, "") => start.parse().ok()?..length,
        (start, end) => start.parse().ok()?..end.parse::<usize>().ok()?.checked_add(1)?.min(length),
    };
    (range.start < range.end).then_some(range)
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

pub(super) fn status(code: u16) -> Response {
    build(code, [], Bytes::new())
}

pub(super) fn build(
    code: u16,
    headers: impl IntoIterator<Item = (HeaderName, String)>,
    body: Bytes,
) -> Response {
    let mut builder = Response::builder().status(code);
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    // Every header above is printable, so there is a response.
    builder.body(Body::from(body)).unwrap_or_else(|_| Response::new(Body::empty()))
}
