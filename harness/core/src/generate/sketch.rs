//! A token in the making: members as raw JSON, who signs, what is done to the texts and to the wire.
//!
//! Takes a recipe's operations, gives octets. What no operation has touched stays octet for octet as the template had it. A
//! [`Sketch`] can be read from any token, written out as JSON beside a finding, and made smaller by [`super::reduce`]. It
//! never judges.

use std::fmt::Write as _;

use rsa::BigUint;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use token_assay_model::{Algorithm, Claims};

use super::recipe::{
    Bend, End, Growth, Notation, Operation, Own, Part, Recipe, Respelling, Secret, Segment, Signer, Spelling, TextEdit,
    Value, Whose, WireEdit,
};
use super::stage::Stage;
use crate::attacks::scene;
use crate::forge::{Forge, Hash, Object, Scheme, TestKey, base64url, json, sign};

/// A token in the making.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sketch {
    /// The header.
    pub header: Side,
    /// The payload.
    pub payload: Side,
    /// The signature segment of the template.
    pub kept: String,
    /// Who signs.
    pub signer: Signer,
    /// Edits of the JSON texts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<TextEdit>,
    /// Edits of the signed token.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wire: Vec<WireEdit>,
    /// The token, where it is none of three parts: only edits of the wire change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<Vec<u8>>,
}

/// A part of a token.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Side {
    /// What it holds.
    pub content: Content,
    /// Its segment, as long as nothing has changed its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_was: Option<String>,
}

/// What a part holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// An object's members in order.
    Members(Vec<Member>),
    /// Something else.
    Octets(Vec<u8>),
}

/// A member, both sides as raw JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Member {
    /// Its name with the quotes.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Sketch {
    /// Reads a token: its signature is kept, its parts stay as they are until something changes them.
    pub fn read(token: &[u8]) -> Self {
        let parts: Vec<&[u8]> = token.split(|octet| *octet == b'.').collect();
        let text = |segment: &[u8]| String::from_utf8(segment.to_vec()).ok();
        let sides = match parts[..] {
            [header, payload, signature] => Side::read(header).zip(Side::read(payload)).zip(text(signature)),
            _ => None,
        };
        let empty = Side { content: Content::Members(Vec::new()), as_was: None };
        let whole = sides.is_none().then(|| token.to_vec());
        let ((header, payload), kept) = sides.unwrap_or(((empty.clone(), empty), String::new()));
        Self { header, payload, kept, signer: Signer::Kept, text: Vec::new(), wire: Vec::new(), whole }
    }

    /// What a recipe makes of a stage's token.
    pub fn cook(recipe: &Recipe, stage: &Stage, forge: &Forge) -> Self {
        let mut sketch = stage.start.clone();
        sketch.signer = recipe.signer.clone();
        sketch.text = recipe.text.clone();
        sketch.wire = recipe.wire.clone();
        for operation in &recipe.operations {
            sketch.apply(operation, stage, forge);
        }
        sketch
    }

    /// The token.
    pub fn token(&self, stage: &Stage, forge: &Forge) -> Vec<u8> {
        let wire = match &self.whole {
            Some(octets) => Wire::Rendered(octets.clone()),
            None => Wire::Segments(self.segments(stage, forge)),
        };
        self.wire.iter().fold(wire, Wire::edited).octets()
    }

    /// A part.
    pub fn side(&self, part: Part) -> &Side {
        match part {
            Part::Header => &self.header,
            Part::Payload => &self.payload,
        }
    }

    /// A part, to be changed; the caller clears `as_was`.
    pub fn side_mut(&mut self, part: Part) -> &mut Side {
        match part {
            Part::Header => &mut self.header,
            Part::Payload => &mut self.payload,
        }
    }

    /// The members of a part that is an object.
    pub fn members(&self, part: Part) -> Option<&[Member]> {
        match &self.side(part).content {
            Content::Members(members) => Some(members),
            Content::Octets(_) => None,
        }
    }

    /// The algorithm that the header names, where it is one.
    pub fn algorithm(&self) -> Option<Algorithm> {
        let members = self.members(Part::Header)?;
        let alg = members.iter().rev().find(|member| member.name == r#""alg""#)?;
        serde_json::from_str::<String>(&alg.value).ok()?.parse().ok()
    }

    /// The payload's members; none where it is no object.
    pub fn claims(&self) -> Claims {
        Claims::parse(&self.payload.octets()).unwrap_or_default()
    }

    /// The same with the edits of a part's text made part of its members, where it is still an object.
    pub(super) fn baked(&self, part: Part) -> Option<Self> {
        let edits: Vec<&TextEdit> = self.text.iter().filter(|edit| edit.0 == part).collect();
        if edits.is_empty() {
            return None;
        }
        let octets = edits.into_iter().fold(self.side(part).octets(), |octets, edit| respell(octets, &edit.1));
        let Members(members) = serde_json::from_slice(&octets).ok()?;
        let mut baked = self.clone();
        baked.text.retain(|edit| edit.0 != part);
        *baked.side_mut(part) = Side { content: Content::Members(members), as_was: None };
        Some(baked)
    }

    /// Moves the dates of both parts, where they are numbers near `from`, by `seconds`: a recipe outlives its clock.
    pub fn dated(&mut self, from: i64, seconds: i64) {
        for part in [Part::Header, Part::Payload] {
            let side = self.side_mut(part);
            let Content::Members(members) = &mut side.content else { continue };
            for member in members.iter_mut().filter(|member| DATES.contains(&member.name.as_str())) {
                let near = member.value.parse::<i64>().ok().filter(|date| date.abs_diff(from) < YEARS);
                if let Some(date) = near {
                    member.value = date.saturating_add(seconds).to_string();
                    side.as_was = None;
                }
            }
        }
    }

    fn segments(&self, stage: &Stage, forge: &Forge) -> [Vec<u8>; 3] {
        let [header, payload] = [Part::Header, Part::Payload].map(|part| self.segment(part));
        let mut message = String::with_capacity(header.len() + payload.len() + 1);
        message.push_str(&header);
        message.push('.');
        message.push_str(&payload);
        let signature = self.signature(message.as_bytes(), stage, forge);
        [header, payload, signature].map(String::into_bytes)
    }

    fn segment(&self, part: Part) -> String {
        let side = self.side(part);
        let mut edits = self.text.iter().filter(|edit| edit.0 == part).peekable();
        match (&side.as_was, edits.peek()) {
            (Some(segment), None) => segment.clone(),
            _ => base64url::encode(edits.fold(side.octets(), |octets, edit| respell(octets, &edit.1))),
        }
    }

    fn signature(&self, message: &[u8], stage: &Stage, forge: &Forge) -> String {
        let trusted = stage.trusted.as_deref();
        let octets = match (&self.signer, trusted) {
            (Signer::Kept, _) | (Signer::Trusted | Signer::AsNamed, None) => return self.kept.clone(),
            (Signer::Nobody, _) => return String::new(),
            (Signer::Trusted, Some(key)) => forge.signature_once(key, Scheme::of(stage.algorithm), message),
            (Signer::AsNamed, Some(key)) => {
                let named = self.algorithm().filter(|named| signs(key, stage.algorithm, *named));
                forge.signature_once(key, Scheme::of(named.unwrap_or(stage.algorithm)), message)
            }
            (Signer::Attacker, _) => {
                forge.signature_once(forge.keys().attacker(stage.algorithm), Scheme::of(stage.algorithm), message)
            }
            (Signer::Mac(secret), _) => sign::mac(self.named_hash(), &secret_octets(secret, stage), message),
        };
        base64url::encode(octets)
    }

    fn named_hash(&self) -> Hash {
        match self.algorithm() {
            Some(Algorithm::Hs384 | Algorithm::Rs384 | Algorithm::Es384 | Algorithm::Ps384) => Hash::Sha384,
            Some(Algorithm::Hs512 | Algorithm::Rs512 | Algorithm::Es512 | Algorithm::Ps512) => Hash::Sha512,
            _ => Hash::Sha256,
        }
    }

    /// Applies an operation; one on a member that is not there, or on a part that is no object, does nothing.
    pub fn apply(&mut self, operation: &Operation, stage: &Stage, forge: &Forge) {
        match operation {
            Operation::Set(part, name, value) => {
                let (name, value) = (json::quote(name), value.json(stage, forge));
                self.change(*part, |members| match members.iter_mut().find(|member| member.name == name) {
                    Some(member) => member.value = value,
                    None => members.push(Member { name, value }),
                });
            }
            Operation::Repeat(part, name, value, end) => {
                let member = Member { name: json::quote(name), value: value.json(stage, forge) };
                self.change(*part, |members| match end {
                    End::Last => members.push(member),
                    End::First => members.insert(0, member),
                });
            }
            Operation::Remove(part, name) => {
                let name = json::quote(name);
                self.change(*part, |members| members.retain(|member| member.name != name));
            }
            Operation::Rename(part, name, to) => {
                let name = json::quote(name);
                self.change(*part, |members| {
                    if let Some(member) = members.iter_mut().find(|member| member.name == name) {
                        member.name = json::quote(to);
                    }
                });
            }
            Operation::Copy(part, name) => {
                let name = json::quote(name);
                let member = self.members(*part).into_iter().flatten().find(|member| member.name == name).cloned();
                if let Some(member) = member {
                    self.change(part.other(), |members| members.push(member));
                }
            }
            Operation::Bend(part, name, bend) => {
                let name = json::quote(name);
                self.change(*part, |members| {
                    if let Some(member) = members.iter_mut().find(|member| member.name == name) {
                        member.value = bent(&member.value, bend);
                    }
                });
            }
            Operation::Nest(part, name, into) => {
                let (name, into) = (json::quote(name), json::quote(into));
                self.change(*part, |members| {
                    if let Some(member) = members.iter_mut().find(|member| member.name == name) {
                        let value = format!("{{{}:{}}}", member.name, member.value);
                        *member = Member { name: into, value };
                    }
                });
            }
            Operation::Replace(part, value) => {
                let octets = value.json(stage, forge).into_bytes();
                *self.side_mut(*part) = Side { content: Content::Octets(octets), as_was: None };
            }
            Operation::Swap => std::mem::swap(&mut self.header, &mut self.payload),
            Operation::Grow(part, growth) => self.change(*part, |members| grow(members, *growth)),
        }
    }

    fn change(&mut self, part: Part, change: impl FnOnce(&mut Vec<Member>)) {
        let side = self.side_mut(part);
        if let Content::Members(members) = &mut side.content {
            change(members);
            side.as_was = None;
        }
    }
}

impl Side {
    fn read(segment: &[u8]) -> Option<Self> {
        let as_was = String::from_utf8(segment.to_vec()).ok()?;
        let octets = base64url::decode(segment).unwrap_or_default();
        let content = match serde_json::from_slice::<Members>(&octets) {
            Ok(Members(members)) => Content::Members(members),
            Err(_) => Content::Octets(octets),
        };
        Some(Self { content, as_was: Some(as_was) })
    }

    /// The JSON text, or what stands for it.
    pub fn octets(&self) -> Vec<u8> {
        match &self.content {
            Content::Octets(octets) => octets.clone(),
            Content::Members(members) => text_of(members).into_bytes(),
        }
    }
}

fn text_of(members: &[Member]) -> String {
    let length: usize = members.iter().map(|member| member.name.len() + member.value.len() + 2).sum();
    let mut text = String::with_capacity(length + 2);
    text.push('{');
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&member.name);
        text.push(':');
        text.push_str(&member.value);
    }
    text.push('}');
    text
}

/// An object read without merging members and without parsing their values.
struct Members(Vec<Member>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    members.push(Member { name: json::quote(&name), value: value.get().to_owned() });
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// Whether the key that signs as `usual` can also sign as `named`.
fn signs(key: &TestKey, usual: Algorithm, named: Algorithm) -> bool {
    let same_kind = (usual.is_hmac() && named.is_hmac())
        || (usual.is_rsa() && named.is_rsa())
        || (usual.is_ecdsa() && named.is_ecdsa())
        || (usual.is_eddsa() && named.is_eddsa());
    same_kind && (!usual.is_hmac() || key.octets().is_some())
}

impl Value {
    /// The raw JSON text.
    pub fn json(&self, stage: &Stage, forge: &Forge) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(truth) => truth.to_string(),
            Self::Number(text) | Self::Raw(text) => text.clone().into_owned(),
            Self::FromNow(offset, notation) => notation.write(stage.now().saturating_add(*offset)),
            Self::Text(text) => json::quote(text),
            Self::Own(own) => json::quote(stage.own(*own)),
            Self::Key(whose) => shown_key(*whose, stage, forge),
            Self::Address(whose) => {
                let set = Object::new().set("keys", json::array([shown_key(*whose, stage, forge)])).text();
                json::quote(&format!("data:application/json;base64,{}", base64url::encode_standard(set)))
            }
            Self::List(values) => json::array(values.iter().map(|value| value.json(stage, forge))),
            Self::Map(members) => {
                let members = members.iter().map(|(name, value)| (name, value.json(stage, forge)));
                members.fold(Object::new(), |object, (name, value)| object.append(name, value)).text()
            }
        }
    }
}

impl Notation {
    fn write(self, date: i64) -> String {
        match self {
            Self::Integer => date.to_string(),
            Self::Fraction => format!("{date}.5"),
            Self::Exponent => format!("{date}0e-1"),
            Self::Scientific => {
                let (sign, digits) = if date < 0 { ("-", date.unsigned_abs()) } else { ("", date.unsigned_abs()) };
                let digits = digits.to_string();
                let (first, rest) = digits.split_at(1);
                let rest = if rest.is_empty() { "0" } else { rest };
                format!("{sign}{first}.{rest}e{}", digits.len() - 1)
            }
            Self::Quoted => format!("\"{date}\""),
            Self::Listed => format!("[{date}]"),
            Self::Milliseconds => date.saturating_mul(1000).to_string(),
            Self::Boxed => format!("{{\"value\":{date}}}"),
        }
    }
}

/// The value bent; one that cannot be bent so stays as it is.
fn bent(value: &str, bend: &Bend) -> String {
    let string = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let number = value.parse::<i128>().ok();
    match (bend, string, number) {
        (Bend::InList, ..) => format!("[{value}]"),
        (Bend::InListAfter(text), ..) => format!("[{},{value}]", json::quote(text)),
        (Bend::InMap(name), ..) => format!("{{{}:{value}}}", json::quote(name)),
        (Bend::Quoted, None, _) => json::quote(value),
        (Bend::Upper, Some(text), _) => format!("\"{}\"", text.to_ascii_uppercase()),
        (Bend::Lower, Some(text), _) => format!("\"{}\"", text.to_ascii_lowercase()),
        (Bend::SwapCase, Some(text), _) => {
            let swapped = text
                .chars()
                .map(|c| if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() });
            format!("\"{}\"", swapped.collect::<String>())
        }
        (Bend::Before(more), Some(text), _) => format!("{}{text}\"", json::quote(more).trim_end_matches('"')),
        (Bend::After(more), Some(text), _) => format!("\"{text}{}", &json::quote(more)[1..]),
        (Bend::FirstHalf, Some(text), _) => {
            format!("\"{}\"", text.chars().take(text.chars().count() / 2).collect::<String>())
        }
        (Bend::WithoutLast, Some(text), _) => {
            let mut text = text.to_owned();
            text.pop();
            format!("\"{text}\"")
        }
        (Bend::Escaped, Some(_), _) => {
            serde_json::from_str::<String>(value).map_or_else(|_| value.to_owned(), |text| json::quote_escaped(&text))
        }
        (Bend::LookAlike, Some(text), _) => {
            format!("\"{}\"", text.replacen('s', "\u{17f}", 1).replacen('S', "\u{ff33}", 1).replacen('e', "\u{435}", 1))
        }
        (Bend::Percent, Some(text), _) => format!("\"{}\"", text.replacen('e', "%65", 1).replacen('.', "%2e", 1)),
        (Bend::Add(much), _, Some(number)) => (number + i128::from(*much)).to_string(),
        (Bend::AddPower(power), _, Some(number)) => (number + (1 << (*power).min(100))).to_string(),
        (Bend::Thousand, _, Some(number)) => number.saturating_mul(1000).to_string(),
        (Bend::Negative, _, Some(number)) => (-number).to_string(),
        (Bend::Fraction(fraction), _, Some(number)) => format!("{number}{fraction}"),
        (Bend::Exponent, _, Some(number)) => format!("{number}0e-1"),
        _ => value.to_owned(),
    }
}

fn grow(members: &mut Vec<Member>, growth: Growth) {
    let value = match growth {
        Growth::LongText(size) => json::quote(&"a".repeat(size as usize)),
        Growth::LongName(size) => {
            members.push(Member { name: json::quote(&"n".repeat(size as usize)), value: "0".to_owned() });
            return;
        }
        Growth::Members(count) => {
            members.extend((0..count).map(|index| Member { name: format!("\"m{index}\""), value: "0".to_owned() }));
            return;
        }
        Growth::DeepLists(depth) => format!("{}{}", "[".repeat(depth.into()), "]".repeat(depth.into())),
        Growth::DeepMaps(depth) => format!("{}0{}", "{\"a\":".repeat(depth.into()), "}".repeat(depth.into())),
        Growth::LongList(length) => json::array(std::iter::repeat_n("0", length.into())),
        Growth::Digits(count) => "1".repeat((count as usize).max(1)),
    };
    members.push(Member { name: r#""grown""#.to_owned(), value });
}

fn respell(mut octets: Vec<u8>, spelling: &Spelling) -> Vec<u8> {
    let place = |at: &u16, length: usize| (usize::from(*at) * length) >> 16;
    match spelling {
        Spelling::Insert(at, more) => {
            let at = place(at, octets.len() + 1);
            octets.splice(at..at, more.iter().copied());
        }
        Spelling::Delete(at, count) => {
            let at = place(at, octets.len());
            octets.drain(at..(at + usize::from(*count)).min(octets.len()));
        }
        Spelling::Replace(at, octet) => {
            let at = place(at, octets.len());
            if let Some(old) = octets.get_mut(at) {
                *old = *octet;
            }
        }
        Spelling::Spaced => {
            octets = outside_strings(&octets, |octet| match octet {
                b'{' | b'[' | b',' | b':' => vec![octet, b' '],
                b'}' | b']' => vec![b'\n', octet],
                _ => vec![octet],
            });
        }
        Spelling::Before(more) => {
            octets.splice(0..0, more.bytes());
        }
        Spelling::After(more) => octets.extend(more.bytes()),
        Spelling::EscapedNames => {
            if let Ok(Members(members)) = serde_json::from_slice::<Members>(&octets) {
                let escaped = |member: Member| {
                    let name = serde_json::from_str::<String>(&member.name).unwrap_or_default();
                    Member { name: json::quote_escaped(&name), value: member.value }
                };
                octets = text_of(&members.into_iter().map(escaped).collect::<Vec<_>>()).into_bytes();
            }
        }
        Spelling::SingleQuotes => octets.iter_mut().filter(|octet| **octet == b'"').for_each(|octet| *octet = b'\''),
        Spelling::Utf16 => {
            octets = String::from_utf8_lossy(&octets).encode_utf16().flat_map(u16::to_le_bytes).collect();
        }
        Spelling::TrailingComma => {
            if let Some(last) = octets.iter().rposition(|octet| *octet == b'}') {
                octets.insert(last, b',');
            }
        }
        Spelling::Whole(text) => octets.clone_from(text),
    }
    octets
}

fn outside_strings(octets: &[u8], each: impl Fn(u8) -> Vec<u8>) -> Vec<u8> {
    let (mut inside, mut escaped, mut written) = (false, false, Vec::with_capacity(octets.len() * 2));
    for octet in octets {
        if inside {
            written.push(*octet);
        } else {
            written.extend(each(*octet));
        }
        inside ^= *octet == b'"' && !escaped;
        escaped = inside && *octet == b'\\' && !escaped;
    }
    written
}

fn secret_octets(secret: &Secret, stage: &Stage) -> Vec<u8> {
    let key = stage.trusted.as_deref();
    let text = |text: Option<&String>| text.map(|text| text.as_bytes().to_vec());
    let pem = || key.and_then(|key| key.pem.clone());
    let octets = match secret {
        Secret::Empty => Some(Vec::new()),
        Secret::Zeros(count) => Some(vec![0; usize::from(*count)]),
        Secret::Pem => pem().map(String::into_bytes),
        Secret::PemTrimmed => pem().map(|pem| pem.trim_end().as_bytes().to_vec()),
        Secret::PemBody => {
            pem().map(|pem| pem.lines().filter(|l| !l.starts_with('-')).collect::<String>().into_bytes())
        }
        Secret::Der => key.and_then(TestKey::spki_der),
        Secret::Pkcs1 => text(key.and_then(|key| key.pkcs1_pem.as_ref())),
        Secret::Certificate => text(key.and_then(|key| key.cert_pem.as_ref())),
        Secret::Jwk => text(key.map(|key| &key.jwk_text)),
        Secret::Jwks => Some(scene::jwks_text(&stage.policy.keys).into_bytes()),
        Secret::Numbers => key.and_then(|key| {
            let numbers = key.jwk_octets("n").or_else(|| key.jwk_octets("x"))?;
            Some(match key.jwk_octets("y") {
                Some(y) => [&[4], numbers.as_slice(), &y].concat(),
                None => numbers,
            })
        }),
        Secret::OpenSsh => text(key.and_then(|key| key.openssh.as_ref())),
        Secret::PrivatePem => text(key.and_then(|key| key.private_pem.as_ref())),
        Secret::Word(word) => Some(word.as_bytes().to_vec()),
        Secret::Respelled(respelling) => key.and_then(TestKey::octets).map(|octets| respelled(octets, *respelling)),
        Secret::Kid => Some(stage.own(Own::Kid).as_bytes().to_vec()),
        Secret::Configured => stage.policy.keys.first().and_then(configured),
        Secret::Known => Some(KNOWN.to_vec()),
    };
    octets.unwrap_or_default()
}

fn configured(key: &token_assay_model::Key) -> Option<Vec<u8>> {
    key.pem.clone().map(String::into_bytes).or_else(|| key.secret.clone())
}

/// A key as a header shows it.
fn shown_key(whose: Whose, stage: &Stage, forge: &Forge) -> String {
    let attacker = forge.keys().attacker(stage.algorithm);
    match whose {
        Whose::Attacker => attacker.jwk_text.clone(),
        Whose::AttackerNamedAsTrusted => {
            let name = json::quote(stage.own(Own::Kid));
            attacker.jwk_text.replacen(&json::quote(&attacker.name), &name, 1)
        }
        Whose::Known => TestKey::from_secret("known", KNOWN).jwk_text,
        Whose::Trusted => stage.trusted.as_deref().map_or_else(|| "{}".to_owned(), |key| key.jwk_text.clone()),
    }
}

fn respelled(octets: &[u8], respelling: Respelling) -> Vec<u8> {
    match respelling {
        Respelling::Base64Url => base64url::encode(octets).into_bytes(),
        Respelling::Base64 => base64url::encode_standard(octets).into_bytes(),
        Respelling::Hex => hex(octets).into_bytes(),
        Respelling::Decoded => base64url::decode(octets).unwrap_or_default(),
        Respelling::WithNewline => [octets, b"\n"].concat(),
        Respelling::Trimmed => octets.trim_ascii().to_vec(),
        Respelling::FirstHalf => octets[..octets.len() / 2].to_vec(),
        Respelling::Lossy => String::from_utf8_lossy(octets).into_owned().into_bytes(),
        Respelling::UpToNul => octets.split(|octet| *octet == 0).next().unwrap_or_default().to_vec(),
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        write!(text, "{octet:02x}").expect("a string grows");
        text
    })
}

/// A signed token on its way to the wire: as segments until an edit needs it as one text.
enum Wire {
    Segments([Vec<u8>; 3]),
    /// Segments with other separators, or missing.
    Spread {
        segments: [Option<Vec<u8>>; 3],
        separators: [Vec<u8>; 2],
    },
    Rendered(Vec<u8>),
}

impl Wire {
    fn octets(self) -> Vec<u8> {
        match self {
            Self::Segments(segments) => segments.join(&b'.'),
            Self::Spread { segments, separators: [first, second] } => {
                let mut octets = Vec::new();
                for (segment, separator) in segments.into_iter().zip([Vec::new(), first, second]) {
                    if let Some(segment) = segment {
                        octets.extend(separator);
                        octets.extend(segment);
                    }
                }
                octets
            }
            Self::Rendered(octets) => octets,
        }
    }

    fn edited(self, edit: &WireEdit) -> Self {
        match edit {
            WireEdit::Pad(at) => self.segment(*at, |mut segment| {
                segment.extend(std::iter::repeat_n(b'=', (4 - segment.len() % 4) % 4));
                segment
            }),
            WireEdit::Standard(at) => self.segment(*at, |segment| {
                let standard = |octet| match octet {
                    b'-' => b'+',
                    b'_' => b'/',
                    other => other,
                };
                segment.into_iter().map(standard).collect()
            }),
            WireEdit::TrailingBits(at) => self.segment(*at, with_trailing_bits),
            WireEdit::Empty(at) => self.segment(*at, |_| Vec::new()),
            WireEdit::Twice(at) => self.segment(*at, |segment| segment.repeat(2)),
            WireEdit::Instead(at, text) => self.segment(*at, |_| text.as_bytes().to_vec()),
            WireEdit::Into(at, place, text) => self.segment(*at, |mut segment| {
                let place = (usize::from(*place) * (segment.len() + 1)) >> 16;
                segment.splice(place..place, text.bytes());
                segment
            }),
            WireEdit::Cut(at, count) => self.segment(*at, |mut segment| {
                segment.truncate(segment.len().saturating_sub((*count).into()));
                segment
            }),
            WireEdit::Only(at, count) => self.segment(*at, |mut segment| {
                segment.truncate((*count).into());
                segment
            }),
            WireEdit::Longer(at, count) => self.decoded(*at, |mut octets| {
                octets.extend(vec![0; (*count).into()]);
                base64url::encode(octets)
            }),
            WireEdit::Flip(at, place, bit) => self.decoded(*at, |mut octets| {
                flip(&mut octets, *place, *bit);
                base64url::encode(octets)
            }),
            WireEdit::Upper(at) => self.segment(*at, |segment| segment.to_ascii_uppercase()),
            WireEdit::Hex(at) => self.decoded(*at, |octets| hex(&octets)),
            WireEdit::Again(at) => self.segment(*at, |segment| base64url::encode(segment).into_bytes()),
            WireEdit::Zeros(at) => self.decoded(*at, |octets| base64url::encode(vec![0; octets.len()])),
            WireEdit::Prepended(at, count) => {
                self.decoded(*at, |octets| base64url::encode([vec![0; (*count).into()], octets].concat()))
            }
            WireEdit::Der => self.decoded(Segment::Signature, |octets| base64url::encode(as_der(octets))),
            WireEdit::AddOrder => {
                self.decoded(Segment::Signature, |octets| base64url::encode(with_order_added(octets)))
            }
            WireEdit::Drop(at) => self.spread(|segments, _| segments[*at as usize] = None),
            WireEdit::Exchange(one, other) => self.spread(|segments, _| segments.swap(*one as usize, *other as usize)),
            WireEdit::Separator(end, text) => self.spread(|_, separators| {
                separators[usize::from(*end == End::Last)] = text.as_bytes().to_vec();
            }),
            WireEdit::Before(text) => self.rendered(|octets| [text.as_bytes(), &octets].concat()),
            WireEdit::After(text) => self.rendered(|octets| [&octets, text.as_bytes()].concat()),
            WireEdit::Percent => self.rendered(|octets| {
                let percent = |octet: u8| {
                    if octet.is_ascii_alphanumeric() { vec![octet] } else { format!("%{octet:02X}").into_bytes() }
                };
                octets.into_iter().flat_map(percent).collect()
            }),
            WireEdit::Flattened | WireEdit::General | WireEdit::FlattenedWithout(_) => self.serialised(edit),
            WireEdit::Flood(text, times) => {
                self.rendered(|octets| [octets, text.repeat(*times as usize).into_bytes()].concat())
            }
            WireEdit::Doubled(text) => self.rendered(|octets| [&octets, text.as_bytes(), &octets].concat()),
            WireEdit::FlipAny(place, bit) => self.rendered(|mut octets| {
                flip(&mut octets, *place, *bit);
                octets
            }),
        }
    }

    fn segment(self, at: Segment, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        match self {
            Self::Segments(mut segments) => {
                let segment = &mut segments[at as usize];
                *segment = change(std::mem::take(segment));
                Self::Segments(segments)
            }
            Self::Spread { mut segments, separators } => {
                segments[at as usize] = segments[at as usize].take().map(change);
                Self::Spread { segments, separators }
            }
            rendered @ Self::Rendered(_) => rendered,
        }
    }

    fn decoded(self, at: Segment, change: impl FnOnce(Vec<u8>) -> String) -> Self {
        self.segment(at, |segment| match base64url::decode(&segment) {
            Some(octets) => change(octets).into_bytes(),
            None => segment,
        })
    }

    fn spread(self, change: impl FnOnce(&mut [Option<Vec<u8>>; 3], &mut [Vec<u8>; 2])) -> Self {
        let (mut segments, mut separators) = match self {
            Self::Segments(segments) => (segments.map(Some), [b".".to_vec(), b".".to_vec()]),
            Self::Spread { segments, separators } => (segments, separators),
            rendered @ Self::Rendered(_) => return rendered,
        };
        change(&mut segments, &mut separators);
        Self::Spread { segments, separators }
    }

    fn rendered(self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        Self::Rendered(change(self.octets()))
    }

    fn serialised(self, edit: &WireEdit) -> Self {
        let Self::Segments(segments) = self else { return self };
        let [header, payload, signature] = segments.map(|segment| String::from_utf8_lossy(&segment).into_owned());
        let signed = Object::new().set_string("protected", &header).set_string("signature", &signature);
        let object = Object::new().set_string("payload", &payload);
        let text = match edit {
            WireEdit::General => object.set("signatures", json::array([signed.text()])).text(),
            _ => {
                let flattened = object.set_string("protected", &header).set_string("signature", &signature);
                match edit {
                    WireEdit::FlattenedWithout(name) => flattened.without(name).text(),
                    _ => flattened.text(),
                }
            }
        };
        Self::Rendered(text.into_bytes())
    }
}

fn flip(octets: &mut [u8], place: u16, bit: u8) {
    let place = (usize::from(place) * octets.len()) >> 16;
    if let Some(octet) = octets.get_mut(place) {
        *octet ^= 1 << (bit % 8);
    }
}

/// S + L for S, the second half of an Ed25519 signature, least octet first; other signatures stay as they are.
fn with_order_added(mut signature: Vec<u8>) -> Vec<u8> {
    if signature.len() == 64 {
        let order = (BigUint::from(1_u8) << 252) + BigUint::from(ED25519_ORDER_BEYOND);
        let mut sum = (BigUint::from_bytes_le(&signature[32..]) + order).to_bytes_le();
        sum.resize(32, 0);
        signature[32..].copy_from_slice(&sum);
    }
    signature
}

/// An ECDSA signature in DER (RFC 3279 §2.2.3); others stay as they are.
fn as_der(signature: Vec<u8>) -> Vec<u8> {
    let p256 = || p256::ecdsa::Signature::from_slice(&signature).ok().map(|s| s.to_der().as_bytes().to_vec());
    let p384 = || p384::ecdsa::Signature::from_slice(&signature).ok().map(|s| s.to_der().as_bytes().to_vec());
    p256().or_else(p384).unwrap_or(signature)
}

/// The segment with the last letter's unused bits set, where it has some (RFC 4648 §3.5).
pub(super) fn with_trailing_bits(mut segment: Vec<u8>) -> Vec<u8> {
    let unused = match segment.len() % 4 {
        2 => 4,
        3 => 2,
        _ => 0,
    };
    if unused > 0
        && let Some(last) = segment.last_mut()
        && let Some(value) = LETTERS.iter().position(|letter| letter == last)
    {
        *last = LETTERS[value | 1];
    }
    segment
}

/// L − 2²⁵² (RFC 8032 §5.1).
const ED25519_ORDER_BEYOND: u128 = 27_742_317_777_372_353_535_851_937_790_883_648_493;

/// A secret that is none, as long as HMAC with SHA-512 wants it.
const KNOWN: &[u8] = b"everybody knows this secret, which is sixty-four octets long....";

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The members that hold dates.
const DATES: [&str; 3] = [r#""exp""#, r#""nbf""#, r#""iat""#];

/// How far from the clock a number is still a date of the recipe's, in seconds: some twenty years.
const YEARS: u64 = 20 * 31_536_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_is_read_and_not_changed_is_written_as_it_was() {
        let forge = Forge::new(crate::forge::NOW);
        let cases =
            crate::attacks::suite(&forge, |class| class.starts_with("structure/") || class.starts_with("alg-type/"));
        for case in cases {
            let stage = Stage::of_case(&forge, &case);
            assert_eq!(stage.start.token(&stage, &forge), case.input.octets(), "{}", case.id);
        }
    }

    #[test]
    fn bends_keep_json_where_they_can() {
        for (value, bend, expected) in [
            (r#""ab""#, Bend::After("\"x".into()), r#""ab\"x""#),
            (r#""ab""#, Bend::Before("\n".into()), r#""\u000aab""#),
            ("17", Bend::Fraction(".5".into()), "17.5"),
            ("17", Bend::AddPower(64), "18446744073709551633"),
            ("17", Bend::Upper, "17"),
            ("[1]", Bend::Quoted, r#""[1]""#),
            (r#""a\u0041""#, Bend::Escaped, r#""\u0061\u0041""#),
        ] {
            assert_eq!(bent(value, &bend), expected, "{value} {bend:?}");
        }
        assert_eq!(Notation::Scientific.write(1_700_000_000), "1.700000000e9");
        assert_eq!(Notation::Scientific.write(-5), "-5.0e0");
    }

    #[test]
    fn dates_near_the_clock_move_with_it_and_no_others() {
        let extreme = i64::MIN.to_string();
        let payload = format!(r#"{{"exp":1700000060,"nbf":{extreme},"iat":"1700000000"}}"#);
        let mut sketch = Sketch::read(crate::forge::Jws::unsigned("{}", payload).compact().as_bytes());
        sketch.dated(1_700_000_000, 1000);
        let expected = format!(r#"{{"exp":1700001060,"nbf":{extreme},"iat":"1700000000"}}"#);
        assert_eq!(String::from_utf8(sketch.payload.octets()).unwrap(), expected);
    }

    #[test]
    fn wire_edits_change_one_thing_each() {
        let token = Wire::Segments([b"e30".to_vec(), b"e30".to_vec(), b"AQ".to_vec()]);
        assert_eq!(token.edited(&WireEdit::Drop(Segment::Signature)).octets(), b"e30.e30");
        for (edit, expected) in [
            (WireEdit::TrailingBits(Segment::Signature), "e30.e30.AR"),
            (WireEdit::Pad(Segment::Header), "e30=.e30.AQ"),
            (WireEdit::Separator(End::Last, ",".into()), "e30.e30,AQ"),
            (WireEdit::Exchange(Segment::Header, Segment::Signature), "AQ.e30.e30"),
            (WireEdit::Longer(Segment::Signature, 2), "e30.e30.AQAA"),
            (WireEdit::Doubled(",".into()), "e30.e30.AQ,e30.e30.AQ"),
        ] {
            let token = Wire::Segments([b"e30".to_vec(), b"e30".to_vec(), b"AQ".to_vec()]);
            assert_eq!(String::from_utf8(token.edited(&edit).octets()).unwrap(), expected);
        }
    }
}
