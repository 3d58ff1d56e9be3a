//! A JWK or a JWK Set, taken apart and audited for whoever publishes it. Takes the octets of one, gives its keys as they are
//! written, what each is, its thumbprint, and remarks, each by a rule with its clause. Never asks a network, and never
//! gives a private or shared part away: remarks speak of it by its name and its width.
//!
//! A set is taken for one that is published; a key alone may be its owner's.
//!
//! ```
//! use token_assay::inspect::{audit_keys, read_key_set};
//!
//! let set = read_key_set(br#"{"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"}]}"#).unwrap();
//! let said = audit_keys(&set);
//! assert!(said.remarks.iter().any(|remark| remark.rule.id == "secret-in-set"), "{said:?}");
//! ```

use std::cmp::Reverse;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use token_assay_model::{Key, Level, Severity};

use super::detect::unquoted;
use super::key_rules::{KEY_RULES, KeyRule};
use super::rules::{Ruling, text};
use crate::reference::json::Json;
use crate::reference::key::{PublicKey, bits};

/// Keys as they are written.
#[derive(Debug, Clone, PartialEq)]
pub struct KeySet {
    /// Whether they stand in a set.
    pub is_set: bool,
    /// What stands in the set, in order, also what is no key; or the one key.
    pub keys: Vec<WrittenKey>,
    /// The whole.
    pub json: Json,
}

/// A key as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenKey {
    /// Its members; what is no object has none.
    pub json: Json,
}

/// How much of a key is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// What everybody may know.
    Public,
    /// What only its owner may know.
    Private,
    /// What those who use it share.
    Secret,
}

impl Holds {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Secret => "secret",
        }
    }
}

/// Reads a JWK or a JWK Set; nothing where the text is neither.
pub fn read(octets: &[u8]) -> Option<KeySet> {
    let json = Json::parse(unquoted(octets)).ok()?;
    let key = |json: &Json| WrittenKey { json: json.clone() };
    match json.member("keys") {
        Some(Json::Array(keys)) => Some(KeySet { is_set: true, keys: keys.iter().map(key).collect(), json }),
        Some(_) => Some(KeySet { is_set: true, keys: Vec::new(), json }),
        None if json.member("kty").is_some() => Some(KeySet { is_set: false, keys: vec![key(&json)], json }),
        None => None,
    }
}

impl KeySet {
    /// Where a member stands, in words.
    pub fn place(&self, at: usize, member: &str) -> String {
        let key = match self.keys[at].text("kid") {
            _ if !self.is_set => String::new(),
            Some(kid) => format!("keys[{at}] ({kid}) "),
            None => format!("keys[{at}] "),
        };
        format!("{key}{member}").trim_end().to_owned()
    }
}

impl WrittenKey {
    /// The text of a member.
    pub fn text(&self, name: &str) -> Option<&str> {
        text(&self.json, name)
    }

    /// The octets of a member that is base64url as JOSE writes it (RFC 7515 §2).
    pub fn octets(&self, name: &str) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(self.text(name)?).ok()
    }

    /// The key, where the reference verifier knows its type and reads it.
    pub fn public(&self) -> Option<PublicKey> {
        PublicKey::read(&Key { jwk: Some(self.json.to_value()), ..Key::default() })
    }

    /// The certificate that stands first in `x5c` (RFC 7517 §4.7), as DER.
    pub fn certificate(&self) -> Option<Vec<u8>> {
        match self.json.member("x5c") {
            Some(Json::Array(all)) => STANDARD.decode(all.first()?.as_str()?).ok(),
            _ => None,
        }
    }

    /// How much of the key is there. What has a private part is private, whatever its type is said to be.
    pub fn holds(&self) -> Holds {
        if self.json.member("k").is_some() || self.text("kty") == Some("oct") {
            Holds::Secret
        } else if PRIVATE.iter().any(|name| self.json.member(name).is_some()) {
            Holds::Private
        } else {
            Holds::Public
        }
    }

    /// The type, the curve and the size, in words.
    pub fn describes(&self) -> String {
        let kty = self.text("kty").unwrap_or("no type").to_owned();
        match (kty.as_str(), self.text("crv")) {
            ("RSA", _) => self.octets("n").map_or(kty.clone(), |n| format!("RSA, {} bits", bits(&n))),
            ("oct", _) => self.octets("k").map_or(kty.clone(), |k| format!("oct, {} octets", k.len())),
            (_, Some(crv)) => format!("{kty}, {crv}"),
            (_, None) => kty,
        }
    }

    /// The thumbprint with SHA-256 (RFC 7638 §3, RFC 8037 §2). None of a shared secret: of a short one it tells what it is
    /// (RFC 7638 §7).
    pub fn thumbprint(&self) -> Option<String> {
        let names: &[&str] = match self.text("kty")? {
            "EC" => &["crv", "kty", "x", "y"],
            "OKP" => &["crv", "kty", "x"],
            "RSA" => &["e", "kty", "n"],
            _ => return None,
        };
        let member = |name: &&str| Some(format!("\"{name}\":{}", Value::from(self.text(name)?)));
        let members: Vec<String> = names.iter().map(member).collect::<Option<_>>()?;
        let hashed = digest::digest(&digest::SHA256, format!("{{{}}}", members.join(",")).as_bytes());
        Some(URL_SAFE_NO_PAD.encode(hashed))
    }
}

/// Whether a member is the private or the shared part of a key (RFC 7518 §6.2.2, §6.3.2, §6.4.1, RFC 8037 §2).
pub fn is_hidden(name: &str) -> bool {
    name == "k" || PRIVATE.contains(&name)
}

/// The members that only a key's owner may know.
pub(super) const PRIVATE: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "priv", "seed"];

/// What an audit says of keys.
#[derive(Debug, Default)]
pub struct KeyAudit {
    /// Worst first.
    pub remarks: Vec<KeyRemark>,
    /// How many rules hold.
    pub holding: usize,
}

/// A rule that is broken.
#[derive(Debug)]
pub struct KeyRemark {
    /// Which.
    pub rule: &'static KeyRule,
    /// The key and the member.
    pub place: String,
    /// What is seen.
    pub seen: String,
    /// How bad it is here.
    pub severity: Severity,
    /// How firmly the clauses speak of this.
    pub level: Level,
}

/// Every rule on a key or a set.
pub fn audit(set: &KeySet) -> KeyAudit {
    let mut audit = KeyAudit::default();
    for rule in KEY_RULES {
        match (rule.judge)(set) {
            Ruling::Holds => audit.holding += 1,
            Ruling::Broken(hits) => audit.remarks.extend(hits.into_iter().map(|hit| KeyRemark {
                rule,
                place: hit.place,
                seen: hit.seen,
                severity: hit.severity.unwrap_or(rule.severity),
                level: hit.level.unwrap_or(rule.level),
            })),
            Ruling::Silent | Ruling::Needs(_) => {}
        }
    }
    audit.remarks.sort_by_key(|remark| (Reverse(remark.severity), remark.level));
    audit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprints_are_those_of_the_texts() {
        // RFC 7638 §3.1 and RFC 8037 §A.3.
        for (key, wanted) in [
            (super::super::key_rules::RFC_7638, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
            (super::super::key_rules::RFC_8037, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
        ] {
            let set = read(key.as_bytes()).expect("it is a key");
            assert_eq!(set.keys[0].thumbprint().as_deref(), Some(wanted));
        }
        let secret = read(br#"{"kty":"oct","k":"AAAA"}"#).expect("it is a key");
        assert_eq!(secret.keys[0].thumbprint(), None);
    }

    #[test]
    fn what_is_no_key_is_nothing_and_what_stands_in_a_set_is_kept() {
        assert_eq!(read(b"{\"a\":1}"), None);
        assert_eq!(read(b"[]"), None);
        let set = read(br#"{"keys":[1,{"kty":"EC","kid":"a"}]}"#).expect("it is a set");
        assert_eq!((set.is_set, set.keys.len(), set.place(1, "x")), (true, 2, "keys[1] (a) x".to_owned()));
    }

    #[test]
    fn whoever_has_a_private_part_is_private() {
        for (text, holds) in [
            (r#"{"kty":"EC","d":"AA"}"#, Holds::Private),
            (r#"{"kty":"EC","k":"AA"}"#, Holds::Secret),
            (r#"{"kty":"oct"}"#, Holds::Secret),
            (r#"{"kty":"EC","x":"AA"}"#, Holds::Public),
        ] {
            assert_eq!(read(text.as_bytes()).expect("it is a key").keys[0].holds(), holds, "{text}");
        }
    }
}
