//! What a text is. Takes what somebody copied from a browser, a log or a terminal, gives the tokens, cookies or keys in it and
//! how they travelled. Guesses by the text alone; never takes a guess back in silence: what is told is told with its kind.

use super::token::{Token, read, read_forced};
use crate::reference::cookie;
use crate::reference::json::Json;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A token, with `Bearer` before it or not.
    Token,
    /// The value of a Cookie field.
    Cookie,
    /// Lines of Set-Cookie.
    SetCookie,
    /// A response of HTTP.
    Response,
    /// A JSON document, a URL or a request with tokens in it.
    Holder,
    /// A JWK or a key set.
    Key,
}

impl Kind {
    /// Every kind.
    pub const ALL: &'static [Self] =
        &[Self::Token, Self::Cookie, Self::SetCookie, Self::Response, Self::Holder, Self::Key];

    /// The word on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Cookie => "cookie",
            Self::SetCookie => "set-cookie",
            Self::Response => "response",
            Self::Holder => "document",
            Self::Key => "key",
        }
    }

    /// Whether what is found in it may be tokens.
    pub const fn has_tokens(self) -> bool {
        matches!(self, Self::Token | Self::Cookie | Self::Holder)
    }
}

/// How a token travels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Carrier {
    /// Nobody says.
    #[default]
    Unknown,
    /// In an Authorization field.
    Bearer,
    /// In a cookie.
    Cookie,
    /// In a URL.
    Url,
    /// In a JSON document.
    Body,
}

/// What was found in a text.
#[derive(Debug, Clone)]
pub struct Found {
    /// What the text is.
    pub kind: Kind,
    /// The tokens and values in it, in order.
    pub pieces: Vec<Piece>,
}

/// A token, or a value that is none.
#[derive(Debug, Clone)]
pub struct Piece {
    /// What it stands under: a cookie's name, a member's, a parameter's.
    pub name: Option<Vec<u8>>,
    /// How it travels.
    pub carrier: Carrier,
    /// The octets.
    pub value: Vec<u8>,
    /// The token that they are.
    pub token: Option<Token>,
}

impl Piece {
    fn new(name: Option<&[u8]>, carrier: Carrier, value: &[u8]) -> Self {
        let token = read(value.trim_ascii());
        Self { name: name.map(<[u8]>::to_vec), carrier, value: value.to_vec(), token }
    }
}

/// Nothing in a text looks like anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotFound {
    /// There is no text.
    Empty,
    /// Nothing in it is known.
    Nothing,
}

/// What a text is, by what it looks like.
///
/// # Errors
///
/// Where it looks like nothing.
pub fn detect(text: &[u8]) -> Result<Found, NotFound> {
    let text = unquoted(text);
    if text.is_empty() {
        return Err(NotFound::Empty);
    }
    let found = |kind, pieces| Ok(Found { kind, pieces });
    if text.starts_with(b"HTTP/") {
        return found(Kind::Response, Vec::new());
    }
    if after(text, b"set-cookie:").is_some() {
        return found(Kind::SetCookie, Vec::new());
    }
    if let Some(line) = after(text, b"cookie:") {
        return found(Kind::Cookie, cookies(line));
    }
    if let Some(piece) = authorized(text) {
        return found(Kind::Token, vec![piece]);
    }
    if let Some(token) = read(text) {
        let piece = Piece { name: None, carrier: Carrier::Unknown, value: text.to_vec(), token: Some(token) };
        return found(Kind::Token, vec![piece]);
    }
    if text.starts_with(b"{")
        && let Ok(json) = Json::parse(text)
    {
        if json.member("keys").is_some() || json.member("kty").is_some() {
            return found(Kind::Key, Vec::new());
        }
        let mut pieces = Vec::new();
        tokens_in(&json, b"", 0, &mut pieces);
        return if pieces.is_empty() { Err(NotFound::Nothing) } else { found(Kind::Holder, pieces) };
    }
    if is_url(text) {
        let pieces = parameters(text);
        return if pieces.is_empty() { Err(NotFound::Nothing) } else { found(Kind::Holder, pieces) };
    }
    if is_request(text) {
        let pieces = fields(text);
        return if pieces.is_empty() { Err(NotFound::Nothing) } else { found(Kind::Holder, pieces) };
    }
    if text.contains(&b'=') && !text.trim_ascii().contains(&b'\n') {
        let is_attribute = |piece: &&[u8]| {
            let name = piece.split(|octet| *octet == b'=').next().unwrap_or_default().trim_ascii();
            ATTRIBUTES.iter().any(|attribute| name.eq_ignore_ascii_case(attribute))
        };
        if text.split(|octet| *octet == b';').skip(1).any(|piece| is_attribute(&piece)) {
            return found(Kind::SetCookie, Vec::new());
        }
        let pieces = cookies(text);
        if !pieces.is_empty() {
            return found(Kind::Cookie, pieces);
        }
    }
    Err(NotFound::Nothing)
}

/// What a text is, as somebody says.
///
/// # Errors
///
/// Where it cannot be that.
pub fn detect_as(text: &[u8], kind: Kind) -> Result<Found, NotFound> {
    let text = unquoted(text);
    let pieces = match kind {
        _ if text.is_empty() => return Err(NotFound::Empty),
        Kind::Token => {
            let bare = authorized(text).map_or(text.to_vec(), |piece| piece.value);
            let token = read_forced(&bare).ok_or(NotFound::Nothing)?;
            vec![Piece { name: None, carrier: Carrier::Unknown, value: bare, token: Some(token) }]
        }
        Kind::Cookie => cookies(after(text, b"cookie:").unwrap_or(text)),
        Kind::Holder => {
            return detect(text).and_then(|found| match found.kind {
                Kind::Holder => Ok(found),
                _ => Err(NotFound::Nothing),
            });
        }
        Kind::SetCookie | Kind::Response | Kind::Key => Vec::new(),
    };
    if kind == Kind::Cookie && pieces.is_empty() {
        return Err(NotFound::Nothing);
    }
    Ok(Found { kind, pieces })
}

/// Without what people copy along: blanks, line ends, quotation marks on both sides.
pub(super) fn unquoted(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii();
    let inside = |mark: u8| text.strip_prefix(&[mark])?.strip_suffix(&[mark]);
    [b'"', b'\'', b'`'].into_iter().find_map(inside).unwrap_or(text).trim_ascii()
}

/// What stands after a prefix that is compared without regard to case.
fn after<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| text[prefix.len()..].trim_ascii())
}

/// A token after the name of an authentication scheme, with the field's name before it or not.
fn authorized(text: &[u8]) -> Option<Piece> {
    let field = [&b"authorization:"[..], b"proxy-authorization:", b"dpop:"].iter().find_map(|name| after(text, name));
    let value = field.unwrap_or(text);
    let bare = SCHEMES.iter().find_map(|scheme| after(value, scheme));
    match (field, bare) {
        (None, None) => None,
        (_, Some(bare)) => Some(Piece::new(None, Carrier::Bearer, bare)).filter(|piece| piece.token.is_some()),
        (Some(value), None) => Some(Piece::new(None, Carrier::Bearer, value)).filter(|piece| piece.token.is_some()),
    }
}

fn cookies(line: &[u8]) -> Vec<Piece> {
    let pairs = cookie::split(line);
    let pairs = pairs.iter().filter_map(|piece| cookie::pair(piece));
    pairs.map(|pair| Piece::new(Some(&pair.0.0), Carrier::Cookie, &pair.1.0)).collect()
}

/// The strings of a document that are tokens, with their paths.
fn tokens_in(json: &Json, path: &[u8], depth: usize, pieces: &mut Vec<Piece>) {
    if depth > DEEP {
        return;
    }
    let below = |name: &[u8]| if path.is_empty() { name.to_vec() } else { [path, b".", name].concat() };
    match json {
        Json::String(text) => {
            let piece = Piece::new(Some(path), Carrier::Body, text.as_bytes());
            pieces.extend(Some(piece).filter(|piece| piece.token.is_some()));
        }
        Json::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                tokens_in(value, &below(at.to_string().as_bytes()), depth + 1, pieces);
            }
        }
        Json::Object(members) => {
            for (name, value) in members {
                tokens_in(value, &below(name.as_bytes()), depth + 1, pieces);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// What a value that is no token looks like.
pub fn format_of(value: &[u8]) -> Option<&'static str> {
    let starts = |start: &str| value.starts_with(start.as_bytes());
    let is_hex = |octet: &u8| octet.is_ascii_hexdigit();
    let table = [
        (starts("v2.local.") || starts("v3.local.") || starts("v4.local."), "a PASETO, encrypted"),
        (starts("v2.public.") || starts("v3.public.") || starts("v4.public."), "a PASETO, signed"),
        (starts("Fe26.2*"), "sealed by iron"),
        (starts("gAAAAA"), "a Fernet token"),
        (starts("s:") || starts("s%3A"), "an id with a signature, as express-session writes it"),
        (starts("eyJpdiI6"), "encrypted, as Laravel writes it"),
        (value.windows(2).any(|pair| pair == b"--"), "a value with a signature, as Rack and Rails write it"),
        (value.len() == 36 && value.iter().filter(|octet| **octet == b'-').count() == 4, "a UUID"),
        (
            !value.is_empty() && value.iter().all(u8::is_ascii_digit),
            "a number: one that can be guessed is no session id",
        ),
        (value.len() >= 32 && value.iter().all(is_hex), "hexadecimal digits"),
    ];
    table.iter().find(|(is_so, _)| *is_so).map(|(_, what)| *what)
}

fn is_url(text: &[u8]) -> bool {
    [&b"https://"[..], b"http://"].iter().any(|scheme| after(text, scheme).is_some()) && !text.contains(&b'\n')
}

/// The parameters of a URL's query and fragment that are tokens.
fn parameters(url: &[u8]) -> Vec<Piece> {
    let parts = url.split(|octet| matches!(octet, b'?' | b'#' | b'&')).skip(1);
    let pairs = parts.filter_map(|part| {
        let equals = part.iter().position(|octet| *octet == b'=')?;
        Some(Piece::new(Some(&part[..equals]), Carrier::Url, &part[equals + 1..]))
    });
    pairs.filter(|piece| piece.token.is_some()).collect()
}

/// Whether it begins as a request does.
fn is_request(text: &[u8]) -> bool {
    let line = text.split(|octet| *octet == b'\n').next().unwrap_or_default().trim_ascii_end();
    line.windows(6).any(|window| window == b" HTTP/") || text.split(|octet| *octet == b'\n').count() > 1
}

/// The fields of a request that carry something.
fn fields(text: &[u8]) -> Vec<Piece> {
    let lines = text.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii).take_while(|line| !line.is_empty());
    let pieces = lines.flat_map(|line| match after(line, b"cookie:") {
        Some(line) => cookies(line),
        None => authorized(line).into_iter().collect(),
    });
    pieces.collect()
}

const SCHEMES: [&[u8]; 4] = [b"bearer ", b"dpop ", b"jwt ", b"token "];

const ATTRIBUTES: [&[u8]; 9] =
    [b"path", b"domain", b"expires", b"max-age", b"secure", b"httponly", b"samesite", b"partitioned", b"priority"];

/// How deep in a document is looked.
const DEEP: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA";

    fn told(text: &str) -> (Kind, Vec<(String, Carrier, bool)>) {
        let found = detect(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let name = |piece: &Piece| String::from_utf8(piece.name.clone().unwrap_or_default()).unwrap();
        (found.kind, found.pieces.iter().map(|piece| (name(piece), piece.carrier, piece.token.is_some())).collect())
    }

    #[test]
    fn what_people_paste_is_told_by_what_it_looks_like() {
        let one = |name: &str, carrier| vec![(name.to_owned(), carrier, true)];
        assert_eq!(told(TOKEN), (Kind::Token, one("", Carrier::Unknown)));
        assert_eq!(told(&format!(" \"{TOKEN}\"\n")), (Kind::Token, one("", Carrier::Unknown)));
        for text in ["Bearer ", "bearer ", "Authorization: Bearer ", "authorization:DPoP ", "DPoP: "] {
            assert_eq!(told(&format!("{text}{TOKEN}")), (Kind::Token, one("", Carrier::Bearer)), "{text}");
        }
        let cookie = told(&format!("Cookie: a=1; sid={TOKEN}"));
        assert_eq!(cookie.1[1], ("sid".to_owned(), Carrier::Cookie, true));
        assert_eq!((cookie.0, cookie.1[0].2), (Kind::Cookie, false));
        assert_eq!(told("a=1; b=2").0, Kind::Cookie);
        assert_eq!(told("sid=1; Path=/; HttpOnly").0, Kind::SetCookie);
        assert_eq!(told("Set-Cookie: sid=1").0, Kind::SetCookie);
        assert_eq!(told("HTTP/1.1 200 OK\r\n\r\n").0, Kind::Response);
        let body = format!(r#"{{"token_type":"Bearer","access_token":"{TOKEN}","x":{{"y":["{TOKEN}"]}}}}"#);
        assert_eq!(told(&body).1.iter().map(|piece| &*piece.0).collect::<Vec<_>>(), ["access_token", "x.y.0"]);
        let url = format!("https://app.example/#id_token={TOKEN}&state=1");
        assert_eq!(told(&url), (Kind::Holder, one("id_token", Carrier::Url)));
        let request = format!("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\nCookie: a=1\r\n\r\n");
        assert_eq!(told(&request).1.len(), 2);
        assert_eq!(told(r#"{"kty":"oct","k":"AA"}"#).0, Kind::Key);
    }

    #[test]
    fn what_looks_like_nothing_is_nothing() {
        assert_eq!(detect(b" \n").unwrap_err(), NotFound::Empty);
        for text in ["hello", "a.b.c", "{\"a\":1}", "https://a.example/?q=1", "[1]", "\u{1b}[2J"] {
            assert_eq!(detect(text.as_bytes()).unwrap_err(), NotFound::Nothing, "{text}");
        }
        assert!(detect_as(b"a.b.c", Kind::Token).unwrap().pieces[0].token.is_some());
        assert!(detect_as(b"hello", Kind::Cookie).is_err());
    }
}
