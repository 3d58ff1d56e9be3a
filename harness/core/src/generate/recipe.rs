//! How a token is made, as a value: template, typed operations, signer, edits of the JSON text and of the wire.
//!
//! A [`Recipe`] is drawn from a [`Chance`], made by `arbitrary`, or varied from another one; it can be written out, compared
//! and made simpler step by step. It is never run here: [`super::Generator`] does that.

use std::borrow::Cow;
use std::fmt;

use arbitrary::{Arbitrary, Unstructured};
use serde::{Deserialize, Serialize};

use super::pools::{self, Stock};
use crate::chance::Chance;

/// Text of a pool, mined, or a fuzzing engine's.
pub type Text = Cow<'static, str>;

/// How one token is made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Recipe {
    /// What it starts from.
    pub template: Template,
    /// What is done to its members, in order.
    pub operations: Vec<Operation>,
    /// Who signs.
    pub signer: Signer,
    /// What is done to the text of header and payload before it is encoded and signed.
    pub text: Vec<TextEdit>,
    /// What is done to the signed token.
    pub wire: Vec<WireEdit>,
}

/// What a recipe starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Template {
    /// A valid token on this setting (a number in [`Stock::settings`]) under these terms (a number in [`super::terms::TERMS`]).
    Valid {
        /// Which setting.
        setting: u16,
        /// Which terms.
        terms: u16,
    },
    /// A case of the catalogue: of this class (a number in [`Stock::classes`]), so far into its cases.
    Case {
        /// Which class.
        class: u16,
        /// Which of its cases, in 65536ths of them.
        nth: u16,
    },
}

/// One of the two JSON parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The protected header.
    Header,
    /// The claims.
    Payload,
}

/// What is done to the members of a part: the first layer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Operation {
    /// A member gets this value; it is added where it is missing.
    Set(Part, Text, Value),
    /// A second member of this name, in front or at the end.
    Repeat(Part, Text, Value, End),
    /// A member goes.
    Remove(Part, Text),
    /// A member gets another name.
    Rename(Part, Text, Text),
    /// A member of this part is copied into the other.
    Copy(Part, Text),
    /// A member's own value is bent.
    Bend(Part, Text, Bend),
    /// A member is moved into an object, under this name.
    Nest(Part, Text, Text),
    /// The whole part is this value instead of an object.
    Replace(Part, Value),
    /// Header and payload change places.
    Swap,
    /// Size: the third layer.
    Grow(Part, Growth),
}

/// Where something is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// At the end.
    Last,
    /// In front.
    First,
}

/// A JSON value, some of it known only when the policy is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is written.
    Number(Text),
    /// Seconds from the verifier's clock, in this notation.
    FromNow(i64, Notation),
    /// A string.
    Text(Text),
    /// What the policy expects there.
    Own(Own),
    /// A public key as a JWK.
    Key(Whose),
    /// A `data:` address that holds a set of it.
    Address(Whose),
    /// Raw text that need not be JSON.
    Raw(Text),
    /// An array.
    List(Vec<Value>),
    /// An object.
    Map(Vec<(Text, Value)>),
}

/// Whose key a token shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whose {
    /// The attacker's.
    Attacker,
    /// The attacker's, under the trusted key's name.
    AttackerNamedAsTrusted,
    /// A shared secret that anybody can know.
    Known,
    /// The trusted one.
    Trusted,
}

/// How a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Notation {
    /// `1700000000`.
    Integer,
    /// `1700000000.5`.
    Fraction,
    /// `17000000000e-1`.
    Exponent,
    /// `1.7e9`, digits enough to be exact.
    Scientific,
    /// `"1700000000"`.
    Quoted,
    /// `[1700000000]`.
    Listed,
    /// Milliseconds.
    Milliseconds,
    /// An object that holds it.
    Boxed,
}

/// What a policy expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Own {
    /// Its first issuer.
    Issuer,
    /// Its first audience.
    Audience,
    /// Its subject.
    Subject,
    /// The algorithm of valid tokens.
    Algorithm,
    /// The name of the trusted key.
    Kid,
    /// Its `typ`.
    Type,
    /// The first name in its `critical`.
    Critical,
    /// The first algorithm of its list.
    Listed,
}

/// How a value that stands there is bent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Bend {
    /// Into an array of itself.
    InList,
    /// Into an array after something else.
    InListAfter(Text),
    /// Into an object, under this name.
    InMap(Text),
    /// Into a string of its text.
    Quoted,
    /// Capitals.
    Upper,
    /// Small letters.
    Lower,
    /// Small letters for capitals and the other way round.
    SwapCase,
    /// Text in front.
    Before(Text),
    /// Text behind.
    After(Text),
    /// The first half.
    FirstHalf,
    /// Without its last character.
    WithoutLast,
    /// With every character as a `\u` escape.
    Escaped,
    /// With a letter that looks like another.
    LookAlike,
    /// Percent-encoded where it need not be.
    Percent,
    /// A number plus this.
    Add(i64),
    /// A number plus this power of two.
    AddPower(u8),
    /// A number times 1000.
    Thousand,
    /// The negative.
    Negative,
    /// A fraction added.
    Fraction(Text),
    /// With an exponent of the same value.
    Exponent,
}

/// How a part grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Growth {
    /// A member whose string is so long.
    LongText(u32),
    /// A member whose name is so long.
    LongName(u32),
    /// So many members.
    Members(u16),
    /// A member of arrays so deep.
    DeepLists(u16),
    /// A member of objects so deep.
    DeepMaps(u16),
    /// A member whose array is so long.
    LongList(u16),
    /// A number of so many digits.
    Digits(u32),
}

/// Who signs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signer {
    /// The trusted key, as the policy says.
    Trusted,
    /// The trusted key in the scheme that the header names, where it can.
    AsNamed,
    /// Nobody anew: the signature of the template, whatever became of what it covered.
    Kept,
    /// Nobody: an empty signature.
    Nobody,
    /// A key of the attacker's, of the same type.
    Attacker,
    /// HMAC, in the scheme that the header names or else SHA-256, keyed with this.
    Mac(Secret),
}

/// What an attacker can key HMAC with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Secret {
    /// No octets.
    Empty,
    /// So many zeros.
    Zeros(u8),
    /// The public key's PEM text.
    Pem,
    /// The same without its last newline.
    PemTrimmed,
    /// The base64 of the PEM without its lines.
    PemBody,
    /// SPKI DER.
    Der,
    /// PKCS#1 PEM.
    Pkcs1,
    /// The certificate's PEM text.
    Certificate,
    /// The JWK's text.
    Jwk,
    /// The text of the JWK Set.
    Jwks,
    /// The modulus or the point, raw.
    Numbers,
    /// The OpenSSH line.
    OpenSsh,
    /// The PEM text of the private key.
    PrivatePem,
    /// A word.
    Word(Text),
    /// The trusted secret's spelling in another alphabet.
    Respelled(Respelling),
    /// The key's name.
    Kid,
    /// The text that the policy gives for its key, whatever it is.
    Configured,
    /// A secret that anybody can know; a header may show it.
    Known,
}

/// How a secret can be mistaken for its text, or the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Respelling {
    /// Its base64url.
    Base64Url,
    /// Its base64.
    Base64,
    /// Its hexadecimal.
    Hex,
    /// What its octets spell in base64url.
    Decoded,
    /// With a newline.
    WithNewline,
    /// Without white space at its ends.
    Trimmed,
    /// Its first half.
    FirstHalf,
    /// Read as UTF-8, what is none replaced.
    Lossy,
    /// Up to the first NUL.
    UpToNul,
}

/// What is done to a part's JSON text: the second layer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TextEdit(pub Part, pub Spelling);

/// An edit of JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spelling {
    /// Octets put in at so many 65536ths of the text.
    Insert(u16, Vec<u8>),
    /// So many octets taken out.
    Delete(u16, u8),
    /// One octet replaced.
    Replace(u16, u8),
    /// Space around every token.
    Spaced,
    /// Text in front.
    Before(Text),
    /// Text behind.
    After(Text),
    /// Every name escaped.
    EscapedNames,
    /// Single quotes.
    SingleQuotes,
    /// UTF-16, little end first.
    Utf16,
    /// A comma before the last brace.
    TrailingComma,
    /// Something else altogether.
    Whole(Vec<u8>),
}

/// One of the three segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Segment {
    /// The first.
    Header,
    /// The second.
    Payload,
    /// The third.
    Signature,
}

/// What is done to the signed token.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WireEdit {
    /// A segment with padding.
    Pad(Segment),
    /// A segment with the letters of standard base64.
    Standard(Segment),
    /// A segment whose last letter carries bits that decode to nothing.
    TrailingBits(Segment),
    /// A segment emptied.
    Empty(Segment),
    /// A segment gone, with its dot.
    Drop(Segment),
    /// A segment twice.
    Twice(Segment),
    /// This instead of a segment.
    Instead(Segment, Text),
    /// This inside a segment, at so many 65536ths.
    Into(Segment, u16, Text),
    /// A segment without its last so many letters.
    Cut(Segment, u8),
    /// A segment's first letters only.
    Only(Segment, u8),
    /// A segment with so many octets more when decoded.
    Longer(Segment, u8),
    /// A segment with one bit of its octets turned.
    Flip(Segment, u16, u8),
    /// A segment in capitals.
    Upper(Segment),
    /// A segment's octets in hexadecimal.
    Hex(Segment),
    /// A segment encoded once more.
    Again(Segment),
    /// A segment as long as it was, of zeros.
    Zeros(Segment),
    /// A segment with so many zeros in front when decoded.
    Prepended(Segment, u8),
    /// An ECDSA signature in DER.
    Der,
    /// The scalar of an Ed25519 signature with the group's order added (RFC 8032 §5.1.7).
    AddOrder,
    /// Two segments change places.
    Exchange(Segment, Segment),
    /// Another separator, first or second.
    Separator(End, Text),
    /// Text in front of the token.
    Before(Text),
    /// Text behind it.
    After(Text),
    /// Every octet that is no letter or digit percent-encoded.
    Percent,
    /// The flattened JSON serialisation.
    Flattened,
    /// The general JSON serialisation.
    General,
    /// The flattened one without its member of this name.
    FlattenedWithout(Text),
    /// So many times this behind the token.
    Flood(Text, u32),
    /// The token, a separator, and the token again.
    Doubled(Text),
    /// One bit turned anywhere.
    FlipAny(u16, u8),
}

impl Recipe {
    /// The plainest recipe: a valid token as it is.
    pub fn plain(setting: u16, terms: u16) -> Self {
        Self::of(Template::Valid { setting, terms }, Signer::Trusted)
    }

    pub(super) fn of(template: Template, signer: Signer) -> Self {
        Self { template, operations: Vec::new(), signer, text: Vec::new(), wire: Vec::new() }
    }

    /// A recipe by chance from what there is in stock.
    pub fn draw(chance: &mut impl Chance, stock: &Stock) -> Self {
        let template = Template::draw(chance, stock);
        let mut recipe = Self::of(template, Signer::Trusted);
        if let Template::Valid { setting, .. } = template
            && stock.genuine_share(setting) < 75
            && chance.below(2) == 0
        {
            // Claims are read alike whatever the key; where signing is dear, the signature itself is what is worth bending.
            recipe.signer = Signer::Kept;
            recipe.wire.push(WireEdit::draw_for_signature(chance));
            if recipe.name_what_is_listed(chance) && chance.one_in(3) {
                // Who lets the key decide the scheme under another algorithm's name often reads its signature as ASN.1.
                recipe.wire = vec![WireEdit::Der];
            }
            return recipe;
        }
        let operations = match template {
            Template::Valid { .. } => *chance.pick(&[1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 5, 0, 0]),
            Template::Case { .. } => *chance.pick(&[1, 1, 1, 2, 3]),
        };
        recipe.operations = (0..operations).map(|_| Operation::draw(chance, stock)).collect();
        if chance.one_in(7) {
            recipe.text = (0..=chance.below(2)).map(|_| TextEdit::draw(chance, stock)).collect();
        }
        if chance.one_in(7) {
            recipe.wire = (0..=chance.below(2)).map(|_| WireEdit::draw(chance, stock)).collect();
        }
        recipe.signer = recipe.draw_signer(chance, stock);
        recipe.agree(chance);
        recipe
    }

    /// Where the policy has a slip, sometimes names an algorithm of its list, which need not be the key's.
    fn name_what_is_listed(&mut self, chance: &mut impl Chance) -> bool {
        let slips = self.template.has_slip() && chance.below(3) == 0;
        if slips {
            let listed = Value::Own(Own::Listed);
            self.operations.push(Operation::Set(Part::Header, Cow::Borrowed("alg"), listed));
            self.signer = Signer::Trusted;
        }
        slips
    }

    /// Often lets the header say what the signer did: a forger's would.
    fn agree(&mut self, chance: &mut impl Chance) {
        if self.signer == Signer::Attacker {
            let whose = *chance.pick(&pools::WHOSE[..2]);
            let shown = match chance.below(8) {
                0..=3 => ("jwk", Value::Key(whose)),
                4 => (*chance.pick(&["jku", "x5u"]), Value::Address(whose)),
                _ => return,
            };
            self.operations.push(Operation::Set(Part::Header, Cow::Borrowed(shown.0), shown.1));
            return;
        }
        if self.signer == Signer::Nobody && chance.one_in(4) {
            // Where no key is found, some forget to stop.
            let kid = Value::Text(chance.pick(pools::KIDS).clone());
            self.operations.push(Operation::Set(Part::Header, Cow::Borrowed("kid"), kid));
        }
        if self.signer == Signer::Mac(Secret::Known) {
            self.operations.push(Operation::Set(Part::Header, Cow::Borrowed("jwk"), Value::Key(Whose::Known)));
        }
        if matches!(self.signer, Signer::Nobody | Signer::Kept) && chance.one_in(10) {
            let encryption = Value::Text(chance.pick(pools::ENCRYPTIONS).clone());
            self.operations.push(Operation::Set(Part::Header, Cow::Borrowed("enc"), encryption));
            return;
        }
        let silent = !self.operations.iter().any(|operation| operation.touches(Part::Header, "alg"));
        let pool: &'static [Text] = match &self.signer {
            Signer::Nobody => pools::NONES,
            Signer::Mac(_) => pools::HMACS,
            _ => return,
        };
        if silent && chance.below(3) != 0 {
            let name = chance.pick(pool).clone();
            self.operations.push(Operation::Set(Part::Header, Cow::Borrowed("alg"), Value::Text(name)));
        }
    }

    /// The same with one thing added, taken away or drawn anew.
    #[must_use]
    pub fn varied(mut self, chance: &mut impl Chance, stock: &Stock) -> Self {
        match chance.below(8) {
            0..=2 => self.operations.push(Operation::draw(chance, stock)),
            3 => self.text.push(TextEdit::draw(chance, stock)),
            4 => self.wire.push(WireEdit::draw(chance, stock)),
            5 => self.signer = self.draw_signer(chance, stock),
            6 if !self.operations.is_empty() => {
                self.operations.remove(chance.below(self.operations.len()));
            }
            6 if !self.wire.is_empty() => {
                self.wire.remove(chance.below(self.wire.len()));
            }
            _ => self.template = Template::draw(chance, stock),
        }
        self
    }

    /// Simpler recipes, those that leave out most first: what a shrinking engine tries.
    pub fn simpler(&self) -> impl Iterator<Item = Self> + '_ {
        let all = [self.operations.len(), self.text.len(), self.wire.len()];
        let without = (0..3).flat_map(move |list| {
            (0..all[list]).map(move |index| {
                let mut simpler = self.clone();
                match list {
                    0 => drop(simpler.operations.remove(index)),
                    1 => drop(simpler.text.remove(index)),
                    _ => drop(simpler.wire.remove(index)),
                }
                simpler
            })
        });
        let signed = (self.signer != Signer::Trusted).then(|| Self { signer: Signer::Trusted, ..self.clone() });
        let plain_terms = match self.template {
            Template::Valid { setting, terms } if terms != 0 => {
                Some(Self { template: Template::Valid { setting, terms: 0 }, ..self.clone() })
            }
            _ => None,
        };
        let arguments = self.operations.iter().enumerate().flat_map(move |(index, operation)| {
            operation.simpler().into_iter().map(move |operation| {
                let mut simpler = self.clone();
                simpler.operations[index] = operation;
                simpler
            })
        });
        without.chain(signed).chain(plain_terms).chain(arguments)
    }

    fn draw_signer(&self, chance: &mut impl Chance, stock: &Stock) -> Signer {
        if self.template.has_slip() && chance.below(5) < 2 {
            return match chance.below(3) {
                0 | 1 => Signer::Mac(Secret::Configured),
                _ => Signer::Mac(Secret::draw(chance, stock)),
            };
        }
        let names_algorithm = self.operations.iter().any(|operation| operation.touches(Part::Header, "alg"));
        let genuine = match self.template {
            Template::Valid { setting, .. } => stock.genuine_share(setting),
            Template::Case { class, .. } => stock.genuine_share_of_class(class),
        };
        let genuine = if names_algorithm { genuine / 2 } else { genuine };
        if chance.below(100) < genuine {
            return if names_algorithm && chance.one_in(3) { Signer::AsNamed } else { Signer::Trusted };
        }
        match chance.below(10) {
            0 | 1 => Signer::Kept,
            2..=4 => Signer::Nobody,
            5 => Signer::Attacker,
            _ => Signer::Mac(Secret::draw(chance, stock)),
        }
    }
}

impl Arbitrary<'_> for Recipe {
    fn arbitrary(octets: &mut Unstructured<'_>) -> arbitrary::Result<Self> {
        Ok(Self::draw(octets, Stock::everything()))
    }
}

impl Template {
    /// Whether its policy is one that should not be.
    fn has_slip(self) -> bool {
        matches!(self, Self::Valid { terms, .. } if usize::from(terms) >= super::terms::TERMS.len())
    }

    fn draw(chance: &mut impl Chance, stock: &Stock) -> Self {
        let classes = stock.classes.len();
        if classes > 0 && chance.below(300) >= 300 - usize::from(stock.catalogue_share) {
            let class = u16::try_from(chance.below(classes)).expect("there are some hundred classes");
            let place = chance.below(1 << 16).min(chance.below(1 << 16));
            let nth = u16::try_from(place).expect("it is below 2¹⁶");
            return Self::Case { class, nth };
        }
        let setting = *chance.pick(&stock.settings);
        let terms = if chance.below(2) == 0 { 0 } else { chance.below(super::terms::COUNT) };
        Self::Valid { setting, terms: u16::try_from(terms).expect("there are some dozen terms") }
    }
}

impl Operation {
    fn draw(chance: &mut impl Chance, stock: &Stock) -> Self {
        let part = if chance.below(3) == 0 { Part::Header } else { Part::Payload };
        let name = stock.name(chance, part);
        match chance.below(33) {
            0..=12 => Self::Set(part, name.clone(), Value::draw_for(chance, stock, part, &name)),
            13..=16 => Self::Remove(part, name),
            17..=23 => Self::Bend(part, name.clone(), Bend::draw(chance, stock, &name)),
            24 | 25 => {
                let end = if chance.below(2) == 0 { End::Last } else { End::First };
                Self::Repeat(part, name.clone(), Value::draw_for(chance, stock, part, &name), end)
            }
            26 => Self::Rename(part, name.clone(), stock.respelled_name(chance, &name)),
            27 | 28 => Self::Nest(part, name, chance.pick(pools::OUTER_NAMES).clone()),
            29 => Self::Copy(part, name),
            30 => Self::Replace(part, Value::draw(chance, stock, 2)),
            31 if chance.one_in(4) => Self::Swap,
            31 => Self::Set(part, stock.name(chance, part), Value::draw(chance, stock, 2)),
            _ => Self::Grow(part, Growth::draw(chance)),
        }
    }

    /// Whether it changes this member.
    pub fn touches(&self, at: Part, member: &str) -> bool {
        match self {
            Self::Set(part, name, _)
            | Self::Repeat(part, name, ..)
            | Self::Remove(part, name)
            | Self::Rename(part, name, _)
            | Self::Nest(part, name, _)
            | Self::Bend(part, name, _) => *part == at && name == member,
            Self::Copy(part, name) => *part != at && name == member,
            Self::Replace(part, _) => *part == at,
            Self::Swap => true,
            Self::Grow(..) => false,
        }
    }

    fn simpler(&self) -> Vec<Self> {
        match self {
            Self::Set(part, name, value) => {
                value.simpler().into_iter().map(|value| Self::Set(*part, name.clone(), value)).collect()
            }
            Self::Repeat(part, name, value, end) => {
                value.simpler().into_iter().map(|value| Self::Repeat(*part, name.clone(), value, *end)).collect()
            }
            Self::Replace(part, value) => {
                value.simpler().into_iter().map(|value| Self::Replace(*part, value)).collect()
            }
            Self::Grow(part, growth) => growth.smaller().map(|growth| Self::Grow(*part, growth)).into_iter().collect(),
            _ => Vec::new(),
        }
    }
}

impl Value {
    /// A value for this member: what the standard says of it, and what it does not.
    fn draw_for(chance: &mut impl Chance, stock: &Stock, part: Part, name: &str) -> Self {
        if chance.one_in(4) {
            return Self::draw(chance, stock, 2);
        }
        match (part, name) {
            (_, "exp" | "nbf" | "iat" | "auth_time" | "updated_at") => Self::draw_date(chance, stock),
            (_, "iss") => Self::draw_named(chance, stock, Own::Issuer, pools::ISSUERS),
            (_, "aud") => Self::draw_named(chance, stock, Own::Audience, pools::AUDIENCES),
            (_, "sub") => Self::draw_named(chance, stock, Own::Subject, pools::SUBJECTS),
            (_, "alg") => Self::draw_named(chance, stock, Own::Algorithm, pools::ALGORITHMS),
            (_, "typ" | "cty") => Self::draw_named(chance, stock, Own::Type, pools::TYPES),
            (_, "kid") => Self::draw_named(chance, stock, Own::Kid, pools::KIDS),
            (_, "crit") => Self::draw_critical(chance, stock),
            (_, "b64") => Self::Bool(chance.below(2) == 1),
            (_, "jwk") if chance.below(2) == 0 => Self::Raw(chance.pick(pools::JWKS).clone()),
            (_, "jwk") => Self::Key(*chance.pick(pools::WHOSE)),
            (_, "enc") => Self::Text(stock.text(chance, pools::ENCRYPTIONS)),
            (_, "zip") => Self::Text(Cow::Borrowed("DEF")),
            _ => Self::draw(chance, stock, 2),
        }
    }

    fn draw_date(chance: &mut impl Chance, stock: &Stock) -> Self {
        if chance.below(8) < 5 {
            let notation = if chance.below(2) == 0 { Notation::Integer } else { *chance.pick(pools::NOTATIONS) };
            return Self::FromNow(*chance.pick(pools::OFFSETS), notation);
        }
        match chance.below(4) {
            0 => Self::Text(chance.pick(pools::DATE_TEXTS).clone()),
            1 => Self::Raw(chance.pick(pools::NO_NUMBERS).clone()),
            _ => Self::Number(stock.number(chance)),
        }
    }

    fn draw_named(chance: &mut impl Chance, stock: &Stock, own: Own, others: &'static [Text]) -> Self {
        let other = |chance: &mut _| -> Self { Self::Text(stock.text(chance, others)) };
        match chance.below(12) {
            0 => Self::Own(own),
            1..=6 => other(chance),
            7 => Self::List(vec![Self::Own(own)]),
            8 => Self::List(vec![other(chance), Self::Own(own)]),
            9 => Self::List(vec![Self::Own(own), Self::draw(chance, stock, 1)]),
            10 => Self::Map(vec![(stock.text(chance, pools::MAP_NAMES), Self::Own(own))]),
            _ => Self::List(vec![other(chance)]),
        }
    }

    fn draw_critical(chance: &mut impl Chance, stock: &Stock) -> Self {
        let one = |chance: &mut _| -> Self { Self::Text(stock.text(chance, pools::CRITICALS)) };
        match chance.below(8) {
            0 => Self::List(Vec::new()),
            1 => Self::List(vec![Self::Own(Own::Critical)]),
            2 | 3 => Self::List(vec![one(chance)]),
            4 => Self::List(vec![Self::Own(Own::Critical), one(chance)]),
            5 => Self::List(vec![Self::Own(Own::Critical), Self::Own(Own::Critical)]),
            6 => one(chance),
            _ => Self::draw(chance, stock, 1),
        }
    }

    fn draw(chance: &mut impl Chance, stock: &Stock, depth: usize) -> Self {
        match chance.below(if depth == 0 { 8 } else { 12 }) {
            0 => Self::Null,
            1 => Self::Bool(chance.below(2) == 1),
            2 | 3 => Self::Number(stock.number(chance)),
            4..=6 => Self::Text(stock.text(chance, pools::TEXTS)),
            7 => Self::Raw(chance.pick(pools::NO_NUMBERS).clone()),
            8 | 9 => Self::List((0..chance.below(3)).map(|_| Self::draw(chance, stock, depth - 1)).collect()),
            _ => {
                let member =
                    |chance: &mut _| (stock.text(chance, pools::MAP_NAMES), Self::draw(chance, stock, depth - 1));
                Self::Map((0..chance.below(3)).map(|_| member(chance)).collect())
            }
        }
    }

    fn simpler(&self) -> Vec<Self> {
        match self {
            Self::Null => Vec::new(),
            Self::List(values) if !values.is_empty() => {
                values.iter().cloned().chain([Self::List(Vec::new())]).collect()
            }
            Self::Map(members) if !members.is_empty() => {
                members.iter().map(|(_, value)| value.clone()).chain([Self::Map(Vec::new())]).collect()
            }
            Self::Text(text) if text.chars().count() > 1 => {
                let half = text.chars().take(text.chars().count() / 2).collect::<String>();
                vec![Self::Text(Cow::Borrowed("")), Self::Text(half.into())]
            }
            Self::FromNow(offset, Notation::Integer) if offset.abs() > 1 => {
                vec![Self::FromNow(offset / 2, Notation::Integer)]
            }
            Self::FromNow(offset, notation) if *notation != Notation::Integer => {
                vec![Self::FromNow(*offset, Notation::Integer)]
            }
            _ => Vec::new(),
        }
    }
}

impl Bend {
    fn draw(chance: &mut impl Chance, stock: &Stock, name: &str) -> Self {
        if matches!(name, "exp" | "nbf" | "iat") && chance.below(3) != 0 {
            return match chance.below(8) {
                0 => Self::AddPower(*chance.pick(&[31, 32, 33, 52, 53, 62, 63, 64])),
                1 => Self::Thousand,
                2 => Self::Negative,
                3 => Self::Fraction(chance.pick(pools::FRACTIONS).clone()),
                4 => Self::Exponent,
                5 => Self::Quoted,
                _ => Self::Add(*chance.pick(pools::OFFSETS)),
            };
        }
        match chance.below(18) {
            0 => Self::InList,
            1 => Self::InListAfter(stock.text(chance, pools::TEXTS)),
            2 => Self::InMap(stock.text(chance, pools::MAP_NAMES)),
            3 => Self::Quoted,
            4 => Self::Upper,
            5 => Self::Lower,
            6 => Self::SwapCase,
            7..=9 => Self::Before(stock.text(chance, pools::AFFIXES)),
            10..=12 => Self::After(stock.text(chance, pools::AFFIXES)),
            13 => Self::FirstHalf,
            14 => Self::WithoutLast,
            15 => Self::Escaped,
            16 => Self::LookAlike,
            _ => Self::Percent,
        }
    }
}

impl Growth {
    fn draw(chance: &mut impl Chance) -> Self {
        // Large ones are dear; most of what breaks breaks at the small limits too.
        let sizes = if chance.one_in(16) { pools::LARGE } else { pools::SIZES };
        let size = *chance.pick(sizes);
        let count = u16::try_from(size.min(2048)).expect("it is at most 2048");
        match chance.below(7) {
            0 => Self::LongText(size),
            1 => Self::LongName(size),
            2 => Self::Members(count),
            3 => Self::DeepLists(count),
            4 => Self::DeepMaps(count.min(512)),
            5 => Self::LongList(count),
            _ => Self::Digits(size),
        }
    }

    fn smaller(self) -> Option<Self> {
        let half = |size: u16| (size > 1).then_some(size / 2);
        match self {
            Self::LongText(size) => (size > 1).then_some(Self::LongText(size / 2)),
            Self::LongName(size) => (size > 1).then_some(Self::LongName(size / 2)),
            Self::Digits(size) => (size > 1).then_some(Self::Digits(size / 2)),
            Self::Members(size) => half(size).map(Self::Members),
            Self::DeepLists(size) => half(size).map(Self::DeepLists),
            Self::DeepMaps(size) => half(size).map(Self::DeepMaps),
            Self::LongList(size) => half(size).map(Self::LongList),
        }
    }
}

impl Secret {
    fn draw(chance: &mut impl Chance, stock: &Stock) -> Self {
        match chance.below(24) {
            0 | 1 => Self::Empty,
            2 => Self::Zeros(*chance.pick(&[1, 16, 32, 48, 64])),
            3 => Self::Pem,
            4 => Self::PemTrimmed,
            5 => Self::PemBody,
            6 => Self::Der,
            7 => Self::Pkcs1,
            8 => Self::Certificate,
            9 => Self::Jwk,
            10 => Self::Jwks,
            11 => Self::Numbers,
            12 => Self::OpenSsh,
            13 => Self::PrivatePem,
            14 | 15 => Self::Word(stock.text(chance, pools::SECRETS)),
            16 => Self::Kid,
            17 | 18 => Self::Configured,
            19 => Self::Known,
            _ => Self::Respelled(*chance.pick(pools::RESPELLINGS)),
        }
    }
}

impl TextEdit {
    fn draw(chance: &mut impl Chance, stock: &Stock) -> Self {
        let part = if chance.below(3) == 0 { Part::Header } else { Part::Payload };
        let at = u16::try_from(chance.below(1 << 16)).expect("it is below 2¹⁶");
        let spelling = match chance.below(16) {
            0..=4 => Spelling::Insert(at, stock.splice(chance)),
            5 | 6 => Spelling::Delete(at, 1 + u8::try_from(chance.below(8)).expect("it is below 8")),
            7 | 8 => Spelling::Replace(at, u8::try_from(chance.below(256)).expect("it is below 256")),
            9 => Spelling::Spaced,
            10 => Spelling::Before(chance.pick(pools::TEXT_ENDS).clone()),
            11 => Spelling::After(chance.pick(pools::TEXT_ENDS).clone()),
            12 => Spelling::EscapedNames,
            13 => Spelling::SingleQuotes,
            14 => Spelling::Utf16,
            _ => Spelling::TrailingComma,
        };
        Self(part, spelling)
    }
}

impl WireEdit {
    /// An edit of a signature that was genuine.
    fn draw_for_signature(chance: &mut impl Chance) -> Self {
        let at = Segment::Signature;
        let few = *chance.pick(&[1, 2, 3, 4, 8, 32, 43]);
        match chance.below(15) {
            0 | 1 => Self::Zeros(at),
            2 => Self::Prepended(at, few),
            3 => Self::AddOrder,
            4 => Self::Longer(at, few),
            5 => Self::Cut(at, few),
            6 => Self::Instead(at, chance.pick(pools::SEGMENTS).clone()),
            7 => Self::Flip(at, u16::try_from(chance.below(1 << 16)).expect("it is below 2¹⁶"), 0),
            8 => Self::Hex(at),
            9 => Self::Again(at),
            10 => Self::Twice(at),
            11 => Self::Only(at, few),
            12 => Self::TrailingBits(at),
            13 => Self::Der,
            _ => Self::Empty(at),
        }
    }

    fn draw(chance: &mut impl Chance, stock: &Stock) -> Self {
        let segment = *chance.pick(&[Segment::Signature, Segment::Header, Segment::Payload]);
        let at = u16::try_from(chance.below(1 << 16)).expect("it is below 2¹⁶");
        let few = *chance.pick(&[1, 2, 3, 4, 8, 21, 22, 32, 42, 43]);
        match chance.below(34) {
            0 => Self::Pad(segment),
            1 => Self::Standard(segment),
            2 => Self::TrailingBits(segment),
            3 => Self::Empty(segment),
            4 => Self::Drop(segment),
            5 => Self::Twice(segment),
            6 | 7 => Self::Instead(segment, chance.pick(pools::SEGMENTS).clone()),
            8 | 9 => Self::Into(segment, at, chance.pick(pools::WIRE_TEXTS).clone()),
            10 | 11 => Self::Cut(segment, few),
            12 => Self::Only(segment, few),
            13 => Self::Longer(segment, few),
            14 | 15 => Self::Flip(segment, at, u8::try_from(chance.below(8)).expect("it is below 8")),
            16 => Self::Upper(segment),
            17 => Self::Hex(segment),
            18 => Self::Again(segment),
            19 => Self::Exchange(segment, *chance.pick(&[Segment::Payload, Segment::Header, Segment::Signature])),
            20 => {
                let end = if chance.below(2) == 0 { End::Last } else { End::First };
                Self::Separator(end, chance.pick(pools::SEPARATORS).clone())
            }
            21 | 22 => Self::Before(stock.text(chance, pools::WIRE_ENDS)),
            23 | 24 => Self::After(stock.text(chance, pools::WIRE_ENDS)),
            25 => Self::Doubled(chance.pick(pools::SEPARATORS).clone()),
            26 => chance.pick(&[Self::Percent, Self::Flattened, Self::General]).clone(),
            27 => Self::FlattenedWithout(chance.pick(pools::SERIALISED).clone()),
            28 | 29 => Self::Zeros(segment),
            30 => Self::Prepended(segment, few),
            31 => Self::AddOrder,
            32 if chance.one_in(4) => {
                Self::Flood(chance.pick(pools::FLOODS).clone(), *chance.pick(&[16, 256, 4096, 70_000, 1 << 17]))
            }
            _ => Self::FlipAny(at, u8::try_from(chance.below(8)).expect("it is below 8")),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
        })
    }
}

impl Part {
    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::Header => Self::Payload,
            Self::Payload => Self::Header,
        }
    }
}
