//! The sound verifier: the executable oracle.
//!
//! Takes a request, gives a [`Ruling`]: what the standard says of it. One function for each numbered rule, in
//! [`rules`], with its clause; a rule that fails ends the reading with a [`Reason`]. It is strict, small and slow
//! before it is clever, knows only the model, and checks signatures with another library than the one that the forge
//! signs with. Never takes a choice that the standard leaves open: it says [`Ruling::Either`].
//!
//! A strawman is this same verifier with a rule bent ([`rule_with`]). Encrypted tokens have rules of their own, in [`jwe`].
//!
//! ```
//! use token_assay::forge::{Forge, NOW};
//! use token_assay::model::{Algorithm, Input, Policy, Reason, Request};
//! use token_assay::reference::{self, Ruling};
//!
//! let forge = Forge::new(NOW);
//! let key = forge.keys().trusted(Algorithm::Hs256);
//! let token = forge.sign(r#"{"alg":"HS256"}"#, r#"{"sub":"alice","exp":1}"#, key, Algorithm::Hs256);
//! let input = Input::from_octets(token.compact().into_bytes());
//! let policy = Policy {
//!     algorithms: Some(vec![Algorithm::Hs256]),
//!     keys: vec![key.every_form()],
//!     now: Some(NOW),
//!     ..Policy::default()
//! };
//! assert_eq!(reference::rule(Request { input: &input, policy: &policy }), Ruling::Reject(Reason::Expired));
//! ```

pub mod cookie;
pub mod json;
pub mod jwe;
pub mod key;
pub mod protected;
pub mod rules;

use token_assay_model::{Algorithm, Claims, Expectation, Policy, Reason, Request, Verdict};

use json::Json;
pub use rules::Rule;

/// What the standard says of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Ruling {
    /// Accept, with these claims.
    Accept(Claims),
    /// Refuse.
    Reject(Reason),
    /// Refuse, or read the last of two members of one name: these claims.
    RejectOrLast(Claims),
    /// Any answer, at a bounded cost.
    Bounded,
    /// The standard leaves the choice.
    Either(&'static str),
}

impl Ruling {
    /// The same as an expectation of a case; any answer is bounded to a second.
    pub fn expectation(self) -> Expectation {
        match self {
            Self::Accept(claims) => Expectation::Accept { claims },
            Self::Reject(reason) => Expectation::Reject { reason },
            Self::RejectOrLast(claims) => Expectation::RejectOrLast { claims },
            Self::Bounded => Expectation::Bounded { milliseconds: 1000 },
            Self::Either(because) => Expectation::Either { because: because.to_owned() },
        }
    }

    /// Whether this is what an expectation says; of a reject the reason too.
    pub fn agrees_with(&self, expectation: &Expectation) -> bool {
        match (self, expectation) {
            (Self::Accept(mine), Expectation::Accept { claims })
            | (Self::RejectOrLast(mine), Expectation::RejectOrLast { claims }) => mine.same_as(claims),
            (Self::Reject(mine), Expectation::Reject { reason }) => mine == reason,
            (Self::Either(_), Expectation::Either { .. })
            | (Self::Bounded, Expectation::Bounded { .. } | Expectation::Linear { .. }) => true,
            _ => false,
        }
    }
}

/// What has been read of a token so far. Each rule reads what earlier rules left, and leaves more.
pub struct Reading<'a> {
    /// What the relying party accepts.
    pub policy: &'a Policy,
    /// The token's octets.
    pub octets: Vec<u8>,
    /// The three segments as received.
    pub segments: [Vec<u8>; 3],
    /// The decoded segments.
    pub decoded: [Vec<u8>; 3],
    /// The header object.
    pub header: Json,
    /// The header's algorithm.
    pub algorithm: Algorithm,
    /// The keys that may have signed, chosen and fitting.
    pub keys: Vec<key::PublicKey>,
    /// The payload object.
    pub payload: Json,
    /// A name stands twice in the header or in the payload.
    pub repeated: bool,
    /// The token is longer or deeper than any clause says must be read.
    pub beyond_limits: bool,
    /// The first choice met that the standard leaves open.
    pub choice: Option<&'static str>,
    /// What a refusal says beside its reason: the sound verifier nothing.
    pub words: Option<String>,
}

/// One rule at work.
pub type Step = fn(&mut Reading<'_>) -> Result<(), Reason>;

/// What the standard says of this request.
pub fn rule(request: Request<'_>) -> Ruling {
    rule_with(request, &[])
}

/// The same with some rules bent: this is how a strawman is made.
pub fn rule_with(request: Request<'_>, bends: &[(Rule, Step)]) -> Ruling {
    explain_with(request, bends).0
}

/// What the standard says of this request, and the rule by which it is refused, where it is.
pub fn explain(request: Request<'_>) -> (Ruling, Option<Rule>) {
    explain_with(request, &[])
}

fn explain_with(request: Request<'_>, bends: &[(Rule, Step)]) -> (Ruling, Option<Rule>) {
    if request.policy.encryption.is_some() {
        return (jwe::rule(request), None);
    }
    let mut reading = Reading::new(request);
    for rule in Rule::ALL {
        let step = bends.iter().find(|(bent, _)| bent == rule).map_or(rule.step(), |(_, step)| *step);
        if let Err(reason) = step(&mut reading) {
            let ruling = if reading.beyond_limits { Ruling::Bounded } else { Ruling::Reject(reason) };
            return (ruling, Some(*rule));
        }
    }
    if reading.beyond_limits {
        return (Ruling::Bounded, None);
    }
    let claims = Claims(reading.payload.to_map());
    let ruling = match (reading.repeated, reading.choice) {
        (true, _) => Ruling::RejectOrLast(claims),
        (false, Some(because)) => Ruling::Either(because),
        (false, None) => Ruling::Accept(claims),
    };
    (ruling, None)
}

/// The payload of a plain JWS, whatever it is: the rules up to the signature, none that makes it a JWT.
///
/// # Errors
///
/// The reason of the first rule that fails.
pub fn jws(request: Request<'_>) -> Result<Vec<u8>, Reason> {
    let mut reading = Reading::new(request);
    for rule in Rule::ALL.iter().take_while(|rule| **rule <= Rule::Signature) {
        rule.step()(&mut reading)?;
    }
    Ok(reading.decoded[1].clone())
}

impl<'a> Reading<'a> {
    fn new(request: Request<'a>) -> Self {
        Self {
            policy: request.policy,
            octets: request.input.octets().to_vec(),
            segments: Default::default(),
            decoded: Default::default(),
            header: Json::Null,
            algorithm: Algorithm::None,
            keys: Vec::new(),
            payload: Json::Null,
            repeated: false,
            beyond_limits: false,
            choice: None,
            words: None,
        }
    }

    /// The verifier's clock, in Unix seconds; a policy without one has none, and nothing is judged by it.
    pub fn now(&self) -> Option<i64> {
        self.policy.now
    }

    /// The skew allowed, in seconds.
    pub fn leeway(&self) -> i64 {
        self.policy.leeway.unwrap_or(0).try_into().unwrap_or(i64::MAX)
    }

    /// What a signature covers (RFC 7515 §5.2 step 8): the first two segments as received.
    pub fn signing_input(&self) -> Vec<u8> {
        [self.segments[0].as_slice(), b".", &self.segments[1]].concat()
    }

    /// Notes that the standard leaves a choice; the first one is told.
    pub fn leave_open(&mut self, because: &'static str) {
        self.choice.get_or_insert(because);
    }
}

/// The verdict of the reference verifier with some rules bent.
pub fn verdict(request: Request<'_>, bends: &[(Rule, Step)]) -> Verdict {
    if request.policy.encryption.is_some() {
        return jwe::verdict(request, &[]);
    }
    let mut reading = Reading::new(request);
    for rule in Rule::ALL {
        let step = bends.iter().find(|(bent, _)| bent == rule).map_or(rule.step(), |(_, step)| *step);
        if let Err(reason) = step(&mut reading) {
            let words = reading.words.unwrap_or_default();
            return Verdict::reject(
                reason,
                format!("rule {rule:?}{}{words}", if words.is_empty() { "" } else { ": " }),
            );
        }
    }
    if reading.repeated && !bends.iter().any(|(bent, _)| *bent == Rule::Payload || *bent == Rule::Header) {
        return Verdict::reject(Reason::Malformed, "a name stands twice");
    }
    Verdict::Accept { claims: Claims(reading.payload.to_map()), header: Some(reading.header.to_map()) }
}
