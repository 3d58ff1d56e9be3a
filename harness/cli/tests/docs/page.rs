//! What a page of the documentation says that can be tried.
//!
//! Takes Markdown, gives its steps in order (files that it shows, commands that it tells the reader to type), its links, the
//! anchors that others can link to, and its code spans. Never runs anything.
//!
//! A console block holds commands: lines that begin with `$ `, each followed by what it prints. `…` stands for anything, a
//! line that is only `…` for any lines. A command ends with 0 unless a remark behind it says `exit code N`. What the next
//! block is, where it is more than that, stands in a comment on the line above:
//!
//! - `<!-- file: NAME -->`: a file; it is written where the reader is by then
//! - `<!-- not run: REASON -->`: commands that no test can run; their flags are checked all the same
//! - `<!-- slow: REASON -->`: commands that run where `ASSAY_DOCS_SLOW` is set
//! - `<!-- needs: TOOL, … -->`: programs without which they are skipped

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A page.
pub(crate) struct Page {
    /// From the root of the checkout.
    pub(crate) path: PathBuf,
    pub(crate) steps: Vec<Step>,
    pub(crate) links: Vec<String>,
    pub(crate) anchors: BTreeSet<String>,
    /// Code spans, where commands and ids are named in passing.
    pub(crate) spans: Vec<String>,
}

/// Something that the reader does.
pub(crate) enum Step {
    Write { name: String, text: String },
    Type(Command),
}

/// A line behind a prompt.
pub(crate) struct Command {
    /// Its number in the page.
    pub(crate) line: usize,
    pub(crate) text: String,
    /// What it ends with.
    pub(crate) code: i32,
    /// What it prints, as far as the page shows it.
    pub(crate) shown: Vec<String>,
    pub(crate) conditions: Conditions,
}

/// When a block is run.
#[derive(Debug, Default, Clone)]
pub(crate) struct Conditions {
    pub(crate) file: Option<String>,
    pub(crate) not_run: Option<String>,
    pub(crate) slow: Option<String>,
    pub(crate) needs: Vec<String>,
}

impl Page {
    /// Reads the page at this path of a checkout.
    pub(crate) fn read(root: &Path, path: &Path) -> Self {
        let text = fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::parse(path, &text)
    }

    pub(crate) fn parse(path: &Path, text: &str) -> Self {
        let mut page = Self {
            path: path.to_owned(),
            steps: Vec::new(),
            links: Vec::new(),
            anchors: BTreeSet::new(),
            spans: Vec::new(),
        };
        let mut conditions = Conditions::default();
        let mut block: Option<Block> = None;
        let mut heading: Option<String> = None;
        let mut seen = BTreeMap::new();
        for (event, place) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            match event {
                Event::Html(html) => conditions.read(&html),
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    let line = text[..place.start].matches('\n').count() + 2;
                    block = Some(Block { language: language.to_string(), line, text: String::new() });
                }
                Event::End(TagEnd::CodeBlock) => {
                    if let Some(block) = block.take() {
                        page.add(&block, std::mem::take(&mut conditions));
                    }
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    page.anchors.insert(anchor(&heading.take().unwrap_or_default(), &mut seen));
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.to_string());
                }
                Event::Text(said) => {
                    for buffer in [block.as_mut().map(|block| &mut block.text), heading.as_mut()].into_iter().flatten()
                    {
                        buffer.push_str(&said);
                    }
                }
                Event::Code(said) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&said);
                    }
                    page.spans.push(said.to_string());
                }
                _ => {}
            }
        }
        page
    }

    /// All commands, whether a test can run them or not.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &Command> {
        self.steps.iter().filter_map(|step| match step {
            Step::Type(command) => Some(command),
            Step::Write { .. } => None,
        })
    }

    fn add(&mut self, block: &Block, conditions: Conditions) {
        if let Some(name) = conditions.file {
            self.steps.push(Step::Write { name, text: block.text.clone() });
        } else if block.language == "console" {
            self.steps.extend(commands(block, &conditions).into_iter().map(Step::Type));
        }
    }
}

impl Conditions {
    fn read(&mut self, html: &str) {
        let Some(said) = html.trim().strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->")) else { return };
        let Some((word, value)) = said.split_once(':') else { return };
        let value = value.trim().to_owned();
        match word.trim() {
            "file" => self.file = Some(value),
            "not run" => self.not_run = Some(value),
            "slow" => self.slow = Some(value),
            "needs" => self.needs = value.split(',').map(|tool| tool.trim().to_owned()).collect(),
            _ => {}
        }
    }
}

struct Block {
    language: String,
    line: usize,
    text: String,
}

fn commands(block: &Block, conditions: &Conditions) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    let for_root = block.text.starts_with("# ");
    let (prompt, conditions) = match for_root {
        true => ("# ", Conditions { not_run: Some("it is for root".to_owned()), ..conditions.clone() }),
        false => ("$ ", conditions.clone()),
    };
    let mut lines = block.text.lines().zip(block.line..);
    while let Some((line, number)) = lines.next() {
        let Some(text) = line.strip_prefix(prompt) else {
            if let Some(command) = commands.last_mut() {
                command.shown.push(line.to_owned());
            }
            continue;
        };
        let mut text = text.to_owned();
        while text.ends_with('\\')
            && let Some((more, _)) = lines.next()
        {
            text.pop();
            text.push_str(more.trim_start());
        }
        let conditions = conditions.clone();
        commands.push(Command { line: number, code: code(&text), text, shown: Vec::new(), conditions });
    }
    commands
}

/// What the remark behind a command says of its exit code.
fn code(text: &str) -> i32 {
    let said = text.rsplit_once(" # ").and_then(|(_, remark)| remark.split_once("exit code "));
    let digits = said.map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The name by which a heading can be linked to, as forges make it.
fn anchor(heading: &str, seen: &mut BTreeMap<String, u32>) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let name: String = heading.trim().to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-");
    let times = seen.entry(name.clone()).and_modify(|times| *times += 1).or_insert(0);
    if *times == 0 { name } else { format!("{name}-{times}") }
}

/// The Markdown files of the checkout that people read, by path.
pub(crate) fn all(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).expect("the checkout can be read").flatten() {
            let name = entry.file_name();
            let path = folder.join(&name);
            let kind = entry.file_type().expect("it is there");
            let name = name.to_string_lossy();
            let not_ours = ["target", "runs", "node_modules", "assay-report"].contains(&&*name);
            if kind.is_dir() && !not_ours && (!name.starts_with('.') || name == ".github") {
                folders.push(path);
            } else if kind.is_file() && name.ends_with(".md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Whether the commands of a page are run: the README's, and those of the documentation.
pub(crate) fn is_tried(path: &Path) -> bool {
    path == Path::new("README.md") || path.starts_with("harness/docs")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# A title, `code` in it\n\n## A title, code in it\n\n[a](b.md#c) and `assay run`\n\n\
        <!-- file: a.txt -->\n```text\nhello\n```\n\n<!-- needs: python3, node -->\n<!-- slow: it builds -->\n```console\n\
        $ cat a.txt\nhello\n$ false \\\n    --really   # nothing: exit code 1\n…\n```\n\n\
        ```console\n# apt-get install x\n```\n\n```console\n$ true\n# a title\n```\n";

    #[test]
    fn a_page_is_files_commands_links_and_anchors() {
        let page = Page::parse(Path::new("a.md"), PAGE);
        assert_eq!(page.links, ["b.md#c"]);
        assert_eq!(page.anchors, ["a-title-code-in-it".to_owned(), "a-title-code-in-it-1".to_owned()].into());
        assert!(page.spans.contains(&"assay run".to_owned()));
        assert!(matches!(&page.steps[0], Step::Write { name, text } if name == "a.txt" && text == "hello\n"));
        let commands: Vec<&Command> = page.commands().collect();
        assert_eq!(commands.iter().map(|command| command.code).collect::<Vec<_>>(), [0, 1, 0, 0]);
        assert_eq!(commands[0].shown, ["hello"]);
        assert_eq!(commands[0].conditions.needs, ["python3", "node"]);
        assert_eq!(commands[0].line, 15);
        assert!(commands[1].text.starts_with("false --really") && commands[1].shown == ["…"]);
        assert!(commands[1].conditions.slow.is_some() && commands[2].conditions.not_run.is_some());
        assert!(commands[3].conditions.slow.is_none() && commands[3].conditions.needs.is_empty());
        assert_eq!(commands[3].shown, ["# a title"]);
    }
}
