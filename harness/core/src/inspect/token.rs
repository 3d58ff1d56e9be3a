//! A token's parts, as they are written. Takes text, gives a [`Token`]: compact or in a JSON serialisation, signed or encrypted,
//! with the tokens inside it. Reads on where a verifier must stop, and keeps what it stopped at; never checks a signature.

use super::encoding::{Encoding, Unread, decode, object};
use crate::reference::json::Json;

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The header that is signed, or protected by the tag.
    Header,
    /// A header that nothing protects.
    Unprotected,
    /// What is signed.
    Payload,
    /// The signature or MAC.
    Signature,
    /// The content key, encrypted for the recipient.
    EncryptedKey,
    /// The initialisation vector.
    Iv,
    /// The encrypted content.
    Ciphertext,
    /// The authentication tag.
    Tag,
    /// Additional data that is authenticated.
    Aad,
    /// What was encrypted, once it is opened.
    Content,
    /// A disclosure of an SD-JWT.
    Disclosure,
    /// A segment that no token has.
    Extra,
}

impl Role {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Unprotected => "unprotected header",
            Self::Payload => "payload",
            Self::Signature => "signature",
            Self::EncryptedKey => "encrypted key",
            Self::Iv => "initialisation vector",
            Self::Ciphertext => "ciphertext",
            Self::Tag => "tag",
            Self::Aad => "additional data",
            Self::Content => "content",
            Self::Disclosure => "disclosure",
            Self::Extra => "a segment too many",
        }
    }

    /// Whether it holds a JSON object.
    pub const fn holds_object(self) -> bool {
        matches!(self, Self::Header | Self::Unprotected | Self::Payload | Self::Content)
    }
}

/// How a token is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Segments between periods (RFC 7515 §7.1, RFC 7516 §7.1).
    Compact,
    /// A JSON object with one signature or recipient (§7.2.2).
    Flattened,
    /// A JSON object with several (§7.2.1).
    General,
}

impl Written {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Flattened => "JSON serialisation, flattened",
            Self::General => "JSON serialisation, general",
        }
    }
}

/// A part of a token.
#[derive(Debug, Clone)]
pub struct Part {
    /// What it is.
    pub role: Role,
    /// Whose, where several signed or several may open: 0 is the first.
    pub of: usize,
    /// As it stands.
    pub text: Vec<u8>,
    /// Decoded, as far as it decodes.
    pub octets: Vec<u8>,
    /// How it is written.
    pub encoding: Encoding,
    /// The object that it holds.
    pub object: Option<Json>,
    /// Why it holds none, or none that is strictly one.
    pub unread: Option<Unread>,
}

impl Part {
    fn segment(role: Role, of: usize, text: &[u8]) -> Self {
        let (octets, encoding) = decode(text);
        Self { text: text.to_vec(), encoding, ..Self::plain(role, of, octets) }
    }

    /// What is not encoded.
    fn plain(role: Role, of: usize, octets: Vec<u8>) -> Self {
        let (object, unread) = if role.holds_object() { object(&octets) } else { (None, None) };
        Self { role, of, text: octets.clone(), octets, encoding: Encoding::Canonical, object, unread }
    }

    fn of_json(role: Role, of: usize, json: &Json) -> Self {
        let object = matches!(json, Json::Object(_)).then(|| json.clone());
        let unread = object.is_none().then_some(Unread::NoObject);
        let octets = json.to_value().to_string().into_bytes();
        Self { role, of, text: octets.clone(), octets, encoding: Encoding::Canonical, object, unread }
    }
}

/// A token, taken apart.
#[derive(Debug, Clone)]
pub struct Token {
    /// As it stands, without what a disclosure is.
    pub text: Vec<u8>,
    /// How it is written.
    pub written: Written,
    /// How many segments or, in a JSON serialisation, signatures or recipients there are.
    pub count: usize,
    /// Its parts in order.
    pub parts: Vec<Part>,
    /// What was encrypted, once it is opened.
    pub opened: Option<Part>,
    /// The token inside.
    pub inner: Option<Box<Token>>,
}

/// Reads a token; nothing where nothing looks like one.
pub fn read(text: &[u8]) -> Option<Token> {
    read_at(text, 0).filter(looks_like_a_token)
}

/// The same for what somebody says is a token.
pub fn read_forced(text: &[u8]) -> Option<Token> {
    read_at(text, 0)
}

fn looks_like_a_token(token: &Token) -> bool {
    match token.written {
        Written::Compact => {
            let header = token.parts.first().map(|part| part.octets.trim_ascii_start());
            (2..=MOST_SEGMENTS).contains(&token.count) && header.is_some_and(|octets| octets.starts_with(b"{"))
        }
        _ => true,
    }
}

fn read_at(text: &[u8], depth: usize) -> Option<Token> {
    let text = text.trim_ascii();
    if text.is_empty() || depth >= DEEPEST {
        return None;
    }
    let mut token = if text.starts_with(b"{") { serialized(text)? } else { compact(text) };
    if let Some(payload) = token.part(Role::Payload).filter(|part| part.object.is_none()) {
        token.inner = read_at(&payload.octets, depth + 1).filter(looks_like_a_token).map(Box::new);
    }
    Some(token)
}

fn compact(text: &[u8]) -> Token {
    let mut pieces = text.split(|octet| *octet == b'~');
    let token = pieces.next().unwrap_or_default();
    let segments: Vec<&[u8]> = token.split(|octet| *octet == b'.').collect();
    let roles: &[Role] = match segments.len() {
        5 => &[Role::Header, Role::EncryptedKey, Role::Iv, Role::Ciphertext, Role::Tag],
        _ => &[Role::Header, Role::Payload, Role::Signature],
    };
    let role = |at: usize| roles.get(at).copied().unwrap_or(Role::Extra);
    let shown = segments.iter().take(MOST_SEGMENTS + 1).enumerate();
    let mut parts: Vec<Part> = shown.map(|(at, segment)| Part::segment(role(at), 0, segment)).collect();
    if is_unencoded(&parts)
        && let Some(payload) = parts.get_mut(1).filter(|part| part.role == Role::Payload)
    {
        *payload = Part::plain(Role::Payload, 0, payload.text.clone());
    }
    let disclosures = pieces.filter(|piece| !piece.is_empty()).enumerate();
    parts.extend(disclosures.map(|(at, piece)| Part::segment(Role::Disclosure, at, piece)));
    let count = segments.len();
    Token { text: token.to_vec(), written: Written::Compact, count, parts, opened: None, inner: None }
}

/// RFC 7797: with `b64` false the payload stands as it is.
fn is_unencoded(parts: &[Part]) -> bool {
    let header = parts.first().and_then(|part| part.object.as_ref());
    header.and_then(|header| header.member("b64")) == Some(&Json::Bool(false))
}

fn serialized(text: &[u8]) -> Option<Token> {
    let (read, _) = object(text);
    let whole = read?;
    let of_signed = whole.member("payload").is_some()
        && (whole.member("signatures").is_some() || whole.member("signature").is_some());
    let list = if of_signed { "signatures" } else { "recipients" };
    if !of_signed && whole.member("ciphertext").is_none() {
        return None;
    }
    let mut parts = Vec::new();
    let several = match whole.member(list) {
        Some(Json::Array(all)) => Some(all.as_slice()),
        _ => None,
    };
    for name in ["protected", "unprotected"] {
        parts.extend(whole.member(name).map(|value| named(name, 0, value)));
    }
    let mut each = |of: usize, member: &Json, names: &[&str]| {
        for name in names {
            parts.extend(member.member(name).map(|value| named(name, of, value)));
        }
    };
    match several {
        Some(all) => {
            for (of, member) in all.iter().take(MOST_SEGMENTS).enumerate() {
                each(of, member, &["protected", "header", "encrypted_key", "signature"]);
            }
        }
        None => each(0, &whole, &["header", "encrypted_key", "signature"]),
    }
    for name in ["payload", "aad", "iv", "ciphertext", "tag"] {
        parts.extend(whole.member(name).map(|value| named(name, 0, value)));
    }
    if is_unencoded(&parts)
        && let Some(payload) = parts.iter_mut().find(|part| part.role == Role::Payload)
    {
        *payload = Part::plain(Role::Payload, 0, payload.text.clone());
    }
    parts.sort_by_key(|part| (part.role, part.of));
    let (written, count) = several.map_or((Written::Flattened, 1), |all| (Written::General, all.len()));
    Some(Token { text: text.to_vec(), written, count, parts, opened: None, inner: None })
}

/// A member of a JSON serialisation (RFC 7515 §7.2.1, RFC 7516 §7.2.1).
fn named(name: &str, of: usize, value: &Json) -> Part {
    let role = match name {
        "protected" => Role::Header,
        "unprotected" | "header" => Role::Unprotected,
        "payload" => Role::Payload,
        "signature" => Role::Signature,
        "encrypted_key" => Role::EncryptedKey,
        "iv" => Role::Iv,
        "ciphertext" => Role::Ciphertext,
        "tag" => Role::Tag,
        _ => Role::Aad,
    };
    match value.as_str() {
        Some(text) if role != Role::Unprotected => Part::segment(role, of, text.as_bytes()),
        _ => Part::of_json(role, of, value),
    }
}

impl Token {
    /// Whether it is encrypted: five segments, or a ciphertext (RFC 7516 §9).
    pub fn is_encrypted(&self) -> bool {
        self.part(Role::Ciphertext).is_some()
    }

    /// The first part of a kind.
    pub fn part(&self, role: Role) -> Option<&Part> {
        self.parts.iter().find(|part| part.role == role)
    }

    /// The parts of a kind.
    pub fn all(&self, role: Role) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.role == role)
    }

    /// The header, all its parts together, of each who signed or may open it.
    pub fn headers(&self) -> Vec<Json> {
        let most = self.parts.iter().filter(|part| part.role != Role::Disclosure).map(|part| part.of).max();
        let of = |of: usize| {
            let mine = self.parts.iter().filter(|part| matches!(part.role, Role::Header | Role::Unprotected));
            let mine = mine.filter(|part| part.of == of || (self.is_encrypted() && part.of == 0));
            let members = mine.filter_map(|part| part.object.as_ref()).flat_map(|object| match object {
                Json::Object(members) => members.clone(),
                _ => Vec::new(),
            });
            Json::Object(members.collect())
        };
        (0..=most.unwrap_or(0)).map(of).collect()
    }

    /// The claims: the payload, or what was encrypted, where either is an object.
    pub fn claims(&self) -> Option<&Json> {
        let part = if self.is_encrypted() { self.opened.as_ref() } else { self.part(Role::Payload) };
        part.filter(|_| self.inner.is_none())?.object.as_ref()
    }

    /// The innermost token.
    pub fn innermost(&self) -> &Self {
        self.inner.as_deref().map_or(self, Self::innermost)
    }

    /// What the signature of one who signed covers (RFC 7515 §5.1 step 5).
    pub fn signing_input(&self, of: usize) -> Option<Vec<u8>> {
        let header = self.parts.iter().find(|part| part.role == Role::Header && part.of == of);
        let header = header.map_or(&[][..], |part| &part.text);
        Some([header, b".", &self.part(Role::Payload)?.text].concat())
    }

    /// Holds what was encrypted.
    pub(super) fn hold(&mut self, plaintext: Vec<u8>) {
        self.inner = read(&plaintext).map(Box::new);
        self.opened = Some(Part::plain(Role::Content, 0, plaintext));
    }
}

/// How many tokens are read inside each other.
pub(super) const DEEPEST: usize = 8;

/// As many segments or signatures as are shown.
const MOST_SEGMENTS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::base64url::encode;

    fn token(header: &str, payload: &str) -> String {
        format!("{}.{}.AAAA", encode(header), encode(payload))
    }

    fn roles(token: &Token) -> Vec<&'static str> {
        token.parts.iter().map(|part| part.role.as_str()).collect()
    }

    #[test]
    fn compact_tokens_are_taken_apart_and_unfolded() {
        let inner = token(r#"{"alg":"HS256"}"#, r#"{"sub":"a"}"#);
        let outer = read(token(r#"{"alg":"RS256","cty":"JWT"}"#, &inner).as_bytes()).unwrap();
        assert_eq!(roles(&outer), ["header", "payload", "signature"]);
        assert!(outer.claims().is_none(), "the claims are those of the token inside");
        let claims = outer.innermost().claims().unwrap();
        assert_eq!(claims.member("sub").unwrap().as_str(), Some("a"));
        let sealed = format!("{}.AAAA.AAAA.AAAA.AAAA", encode(r#"{"alg":"dir","enc":"A256GCM"}"#));
        assert!(read(sealed.as_bytes()).unwrap().is_encrypted());
        assert_eq!(read(sealed.as_bytes()).unwrap().headers()[0].member("alg").unwrap().as_str(), Some("dir"));
    }

    #[test]
    fn json_serialisations_are_taken_apart() {
        let protected = encode(r#"{"alg":"HS256"}"#);
        let payload = encode(r#"{"sub":"a"}"#);
        let flat =
            format!(r#"{{"protected":"{protected}","header":{{"kid":"1"}},"payload":"{payload}","signature":"AA"}}"#);
        let flat = read(flat.as_bytes()).unwrap();
        assert_eq!(flat.written, Written::Flattened);
        assert_eq!(roles(&flat), ["header", "unprotected header", "payload", "signature"]);
        let header = &flat.headers()[0];
        assert!(header.member("alg").is_some() && header.member("kid").is_some());
        let general = format!(
            r#"{{"payload":"{payload}","signatures":[{{"protected":"{protected}","signature":"AA"}},{{"header":{{"alg":"none"}},"signature":""}}]}}"#
        );
        let general = read(general.as_bytes()).unwrap();
        assert_eq!((general.written, general.count, general.headers().len()), (Written::General, 2, 2));
        assert_eq!(general.headers()[1].member("alg").unwrap().as_str(), Some("none"));
        assert_eq!(general.signing_input(0).unwrap(), format!("{protected}.{payload}").into_bytes());
    }

    #[test]
    fn what_is_no_token_is_none_and_forced_it_is_taken_apart_all_the_same() {
        for text in ["", "hello", "a.b.c", "www.example.com", "1.2.3", r#"{"a":1}"#] {
            assert!(read(text.as_bytes()).is_none(), "{text}");
        }
        assert_eq!(read_forced(b"a.b.c.d").unwrap().count, 4);
    }

    #[test]
    fn tokens_that_hold_each_other_without_end_are_read_to_a_depth() {
        let mut text = token(r#"{"alg":"HS256"}"#, "{}");
        for _ in 0..12 {
            text = token(r#"{"alg":"HS256","cty":"JWT"}"#, &text);
        }
        let read = read(text.as_bytes()).unwrap();
        let depth = std::iter::successors(Some(&read), |token| token.inner.as_deref()).count();
        assert_eq!(depth, DEEPEST);
    }

    #[test]
    fn disclosures_are_parts_of_their_own() {
        let text = format!("{}~{}~", token(r#"{"alg":"HS256"}"#, "{}"), encode(r#"["salt","name","Ada"]"#));
        let read = read(text.as_bytes()).unwrap();
        assert_eq!(read.part(Role::Disclosure).unwrap().octets, br#"["salt","name","Ada"]"#);
        assert_eq!(read.count, 3);
    }
}
