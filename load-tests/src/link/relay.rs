//! Moves the bytes of connections between a client and what it believes to talk to.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use super::lane::{Losses, Window, chunk};
use super::{Link, QUEUE, Settings, Way, sleep_until};

/// The most that one direction of a connection has under way, as a receiver's window.
const MOST_UNDER_WAY: usize = 8 << 20;

/// A door of a link. It takes no more connections when it is dropped; those that are open live on.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    is_closed: Arc<AtomicBool>,
}

impl Relay {
    /// Listens on a free port of the loopback, and leads to `target` over the link.
    ///
    /// # Errors
    ///
    /// When there is no free port.
    pub fn start(link: &Link, target: SocketAddr) -> io::Result<Self> {
        Self::start_at(link, target, SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Listens at `address`.
    ///
    /// # Errors
    ///
    /// When the address is taken.
    pub fn start_at(link: &Link, target: SocketAddr, address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let is_closed = Arc::new(AtomicBool::new(false));
        let (link, closed) = (link.clone(), Arc::clone(&is_closed));
        thread::spawn(move || {
            for (client, number) in listener.incoming().zip(0..) {
                if closed.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(client) = client else { continue };
                // Where the other side is not there, the client sees its connection end.
                let _ = connect(&link, client, target, number);
            }
        });
        Ok(Self { address, is_closed })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.is_closed.store(true, Ordering::SeqCst);
        // Wakes the listening thread.
        let _ = TcpStream::connect(self.address);
    }
}

/// One direction of one connection.
struct Pump {
    link: Link,
    settings: Settings,
    way: Way,
    number: u64,
    /// Nothing leaves before that.
    opens_at: Instant,
    /// The chain of the newest message from the client that has reached the other side.
    heard: Arc<AtomicU64>,
    /// The chain that the opening of this connection ends.
    opening: u64,
}

/// A part of a stream under way.
struct Chunk {
    arrives_at: Instant,
    /// Empty at the end of the stream.
    bytes: Vec<u8>,
    chain: u64,
}

fn connect(link: &Link, client: TcpStream, target: SocketAddr, number: u64) -> io::Result<()> {
    let accepted_at = Instant::now();
    let settings = link.settings();
    let server = TcpStream::connect(target)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    link.0.counts.connections.fetch_add(1, Ordering::SeqCst);
    let opening = link.chain() + 1;
    // The client may send after a round trip; the other side when the first of that has arrived.
    let opened_at = accepted_at + settings.round_trip;
    let heard_at = opened_at + settings.round_trip / 2;
    let heard = Arc::new(AtomicU64::new(opening));
    let pump = |way, opens_at| Pump {
        link: link.clone(),
        settings,
        way,
        number,
        opens_at,
        heard: Arc::clone(&heard),
        opening,
    };
    pump(Way::Up, opened_at).start(client.try_clone()?, server.try_clone()?);
    pump(Way::Down, heard_at).start(server, client);
    Ok(())
}

impl Pump {
    fn start(self, from: TcpStream, to: TcpStream) {
        let places = MOST_UNDER_WAY / chunk(self.settings.bandwidth);
        let (sender, receiver) = sync_channel(places);
        let (link, way, heard) = (self.link.clone(), self.way, Arc::clone(&self.heard));
        thread::spawn(move || deliver(&receiver, to, &link, way, &heard));
        thread::spawn(move || self.take(from, &sender));
    }

    /// Reads what is sent, as fast as the link takes it.
    fn take(self, mut from: TcpStream, sender: &SyncSender<Chunk>) {
        let Settings { round_trip, bandwidth, slow_start, stalls } = self.settings;
        let mut losses = stalls.map(|stalls| Losses::new(stalls, self.number, self.way == Way::Up));
        let mut window = slow_start.then(Window::new);
        let mut buffer = vec![0; chunk(bandwidth)];
        loop {
            let room = match window.as_mut().map(|window| window.room(Instant::now())) {
                Some(Err(again)) => {
                    sleep_until(again);
                    continue;
                }
                Some(Ok(room)) => room.min(buffer.len()),
                None => buffer.len(),
            };
            // A connection that is torn ends here as one that is closed.
            let read = from.read(&mut buffer[..room]).unwrap_or(0);
            let now = Instant::now().max(self.opens_at);
            let chain = match self.way {
                // The opening has ended before anything can be sent.
                Way::Up => self.link.chain().max(self.opening) + 1,
                Way::Down => self.heard.load(Ordering::SeqCst),
            };
            let left = self.link.lane(self.way).send(now, read, bandwidth);
            let mut arrives_at = left + round_trip / 2;
            if let Some(losses) = &mut losses {
                arrives_at = losses.arrival(arrives_at, read);
            }
            if let Some(window) = &mut window {
                window.sent(read, arrives_at + round_trip / 2);
            }
            self.link.count_bytes(self.way, read);
            let sent = sender.send(Chunk { arrives_at, bytes: buffer[..read].to_vec(), chain });
            if read == 0 || sent.is_err() {
                return;
            }
            if let Some(soon) = left.checked_sub(QUEUE) {
                sleep_until(soon);
            }
        }
    }
}

/// Hands over what arrives, when it arrives.
fn deliver(chunks: &Receiver<Chunk>, mut to: TcpStream, link: &Link, way: Way, heard: &AtomicU64) {
    for Chunk { arrives_at, bytes, chain } in chunks {
        sleep_until(arrives_at);
        if bytes.is_empty() {
            let _ = to.shutdown(Shutdown::Write);
            return;
        }
        match way {
            Way::Up => heard.fetch_max(chain, Ordering::SeqCst),
            Way::Down => {
                link.lengthen_chain(chain);
                0
            }
        };
        if to.write_all(&bytes).is_err() {
            // Nobody is there any more: whoever sends learns it by its next read or write.
            let _ = to.shutdown(Shutdown::Both);
            return;
        }
    }
}
