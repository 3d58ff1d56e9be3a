//! Text from outside, made fit to show.
//!
//! Takes what a token, a target or a configuration says, gives one line without anything that controls a terminal or
//! hides from the eye, cut to a length. Never gives a control character, a bidirectional override, a white space other
//! than U+0020, or a character that XML forbids.

use std::fmt::Write as _;

/// As much of one value as a line shows, in characters.
pub(crate) const LINE: usize = 120;

/// As much of a name or a version as is shown where it is one of several things in a line.
pub(crate) const NAME: usize = 40;

/// As much of a sentence as is shown.
pub(crate) const SENTENCE: usize = 1000;

/// One line of this text, cut after `limit` characters.
pub fn shown(text: &str, limit: usize) -> String {
    cut(text.chars().map(Piece::Char), limit, is_hidden)
}

/// The same for what may not be text. Only ASCII is shown as it stands: in a token, a letter that looks like another is
/// the very thing to see.
pub fn shown_octets(octets: &[u8], limit: usize) -> String {
    // No character is longer than four octets, so that the rest is not looked at.
    let start = &octets[..octets.len().min(limit.saturating_add(1).saturating_mul(4))];
    let cut_off = start.len() < octets.len();
    let pieces = start.utf8_chunks().flat_map(|chunk| {
        chunk.valid().chars().map(Piece::Char).chain(chunk.invalid().iter().copied().map(Piece::Octet))
    });
    let shown = cut(pieces, limit, |c| !c.is_ascii() || is_hidden(c));
    if cut_off && !shown.ends_with(CUT) { shown + CUT } else { shown }
}

/// The two ends of a long token.
pub(crate) fn ends(octets: &[u8]) -> String {
    if octets.len() <= HEAD + TAIL + 1 {
        return shown_octets(octets, usize::MAX);
    }
    let (head, tail) = (&octets[..HEAD], &octets[octets.len() - TAIL..]);
    format!("{}{CUT}{}", shown_octets(head, usize::MAX), shown_octets(tail, usize::MAX))
}

/// `1 case`, `2 cases`.
pub(crate) fn count(number: impl TryInto<u64>, noun: &str) -> String {
    match number.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

/// A time as people read it.
pub(crate) fn duration(microseconds: u64) -> String {
    match microseconds {
        0..100 => format!("{microseconds} µs"),
        100..1_000_000 => format!("{:.1} ms", microseconds as f64 / 1e3),
        _ => format!("{:.1} s", microseconds as f64 / 1e6),
    }
}

#[derive(Clone, Copy)]
enum Piece {
    Char(char),
    Octet(u8),
}

fn cut(pieces: impl Iterator<Item = Piece>, limit: usize, hidden: impl Fn(char) -> bool) -> String {
    let mut shown = String::new();
    let mut length = 0;
    for piece in pieces {
        let before = shown.len();
        match piece {
            Piece::Char('\n') => shown.push_str("\\n"),
            Piece::Char('\r') => shown.push_str("\\r"),
            Piece::Char('\t') => shown.push_str("\\t"),
            Piece::Char(c) if hidden(c) => write_infallible(&mut shown, format_args!("\\u{{{:x}}}", c as u32)),
            Piece::Char(c) => shown.push(c),
            Piece::Octet(octet) => write_infallible(&mut shown, format_args!("\\x{octet:02x}")),
        }
        length += shown[before..].chars().count();
        if length > limit {
            shown.truncate(before);
            shown.push_str(CUT);
            break;
        }
    }
    shown
}

fn write_infallible(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("writing to a string does not fail");
}

/// Controls, white space other than U+0020, format characters (bidirectional overrides, joiners, tags), noncharacters.
pub(crate) const fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\0'..='\x1f'
            | '\x7f'..='\u{a0}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{115f}'..='\u{1160}'
            | '\u{1680}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2000}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}'
            | '\u{3000}'
            | '\u{3164}'
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    ) || c as u32 & 0xfffe == 0xfffe
}

const CUT: &str = "…";
const HEAD: usize = 20;
const TAIL: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_controls_or_hides_is_spelled_out() {
        assert_eq!(shown("a\0\u{1b}[2J\u{202e}b\u{9b}\u{fffe}\n\t", 99), r"a\u{0}\u{1b}[2J\u{202e}b\u{9b}\u{fffe}\n\t");
        assert_eq!(shown("né", 99), "né");
        assert_eq!(shown_octets("n\u{43e}ne\u{a0}".as_bytes(), 99), r"n\u{43e}ne\u{a0}");
        assert_eq!(shown_octets(b"a\xff\xc3", 99), r"a\xff\xc3");
    }

    #[test]
    fn a_long_text_is_cut_at_a_whole_escape() {
        assert_eq!(shown("abcdef", 6), "abcdef");
        assert_eq!(shown("abcdefg", 6), "abcdef…");
        assert_eq!(shown("abcd\u{1b}", 6), "abcd…");
        assert_eq!(shown_octets(&[b'a'; 1000], 3), "aaa…");
        assert_eq!(shown_octets(b"", 0), "");
    }

    #[test]
    fn a_token_keeps_its_two_ends() {
        assert_eq!(ends(b"abcdefghijklmnopqrstuvwx"), "abcdefghijklmnopqrstuvwx");
        assert_eq!(ends(b"abcdefghijklmnopqrstuvwxy"), "abcdefghijklmnopqrst…wxy");
    }

    #[test]
    fn times_and_counts_read_as_people_say_them() {
        assert_eq!([7, 400, 1_500, 2_000_000].map(duration), ["7 µs", "0.4 ms", "1.5 ms", "2.0 s"]);
        assert_eq!([0, 1, 2].map(|n: u64| count(n, "case")), ["0 cases", "1 case", "2 cases"]);
    }
}
