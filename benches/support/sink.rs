//! A sink that answers as fast as loopback allows, a thread for each connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// How a sink answers.
#[derive(Clone, Default)]
pub(crate) struct Manner {
    /// How long it takes for each request.
    pub(crate) delay: Duration,
    /// One answer in so many is a 500, by chance from a fixed seed: in step with the slots, some would meet nothing else. Never if 0.
    pub(crate) failing: u64,
    /// Is told when a request has arrived.
    pub(crate) arrivals: Option<Sender<Instant>>,
}

/// A server on a port of its own.
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
}

impl Sink {
    pub(crate) fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let count = Arc::new(AtomicU64::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (count, manner) = (Arc::clone(&count), manner.clone());
                std::thread::spawn(move || answer(stream, &manner, &count));
            }
        });
        Self { address }
    }
}

fn answer(mut stream: TcpStream, manner: &Manner, count: &AtomicU64) {
    const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    const BAD: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\nno";
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 16 * 1024];
    let mut filled = 0;
    loop {
        let Some(length) = request_length(&buffer[..filled]) else {
            match stream.read(&mut buffer[filled..]) {
                Ok(n) if n > 0 => filled += n,
                _ => return,
            }
            continue;
        };
        buffer.copy_within(length..filled, 0);
        filled -= length;
        if let Some(arrivals) = &manner.arrivals {
            let _ = arrivals.send(Instant::now());
        }
        if !manner.delay.is_zero() {
            std::thread::park_timeout(manner.delay);
        }
        let number = count.fetch_add(1, Ordering::Relaxed);
        let bad = manner.failing > 0 && fastrand::Rng::with_seed(number).u64(..manner.failing) == 0;
        if stream.write_all(if bad { BAD } else { GOOD }).is_err() {
            return;
        }
    }
}

/// The length of the first whole request in `bytes`.
fn request_length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let lower = bytes[..head].to_ascii_lowercase();
    let name = b"content-length: ";
    let body = lower.windows(name.len()).position(|w| w == name).map_or(0, |at| {
        let digits = &lower[at + name.len()..];
        let end = digits.iter().position(|b| *b == b'\r').unwrap();
        std::str::from_utf8(&digits[..end]).unwrap().parse().unwrap()
    });
    (bytes.len() >= head + body).then_some(head + body)
}
