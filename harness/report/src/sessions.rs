//! A finding about sessions, for people at a terminal: what does not hold, and the shortest list of commands that shows it, with
//! what was answered and what the model held beside each. Takes text, gives text; whatever came from outside is escaped here.

use token_assay_model::{Level, Outcome, Severity};

use crate::terminal::{DIM, ID, Paint, WIDTH, say, severity, severity_style, symbol, wrap};
use crate::text::{SENTENCE, shown};

/// What is shown.
#[derive(Debug, Clone)]
pub struct Transcript {
    /// How bad it is.
    pub severity: Severity,
    /// How firmly the clauses speak.
    pub level: Level,
    /// The invariant.
    pub id: String,
    /// The service.
    pub service: String,
    /// The finding in one sentence.
    pub title: String,
    /// What was seen.
    pub seen: String,
    /// The clauses.
    pub clauses: Vec<String>,
    /// What to do.
    pub mend: String,
    /// What was done, what was answered, what the model held.
    pub steps: Vec<(String, String, String)>,
    /// How small it was made.
    pub made_small: String,
    /// How to see it again.
    pub again: String,
}

/// What became of one service.
#[derive(Debug, Clone)]
pub struct Explored {
    /// Its kind.
    pub kind: String,
    /// How much was tried, in a line.
    pub told: String,
    /// What was found.
    pub finding: Option<Transcript>,
}

/// One page for all of them: each sequence with the model's state beside it.
pub fn page(title: &str, explored: &[Explored]) -> Vec<u8> {
    crate::html::sessions::page(title, explored)
}

/// The text.
pub fn render(transcript: &Transcript, color: bool) -> String {
    let paint = Paint { color };
    let mut text = String::new();
    let mark = format!("{} {:<8}", symbol(Outcome::Fail), severity(transcript.severity));
    let mark = paint.with(severity_style(transcript.severity), &mark);
    let (id, service) = (paint.with(ID, &shown(&transcript.id, SENTENCE)), shown(&transcript.service, SENTENCE));
    say(&mut text, &format!("{mark}  {id}   {service}      {}", transcript.level));
    for line in wrap(&shown(&transcript.title, SENTENCE), WIDTH - 2) {
        say(&mut text, &format!("  {line}"));
    }
    let clauses = transcript.clauses.join(", ");
    for (label, words) in [
        ("seen", &transcript.seen),
        ("clauses", &clauses),
        ("mend", &transcript.mend),
        ("shrunk", &transcript.made_small),
        ("again", &transcript.again),
    ] {
        if words.is_empty() {
            continue;
        }
        for (index, line) in wrap(&shown(words, LONG), WIDTH - LABELS).iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            say(&mut text, &format!("  {} {line}", paint.with(DIM, &format!("{label:<9}"))));
        }
    }
    say(&mut text, "");
    for (number, (command, answer, model)) in transcript.steps.iter().enumerate() {
        let number = paint.with(DIM, &format!("{:>4}", number + 1));
        say(&mut text, &format!("{number}  {}", shown(command, LONG)));
        if !answer.is_empty() {
            say(&mut text, &format!("      → {}", shown(answer, LONG)));
        }
        if !model.is_empty() {
            say(&mut text, &format!("      {}", paint.with(DIM, &shown(model, LONG))));
        }
    }
    text
}

/// As much of a line as is shown.
const LONG: usize = 600;

/// The room of labels.
const LABELS: usize = 12;
