//! JSON as RFC 8259 says it, and nothing more.
//!
//! Takes octets, gives a [`Json`] that keeps what a verifier's verdict may hang on: the order of members, names that stand
//! twice, the text of numbers. Never guesses: comments, trailing commas, `NaN`, a byte order mark, invalid UTF-8 and lone
//! surrogates are errors, unless a strawman asks for such a [`Lenience`].

use serde_json::{Map, Number, Value};

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object: its members in order, names unescaped, none merged.
    Object(Vec<(String, Json)>),
}

/// Why octets are no JSON that is read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotJson {
    /// They are no JSON.
    Malformed,
    /// Values stand in each other deeper than is read (RFC 8259 §9 lets a parser set that limit).
    TooDeep,
}

/// What a reader can let pass that RFC 8259 does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lenience {
    /// `/* */` and `//` are white space.
    Comments,
    /// What else JSON5 has: commas before a closing bracket, single quotes, names without quotes, `0x1f`, `+1`.
    Json5,
    /// `NaN`, `Infinity` and `-Infinity` are read as null.
    NotANumber,
    /// Digits on both sides of the point, after the `e` and after the sign may be missing, and there may be zeros before the
    /// first.
    LooseNumbers,
    /// Control characters stand in strings as they are.
    ControlCharacters,
    /// An escape that does not exist stands for its own letters.
    AnyEscape,
    /// What follows the value is not looked at.
    Rest,
    /// Half a surrogate pair is read. RFC 8259 §8.2 says that such a text is JSON, and that what comes of it is unpredictable.
    LoneSurrogates,
}

impl Json {
    /// Reads one value with nothing but white space around it.
    pub fn parse(octets: &[u8]) -> Result<Self, NotJson> {
        Self::parse_as(octets, &[])
    }

    /// The same for a reader that lets these pass.
    pub fn parse_as(octets: &[u8], lets_pass: &[Lenience]) -> Result<Self, NotJson> {
        let text = std::str::from_utf8(octets).map_err(|_| NotJson::Malformed)?;
        let mut reader = Reader { rest: text, lets_pass };
        let value = reader.value(0)?;
        reader.skip_space();
        if reader.rest.is_empty() || reader.lets(Lenience::Rest) { Ok(value) } else { Err(NotJson::Malformed) }
    }

    /// The last member of this name, where the value is an object (RFC 7515 §4: the lexically last is read).
    pub fn member(&self, name: &str) -> Option<&Json> {
        match self {
            Self::Object(members) => members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is a number written without fraction and exponent.
    pub fn is_written_as_integer(&self) -> bool {
        matches!(self, Self::Number(text) if !text.contains(['.', 'e', 'E']))
    }

    /// A number as the nearest `f64`; infinite where it is beyond them.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Whether a name stands twice in this object.
    pub fn repeats_a_name(&self) -> bool {
        match self {
            Self::Object(members) => {
                let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
                names.sort_unstable();
                names.windows(2).any(|pair| pair[0] == pair[1])
            }
            _ => false,
        }
    }

    /// Whether a name stands twice in an object inside this one.
    pub fn repeats_a_name_within(&self) -> bool {
        let repeats = |value: &Json| value.repeats_a_name() || value.repeats_a_name_within();
        match self {
            Self::Array(values) => values.iter().any(repeats),
            Self::Object(members) => members.iter().any(|(_, value)| repeats(value)),
            _ => false,
        }
    }

    /// The value as `serde_json` holds it, the last of two members of one name kept.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| nearest(text)),
            Self::String(text) => Value::String(text.clone()),
            Self::Array(values) => Value::Array(values.iter().map(Self::to_value).collect()),
            Self::Object(_) => Value::Object(self.to_map()),
        }
    }

    /// The members of an object as `serde_json` holds them; empty for other values.
    pub fn to_map(&self) -> Map<String, Value> {
        match self {
            Self::Object(members) => members.iter().map(|(name, value)| (name.clone(), value.to_value())).collect(),
            _ => Map::new(),
        }
    }
}

/// Numbers beyond `f64` become the largest, which is what is nearest.
fn nearest(text: &str) -> Value {
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    Number::from_f64(f64::MAX * sign).map_or(Value::Null, Value::Number)
}

struct Reader<'a> {
    rest: &'a str,
    lets_pass: &'a [Lenience],
}

impl Reader<'_> {
    fn lets(&self, lenience: Lenience) -> bool {
        self.lets_pass.contains(&lenience)
    }

    fn value(&mut self, depth: usize) -> Result<Json, NotJson> {
        if depth > DEPTH {
            return Err(NotJson::TooDeep);
        }
        self.skip_space();
        match self.rest.as_bytes().first().ok_or(NotJson::Malformed)? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(Json::String),
            b'\'' if self.lets(Lenience::Json5) => self.string().map(Json::String),
            b'N' | b'I' | b'-' if self.lets(Lenience::NotANumber) && self.not_a_number() => Ok(Json::Null),
            b't' => self.word("true").map(|()| Json::Bool(true)),
            b'f' => self.word("false").map(|()| Json::Bool(false)),
            b'n' => self.word("null").map(|()| Json::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, NotJson> {
        self.word("{")?;
        let mut members = Vec::new();
        self.skip_space();
        if self.take('}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.skip_space();
            if self.lets(Lenience::Json5) && self.take('}') {
                return Ok(Json::Object(members));
            }
            let name = self.name()?;
            self.skip_space();
            self.word(":")?;
            members.push((name, self.value(depth + 1)?));
            self.skip_space();
            if self.take('}') {
                return Ok(Json::Object(members));
            }
            self.word(",")?;
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, NotJson> {
        self.word("[")?;
        let mut values = Vec::new();
        self.skip_space();
        if self.take(']') {
            return Ok(Json::Array(values));
        }
        loop {
            self.skip_space();
            if self.lets(Lenience::Json5) && self.take(']') {
                return Ok(Json::Array(values));
            }
            values.push(self.value(depth + 1)?);
            self.skip_space();
            if self.take(']') {
                return Ok(Json::Array(values));
            }
            self.word(",")?;
        }
    }

    fn name(&mut self) -> Result<String, NotJson> {
        if !self.lets(Lenience::Json5) || self.rest.starts_with(['"', '\'']) {
            return self.string();
        }
        let rest = self.rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let name = self.rest[..self.rest.len() - rest.len()].to_owned();
        self.rest = rest;
        if name.is_empty() { Err(NotJson::Malformed) } else { Ok(name) }
    }

    fn string(&mut self) -> Result<String, NotJson> {
        let quote = if self.lets(Lenience::Json5) && self.take('\'') {
            '\''
        } else {
            self.word("\"")?;
            '"'
        };
        let mut text = String::new();
        loop {
            let character = self.next()?;
            match character {
                c if c == quote => return Ok(text),
                '\\' => text.push(self.escape()?),
                c if c < ' ' && !self.lets(Lenience::ControlCharacters) => return Err(NotJson::Malformed),
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, NotJson> {
        let before = self.rest;
        match self.strict_escape() {
            Err(NotJson::Malformed) if self.lets(Lenience::AnyEscape) => {
                self.rest = before;
                self.next()
            }
            read => read,
        }
    }

    fn strict_escape(&mut self) -> Result<char, NotJson> {
        Ok(match self.next()? {
            '"' => '"',
            '\\' => '\\',
            '/' => '/',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode(),
            _ => return Err(NotJson::Malformed),
        })
    }

    fn unicode(&mut self) -> Result<char, NotJson> {
        let first = self.four_digits()?;
        let after_first = self.rest;
        match self.second_half(first) {
            Err(NotJson::Malformed) if self.lets(Lenience::LoneSurrogates) && (0xd800..0xe000).contains(&first) => {
                self.rest = after_first;
                char::from_u32(HALVES + first).ok_or(NotJson::Malformed)
            }
            read => read,
        }
    }

    /// The character that begins with this unit of UTF-16.
    fn second_half(&mut self, first: u32) -> Result<char, NotJson> {
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or(NotJson::Malformed);
        }
        self.word("\\u")?;
        let second = self.four_digits()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(NotJson::Malformed);
        }
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)).ok_or(NotJson::Malformed)
    }

    fn four_digits(&mut self) -> Result<u32, NotJson> {
        let digits =
            self.rest.get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit())).ok_or(NotJson::Malformed)?;
        self.rest = &self.rest[4..];
        u32::from_str_radix(digits, 16).map_err(|_| NotJson::Malformed)
    }

    fn number(&mut self) -> Result<Json, NotJson> {
        let start = self.rest;
        if self.lets(Lenience::Json5) && (start.starts_with("0x") || start.starts_with('+')) {
            return self.json5_number();
        }
        self.take('-');
        if self.lets(Lenience::LooseNumbers) || !self.take('0') {
            self.digits()?;
        }
        if self.take('.') {
            self.digits()?;
        }
        if self.take('e') || self.take('E') {
            if !self.take('+') {
                self.take('-');
            }
            self.digits()?;
        }
        Ok(Json::Number(start[..start.len() - self.rest.len()].to_owned()))
    }

    fn json5_number(&mut self) -> Result<Json, NotJson> {
        if self.take('+') {
            return self.number();
        }
        self.word("0x")?;
        let rest = self.rest.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        let digits = &self.rest[..self.rest.len() - rest.len()];
        let number = u64::from_str_radix(digits, 16).map_err(|_| NotJson::Malformed)?;
        self.rest = rest;
        Ok(Json::Number(number.to_string()))
    }

    fn not_a_number(&mut self) -> bool {
        ["NaN", "Infinity", "-Infinity"].iter().any(|word| self.word(word).is_ok())
    }

    fn digits(&mut self) -> Result<(), NotJson> {
        let rest = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == self.rest.len() && !self.lets(Lenience::LooseNumbers) {
            return Err(NotJson::Malformed);
        }
        self.rest = rest;
        Ok(())
    }

    fn next(&mut self) -> Result<char, NotJson> {
        let mut characters = self.rest.chars();
        let character = characters.next().ok_or(NotJson::Malformed)?;
        self.rest = characters.as_str();
        Ok(character)
    }

    fn take(&mut self, character: char) -> bool {
        self.rest.strip_prefix(character).map(|rest| self.rest = rest).is_some()
    }

    fn word(&mut self, word: &str) -> Result<(), NotJson> {
        self.rest = self.rest.strip_prefix(word).ok_or(NotJson::Malformed)?;
        Ok(())
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        if self.lets(Lenience::Comments) && self.skip_comment() {
            self.skip_space();
        }
    }

    fn skip_comment(&mut self) -> bool {
        let ends = [("/*", "*/"), ("//", "\n")];
        let Some((start, end)) = ends.iter().find(|(start, _)| self.rest.starts_with(start)) else { return false };
        let inside = &self.rest[start.len()..];
        self.rest = inside.split_once(end).map_or("", |(_, rest)| rest);
        true
    }
}

/// How deep values may stand in each other. RFC 8259 §9 lets a parser set limits; this is that of `serde_json`.
const DEPTH: usize = 127;

/// What is added to half a surrogate pair, so that no two halves become one character: they come to lie in a plane for private
/// use.
const HALVES: u32 = 0x10_0000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_rfc_8259_allows_is_read() {
        for good in
            ["{}", " [1, 2.5e-3, -0] ", r#"{"a":{"a":null}}"#, r#""\ud83d\udd11\u0061""#, "0", "1E5", "\"\u{7f}\""]
        {
            assert!(Json::parse(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in [
            "",
            "{",
            "{}x",
            "{a:1}",
            "{'a':1}",
            r#"{"a":1,}"#,
            "[1,]",
            "01",
            "1.",
            ".5",
            "+1",
            "NaN",
            "Infinity",
            "-",
            "1e",
            "\"\t\"",
            r#""\x""#,
            r#""\ud800""#,
            r#""\udc00""#,
            r#""\u12g4""#,
            "\u{feff}{}",
            "tru",
            "{}//",
            "nul",
        ] {
            assert!(Json::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(Json::parse(b"\"\xff\"").is_err());
    }

    #[test]
    fn the_last_of_two_members_is_read_and_the_repetition_seen() {
        let twice = Json::parse(br#"{"\u0061":1,"a":2}"#).unwrap();
        assert!(twice.repeats_a_name());
        assert_eq!(twice.member("a"), Some(&Json::Number("2".to_owned())));
        assert!(!Json::parse(br#"{"a":1,"A":2}"#).unwrap().repeats_a_name());
    }

    #[test]
    fn a_strawman_reads_what_it_asks_for_and_no_more() {
        let read = |text: &str, lets_pass: &[Lenience]| Json::parse_as(text.as_bytes(), lets_pass).ok();
        for (lenience, text, plain) in [
            (Lenience::Comments, "{/*}*/\"a\":1//,\n}", r#"{"a":1}"#),
            (Lenience::Json5, "{a:[0x1f,+1,],'b':'\"',}", r#"{"a":[31,1],"b":"\""}"#),
            (Lenience::NotANumber, "[NaN,-Infinity]", "[null,null]"),
            (Lenience::ControlCharacters, "\"\0\n\"", r#""\u0000\n""#),
            (Lenience::AnyEscape, r#""\x41\u12G4""#, r#""x41u12G4""#),
            (Lenience::Rest, "{}{", "{}"),
        ] {
            assert_eq!(read(text, &[lenience]), read(plain, &[]), "{text}");
            assert_eq!(read(text, &[]), None, "{text}");
        }
        for text in ["0123", "1.", ".5", "1e", "-"] {
            assert_eq!(read(text, &[Lenience::LooseNumbers]), Some(Json::Number(text.to_owned())));
        }
        let halves = [r#""\ud800""#, r#""\ud801""#, r#""\ud800\ud800""#, r#""\udc00""#];
        let read: Vec<_> = halves.map(|text| read(text, &[Lenience::LoneSurrogates]).unwrap()).into();
        assert!(read.iter().enumerate().all(|(at, json)| !read[..at].contains(json)), "{read:?}");
    }

    #[test]
    fn every_value_of_serde_json_is_read_as_it_reads_it() {
        use proptest::prelude::*;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        let any_json = leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::hash_map(".*", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        });
        proptest!(|(value in any_json)| {
            prop_assert_eq!(Json::parse(value.to_string().as_bytes()).unwrap().to_value(), value);
        });
    }
}
