//! Base64url and JSON as they come, not as they should. Takes octets, gives what they decode to and in what they differ from
//! the one form that the standards know. Never makes two forms one in silence.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};

use crate::reference::json::{Json, Lenience, NotJson};

/// How a segment is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Base64url without padding, in its one form.
    Canonical,
    /// With `=` at its end.
    Padded,
    /// With `+` and `/` in the place of `-` and `_`.
    Standard,
    /// With bits in the last letter that stand for nothing, and are not zero.
    UnusedBits,
    /// With white space or line ends in it.
    Blanks,
    /// No base64 at all.
    Not,
}

impl Encoding {
    /// In words, as what a part is.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Canonical => "base64url in its one form",
            Self::Padded => "padded with =",
            Self::Standard => "written with + or / (the alphabet of base64, not base64url)",
            Self::UnusedBits => "written with unused bits that are not zero",
            Self::Blanks => "broken by white space",
            Self::Not => "no base64url",
        }
    }
}

/// Decodes as much as can be, and says how it was written.
pub(super) fn decode(segment: &[u8]) -> (Vec<u8>, Encoding) {
    if let Ok(octets) = URL_SAFE_NO_PAD.decode(segment) {
        return (octets, Encoding::Canonical);
    }
    let solid: Vec<u8> = segment.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
    let tries: [(&GeneralPurpose, Encoding); 3] =
        [(&PADDED, Encoding::Padded), (&LOOSE, Encoding::UnusedBits), (&LOOSE_STANDARD, Encoding::Standard)];
    for (engine, encoding) in tries {
        if let Ok(octets) = engine.decode(&solid) {
            return (octets, if solid.len() < segment.len() { Encoding::Blanks } else { encoding });
        }
    }
    (Vec::new(), Encoding::Not)
}

/// Why a part is not the JSON object that it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It is JSON to a reader that lets something pass.
    Loose(&'static str),
    /// It is JSON, and no object.
    NoObject,
    /// It is no UTF-8.
    NotText,
    /// Values stand in each other too deep.
    TooDeep,
    /// It is no JSON.
    NotJson,
}

impl Unread {
    /// In words, as what a part is.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loose(what) => what,
            Self::NoObject => "JSON, but no object",
            Self::NotText => "no UTF-8",
            Self::TooDeep => "JSON that is nested deeper than is read",
            Self::NotJson => "no JSON",
        }
    }
}

/// The object that octets hold, and in what they fall short of being one; the most that can be read of it.
pub(super) fn object(octets: &[u8]) -> (Option<Json>, Option<Unread>) {
    let (text, mark) = match octets.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, Some(Unread::Loose("JSON after a byte order mark"))),
        None => (octets, None),
    };
    match Json::parse(text) {
        Ok(object @ Json::Object(_)) => return (Some(object), mark),
        Ok(_) => return (None, Some(Unread::NoObject)),
        Err(NotJson::TooDeep) => return (None, Some(Unread::TooDeep)),
        Err(NotJson::Malformed) => {}
    }
    if std::str::from_utf8(octets).is_err() {
        return (None, Some(Unread::NotText));
    }
    let one = LENIENCE.iter().find_map(|(lenience, words)| {
        let read = Json::parse_as(text, &[*lenience]).ok().filter(|json| matches!(json, Json::Object(_)))?;
        Some((read, *words))
    });
    let all: Vec<Lenience> = LENIENCE.iter().map(|(lenience, _)| *lenience).collect();
    let any = || {
        let read = Json::parse_as(text, &all).ok().filter(|json| matches!(json, Json::Object(_)))?;
        Some((read, "JSON with several things in it that JSON does not have"))
    };
    match one.or_else(any) {
        Some((read, words)) => (Some(read), Some(Unread::Loose(words))),
        None => (None, Some(Unread::NotJson)),
    }
}

const LENIENCE: [(Lenience, &str); 8] = [
    (Lenience::Comments, "JSON with comments in it"),
    (Lenience::Json5, "JSON5, not JSON"),
    (Lenience::NotANumber, "JSON with NaN or Infinity in it"),
    (Lenience::LooseNumbers, "JSON with a number that JSON does not write so"),
    (Lenience::ControlCharacters, "JSON with bare control characters in a string"),
    (Lenience::AnyEscape, "JSON with an escape that does not exist"),
    (Lenience::LoneSurrogates, "JSON with half a surrogate pair in it"),
    (Lenience::Rest, "a JSON object with something after it"),
];

const fn config() -> GeneralPurposeConfig {
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent)
}

const PADDED: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, config());
const LOOSE: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, config().with_decode_allow_trailing_bits(true));
const LOOSE_STANDARD: GeneralPurpose = GeneralPurpose::new(&STANDARD, config().with_decode_allow_trailing_bits(true));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_writing_a_segment_is_told_from_the_others() {
        for (segment, encoding) in [
            ("eyJhIjoxfQ", Encoding::Canonical),
            ("", Encoding::Canonical),
            ("eyJhIjoxfQ==", Encoding::Padded),
            ("eyJhIjoxfR", Encoding::UnusedBits),
            ("_-+/", Encoding::Not),
            ("ab+/", Encoding::Standard),
            ("eyJh\nIjoxfQ", Encoding::Blanks),
            ("e", Encoding::Not),
            ("{}", Encoding::Not),
        ] {
            assert_eq!(decode(segment.as_bytes()).1, encoding, "{segment:?}");
        }
    }

    #[test]
    fn what_is_no_strict_object_is_said_and_read_as_far_as_it_goes() {
        for (text, words) in [
            ("{\"a\":1}x", "a JSON object with something after it"),
            ("{\"a\":1,}", "JSON5, not JSON"),
            ("{/**/\"a\":1}", "JSON with comments in it"),
            ("\u{feff}{\"a\":1}", "JSON after a byte order mark"),
        ] {
            let (read, unread) = object(text.as_bytes());
            assert_eq!(read.unwrap().member("a"), Some(&Json::Number("1".to_owned())));
            assert_eq!(unread.unwrap().as_str(), words);
        }
        assert_eq!(object(b"[1]").1, Some(Unread::NoObject));
        assert_eq!(object(b"\xff{}").1, Some(Unread::NotText));
        assert_eq!(object(b"hello").1, Some(Unread::NotJson));
        assert_eq!(object(b"{}").1, None);
    }
}
