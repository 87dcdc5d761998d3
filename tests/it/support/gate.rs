//! A server behind a gate: the code under test sends what it likes, and each command goes through when it is told to.
//!
//! So every interleaving of real code with somebody else's commands can be tried. A MULTI block passes as one.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};

use tempfile::TempDir;

use super::cli::Cli;
use super::ports::listen;
use super::resp;
use super::running::Running;
use super::server::Server;

/// What the code under test is at.
#[derive(Debug)]
pub(crate) enum Event<R> {
    /// It sent this command, word by word, which waits for [`Gate::pass`].
    Waits(Vec<String>),
    /// It ended.
    Ended(R),
}

/// Starts a run behind a gate and holds it as the n-th (from zero) of these commands is on its way.
#[track_caller]
pub(crate) fn held(server: &Server, cli: Cli, n: usize, commands: &[&str]) -> (Gate<()>, Running) {
    let mut gate = Gate::new(server);
    gate.close();
    let running = gate.run.insert(cli.env("CACHEME_URL", gate.url())).spawn();
    gate.hold_at_nth(n, |words| commands.contains(&words[0].as_str()));
    (gate, running)
}

/// Starts a run behind a gate and holds it at the first command that comes once this is so.
#[track_caller]
pub(crate) fn held_once(server: &Server, cli: Cli, is_so: impl Fn() -> bool) -> (Gate<()>, Running) {
    let mut gate = Gate::new(server);
    gate.close();
    let running = gate.run.insert(cli.env("CACHEME_URL", gate.url())).spawn();
    gate.hold_at(|_| is_so());
    (gate, running)
}

/// A gate in front of a server, for the first connection that comes; later ones pass.
pub(crate) struct Gate<R> {
    folder: TempDir,
    events: Receiver<Event<R>>,
    sender: Sender<Event<R>>,
    go: Sender<()>,
    open: Sender<bool>,
    /// What a node of a cluster says of its port, and what is said in its place.
    port: Arc<OnceLock<[String; 2]>>,
    loses: Arc<AtomicBool>,
    /// What runs behind it: its home folder stays as long.
    run: Option<Cli>,
}

impl<R: Send + 'static> Gate<R> {
    pub(crate) fn new(server: &Server) -> Self {
        let folder = tempfile::Builder::new().prefix("cacheme-gate-").tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("gate.sock")).unwrap();
        let (sender, events) = channel();
        let (go, wait) = channel();
        let (open, opened) = channel();
        let (server, waits) = (server.socket(), sender.clone());
        let port = Arc::<OnceLock<_>>::default();
        let said = Arc::clone(&port);
        let loses = Arc::<AtomicBool>::default();
        let is_lost = Arc::clone(&loses);
        std::thread::spawn(move || {
            let Ok((client, _)) = listener.accept() else { return };
            let first = UnixStream::connect(&server).unwrap();
            let later = std::thread::spawn(move || {
                for client in listener.incoming().map_while(Result::ok) {
                    let Ok(server) = UnixStream::connect(&server) else { return };
                    pump(client, server);
                }
            });
            // It ends with either side.
            let _ = relay(&client, &first, &waits, &wait, &opened, &said, &is_lost);
            drop((client, first));
            let _ = later.join();
        });
        Self { folder, events, sender, go, open, port, loses, run: None }
    }

    pub(crate) fn url(&self) -> String {
        format!("unix://{}", self.folder.path().join("gate.sock").display())
    }

    /// The gate behind a port of 127.0.0.1, where only those are known.
    pub(crate) fn port(&self) -> u16 {
        let listener = listen();
        let port = listener.local_addr().unwrap().port();
        let gate = self.folder.path().join("gate.sock");
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = UnixStream::connect(&gate) else { return };
                let _ = client.set_nodelay(true);
                pump(client, server);
            }
        });
        port
    }

    /// The same in front of a node of a cluster, whose address is then behind the gate, too.
    pub(crate) fn port_of_node(&self, server: &Server) -> u16 {
        let port = self.port();
        let said = [server.port(), port].map(|port| format!(":{port}@"));
        assert_eq!(said[0].len(), said[1].len(), "in an answer whose length is said before");
        self.port.set(said).expect("one port");
        port
    }

    /// The waiting command passes and is carried out; its answer waits. At the next [`pass`](Gate::pass) it is lost, and the connection
    /// with it; whatever comes on later ones passes.
    pub(crate) fn pass_and_lose(&self) {
        self.loses.store(true, SeqCst);
        self.pass();
    }

    /// From now on every command waits; until then they pass.
    pub(crate) fn close(&self) {
        let _ = self.open.send(false);
    }

    /// The waiting command and all that follow pass from now on.
    pub(crate) fn open(&self) {
        let _ = self.open.send(true);
        let _ = self.go.send(());
    }

    /// Waits for a command that is meant, letting the others through; it waits on.
    #[track_caller]
    pub(crate) fn hold_at(&self, is_meant: impl Fn(&[String]) -> bool) {
        loop {
            match self.event() {
                Event::Waits(words) if is_meant(&words) => return,
                Event::Waits(_) => self.pass(),
                Event::Ended(_) => panic!("it ended before"),
            }
        }
    }

    /// Waits for the n-th (from zero) of the commands that are meant; it waits on.
    #[track_caller]
    pub(crate) fn hold_at_nth(&self, n: usize, is_meant: impl Fn(&[String]) -> bool) {
        let seen = std::cell::Cell::new(0);
        self.hold_at(|words| is_meant(words) && seen.replace(seen.get() + 1) == n);
    }

    /// Where the code under test tells its end.
    pub(crate) fn end(&self) -> Sender<Event<R>> {
        self.sender.clone()
    }

    /// What the code under test is at now.
    pub(crate) fn event(&self) -> Event<R> {
        self.events.recv_timeout(std::time::Duration::from_secs(30)).expect("the code under test moves")
    }

    /// Lets the waiting command through. When [`Gate::event`] answers next, it has been carried out.
    pub(crate) fn pass(&self) {
        self.go.send(()).unwrap();
    }
}

/// A stream, as far as it is passed on.
trait Stream: Read + Write + Send + Sized + 'static {
    fn again(&self) -> Self;
    fn end(&self);
}

impl Stream for UnixStream {
    fn again(&self) -> Self {
        self.try_clone().unwrap()
    }

    fn end(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

impl Stream for TcpStream {
    fn again(&self) -> Self {
        self.try_clone().unwrap()
    }

    fn end(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

/// Passes bytes on, both ways, until one side ends.
fn pump(one: impl Stream, other: impl Stream) {
    fn one_way(mut from: impl Stream, mut to: impl Stream) {
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            from.end();
            to.end();
        });
    }
    one_way(one.again(), other.again());
    one_way(other, one);
}

fn relay<R>(
    client: &UnixStream,
    server: &UnixStream,
    waits: &Sender<Event<R>>,
    go: &Receiver<()>,
    opened: &Receiver<bool>,
    port: &OnceLock<[String; 2]>,
    is_lost: &AtomicBool,
) -> std::io::Result<()> {
    let (mut to_client, mut to_server) = (client, server);
    let (mut from_client, mut from_server) = (BufReader::new(client), BufReader::new(server));
    let (mut open, mut in_multi) = (true, false);
    loop {
        let mut command = Vec::new();
        let words = resp::value(&mut from_client, &mut command)?;
        let words = words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        open = opened.try_iter().last().unwrap_or(open);
        if !open && !in_multi {
            if waits.send(Event::Waits(words)).is_err() || go.recv().is_err() {
                return Ok(());
            }
            in_multi = command.starts_with(b"*1\r\n$5\r\nMULTI");
        } else if command.starts_with(b"*1\r\n$4\r\nEXEC") {
            in_multi = false;
        }
        to_server.write_all(&command)?;
        let mut reply = Vec::new();
        resp::value(&mut from_server, &mut reply)?;
        if is_lost.swap(false, SeqCst) {
            let _ = waits.send(Event::Waits(vec!["its answer".to_owned()]));
            let _ = go.recv();
            return Ok(());
        }
        if let Some([own, other]) = port.get()
            && let Some(at) = reply.windows(own.len()).position(|part| part == own.as_bytes())
        {
            reply[at..at + own.len()].copy_from_slice(other.as_bytes());
        }
        to_client.write_all(&reply)?;
    }
}
