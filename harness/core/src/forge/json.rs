//! JSON as text that stays as it is written.
//!
//! An [`Object`] is an ordered list of members whose values are raw text: a name may stand twice, a value may be nonsense,
//! and nothing is ever parsed and written again.

use std::fmt::Write as _;

/// A JSON object under construction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Object {
    members: Vec<(String, String)>,
}

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the member's value, where it stands; adds it at the end where it is missing. `value` is raw JSON text.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        let (name, value) = (quote(name), value.into());
        match self.members.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.members.push((name, value)),
        }
        self
    }

    /// The same for a value that is a string, quoted here.
    #[must_use]
    pub fn set_string(self, name: &str, value: &str) -> Self {
        self.set(name, quote(value))
    }

    /// Adds a member at the end even where the name is there already.
    #[must_use]
    pub fn append(mut self, name: &str, value: impl Into<String>) -> Self {
        self.members.push((quote(name), value.into()));
        self
    }

    /// Adds a member at the front even where the name is there already.
    #[must_use]
    pub fn prepend(mut self, name: &str, value: impl Into<String>) -> Self {
        self.members.insert(0, (quote(name), value.into()));
        self
    }

    /// Adds a member at the end whose name is raw text, quotes included.
    #[must_use]
    pub fn append_raw(mut self, raw_name: &str, value: impl Into<String>) -> Self {
        self.members.push((raw_name.to_owned(), value.into()));
        self
    }

    /// Takes the member away.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        let name = quote(name);
        self.members.retain(|(known, _)| *known != name);
        self
    }

    /// The raw value of a member.
    pub fn value(&self, name: &str) -> Option<&str> {
        let name = quote(name);
        self.members.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The members, names with their quotes.
    pub fn members(&self) -> &[(String, String)] {
        &self.members
    }

    /// The same object with its members in the opposite order.
    #[must_use]
    pub fn reversed(mut self) -> Self {
        self.members.reverse();
        self
    }

    /// The text, without any white space.
    pub fn text(&self) -> String {
        self.written("", ":", ",")
    }

    /// The text with this white space: after the opening brace and before the closing one, between name and value, and
    /// between members.
    pub fn written(&self, margin: &str, colon: &str, comma: &str) -> String {
        let mut text = format!("{{{margin}");
        for (index, (name, value)) in self.members.iter().enumerate() {
            if index > 0 {
                text.push_str(comma);
            }
            text.push_str(name);
            text.push_str(colon);
            text.push_str(value);
        }
        text.push_str(margin);
        text.push('}');
        text
    }
}

/// A string as JSON text: quotes, backslashes and control characters escaped, everything else as it is.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    if text.bytes().all(|octet| octet >= b' ' && octet != b'"' && octet != b'\\') {
        quoted.push_str(text);
        quoted.push('"');
        return quoted;
    }
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c < ' ' => write!(quoted, "\\u{:04x}", c as u32).expect("a string grows"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A string as JSON text with every character written as `\u` escapes, surrogate pairs where needed.
pub fn quote_escaped(text: &str) -> String {
    let mut quoted = String::from("\"");
    for unit in text.encode_utf16() {
        write!(quoted, "\\u{unit:04x}").expect("a string grows");
    }
    quoted.push('"');
    quoted
}

/// An array of raw values.
pub fn array<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| value.as_ref().to_owned()).collect();
    format!("[{}]", values.join(","))
}
