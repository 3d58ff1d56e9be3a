//! A campaign's finding by another clock.
//!
//! Takes a finding whose recipe was kept and a forge with the new clock, gives the same finding with token, twin and policy
//! dated anew and signed or encrypted again, and what the standard says of it. Gives nothing where that would no longer be the same
//! fault: the rule that refuses the token must be the one that refused it. Never shows anything to a target.

use std::sync::Arc;

use token_assay_model::{Finding, Input, Policy, Request};

use super::encrypted::recipients;
use super::recipe::Signer;
use super::{EncryptedRecipe, Sketch, Stage};
use crate::forge::Forge;
use crate::reference::{self, jwe};

/// The finding, dated by the forge's clock.
pub fn again(forge: &Forge, finding: &Finding) -> Option<Finding> {
    if finding.policy.encryption.is_some() {
        return encrypted_again(forge, finding);
    }
    let sketch: Sketch = serde_json::from_value(finding.recipe.clone()?).ok()?;
    let then = finding.policy.now?;
    let seconds = forge.now() - then;
    let policy = Arc::new(Policy { now: Some(forge.now()), ..(*finding.policy).clone() });
    let old = Sketch::read(finding.twin.octets());
    let twin = dated_twin(forge, finding, &policy, &old, then);
    let stage = stage(forge, finding, &policy, &twin);
    let mut dated = sketch;
    dated.dated(then, seconds);
    if dated.kept == old.kept {
        dated.kept.clone_from(&stage.twin.kept);
    }
    // A token that nobody had signed anew has a signature over its old dates: then the key that made it makes it again.
    let signed = Sketch { signer: Signer::Trusted, ..dated.clone() };
    let candidates = if dated.signer == Signer::Kept { vec![dated, signed] } else { vec![dated] };
    let rule = reference::explain(Request { input: &finding.input, policy: &finding.policy }).1;
    candidates.into_iter().find_map(|sketch| {
        let input = Input::from_octets(sketch.token(&stage, forge));
        let (ruling, now) = reference::explain(Request { input: &input, policy: &policy });
        (now == rule).then(|| Finding {
            input,
            policy: Arc::clone(&policy),
            twin: twin.clone(),
            expected: ruling.expectation(),
            recipe: serde_json::to_value(&sketch).ok(),
            ..finding.clone()
        })
    })
}

/// The same where tokens are encrypted: to the recipient whose policy it is, but for the clock.
fn encrypted_again(forge: &Forge, finding: &Finding) -> Option<Finding> {
    let recipe: EncryptedRecipe = serde_json::from_value(finding.recipe.clone()?).ok()?;
    let dated = Policy { now: Some(forge.now()), ..(*finding.policy).clone() };
    let scene = recipients(forge).into_iter().find(|scene| *scene.policy == dated)?;
    let input = Input::from_octets(recipe.token(&scene));
    let rule = jwe::explain(Request { input: &finding.input, policy: &finding.policy }).1;
    let (ruling, now) = jwe::explain(Request { input: &input, policy: &scene.policy });
    (now == rule).then(|| Finding {
        input,
        twin: scene.control().valid,
        policy: Arc::clone(&scene.policy),
        expected: ruling.expectation(),
        ..finding.clone()
    })
}

/// The twin with its dates moved, which the trusted key signs again.
fn dated_twin(forge: &Forge, finding: &Finding, policy: &Arc<Policy>, old: &Sketch, then: i64) -> Input {
    let mut twin = old.clone();
    twin.dated(then, forge.now() - then);
    if twin == *old {
        return finding.twin.clone();
    }
    twin.signer = Signer::Trusted;
    Input::from_octets(twin.token(&stage(forge, finding, policy, &finding.twin), forge))
}

/// The stage of the finding. Where the policy does not tell which key is trusted, it is the usual one of the algorithm; were
/// it another, what it signs would break another rule.
fn stage(forge: &Forge, finding: &Finding, policy: &Arc<Policy>, valid: &Input) -> Stage {
    let mut stage = Stage::of_token(forge, finding.profile, Arc::clone(policy), valid);
    if stage.trusted.is_none() {
        stage.trusted = Some(Arc::new(forge.keys().trusted(stage.algorithm).clone()));
    }
    stage
}
