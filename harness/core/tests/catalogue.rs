//! The catalogue's rows held against the reference verifier, the strawmen, and each other.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use token_assay::attacks::{self, Class, Family, Make};
use token_assay::audit::Ruling;
use token_assay::forge::Forge;
use token_assay::model::{Answer, Case, Fault, Observation};
use token_assay::reference;
use token_assay::strawman::Sound;
use token_assay::targets::Verifier;
use token_assay::{oracles, strawman};

#[test]
fn what_the_catalogue_says_is_what_the_reference_verifier_rules() {
    let mut wrong = Vec::new();
    for case in suite() {
        let ruling = reference::rule(case.request());
        if !ruling.agrees_with(&case.expectation) {
            wrong.push(format!("{}: the row says {:?}, the reference {ruling:?}", case.id, case.expectation));
        }
    }
    assert!(wrong.is_empty(), "{} disagree:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_control_is_accepted_and_its_tampered_copy_refused() {
    for case in suite() {
        let control = &case.control;
        let valid = token_assay::model::Request { input: &control.valid, policy: &control.policy };
        let tampered = token_assay::model::Request { input: &control.tampered, policy: &control.policy };
        assert!(
            matches!(reference::rule(valid), reference::Ruling::Accept(claims) if claims.same_as(&control.claims)),
            "{}: {:?}",
            case.id,
            reference::rule(valid)
        );
        assert!(matches!(reference::rule(tampered), reference::Ruling::Reject(_)), "{}", case.id);
    }
}

#[test]
fn each_class_fells_the_strawman_that_it_names() {
    std::panic::set_hook(Box::new(|_| {}));
    let by_class = cases_by_class();
    let mut standing = Vec::new();
    for (family, class) in attacks::classes() {
        let Make::Cases { strawman, .. } = &class.make else { continue };
        let cases = &by_class[&name(family, class)];
        if !cases.iter().any(|case| falls(*strawman, case)) {
            standing.push(format!("{} does not fell {}", name(family, class), strawman.name));
        }
    }
    let _ = std::panic::take_hook();
    assert!(standing.is_empty(), "{}", standing.join("\n"));
}

/// What a strawman is to a token, an exchange is to a rule.
#[test]
fn each_audited_class_falls_to_its_exchange_and_not_to_the_one_beside_it() {
    let mut audited = 0;
    for (_, class) in attacks::classes() {
        let Make::Audit { rule } = class.make else { continue };
        audited += 1;
        assert!(matches!(rule.ruling(&rule.falls.exchange()), Ruling::Broken(_)), "{} stands", class.id);
        assert_eq!(rule.ruling(&rule.clean.exchange()), Ruling::Holds, "{}", class.id);
    }
    assert_eq!(audited, 32);
}

#[test]
fn the_sound_verifier_falls_for_nothing() {
    for case in suite() {
        assert!(!falls(&Sound, &case), "{}", case.id);
    }
}

#[test]
fn every_class_has_cases_or_says_what_it_waits_for() {
    let by_class = cases_by_class();
    for (family, class) in attacks::classes() {
        match &class.make {
            Make::Cases { .. } => assert!(by_class.contains_key(&name(family, class)), "{} has no case", class.id),
            Make::Audit { rule } => assert_eq!(rule.id, class.id),
            Make::Waits { because, .. } => assert!(because.len() > 10, "{}", class.id),
        }
    }
}

#[test]
fn no_two_cases_have_one_id_and_none_with_the_same_request_disagree() {
    let cases = suite();
    let mut ids = HashMap::new();
    let mut requests: HashMap<(String, Vec<u8>), &Case> = HashMap::new();
    for case in &cases {
        assert!(ids.insert(case.id.as_str(), ()).is_none(), "{} twice", case.id);
        let request = (serde_json::to_string(&*case.policy).unwrap(), case.input.octets().to_vec());
        if let Some(other) = requests.insert(request, case) {
            assert_eq!(other.expectation, case.expectation, "{} and {}", other.id, case.id);
        }
    }
}

#[test]
fn forging_twice_gives_the_same_octets() {
    let (first, second) = (suite(), suite());
    assert!(first == second);
}

#[test]
fn titles_are_sentences_and_references_name_a_document() {
    for (_, class) in attacks::classes() {
        assert!(class.title.ends_with('.') && class.title.len() > 20, "{}: {}", class.id, class.title);
        if !matches!(class.make, Make::Waits { .. }) {
            assert!(!class.references.is_empty(), "{} has no reference", class.id);
        }
    }
}

#[test]
fn strawmen_have_one_name_each() {
    let mut names: BTreeMap<&str, *const strawman::Strawman> = BTreeMap::new();
    for (_, class) in attacks::classes() {
        if let Make::Cases { strawman, .. } = &class.make {
            let known = *names.entry(strawman.name).or_insert(*strawman);
            assert!(std::ptr::eq(known, *strawman), "two strawmen are called {}", strawman.name);
        }
    }
}

fn suite() -> Vec<Case> {
    attacks::suite(&Forge::new(NOW), |_| true)
}

fn cases_by_class() -> HashMap<String, Vec<Case>> {
    let mut by_class: HashMap<String, Vec<Case>> = HashMap::new();
    for case in suite() {
        by_class.entry(format!("{}/{}", case.id.family(), case.id.class())).or_default().push(case);
    }
    by_class
}

fn falls(verifier: &dyn Verifier, case: &Case) -> bool {
    let started = Instant::now();
    let answer = match catch_unwind(AssertUnwindSafe(|| verifier.verify(case.request()))) {
        Ok(verdict) => Answer::Verdict(verdict),
        Err(_) => Answer::Fault(Fault::Panic(String::new())),
    };
    let observation = Observation { answer, elapsed: started.elapsed() };
    oracles::judge(case, &observation).is_some()
}

fn name(family: &Family, class: &Class) -> String {
    format!("{}/{}", family.id, class.id)
}

const NOW: i64 = 1_700_000_000;
