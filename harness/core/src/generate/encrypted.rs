//! Encrypted tokens by number: what is put into one, by whom it is sealed, and what is done to it afterwards.
//!
//! Takes choices, gives an [`EncryptedRecipe`], from it the token for a recipient, and smaller recipes. What is changed before
//! sealing is what whoever has the recipient's key, or its public half, can change: algorithms, members of the header that
//! the tag then covers, what the key management is told, the content. What is bent after it are single parts and the header
//! over the old tag. Never judges.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use token_assay_model::{Algorithm, ContentEncryption, KeyManagement};

use super::Sketch;
use super::stage::Stage;
use crate::attacks::encrypted::{self, EncryptedScene};
use crate::attacks::jwe::bomb;
use crate::chance::Chance;
use crate::forge::jwe::{self, Part, Wrapped, Wrapping};
use crate::forge::{Forge, Jwe, Jws, Object, Secret, TestKey, base64url, json};

/// Where encrypted tokens are shown: a recipient, what he allows, and his valid token.
#[derive(Clone, Copy)]
pub struct EncryptedStage<'g> {
    /// Makes tokens for the recipient.
    pub scene: &'g EncryptedScene<'g>,
    /// Policy and control, as of a stage of signed tokens.
    pub stage: &'g Stage,
}

/// The stage of a scene.
pub(super) fn stage(scene: &EncryptedScene<'_>) -> Stage {
    let control = Arc::new(scene.control());
    let twin = Sketch::read(control.valid.octets());
    Stage {
        profile: scene.profile(),
        algorithm: scene.inside.algorithm(),
        policy: Arc::clone(&scene.policy),
        control,
        needs: Vec::new(),
        start: twin.clone(),
        twin,
        trusted: None,
    }
}

/// Every recipient: each key management, each content encryption, both kinds of curves, signed tokens inside
/// and none.
pub fn recipients(forge: &Forge) -> Vec<EncryptedScene<'_>> {
    encrypted::every_scene(forge)
}

/// A word that is drawn from a pool, or read where a recipe was kept.
type Text = Cow<'static, str>;

/// How one encrypted token is made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncryptedRecipe {
    /// What is changed before it is sealed.
    pub faults: Vec<Fault>,
    /// What is done to it once it is sealed.
    pub bends: Vec<Bend>,
}

/// One thing that is changed before a token is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It is sealed by others of the algorithms that the recipient's key fits, counted round, and says so.
    By(usize),
    /// A member of the header, which the tag covers, is this raw text.
    Set(Text, Text),
    /// A member is missing.
    Without(Text),
    /// A member's value stands in a string.
    Quoted(Text),
    /// A member's value stands in an array.
    Listed(Text),
    /// Of a member's octets so many are left.
    Only(Text, usize),
    /// The password is hashed so often, and the header says this.
    Count(u32, Text),
    /// The salt of the password has so many octets.
    Salt(usize),
    /// `zip` is this raw text, and the content deflated or not.
    Zip(Text, bool),
    /// The content inflates to so many mebibytes.
    Bomb(usize),
    /// One octet of an RSA block is another: which, counted round, and what.
    Block(usize, u8),
    /// The encrypted key is this.
    Key(Cow<'static, [u8]>),
    /// The ephemeral key is such a point, and what is agreed on what comes of it.
    Point(Point),
    /// The last block of AES-CBC is filled with this.
    Filling(u8),
    /// The content is this.
    Content(Content),
    /// It is not encrypted at all.
    Bare(Content),
}

/// A point that is no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Point {
    /// Zero.
    Zero,
    /// One: of small order on X25519.
    One,
    /// Of order three on another curve.
    OrderThree,
}

/// What stands in a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Valid claims, or the valid signed token.
    Valid,
    /// Claims that have run out.
    Expired,
    /// Claims that do not hold yet.
    Early,
    /// Claims whose end is text.
    TextForTime,
    /// An administrator's claims, unsigned.
    Claims,
    /// An array.
    List,
    /// No JSON.
    Noise,
    /// The same with `alg` none.
    Unsigned,
    /// Signed by an attacker.
    Attacker,
    /// The same with his key in the header.
    AttackerShown,
    /// Other claims under the old signature.
    Stale,
    /// Without a signature.
    NoSignature,
    /// Signed by the recipient's own key.
    Recipient,
}

/// One thing that is done to a sealed token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bend {
    /// A bit is turned: of which octet, counted round, and which.
    Flip(Part, usize, u8),
    /// So many octets are left away at the end.
    Cut(Part, usize),
    /// So many at the start.
    CutFront(Part, usize),
    /// So many are left.
    Only(Part, usize),
    /// These are put at its end.
    Append(Part, Cow<'static, [u8]>),
    /// It is that of another token for the same recipient.
    Swap(Part),
    /// The part is left out, with its period.
    Drop(Part),
    /// It stands twice.
    Double(Part),
    /// Its text is padded.
    Pad(Part),
    /// The last letter's unused bits are set.
    TrailingBits(Part),
    /// The header is written anew over the old tag.
    Rewrite(Rewriting),
    /// This follows the token.
    After(Text),
    /// This stands before it.
    Before(Text),
}

/// How a header is written anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rewriting {
    /// With spaces.
    Spaced,
    /// In the opposite order.
    Reversed,
    /// With a name escaped.
    Escaped,
    /// With a member more.
    With(Text, Text),
    /// With a member less.
    Without(Text),
}

impl EncryptedRecipe {
    /// A recipe by these choices; no choices make a valid token.
    pub fn choose(chance: &mut impl Chance) -> Self {
        let (faults, bends) = one_of(chance, &[(0, 0), (1, 0), (1, 0), (1, 0), (0, 1), (0, 1), (0, 2), (2, 0), (1, 1)]);
        Self {
            faults: (0..faults).map(|_| Fault::choose(chance)).collect(),
            bends: (0..bends).map(|_| Bend::choose(chance)).collect(),
        }
    }

    /// One that changes a token after it is sealed, once or twice.
    pub fn bending(chance: &mut impl Chance) -> Self {
        let count = one_of(chance, &[1, 1, 1, 2]);
        Self { faults: Vec::new(), bends: (0..count).map(|_| Bend::choose(chance)).collect() }
    }

    /// One whose token is sealed by others of the algorithms that the key fits, or says so.
    pub fn misnaming(chance: &mut impl Chance) -> Self {
        let fault = if chance.below(2) == 0 {
            Fault::By(chance.below(96))
        } else {
            let (name, values) = one_of(chance, &VALUES[..2]);
            Fault::Set(name.into(), one_of(chance, values).into())
        };
        Self { faults: vec![fault], bends: Vec::new() }
    }

    /// One whose token is not encrypted.
    pub fn bare(chance: &mut impl Chance) -> Self {
        Self { faults: vec![Fault::Bare(one_of(chance, CONTENTS))], bends: Vec::new() }
    }

    /// Whether a verifier that bounds nothing may be busy with it for seconds.
    pub fn is_costly(&self) -> bool {
        self.faults.iter().any(|fault| match fault {
            Fault::Bomb(_) => true,
            Fault::Count(_, told) => told.len() > 7,
            Fault::Set(name, told) => name == "p2c" && told.len() > 7,
            _ => false,
        })
    }

    /// The token that it makes for this recipient.
    pub fn token(&self, scene: &EncryptedScene<'_>) -> Vec<u8> {
        if let Some(content) = self.faults.iter().find_map(|fault| match fault {
            Fault::Bare(content) => Some(*content),
            _ => None,
        }) {
            return content.octets(scene);
        }
        let (header, sealed) = self.sealed(scene, None);
        let mut wire: Vec<Option<String>> = sealed.segments.map(Some).into();
        let (mut before, mut after) = (String::new(), String::new());
        for bend in &self.bends {
            match bend {
                Bend::After(text) => after.push_str(text),
                Bend::Before(text) => before.insert_str(0, text),
                Bend::Drop(part) => wire[*part as usize] = None,
                Bend::Rewrite(rewriting) => wire[0] = Some(base64url::encode(rewriting.apply(&header))),
                Bend::Swap(part) => {
                    let other = self.sealed(scene, Some(Content::Expired)).1;
                    wire[*part as usize] = Some(other.segments[*part as usize].clone());
                }
                Bend::Double(part) => {
                    if let Some(segment) = &mut wire[*part as usize] {
                        *segment = format!("{segment}.{segment}");
                    }
                }
                Bend::Flip(part, ..)
                | Bend::Cut(part, _)
                | Bend::CutFront(part, _)
                | Bend::Only(part, _)
                | Bend::Append(part, _)
                | Bend::Pad(part)
                | Bend::TrailingBits(part) => {
                    if let Some(segment) = &mut wire[*part as usize] {
                        bend.apply(segment);
                    }
                }
            }
        }
        let segments: Vec<String> = wire.into_iter().flatten().collect();
        format!("{before}{}{after}", segments.join(".")).into_bytes()
    }

    /// The header's members, and the sealed token; with this content, where another is wanted.
    fn sealed(&self, scene: &EncryptedScene<'_>, content: Option<Content>) -> (Object, Jwe) {
        let mut making = Making::new(scene);
        if let Some(content) = content {
            making.content = content.octets(scene);
        }
        for fault in &self.faults {
            making.prepare(fault);
        }
        making.wrap();
        for fault in &self.faults {
            making.change(fault);
        }
        making.seal()
    }

    /// Recipes with less in them.
    pub fn smaller(&self) -> Vec<Self> {
        let fewer_faults = (0..self.faults.len()).map(|at| {
            let mut fewer = self.clone();
            fewer.faults.remove(at);
            fewer
        });
        let fewer_bends = (0..self.bends.len()).map(|at| {
            let mut fewer = self.clone();
            fewer.bends.remove(at);
            fewer
        });
        fewer_faults.chain(fewer_bends).collect()
    }

    /// What is wrong with its token, in words joined by hyphens.
    pub fn words(&self) -> String {
        let mut words: Vec<String> =
            self.faults.iter().map(Fault::word).chain(self.bends.iter().map(Bend::word)).collect();
        words.sort();
        words.dedup();
        if words.is_empty() { "as-is".to_owned() } else { words.join("-") }
    }
}

/// A token on its way to be sealed.
struct Making<'s, 'f> {
    scene: &'s EncryptedScene<'f>,
    wrapping: Wrapping,
    agreed: Option<(Object, Vec<u8>)>,
    wrapped: Option<Wrapped>,
    content: Vec<u8>,
    filling: Option<u8>,
}

impl<'s, 'f> Making<'s, 'f> {
    fn new(scene: &'s EncryptedScene<'f>) -> Self {
        Self { scene, wrapping: scene.wrapping(), agreed: None, wrapped: None, content: scene.content(), filling: None }
    }

    /// What must be known before a key is wrapped, and what is inside.
    fn prepare(&mut self, fault: &Fault) {
        match fault {
            Fault::By(nth) => {
                let fitting = fitting(&self.scene.recipient);
                let (alg, enc) = fitting[nth % fitting.len()];
                (self.wrapping.alg, self.wrapping.enc) = (alg, enc);
            }
            Fault::Count(hashed, _) => self.wrapping.p2c = *hashed,
            Fault::Salt(width) => self.wrapping.p2s.truncate(*width),
            Fault::Point(point) if self.wrapping.alg.is_agreement() => {
                self.agreed = Some(point.agreed(&self.scene.recipient));
            }
            Fault::Content(content) => self.content = content.octets(self.scene),
            Fault::Zip(_, true) => self.content = jwe::deflated(&self.content),
            Fault::Bomb(megabytes) => self.content = bomb(self.scene, *megabytes),
            Fault::Filling(octet) if !self.wrapping.enc.is_gcm() => self.filling = Some(*octet),
            _ => {}
        }
    }

    fn wrap(&mut self) {
        let Wrapping { alg, enc, .. } = self.wrapping;
        let header = self.scene.header().set_string("alg", alg.as_str()).set_string("enc", enc.as_str());
        self.wrapped = Some(match &self.agreed {
            Some((epk, shared)) if alg.is_agreement() => {
                let header = header.set("epk", epk.text());
                self.wrapping.agreed(shared, header, jwe::CEK[..enc.key_width()].to_vec())
            }
            _ => self.wrapping.wrap(&self.scene.recipient, header),
        });
    }

    /// What is changed of what the key management came to.
    fn change(&mut self, fault: &Fault) {
        let Some(wrapped) = &mut self.wrapped else { return };
        let header = std::mem::take(&mut wrapped.header);
        let bent = |name: &str, bend: &dyn Fn(&str) -> String| match header.value(name) {
            Some(value) => {
                let bent = bend(value);
                header.clone().set(name, bent)
            }
            None => header.clone(),
        };
        wrapped.header = match fault {
            Fault::Set(name, value) => header.set(name, value.as_ref()),
            Fault::Without(name) => header.without(name),
            Fault::Quoted(name) => bent(name, &|value| json::quote(value)),
            Fault::Listed(name) => bent(name, &|value| json::array([value])),
            Fault::Only(name, width) => bent(name, &|value| {
                let octets = base64url::decode(value.trim_matches('"')).unwrap_or_default();
                json::quote(&base64url::encode(&octets[..octets.len().min(*width)]))
            }),
            Fault::Count(_, told) if self.wrapping.alg.is_password() => header.set("p2c", told.as_ref()),
            Fault::Zip(value, _) => header.set("zip", value.as_ref()),
            Fault::Bomb(_) => header.set("zip", r#""DEF""#),
            _ => header,
        };
        match fault {
            Fault::Key(octets) => wrapped.encrypted_key = octets.to_vec(),
            Fault::Block(at, octet) if self.wrapping.alg == KeyManagement::Rsa15 => {
                let mut block = jwe::eme_pkcs1(&self.scene.recipient, &wrapped.cek);
                // What stands behind the padding's end is the key itself.
                let width = block.len() - wrapped.cek.len();
                block[at % width] = *octet;
                // No block is larger than the modulus.
                block[0] = block[0].min(1);
                wrapped.encrypted_key = jwe::rsa_raw(&self.scene.recipient, &block);
            }
            _ => {}
        }
    }

    fn seal(self) -> (Object, Jwe) {
        let Self { wrapping, wrapped, content, filling, .. } = self;
        let wrapped = wrapped.expect("it was wrapped");
        let enc = wrapping.enc;
        let sealed = wrapped.seal(enc, &content);
        let sealed = match filling {
            None => sealed,
            Some(octet) => {
                let (iv, filling) = (sealed.octets(Part::Iv), vec![octet; 16 - content.len() % 16]);
                let aad = sealed.segments[0].as_bytes();
                let (ciphertext, tag) = jwe::content(enc, &wrapped.cek, &iv, aad, &content, Some(&filling));
                sealed.clone().with(Part::Ciphertext, ciphertext).with(Part::Tag, tag)
            }
        };
        (wrapped.header, sealed)
    }
}

/// Every pair of algorithms that a key fits, by its type and width.
fn fitting(recipient: &TestKey) -> Vec<(KeyManagement, ContentEncryption)> {
    let pairs = KeyManagement::ALL.iter().flat_map(|alg| ContentEncryption::ALL.iter().map(move |enc| (*alg, *enc)));
    pairs.filter(|(alg, enc)| jwe::fits(recipient, *alg, *enc)).collect()
}

impl Point {
    /// The point as an ephemeral key on the recipient's curve, and what his scalar makes of it.
    fn agreed(self, recipient: &TestKey) -> (Object, Vec<u8>) {
        let (epk, _) = jwe::ephemeral(recipient);
        let (x, y) = match self {
            Self::Zero => ([0; 32], [0; 32]),
            Self::One => {
                let mut one = [0; 32];
                one[0] = 1;
                (one, [0; 32])
            }
            Self::OrderThree => jwe::ORDER_THREE,
        };
        let on_x25519 = epk.value("y").is_none();
        let shared = if on_x25519 { vec![0; 32] } else { x.to_vec() };
        let epk = epk.set_string("x", &base64url::encode(x));
        (if on_x25519 { epk } else { epk.set_string("y", &base64url::encode(y)) }, shared)
    }
}

impl Content {
    fn octets(self, scene: &EncryptedScene<'_>) -> Vec<u8> {
        let inside = &scene.inside;
        let now = inside.now();
        let of = |claims: &Object| {
            if scene.signed { inside.sign_claims(claims).compact() } else { claims.text() }.into_bytes()
        };
        let attacker = inside.forge.keys().attacker(inside.algorithm());
        let by_attacker = |header: &Object| {
            let forged = inside.forged_claims().text();
            inside.forge.sign(header.text(), forged, attacker, inside.algorithm()).compact().into_bytes()
        };
        let header = inside.header();
        match self {
            Self::Valid => scene.content(),
            Self::Expired => of(&inside.claims().set("exp", (now - FAR).to_string())),
            Self::Early => of(&inside.claims().set("nbf", (now + FAR).to_string())),
            Self::TextForTime => of(&inside.claims().set_string("exp", "tomorrow")),
            Self::Claims => scene.forged(),
            Self::List => b"[1]".to_vec(),
            Self::Noise => b"{".to_vec(),
            Self::Unsigned => {
                let header = header.set_string("alg", "none").text();
                Jws::unsigned(header, inside.forged_claims().text()).compact().into_bytes()
            }
            Self::Attacker => by_attacker(&header),
            Self::AttackerShown => by_attacker(&header.set("jwk", attacker.jwk_text.clone())),
            Self::Stale => inside.token().with_payload(inside.forged_claims().text()).compact().into_bytes(),
            Self::NoSignature => Jws::unsigned(header.text(), inside.forged_claims().text()).compact().into_bytes(),
            Self::Recipient => {
                let algorithm = match (scene.recipient.octets(), scene.recipient.secret()) {
                    (Some(_), _) => Algorithm::Hs256,
                    (None, Secret::Rsa(_)) => Algorithm::Rs256,
                    (None, Secret::P256(_)) => Algorithm::Es256,
                    _ => return Self::Unsigned.octets(scene),
                };
                let header = header.set_string("alg", algorithm.as_str()).text();
                let forged = inside.forged_claims().text();
                inside.forge.sign(header, forged, &scene.recipient, algorithm).compact().into_bytes()
            }
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Expired => "expired",
            Self::Early => "early",
            Self::TextForTime => "exp-text",
            Self::Claims => "claims-unsigned",
            Self::List => "list",
            Self::Noise => "no-json",
            Self::Unsigned => "alg-none",
            Self::Attacker => "signed-by-attacker",
            Self::AttackerShown => "signed-by-attacker-jwk",
            Self::Stale => "signature-stale",
            Self::NoSignature => "signature-empty",
            Self::Recipient => "signed-by-recipients-key",
        }
    }
}

impl Fault {
    fn choose(chance: &mut impl Chance) -> Self {
        match chance.below(24) {
            0 | 1 => Self::Content(one_of(chance, CONTENTS)),
            2 | 3 => Self::By(chance.below(96)),
            4..=7 => {
                let (name, values) = one_of(chance, VALUES);
                Self::Set(name.into(), one_of(chance, values).into())
            }
            8 => Self::Without(one_of(chance, NAMES).into()),
            9 => Self::Quoted(one_of(chance, NAMES).into()),
            10 => Self::Listed(one_of(chance, NAMES).into()),
            11 => {
                let name = one_of(chance, &["tag", "iv", "p2s", "apu"]);
                Self::Only(name.into(), one_of(chance, &[0, 1, 4, 8, 12, 15]))
            }
            12 | 13 => {
                let (hashed, told) = one_of(chance, COUNTS);
                Self::Count(hashed, told.into())
            }
            14 => Self::Salt(one_of(chance, &[0, 1, 7])),
            15 | 16 => Self::Zip(one_of(chance, ZIPS).into(), chance.below(2) == 1),
            17 if chance.one_in(4) => Self::Bomb(one_of(chance, &[1, 10])),
            17 | 18 => Self::Key(one_of(chance, KEYS).into()),
            19 | 20 => Self::Block(chance.below(512), one_of(chance, &[0, 1, 2, 0x7f])),
            21 => Self::Point(one_of(chance, &[Point::Zero, Point::One, Point::OrderThree])),
            22 => Self::Filling(one_of(chance, &[0, 17, 255])),
            _ => Self::Bare(one_of(chance, CONTENTS)),
        }
    }

    fn word(&self) -> String {
        match self {
            Self::By(_) => "sealed-by-others".to_owned(),
            Self::Set(name, _) => format!("{name}-set"),
            Self::Without(name) => format!("{name}-gone"),
            Self::Quoted(name) => format!("{name}-quoted"),
            Self::Listed(name) => format!("{name}-in-list"),
            Self::Only(name, _) => format!("{name}-short"),
            Self::Count(..) => "p2c-odd".to_owned(),
            Self::Salt(_) => "p2s-short".to_owned(),
            Self::Zip(_, true) => "zip-deflated".to_owned(),
            Self::Zip(_, false) => "zip-plain".to_owned(),
            Self::Bomb(_) => "zip-bomb".to_owned(),
            Self::Block(..) => "rsa-block".to_owned(),
            Self::Key(_) => "key-other".to_owned(),
            Self::Point(_) => "epk-no-point".to_owned(),
            Self::Filling(_) => "padding-other".to_owned(),
            Self::Content(content) => format!("inside-{}", content.word()),
            Self::Bare(content) => format!("bare-{}", content.word()),
        }
    }
}

impl Bend {
    fn choose(chance: &mut impl Chance) -> Self {
        let part = one_of(chance, &[Part::Tag, Part::Ciphertext, Part::Key, Part::Iv, Part::Header]);
        match chance.below(20) {
            0..=2 => Self::Flip(part, chance.below(1024), u8::try_from(chance.below(8)).expect("there are eight")),
            3 | 4 => Self::Cut(part, one_of(chance, &[1, 2, 4, 8, 15, 16])),
            5 => Self::CutFront(part, one_of(chance, &[1, 2, 4, 8])),
            6 | 7 => Self::Only(part, one_of(chance, &[0, 1, 4, 8, 12])),
            8 => Self::Append(part, one_of(chance, KEYS).into()),
            9 => Self::Swap(part),
            10 => Self::Drop(part),
            11 => Self::Double(part),
            12 => Self::Pad(part),
            13 => Self::TrailingBits(part),
            14..=16 => Self::Rewrite(one_of(chance, REWRITINGS)),
            17 | 18 => Self::After(one_of(chance, &[".", ".AAAA", "=", "\n", " ", "\0"]).into()),
            _ => Self::Before(one_of(chance, &[" ", "\n", ".", "Bearer "]).into()),
        }
    }

    fn apply(&self, segment: &mut String) {
        let mut octets = base64url::decode(segment.as_str()).unwrap_or_default();
        let length = octets.len();
        match self {
            Self::Flip(_, at, bit) if length > 0 => octets[at % length] ^= 1 << bit,
            Self::Cut(_, count) => octets.truncate(length.saturating_sub(*count)),
            Self::CutFront(_, count) => drop(octets.drain(..(*count).min(length))),
            Self::Only(_, count) => octets.truncate(*count),
            Self::Append(_, appended) => octets.extend_from_slice(appended),
            Self::Pad(_) => return segment.push_str(&"=".repeat((4 - segment.len() % 4) % 4)),
            Self::TrailingBits(_) => return *segment = with_trailing_bits(std::mem::take(segment)),
            _ => return,
        }
        *segment = base64url::encode(octets);
    }

    fn word(&self) -> String {
        let (part, what) = match self {
            Self::Flip(part, ..) => (part, "turned"),
            Self::Cut(part, _) | Self::CutFront(part, _) | Self::Only(part, _) => (part, "cut"),
            Self::Append(part, _) => (part, "longer"),
            Self::Swap(part) => (part, "of-another"),
            Self::Drop(part) => (part, "left-out"),
            Self::Double(part) => (part, "twice"),
            Self::Pad(part) => (part, "padded"),
            Self::TrailingBits(part) => (part, "trailing-bits"),
            Self::Rewrite(_) => (&Part::Header, "written-anew"),
            Self::After(_) => return "followed".to_owned(),
            Self::Before(_) => return "preceded".to_owned(),
        };
        format!("{}-{what}", part.as_str())
    }
}

impl Rewriting {
    fn apply(&self, header: &Object) -> String {
        match self {
            Self::Spaced => header.written("", ": ", ", "),
            Self::Reversed => header.clone().reversed().text(),
            Self::Escaped => header.text().replace(r#""typ""#, r#""\u0074yp""#),
            Self::With(name, value) => header.clone().set(name, value.as_ref()).text(),
            Self::Without(name) => header.clone().without(name).text(),
        }
    }
}

/// The segment with the last letter's unused bits set, where it has some (RFC 4648 §3.5).
fn with_trailing_bits(segment: String) -> String {
    String::from_utf8(super::sketch::with_trailing_bits(segment.into_bytes())).expect("its letters are ASCII")
}

fn one_of<T: Clone>(chance: &mut impl Chance, pool: &[T]) -> T {
    pool[chance.below(pool.len())].clone()
}

const NAMES: &[&str] = &["alg", "enc", "typ", "cty", "kid", "epk", "iv", "tag", "p2s", "p2c"];

const VALUES: &[(&str, &[&str])] = &[
    ("alg", &[r#""dir""#, r#""none""#, r#""RSA1_5""#, r#""A256KW""#, r#""ECDH-ES""#, r#""HS256""#, "null", "1"]),
    ("enc", &[r#""A128GCM""#, r#""A256CBC-HS512""#, r#""A256CTR""#, r#""none""#, r#""a256gcm""#, "null"]),
    ("crit", &[r#"["x"]"#, "[]", r#"["enc"]"#, r#""x""#, r#"["exp"]"#, "null"]),
    ("cty", &[r#""jwt""#, r#""application/jwt""#, r#""text""#, "1"]),
    ("typ", &[r#""JWE""#, r#""at+jwt""#, "1"]),
    ("kid", &[r#""none""#, r#""../../dev/null""#, r#""""#, "1", "null"]),
    ("epk", &["{}", "null", "[]", r#"{"kty":"oct"}"#]),
    ("apu", &[r#""*""#, r#""AAAA""#, "1"]),
    ("apv", &[r#""*""#, r#""AAAA""#, "1"]),
    ("iv", &[r#""""#, r#""AAAAAAAAAAAAAAAA""#, "1"]),
    ("tag", &[r#""""#, r#""AAAAAAAAAAAAAAAAAAAAAA""#, "1"]),
    ("p2s", &[r#""""#, r#""*""#, "1"]),
    ("b64", &["false", "true"]),
    ("jwk", &["{}", "1"]),
];

/// What the password is hashed, and what the header says: as lenient readers take it.
const COUNTS: &[(u32, &str)] = &[
    (1, "0"),
    (1, "-1"),
    (1, "true"),
    (1, "1"),
    (1000, "1000.5"),
    (1000, r#""1000""#),
    (1000, "[1000]"),
    (1000, "null"),
    (1000, "1e3"),
    (1000, "10000000"),
    (1000, "2147483647"),
];

const ZIPS: &[&str] = &[r#""GZIP""#, r#""""#, r#""def""#, r#""DEF""#, r#"["DEF"]"#, "null"];

const KEYS: &[&[u8]] = &[b"\0", &[0xa5; 40], b"", &[0; 16]];

const CONTENTS: &[Content] = &[
    Content::Expired,
    Content::Early,
    Content::TextForTime,
    Content::Claims,
    Content::List,
    Content::Noise,
    Content::Unsigned,
    Content::Attacker,
    Content::AttackerShown,
    Content::Stale,
    Content::NoSignature,
    Content::Recipient,
    Content::Valid,
];

const REWRITINGS: &[Rewriting] = &[
    Rewriting::Spaced,
    Rewriting::Reversed,
    Rewriting::Escaped,
    Rewriting::With(Cow::Borrowed("kid"), Cow::Borrowed(r#""none""#)),
    Rewriting::With(Cow::Borrowed("zip"), Cow::Borrowed(r#""DEF""#)),
    Rewriting::With(Cow::Borrowed("enc"), Cow::Borrowed(r#""A128CBC-HS256""#)),
    Rewriting::Without(Cow::Borrowed("typ")),
    Rewriting::Without(Cow::Borrowed("enc")),
];

/// How far from the clock, in seconds: more than any verifier allows for.
const FAR: i64 = 7200;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use token_assay_model::{Finding, Input, Observation, Request, Verdict};

    use super::*;
    use crate::attacks::{self, Make};
    use crate::forge::NOW;
    use crate::generate::{self, Generator, Seeded, Stock};
    use crate::reference::{self, Ruling, jwe as sound};
    use crate::strawman::Sound;
    use crate::targets;
    use crate::{campaign, oracles};

    fn recipe(number: u64) -> EncryptedRecipe {
        EncryptedRecipe::choose(&mut Seeded::new(0, number))
    }

    #[test]
    fn no_choices_make_a_valid_token_for_every_recipient() {
        let forge = Forge::new(NOW);
        let generator = Generator::new(&forge, Stock::everything().clone());
        let stages: Vec<EncryptedStage<'_>> = generator.encrypted().collect();
        let plain = EncryptedRecipe::choose(&mut arbitrary::Unstructured::new(&[]));
        assert_eq!((&plain, plain.words().as_str()), (&EncryptedRecipe::default(), "as-is"));
        for EncryptedStage { scene, stage } in stages.iter().copied() {
            let input = Input::from_octets(plain.token(scene));
            assert_eq!(input, stage.control.valid);
            let ruling = reference::rule(Request { input: &input, policy: &stage.policy });
            assert!(matches!(ruling, Ruling::Accept(_)), "{} {}: {ruling:?}", scene.alg, scene.enc);
        }
        let all: BTreeSet<KeyManagement> = stages.iter().map(|stage| stage.scene.alg).collect();
        assert_eq!(all.len(), KeyManagement::ALL.len());
        let all: BTreeSet<ContentEncryption> = stages.iter().map(|stage| stage.scene.enc).collect();
        assert_eq!(all.len(), ContentEncryption::ALL.len());
    }

    #[test]
    fn recipes_reach_every_rule_of_encrypted_tokens_and_the_sound_verifier_stands() {
        let forge = Forge::new(NOW);
        let generator = Generator::new(&forge, Stock::everything().clone());
        let stages: Vec<EncryptedStage<'_>> = generator.encrypted().collect();
        let (mut rules, mut accepted) = (BTreeSet::new(), 0);
        for number in 0..12_000 {
            let EncryptedStage { scene, stage } = stages[usize::try_from(number).unwrap() % stages.len()];
            let input = Input::from_octets(recipe(number).token(scene));
            let request = Request { input: &input, policy: &stage.policy };
            let (ruling, rule) = sound::explain(request);
            rules.extend(rule);
            accepted += u32::from(matches!(ruling, Ruling::Accept(_)));
            let seen = targets::observe(&Sound, request);
            let case = campaign::encrypted::case(stage, &input, ruling);
            assert_eq!(oracles::judge(&case, &seen), None, "{:?}", recipe(number));
        }
        let unreached: Vec<_> = sound::Rule::ALL.iter().filter(|rule| !rules.contains(rule)).collect();
        // Recipients pin one key, and allow what it is for alone: these two are tested by key sets (tests/reference.rs).
        assert_eq!(unreached, [&sound::Rule::KeyChoice, &sound::Rule::KeyFitness]);
        assert!(accepted > 1000, "{accepted}");
    }

    #[test]
    fn a_kept_finding_is_dated_anew_and_breaks_the_same_rule() {
        let (then, later) = (Forge::new(NOW), Forge::new(NOW + 1_000_000));
        let generator = Generator::new(&then, Stock::everything().clone());
        let places: Vec<EncryptedStage<'_>> = generator.encrypted().collect();
        let accepts =
            Observation { answer: Verdict::accept(serde_json::Map::new()).into(), elapsed: std::time::Duration::ZERO };
        let mut dated = BTreeSet::new();
        for number in 0..600 {
            let place = places[usize::try_from(number).unwrap() % places.len()];
            let exhibit = campaign::encrypted::Exhibit::new(recipe(number), place);
            let Some(finding) = exhibit.look("accepts all", &accepts) else { continue };
            // As it comes back from a report.
            let finding: Finding = serde_json::from_str(&serde_json::to_string(&finding).unwrap()).unwrap();
            let Some(again) = generate::again(&later, &finding) else { continue };
            assert_eq!(again.policy.now, Some(NOW + 1_000_000));
            let rule = |finding: &Finding| sound::explain(Request { input: &finding.input, policy: &finding.policy }).1;
            assert_eq!(rule(&again), rule(&finding), "{:?}", recipe(number));
            let twin = Request { input: &again.twin, policy: &again.policy };
            assert!(matches!(sound::rule(twin), Ruling::Accept(_)));
            dated.insert(place.scene.alg);
        }
        assert_eq!(dated.len(), KeyManagement::ALL.len(), "{dated:?}");
    }

    #[test]
    fn recipes_fell_every_misdecrypter() {
        std::panic::set_hook(Box::new(|_| {}));
        let forge = Forge::new(NOW);
        let generator = Generator::new(&forge, Stock::everything().clone());
        let stages: Vec<EncryptedStage<'_>> = generator.encrypted().collect();
        let mut standing: Vec<_> = attacks::classes()
            .filter(|(_, class)| matches!(class.make, Make::Encrypted { .. }))
            .filter_map(|(_, class)| class.strawman())
            .collect();
        let all: BTreeSet<&str> = standing.iter().map(|strawman| strawman.name()).collect();
        for number in 0..40_000 {
            if standing.is_empty() {
                break;
            }
            let EncryptedStage { scene, stage } = stages[usize::try_from(number).unwrap() % stages.len()];
            let input = Input::from_octets(recipe(number).token(scene));
            let request = Request { input: &input, policy: &stage.policy };
            let case = campaign::encrypted::case(stage, &input, sound::rule(request));
            standing.retain(|strawman| oracles::judge(&case, &targets::observe(*strawman, request)).is_none());
        }
        let _ = std::panic::take_hook();
        let standing: BTreeSet<&str> = standing.iter().map(|strawman| strawman.name()).collect();
        assert_eq!(standing, BTreeSet::new(), "of {all:?}");
    }
}
