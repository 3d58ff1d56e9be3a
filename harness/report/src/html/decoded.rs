//! A token or a cookie beside its sound twin, taken apart for a page.
//!
//! Takes two inputs, gives the parts of the first with every difference to the second marked, by a sign and in words. Text is
//! shown as text where it is printable, anything else as octets with their offsets. Never verifies, and never assumes that a
//! part decodes.

use std::fmt::Write as _;

use token_assay_model::Input;

use super::text::Markup;
use crate::token::{self, Member};

/// A part of what was sent.
pub(crate) struct Part {
    /// What it is.
    pub(crate) name: String,
    /// How it stands to the same part of the twin, in a few words.
    pub(crate) note: String,
    /// Its lines.
    pub(crate) lines: Vec<Line>,
}

/// A line of a part.
pub(crate) struct Line {
    /// How it stands to the twin's.
    pub(crate) sign: Sign,
    /// It.
    pub(crate) body: Markup,
    /// What the twin has in its place.
    pub(crate) was: Option<Markup>,
}

/// How a line stands to the twin's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Both have it.
    Same,
    /// The twin has something else there.
    Changed,
    /// The twin has nothing there.
    Added,
    /// The twin alone has it.
    Gone,
}

impl Sign {
    /// The sign.
    pub(crate) const fn mark(self) -> &'static str {
        match self {
            Self::Same => " ",
            Self::Changed => "≠",
            Self::Added => "+",
            Self::Gone => "−",
        }
    }

    /// The same in a word, which is also the name of its style.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Gone => "gone",
        }
    }
}

/// The parts of `input`, beside those of `twin`.
pub(crate) fn parts(input: &Input, twin: &Input) -> Vec<Part> {
    match (input, twin) {
        (Input::Cookie(mine), Input::Cookie(theirs)) => {
            let (mine, theirs): (Vec<_>, Vec<_>) = (mine.each().collect(), theirs.each().collect());
            let field = |at: usize| cookie(at, mine.len(), mine[at], theirs.get(at).copied());
            (0..mine.len()).map(field).collect()
        }
        (Input::Cookie(mine), _) => {
            mine.each().enumerate().map(|(at, field)| cookie(at, mine.len(), field, None)).collect()
        }
        _ => of_token(input, twin),
    }
}

fn cookie(at: usize, all: usize, mine: &[u8], theirs: Option<&[u8]>) -> Part {
    let name = if all == 1 { "Cookie field".to_owned() } else { format!("Cookie field {} of {all}", at + 1) };
    Part { name, note: note(mine, theirs), lines: text_or_octets(mine, theirs) }
}

fn of_token(input: &Input, twin: &Input) -> Vec<Part> {
    let (mine, theirs) = (token::segments(input), token::segments(twin));
    let mut parts: Vec<Part> = (0..mine.len().min(MOST_PARTS))
        .map(|at| segment(name(at, mine.len()), mine[at], theirs.get(at).copied(), is_signature(at, mine.len())))
        .collect();
    if mine.len() != theirs.len() {
        let note = format!("{} parts, the twin has {}", mine.len(), theirs.len());
        parts.push(Part { name: "Parts".to_owned(), note, lines: Vec::new() });
    }
    parts
}

fn name(at: usize, all: usize) -> String {
    let known: &[&str] = match all {
        3 => &["Header", "Payload", "Signature"],
        5 => &["Header", "Encrypted key", "Initialisation vector", "Ciphertext", "Authentication tag"],
        _ => &[],
    };
    known.get(at).map_or_else(|| format!("Part {} of {all}", at + 1), |name| (*name).to_owned())
}

const fn is_signature(at: usize, all: usize) -> bool {
    matches!((at, all), (2, 3) | (1.., 5))
}

fn segment(name: String, mine: &[u8], theirs: Option<&[u8]>, is_binary: bool) -> Part {
    let note = note(mine, theirs);
    if mine.is_empty() {
        let was = theirs.filter(|theirs| !theirs.is_empty());
        let lines = was.map(|was| Line {
            sign: Sign::Gone,
            body: deleted(&Markup::ours(&size(was.len(), "character"))),
            was: None,
        });
        return Part { name, note, lines: lines.into_iter().collect() };
    }
    let (decoded, was) = (token::decode(mine), theirs.and_then(token::decode));
    let Some(decoded) = decoded else {
        let note = if note.is_empty() { "no base64url".to_owned() } else { format!("{note}; no base64url") };
        return Part { name, note, lines: text_or_octets(mine, theirs) };
    };
    let mut lines = if is_binary {
        hex(&decoded, was.as_deref())
    } else {
        match (token::members(&decoded), was.as_deref().and_then(token::members)) {
            (Some(my_members), Some(their_members)) => {
                let lines = object(&my_members, &their_members);
                let is_same = lines.iter().all(|line| line.sign == Sign::Same);
                // Members that are the same in another order, or with other spaces: the text itself is the difference.
                if is_same && was.as_deref().is_some_and(|was| was != decoded) {
                    text_or_octets(&decoded, was.as_deref())
                } else {
                    lines
                }
            }
            (Some(my_members), None) if was.is_none() => {
                object(&my_members, &[]).into_iter().map(Line::alone).collect()
            }
            _ => text_or_octets(&decoded, was.as_deref()),
        }
    };
    // The same octets written otherwise: padding, trailing bits, an alphabet.
    if was.as_deref() == Some(&decoded) && theirs.is_some_and(|theirs| theirs != mine) {
        lines = text_or_octets(mine, theirs);
    }
    Part { name, note, lines }
}

impl Line {
    /// The same where there is nothing that it could differ from.
    fn alone(self) -> Self {
        Self { sign: Sign::Same, was: None, ..self }
    }
}

fn note(mine: &[u8], theirs: Option<&[u8]>) -> String {
    match theirs {
        None => "the twin has no such part".to_owned(),
        Some(theirs) if theirs == mine => "as in the twin".to_owned(),
        Some(_) if mine.is_empty() => "empty; the twin has one".to_owned(),
        Some([]) => "the twin has an empty one".to_owned(),
        Some(_) => "differs from the twin".to_owned(),
    }
}

/// An object's members, a line each, repeated ones too.
fn object(mine: &[Member], theirs: &[Member]) -> Vec<Line> {
    let (my_values, their_values) = (token::by_name(mine), token::by_name(theirs));
    let value = |text: &str| Markup::octets(text.as_bytes(), VALUE);
    let mut lines: Vec<Line> = mine
        .iter()
        .take(MOST_MEMBERS)
        .map(|(name, raw)| {
            let was = their_values.get(name.as_str());
            let sign = match was {
                None => Sign::Added,
                Some(values) if my_values.get(name.as_str()) == Some(values) => Sign::Same,
                Some(_) => Sign::Changed,
            };
            let mut body = member_name(name);
            match sign {
                Sign::Same | Sign::Gone => body.push(&value(raw.get())),
                Sign::Changed => body.push_element("mark", &value(raw.get())),
                Sign::Added => {
                    let whole = std::mem::take(&mut body);
                    let mut inner = whole;
                    inner.push(&value(raw.get()));
                    body.push_element("ins", &inner);
                }
            }
            let was = was.filter(|_| sign == Sign::Changed).map(|values| deleted(&value(&values.join(" and "))));
            Line { sign, body, was }
        })
        .collect();
    if mine.len() > MOST_MEMBERS {
        lines.push(Line {
            sign: Sign::Same,
            body: Markup::ours(&format!("and {} more members", mine.len() - MOST_MEMBERS)),
            was: None,
        });
    }
    let gone = theirs.iter().filter(|(name, _)| !my_values.contains_key(name.as_str())).take(MOST_MEMBERS);
    lines.extend(gone.map(|(name, raw)| {
        let mut inner = member_name(name);
        inner.push(&value(raw.get()));
        Line { sign: Sign::Gone, body: deleted(&inner), was: None }
    }));
    if lines.is_empty() {
        lines.push(Line { sign: Sign::Same, body: Markup::ours("{}"), was: None });
    }
    lines
}

fn member_name(name: &str) -> Markup {
    let quoted = serde_json::to_string(name).expect("a string is a JSON value");
    let mut markup = Markup::octets(quoted.as_bytes(), NAME);
    markup.push_text(": ", 2);
    markup
}

fn deleted(inner: &Markup) -> Markup {
    let mut markup = Markup::default();
    markup.push_element("del", inner);
    markup
}

/// One line of text with the stretch marked in which it differs, or its octets.
fn text_or_octets(mine: &[u8], theirs: Option<&[u8]>) -> Vec<Line> {
    if !is_printable(mine) {
        return hex(mine, theirs);
    }
    let Some(theirs) = theirs.filter(|theirs| *theirs != mine) else {
        return vec![Line { sign: Sign::Same, body: Markup::octets(mine, TEXT), was: None }];
    };
    let (start, end) = common_ends(mine, theirs);
    let (middle, was) = (&mine[start..mine.len() - end], &theirs[start..theirs.len() - end]);
    let (before, after) = (&mine[..start], &mine[mine.len() - end..]);
    let mut body = Markup::default();
    let cut = before.len().saturating_sub(CONTEXT);
    if cut > 0 {
        body.push_text(&format!("({cut} octets) …"), usize::MAX);
    }
    body.push_octets(&before[cut..], usize::MAX);
    let name = if was.is_empty() { "ins" } else { "mark" };
    if !middle.is_empty() {
        body.push_element(name, &Markup::octets(middle, TEXT));
    }
    body.push_octets(after, CONTEXT);
    let sign = match (middle.is_empty(), was.is_empty()) {
        (true, _) => Sign::Gone,
        (_, true) => Sign::Added,
        _ => Sign::Changed,
    };
    let was = (!was.is_empty()).then(|| deleted(&Markup::octets(was, TEXT)));
    vec![Line { sign, body, was }]
}

/// How many octets are the same at the start, and then at the end.
fn common_ends(mine: &[u8], theirs: &[u8]) -> (usize, usize) {
    let start = mine.iter().zip(theirs).take_while(|(a, b)| a == b).count();
    let end = mine[start..].iter().rev().zip(theirs[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    (start, end)
}

/// Whether text would not lie: everything is a printable character of ASCII, or of another script and no control.
fn is_printable(octets: &[u8]) -> bool {
    std::str::from_utf8(octets)
        .is_ok_and(|text| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')))
}

/// Sixteen octets a line, with the offset of the first; those that differ are marked.
fn hex(mine: &[u8], theirs: Option<&[u8]>) -> Vec<Line> {
    let differs = |at: usize| theirs.is_some_and(|theirs| theirs.get(at) != mine.get(at));
    let all_differ = theirs.is_some() && (0..mine.len()).filter(|at| differs(*at)).count() * 10 > mine.len() * 9;
    let row = |(row, octets): (usize, &[u8])| {
        let first = row * WIDTH;
        let mut body = Markup::ours(&format!("{first:04x}  "));
        let mut is_changed = false;
        let mut at = 0;
        while at < octets.len() {
            let marked = differs(first + at) && !all_differ;
            let run = octets[at..]
                .iter()
                .enumerate()
                .take_while(|(i, _)| (differs(first + at + i) && !all_differ) == marked)
                .count();
            let mut text = String::with_capacity(run * 3);
            for octet in &octets[at..at + run] {
                write!(text, "{octet:02x} ").expect("a string takes everything");
            }
            let text = Markup::ours(text.trim_end());
            if marked {
                body.push_element("mark", &text)
            } else {
                body.push(&text)
            }
            body.push_text(" ", 1);
            is_changed |= marked;
            at += run;
        }
        Line { sign: if is_changed { Sign::Changed } else { Sign::Same }, body, was: None }
    };
    let mut lines: Vec<Line> = mine.chunks(WIDTH).enumerate().take(MOST_ROWS).map(row).collect();
    let mut said = size(mine.len(), "octet");
    if mine.len() > WIDTH * MOST_ROWS {
        write!(said, ", the first {} shown", WIDTH * MOST_ROWS).expect("a string takes everything");
    }
    if all_differ {
        said.push_str(", none of them as in the twin");
    }
    lines.push(Line {
        sign: if all_differ { Sign::Changed } else { Sign::Same },
        body: Markup::ours(&said),
        was: None,
    });
    lines
}

fn size(number: usize, noun: &str) -> String {
    crate::text::count(number, noun)
}

/// As much of a value as is shown, in characters.
const VALUE: usize = 400;
/// As much of a name.
const NAME: usize = 120;
/// As much of a text.
const TEXT: usize = 1200;
/// As much of what stands before and behind a difference, in octets.
const CONTEXT: usize = 300;
/// Octets in a row.
const WIDTH: usize = 16;
/// Rows of octets.
const MOST_ROWS: usize = 8;
/// Parts that are shown.
const MOST_PARTS: usize = 8;
/// Members that are shown.
const MOST_MEMBERS: usize = 60;

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::*;

    fn token(parts: &[&[u8]]) -> Input {
        let segments: Vec<_> = parts.iter().map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).collect();
        Input::from_octets(segments.join(".").into_bytes())
    }

    fn twin() -> Input {
        token(&[br#"{"alg":"RS256"}"#, br#"{"sub":"alice","exp":1}"#, &[0xaa; 20]])
    }

    fn told(input: &Input) -> Vec<String> {
        let line = |line: &Line| {
            let was = line.was.as_ref().map(|was| format!(" was {was}")).unwrap_or_default();
            format!("{} {}{was}", line.sign.mark(), line.body)
        };
        parts(input, &twin())
            .iter()
            .flat_map(|part| {
                let head = format!("{}: {}", part.name, part.note);
                std::iter::once(head).chain(part.lines.iter().map(line)).collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn members_say_what_became_of_them() {
        let forged = token(&[br#"{"alg":"none","typ":"JWT"}"#, br#"{"sub":"admin","sub":"root"}"#, b""]);
        assert_eq!(
            told(&forged),
            [
                "Header: differs from the twin",
                "≠ &quot;alg&quot;: <mark>&quot;none&quot;</mark> was <del>&quot;RS256&quot;</del>",
                "+ <ins>&quot;typ&quot;: &quot;JWT&quot;</ins>",
                "Payload: differs from the twin",
                "≠ &quot;sub&quot;: <mark>&quot;admin&quot;</mark> was <del>&quot;alice&quot;</del>",
                "≠ &quot;sub&quot;: <mark>&quot;root&quot;</mark> was <del>&quot;alice&quot;</del>",
                "− <del>&quot;exp&quot;: 1</del>",
                "Signature: empty; the twin has one",
                "− <del>27 characters</del>",
            ]
        );
    }

    #[test]
    fn octets_that_are_no_text_are_shown_with_their_offsets_and_marked() {
        let mut signature = [0xaa; 20];
        signature[17] = 0xab;
        let bent = token(&[br#"{"alg":"RS256"}"#, &[0xff, 0x00], &signature]);
        let told = told(&bent);
        assert_eq!(told[3], "  0000  ff 00 ");
        assert_eq!(told[7], "≠ 0010  aa <mark>ab</mark> aa aa ");
        assert_eq!(told[8], "  20 octets");
    }

    #[test]
    fn the_same_members_written_otherwise_are_shown_as_text() {
        let spaced = token(&[br#"{"alg": "RS256"}"#, br#"{"sub":"alice","exp":1}"#, &[0xaa; 20]]);
        assert_eq!(told(&spaced)[1], "+ {&quot;alg&quot;:<ins> </ins>&quot;RS256&quot;}");
        let Input::Token(text) = twin() else { unreachable!("it is text") };
        let padded = Input::Token(text + "=");
        assert!(told(&padded).last().is_some_and(|line| line.ends_with("<ins>=</ins>")), "{:?}", told(&padded));
    }

    #[test]
    fn nothing_is_assumed_of_what_is_no_token() {
        assert_eq!(told(&Input::Token(String::new()))[0], "Part 1 of 1: empty; the twin has one");
        let octets = told(&Input::Bytes(vec![0xff, 0xfe]));
        assert_eq!(octets[0], "Part 1 of 1: differs from the twin; no base64url");
        assert_eq!(octets[1..3], ["  0000  ff fe ", "≠ 2 octets, none of them as in the twin"]);
    }
}
