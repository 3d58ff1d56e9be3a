//! What no text may do to a format.

use pulldown_cmark::{Event, Options as Markdown, Parser, Tag};

/// Characters that a terminal obeys or that hide, but for the newline.
pub(crate) fn raw_characters(text: &str) -> Vec<char> {
    let hidden = |c: &char| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().filter(hidden).collect()
}

/// The text without the styles that a terminal is given.
pub(crate) fn unstyled(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (style, rest) = part.split_once('m').expect("a style ends with m");
        assert!(style.starts_with('[') && style[1..].chars().all(|c| c.is_ascii_digit() || c == ';'), "{style}");
        plain.push_str(rest);
    }
    plain
}

/// Markup in a page of ours that is not ours.
pub(crate) fn foreign_markup(page: &str) -> Vec<String> {
    let foreign = |event: &Event<'_>| match event {
        Event::Html(html) | Event::InlineHtml(html) => {
            OURS.iter().fold(html.to_string(), |html, tag| html.replace(tag, "")).contains(['<', '>'])
        }
        Event::Start(
            Tag::Link { .. } | Tag::Image { .. } | Tag::Emphasis | Tag::Strikethrough | Tag::BlockQuote(_),
        ) => true,
        Event::Code(_) | Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) => true,
        _ => false,
    };
    let parser = Parser::new_ext(page, Markdown::all());
    parser.filter(foreign).map(|event| format!("{event:?}")).collect()
}

const OURS: [&str; 7] = ["<details>", "</details>", "<summary>", "</summary>", "<b>", "</b>", "<br>"];
