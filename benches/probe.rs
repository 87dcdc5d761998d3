//! What the other clients of a server see while a sweep runs, and how fast a program starts. Used by `run.py`.
//!
//! `probe gets --socket PATH --connections N --rate PER_SECOND --key-prefix P --keys N` sends GETs of random keys, each
//! due at a fixed time whatever became of the ones before it (open loop; with one connection: one after another, as soon
//! as possible when late). It prints `ready`, counts between the lines `start` and `stop` on stdin, and prints one
//! JSON object: microseconds from the moment each GET was due to its answer.
//!
//! `probe starts --times N -- PROGRAM ARGS…` runs a program N times and prints the microseconds from before the process
//! is made until it has closed its stdout.
//!
//! `probe decode --bytes N` reads pickles of N bytes each from stdin, decodes them for a second, and again with the JSON
//! written out as `keys dump` does, and prints MB of pickles a second.
//!
//! The threads block; a connection of 200 is busy a fraction of a percent of its time, so this costs little of the two
//! cores it shares with the server and the sweep.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use cacheme::pickle::{self, Limits};
use std::hint::black_box;
use std::io::{self, BufRead as _, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("gets") => gets(&args),
        Some("starts") => starts(&args),
        Some("decode") => decode(&args),
        // `cargo bench` calls every benchmark without these words: nothing to do then.
        _ => println!("usage: probe gets|starts|decode … (make bench calls it)"),
    }
}

fn option<'a>(args: &'a [String], name: &str) -> &'a str {
    let at = args.iter().position(|arg| arg == name);
    at.and_then(|at| args.get(at + 1)).unwrap_or_else(|| panic!("{name} is needed"))
}

fn number(args: &[String], name: &str) -> u64 {
    option(args, name).parse().unwrap_or_else(|_| panic!("{name} is a number"))
}

/// One answer: when it was due, when it was asked for, when it was there; all since the common start.
struct Sample {
    due: Duration,
    sent: Duration,
    done: Duration,
}

fn gets(args: &[String]) {
    let (connections, rate) = (number(args, "--connections"), number(args, "--rate"));
    let (prefix, keys) = (option(args, "--key-prefix").to_owned(), number(args, "--keys"));
    // The kernel may wake a sleeper 50 µs late by default, which would be measured as the server's.
    let _ = std::fs::write("/proc/self/timerslack_ns", "1");
    let stop = Arc::new(AtomicBool::new(false));
    let start = Instant::now() + Duration::from_millis(200);
    let threads: Vec<_> = (0..connections)
        .map(|nth| {
            let socket = UnixStream::connect(option(args, "--socket")).unwrap();
            let (stop, prefix) = (stop.clone(), prefix.clone());
            let step = Duration::from_nanos(1_000_000_000 * connections / rate);
            let offset = Duration::from_nanos(1_000_000_000 * nth / rate);
            let run = move || one_connection(socket, start, offset, step, &prefix, keys, nth, &stop);
            std::thread::Builder::new().stack_size(64 << 10).spawn(run).unwrap()
        })
        .collect();
    println!("ready");
    let mut lines = io::stdin().lock().lines();
    lines.next();
    let from = start.elapsed();
    lines.next();
    let to = start.elapsed();
    stop.store(true, Ordering::Relaxed);
    let all = threads.into_iter().flat_map(|thread| thread.join().unwrap());
    // What was due in the window counts, however late its answer came.
    let samples: Vec<_> = all.filter(|sample| (from..to).contains(&sample.due)).collect();
    let micros = |of: fn(&Sample) -> Duration| {
        let mut micros: Vec<u128> = samples.iter().map(|sample| of(sample).as_micros()).collect();
        micros.sort_unstable();
        micros
    };
    let due = micros(|sample| sample.done - sample.due);
    let sent = micros(|sample| sample.done - sample.sent);
    let last = samples.iter().max_by_key(|sample| sample.due).map(|sample| sample.done - sample.due);
    println!(
        "{{\"gets\":{},\"seconds\":{:.3},\"due\":{},\"sent\":{},\"late_at_end_us\":{}}}",
        samples.len(),
        (to - from).as_secs_f64(),
        shares(&due),
        shares(&sent),
        last.unwrap_or_default().as_micros()
    );
}

#[allow(clippy::too_many_arguments)]
fn one_connection(
    mut socket: UnixStream,
    start: Instant,
    offset: Duration,
    step: Duration,
    prefix: &str,
    keys: u64,
    nth: u64,
    stop: &AtomicBool,
) -> Vec<Sample> {
    let mut random = 0x9e37_79b9_7f4a_7c15 ^ (nth + 1);
    let (mut samples, mut due, mut answer) = (Vec::new(), offset, Vec::new());
    while !stop.load(Ordering::Relaxed) {
        if let Some(wait) = (start + due).checked_duration_since(Instant::now()) {
            std::thread::sleep(wait);
        }
        let sent = start.elapsed();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let key = format!("{prefix}{}", random % keys);
        let get = format!("*2\r\n$3\r\nGET\r\n${}\r\n{key}\r\n", key.len());
        socket.write_all(get.as_bytes()).unwrap();
        read_bulk(&mut socket, &mut answer);
        samples.push(Sample { due, sent, done: start.elapsed() });
        due += step;
    }
    samples
}

/// Reads one bulk string or nil.
fn read_bulk(socket: &mut UnixStream, answer: &mut Vec<u8>) {
    answer.clear();
    let mut chunk = [0; 4096];
    loop {
        if let Some(end) = answer.windows(2).position(|two| two == b"\r\n") {
            let length: i64 = std::str::from_utf8(&answer[1..end]).unwrap().parse().unwrap_or(-1);
            let whole = end + 2 + if length < 0 { 0 } else { length as usize + 2 };
            if answer.len() >= whole {
                return;
            }
        }
        let read = socket.read(&mut chunk).unwrap();
        assert!(read > 0, "the server closed the connection");
        answer.extend_from_slice(&chunk[..read]);
    }
}

fn shares(sorted: &[u128]) -> String {
    let at = |share: f64| {
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(0)
    };
    format!(
        "{{\"p50\":{},\"p90\":{},\"p99\":{},\"p99.9\":{},\"longest\":{}}}",
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999),
        at(1.0)
    )
}

fn starts(args: &[String]) {
    let command = args.iter().position(|arg| arg == "--").map_or(&[][..], |at| &args[at + 1..]);
    let mut micros: Vec<u128> = (0..number(args, "--times"))
        .map(|_| {
            let mut out = Vec::new();
            let start = Instant::now();
            let mut child =
                Command::new(&command[0]).args(&command[1..]).stdout(Stdio::piped()).spawn().unwrap();
            child.stdout.take().unwrap().read_to_end(&mut out).unwrap();
            let took = start.elapsed().as_micros();
            assert!(child.wait().unwrap().success() && !out.is_empty(), "{command:?} failed");
            took
        })
        .collect();
    micros.sort_unstable();
    println!("{}", shares(&micros));
}

fn decode(args: &[String]) {
    let (mut pickles, limits) = (Vec::new(), Limits::default());
    io::stdin().lock().read_to_end(&mut pickles).unwrap();
    let rate = |decode: &dyn Fn(&[u8])| {
        let (start, mut bytes) = (Instant::now(), 0);
        while start.elapsed() < Duration::from_secs(1) {
            pickles.chunks(number(args, "--bytes") as usize).for_each(decode);
            bytes += pickles.len();
        }
        bytes as f64 / 1e6 / start.elapsed().as_secs_f64()
    };
    let value = rate(&|stored| drop(black_box(pickle::decode_py(stored, &limits).unwrap())));
    let json = rate(&|stored| drop(black_box(pickle::decode(stored, &limits).value.to_string())));
    println!("{{\"value\":{value:.0},\"json\":{json:.0}}}");
}
