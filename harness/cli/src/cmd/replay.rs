//! `assay replay`: exactly the recorded bytes again. FIXED, STILL or ERROR.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use token_assay::attacks::{self, scene::MARGIN};
use token_assay::endpoint::{self, Endpoint};
use token_assay::forge::{Forge, Keyring, NOW};
use token_assay::generate;
use token_assay::oracles::{self, cost::Cost};
use token_assay::run::{self, Subject};
use token_assay::weigh::{Weighed, has_plain_twin, weigh, work};
use token_assay_model::{
    Answer, Case, Claims, Control, Earlier, ExitCode, Expectation, Feature, Finding, Input, Observation, Oracle,
    Outcome, Request, Verdict, deep,
};

use super::sessions::kept::{self, Found};
use super::sessions::live;
use super::subjects::{self, Commands, Driving};
use super::{Configuration, common, service};
use crate::config::{Config, parse_duration};
use crate::error::{Error, Result};
use crate::store;

/// Which finding, and what to do with it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The start of a fingerprint, a finding's JSON file (also one of `assay sessions`), or nothing: every finding of the report.
    finding: Option<String>,
    /// The report.json, events.ndjson, run folder or campaign's folder that holds it [default: the latest run].
    #[arg(long, value_name = "PATH")]
    from: Option<PathBuf>,
    /// Print the finding as a Rust #[test] instead.
    #[arg(long)]
    as_test: bool,
    /// Keep the finding as a regression: a file that `run` shows again.
    #[arg(long, value_name = "NAME")]
    save_regression: Option<String>,
    /// How long one answer may take.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "2s")]
    timeout: Duration,
    /// Call linked targets directly instead of in a child process.
    #[arg(long)]
    in_process: bool,
    /// Write what is said on the pipes to this file, keys and tokens in clear.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["in_process", "service", "as_test", "save_regression"])]
    trace_protocol: Option<PathBuf>,
    #[command(flatten)]
    commands: Commands,
    #[command(flatten)]
    of_service: service::Flags,
    #[command(flatten)]
    config: Configuration,
}

const EXAMPLES: &str = "Examples:
  assay replay                             # every finding of the latest run
  assay replay 87aeae97                    # one, by its fingerprint
  assay replay 87aeae97 --as-test          # as a #[test]
  assay replay --service                   # those of the running service, forged anew";

/// What a replay shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Replayed {
    Fixed,
    Still,
    Error,
}

/// Replays.
pub(crate) fn run(arguments: &Arguments) -> Result {
    if let Some(found) = of_sessions(arguments)? {
        return again(arguments, &found);
    }
    let findings = findings(arguments)?;
    if arguments.as_test {
        let tests: Vec<String> = findings.iter().map(as_test).collect::<Result<_>>()?;
        crate::print(&tests.join("\n"));
        return Ok(ExitCode::Clean);
    }
    if let Some(name) = &arguments.save_regression {
        let [finding] = findings.as_slice() else {
            return Err(Error::usage("--save-regression keeps one finding").hint("name it by its fingerprint"));
        };
        return save_regression(name, finding);
    }
    let mut config = arguments.config.read()?;
    arguments.commands.join(&mut config)?;
    let (keyring, _) = common::keyring(&config)?;
    let trace = arguments.trace_protocol.as_deref().map(super::run::trace).transpose()?;
    let driving = Driving { timeout: arguments.timeout, in_process: arguments.in_process, trace };
    let stop = if arguments.of_service.service { common::stop_on_interrupt()? } else { Arc::default() };
    let mut results = Vec::new();
    for finding in &findings {
        let (result, observed) = if arguments.of_service.service {
            shown_to_service(finding, arguments, &config, &stop)?
        } else {
            replay(finding, &config, &driving, &keyring)
        };
        crate::print(&format!("{} {}\n", word(result), describe(finding, &observed)));
        results.push(result);
    }
    if findings.len() > 1 {
        let count = |wanted| results.iter().filter(|result| **result == wanted).count();
        let (fixed, still, error) = (count(Replayed::Fixed), count(Replayed::Still), count(Replayed::Error));
        crate::print(&format!("{fixed} fixed, {still} still, {error} could not be replayed\n"));
    }
    Ok(if results.contains(&Replayed::Error) {
        ExitCode::TargetUnusable
    } else if results.contains(&Replayed::Still) {
        ExitCode::Findings
    } else {
        ExitCode::Clean
    })
}

/// Shows the case of a finding to the running service that it is about: forged anew, since its dates may have passed and its token
/// may have been replaced by a hash.
fn shown_to_service(
    finding: &Finding,
    arguments: &Arguments,
    config: &Config,
    stop: &AtomicBool,
) -> Result<(Replayed, String)> {
    let Some(dialogue) = arguments.of_service.dialogue(config)? else {
        return Err(Error::usage("assay.toml has no [service]"));
    };
    if finding.target != dialogue.service.name {
        let why = format!("it is about {}, and the service is {}", finding.target, dialogue.service.name);
        return Ok((Replayed::Error, why));
    }
    Ok(match service::again(dialogue, finding, stop)? {
        service::Again::Still(observed) => (Replayed::Still, format!("{observed} (forged anew)")),
        service::Again::Gone(observed) => (Replayed::Fixed, format!("{observed} (forged anew)")),
        service::Again::CannotTell(why) => (Replayed::Error, why),
    })
}

/// What `assay sessions` found, where the file holds that: its scripts are run again, and nothing else can be done with them.
fn of_sessions(arguments: &Arguments) -> Result<Option<Found>> {
    let Some(file) = arguments.finding.as_ref().map(PathBuf::from).filter(|path| path.is_file()) else {
        return Ok(None);
    };
    // What is no JSON is told of by who reads other findings.
    kept::read(&file).or_else(|error| if error.code == ExitCode::NothingRan { Err(error) } else { Ok(None) })
}

fn again(arguments: &Arguments, found: &Found) -> Result {
    if arguments.as_test || arguments.save_regression.is_some() {
        let error = Error::usage("a finding of sessions is a script, and holds no token to keep");
        return Err(error.hint("replay it without --as-test and --save-regression"));
    }
    let is_of_reference = |finding| kept::store_of(finding).is_some();
    if found.inquiries.is_empty() && found.model.iter().all(is_of_reference) {
        return kept::replayed(&found.model);
    }
    live::replayed(&arguments.config.read()?, found)
}

fn findings(arguments: &Arguments) -> Result<Vec<Finding>> {
    if let Some(file) = arguments.finding.as_ref().map(PathBuf::from).filter(|path| path.is_file()) {
        return read_finding(&file).map(|finding| vec![finding]);
    }
    let all = store::read_findings(arguments.from.as_deref())?;
    let Some(start) = &arguments.finding else {
        return if all.is_empty() {
            Err(Error::usage("the report holds no finding").code(ExitCode::NothingRan))
        } else {
            Ok(all)
        };
    };
    let chosen: Vec<Finding> =
        all.into_iter().filter(|finding| finding.fingerprint.0.starts_with(start.as_str())).collect();
    if chosen.is_empty() {
        let error = Error::usage(format!("no finding's fingerprint starts with `{start}`"));
        return Err(error.hint("`assay report` shows the latest run's findings; --from names another report"));
    }
    Ok(chosen)
}

fn read_finding(file: &std::path::Path) -> Result<Finding> {
    let unread = || Error::usage(format!("{} is no finding", file.display()));
    let octets = std::fs::read(file).map_err(|error| unread().because(error))?;
    let hint = "give a finding's JSON or a fingerprint, and a report with --from";
    let value: serde_json::Value = deep::read(&octets).map_err(|error| {
        let cause = if error.is_eof() { "it ends in the middle".to_owned() } else { error.to_string() };
        unread().because(cause).hint(hint)
    })?;
    if let Some(findings) = value.get("findings").and_then(serde_json::Value::as_array) {
        let error = unread().because(format!("it is a report with {} findings", findings.len()));
        return Err(error.hint("give it with --from"));
    }
    serde_json::from_value(value).map_err(|error| unread().because(error).hint(hint))
}

fn replay(finding: &Finding, config: &Config, driving: &Driving, keyring: &Keyring) -> (Replayed, String) {
    if is_hidden(finding) {
        return (Replayed::Error, format!("{HIDDEN}; run again with --show-secrets"));
    }
    let mut subject = match subjects::find(std::slice::from_ref(&finding.target), config, driving) {
        Ok(mut subjects) => subjects.remove(0),
        Err(error) => return (Replayed::Error, error.what),
    };
    let shown = subject.driver.start().map_err(|unusable| unusable.0).and_then(|info| {
        if info.supports.contains(&Feature::Clock.into()) || is_fresh(finding) {
            return seen_again(&mut subject, finding);
        }
        let anew = dated_anew(finding, keyring)?;
        let (result, observed) = seen_again(&mut subject, &anew)?;
        Ok((result, format!("{observed} (dated anew, since the target has no clock to set back)")))
    });
    match shown {
        Ok(replayed) => replayed,
        Err(why) => (Replayed::Error, why),
    }
}

fn seen_again(subject: &mut Subject, finding: &Finding) -> std::result::Result<(Replayed, String), String> {
    if has_plain_twin(finding) && matches!(finding.observed, Answer::Verdict(_)) {
        return weighed(subject, finding);
    }
    show_and_judge(subject, finding)
}

/// What it costs beside its twin, which is as long.
fn weighed(subject: &mut Subject, finding: &Finding) -> std::result::Result<(Replayed, String), String> {
    subject.driver.renew();
    let weighed = weigh(&mut *subject.driver, &finding.policy, &finding.input, &finding.twin);
    let Weighed { cost, seen } = weighed.map_err(|unusable| unusable.0)?.ok_or("it was not shown")?;
    if matches!(seen.answer, Answer::Verdict(Verdict::Unsupported { .. })) {
        return Ok((Replayed::Error, seen.answer.to_string()));
    }
    let judgement = oracles::judge(&case(finding), &seen).or_else(|| oracles::cost::judge_beside(&cost));
    let result = if judgement.is_some() { Replayed::Still } else { Replayed::Fixed };
    let because = judgement.and_then(|judgement| judgement.because).unwrap_or_default();
    Ok((result, format!("{}{}{because}", seen.answer, if because.is_empty() { "" } else { ": " })))
}

fn is_hidden(finding: &Finding) -> bool {
    finding.input.text().is_some_and(|text| text.starts_with("sha256:"))
}

/// Whether the recorded token's times still mean what they meant: valid tokens have an hour's margin.
fn is_fresh(finding: &Finding) -> bool {
    let now = jiff::Timestamp::now().as_second();
    finding.policy.now.is_none_or(|then| (now - then).abs() < MARGIN / 2)
}

/// The same case of the catalogue forged now, or the same recipe of a campaign made now.
fn dated_anew(finding: &Finding, keyring: &Keyring) -> std::result::Result<Finding, String> {
    let class = format!("{}/{}", finding.case.family(), finding.case.class());
    let forge = Forge::with_keys(keyring.clone(), jiff::Timestamp::now().as_second());
    if finding.recipe.is_some() {
        let why = "its dates have passed, the target has no clock to set back, and made anew it is another fault";
        return generate::again(&forge, finding).ok_or_else(|| why.to_owned());
    }
    let cases = attacks::suite(&forge, |id| id == class);
    let case = cases.into_iter().find(|case| case.id == finding.case).ok_or_else(|| {
        "its dates have passed, the target has no clock to set back, and the catalogue does not hold the case"
            .to_owned()
    })?;
    let Case { input, policy, expectation: expected, before, .. } = case;
    Ok(Finding { input, policy, expected, before, ..finding.clone() })
}

/// Shows the input and judges; where it names the endpoint, with somebody there, as in the run.
fn show_and_judge(subject: &mut Subject, finding: &Finding) -> std::result::Result<(Replayed, String), String> {
    let Some(path) = endpoint::named_in(&finding.input) else { return Ok(judge(finding, &show(subject, finding)?)) };
    let taken = |error| format!("its token names port {}, which cannot be had: {error}", endpoint::PORT);
    let endpoint = Endpoint::open().map_err(taken)?;
    let seen = show(subject, finding)?;
    if !run::is_fetch(finding) {
        return Ok(judge(finding, &seen));
    }
    let fetched = endpoint.wait_for(&path, run::LATE);
    Ok(match fetched.and_then(|fetch| run::judge_fetch(&fetch, &path).because) {
        Some(because) => (Replayed::Still, because),
        None => (Replayed::Fixed, seen[seen.len() - 1].answer.to_string()),
    })
}

/// Shows the input; what contradicts an answer of the same target is shown in turn with the twin, often.
fn show(subject: &mut Subject, finding: &Finding) -> std::result::Result<Vec<Observation>, String> {
    let request = |input| Request { input, policy: &finding.policy };
    let first = first_of_series(finding);
    let requests = match (finding.oracle, &first) {
        (Oracle::Relation, _) => [&finding.twin, &finding.input].map(request).repeat(TURNS),
        (_, Some((_, first))) => {
            let mut seen = Vec::with_capacity(2 * TURNS);
            for input in [first, &finding.input].repeat(TURNS) {
                seen.extend(work(&mut *subject.driver, request(input)).map_err(|unusable| unusable.0)?);
            }
            return Ok(seen);
        }
        _ => finding.before.iter().map(Earlier::request).chain([request(&finding.input)]).collect(),
    };
    let mut seen = Vec::with_capacity(requests.len());
    let observed = subject.driver.observe(&requests, &mut |_, observation| {
        seen.push(observation);
        std::ops::ControlFlow::Continue(())
    });
    observed.map_err(|unusable| unusable.0)?;
    if seen.is_empty() { Err("it was not shown".to_owned()) } else { Ok(seen) }
}

/// The shortest input of the series whose cost a finding is about, and how long the finding's own is beside it.
fn first_of_series(finding: &Finding) -> Option<(u32, Input)> {
    let Expectation::Linear { times, .. } = finding.expected else { return None };
    let class = format!("{}/{}", finding.case.family(), finding.case.class());
    let cases = attacks::suite(&Forge::new(NOW), |id| id == class);
    let first = |case: &Case| matches!(case.expectation, Expectation::Linear { times: 1, .. });
    let first = cases.into_iter().find(|case| case.id.series() == finding.case.series() && first(case))?;
    Some((times, first.input))
}

/// Whether the cost of one of a series is still out of proportion, as answers to the first of the series and to the finding's input
/// in turn show.
fn is_steep(expected: &Expectation, seen: &[Observation]) -> bool {
    let Expectation::Linear { times, .. } = *expected else { return false };
    let shortest = |start: usize| seen.iter().skip(start).step_by(2).map(|seen| seen.elapsed).min();
    let cost = |times, start| shortest(start).map(|elapsed| Cost { times, elapsed });
    cost(1, 0).zip(cost(times, 1)).is_some_and(|(first, last)| oracles::cost::judge(&[first, last]).is_some())
}

/// What the observations show, and the one that shows it.
fn judge(finding: &Finding, seen: &[Observation]) -> (Replayed, String) {
    let last = &seen[seen.len() - 1];
    if matches!(last.answer, Answer::Verdict(Verdict::Unsupported { .. })) {
        return (Replayed::Error, last.answer.to_string());
    }
    let telling = match finding.oracle {
        Oracle::Relation => seen.iter().find(|observation| !same_answer(&seen[0].answer, &observation.answer)),
        // What contradicted it was another target's answer: it stands as long as the same answer is given.
        Oracle::Agreement => Some(last).filter(|last| same_answer(&finding.observed, &last.answer)),
        Oracle::Robustness if is_steep(&finding.expected, seen) => Some(last),
        _ => Some(last).filter(|last| oracles::judge(&case(finding), last).is_some()),
    };
    let result = if telling.is_some() { Replayed::Still } else { Replayed::Fixed };
    (result, telling.unwrap_or(last).answer.to_string())
}

fn same_answer(a: &Answer, b: &Answer) -> bool {
    match (a, b) {
        (Answer::Verdict(Verdict::Accept { claims: a, .. }), Answer::Verdict(Verdict::Accept { claims: b, .. })) => {
            a.same_as(b)
        }
        (Answer::Verdict(a), Answer::Verdict(b)) => std::mem::discriminant(a) == std::mem::discriminant(b),
        _ => false,
    }
}

/// The case that the finding was about.
fn case(finding: &Finding) -> Case {
    let control = Control {
        policy: Arc::clone(&finding.policy),
        valid: finding.twin.clone(),
        claims: Claims::default(),
        tampered: finding.twin.clone(),
        permuted: finding.twin.clone(),
    };
    Case {
        id: finding.case.clone(),
        input: finding.input.clone(),
        policy: Arc::clone(&finding.policy),
        profile: finding.profile,
        expectation: finding.expected.clone(),
        level: finding.level,
        severity: finding.severity,
        needs: Vec::new(),
        plain: None,
        withheld: Vec::new(),
        control: control.into(),
        before: finding.before.clone(),
    }
}

fn word(result: Replayed) -> &'static str {
    match result {
        Replayed::Fixed => "FIXED",
        Replayed::Still => "STILL",
        Replayed::Error => "ERROR",
    }
}

fn describe(finding: &Finding, observed: &str) -> String {
    let Finding { fingerprint, target, case, .. } = finding;
    format!("{fingerprint}  {target}  {case}  expected {}, observed {observed}", finding.expected)
}

/// An error where the finding holds no token to keep.
fn shown(finding: &Finding) -> Result<()> {
    if is_hidden(finding) {
        let error = Error::usage(format!("finding {} cannot be kept", finding.fingerprint)).because(HIDDEN);
        return Err(error.hint("run again with --show-secrets"));
    }
    Ok(())
}

/// A test that a maintainer can paste: token and policy as they are, and what must hold.
pub(super) fn as_test(finding: &Finding) -> Result<String> {
    shown(finding)?;
    let input = match &finding.input {
        Input::Token(text) => format!("Input::Token({text:?}.to_owned())"),
        Input::Bytes(octets) => format!("Input::Bytes(vec!{octets:?})"),
        Input::Cookie(_) => {
            let json = serde_json::to_string(&finding.input).expect("an input is JSON");
            format!("serde_json::from_str::<Input>(r##\"{json}\"##).unwrap()")
        }
    };
    let expected = serde_json::to_string(&finding.expected).expect("an expectation is JSON");
    let admits = format!(
        "serde_json::from_str::<token_assay::model::Expectation>(r##\"{expected}\"##).unwrap().admits(&verdict)"
    );
    let before = match finding.before.as_slice() {
        [] => String::new(),
        before => {
            let json = serde_json::to_string(before).expect("what was shown is JSON");
            format!(
                "let before: Vec<token_assay::model::Earlier> = serde_json::from_str(r##\"{json}\"##).unwrap();\n    \
                 before.iter().for_each(|earlier| drop(verifier.verify(earlier.request())));\n    "
            )
        }
    };
    let name: String = finding.case.as_str().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let policy = serde_json::to_string_pretty(&*finding.policy).expect("a policy is JSON");
    let (listens, after) = if run::is_fetch(finding) { (LISTENS, WAITS) } else { ("", "") };
    let holds = match (&finding.expected, finding.oracle) {
        _ if run::is_fetch(finding) => "!asked.is_finished()",
        (Expectation::Cookies(_), _) => admits.as_str(),
        (Expectation::Accept { .. }, _) => "matches!(verdict, Verdict::Accept { .. })",
        (Expectation::Reject { .. }, _) => "matches!(verdict, Verdict::Reject { .. })",
        _ => "!matches!(verdict, Verdict::Unsupported { .. })",
    };
    Ok(format!(
        "/// {title}\n/// Expected: {expected}. Assay {fingerprint}.\n#[test]\nfn {name}_{fingerprint}() {{\n    \
         use token_assay::model::{{Input, Policy, Request, Verdict}};\n    use token_assay::targets::Verifier;\n\n    \
         let token = {input};\n    let policy: Policy = serde_json::from_str(r##\"{policy}\"##).unwrap();\n    \
         let verifier = MyVerifier; // yours\n{listens}    {before}let verdict = verifier.verify(Request {{ input: &token, policy: &policy }});\n{after}    \
         assert!({holds}, \"{{verdict}}\");\n}}\n",
        title = finding.title,
        expected = finding.expected,
        fingerprint = finding.fingerprint,
    ))
}

fn save_regression(name: &str, finding: &Finding) -> Result {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !plain {
        return Err(Error::usage(format!("`{name}` is no name")).hint("lower-case words joined by hyphens"));
    }
    shown(finding)?;
    let folder = store::checkout().map_or_else(|| PathBuf::from(REGRESSIONS), |root| root.join("corpus/regressions"));
    let kept = Finding {
        others: Vec::new(),
        cases: vec![finding.case.clone()],
        outcome: Outcome::Fail,
        known: None,
        ..finding.clone()
    };
    let mut octets = serde_json::to_vec_pretty(&kept).expect("a finding is JSON");
    octets.push(b'\n');
    let path = folder.join(format!("{name}.json"));
    store::write_whole(&path, &octets)?;
    crate::print(&format!("{}\n", path.display()));
    Ok(ExitCode::Clean)
}

/// In a test: somebody at the address that the token names, who hangs up on whoever asks; and a moment for those who ask late.
const LISTENS: &str = "    let endpoint = std::net::TcpListener::bind((\"127.0.0.1\", 17515)).unwrap();\n    \
                       let asked = std::thread::spawn(move || drop(endpoint.accept()));\n";
const WAITS: &str = "    std::thread::sleep(std::time::Duration::from_millis(250));\n";

/// How often twin and input are shown in turn to a target that contradicted itself.
const TURNS: usize = 32;

const HIDDEN: &str = "its token was replaced by a hash";

/// Where regressions are kept outside a checkout.
pub(super) const REGRESSIONS: &str = "assay-regressions";
