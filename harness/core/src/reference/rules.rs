//! The rules, in the order in which the sound verifier applies them.
//!
//! Each takes what earlier rules read and either reads on or gives a [`Reason`]. The clause is in the doc comment.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD, URL_SAFE_NO_PAD};
use token_assay_model::{Algorithm, Input, Key, Policy, Reason, Request};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use super::json::{Json, Lenience, NotJson};
use super::key::{PublicKey, is_written_loosely};
use super::{Reading, Step};

/// The rules by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// 1: [`text`].
    Text = 1,
    /// 2: [`segments`].
    Segments,
    /// 3: [`encoding`].
    Encoding,
    /// 4: [`header`].
    Header,
    /// 5: [`algorithm`].
    Algorithm,
    /// 6: [`allowed`].
    Allowed,
    /// 7: [`critical`].
    Critical,
    /// 8: [`key_choice`].
    KeyChoice,
    /// 9: [`key_fitness`].
    KeyFitness,
    /// 10: [`signature`].
    Signature,
    /// 11: [`payload`].
    Payload,
    /// 12: [`kind`].
    Kind,
    /// 13: [`claim_types`].
    ClaimTypes,
    /// 14: [`required`].
    Required,
    /// 15: [`expiry`].
    Expiry,
    /// 16: [`not_before`].
    NotBefore,
    /// 17: [`age`].
    Age,
    /// 18: [`issuer`].
    Issuer,
    /// 19: [`audience`].
    Audience,
    /// 20: [`subject`].
    Subject,
}

impl Rule {
    /// All rules in order.
    pub const ALL: &'static [Self] = &[
        Self::Text,
        Self::Segments,
        Self::Encoding,
        Self::Header,
        Self::Algorithm,
        Self::Allowed,
        Self::Critical,
        Self::KeyChoice,
        Self::KeyFitness,
        Self::Signature,
        Self::Payload,
        Self::Kind,
        Self::ClaimTypes,
        Self::Required,
        Self::Expiry,
        Self::NotBefore,
        Self::Age,
        Self::Issuer,
        Self::Audience,
        Self::Subject,
    ];

    /// The function that applies it.
    pub fn step(self) -> Step {
        match self {
            Self::Text => text,
            Self::Segments => segments,
            Self::Encoding => encoding,
            Self::Header => header,
            Self::Algorithm => algorithm,
            Self::Allowed => allowed,
            Self::Critical => critical,
            Self::KeyChoice => key_choice,
            Self::KeyFitness => key_fitness,
            Self::Signature => signature,
            Self::Payload => payload,
            Self::Kind => kind,
            Self::ClaimTypes => claim_types,
            Self::Required => required,
            Self::Expiry => expiry,
            Self::NotBefore => not_before,
            Self::Age => age,
            Self::Issuer => issuer,
            Self::Audience => audience,
            Self::Subject => subject,
        }
    }

    /// What it asks, and its clauses.
    pub const fn says(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Text => ("a token is made of base64url letters and periods", &["RFC 7519 §3", "RFC 7515 §2"]),
            Self::Segments => ("a JWT has three parts between two periods", &["RFC 7515 §3.1", "RFC 7519 §3"]),
            Self::Encoding => {
                ("each part is base64url without padding", &["RFC 7515 §2", "RFC 7515 §5.2", "RFC 4648 §3.5"])
            }
            Self::Header => ("the header is a JSON object in UTF-8", &["RFC 7515 §4", "RFC 7515 §5.2"]),
            Self::Algorithm => ("alg is there, a string, and understood", &["RFC 7515 §4.1.1", "RFC 7515 §5.3"]),
            Self::Allowed => ("only algorithms that the policy allows", &["RFC 8725 §3.1", "RFC 8725 §3.2"]),
            Self::Critical => ("what crit names is understood", &["RFC 7515 §4.1.11", "RFC 7797 §7"]),
            Self::KeyChoice => (
                "the key is one that is configured, and the one that kid names",
                &["RFC 7515 §4.1.4", "RFC 8725 §3.10"],
            ),
            Self::KeyFitness => (
                "the key is one for the algorithm, by type and size",
                &["RFC 7518 §3", "RFC 7517 §4.4", "RFC 8725 §3.1"],
            ),
            Self::Signature => {
                ("the signature is the key's over what was received", &["RFC 7515 §5.2", "RFC 8725 §3.3"])
            }
            Self::Payload => ("the payload is a JSON object in UTF-8", &["RFC 7519 §7.2"]),
            Self::Kind => ("typ is the one that the policy requires", &["RFC 7515 §4.1.9", "RFC 8725 §3.11"]),
            Self::ClaimTypes => ("registered claims have their types", &["RFC 7519 §4.1", "RFC 7519 §2"]),
            Self::Required => ("claims that the policy requires are there", &["RFC 7519 §4"]),
            Self::Expiry => ("exp lies in the future", &["RFC 7519 §4.1.4"]),
            Self::NotBefore => ("nbf does not lie in the future", &["RFC 7519 §4.1.5"]),
            Self::Age => ("iat is no longer ago than the policy allows", &["OpenID Connect Core §3.1.3.7"]),
            Self::Issuer => ("iss is an issuer of the policy", &["RFC 7519 §4.1.1", "RFC 8725 §3.8"]),
            Self::Audience => ("aud names the verifier", &["RFC 7519 §4.1.3", "RFC 8725 §3.9"]),
            Self::Subject => ("sub is the one that the policy requires", &["RFC 7519 §4.1.2"]),
        }
    }
}

/// Rule 1. No clause says how long a token may be: of a very long one only a bounded cost is asked. A JWT is a string of base64url parts and periods (RFC 7519 §3, RFC 7515 §2): ASCII letters, digits, `-`, `_`
/// and `.`, and not empty.
pub fn text(reading: &mut Reading<'_>) -> Result<(), Reason> {
    reading.beyond_limits |= reading.octets.len() > LONG;
    let url_safe = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.');
    check(!reading.octets.is_empty() && reading.octets.iter().all(url_safe), Reason::Malformed)
}

/// Rule 2. Three parts separated by two periods (RFC 7515 §3.1, §7.1; RFC 7519 §3: a JWT is never in a JSON serialisation).
pub fn segments(reading: &mut Reading<'_>) -> Result<(), Reason> {
    // No more parts than it takes to see that there are too many.
    let parts: Vec<&[u8]> = reading.octets.split(|octet| *octet == b'.').take(4).collect();
    let [header, payload, signature] = parts[..] else { return Err(Reason::Malformed) };
    reading.segments = [header.to_vec(), payload.to_vec(), signature.to_vec()];
    Ok(())
}

/// Rule 3. Each part is base64url without padding, white space or other characters (RFC 7515 §2, §5.2 steps 2, 6 and 7). A
/// decoder may refuse unused bits that are set (RFC 4648 §3.5): in the first two parts, which the signature covers as they
/// stand, that is its choice; in the signature they let anybody write a token in several ways, and should be refused.
pub fn encoding(reading: &mut Reading<'_>) -> Result<(), Reason> {
    for part in 0..3 {
        let segment = &reading.segments[part];
        let canonical = URL_SAFE_NO_PAD.decode(segment);
        let unused_bits = canonical.is_err() && part < 2;
        let decoded = if unused_bits { ANY_UNUSED_BITS.decode(segment) } else { canonical };
        reading.decoded[part] = decoded.map_err(|_| Reason::Malformed)?;
        if unused_bits {
            reading.leave_open("a decoder may refuse unused bits of base64url that are not zero (RFC 4648 §3.5)");
        }
    }
    Ok(())
}

/// Rule 4. The header is UTF-8 and a JSON object (RFC 7515 §4, §5.2 steps 2 and 3). A name that stands twice is refused or
/// read last (RFC 7515 §4). `enc` is of JWEs (RFC 7516 §9), and a member that is not understood is ignored (RFC 7515 §4).
pub fn header(reading: &mut Reading<'_>) -> Result<(), Reason> {
    reading.header = part(reading, 0)?;
    reading.repeated |= reading.header.repeats_a_name();
    leave_limits_open(reading, 0);
    if !has_registered_types(&reading.header) {
        reading.leave_open(
            "a header member of another type than it is registered with may be ignored or refused (RFC 7515 §4.1)",
        );
    }
    if reading.header.member("cty").is_some() && reading.policy.encryption.is_none() {
        reading.leave_open(
            "what cty means is the application's (RFC 7515 §4.1.10); JWT says that the payload is a token, and a \
             verifier need not know nested ones (RFC 7519 §5.2, §8)",
        );
    }
    if reading.header.member("enc").is_some() && reading.policy.encryption.is_none() {
        reading.leave_open("a header with enc is that of a JWE, or enc is a member that is not understood and ignored");
    }
    let of_encrypted = |name: &&str| reading.header.member(name).is_some();
    if ["zip", "epk"].iter().any(of_encrypted) && reading.policy.encryption.is_none() {
        reading
            .leave_open("zip and epk are of JWEs (RFC 7516 §4.1.3): not understood and ignored, or refused for that");
    }
    Ok(())
}

/// Rule 5. `alg` must be there, a string, and one that is understood; it is compared case by case (RFC 7515 §4.1.1, §5.3).
pub fn algorithm(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let name = reading.header.member("alg").and_then(Json::as_str).ok_or(Reason::Algorithm)?;
    reading.algorithm = name.parse().map_err(|_| Reason::Algorithm)?;
    Ok(())
}

/// Rule 6. Only algorithms that the relying party allows (RFC 8725 §3.1), and never `none` where a key is configured
/// (RFC 8725 §3.2, RFC 7518 §3.6: not by default). Without a list the key's type decides, in rule 9. `Ed25519` is EdDSA
/// with an Ed25519 key under another name (RFC 9864 §2.2); nothing says whether a list of one name admits the other.
pub fn allowed(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let listed = reading.policy.algorithms.as_ref().is_none_or(|list| list.contains(&reading.algorithm));
    if !listed && reading.algorithm.is_eddsa() && reading.policy.algorithms.iter().flatten().any(|a| a.is_eddsa()) {
        reading.leave_open("a list that holds one name of EdDSA with Ed25519 may admit the other (RFC 9864 §2.2)");
        return Ok(());
    }
    if reading.algorithm != Algorithm::None {
        return check(listed, Reason::Algorithm);
    }
    let opted_in = reading.policy.algorithms.is_some() && listed && reading.policy.keys.is_empty();
    check(opted_in, Reason::Algorithm)
}

/// Rule 7. `crit` is a list of names, and each of them is understood (RFC 7515 §4.1.11, §5.2 step 5). Of a list that is
/// empty, that holds a name twice, one that the header lacks or one of RFC 7515's own, producers are told; recipients may
/// refuse it. `b64` false has no place in a JWT (RFC 7797 §7), and is a Boolean (§3); true, it says nothing new.
pub fn critical(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let b64 = reading.header.member("b64").cloned();
    let crit = reading.header.member("crit").cloned();
    let is_b64 = |name: &Json| name.as_str() == Some("b64");
    let named = matches!(&crit, Some(Json::Array(names)) if names.iter().any(is_b64));
    check(!named || b64.as_ref().is_none_or(|b64| *b64 == Json::Bool(true)), Reason::Critical)?;
    if b64 == Some(Json::Bool(false)) {
        reading.leave_open("b64 that is not in crit is refused, or ignored as what is not understood (RFC 7797 §6)");
    }
    let Some(crit) = crit else { return Ok(()) };
    let Json::Array(names) = crit else { return Err(Reason::Critical) };
    let extension = |name: &str| name == "b64" || reading.policy.critical.iter().any(|understood| understood == name);
    let mut plain = !names.is_empty() && !named;
    for (index, name) in names.iter().enumerate() {
        let name_text = name.as_str().ok_or(Reason::Critical)?;
        check(extension(name_text) || REGISTERED.contains(&name_text), Reason::Critical)?;
        plain &= extension(name_text) && reading.header.member(name_text).is_some() && !names[..index].contains(name);
    }
    if !plain {
        reading.leave_open(
            "a list in crit that is empty, repeats a name, or names what it should not may be refused, and not every \
             verifier knows b64 (RFC 7515 §4.1.11)",
        );
    }
    Ok(())
}

/// Rule 8. The configured key; in a key set the one that the `kid` names (RFC 7515 §4.1.4, §D). A token without `kid` uses
/// the only key of a set of one. `kid` is a hint: where it names none, a verifier may try them all. Never a key from the
/// token itself (RFC 7515 §10.3, RFC 8725 §3.10).
pub fn key_choice(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let keys = &reading.policy.keys;
    // Null names nothing; rule 4 has left open whether it may stand there.
    let kid = reading.header.member("kid").filter(|kid| **kid != Json::Null);
    let names_one = kid.is_some();
    // With one key nothing hangs on a kid that is no string; rule 4 has left it open.
    check(!reading.policy.jwks || kid.is_none_or(|kid| kid.as_str().is_some()), Reason::Key)?;
    let named: Vec<&Key> = match (reading.policy.jwks, kid.and_then(Json::as_str)) {
        (true, Some(kid)) => keys.iter().filter(|key| key.kid.as_deref() == Some(kid)).collect(),
        _ => keys.iter().collect(),
    };
    if reading.policy.jwks && !names_one && keys.len() > 1 {
        reading.leave_open("which key of several a token without kid is for is the application's choice");
    }
    let mut chosen: Vec<PublicKey> = named.iter().copied().filter_map(PublicKey::read).collect();
    if let Some(because) = named.iter().copied().find_map(is_written_loosely) {
        reading.leave_open(because);
    }
    if reading.policy.jwks {
        leave_set_open(reading, names_one, &named);
        if named.is_empty() {
            chosen = keys.iter().filter_map(PublicKey::read).filter(|key| signed(reading, key)).collect();
            reading.leave_open("kid is a hint, and a verifier may try every key of its set (RFC 7515 §4.1.4, §D)");
        }
    }
    reading.keys = chosen;
    check(!reading.keys.is_empty() || reading.algorithm == Algorithm::None, Reason::Key)
}

/// What RFC 7517 leaves to whoever reads a set: whether two of its keys may have one name (§4.5), whether it may hold a
/// private key (§9.2), whether the certificate in a key is held against its other members (§4.7), and what members mean
/// that other documents define (§4): OpenID Federation has `exp` and `revoked`.
fn leave_set_open(reading: &mut Reading<'_>, names_one: bool, named: &[&Key]) {
    if names_one && named.len() > 1 {
        reading.leave_open("keys of a set should have names of their own (RFC 7517 §4.5), and need not");
    }
    if reading.policy.keys.iter().any(|key| has_member(key, "d")) {
        reading.leave_open("a verifier may refuse a set with a private key, which has no place in it (RFC 7517 §9.2)");
    }
    if named.iter().any(|key| ["exp", "revoked"].iter().any(|member| has_member(key, member))) {
        reading.leave_open("what exp and revoked mean in a key is known to those who know OpenID Federation");
    }
    if named.iter().any(|key| is_certified_otherwise(key)) {
        reading.leave_open("a key whose certificate holds another one is no valid key (RFC 7517 §4.7), if one looks");
    }
}

fn has_member(key: &Key, name: &str) -> bool {
    key.jwk.as_ref().is_some_and(|jwk| jwk.get(name).is_some())
}

fn is_certified_otherwise(key: &Key) -> bool {
    let Some(x5c) = key.jwk.as_ref().and_then(|jwk| jwk.get("x5c")) else { return false };
    let material = |key: PublicKey| key.material;
    PublicKey::first_certified(x5c).map(material) != PublicKey::read(key).map(material)
}

/// Whether this key, of a fitting type, made the token's signature.
fn signed(reading: &Reading<'_>, key: &PublicKey) -> bool {
    let algorithm = reading.algorithm;
    key.fits(algorithm) && key.verifies(algorithm, &reading.signing_input(), &reading.decoded[2])
}

/// Rule 9. The key is one for this algorithm ([`PublicKey::fits`]). Of a huge one only a bounded cost is asked.
pub fn key_fitness(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let algorithm = reading.algorithm;
    reading.beyond_limits |= reading.keys.iter().any(PublicKey::is_huge);
    reading.keys.retain(|key| key.fits(algorithm));
    if let Some(because) = reading.keys.iter().find_map(PublicKey::may_be_refused) {
        reading.leave_open(because);
    }
    check(!reading.keys.is_empty() || algorithm == Algorithm::None, Reason::Key)
}

/// Rule 10. The signature is over the octets of the first two parts as received (RFC 7515 §5.2 step 8), and with `none`
/// there is none (RFC 7518 §3.6). Where the clauses of a scheme leave whether it is one, so does this.
pub fn signature(reading: &mut Reading<'_>) -> Result<(), Reason> {
    if reading.algorithm == Algorithm::None {
        return check(reading.segments[2].is_empty(), Reason::Signature);
    }
    let (algorithm, message, signature) = (reading.algorithm, reading.signing_input(), reading.decoded[2].as_slice());
    let keys = reading.keys.iter();
    let choice = match keys.clone().find(|key| key.verifies(algorithm, &message, signature)) {
        Some(key) => key.signature_may_be_refused(algorithm, signature),
        None => {
            let may_verify = keys.clone().find_map(|key| key.may_verify(algorithm, &message, signature));
            Some(may_verify.ok_or(Reason::Signature)?)
        }
    };
    if let Some(because) = choice {
        reading.leave_open(because);
    }
    Ok(())
}

/// Rule 11. The payload is UTF-8 and a JSON object (RFC 7519 §7.2 steps 9 and 10). A name that stands twice is refused or
/// read last (RFC 7519 §4). With `cty` JWT it may be a token that is verified in the same way and read in its place (§7.2
/// step 8; §8: optional). Claims that the header repeats should be the same (§5.3: in a JWE).
pub fn payload(reading: &mut Reading<'_>) -> Result<(), Reason> {
    if let Some(inner) = nested(reading) {
        (reading.header, reading.payload) = (inner.header, inner.payload);
        reading.repeated |= inner.repeated;
        return Ok(());
    }
    reading.payload = part(reading, 1)?;
    leave_limits_open(reading, 1);
    reading.repeated |= reading.payload.repeats_a_name();
    let differs =
        |name: &&str| reading.header.member(name).is_some_and(|replica| Some(replica) != reading.payload.member(name));
    if REPLICATED.iter().any(differs) {
        reading.leave_open("an application should compare claims that the header of a JWE repeats (RFC 7519 §5.3)");
    }
    Ok(())
}

/// What stands in the token that the payload is, where `cty` says so and that token is one that the same policy verifies.
/// Each lies in three quarters of the octets of the one around it, so that this ends.
fn nested(reading: &Reading<'_>) -> Option<Inner> {
    let cty = reading.header.member("cty").and_then(Json::as_str)?;
    if media_type(cty) != "jwt" {
        return None;
    }
    let input = Input::from_octets(reading.decoded[1].clone());
    let mut inner = Reading::new(Request { input: &input, policy: reading.policy });
    for rule in Rule::ALL.iter().take_while(|rule| **rule <= Rule::Payload) {
        rule.step()(&mut inner).ok()?;
    }
    Some(Inner { header: inner.header, payload: inner.payload, repeated: inner.repeated })
}

/// What is read of a nested token.
struct Inner {
    header: Json,
    payload: Json,
    repeated: bool,
}

/// Rule 12. Where the application requires a `typ` it is that one, compared as a media type: without regard to case, the
/// `application/` left out or not (RFC 7515 §4.1.9, RFC 8725 §3.11).
pub fn kind(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let Some(wanted) = reading.policy.typ.as_deref() else {
        let other = reading.header.member("typ").and_then(Json::as_str).is_some_and(|typ| media_type(typ) != "jwt");
        if other {
            reading
                .leave_open("a verifier of JWTs may refuse a token that says it is of another type (RFC 8725 §3.11)");
        }
        return Ok(());
    };
    let typ = reading.header.member("typ").and_then(Json::as_str).ok_or(Reason::Type)?;
    let given = media_type(typ);
    if given.split_once(';').is_some_and(|(bare, _)| bare.trim_end() == media_type(wanted)) {
        reading.leave_open("a media type with a parameter is of that type, and not the same value (RFC 7515 §4.1.9)");
        return Ok(());
    }
    check(given == media_type(wanted), Reason::Type)
}

/// Rule 13. Registered claims have the types that they are registered with: `exp`, `nbf`, `iat` numbers (RFC 7519 §2,
/// §4.1.4 to §4.1.6), `iss`, `sub` and `jti` strings (§4.1.1, §4.1.2, §4.1.7), `aud` a string or an array of strings
/// (§4.1.3). `act` and `may_act` are objects for those who know them (RFC 8693 §4.1, §4.4).
pub fn claim_types(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let claim = |name: &str| reading.payload.member(name);
    let numbers = ["exp", "nbf", "iat"].iter().filter_map(|name| claim(name)).all(|value| value.as_f64().is_some());
    let strings = ["iss", "sub", "jti"].iter().filter_map(|name| claim(name)).all(|value| value.as_str().is_some());
    let audience = claim("aud").is_none_or(|aud| match aud {
        Json::Array(values) => values.iter().all(|value| value.as_str().is_some()),
        other => other.as_str().is_some(),
    });
    let actors = ["act", "may_act"].iter().filter_map(|name| claim(name)).all(|value| matches!(value, Json::Object(_)));
    if !actors {
        reading.leave_open("RFC 8693 §4.1 wants act to be an object, and binds only those who know the claim");
    }
    check(numbers && strings && audience, Reason::MissingClaim)
}

/// Rule 14. Claims that the application requires are there, and not null (RFC 7519 §4: required by the application). An
/// empty string is a value (RFC 7519 §4.1.2 allows any for `sub`), but one that an application may well count as none.
pub fn required(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let claims: Vec<_> = reading.policy.required_claims.iter().map(|name| reading.payload.member(name)).collect();
    check(claims.iter().all(|claim| claim.is_some_and(|value| *value != Json::Null)), Reason::MissingClaim)?;
    if claims.iter().flatten().any(|value| value.as_str() == Some("")) {
        reading.leave_open("whether an empty string counts as a claim that is there is the application's choice");
    }
    Ok(())
}

/// Rule 15. On or after `exp`, some leeway allowed for, the token is refused (RFC 7519 §4.1.4). Whether a token without
/// `exp` is one that ends is not said there, nor where exactly a leeway ends. Of dates RFC 7519 §2 says what RFC 3339 does,
/// and that one (§1) knows none after the year 9999.
pub fn expiry(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let Some(now) = reading.now() else { return Ok(()) };
    let Some(exp) = number(reading, "exp") else {
        reading.leave_open("which claims a token must have is outside the scope of RFC 7519 (§4), and exp is optional");
        return Ok(());
    };
    let end = exp + reading.leeway() as f64;
    if end > LAST_DATE {
        reading.leave_open("RFC 7519 §2 leaves dates to RFC 3339, which knows none after the year 9999");
        return Ok(());
    }
    if reading.leeway() > 0 && now as f64 == end {
        reading.leave_open("where exactly a leeway ends is the implementer's choice (RFC 7519 §4.1.4)");
        return Ok(());
    }
    check((now as f64) < end, Reason::Expired)
}

/// Rule 16. Before `nbf`, some leeway allowed for, the token is refused (RFC 7519 §4.1.5). A negative date is a number
/// whose meaning POSIX, to which RFC 7519 §2 refers, leaves undefined.
pub fn not_before(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let (Some(nbf), Some(now)) = (number(reading, "nbf"), reading.now()) else { return Ok(()) };
    let start = nbf - reading.leeway() as f64;
    if nbf < 0.0 {
        reading.leave_open("what a negative date means is undefined in POSIX, to which RFC 7519 §2 refers");
    }
    if reading.leeway() > 0 && now as f64 == start {
        reading.leave_open("where exactly a leeway ends is the implementer's choice (RFC 7519 §4.1.5)");
        return Ok(());
    }
    check(now as f64 >= start, Reason::NotYetValid)
}

/// Rule 17. Where the application sets a longest age, `iat` is there, no older than that and not ahead of the clock, leeway
/// allowed for (PROTOCOL.md; OpenID Connect Core §3.1.3.7 step 10). RFC 7519 §4.1.6 itself gives `iat` no such meaning.
pub fn age(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let (iat, now) = (number(reading, "iat"), reading.now());
    let Some(max_age) = reading.policy.max_age else {
        if let (Some(iat), Some(now)) = (iat, now)
            && (iat > now as f64 + reading.leeway() as f64 || iat < 0.0)
        {
            reading.leave_open("RFC 7519 §4.1.6 does not say what an iat in the future, or before the epoch, means");
        }
        return Ok(());
    };
    let Some(now) = now else { return Ok(()) };
    let iat = iat.ok_or(Reason::MissingClaim)?;
    let leeway = reading.leeway() as f64;
    check(iat <= now as f64 + leeway, Reason::NotYetValid)?;
    check(now as f64 - iat <= max_age as f64 + leeway, Reason::Expired)
}

/// Rule 18. Where the application knows its issuers, `iss` is one of them, compared octet by octet (RFC 7519 §4.1.1,
/// RFC 8725 §3.8).
pub fn issuer(reading: &mut Reading<'_>) -> Result<(), Reason> {
    if reading.policy.issuer.is_empty() {
        return Ok(());
    }
    let iss = reading.payload.member("iss").and_then(Json::as_str).ok_or(Reason::Issuer)?;
    check(reading.policy.issuer.iter().any(|known| known == iss), Reason::Issuer)
}

/// Rule 19. Where the application knows its own names, `aud` is or holds one of them (RFC 7519 §4.1.3, RFC 8725 §3.9). Where
/// it names none, a token with `aud` is left to it.
pub fn audience(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let aud = reading.payload.member("aud").cloned();
    if reading.policy.audience.is_empty() {
        if aud.is_some() {
            reading.leave_open("a verifier that was told no audience of its own cannot find itself in aud");
        }
        return Ok(());
    }
    let mine = |value: &Json| value.as_str().is_some_and(|value| is_mine(reading.policy, value));
    let found = match &aud {
        Some(Json::Array(values)) => values.iter().any(mine),
        Some(value) => mine(value),
        None => false,
    };
    check(found, Reason::Audience)
}

/// Rule 20. Where the application requires a subject, `sub` is that one (RFC 7519 §4.1.2).
pub fn subject(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let Some(wanted) = &reading.policy.subject else { return Ok(()) };
    let sub = reading.payload.member("sub").and_then(Json::as_str);
    check(sub == Some(wanted), Reason::Subject)
}

/// Whether header members are of the types and forms that they are registered with (RFC 7515 §4.1, RFC 7516 §4.1); of `b64`
/// only those speak who know it (RFC 7797 §3).
fn has_registered_types(header: &Json) -> bool {
    let all = |names: &[&str], fits: fn(&Json) -> bool| names.iter().filter_map(|name| header.member(name)).all(fits);
    let said = |value: &Json| value.as_str().is_some_and(|text| !text.is_empty());
    let url = |value: &Json| value.as_str().is_some_and(|text| text.contains(':'));
    // Of a key the header shows the public half (RFC 7515 §4.1.3, RFC 7518 §4.6.1.1).
    let key = |value: &Json| {
        let kty = value.member("kty").and_then(Json::as_str);
        kty.is_some_and(|kty| PUBLIC_KEY_TYPES.contains(&kty)) && value.member("d").is_none()
    };
    let chain = |value: &Json| match value {
        Json::Array(values) => values.iter().all(is_certificate) && !values.is_empty(),
        _ => false,
    };
    all(&["kid", "typ"], |value| value.as_str().is_some())
        && all(&["cty", "x5t", "x5t#S256", "enc", "zip"], said)
        && all(&["jku", "x5u"], url)
        && all(&["jwk", "epk"], key)
        && all(&["x5c"], chain)
        && header.member("b64").is_none()
}

/// Base64, not base64url, of a certificate's DER (RFC 7515 §4.1.6).
fn is_certificate(value: &Json) -> bool {
    let der = value.as_str().and_then(|text| STANDARD.decode(text).ok());
    der.is_some_and(|der| Certificate::from_der(&der).is_ok())
}

/// A parser may limit the range and the precision of numbers (RFC 8259 §6), and depth and size (§9). Of a name that stands
/// twice in an object inside the claims or the header RFC 8259 §4 alone speaks, and leaves what is read.
fn leave_limits_open(reading: &mut Reading<'_>, part: usize) {
    let json = if part == 0 { &reading.header } else { &reading.payload };
    let (exceeds, repeats) = (exceeds(json, 0), json.repeats_a_name_within());
    if exceeds || reading.decoded[part].len() > LARGE {
        reading.leave_open(
            "a parser may limit the range and precision of numbers, the depth and the size of what it reads (RFC 8259 §6, §9)",
        );
    }
    if repeats {
        reading.leave_open("what is read of two members of one name in an inner object is unpredictable (RFC 8259 §4)");
    }
}

fn exceeds(json: &Json, depth: usize) -> bool {
    match json {
        _ if depth > SHALLOW => true,
        Json::Number(text) => {
            let vanishes = |number| number == 0.0 && !is_zero(text);
            is_inexact(text) || json.as_f64().is_none_or(|number| number.is_infinite() || vanishes(number))
        }
        Json::Array(values) => values.iter().any(|value| exceeds(value, depth + 1)),
        Json::Object(members) => members.iter().any(|(_, value)| exceeds(value, depth + 1)),
        Json::Null | Json::Bool(_) | Json::String(_) => false,
    }
}

/// Whether a number is zero as it is written.
fn is_zero(text: &str) -> bool {
    let digits = text.split(['e', 'E']).next().unwrap_or_default();
    !digits.contains(|c: char| c.is_ascii_digit() && c != '0')
}

/// Whether a number is an integer, written as one, beyond those that a double holds.
fn is_inexact(text: &str) -> bool {
    let digits = text.trim_start_matches('-');
    digits.bytes().all(|octet| octet.is_ascii_digit()) && digits.parse::<u64>().map_or(true, |number| number > EXACT)
}

/// An object, or malformed.
pub(crate) fn object(octets: &[u8]) -> Result<Json, Reason> {
    Json::parse(octets).ok().filter(|json| matches!(json, Json::Object(_))).ok_or(Reason::Malformed)
}

/// The object that a part holds. Of a byte order mark in front a parser may say that it is none (RFC 8259 §8.1), what half a
/// surrogate pair becomes is unpredictable (§8.2), and no clause says how deep values may stand in each other.
fn part(reading: &mut Reading<'_>, part: usize) -> Result<Json, Reason> {
    let octets = std::mem::take(&mut reading.decoded[part]);
    let text = octets.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&octets);
    if text.len() < octets.len() {
        reading.leave_open("a parser may ignore a byte order mark rather than refuse it (RFC 8259 §8.1)");
    }
    let mut read = Json::parse(text);
    if read == Err(NotJson::Malformed) {
        read = Json::parse_as(text, &[Lenience::LoneSurrogates]);
        if read.is_ok() {
            reading.leave_open("what a parser makes of half a surrogate pair is unpredictable (RFC 8259 §8.2)");
        }
    }
    reading.beyond_limits |= read == Err(NotJson::TooDeep);
    reading.decoded[part] = octets;
    read.ok().filter(|json| matches!(json, Json::Object(_))).ok_or(Reason::Malformed)
}

/// A numeric claim as the nearest `f64`; infinite where it is beyond them.
pub(crate) fn number(reading: &Reading<'_>, claim: &str) -> Option<f64> {
    reading.payload.member(claim).and_then(Json::as_f64)
}

/// `Ok` where it holds.
pub(crate) fn check(holds: bool, otherwise: Reason) -> Result<(), Reason> {
    if holds { Ok(()) } else { Err(otherwise) }
}

fn is_mine(policy: &Policy, value: &str) -> bool {
    policy.audience.iter().any(|own| own == value)
}

fn media_type(typ: &str) -> String {
    let lower = typ.to_ascii_lowercase();
    lower.strip_prefix("application/").map_or(lower.clone(), str::to_owned)
}

/// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
const LAST_DATE: f64 = 253_402_300_799.0;

/// The key types of RFC 7518 §6.1 and RFC 8037 §2 that have a public half.
const PUBLIC_KEY_TYPES: [&str; 3] = ["EC", "RSA", "OKP"];

/// Reads base64url whose unused bits are anything.
const ANY_UNUSED_BITS: GeneralPurpose =
    GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The largest integer up to which a double holds all (RFC 8259 §6).
const EXACT: u64 = (1 << 53) - 1;

/// As deep as nearly every parser reads.
const SHALLOW: usize = 101;

/// As large, in octets, as nearly every parser reads.
const LARGE: usize = 1 << 14;

/// Longer than what headers and cookies carry, in octets.
const LONG: usize = 1 << 16;

/// The header names that RFC 7515 §4.1 registers for a JWS: they should not stand in `crit`.
const REGISTERED: [&str; 11] = ["alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit"];

/// The claims that may stand in the header of a JWE too (RFC 7519 §10.4.1).
const REPLICATED: [&str; 3] = ["iss", "sub", "aud"];
