//! HTTP/1.1, octet by octet. Takes a stream and a request, writes it as it stands, gives the answer and whether the connection
//! can be used again. Heads are parsed by httparse; what is longer than a limit, or comes later, is a failure.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::{Failure, Request, Response};
use crate::service::Limits;

/// A connection, and what was read from it beyond the last answer.
pub(super) struct Connection {
    stream: Stream,
    buffer: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Connection {
    pub(super) fn new(
        stream: TcpStream,
        tls: Option<&(Arc<ClientConfig>, ServerName<'static>)>,
    ) -> Result<Self, Failure> {
        let stream = match tls {
            None => Stream::Plain(stream),
            Some((config, name)) => {
                let client = ClientConnection::new(Arc::clone(config), name.clone());
                let mut stream = StreamOwned::new(client.map_err(|error| Failure::Tls(error.to_string()))?, stream);
                while stream.conn.is_handshaking() {
                    stream.conn.complete_io(&mut stream.sock).map_err(|error| Failure::Tls(handshake(&error)))?;
                }
                Stream::Tls(Box::new(stream))
            }
        };
        Ok(Self { stream, buffer: Vec::with_capacity(8192) })
    }

    /// Whether nothing has come since the last answer: neither octets nor the end.
    pub(super) fn is_open(&self) -> bool {
        let socket = match &self.stream {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => &stream.sock,
        };
        if !self.buffer.is_empty() || socket.set_nonblocking(true).is_err() {
            return false;
        }
        let nothing = matches!(socket.peek(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock);
        socket.set_nonblocking(false).is_ok() && nothing
    }

    pub(super) fn exchange(
        &mut self,
        request: &Request,
        authority: &str,
        limits: &Limits,
        deadline: Instant,
    ) -> Result<(Response, bool), Failure> {
        let written = self.stream.write_all(&written(request, authority)).and_then(|()| self.stream.flush());
        // A service that does not want to read on may have answered all the same.
        let is_whole = written.is_ok();
        let mut reader = Reader { connection: self, limits, deadline, began: false };
        let (response, is_kept) = reader.response(request.method == "HEAD")?;
        Ok((response, is_kept && is_whole))
    }
}

fn handshake(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "nothing came in time: is it spoken there?".to_owned(),
        _ => error.to_string(),
    }
}

/// The request as it goes over the wire.
fn written(request: &Request, authority: &str) -> Vec<u8> {
    let mut octets = Vec::with_capacity(request.head_length() + request.body.as_ref().map_or(0, Vec::len));
    octets.extend(request.method.as_bytes());
    octets.push(b' ');
    octets.extend(request.path.as_bytes());
    octets.extend(b" HTTP/1.1\r\n");
    let mut field = |name: &[u8], value: &[u8]| {
        for part in [name, b": ", value, b"\r\n"] {
            octets.extend(part);
        }
    };
    if !request.named("host") {
        field(b"Host", request.host.as_deref().unwrap_or(authority.as_bytes()));
    }
    for (name, value) in &request.fields {
        field(name, value);
    }
    match &request.body {
        Some(body) if !request.named("content-length") => field(b"Content-Length", body.len().to_string().as_bytes()),
        None if request.method == "POST" => field(b"Content-Length", b"0"),
        _ => {}
    }
    octets.extend(b"\r\n");
    octets.extend(request.body.as_deref().unwrap_or_default());
    octets
}

struct Reader<'r> {
    connection: &'r mut Connection,
    limits: &'r Limits,
    deadline: Instant,
    began: bool,
}

/// How a body ends.
enum Body {
    None,
    Length(usize),
    Chunked,
    Close,
}

impl Reader<'_> {
    fn response(&mut self, is_head: bool) -> Result<(Response, bool), Failure> {
        loop {
            let (mut response, length, is_kept) = self.head()?;
            // 100 and 103 come before the answer.
            if (100..200).contains(&response.status) && response.status != 101 {
                continue;
            }
            let length = if is_head || matches!(response.status, 204 | 304) { Body::None } else { length };
            response.body = match length {
                Body::None => Vec::new(),
                Body::Length(length) if length > self.limits.body => return Err(Failure::LongBody(self.limits.body)),
                Body::Length(length) => self.take(length)?,
                Body::Chunked => self.chunks()?,
                Body::Close => {
                    let body = self.until_end()?;
                    return Ok((Response { body, ..response }, false));
                }
            };
            return Ok((response, is_kept));
        }
    }

    fn head(&mut self) -> Result<(Response, Body, bool), Failure> {
        loop {
            let mut fields = [httparse::EMPTY_HEADER; FIELDS];
            let mut head = httparse::Response::new(&mut fields);
            match head.parse(&self.connection.buffer) {
                Ok(httparse::Status::Complete(length)) => {
                    let read = read_head(&head)?;
                    self.connection.buffer.drain(..length);
                    return Ok(read);
                }
                Ok(httparse::Status::Partial) if self.connection.buffer.len() > self.limits.head => {
                    return Err(Failure::LongHead(self.limits.head));
                }
                Ok(httparse::Status::Partial) => self.more()?,
                Err(httparse::Error::TooManyHeaders) => return Err(Failure::LongHead(self.limits.head)),
                Err(error) => return Err(Failure::Garbage(error.to_string())),
            }
        }
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, Failure> {
        while self.connection.buffer.len() < length {
            self.more()?;
        }
        Ok(self.connection.buffer.drain(..length).collect())
    }

    fn chunks(&mut self) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        loop {
            let (start, size) = match httparse::parse_chunk_size(&self.connection.buffer) {
                Ok(httparse::Status::Complete(read)) => read,
                Ok(httparse::Status::Partial) if self.connection.buffer.len() <= self.limits.head => {
                    self.more()?;
                    continue;
                }
                Ok(httparse::Status::Partial) | Err(_) => {
                    return Err(Failure::Garbage("a chunk has no size".to_owned()));
                }
            };
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            if size.saturating_add(body.len()) > self.limits.body {
                return Err(Failure::LongBody(self.limits.body));
            }
            self.connection.buffer.drain(..start);
            if size == 0 {
                self.trailers()?;
                return Ok(body);
            }
            body.extend(self.take(size)?);
            if self.take(2)? != b"\r\n" {
                return Err(Failure::Garbage("a chunk has no end".to_owned()));
            }
        }
    }

    fn trailers(&mut self) -> Result<(), Failure> {
        loop {
            match self.connection.buffer.windows(2).position(|two| two == b"\r\n") {
                Some(at) => {
                    self.connection.buffer.drain(..at + 2);
                    if at == 0 {
                        return Ok(());
                    }
                }
                None if self.connection.buffer.len() > self.limits.head => {
                    return Err(Failure::LongHead(self.limits.head));
                }
                None => self.more()?,
            }
        }
    }

    fn until_end(&mut self) -> Result<Vec<u8>, Failure> {
        loop {
            if self.connection.buffer.len() > self.limits.body {
                return Err(Failure::LongBody(self.limits.body));
            }
            match self.more() {
                Ok(()) => {}
                Err(Failure::Closed { .. }) => return Ok(std::mem::take(&mut self.connection.buffer)),
                Err(failure) => return Err(failure),
            }
        }
    }

    fn more(&mut self) -> Result<(), Failure> {
        let mut octets = [0; 16 << 10];
        if Instant::now() > self.deadline {
            return Err(Failure::Slow(self.limits.answer));
        }
        match self.connection.stream.read(&mut octets) {
            Ok(0) => Err(Failure::Closed { began: self.began }),
            Ok(length) => {
                self.began = true;
                self.connection.buffer.extend(&octets[..length]);
                Ok(())
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => Err(Failure::Slow(self.limits.answer)),
                ErrorKind::Interrupted => Ok(()),
                ErrorKind::InvalidData => Err(Failure::Tls(error.to_string())),
                _ => Err(Failure::Closed { began: self.began }),
            },
        }
    }
}

fn read_head(head: &httparse::Response<'_, '_>) -> Result<(Response, Body, bool), Failure> {
    let status = head.code.unwrap_or_default();
    let fields: Vec<(String, Vec<u8>)> =
        head.headers.iter().map(|field| (field.name.to_owned(), field.value.to_vec())).collect();
    let response = Response { status, fields, body: Vec::new() };
    let says = |name: &str, word: &str| {
        let value = response.field(name).map(<[u8]>::to_ascii_lowercase).unwrap_or_default();
        value.split(|octet| *octet == b',').any(|part| part.trim_ascii() == word.as_bytes())
    };
    let is_kept = head.version == Some(1) && !says("connection", "close");
    let body = match response.field("content-length") {
        _ if says("transfer-encoding", "chunked") => Body::Chunked,
        Some(length) => {
            let length = std::str::from_utf8(length).ok().and_then(|text| text.trim().parse().ok());
            Body::Length(length.ok_or_else(|| Failure::Garbage("Content-Length is no number".to_owned()))?)
        }
        None => Body::Close,
    };
    Ok((response, body, is_kept))
}

impl Read for Stream {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(octets),
            Self::Tls(stream) => match stream.read(octets) {
                // Many servers close without saying so.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(0),
                other => other,
            },
        }
    }
}

impl Write for Stream {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(octets),
            Self::Tls(stream) => stream.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// More fields than this are a head that is too long.
const FIELDS: usize = 128;
