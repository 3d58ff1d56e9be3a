//! The floor of whatever answers over a socket: as many octets there and back as a `GET` of a session, and nothing done with
//! them. A thread of this process answers each connection.

use std::hint::black_box;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread;

use super::{Answer, Blocking, Sessions, Store, Turn};

/// What each thread is called that answers.
pub const THREAD: &str = "echo";

/// What a `GET` of 22 characters is on Redis's wire.
const REQUEST: usize = 42;

/// Both echoes, which answer with as much as these sessions are long.
pub fn stores(sessions: Sessions) -> Result<Vec<Store>, String> {
    // `$186\r\n…\r\n`
    let response = sessions.session(0).to_json().len() + 8;
    let tcp = move || tcp().and_then(|(ours, theirs)| echo(ours, theirs, response)).map_err(|error| error.to_string());
    let unix = move || {
        UnixStream::pair().and_then(|(ours, theirs)| echo(ours, theirs, response)).map_err(|error| error.to_string())
    };
    let note = format!("{REQUEST} octets there, {response} back, by a thread of this process");
    let stores = [Store::blocking("floor-echo-tcp", tcp)?, Store::blocking("floor-echo-unix", unix)?];
    Ok(stores.into_iter().map(|store| store.as_floor().noted(note.clone())).collect())
}

fn tcp() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let ours = TcpStream::connect(listener.local_addr()?)?;
    let (theirs, _) = listener.accept()?;
    ours.set_nodelay(true)?;
    theirs.set_nodelay(true)?;
    Ok((ours, theirs))
}

/// Answers until the other end is closed.
fn echo<S: Read + Write + Send + 'static>(ours: S, mut theirs: S, response: usize) -> io::Result<Echo<S>> {
    thread::Builder::new().name(THREAD.into()).spawn(move || {
        let (mut asked, mut answer) = ([0; REQUEST], vec![b' '; response]);
        while theirs.read_exact(&mut asked).is_ok() {
            answer[..REQUEST].copy_from_slice(&asked);
            if theirs.write_all(&answer).is_err() {
                break;
            }
        }
    })?;
    Ok(Echo { stream: ours, request: [b' '; REQUEST], answer: vec![0; response] })
}

struct Echo<S> {
    stream: S,
    request: [u8; REQUEST],
    answer: Vec<u8>,
}

impl<S: Read + Write> Echo<S> {
    fn ask(&mut self, id: &str) -> io::Result<()> {
        self.request[..id.len()].copy_from_slice(id.as_bytes());
        self.stream.write_all(&self.request)?;
        self.stream.read_exact(&mut self.answer)
    }
}

impl<S: Read + Write + Send> Blocking for Echo<S> {
    /// It has no sessions; what it does not give back is an error.
    fn load(&mut self, id: &str) -> Answer {
        self.ask(id).map_err(|error| error.to_string())?;
        if self.answer.starts_with(&self.request) { Ok(None) } else { Err("the echo says something else".into()) }
    }

    fn run(&mut self, turn: &mut Turn) {
        while let Some(id) = turn.next_id() {
            self.ask(id).expect("an echo answers");
            black_box(&self.answer);
        }
    }
}
