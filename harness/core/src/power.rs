//! How much a way of making tokens finds: the cases and the CPU time until each strawman is found out.
//!
//! Takes an engine, a seed and a budget, gives a [`Trial`]; from several trials of one engine the medians, the worst and how
//! many runs ended without (survival). Every strawman is shown every token until it is found out, so that all see the same
//! stream. The CPU time of a strawman is that of making and ruling so many tokens and of as many verifications by that one
//! strawman: the others' verifications are measured and left out. By it a detection is dated and a budget ends, so that a CPU
//! minute is the same in both. Never prints, never stops at a finding.

use std::collections::BTreeMap;
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use cpu_time::ThreadTime;
use serde::{Deserialize, Serialize};
use token_assay_model::{Algorithm, Input, Observation};

use crate::attacks;
use crate::campaign;
use crate::forge::{Forge, json};
use crate::generate::recipe::Signer;
use crate::generate::sketch::{Content, Side};
use crate::generate::{Chance, Generator, Made, Recipe, Seeded, Sketch, Stock, Template};
use crate::reference::{self, Ruling};
use crate::strawman::Strawman;
use crate::targets;

/// A way of making tokens that needs nothing but this crate; libFuzzer's show theirs to a [`Watch`] from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// Every case of the catalogue, once.
    Catalogue,
    /// Octets by chance.
    Octets,
    /// Members and values by `derive(Arbitrary)`, genuinely signed; no pools.
    Derived,
    /// The built-in engine's operations on valid tokens, without the catalogue.
    Operations,
    /// The built-in engine.
    Generate,
}

impl Engine {
    /// All of them, the weakest way of drawing first.
    pub const ALL: &'static [Self] = &[Self::Octets, Self::Derived, Self::Catalogue, Self::Operations, Self::Generate];

    /// On the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue",
            Self::Octets => "octets",
            Self::Derived => "derived",
            Self::Operations => "operations",
            Self::Generate => "generate",
        }
    }

    /// In a table.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue alone",
            Self::Octets => "octets by chance",
            Self::Derived => "derived Arbitrary, signed, no pools",
            Self::Operations => "built-in engine without the catalogue",
            Self::Generate => "built-in engine",
        }
    }
}

/// When a trial ends.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// After so many tokens.
    pub cases: u64,
    /// For each strawman after so much CPU time, counted as a [`Detection`]'s.
    pub cpu: Duration,
}

/// When a strawman was found out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// With which token, counted from 1.
    pub cases: u64,
    /// After how many CPU seconds of making, ruling and its own verifications.
    pub seconds: f64,
}

/// One run of one engine with one seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The engine, in words.
    pub engine: String,
    /// The seed.
    pub seed: u64,
    /// Tokens made.
    pub cases: u64,
    /// CPU seconds of making and ruling them.
    pub seconds: f64,
    /// Of a thousand tokens, how many the reference verifier accepted, or might have.
    pub accepted_per_mille: u64,
    /// The strawmen that were found out, by name; the others were not.
    pub found: BTreeMap<String, Detection>,
}

/// The strawmen that can be found out by what they answer: those that differ in time alone, or in what they ask for or say, are left
/// out.
pub fn strawmen() -> Vec<&'static Strawman> {
    attacks::strawmen().filter(|strawman| !NO_VERDICT.contains(&strawman.name)).collect()
}

/// Whose fault no verdict shows: time, a request, the words of a refusal.
const NO_VERDICT: [&str; 6] = [
    "slow",
    "fetches",
    "buffer-grows-by-a-little",
    "compares-until-different",
    "searches-from-each-start",
    "tells-expected-signature",
];

/// Strawmen whose fault nothing here can express, and why. They stay in the count.
pub const OUT_OF_REACH: &[(&str, &str)] = &[
    ("cve-2023-22463-constant", "a secret that stands in the program only: it falls to --mine"),
    ("cve-2023-29357-proof", "two magic claims together: they fall to --mine"),
    ("cve-2025-20188-notfound", "a secret that stands in the program only: it falls to --mine"),
];

/// Runs a trial.
pub fn trial(engine: Engine, seed: u64, budget: Budget, wanted: &[&'static Strawman]) -> Trial {
    let forge = Forge::new(crate::forge::NOW);
    let share = if engine == Engine::Generate { Stock::everything().catalogue_share } else { 0 };
    let generator = Generator::new(&forge, Stock { catalogue_share: share, ..Stock::everything().clone() });
    let mut watch = Watch::new(wanted, budget.cpu);
    let mut whole = catalogue(&generator);
    for number in 0..budget.cases {
        if watch.is_done() {
            break;
        }
        let made = match engine {
            Engine::Catalogue => match whole.next() {
                Some(recipe) => generator.make(&recipe),
                None => break,
            },
            Engine::Octets => octets(&generator, seed, number),
            Engine::Derived => derived(&generator, seed, number),
            Engine::Operations | Engine::Generate => generator.make(&generator.recipe(seed, number)),
        };
        watch.show(&made);
    }
    watch.trial(engine.describe(), seed)
}

/// Shows tokens to strawmen until each is found out, or its time is up.
pub struct Watch {
    left: Vec<Suspect>,
    /// What each is given.
    cpu: Duration,
    found: BTreeMap<String, Detection>,
    started: ThreadTime,
    /// Spent in strawmen.
    verifying: Duration,
    cases: u64,
    accepted: u64,
}

struct Suspect {
    strawman: &'static Strawman,
    verifying: Duration,
}

impl Watch {
    /// A watch on these, each for so much CPU time.
    pub fn new(strawmen: &[&'static Strawman], cpu: Duration) -> Self {
        let suspect = |strawman: &&'static Strawman| Suspect { strawman, verifying: Duration::ZERO };
        Self {
            left: strawmen.iter().map(suspect).collect(),
            cpu,
            found: BTreeMap::new(),
            started: ThreadTime::now(),
            verifying: Duration::ZERO,
            cases: 0,
            accepted: 0,
        }
    }

    /// Whether all that are in reach are found out, or have had their time.
    pub fn is_done(&self) -> bool {
        self.left.iter().all(|suspect| OUT_OF_REACH.iter().any(|(name, _)| *name == suspect.strawman.name))
    }

    /// How many tokens were shown.
    pub fn cases(&self) -> u64 {
        self.cases
    }

    /// Shows one token to all that are left; whether one more was found out.
    pub fn show(&mut self, made: &Made<'_>) -> bool {
        let (ruling, rule) = reference::explain(made.request());
        self.cases += 1;
        self.accepted += u64::from(rule.is_none());
        let before = ThreadTime::now();
        let mut last = Duration::ZERO;
        let making = self.started.elapsed().saturating_sub(self.verifying);
        let (cases, found, cpu) = (self.cases, &mut self.found, self.cpu);
        let count = found.len();
        self.left.retain_mut(|suspect| {
            let observation = targets::observe(suspect.strawman, made.request());
            let is_found = is_found(made, &ruling, &observation);
            let now = before.elapsed();
            suspect.verifying += now - last;
            last = now;
            let spent = making + suspect.verifying;
            let in_time = spent <= cpu;
            if is_found && in_time {
                found.insert(suspect.strawman.name.to_owned(), Detection { cases, seconds: spent.as_secs_f64() });
            }
            !is_found && in_time
        });
        self.verifying += last;
        self.found.len() > count
    }

    /// What came of it.
    pub fn trial(&self, engine: &str, seed: u64) -> Trial {
        Trial {
            engine: engine.to_owned(),
            seed,
            cases: self.cases,
            seconds: self.started.elapsed().saturating_sub(self.verifying).as_secs_f64(),
            accepted_per_mille: (self.accepted * 1000).checked_div(self.cases).unwrap_or_default(),
            found: self.found.clone(),
        }
    }
}

fn is_found(made: &Made<'_>, ruling: &Ruling, observation: &Observation) -> bool {
    campaign::judge(made, ruling, observation).is_some()
}

/// One engine over several seeds: a line of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The engine, in words.
    pub engine: String,
    /// How many seeds.
    pub runs: usize,
    /// Strawmen that could be found.
    pub of: usize,
    /// Found in every run.
    pub always: usize,
    /// Found in some run.
    pub sometimes: usize,
    /// Found in every run within ten thousand tokens.
    pub within_ten_thousand: usize,
    /// Tokens to detection: the median over strawmen of their medians; none where most runs of most were censored.
    pub median_cases: Option<u64>,
    /// CPU seconds to detection, likewise.
    pub median_seconds: Option<f64>,
    /// CPU seconds of the slowest detection of all.
    pub worst_seconds: f64,
    /// Tokens a CPU second.
    pub cases_per_second: f64,
    /// Of a thousand tokens, how many were accepted.
    pub accepted_per_mille: u64,
}

/// A strawman over several seeds of one engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its name.
    pub strawman: String,
    /// Runs in which it was found out; the others were censored at their end.
    pub found: usize,
    /// Of how many.
    pub runs: usize,
    /// Tokens, the median; none where half of the runs or more were censored.
    pub median_cases: Option<u64>,
    /// CPU seconds, likewise.
    pub median_seconds: Option<f64>,
    /// CPU seconds of the slowest run that found it.
    pub worst_seconds: f64,
}

/// The records of all strawmen under one engine, the hardest first.
pub fn records(trials: &[Trial], wanted: &[&'static Strawman]) -> Vec<Record> {
    let record = |strawman: &&'static Strawman| {
        let found: Vec<Detection> = trials.iter().filter_map(|trial| trial.found.get(strawman.name)).copied().collect();
        let runs = trials.len();
        Record {
            strawman: strawman.name.to_owned(),
            found: found.len(),
            runs,
            median_cases: median(found.iter().map(|d| d.cases as f64).collect(), runs).map(|cases| cases as u64),
            median_seconds: median(found.iter().map(|d| d.seconds).collect(), runs),
            worst_seconds: found.iter().map(|d| d.seconds).fold(0.0, f64::max),
        }
    };
    let mut records: Vec<Record> = wanted.iter().map(record).collect();
    records.sort_by(|a, b| {
        let key = |record: &Record| (record.found, record.median_seconds.unwrap_or(f64::MAX));
        let ((found_a, median_a), (found_b, median_b)) = (key(a), key(b));
        found_a.cmp(&found_b).then(median_b.total_cmp(&median_a)).then_with(|| a.strawman.cmp(&b.strawman))
    });
    records
}

/// The line of the table for one engine.
pub fn summary(trials: &[Trial], wanted: &[&'static Strawman]) -> Summary {
    let records = records(trials, wanted);
    let within = |strawman: &&&'static Strawman| {
        trials.iter().all(|trial| trial.found.get(strawman.name).is_some_and(|found| found.cases <= TEN_THOUSAND))
    };
    let seconds: f64 = trials.iter().map(|trial| trial.seconds).sum();
    let cases: u64 = trials.iter().map(|trial| trial.cases).sum();
    let accepted: u64 = trials.iter().map(|trial| trial.accepted_per_mille * trial.cases).sum();
    Summary {
        engine: trials.first().map_or_else(String::new, |trial| trial.engine.clone()),
        runs: trials.len(),
        of: wanted.len(),
        always: records.iter().filter(|record| record.found == record.runs).count(),
        sometimes: records.iter().filter(|record| record.found > 0).count(),
        within_ten_thousand: wanted.iter().filter(within).count(),
        median_cases: median(records.iter().filter_map(|r| r.median_cases.map(|c| c as f64)).collect(), wanted.len())
            .map(|cases| cases as u64),
        median_seconds: median(records.iter().filter_map(|record| record.median_seconds).collect(), wanted.len()),
        worst_seconds: records.iter().map(|record| record.worst_seconds).fold(0.0, f64::max),
        cases_per_second: if seconds > 0.0 { cases as f64 / seconds } else { 0.0 },
        accepted_per_mille: accepted.checked_div(cases).unwrap_or_default(),
    }
}

/// The median of `of` values, those that are not there counted as later than all others.
fn median(mut there: Vec<f64>, of: usize) -> Option<f64> {
    there.sort_by(f64::total_cmp);
    there.get(of / 2).copied()
}

/// Every case of the catalogue as a recipe.
fn catalogue<'g>(generator: &'g Generator<'_>) -> impl Iterator<Item = Recipe> + 'g {
    let classes = 0..u16::try_from(crate::generate::pools::made_classes().len()).expect("there are some hundred");
    classes.flat_map(|class| generator.templates_of(class)).map(|template| Recipe {
        template,
        operations: Vec::new(),
        signer: Signer::Kept,
        text: Vec::new(),
        wire: Vec::new(),
    })
}

/// Octets by chance as a token: up to 300, half of the time of the characters that a token has.
fn octets<'g>(generator: &'g Generator<'_>, seed: u64, number: u64) -> Made<'g> {
    let mut chance = Seeded::new(seed, number);
    let stage = generator.stage(Template::Valid { setting: setting(generator, &mut chance), terms: 0 });
    let alike = chance.below(2) == 0;
    let length = chance.below(300);
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_..";
    let octet = |chance: &mut Seeded| if alike { *chance.pick(letters) } else { chance.below(256).to_le_bytes()[0] };
    let token: Vec<u8> = (0..length).map(|_| octet(&mut chance)).collect();
    Made { stage, sketch: Sketch::read(&token), input: Input::from_octets(token) }
}

/// A token of derived values, genuinely signed.
fn derived<'g>(generator: &'g Generator<'_>, seed: u64, number: u64) -> Made<'g> {
    let mut chance = Seeded::new(seed, number);
    let stage = generator.stage(Template::Valid { setting: setting(generator, &mut chance), terms: 0 });
    let octets: Vec<u8> = (0..512).map(|_| chance.below(256).to_le_bytes()[0]).collect();
    let plain = Plain::arbitrary(&mut Unstructured::new(&octets)).unwrap_or_default();
    let side = |members: &[(Name, Scalar)]| {
        let object =
            members.iter().fold(json::Object::new(), |object, (name, value)| object.append(name.text(), value.json()));
        Side { content: Content::Octets(object.text().into_bytes()), as_was: None }
    };
    let sketch = Sketch {
        header: side(&plain.header),
        payload: side(&plain.payload),
        signer: Signer::Trusted,
        ..stage.start.clone()
    };
    let input = Input::from_octets(sketch.token(stage, generator.forge()));
    Made { stage, sketch, input }
}

fn setting(generator: &Generator<'_>, chance: &mut Seeded) -> u16 {
    *chance.pick(&generator.stock().settings)
}

/// What `derive(Arbitrary)` makes of octets: it knows the registered names, and no values.
#[derive(Debug, Default, Arbitrary)]
struct Plain {
    header: Vec<(Name, Scalar)>,
    payload: Vec<(Name, Scalar)>,
}

#[derive(Debug, Arbitrary)]
enum Name {
    Alg,
    Typ,
    Kid,
    Crit,
    Iss,
    Sub,
    Aud,
    Exp,
    Nbf,
    Iat,
    Jti,
    Other(String),
}

impl Name {
    fn text(&self) -> &str {
        match self {
            Self::Alg => "alg",
            Self::Typ => "typ",
            Self::Kid => "kid",
            Self::Crit => "crit",
            Self::Iss => "iss",
            Self::Sub => "sub",
            Self::Aud => "aud",
            Self::Exp => "exp",
            Self::Nbf => "nbf",
            Self::Iat => "iat",
            Self::Jti => "jti",
            Self::Other(text) => text,
        }
    }
}

#[derive(Debug, Arbitrary)]
enum Scalar {
    Null,
    Bool(bool),
    Number(i64),
    Float(f64),
    Text(String),
    Algorithm(Named),
    List(Vec<i64>),
}

impl Scalar {
    fn json(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(truth) => truth.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Float(number) => number.to_string(),
            Self::Text(text) => json::quote(text),
            Self::Algorithm(name) => json::quote(name.algorithm().as_str()),
            Self::List(numbers) => json::array(numbers.iter().map(ToString::to_string)),
        }
    }
}

/// The algorithms as a derived enum has them: typed, so without misspelt ones.
#[derive(Debug, Arbitrary)]
enum Named {
    None,
    Hs256,
    Rs256,
    Es256,
    EdDsa,
}

impl Named {
    const fn algorithm(&self) -> Algorithm {
        match self {
            Self::None => Algorithm::None,
            Self::Hs256 => Algorithm::Hs256,
            Self::Rs256 => Algorithm::Rs256,
            Self::Es256 => Algorithm::Es256,
            Self::EdDsa => Algorithm::EdDsa,
        }
    }
}

/// A pull request's budget.
const TEN_THOUSAND: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn few(names: &[&str]) -> Vec<&'static Strawman> {
        strawmen().into_iter().filter(|strawman| names.contains(&strawman.name)).collect()
    }

    #[test]
    fn what_gets_past_the_signature_finds_and_octets_do_not() {
        let wanted = few(&["time-ignores-exp", "allows-none", "iss-ignored"]);
        assert_eq!(wanted.len(), 3);
        let budget = Budget { cases: 6000, cpu: Duration::from_secs(60) };
        let found = |engine| trial(engine, 1, budget, &wanted).found.len();
        assert_eq!((found(Engine::Octets), found(Engine::Generate), found(Engine::Catalogue)), (0, 3, 3));
    }

    #[test]
    fn a_budget_is_each_strawmans_own_and_leaves_out_the_others() {
        let wanted = few(&["time-ignores-exp", "allows-none", "iss-ignored"]);
        let forge = Forge::new(crate::forge::NOW);
        let generator = Generator::new(&forge, Stock::everything().clone());
        let made = generator.make(&generator.recipe(1, 1));
        let mut watch = Watch::new(&wanted, Duration::from_secs(3600));
        watch.verifying = Duration::from_secs(7200);
        watch.left[0].verifying = Duration::from_secs(7200);
        watch.show(&made);
        let left: Vec<&str> = watch.left.iter().map(|suspect| suspect.strawman.name).collect();
        assert!(!left.contains(&wanted[0].name), "it has had its time");
        assert_eq!(left.len() + watch.found.len(), 2, "what the others cost is not theirs");
    }

    #[test]
    fn runs_that_did_not_find_count_as_later() {
        let wanted = few(&["iss-ignored"]);
        let trial = |found: Option<u64>| Trial {
            engine: "x".to_owned(),
            seed: 0,
            cases: 100,
            seconds: 1.0,
            accepted_per_mille: 10,
            found: found
                .map(|cases| ("iss-ignored".to_owned(), Detection { cases, seconds: cases as f64 }))
                .into_iter()
                .collect(),
        };
        let records = records(&[trial(Some(5)), trial(None), trial(None)], &wanted);
        assert_eq!((records[0].found, records[0].median_cases, records[0].worst_seconds), (1, None, 5.0));
        let records = super::records(&[trial(Some(5)), trial(Some(9)), trial(None)], &wanted);
        assert_eq!(records[0].median_cases, Some(9));
        let summary = summary(&[trial(Some(5)), trial(Some(20_000))], &wanted);
        assert_eq!((summary.always, summary.within_ten_thousand), (1, 0));
    }
}
