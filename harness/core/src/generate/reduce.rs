//! Making a token smaller while what it shows stays.
//!
//! Takes a [`Sketch`], its valid twin and a question, gives the smallest sketch found of which the answer is still yes. Works
//! on what a token is made of: drops edits, members and elements, halves strings, shortens numbers, lets the trusted key sign;
//! every try is encoded and signed anew by whoever asks. What the twin has too is dropped, made plain or stays as it is: it is
//! no part of what went wrong, and a signature for each of its letters is what costs. Each step makes the sketch smaller in one fixed
//! order, so it ends, and bugs that are alike end in tokens that are alike.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::recipe::{Part, Secret, Signer};
use super::sketch::{Content, Member, Sketch};

/// The smallest sketch found within so many questions.
pub fn reduce(sketch: Sketch, twin: &Sketch, tries: usize, still: &mut dyn FnMut(&Sketch) -> bool) -> Sketch {
    let mut search = Search { best: sketch, twin, tries, still, refused: HashSet::new() };
    loop {
        let before = search.tries;
        let smaller = [Search::edits, Search::signer, Search::members, Search::values].map(|pass| pass(&mut search));
        if smaller == [false; 4] || search.tries == 0 || search.tries == before {
            return search.best;
        }
    }
}

struct Search<'q> {
    best: Sketch,
    twin: &'q Sketch,
    tries: usize,
    still: &'q mut dyn FnMut(&Sketch) -> bool,
    /// What the answer was no of: passes come back to much of it, and a signature costs more than to remember.
    refused: HashSet<Sketch>,
}

impl Search<'_> {
    fn try_this(&mut self, candidate: Sketch) -> bool {
        if self.tries == 0 || candidate == self.best || self.refused.contains(&candidate) {
            return false;
        }
        self.tries -= 1;
        let better = (self.still)(&candidate);
        if better {
            self.best = candidate;
        } else {
            self.refused.insert(candidate);
        }
        better
    }

    fn edits(&mut self) -> bool {
        let mut smaller = false;
        for index in (0..self.best.wire.len()).rev() {
            let mut candidate = self.best.clone();
            candidate.wire.remove(index);
            smaller |= self.try_this(candidate);
        }
        for index in (0..self.best.text.len()).rev() {
            let mut candidate = self.best.clone();
            candidate.text.remove(index);
            smaller |= self.try_this(candidate);
        }
        for part in [Part::Header, Part::Payload] {
            smaller |= self.best.baked(part).is_some_and(|candidate| self.try_this(candidate));
        }
        smaller
    }

    fn signer(&mut self) -> bool {
        let secrets = SECRETS.iter().map(|secret| Signer::Mac(secret.clone()));
        let plainer: Vec<Signer> = match self.best.signer {
            Signer::Trusted => Vec::new(),
            Signer::Nobody => vec![Signer::Trusted],
            // Who signed a token that was read is found out by trying: then it can be signed anew.
            Signer::Kept => [Signer::Trusted, Signer::Nobody, Signer::AsNamed].into_iter().chain(secrets).collect(),
            _ => vec![Signer::Trusted, Signer::Nobody],
        };
        plainer.into_iter().any(|signer| self.try_this(Sketch { signer, ..self.best.clone() }))
    }

    fn members(&mut self) -> bool {
        let mut smaller = false;
        for part in [Part::Payload, Part::Header] {
            smaller |= self.encoded_anew(part);
            match self.best.side(part).content.clone() {
                Content::Members(members) => smaller |= self.fewer(part, members.len()),
                Content::Octets(octets) => smaller |= self.shorter(part, &octets),
            }
        }
        smaller
    }

    fn encoded_anew(&mut self, part: Part) -> bool {
        let mut candidate = self.best.clone();
        candidate.side_mut(part).as_was.take().is_some() && self.try_this(candidate)
    }

    /// Drops members: all, halves, quarters, single ones.
    fn fewer(&mut self, part: Part, count: usize) -> bool {
        let mut smaller = false;
        let mut chunk = count.max(1);
        loop {
            let mut start = 0;
            while let Some(left) = self.best.members(part).map(<[Member]>::len).filter(|left| start < *left) {
                let end = (start + chunk).min(left);
                if self.with_content(part, |members| drop(members.drain(start..end))) {
                    smaller = true;
                } else {
                    start += chunk;
                }
            }
            if chunk == 1 {
                return smaller;
            }
            chunk = chunk.div_ceil(2);
        }
    }

    fn shorter(&mut self, part: Part, octets: &[u8]) -> bool {
        let object = Content::Members(Vec::new());
        let halves = [&octets[..octets.len() / 2], &octets[octets.len() / 2..]];
        let ends = [octets.get(1..), octets.len().checked_sub(1).map(|end| &octets[..end])];
        let fewer = halves.into_iter().chain(ends.into_iter().flatten());
        let candidates: Vec<Content> = std::iter::once(object)
            .chain(fewer.filter(|fewer| fewer.len() < octets.len()).map(|fewer| Content::Octets(fewer.to_vec())))
            .collect();
        candidates.into_iter().any(|content| {
            let mut candidate = self.best.clone();
            *candidate.side_mut(part) = super::sketch::Side { content, as_was: None };
            self.try_this(candidate)
        })
    }

    fn values(&mut self) -> bool {
        let mut smaller = false;
        for part in [Part::Payload, Part::Header] {
            for index in 0..self.best.members(part).map_or(0, <[Member]>::len) {
                while let Some((value, is_twins)) = self.value(part, index) {
                    let found = if is_twins { plainer(&value) } else { simpler(&value) }
                        .into_iter()
                        .any(|simpler| self.with_content(part, |members| members[index].value = simpler));
                    smaller |= found;
                    if !found {
                        break;
                    }
                }
            }
        }
        smaller
    }

    /// The value of a member, and whether the valid twin has the same.
    fn value(&self, part: Part, index: usize) -> Option<(String, bool)> {
        let member = self.best.members(part)?.get(index)?;
        let is_twins = self.twin.members(part).is_some_and(|twins| twins.contains(member));
        Some((member.value.clone(), is_twins))
    }

    fn with_content(&mut self, part: Part, change: impl FnOnce(&mut Vec<Member>)) -> bool {
        let mut candidate = self.best.clone();
        let side = candidate.side_mut(part);
        side.as_was = None;
        let Content::Members(members) = &mut side.content else { return false };
        change(members);
        self.try_this(candidate)
    }
}

/// Simpler values, the simplest first; each is shorter, or as long and earlier in [`PLAIN`].
fn simpler(value: &str) -> Vec<String> {
    let own_rank = rank(value);
    let plain = PLAIN.iter().map(|plain| (*plain).to_owned());
    plain.chain(within(value)).filter(|candidate| rank(candidate) < own_rank).collect()
}

/// The simplest values alone.
fn plainer(value: &str) -> Vec<String> {
    PLAIN[..2].iter().filter(|plain| rank(plain) < rank(value)).map(|plain| (*plain).to_owned()).collect()
}

fn rank(value: &str) -> (usize, usize) {
    (value.len(), PLAIN.iter().position(|plain| *plain == value).unwrap_or(PLAIN.len()))
}

fn within(value: &str) -> Vec<String> {
    if let Some(text) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        let pieces = pieces(text, '\\').into_iter();
        return pieces.map(|piece| format!("\"{piece}\"")).collect();
    }
    if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(value) {
        let elements: Vec<&str> = elements.into_iter().map(RawValue::get).collect();
        let alone = elements.iter().map(|element| (*element).to_owned());
        return alone.chain(without_one(&elements).map(|rest| format!("[{}]", rest.join(",")))).collect();
    }
    if let Ok(members) = serde_json::from_str::<std::collections::BTreeMap<String, &RawValue>>(value) {
        let written: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("{}:{}", crate::forge::json::quote(name), value.get()))
            .collect();
        let written: Vec<&str> = written.iter().map(String::as_str).collect();
        let alone = members.values().map(|value| value.get().to_owned());
        return alone.chain(without_one(&written).map(|rest| format!("{{{}}}", rest.join(",")))).collect();
    }
    let mut shorter = pieces(value, '\0');
    shorter.retain(|piece| !piece.is_empty());
    shorter
}

/// Halves, and the text without one of its characters; `guard` is not cut from what follows it.
fn pieces(text: &str, guard: char) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let half = characters.len() / 2;
    let mut pieces: Vec<String> = if half > 0 {
        vec![characters[..half].iter().collect(), characters[half..].iter().collect()]
    } else {
        Vec::new()
    };
    if characters.len() <= SINGLES {
        pieces.extend((0..characters.len()).map(|left_out| {
            characters.iter().enumerate().filter(|(index, _)| *index != left_out).map(|(_, c)| *c).collect::<String>()
        }));
    }
    pieces.retain(|piece| !piece.ends_with(guard));
    pieces
}

fn without_one<'e>(elements: &'e [&'e str]) -> impl Iterator<Item = Vec<&'e str>> {
    (0..elements.len().min(SINGLES)).map(|left_out| {
        elements.iter().enumerate().filter(|(index, _)| *index != left_out).map(|(_, element)| *element).collect()
    })
}

/// What a token that was read may have been signed with.
const SECRETS: [Secret; 13] = [
    Secret::Configured,
    Secret::Known,
    Secret::Empty,
    Secret::Pem,
    Secret::PemTrimmed,
    Secret::Der,
    Secret::Pkcs1,
    Secret::Certificate,
    Secret::Jwk,
    Secret::Jwks,
    Secret::Numbers,
    Secret::PemBody,
    Secret::OpenSsh,
];

/// Up to how many characters or elements are left out one by one.
const SINGLES: usize = 40;

/// What every value is tried as.
const PLAIN: [&str; 7] = ["0", r#""""#, "1", "[]", "{}", "null", r#""x""#];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::recipe::Spelling;
    use crate::generate::recipe::{Segment, TextEdit, WireEdit};

    fn sketch(header: &str, payload: &str) -> Sketch {
        let token = crate::forge::Jws::unsigned(header, payload).compact();
        Sketch { signer: Signer::Trusted, ..Sketch::read(token.as_bytes()) }
    }

    #[test]
    fn only_what_the_question_needs_is_left() {
        let mut big = sketch(
            r#"{"alg":"HS256","typ":"JWT","kid":"x"}"#,
            r#"{"iss":"a","exp":[[1700000000,5]],"sub":"b","x":{"y":[1]}}"#,
        );
        big.text.push(TextEdit(Part::Payload, Spelling::Spaced));
        big.wire.push(WireEdit::Pad(Segment::Header));
        let small = reduce(big, &Sketch::read(b""), 1000, &mut |sketch| {
            let payload = String::from_utf8(sketch.payload.octets()).unwrap();
            payload.contains("exp") && payload.contains('5')
        });
        assert_eq!(small.payload.octets(), br#"{"exp":5}"#);
        assert_eq!(small.header.octets(), b"{}");
        assert!(small.text.is_empty() && small.wire.is_empty());
    }

    #[test]
    fn an_edit_that_is_the_cause_stays() {
        let mut padded = sketch(r#"{"alg":"HS256"}"#, r#"{"sub":"x"}"#);
        padded.wire = vec![WireEdit::Upper(Segment::Header), WireEdit::Pad(Segment::Signature)];
        let small = reduce(padded, &Sketch::read(b""), 1000, &mut |sketch| {
            sketch.wire.contains(&WireEdit::Pad(Segment::Signature))
        });
        assert_eq!(small.wire, [WireEdit::Pad(Segment::Signature)]);
        assert_eq!(small.payload.octets(), b"{}");
    }

    #[test]
    fn what_the_valid_twin_has_too_is_dropped_or_made_plain_or_stays() {
        let twin = sketch(r#"{"alg":"HS256"}"#, r#"{"iss":"a","aud":"abc","sub":"d"}"#);
        let wrong = sketch(r#"{"alg":"HS256"}"#, r#"{"iss":"xyz","aud":"abc","sub":"d"}"#);
        let mut asked = 0;
        let small = reduce(wrong, &twin, 1000, &mut |sketch| {
            asked += 1;
            let claims = sketch.claims();
            let has = |name: &str, value: &str| claims.0.get(name).is_some_and(|claim| claim == value);
            has("aud", "abc") && claims.0.get("iss").is_some_and(|iss| iss != "a")
        });
        assert_eq!(small.payload.octets(), br#"{"iss":0,"aud":"abc"}"#);
        assert!(asked < 20, "{asked}");
    }

    #[test]
    fn values_only_get_simpler() {
        for value in [
            "null",
            "\"x\"",
            "1",
            "0",
            "\"\"",
            "[]",
            "{}",
            "\"ab\\u0000c\"",
            "[1,[2]]",
            "{\"a\":1}",
            "170",
            "1e5",
            "NaN",
            "",
        ] {
            for simpler in simpler(value) {
                assert!(rank(&simpler) < rank(value), "{simpler} from {value}");
            }
        }
        assert!(simpler("[1,[2]]").contains(&"[2]".to_owned()));
        assert!(simpler("0").is_empty());
    }
}
