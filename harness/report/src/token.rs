//! A token beside its twin, taken apart.
//!
//! Takes two inputs, gives lines that say where they differ. Never verifies, and never assumes that a part decodes.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use token_assay_model::Input;

use crate::text::{LINE, ends, shown_octets};

/// The decoded header, the members of the payload that differ, and the signature where nothing else differs.
pub(crate) fn lines(input: &Input, twin: &Input) -> Vec<(&'static str, String)> {
    let (mine, theirs) = (segments(input), segments(twin));
    let pair = |at: usize| (mine.get(at).copied(), theirs.get(at).copied());
    let mut lines = Vec::new();
    lines.extend(header(pair(0)).map(|text| ("header", text)));
    lines.extend(payload(pair(1)).map(|text| ("payload", text)));
    if mine.len() != theirs.len() {
        lines.push(("segments", format!("{}{WAS}{}", mine.len(), theirs.len())));
    } else if pair(0).0 == pair(0).1 && pair(1).0 == pair(1).1 {
        lines.extend(signature(pair(2)).map(|text| ("signature", text)));
    }
    lines
}

/// What stands between the dots.
pub(crate) fn segments(input: &Input) -> Vec<&[u8]> {
    input.octets().split(|octet| *octet == b'.').collect()
}

type Pair<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

fn header((mine, theirs): Pair<'_>) -> Option<String> {
    let mine = decode(mine?)?;
    let was = theirs.and_then(decode).filter(|theirs| *theirs != mine);
    Some(beside(shown_octets(&mine, LINE), was.map(|was| shown_octets(&was, LINE))))
}

fn payload((mine, theirs): Pair<'_>) -> Option<String> {
    let (mine, theirs) = (decode(mine?)?, decode(theirs?)?);
    if mine == theirs {
        return None;
    }
    let (Some(my_members), Some(their_members)) = (members(&mine), members(&theirs)) else {
        return Some(beside(shown_octets(&mine, LINE), Some(shown_octets(&theirs, LINE))));
    };
    let (ours, was) = (except(&my_members, &their_members), except(&their_members, &my_members));
    match (ours.as_slice(), was.as_slice()) {
        ([], []) => Some(beside(shown_octets(&mine, LINE), Some(shown_octets(&theirs, LINE)))),
        (ours, []) => Some(format!("{}   (added)", object(ours))),
        ([], was) => Some(format!("{}   (left out)", object(was))),
        (ours, was) => Some(beside(object(ours), Some(object(was)))),
    }
}

fn signature((mine, theirs): Pair<'_>) -> Option<String> {
    let (mine, theirs) = (mine?, theirs?);
    (mine != theirs).then(|| beside(segment(mine), Some(segment(theirs))))
}

fn segment(octets: &[u8]) -> String {
    if octets.is_empty() { "(empty)".to_owned() } else { format!("{} ({} characters)", ends(octets), octets.len()) }
}

fn beside(mine: String, was: Option<String>) -> String {
    match was {
        Some(was) => format!("{mine}{WAS}{was}"),
        None => mine,
    }
}

/// The octets of a segment, however carelessly it is written.
pub(crate) fn decode(segment: &[u8]) -> Option<Vec<u8>> {
    LENIENT.decode(segment).ok().filter(|octets| !octets.is_empty())
}

/// A member's name and its value's exact text.
pub(crate) type Member = (String, Box<RawValue>);

/// The members of an object as they stand, repeated ones too: what a map would make of them is not what was sent.
pub(crate) fn members(text: &[u8]) -> Option<Vec<Member>> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<Member>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let members = deserializer.deserialize_map(Members).ok()?;
    deserializer.end().ok()?;
    Some(members)
}

/// Those whose name has other values in the other object, or none.
fn except<'m>(members: &'m [Member], others: &[Member]) -> Vec<&'m Member> {
    let (mine, theirs) = (by_name(members), by_name(others));
    members.iter().filter(|(name, _)| mine.get(name.as_str()) != theirs.get(name.as_str())).collect()
}

/// The exact texts of all values of each name.
pub(crate) fn by_name(members: &[Member]) -> BTreeMap<&str, Vec<&str>> {
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in members {
        values.entry(name).or_default().push(value.get());
    }
    values
}

fn object(members: &[&Member]) -> String {
    let member = |(name, value): &&Member| {
        let name = serde_json::to_string(name).expect("a string is a JSON value");
        format!("{name}:{}", value.get())
    };
    let text = format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","));
    shown_octets(text.as_bytes(), LINE)
}

const WAS: &str = "   ← was ";

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::*;

    fn token(parts: &[&str], signature: &str) -> Input {
        let mut segments: Vec<_> = parts.iter().map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).collect();
        segments.push(signature.to_owned());
        Input::Token(segments.join("."))
    }

    fn twin() -> Input {
        token(&[r#"{"alg":"RS256"}"#, r#"{"sub":"alice","exp":1700003600}"#], "c2ln")
    }

    fn told(input: &Input) -> Vec<String> {
        lines(input, &twin()).into_iter().map(|(label, text)| format!("{label}: {text}")).collect()
    }

    #[test]
    fn only_what_differs_is_told_and_the_header_always() {
        assert_eq!(told(&twin()), [r#"header: {"alg":"RS256"}"#]);
        let forged = token(&[r#"{"alg":"none"}"#, r#"{"sub":"admin","exp":1700003600}"#], "");
        assert_eq!(
            told(&forged),
            [
                r#"header: {"alg":"none"}   ← was {"alg":"RS256"}"#,
                r#"payload: {"sub":"admin"}   ← was {"sub":"alice"}"#
            ]
        );
    }

    #[test]
    fn a_signature_is_told_of_where_nothing_else_differs() {
        let stripped = token(&[r#"{"alg":"RS256"}"#, r#"{"sub":"alice","exp":1700003600}"#], "");
        assert_eq!(told(&stripped)[1..], ["signature: (empty)   ← was c2ln (4 characters)"]);
    }

    #[test]
    fn members_are_shown_as_they_stand_repeated_ones_too() {
        let twice = token(&[r#"{"alg":"RS256"}"#, r#"{"sub":"alice","sub":"admin","exp":1700003600}"#], "c2ln");
        assert_eq!(told(&twice)[1..], [r#"payload: {"sub":"alice","sub":"admin"}   ← was {"sub":"alice"}"#]);
        let spelled = token(&[r#"{"alg":"RS256"}"#, r#"{"sub":"alice","exp":17000036e2}"#], "c2ln");
        assert_eq!(told(&spelled)[1..], [r#"payload: {"exp":17000036e2}   ← was {"exp":1700003600}"#]);
        let without = token(&[r#"{"alg":"RS256"}"#, r#"{"sub":"alice"}"#], "c2ln");
        assert_eq!(told(&without)[1..], [r#"payload: {"exp":1700003600}   (left out)"#]);
    }

    #[test]
    fn what_does_not_decode_or_is_no_object_is_still_no_failure() {
        assert_eq!(told(&Input::Token(String::new())), ["segments: 1   ← was 3"]);
        assert_eq!(told(&Input::Bytes(vec![0xff, b'.', 0, b'.', 0])), Vec::<String>::new());
        let array = token(&["\u{202e}", "[1]"], "c2ln");
        assert_eq!(
            told(&array),
            [r#"header: \u{202e}   ← was {"alg":"RS256"}"#, r#"payload: [1]   ← was {"sub":"alice","exp":1700003600}"#]
        );
    }
}
