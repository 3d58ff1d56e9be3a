//! A token taken apart, for people at a terminal.
//!
//! Takes parts, their members and what they mean, in words, gives text: what it is, its members with their meaning, what a sound
//! verifier answers, then the remarks as an audit of cookies has them. Whatever came from outside is escaped here, and only
//! ASCII of it is shown as it stands.

use token_assay_model::Outcome;

use crate::audit::{self, Page};
use crate::terminal::{DIM, ID, Paint, WIDTH, outcome_style, say, symbol, wrap};
use crate::text::{SENTENCE, shown, shown_octets};

/// What is shown.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// The parts, in order.
    pub sections: Vec<Section>,
    /// What a sound verifier answers, where it was asked.
    pub answers: Vec<Answer>,
    /// What is wrong, and what was not judged.
    pub page: Page,
}

/// A part.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// What it is.
    pub title: String,
    /// What is said of the whole of it.
    pub remark: String,
    /// Its members.
    pub rows: Vec<Row>,
}

/// A member.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its name, from outside.
    pub name: String,
    /// Its value, from outside.
    pub value: String,
    /// What it means.
    pub says: String,
}

/// What a sound verifier answers.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Whether it accepts, refuses, or may do either.
    pub outcome: Outcome,
    /// The answer in one sentence.
    pub sentence: String,
    /// Labels of at most nine letters with their texts.
    pub lines: Vec<(&'static str, String)>,
}

/// The text.
pub fn render(sheet: &Sheet, color: bool) -> String {
    let paint = Paint { color };
    let mut text = String::new();
    for part in &sheet.sections {
        section(&mut text, part, paint);
    }
    if !sheet.sections.is_empty() {
        text.push('\n');
    }
    for answer in &sheet.answers {
        let mark = format!("{} {}", symbol(answer.outcome), shown(&answer.sentence, SENTENCE));
        say(&mut text, &paint.with(outcome_style(answer.outcome), &mark));
        audit::labelled(&mut text, &answer.lines, paint);
        text.push('\n');
    }
    text + &audit::render(&sheet.page, color)
}

fn section(text: &mut String, section: &Section, paint: Paint) {
    let title = paint.with(ID, &shown(&section.title, SENTENCE));
    let lines = wrap(&shown(&section.remark, SENTENCE), WIDTH.saturating_sub(section.title.chars().count() + 3));
    for (at, line) in lines.iter().enumerate() {
        let space = " ".repeat(section.title.chars().count());
        say(text, &format!("{}   {line}", if at == 0 { &title } else { &space }));
    }
    let name = |row: &Row| shown_octets(row.name.as_bytes(), NAME);
    let width = section.rows.iter().map(|row| name(row).chars().count()).max().unwrap_or(0).min(COLUMN);
    for member in &section.rows {
        row(text, &name(member), member, width, paint);
    }
}

/// Name, value and meaning in a line where they fit, else in one after the other.
fn row(text: &mut String, name: &str, row: &Row, width: usize, paint: Paint) {
    let value = shown_octets(row.value.as_bytes(), VALUE);
    let says = shown(&row.says, SENTENCE);
    let name_width = name.chars().count();
    let label = format!("  {}{}", paint.with(DIM, name), " ".repeat(width.saturating_sub(name_width)));
    let room = WIDTH - 2 - width - 2;
    let whole = value.chars().count() + if says.is_empty() { 0 } else { says.chars().count() + 3 };
    if name_width <= width && whole <= room {
        let says = if says.is_empty() { says } else { format!("   {}", paint.with(DIM, &says)) };
        say(text, &format!("{label}  {value}{says}"));
        return;
    }
    let indent = " ".repeat(2 + width + 2);
    let mut lead = if name_width <= width { format!("{label}  ") } else { format!("{label}\n{indent}") };
    for line in pieces(&value, room) {
        say(text, &format!("{lead}{line}"));
        lead.clone_from(&indent);
    }
    for line in wrap(&says, room).iter().filter(|line| !line.is_empty()) {
        say(text, &format!("{indent}{}", paint.with(DIM, line)));
    }
}

/// A value in lines: it may be one long word.
fn pieces(value: &str, width: usize) -> Vec<String> {
    let characters: Vec<char> = value.chars().collect();
    characters.chunks(width.max(1)).map(|chunk| chunk.iter().collect()).collect()
}

/// As wide as the column of names becomes.
const COLUMN: usize = 22;

/// As much of a name as is shown.
const NAME: usize = 80;

/// As much of a value.
const VALUE: usize = 600;

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(name: &str, value: &str, says: &str) -> Sheet {
        let row = Row { name: name.to_owned(), value: value.to_owned(), says: says.to_owned() };
        let section = Section { title: "payload".to_owned(), remark: "1 member".to_owned(), rows: vec![row] };
        Sheet { sections: vec![section], ..Sheet::default() }
    }

    #[test]
    fn a_member_stands_in_one_line_where_it_fits_and_in_several_where_it_does_not() {
        let text = render(&sheet("exp", "1700000600", "2023-11-14 22:23:20 UTC, in 10 minutes"), false);
        assert!(text.starts_with("payload   1 member\n  exp  1700000600   2023-11-14"), "{text}");
        let long = render(&sheet("exp", &"x".repeat(250), "what it means"), false);
        assert!(long.lines().all(|line| line.chars().count() <= WIDTH), "{long}");
        assert!(long.contains("\n       what it means\n"), "{long}");
        let wide = render(&sheet(&"n".repeat(40), "1", ""), false);
        assert!(wide.contains(&format!("  {}\n", "n".repeat(40))), "{wide}");
    }

    #[test]
    fn what_came_from_outside_controls_no_terminal_and_looks_like_nothing_else() {
        let evil = "\u{1b}[2J\r\n\u{202e}\u{43e}\u{9b}";
        let text = render(&sheet(evil, evil, evil), false);
        assert!(text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{text:?}");
        assert!(text.contains("\\u{43e}"), "{text}");
    }
}
