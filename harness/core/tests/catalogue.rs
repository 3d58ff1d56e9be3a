//! The catalogue's rows held against the reference verifier, the strawmen, and each other.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use token_assay::attacks::{self, Class, Family, Make};
use token_assay::audit::Ruling;
use token_assay::endpoint::{self, Endpoint};
use token_assay::forge::{Forge, base64url};
use token_assay::model::{Answer, Case, CookieHeader, Expectation, Fault, Input, Observation, Verdict, cookie};
use token_assay::oracles;
use token_assay::oracles::cookies as headers;
use token_assay::oracles::cost::Cost;
use token_assay::reference::{self, Rule};
use token_assay::strawman::Sound;
use token_assay::targets::Verifier;

#[test]
fn what_the_catalogue_says_is_what_the_reference_verifier_rules() {
    let mut wrong = Vec::new();
    for case in tokens() {
        let ruling = reference::rule(case.request());
        if !ruling.agrees_with(&case.expectation) {
            wrong.push(format!("{}: the row says {:?}, the reference {ruling:?}", case.id, case.expectation));
        }
    }
    assert!(wrong.is_empty(), "{} disagree:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_control_is_accepted_and_its_tampered_copy_refused() {
    for case in tokens() {
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
        let Some(strawman) = class.strawman() else { continue };
        let cases = &by_class[&name(family, class)];
        if !cases.iter().any(|case| falls(strawman, case)) && !grows(strawman, cases) && !asks(strawman, cases) {
            standing.push(format!("{} does not fell {}", name(family, class), strawman.name()));
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
            Make::Cases { .. } | Make::Cookies { .. } | Make::Encrypted { .. } => {
                assert!(by_class.contains_key(&name(family, class)), "{} has no case", class.id);
            }
            Make::Audit { rule } => assert_eq!(rule.id, class.id),
            Make::Model { invariant, fault } => {
                assert!(fault.row().breaks.contains(invariant), "{}: {fault} is not found by {invariant}", class.id);
            }
            Make::Held { by } | Make::Live { by } => assert!(by.len() > 10, "{}", class.id),
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

/// `metamorphic/meta-single-fault`. Rules are left out that later ones cannot do without, how a token is taken apart and
/// which key is for it, and the one on types, which sees the same fault as the claim's own rule.
#[test]
fn what_one_rule_refuses_is_accepted_without_it() {
    let alone = |rule: Rule| rule >= Rule::Kind && rule != Rule::ClaimTypes;
    let (mut tried, mut twice) = (0, BTreeSet::new());
    for case in tokens().filter(|case| matches!(case.expectation, Expectation::Reject { .. })) {
        let (_, rule) = reference::explain(case.request());
        let Some(rule) = rule.filter(|rule| matches!(rule, Rule::Critical | Rule::Signature) || alone(*rule)) else {
            continue;
        };
        tried += 1;
        if let reference::Ruling::Reject(_) = reference::rule_with(case.request(), &[(rule, |_| Ok(()))]) {
            twice.insert(format!("{}/{}", case.id.family(), case.id.class()));
        }
    }
    assert!(tried > 1500, "{tried}");
    let allowed: BTreeSet<String> = TWO_RULES.iter().map(|(class, _)| (*class).to_owned()).collect();
    assert_eq!(twice, allowed, "a case of each of these is refused by a second rule");
}

/// Classes with a case that two rules refuse, and why.
const TWO_RULES: [(&str, &str); 5] = [
    ("claims/required-claim-missing", "an audience that is required and asked for lacks to both"),
    ("crit/b64-detached-payload", "what is not sent is neither what was signed nor claims"),
    ("metamorphic/meta-verify-order", "two faults, of which one must be seen first"),
    ("signature/sig-blank-claims-bypass", "claims that are nothing are neither what was signed nor claims"),
    ("time/nbf-after-exp", "two dates that no clock lies between"),
];

#[test]
fn forging_twice_gives_the_same_octets() {
    let (first, second) = (suite(), suite());
    assert!(first == second);
}

#[test]
fn the_classes_that_name_the_endpoint_are_listed() {
    let named: BTreeSet<String> = suite()
        .iter()
        .filter(|case| endpoint::named_in(&case.input).is_some())
        .map(|case| format!("{}/{}", case.id.family(), case.id.class()))
        .collect();
    assert_eq!(named, attacks::AT_ENDPOINT.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn no_token_names_a_host_that_somebody_could_have() {
    for case in tokens() {
        let Some(header) = case.input.text().and_then(|token| base64url::decode(token.split('.').next()?)) else {
            continue;
        };
        // What is no text, as a CWT, marks no ends of names.
        let Ok(text) = String::from_utf8(header) else { continue };
        for (_, rest) in text.match_indices("://").map(|(at, _)| text.split_at(at + 3)) {
            let host = rest.split(['/', '"', ':', '\\', '\n', '?', '#', ' ']).next().unwrap_or_default();
            let reserved = [".example", ".invalid", ".test"].iter().any(|end| host.ends_with(end));
            assert!(reserved || matches!(host, "" | "127.0.0.1" | "www.w3.org"), "{}: {host} in {text}", case.id);
        }
    }
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
    let mut names: BTreeMap<&str, *const ()> = BTreeMap::new();
    for strawman in attacks::classes().filter_map(|(_, class)| class.strawman()) {
        let address = std::ptr::from_ref(strawman).cast::<()>();
        let known = *names.entry(strawman.name()).or_insert(address);
        assert!(std::ptr::eq(known, address), "two strawmen are called {}", strawman.name());
    }
}

#[test]
fn the_control_of_every_header_is_read_by_the_sound_reader() {
    for case in suite().iter().filter(|case| case.policy.cookie.is_some()) {
        let control = token_assay::model::Request { input: &case.control.valid, policy: &case.control.policy };
        let Verdict::Accept { claims, .. } = Sound.verify(control) else { panic!("{} is refused", case.id) };
        assert_eq!(claims, case.control.claims, "{}", case.id);
    }
}

/// Two sources for what is wrong with a reading: what the row says by hand, and the oracles that know no row.
#[test]
fn what_a_row_calls_wrong_the_header_oracles_call_wrong_too() {
    let mut silent = Vec::new();
    for (family, class) in attacks::classes() {
        let Make::Cookies { strawman, .. } = &class.make else { continue };
        for case in &cases_by_class()[&name(family, class)] {
            let (Input::Cookie(header), Expectation::Cookies(says)) = (&case.input, &case.expectation) else {
                continue;
            };
            assert_eq!(shown(header, &Sound.verify(case.request())), [], "{}", case.id);
            let verdict = strawman.verify(case.request());
            if !says.admits(&verdict) && shown(header, &verdict).is_empty() {
                silent.push(class.id);
            }
        }
    }
    silent.dedup();
    assert_eq!(silent, ROWS_ALONE);
}

fn shown(header: &CookieHeader, verdict: &Verdict) -> Vec<headers::Shown> {
    match verdict {
        Verdict::Accept { claims, .. } => headers::judge(header, &cookie::pairs(claims).expect("they are cookies")),
        _ => headers::judge_refusal(header).into_iter().collect(),
    }
}

/// Rows of which the oracles know nothing: how a single pair is named and valued, and how many are read, each reader may say
/// as long as nothing crosses from one pair into another.
const ROWS_ALONE: [&str; 14] = [
    "hdr-dup-name-order",
    "hdr-dup-three",
    "hdr-dup-empty-shadow",
    "hdr-quoted-name",
    "hdr-bare-token",
    "hdr-name-ows",
    "hdr-nul-ctl-value",
    "hdr-nul-name",
    "hdr-charset-decode",
    "hdr-name-case",
    "hdr-name-confusable",
    "hdr-oversize-value",
    "hdr-many-cookies",
    "hdr-typed-value",
];

fn suite() -> Vec<Case> {
    attacks::suite(&Forge::new(NOW), |_| true)
}

fn tokens() -> impl Iterator<Item = Case> {
    suite().into_iter().filter(|case| case.policy.cookie.is_none())
}

/// Whether a series of inputs costs a strawman more than it should.
fn grows(verifier: &dyn Verifier, cases: &[Case]) -> bool {
    let cost = |case: &Case| match case.expectation {
        Expectation::Linear { times, .. } => {
            let shortest = (0..5).map(|_| {
                let started = Instant::now();
                std::hint::black_box(verifier.verify(case.request()));
                started.elapsed()
            });
            Some((case.id.series().to_owned(), Cost { times, elapsed: shortest.min()? }))
        }
        _ => None,
    };
    let mut series: BTreeMap<String, Vec<Cost>> = BTreeMap::new();
    for (name, cost) in cases.iter().filter_map(cost) {
        series.entry(name).or_default().push(cost);
    }
    series.values().any(|series| oracles::cost::judge(series).is_some())
}

/// Whether a case makes a strawman ask for the address that it names.
fn asks(verifier: &dyn Verifier, cases: &[Case]) -> bool {
    let watched: Vec<_> = cases.iter().filter(|case| endpoint::watched_in(&case.input).is_some()).collect();
    if watched.is_empty() {
        return false;
    }
    let endpoint = Endpoint::open().expect("nobody else has the port for long");
    watched.iter().for_each(|case| drop(verifier.verify(case.request())));
    !endpoint.take().is_empty()
}

fn cases_by_class() -> HashMap<String, Vec<Case>> {
    let mut by_class: HashMap<String, Vec<Case>> = HashMap::new();
    for case in suite() {
        by_class.entry(format!("{}/{}", case.id.family(), case.id.class())).or_default().push(case);
    }
    by_class
}

fn falls(verifier: &dyn Verifier, case: &Case) -> bool {
    for earlier in &case.before {
        verifier.verify(earlier.request());
    }
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
