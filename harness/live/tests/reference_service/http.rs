//! A client that writes what a test says and reads one answer: HTTP/1.1, a connection a request.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

/// What was answered.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) json: Value,
}

impl Said {
    /// Every value of a field.
    pub(crate) fn fields(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }

    /// The pair of the first cookie that is set.
    pub(crate) fn cookie(&self) -> String {
        self.fields("set-cookie")[0].split(';').next().expect("a pair").to_owned()
    }

    pub(crate) fn text(&self, member: &str) -> String {
        self.json[member].as_str().unwrap_or_else(|| panic!("no {member} in {self:?}")).to_owned()
    }
}

/// Sends a request with these fields and this body, and reads the answer.
pub(crate) fn ask(address: SocketAddr, line: &str, fields: &[(&str, &str)], body: &str) -> Said {
    let mut text = format!("{line} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in fields {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = TcpStream::connect(address).expect("it listens");
    // One that refuses a body may have answered before it is sent whole.
    let _ = stream.write_all(format!("{text}\r\n{body}").as_bytes());
    let mut octets = Vec::new();
    let _ = stream.read_to_end(&mut octets);
    let text = String::from_utf8(octets).expect("it writes text");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head in {text:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Said { status, head: head.to_owned(), json: serde_json::from_str(body).unwrap_or(Value::Null) }
}
