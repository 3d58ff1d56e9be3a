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

/// What stands in a page of ours that is not ours: elements, attributes, addresses. Scripts and styles are passed over, and
/// counted.
pub(crate) fn foreign_html(page: &str) -> Vec<String> {
    let mut foreign = Vec::new();
    let (mut rest, mut scripts) = (page, 0);
    while let Some(at) = rest.find('<') {
        let tag = &rest[at + 1..];
        let Some(end) = tag.find('>') else {
            foreign.push("a tag that does not end".to_owned());
            break;
        };
        let (inside, after) = (&tag[..end], &tag[end + 1..]);
        let name = inside.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if !ELEMENTS.contains(&name) {
            foreign.push(format!("<{inside}>"));
        }
        foreign.extend(
            attributes(inside)
                .filter(|(name, value)| is_foreign(name, value))
                .map(|(name, value)| format!("{name}={value}")),
        );
        rest = after;
        for raw in ["script", "style"] {
            if name == raw && !inside.starts_with('/') {
                scripts += usize::from(raw == "script");
                rest = after.split_once(&format!("</{raw}>")).map_or("", |(_, rest)| rest);
            }
        }
    }
    if scripts != 2 {
        foreign.push(format!("{scripts} scripts"));
    }
    foreign
}

/// Name and value of each; a value without quotes is none of ours.
fn attributes(tag: &str) -> impl Iterator<Item = (String, String)> {
    let mut found = Vec::new();
    let mut rest = tag.split_once(' ').map_or("", |(_, rest)| rest);
    while let Some((name, after)) = rest.split_once("=\"") {
        let (value, after) = after.split_once('"').unwrap_or((after, ""));
        found.push((name.rsplit(' ').next().unwrap_or_default().to_owned(), value.to_owned()));
        rest = after;
    }
    found.into_iter()
}

fn is_foreign(name: &str, value: &str) -> bool {
    let is_address = ["#", "https://", "http://"].iter().any(|start| value.starts_with(start));
    name.starts_with("on") || ["style", "src", "srcdoc", "action"].contains(&name) || (name == "href" && !is_address)
}

const ELEMENTS: &[&str] = &[
    "!doctype",
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "a",
    "header",
    "h1",
    "h2",
    "h3",
    "h4",
    "nav",
    "main",
    "section",
    "p",
    "span",
    "b",
    "dl",
    "dt",
    "dd",
    "div",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "ol",
    "ul",
    "li",
    "br",
    "code",
    "pre",
    "details",
    "summary",
    "label",
    "select",
    "input",
    "noscript",
    "footer",
    "script",
    "mark",
    "ins",
    "del",
    "svg",
    "rect",
    "figure",
    "figcaption",
    "path",
    "line",
    "text",
    "small",
];

const OURS: [&str; 7] = ["<details>", "</details>", "<summary>", "</summary>", "<b>", "</b>", "<br>"];
