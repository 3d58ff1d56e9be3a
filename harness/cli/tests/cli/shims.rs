//! Targets in other languages: what starts them, what installs them, what is wrong with them, and the museum.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Place, Said};

const ASSAY: &str = env!("CARGO_BIN_EXE_assay");

#[test]
fn a_target_without_a_file_is_a_command() {
    let place = Place::new();
    place.write("my shim.sh", format!("exec {ASSAY} worker strawman-allows-none\n"));
    let by = |verb: &str, text: &str, rest: &str| {
        let mut command = place.command(verb);
        Said::by(command.args(["--target-cmd", text]).args(rest.split_whitespace()))
    };
    let said = by("run", "sh 'my shim.sh'", "none-empty-sig -q").ended(1);
    assert!(said.out.contains("my shim.sh"), "{}", said.out);
    assert!(place.report().targets.len() == 1, "no other target is tried");
    assert!(by("replay", "sh 'my shim.sh'", "").ended(1).out.starts_with("STILL "));
    by("run", "sh 'my shim.sh", "").ended(2).with_error("is no command", "a quote is not closed", "");
    by("run", "", "").ended(2).with_error("is no command", "it is empty", "");
    let fuzzed = by("fuzz", "sh 'my shim.sh'", "--max-cases 3000 --seed 7 -q --engine generate --out campaign");
    fuzzed.ended(1);
}

#[test]
fn a_target_of_the_file_runs_in_the_folder_of_the_file_with_its_variables() {
    let place = Place::with(
        "[[target]]\nname = \"a\"\ncommand = [\"sh\", \"shim.sh\"]\nlifetime = \"case\"\nenv = { ANSWERS_AS = \"sound\" }\n\
         [[target]]\nname = \"b\"\ncommand = [\"sh\", \"../shim.sh\"]\nfolder = \"inner\"\nenv = { ANSWERS_AS = \"sound\" }\n",
    );
    place.write("shim.sh", format!("echo $$ >> \"$(dirname \"$0\")/starts\"; exec {ASSAY} worker $ANSWERS_AS\n"));
    fs::create_dir(place.path("inner")).expect("the folder is ours");
    let mut inside = place.command("run -t a -t b none-empty-sig -q");
    Said::by(inside.current_dir(place.path("inner"))).ended(0);
    let starts = place.read("starts").lines().count();
    assert!(starts > 20, "one process a case of a, one for all of b: {starts}");
    place.write("assay.toml", "[[target]]\nname = \"a\"\ncommand = [\"x\"]\nlifetime = \"day\"\n");
    place.assay("run").ended(2).with_error("line 4 is wrong", "unknown variant `day`", "");
}

#[test]
fn a_check_says_in_one_screen_what_is_wrong_with_a_shim() {
    let place = Place::new();
    let check =
        |text: &str| Said::by(place.command("check --timeout 2s --start-timeout 2s").args(["--target-cmd", text]));
    let sound = check(&format!("{ASSAY} worker sound")).ended(0).out;
    assert!(sound.contains("ok   refuses an altered copy") && sound.contains("pinned-claims        HS256"), "{sound}");
    assert!(!sound.contains("FAIL"), "{sound}");

    let strawman = check(&format!("{ASSAY} worker strawman-skips-signature")).ended(3).out;
    assert!(strawman.contains("FAIL refuses an altered copy"), "{strawman}");
    assert!(strawman.contains("hint: if the library verifies the signature"), "{strawman}");

    for (script, flaw) in [
        ("echo Welcome; cat", "FAIL starts, and greets: its first line is no hello but `Welcome`"),
        ("exit 7", "FAIL starts, and greets: it ended before its hello: exit status: 7"),
        ("sleep 60", "FAIL starts, and greets: no hello within 2 s"),
    ] {
        let started = Instant::now();
        let said = check(&format!("sh -c '{script}'")).ended(3).out;
        assert!(said.contains(flaw), "{script}: {said}");
        assert!(started.elapsed() < Duration::from_secs(30), "{script}");
    }
    place.write("deaf.sh", format!("{ASSAY} worker sound; sleep 60\n"));
    let said = check("sh deaf.sh").ended(3).out;
    assert!(said.contains("FAIL ends by itself when it is told to: after stop it does not end"), "{said}");
    place.write("lies.sh", format!("{ASSAY} worker sound | sed -u 's/\"seq\":7,/\"seq\":70,/'\n"));
    let said = check("sh lies.sh").ended(3).out;
    assert!(said.contains("an answer to 70 where 7 was asked"), "{said}");
    for (answers_as, edit, flaw) in [
        ("sound", "s/bad-line/oops/", "FAIL answers lines that are no requests, and goes on: `no JSON` is answered"),
        ("sound", "s/\"ES256K\",//", "FAIL answers unsupported to what it does not list: a policy of ES256K"),
        ("sound", "s/\"verdict\":\"accept\"/\"verdict\":\"reject\"/", "FAIL accepts what is genuine"),
        ("sound", "s/\"sub\":\"user-1\"/\"sub\":\"else\"/", "accepted, but not as it was: sub"),
        (
            "strawman-time-ignores-exp",
            "",
            "FAIL obeys the clock that it is given: the genuine token is accepted a day after",
        ),
    ] {
        place.write("edited.sh", format!("{ASSAY} worker {answers_as} | sed -u '{edit}'\n"));
        let said = check("sh edited.sh").ended(3).out;
        assert!(said.contains(flaw), "{edit}: {said}");
        // What refuses everything has refused no altered copy for a reason.
        let refuses = flaw.contains("accepts what is genuine");
        assert_eq!(said.contains("-    refuses an altered copy"), refuses, "{edit}: {said}");
    }
    place.assay("check").ended(2).with_error("there is no target to check", "", "--target-cmd");
}

/// A place that looks like a checkout, with shims whose package managers are scripts.
fn checkout() -> Place {
    let place = Place::new();
    for folder in ["harness/model", "harness/shims", "harness/museum", "bin"] {
        fs::create_dir_all(place.path(folder)).expect("the folder is ours");
    }
    place.write("harness/model/Cargo.toml", "");
    place
}

fn add_shim(place: &Place, name: &str, rest: &str) {
    fs::create_dir_all(place.path(&format!("harness/shims/{name}"))).expect("the folder is ours");
    place.write(
        &format!("harness/shims/{name}/target.toml"),
        format!("name = \"{name}\"\nlanguage = \"sh\"\nlibrary = \"lib-{name}\"\n{rest}"),
    );
}

fn in_checkout(place: &Place, arguments: &str) -> Said {
    Said::by(place.command(arguments).env("ASSAY_CACHE", place.path("cache")))
}

#[test]
fn shims_are_installed_once_and_what_cannot_be_is_said() {
    let place = checkout();
    let command = format!("command = [\"{ASSAY}\", \"worker\", \"sound\"]\n");
    add_shim(
        &place,
        "well",
        &format!(
            "install = [[\"sh\", \"-c\", \"echo made >> '{{cache}}/made'\"]]\n{command}[[variant]]\nname = \"well-too\"\narguments = []\nwhat = \"the same\"\n"
        ),
    );
    add_shim(
        &place,
        "fails",
        &format!("install = [[\"sh\", \"-c\", \"echo no such package >&2; exit 4\"]]\n{command}"),
    );
    add_shim(
        &place,
        "lacks",
        "install = [[\"no-such-manager\"]]\ncommand = [\"no-such-language\"]\ndebian = [\"some-package\"]\n",
    );
    add_shim(&place, "absent", &format!("probe = [\"false\"]\ndebian = [\"liblib\"]\ninstall = []\n{command}"));
    let listed = in_checkout(&place, "targets").ended(0).out;
    assert!(listed.contains("well-too") && !listed.contains("installed"), "{listed}");

    let said = in_checkout(&place, "targets install all").ended(3).out;
    for line in [
        "well: installed",
        "exit status: 4: no such package",
        "lacks: skipped: this machine has no no-such-language and no no-such-manager (Debian: some-package)",
        "absent: skipped: this machine has no lib-absent (Debian: liblib)",
        "1 installed, 0 there already, 2 skipped, 1 failed",
        "what was skipped comes with: apt-get install liblib some-package",
    ] {
        assert!(said.contains(line), "wanted `{line}` in:\n{said}");
    }
    assert!(in_checkout(&place, "targets install well").ended(0).out.contains("well: there already"));
    assert!(in_checkout(&place, "targets install w* --anew").ended(0).out.contains("well: installed"));
    assert_eq!(place.read("cache/shims/well/made"), "made\n", "an installation begins with an empty folder");
    in_checkout(&place, "targets install wel").ended(2).with_error(
        "no shim is called `wel`",
        "",
        "did you mean `well`?",
    );

    // What is installed is a target where it is named, and one of all.
    in_checkout(&place, "run -t well-too none-empty-sig -q --out one").ended(0);
    // Linked crates are among them, whatever they answer.
    let all = in_checkout(&place, "run --all none-empty-sig -q --out all");
    assert!([0, 1].contains(&all.code), "{}", all.err);
    let names: Vec<String> =
        crate::support::report_in(&place.path("all")).targets.into_iter().map(|target| target.info.name).collect();
    assert!(names.contains(&"well".to_owned()) && names.contains(&"well-too".to_owned()), "{names:?}");
    assert!(!in_checkout(&place, "run none-empty-sig -q --out usual --format json").out.contains("well-too"));
    add_shim(&place, "second", &command.replace("command", "comand"));
    in_checkout(&place, "targets").ended(2).with_error("target.toml is no shim's", "unknown field `comand`", "README");
    let elsewhere = Place::new();
    elsewhere.assay("targets").ended(2).with_error("there is no folder of shims here", "", "`shims` in assay.toml");
}

#[test]
fn the_museum_tells_the_wrong_release_from_the_mended_one() {
    let place = checkout();
    // A python3 whose venv has a pip that keeps what it is given.
    let pip = "#!/bin/sh\nfor pin in \"$@\"; do last=$pin; done\n[ \"$last\" = none==1 ] && { echo 'no matching distribution' >&2; exit 1; }\necho \"$last\" > \"$(dirname \"$0\")/pin\"\n";
    place.write(
        "bin/python3",
        format!("#!/bin/sh\nmkdir -p \"$3/bin\"\ncat > \"$3/bin/pip\" <<'E'\n{pip}E\nchmod +x \"$3/bin/pip\"\n"),
    );
    fs::set_permissions(place.path("bin/python3"), fs::Permissions::from_mode(0o755)).expect("the file is ours");
    add_shim(&place, "lib", "command = [\"sh\", \"shim.sh\", \"{cache}\"]\n");
    let target = place.read("harness/shims/lib/target.toml").replace("\"sh\"\nlib", "\"python\"\nlib");
    place.write("harness/shims/lib/target.toml", target);
    place.write(
        "harness/shims/lib/shim.sh",
        format!("case $(cat \"$1/bin/pin\") in lib==3) {ASSAY} worker strawman-allows-none | sed -u '/admin/s/\"verdict\":\"accept\"/\"fault\":\"oops\"/' ;; lib==1) exec {ASSAY} worker strawman-allows-none ;; *) exec {ASSAY} worker sound ;; esac\n"),
    );
    let release = |id: &str, wrong: &str, classes: &str| {
        format!(
            "[[release]]\nid = \"{id}\"\nshim = \"lib\"\npackage = \"lib\"\nvulnerable = [\"{wrong}\"]\nfixed = [\"lib==2\"]\n\
             classes = [\"{classes}\"]\nprecondition = \"none\"\n"
        )
    };
    let table = release("CVE-1", "lib==1", "alg-none/*")
        + &release("CVE-2", "lib==1", "time/*")
        + &release("CVE-3", "none==1", "time/*");
    place.write("harness/museum/sh.toml", table);
    let path = format!("{}:{}", place.path("bin").display(), std::env::var("PATH").expect("there is one"));
    let museum =
        |arguments: &str| Said::by(place.command(arguments).env("ASSAY_CACHE", place.path("cache")).env("PATH", &path));
    assert!(museum("museum list").ended(0).out.contains("CVE-2"));
    let found = museum("museum run CVE-1 -q --out found").ended(0).out;
    assert!(found.contains("| CVE-1 | lib | lib==1 | lib==2 |") && found.contains("`alg-none/"), "{found}");
    assert_eq!(place.read("found/museum.md"), found);
    let missed = museum("museum run CVE-[12] -q --out missed").ended(1).out;
    assert!(
        missed.contains("**missed**: no case tells the two apart") && missed.contains("1 of 2 found, 0 not tried"),
        "{missed}"
    );
    // What falls over in one and accepts in the other fails in both, and is another failure.
    let other = release("CVE-4", "lib==3", "alg-none/*").replace("lib==2", "lib==1");
    place.write("harness/museum/other.toml", other);
    assert!(museum("museum run CVE-4 -q --out other").ended(0).out.contains("1 of 1 found"));
    let untried = museum("museum run CVE-3 -q --out untried").ended(3).out;
    assert!(untried.contains("no matching distribution"), "{untried}");
    museum("museum run CVE-9").ended(2).with_error("no exhibit is called CVE-9", "", "assay museum list");
    let told = place
        .read("harness/museum/sh.toml")
        .replace("classes = [\"time/*\"]", "classes = [\"time/*\"]\nmissed = \"it is out of reach\"");
    place.write("harness/museum/sh.toml", told);
    assert!(museum("museum run CVE-2 -q --out told").ended(0).out.contains("it is out of reach"));
}

#[test]
fn each_starter_is_a_sound_shim_where_its_language_is() {
    let place = Place::new();
    for (language, file, program, command) in [
        ("python", "shim.py", "python3", "python3 shim.py"),
        ("javascript", "shim.js", "node", "node shim.js"),
        ("ruby", "shim.rb", "ruby", "ruby shim.rb"),
        ("php", "shim.php", "php", "php shim.php"),
        ("go", "shim.go", "go", "go run shim.go"),
        ("java", "Shim.java", "java", "java Shim.java"),
    ] {
        let starter = place.assay(format!("shim {language}")).ended(0).out;
        place.write(file, starter);
        if !Command::new(program).arg("--version").output().is_ok_and(|_| true) {
            eprintln!("skipped: {language}: this machine has no {program}");
            continue;
        }
        let with = |arguments: &str| {
            let mut verb = place.command(arguments);
            // Go keeps what it builds where its user is at home.
            Said::by(verb.args(["--target-cmd", command]))
        };
        let checked = with("check --quiet").ended(0).out;
        assert!(checked.contains(": ok ("), "{language}: {checked}");
        with("run alg-none alg-confusion time claims -q").ended(0);
    }
    assert!(place.assay("shim rust").ended(0).out.contains("impl Verifier for"));
}
