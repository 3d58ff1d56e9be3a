//! What `assay sessions` found, as a page: of each finding the shortest list of commands as a sequence, with the model's state
//! beside each step.
//!
//! Takes transcripts, gives one file without a script. Whoever acts has a lane; what nobody's browser does is the operator's.

use askama::Template;

use super::policy;
use super::text::Markup;
use crate::sessions::{Explored, Transcript};
use crate::terminal;
use crate::text::{LINE, SENTENCE};

/// The page.
pub(crate) fn page(title: &str, explored: &[Explored]) -> Vec<u8> {
    let page = Page {
        policy: policy::policy(&[], super::STYLE),
        style: super::STYLE,
        title: Markup::text(title, LINE),
        findings: explored.iter().filter(|kind| kind.finding.is_some()).count(),
        kinds: explored.iter().map(Kind::new).collect(),
    };
    let mut bytes = page.render().expect("a page of text can be written").into_bytes();
    bytes.push(b'\n');
    bytes
}

#[derive(Template)]
#[template(path = "html/sessions.html")]
struct Page {
    policy: String,
    style: &'static str,
    title: Markup,
    findings: usize,
    kinds: Vec<Kind>,
}

struct Kind {
    name: Markup,
    told: Markup,
    finding: Option<Finding>,
}

struct Finding {
    severity: &'static str,
    mark: &'static str,
    id: Markup,
    service: Markup,
    level: &'static str,
    title: Markup,
    facts: Vec<(&'static str, Markup)>,
    again: Markup,
    lanes: Vec<Lane>,
    width: usize,
    steps: Vec<Step>,
    seen: Markup,
}

/// A column of the sequence.
struct Lane {
    name: &'static str,
    x: usize,
}

struct Step {
    number: usize,
    /// Where the arrow begins, and where it ends: at the service.
    from: usize,
    to: usize,
    command: Markup,
    overlap: Markup,
    answer: Markup,
    model: Vec<Markup>,
    is_last: bool,
}

impl Kind {
    fn new(explored: &Explored) -> Self {
        Self {
            name: Markup::text(&explored.kind, LINE),
            told: Markup::text(&explored.told, SENTENCE),
            finding: explored.finding.as_ref().map(Finding::new),
        }
    }
}

impl Finding {
    fn new(transcript: &Transcript) -> Self {
        let text = |text: &str| Markup::text(text, SENTENCE);
        let actors: Vec<&'static str> = transcript.steps.iter().map(|(command, _, _)| actor(command)).collect();
        let mut names: Vec<&'static str> = ACTORS.iter().copied().filter(|name| actors.contains(name)).collect();
        names.push(SERVICE);
        let lanes: Vec<Lane> = names.iter().enumerate().map(|(at, name)| Lane { name, x: 24 + at * APART }).collect();
        let x = |name: &str| lanes.iter().find(|lane| lane.name == name).map_or(0, |lane| lane.x);
        let step = |(at, (command, answer, model)): (usize, &(String, String, String))| {
            let (command, overlap) = command
                .split_once("  [")
                .map_or((command.as_str(), ""), |(command, rest)| (command, rest.trim_end_matches(']')));
            Step {
                number: at + 1,
                from: x(actors[at]),
                to: x(SERVICE),
                command: text(command),
                overlap: text(overlap),
                answer: text(answer),
                model: model.split(" · ").filter(|line| !line.is_empty()).map(text).collect(),
                is_last: at + 1 == transcript.steps.len(),
            }
        };
        Self {
            severity: transcript.severity.as_str(),
            mark: terminal::symbol(token_assay_model::Outcome::Fail),
            id: text(&transcript.id),
            service: text(&transcript.service),
            level: transcript.level.as_str(),
            title: text(&transcript.title),
            facts: vec![
                ("seen", text(&transcript.seen)),
                ("clauses", text(&transcript.clauses.join(", "))),
                ("mend", text(&transcript.mend)),
                ("shrunk", text(&transcript.made_small)),
            ]
            .into_iter()
            .filter(|(name, _)| *name != "shrunk" || !transcript.made_small.is_empty())
            .collect(),
            again: text(&transcript.again),
            width: x(SERVICE) + 24,
            steps: transcript.steps.iter().enumerate().map(step).collect(),
            seen: text(&transcript.seen),
            lanes,
        }
    }
}

/// Whose browser a command is about first; what is no browser's is the operator's.
fn actor(command: &str) -> &'static str {
    let words = command.split(|c: char| c.is_whitespace() || c == ',');
    let browser = |word: &str| BROWSERS.iter().find(|name| word == **name || word.strip_suffix("'s") == Some(**name));
    words.into_iter().find_map(browser).map_or(OPERATOR, |name| name)
}

const BROWSERS: [&str; 3] = ["A", "B", "C"];
const OPERATOR: &str = "operator";
const SERVICE: &str = "service";
const ACTORS: [&str; 4] = ["A", "B", "C", OPERATOR];
/// Between two lanes.
const APART: usize = 62;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_drawn_in_the_lane_of_whoever_acts() {
        assert_eq!(actor("login A as alice@north.example"), "A");
        assert_eq!(actor("refresh with B's refresh token 2 before the newest"), "B");
        assert_eq!(actor("60 s pass"), OPERATOR);
        assert_eq!(actor("Anybody"), OPERATOR);
    }
}
