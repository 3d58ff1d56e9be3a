//! Reading JSON in which claims stand.
//!
//! Takes octets, gives what they say. Claims are as deep as whoever made the token liked, and stand deeper still in an
//! answer, a finding or a report: a reader's usual limit would call nonsense what a verifier read well. Refuses what is deeper
//! than [`LIMIT`]; never fills the stack.

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
}
