//! Text encodings, each with one text for each octets: base64 (RFC 4648 §3.3, §3.5, §4, §5), base 62, percent escapes.

use super::{Flaw, Opener, has};

/// Which base64.
#[derive(Clone, Copy)]
pub(super) struct Base64 {
    pub(super) url: bool,
    pub(super) padded: bool,
}

impl Base64 {
    pub(super) const URL: Self = Self { url: true, padded: false };

    fn value(self, letter: u8) -> Option<u32> {
        let (plus, slash) = if self.url { (b'-', b'_') } else { (b'+', b'/') };
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            _ if letter == plus => 62,
            _ if letter == slash => 63,
            _ => return None,
        };
        Some(value.into())
    }
}

impl Opener {
    pub(super) fn base64(&self, text: &[u8], how: Base64) -> Option<Vec<u8>> {
        let mut text = text.to_vec();
        if has!(self, Flaw::EitherAlphabet) {
            let (from, to) = if how.url { (b"+/", b"-_") } else { (b"-_", b"+/") };
            for letter in &mut text {
                *letter = from.iter().position(|wrong| wrong == letter).map_or(*letter, |at| to[at]);
            }
        }
        if has!(self, Flaw::Junk) {
            text.retain(|letter| how.value(*letter).is_some() || *letter == b'=');
        }
        let filling = text.iter().rev().take_while(|letter| **letter == b'=').count();
        text.truncate(text.len() - filling);
        let due = if how.padded { (4 - text.len() % 4) % 4 } else { 0 };
        if filling != due && !has!(self, Flaw::Padding) {
            return None;
        }
        let mut octets = Vec::with_capacity(text.len());
        let (mut bits, mut held) = (0_u32, 0_u32);
        for letter in &text {
            bits = bits << 6 | how.value(*letter)?;
            held += 6;
            if held >= 8 {
                held -= 8;
                octets.push(u8::try_from(bits >> held & 0xff).ok()?);
                bits &= (1 << held) - 1;
            }
        }
        let whole = held < 6 && (bits == 0 || has!(self, Flaw::TrailingBits));
        whole.then_some(octets)
    }
}

const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn digit(letter: u8) -> Option<u32> {
    DIGITS.iter().position(|digit| *digit == letter).and_then(|at| u32::try_from(at).ok())
}

/// A number in base 62 as its octets; a `0` before it is an octet of zero.
pub(super) fn base62(text: &[u8]) -> Option<Vec<u8>> {
    let mut octets: Vec<u8> = Vec::new();
    for letter in text {
        let mut carry = digit(*letter)?;
        for octet in octets.iter_mut().rev() {
            carry += u32::from(*octet) * 62;
            *octet = u8::try_from(carry & 0xff).ok()?;
            carry >>= 8;
        }
        if carry > 0 {
            octets.insert(0, u8::try_from(carry).ok()?);
        }
    }
    let zeros = text.iter().take_while(|letter| **letter == b'0').count();
    Some(std::iter::repeat_n(0, zeros).chain(octets).collect())
}

/// A number in base 62 as it is written: no sign, no zero before it.
pub(super) fn number62(text: &[u8]) -> Option<i64> {
    let plain = text == b"0" || !text.is_empty() && text[0] != b'0';
    let each = |sum: i64, letter: &u8| sum.checked_mul(62)?.checked_add(digit(*letter)?.into());
    plain.then(|| text.iter().try_fold(0, each)).flatten()
}

/// A number in base 10, likewise.
pub(super) fn number10(text: &[u8]) -> Option<i64> {
    let plain = text.iter().all(u8::is_ascii_digit) && (text == b"0" || !text.is_empty() && text[0] != b'0');
    plain.then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten()
}

/// Percent escapes read; nothing where one is incomplete, or `encodeURIComponent` writes the octets otherwise.
pub(super) fn percent_decoded(text: &[u8], lenient: bool) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let bare = first.is_ascii_alphanumeric() || b"-_.!~*'()".contains(first);
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            let octet = u8::from_str_radix(digits, 16).ok()?;
            let own =
                format!("{octet:02X}") == digits && !octet.is_ascii_alphanumeric() && !b"-_.!~*'()".contains(&octet);
            if !own && !lenient {
                return None;
            }
            plain.push(octet);
            rest = &after[2..];
        } else if bare || lenient {
            plain.push(*first);
            rest = after;
        } else {
            return None;
        }
    }
    Some(plain)
}
