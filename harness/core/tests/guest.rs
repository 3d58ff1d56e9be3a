//! Tokens of another engine are judged as a campaign judges its own.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use token_assay::campaign::{Guest, Options, campaign};
use token_assay::forge::{Forge, Keyring, NOW};
use token_assay::generate::{Generator, Made, Recipe, Sketch, Stock, Template};
use token_assay::model::{Answer, Finding, Fingerprint, Input, Oracle, Verdict};
use token_assay::reference;
use token_assay::run::{Subject, verifier};
use token_assay::targets::InProcess;

static NEVER: AtomicBool = AtomicBool::new(false);

fn options() -> Options<'static> {
    Options {
        keyring: Keyring::corpus(),
        now: NOW,
        clock: &|| NOW,
        started: String::new(),
        seed: 7,
        first: 0,
        shard: (1, 1),
        stock: Stock { catalogue_share: 0, ..Stock::of(|setting| setting.algorithm.is_hmac()) },
        jobs: 1,
        max_time: None,
        max_cases: Some(4000),
        max_findings: None,
        known: &[],
        earlier: Vec::new(),
        stop: &NEVER,
        endpoint: None,
    }
}

fn subjects(names: &[&str]) -> Vec<Subject> {
    let subject = |name: &&str| {
        let verifier = verifier(name).expect("there is one of this name");
        Subject { name: (*name).to_owned(), driver: Box::new(InProcess(verifier, Duration::from_secs(60))) }
    };
    names.iter().map(subject).collect()
}

fn show(guest: &mut Guest<'_>, generator: &Generator<'_>, recipe: &Recipe) -> Vec<Finding> {
    let made = generator.make(recipe);
    let (ruling, rule) = reference::explain(made.request());
    guest.show(generator, made, ruling, rule).findings
}

#[test]
fn the_same_tokens_are_the_same_findings_as_in_a_campaign() {
    let names = ["strawman-allows-none", "strawman-no-expiry"]
        .map(|name| if verifier(name).is_some() { name } else { "strawman-skips-signature" });
    let options = options();
    let report = campaign(&|| subjects(&names), &options, &|_| {});
    let forge = Forge::new(NOW);
    let generator = Generator::new(&forge, options.stock.clone());
    let mut guest = Guest::new(subjects(&names), &options);
    let shown = (0..4000).flat_map(|number| show(&mut guest, &generator, &generator.recipe(options.seed, number)));
    let found: BTreeSet<Fingerprint> = shown.map(|finding| finding.fingerprint).collect();
    let campaigns: BTreeSet<Fingerprint> = report.findings.iter().map(|finding| finding.fingerprint.clone()).collect();
    assert!(!campaigns.is_empty());
    let missed: Vec<_> = campaigns.difference(&found).collect();
    assert!(missed.is_empty(), "{missed:?} of {campaigns:?}");
}

#[test]
fn a_verifier_that_checks_no_signature_is_told_of_once_and_shown_nothing() {
    let options = options();
    let forge = Forge::new(NOW);
    let generator = Generator::new(&forge, options.stock.clone());
    let mut guest = Guest::new(subjects(&["sound", "strawman-skips-signature"]), &options);
    let stage = generator.stage(Template::Valid { setting: 0, terms: 0 });
    let input = stage.control.tampered.clone();
    let made = Made { stage, sketch: Sketch::read(input.octets()), input };
    let (ruling, rule) = reference::explain(made.request());
    let shown = guest.show(&generator, made, ruling, rule);
    assert!(matches!(shown.seen[0].as_ref().unwrap().answer, Answer::Verdict(Verdict::Reject { .. })));
    assert!(shown.seen[1].is_none());
    let [finding] = &shown.findings[..] else { panic!("{:#?}", shown.findings) };
    assert_eq!((finding.oracle, finding.case.class()), (Oracle::Soundness, "tampered-control"));
}

#[test]
fn what_looks_alike_is_looked_into_no_more_than_twice() {
    let options = options();
    let forge = Forge::new(NOW);
    let generator = Generator::new(&forge, options.stock.clone());
    let mut guest = Guest::new(subjects(&["strawman-refuses-all"]), &options);
    // Its control is refused, so that its refusals prove nothing.
    assert!(show(&mut guest, &generator, &Recipe::plain(0, 0)).is_empty());
    let mut guest = Guest::new(subjects(&["strawman-panics"]), &options);
    let counts: Vec<usize> = (0..5).map(|_| show(&mut guest, &generator, &Recipe::plain(0, 0)).len()).collect();
    assert_eq!(counts, [1, 1, 0, 0, 0]);
}

#[test]
fn a_token_that_is_no_text_is_shown_to_those_that_take_octets() {
    let options = options();
    let forge = Forge::new(NOW);
    let generator = Generator::new(&forge, options.stock.clone());
    let mut guest = Guest::new(subjects(&["sound"]), &options);
    let stage = generator.stage(Template::Valid { setting: 0, terms: 0 });
    let input = Input::from_octets(vec![0xff, b'.', b'.']);
    let made = Made { stage, sketch: Sketch::read(input.octets()), input };
    let (ruling, rule) = reference::explain(made.request());
    let shown = guest.show(&generator, made, ruling, rule);
    assert!(shown.seen[0].is_some() && shown.findings.is_empty());
}
