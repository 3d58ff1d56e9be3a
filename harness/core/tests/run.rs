//! The loop against strawmen and against targets that misbehave.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use token_assay::attacks;
use token_assay::endpoint::{self, Endpoint};
use token_assay::event::Event;
use token_assay::forge::{Forge, Keyring};
use token_assay::known::Known;
use token_assay::model::report::TargetInfo;
use token_assay::model::{
    Answer, Fault, Feature, Finding, Input, Level, Oracle, Outcome, Pair, Policy, Reason, Report, Request, Severity,
    Verdict, cookie,
};
use token_assay::oracles::cost;
use token_assay::regressions::Regression;
use token_assay::run::{Options, Subject, run, verifier};
use token_assay::strawman::Sound;
use token_assay::targets::process::{Lifetime, Process, Settings};
use token_assay::targets::{Driver, InProcess, Verifier};
use token_assay::weigh::weigh;

#[test]
fn the_sound_verifier_passes_and_a_strawman_is_found_out() {
    let report = run_of(vec![linked("sound"), linked("strawman-allows-none")], &["alg-none"], &[]);
    assert!(report.findings.iter().all(|finding| finding.target == "strawman-allows-none"), "{:?}", report.findings);
    let finding = find(&report, "none-empty-sig");
    assert_eq!((finding.oracle, finding.severity), (Oracle::Soundness, Severity::Critical));
    let of_class = report.findings.iter().filter(|finding| finding.case.class() == "none-empty-sig");
    assert!(of_class.map(|finding| finding.cases.len()).max() > Some(20), "many tokens of one bug are one finding");
    assert!(finding.others.iter().any(|(name, answer)| name == "sound" && answer.to_string() == "reject (algorithm)"));
    let sound = &report.targets[0];
    assert_eq!(sound.outcomes[&Outcome::Fail], 0);
    assert!(sound.outcomes[&Outcome::Pass] > 100);
}

#[test]
fn a_verifier_that_checks_no_signature_is_told_so_once_and_its_cases_prove_nothing() {
    let report = run_of(vec![linked("strawman-skips-signature")], &["alg-none"], &[]);
    assert!(report.findings.iter().all(|finding| finding.case.as_str().starts_with("run/tampered-control/")));
    let target = &report.targets[0];
    assert_eq!(target.outcomes[&Outcome::Pass], 0);
    assert!(target.outcomes[&Outcome::Inconclusive] > 100);
    assert!(!target.control_failures.is_empty());
}

#[test]
fn what_a_case_is_shown_after_is_not_judged_and_stands_in_the_finding() {
    let class = ["metamorphic/meta-cache-after-expiry", "metamorphic/meta-cache-confusion"];
    let report = run_of(vec![linked("sound"), linked("strawman-kept-past-expiry")], &class, &[]);
    assert!(report.findings.iter().all(|finding| finding.target == "strawman-kept-past-expiry"));
    let finding = find(&report, "meta-cache-after-expiry");
    let [earlier] = finding.before.as_slice() else { panic!("{:?}", finding.before) };
    assert_eq!(earlier.input, finding.input, "the same token, when it was valid");
    assert!(earlier.policy.now < finding.policy.now);
    // Alone it shows nothing, and after what it was shown after it does.
    let target = || verifier("strawman-kept-past-expiry").unwrap();
    let alone = move |finding: &Finding| target().verify(Request { input: &finding.input, policy: &finding.policy });
    let again = finding.clone();
    let (first, second) = std::thread::spawn(move || {
        let first = alone(&again);
        target().verify(again.before[0].request());
        (first, alone(&again))
    })
    .join()
    .unwrap();
    assert!(matches!((&first, &second), (Verdict::Reject { .. }, Verdict::Accept { .. })), "{first} {second}");
    let kept = Regression::read("kept", &serde_json::to_vec(&finding).unwrap()).unwrap();
    assert_eq!(kept.case().before, finding.before);
}

#[test]
fn a_verifier_whose_calls_meet_each_other_is_found_out() {
    let report = run_of(vec![in_process("shares", Shares::default())], &["alg-none/none-empty-sig"], &[]);
    let met = |finding: &Finding| finding.case.as_str().starts_with("run/") && finding.oracle == Oracle::Relation;
    assert!(report.findings.iter().any(met), "{:?}", report.findings);
    let report = run_of(vec![in_process("sound", Sound)], &["alg-none/none-empty-sig"], &[]);
    assert!(report.findings.is_empty());
}

/// Keeps the token that it verifies where every call can change it.
#[derive(Default)]
struct Shares(Mutex<Option<Input>>);

impl Verifier for Shares {
    fn info(&self) -> TargetInfo {
        Sound.info()
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        *self.0.lock().unwrap() = Some(request.input.clone());
        std::thread::sleep(Duration::from_micros(50));
        let input = self.0.lock().unwrap().clone().unwrap();
        Sound.verify(Request { input: &input, policy: request.policy })
    }
}

#[test]
fn a_verifier_that_refuses_its_controls_is_inconclusive_and_unusable() {
    let report = run_of(vec![linked("strawman-refuses-all")], &["alg-none/none-empty-sig"], &[]);
    assert_eq!(report.targets[0].outcomes[&Outcome::Pass], 0);
    assert!(report.targets[0].unusable.as_deref().unwrap().contains("refused the valid token of every policy"));
    assert_eq!(report.exit_code(Severity::Medium, Level::Should, false) as u8, 3);
}

#[test]
fn a_forgery_counts_although_the_control_was_refused() {
    let report = run_of(vec![in_process("backwards", Backwards)], &["alg-none/none-empty-sig"], &[]);
    let finding = find(&report, "none-empty-sig");
    assert!(finding.without_control);
    assert_eq!(report.targets[0].outcomes[&Outcome::Pass], 0);
}

#[test]
fn a_capability_that_is_lacking_is_a_skip_that_names_it() {
    let report = run_of(vec![in_process("only-hs256", OnlyHs256)], &["alg-none/none-empty-sig"], &[]);
    let target = &report.targets[0];
    assert!(target.outcomes[&Outcome::Skip] > 0 && target.outcomes[&Outcome::Pass] > 0);
    assert!(target.skipped_for.contains_key("RS256"), "{:?}", target.skipped_for);
}

#[test]
fn a_panic_is_a_finding_and_the_run_goes_on() {
    std::panic::set_hook(Box::new(|_| {}));
    let report =
        run_of(vec![in_process("panics", PanicsAtNone)], &["alg-none/none-empty-sig", "alg-none/none-synonyms"], &[]);
    let _ = std::panic::take_hook();
    let finding = find(&report, "none-empty-sig");
    assert_eq!(finding.oracle, Oracle::Robustness);
    assert_eq!(finding.observed.to_string(), "panic: at none");
    assert!(report.targets[0].outcomes[&Outcome::Pass] > 0);
}

#[test]
fn a_known_failure_is_no_failure_and_stale_entries_are_told() {
    let known = [
        Known::new("strawman-allows-none", "alg-none/none-*", "on purpose").unwrap(),
        Known::new("sound", "alg-none/*", "was once").unwrap(),
    ];
    let report = run_of(vec![linked("sound"), linked("strawman-allows-none")], &["alg-none"], &known);
    assert!(report.findings.iter().all(|f| f.outcome == Outcome::Known && f.known.as_deref() == Some("on purpose")));
    assert!(report.targets[1].outcomes[&Outcome::Known] > 0);
    assert_eq!(report.stale.len(), 1);
    assert_eq!(report.stale[0].because, "it no longer fails");
    let exit = |strict| report.exit_code(Severity::Medium, Level::Should, strict) as u8;
    assert_eq!((exit(false), exit(true)), (0, 5));
}

#[test]
fn state_between_calls_and_the_order_of_members_are_found() {
    let report = run_of(vec![linked("strawman-reads-in-order")], &["alg-none/none-empty-sig"], &[]);
    assert!(report.findings.iter().any(|f| f.oracle == Oracle::Relation && f.case.class() == "permuted-control"));
    let report = run_of(vec![linked("strawman-remembers")], &["alg-none/none-empty-sig"], &[]);
    assert!(
        report.findings.iter().any(|f| f.oracle == Oracle::Relation && f.case.class() == "repeated-control"),
        "{:?}",
        report.targets[0].control_failures
    );
}

#[test]
fn a_finding_that_is_kept_is_a_case_of_later_runs() {
    let report = run_of(vec![linked("strawman-allows-none")], &["alg-none/none-empty-sig"], &[]);
    let kept = serde_json::to_vec(find(&report, "none-empty-sig")).unwrap();
    let regressions = [Regression::read("unsigned", &kept).unwrap()];
    let subjects = vec![linked("sound"), linked("strawman-allows-none")];
    let report = run_with(subjects, &["regression"], &[], &regressions);
    assert_eq!(report.cases.len(), 1);
    let finding = find(&report, "unsigned");
    assert_eq!((finding.target.as_str(), finding.case.family()), ("strawman-allows-none", "regression"));
    assert!(report.classes.contains_key("regression/unsigned"));
    assert_eq!(report.targets[0].outcomes[&Outcome::Pass], 1);
    assert!(Regression::read("none", b"{}").is_err());
    assert!(token_assay::regressions::embedded().len() < 1000, "each of the corpus's is read");
}

#[test]
fn a_target_that_repeats_the_token_in_its_errors_is_cut_short() {
    let report = run_of(vec![in_process("echo", Echo)], &["alg-none/none-empty-sig"], &[]);
    let finding = report.findings.iter().find(|finding| finding.oracle == Oracle::Robustness).expect("it panics");
    assert!(finding.observed.to_string().chars().count() < 500);
    assert!(report.targets[0].unusable.as_deref().unwrap_or_default().len() < 1000);
}

#[test]
fn nothing_selected_is_not_green() {
    let report = run_of(vec![linked("sound")], &["no-such-family"], &[]);
    assert_eq!(report.exit_code(Severity::Medium, Level::Should, false) as u8, 4);
}

#[cfg(unix)]
mod shims {
    use super::*;

    #[test]
    fn each_way_of_misbehaving_is_charged_to_the_case_that_did_it() {
        for (misbehave, expected) in [
            ("exit 3", Fault::Crash("exit status: 3".to_owned())),
            ("echo oops >&2; exit 1", Fault::Crash("exit status: 1; oops".to_owned())),
            ("echo nonsense", Fault::Garbage("a line that is no answer: nonsense".to_owned())),
            (
                "echo '{\"seq\":77,\"verdict\":\"reject\"}'",
                Fault::Garbage("an answer to 77 where 5 was asked".to_owned()),
            ),
            ("sleep 60", Fault::Hang("no answer within 300 ms".to_owned())),
            ("echo '{\"seq\":5,\"verdict\":\"maybe\"}'", Fault::Garbage("no such verdict: maybe".to_owned())),
        ] {
            let answers = answers_of(&shim(misbehave), 40);
            for (seq, answer) in answers.iter().enumerate() {
                match seq {
                    5 => assert_eq!(*answer, expected.clone().into(), "{misbehave}"),
                    _ => assert_eq!(answer.to_string(), "reject (malformed)", "{misbehave}: {seq}"),
                }
            }
            assert_eq!(answers.len(), 40);
        }
    }

    #[test]
    fn answers_that_are_lost_with_a_dying_shim_are_asked_again_and_not_charged() {
        // In its first life the shim keeps its answers back, and dies with them at the sixth request.
        let marker = std::env::temp_dir().join(format!("assay-first-life-{}", std::process::id()));
        let _ = std::fs::remove_file(&marker);
        let path = marker.display();
        let hold = format!("[ -e '{path}' ] && exit 9; : > '{path}'; exit 9");
        let script = shim(&hold).replace("echo \"{\\\"seq", &format!("[ -e '{path}' ] && echo \"{{\\\"seq"));
        let answers = answers_of(&script, 8);
        let _ = std::fs::remove_file(&marker);
        for (seq, answer) in answers.iter().enumerate() {
            match seq {
                5 => assert_eq!(*answer, Fault::Crash("exit status: 9".to_owned()).into()),
                _ => assert_eq!(answer.to_string(), "reject (malformed)", "{seq}"),
            }
        }
        assert_eq!(answers.len(), 8);
    }

    #[test]
    fn a_shim_that_never_answers_is_given_up() {
        let mut process = Process::new(Settings::new(sh("exit 0"), Duration::from_secs(5)));
        assert!(process.start().unwrap_err().to_string().contains("ended before its hello"));
        let mut process =
            Process::new(Settings::new(vec!["no-such-program-at-all".to_owned()], Duration::from_secs(5)));
        assert!(process.start().unwrap_err().to_string().contains("could not be started"));
    }

    #[test]
    fn what_is_no_hello_is_told_in_words_that_help() {
        let hello = r#"{"protocol":1,"target":{"name":"sh","version":"1","language":"sh"},"supports":[]}"#;
        for (script, expected) in [
            (
                format!("echo 'Welcome to my shim'; echo '{hello}'; cat"),
                "is no hello but `Welcome to my shim`: what is for people",
            ),
            ("printf '\\377\\376{\\0\\n\\0'; cat".to_owned(), "UTF-16"),
            (format!("printf '\\357\\273\\277'; echo '{hello}'; cat"), "byte order mark"),
            ("echo '{\"protocol\":1}'; cat".to_owned(), "its hello cannot be read: missing field `target`"),
            (format!("echo '{}'; cat", hello.replace(":1,", ":2,")), "speaks protocol 2, not 1"),
            ("exec sleep 60".to_owned(), "no hello within 1 s"),
            ("echo broken >&2".to_owned(), "it ended before its hello: exit status: 0; broken"),
            ("exec >&-; sleep 60".to_owned(), "it ended before its hello: it closed its output and went on"),
        ] {
            let settings = Settings {
                start_timeout: Duration::from_secs(1),
                ..Settings::new(sh(&script), Duration::from_secs(1))
            };
            let started = Instant::now();
            let error = Process::new(settings).start().unwrap_err().to_string();
            assert!(error.contains(expected), "{script}: {error}");
            assert!(started.elapsed() < Duration::from_secs(10), "{script}");
        }
    }

    #[test]
    fn a_flood_of_lines_that_nobody_asked_for_is_charged_to_one_case() {
        let answers = answers_of(&shim("yes nonsense | head -c 50000000"), 8);
        assert_eq!(answers[5], Fault::Garbage("a line that is no answer: nonsense".to_owned()).into());
        assert!([0, 1, 2, 3, 4, 6, 7].iter().all(|seq| answers[*seq].to_string() == "reject (malformed)"));
        let endless = answers_of(&shim("yes | tr -d '\\n'"), 8);
        assert!(matches!(endless[5], Answer::Fault(Fault::Garbage(_) | Fault::Hang(_))), "{}", endless[5]);
    }

    #[test]
    fn a_process_serves_one_case_where_it_shall_live_for_one() {
        let script = shim("exit 3")
            .replace("while read", "n=0; while read")
            .replace("    *) seq", "    *) n=$((n+1)); [ $n = 1 ] || exit 9; seq");
        let settings = Settings::new(sh(&script), Duration::from_secs(5));
        let alone = Settings { lifetime: Lifetime::Case, ..settings.clone() };
        let crashes =
            |settings| answers_by(settings, 4).iter().filter(|answer| matches!(answer, Answer::Fault(_))).count();
        assert_eq!(crashes(alone), 0);
        assert!(crashes(settings) > 0, "the second request of a process ends it");
    }

    #[test]
    fn a_variable_of_the_environment_reaches_the_process() {
        let script = shim("exit 3").replace("reason\\\":\\\"malformed", "reason\\\":\\\"$REASON");
        let environment = vec![("REASON".to_owned(), "key".to_owned())];
        let settings = Settings { environment, ..Settings::new(sh(&script), Duration::from_secs(5)) };
        assert_eq!(answers_by(settings, 1)[0].to_string(), "reject (key)");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn no_process_is_left_behind_however_a_shim_ends() {
        // A number that no other process sleeps for.
        let nap = format!("31{:07}", std::process::id());
        let asleep = || {
            let of =
                |entry: std::fs::DirEntry| std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
            std::fs::read_dir("/proc")
                .unwrap()
                .flatten()
                .map(of)
                .filter(|line| line == &format!("sleep\0{nap}\0"))
                .count()
        };
        for misbehave in ["exit 3", "sleep NAP", "echo nonsense", "exec >&-", "wait"] {
            let script = format!("sleep NAP & {}", shim(misbehave)).replace("NAP", &nap);
            answers_of(&script, 8);
            // The system takes a moment to end what was killed.
            let until = Instant::now() + Duration::from_secs(5);
            while asleep() > 0 && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(10));
            }
            assert_eq!(asleep(), 0, "{misbehave}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn who_takes_more_memory_than_is_allowed_ends_and_the_machine_goes_on() {
        let reply = REPLY.replace(":0,", ":5,");
        let script = shim(&format!("x=$(head -c 100000000 /dev/zero | tr '\\0' a) || exit 3; x=; {reply}"));
        let settings = Settings { memory: Some(64 << 20), ..Settings::new(sh(&script), Duration::from_secs(20)) };
        let answers = answers_by(settings.clone(), 8);
        assert!(matches!(answers[5], Answer::Fault(Fault::Crash(_))), "{}", answers[5]);
        assert!([0, 1, 2, 3, 4, 6, 7].iter().all(|seq| answers[*seq].to_string() == "reject (malformed)"));
        assert_eq!(answers_by(Settings { memory: None, ..settings }, 6)[5].to_string(), "reject (malformed)");
    }

    #[test]
    fn a_shim_that_is_told_to_stop_can_tidy_up() {
        let marker = std::env::temp_dir().join(format!("assay-stopped-{}", std::process::id()));
        let _ = std::fs::remove_file(&marker);
        let script = shim("exit 3")
            .replace("    *) seq", &format!("    *'\"stop\"'*) : > '{}'; exit 0 ;;\n    *) seq", marker.display()));
        answers_of(&script, 3);
        assert!(marker.exists());
        std::fs::remove_file(&marker).unwrap();
    }

    #[test]
    fn neither_side_waits_for_the_other_when_both_pipes_are_full() {
        // Requests and answers larger than a pipe, and a shim that reads nothing while it writes.
        let script =
            shim("exit 3").replace("reject", &format!("reject\\\",\\\"detail\\\":\\\"{}", "d".repeat(100_000)));
        let mut process = Process::new(Settings::new(sh(&script), Duration::from_secs(20)));
        let input = Input::Token("x".repeat(100_000));
        let policy = Policy::default();
        let mut seen = 0;
        process
            .observe(&vec![Request { input: &input, policy: &policy }; 64], &mut |seq, observation| {
                seen += usize::from(observation.answer.to_string().starts_with("reject") || seq == 5);
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(seen, 64);
    }

    /// That it is kept is the system's doing, and not done for root: what is seen is that it was asked for, by what the target starts.
    #[test]
    #[cfg(target_os = "linux")]
    fn how_many_processes_a_target_may_start_is_limited_where_that_is_said() {
        let limits = "set -- $(grep processes /proc/self/limits); seq=0; \
                      echo '{\"seq\":0,\"verdict\":\"reject\",\"reason\":\"other\",\"detail\":\"'$3'\"}'";
        let script = shim("exit 3").replace("    *) seq", &format!("    *) {limits} ;;\n    *) seq"));
        let settings = Settings::new(sh(&script), Duration::from_secs(20));
        let told = |settings: Settings| format!("{:?}", answers_by(settings, 1)[0]);
        let limited = told(Settings { processes: Some(34_567), ..settings.clone() });
        assert!(limited.contains("34567"), "{limited}");
        assert!(!told(settings).contains("34567"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_memory_that_an_input_takes_is_told_from_what_a_plain_one_takes() {
        let large = "x=$(head -c 48000000 /dev/zero | tr '\\0' a); x=";
        let script =
            shim("exit 3").replace("    *) seq", &format!("    *large*) {large}; seq=0; {REPLY} ;;\n    *) seq"));
        let mut process = Process::new(Settings::new(sh(&script), Duration::from_secs(20)));
        let [plain, input] = ["plain", "large"].map(|text| Input::Token(text.to_owned()));
        let weighed = weigh(&mut process, &Policy::default(), &input, &plain).unwrap().expect("it answers");
        assert_eq!(weighed.seen.answer.to_string(), "reject (malformed)");
        let (held, plain) = (weighed.cost.octets.unwrap(), weighed.cost.plain_octets.unwrap());
        assert!(held > 40_000_000 && plain < 4_000_000, "{held} {plain}");
        let because = cost::judge_beside(&weighed.cost).expect("it is out of proportion").because.unwrap();
        assert!(because.contains("MiB of memory") || because.contains("times as long"), "{because}");
    }

    const REPLY: &str = r#"echo '{"seq":0,"verdict":"reject","reason":"malformed"}'"#;

    fn answers_of(script: &str, requests: usize) -> Vec<Answer> {
        answers_by(Settings::new(sh(script), Duration::from_millis(300)), requests)
    }

    fn answers_by(settings: Settings, requests: usize) -> Vec<Answer> {
        let mut process = Process::new(settings);
        let input = Input::Token("x".to_owned());
        let policy = Policy::default();
        let requests = vec![Request { input: &input, policy: &policy }; requests];
        let mut answers = Vec::new();
        process
            .observe(&requests, &mut |_, observation| {
                answers.push(observation.answer);
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        answers
    }

    /// A shim in shell that refuses everything, but does this at the sixth request.
    fn shim(misbehave: &str) -> String {
        format!(
            "while read -r line; do\n  case \"$line\" in\n    *'\"start\"'*) echo '{{\"protocol\":1,\"target\":{{\"name\":\"sh\",\
             \"version\":\"1\",\"language\":\"sh\"}},\"supports\":[]}}' ;;\n    *'\"seq\":5,'*) {misbehave} ;;\n    *) \
             seq=${{line#*'\"seq\":'}}; seq=${{seq%%,*}}; \
             echo \"{{\\\"seq\\\":$seq,\\\"verdict\\\":\\\"reject\\\",\\\"reason\\\":\\\"malformed\\\"}}\" ;;\n  esac\ndone\n"
        )
    }

    fn sh(script: &str) -> Vec<String> {
        vec!["sh".to_owned(), "-c".to_owned(), script.to_owned()]
    }
}

fn run_of(subjects: Vec<Subject>, selection: &[&str], known: &[Known]) -> Report {
    run_with(subjects, selection, known, &[])
}

/// Answers as the sound verifier does, and says that tokens of which something is bounded took two seconds.
struct Late {
    sound: InProcess<Sound>,
    /// How often each token is late.
    times: usize,
    /// How much of that time others had the processor.
    waits: bool,
    seen: BTreeMap<Vec<u8>, usize>,
    waited: Duration,
}

const TWO_SECONDS: Duration = Duration::from_secs(2);

impl Driver for Late {
    fn start(&mut self) -> Result<TargetInfo, token_assay::targets::Unusable> {
        self.sound.start()
    }

    fn observe(
        &mut self,
        requests: &[Request<'_>],
        seen: &mut dyn FnMut(usize, token_assay::model::Observation) -> std::ops::ControlFlow<()>,
    ) -> Result<(), token_assay::targets::Unusable> {
        let (late, times) = (&mut self.seen, self.times);
        let mut slow = 0;
        let result = self.sound.observe(requests, &mut |index, mut observation| {
            let shown = late.entry(requests[index].input.octets().to_vec()).or_default();
            *shown += 1;
            observation.elapsed = if *shown <= times { TWO_SECONDS } else { Duration::from_micros(20) };
            slow += u32::from(*shown <= times);
            seen(index, observation)
        });
        if self.waits {
            self.waited += TWO_SECONDS * slow;
        }
        result
    }

    fn waited(&mut self) -> Option<Duration> {
        self.waits.then_some(self.waited)
    }
}

#[test]
fn what_is_late_is_shown_again_before_it_is_told_and_waiting_for_a_processor_is_nobodys_fault() {
    let findings = |times, waits| {
        let sound = InProcess(Sound, Duration::from_secs(60));
        let late = Late { sound, times, waits, seen: BTreeMap::new(), waited: Duration::ZERO };
        let subject = Subject { name: "late".into(), driver: Box::new(late) };
        let report = run_of(vec![subject], &["dos"], &[]);
        report.findings.iter().filter(|finding| finding.oracle == Oracle::Robustness).count()
    };
    assert_eq!(findings(0, false), 0, "who is never late");
    assert_eq!(findings(1, false), 0, "who was late once");
    assert!(findings(usize::MAX, false) > 0, "who is always late");
    assert_eq!(findings(usize::MAX, true), 0, "who waited for a processor");
}

/// Two targets that ask, one that does not, side by side: what is asked for is charged to who asked, whatever the verdict.
#[test]
fn a_fetch_is_a_finding_of_whoever_made_it_though_the_token_is_refused() {
    let names = ["strawman-fetches", "sound", "strawman-uses-keys-at-jku"];
    let selection = ["key-injection", "kid-url"];
    let endpoint = Endpoint::open().expect("nobody else has the port for long");
    let subjects = || names.map(linked).into_iter().chain([in_process("asks-later", AsksLater)]).collect();
    let report = run_watched(subjects(), &selection, &[], &[], Some(&endpoint), &|_| {});
    drop(endpoint);
    let fetched = |target: &str| -> BTreeSet<&str> {
        let of_target = report.findings.iter().filter(|finding| finding.target == target);
        of_target.filter(|finding| finding.oracle == Oracle::Robustness).map(|finding| finding.case.class()).collect()
    };
    assert_eq!(fetched("strawman-fetches"), BTreeSet::from(["jku-any-fetch", "kid-url"]));
    assert_eq!(fetched("asks-later"), BTreeSet::from(["jku-any-fetch"]));
    assert!(report.findings.iter().all(|finding| finding.target != "sound"));
    // It takes the key from the address, and asks nobody: a campaign has no listener.
    assert_eq!(fetched("strawman-uses-keys-at-jku"), BTreeSet::new());
    let finding = find(&report, "kid-url");
    assert!(matches!(finding.observed, Answer::Verdict(Verdict::Reject { .. })), "{:?}", finding.observed);
    assert!(finding.title.contains("GET http://127.0.0.1:17515/fetch/kid-url/"), "{}", finding.title);
    assert_eq!((finding.severity, finding.level), (Severity::High, Level::Must));
    let unwatched = run_watched(subjects(), &selection, &[], &[], None, &|_| {});
    assert!(unwatched.findings.iter().all(|finding| finding.oracle != Oracle::Robustness));
    let asked = |report: &Report| report.cases.iter().filter(|case| case.id.class() == "jku-any-fetch").count();
    assert_eq!(asked(&report), asked(&unwatched));
}

/// Answers at once as the sound verifier does, and asks for jku in another thread.
struct AsksLater;

impl Verifier for AsksLater {
    fn info(&self) -> TargetInfo {
        TargetInfo { name: "asks-later".to_owned(), ..verifier("sound").unwrap().info() }
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        let (input, policy) = (request.input.clone(), request.policy.clone());
        let watched = endpoint::watched_in(&input).is_some_and(|path| path.ends_with("-jku"));
        if watched {
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(5));
                verifier("strawman-fetches").unwrap().verify(Request { input: &input, policy: &policy })
            });
        }
        verifier("sound").unwrap().verify(request)
    }
}

fn run_with(subjects: Vec<Subject>, selection: &[&str], known: &[Known], regressions: &[Regression]) -> Report {
    run_heard(subjects, selection, known, regressions, &|_| {})
}

fn run_heard(
    subjects: Vec<Subject>,
    selection: &[&str],
    known: &[Known],
    regressions: &[Regression],
    listener: &(dyn Fn(Event<'_>) + Sync),
) -> Report {
    run_watched(subjects, selection, known, regressions, None, listener)
}

fn run_watched(
    subjects: Vec<Subject>,
    selection: &[&str],
    known: &[Known],
    regressions: &[Regression],
    endpoint: Option<&Endpoint>,
    listener: &(dyn Fn(Event<'_>) + Sync),
) -> Report {
    let stop = AtomicBool::new(false);
    let options = Options {
        keyring: Keyring::corpus(),
        now: 1_700_000_000,
        real_now: 1_700_000_000,
        started: "2026-01-01T00:00:00Z".to_owned(),
        seed: 0,
        selection: selection.iter().map(|id| (*id).to_owned()).collect(),
        wanted: &|_| true,
        regressions,
        known,
        repeat: 1,
        jobs: 2,
        max_time: None,
        max_findings: None,
        stop: &stop,
        timing: false,
        endpoint,
    };
    run(subjects, &options, listener)
}

fn find<'r>(report: &'r Report, class: &str) -> &'r Finding {
    report.findings.iter().find(|finding| finding.case.class() == class).expect("it is found")
}

fn linked(name: &str) -> Subject {
    in_process(name, verifier(name).expect("it is linked"))
}

fn in_process(name: &str, verifier: impl Verifier + 'static) -> Subject {
    Subject { name: name.to_owned(), driver: Box::new(InProcess(verifier, Duration::from_secs(2))) }
}

/// Accepts unsigned tokens and refuses signed ones.
struct Backwards;

impl Verifier for Backwards {
    fn info(&self) -> TargetInfo {
        Sound.info()
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        match verifier("strawman-allows-none").expect("a strawman").verify(request) {
            Verdict::Accept { claims, .. } if request.input.text().is_some_and(|text| text.ends_with('.')) => {
                Verdict::accept(claims.0)
            }
            _ => Verdict::reject(Reason::Other, "backwards"),
        }
    }
}

struct OnlyHs256;

impl Verifier for OnlyHs256 {
    fn info(&self) -> TargetInfo {
        let supports =
            ["HS256", "secret", "clock", "exp", "nbf"].map(|name| name.parse().expect("a capability")).to_vec();
        TargetInfo { name: "only-hs256".to_owned(), supports, ..Sound.info() }
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        Sound.verify(request)
    }
}

struct PanicsAtNone;

impl Verifier for PanicsAtNone {
    fn info(&self) -> TargetInfo {
        Sound.info()
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        // `{"alg":"none"` in base64url.
        assert!(!request.input.text().unwrap_or_default().starts_with("eyJhbGciOiJub25lI"), "at none");
        Sound.verify(request)
    }
}

/// Reads headers, and hands on what this makes of the cookies.
struct Reads(fn(Vec<Pair>) -> Vec<Pair>);

impl Verifier for Reads {
    fn info(&self) -> TargetInfo {
        TargetInfo { supports: vec![Feature::Cookie.into()], ..Sound.info() }
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        let Verdict::Accept { claims, header } = Sound.verify(request) else { return Verdict::reject(None, "") };
        let pairs = cookie::pairs(&claims).expect("the sound reader reads cookies");
        Verdict::Accept { claims: cookie::claims(&(self.0)(pairs)), header }
    }
}

/// Takes its time over what has a long `alg`, and answers as it should.
struct Slow(Duration);

impl Verifier for Slow {
    fn info(&self) -> TargetInfo {
        Sound.info()
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        let verdict = Sound.verify(request);
        if request.input.octets().len() > 1 << 16 && matches!(verdict, Verdict::Reject { .. }) {
            std::thread::sleep(self.0);
        }
        verdict
    }
}

#[test]
fn a_bounded_case_is_weighed_beside_a_plain_token_as_long() {
    let slow = |milliseconds| in_process("slow", Slow(Duration::from_millis(milliseconds)));
    let case = "alg-type/alg-huge-string/pinned-es256";
    let report = run_of(vec![slow(0), linked("sound")], &[case], &[]);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let cost = report.cases[0].results["sound"].cost.expect("it was weighed");
    assert!(cost.nanoseconds > 0 && cost.plain_nanoseconds > 0 && cost.octets.is_none());
    let report = run_of(vec![slow(600)], &[case], &[]);
    let finding = find(&report, "alg-huge-string");
    assert_eq!((finding.oracle, finding.level), (Oracle::Robustness, Level::Must));
    assert!(finding.title.contains("times as long as for a plain token of the same length"), "{}", finding.title);
    let [input, twin] = [&finding.input, &finding.twin].map(|input| input.octets().len());
    assert!(input.abs_diff(twin) < 4, "{input} {twin}");
    assert!(matches!(Sound.verify(Request { input: &finding.twin, policy: &finding.policy }), Verdict::Accept { .. }));
    assert!(report.cases[0].results["slow"].cost.is_some());
}

/// The sound verifier, which writes down what it is shown.
struct Recorder(Arc<Mutex<Vec<Input>>>);

impl Verifier for Recorder {
    fn info(&self) -> TargetInfo {
        Sound.info()
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        self.0.lock().unwrap().push(request.input.clone());
        Sound.verify(request)
    }
}

#[test]
fn what_a_case_is_shown_after_goes_right_before_it() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let class = "metamorphic/meta-cache-confusion";
    run_of(vec![in_process("recorder", Recorder(Arc::clone(&seen)))], &[class], &[]);
    let seen = seen.lock().unwrap();
    let sequences = attacks::suite(&Forge::new(1_700_000_000), |id| id == class);
    assert!(!sequences.is_empty());
    for case in sequences {
        let wanted: Vec<&Input> = case.before.iter().map(|earlier| &earlier.input).chain([&case.input]).collect();
        assert!(wanted.len() > 1, "{} has no past", case.id);
        let in_turn = seen.windows(wanted.len()).any(|window| window.iter().eq(wanted.iter().copied()));
        assert!(in_turn, "{}", case.id);
    }
}

/// Refuses every header with an octet in it that no value of the controls has.
struct Strict;

impl Verifier for Strict {
    fn info(&self) -> TargetInfo {
        Reads(std::convert::identity).info()
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        match request.input {
            Input::Cookie(header) if header.wire().starts_with(b"=") => Verdict::reject(None, "a name is missing"),
            _ => Sound.verify(request),
        }
    }
}

fn of_name(pairs: Vec<Pair>, keep: fn(&[Pair]) -> Option<&Pair>) -> Vec<Pair> {
    let (own, mut rest): (Vec<Pair>, Vec<Pair>) = pairs.into_iter().partition(|pair| pair.name() == b"sid");
    rest.extend(keep(&own).cloned());
    rest
}

#[test]
fn a_cost_that_grows_faster_than_its_input_is_a_finding() {
    let targets = vec![linked("sound"), linked("strawman-quadratic-escapes")];
    let told = Mutex::new(Vec::new());
    let listener = |event: Event<'_>| {
        if let Event::Judged { target, case, .. } = event {
            told.lock().unwrap().push((target.to_owned(), case.to_string()));
        }
    };
    let report = run_heard(targets, &["cookie-header/hdr-quadratic-escape"], &[], &[], &listener);
    let told = told.into_inner().unwrap();
    assert_eq!(told.len(), 2 * report.cases.len());
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), told.len(), "a case that is weighed is told once");
    let finding = find(&report, "hdr-quadratic-escape");
    assert_eq!((finding.oracle, finding.target.as_str()), (Oracle::Robustness, "strawman-quadratic-escapes"));
    assert!(finding.title.contains("times as long for 16 times the input"), "{}", finding.title);
    assert!(finding.case.variant().ends_with("-16x"), "{}", finding.case);
    assert_eq!(report.targets[0].outcomes[&Outcome::Fail], 0, "the sound reader is linear");
}

#[test]
fn a_target_is_shown_only_what_it_deals_in() {
    let both = ["cookie-header/hdr-sep-comma", "alg-none/none-empty-sig", "protected-cookie/sig-bitflip"];
    let readers = || vec![in_process("only-hs256", OnlyHs256), in_process("reads", Reads(std::convert::identity))];
    let report = run_of(readers(), &both, &[]);
    for case in &report.cases {
        let of_cookies = case.id.family() == "cookie-header";
        assert_eq!(case.results.contains_key("reads"), of_cookies, "{}", case.id);
        assert_eq!(case.results.contains_key("only-hs256"), case.id.family() == "alg-none", "{}", case.id);
    }
    assert!(report.cases.iter().any(|case| case.id.family() == "protected-cookie"));
    let report = run_of(readers(), &both[..1], &[]);
    let names: Vec<&str> = report.targets.iter().map(|target| target.info.name.as_str()).collect();
    assert_eq!(names, ["reads"], "who deals in nothing that was wanted is not told of");
}

#[test]
fn a_reader_that_loses_the_cookies_of_its_control_proves_nothing() {
    let report = run_of(vec![in_process("blind", Reads(|_| Vec::new()))], &["cookie-header/hdr-sep-comma"], &[]);
    assert_eq!(report.targets[0].outcomes[&Outcome::Pass], 0);
    assert!(report.targets[0].unusable.as_deref().unwrap().contains("refused the valid token of every policy"));
}

#[test]
fn a_header_that_is_refused_is_told_as_a_refusal_and_weighs_less() {
    let report = run_of(vec![in_process("strict", Strict)], &["cookie-header/hdr-nameless-eq"], &[]);
    let finding = find(&report, "hdr-nameless-eq");
    assert_eq!(
        (finding.oracle, finding.level, finding.severity),
        (Oracle::Completeness, Level::Should, Severity::Medium)
    );
    assert_eq!(finding.title, "The whole header was refused, and the session cookie with it.");
    let report = run_of(vec![linked("strawman-skips-equals")], &["cookie-header/hdr-nameless-eq"], &[]);
    let finding = find(&report, "hdr-nameless-eq");
    assert_eq!((finding.oracle, finding.level, finding.severity), (Oracle::Soundness, Level::Must, Severity::High));
}

#[test]
fn readers_that_pick_another_of_two_cookies_differ_and_one_that_hands_on_both_does_not() {
    let targets = vec![
        in_process("first", Reads(|pairs| of_name(pairs, <[Pair]>::first))),
        in_process("last", Reads(|pairs| of_name(pairs, <[Pair]>::last))),
        linked("sound"),
    ];
    let report = run_of(targets, &["cookie-header/hdr-dup-name-order"], &[]);
    let blamed: Vec<(&str, Oracle, Level)> =
        report.findings.iter().map(|finding| (finding.target.as_str(), finding.oracle, finding.level)).collect();
    assert_eq!(blamed, [("first", Oracle::Agreement, Level::May), ("last", Oracle::Agreement, Level::May)]);
}

#[test]
fn a_reader_that_takes_quotes_away_differs_from_one_that_does_not_and_it_alone_is_told() {
    let targets = vec![in_process("unquotes", Reads(unquoted)), linked("sound")];
    let report = run_of(targets, &["cookie-header/hdr-quoted-plain"], &[]);
    let blamed: Vec<(&str, Oracle)> =
        report.findings.iter().map(|finding| (finding.target.as_str(), finding.oracle)).collect();
    assert_eq!(blamed, [("unquotes", Oracle::Agreement)]);
}

fn unquoted(pairs: Vec<Pair>) -> Vec<Pair> {
    let unquoted = |value: &[u8]| {
        let inner = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
        inner.unwrap_or(value).to_vec()
    };
    pairs.into_iter().map(|pair| Pair::new(pair.name(), unquoted(pair.value()))).collect()
}

#[test]
fn a_cookie_that_was_found_is_kept_as_a_regression() {
    let report = run_of(vec![linked("strawman-splits-at-commas")], &["cookie-header/hdr-sep-comma"], &[]);
    let json = serde_json::to_vec(find(&report, "hdr-sep-comma")).unwrap();
    let case = Regression::read("comma", &json).unwrap().case();
    assert!(matches!(
        Sound.verify(Request { input: &case.control.valid, policy: &case.control.policy }),
        Verdict::Accept { .. }
    ));
    let falls = |name: &str| !case.expectation.admits(&verifier(name).unwrap().verify(case.request()));
    assert!(falls("strawman-splits-at-commas") && !falls("sound"));
}

#[test]
fn a_text_that_says_two_things_is_critical_only_where_the_forged_one_is_handed_on() {
    let class = "serialization/polyglot-member-name";
    let worst = |name: &str| {
        let report = run_of(vec![linked(name)], &[class], &[]);
        report.findings.iter().map(|finding| finding.severity).max()
    };
    assert_eq!(worst("strawman-reads-json"), Some(Severity::High), "the genuine claims are handed on");
    assert_eq!(worst("strawman-verifies-then-splits"), Some(Severity::Critical));
}

#[test]
fn claims_that_nobody_asked_for_are_not_held_against_who_leaves_dates_to_the_application() {
    struct Dateless;
    impl Verifier for Dateless {
        fn info(&self) -> TargetInfo {
            let mut info = Sound.info();
            info.supports.retain(|capability| ![Feature::Exp.into(), Feature::Nbf.into()].contains(capability));
            info
        }
        fn verify(&self, request: Request<'_>) -> Verdict {
            Sound.verify(request)
        }
    }
    for class in ["claims/sub-type", "time/nbf-not-checked-by-default"] {
        let report = run_of(vec![in_process("dateless", Dateless), linked("sound")], &[class], &[]);
        for case in &report.cases {
            assert_eq!(case.results["dateless"].outcome, Outcome::Skip, "{}", case.id);
            assert_eq!(case.results["sound"].outcome, Outcome::Pass, "{}", case.id);
        }
        assert!(!report.cases.is_empty());
    }
}

/// Panics with the token, over and over.
struct Echo;

impl Verifier for Echo {
    fn info(&self) -> TargetInfo {
        Sound.info()
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        panic!("{}", request.input.text().unwrap_or_default().repeat(100))
    }
}

#[test]
fn outcomes_add_up_to_the_cases() {
    let report = run_of(vec![linked("sound"), in_process("only-hs256", OnlyHs256)], &[], &[]);
    for target in &report.targets {
        let shown = report.cases.iter().filter(|case| case.results.contains_key(&target.info.name)).count();
        assert_eq!(target.outcomes.values().sum::<u64>(), shown as u64);
    }
    let by_outcome: BTreeMap<_, usize> = report.cases.iter().fold(BTreeMap::new(), |mut counts, case| {
        if let Some(result) = case.results.get("only-hs256") {
            *counts.entry(result.outcome).or_default() += 1;
        }
        counts
    });
    assert_eq!(by_outcome[&Outcome::Skip] as u64, report.targets[1].outcomes[&Outcome::Skip]);
}
