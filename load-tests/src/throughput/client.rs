//! A client that costs little: it asks in bytes that are made already, and reads answers unread.

use std::net::SocketAddr;

use anyhow::{Context as _, bail, ensure};
use bytes::{BufMut as _, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, TE};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use proto::v1;
use tokio::net::TcpStream;

/// The method that is asked.
const PATH: &str = "/quartermaster.resolver.v1.ResolverService/Resolve";

/// One connection. Clones share it.
#[derive(Clone)]
pub(super) struct Client {
    send: SendRequest<Full<Bytes>>,
    uri: String,
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (send, connection) = http2::Builder::new(TokioExecutor::new())
            // Windows that never make a server wait for a client.
            .initial_stream_window_size(1 << 20)
            .initial_connection_window_size(1 << 26)
            .handshake(TokioIo::new(stream))
            .await?;
        // Its end is seen by whoever waits for an answer.
        tokio::spawn(connection);
        Ok(Self { send, uri: format!("http://{address}{PATH}") })
    }

    pub(super) async fn connect_all(
        address: SocketAddr,
        count: usize,
    ) -> anyhow::Result<Vec<Self>> {
        let mut clients = Vec::with_capacity(count);
        for _ in 0..count {
            clients.push(Self::connect(address).await?);
        }
        Ok(clients)
    }

    /// Asks, and returns the answer with its frame.
    pub(super) async fn ask(&self, question: Bytes) -> anyhow::Result<Bytes> {
        let request = Request::post(&self.uri)
            .header(CONTENT_TYPE, "application/grpc")
            .header(TE, "trailers")
            .body(Full::new(question))?;
        let mut send = self.send.clone();
        send.ready().await?;
        let response = send.send_request(request).await?;
        let (head, body) = response.into_parts();
        let collected = body.collect().await?;
        // An answer without a message has its status in its headers.
        let status = collected.trailers().and_then(status).or_else(|| status(&head.headers));
        let status = status.context("an answer has no status")?;
        if status != "0" {
            let message = head
                .headers
                .get("grpc-message")
                .or(collected.trailers().and_then(|trailers| trailers.get("grpc-message")));
            bail!("the service answers with status {status}: {message:?}");
        }
        Ok(collected.to_bytes())
    }
}

fn status(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("grpc-status")?.to_str().ok()?.to_owned())
}

/// A message behind the prefix that gRPC has before each.
pub(super) fn framed(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut frame = BytesMut::with_capacity(length + 5);
    frame.put_u8(0);
    frame.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    frame.put_slice(&message.encode_to_vec());
    frame.freeze()
}

/// Reads an answer behind its prefix.
pub(super) fn answer(body: &Bytes) -> anyhow::Result<v1::ResolveResponse> {
    ensure!(body.first() == Some(&0) && body.len() > 5, "the answer is compressed, or none");
    v1::ResolveResponse::decode(&body[5..]).context("the answer cannot be read")
}
