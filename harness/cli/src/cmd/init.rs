//! `assay init`: a commented `assay.toml` for the project that is here, and the next command. Reads the project's manifests,
//! writes what is not there yet; runs nothing and asks nobody. Never writes over a file unless it is told to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use token_assay_model::ExitCode;

use super::shim::Language;
use crate::config::Config;
use crate::error::{Error, Result};

/// What to write, and where.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The folder of the project.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// What the project is [default: what its manifests say].
    #[arg(long = "for", value_enum, value_name = "KIND")]
    kind: Option<Kind>,
    /// A running service at this address is what is to be tried.
    #[arg(long, value_name = "URL", conflicts_with = "kind")]
    service: Option<String>,
    /// Write tests/assay.rs too, in a Rust project.
    #[arg(long)]
    tests: bool,
    /// Print assay.toml and write nothing.
    #[arg(long)]
    print: bool,
    /// Write over files that are there.
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "Examples:
  assay init                                   # told by Cargo.toml, package.json, pyproject.toml, requirements.txt
  assay init --tests                           # and tests/assay.rs for a Rust project
  assay init --service http://127.0.0.1:3000
  assay init --for python --print";

/// What a project is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// Rust, tried by its own tests.
    Rust,
    /// JavaScript or TypeScript under Node.
    Node,
    /// Python.
    Python,
    /// A running service.
    Service,
    /// Something else.
    Other,
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    kind: Kind,
    /// The manifest and the libraries in it that deal in tokens or sessions.
    because: String,
}

/// Writes and says what comes next.
pub(crate) fn run(arguments: &Arguments) -> Result {
    if !arguments.folder.is_dir() {
        let error = Error::usage(format!("{} is no folder", arguments.folder.display()));
        return Err(error.hint("give the folder of the project, or nothing for this one"));
    }
    let found = project(arguments)?;
    if arguments.tests && found.kind != Kind::Rust {
        let error = Error::usage("--tests is for Rust projects").because(found.because);
        return Err(error.hint("leave it out; other languages are tried through a shim"));
    }
    let text = text(found.kind, &arguments.folder, arguments.service.as_deref());
    Config::parse(&text).expect("a test reads every template");
    if arguments.print {
        crate::print(&text);
        return Ok(ExitCode::Clean);
    }
    let mut files = vec![(arguments.folder.join("assay.toml"), text)];
    files.extend(starter(found.kind, &arguments.folder));
    if arguments.tests {
        files.push((arguments.folder.join("tests/assay.rs"), TESTS.to_owned()));
    }
    check_free(&files, arguments.force)?;
    let mut said = format!("{}\n", found.because);
    for (file, text) in &files {
        write(file, text)?;
        said.push_str(&format!("wrote    {}\n", file.display()));
    }
    said.push_str(&next(found.kind, arguments));
    crate::print(&said);
    Ok(ExitCode::Clean)
}

/// None is written where one is in the way.
fn check_free(files: &[(PathBuf, String)], force: bool) -> Result<()> {
    let in_the_way: Vec<String> =
        files.iter().filter(|(file, _)| file.exists()).map(|(file, _)| file.display().to_string()).collect();
    if force || in_the_way.is_empty() {
        return Ok(());
    }
    let error = Error::usage(format!("{} is there already", in_the_way.join(" and ")));
    Err(error.because("nothing was written").hint("--print shows what would be; --force writes over it"))
}

fn write(file: &Path, text: &str) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).and_then(|()| std::fs::write(file, text)).map_err(|error| {
        let error = Error::usage(format!("{} cannot be written", file.display())).because(error);
        error.hint("give a folder that you may write to")
    })
}

fn project(arguments: &Arguments) -> Result<Found> {
    if let Some(url) = &arguments.service {
        let is_url = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let is_plain = !url.contains(['"', '\\', ' ']) && !url.chars().any(char::is_control);
        if is_url.is_none_or(str::is_empty) || !is_plain {
            let error = Error::usage(format!("`{}` is no URL of a service", url.escape_debug()));
            return Err(error.hint("write it as http://127.0.0.1:3000"));
        }
        return Ok(Found { kind: Kind::Service, because: format!("project  a service at {url}") });
    }
    if let Some(kind) = arguments.kind {
        return Ok(Found { kind, because: "project  as --for says".to_owned() });
    }
    let found: Vec<Found> = [rust, node, python]
        .iter()
        .filter_map(|detect| detect(&arguments.folder).transpose())
        .collect::<Result<_>>()?;
    // Where several live in one folder, the one with a library of tokens is meant.
    let mut found: Vec<Found> = found;
    found.sort_by_key(|found| !found.because.contains(" with "));
    let others: Vec<String> = found.iter().skip(1).map(|other| format!("{:?}", other.kind).to_lowercase()).collect();
    let first = found.into_iter().next();
    let nothing =
        || Found { kind: Kind::Other, because: "project  no manifest of Rust, Node or Python is here".to_owned() };
    let mut first = first.unwrap_or_else(nothing);
    if !others.is_empty() {
        first.because.push_str(&format!("; also {} (--for)", others.join(", ")));
    }
    Ok(first)
}

fn read(folder: &Path, name: &str) -> Option<String> {
    std::fs::read_to_string(folder.join(name)).ok()
}

fn of(kind: Kind, manifest: &str, names: &BTreeSet<String>, known: &[&str]) -> Found {
    let libraries: Vec<&str> = known.iter().copied().filter(|known| names.contains(*known)).collect();
    let with = if libraries.is_empty() { String::new() } else { format!(" with {}", libraries.join(", ")) };
    Found { kind, because: format!("project  {manifest}{with}") }
}

fn unreadable(folder: &Path, name: &str, error: impl std::fmt::Display) -> Error {
    let error = Error::usage(format!("{} cannot be read", folder.join(name).display())).because(error);
    error.hint("mend it, or say what the project is with --for")
}

fn rust(folder: &Path) -> Result<Option<Found>> {
    let Some(text) = read(folder, "Cargo.toml") else { return Ok(None) };
    let manifest = crate::config::table(&text).map_err(|error| unreadable(folder, "Cargo.toml", error))?;
    let mut names = BTreeSet::new();
    for table in [Some(&manifest), manifest.get("workspace")].into_iter().flatten() {
        for kind in ["dependencies", "dev-dependencies"] {
            let members = table.get(kind).and_then(Value::as_object);
            names.extend(members.into_iter().flat_map(|members| members.keys().cloned()));
        }
    }
    Ok(Some(of(Kind::Rust, "Cargo.toml", &names, OF_RUST)))
}

fn node(folder: &Path) -> Result<Option<Found>> {
    let Some(text) = read(folder, "package.json") else { return Ok(None) };
    let manifest: Value = serde_json::from_str(&text).map_err(|error| unreadable(folder, "package.json", error))?;
    let mut names = BTreeSet::new();
    for kind in ["dependencies", "devDependencies"] {
        let members = manifest[kind].as_object();
        names.extend(members.into_iter().flat_map(|members| members.keys().cloned()));
    }
    Ok(Some(of(Kind::Node, "package.json", &names, OF_NODE)))
}

fn python(folder: &Path) -> Result<Option<Found>> {
    let mut names = BTreeSet::new();
    let mut manifest = None;
    if let Some(text) = read(folder, "pyproject.toml") {
        let project = crate::config::table(&text).map_err(|error| unreadable(folder, "pyproject.toml", error))?;
        let listed = project["project"]["dependencies"].as_array().into_iter().flatten().filter_map(Value::as_str);
        names.extend(listed.map(requirement));
        let poetry = project["tool"]["poetry"]["dependencies"].as_object();
        names.extend(poetry.into_iter().flat_map(|members| members.keys().map(|name| name.to_lowercase())));
        manifest = Some("pyproject.toml");
    }
    if let Some(text) = read(folder, "requirements.txt") {
        names.extend(text.lines().map(requirement));
        manifest = manifest.or(Some("requirements.txt"));
    }
    Ok(manifest.map(|manifest| of(Kind::Python, manifest, &names, OF_PYTHON)))
}

/// The package of a requirement (PEP 508), as it is compared (PEP 503).
fn requirement(line: &str) -> String {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(line.len());
    line[..end].to_lowercase().replace(['_', '.'], "-")
}

/// The file, for a project of a kind.
fn text(kind: Kind, folder: &Path, service: Option<&str>) -> String {
    let middle = match kind {
        Kind::Rust => RUST.to_owned(),
        Kind::Node => SHIM.replace("{command}", &format!("[\"node\", \"{}\"]", node_shim(folder))),
        Kind::Python => SHIM.replace("{command}", "[\"python3\", \"shim.py\"]"),
        Kind::Service => SERVICE.replace("{url}", service.unwrap_or("http://127.0.0.1:3000")),
        Kind::Other => RUST.replace(RUST.lines().next().unwrap_or_default(), OTHER),
    };
    format!("{HEAD}{middle}{TAIL}")
}

/// Where package.json says that files are modules, a shim that is none has a name of its own.
fn node_shim(folder: &Path) -> &'static str {
    let manifest = read(folder, "package.json").and_then(|text| serde_json::from_str::<Value>(&text).ok());
    if manifest.is_some_and(|manifest| manifest["type"] == "module") { "shim.cjs" } else { "shim.js" }
}

/// The shim beside it.
fn starter(kind: Kind, folder: &Path) -> Option<(PathBuf, String)> {
    let (name, language) = match kind {
        Kind::Node => (node_shim(folder), Language::Javascript),
        Kind::Python => ("shim.py", Language::Python),
        Kind::Rust | Kind::Service | Kind::Other => return None,
    };
    Some((folder.join(name), language.starter().to_owned()))
}

fn next(kind: Kind, arguments: &Arguments) -> String {
    let lines: &[&str] = match kind {
        Kind::Rust if arguments.tests => &[
            "cargo add --dev serde_json",
            ADD,
            "change `verify` and `policy` in tests/assay.rs",
            "cargo test --test assay",
        ],
        Kind::Rust => &["cargo add --dev serde_json", ADD, "assay init --tests --force   (writes tests/assay.rs)"],
        Kind::Node | Kind::Python => &[
            "assay check my-service       (the shim works as it stands)",
            "change `verify` in the shim, then: assay run -t my-service",
        ],
        Kind::Service => &[
            "change [service] in assay.toml to what your service is asked with",
            "assay sessions --service     (its logins, and how they end)",
            "assay run --service          (its tokens and cookies)",
        ],
        Kind::Other => &[
            "assay shim --help            (a shim for your language)",
            "assay run -t sound time     (what a run looks like)",
        ],
    };
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        text.push_str(&format!("{}{line}\n", if at == 0 { "next     " } else { "         " }));
    }
    if kind == Kind::Rust && !arguments.tests {
        text.push_str(&format!("\ntests/assay.rs, to start from:\n\n{TESTS}"));
    }
    text
}

const ADD: &str = "cargo add --dev token-assay   (or, of a clone beside it: --dev --path ../assay/harness/core)";
const HEAD: &str = include_str!("../../starters/init/head.toml");
const TAIL: &str = include_str!("../../starters/init/tail.toml");
const RUST: &str = include_str!("../../starters/init/rust.toml");
const SHIM: &str = include_str!("../../starters/init/shim.toml");
const SERVICE: &str = include_str!("../../starters/init/service.toml");
const TESTS: &str = include_str!("../../starters/init/assay.rs");
const OTHER: &str = "# What is to be tried: a program that speaks the protocol (PROTOCOL.md).";

const OF_RUST: &[&str] = &[
    "jsonwebtoken",
    "axum",
    "axum-extra",
    "actix-web",
    "rocket",
    "jwt-simple",
    "josekit",
    "openidconnect",
    "tower-sessions",
    "axum-login",
    "biscuit",
    "jwt",
    "jwt-compact",
    "pasetors",
    "cookie",
];
const OF_NODE: &[&str] = &[
    "jose",
    "jsonwebtoken",
    "express-jwt",
    "fast-jwt",
    "@nestjs/jwt",
    "@fastify/jwt",
    "koa-jwt",
    "passport-jwt",
    "next-auth",
    "express-session",
    "cookie-session",
    "iron-session",
];
const OF_PYTHON: &[&str] = &[
    "pyjwt",
    "python-jose",
    "joserfc",
    "authlib",
    "jwcrypto",
    "djangorestframework-simplejwt",
    "flask-jwt-extended",
    "itsdangerous",
    "django",
    "flask",
    "fastapi",
];

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 5] = [Kind::Rust, Kind::Node, Kind::Python, Kind::Service, Kind::Other];

    #[test]
    fn every_template_is_read_as_it_stands() {
        for kind in KINDS {
            let config =
                Config::parse(&text(kind, Path::new("."), None)).unwrap_or_else(|error| panic!("{kind:?}: {error}"));
            assert_eq!(config.targets.len(), usize::from(matches!(kind, Kind::Node | Kind::Python)), "{kind:?}");
        }
    }

    #[test]
    fn every_example_in_the_templates_is_read_too() {
        for kind in KINDS {
            let examples = text(kind, Path::new("."), None)
                .lines()
                .map(|line| {
                    line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line).to_owned() + "\n"
                })
                .collect::<String>();
            let config = Config::parse(&examples).unwrap_or_else(|error| panic!("{kind:?}: {error}\n{examples}"));
            assert!(config.policy.is_some() && config.known.len() == 1, "{kind:?}");
            let token = config.service.and_then(|service| service.token);
            assert_eq!(token.is_some(), kind == Kind::Service, "{kind:?}");
        }
    }

    #[test]
    fn requirements_are_compared_as_their_index_does() {
        for (line, name) in [("PyJWT[crypto]>=2", "pyjwt"), ("python_jose == 3 # x", "python-jose"), ("# PyJWT", "")] {
            assert_eq!(requirement(line), name);
        }
    }
}
