//! Campaigns against verifiers that are wrong on purpose, and against the sound one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use token_assay::attacks;
use token_assay::campaign::{self, Event, Options, campaign};
use token_assay::endpoint::Endpoint;
use token_assay::forge::{Forge, Keyring, NOW};
use token_assay::generate::{Generator, Literals, Recipe, Sketch, Stock, Template, again, pools};
use token_assay::known::Known;
use token_assay::model::{
    Algorithm, Answer, Finding, Outcome, Profile, Reason, Report, Request, Severity, Verdict, report::TargetInfo,
};
use token_assay::oracles;
use token_assay::power;
use token_assay::reference::{self, Ruling};
use token_assay::run::{Subject, verifier};
use token_assay::targets::{self, InProcess, Verifier};

const SEED: u64 = 24_301;

#[test]
fn every_class_and_every_reason_is_reached_and_enough_is_accepted() {
    let forge = Forge::new(NOW);
    let generator = Generator::new(&forge, Stock::everything().clone());
    let (mut classes, mut reasons, mut accepted, mut made) = (BTreeSet::new(), BTreeSet::new(), 0, 0);
    for number in 0..60_000 {
        let recipe = generator.recipe(SEED, number);
        let token = generator.make(&recipe);
        match reference::rule(token.request()) {
            Ruling::Reject(reason) => drop(reasons.insert(reason)),
            Ruling::Accept(_) => accepted += 1,
            _ => {}
        }
        made += 1;
        if let Template::Case { class, .. } = recipe.template
            && token.input.octets() == token.stage.start.token(token.stage, &forge)
        {
            classes.insert(class);
        }
    }
    let unreached = pools::made_classes().iter().enumerate().filter(|(at, _)| !classes.contains(&(*at as u16)));
    let unreached: Vec<&str> = unreached.map(|(_, (_, class))| class.id).collect();
    assert!(unreached.is_empty(), "{unreached:?}");
    let unreached: Vec<&Reason> = Reason::ALL.iter().filter(|reason| !reasons.contains(reason)).collect();
    // Nothing is revoked where nobody remembers, and no rule says other.
    assert_eq!(unreached, [&Reason::Revoked, &Reason::Other]);
    assert!(accepted * 10 > made, "{accepted} of {made}");
}

#[test]
fn operations_alone_reach_every_reason() {
    let forge = Forge::new(NOW);
    let generator = Generator::new(&forge, Stock { catalogue_share: 0, ..hs256() });
    let reasons: BTreeSet<Reason> = (0..20_000)
        .filter_map(|number| match reference::rule(generator.make(&generator.recipe(SEED, number)).request()) {
            Ruling::Reject(reason) => Some(reason),
            _ => None,
        })
        .collect();
    assert_eq!(reasons.len(), Reason::ALL.len() - 2, "{reasons:?}");
}

#[test]
fn a_number_makes_the_same_token_whenever_it_is_asked() {
    let (one, other) = (Forge::new(NOW), Forge::new(NOW));
    let generators = [&one, &other].map(|forge| Generator::new(forge, Stock::everything().clone()));
    for number in (0..3000).rev() {
        let [one, other] = generators.each_ref().map(|generator| generator.make(&generator.recipe(SEED, number)).input);
        assert_eq!(one, other, "{number}");
    }
}

#[test]
fn a_recipe_gets_simpler_until_it_is_plain() {
    let forge = Forge::new(NOW);
    let generator = Generator::new(&forge, hs256());
    for number in 0..300 {
        let mut recipe = generator.recipe(SEED, number);
        let mut steps = 0;
        loop {
            let Some(simpler) = recipe.simpler().next() else { break };
            recipe = simpler;
            steps += 1;
            assert!(steps < 200, "{recipe:?} does not end");
        }
        assert!(recipe.operations.is_empty() && recipe.wire.is_empty() && recipe.text.is_empty());
    }
}

#[test]
fn the_sound_verifier_is_clean() {
    let report = run(&["sound"], &Setup { cases: 30_000, ..Setup::default() });
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert!(report.targets[0].outcomes[&Outcome::Pass] > 20_000, "{:?}", report.targets[0].outcomes);
    assert!(report.targets[0].control_failures.is_empty(), "{:?}", report.targets[0].control_failures);
}

/// Run once in a while, with `--release -- --ignored`: half an hour of one core.
#[test]
#[ignore = "half an hour of one core"]
fn the_sound_verifier_is_clean_in_a_hundred_million_cases() {
    let stock = Stock { catalogue_share: 0, ..hs256() };
    let report = run(&["sound"], &Setup { cases: 100_000_000, stock: Some(stock), ..Setup::default() });
    println!("{:?} in {} s", report.targets[0].outcomes, report.run.milliseconds / 1000);
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
}

/// A pull request's budget. The number may only rise; `assay fuzz --evaluate` measures the rest.
#[test]
fn ten_thousand_cases_find_at_least_95_of_100_strawmen() {
    let forge = Forge::new(NOW);
    let generator = Generator::new(&forge, Stock::everything().clone());
    let in_reach = |name: &str| power::OUT_OF_REACH.iter().all(|(out, _)| *out != name);
    let all: Vec<_> = power::strawmen().into_iter().filter(|strawman| in_reach(strawman.name)).collect();
    let mut left = all.clone();
    for number in 0..10_000 {
        let made = generator.make(&generator.recipe(SEED, number));
        let ruling = reference::rule(made.request());
        left.retain(|strawman| {
            let observation = targets::observe(*strawman, made.request());
            campaign::judge(&made, &ruling, &observation).is_none()
        });
    }
    let names: Vec<&str> = left.iter().map(|strawman| strawman.name).collect();
    assert!(names.len() * 20 <= all.len(), "{} of {} are not found: {names:?}", names.len(), all.len());
}

#[test]
fn what_stands_in_the_program_alone_falls_to_what_was_mined_from_it() {
    let source = br#"let secret = "signature_hmac_secret_shared_key"; if none { return "notfound" }"#;
    let forge = Forge::new(NOW);
    let found = |literals| {
        let stock = Stock { literals, catalogue_share: 0, ..hs256() };
        let generator = Generator::new(&forge, stock);
        let strawman = attacks::strawmen().find(|strawman| strawman.name == "cve-2023-22463-constant").unwrap();
        (0..8000).any(|number| {
            let made = generator.make(&generator.recipe(SEED, number));
            let observation = targets::observe(strawman, made.request());
            campaign::judge(&made, &reference::rule(made.request()), &observation).is_some()
        })
    };
    assert_eq!((found(Literals::default()), found(Literals::of(source))), (false, true));
}

#[test]
fn a_finding_is_small_has_its_clause_and_shows_itself_again() {
    let names = ["allows-none", "takes-pem-for-secret", "time-ignores-exp", "aud-substring", "claim-types-unchecked"];
    let names = names.map(|name| format!("strawman-{name}"));
    let report = run(&names.each_ref().map(String::as_str), &Setup { cases: 6000, ..Setup::default() });
    for name in &names {
        assert!(report.findings.iter().any(|finding| finding.target == *name), "{name} is not found out");
    }
    let mut large = Vec::new();
    for finding in &report.findings {
        let class = format!("{}/{}", finding.case.family(), finding.case.class());
        let info = report.classes.get(&class).unwrap_or_else(|| panic!("{class} is not described"));
        assert!(!info.references.is_empty() && !info.mend.is_empty() && !info.title.is_empty(), "{info:?}");
        assert!(judged_again(finding), "{} does not show itself again", finding.case);
        let sketch: Sketch = serde_json::from_value(finding.recipe.clone().expect("it was made")).unwrap();
        assert_eq!(sketch.whole.is_some(), finding.case.class().contains("not-three-parts"));
        if finding.input.octets().len() * 10 > shortest(finding) * 11 {
            large.push((&finding.case, finding.input.octets().len(), shortest(finding)));
        }
    }
    assert!(large.len() * 20 <= report.findings.len(), "of {}, these are large: {large:?}", report.findings.len());
    let critical = report.findings.iter().find(|f| f.case.class() == "allowed-alg-none-unsigned").expect("none");
    assert_eq!((critical.severity, critical.target.as_str()), (Severity::Critical, "strawman-allows-none"));
}

#[test]
fn a_finding_is_dated_anew_and_shows_itself_by_another_clock() {
    let names =
        ["allows-none", "time-ignores-exp", "aud-substring", "skips-signature", "claim-types-unchecked", "iss-ignored"];
    let names = names.map(|name| format!("strawman-{name}"));
    let report = run(&names.each_ref().map(String::as_str), &Setup { cases: 4000, ..Setup::default() });
    let forge = Forge::new(NOW + 40 * 86_400);
    let mut dated = 0;
    let mut undated = Vec::new();
    // A control has no recipe.
    for finding in report.findings.iter().filter(|finding| finding.recipe.is_some()) {
        let Some(anew) = again(&forge, finding) else {
            undated.push((&finding.case, finding.policy.now));
            continue;
        };
        assert_eq!(anew.policy.now, Some(forge.now()));
        // A twin may be valid under another policy than the finding's, which has another clock, say.
        let [old, new] = [finding, &anew].map(|f| reference::explain(Request { input: &f.twin, policy: &f.policy }).1);
        assert!(old.is_some() || new.is_none(), "{}: its twin is valid no longer", anew.case);
        assert!(judged_again(&anew), "{} does not show itself by another clock", anew.case);
        dated += 1;
    }
    assert!(dated > 8 && undated.len() * 9 <= dated, "{dated} were dated anew, and these were not: {undated:?}");
    let bare = Finding { recipe: None, ..report.findings[0].clone() };
    assert!(again(&forge, &bare).is_none(), "without its recipe nothing is known of it");
}

#[test]
fn a_finding_whose_fault_another_clock_undoes_is_not_dated_anew() {
    let report = run(&["strawman-time-ignores-nbf"], &Setup { cases: 6000, ..Setup::default() });
    let class = |finding: &&Finding| finding.case.class().contains("nbf-beyond-32-bits");
    let far = report.findings.iter().find(class).expect("a date so far ahead is drawn often");
    assert!(again(&Forge::new(NOW + 86_400), far).is_some(), "a day later it still lies ahead");
    assert!(again(&Forge::new(NOW + (1 << 36)), far).is_none(), "then it has come, and the token is valid");
}

#[test]
fn what_is_said_of_a_class_can_be_said_of_a_kept_finding_too() {
    let report = run(&["strawman-allows-none", "strawman-iss-ignored"], &Setup { cases: 3000, ..Setup::default() });
    assert!(!report.findings.is_empty());
    for finding in &report.findings {
        let info = campaign::grade::info_of(finding);
        let (said, again) = (&report.classes[&info.id], &info);
        assert_eq!((&said.references, &said.mend, said.cwe), (&again.references, &again.mend, again.cwe));
    }
    assert_eq!(campaign::grade::rule_of("key-choice-kid-gone"), Some(reference::Rule::KeyChoice));
    assert_eq!(campaign::grade::rule_of("refused-exp-float"), None);
}

#[test]
fn one_bug_is_a_finding_or_few_and_the_rest_is_counted() {
    let report = run(&["strawman-time-ignores-exp"], &Setup { cases: 20_000, ..Setup::default() });
    let classes: BTreeSet<&str> = report.findings.iter().map(|finding| finding.case.class()).collect();
    assert!((1..=6).contains(&classes.len()), "{classes:?}");
    let repeats: u64 = report.campaign.as_ref().unwrap().repeats.values().sum();
    assert!(repeats > 20, "{repeats}");
}

#[test]
fn a_known_failure_is_counted_and_does_not_stop_the_campaign() {
    let known = [Known::new("strawman-allows-none", "fuzz/allowed-*", "on purpose").unwrap()];
    let setup = Setup { cases: 4000, known: &known, max_findings: Some((1, Severity::Medium)), ..Setup::default() };
    let report = run(&["strawman-allows-none"], &setup);
    let outcomes: BTreeSet<Outcome> = report.findings.iter().map(|finding| finding.outcome).collect();
    assert!(outcomes.contains(&Outcome::Known), "{outcomes:?}");
    assert_eq!(report.campaign.unwrap().next, 4000);
}

#[test]
fn the_parts_of_a_campaign_are_the_whole_of_it() {
    let shown = |shard, cases| {
        let recorder = Arc::new(Recorder::default());
        let report = run_with(
            &|| vec![in_process("recorder", Arc::clone(&recorder))],
            &Setup { cases, shard, ..Setup::default() },
        );
        assert_eq!(report.campaign.unwrap().next, 3000, "both parts end before the same number");
        recorder.0.lock().unwrap().clone()
    };
    let (one, other, whole) = (shown((1, 2), 1500), shown((2, 2), 1500), shown((1, 1), 3000));
    assert_eq!(one.union(&other).cloned().collect::<BTreeSet<_>>(), whole);
    // The valid tokens, and plain recipes that make them, are all that both show.
    assert!(one.intersection(&other).count() * 3 < one.len(), "{} of {}", one.intersection(&other).count(), one.len());
}

#[test]
fn a_campaign_goes_on_where_it_was_stopped_and_says_nothing_twice() {
    let first = run(&["strawman-iss-ignored"], &Setup { cases: 3000, ..Setup::default() });
    let campaign = first.campaign.unwrap();
    assert_eq!((campaign.first, campaign.next), (0, 3000));
    let said = Mutex::new(Vec::new());
    let setup = Setup {
        cases: 3000,
        first: campaign.next,
        earlier: first.findings.clone(),
        said: Some(&said),
        ..Setup::default()
    };
    let second = run(&["strawman-iss-ignored"], &setup);
    let again: Vec<_> = said.into_inner().unwrap();
    assert!(again.iter().all(|new: &Finding| first.findings.iter().all(|old| old.fingerprint != new.fingerprint)));
    assert_eq!(second.findings.len(), first.findings.len() + again.len());
    assert_eq!(second.campaign.unwrap().next, 6000);
}

#[test]
fn readers_and_openers_of_cookies_are_shown_headers_and_bent_cookies() {
    let names = ["sound", "strawman-splits-at-commas", "strawman-skips-mac", "strawman-lenient-bits"];
    let report = run(&names, &Setup { cases: 3000, ..Setup::default() });
    let found = |target: &str| -> BTreeSet<&str> {
        report.findings.iter().filter(|finding| finding.target == target).map(|finding| finding.case.class()).collect()
    };
    assert_eq!(found("sound"), BTreeSet::new());
    assert!(found("strawman-splits-at-commas").contains("header-smuggle"));
    assert!(found("strawman-skips-mac").contains("cookie-forged-signed-jar"));
    // What the catalogue's own rows say of it stands beside what chance has found.
    let lenient = found("strawman-lenient-bits");
    assert!(lenient.iter().any(|class| class.starts_with("cookie-malleable")), "{lenient:?}");
    assert!(!lenient.iter().any(|class| class.starts_with("cookie-forged")), "{lenient:?}");
    for finding in &report.findings {
        let verdict =
            verifier(&finding.target).unwrap().verify(Request { input: &finding.input, policy: &finding.policy });
        assert!(!finding.expected.admits(&verdict), "{} does not stand: {verdict}", finding.case);
    }
    let smuggled = report.findings.iter().find(|finding| finding.case.class() == "header-smuggle").unwrap();
    assert!(smuggled.input.octets().len() < 40, "{:?}", smuggled.input);
}

#[test]
fn those_who_decrypt_are_shown_encrypted_tokens_and_their_flaws_are_found() {
    let flawed = [
        ("strawman-tag-as-long-as-given", "jwe-content-tag-cut"),
        ("strawman-unsigned-inside", "jwe-inside-inside-alg-none"),
        ("strawman-decrypts-as-told", "jwe-allowed-sealed-by-others"),
        ("strawman-zip-ignored", "jwe-compression-zip-plain"),
    ];
    let names: Vec<&str> =
        flawed.iter().map(|(name, _)| *name).chain(["sound", "strawman-refuses-encrypted"]).collect();
    let report = run(&names, &Setup { cases: 3000, jobs: 2, ..Setup::default() });
    let found = |target: &str| -> BTreeSet<&str> {
        // What a row of the catalogue says of it has its own name.
        let ours = |finding: &&Finding| finding.target == target && finding.case.family() == campaign::FAMILY;
        let classes = report.findings.iter().filter(ours).map(|finding| finding.case.class());
        classes.filter(|class| class.starts_with("jwe-")).collect()
    };
    assert_eq!(found("sound"), BTreeSet::new());
    for (name, class) in flawed {
        assert!(found(name).contains(class), "{name}: {:?}", found(name));
    }
    // Who refuses what is valid fails the control, and no refusal of his proves anything.
    let refusing = report.targets.iter().find(|target| target.info.name == "strawman-refuses-encrypted").unwrap();
    assert!(!refusing.control_failures.is_empty() && found("strawman-refuses-encrypted").is_empty());
    for finding in report.findings.iter().filter(|finding| finding.case.class().starts_with("jwe-")) {
        if finding.case.family() != campaign::FAMILY {
            continue;
        }
        assert!(judged_again(finding), "{} does not show itself again", finding.case);
        let class = format!("{}/{}", finding.case.family(), finding.case.class());
        let (said, again) = (&report.classes[&class], campaign::grade::info_of(finding));
        assert_eq!((said, finding.severity), (&again, again.severity), "{class}");
    }
}

#[test]
fn who_asks_for_an_address_that_a_token_names_is_found_out_whatever_it_answers() {
    let endpoint = Endpoint::open().expect("nobody else has the port for long");
    let setup = Setup { cases: 600, endpoint: Some(&endpoint), jobs: 2, ..Setup::default() };
    let report = run(&["sound", "strawman-fetches"], &setup);
    let asked: Vec<&Finding> = report.findings.iter().filter(|f| f.case.class().starts_with("fetch-")).collect();
    assert!(!asked.is_empty() && asked.iter().all(|finding| finding.target == "strawman-fetches"), "{asked:#?}");
    for finding in asked {
        assert!(token_assay::run::is_fetch(finding), "{} is not replayed as a fetch", finding.case);
        assert_eq!(campaign::grade::info_of(finding).cwe, Some(918));
    }
}

#[test]
fn it_stops_when_it_is_told_to() {
    let setup = Setup { cases: u64::MAX, max_time: Some(Duration::from_millis(300)), ..Setup::default() };
    let report = run(&["sound"], &setup);
    assert!(report.run.complete, "the end of the time given is an end");
    let stop = AtomicBool::new(false);
    let setup = Setup { cases: u64::MAX, stop_at_progress: true, stop: Some(&stop), ..Setup::default() };
    let report = run(&["sound"], &setup);
    assert_eq!((report.run.complete, report.run.stopped.as_deref()), (false, Some("interrupted")));
}

#[test]
fn a_verifier_that_panics_is_found_out_and_the_campaign_goes_on() {
    let report = run_with(&|| vec![in_process("touchy", Touchy)], &Setup { cases: 6000, ..Setup::default() });
    let finding = report.findings.iter().find(|f| f.case.class().starts_with("panic-")).expect("it panics");
    assert!(finding.title.contains("crit"), "{}", finding.title);
    let falls = report.findings.iter().filter(|finding| matches!(finding.observed, Answer::Fault(_))).count();
    assert_eq!(falls, 1, "falls at one place are one finding, whatever the token");
    assert!(matches!(finding.observed, Answer::Fault(_)));
    assert_eq!(report.campaign.unwrap().next, 6000);
}

#[test]
fn a_refusal_under_a_slip_of_configuration_proves_nothing() {
    let report = run_with(&|| vec![in_process("narrow", Narrow)], &Setup { cases: 12_000, ..Setup::default() });
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert!(report.targets[0].outcomes[&Outcome::Inconclusive] > 100);
    assert!(report.targets[0].outcomes[&Outcome::Pass] > 1000);
}

#[test]
fn targets_without_a_clock_are_judged_by_the_real_one() {
    let report = run_with(&|| vec![in_process("clockless", Clockless)], &Setup { cases: 8000, ..Setup::default() });
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert!(report.targets[0].outcomes[&Outcome::Pass] > 1000);
}

#[test]
fn two_threads_find_what_one_finds() {
    let of = |jobs| {
        let report = run(&["strawman-alg-case-folded"], &Setup { cases: 6000, jobs, ..Setup::default() });
        report.findings.into_iter().map(|finding| finding.fingerprint).collect::<BTreeSet<_>>()
    };
    assert!(!of(1).is_empty());
    assert!(of(2).is_superset(&of(1)) || of(1).is_superset(&of(2)));
}

struct Setup<'a> {
    cases: u64,
    first: u64,
    shard: (u64, u64),
    jobs: usize,
    known: &'a [Known],
    earlier: Vec<Finding>,
    max_findings: Option<(usize, Severity)>,
    max_time: Option<Duration>,
    said: Option<&'a Mutex<Vec<Finding>>>,
    stop: Option<&'a AtomicBool>,
    stop_at_progress: bool,
    stock: Option<Stock>,
    endpoint: Option<&'a Endpoint>,
}

impl Default for Setup<'_> {
    fn default() -> Self {
        Self {
            cases: 1000,
            first: 0,
            shard: (1, 1),
            jobs: 1,
            known: &[],
            earlier: Vec::new(),
            max_findings: None,
            max_time: None,
            said: None,
            stop: None,
            stop_at_progress: false,
            stock: None,
            endpoint: None,
        }
    }
}

fn run(names: &[&str], setup: &Setup<'_>) -> Report {
    let subjects = || {
        let subject = |name: &&str| in_process(name, verifier(name).unwrap_or_else(|| panic!("no verifier {name}")));
        names.iter().map(subject).collect()
    };
    run_with(&subjects, setup)
}

fn run_with(subjects: &(dyn Fn() -> Vec<Subject> + Sync), setup: &Setup<'_>) -> Report {
    let never = AtomicBool::new(false);
    let stop = setup.stop.unwrap_or(&never);
    let options = Options {
        keyring: Keyring::corpus(),
        now: NOW,
        clock: &real_now,
        started: String::new(),
        seed: SEED,
        first: setup.first,
        shard: setup.shard,
        stock: setup.stock.clone().unwrap_or_else(|| Stock::everything().clone()),
        jobs: setup.jobs,
        max_time: setup.max_time,
        max_cases: Some(setup.cases),
        max_findings: setup.max_findings,
        known: setup.known,
        earlier: setup.earlier.clone(),
        stop,
        endpoint: setup.endpoint,
    };
    campaign(subjects, &options, &|event| match event {
        Event::Found(finding) => {
            if let Some(said) = setup.said {
                said.lock().unwrap().push(finding.clone());
            }
        }
        Event::Progress(_) if setup.stop_at_progress => stop.store(true, Ordering::Relaxed),
        _ => {}
    })
}

fn in_process(name: &str, verifier: impl Verifier + 'static) -> Subject {
    Subject { name: name.to_owned(), driver: Box::new(InProcess(verifier, Duration::from_secs(2))) }
}

fn hs256() -> Stock {
    Stock::of(|setting| setting.algorithm == Algorithm::Hs256)
}

fn real_now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    since.as_secs().try_into().unwrap()
}

/// Whether the finding's target still answers its token wrongly.
fn judged_again(finding: &Finding) -> bool {
    let request = Request { input: &finding.input, policy: &finding.policy };
    let verifier = verifier(&finding.target).expect("it was tried");
    let observation = targets::observe(verifier, request);
    let (ruling, _) = reference::explain(request);
    let case = attacks::suite(&Forge::new(NOW), |class| class == "control/plain").into_iter().next();
    let template = case.or_else(|| attacks::suite(&Forge::new(NOW), |_| true).into_iter().next()).unwrap();
    let case = token_assay::model::Case {
        input: finding.input.clone(),
        policy: finding.policy.clone(),
        expectation: ruling.expectation(),
        ..template
    };
    oracles::judge(&case, &observation).is_some()
}

/// The length of the shortest valid token under the finding's policy.
fn shortest(finding: &Finding) -> usize {
    static SHORTEST: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());
    let policy = serde_json::to_string(&*finding.policy).unwrap();
    if let Some(length) = SHORTEST.lock().unwrap().get(&policy) {
        return *length;
    }
    let forge = Forge::new(NOW);
    let stage = token_assay::generate::Stage::of_token(&forge, Profile::Pinned, finding.policy.clone(), &finding.twin);
    let trusted = Sketch { signer: token_assay::generate::recipe::Signer::Trusted, ..stage.twin.clone() };
    let unlike = Sketch::read(b"");
    let small = token_assay::generate::reduce::reduce(trusted, &unlike, 3000, &mut |sketch| {
        let input = token_assay::model::Input::from_octets(sketch.token(&stage, &forge));
        matches!(reference::rule(Request { input: &input, policy: &stage.policy }), Ruling::Accept(_))
    });
    let length = small.token(&stage, &forge).len();
    SHORTEST.lock().unwrap().insert(policy, length);
    length
}

/// The sound verifier, which keeps what it was shown.
#[derive(Default)]
struct Recorder(Mutex<BTreeSet<Vec<u8>>>);

impl Verifier for Recorder {
    fn info(&self) -> TargetInfo {
        TargetInfo { name: "recorder".to_owned(), ..verifier("sound").unwrap().info() }
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        self.0.lock().unwrap().insert(request.input.octets().to_vec());
        verifier("sound").unwrap().verify(request)
    }
}

/// Falls over where `crit` is no array.
struct Touchy;

impl Verifier for Touchy {
    fn info(&self) -> TargetInfo {
        TargetInfo { name: "touchy".to_owned(), ..verifier("sound").unwrap().info() }
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        let header = Sketch::read(request.input.octets()).header.octets();
        let header: serde_json::Value = serde_json::from_slice(&header).unwrap_or_default();
        if header.get("crit").is_some_and(|crit| !crit.is_array()) {
            panic!("crit is no array");
        }
        verifier("sound").unwrap().verify(request)
    }
}

/// The sound verifier, which refuses whatever it is shown under a list that mixes kinds of algorithms, or an empty one.
struct Narrow;

impl Verifier for Narrow {
    fn info(&self) -> TargetInfo {
        TargetInfo { name: "narrow".to_owned(), ..verifier("sound").unwrap().info() }
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        let listed = request.policy.algorithms.as_deref().unwrap_or(&[Algorithm::Hs256]);
        if listed.iter().all(|one| one.is_hmac()) || !listed.iter().any(|one| one.is_hmac()) && !listed.is_empty() {
            return verifier("sound").unwrap().verify(request);
        }
        Verdict::reject(Reason::Algorithm, "a list of one kind is wanted")
    }
}

/// The sound verifier with the real clock and no other.
struct Clockless;

impl Verifier for Clockless {
    fn info(&self) -> TargetInfo {
        let mut info = verifier("sound").unwrap().info();
        info.supports.retain(|capability| capability.as_str() != "clock");
        info
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        let policy = token_assay::model::Policy { now: Some(real_now()), ..request.policy.clone() };
        verifier("sound").unwrap().verify(Request { policy: &policy, ..request })
    }
}

#[test]
fn a_plain_recipe_is_the_valid_token() {
    let forge = Forge::new(NOW);
    let generator = Generator::new(&forge, Stock::everything().clone());
    for setting in 0..42 {
        let made = generator.make(&Recipe::plain(setting, 0));
        assert_eq!(made.input, made.stage.control.valid);
    }
}
