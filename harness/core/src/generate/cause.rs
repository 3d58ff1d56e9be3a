//! What a small token shows, in words: the class of a finding of a campaign.
//!
//! Takes a reduced sketch and its stage, gives what is left that differs from the valid twin, each in a word or two joined by
//! hyphens: `exp-text`, `alg-none`, `pad-signature`. Bugs that are alike get the same words, whichever token found them. Never
//! looks at a target.

use token_assay_model::Algorithm;

use super::recipe::{End, Part, Secret, Segment, Signer, Spelling, TextEdit, WireEdit};
use super::sketch::{Member, Sketch};
use super::stage::Stage;
use crate::reference::json::Json;

/// The words for what differs, the most telling first; at least one.
pub fn words(sketch: &Sketch, stage: &Stage) -> Vec<String> {
    let mut words = Vec::new();
    if sketch.whole.is_some() {
        words.push("not-three-parts".to_owned());
    }
    words.extend([Part::Header, Part::Payload].into_iter().flat_map(|part| of_part(sketch, stage, part)));
    words.extend(signer(&sketch.signer).map(str::to_owned));
    words.extend(sketch.text.iter().map(spelling));
    words.extend(sketch.wire.iter().map(wire));
    words.dedup();
    words.truncate(MOST);
    if words.is_empty() {
        words.push(AS_IS.to_owned());
    }
    words
}

/// The names of members that valid tokens have and this one has not, as words.
pub fn missing(sketch: &Sketch, stage: &Stage) -> Vec<(Part, Member, String)> {
    let of_part = |part: Part| {
        let (own, twin) = (sketch.members(part).unwrap_or_default(), stage.twin.members(part).unwrap_or_default());
        let gone = twin.iter().filter(|member| !own.iter().any(|own| own.name == member.name));
        gone.map(|member| (part, member.clone(), format!("{}-missing", label(part, &member.name)))).collect::<Vec<_>>()
    };
    [Part::Header, Part::Payload].into_iter().flat_map(of_part).collect()
}

/// Members whose value differs from the valid token's, with the value that it has there.
pub fn changed(sketch: &Sketch, stage: &Stage) -> Vec<(Part, usize, String)> {
    let of_part = |part: Part| {
        let (own, twin) = (sketch.members(part).unwrap_or_default(), stage.twin.members(part).unwrap_or_default());
        let twins = own.iter().enumerate().filter_map(|(index, member)| {
            let twin = twin.iter().find(|twin| twin.name == member.name && twin.value != member.value)?;
            Some((part, index, twin.value.clone()))
        });
        twins.collect::<Vec<_>>()
    };
    [Part::Header, Part::Payload].into_iter().flat_map(of_part).collect()
}

fn of_part(sketch: &Sketch, stage: &Stage, part: Part) -> Vec<String> {
    let Some(own) = sketch.members(part) else {
        return vec![format!("{part}-no-object")];
    };
    let mut words: Vec<String> = Vec::new();
    for (index, member) in own.iter().enumerate() {
        let label = label(part, &member.name);
        if own[..index].iter().any(|before| before.name == member.name) {
            words.retain(|word| !word.starts_with(&format!("{label}-")));
            words.push(format!("{label}-twice"));
            continue;
        }
        let name = serde_json::from_str::<String>(&member.name).unwrap_or_default();
        let twin = stage.valid_value(part, &name);
        if twin != Some(member.value.as_str()) {
            words.push(format!("{label}-{}", kind(&name, &member.value, twin, stage)));
        }
    }
    words
}

/// A member's name as a word: its own where the registries know it, and with its part where it belongs into the other.
fn label(part: Part, raw_name: &str) -> String {
    let name = serde_json::from_str::<String>(raw_name).unwrap_or_default();
    let (in_header, in_payload) = (HEADER.contains(&name.as_str()), CLAIMS.contains(&name.as_str()));
    match part {
        Part::Header if in_header => name,
        Part::Payload if in_payload => name,
        Part::Header if in_payload => format!("header-{name}"),
        Part::Payload if in_header => format!("claim-{name}"),
        Part::Header => "header-member".to_owned(),
        Part::Payload => "claim".to_owned(),
    }
}

fn kind(name: &str, value: &str, twin: Option<&str>, stage: &Stage) -> &'static str {
    let Ok(parsed) = serde_json::from_str::<serde_json::Value>(value) else {
        // Numbers beyond f64 are JSON that serde_json does not read.
        return if Json::parse(value.as_bytes()).is_ok() { "number-huge" } else { "no-json" };
    };
    match parsed {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "bool",
        serde_json::Value::Object(_) => "map",
        serde_json::Value::Array(elements) if elements.is_empty() => "list-empty",
        serde_json::Value::Array(_) => {
            if twin.is_some_and(|twin| value.contains(twin)) {
                "list-with-own"
            } else {
                "list"
            }
        }
        serde_json::Value::Number(_) => number(name, value, stage),
        serde_json::Value::String(text) => string(name, &text, twin),
    }
}

fn number(name: &str, value: &str, stage: &Stage) -> &'static str {
    let date = matches!(name, "exp" | "nbf" | "iat");
    if value.starts_with("-0") && value.parse() == Ok(0.0) {
        return "negative-zero";
    }
    if date && value.contains(['.', 'e', 'E']) && value.parse::<f64>().is_ok_and(|date| is_at_edge(date, stage)) {
        return "at-the-edge";
    }
    if value.contains(['e', 'E']) {
        return "exponent";
    }
    if value.contains('.') {
        return "fraction";
    }
    match value.parse::<i128>() {
        Err(_) => "number-huge",
        Ok(0) if date => "zero",
        Ok(number) if number < 0 && stage.now() >= 0 => "negative",
        Ok(number) if number > i128::from(u64::MAX) => "beyond-64-bits",
        Ok(number) if number > i128::from(i64::MAX) => "beyond-63-bits",
        Ok(number) if number > 1 << 53 => "beyond-53-bits",
        Ok(number) if number > 1 << 40 => "beyond-40-bits",
        Ok(number) if number >= 1 << 32 => "beyond-32-bits",
        Ok(number) if number >= 1 << 31 => "beyond-31-bits",
        Ok(number) if date => {
            let edges = [0, stage.policy.leeway.map_or(0, i128::from), stage.policy.max_age.map_or(0, i128::from)];
            let from_now = (number - i128::from(stage.now())).abs();
            match edges.iter().map(|edge| (from_now - edge).abs()).min().unwrap_or(from_now) {
                0 | 1 => "at-the-edge",
                2..=900 => "by-minutes",
                _ => "by-far",
            }
        }
        Ok(_) => "number",
    }
}

/// Within a second of where something changes.
fn is_at_edge(date: f64, stage: &Stage) -> bool {
    let edges = [0, stage.policy.leeway.unwrap_or(0), stage.policy.max_age.unwrap_or(0)];
    let from_now = (date - stage.now() as f64).abs();
    edges.iter().any(|edge| (from_now - *edge as f64).abs() <= 1.0)
}

fn string(name: &str, text: &str, twin: Option<&str>) -> &'static str {
    let own = twin.and_then(|twin| serde_json::from_str::<String>(twin).ok());
    let alike = |own: &String| own.eq_ignore_ascii_case(text);
    match name {
        "alg" if text == "none" => "none",
        "alg" if text.parse().is_ok_and(Algorithm::is_hmac) => "hmac",
        "alg" if text.parse::<Algorithm>().is_ok() => "other",
        "alg" if text.eq_ignore_ascii_case("none") => "none-respelled",
        "alg" if own.as_ref().is_some_and(alike) => "respelled",
        "alg" if text.is_empty() => "empty",
        "alg" => "unknown",
        "exp" | "nbf" | "iat" => "text",
        _ if text.is_empty() => "empty",
        _ => match own {
            Some(own) if alike(&own) => "respelled",
            Some(own) if text.contains(own.as_str()) => "affixed",
            Some(own) if own.contains(text) => "cut",
            _ => "other",
        },
    }
}

fn signer(signer: &Signer) -> Option<&'static str> {
    Some(match signer {
        Signer::Trusted => return None,
        Signer::AsNamed => "signed-as-named",
        Signer::Kept => "signature-kept",
        Signer::Nobody => "unsigned",
        Signer::Attacker => "signed-by-attacker",
        Signer::Mac(secret) => match secret {
            Secret::Empty | Secret::Zeros(_) => "mac-of-nothing",
            Secret::Pem | Secret::PemTrimmed | Secret::PemBody => "mac-of-pem",
            Secret::Der => "mac-of-der",
            Secret::Pkcs1 => "mac-of-pkcs1",
            Secret::Certificate => "mac-of-certificate",
            Secret::Jwk | Secret::Jwks => "mac-of-jwk",
            Secret::Numbers => "mac-of-numbers",
            Secret::OpenSsh => "mac-of-openssh",
            Secret::PrivatePem => "mac-of-private-pem",
            Secret::Word(_) => "mac-of-word",
            Secret::Respelled(_) => "mac-of-secret-respelled",
            Secret::Kid => "mac-of-kid",
            Secret::Configured => "mac-of-configured-text",
            Secret::Known => "mac-of-known-secret",
        },
    })
}

fn spelling(edit: &TextEdit) -> String {
    let word = match &edit.1 {
        Spelling::Insert(_, octets) => match octets.as_slice() {
            [octet] if octet.is_ascii_control() => "control-character",
            octets if std::str::from_utf8(octets).is_err() => "no-utf8",
            octets if octets.starts_with(b"\\") => "escape",
            octets if octets.trim_ascii().is_empty() => "white-space",
            _ => "inserted",
        },
        Spelling::Delete(..) => "deleted",
        Spelling::Replace(..) => "replaced",
        Spelling::Spaced => "spaced",
        Spelling::Before(_) => "preceded",
        Spelling::After(_) => "followed",
        Spelling::EscapedNames => "escaped-names",
        Spelling::SingleQuotes => "single-quotes",
        Spelling::Utf16 => "utf16",
        Spelling::TrailingComma => "trailing-comma",
        Spelling::Whole(_) => "rewritten",
    };
    format!("{}-{word}", edit.0)
}

fn wire(edit: &WireEdit) -> String {
    let at = |segment: &Segment| match segment {
        Segment::Header => "header",
        Segment::Payload => "payload",
        Segment::Signature => "signature",
    };
    match edit {
        WireEdit::Pad(segment) => format!("padded-{}", at(segment)),
        WireEdit::Standard(segment) => format!("standard-base64-{}", at(segment)),
        WireEdit::TrailingBits(segment) => format!("trailing-bits-{}", at(segment)),
        WireEdit::Empty(segment) => format!("empty-{}", at(segment)),
        WireEdit::Drop(segment) => format!("no-{}", at(segment)),
        WireEdit::Twice(segment) => format!("{}-twice", at(segment)),
        WireEdit::Instead(segment, _) => format!("other-{}", at(segment)),
        WireEdit::Into(segment, ..) => format!("inside-{}", at(segment)),
        WireEdit::Cut(segment, _) | WireEdit::Only(segment, _) => format!("cut-{}", at(segment)),
        WireEdit::Longer(segment, _) => format!("longer-{}", at(segment)),
        WireEdit::Flip(segment, ..) => format!("changed-{}", at(segment)),
        WireEdit::Upper(segment) => format!("capitals-{}", at(segment)),
        WireEdit::Hex(segment) => format!("hex-{}", at(segment)),
        WireEdit::Again(segment) => format!("encoded-twice-{}", at(segment)),
        WireEdit::Zeros(segment) => format!("zero-{}", at(segment)),
        WireEdit::Prepended(segment, _) => format!("zeros-before-{}", at(segment)),
        WireEdit::Der => "signature-in-der".to_owned(),
        WireEdit::AddOrder => "order-added".to_owned(),
        WireEdit::Exchange(..) => "exchanged-parts".to_owned(),
        WireEdit::Separator(End::First, _) => "other-first-separator".to_owned(),
        WireEdit::Separator(End::Last, _) => "other-last-separator".to_owned(),
        WireEdit::Before(_) => "preceded".to_owned(),
        WireEdit::After(_) => "followed".to_owned(),
        WireEdit::Percent => "percent-encoded".to_owned(),
        WireEdit::FlattenedWithout(name) => format!("flattened-json-without-{name}"),
        WireEdit::Flood(..) => "flooded".to_owned(),
        WireEdit::Flattened => "flattened-json".to_owned(),
        WireEdit::General => "general-json".to_owned(),
        WireEdit::Doubled(_) => "doubled".to_owned(),
        WireEdit::FlipAny(..) => "changed".to_owned(),
    }
}

/// The word for a token that differs in nothing: its policy, or what it lacks, is the cause.
pub const AS_IS: &str = "as-is";

/// How many words a class has at most.
const MOST: usize = 3;

/// Members that belong into a header (RFC 7515 §4.1, RFC 7516 §4.1, RFC 7797 §3).
const HEADER: [&str; 14] =
    ["alg", "typ", "kid", "crit", "cty", "jwk", "jku", "x5u", "x5c", "x5t", "b64", "enc", "zip", "exp-ext"];

/// Members that belong into claims (RFC 7519 §4.1, RFC 8693 §4, RFC 8417 §2.2).
const CLAIMS: [&str; 13] =
    ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "act", "may_act", "events", "nonce", "scope", "tenant"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attacks::scene::{Scene, settings};
    use crate::forge::json::quote as raw;
    use crate::forge::{Forge, NOW};
    use crate::generate::sketch::Content;

    #[test]
    fn what_differs_from_the_twin_is_said() {
        let forge = Forge::new(NOW);
        let stage = Stage::of_scene(&Scene::new(&forge, settings().next().unwrap()));
        let said = |part: Part, name: &str, value: &str| {
            let mut sketch = Sketch { signer: Signer::Trusted, ..stage.twin.clone() };
            let Content::Members(members) = &mut sketch.side_mut(part).content else { unreachable!() };
            members.retain(|member| member.name != raw(name));
            members.push(Member { name: raw(name), value: value.to_owned() });
            words(&sketch, &stage).join("+")
        };
        for (part, name, value, expected) in [
            (Part::Payload, "exp", "0", "exp-zero"),
            (Part::Payload, "exp", "1700000000", "exp-at-the-edge"),
            (Part::Payload, "exp", "1699999400", "exp-by-minutes"),
            (Part::Payload, "exp", "\"1700003600\"", "exp-text"),
            (Part::Payload, "exp", "1e400", "exp-number-huge"),
            (Part::Payload, "iss", "\"HTTPS://issuer.example\"", "iss-respelled"),
            (Part::Payload, "x", "1", "claim-number"),
            (Part::Header, "alg", "\"nOnE\"", "alg-none-respelled"),
            (Part::Header, "exp", "null", "header-exp-null"),
            (Part::Payload, "alg", "NaN", "claim-alg-no-json"),
        ] {
            assert_eq!(said(part, name, value), expected);
        }
        let plain = Sketch { signer: Signer::Nobody, ..stage.twin.clone() };
        assert_eq!(words(&plain, &stage), ["unsigned"]);
    }
}
