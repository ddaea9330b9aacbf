//! A link costs what arithmetic says.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use load_tests::link::{Link, Relay, Settings, Stalls};

/// Of so many transfers the quickest counts: what else the machine does only adds to them.
const TRANSFERS: usize = 7;

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

/// Holds the quickest against arithmetic, and tells the median too.
fn assert_near(times: impl Iterator<Item = Duration>, expected: Duration, what: &str) {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    let [least, median] = [times[0], times[times.len() / 2]];
    let ratio = |time: Duration| time.as_secs_f64() / expected.as_secs_f64();
    let percent = |time| (ratio(time) - 1.0) * 100.0;
    println!(
        "{what}: {expected:?} expected, {:+.1}% measured, {:+.1}% in the median",
        percent(least),
        percent(median)
    );
    // A timer may be early by its own grain, and no more.
    assert!((0.99..=1.05).contains(&ratio(least)), "{what}: {least:?}, not {expected:?}");
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
        let times = (0..TRANSFERS).map(|_| {
            let started = Instant::now();
            ask(&mut open(&relay), length);
            started.elapsed()
        });
        let bytes = Duration::from_secs_f64((length + 8) as f64 * 8.0 / (mbit as f64 * 1e6));
        let what = format!("{length} bytes at {round_trip:?} and {mbit} Mbit/s");
        assert_near(times, 2 * round_trip + bytes, &what);
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
    let times = (0..TRANSFERS).map(|_| {
        let started = Instant::now();
        (0..5).for_each(|_| ask(&mut server, 100));
        started.elapsed()
    });
    assert_near(times, 5 * round_trip, "five questions");
    let passed = link.take_passed();
    assert_eq!(passed.round_trips, 5 * TRANSFERS as u64);
    assert_eq!((passed.bytes_up, passed.bytes_down), (8 * 35, 100 * 35));
}

#[test]
fn connections_share_the_bandwidth() {
    let bandwidth = Some(20_000_000);
    let round_trip = Duration::from_millis(20);
    let link = Link::new(Settings { round_trip, bandwidth, ..Settings::default() });
    let relay = Relay::start(&link, sender()).expect("there is a free port");
    let times = (0..TRANSFERS).map(|_| {
        let started = Instant::now();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| ask(&mut open(&relay), 125_000));
            }
        });
        started.elapsed()
    });
    let expected = 2 * round_trip + Duration::from_millis(200);
    assert_near(times, expected, "four transfers at once");
    // An opening and a question each, at once; the chain is no longer for their number.
    assert_eq!(link.take_passed().connections, 4 * TRANSFERS as u64);
}

#[test]
fn slow_start_costs_round_trips_until_the_window_is_wide() {
    let round_trip = Duration::from_millis(50);
    let link = Link::new(Settings { round_trip, slow_start: true, ..Settings::default() });
    let relay = Relay::start(&link, sender()).expect("there is a free port");
    let times = (0..TRANSFERS).map(|_| {
        let started = Instant::now();
        // Flights of 1, 2, 4 and a part of 8 times ten packets.
        ask(&mut open(&relay), 150_000);
        started.elapsed()
    });
    assert_near(times, 5 * round_trip, "four flights");
}

#[test]
fn what_is_lost_comes_later_and_nothing_before_it() {
    let pause = Duration::from_millis(100);
    let stalls = Some(Stalls { one_of: 1, pause, seed: 1 });
    let link = Link::new(Settings { stalls, ..Settings::default() });
    let relay = Relay::start(&link, sender()).expect("there is a free port");
    let times = (0..TRANSFERS).map(|_| {
        let started = Instant::now();
        ask(&mut open(&relay), 100);
        started.elapsed()
    });
    assert_near(times, 2 * pause, "a loss each way");
}
