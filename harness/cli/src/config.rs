//! `assay.toml`: reading it, and merging it with the command line.
//!
//! Takes a file's text, gives a [`Config`]; flag beats environment beats profile beats file beats default. An unknown key is
//! an error with a suggestion, never ignored. The only file that knows TOML.

use std::collections::BTreeMap;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use token_assay::targets::process::Lifetime;
use token_assay_live::service::Service;
use token_assay_model::{Level, Severity};

use crate::error::{Error, Result, nearest};
use crate::shims;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    #[serde(default)]
    pub(crate) run: RunConfig,
    #[serde(default, rename = "target")]
    pub(crate) targets: Vec<TargetConfig>,
    /// A folder of shims: those that are installed are targets too.
    pub(crate) shims: Option<PathBuf>,
    #[serde(default, rename = "known")]
    pub(crate) known: Vec<KnownConfig>,
    #[serde(default, rename = "key")]
    pub(crate) keys: Vec<KeyConfig>,
    /// A running service, for `--service`.
    pub(crate) service: Option<Service>,
    #[serde(default, rename = "profile")]
    pub(crate) profiles: BTreeMap<String, RunConfig>,
    /// What the verifier of one's own is configured with, for `inspect --policy`.
    pub(crate) policy: Option<PolicyConfig>,
    /// Targets that are tried where they are named, or with `--all`: the installed shims of a checkout.
    #[serde(skip)]
    pub(crate) available: Vec<TargetConfig>,
    /// Where it was read.
    #[serde(skip)]
    pub(crate) path: Option<PathBuf>,
}

/// `[run]`, and each `[profile.NAME]`: the long flags of `assay run`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RunConfig {
    pub(crate) target: Option<Vec<String>>,
    pub(crate) skip: Option<Vec<String>>,
    pub(crate) level: Option<Level>,
    pub(crate) fail_on: Option<Severity>,
    pub(crate) max_findings: Option<usize>,
    #[serde(default, deserialize_with = "duration")]
    pub(crate) timeout: Option<Duration>,
    #[serde(default, deserialize_with = "duration")]
    pub(crate) max_time: Option<Duration>,
    pub(crate) jobs: Option<NonZeroUsize>,
    pub(crate) seed: Option<u64>,
    pub(crate) now: Option<i64>,
    pub(crate) report: Option<Vec<String>>,
    pub(crate) out: Option<PathBuf>,
    pub(crate) strict_known: Option<bool>,
    pub(crate) in_process: Option<bool>,
}

/// `[[target]]`: a verifier behind the protocol.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TargetConfig {
    pub(crate) name: String,
    pub(crate) command: Vec<String>,
    #[serde(default, deserialize_with = "duration")]
    pub(crate) timeout: Option<Duration>,
    /// The file that findings are attached to in SARIF.
    pub(crate) source: Option<String>,
    /// The folder that the command runs in: that of the file where it is not said.
    pub(crate) folder: Option<PathBuf>,
    /// How long one process lives: `run`, for all cases, or `case`.
    #[serde(default)]
    pub(crate) lifetime: Lifetime,
    /// How much it may hold in memory: `512MiB`.
    #[serde(default, deserialize_with = "octets")]
    pub(crate) memory: Option<u64>,
    /// How many processes and threads its user may have while it starts another.
    pub(crate) processes: Option<NonZeroU64>,
    /// Variables of its environment.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    #[serde(default, rename = "quirk")]
    pub(crate) quirks: Vec<QuirkConfig>,
}

impl TargetConfig {
    /// A table with nothing in it but the name; the command is still to be said.
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            command: Vec::new(),
            timeout: None,
            source: None,
            folder: None,
            lifetime: Lifetime::Run,
            memory: None,
            processes: None,
            env: BTreeMap::new(),
            quirks: Vec::new(),
        }
    }
}

/// `[[target.quirk]]`: a difference that the target documents, and that harms nobody.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct QuirkConfig {
    pub(crate) case: String,
    pub(crate) reason: String,
    /// A URL, or a document and its section.
    pub(crate) source: String,
}

/// `[[known]]`: a failure that is accepted, and why.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct KnownConfig {
    pub(crate) target: String,
    pub(crate) case: String,
    pub(crate) reason: String,
    pub(crate) issue: Option<String>,
}

/// `[[key]]`: a key of the user's own in the place of a test key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct KeyConfig {
    /// The test key that it replaces: `hs256`, `rsa`, `p256`, …
    pub(crate) replaces: String,
    /// A shared secret, as text.
    pub(crate) secret: Option<String>,
    /// The environment variable that holds the secret.
    pub(crate) secret_env: Option<String>,
    /// A folder with the files that `corpus/keys/README.md` names.
    pub(crate) folder: Option<PathBuf>,
}

/// `[policy]`: what the verifier of one's own is configured with.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PolicyConfig {
    /// What may sign, and what may encrypt.
    pub(crate) algorithms: Option<Vec<String>>,
    /// One issuer, or several.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) issuer: Vec<String>,
    /// The verifier's own names.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) audience: Vec<String>,
    pub(crate) subject: Option<String>,
    pub(crate) typ: Option<String>,
    #[serde(default, deserialize_with = "duration")]
    pub(crate) leeway: Option<Duration>,
    #[serde(default)]
    pub(crate) required_claims: Vec<String>,
    /// The longest time since `iat`.
    #[serde(default, deserialize_with = "duration")]
    pub(crate) max_age: Option<Duration>,
    /// The longest time from `iat` to `exp`.
    #[serde(default, deserialize_with = "duration")]
    pub(crate) max_lifetime: Option<Duration>,
    /// Extensions of the header that are understood.
    #[serde(default)]
    pub(crate) critical: Vec<String>,
    /// A file with the key or the key set.
    pub(crate) key: Option<PathBuf>,
    /// A shared secret, as text.
    pub(crate) secret: Option<String>,
    /// The environment variable that holds the secret.
    pub(crate) secret_env: Option<String>,
}

impl Config {
    /// Reads the file that was named, or `assay.toml` here or in a folder above; none is no error.
    pub(crate) fn find(named: Option<&Path>) -> Result<Self> {
        if let Some(path) = named {
            return Self::read(path);
        }
        let here = std::env::current_dir().map_err(|error| Error::usage("no current folder").because(error))?;
        let found = here.ancestors().map(|folder| folder.join("assay.toml")).find(|path| path.is_file());
        found.map_or_else(|| Ok(Self::default()), |path| Self::read(&path))
    }

    fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::usage(format!("{shown} cannot be read")).because(error))
            .map_err(|error| error.hint("give another file with --config"))?;
        let mut config =
            Self::parse(&text).map_err(|error| Error { what: format!("{shown}: {}", error.what), ..error })?;
        let beside = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        for target in &mut config.targets {
            target.folder = Some(target.folder.as_ref().map_or(beside.to_owned(), |folder| beside.join(folder)));
        }
        if let Some(service) = &mut config.service {
            service.check(beside).map_err(|wrong| Error::usage(format!("{shown}: {}", wrong.what)).hint(wrong.hint))?;
        }
        config.shims = config.shims.map(|folder| beside.join(folder));
        if let Some(folder) = &config.shims {
            config.targets.extend(shims::installed(folder)?);
        }
        config.path = Some(path.to_owned());
        Ok(config)
    }

    /// Reads a file's text.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
            let plain = Error::usage(format!("line {line} is wrong")).because(error.message());
            match suggestion(error.message()) {
                Some(hint) => plain.hint(hint),
                None => plain,
            }
        })?;
        for entry in &config.known {
            if entry.reason.trim().is_empty() {
                let what = format!("the [[known]] entry for {} gives no reason", entry.case);
                return Err(Error::usage(what).hint("say in `reason` why this failure is accepted"));
            }
        }
        config.targets.iter().flat_map(|target| &target.quirks).try_for_each(QuirkConfig::check)?;
        Ok(config)
    }

    /// `[run]` with the named profile laid over it.
    pub(crate) fn run(&self, profile: Option<&str>) -> Result<RunConfig> {
        let Some(name) = profile else { return Ok(self.run.clone()) };
        let Some(over) = self.profiles.get(name) else {
            let error = Error::usage(format!("there is no profile `{name}` in assay.toml"));
            return Err(match nearest(name, self.profiles.keys().map(String::as_str)) {
                Some(known) => error.hint(format!("did you mean `{known}`?")),
                None => error.hint(format!("write a [profile.{name}] table")),
            });
        };
        let (base, over) = (self.run.clone(), over.clone());
        Ok(RunConfig {
            target: over.target.or(base.target),
            skip: over.skip.or(base.skip),
            level: over.level.or(base.level),
            fail_on: over.fail_on.or(base.fail_on),
            max_findings: over.max_findings.or(base.max_findings),
            timeout: over.timeout.or(base.timeout),
            max_time: over.max_time.or(base.max_time),
            jobs: over.jobs.or(base.jobs),
            seed: over.seed.or(base.seed),
            now: over.now.or(base.now),
            report: over.report.or(base.report),
            out: over.out.or(base.out),
            strict_known: over.strict_known.or(base.strict_known),
            in_process: over.in_process.or(base.in_process),
        })
    }

    /// The line of a target's table, for SARIF.
    pub(crate) fn line_of(&self, target: &str) -> Option<u32> {
        let text = std::fs::read_to_string(self.path.as_ref()?).ok()?;
        let named = |line: &str| {
            line.split_once('=')
                .is_some_and(|(key, value)| key.trim() == "name" && value.trim().trim_matches('"') == target)
        };
        text.lines().position(named).and_then(|index| u32::try_from(index + 1).ok())
    }
}

impl QuirkConfig {
    /// Whether it says why and where.
    pub(crate) fn check(&self) -> Result<()> {
        for (value, name, what) in
            [(&self.reason, "reason", "why it is so"), (&self.source, "source", "where it stands")]
        {
            if value.trim().is_empty() {
                let error = Error::usage(format!("the [[target.quirk]] entry for {} gives no {name}", self.case));
                return Err(error.hint(format!("say in `{name}` {what}: a quirk is a documented difference")));
            }
        }
        Ok(())
    }
}

/// The quirks of the crates that are linked in, each with its target.
pub(crate) fn embedded_quirks() -> Vec<(String, QuirkConfig)> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default, rename = "quirk")]
        quirks: Vec<Entry>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Entry {
        target: String,
        case: String,
        reason: String,
        source: String,
    }
    let file: File = toml::from_str(token_assay::targets::QUIRKS).expect("a test reads the file");
    let quirk = |Entry { target, case, reason, source }| (target, QuirkConfig { case, reason, source });
    file.quirks.into_iter().map(quirk).collect()
}

/// Reads the manifest of a project.
pub(crate) fn table(text: &str) -> std::result::Result<serde_json::Value, String> {
    toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())
}

/// Reads `2s`, `1500ms`, `10m`.
pub(crate) fn parse_duration(text: &str) -> std::result::Result<Duration, String> {
    let duration: jiff::SignedDuration =
        text.parse().map_err(|_| format!("`{text}` is no duration such as 2s or 10m"))?;
    Duration::try_from(duration).map_err(|_| "a duration cannot be negative".to_owned())
}

fn duration<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text).map(Some).map_err(serde::de::Error::custom)
}

fn octets<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<u64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let size: bytesize::ByteSize =
        text.parse().map_err(|_| serde::de::Error::custom(format!("`{text}` is no size such as 512MiB or 2GiB")))?;
    Ok(Some(size.as_u64()))
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<String>, D::Error> {
    struct Values;
    impl<'de> serde::de::Visitor<'de> for Values {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a string or an array of strings")
        }

        fn visit_str<E: serde::de::Error>(self, one: &str) -> std::result::Result<Self::Value, E> {
            Ok(vec![one.to_owned()])
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(
            self,
            mut sequence: A,
        ) -> std::result::Result<Self::Value, A::Error> {
            let mut values = Vec::new();
            while let Some(value) = sequence.next_element()? {
                values.push(value);
            }
            Ok(values)
        }
    }
    deserializer.deserialize_any(Values)
}

/// Of "unknown field `a`, expected one of `b`, `c`", the word that was probably meant; of a variant the same.
fn suggestion(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown field ").or_else(|| message.strip_prefix("unknown variant "))?;
    let mut quoted = rest.split('`').skip(1).step_by(2);
    let wrong = quoted.next()?;
    nearest(wrong, quoted).map(|known| format!("did you mean `{known}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_an_error_with_its_line_and_a_suggestion() {
        let error = Config::parse("[run]\nseed = 1\ntiemout = \"2s\"\n").unwrap_err();
        assert_eq!(error.what, "line 3 is wrong");
        assert_eq!(error.hint.unwrap(), "did you mean `timeout`?");
        assert!(Config::parse("[run]\ntimeout = \"soon\"").unwrap_err().cause.unwrap().contains("no duration"));
    }

    #[test]
    fn a_limit_of_memory_has_a_unit() {
        let target = |memory: &str| format!("[[target]]\nname = \"a\"\ncommand = []\nmemory = \"{memory}\"");
        assert_eq!(Config::parse(&target("512MiB")).unwrap().targets[0].memory, Some(512 << 20));
        assert!(Config::parse(&target("much")).unwrap_err().cause.unwrap().contains("no size such as 512MiB"));
    }

    #[test]
    fn a_slip_in_the_table_of_a_service_is_an_error_with_a_suggestion() {
        let service = "[service]\nname = \"shop\"\nurl = \"http://127.0.0.1:1\"\n";
        assert!(Config::parse(service).unwrap().service.is_some());
        for (text, meant) in [
            ("timout = 1\n", None),
            ("knid = \"jwt\"\n", Some("kind")),
            ("[service.request.who-am-1]\npath = \"/me\"\n", Some("who-am-i")),
            ("[service.request.login]\npth = \"/me\"\n", Some("path")),
            ("[service.token]\nalgorithm = \"HS265\"\n", None),
        ] {
            let error = Config::parse(&format!("{service}{text}")).unwrap_err();
            assert!(error.what.starts_with("line "), "{error}");
            if let Some(meant) = meant {
                assert_eq!(error.hint.as_deref(), Some(format!("did you mean `{meant}`?").as_str()), "{text}");
            }
        }
    }

    #[test]
    fn a_known_failure_needs_a_reason() {
        let entry = "[[known]]\ntarget = \"a\"\ncase = \"b\"\n";
        assert!(Config::parse(entry).unwrap_err().cause.unwrap().contains("reason"));
        assert!(Config::parse(&format!("{entry}reason = \" \"")).unwrap_err().what.contains("no reason"));
    }

    #[test]
    fn a_quirk_says_why_and_where() {
        let entry = "[[target]]\nname = \"a\"\ncommand = []\n[[target.quirk]]\ncase = \"time/*\"\n";
        assert!(Config::parse(entry).unwrap_err().cause.unwrap().contains("reason"));
        let with_reason = format!("{entry}reason = \"a minute of leeway\"\n");
        assert!(Config::parse(&with_reason).unwrap_err().cause.unwrap().contains("source"));
        let error = Config::parse(&format!("{with_reason}source = \" \"\n")).unwrap_err();
        assert!(error.what.contains("gives no source"), "{error}");
        let config = Config::parse(&format!("{with_reason}source = \"README\"\n")).unwrap();
        assert_eq!(config.targets[0].quirks[0].source, "README");
    }

    #[test]
    fn the_quirks_of_linked_crates_are_of_linked_crates_and_say_why_and_where() {
        // The fuzz targets compile this file too.
        let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        let adapters = folders.map(|folder| folder.join("harness/core/src/targets")).find(|folder| folder.is_dir());
        let adapters = adapters.expect("they lie in the checkout");
        for (target, quirk) in embedded_quirks() {
            quirk.check().unwrap();
            assert!(globset::Glob::new(&quirk.case).is_ok(), "{}", quirk.case);
            let adapter = adapters.join(format!("{}.rs", target.replace('-', "_")));
            assert!(adapter.is_file(), "{target} is no linked crate");
        }
    }

    #[test]
    fn a_profile_lies_over_the_run_table() {
        let text = "[run]\nseed = 7\nfail-on = \"low\"\n[profile.ci]\nfail-on = \"high\"\n";
        let config = Config::parse(text).unwrap();
        let run = config.run(Some("ci")).unwrap();
        assert_eq!((run.seed, run.fail_on), (Some(7), Some(Severity::High)));
        assert_eq!(config.run(Some("cj")).unwrap_err().hint.unwrap(), "did you mean `ci`?");
    }
}
