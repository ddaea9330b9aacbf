//! What goes wrong at a fake registry, where and how often.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};

/// Something that goes wrong at some paths.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The beginning of the paths.
    path: String,
    /// How often it will happen yet; `None` is for ever.
    left: Option<usize>,
    reply: Reply,
}

/// What is sent in place of the answer.
#[derive(Clone, Debug)]
pub enum Reply {
    /// This status and nothing else.
    Status(u16),
    /// 429 with this `Retry-After`.
    TooManyRequests(String),
    /// 503 with this `Retry-After`.
    Unavailable(String),
    /// 302 to this origin, such as `http://127.0.0.1:81`, with the request's own path.
    RedirectToOrigin(String),
    /// 302 to this URL.
    Redirect(String),
    /// 200 with this content type and body.
    Body(String, Bytes),
    /// 200 with a body that ends before its announced length.
    Truncated,
    /// 200 with a body that never ends.
    Endless,
    /// 200 with a body of single bytes, each after this pause.
    Drip(Duration),
}

impl Fault {
    /// Something that goes wrong at all paths with this beginning, for ever.
    pub fn new(path: impl Into<String>, reply: Reply) -> Self {
        Self { path: path.into(), left: None, reply }
    }

    /// Lets it happen `times` times only.
    pub fn times(self, times: usize) -> Self {
        Self { left: Some(times), ..self }
    }

    /// The reply to a request for `path`, if this fault has one.
    pub(super) fn take(&mut self, path: &str) -> Option<Reply> {
        if !path.starts_with(&self.path) {
            return None;
        }
        match &mut self.left {
            None => {}
            Some(0) => return None,
            Some(left) => *left -= 1,
        }
        Some(self.reply.clone())
    }
}

impl Reply {
    /// The response to a request for `path`.
    pub(super) fn into_response(self, path: &str) -> Response {
        let html = Response::builder().header(CONTENT_TYPE, "text/html");
        let built = match self {
            Self::Status(status) => Response::builder().status(status).body(Body::empty()),
            Self::TooManyRequests(after) => {
                Response::builder().status(429).header(RETRY_AFTER, after).body(Body::empty())
            }
            Self::Unavailable(after) => {
                Response::builder().status(503).header(RETRY_AFTER, after).body(Body::empty())
            }
            Self::RedirectToOrigin(origin) => redirect(format!("{origin}{path}")),
            Self::Redirect(url) => redirect(url),
            Self::Body(content_type, body) => {
                Response::builder().header(CONTENT_TYPE, content_type).body(Body::from(body))
            }
            Self::Truncated => {
                let beginning = Ok::<_, Infallible>(Bytes::from_static(b"<html><body>"));
                let body = Body::from_stream(stream::iter([beginning]));
                html.header(CONTENT_LENGTH, 1000).body(body)
            }
            Self::Endless => {
                let chunk = Bytes::from(vec![b' '; 64 << 10]);
                let chunks = stream::repeat_with(move || Ok::<_, Infallible>(chunk.clone()));
                html.body(Body::from_stream(chunks))
            }
            Self::Drip(pause) => {
                let drops = stream::unfold((), move |()| async move {
                    tokio::time::sleep(pause).await;
                    Some((Ok::<_, Infallible>(Bytes::from_static(b" ")), ()))
                });
                html.body(Body::from_stream(drops))
            }
        };
        // A test that asks for an impossible header or status sees this.
        built.unwrap_or_else(|_| Response::new(Body::from("the fault has no valid form")))
    }
}

fn redirect(url: String) -> Result<Response, http::Error> {
    Response::builder().status(302).header(LOCATION, url).body(Body::empty())
}
