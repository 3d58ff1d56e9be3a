//! Text from outside, made fit for a page.
//!
//! Takes what a token, a target or a configuration says, gives [`Markup`] that stands in a page as it is, or plain text for the
//! page's data. Never gives a character that hides or that turns the line around: `U+202E` stands in its place, and `0xFF` in
//! that of an octet that is no text.

use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;

use crate::text::is_hidden;

/// Text that was escaped, with elements of ours in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Markup(String);

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

impl Markup {
    /// Text, cut after `limit` characters.
    pub(crate) fn text(text: &str, limit: usize) -> Self {
        let mut markup = Self::default();
        markup.push_text(text, limit);
        markup
    }

    /// What may not be text. Only ASCII is shown as it stands: a letter that looks like another is the very thing to see.
    pub(crate) fn octets(octets: &[u8], limit: usize) -> Self {
        let mut markup = Self::default();
        markup.push_octets(octets, limit);
        markup
    }

    /// Text of ours.
    pub(crate) fn ours(text: &str) -> Self {
        Self::text(text, usize::MAX)
    }

    /// Whether nothing is shown.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds an element of ours around other markup.
    pub(crate) fn push_element(&mut self, name: &'static str, inner: &Self) {
        write!(self.0, "<{name}>{inner}</{name}>").expect(ALWAYS);
    }

    /// Adds other markup.
    pub(crate) fn push(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    /// Adds text.
    pub(crate) fn push_text(&mut self, text: &str, limit: usize) {
        self.pieces(text.chars().map(Piece::Char), limit, is_hidden);
    }

    /// Adds octets.
    pub(crate) fn push_octets(&mut self, octets: &[u8], limit: usize) {
        let start = &octets[..octets.len().min(limit.saturating_add(1).saturating_mul(4))];
        let pieces = start.utf8_chunks().flat_map(|chunk| {
            chunk.valid().chars().map(Piece::Char).chain(chunk.invalid().iter().copied().map(Piece::Octet))
        });
        self.pieces(pieces, limit, |c| !c.is_ascii() || is_hidden(c));
    }

    fn pieces(&mut self, pieces: impl Iterator<Item = Piece>, limit: usize, hidden: impl Fn(char) -> bool) {
        for (at, piece) in pieces.enumerate() {
            if at >= limit {
                self.0.push('…');
                return;
            }
            match piece {
                Piece::Char(c) if hidden(c) => write!(self.0, "<b class=\"u\">U+{:04X}</b>", c as u32).expect(ALWAYS),
                Piece::Octet(octet) => write!(self.0, "<b class=\"u\">0x{octet:02X}</b>").expect(ALWAYS),
                Piece::Char('&') => self.0.push_str("&amp;"),
                Piece::Char('<') => self.0.push_str("&lt;"),
                Piece::Char('>') => self.0.push_str("&gt;"),
                Piece::Char('"') => self.0.push_str("&quot;"),
                Piece::Char('\'') => self.0.push_str("&#39;"),
                Piece::Char(c) => self.0.push(c),
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Piece {
    Char(char),
    Octet(u8),
}

/// The same without elements, for the page's data: what is hidden stands in angle brackets of a kind that no markup knows.
pub(crate) fn plain(text: &str, limit: usize) -> String {
    let mut plain = String::with_capacity(text.len().min(limit));
    for (at, c) in text.chars().enumerate() {
        if at >= limit {
            plain.push('…');
            break;
        }
        if is_hidden(c) {
            write!(plain, "⟨U+{:04X}⟩", c as u32).expect(ALWAYS);
        } else {
            plain.push(c);
        }
    }
    plain
}

/// The same where lines are lines, as in source: a newline stays one.
pub(crate) fn plain_lines(text: &str, limit: usize) -> String {
    text.split('\n').map(|line| plain(line, limit)).collect::<Vec<_>>().join("\n")
}

/// JSON that stands in a page's script element: nothing in it ends the element, and no line separator is in it.
pub(crate) fn json_in_page(value: &impl serde::Serialize) -> String {
    let json = serde_json::to_string(value).expect("the page's data is JSON");
    let mut escaped = String::with_capacity(json.len() + json.len() / 16);
    for c in json.chars() {
        match c {
            '<' | '>' | '&' => write!(escaped, "\\u{:04x}", c as u32).expect(ALWAYS),
            c if is_hidden(c) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    write!(escaped, "\\u{unit:04x}").expect(ALWAYS);
                }
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// A name that can stand behind `#` as it is; nothing where it is none.
pub(crate) fn anchor(name: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.');
    (!name.is_empty() && name.len() <= 160 && name.chars().all(plain)).then_some(name)
}

const ALWAYS: &str = "a string takes everything";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_named_and_what_is_markup_is_text() {
        let shown = |text| Markup::text(text, 99).to_string();
        assert_eq!(shown("a\u{202e}b\0"), "a<b class=\"u\">U+202E</b>b<b class=\"u\">U+0000</b>");
        assert_eq!(
            shown("</script><img src=x onerror='alert(1)'>&\""),
            "&lt;/script&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;&quot;"
        );
        assert_eq!(
            Markup::octets("é\u{ff}".as_bytes(), 99).to_string(),
            "<b class=\"u\">U+00E9</b><b class=\"u\">U+00FF</b>"
        );
        assert_eq!(Markup::octets(b"a\xff", 99).to_string(), "a<b class=\"u\">0xFF</b>");
        assert_eq!(Markup::text("abcdef", 3).to_string(), "abc…");
        assert_eq!(plain("a\u{2028}<b>", 99), "a⟨U+2028⟩<b>");
    }

    #[test]
    fn nothing_in_the_data_ends_its_element() {
        assert_eq!(
            json_in_page(&"</script><!--\u{2028}\u{e0041}"),
            r#""\u003c/script\u003e\u003c!--\u2028\udb40\udc41""#
        );
    }

    #[test]
    fn only_plain_names_are_anchors() {
        assert_eq!(anchor("alg-none/none-empty-sig"), Some("alg-none/none-empty-sig"));
        assert_eq!(anchor("a b"), None);
        assert_eq!(anchor("a\"><script>"), None);
        assert_eq!(anchor(""), None);
    }
}
