//! Where a recipe plays: a policy, the keys that belong to it, and the valid token that it starts from.
//!
//! Takes a scene of the suite under some terms, or a case of the catalogue, or a policy and a token from anywhere; gives a
//! [`Stage`]. Never signs but with keys of the forge, and never judges.

use std::sync::Arc;

use token_assay_model::{Algorithm, Capability, Case, Control, Input, Policy, Profile};

use super::recipe::{Own, Part};
use super::sketch::{Member, Sketch};
use crate::attacks::scene::{AUDIENCE, ISSUER, Scene, Setting};
use crate::forge::{Forge, TestKey};

/// A policy, its keys, and what valid tokens under it look like.
#[derive(Clone)]
pub struct Stage {
    /// The way of configuring that the policy stands for.
    pub profile: Profile,
    /// The algorithm of valid tokens.
    pub algorithm: Algorithm,
    /// What the relying party accepts.
    pub policy: Arc<Policy>,
    /// The valid token and its tampered copy.
    pub control: Arc<Control>,
    /// What a target needs besides what the policy asks for.
    pub needs: Vec<Capability>,
    /// What a recipe starts from: the valid token, or a case of the catalogue.
    pub start: Sketch,
    /// The valid token in parts.
    pub twin: Sketch,
    /// The key that signs valid tokens, where it is known.
    pub trusted: Option<Arc<TestKey>>,
}

impl Stage {
    /// The stage of a scene.
    pub fn of_scene(scene: &Scene<'_>) -> Self {
        let control = scene.control_in_one_order();
        let twin = Sketch::read(control.valid.octets());
        Self {
            profile: scene.setting.profile,
            algorithm: scene.algorithm(),
            policy: Arc::clone(&scene.policy),
            needs: needs(scene.setting),
            start: twin.clone(),
            twin,
            trusted: Some(Arc::new(scene.key.clone())),
            control: control.into(),
        }
    }

    /// The stage of a scene whose policy has a slip: the valid token is that of the sound scene beside it.
    pub fn beside(sound: &Scene<'_>, slip: impl FnOnce(&mut Policy)) -> Self {
        let stage = Self::of_scene(sound);
        let policy = sound.with(slip).policy;
        // A secret that should not be is still the one that signs.
        let configured = policy.keys.first().filter(|key| key.pem.is_none()).and_then(|key| key.secret.as_deref());
        let (trusted, algorithm) = match configured {
            Some(secret) => (Some(Arc::new(TestKey::from_secret("configured", secret))), Algorithm::Hs256),
            None => (stage.trusted.clone(), stage.algorithm),
        };
        Self { policy, trusted, algorithm, profile: Profile::Misconfigured, ..stage }
    }

    /// The stage of a case: it starts from the case's own token.
    pub fn of_case(forge: &Forge, case: &Case) -> Self {
        let twin = Sketch::read(case.control.valid.octets());
        let algorithm = twin.algorithm().unwrap_or(Algorithm::Hs256);
        Self {
            profile: case.profile,
            algorithm,
            policy: Arc::clone(&case.policy),
            control: Arc::clone(&case.control),
            needs: case.needs.clone(),
            start: Sketch::read(case.input.octets()),
            trusted: trusted(forge, &case.control.policy, algorithm).map(Arc::new),
            twin,
        }
    }

    /// The stage of a policy and a valid token under it, from anywhere: a corpus, a report.
    pub fn of_token(forge: &Forge, profile: Profile, policy: Arc<Policy>, valid: &Input) -> Self {
        let twin = Sketch::read(valid.octets());
        let algorithm = twin.algorithm().unwrap_or(Algorithm::Hs256);
        let control = Control {
            policy: Arc::clone(&policy),
            valid: valid.clone(),
            claims: twin.claims(),
            tampered: valid.clone(),
            permuted: valid.clone(),
        };
        Self {
            profile,
            algorithm,
            needs: Vec::new(),
            start: twin.clone(),
            trusted: trusted(forge, &policy, algorithm).map(Arc::new),
            twin,
            policy,
            control: control.into(),
        }
    }

    /// The verifier's clock, in Unix seconds.
    pub fn now(&self) -> i64 {
        self.policy.now.unwrap_or(crate::forge::NOW)
    }

    /// What the policy expects there, or what valid tokens hold where it expects nothing.
    pub fn own(&self, own: Own) -> &str {
        let policy = &self.policy;
        match own {
            Own::Issuer => policy.issuer.first().map_or(ISSUER, String::as_str),
            Own::Audience => policy.audience.first().map_or(AUDIENCE, String::as_str),
            Own::Subject => policy.subject.as_deref().unwrap_or("user-1"),
            Own::Algorithm => self.algorithm.as_str(),
            Own::Kid => policy.keys.first().and_then(|key| key.kid.as_deref()).unwrap_or("hs256"),
            Own::Type => policy.typ.as_deref().unwrap_or("JWT"),
            Own::Listed => policy.algorithms.iter().flatten().next().unwrap_or(&self.algorithm).as_str(),
            Own::Critical => policy.critical.first().map_or("exp-ext", String::as_str),
        }
    }

    /// The value that the valid token has there, as raw JSON.
    pub fn valid_value(&self, part: Part, name: &str) -> Option<&str> {
        let wanted = crate::forge::json::quote(name);
        let members = self.twin.members(part)?;
        members.iter().find(|Member { name, .. }| *name == wanted).map(|member| member.value.as_str())
    }
}

/// Without a list of algorithms a policy does not name the one that valid tokens have.
fn needs(setting: Setting) -> Vec<Capability> {
    if setting.profile == Profile::LibraryDefault { vec![setting.algorithm.into()] } else { Vec::new() }
}

/// The key that signs what this policy accepts: octets that it gives itself, or the test key of its first key's name.
fn trusted(forge: &Forge, policy: &Policy, algorithm: Algorithm) -> Option<TestKey> {
    let first = policy.keys.first()?;
    if algorithm.is_hmac() {
        let octets = first.secret.clone().or_else(|| {
            let text = first.jwk_text.clone().or_else(|| first.jwk.as_ref().map(ToString::to_string))?;
            let jwk: serde_json::Value = serde_json::from_str(&text).ok()?;
            crate::forge::base64url::decode(jwk.get("k")?.as_str()?)
        })?;
        return Some(TestKey::from_secret(first.kid.as_deref().unwrap_or("configured"), &octets));
    }
    let name = first.kid.as_deref()?;
    forge.keys().all().find(|key| key.name == name).cloned()
}
