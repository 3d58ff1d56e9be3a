//! The stage on which a case class plays: a policy profile, an algorithm, a trusted key.
//!
//! Takes the forge, gives tokens that are valid under the scene's policy and the policy itself. A class bends such a token
//! in one respect; what it bends away from is the scene's [`Control`].

use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use token_assay_model::{Algorithm, Claims, Control, Input, Key, Policy, Profile};

use crate::forge::{Forge, Jws, Object, TestKey, json};

/// Which scene: the part of it that is fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Setting {
    /// The way of configuring.
    pub profile: Profile,
    /// The algorithm of valid tokens.
    pub algorithm: Algorithm,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.profile, self.algorithm.as_str().to_ascii_lowercase())
    }
}

/// A setting with its key and policy.
#[derive(Clone)]
pub struct Scene<'f> {
    /// Signs.
    pub forge: &'f Forge,
    /// Which one it is.
    pub setting: Setting,
    /// The trusted key that signs valid tokens.
    pub key: &'f TestKey,
    /// What the relying party accepts.
    pub policy: Arc<Policy>,
    /// Where the relying party's configuration is fixed, its own names; nothing on the catalogue's scenes.
    pub names: Option<Arc<Names>>,
}

impl<'f> Scene<'f> {
    /// The scene of a setting.
    pub fn new(forge: &'f Forge, setting: Setting) -> Self {
        let keys = forge.keys();
        let (algorithm, profile) = (setting.algorithm, setting.profile);
        let key = match (profile, algorithm) {
            (Profile::PinnedLongSecret, _) => keys.key("hs256-long"),
            (Profile::FamilyList, Algorithm::Hs256) => keys.key("hs512"),
            _ => keys.trusted(algorithm),
        };
        let mut policy = Policy {
            algorithms: algorithms(setting),
            keys: configured_keys(forge, key, profile),
            jwks: profile == Profile::KeySet,
            now: Some(forge.now()),
            ..Policy::default()
        };
        if profile == Profile::PinnedClaims {
            policy.issuer = vec![ISSUER.to_owned()];
            policy.audience = vec![AUDIENCE.to_owned()];
        }
        Self { forge, setting, key, policy: policy.into(), names: None }
    }

    /// The same scene under a changed policy.
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&mut Policy)) -> Self {
        let mut policy = (*self.policy).clone();
        change(&mut policy);
        Self { policy: policy.into(), ..self.clone() }
    }

    /// The same scene whose key is given as a JWK changed like this, and in no other form, which would say something else.
    #[must_use]
    pub fn with_jwk(&self, change: impl FnOnce(Object) -> Object) -> Self {
        let members = self.key.jwk();
        let members = members.as_object().expect("a JWK is an object").iter();
        let jwk = change(members.fold(Object::new(), |jwk, (name, value)| jwk.set(name, value.to_string())));
        let value: Value = serde_json::from_str(&jwk.text()).expect("the change keeps it JSON");
        let text = |member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
        let given = |profile| self.setting.profile != profile;
        let key = Key {
            kid: Some(self.key.name.clone()),
            alg: text("alg"),
            usage: text("use"),
            jwk_text: given(Profile::PinnedJwk).then(|| jwk.text()),
            jwk: given(Profile::PinnedJwkText).then(|| value.clone()),
            ..Key::default()
        };
        self.with(|policy| policy.keys[0] = key)
    }

    /// The text of the JWK Set in which a key endpoint would serve the scene's keys.
    pub fn served_set(&self) -> String {
        if self.policy.jwks { jwks_text(&self.policy.keys) } else { jwks_text(&[self.key.every_form()]) }
    }

    /// The clock of both sides, in Unix seconds.
    pub fn now(&self) -> i64 {
        self.policy.now.unwrap_or(self.forge.now())
    }

    /// The algorithm of valid tokens.
    pub fn algorithm(&self) -> Algorithm {
        self.setting.algorithm
    }

    /// The header of a valid token: `alg`, `typ`, and `kid` where a key set wants one.
    pub fn header(&self) -> Object {
        let header = Object::new().set_string("alg", self.algorithm().as_str());
        let header = header.set_string("typ", self.policy.typ.as_deref().unwrap_or("JWT"));
        if self.policy.jwks { header.set_string("kid", &self.key.name) } else { header }
    }

    /// The claims of a valid token: `iss`, `sub`, `aud` where the policy names one, `iat`, `nbf`, `exp`, `jti`, and whatever
    /// else the policy requires. A target without a clock gets an hour's margin on both sides.
    pub fn claims(&self) -> Object {
        let now = self.now();
        let issuer = self.policy.issuer.first().map_or(ISSUER, String::as_str);
        let subject = self.policy.subject.as_deref().unwrap_or(SUBJECT);
        let mut claims = Object::new().set_string("iss", self.name(issuer)).set_string("sub", self.name(subject));
        if let Some(audience) = self.policy.audience.first() {
            claims = claims.set_string("aud", self.name(audience));
        }
        let age = self.policy.max_age.map_or(MARGIN, |max| MARGIN.min(max.try_into().unwrap_or(MARGIN) / 2));
        claims = claims
            .set("iat", (now - age).to_string())
            .set("nbf", (now - MARGIN).to_string())
            .set("exp", (now + MARGIN).to_string())
            .set_string("jti", "id-1");
        for name in &self.policy.required_claims {
            if claims.value(name).is_none() {
                claims = claims.set_string(name, "value");
            }
        }
        claims
    }

    /// Signs as the relying party expects: the trusted key, the scene's algorithm. A relying party with names of its own
    /// gets them in the places of the catalogue's.
    pub fn sign(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> Jws {
        match &self.names {
            Some(names) => self.forge.sign(header, names.put_into(payload.as_ref()), self.key, self.algorithm()),
            None => self.forge.sign(header, payload, self.key, self.algorithm()),
        }
    }

    /// The same without a signature: for one that is made by hand.
    pub fn unsigned(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> Jws {
        match &self.names {
            Some(names) => Jws::unsigned(header, names.put_into(payload.as_ref())),
            None => Jws::unsigned(header, payload),
        }
    }

    /// What a token says where the catalogue says `name`.
    fn name<'n>(&'n self, name: &'n str) -> &'n str {
        self.names.as_ref().map_or(name, |names| names.of(name))
    }

    /// A valid token with these claims.
    pub fn sign_claims(&self, claims: &Object) -> Jws {
        self.sign(self.header().text(), claims.text())
    }

    /// A valid token with this header.
    pub fn sign_header(&self, header: &Object) -> Jws {
        self.sign(header.text(), self.claims().text())
    }

    /// The valid token.
    pub fn token(&self) -> Jws {
        self.sign(self.header().text(), self.claims().text())
    }

    /// A valid token with one long claim, of this length to within some characters; where that is too short for a token, the
    /// valid token as it is.
    pub fn plain(&self, length: usize) -> Jws {
        let token = self.token();
        let filled = length.saturating_sub(token.compact().len()) * 3 / 4;
        match filled.checked_sub(r#","fill":"""#.len()) {
            Some(filled) if filled > 0 => self.sign_claims(&self.claims().set_string("fill", &"a".repeat(filled))),
            _ => token,
        }
    }

    /// The claims that an attacker would like: an administrator's. Where the relying party asks for a subject it stays,
    /// or it would be a second fault.
    pub fn forged_claims(&self) -> Object {
        let claims = self.claims();
        let claims = if self.policy.subject.is_none() { claims.set_string("sub", "admin") } else { claims };
        claims.set("admin", "true")
    }

    /// The valid token and its tampered copy: an altered claim under the old signature.
    pub fn control(&self) -> Control {
        let permuted = self.sign_claims(&self.claims().reversed());
        Control { permuted: Input::Token(permuted.compact()), ..self.control_in_one_order() }
    }

    /// The same where nobody asks for the members in another order, which would have to be signed too.
    pub fn control_in_one_order(&self) -> Control {
        let token = self.token();
        let tampered = token.clone().with_payload(self.forged_claims().text());
        let valid = Input::Token(token.compact());
        Control {
            policy: Arc::clone(&self.policy),
            claims: Claims::parse(&token.payload_octets).expect("valid claims are an object"),
            tampered: Input::Token(tampered.compact()),
            permuted: valid.clone(),
            valid,
        }
    }
}

/// What a relying party calls itself, its issuers and its subject, for each name that the catalogue's tables write: a value
/// that is near the catalogue's name becomes one that is as near to the relying party's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    own: Vec<(&'static str, String)>,
    /// Octets in a payload's text, and what stands there instead; the longest first.
    replaced: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Names {
    /// The names beside those that they stand for.
    pub fn new(own: Vec<(&'static str, String)>) -> Self {
        let inside = |name: &str| {
            let quoted = json::quote(name);
            quoted.as_bytes()[1..quoted.len() - 1].to_vec()
        };
        let nearly =
            own.iter().flat_map(|(name, own)| NEARLY.map(|(ours, theirs)| (inside(&ours(name)), inside(&theirs(own)))));
        // A name that holds one of the catalogue's is no place for another.
        let itself = own.iter().map(|(_, own)| (inside(own), inside(own)));
        let exactly = own.iter().map(|(name, own)| (inside(name), inside(own)));
        let mut replaced: Vec<_> = exactly.chain(itself).chain(nearly).collect();
        replaced.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Self { own, replaced }
    }

    /// What stands for this name; the name itself where nothing does.
    fn of<'n>(&'n self, name: &'n str) -> &'n str {
        self.own.iter().find(|(known, _)| *known == name).map_or(name, |(_, own)| own)
    }

    fn put_into(&self, payload: &[u8]) -> Vec<u8> {
        let mut written = Vec::with_capacity(payload.len());
        let mut rest = payload;
        while let Some((first, others)) = rest.split_first() {
            let found = self.replaced.iter().find(|(name, _)| !name.is_empty() && rest.starts_with(name));
            match found {
                Some((name, own)) => {
                    written.extend(own);
                    rest = &rest[name.len()..];
                }
                None => {
                    written.push(*first);
                    rest = others;
                }
            }
        }
        written
    }
}

/// Every setting, in the order of the suite.
pub fn settings() -> impl Iterator<Item = Setting> {
    let of = |profile: Profile, algorithms: &'static [Algorithm]| {
        algorithms.iter().map(move |algorithm| Setting { profile, algorithm: *algorithm })
    };
    let everything: &'static [Algorithm] = &[
        Algorithm::Hs256,
        Algorithm::Hs384,
        Algorithm::Hs512,
        Algorithm::Rs256,
        Algorithm::Rs384,
        Algorithm::Rs512,
        Algorithm::Ps256,
        Algorithm::Ps384,
        Algorithm::Ps512,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::Es512,
        Algorithm::Es256k,
        Algorithm::EdDsa,
        Algorithm::Ed25519,
    ];
    of(Profile::Pinned, everything)
        .chain(of(Profile::PinnedClaims, COMMON))
        .chain(of(Profile::PinnedPem, &[Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa]))
        .chain(of(Profile::PinnedJwk, COMMON))
        .chain(of(Profile::PinnedJwkText, COMMON))
        .chain(of(Profile::PinnedLongSecret, &[Algorithm::Hs256]))
        .chain(of(Profile::FamilyList, &[Algorithm::Hs256, Algorithm::Rs256]))
        .chain(of(Profile::MixedList, &[Algorithm::Rs256]))
        .chain(of(Profile::LibraryDefault, COMMON))
        .chain(of(Profile::KeySet, COMMON))
}

/// One algorithm of each key type; a shared secret first, then RSA.
pub const COMMON: &[Algorithm] = &[Algorithm::Hs256, Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];

/// The expected issuer.
pub const ISSUER: &str = "https://issuer.example";

/// The verifier's own name.
pub const AUDIENCE: &str = "https://api.example";

/// The second issuer of a relying party that trusts two.
pub const SECOND_ISSUER: &str = "https://second.example";

/// The second name of a verifier that goes by two.
pub const SECOND_AUDIENCE: &str = "https://second-api.example";

/// Whom valid tokens are about.
pub const SUBJECT: &str = "user-1";

/// How far valid tokens' times lie from the clock, in seconds.
pub const MARGIN: i64 = 3600;

/// The selectors that classes use.
pub mod on {
    use super::{COMMON, Setting};
    use token_assay_model::{Algorithm, Profile};

    /// Everywhere.
    pub fn every(_: Setting) -> bool {
        true
    }

    /// One algorithm, one key, nothing else asked: every algorithm.
    pub fn pinned(at: Setting) -> bool {
        at.profile == Profile::Pinned
    }

    /// One algorithm of each key type, pinned, with and without claim policy.
    pub fn common(at: Setting) -> bool {
        matches!(at.profile, Profile::Pinned | Profile::PinnedClaims) && COMMON.contains(&at.algorithm)
    }

    /// One algorithm of each key type, pinned, nothing else asked.
    pub fn pinned_common(at: Setting) -> bool {
        at.profile == Profile::Pinned && COMMON.contains(&at.algorithm)
    }

    /// One algorithm of each key type, pinned or not listed at all: for what hangs on the header alone.
    pub fn plain(at: Setting) -> bool {
        pinned_common(at) || library_default(at)
    }

    /// Pinned to HS256 and to ES256, nothing else asked: for what hangs little on the key.
    pub fn two(at: Setting) -> bool {
        pinned_common(at) && matches!(at.algorithm, Algorithm::Hs256 | Algorithm::Es256)
    }

    /// Issuer and audience configured.
    pub fn claims(at: Setting) -> bool {
        at.profile == Profile::PinnedClaims
    }

    /// The ways in which people really configure: pinned, by default, from a key set, with lists.
    pub fn usual(at: Setting) -> bool {
        let listed = matches!(at.profile, Profile::FamilyList | Profile::MixedList);
        let other = matches!(at.profile, Profile::LibraryDefault | Profile::KeySet);
        common(at) || listed || other
    }

    /// HMAC, whatever the profile.
    pub fn hmac(at: Setting) -> bool {
        at.algorithm.is_hmac()
    }

    /// A public key, whatever the profile.
    pub fn asymmetric(at: Setting) -> bool {
        !at.algorithm.is_hmac()
    }

    /// An RSA key, whatever the profile.
    pub fn rsa(at: Setting) -> bool {
        at.algorithm.is_rsa()
    }

    /// An elliptic-curve key for ECDSA, whatever the profile.
    pub fn ecdsa(at: Setting) -> bool {
        at.algorithm.is_ecdsa()
    }

    /// An Ed25519 key, whatever the profile.
    pub fn eddsa(at: Setting) -> bool {
        at.algorithm.is_eddsa()
    }

    /// A key set.
    pub fn key_set(at: Setting) -> bool {
        at.profile == Profile::KeySet
    }

    /// No algorithms given.
    pub fn library_default(at: Setting) -> bool {
        at.profile == Profile::LibraryDefault
    }

    /// Pinned to HS256, nothing else asked: for what one case shows as well as forty.
    pub fn one(at: Setting) -> bool {
        at.profile == Profile::Pinned && at.algorithm == Algorithm::Hs256
    }
}

/// Another way of writing a name.
type Spelling = fn(&str) -> String;

/// What the tables write that is nearly a name without holding it, and the same of another.
const NEARLY: [(Spelling, Spelling); 4] = [
    (without_last, without_last),
    (without_first, without_first),
    (str::to_uppercase, str::to_uppercase),
    (loud_host, str::to_uppercase),
];

fn without_last(name: &str) -> String {
    name.chars().take(name.chars().count().saturating_sub(1)).collect()
}

fn without_first(name: &str) -> String {
    name.chars().skip(1).collect()
}

/// The first label of the host in capitals.
fn loud_host(name: &str) -> String {
    let parts = name.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('.')?)));
    parts.map_or(name.to_owned(), |(scheme, (label, rest))| format!("{scheme}://{}.{rest}", label.to_uppercase()))
}

fn algorithms(setting: Setting) -> Option<Vec<Algorithm>> {
    Some(match (setting.profile, setting.algorithm) {
        (Profile::LibraryDefault, _) => return None,
        (Profile::FamilyList, Algorithm::Hs256) => vec![Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512],
        (Profile::FamilyList, _) => vec![Algorithm::Rs256, Algorithm::Ps256],
        (Profile::MixedList, _) => vec![Algorithm::Rs256, Algorithm::Hs256],
        (_, algorithm) => vec![algorithm],
    })
}

fn configured_keys(forge: &Forge, key: &TestKey, profile: Profile) -> Vec<Key> {
    let all = key.every_form();
    let only = match profile {
        Profile::PinnedPem => Key { kid: all.kid, pem: all.pem, ..Key::default() },
        Profile::PinnedJwk => Key { kid: all.kid, jwk: all.jwk, ..Key::default() },
        Profile::PinnedJwkText => Key { kid: all.kid, jwk_text: all.jwk_text, ..Key::default() },
        Profile::KeySet => {
            let others: &[&str] = match key.octets() {
                Some(_) => &["hs512"],
                None => &["rsa-other", "p256-other", "rsa", "p256", "ed25519"],
            };
            let others =
                others.iter().filter(|name| **name != key.name).map(|name| forge.keys().key(name).every_form());
            return std::iter::once(all).chain(others).collect();
        }
        _ => all,
    };
    vec![only]
}

/// A shared secret as a policy gives it, as octets and as a JWK.
pub fn secret_key(secret: &[u8]) -> Key {
    TestKey::from_secret("configured", secret).every_form()
}

/// The text of a JWK Set that serves these keys.
pub fn jwks_text(keys: &[Key]) -> String {
    let keys = keys.iter().filter_map(|key| key.jwk_text.as_deref());
    Object::new().set("keys", json::array(keys)).text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_a_name_of_the_catalogue_becomes_as_near_to_the_users_own() {
        let names =
            Names::new(vec![(ISSUER, "https://issuer.example/\"t\"".to_owned()), (AUDIENCE, "orders".to_owned())]);
        let put = |text: &str| String::from_utf8(names.put_into(text.as_bytes())).unwrap();
        assert_eq!(put(r#""https://api.example.evil.com""#), r#""orders.evil.com""#);
        assert_eq!(put(r#""https://api.exampl""#), r#""order""#);
        assert_eq!(put(r#""ttps://api.example""#), r#""rders""#);
        assert_eq!(put(r#""https://API.example""#), r#""ORDERS""#);
        assert_eq!(put(r#""x https://api.example","https://other.example""#), r#""x orders","https://other.example""#);
        assert_eq!(put(r#""https://issuer.example""#), r#""https://issuer.example/\"t\"""#);
        let own = r#""https://issuer.example/\"t\"""#;
        assert_eq!(put(own), own, "what is the user's own already stays");
        assert_eq!((names.of(ISSUER), names.of("other")), ("https://issuer.example/\"t\"", "other"));
    }
}
