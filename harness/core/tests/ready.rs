//! A verifier with its key kept answers as the same one that reads it anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use token_assay::attacks;
use token_assay::forge::Forge;
use token_assay::model::{Case, Policy, Request, Verdict};
use token_assay::targets::{Linked, Service, linked};

/// Over the whole catalogue, dated from the real clock since a service has no other.
#[test]
fn what_is_kept_answers_as_what_is_read_anew() {
    if linked().is_empty() {
        println!("SKIPPED: no target is linked in");
        return;
    }
    // Some of them panic, which is an answer here.
    std::panic::set_hook(Box::new(|_| {}));
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let forge = Forge::new(since_epoch.as_secs().try_into().unwrap());
    // Which of two keys of one name is meant is anybody's choice, and a map that is kept makes another than a list.
    let cases = attacks::suite(&forge, |class| class != "jwks/jwks-duplicate-kid");
    let (mut compared, mut otherwise) = (0, Vec::new());
    for target in linked() {
        for of_policy in cases.chunk_by(|a, b| Arc::ptr_eq(&a.policy, &b.policy)) {
            compared += compare(*target, of_policy, &mut otherwise);
        }
    }
    drop(std::panic::take_hook());
    println!("{compared} answers compared");
    assert!(otherwise.is_empty(), "{} of {compared}: {:#?}", otherwise.len(), &otherwise[..otherwise.len().min(60)]);
}

fn compare(target: Linked, cases: &[Case], otherwise: &mut Vec<String>) -> usize {
    let policy = Policy { now: None, ..(*cases[0].policy).clone() };
    let Some(service) = Service::of(&target.verifier.info().supports, &policy) else { return 0 };
    let Some(ready) = target.verifier.ready(&policy) else { return 0 };
    for case in cases {
        let kept = caught(|| ready(case.input.octets()));
        let anew = caught(|| {
            let verdict = target.verifier.verify(Request { input: &case.input, policy: &service.policy });
            matches!(&verdict, Verdict::Accept { claims, .. } if service.agrees(&claims.0))
        });
        if kept != anew {
            otherwise.push(format!("{} {}: kept {kept:?}, anew {anew:?}", target.name, case.id));
        }
    }
    cases.len()
}

fn caught(says: impl FnOnce() -> bool) -> Option<bool> {
    catch_unwind(AssertUnwindSafe(says)).ok()
}
