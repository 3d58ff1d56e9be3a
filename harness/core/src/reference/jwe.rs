//! The sound verifier of encrypted tokens (RFC 7516 §5.2, RFC 7518 §4 and §5, RFC 7519 §7.2).
//!
//! Takes a request whose policy decrypts, gives a [`Ruling`]. One function for each rule up to the plaintext; what is
//! inside is judged by the rules of signed tokens: all of them where the policy lists what signs, those of claims where it
//! does not. It opens with aws-lc-rs, the forge seals with RustCrypto; AES-192 key wrap alone, which aws-lc-rs lacks, is
//! one crate on both sides. A misdecrypter is this same verifier with a rule bent.

mod keys;

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use token_assay_model::{
    Claims, ContentEncryption, Encryption, Input, KeyManagement, Policy, Reason, Request, Verdict,
};

use super::json::Json;
use super::{Reading, Ruling, rules};
pub use keys::{Material, PrivateKey, derived, open};

/// The rules by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// 1: [`segments`].
    Segments = 1,
    /// 2: [`encoding`].
    Encoding,
    /// 3: [`header`].
    Header,
    /// 4: [`algorithms`].
    Algorithms,
    /// 5: [`allowed`].
    Allowed,
    /// 6: [`critical`].
    Critical,
    /// 7: [`key_choice`].
    KeyChoice,
    /// 8: [`key_fitness`].
    KeyFitness,
    /// 9: [`parameters`].
    Parameters,
    /// 10: [`key_management`].
    KeyManagement,
    /// 11: [`content`].
    Content,
    /// 12: [`compression`].
    Compression,
    /// 13: [`inside`].
    Inside,
}

impl Rule {
    /// All rules in order.
    pub const ALL: &'static [Self] = &[
        Self::Segments,
        Self::Encoding,
        Self::Header,
        Self::Algorithms,
        Self::Allowed,
        Self::Critical,
        Self::KeyChoice,
        Self::KeyFitness,
        Self::Parameters,
        Self::KeyManagement,
        Self::Content,
        Self::Compression,
        Self::Inside,
    ];

    /// The function that applies it.
    pub fn step(self) -> Step {
        match self {
            Self::Segments => segments,
            Self::Encoding => encoding,
            Self::Header => header,
            Self::Algorithms => algorithms,
            Self::Allowed => allowed,
            Self::Critical => critical,
            Self::KeyChoice => key_choice,
            Self::KeyFitness => key_fitness,
            Self::Parameters => parameters,
            Self::KeyManagement => key_management,
            Self::Content => content,
            Self::Compression => compression,
            Self::Inside => inside,
        }
    }

    /// What it asks, and its clauses.
    pub const fn says(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Segments => ("an encrypted token has five parts between four periods", &["RFC 7516 §3.1"]),
            Self::Encoding => ("each part is base64url without padding", &["RFC 7516 §5.2", "RFC 4648 §3.5"]),
            Self::Header => ("the header is a JSON object in UTF-8", &["RFC 7516 §4", "RFC 7516 §5.2"]),
            Self::Algorithms => ("alg and enc are there, and understood", &["RFC 7516 §4.1.1", "RFC 7516 §4.1.2"]),
            Self::Allowed => ("only algorithms that the policy allows", &["RFC 7516 §5.2", "RFC 8725 §3.1"]),
            Self::Critical => ("what crit names is understood", &["RFC 7516 §4.1.13"]),
            Self::KeyChoice => ("the key is one that is configured", &["RFC 7516 §4.1.6", "RFC 8725 §3.10"]),
            Self::KeyFitness => {
                ("the key is one for the algorithm, by type and size", &["RFC 7518 §4", "RFC 7517 §4.4"])
            }
            Self::Parameters => (
                "the header holds what the key management needs",
                &["RFC 7518 §4.6.1", "RFC 7518 §4.7.1", "RFC 7518 §4.8.1"],
            ),
            Self::KeyManagement => ("the key opens the encrypted key", &["RFC 7516 §5.2", "RFC 7516 §11.5"]),
            Self::Content => ("the tag is that of the content and the header", &["RFC 7516 §5.2", "RFC 7518 §5"]),
            Self::Compression => {
                ("what was compressed inflates to a bounded length", &["RFC 7516 §4.1.3", "RFC 8725 §3.6"])
            }
            Self::Inside => (
                "what is inside holds by the rules of signed tokens, or those of claims",
                &["RFC 7519 §7.2", "RFC 8725 §3.3"],
            ),
        }
    }
}

/// One rule at work.
pub type Step = fn(&mut Opening<'_>) -> Result<(), Reason>;

/// What has been read of an encrypted token so far.
pub struct Opening<'a> {
    /// Header, policy and what is left open; the payload once it is decrypted.
    pub reading: Reading<'a>,
    /// What the policy decrypts.
    pub encryption: Encryption,
    /// The five segments as received.
    pub segments: [Vec<u8>; 5],
    /// The decoded segments.
    pub decoded: [Vec<u8>; 5],
    /// The header's `alg`.
    pub alg: KeyManagement,
    /// The header's `enc`.
    pub enc: ContentEncryption,
    /// The keys that it may be for, chosen and fitting.
    pub keys: Vec<PrivateKey>,
    /// What the encrypted key may be, one for each of them that can open it.
    pub ceks: Vec<Vec<u8>>,
    /// The content.
    pub plaintext: Vec<u8>,
    /// The ruling of the token inside, where there is one.
    pub nested: Option<Ruling>,
}

impl<'a> Opening<'a> {
    /// Nothing read yet.
    pub fn new(request: Request<'a>) -> Self {
        Self {
            reading: Reading::new(request),
            encryption: request.policy.encryption.clone().unwrap_or_default(),
            segments: Default::default(),
            decoded: Default::default(),
            alg: KeyManagement::Dir,
            enc: ContentEncryption::A256Gcm,
            keys: Vec::new(),
            ceks: Vec::new(),
            plaintext: Vec::new(),
            nested: None,
        }
    }

    /// A member of the header that is base64url text, decoded; nothing where it is none.
    pub fn parameter(&self, name: &str) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(self.reading.header.member(name)?.as_str()?).ok()
    }

    /// `p2c`, where it is a positive integer.
    pub fn count(&self) -> Option<f64> {
        let count = self.reading.header.member("p2c")?.as_f64()?;
        (count >= 1.0 && count.fract() == 0.0).then_some(count)
    }
}

/// What the standard says of this request.
pub fn rule(request: Request<'_>) -> Ruling {
    rule_with(request, &[])
}

/// What the standard says of this request, and the rule by which it is refused, where it is.
pub fn explain(request: Request<'_>) -> (Ruling, Option<Rule>) {
    explain_with(request, &[])
}

/// The same with some rules bent.
pub fn rule_with(request: Request<'_>, bends: &[(Rule, Step)]) -> Ruling {
    explain_with(request, bends).0
}

fn explain_with(request: Request<'_>, bends: &[(Rule, Step)]) -> (Ruling, Option<Rule>) {
    let mut opening = Opening::new(request);
    let applied = apply(&mut opening, Rule::ALL, bends);
    let by = applied.err().map(|(_, rule)| rule);
    let ruling = match applied {
        _ if opening.reading.beyond_limits => Ruling::Bounded,
        Err((reason, _)) => Ruling::Reject(reason),
        Ok(()) => {
            let Opening { reading, nested, .. } = opening;
            let found = nested.unwrap_or_else(|| Ruling::Accept(Claims(reading.payload.to_map())));
            match (found, reading.repeated, reading.choice) {
                (Ruling::Accept(claims), true, _) => Ruling::RejectOrLast(claims),
                (Ruling::Accept(_), false, Some(because)) => Ruling::Either(because),
                (found, ..) => found,
            }
        }
    };
    (ruling, by)
}

/// The verdict of the reference verifier with some rules bent: where the standard leaves a choice it accepts.
pub fn verdict(request: Request<'_>, bends: &[(Rule, Step)]) -> Verdict {
    let mut opening = Opening::new(request);
    if let Err((reason, rule)) = apply(&mut opening, Rule::ALL, bends) {
        return Verdict::reject(reason, format!("rule {rule:?} of encrypted tokens"));
    }
    let Opening { reading, nested, .. } = opening;
    let header = Some(reading.header.to_map());
    match nested {
        _ if reading.repeated => Verdict::reject(Reason::Malformed, "a name stands twice"),
        Some(Ruling::Reject(reason)) => Verdict::reject(reason, "the token inside"),
        Some(Ruling::RejectOrLast(_)) => Verdict::reject(Reason::Malformed, "a name stands twice inside"),
        Some(Ruling::Accept(claims)) => Verdict::Accept { claims, header },
        Some(Ruling::Either(_) | Ruling::Bounded) => Verdict::reject(Reason::Other, "the token inside is left open"),
        None => Verdict::Accept { claims: Claims(reading.payload.to_map()), header },
    }
}

/// The plaintext of a token, whatever it is: the rules up to its decompression.
///
/// # Errors
///
/// The reason of the first rule that fails.
pub fn plaintext(request: Request<'_>, bends: &[(Rule, Step)]) -> Result<Vec<u8>, Reason> {
    let mut opening = Opening::new(request);
    let rules = &Rule::ALL[..Rule::Inside as usize - 1];
    apply(&mut opening, rules, bends).map_err(|(reason, _)| reason)?;
    Ok(opening.plaintext)
}

fn apply(opening: &mut Opening<'_>, rules: &[Rule], bends: &[(Rule, Step)]) -> Result<(), (Reason, Rule)> {
    for rule in rules {
        let step = bends.iter().find(|(bent, _)| bent == rule).map_or(rule.step(), |(_, step)| *step);
        step(opening).map_err(|reason| (reason, *rule))?;
    }
    Ok(())
}

/// Rule 1. ASCII, and five parts separated by four periods (RFC 7516 §3.1, §7.1, §9; RFC 7519 §3).
pub fn segments(opening: &mut Opening<'_>) -> Result<(), Reason> {
    rules::text(&mut opening.reading)?;
    let parts: Vec<&[u8]> = opening.reading.octets.split(|octet| *octet == b'.').collect();
    let parts: [&[u8]; 5] = parts.try_into().map_err(|_| Reason::Malformed)?;
    opening.segments = parts.map(<[u8]>::to_vec);
    Ok(())
}

/// Rule 2. Each part is base64url without padding, in its only form (RFC 7516 §2, §5.2 step 2; RFC 4648 §3.5).
pub fn encoding(opening: &mut Opening<'_>) -> Result<(), Reason> {
    for (segment, decoded) in opening.segments.iter().zip(&mut opening.decoded) {
        *decoded = URL_SAFE_NO_PAD.decode(segment).map_err(|_| Reason::Malformed)?;
    }
    Ok(())
}

/// Rule 3. The header is a JSON object (RFC 7516 §5.2 step 3); a name that stands twice is refused or read last (§4).
pub fn header(opening: &mut Opening<'_>) -> Result<(), Reason> {
    opening.reading.decoded[0].clone_from(&opening.decoded[0]);
    rules::header(&mut opening.reading)
}

/// Rule 4. `alg` and `enc` are there, strings, and understood (RFC 7516 §4.1.1, §4.1.2).
pub fn algorithms(opening: &mut Opening<'_>) -> Result<(), Reason> {
    let name = |member: &str| opening.reading.header.member(member).and_then(Json::as_str).ok_or(Reason::Algorithm);
    let alg = name("alg")?.parse().map_err(|_| Reason::Algorithm)?;
    let enc = name("enc")?.parse().map_err(|_| Reason::Algorithm)?;
    (opening.alg, opening.enc) = (alg, enc);
    Ok(())
}

/// Rule 5. Only what the relying party allows (RFC 7516 §5.2; RFC 8725 §3.1).
pub fn allowed(opening: &mut Opening<'_>) -> Result<(), Reason> {
    let Encryption { alg, enc } = &opening.encryption;
    rules::check(alg.contains(&opening.alg) && enc.contains(&opening.enc), Reason::Algorithm)
}

/// Rule 6. `crit` as in a signed token (RFC 7516 §4.1.13).
pub fn critical(opening: &mut Opening<'_>) -> Result<(), Reason> {
    rules::critical(&mut opening.reading)
}

/// Rule 7. The configured key; in a key set the one that the `kid` names (RFC 7516 §4.1.6). Never one from the token.
pub fn key_choice(opening: &mut Opening<'_>) -> Result<(), Reason> {
    let policy = opening.reading.policy;
    let kid = opening.reading.header.member("kid").and_then(Json::as_str);
    let named = |kid: &str| policy.keys.iter().filter(|key| key.kid.as_deref() == Some(kid)).collect::<Vec<_>>();
    let keys = match (policy.jwks, kid) {
        (true, Some(kid)) => named(kid),
        _ => policy.keys.iter().collect(),
    };
    opening.keys = keys.into_iter().filter_map(PrivateKey::read).collect();
    rules::check(!opening.keys.is_empty(), Reason::Key)
}

/// Rule 8. The key is one for this algorithm: its type and size (RFC 7518 §4.2 to §4.8), and, where it says so, its `alg`
/// (RFC 7517 §4.4), `use` (§4.2) and `key_ops` (§4.3). The key of `dir` may name what it encrypts (RFC 7520 §5.6.1).
pub fn key_fitness(opening: &mut Opening<'_>) -> Result<(), Reason> {
    let (alg, enc) = (opening.alg, opening.enc);
    opening.keys.retain(|key| {
        let direct = alg == KeyManagement::Dir && key.alg.as_deref() == Some(enc.as_str());
        key.has_type_of(alg, enc)
            && (direct || key.alg.as_deref().is_none_or(|named| named == alg.as_str()))
            && key.usage.as_deref().is_none_or(|usage| usage == "enc")
            && key.operations.as_ref().is_none_or(|all| all.iter().any(|one| OPERATIONS.contains(&one.as_str())))
    });
    rules::check(!opening.keys.is_empty(), Reason::Key)
}

/// Rule 9. What the key management needs stands in the header, in its form, and nothing stands where an encrypted key has
/// no place (RFC 7516 §5.2 steps 8 to 10; RFC 7518 §4.6.1, §4.7.1, §4.8.1). How long a password is hashed is the sender's
/// word, which a verifier must bound (RFC 8725bis §3.13).
pub fn parameters(opening: &mut Opening<'_>) -> Result<(), Reason> {
    let alg = opening.alg;
    let without_key = matches!(alg, KeyManagement::Dir | KeyManagement::EcdhEs);
    rules::check(opening.decoded[1].is_empty() == without_key, Reason::Malformed)?;
    if alg.is_agreement() {
        agreement_parameters(opening)?;
    }
    if alg.is_gcm() {
        let has_width = |name: &str, width: usize| opening.parameter(name).is_some_and(|octets| octets.len() == width);
        rules::check(has_width("iv", 12) && has_width("tag", 16), Reason::Malformed)?;
    }
    if alg.is_password() {
        let salt = opening.parameter("p2s").ok_or(Reason::Malformed)?;
        rules::check(salt.len() >= SALT, Reason::Malformed)?;
        let count = opening.count().ok_or(Reason::Malformed)?;
        opening.reading.beyond_limits |= count > MOST_ITERATIONS;
        rules::check(count <= MOST_ITERATIONS, Reason::Malformed)?;
        if opening.reading.header.member("p2c").is_some_and(|p2c| !p2c.is_written_as_integer()) {
            opening.reading.leave_open("an integer may be written with a fraction or an exponent (RFC 8259 §6)");
        }
        if count < FEWEST_ITERATIONS {
            opening.reading.leave_open("a count under 1000 is less than what is recommended (RFC 7518 §4.8.1.2)");
        }
    }
    Ok(())
}

fn agreement_parameters(opening: &mut Opening<'_>) -> Result<(), Reason> {
    let epk = opening.reading.header.member("epk").cloned().ok_or(Reason::Malformed)?;
    rules::check(matches!(epk, Json::Object(_)), Reason::Malformed)?;
    for name in ["apu", "apv"] {
        let there = opening.reading.header.member(name).is_some();
        rules::check(!there || opening.parameter(name).is_some(), Reason::Malformed)?;
    }
    if epk.member("d").is_some() {
        opening.reading.leave_open("members of epk that are not needed may be checked or ignored (RFC 7518 §4.6.1.1)");
    }
    // On another curve than the recipient's own there is nothing to agree on.
    opening.keys.retain(|key| key.is_on_the_curve_of(&epk));
    rules::check(!opening.keys.is_empty(), Reason::Key)
}

/// Rule 10. The content encryption key (RFC 7516 §5.2 steps 6 to 13). Where none comes out, or one of another width than
/// `enc` has, that must not be told from a wrong tag (§11.5, RFC 3218): the reason is the same.
pub fn key_management(opening: &mut Opening<'_>) -> Result<(), Reason> {
    let width = opening.enc.key_width();
    let ceks = opening.keys.iter().filter_map(|key| key.unwrap(opening)).filter(|cek| cek.len() == width).collect();
    opening.ceks = ceks;
    rules::check(!opening.ceks.is_empty(), Reason::Signature)
}

/// Rule 11. Initialisation vector and tag have the widths of `enc` (RFC 7518 §5.2.2, §5.3), and the tag is that of the
/// ciphertext and of the header as received (RFC 7516 §5.2 steps 14 to 16).
pub fn content(opening: &mut Opening<'_>) -> Result<(), Reason> {
    let [_, _, iv, ciphertext, tag] = &opening.decoded;
    let enc = opening.enc;
    rules::check(iv.len() == enc.iv_width() && tag.len() == enc.tag_width(), Reason::Signature)?;
    let aad = &opening.segments[0];
    let opened = opening.ceks.iter().find_map(|cek| open(enc, cek, iv, aad, ciphertext, tag));
    opening.plaintext = opened.ok_or(Reason::Signature)?;
    Ok(())
}

/// Rule 12. `zip` is DEF, or not there (RFC 7516 §4.1.3); what comes out is bounded (RFC 8725bis §3.15). RFC 8725 §3.6
/// advises against compression, so that a verifier may well not have it.
pub fn compression(opening: &mut Opening<'_>) -> Result<(), Reason> {
    let Some(zip) = opening.reading.header.member("zip") else { return Ok(()) };
    if *zip == Json::Null {
        opening.reading.leave_open("a zip that is null may count as none");
        return Ok(());
    }
    rules::check(zip.as_str() == Some("DEF"), Reason::Malformed)?;
    let mut inflated = Vec::new();
    let decoder = flate2::read::DeflateDecoder::new(opening.plaintext.as_slice());
    decoder.take(MOST_INFLATED + 1).read_to_end(&mut inflated).map_err(|_| Reason::Malformed)?;
    opening.reading.beyond_limits |= inflated.len() as u64 > MOST_INFLATED;
    rules::check(!opening.reading.beyond_limits, Reason::Malformed)?;
    opening.plaintext = inflated;
    opening.reading.leave_open("RFC 8725 §3.6 advises against compression, and a verifier may do without it");
    Ok(())
}

/// Rule 13. Where the policy lists what signs, the content is a signed token, and judged as one (RFC 7519 §7.2 step 8;
/// RFC 8725 §3.3: all cryptographic operations must validate). Else it is the claims (RFC 7519 §7.2 step 10).
pub fn inside(opening: &mut Opening<'_>) -> Result<(), Reason> {
    if opening.reading.policy.algorithms.is_some() {
        let cty = opening.reading.header.member("cty").and_then(Json::as_str);
        if cty.is_none_or(|cty| !cty.eq_ignore_ascii_case("jwt")) {
            opening.reading.leave_open("cty JWT marks a nested token (RFC 7519 §5.2); a verifier may insist on it");
        }
        opening.nested = Some(nested(&opening.plaintext, opening.reading.policy));
        return match opening.nested {
            Some(Ruling::Reject(reason)) => Err(reason),
            _ => Ok(()),
        };
    }
    opening.reading.decoded[1].clone_from(&opening.plaintext);
    claims(&mut opening.reading)
}

/// The ruling of the token inside: the same policy without what decrypts.
pub fn nested(token: &[u8], policy: &Policy) -> Ruling {
    let policy = Policy { encryption: None, ..policy.clone() };
    super::rule(Request { input: &Input::from_octets(token.to_vec()), policy: &policy })
}

/// The rules of claims, over the payload.
pub fn claims(reading: &mut Reading<'_>) -> Result<(), Reason> {
    super::Rule::ALL.iter().filter(|rule| **rule >= super::Rule::Payload).try_for_each(|rule| rule.step()(reading))
}

/// What a key that decrypts may be meant for (RFC 7517 §4.3).
const OPERATIONS: [&str; 4] = ["decrypt", "unwrapKey", "deriveKey", "deriveBits"];

/// The least width of a salt in octets (RFC 7518 §4.8.1.1).
const SALT: usize = 8;

/// What RFC 7518 §4.8.1.2 recommends at the least.
const FEWEST_ITERATIONS: f64 = 1000.0;

/// Twice what is recommended now (RFC 8725bis §3.13).
pub const MOST_ITERATIONS: f64 = 1_200_000.0;

/// As much as decompression may give, in octets (RFC 8725bis §3.15).
pub const MOST_INFLATED: u64 = 250_000;
