//! Whether a target speaks the protocol, and tells a genuine token from an altered one: what a run would stumble over, before it.
//!
//! Takes how its process is started, gives what was tried and came of it. Says nothing of how well the target verifies: that is what a
//! run is for.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use token_assay_model::report::TargetInfo;
use token_assay_model::{
    Algorithm, Answer, Capability, Case, Claims, Feature, Input, Observation, Policy, Profile, Request, Verdict, cookie,
};

use crate::attacks;
use crate::forge::{Forge, NOW};
use crate::needs::Needs;
use crate::targets::process::{self, Process, Settings};
use crate::targets::{Driver as _, Unusable};

/// What was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// It starts and greets.
    Starts,
    /// It answers lines that are no requests, and goes on.
    Lines,
    /// It ends when it is told to, or when its input ends.
    Stops,
    /// It says `unsupported` to what it does not list.
    Unsupported,
    /// It answers what is sent ahead, in order.
    Order,
    /// It accepts genuine tokens or cookies and hands on what they say.
    Genuine,
    /// It refuses copies that were altered.
    Altered,
    /// It obeys the clock that it is given.
    Clock,
}

impl Step {
    /// What it is to hold.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Starts => "starts, and greets",
            Self::Lines => "answers lines that are no requests, and goes on",
            Self::Stops => "ends by itself when it is told to",
            Self::Unsupported => "answers unsupported to what it does not list",
            Self::Order => "answers requests that are sent ahead, in their order",
            Self::Genuine => "accepts what is genuine, and hands on what it says",
            Self::Altered => "refuses an altered copy under the old signature",
            Self::Clock => "obeys the clock that it is given",
        }
    }

    /// What to do where it does not hold.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Starts => "run the command by hand, and type {\"cmd\":\"start\",\"protocol\":1}",
            Self::Lines => "PROTOCOL.md, rule 6: an `error` a line, and the shim reads on",
            Self::Stops => "after {\"cmd\":\"stop\"}, or at the end of its input, the shim ends with exit code 0",
            Self::Unsupported => "a policy member that cannot be obeyed is answered `unsupported`, never ignored",
            Self::Order => "answer each request with a line of its own, with its `seq`, and flush",
            Self::Genuine => "most often the key is taken in the wrong form, or a default of the library is in the way",
            Self::Altered => "if the library verifies the signature, the shim does not call what does",
            Self::Clock => "leave `clock` out where the library reads a clock that the shim cannot set",
        }
    }
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It holds; what was seen, where that says more.
    Holds(String),
    /// It does not: what was seen instead.
    Fails(String),
    /// It could not be tried, and why.
    Untried(&'static str),
}

/// A policy profile, and how the target did under it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tried {
    /// Accepted what is genuine and refused what is altered, under these algorithms or schemes.
    pub works: Vec<String>,
    /// Says that it cannot, and for want of what.
    pub lacks: BTreeMap<String, Vec<String>>,
}

/// All of it.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its greeting.
    pub info: Option<TargetInfo>,
    /// Each step with what came of it.
    pub steps: Vec<(Step, Outcome)>,
    /// By policy profile.
    pub policies: BTreeMap<Profile, Tried>,
    /// Verdicts a second, on one genuine input.
    pub rate: Option<f64>,
}

impl Check {
    /// Whether everything holds that could be tried.
    pub fn is_well(&self) -> bool {
        !self.steps.iter().any(|(_, outcome)| matches!(outcome, Outcome::Fails(_)))
    }
}

/// Checks a target; tokens for one that obeys no clock are dated from `real_now`, in Unix seconds.
pub fn check(settings: &Settings, real_now: i64) -> Check {
    let mut check = Check { info: None, steps: Vec::new(), policies: BTreeMap::new(), rate: None };
    let started = Instant::now();
    let mut process = Process::new(settings.clone());
    let info = match process.start() {
        Ok(info) => info,
        Err(Unusable(why)) => {
            check.steps.push((Step::Starts, Outcome::Fails(why)));
            return check;
        }
    };
    let took = started.elapsed().as_secs_f64();
    check.steps.push((
        Step::Starts,
        Outcome::Holds(format!("{} {} ({}), after {took:.2} s", info.name, info.version, info.language)),
    ));
    let shown = lines(settings).and_then(|lines| Ok((lines, stops(settings)?)));
    match shown {
        Ok((lines, stops)) => check.steps.extend([(Step::Lines, lines), (Step::Stops, stops)]),
        Err(Unusable(why)) => check.steps.push((Step::Lines, Outcome::Fails(why))),
    }
    let clocked = info.supports.contains(&Feature::Clock.into());
    let forge = Forge::new(if clocked { NOW } else { real_now });
    let cases = controls(&forge);
    let mut shower = Shower { process, info: &info, cases: &cases };
    check.steps.push((Step::Unsupported, shower.unsupported()));
    let (genuine, altered, policies) = shower.controls();
    let ahead = shower.order();
    check.rate = ahead.as_ref().ok().copied().flatten();
    check.steps.push((
        Step::Order,
        match ahead {
            Ok(Some(rate)) => Outcome::Holds(format!("{rate:.0} verdicts a second")),
            Ok(None) => Outcome::Untried("nothing genuine was accepted"),
            Err(why) => Outcome::Fails(why),
        },
    ));
    check.steps.extend([(Step::Genuine, genuine), (Step::Altered, altered), (Step::Clock, shower.clock())]);
    check.policies = policies;
    check.info = Some(info);
    check
}

/// Lines that are no requests, each with what is to be answered.
const NO_REQUESTS: &[(&[u8], &str, &str)] = &[
    (b"no JSON", "error", "bad-line"),
    (br#"{"cmd":"dance"}"#, "error", "unknown-cmd"),
    (br#"{"cmd":"start","protocol":99}"#, "error", "unknown-protocol"),
    (b"[]", "error", "bad-line"),
    (b"\xff\xfe", "error", "bad-line"),
];

fn lines(settings: &Settings) -> Result<Outcome, Unusable> {
    let start: &[u8] = br#"{"cmd":"start","protocol":1,"unknown":{"member":true}}"#;
    let sent: Vec<&[u8]> = NO_REQUESTS.iter().map(|(line, ..)| *line).chain([start]).collect();
    let said = process::converse(settings, &sent)?.said;
    for (nth, line) in sent.iter().enumerate() {
        let shown = String::from_utf8_lossy(line);
        let Some(answer) = said.get(nth) else {
            return Ok(Outcome::Fails(format!("no answer to `{shown}`")));
        };
        let answer_is = |member: &str, value: &Value| {
            serde_json::from_str::<Value>(answer).is_ok_and(|answer| answer.get(member) == Some(value))
        };
        let well = match NO_REQUESTS.get(nth) {
            Some((_, member, value)) => answer_is(member, &json!(value)),
            None => answer_is("protocol", &json!(1)),
        };
        if !well {
            return Ok(Outcome::Fails(format!("`{shown}` is answered `{answer}`")));
        }
    }
    Ok(Outcome::Holds(String::new()))
}

fn stops(settings: &Settings) -> Result<Outcome, Unusable> {
    let start: &[u8] = br#"{"cmd":"start","protocol":1}"#;
    let stop: &[u8] = br#"{"cmd":"stop"}"#;
    for (how, sent) in [("stop", vec![start, stop, start]), ("the end of its input", vec![start])] {
        let talk = process::converse(settings, &sent)?;
        if talk.said.len() > 1 {
            return Ok(Outcome::Fails(format!("after {how} it goes on to answer: `{}`", talk.said[1])));
        }
        match talk.status {
            None => return Ok(Outcome::Fails(format!("after {how} it does not end{}", talk.log))),
            Some(status) if !status.success() => {
                return Ok(Outcome::Fails(format!("after {how}: {status}{}", talk.log)));
            }
            Some(_) => {}
        }
    }
    Ok(Outcome::Holds(String::new()))
}

/// Of every profile and algorithm or scheme the first case, whose control is shown.
fn controls(forge: &Forge) -> Vec<Case> {
    let mut seen = std::collections::BTreeSet::new();
    let mut cases = attacks::suite(forge, |class| FAMILIES.iter().any(|family| class.starts_with(family)));
    // A configuration that should not be has no genuine tokens.
    cases.retain(|case| {
        case.profile != Profile::Misconfigured && seen.insert((case.profile, of_what(&case.control.policy)))
    });
    cases
}

/// The algorithms or the scheme of a policy, in a word.
fn of_what(policy: &Policy) -> String {
    if let Some(cookie) = &policy.cookie {
        return cookie.scheme.map_or("header", |scheme| scheme.as_str()).to_owned();
    }
    let needs = policy.needs().into_iter();
    let algorithms: Vec<&str> =
        needs.filter(|need| !matches!(need, Capability::Feature(_))).map(Capability::as_str).collect();
    if algorithms.is_empty() { "default".to_owned() } else { algorithms.join("+") }
}

struct Shower<'c> {
    process: Process,
    info: &'c TargetInfo,
    cases: &'c [Case],
}

impl Shower<'_> {
    fn ask(&mut self, requests: &[Request<'_>]) -> Result<Vec<Observation>, String> {
        let mut seen = Vec::with_capacity(requests.len());
        let asked = self.process.observe(requests, &mut |_, observation| {
            seen.push(observation);
            ControlFlow::Continue(())
        });
        asked.map(|()| seen).map_err(|Unusable(why)| why)
    }

    fn unsupported(&mut self) -> Outcome {
        let lists = |algorithm: &Algorithm| self.info.supports.contains(&(*algorithm).into());
        if !Algorithm::ALL.iter().any(lists) {
            return Outcome::Untried("it names no algorithm");
        }
        let Some(lacked) = Algorithm::ALL.iter().copied().find(|a| *a != Algorithm::None && !lists(a)) else {
            return Outcome::Untried("it lists every algorithm");
        };
        let policy = Policy { algorithms: Some(vec![lacked]), now: Some(NOW), ..Policy::default() };
        let request = Request { input: &Input::Token("a.b.c".to_owned()), policy: &policy };
        match self.ask(&[request]).map(|mut seen| seen.remove(0).answer) {
            Ok(Answer::Verdict(Verdict::Unsupported { feature })) => Outcome::Holds(feature),
            Ok(answer) => Outcome::Fails(format!("a policy of {lacked}, which it does not list, is answered {answer}")),
            Err(why) => Outcome::Fails(why),
        }
    }

    /// How it does with each control that it should be able to do.
    fn controls(&mut self) -> (Outcome, Outcome, BTreeMap<Profile, Tried>) {
        let cases = self.cases;
        let needs = Needs::of(self.info);
        let mut policies: BTreeMap<Profile, Tried> = BTreeMap::new();
        let mut able = Vec::new();
        for case in cases.iter().filter(|case| !needs.foreign(case)) {
            let what = of_what(&case.control.policy);
            match case.control.policy.needs().into_iter().find(|need| !self.info.supports.contains(need)) {
                Some(lacking) => {
                    let lacks = &mut policies.entry(case.profile).or_default().lacks;
                    lacks.entry(lacking.as_str().to_owned()).or_default().push(what);
                }
                None => able.push(case),
            }
        }
        let requests: Vec<Request<'_>> = able
            .iter()
            .flat_map(|case| {
                [&case.control.valid, &case.control.tampered]
                    .map(|input| Request { input, policy: &case.control.policy })
            })
            .collect();
        let seen = match self.ask(&requests) {
            Ok(seen) => seen,
            Err(why) => return (Outcome::Fails(why), Outcome::Untried("it was given up"), policies),
        };
        let (mut refused, mut accepted, mut asked, mut altered) = (Vec::new(), Vec::new(), 0, 0);
        for (case, answers) in able.iter().zip(seen.chunks(2)) {
            let name = format!("{} {}", case.profile, of_what(&case.control.policy));
            let tried = policies.entry(case.profile).or_default();
            if let Answer::Verdict(Verdict::Unsupported { feature }) = &answers[0].answer {
                tried.lacks.entry(feature.clone()).or_default().push(of_what(&case.control.policy));
                continue;
            }
            asked += 1;
            if let Err(why) = genuine(&answers[0].answer, &case.control.claims) {
                refused.push(format!("{name}: {why}"));
                continue;
            }
            // Where nothing is signed there is nothing to alter.
            let is_copy = case.control.tampered != case.control.valid;
            altered += usize::from(is_copy);
            if is_copy && matches!(answers[1].answer, Answer::Verdict(Verdict::Accept { .. })) {
                accepted.push(name);
                continue;
            }
            tried.works.push(of_what(&case.control.policy));
        }
        (
            summed(&refused, asked, "nothing is in what it supports"),
            summed(&accepted, altered, "nothing genuine was accepted that can be altered"),
            policies,
        )
    }

    /// Verdicts a second on one input that it accepts, sent ahead.
    fn order(&mut self) -> Result<Option<f64>, String> {
        let cases = self.cases;
        let mut needs = Needs::of(self.info);
        let able: Vec<&Case> =
            cases.iter().filter(|case| !needs.foreign(case) && needs.lacking(case).is_none()).collect();
        let requests: Vec<Request<'_>> =
            able.iter().map(|case| Request { input: &case.control.valid, policy: &case.control.policy }).collect();
        let seen = self.ask(&requests)?;
        let accepted =
            |observation: &Observation| matches!(observation.answer, Answer::Verdict(Verdict::Accept { .. }));
        // A MAC costs least, and so says most of the pipe.
        let is_mac =
            |case: &Case| case.profile == Profile::Pinned && of_what(&case.policy) == Algorithm::Hs256.as_str();
        let cheapest = able.iter().zip(&requests).zip(&seen).filter(|(_, seen)| accepted(seen));
        let Some(((_, request), _)) = cheapest.min_by_key(|((case, _), _)| !is_mac(case)) else { return Ok(None) };
        let (started, mut answered) = (Instant::now(), 0);
        while started.elapsed() < MEASURED && answered < MOST_MEASURED {
            let seen = self.ask(&vec![*request; BATCH])?;
            if let Some(other) = seen.iter().find(|observation| !accepted(observation)) {
                return Err(format!("the same input, accepted before, is answered {}", other.answer));
            }
            answered += seen.len();
        }
        Ok(Some(answered as f64 / started.elapsed().as_secs_f64()))
    }

    fn clock(&mut self) -> Outcome {
        if !self.info.supports.contains(&Feature::Clock.into()) {
            return Outcome::Untried("it lists no clock");
        }
        if !self.info.supports.contains(&Feature::Exp.into()) {
            return Outcome::Untried("it does not refuse by exp itself");
        }
        let cases = self.cases;
        let lists = |case: &&Case| case.control.policy.needs().iter().all(|need| self.info.supports.contains(need));
        let dated = |case: &&Case| case.profile == Profile::Pinned && case.control.claims.0.contains_key("exp");
        let Some(case) = cases.iter().filter(dated).find(lists) else { return Outcome::Untried("no pinned key works") };
        let exp = case.control.claims.0["exp"].as_i64().expect("the forge writes a whole number");
        let late = Policy { now: Some(exp + DAY), ..(*case.control.policy).clone() };
        let request = Request { input: &case.control.valid, policy: &late };
        match self.ask(&[request]).map(|mut seen| seen.remove(0).answer) {
            Ok(Answer::Verdict(Verdict::Accept { .. })) => Outcome::Fails(
                "the genuine token is accepted a day after its exp, by the clock that was given".to_owned(),
            ),
            Ok(_) => Outcome::Holds(String::new()),
            Err(why) => Outcome::Fails(why),
        }
    }
}

/// Whether it was accepted with what it says.
fn genuine(answer: &Answer, wanted: &Claims) -> Result<(), String> {
    match answer {
        Answer::Verdict(Verdict::Accept { claims, .. }) => {
            if let Some(pairs) = cookie::pairs(wanted) {
                let read = cookie::pairs(claims).unwrap_or_default();
                let whole = pairs.iter().all(|pair| read.contains(pair));
                return if whole { Ok(()) } else { Err("accepted, but its cookies are not handed on".to_owned()) };
            }
            let differing = claims.differing(wanted);
            if differing.is_empty() {
                Ok(())
            } else {
                Err(format!("accepted, but not as it was: {}", differing.join(", ")))
            }
        }
        Answer::Verdict(Verdict::Reject { detail, .. }) if !detail.is_empty() => Err(format!("{answer}: {detail}")),
        other => Err(other.to_string()),
    }
}

fn summed(wrong: &[String], total: usize, untried: &'static str) -> Outcome {
    match (wrong, total) {
        (_, 0) => Outcome::Untried(untried),
        ([], _) => Outcome::Holds(format!("{total} policies")),
        (wrong, _) => {
            let rest = wrong.len().saturating_sub(MOST_SHOWN);
            let shown = wrong[..wrong.len() - rest].join("\n");
            let rest = if rest == 0 { String::new() } else { format!("\nand {rest} more") };
            Outcome::Fails(format!("{} of {total} policies\n{shown}{rest}", wrong.len()))
        }
    }
}

/// Families that have every profile, algorithm and scheme among them.
const FAMILIES: [&str; 7] =
    ["control/", "alg-none/", "alg-confusion/", "hmac/", "jwe/", "cookie-header/hdr-sep", "protected-cookie/"];
/// Flaws that are shown of one step.
const MOST_SHOWN: usize = 5;
/// How long the rate is measured, and on how many inputs.
const MEASURED: Duration = Duration::from_millis(500);
const MOST_MEASURED: usize = 100_000;
const BATCH: usize = 512;
/// In seconds.
const DAY: i64 = 86_400;
