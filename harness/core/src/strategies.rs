//! Strategies of proptest for tokens under a policy of your own.
//!
//! Takes a [`FixedPolicy`], gives [`Sample`]s: a token, the policy that it is to be shown under, and what the reference
//! verifier rules. What a strategy's name promises, the ruling says of each of its draws and of all that they shrink to: the
//! smallest token that does. Where the policy decrypts, every token is an encrypted one: what is wrong with claims or with the
//! token inside lies behind the tag, and what is changed afterwards before it. Never assumes an expectation; never draws a
//! date near a clock that goes on meanwhile.
//!
//! ```
//! use proptest::prelude::*;
//! use token_assay::model::{Algorithm, Verdict};
//! use token_assay::strawman::Sound;
//! use token_assay::strategies::expired_token;
//! use token_assay::suite::FixedPolicy;
//! use token_assay::targets::Verifier;
//!
//! let policy = FixedPolicy::with_test_key(Algorithm::Hs256, "hs256").leeway(30).now(1_700_000_000);
//! proptest!(|(sample in expired_token(&policy))| {
//!     let verdict = Sound.verify(sample.request());
//!     prop_assert!(matches!(verdict, Verdict::Reject { .. }), "{verdict}");
//! });
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;
use token_assay_model::{Algorithm, Expectation, Input, Policy, Profile, Reason, Request};

use crate::attacks::fixed::FixedPolicy;
use crate::attacks::scene::{Scene, Setting};
use crate::failure;
use crate::forge::json::{self, quote};
use crate::forge::{Jws, Object, Scheme, TestKey, base64url};
use crate::generate::strategy::{EncryptedRecipes, Recipes};
use crate::generate::{EncryptedRecipe, Seeded, Sketch, Stage, Stock};
use crate::reference;

/// A token, the policy that it is for, and what the standard says of it. It prints as what a person wants to read of it.
///
/// ```
/// use token_assay::model::{Algorithm, Expectation, Input, Reason, Verdict};
/// use token_assay::strategies::Sample;
/// use token_assay::strawman::Sound;
/// use token_assay::suite::FixedPolicy;
/// use token_assay::targets::Verifier;
///
/// let policy = FixedPolicy::with_test_key(Algorithm::Hs256, "hs256").now(1_700_000_000);
/// // A token of your own: `{"alg":"none"}` and `{}`.
/// let sample = Sample::new(Input::Token("eyJhbGciOiJub25lIn0.e30.".to_owned()), policy.policy().into());
/// assert_eq!(sample.expectation, Expectation::Reject { reason: Reason::Algorithm });
/// assert!(matches!(Sound.verify(sample.request()), Verdict::Reject { .. }));
/// // What proptest prints of a failure.
/// assert!(sample.to_string().contains(sample.token()), "{sample}");
/// ```
#[derive(Clone, PartialEq)]
pub struct Sample {
    /// The token.
    pub input: Input,
    /// What the relying party accepts, its clock as it was when the token was made.
    pub policy: Arc<Policy>,
    /// What the reference verifier rules.
    pub expectation: Expectation,
}

impl Sample {
    /// Asks the reference verifier what it says of a token.
    pub fn new(input: Input, policy: Arc<Policy>) -> Self {
        let ruling = reference::rule(Request { input: &input, policy: &policy });
        Self { expectation: ruling.expectation(), input, policy }
    }

    /// What a verifier is shown of it.
    pub fn request(&self) -> Request<'_> {
        Request { input: &self.input, policy: &self.policy }
    }

    /// The token as text.
    pub fn token(&self) -> &str {
        self.input.text().unwrap_or_default()
    }

    /// A signed token, or where the policy decrypts one that holds it, or its claims where no signature is wanted inside.
    fn of(policy: &FixedPolicy, scene: &Scene<'_>, token: impl Into<Vec<u8>>) -> Self {
        let token = token.into();
        let input = match policy.encrypted_scene() {
            None => token,
            Some(outer) if outer.signed => outer.holding(token).compact().into_bytes(),
            Some(outer) => {
                let claims = token.split(|octet| *octet == b'.').nth(1).and_then(base64url::decode);
                outer.holding(claims.unwrap_or_default()).compact().into_bytes()
            }
        };
        Self::new(Input::from_octets(input), Arc::clone(&scene.policy))
    }

    fn holds_a_minute(&self) -> bool {
        let ruled_at = |moved: i64| {
            let policy = Policy { now: self.policy.now.map(|now| now + moved), ..(*self.policy).clone() };
            std::mem::discriminant(&Self::new(self.input.clone(), policy.into()).expectation)
        };
        [-60, 60].into_iter().all(|moved| ruled_at(moved) == std::mem::discriminant(&self.expectation))
    }

    fn is_accepted(&self) -> bool {
        matches!(self.expectation, Expectation::Accept { .. })
    }

    fn is_refused(&self) -> bool {
        matches!(self.expectation, Expectation::Reject { .. })
    }

    fn is_refused_for(&self, wanted: Reason) -> bool {
        matches!(self.expectation, Expectation::Reject { reason } if reason == wanted)
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&failure::of_token(&self.input, &self.policy, &self.expectation, None))
    }
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}

/// Tokens of every kind, right and wrong, as a campaign draws them: operations on the members of a valid token, another
/// signer, edits of the JSON text and of the wire. What the standard says of each is with it. They shrink by losing
/// operations. Where the policy's clock is the real one, tokens of which it will say something else in a minute are left out.
/// Where it decrypts, half of them are bent before they are encrypted or afterwards, the others inside; what a verifier without
/// bounds is busy with for seconds is left to the suite.
///
/// ```
/// use proptest::prelude::*;
/// use token_assay::model::Algorithm;
/// use token_assay::strategies::any_token_with_expectation;
/// use token_assay::strawman::Sound;
/// use token_assay::suite::FixedPolicy;
/// use token_assay::targets::Verifier;
///
/// let policy = FixedPolicy::with_test_key(Algorithm::Hs256, "hs256").audience("orders-api").now(1_700_000_000);
/// proptest!(|(sample in any_token_with_expectation(&policy))| {
///     prop_assert!(sample.expectation.admits(&Sound.verify(sample.request())));
/// });
/// ```
pub fn any_token_with_expectation(policy: &FixedPolicy) -> impl Strategy<Value = Sample> + use<> {
    let moving = policy.has_real_clock();
    let drawn = if is_signed(policy) { made_inside(policy).boxed() } else { sealed(policy, EncryptedRecipe::choose) };
    let drawn = if is_signed(policy) && policy.decrypts() {
        prop_oneof![drawn, sealed(policy, EncryptedRecipe::choose)].boxed()
    } else {
        drawn
    };
    drawn.prop_filter("its ruling does not hang on the second", move |sample| !moving || sample.holds_a_minute())
}

/// Signed tokens as a campaign draws them; inside an encrypted one, where the policy decrypts.
fn made_inside(policy: &FixedPolicy) -> impl Strategy<Value = Sample> + use<> {
    let policy = shared(policy);
    let algorithm = policy.algorithm();
    let plain = |setting: Setting| setting.algorithm == algorithm && setting.profile == Profile::Pinned;
    let stock = Stock { catalogue_share: 0, ..Stock::of(plain) };
    Recipes(stock).prop_map(move |recipe| {
        let scene = policy.scene();
        let stage = Stage::of_scene(&scene);
        Sample::of(&policy, &scene, Sketch::cook(&recipe, &stage, scene.forge).token(&stage, scene.forge))
    })
}

/// Encrypted tokens by recipes that are drawn in this way.
fn sealed(policy: &FixedPolicy, draw: fn(&mut Seeded) -> EncryptedRecipe) -> BoxedStrategy<Sample> {
    let policy = shared(policy);
    let drawn = EncryptedRecipes(draw).prop_filter("it costs little", |recipe| !recipe.is_costly());
    drawn
        .prop_map(move |recipe| {
            let scene = policy.encrypted_scene().expect("only policies that decrypt have encrypted tokens");
            Sample::new(Input::from_octets(recipe.token(&scene)), Arc::clone(&scene.policy))
        })
        .boxed()
}

/// Whether signatures are checked: of tokens that come bare, or of those inside.
fn is_signed(policy: &FixedPolicy) -> bool {
    !policy.decrypts() || policy.policy().algorithms.is_some()
}

/// Tokens to accept: claims, dates up to the edge of what the policy admits, members that no registry holds.
///
/// # Panics
///
/// Where no token is valid under the policy, as every strategy here.
///
/// ```
/// use proptest::prelude::*;
/// use token_assay::model::{Algorithm, Expectation};
/// use token_assay::strategies::valid_token;
/// use token_assay::suite::FixedPolicy;
///
/// let policy = FixedPolicy::with_secret(Algorithm::Hs256, b"a secret of the tests, 32 octets").now(1_700_000_000);
/// proptest!(|(sample in valid_token(&policy))| {
///     // Your verifier is shown `sample.token()` here.
///     let is_to_be_accepted = matches!(sample.expectation, Expectation::Accept { .. });
///     prop_assert!(is_to_be_accepted, "{}", sample.token());
/// });
/// ```
pub fn valid_token(policy: &FixedPolicy) -> impl Strategy<Value = Sample> + use<> {
    let (policy, edges) = (shared(policy), Edges::of(policy));
    let drawn = plans(&policy).prop_map(move |plan| {
        let scene = policy.scene();
        Sample::of(&policy, &scene, plan.signed(&scene, &edges).compact())
    });
    drawn.prop_filter("it is to be accepted", Sample::is_accepted)
}

/// Tokens that were changed after they were signed: another payload or header, another token's signature, one that is cut,
/// longer, or off by a bit; where the policy decrypts, also after they were encrypted.
///
/// ```
/// use proptest::prelude::*;
/// use token_assay::model::{Algorithm, Expectation};
/// use token_assay::strategies::{changed_octet, tampered_token};
/// use token_assay::suite::FixedPolicy;
///
/// let policy = FixedPolicy::with_test_key(Algorithm::Hs256, "hs256").now(1_700_000_000);
/// let valid = policy.control().expect("the key fits").valid;
/// proptest!(|(sample in prop_oneof![tampered_token(&policy), changed_octet(&policy)])| {
///     prop_assert_ne!(&sample.input, &valid);
///     // Which rule refuses it hangs on what was changed: a header that is no JSON never comes to its signature.
///     let is_to_be_refused = matches!(sample.expectation, Expectation::Reject { .. });
///     prop_assert!(is_to_be_refused);
/// });
/// ```
pub fn tampered_token(policy: &FixedPolicy) -> impl Strategy<Value = Sample> + use<> {
    let (policy, edges) = (shared(policy), Edges::of(policy));
    let mut kinds = Vec::new();
    if policy.decrypts() {
        kinds.push(sealed(&policy, EncryptedRecipe::bending));
    }
    if is_signed(&policy) {
        let drawn = (plans(&policy), plans(&policy), change());
        let drawn = drawn.prop_map(move |(plan, other, change)| {
            let scene = policy.scene();
            Sample::of(&policy, &scene, change.of(&scene, &edges, [&plan, &other]).compact())
        });
        kinds.push(drawn.boxed());
    }
    prop::strategy::Union::new(kinds).prop_filter("it is to be refused", Sample::is_refused)
}

/// Valid tokens with one character of what was signed replaced by another, in the header's segment or the payload's; where the
/// policy decrypts, one of any of the five segments.
pub fn changed_octet(policy: &FixedPolicy) -> impl Strategy<Value = Sample> + use<> {
    let (policy, edges) = (shared(policy), Edges::of(policy));
    let drawn = (plans(&policy), any::<Index>(), 0..SEGMENT_LETTERS.len()).prop_map(move |(plan, place, letter)| {
        let scene = policy.scene();
        let token = plan.signed(&scene, &edges);
        let valid = Sample::of(&policy, &scene, token.compact());
        let text = valid.token();
        let covered = if policy.decrypts() { text.len() } else { token.header.len() + 1 + token.payload.len() };
        let places: Vec<usize> = (0..covered).filter(|place| text.as_bytes()[*place] != b'.').collect();
        let place = places[place.index(places.len())];
        let mut text = text.to_owned();
        text.replace_range(place..=place, &SEGMENT_LETTERS[letter..=letter]);
        Sample::new(Input::Token(text), Arc::clone(&scene.policy))
    });
    drawn.prop_filter("it is to be refused", Sample::is_refused)
}

/// Tokens whose `exp`, the leeway allowed for, has come: this second, or long ago, written in every way of writing a number.
pub fn expired_token(policy: &FixedPolicy) -> impl Strategy<Value = Sample> + use<> {
    let (policy, edges) = (shared(policy), Edges::of(policy));
    let drawn = (plans(&policy), seconds(), spelling()).prop_map(move |(plan, past, spelling)| {
        let scene = policy.scene();
        let exp = scene.now() + edges.last_expired - past;
        let claims = plan.claims(&scene, &edges).set("exp", spelling.write(exp, Side::Before));
        // What has expired was good before.
        let has_begun = claims.value("nbf").is_some();
        let claims = if has_begun { claims.set("nbf", (exp - HOUR).max(0).to_string()) } else { claims };
        Sample::of(&policy, &scene, scene.sign_claims(&claims).compact())
    });
    drawn.prop_filter("it is to be refused as expired", |sample| sample.is_refused_for(Reason::Expired))
}

/// Tokens whose `nbf`, the leeway allowed for, is still to come.
///
/// ```
/// use proptest::prelude::*;
/// use token_assay::model::{Algorithm, Expectation, Reason};
/// use token_assay::strategies::not_yet_valid_token;
/// use token_assay::suite::FixedPolicy;
///
/// let policy = FixedPolicy::with_test_key(Algorithm::Hs256, "hs256").leeway(30).now(1_700_000_000);
/// proptest!(|(sample in not_yet_valid_token(&policy))| {
///     // Within the leeway nothing is drawn.
///     prop_assert_eq!(&sample.expectation, &Expectation::Reject { reason: Reason::NotYetValid });
/// });
/// ```
pub fn not_yet_valid_token(policy: &FixedPolicy) -> impl Strategy<Value = Sample> + use<> {
    let (policy, edges) = (shared(policy), Edges::of(policy));
    let drawn = (plans(&policy), seconds(), spelling()).prop_map(move |(plan, ahead, spelling)| {
        let scene = policy.scene();
        let nbf = scene.now() + edges.first_to_come + ahead;
        let claims = plan.claims(&scene, &edges).set("exp", (nbf + HOUR).to_string());
        Sample::of(&policy, &scene, scene.sign_claims(&claims.set("nbf", spelling.write(nbf, Side::After))).compact())
    });
    drawn.prop_filter("it is to be refused as not yet valid", |sample| sample.is_refused_for(Reason::NotYetValid))
}

/// Tokens for somebody else: `aud` is another, nearly one of the policy's, a list of others, or absent.
///
/// # Panics
///
/// Where the policy names no audience.
///
/// ```
/// use proptest::prelude::*;
/// use token_assay::model::{Algorithm, Expectation, Reason};
/// use token_assay::strategies::wrong_audience;
/// use token_assay::suite::FixedPolicy;
///
/// let policy = FixedPolicy::with_secret(Algorithm::Hs256, b"a secret of the tests, 32 octets").audience("orders-api");
/// proptest!(|(sample in wrong_audience(&policy))| {
///     prop_assert_eq!(&sample.expectation, &Expectation::Reject { reason: Reason::Audience });
/// });
/// ```
pub fn wrong_audience(policy: &FixedPolicy) -> impl Strategy<Value = Sample> + use<> {
    let own = policy.policy().audience;
    assert!(!own.is_empty(), "the policy names no audience, so that none is wrong");
    let (policy, edges) = (shared(policy), Edges::of(policy));
    let one = other_name(own.clone()).prop_map(|name| quote(&name));
    let several = prop::collection::vec(other_name(own).prop_map(|name| quote(&name)), 0..3).prop_map(json::array);
    let aud = prop_oneof![4 => one.prop_map(Some), 1 => Just(None), 2 => several.prop_map(Some)];
    let drawn = (plans(&policy), aud).prop_map(move |(plan, aud)| {
        let scene = policy.scene();
        let claims = plan.claims(&scene, &edges).without("aud");
        let claims = aud.into_iter().fold(claims, |claims, aud| claims.set("aud", aud));
        Sample::of(&policy, &scene, scene.sign_claims(&claims).compact())
    });
    drawn.prop_filter("it is to be refused for its audience", |sample| sample.is_refused_for(Reason::Audience))
}

/// Tokens from somebody else: `iss` is another, nearly one of the policy's, or absent.
///
/// # Panics
///
/// Where the policy names no issuer.
///
/// ```
/// use std::cell::Cell;
/// use proptest::prelude::*;
/// use token_assay::model::{Algorithm, Verdict};
/// use token_assay::run::verifier;
/// use token_assay::strategies::wrong_issuer;
/// use token_assay::suite::FixedPolicy;
///
/// let policy = FixedPolicy::with_test_key(Algorithm::Hs256, "hs256").issuer("https://login.example").now(1_700_000_000);
/// // This one looks for the name anywhere: some of the names that are drawn are nearly the policy's.
/// let wrong = verifier("strawman-iss-unanchored").expect("it is built in");
/// let accepted = Cell::new(0);
/// proptest!(|(sample in wrong_issuer(&policy))| {
///     let is_accepted = matches!(wrong.verify(sample.request()), Verdict::Accept { .. });
///     accepted.set(accepted.get() + u32::from(is_accepted));
/// });
/// assert!(accepted.get() > 0);
/// ```
pub fn wrong_issuer(policy: &FixedPolicy) -> impl Strategy<Value = Sample> + use<> {
    let own = policy.policy().issuer;
    assert!(!own.is_empty(), "the policy names no issuer, so that none is wrong");
    let (policy, edges) = (shared(policy), Edges::of(policy));
    let iss = prop_oneof![6 => other_name(own).prop_map(Some), 1 => Just(None)];
    let drawn = (plans(&policy), iss).prop_map(move |(plan, other)| {
        let scene = policy.scene();
        let claims = plan.claims(&scene, &edges).without("iss");
        let claims = other.iter().fold(claims, |claims, other| claims.set_string("iss", other));
        Sample::of(&policy, &scene, scene.sign_claims(&claims).compact())
    });
    drawn.prop_filter("it is to be refused for its issuer", |sample| sample.is_refused_for(Reason::Issuer))
}

/// Tokens whose header names another algorithm than the policy's, signed as they say where the key can, as they should, or
/// with the public key for a secret. Where the policy decrypts tokens that hold claims, they are encrypted by other algorithms,
/// or say so.
///
/// ```
/// use proptest::prelude::*;
/// use token_assay::model::Algorithm;
/// use token_assay::strategies::wrong_algorithm;
/// use token_assay::suite::FixedPolicy;
///
/// let policy = FixedPolicy::with_test_key(Algorithm::EdDsa, "ed25519").now(1_700_000_000);
/// let own = policy.control().expect("the key fits").valid;
/// let header = |token: &str| token.split('.').next().map(str::to_owned);
/// proptest!(ProptestConfig::with_cases(32), |(sample in wrong_algorithm(&policy))| {
///     prop_assert_ne!(header(sample.token()), header(own.text().unwrap_or_default()));
/// });
/// ```
pub fn wrong_algorithm(policy: &FixedPolicy) -> impl Strategy<Value = Sample> + use<> {
    let drawn = if is_signed(policy) { misnamed(policy).boxed() } else { sealed(policy, EncryptedRecipe::misnaming) };
    drawn.prop_filter("it is to be refused", Sample::is_refused)
}

fn misnamed(policy: &FixedPolicy) -> impl Strategy<Value = Sample> + use<> {
    let (policy, edges) = (shared(policy), Edges::of(policy));
    let own = policy.algorithm();
    let names =
        Algorithm::ALL.iter().filter(|algorithm| **algorithm != own).map(|algorithm| algorithm.as_str().to_owned());
    let spelt = [own.as_str().to_lowercase(), format!("{own} "), String::new()];
    let names: Vec<String> = names.chain(spelt).collect();
    let signed = select(vec![SignedAs::Configured, SignedAs::Said, SignedAs::WithPublicKey]);
    (plans(&policy), select(names), signed).prop_map(move |(plan, name, signed)| {
        let scene = policy.scene();
        let header = scene.header().set_string("alg", &name);
        let claims = plan.claims(&scene, &edges);
        Sample::of(&policy, &scene, signed.sign(&scene, &header, &claims, name.parse().ok()).compact())
    })
}

/// Tokens without a signature: `none` in some spelling or the policy's own algorithm, with an empty third segment or without
/// one. Where the policy decrypts tokens that hold claims, tokens that are not encrypted.
///
/// ```
/// use proptest::prelude::*;
/// use proptest::test_runner::{TestError, TestRunner};
/// use token_assay::model::{Algorithm, Verdict};
/// use token_assay::run::verifier;
/// use token_assay::strategies::unsigned_token;
/// use token_assay::suite::FixedPolicy;
///
/// let policy = FixedPolicy::with_test_key(Algorithm::Hs256, "hs256").now(1_700_000_000);
/// let wrong = verifier("strawman-allows-none").expect("it is built in");
/// let tried = TestRunner::default().run(&unsigned_token(&policy), |sample| {
///     let is_accepted = matches!(wrong.verify(sample.request()), Verdict::Accept { .. });
///     prop_assert!(!is_accepted);
///     Ok(())
/// });
/// // What is left of the token that was drawn is the smallest that shows it.
/// let Err(TestError::Fail(_, smallest)) = tried else { panic!("it accepts them") };
/// assert!(smallest.token().len() < 100, "{smallest}");
/// ```
pub fn unsigned_token(policy: &FixedPolicy) -> impl Strategy<Value = Sample> + use<> {
    let drawn = if is_signed(policy) { unsigned(policy).boxed() } else { sealed(policy, EncryptedRecipe::bare) };
    drawn.prop_filter("it is to be refused", Sample::is_refused)
}

fn unsigned(policy: &FixedPolicy) -> impl Strategy<Value = Sample> + use<> {
    let (policy, edges) = (shared(policy), Edges::of(policy));
    let own = policy.algorithm().as_str();
    let name = prop_oneof![4 => Just("none"), 2 => select(vec!["None", "NONE", "nOnE"]), 1 => Just(own)];
    (plans(&policy), name, prop::bool::weighted(0.3)).prop_map(move |(plan, name, two_segments)| {
        let scene = policy.scene();
        let token = Jws::unsigned(scene.header().set_string("alg", name).text(), plan.claims(&scene, &edges).text());
        Sample::of(&policy, &scene, if two_segments { token.two_segments() } else { token.compact() })
    })
}

/// Tokens that somebody else has signed: with another secret, or with a key pair that may stand in the header.
///
/// # Panics
///
/// Where the policy decrypts tokens that hold claims: nobody signs them.
///
/// ```
/// use proptest::prelude::*;
/// use token_assay::model::{Algorithm, Expectation, Reason};
/// use token_assay::strategies::foreign_signature;
/// use token_assay::suite::FixedPolicy;
///
/// let policy = FixedPolicy::with_test_key(Algorithm::Hs256, "hs256").now(1_700_000_000);
/// proptest!(|(sample in foreign_signature(&policy))| {
///     // Nothing else is wrong with it.
///     prop_assert_eq!(&sample.expectation, &Expectation::Reject { reason: Reason::Signature });
/// });
/// ```
pub fn foreign_signature(policy: &FixedPolicy) -> impl Strategy<Value = Sample> + use<> {
    assert!(is_signed(policy), "the policy's tokens are not signed, so that nobody else signs them");
    let (policy, edges) = (shared(policy), Edges::of(policy));
    let secret = prop::collection::vec(any::<u8>(), 0..80);
    let drawn = (plans(&policy), secret, any::<bool>()).prop_map(move |(plan, secret, in_header)| {
        let scene = policy.scene();
        let guessed = TestKey::from_secret("", &secret);
        let is_secret = scene.algorithm().is_hmac();
        let key = if is_secret { &guessed } else { scene.forge.keys().attacker(scene.algorithm()) };
        let header = if in_header { scene.header().set("jwk", key.jwk_text.as_str()) } else { scene.header() };
        let token = scene.forge.sign(header.text(), plan.claims(&scene, &edges).text(), key, scene.algorithm());
        Sample::of(&policy, &scene, token.compact())
    });
    drawn.prop_filter("it is to be refused for its signature", |sample| sample.is_refused_for(Reason::Signature))
}

/// Tokens to refuse, of every kind above that the policy allows for.
///
/// ```
/// use std::cell::RefCell;
/// use std::collections::BTreeSet;
/// use proptest::prelude::*;
/// use token_assay::model::{Algorithm, Expectation, Reason};
/// use token_assay::strategies::refused_token;
/// use token_assay::suite::FixedPolicy;
///
/// let policy = FixedPolicy::with_test_key(Algorithm::Hs256, "hs256").now(1_700_000_000);
/// let reasons = RefCell::new(BTreeSet::new());
/// proptest!(|(sample in refused_token(&policy))| {
///     let Expectation::Reject { reason } = sample.expectation else { panic!("{sample}") };
///     reasons.borrow_mut().insert(reason);
/// });
/// let reasons = reasons.take();
/// assert!(reasons.contains(&Reason::Signature) && reasons.contains(&Reason::Expired));
/// // A policy that names no audience knows no wrong one.
/// assert!(!reasons.contains(&Reason::Audience));
/// ```
pub fn refused_token(policy: &FixedPolicy) -> impl Strategy<Value = Sample> + use<> {
    let own = policy.policy();
    let mut kinds = vec![
        tampered_token(policy).boxed(),
        changed_octet(policy).boxed(),
        expired_token(policy).boxed(),
        not_yet_valid_token(policy).boxed(),
        wrong_algorithm(policy).boxed(),
        unsigned_token(policy).boxed(),
    ];
    if is_signed(policy) {
        kinds.push(foreign_signature(policy).boxed());
    }
    if !own.audience.is_empty() {
        kinds.push(wrong_audience(policy).boxed());
    }
    if !own.issuer.is_empty() {
        kinds.push(wrong_issuer(policy).boxed());
    }
    prop::strategy::Union::new(kinds)
}

/// What is drawn of a valid token. Every field shrinks towards the token that says less.
#[derive(Debug, Clone)]
struct Plan {
    issuer: Index,
    audience: Index,
    /// Names beside one's own in `aud`; without them it is a string.
    other_audiences: Vec<String>,
    subject: Option<String>,
    id: Option<String>,
    /// Seconds beyond the last one at which the token would have expired.
    exp: i64,
    /// Seconds before the last one at which the token would not be valid yet.
    nbf: Option<i64>,
    /// Seconds before the clock.
    iat: Option<i64>,
    extra: BTreeMap<String, Value>,
    reversed: bool,
}

impl Plan {
    /// The claims under this scene's policy. What it requires is there, drawn or not.
    fn claims(&self, scene: &Scene<'_>, edges: &Edges) -> Object {
        let Policy { issuer, audience, required_claims, max_age, subject, .. } = &*scene.policy;
        let now = scene.now();
        let mut claims = Object::new();
        if !issuer.is_empty() {
            claims = claims.set_string("iss", &issuer[self.issuer.index(issuer.len())]);
        }
        if let Some(subject) = subject.as_ref().or(self.subject.as_ref()) {
            claims = claims.set_string("sub", subject);
        }
        if !audience.is_empty() {
            claims = claims.set("aud", self.audiences(&audience[self.audience.index(audience.len())]));
        }
        claims = claims.set("exp", (now + edges.first_unexpired + self.exp).to_string());
        if let Some(before) = self.nbf {
            claims = claims.set("nbf", (now + edges.last_begun - before).max(0).to_string());
        }
        if let Some(before) = self.iat.or(max_age.map(|_| 0)) {
            claims = claims.set("iat", (now - before.min(edges.oldest)).max(0).to_string());
        }
        if let Some(id) = &self.id {
            claims = claims.set_string("jti", id);
        }
        for (name, value) in &self.extra {
            claims = claims.set(name, value.to_string());
        }
        let valid = scene.claims();
        for name in required_claims {
            let is_value = |raw: &str| raw != "null" && raw != r#""""#;
            if !claims.value(name).is_some_and(is_value) {
                claims = claims.set(name, valid.value(name).unwrap_or(r#""value""#));
            }
        }
        if self.reversed { claims.reversed() } else { claims }
    }

    fn audiences(&self, own: &str) -> String {
        match self.other_audiences.as_slice() {
            [] => quote(own),
            others => {
                let place = self.audience.index(others.len() + 1);
                let (before, after) = others.split_at(place);
                let all = before.iter().map(String::as_str).chain([own]).chain(after.iter().map(String::as_str));
                json::array(all.map(quote))
            }
        }
    }

    fn signed(&self, scene: &Scene<'_>, edges: &Edges) -> Jws {
        scene.sign_claims(&self.claims(scene, edges))
    }
}

/// What becomes of a token after it was signed.
#[derive(Debug, Clone)]
enum Change {
    Payload,
    Header(String),
    SignatureOfAnother,
    Cut(Index),
    Longer(Vec<u8>),
    Bit(Index, u8),
}

impl Change {
    fn of(&self, scene: &Scene<'_>, edges: &Edges, [plan, other]: [&Plan; 2]) -> Jws {
        let token = plan.signed(scene, edges);
        let mut signature = token.signature_octets();
        match self {
            Self::Payload => token.with_payload(other.claims(scene, edges).text()),
            Self::Header(name) => token.with_header(scene.header().set(name, "true").text()),
            Self::SignatureOfAnother => token.with_signature(other.signed(scene, edges).signature_octets()),
            Self::Cut(place) => {
                let width = place.index(signature.len());
                token.with_signature(&signature[..width])
            }
            Self::Longer(more) => token.with_signature([signature.as_slice(), more].concat()),
            Self::Bit(place, bit) => {
                signature[place.index(token.signature_octets().len())] ^= 1 << bit;
                token.with_signature(signature)
            }
        }
    }
}

/// How a token that names an algorithm was signed.
#[derive(Debug, Clone, Copy)]
enum SignedAs {
    Configured,
    Said,
    WithPublicKey,
}

impl SignedAs {
    fn sign(self, scene: &Scene<'_>, header: &Object, claims: &Object, said: Option<Algorithm>) -> Jws {
        let said = said.filter(|algorithm| *algorithm != Algorithm::None);
        match (self, said) {
            (Self::Said, Some(said)) if same_type(scene.algorithm(), said) => {
                scene.forge.sign_as(header.text(), claims.text(), scene.key, Scheme::of(said))
            }
            (Self::WithPublicKey, Some(said)) if said.is_hmac() && !scene.algorithm().is_hmac() => {
                let text = scene.key.pem.as_ref().unwrap_or(&scene.key.jwk_text);
                let secret = TestKey::from_secret("", text.as_bytes());
                scene.forge.sign(header.text(), claims.text(), &secret, said)
            }
            _ => scene.sign(header.text(), claims.text()),
        }
    }
}

/// On which side of a date a fraction changes nothing.
#[derive(Debug, Clone, Copy)]
enum Side {
    Before,
    After,
}

/// Ways of writing a date.
#[derive(Debug, Clone, Copy)]
enum Spelling {
    Integer,
    ZeroFraction,
    Half,
    Exponent,
}

impl Spelling {
    fn write(self, date: i64, side: Side) -> String {
        match self {
            Self::Integer => date.to_string(),
            Self::ZeroFraction => format!("{date}.0"),
            // The fraction of a negative date would point the other way.
            Self::Half if date > 0 => match side {
                Side::Before => format!("{}.5", date - 1),
                Side::After => format!("{date}.5"),
            },
            Self::Half => date.to_string(),
            Self::Exponent => format!("{date}e0"),
        }
    }
}

fn plans(policy: &FixedPolicy) -> impl Strategy<Value = Plan> + use<> {
    let required: BTreeSet<String> = policy.policy().required_claims.into_iter().collect();
    let names = (any::<Index>(), any::<Index>(), prop::collection::vec(text(), 0..3), prop::option::of(text()));
    let dates = (seconds(), prop::option::of(seconds()), prop::option::of(seconds()));
    let extra = prop::collection::btree_map(member_name(required), value(), 0..4);
    let rest = (prop::option::of(text()), extra, any::<bool>());
    (names, dates, rest).prop_map(|(names, (exp, nbf, iat), (id, extra, reversed))| {
        let (issuer, audience, other_audiences, subject) = names;
        Plan { issuer, audience, other_audiences, subject, id, exp, nbf, iat, extra, reversed }
    })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Payload),
        "[a-z]{1,4}".prop_map(Change::Header),
        Just(Change::SignatureOfAnother),
        any::<Index>().prop_map(Change::Cut),
        prop::collection::vec(any::<u8>(), 1..4).prop_map(Change::Longer),
        (any::<Index>(), 0..8_u8).prop_map(|(place, bit)| Change::Bit(place, bit)),
    ]
}

/// Seconds: none, some, a great many.
fn seconds() -> impl Strategy<Value = i64> {
    prop_oneof![3 => Just(0), 3 => 0..10_i64, 3 => 0..10_000_i64, 1 => 0..YEARS]
}

fn spelling() -> impl Strategy<Value = Spelling> {
    prop_oneof![
        4 => Just(Spelling::Integer),
        1 => Just(Spelling::ZeroFraction),
        1 => Just(Spelling::Half),
        1 => Just(Spelling::Exponent),
    ]
}

/// Text without a colon: a string with one has to be a URI (RFC 7519 §2).
fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-z0-9]{0,8}", 1 => "[\\PC&&[^:]]{0,12}"]
}

/// A name that is none of these, often nearly one.
fn other_name(own: Vec<String>) -> impl Strategy<Value = String> {
    let all = own.clone();
    let near = (select(own), text(), 0..6_usize, any::<Index>()).prop_map(|(own, more, how, place)| match how {
        0 => format!("{own}{more}"),
        1 => format!("{more}{own}"),
        2 => own.to_uppercase(),
        3 => own.chars().take(place.index(own.chars().count().max(1))).collect(),
        4 => format!("{own} {more}"),
        _ => format!("{own}/"),
    });
    prop_oneof![1 => text(), 2 => near].prop_filter("it is another", move |name| !all.contains(name))
}

/// The name of a member that no registry holds and the policy does not ask for.
fn member_name(required: BTreeSet<String>) -> impl Strategy<Value = String> {
    let odd = select(vec!["__proto__", "constructor", "EXP", "Nbf", "exp ", "aud[]", "alg", ""]);
    let name = prop_oneof![3 => "[a-z]{1,6}", 1 => "\\PC{0,8}", 1 => odd.prop_map(str::to_owned)];
    name.prop_filter("no claim that means something", move |name| {
        !MEANINGFUL.contains(&name.as_str()) && !required.contains(name)
    })
}

/// JSON of every kind. Numbers are such that every parser of JSON reads the same.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1000..1000_i32).prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The policy with its keys read, so that all draws share them.
fn shared(policy: &FixedPolicy) -> Arc<FixedPolicy> {
    policy.control().unwrap_or_else(|why| panic!("{why}"));
    Arc::new(policy.clone())
}

/// Where dates begin and end to count, in seconds from the clock. Where exactly a leeway ends is left open; where the clock
/// goes on meanwhile, what is valid has to stay so, and what is to come has to stay away.
struct Edges {
    last_expired: i64,
    first_unexpired: i64,
    last_begun: i64,
    first_to_come: i64,
    oldest: i64,
}

impl Edges {
    fn of(policy: &FixedPolicy) -> Self {
        let Policy { leeway, max_age, .. } = policy.policy();
        let seconds = |number: Option<u64>| number.map(|number| number.try_into().unwrap_or(YEARS).min(YEARS));
        let (leeway, oldest) = (seconds(leeway).unwrap_or(0), seconds(max_age).unwrap_or(YEARS));
        let open = i64::from(leeway > 0);
        let (margin, oldest) = if policy.has_real_clock() { (MARGIN, oldest / 2) } else { (0, oldest) };
        Self {
            last_expired: -leeway - open,
            first_unexpired: if margin > 0 { margin } else { 1 - leeway },
            last_begun: leeway - open,
            first_to_come: leeway + 1 + margin,
            oldest,
        }
    }
}

fn same_type(one: Algorithm, other: Algorithm) -> bool {
    let types = [Algorithm::is_hmac, Algorithm::is_rsa, Algorithm::is_ecdsa, Algorithm::is_eddsa];
    types.iter().any(|is_type| is_type(one) && is_type(other))
}

/// Claims whose values a verifier may look at.
const MEANINGFUL: [&str; 9] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "act", "may_act"];

/// What is put in the place of a character; the first 64 are those of base64url.
const SEGMENT_LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/.~";

const HOUR: i64 = 3600;
const YEARS: i64 = 10 * 365 * 24 * HOUR;

/// How long after it was drawn a token may be shown where the clock is the real one, in seconds.
const MARGIN: i64 = 600;
