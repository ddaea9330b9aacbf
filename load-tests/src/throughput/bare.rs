//! A bare HTTP/2 server that returns the same bytes to everybody: the limit of what a service can do.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

/// Listens on a free port of the loopback, and says `listening on http://ADDRESS`.
///
/// # Errors
///
/// When there is no free port.
pub async fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(listener)
}

/// Answers everybody who comes to `listener` with `body`, an answer with its frame, for ever.
///
/// # Errors
///
/// When no more connections can be taken.
pub async fn serve(listener: TcpListener, body: Bytes) -> io::Result<Infallible> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let body = body.clone();
        let answer = service_fn(move |request: Request<Incoming>| {
            let body = body.clone();
            async move {
                // Read to its end, as a service has to.
                let _ = request.into_body().collect().await;
                let trailers = async {
                    let mut trailers = HeaderMap::new();
                    trailers.insert("grpc-status", HeaderValue::from_static("0"));
                    Some(Ok::<_, Infallible>(trailers))
                };
                let mut response = Response::new(Full::new(body).with_trailers(trailers));
                let kind = HeaderValue::from_static("application/grpc");
                response.headers_mut().insert(CONTENT_TYPE, kind);
                Ok::<_, Infallible>(response)
            }
        });
        let mut server = http2::Builder::new(TokioExecutor::new());
        server.max_concurrent_streams(1024);
        let connection = server.serve_connection(TokioIo::new(stream), answer);
        // A client that leaves says nothing about the server.
        tokio::spawn(async move { connection.await.ok() });
    }
}
