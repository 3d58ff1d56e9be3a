//! Reads an HTTP response as it stood on the wire, or as `curl -i` prints it. Takes octets, gives status, header fields in
//! order and the body, or says what is wrong. Never decodes a body: one that is encoded counts as not given.

use std::fmt;

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Its code.
    pub status: u16,
    /// Names as written, values without the white space around, in order.
    pub fields: Vec<(String, Vec<u8>)>,
    /// Nothing where it was not given, or cannot be read as it stands.
    pub body: Option<Vec<u8>>,
    /// Whether a line of the head ends otherwise than the first, or holds a carriage return.
    pub has_odd_lines: bool,
}

/// What is no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// There is no empty line.
    NoEnd,
    /// The first line says no version and status.
    NoStatus,
    /// It is not HTTP, and this is why.
    Head(httparse::Error),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEnd => f.write_str("no empty line ends its head"),
            Self::NoStatus => f.write_str("its first line is no status line such as HTTP/1.1 200 OK"),
            Self::Head(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for Malformed {}

impl Response {
    /// Reads a response; interim ones before it are skipped.
    ///
    /// # Errors
    ///
    /// Where it is none.
    pub fn read(octets: &[u8]) -> Result<Self, Malformed> {
        let mut rest = octets;
        loop {
            let end = end_of_head(rest).ok_or(Malformed::NoEnd)?;
            let (head, body) = rest.split_at(end);
            let (status, fields) = read_head(head)?;
            if !(100..200).contains(&status) || body.is_empty() {
                let mut response = Self { status, fields, body: None, has_odd_lines: has_odd_lines(head) };
                response.body = response.readable(body);
                return Ok(response);
            }
            rest = body;
        }
    }

    /// The values of a header field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.fields.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }

    /// All values of a list field in one, in lower case; nothing where there is none.
    pub fn list(&self, name: &str) -> Option<String> {
        let values: Vec<String> =
            self.all(name).map(|value| String::from_utf8_lossy(value).to_ascii_lowercase()).collect();
        (!values.is_empty()).then(|| values.join(","))
    }

    /// The members of a list field, in lower case.
    pub fn members(&self, name: &str) -> Vec<String> {
        let list = self.list(name).unwrap_or_default();
        list.split(',').map(|member| member.trim().to_owned()).filter(|member| !member.is_empty()).collect()
    }

    /// The lines that set cookies.
    pub fn set_cookies(&self) -> impl Iterator<Item = &[u8]> {
        self.all("set-cookie")
    }

    fn readable(&self, body: &[u8]) -> Option<Vec<u8>> {
        let is_coded = self.members("content-encoding").iter().any(|coding| coding != "identity");
        let is_said_empty = self.list("content-length").as_deref() == Some("0") || matches!(self.status, 204 | 304);
        // What `curl -i` prints has been decoded already, and then is text.
        let is_text = std::str::from_utf8(body).is_ok();
        ((!body.is_empty() && (!is_coded || is_text)) || (body.is_empty() && is_said_empty)).then(|| body.to_vec())
    }
}

/// How long the head is, with the empty line.
fn end_of_head(octets: &[u8]) -> Option<usize> {
    let mut start = 0;
    while let Some(width) = octets[start..].iter().position(|octet| *octet == b'\n') {
        let line = &octets[start..start + width];
        start += width + 1;
        if matches!(line, b"" | b"\r") {
            return Some(start);
        }
    }
    None
}

fn has_odd_lines(head: &[u8]) -> bool {
    let lines: Vec<&[u8]> = head.strip_suffix(b"\n").unwrap_or(head).split(|octet| *octet == b'\n').collect();
    let ends: Vec<bool> = lines.iter().map(|line| line.ends_with(b"\r")).collect();
    let inside = lines.iter().any(|line| line.strip_suffix(b"\r").unwrap_or(line).contains(&b'\r'));
    inside || ends.iter().any(|end| *end != ends[0])
}

type Head = (u16, Vec<(String, Vec<u8>)>);

fn read_head(head: &[u8]) -> Result<Head, Malformed> {
    let plain = plain(head)?;
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    match response.parse(&plain).map_err(Malformed::Head)? {
        httparse::Status::Complete(_) => {}
        httparse::Status::Partial => return Err(Malformed::NoEnd),
    }
    let fields = response.headers.iter().map(|field| (field.name.to_owned(), field.value.to_vec())).collect();
    Ok((response.code.ok_or(Malformed::NoStatus)?, fields))
}

/// The head as the parser takes it: later versions of HTTP under the name of the one that has such lines, and blanks for
/// carriage returns that end no line (RFC 9112 §2.2).
fn plain(head: &[u8]) -> Result<Vec<u8>, Malformed> {
    let rest = head.strip_prefix(b"HTTP/").ok_or(Malformed::NoStatus)?;
    let version = rest.iter().position(|octet| *octet == b' ').ok_or(Malformed::NoStatus)?;
    let version = if matches!(&rest[..version], b"2" | b"2.0" | b"3" | b"3.0") { version } else { 0 };
    let mut plain = if version > 0 { b"HTTP/1.1".to_vec() } else { b"HTTP/".to_vec() };
    plain.extend_from_slice(&rest[version..]);
    for at in 0..plain.len() {
        if plain[at] == b'\r' && plain.get(at + 1) != Some(&b'\n') {
            plain[at] = b' ';
        }
    }
    Ok(plain)
}

const MOST_FIELDS: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_read_from_the_wire_and_from_curl() {
        let wire = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\xff\r\nset-cookie:  c=d \r\n\r\nbody";
        let response = Response::read(wire).unwrap();
        assert_eq!(response.status, 200);
        assert_eq!(response.set_cookies().collect::<Vec<_>>(), [&b"a=b\xff"[..], b"c=d"]);
        assert_eq!(response.body.as_deref(), Some(&b"body"[..]));
        assert!(!response.has_odd_lines);
        let curl = b"HTTP/2 302 \nlocation: /\n\n";
        let response = Response::read(curl).unwrap();
        assert_eq!((response.status, response.list("Location").as_deref()), (302, Some("/")));
        let interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(Response::read(interim).unwrap().status, 204);
    }

    #[test]
    fn a_body_that_is_not_there_is_told_from_an_empty_one() {
        let body =
            |head: &str, body: &[u8]| Response::read(&[head.as_bytes(), b"\r\n\r\n", body].concat()).unwrap().body;
        assert_eq!(body("HTTP/1.1 200 OK\r\nContent-Length: 9", b""), None);
        assert_eq!(body("HTTP/1.1 200 OK", b""), None);
        assert_eq!(body("HTTP/1.1 200 OK\r\nContent-Length: 0", b""), Some(Vec::new()));
        assert_eq!(body("HTTP/1.1 204 No Content", b""), Some(Vec::new()));
        assert_eq!(body("HTTP/1.1 200 OK\r\nContent-Encoding: gzip", b"\x1f\x8b"), None);
        assert_eq!(body("HTTP/1.1 200 OK\r\nContent-Encoding: gzip", b"text"), Some(b"text".to_vec()));
    }

    #[test]
    fn lines_that_end_differently_are_seen() {
        let odd = |octets: &[u8]| Response::read(octets).unwrap().has_odd_lines;
        assert!(odd(b"HTTP/1.1 200 OK\r\nLocation: /a\nSet-Cookie: x=y\r\n\r\n"));
        assert!(odd(b"HTTP/1.1 200 OK\r\nLocation: /a\rb\r\n\r\n"));
        assert!(!odd(b"HTTP/1.1 200 OK\nLocation: /a\n\n"));
        assert!(!odd(b"HTTP/1.1 200 OK\r\n\r\n\r\n\n"));
    }

    #[test]
    fn what_is_no_response_is_said() {
        assert_eq!(Response::read(b""), Err(Malformed::NoEnd));
        assert_eq!(Response::read(b"Set-Cookie: a=b\r\n\r\n"), Err(Malformed::NoStatus));
        assert!(matches!(Response::read(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), Err(Malformed::Head(_))));
        assert_eq!(Response::read(b"HTTP/1.1 200 OK\r\nA: b\r\n"), Err(Malformed::NoEnd));
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(octets in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = Response::read(&octets);
            let _ = Response::read(&[b"HTTP/1.1 200 OK\r\n", octets.as_slice(), b"\r\n\r\n"].concat());
        }
    }
}
