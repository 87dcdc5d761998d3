//! A server that misbehaves as a test says, command by command: a real Redis behind a relay.
//!
//! A command that is refused is not carried out, as with a real server; what was sent before and after it is.

use std::io::{BufReader, Result, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::ports::listen;
use super::server::Server;
use super::{resp, wait_until};

/// What servers say that refuse a command.
pub(crate) const REFUSALS: [&str; 7] = [
    "OOM command not allowed when used memory > 'maxmemory'.",
    "NOREPLICAS Not enough good replicas to write.",
    "NOPERM User default has no permissions to run this command",
    "READONLY You can't write against a read only replica.",
    "MOVED 1 127.0.0.1:1",
    "LOADING Redis is loading the dataset in memory",
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
];

/// What becomes of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// This error stands in its place, and the command is not carried out.
    Refuse(&'static str),
    /// The connection ends before it, and the command is carried out.
    CutBefore,
    /// The connection ends behind it.
    CutAfter,
    /// It comes so much later.
    Late(Duration),
    /// It comes once the test says so: [`Relay::release`].
    Held,
}

/// Every fault that needs no clock.
pub(crate) fn faults() -> Vec<Fault> {
    let others = [Fault::CutBefore, Fault::CutAfter, Fault::Held];
    REFUSALS.map(Fault::Refuse).into_iter().chain(others).collect()
}

/// Whether the environment asks for each fault everywhere, not for one by turns.
pub(crate) fn wants_all() -> bool {
    std::env::var_os("CACHEME_REFUSED").is_some_and(|value| value == "all")
}

/// A command on its way to the server.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    /// How many came before it, over all connections.
    pub(crate) before: usize,
    pub(crate) words: &'a [Vec<u8>],
}

impl Asked<'_> {
    /// A script that is sent by its hash is an EVAL, too.
    pub(crate) fn is(&self, name: &str) -> bool {
        let is =
            |name: &str| self.words.first().is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()));
        is(name) || (name == "EVAL" && is("EVALSHA"))
    }

    pub(crate) fn says(&self, word: &str) -> bool {
        self.words.iter().any(|it| it.eq_ignore_ascii_case(word.as_bytes()))
    }
}

type Plan = Box<dyn Fn(&Asked<'_>) -> Option<Fault> + Send + Sync>;

struct Shared {
    socket: PathBuf,
    plan: Mutex<Arc<Plan>>,
    asked: AtomicUsize,
    faults: AtomicUsize,
    open: AtomicUsize,
    released: AtomicBool,
    over: AtomicBool,
}

/// The relay; it dies with the test.
pub(crate) struct Relay {
    port: u16,
    shared: Arc<Shared>,
}

impl Relay {
    /// Asks `plan` what becomes of each command.
    #[track_caller]
    pub(crate) fn before(
        server: &Server,
        plan: impl Fn(&Asked<'_>) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        let listener = listen();
        let port = listener.local_addr().expect("the relay's address").port();
        let shared = Arc::new(Shared {
            socket: server.socket(),
            plan: Mutex::new(Arc::new(Box::new(plan))),
            asked: AtomicUsize::new(0),
            faults: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            released: AtomicBool::new(false),
            over: AtomicBool::new(false),
        });
        let relay = Self { port, shared: shared.clone() };
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { break };
                if shared.over.load(SeqCst) {
                    break;
                }
                let Ok(server) = UnixStream::connect(&shared.socket) else { continue };
                let (Ok(from), Ok(into)) = (client.try_clone(), server.try_clone()) else { continue };
                let _ = client.set_nodelay(true);
                let (sender, answers) = channel();
                shared.open.fetch_add(1, SeqCst);
                let (there, back) = (shared.clone(), shared.clone());
                std::thread::spawn(move || {
                    let _ = forward(&from, &into, &sender, &there);
                    let _ = into.shutdown(Shutdown::Write);
                });
                std::thread::spawn(move || {
                    let _ = carry_back(&server, &client, &answers, &back);
                    let _ = client.shutdown(Shutdown::Both);
                    // Whoever sends on is not waited for.
                    answers.iter().for_each(drop);
                    back.open.fetch_sub(1, SeqCst);
                });
            }
        });
        relay
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Another plan from now on, counted anew.
    pub(crate) fn now(&self, plan: impl Fn(&Asked<'_>) -> Option<Fault> + Send + Sync + 'static) {
        *self.shared.plan.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(Box::new(plan));
        self.shared.asked.store(0, SeqCst);
    }

    /// Holds answers again.
    pub(crate) fn hold(&self) {
        self.shared.released.store(false, SeqCst);
    }

    /// Lets every answer go that is held, and holds none from now on.
    pub(crate) fn release(&self) {
        self.shared.released.store(true, SeqCst);
    }

    /// How many commands came.
    pub(crate) fn asked(&self) -> usize {
        self.shared.asked.load(SeqCst)
    }

    /// How many of them met a fault.
    pub(crate) fn faults(&self) -> usize {
        self.shared.faults.load(SeqCst)
    }

    /// Waits until every connection has ended and what came over it was carried out.
    #[track_caller]
    pub(crate) fn settle(&self) {
        wait_until("the connections end", Duration::from_secs(60), || self.shared.open.load(SeqCst) == 0);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.over.store(true, SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// An answer that the server owes.
struct Owed {
    fault: Option<Fault>,
    ends_transaction: bool,
    /// What comes behind it is no answers: MONITOR, and a replica that copies.
    is_stream: bool,
}

fn forward(client: &TcpStream, server: &UnixStream, owed: &Sender<Owed>, shared: &Shared) -> Result<()> {
    let (mut from, mut to) = (BufReader::new(client), server);
    loop {
        let mut bytes = Vec::new();
        let words = resp::value(&mut from, &mut bytes)?;
        let asked = Asked { before: shared.asked.fetch_add(1, SeqCst), words: &words };
        let plan = shared.plan.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fault = plan(&asked);
        shared.faults.fetch_add(usize::from(fault.is_some()), SeqCst);
        let ends_transaction = asked.is("EXEC");
        let is_stream = asked.is("MONITOR") || asked.is("PSYNC");
        // Nobody reads on behind the connection's end; what was sent is carried out nevertheless.
        let _ = owed.send(Owed { fault, ends_transaction, is_stream });
        match fault {
            Some(Fault::Refuse(_)) if ends_transaction => to.write_all(b"DISCARD\r\n")?,
            // In a transaction it makes the server abort, as a refusal of its own would.
            Some(Fault::Refuse(_)) => to.write_all(b"REFUSED\r\n")?,
            _ => to.write_all(&bytes)?,
        }
    }
}

fn carry_back(server: &UnixStream, client: &TcpStream, owed: &Receiver<Owed>, shared: &Shared) -> Result<()> {
    let (mut from, mut to) = (BufReader::new(server), client);
    for owed in owed {
        if owed.is_stream {
            std::io::copy(&mut from, &mut to)?;
            return Ok(());
        }
        let mut answer = Vec::new();
        resp::value(&mut from, &mut answer)?;
        match owed.fault {
            Some(Fault::Refuse(error)) => {
                let aborted = "EXECABORT Transaction discarded because of: ";
                answer = format!("-{}{error}\r\n", if owed.ends_transaction { aborted } else { "" }).into();
            }
            Some(Fault::CutBefore) => {
                let _ = to.shutdown(Shutdown::Both);
            }
            Some(Fault::Late(time)) => std::thread::sleep(time),
            Some(Fault::Held) => {
                while !shared.released.load(SeqCst) && !shared.over.load(SeqCst) {
                    std::thread::sleep(Duration::from_millis(2));
                }
            }
            Some(Fault::CutAfter) | None => {}
        }
        // A client that is gone changes nothing about what the server does.
        let _ = to.write_all(&answer);
        if owed.fault == Some(Fault::CutAfter) {
            let _ = to.shutdown(Shutdown::Both);
        }
    }
    Ok(())
}
