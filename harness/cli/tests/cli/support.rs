//! A folder of its own for each test, and the binary run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use serde_json::Value;
use tempfile::TempDir;
use token_assay_model::{Outcome, Report};

/// A folder in which `assay` is run.
pub(crate) struct Place(TempDir);

/// How `assay` ended and what it said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("the system has a folder for temporary files"))
    }

    /// A folder with this `assay.toml`.
    pub(crate) fn with(config: &str) -> Self {
        let place = Self::new();
        place.write("assay.toml", config);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("the folder is ours");
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The binary with these arguments, in this folder, without what the caller's environment would change.
    pub(crate) fn command(&self, arguments: impl AsRef<str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        command.current_dir(self.0.path()).args(arguments.as_ref().split_whitespace());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("ASSAY_") || ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"].contains(&&*text) {
                command.env_remove(name);
            }
        }
        command
    }

    pub(crate) fn assay(&self, arguments: impl AsRef<str>) -> Said {
        Said::by(&mut self.command(arguments))
    }

    /// The report of the last run.
    pub(crate) fn report(&self) -> Report {
        report_in(&self.path("assay-report"))
    }

    /// The lines of the last run's log.
    pub(crate) fn events(&self) -> Vec<Value> {
        let lines = self.read("assay-report/events.ndjson");
        lines.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
    }
}

impl Said {
    pub(crate) fn by(command: &mut Command) -> Self {
        let output = command.output().expect("the binary was built for this test");
        let code = output.status.code().unwrap_or(-1);
        let text = |octets| String::from_utf8(octets).expect("only text is written");
        Self { code, out: text(output.stdout), err: text(output.stderr) }
    }

    /// The same, once it is known to have ended so.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// The same, once it is known to be one error: this, its cause and its hint where they are given, and no more.
    #[track_caller]
    pub(crate) fn with_error(self, what: &str, cause: &str, hint: &str) -> Self {
        assert_eq!(self.out, "", "stdout is for results; stderr:\n{}", self.err);
        assert_eq!(self.err.matches("error:").count(), 1, "one message:\n{}", self.err);
        for (label, text) in [("error: ", what), ("  cause: ", cause), ("  hint:  ", hint)] {
            let line = self.err.lines().find(|line| line.starts_with(label)).unwrap_or_default();
            assert!(text.is_empty() || line.contains(text), "wanted `{label}…{text}…` in:\n{}", self.err);
            assert!(!text.is_empty() || line.is_empty(), "wanted no `{label}` in:\n{}", self.err);
        }
        self
    }
}

pub(crate) fn report_in(folder: &Path) -> Report {
    let octets = fs::read(folder.join("report.json")).expect("the run wrote its report");
    token_assay_report::read(&octets).expect("the report is whole")
}

/// The cases with this outcome at a target.
pub(crate) fn cases(report: &Report, target: &str, outcome: Outcome) -> Vec<String> {
    let has = |case: &&token_assay_model::report::CaseReport| {
        case.results.get(target).is_some_and(|result| result.outcome == outcome)
    };
    report.cases.iter().filter(has).map(|case| case.id.to_string()).collect()
}

/// A `[[target]]` that answers as a linked target does, but for the lines that match a pattern of sh: with those it does
/// what `instead` says.
#[cfg(unix)]
pub(crate) fn shim(place: &Place, name: &str, answers_as: &str, pattern: &str, instead: &str) -> String {
    let script = format!(
        r#"pipes=$(mktemp -d "{folder}/pipes.XXXXXX")
mkfifo "$pipes/in" "$pipes/out"
"{assay}" worker {answers_as} <"$pipes/in" >"$pipes/out" &
exec 3>"$pipes/in" 4<"$pipes/out"
while IFS= read -r line; do
    seq=${{line#*\"seq\":}}
    seq=${{seq%%,*}}
    case "$line" in
    {pattern}) {instead} ;;
    esac
    printf '%s\n' "$line" >&3
    IFS= read -r answer <&4
    printf '%s\n' "$answer"
done
"#,
        folder = place.0.path().display(),
        assay = env!("CARGO_BIN_EXE_assay"),
    );
    let file = format!("{name}.sh");
    place.write(&file, script);
    format!("[[target]]\nname = \"{name}\"\ncommand = [\"sh\", \"{file}\"]\n")
}

/// Sends a signal to a child of the test's own.
#[cfg(unix)]
pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
    assert!(status.expect("kill is everywhere").success());
}

/// How it ended and what it had said.
#[cfg(unix)]
pub(crate) fn ended(child: Child) -> Said {
    let output = child.wait_with_output().expect("it was started");
    let text = |octets| String::from_utf8(octets).expect("only text is written");
    Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}
