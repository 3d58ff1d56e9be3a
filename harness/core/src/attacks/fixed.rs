//! The catalogue for a verifier whose configuration is fixed.
//!
//! Takes what an application is configured with ([`FixedPolicy`]), gives the cases of a class that can be shown to it. They
//! are forged on a scene with the user's key, algorithm and names; those that need another configuration are left out. What
//! the standard says of each is asked of the reference verifier, since the catalogue's rows were written for other policies.
//! Never changes the user's policy to suit a case.

use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use token_assay_model::{
    Algorithm, Capability, Case, ContentEncryption, Control, Earlier, Encryption, Expectation, Input, Key,
    KeyManagement, Level, Policy, Profile, Reason, Request, Severity,
};

use super::encrypted::EncryptedScene;
use super::scene::{
    AUDIENCE, COMMON, ISSUER, Names, SECOND_AUDIENCE, SECOND_ISSUER, SUBJECT, Scene, Setting, settings,
};
use super::{Class, Family, Make, base64url, claims, control, json, structure, time};
use crate::forge::jwe::{self, Wrapped};
use crate::forge::{self, Forge, Keyring, TestKey};
use crate::reference::{self, Ruling};

/// What a verifier is configured with that cannot be configured anew for every token: an application's own extractor.
///
/// ```
/// use token_assay::model::Algorithm;
/// use token_assay::suite::FixedPolicy;
///
/// let policy = FixedPolicy::with_secret(Algorithm::Hs256, b"a secret of the tests, 32 octets")
///     .issuer("https://login.example.com")
///     .audience("orders-api")
///     .leeway(30);
/// // What a request carries: the clock is there, though nobody has set it.
/// let shown = policy.policy();
/// assert_eq!(shown.audience, ["orders-api"]);
/// assert!(shown.leeway == Some(30) && shown.now > Some(1_700_000_000));
/// ```
///
/// Without [`now`](Self::now) tokens are dated from the real clock, for verifiers that have no other.
#[derive(Clone)]
pub struct FixedPolicy {
    algorithm: Algorithm,
    key: TestKey,
    policy: Policy,
    /// Whether nobody accepts what the key signs.
    is_stand_in: bool,
    reads_cookies: bool,
    follows_jku: bool,
    decrypts: Option<Decrypts>,
    forge: OnceLock<Arc<Forge>>,
}

/// How tokens are encrypted for it.
#[derive(Clone)]
struct Decrypts {
    alg: KeyManagement,
    enc: ContentEncryption,
    recipient: TestKey,
}

impl FixedPolicy {
    /// One algorithm, and a key of the user's own, private half included; [`TestKey::from_jwk`] makes one.
    ///
    /// # Panics
    ///
    /// For `none`: a verifier that takes unsigned tokens has nothing to tell apart.
    ///
    /// ```
    /// use token_assay::forge::TestKey;
    /// use token_assay::model::Algorithm;
    /// use token_assay::suite::FixedPolicy;
    ///
    /// let jwk = serde_json::json!({
    ///     "kty": "OKP", "crv": "Ed25519",
    ///     "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    /// });
    /// let key = TestKey::from_jwk("login-2025", &jwk).expect("the key of RFC 8037");
    /// assert_eq!(FixedPolicy::with_key(Algorithm::EdDsa, key).algorithm(), Algorithm::EdDsa);
    /// ```
    pub fn with_key(algorithm: Algorithm, key: TestKey) -> Self {
        assert!(algorithm != Algorithm::None, "a policy that admits unsigned tokens cannot be tried");
        let policy = Policy { algorithms: Some(vec![algorithm]), keys: vec![key.every_form()], ..Policy::default() };
        Self {
            algorithm,
            key,
            policy,
            is_stand_in: false,
            reads_cookies: false,
            follows_jku: false,
            decrypts: None,
            forge: OnceLock::new(),
        }
    }

    /// The same where the key's private half is not the verifier's: what it signs is refused, forgeries that need no
    /// signature are all that can be shown, and the valid token comes from elsewhere.
    ///
    /// # Panics
    ///
    /// As [`with_key`](Self::with_key).
    ///
    /// ```
    /// use token_assay::forge::Keyring;
    /// use token_assay::model::{Algorithm, Request, Verdict};
    /// use token_assay::strawman::Sound;
    /// use token_assay::suite::FixedPolicy;
    /// use token_assay::targets::Verifier;
    ///
    /// let keys = Keyring::corpus();
    /// let public_half = keys.trusted(Algorithm::EdDsa).signing_as(keys.attacker(Algorithm::EdDsa));
    /// let policy = FixedPolicy::with_stand_in(Algorithm::EdDsa, public_half);
    /// let control = policy.control().expect("it need not be valid");
    /// let verdict = Sound.verify(Request { input: &control.valid, policy: &policy.policy() });
    /// assert!(matches!(verdict, Verdict::Reject { .. }), "{verdict}");
    /// ```
    pub fn with_stand_in(algorithm: Algorithm, key: TestKey) -> Self {
        Self { is_stand_in: true, ..Self::with_key(algorithm, key) }
    }

    /// It decrypts tokens that hold claims: one key management, one content encryption, the recipient's key, private half
    /// included. The classes of encrypted tokens are shown, and those about claims in encrypted tokens.
    ///
    /// # Panics
    ///
    /// Where the key is none for these algorithms; to agree with, it must be on P-256 or X25519.
    pub fn decrypting(alg: KeyManagement, enc: ContentEncryption, recipient: TestKey) -> Self {
        let nobody = TestKey::from_secret("nobody", &[0x5c; 32]);
        let mut policy = Self::with_key(Algorithm::Hs256, nobody);
        policy.policy.algorithms = None;
        policy.policy.keys.clear();
        policy.encrypted_for(alg, enc, recipient)
    }

    /// It takes signed tokens inside encrypted ones only: every class of signed tokens is shown so, and those of encrypted ones
    /// beside them.
    ///
    /// # Panics
    ///
    /// As [`decrypting`](Self::decrypting).
    ///
    /// ```
    /// use token_assay::forge::TestKey;
    /// use token_assay::model::{Algorithm, ContentEncryption, KeyManagement};
    /// use token_assay::suite::FixedPolicy;
    ///
    /// let shared = TestKey::from_secret("shared", &[7; 32]);
    /// let (alg, enc) = (KeyManagement::Dir, ContentEncryption::A256Gcm);
    /// let claims = FixedPolicy::decrypting(alg, enc, shared.clone());
    /// let signed = FixedPolicy::with_test_key(Algorithm::Hs256, "hs256").encrypted_for(alg, enc, shared);
    /// assert!(claims.decrypts() && signed.decrypts());
    /// // Both take five segments; behind the tag of the second stand three more.
    /// let lengths = [&claims, &signed].map(|policy| {
    ///     let valid = policy.control().expect("the key fits").valid;
    ///     assert_eq!(valid.octets().iter().filter(|octet| **octet == b'.').count(), 4);
    ///     valid.octets().len()
    /// });
    /// assert!(lengths[0] < lengths[1]);
    /// ```
    #[must_use]
    pub fn encrypted_for(mut self, alg: KeyManagement, enc: ContentEncryption, recipient: TestKey) -> Self {
        assert!(jwe::fits(&recipient, alg, enc), "{} is no key for {alg} with {enc}", recipient.name);
        let signs = std::mem::take(&mut self.policy.keys).into_iter();
        let signs = signs.map(|key| Key { usage: Some("sig".to_owned()), ..key });
        self.policy.keys = std::iter::once(jwe::recipient_key(&recipient, alg)).chain(signs).collect();
        self.policy.encryption = Some(Encryption { alg: vec![alg], enc: vec![enc] });
        self.decrypts = Some(Decrypts { alg, enc, recipient });
        self
    }

    /// Whether it takes encrypted tokens.
    pub fn decrypts(&self) -> bool {
        self.decrypts.is_some()
    }

    /// It reads a Cookie header too: the classes of `cookie-header` are shown beside those of tokens.
    ///
    /// ```
    /// use token_assay::model::{Algorithm, Expectation};
    /// use token_assay::strawman::Sound;
    /// use token_assay::suite::{FixedPolicy, report_under};
    ///
    /// let policy = FixedPolicy::with_test_key(Algorithm::Hs256, "hs256").now(1_700_000_000);
    /// let tried = |policy| report_under(Sound, &policy, &["cookie-header"], &[]).tried();
    /// assert_eq!(tried(policy.clone()), 0);
    /// assert!(tried(policy.reading_cookies()) > 0);
    /// ```
    #[must_use]
    pub fn reading_cookies(self) -> Self {
        Self { reads_cookies: true, ..self }
    }

    /// It takes keys from addresses that tokens name, those of a list of its own: a token that names another may be refused, or be
    /// verified by the configured key (RFC 7515 §4.1.2).
    ///
    /// ```
    /// use token_assay::model::Algorithm;
    /// use token_assay::strawman::Sound;
    /// use token_assay::suite::{FixedPolicy, report_under};
    ///
    /// let policy = FixedPolicy::with_test_key(Algorithm::EdDsa, "ed25519").now(1_700_000_000);
    /// let left_open = |policy| {
    ///     let report = report_under(Sound, &policy, &["control/ctl-trusted-x5c-jwk-ignored"], &[]);
    ///     report.cases.iter().filter(|case| case.expected == "either").count()
    /// };
    /// assert_eq!([left_open(policy.clone()), left_open(policy.following_jku())], [0, 1]);
    /// ```
    #[must_use]
    pub fn following_jku(self) -> Self {
        Self { follows_jku: true, ..self }
    }

    /// An HMAC algorithm and its secret; RFC 7518 §3.2 wants one as long as the hash, 32 octets for HS256.
    pub fn with_secret(algorithm: Algorithm, secret: &[u8]) -> Self {
        Self::with_key(algorithm, TestKey::from_secret("configured", secret))
    }

    /// One algorithm, and one of Assay's own test keys by name: `hs256`, `rsa`, `p256`, `ed25519`, …
    ///
    /// # Panics
    ///
    /// Where no test key is called that.
    pub fn with_test_key(algorithm: Algorithm, name: &str) -> Self {
        Self::with_key(algorithm, Keyring::corpus().key(name).clone())
    }

    /// It trusts this issuer, beside those named before.
    #[must_use]
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        self.with(|policy| policy.issuer.push(issuer.into()))
    }

    /// It goes by this name, beside those named before.
    #[must_use]
    pub fn audience(self, audience: impl Into<String>) -> Self {
        self.with(|policy| policy.audience.push(audience.into()))
    }

    /// It takes tokens about this subject only.
    #[must_use]
    pub fn subject(self, subject: impl Into<String>) -> Self {
        self.with(|policy| policy.subject = Some(subject.into()))
    }

    /// It takes tokens of this `typ` only.
    #[must_use]
    pub fn typ(self, typ: impl Into<String>) -> Self {
        self.with(|policy| policy.typ = Some(typ.into()))
    }

    /// It allows for so many seconds of clock skew.
    #[must_use]
    pub fn leeway(self, seconds: u64) -> Self {
        self.with(|policy| policy.leeway = Some(seconds))
    }

    /// It wants this claim to be there, beside those named before.
    #[must_use]
    pub fn required_claim(self, name: impl Into<String>) -> Self {
        self.with(|policy| policy.required_claims.push(name.into()))
    }

    /// It takes no token that was issued longer ago than so many seconds.
    #[must_use]
    pub fn max_age(self, seconds: u64) -> Self {
        self.with(|policy| policy.max_age = Some(seconds))
    }

    /// It looks its key up in a set by this `kid`, which valid tokens then name.
    #[must_use]
    pub fn kid(mut self, kid: impl Into<String>) -> Self {
        self.key.name = kid.into();
        let kid = self.key.name.clone();
        self.with(|policy| {
            policy.jwks = true;
            policy.keys.iter_mut().for_each(|key| key.kid = Some(kid.clone()));
        })
    }

    /// Its clock stands at this time, in Unix seconds. [`NOW`](crate::forge::NOW) is that of the frozen suite.
    #[must_use]
    pub fn now(self, seconds: i64) -> Self {
        self.with(|policy| policy.now = Some(seconds))
    }

    /// The algorithm that it takes.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether its clock is the real one.
    pub(crate) fn has_real_clock(&self) -> bool {
        self.policy.now.is_none()
    }

    /// The policy as requests carry it, its clock at this moment.
    pub fn policy(&self) -> Policy {
        let now = self.policy.now.unwrap_or_else(real_now);
        Policy { now: Some(now), ..self.policy.clone() }
    }

    /// The scene of its valid tokens, at this moment.
    pub fn scene(&self) -> Scene<'_> {
        self.scene_with(self.profile(), self.policy().into(), None)
    }

    /// The valid token and its tampered copy.
    ///
    /// # Errors
    ///
    /// Where the policy admits no token that could be valid: a key that is none for the algorithm.
    ///
    /// ```
    /// use token_assay::model::{Algorithm, Request, Verdict};
    /// use token_assay::strawman::Sound;
    /// use token_assay::suite::FixedPolicy;
    /// use token_assay::targets::Verifier;
    ///
    /// let policy = FixedPolicy::with_test_key(Algorithm::EdDsa, "ed25519")
    ///     .subject("alice")
    ///     .typ("at+jwt")
    ///     .required_claim("scope")
    ///     .max_age(600)
    ///     .kid("login-2025")
    ///     .now(1_700_000_000);
    /// let control = policy.control().expect("the key fits");
    /// // What the policy wants is in the token.
    /// assert_eq!(control.claims.0["sub"], "alice");
    /// assert!(control.claims.0.contains_key("scope"));
    /// let asks = policy.scene();
    /// assert_eq!(asks.header().value("kid"), Some(r#""login-2025""#));
    /// let verdict = Sound.verify(Request { input: &control.valid, policy: &policy.policy() });
    /// assert!(matches!(verdict, Verdict::Accept { .. }), "{verdict}");
    /// // A key that is none is told before a verifier is blamed.
    /// let why = FixedPolicy::with_secret(Algorithm::Hs256, b"short").control().expect_err("it is too short");
    /// assert!(why.contains("32 octets"), "{why}");
    /// ```
    pub fn control(&self) -> Result<Control, String> {
        let scene = self.scene();
        let control = self.encrypted(scene.clone()).map_or_else(|| scene.control(), |scene| scene.control());
        if self.is_stand_in {
            return Ok(control);
        }
        match reference::rule(Request { input: &control.valid, policy: &scene.policy }) {
            Ruling::Accept(_) => Ok(control),
            ruling => Err(format!("under this policy no token is valid: {}", self.because(&ruling))),
        }
    }

    /// What its profile is called: with issuer or audience, or without.
    pub(crate) fn profile(&self) -> Profile {
        if self.decrypts() {
            return if self.policy.algorithms.is_some() { Profile::EncryptedSigned } else { Profile::Encrypted };
        }
        if self.asks_for_names() { Profile::PinnedClaims } else { Profile::Pinned }
    }

    fn with(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }

    fn because(&self, ruling: &Ruling) -> String {
        match ruling {
            Ruling::Reject(Reason::Key) => {
                let wants = match self.algorithm {
                    Algorithm::Hs256 => "a secret of 32 octets or more (RFC 7518 §3.2)",
                    Algorithm::Hs384 => "a secret of 48 octets or more (RFC 7518 §3.2)",
                    Algorithm::Hs512 => "a secret of 64 octets or more (RFC 7518 §3.2)",
                    other if other.is_rsa() => "an RSA key of 2048 bits or more (RFC 7518 §3.3)",
                    _ => "a key on its own curve",
                };
                format!("{} wants {wants}, and the key is none", self.algorithm)
            }
            Ruling::Reject(reason) => format!("the reference verifier refuses its own ({reason})"),
            Ruling::Either(because) => format!("the standard leaves whether to accept one: {because}"),
            Ruling::Accept(_) | Ruling::RejectOrLast(_) | Ruling::Bounded => format!("{ruling:?}"),
        }
    }

    fn asks_for_names(&self) -> bool {
        !(self.policy.issuer.is_empty() && self.policy.audience.is_empty())
    }

    /// The scene of its encrypted tokens, where it takes such, at this moment.
    #[cfg(feature = "proptest")]
    pub(crate) fn encrypted_scene(&self) -> Option<EncryptedScene<'_>> {
        self.encrypted(self.scene())
    }

    /// Whether making and reading a token takes no arithmetic of public keys, and no hashing of a password.
    #[cfg(feature = "proptest")]
    pub(crate) fn is_quick(&self) -> bool {
        let encrypted = self.decrypts.as_ref().map(|Decrypts { alg, .. }| *alg);
        let is_signed = encrypted.is_none() || self.policy.algorithms.is_some();
        let is_shared = |alg: KeyManagement| !(alg.is_rsa() || alg.is_agreement() || alg.is_password());
        (!is_signed || self.algorithm.is_hmac()) && encrypted.is_none_or(is_shared)
    }

    /// The scene of its encrypted tokens, where it takes such, around this one.
    fn encrypted<'s>(&self, inside: Scene<'s>) -> Option<EncryptedScene<'s>> {
        let Decrypts { alg, enc, recipient } = self.decrypts.clone()?;
        let (signed, policy) = (self.policy.algorithms.is_some(), Arc::clone(&inside.policy));
        Some(EncryptedScene { inside, signed, alg, enc, recipient, policy, wrapped: OnceLock::new() })
    }

    fn forge(&self) -> &Forge {
        self.forge.get_or_init(|| {
            let keyring = Keyring::corpus().with_trusted(self.algorithm, self.key.clone());
            Arc::new(Forge::with_keys(keyring, self.policy.now.unwrap_or_else(real_now)))
        })
    }

    fn scene_with(&self, profile: Profile, policy: Arc<Policy>, names: Option<Arc<Names>>) -> Scene<'_> {
        let setting = Setting { profile, algorithm: self.algorithm };
        Scene { forge: self.forge(), setting, key: &self.key, policy, names }
    }
}

/// What the catalogue can be forged on for a fixed policy: what its classes bend, and what becomes of what they made.
pub(super) struct Stage<'f> {
    fixed: &'f FixedPolicy,
    /// The user's policy, in every case.
    policy: Arc<Policy>,
    /// The same with the catalogue's names, which is what classes see and compare with.
    in_our_words: Arc<Policy>,
    names: Arc<Names>,
    control: Arc<Control>,
    /// The key on its way to the recipient, which is the same in every token.
    wrapped: Option<Wrapped>,
}

impl<'f> Stage<'f> {
    pub(super) fn new(fixed: &'f FixedPolicy, control: Control) -> Self {
        let policy = Arc::clone(&control.policy);
        let (in_our_words, names) = translated(&policy);
        let (in_our_words, names, control) = (in_our_words.into(), names.into(), control.into());
        let mut stage = Self { fixed, policy, in_our_words, names, control, wrapped: None };
        stage.wrapped = stage.encrypted().map(|scene| scene.wrapped());
        stage
    }

    /// What forges.
    pub(super) fn forge(&self) -> &'f Forge {
        self.fixed.forge()
    }

    /// The scene of encrypted tokens, where such are taken.
    pub(super) fn encrypted(&self) -> Option<EncryptedScene<'f>> {
        let policy = Arc::clone(&self.in_our_words);
        let inside = self.fixed.scene_with(self.fixed.profile(), policy, Some(Arc::clone(&self.names)));
        self.fixed.encrypted(inside)
    }

    /// A case of signed tokens as one of encrypted tokens: the token inside, or where none is wanted there its claims. Nothing
    /// where it is about what is then not there.
    pub(super) fn enclosed(&self, scene: &EncryptedScene<'_>, case: Case) -> Option<Case> {
        let wrapped = self.wrapped.as_ref()?;
        let seal = |input: &Input| {
            let content = if scene.signed { input.octets().to_vec() } else { claims_of(scene, input)? };
            Some(Input::Token(wrapped.seal(scene.enc, content).compact()))
        };
        if !scene.signed && !ABOUT_CLAIMS.contains(&case.id.family()) {
            return None;
        }
        let before =
            case.before.iter().map(|earlier| Some(Earlier { input: seal(&earlier.input)?, ..earlier.clone() }));
        let before = before.collect::<Option<Vec<_>>>()?;
        let (input, plain) = (seal(&case.input)?, case.plain.as_ref().and_then(seal));
        let signs = |need: &Capability| matches!(need, Capability::Algorithm(_)) && !scene.signed;
        let needs = case.needs.iter().filter(|need| !signs(need)).copied().collect();
        Some(Case { input, plain, before, needs, ..case })
    }

    /// The clock that cookies are dated from, where they are read.
    pub(super) fn cookies(&self) -> Option<i64> {
        self.fixed.reads_cookies.then(|| self.policy.now.unwrap_or_default())
    }

    /// The scene on which a class plays, where it plays at all.
    pub(super) fn scene(&self, family: &Family, class: &Class) -> Option<Scene<'f>> {
        let Make::Cases { on, .. } = class.make else { return None };
        let profile = self.part(family, on)?;
        Some(self.fixed.scene_with(profile, Arc::clone(&self.in_our_words), Some(Arc::clone(&self.names))))
    }

    /// The case as one of the user's policy; nothing where it was made for another.
    pub(super) fn adapt(&self, case: Case) -> Option<Case> {
        let theirs = Arc::ptr_eq(&case.policy, &self.in_our_words) || same(&case.policy, &self.in_our_words);
        let shown_so_too = |earlier: &Earlier| same(&earlier.policy, &self.in_our_words);
        if !theirs || !case.before.iter().all(shown_so_too) {
            return None;
        }
        let under_theirs = |earlier: Earlier| Earlier { policy: Arc::clone(&self.policy), ..earlier };
        let before = case.before.iter().cloned().map(under_theirs).collect();
        let request = Request { input: &case.input, policy: &self.policy };
        let expectation = match ruled(reference::rule(request), &case.expectation) {
            Expectation::Accept { .. } if self.fixed.follows_jku && names_an_address(&case.input) => {
                Expectation::Either { because: OFF_ITS_LIST.to_owned() }
            }
            expectation => expectation,
        };
        let as_written = std::mem::discriminant(&expectation) == std::mem::discriminant(&case.expectation);
        let (level, severity) = if as_written { (case.level, case.severity) } else { weight(&expectation, &case) };
        let (policy, control) = (Arc::clone(&self.policy), Arc::clone(&self.control));
        Some(Case { expectation, level, severity, policy, control, before, profile: self.fixed.profile(), ..case })
    }

    /// As which of the catalogue's profiles the policy is on a class's list of settings.
    fn part(&self, family: &Family, on: fn(Setting) -> bool) -> Option<Profile> {
        let own = self.fixed.algorithm;
        let at = |profile, algorithm| on(Setting { profile, algorithm });
        let mine = self.profiles();
        let kin = [own, representative(own)];
        let direct = mine.iter().find(|profile| kin.iter().any(|algorithm| at(**profile, *algorithm)));
        direct.copied().or_else(|| {
            let both = |profile| at(profile, Algorithm::Hs256) || at(profile, Algorithm::Rs256);
            hangs_on_no_key(family, on).then(|| mine.into_iter().find(|profile| both(*profile)))?
        })
    }

    /// The profiles that the policy can pass for; the forms of one pinned key are one (`Profile::group`).
    fn profiles(&self) -> Vec<Profile> {
        let Policy { subject, typ, required_claims, .. } = &*self.policy;
        let asks = self.fixed.asks_for_names() || subject.is_some() || typ.is_some() || !required_claims.is_empty();
        let claims = asks.then_some(Profile::PinnedClaims);
        let set = self.policy.jwks.then_some(Profile::KeySet);
        let forms = [Profile::PinnedPem, Profile::PinnedJwk, Profile::PinnedJwkText];
        std::iter::once(Profile::Pinned).chain(claims).chain(set).chain(forms).collect()
    }
}

/// Whether a token's header says where its key is.
fn names_an_address(input: &Input) -> bool {
    let header = input.octets().split(|octet| *octet == b'.').next().and_then(forge::base64url::decode);
    let header = header.and_then(|octets| serde_json::from_slice::<serde_json::Value>(&octets).ok());
    header.is_some_and(|header| header.get("jku").is_some())
}

/// Why a token that names an address may be refused.
const OFF_ITS_LIST: &str =
    "which addresses it takes keys from is the application's to say (RFC 7515 §4.1.2, RFC 8725 §3.10)";

/// The claims of a token that is as the valid one but for them.
fn claims_of(scene: &EncryptedScene<'_>, input: &Input) -> Option<Vec<u8>> {
    let mut segments = input.octets().split(|octet| *octet == b'.');
    let (header, payload) = (segments.next()?, segments.next()?);
    let (header, payload) = (forge::base64url::decode(header)?, forge::base64url::decode(payload)?);
    (header == scene.inside.header().text().as_bytes()).then_some(payload)
}

/// Families whose tokens say something else in their claims alone.
const ABOUT_CLAIMS: [&str; 4] = [control::FAMILY.id, time::FAMILY.id, claims::FAMILY.id, json::FAMILY.id];

/// Whether a class is about something else than algorithms and keys, so that it can be shown with any: where it plays on one
/// key of each type; in families that are about what was signed, and those of valid tokens, fewer stand for all.
fn hangs_on_no_key(family: &Family, on: fn(Setting) -> bool) -> bool {
    let pinned = |at: &Setting| matches!(at.profile, Profile::Pinned | Profile::PinnedClaims);
    let all: Vec<Setting> = settings().filter(|setting| on(*setting)).collect();
    let plays = |algorithm: &Algorithm| all.iter().any(|at| pinned(at) && at.algorithm == *algorithm);
    let enough = match family.id {
        id if [base64url::FAMILY.id, claims::FAMILY.id, json::FAMILY.id, structure::FAMILY.id, time::FAMILY.id]
            .contains(&id) =>
        {
            &COMMON[..1]
        }
        id if id == control::FAMILY.id => &COMMON[..2],
        _ => COMMON,
    };
    enough.iter().all(plays)
}

/// The algorithm that the catalogue tries in earnest in the place of this one. Curves have no representative: what is shown
/// of one is about its size.
fn representative(algorithm: Algorithm) -> Algorithm {
    match algorithm {
        other if other.is_hmac() => Algorithm::Hs256,
        other if other.is_rsa() => Algorithm::Rs256,
        other if other.is_eddsa() => Algorithm::EdDsa,
        other => other,
    }
}

/// The policy with the catalogue's names, and the user's beside them.
fn translated(policy: &Policy) -> (Policy, Names) {
    let mut own = Vec::new();
    let mut translate = |ours: &[&'static str], theirs: &[String]| -> Vec<String> {
        own.extend(ours.iter().copied().zip(theirs.iter().cloned()));
        let rest = theirs.iter().skip(ours.len()).cloned();
        ours.iter().take(theirs.len()).map(|name| (*name).to_owned()).chain(rest).collect()
    };
    let issuer = translate(&[ISSUER, SECOND_ISSUER], &policy.issuer);
    let audience = translate(&[AUDIENCE, SECOND_AUDIENCE], &policy.audience);
    let subject = translate(&[SUBJECT], policy.subject.as_slice()).pop();
    (Policy { issuer, audience, subject, ..policy.clone() }, Names::new(own))
}

/// Whether two policies ask for the same; no leeway is one of 0.
fn same(a: &Policy, b: &Policy) -> bool {
    let plain = |policy: &Policy| Policy { leeway: policy.leeway.filter(|leeway| *leeway > 0), ..policy.clone() };
    plain(a) == plain(b)
}

/// What a ruling expects of a verifier, but for a row's own limit.
fn ruled(ruling: Ruling, written: &Expectation) -> Expectation {
    match (ruling, written) {
        (Ruling::Bounded, Expectation::Bounded { .. } | Expectation::Linear { .. }) => written.clone(),
        (ruling, _) => ruling.expectation(),
    }
}

/// How firm and how bad it is where the row was written for a policy of which the standard says something else: to accept
/// what the configuration admits is its own promise, to refuse what it does not is the standard's.
fn weight(expectation: &Expectation, case: &Case) -> (Level, Severity) {
    let at_least = case.severity.max(Severity::Medium);
    match expectation {
        Expectation::Accept { .. } => (Level::Should, at_least),
        Expectation::Reject { .. } | Expectation::RejectOrLast { .. } => (Level::Must, at_least),
        Expectation::Bounded { .. } | Expectation::Linear { .. } | Expectation::Cookies(_) => {
            (Level::Must, case.severity)
        }
        Expectation::Either { .. } => (Level::May, case.severity),
    }
}

fn real_now() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since_epoch.as_secs().try_into().expect("the clock is not that late")
}
