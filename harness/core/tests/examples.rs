//! The interface that a version promises is shown, item by item, in examples that run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::ParseStream;
use syn::{
    Attribute, Expr, FnArg, Ident, ImplItem, Item, ItemMacro, Lit, Meta, Signature, TraitItem, Type, Visibility,
};

#[test]
fn every_item_of_the_interface_is_shown_in_an_example() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut count, mut missing) = (0, Vec::new());
    for (folder, files) in INTERFACE {
        let sources = package.join(folder);
        if !sources.is_dir() {
            println!("SKIPPED: {folder} is not beside this package");
            continue;
        }
        for file in *files {
            let text = fs::read_to_string(sources.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            let (all, unshown) = items(&text);
            assert!(all > 0, "{file} has no item, so that it is no part of the interface");
            count += all;
            missing.extend(unshown.into_iter().map(|item| format!("{file}: {item}")));
        }
    }
    println!("{count} items");
    assert!(missing.is_empty(), "{} items stand in no example:\n{}", missing.len(), missing.join("\n"));
}

#[test]
fn an_item_counts_as_shown_where_code_that_is_compiled_and_seen_names_it() {
    let named = |text: &str| items(text).1;
    let source =
        |fence: &str, line: &str| format!("/// It.\n///\n/// ```{fence}\n/// {line}\n/// ```\npub fn it() {{}}");
    for fence in ["", "no_run", "should_panic", "standalone_crate"] {
        assert!(named(&source(fence, "it();")).is_empty(), "{fence}");
    }
    for fence in ["text", "json", "toml", "console", "ignore"] {
        assert_eq!(named(&source(fence, "it();")), ["it"], "{fence}");
    }
    for line in ["# it();", "// it();", "\"it()\";", "its();"] {
        assert_eq!(named(&source("", line)), ["it"], "{line}");
    }
    let kind = "pub struct Kind; impl Kind { pub fn new() -> Self { Self } pub fn other(&self) {} fn own(&self) {} }";
    assert_eq!(named(kind), ["Kind", "Kind::new", "Kind::other"]);
    let more = |code: &str| named(&format!("//! ```\n//! {code}\n//! ```\n{kind}"));
    assert_eq!(more("let other = Settings::new(); let _: Kind = other;"), ["Kind::new", "Kind::other"]);
    assert!(more("let it = Kind::new(); it.other();").is_empty());
    let reaches = "pub(crate) struct A; #[doc(hidden)] pub fn b() {} #[cfg(test)] mod c { pub fn d() {} } mod e { pub fn f() {} } \
                   struct G; impl G { pub fn h() {} } macro_rules! i { () => {} }";
    assert!(named(reaches).is_empty());
    let others = "words! { /// Words.\n J, \"j\"; K = \"k\", } #[macro_export] macro_rules! l { () => {} } pub const M: u8 = 0; \
                  pub type N = u8; pub trait O { fn p(&self); } pub enum Q { R }";
    assert_eq!(named(others), ["J", "M", "N", "O", "O::p", "Q", "l!"]);
}

/// What versions.md promises, and what that takes: folders as seen from this package, and files in them.
const INTERFACE: &[(&str, &[&str])] = &[
    (
        "src",
        &[
            "attacks/fixed.rs",
            "properties.rs",
            "sessions/command.rs",
            "sessions/policy.rs",
            "sessions/service.rs",
            "strategies.rs",
            "suite.rs",
            "targets/mod.rs",
            "targets/process.rs",
            "targets/serve.rs",
            "targets/service.rs",
        ],
    ),
    (
        "../model/src",
        &["case.rs", "cookie.rs", "encryption.rs", "expect.rs", "finding.rs", "report.rs", "verdict.rs", "wire.rs"],
    ),
];

/// How many items of a file can be reached, and the names of those that none of its examples names.
fn items(text: &str) -> (usize, Vec<String>) {
    let file = syn::parse_file(text).expect("it is Rust");
    let tokens: TokenStream = text.parse().expect("it is Rust");
    let mut docs = Vec::new();
    doc_comments(tokens, &mut docs);
    let examples: Vec<Vec<String>> = docs.iter().flat_map(|doc| examples(doc)).map(|code| words(&code)).collect();
    let mut found = Found { types: BTreeSet::new(), items: Vec::new() };
    found.types_of(&file.items);
    found.all(&file.items);
    let is_shown = |item: &Reachable| {
        let stands_in = |example: &Vec<String>| {
            item.written.iter().any(|written| example.windows(written.len()).any(|words| words == written))
        };
        examples.iter().any(stands_in)
    };
    let mut unshown: Vec<String> =
        found.items.iter().filter(|item| !is_shown(item)).map(|item| item.name.clone()).collect();
    unshown.sort();
    (found.items.len(), unshown)
}

/// An item that can be reached from outside the crate.
struct Reachable {
    name: String,
    /// The ways of writing it in code, each a row of words.
    written: Vec<Vec<String>>,
}

impl Reachable {
    fn new(name: String, written: &[&[&str]]) -> Self {
        let row = |words: &&[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self { name, written: written.iter().map(row).collect() }
    }
}

struct Found {
    /// The public types of the file.
    types: BTreeSet<String>,
    items: Vec<Reachable>,
}

impl Found {
    fn types_of(&mut self, items: &[Item]) {
        for item in items {
            let name = match item {
                Item::Enum(item) if reaches(&item.vis, &item.attrs) => item.ident.to_string(),
                Item::Struct(item) if reaches(&item.vis, &item.attrs) => item.ident.to_string(),
                Item::Macro(item) if item.mac.path.is_ident("words") => word_list(item),
                _ => continue,
            };
            self.types.insert(name);
        }
    }

    fn all(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Const(item) => self.named(&item.vis, &item.attrs, &item.ident),
                Item::Enum(item) => self.named(&item.vis, &item.attrs, &item.ident),
                Item::Fn(item) => self.named(&item.vis, &item.attrs, &item.sig.ident),
                Item::Static(item) => self.named(&item.vis, &item.attrs, &item.ident),
                Item::Struct(item) => self.named(&item.vis, &item.attrs, &item.ident),
                Item::Type(item) => self.named(&item.vis, &item.attrs, &item.ident),
                Item::Trait(item) if reaches(&item.vis, &item.attrs) => {
                    self.named(&item.vis, &item.attrs, &item.ident);
                    for member in &item.items {
                        if let TraitItem::Fn(member) = member {
                            self.member(&item.ident.to_string(), &member.sig, true);
                        }
                    }
                }
                Item::Impl(item) if item.trait_.is_none() => {
                    let Type::Path(path) = &*item.self_ty else { continue };
                    let Some(of) = path.path.segments.last().map(|segment| segment.ident.to_string()) else { continue };
                    if self.types.contains(&of) {
                        item.items.iter().for_each(|member| self.inherent(&of, member));
                    }
                }
                Item::Macro(item) if item.mac.path.is_ident("words") => {
                    let name = word_list(item);
                    self.items.push(Reachable::new(name.clone(), &[&[&name]]));
                }
                Item::Macro(ItemMacro { attrs, ident: Some(ident), .. })
                    if attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")) =>
                {
                    let name = ident.to_string();
                    self.items.push(Reachable::new(format!("{name}!"), &[&[&name, "!"]]));
                }
                Item::Mod(item) if reaches(&item.vis, &item.attrs) => {
                    if let Some((_, inside)) = &item.content {
                        self.types_of(inside);
                        self.all(inside);
                    }
                }
                _ => {}
            }
        }
    }

    fn named(&mut self, visibility: &Visibility, attributes: &[Attribute], name: &Ident) {
        if reaches(visibility, attributes) {
            let name = name.to_string();
            self.items.push(Reachable::new(name.clone(), &[&[&name]]));
        }
    }

    fn inherent(&mut self, of: &str, member: &ImplItem) {
        match member {
            ImplItem::Fn(member) if reaches(&member.vis, &member.attrs) => self.member(of, &member.sig, false),
            ImplItem::Const(member) if reaches(&member.vis, &member.attrs) => {
                let name = member.ident.to_string();
                self.items.push(Reachable::new(format!("{of}::{name}"), &[&[of, ":", ":", &name]]));
            }
            _ => {}
        }
    }

    /// What makes a value is named with its type; what is asked of one is called, or in a trait written by who implements it.
    fn member(&mut self, of: &str, signature: &Signature, is_of_trait: bool) {
        let name = signature.ident.to_string();
        let path: &[&str] = &[of, ":", ":", &name];
        let call: &[&str] = &[".", &name, "("];
        let written: &[&str] = &["fn", &name];
        let ways: &[&[&str]] = match (signature.inputs.first(), is_of_trait) {
            (Some(FnArg::Receiver(_)), true) => &[path, call, written],
            (Some(FnArg::Receiver(_)), false) => &[path, call],
            _ => &[path],
        };
        self.items.push(Reachable::new(format!("{of}::{name}"), ways));
    }
}

fn reaches(visibility: &Visibility, attributes: &[Attribute]) -> bool {
    let is = |attribute: &Attribute, name: &str, argument: &str| {
        attribute.path().is_ident(name) && attribute.parse_args::<Ident>().is_ok_and(|ident| ident == argument)
    };
    let kept_back = |attribute: &Attribute| is(attribute, "doc", "hidden") || is(attribute, "cfg", "test");
    matches!(visibility, Visibility::Public(_)) && !attributes.iter().any(kept_back)
}

/// The enum that `words!` makes.
fn word_list(item: &ItemMacro) -> String {
    let name = |input: ParseStream<'_>| {
        input.call(Attribute::parse_outer)?;
        let name: Ident = input.parse()?;
        input.parse::<TokenStream>()?;
        Ok(name.to_string())
    };
    item.mac.parse_body_with(name).expect("a list of words begins with its name")
}

/// The text of every doc comment, wherever it stands.
fn doc_comments(tokens: TokenStream, docs: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    let mut text = String::new();
    while let Some(token) = tokens.next() {
        if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#') {
            let _inner = tokens.next_if(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '!'));
            if let Some(line) = tokens.peek().and_then(doc_line) {
                tokens.next();
                text.push_str(&line);
                text.push('\n');
                continue;
            }
        }
        docs.extend((!text.is_empty()).then(|| std::mem::take(&mut text)));
        if let TokenTree::Group(group) = token {
            doc_comments(group.stream(), docs);
        }
    }
    docs.extend((!text.is_empty()).then_some(text));
}

/// The line in `[doc = "…"]`.
fn doc_line(token: &TokenTree) -> Option<String> {
    let TokenTree::Group(group) = token else { return None };
    let Ok(Meta::NameValue(meta)) = syn::parse2::<Meta>(group.stream()) else { return None };
    match meta.value {
        Expr::Lit(expr) if meta.path.is_ident("doc") => match expr.lit {
            Lit::Str(line) => Some(line.value()),
            _ => None,
        },
        _ => None,
    }
}

/// The code of those examples that are compiled, as a reader sees it.
fn examples(doc: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in doc.lines().map(str::trim) {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => {
                let (is_compiled, code) = open.take().expect("it is open");
                all.extend(is_compiled.then_some(code));
            }
            (Some(words), None) => {
                let is_of_rust = |word: &str| COMPILED.contains(&word);
                open = Some((words.split([',', ' ']).all(is_of_rust), String::new()));
            }
            (None, Some((_, code))) if line != "#" && !line.starts_with("# ") => {
                code.push_str(line);
                code.push('\n');
            }
            (None, _) => {}
        }
    }
    assert!(open.is_none(), "an example does not end: {doc}");
    all
}

/// What may stand behind the fence of an example that is compiled.
const COMPILED: [&str; 5] = ["", "rust", "no_run", "should_panic", "standalone_crate"];

/// Names and signs in order; texts and comments are left out.
fn words(code: &str) -> Vec<String> {
    fn all(tokens: TokenStream, words: &mut Vec<String>) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => {
                    words.push(if group.delimiter() == Delimiter::Parenthesis { "(" } else { "{" }.to_owned());
                    all(group.stream(), words);
                }
                TokenTree::Ident(ident) => words.push(ident.to_string()),
                TokenTree::Punct(punct) => words.push(punct.to_string()),
                TokenTree::Literal(_) => {}
            }
        }
    }
    let mut words = Vec::new();
    all(code.parse().unwrap_or_else(|error| panic!("an example is no Rust: {error}\n{code}")), &mut words);
    words
}
