//! How much chance is in session ids, from a sample of them in the order in which they were issued. The estimate is from above:
//! what it finds too little is too little, what it does not find may still be predictable.

use std::collections::{BTreeSet, HashSet};

use token_assay_model::{Level, Severity};

use super::rules::{Example, Hit, Need, Rule, Ruling, View, broken};

/// What a sample shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// How many ids there are.
    pub ids: usize,
    /// How many of them are there again.
    pub repeated: usize,
    /// The octets of the shortest.
    pub length: usize,
    /// Of those, how many are the same in all of them.
    pub constant: usize,
    /// How many signs there are to choose from.
    pub alphabet: usize,
    /// At most so many bits.
    pub bits: f64,
    /// Whether they count up or down.
    pub counts: bool,
}

/// Looks at ids; two at the least.
pub fn estimate(ids: &[Vec<u8>]) -> Option<Estimate> {
    let length = ids.iter().map(Vec::len).min().filter(|_| ids.len() > 1)?;
    let distinct: HashSet<&[u8]> = ids.iter().map(Vec::as_slice).collect();
    let is_even = ids.iter().all(|id| id.len() == length);
    // From few ids a position looks constant by chance.
    let is_constant = |at: &usize| ids.len() >= ENOUGH && is_even && ids.iter().all(|id| id[*at] == ids[0][*at]);
    let varying: Vec<usize> = (0..length).filter(|at| !is_constant(at)).collect();
    let signs: BTreeSet<u8> = if is_even {
        ids.iter().flat_map(|id| varying.iter().map(|at| id[*at])).collect()
    } else {
        ids.iter().flatten().copied().collect()
    };
    let alphabet = alphabet(&signs);
    let drawn = if is_even { varying.len() } else { length };
    #[expect(clippy::cast_precision_loss, reason = "an id has few octets, and an alphabet few signs")]
    let bits = drawn as f64 * (alphabet as f64).log2();
    Some(Estimate {
        ids: ids.len(),
        repeated: ids.len() - distinct.len(),
        length,
        constant: length - drawn,
        alphabet,
        bits,
        counts: is_even && counts(ids, &varying),
    })
}

/// The smallest of the usual alphabets that has all of these.
fn alphabet(signs: &BTreeSet<u8>) -> usize {
    let all = |is: fn(&u8) -> bool| signs.iter().filter(|sign| !b"-_.".contains(sign)).all(is);
    let is_hex_lower = |sign: &u8| matches!(sign, b'0'..=b'9' | b'a'..=b'f');
    let is_hex_upper = |sign: &u8| matches!(sign, b'0'..=b'9' | b'A'..=b'F');
    let has_signs = signs.iter().any(|sign| b"-_.".contains(sign));
    match () {
        () if signs.len() < 2 => 1,
        () if all(u8::is_ascii_digit) => 10,
        () if all(is_hex_lower) || all(is_hex_upper) => 16,
        () if all(|sign| sign.is_ascii_digit() || sign.is_ascii_lowercase()) => 36,
        () if all(|sign| sign.is_ascii_digit() || sign.is_ascii_uppercase()) => 36,
        () if all(u8::is_ascii_alphanumeric) && !has_signs => 62,
        () if all(|sign| sign.is_ascii_alphanumeric() || b"+/=".contains(sign)) => 64,
        () if all(u8::is_ascii_graphic) => 94,
        () => 256,
    }
}

/// Whether what varies, read as one number, only grows or only shrinks, in small steps.
fn counts(ids: &[Vec<u8>], varying: &[usize]) -> bool {
    let (Some(first), Some(last)) = (varying.first(), varying.last()) else { return false };
    let radix = if ids.iter().all(|id| id[*first..=*last].iter().all(u8::is_ascii_digit)) { 10 } else { 16 };
    let number = |id: &Vec<u8>| {
        let text = std::str::from_utf8(&id[*first..=*last]).ok()?;
        i128::from_str_radix(text, radix).ok().filter(|_| !text.starts_with(['+', '-']))
    };
    let Some(numbers) = ids.iter().map(number).collect::<Option<Vec<i128>>>() else { return false };
    let steps: Vec<i128> = numbers.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let is_small = steps.iter().all(|step| step.abs() <= LARGEST_STEP);
    ids.len() >= ENOUGH && is_small && (steps.iter().all(|step| *step > 0) || steps.iter().all(|step| *step < 0))
}

fn id_entropy(view: &View<'_>) -> Ruling {
    let Some(found) = estimate(&view.exchange.sample) else { return Ruling::Needs(Need::Sample) };
    let mut hits = Vec::new();
    if found.repeated > 0 {
        hits.push(Hit::response(format!("of {} ids {} were issued before", found.ids, found.repeated)));
    }
    if found.counts {
        hits.push(Hit::response(format!("{} ids count: each follows from the one before", found.ids)));
    }
    if found.bits < ENOUGH_BITS {
        let seen = format!(
            "at most {:.0} bits: {} of {} octets vary, over {} signs",
            found.bits.floor(),
            found.length - found.constant,
            found.length,
            found.alphabet
        );
        let hit = Hit::response(seen);
        hits.push(match found.bits {
            bits if bits >= NEARLY_ENOUGH_BITS => hit.severity(Severity::Low),
            bits if bits >= FEW_BITS => hit.severity(Severity::Medium),
            _ => hit,
        });
    }
    broken(hits)
}

/// From so many ids on, what never varies is taken for constant.
const ENOUGH: usize = 5;

/// Between two ids of a counter.
const LARGEST_STEP: i128 = 1 << 16;

const ENOUGH_BITS: f64 = 128.0;

/// A random UUID has 122.
const NEARLY_ENOUGH_BITS: f64 = 112.0;

/// What older advice asked for.
const FEW_BITS: f64 = 64.0;

/// `sc-id-entropy`.
pub(crate) static ID_ENTROPY: Rule = Rule {
    id: "sc-id-entropy",
    title: "Session ids can be guessed.",
    construction: "a sample of session ids that repeat, count, or have fewer than 128 bits",
    level: Level::Should,
    severity: Severity::High,
    references: &["OWASP ASVS 5.0 V7.2.3", "OWASP WSTG-SESS-01"],
    cwe: Some(331),
    mend: "Draw 16 octets or more from the system's random source for each id, and write them as base64url or hex.",
    judge: id_entropy,
    falls: Example::sample(&[
        "a0000000000000f1",
        "a0000000000000f3",
        "a0000000000000f4",
        "a0000000000000f8",
        "a000000000000100",
    ]),
    clean: Example::sample(&[
        "kX8u2vJ0yQ1mB7cZr4dWq9LfH3sN6tEoAaGgIiPpUxY",
        "hU3kQm0nW9zYtB5cVx7rLp2DsF8gJ6aEoNiMbKwTqRv",
    ]),
};

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ids: &[&str]) -> Estimate {
        estimate(&ids.iter().map(|id| id.as_bytes().to_vec()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn length_times_alphabet_bounds_the_bits() {
        let hex = of(&["4f3cab9e01d2aa00", "0b1c2d3e4f5a6b7c"]);
        assert_eq!((hex.alphabet, hex.bits, hex.counts), (16, 64.0, false));
        assert_eq!(of(&["12345678", "87654321"]).alphabet, 10);
        assert_eq!(of(&["aZ3", "bYc"]).alphabet, 62);
        assert_eq!(of(&["aZ3_", "bYc-"]).alphabet, 64);
        assert_eq!(of(&["a!", "b~"]).alphabet, 94);
        assert_eq!(of(&["ab", "abcdef"]).length, 2);
        assert_eq!(estimate(&[b"one".to_vec()]), None);
        assert_eq!(of(&["", ""]).bits, 0.0);
    }

    #[test]
    fn what_never_varies_is_not_counted() {
        let uuids = [
            "6fa459ea-ee8a-4ca4-894e-db77e160355e",
            "16fd2706-8baf-433b-82eb-8c7fada847da",
            "886313e1-3b8a-4372-9b90-0c9aee199e5d",
            "f47ac10b-58cc-4372-a567-0e02b2c3d479",
            "0e4f2c7d-91b3-4d6a-b8f5-3a7c9e1d2b40",
        ];
        let found = of(&uuids);
        assert_eq!((found.length, found.constant, found.alphabet), (36, 5, 16));
        assert!((found.bits - 124.0).abs() < 0.01, "{}", found.bits);
    }

    #[test]
    fn counting_is_seen_behind_a_prefix_and_chance_is_not() {
        assert!(of(&["s-0008", "s-0009", "s-0010", "s-0012", "s-0019"]).counts);
        assert!(of(&["ff", "fe", "fd", "fa", "f0"]).counts);
        assert!(!of(&["0008", "0009", "0007", "0012", "0019"]).counts);
        assert!(!of(&["0008", "0009"]).counts, "two are too few to tell");
        assert_eq!(of(&["aa", "ab", "aa"]).repeated, 1);
    }

    proptest::proptest! {
        #[test]
        fn no_sample_panics(ids in proptest::collection::vec(proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40), 0..9)) {
            let _ = estimate(&ids);
        }
    }
}
