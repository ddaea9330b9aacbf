//! A link costs what arithmetic says.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use load_tests::link::{Link, Relay, Settings, Stalls};

/// Of so many transfers the quickest counts: what else the machine does only adds to them.
const MOST_TRANSFERS: usize = 60;

/// Sends back as many bytes as it is asked for, in eight bytes, again and again.
fn sender() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || serve(client));
        }
    });
    address
}

fn serve(mut client: TcpStream) -> io::Result<()> {
    let mut asked = [0; 8];
    loop {
        client.read_exact(&mut asked)?;
        let length = usize::try_from(u64::from_be_bytes(asked)).map_err(io::Error::other)?;
        client.write_all(&vec![7; length])?;
    }
}

/// Asks for `length` bytes, and reads them.
fn ask(server: &mut TcpStream, length: usize) {
    server.write_all(&(length as u64).to_be_bytes()).expect("the link is open");
    let mut answer = vec![0; length];
    server.read_exact(&mut answer).expect("the answer has its length");
    assert!(answer.iter().all(|byte| *byte == 7));
}

fn open(relay: &Relay) -> TcpStream {
    let server = TcpStream::connect(relay.address()).expect("the relay listens");
    server.set_nodelay(true).expect("it is a socket");
    server
}

/// Holds the quickest transfer against arithmetic: it is within 5%. No more are made than it takes to
/// see one that the machine did not hold up. Returns how many there were.
fn assert_near(mut transfer: impl FnMut(), expected: Duration, what: &str) -> u64 {
    let mut least = f64::INFINITY;
    for count in 1..=MOST_TRANSFERS {
        let started = Instant::now();
        transfer();
        least = least.min(started.elapsed().as_secs_f64() / expected.as_secs_f64());
        // A timer may be early by its own grain, and no more.
        assert!(least > 0.99, "{what}: {least:.3} times {expected:?} is too quick");
        if least <= 1.05 {
            println!("{what}: {:+.1}% from {expected:?}, {count} tried", (least - 1.0) * 100.0);
            return count as u64;
        }
    }
    panic!("{what}: {least:.3} times {expected:?} at best");
}

#[test]
fn a_transfer_takes_an_opening_a_round_trip_and_its_bytes_over_the_bandwidth() {
    let server = sender();
    // Milliseconds there and back, Mbit/s, bytes.
    for (round_trip, mbit, length) in
        [(50, 10, 250_000), (100, 100, 1_000_000), (20, 10, 500_000), (200, 100, 100)]
    {
        let round_trip = Duration::from_millis(round_trip);
        let bandwidth = Some(mbit * 1_000_000);
        let link = Link::new(Settings { round_trip, bandwidth, ..Settings::default() });
        let relay = Relay::start(&link, server).expect("there is a free port");
        let bytes = Duration::from_secs_f64((length + 8) as f64 * 8.0 / (mbit as f64 * 1e6));
        let what = format!("{length} bytes at {round_trip:?} and {mbit} Mbit/s");
        assert_near(|| ask(&mut open(&relay), length), 2 * round_trip + bytes, &what);
    }
}

#[test]
fn questions_one_after_the_other_cost_a_round_trip_each() {
    let round_trip = Duration::from_millis(80);
    let link = Link::new(Settings { round_trip, ..Settings::default() });
    let relay = Relay::start(&link, sender()).expect("there is a free port");
    let mut server = open(&relay);
    ask(&mut server, 1);
    // The opening and the first question.
    assert_eq!(link.take_passed().round_trips, 2);
    let five = || (0..5).for_each(|_| ask(&mut server, 100));
    let tried = assert_near(five, 5 * round_trip, "five questions");
    let passed = link.take_passed();
    assert_eq!(passed.round_trips, 5 * tried);
    assert_eq!((passed.bytes_up, passed.bytes_down), (8 * 5 * tried, 100 * 5 * tried));
}

#[test]
fn connections_share_the_bandwidth() {
    let bandwidth = Some(20_000_000);
    let round_trip = Duration::from_millis(20);
    let link = Link::new(Settings { round_trip, bandwidth, ..Settings::default() });
    let relay = Relay::start(&link, sender()).expect("there is a free port");
    let four = || {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| ask(&mut open(&relay), 125_000));
            }
        });
    };
    let expected = 2 * round_trip + Duration::from_millis(200);
    let tried = assert_near(four, expected, "four transfers at once");
    // An opening and a question each, at once; the chain is no longer for their number.
    assert_eq!(link.take_passed().connections, 4 * tried);
}

#[test]
fn slow_start_costs_round_trips_until_the_window_is_wide() {
    let round_trip = Duration::from_millis(50);
    let link = Link::new(Settings { round_trip, slow_start: true, ..Settings::default() });
    let relay = Relay::start(&link, sender()).expect("there is a free port");
    // Flights of 1, 2, 4 and a part of 8 times ten packets.
    assert_near(|| ask(&mut open(&relay), 150_000), 5 * round_trip, "four flights");
}

#[test]
fn what_is_lost_comes_later_and_nothing_before_it() {
    let pause = Duration::from_millis(100);
    let stalls = Some(Stalls { one_of: 1, pause, seed: 1 });
    let link = Link::new(Settings { stalls, ..Settings::default() });
    let relay = Relay::start(&link, sender()).expect("there is a free port");
    assert_near(|| ask(&mut open(&relay), 100), 2 * pause, "a loss each way");
}
