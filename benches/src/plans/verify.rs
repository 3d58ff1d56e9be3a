//! What verifying one JWT costs: every linked crate, algorithm by algorithm.

use std::time::{SystemTime, UNIX_EPOCH};

use token_assay::attacks::scene::{Scene, settings};
use token_assay::forge::Forge;
use token_assay::model::{Algorithm, Input, Policy, Request, Verdict};
use token_assay::targets::{Verifier, linked};
use token_assay_model::bench::Role;

use super::{Plan, Prepared, Scale};
use crate::{Group, Work};

/// The plan.
pub const PLAN: Plan = Plan { name: "verify", title: "What verifying one JWT costs.", prepare };

fn prepare(_: Scale) -> Prepared {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_secs();
    let forge = Forge::new(i64::try_from(now).expect("seconds fit for aeons"));
    let scene = Scene::new(&forge, settings().next().expect("there are settings"));
    assert_eq!(scene.algorithm(), Algorithm::Hs256);
    let (valid, tampered) = (Input::Token(scene.token().compact()), scene.control().tampered);
    let policy = Policy { now: None, ..(*scene.policy).clone() };
    let mut group = Group::of_calls("verify/HS256/key-read-each-time", "The key read from the policy for every token.");
    for target in linked() {
        let check = answers(target.verifier, &policy, &valid, &tampered);
        let (input, policy) = (valid.clone(), policy.clone());
        group.add(Role::Subject, target.name, check, || {
            Work::calls(move || target.verifier.verify(Request { input: &input, policy: &policy }))
        });
    }
    Prepared { groups: vec![group], ..Prepared::default() }
}

fn answers(verifier: &dyn Verifier, policy: &Policy, valid: &Input, tampered: &Input) -> Result<(), String> {
    let says = |input| verifier.verify(Request { input, policy });
    match (says(valid), says(tampered)) {
        (Verdict::Accept { .. }, Verdict::Reject { .. }) => Ok(()),
        (Verdict::Accept { .. }, other) => Err(format!("to a tampered token it says {other:?}")),
        (other, _) => Err(format!("to a valid token it says {other:?}")),
    }
}
