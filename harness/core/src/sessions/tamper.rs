//! How credentials are bent. Takes a genuine one, gives octets that nobody was given: made with the forge where they are
//! tokens. Never makes what is genuine.

use std::sync::OnceLock;

use serde_json::Value;

use crate::forge::{Forge, Hash, Jws, NOW, base64url, json, sign};

use super::model::Role;

words! {
    /// How a credential is bent.
    Tamper;
    /// The last octet is missing.
    Truncated = "truncated",
    /// An octet follows.
    Extended = "extended",
    /// Nothing is left.
    Empty = "empty",
    /// The word `null`.
    Null = "null",
    /// A path that leads elsewhere.
    Traversal = "traversal",
    /// 64 KiB.
    Huge = "huge",
    /// An octet zero follows.
    Nul = "nul",
    /// Upper and lower case are exchanged.
    CaseChanged = "case-changed",
    /// In quotation marks.
    Quoted = "quoted",
    /// One letter as `%41`.
    PercentEncoded = "percent-encoded",
    /// Well-formed, and never given.
    Unissued = "unissued",
    /// The name of another user's login before one's own secret.
    Spliced = "spliced",
    /// A token that says alg none, for another user.
    AlgNone = "alg-none",
    /// Another user under the old signature.
    OtherUser = "other-user",
    /// Another tenant under the old signature.
    OtherTenant = "other-tenant",
    /// A bit of the signature is turned.
    SignatureBit = "signature-bit",
    /// No signature.
    SignatureGone = "signature-gone",
    /// Another user, signed by a key that nobody trusts, under a name that nobody knows.
    UnknownKid = "unknown-kid",
    /// The same under the name of the key that is trusted.
    WrongKey = "wrong-key",
    /// Another user, signed by the key that has become known.
    LeakedKey = "leaked-key",
    /// Unused bits of the signature's last letter are set.
    TrailingBits = "trailing-bits",
    /// Padding follows the signature.
    Padded = "padded",
}

impl Tamper {
    /// Whether what is shown is the same to a lenient reader: then its holder, and nobody else, may be let in.
    pub const fn may_be_same(self) -> bool {
        matches!(
            self,
            Self::CaseChanged | Self::Quoted | Self::PercentEncoded | Self::TrailingBits | Self::Padded | Self::Nul
        )
    }

    /// Whether it makes sense of a credential of this role.
    pub const fn applies(self, role: Role) -> bool {
        match self {
            Self::AlgNone
            | Self::OtherUser
            | Self::OtherTenant
            | Self::SignatureBit
            | Self::SignatureGone
            | Self::UnknownKid
            | Self::WrongKey
            | Self::LeakedKey
            | Self::TrailingBits
            | Self::Padded => matches!(role, Role::Access),
            Self::CaseChanged | Self::Quoted | Self::PercentEncoded | Self::Unissued | Self::Spliced => {
                matches!(role, Role::Session | Role::Refresh)
            }
            Self::Truncated | Self::Extended | Self::Empty | Self::Null | Self::Traversal | Self::Huge | Self::Nul => {
                true
            }
        }
    }
}

/// What bending needs beside the credential.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// A credential of the same role of another user.
    pub other: Option<&'a [u8]>,
    /// The name and host of another user.
    pub target: (&'a str, &'a str),
    /// The key that has become known last.
    pub leaked: Option<(&'a [u8], &'a [u8])>,
}

/// Bends; nothing where something is missing, or where nothing would be changed.
pub fn bend(genuine: &[u8], how: Tamper, around: &Around<'_>) -> Option<Vec<u8>> {
    let bent = match how {
        Tamper::Truncated => genuine[..genuine.len().checked_sub(1)?].to_vec(),
        Tamper::Extended => [genuine, b"x"].concat(),
        Tamper::Empty => Vec::new(),
        Tamper::Null => b"null".to_vec(),
        Tamper::Traversal => b"../../etc/passwd".to_vec(),
        Tamper::Huge => vec![b'A'; 1 << 16],
        Tamper::Nul => [genuine, b"\0"].concat(),
        Tamper::CaseChanged => genuine.iter().map(|octet| swapped(*octet)).collect(),
        Tamper::Quoted => [b"\"", genuine, b"\""].concat(),
        Tamper::PercentEncoded => {
            let (first, rest) = genuine.split_first()?;
            [format!("%{first:02X}").as_bytes(), rest].concat()
        }
        Tamper::Unissued => unissued(genuine),
        Tamper::Spliced => {
            let dot = |text: &[u8]| text.iter().position(|octet| *octet == b'.');
            let other = around.other?;
            [&other[..dot(other)?], &genuine[dot(genuine)?..]].concat()
        }
        _ => return bend_token(genuine, how, around),
    };
    (bent != genuine).then_some(bent)
}

/// An id of the same form: letters and digits are moved on by a few.
pub fn unissued(like: &[u8]) -> Vec<u8> {
    like.iter()
        .map(|octet| match octet {
            b'a'..=b'z' => b'a' + (octet - b'a' + 11) % 26,
            b'A'..=b'Z' => b'A' + (octet - b'A' + 7) % 26,
            b'0'..=b'9' => b'0' + (octet - b'0' + 3) % 10,
            other => *other,
        })
        .collect()
}

const fn swapped(octet: u8) -> u8 {
    if octet.is_ascii_lowercase() { octet.to_ascii_uppercase() } else { octet.to_ascii_lowercase() }
}

fn bend_token(genuine: &[u8], how: Tamper, around: &Around<'_>) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(genuine).ok()?;
    let mut segments = text.splitn(3, '.');
    let [header, payload, signature] = [segments.next()?, segments.next()?, segments.next()?];
    let (header_octets, payload_octets) = (base64url::decode(header)?, base64url::decode(payload)?);
    let genuine_jws = Jws::unsigned(&header_octets, &payload_octets).with_signature_segment(signature);
    let (name, host) = around.target;
    let for_other = || with_members(&payload_octets, &[("sub", name), ("ten", host)]);
    let jws = match how {
        Tamper::AlgNone => Jws::unsigned(with_members(&header_octets, &[("alg", "none")])?, for_other()?),
        Tamper::OtherUser => genuine_jws.with_payload(for_other()?),
        Tamper::OtherTenant => genuine_jws.with_payload(with_members(&payload_octets, &[("ten", host)])?),
        Tamper::SignatureBit => {
            let mut octets = genuine_jws.signature_octets();
            *octets.first_mut()? ^= 1;
            genuine_jws.with_signature(octets)
        }
        Tamper::SignatureGone => genuine_jws.with_signature_segment(""),
        Tamper::UnknownKid => {
            let header = with_members(&header_octets, &[("kid", "nobody")])?;
            signed(&header, &for_other()?, ATTACKER)
        }
        Tamper::WrongKey => signed(std::str::from_utf8(&header_octets).ok()?, &for_other()?, ATTACKER),
        Tamper::LeakedKey => {
            let (kid, secret) = around.leaked?;
            let header = with_members(&header_octets, &[("kid", std::str::from_utf8(kid).ok()?)])?;
            signed(&header, &for_other()?, secret)
        }
        Tamper::TrailingBits => {
            let last = signature.chars().next_back()?;
            let at = ALPHABET.find(last)?;
            let twin = ALPHABET.get(at ^ 1..=at ^ 1)?;
            genuine_jws.with_signature_segment(format!("{}{twin}", &signature[..signature.len() - 1]))
        }
        Tamper::Padded => genuine_jws.with_signature_segment(format!("{signature}=")),
        _ => return None,
    };
    let bent = jws.compact().into_bytes();
    (bent != genuine).then_some(bent)
}

/// A token by this secret, as its header says: Ed25519 by a seed, or a MAC.
fn signed(header: &str, payload: &str, secret: &[u8]) -> Jws {
    let says = |name: &str| serde_json::from_str::<Value>(header).is_ok_and(|header| header["alg"] == name);
    if !says("EdDSA") {
        return forge().mac_with(header, payload, secret, Hash::Sha256);
    }
    let seed = secret.try_into().unwrap_or_else(|_| {
        let digest = sign::digest(Hash::Sha256, secret);
        digest.try_into().expect("SHA-256 gives 32 octets")
    });
    let jws = Jws::unsigned(header, payload);
    let signature = sign::ed25519(&seed, jws.signing_input().as_bytes());
    jws.with_signature(signature)
}

/// A JSON object with other texts for these members, which it must have.
fn with_members(octets: &[u8], members: &[(&str, &str)]) -> Option<String> {
    let read: serde_json::Map<String, Value> = serde_json::from_slice(octets).ok()?;
    let mut object = json::Object::new();
    for (name, value) in &read {
        let other = members.iter().find(|(member, _)| member == name);
        object = match other {
            Some((_, text)) => object.set_string(name, text),
            None => object.set(name, value.to_string()),
        };
    }
    Some(object.text())
}

fn forge() -> &'static Forge {
    static FORGE: OnceLock<Forge> = OnceLock::new();
    FORGE.get_or_init(|| Forge::new(NOW))
}

const ATTACKER: &[u8] = b"a key that nobody here has ever trusted";
const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_bent_is_never_what_was_given() {
        let token = forge().mac_with(
            r#"{"alg":"HS256","kid":"k0","typ":"at+jwt"}"#,
            r#"{"sub":"bob","ten":"north.example","iat":1}"#,
            b"secret",
            Hash::Sha256,
        );
        let around = Around {
            other: Some(b"other.secret"),
            target: ("alice", "south.example"),
            leaked: Some((b"k0", b"leaked")),
        };
        for role in [Role::Session, Role::Refresh, Role::Access] {
            let genuine = if role == Role::Access { token.compact() } else { "Family.Secret9x".to_owned() };
            let bends = Tamper::ALL.iter().filter(|how| how.applies(role));
            let all: Vec<Vec<u8>> = bends
                .map(|how| bend(genuine.as_bytes(), *how, &around).unwrap_or_else(|| panic!("{role:?} {how}")))
                .collect();
            assert!(all.len() > 11 && all.iter().all(|bent| bent != genuine.as_bytes()));
        }
    }

    #[test]
    fn the_twin_of_a_signature_decodes_to_the_same_octets_where_the_reader_is_lenient() {
        let token = forge().mac_with(r#"{"alg":"HS256"}"#, "{}", b"secret", Hash::Sha256).compact();
        let around = Around { other: None, target: ("alice", "north.example"), leaked: None };
        let twin = String::from_utf8(bend(token.as_bytes(), Tamper::TrailingBits, &around).unwrap()).unwrap();
        assert_eq!(twin[..twin.len() - 1], token[..token.len() - 1]);
        let last = |text: &str| ALPHABET.find(text.chars().next_back().unwrap()).unwrap() >> 2;
        assert_eq!(last(&twin), last(&token));
    }
}
