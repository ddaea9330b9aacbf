//! Speaks TLS before a service that speaks HTTP/2 over plain TCP, as a proxy at its side would.

use std::io;
use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::registry::Authority;

/// A running front. It ends when this is dropped.
pub struct Front {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Front {
    /// Listens on a free port of the loopback, with a certificate of `authority`, before `service`.
    ///
    /// # Errors
    ///
    /// When there is no free port, or no certificate can be made.
    pub async fn start(authority: &Authority, service: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let tls = TlsAcceptor::from(authority.server_config(&[b"h2"]).map_err(io::Error::other)?);
        let server = tokio::spawn(async move {
            loop {
                let Ok((client, _)) = listener.accept().await else { continue };
                let tls = tls.clone();
                // What fails here, the client sees.
                tokio::spawn(async move { hand_on(client, tls, service).await });
            }
        });
        Ok(Self { address, server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn hand_on(client: TcpStream, tls: TlsAcceptor, service: SocketAddr) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut client = tls.accept(client).await?;
    let mut service = TcpStream::connect(service).await?;
    service.set_nodelay(true)?;
    copy_bidirectional(&mut client, &mut service).await.map(drop)
}
