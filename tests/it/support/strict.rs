//! A server that refuses scripts which touch keys they do not declare, as Dragonfly does: a real Redis behind a relay.
//!
//! The relay lets each script run as a user who may touch the keys that it declares, and no other.

use std::io::{BufReader, Error, Result, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use redis::Connection;

use super::ports::listen;
use super::resp;
use super::server::Server;

/// What Dragonfly says.
const REFUSAL: &[u8] =
    b"-ERR Error running script (call to f_0): @user_script:1: script tried accessing undeclared key\r\n";

/// What servers of several versions say of a key that the user of a script may not touch.
const SAYS_NO: [&str; 3] = ["can't access at least one of the keys", "NOPERM", "ACL failure"];

/// The relay; it dies with the test.
pub(crate) struct Strict {
    port: u16,
    over: Arc<AtomicBool>,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    scripts: AtomicUsize,
    refused: Mutex<Vec<String>>,
}

impl Strict {
    #[track_caller]
    pub(crate) fn before(server: &Server) -> Self {
        let listener = listen();
        let port = listener.local_addr().expect("the relay's address").port();
        let strict = Self { port, over: Arc::default(), seen: Arc::default() };
        let (over, seen, socket) = (strict.over.clone(), strict.seen.clone(), server.socket());
        let admin = Arc::new(Mutex::new(server.connect()));
        std::thread::spawn(move || {
            for (n, client) in listener.incoming().enumerate() {
                let Ok(client) = client else { break };
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(server) = UnixStream::connect(&socket) else { continue };
                let mut user = User { name: format!("strict{n}"), admin: admin.clone(), is_bound: true };
                let seen = seen.clone();
                std::thread::spawn(move || drop(carry(&client, &server, &mut user, &seen)));
            }
        });
        strict
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// How many scripts came.
    pub(crate) fn scripts(&self) -> usize {
        self.seen.scripts.load(Ordering::Relaxed)
    }

    /// The scripts that were refused.
    pub(crate) fn refused(&self) -> Vec<String> {
        self.seen.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Strict {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// Whom a connection comes as.
struct User {
    name: String,
    admin: Arc<Mutex<Connection>>,
    is_bound: bool,
}

impl User {
    fn set(&self, rules: &[Vec<u8>]) -> Result<()> {
        let mut admin = self.admin.lock().unwrap_or_else(PoisonError::into_inner);
        let set = redis::cmd("ACL").arg("SETUSER").arg(&self.name).arg(rules).exec(&mut admin);
        set.map_err(Error::other)
    }

    /// May touch these keys alone.
    fn bind(&mut self, keys: &[Vec<u8>]) -> Result<()> {
        let mut rules = vec![b"resetkeys".to_vec()];
        for key in keys {
            let literal = key.iter().flat_map(|byte| match byte {
                b'*' | b'?' | b'[' | b']' | b'\\' => vec![b'\\', *byte],
                _ => vec![*byte],
            });
            rules.push(std::iter::once(b'~').chain(literal).collect());
        }
        self.is_bound = true;
        self.set(&rules)
    }

    fn free(&mut self) -> Result<()> {
        if std::mem::take(&mut self.is_bound) { self.set(&[b"allkeys".to_vec()]) } else { Ok(()) }
    }
}

/// Carries one command at a time there, and its answer back.
fn carry(client: &TcpStream, server: &UnixStream, user: &mut User, seen: &Seen) -> Result<()> {
    let _ = client.set_nodelay(true);
    let rules = ["reset", "on", "nopass", "allkeys", "+@all"];
    user.set(&rules.map(|rule| rule.as_bytes().to_vec()))?;
    user.is_bound = false;
    let (mut asked, mut answered) = (BufReader::new(client), BufReader::new(server));
    let (mut to_client, mut to_server) = (client, server);
    write!(to_server, "AUTH {} any\r\n", user.name)?;
    resp::value(&mut answered, &mut Vec::new())?;
    loop {
        let mut bytes = Vec::new();
        let words = resp::value(&mut asked, &mut bytes)?;
        let name = words.first().map(|name| name.to_ascii_uppercase()).unwrap_or_default();
        let is_script = matches!(&name[..], b"EVAL" | b"EVALSHA");
        if is_script {
            let keys =
                std::str::from_utf8(&words[2]).ok().and_then(|number| number.parse().ok()).unwrap_or(0);
            user.bind(&words[3..3 + keys])?;
        } else {
            user.free()?;
        }
        to_server.write_all(&bytes)?;
        if name == b"MONITOR" {
            std::io::copy(&mut answered, &mut to_client)?;
            return Ok(());
        }
        let mut answer = Vec::new();
        resp::value(&mut answered, &mut answer)?;
        if is_script {
            seen.scripts.fetch_add(1, Ordering::Relaxed);
            let text = String::from_utf8_lossy(&answer);
            if answer.starts_with(b"-") && SAYS_NO.iter().any(|no| text.contains(no)) {
                let mut refused = seen.refused.lock().unwrap_or_else(PoisonError::into_inner);
                refused.push(String::from_utf8_lossy(&words[1]).into_owned());
                answer = REFUSAL.to_vec();
            }
        }
        to_client.write_all(&answer)?;
    }
}
