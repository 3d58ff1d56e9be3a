//! Words for the engine to put in: what tokens, JSON and the harness's own documents are made of.
//!
//! Takes the seeds and the model's word lists, gives the text of a libFuzzer dictionary. Nothing here is kept by hand that
//! the code already says.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;
use token_assay::forge::base64url;
use token_assay::model::Algorithm;

use crate::seeds::{self, Seed};

/// A set of words.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Dictionary(BTreeSet<Vec<u8>>);

impl Dictionary {
    /// Of tokens as they are sent: segments that occur, and what members and values become wherever in a segment they stand.
    pub fn of_tokens() -> Self {
        let mut words = Self::default();
        words.add([".", "..", "=", "==", "~", "-", "_", "+", "/", "\0", " ", "\n", "%2E"]);
        words.add(Algorithm::ALL.iter().map(|algorithm| base64url::encode(format!(r#"{{"alg":"{algorithm}"}}"#))));
        for seed in seeds::tokens() {
            words.add(seed.octets.split(|octet| *octet == b'.'));
        }
        for word in json_words() {
            words.add((0..3).map(|offset| encoded_at(offset, &word)));
        }
        words
    }

    /// Of the JSON inside tokens.
    pub fn of_json() -> Self {
        let mut words = Self::default();
        words.add(json_words());
        words
    }

    /// Of Cookie headers: what stands between cookies and around names and values, and names.
    pub fn of_headers() -> Self {
        let mut words = Self::default();
        words.add([
            "; ", ";", ",", ", ", "=", "==", "\"", "\\\"", "\\073", "%3B%20", "%5F%5F", "\t", "\0", "\u{a0}",
            "\u{2000}",
        ]);
        words.add([
            "sid=",
            "__Host-",
            "__Secure-",
            "__Http-",
            "$Version=1; ",
            "$Path=",
            "; Path=/",
            "__proto__=",
            "\u{feff}",
        ]);
        words.add([&b"\xe9"[..], b"\xa0", b"\x85", b"\xc0\xaf", b"\x1c"]);
        words
    }

    /// Of the harness's documents: their member names and short values.
    pub fn of_wire() -> Self {
        let mut words = Self::default();
        words.add(PUNCTUATION);
        for Seed { octets, .. } in seeds::documents() {
            let Ok(text) = str::from_utf8(&octets) else { continue };
            let whole = serde_json::from_str::<Value>(text).ok().into_iter();
            let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            whole.chain(lines).for_each(|value| words.add_strings(&value));
            let settings = text.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
            let tables = text.lines().filter(|line| line.starts_with('[') && line.ends_with(']'));
            words.add(settings.chain(tables));
        }
        words
    }

    /// As libFuzzer reads it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for word in &self.0 {
            text.push('"');
            for octet in word {
                match octet {
                    b'"' | b'\\' => write!(text, "\\{}", char::from(*octet)),
                    b' '..=b'~' => write!(text, "{}", char::from(*octet)),
                    _ => write!(text, "\\x{octet:02X}"),
                }
                .expect("a string grows");
            }
            text.push_str("\"\n");
        }
        text
    }

    fn add<W: AsRef<[u8]>>(&mut self, words: impl IntoIterator<Item = W>) {
        let useful = |word: &W| (1..=LONGEST).contains(&word.as_ref().len());
        self.0.extend(words.into_iter().filter(useful).map(|word| word.as_ref().to_vec()));
    }

    /// Every text of the value as it stands in JSON, its quotes among it.
    fn add_strings(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add([quoted(text)]),
            Value::Array(values) => values.iter().for_each(|value| self.add_strings(value)),
            Value::Object(members) => {
                for (name, value) in members {
                    self.add([format!("{}:", quoted(name))]);
                    self.add_strings(value);
                }
            }
            _ => {}
        }
    }
}

/// What stands in headers and payloads: the names and the short values of the catalogue's tokens, and JSON's own marks.
fn json_words() -> BTreeSet<Vec<u8>> {
    let mut words = Dictionary::default();
    words.add(PUNCTUATION);
    words.add(Algorithm::ALL.iter().map(|algorithm| quoted(algorithm.as_str())));
    words.add(REGISTERED.split_whitespace().map(|name| format!("{}:", quoted(name))));
    for seed in seeds::tokens() {
        let segments = seed.octets.split(|octet| *octet == b'.').filter_map(base64url::decode);
        segments.filter_map(|octets| serde_json::from_slice(&octets).ok()).for_each(|value| words.add_strings(&value));
    }
    words.0.into_iter().filter(|word| word.len() <= SHORT).collect()
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The letters of base64url that stand for this word alone where it begins so many octets into a group of three.
fn encoded_at(offset: usize, word: &[u8]) -> String {
    let encoded = base64url::encode([&[0; 2][..offset], word].concat());
    let first = (offset * 8).div_ceil(6);
    let whole = (offset + word.len()) * 8 / 6;
    encoded[first..whole.max(first)].to_owned()
}

/// Members that IANA's registries name, whether a token of the catalogue has them or not.
const REGISTERED: &str = "alg jku jwk kid x5u x5c x5t x5t#S256 typ cty crit enc zip epk apu apv iv tag p2s p2c url nonce b64 \
    iss sub aud exp nbf iat jti azp auth_time acr amr cnf act scope client_id may_act htm htu ath sid at_hash c_hash events toe";

const PUNCTUATION: [&str; 20] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\u0000",
    "\\ud800",
    "\\\"",
    "null",
    "true",
    "false",
    "{}",
    "[]",
    "\"\"",
    "0",
    "-1",
    "1e400",
    "9223372036854775808",
];

/// The longest word that libFuzzer takes, in octets.
const LONGEST: usize = 64;

/// The longest word that is worth encoding in three ways.
const SHORT: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_word_stands_in_every_token_that_holds_it_there() {
        let word = br#""alg":"none""#;
        for offset in 0..3 {
            let header = [&b"{  "[..=offset], word, b"}"].concat();
            let encoded = encoded_at((offset + 1) % 3, word);
            assert!(base64url::encode(&header).contains(&encoded), "{encoded} at {offset}");
            assert!(encoded.len() >= word.len(), "{encoded} has lost more than its edges");
        }
    }

    #[test]
    fn dictionaries_hold_what_each_kind_of_input_is_made_of() {
        let has = |dictionary: &Dictionary, word: &str| dictionary.text().lines().any(|line| line == word);
        assert!(has(&Dictionary::of_json(), r#""\"crit\":""#));
        assert!(has(&Dictionary::of_json(), r#""\"HS256\"""#));
        assert!(has(&Dictionary::of_tokens(), &format!("\"{}\"", base64url::encode(r#"{"alg":"none"}"#))));
        assert!(has(&Dictionary::of_tokens(), r#""\x00""#));
        for word in
            [r#""\"cmd\":""#, r#""\"nanoseconds\":""#, r#""\"fingerprint\":""#, r#""[[target]]""#, r#""fail-on""#]
        {
            assert!(has(&Dictionary::of_wire(), word), "{word}");
        }
    }
}
