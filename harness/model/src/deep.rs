//! Reading JSON in which claims stand.
//!
//! Takes octets, gives what they say. Claims are as deep as whoever made the token liked, and stand deeper still in an
//! answer, a finding or a report: a reader's usual limit would call nonsense what a verifier read well. Refuses what is deeper
//! than [`LIMIT`]; never fills the stack.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::Error as _;

/// Reads a document.
///
/// # Errors
///
/// Where it is no JSON, not what is wanted, or too deep.
pub fn read<'de, T: Deserialize<'de>>(octets: &'de [u8]) -> serde_json::Result<T> {
    if depth(octets) > LIMIT {
        return Err(serde_json::Error::custom(format_args!("it is nested more than {LIMIT} deep")));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(octets);
    deserializer.disable_recursion_limit();
    let value = T::deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Reads a document of which only so much is wanted as is held here: a value that is nested deeper than [`LIMIT`] is null, and a
/// number beyond what a double holds is its text.
///
/// # Errors
///
/// Where it is no JSON, or not what is wanted.
pub fn read_cut<T: serde::de::DeserializeOwned>(octets: &[u8]) -> serde_json::Result<T> {
    let held = if depth(octets) > LIMIT { Cow::Owned(cut(octets)) } else { Cow::Borrowed(octets) };
    // Few have such numbers: only where the reader has met one are they looked for.
    read(&held).or_else(|error| if error.is_syntax() { read(&with_numbers_held(&held)) } else { Err(error) })
}

/// The document with numbers that are no doubles in quotes.
fn with_numbers_held(octets: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(octets.len() + 16);
    let mut rest = octets;
    while let Some(first) = rest.first() {
        let length = match first {
            b'"' => string_length(rest),
            b'-' | b'0'..=b'9' => rest.iter().take_while(|octet| b"+-.eE0123456789".contains(octet)).count(),
            _ => 1,
        };
        let (token, after) = rest.split_at(length);
        let number =
            std::str::from_utf8(token).ok().filter(|_| *first != b'"').and_then(|text| text.parse::<f64>().ok());
        if number.is_some_and(f64::is_infinite) {
            kept.extend([b"\"", token, b"\""].concat());
        } else {
            kept.extend_from_slice(token);
        }
        rest = after;
    }
    kept
}

/// The octets of the string that begins here, quotes included.
fn string_length(octets: &[u8]) -> usize {
    let mut escaped = false;
    let end = octets.iter().skip(1).position(|octet| {
        let ends = *octet == b'"' && !escaped;
        escaped = *octet == b'\\' && !escaped;
        ends
    });
    end.map_or(octets.len(), |end| end + 2)
}

/// The document with null in the place of each value that begins deeper than [`LIMIT`].
fn cut(octets: &[u8]) -> Vec<u8> {
    let (mut depth, mut in_string) = (0_usize, false);
    let mut kept = Vec::with_capacity(octets.len());
    let mut rest = octets.iter();
    while let Some(octet) = rest.next() {
        let closes = matches!(octet, b'}' | b']') && !in_string;
        match (octet, in_string) {
            (b'"', _) => in_string = !in_string,
            (b'{' | b'[', false) => depth += 1,
            _ => {}
        }
        match depth > LIMIT {
            false => kept.push(*octet),
            true if depth == LIMIT + 1 && matches!(octet, b'{' | b'[') && !in_string => kept.extend_from_slice(b"null"),
            true => {}
        }
        if closes {
            depth = depth.saturating_sub(1);
        }
        if *octet == b'\\' && in_string {
            let escaped = rest.next();
            kept.extend(escaped.filter(|_| depth <= LIMIT));
        }
    }
    kept
}

/// How deeply the brackets outside strings nest. On something that is no JSON the number means nothing, and harms nothing.
pub fn depth(octets: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string) = (0_usize, 0, false);
    let mut octets = octets.iter();
    while let Some(octet) = octets.next() {
        match (octet, in_string) {
            (b'\\', true) => drop(octets.next()),
            (b'"', _) => in_string = !in_string,
            (b'{' | b'[', false) => depth += 1,
            (b'}' | b']', false) => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Claims are read up to 128 deep, the reader's own limit, and stand less than this much deeper anywhere.
pub const LIMIT: usize = 192;

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_is_deep_is_read_and_what_is_deeper_is_refused_before_it_fills_the_stack() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(serde_json::from_str::<Value>(&nested(150)).is_err(), "the usual limit");
        assert!(read::<Value>(nested(150).as_bytes()).is_ok());
        let error = read::<Value>("[".repeat(1 << 20).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "it is nested more than 192 deep");
        assert!(read::<Value>(b"1 2").is_err(), "more than one document");
        assert_eq!(depth(br#"{"a\"[[":["]"]}"#), 2);
    }

    #[test]
    fn what_is_too_deep_is_null_where_the_rest_is_wanted() {
        let nested = |depth: usize, inner: &str| format!("{}{inner}{}", "[".repeat(depth), "]".repeat(depth));
        let document = |depth: usize| format!(r#"{{"a\"]":{},"b":"]\\","c":1}}"#, nested(depth, r#""[\"",{"x":2},3"#));
        let kept: Value = read_cut(document(3).as_bytes()).unwrap();
        assert_eq!(kept, serde_json::from_str::<Value>(&document(3)).unwrap());
        let text = |depth| read_cut::<Value>(document(depth).as_bytes()).unwrap().to_string();
        let innermost = |inner: &str| nested(LIMIT - 1, inner);
        assert_eq!(text(LIMIT - 1), document(LIMIT - 1).replace(r#"{"x":2}"#, "null"));
        assert_eq!(text(5000), format!(r#"{{"a\"]":{},"b":"]\\","c":1}}"#, innermost("null")));
        assert!(read_cut::<Value>(b"[1").is_err());
    }

    #[test]
    fn a_number_that_is_no_double_is_its_text() {
        let long = "9".repeat(400);
        let document = format!(r#"{{"a":1e999,"b":[-1E400,{long},1.5,2],"c":"1e999\"1e999","1e999":true}}"#);
        let kept: Value = read_cut(document.as_bytes()).unwrap();
        assert_eq!(kept["a"], "1e999");
        assert_eq!(kept["b"], serde_json::json!(["-1E400", long, 1.5, 2]));
        assert_eq!(kept["c"], "1e999\"1e999");
        assert!(read_cut::<Value>(b"[1e]").is_err() && read_cut::<Value>(b"[1e999").is_err());
    }
}
