//! The sound reader of a Cookie header.
//!
//! Takes the fields as octets, gives the cookies that an application may look up. RFC 6265 leaves servers almost every rule
//! of reading, so this is the plainest reader that keeps what the grammar of §4.2.1 and the prefixes of RFC 6265bis §4.1.3
//! promise: pairs end at `;` and nowhere else, a name is the octets before the first `=`, SP and HTAB around either are no
//! part of it, and nothing is decoded, unquoted or folded. Each step is a function, so that a strawman bends one.

use std::borrow::Cow;

use token_assay_model::{CookieHeader, Pair, Reason, Verdict, cookie};

/// How a header is read, step by step.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// The fields as one.
    pub join: fn(&CookieHeader) -> Cow<'_, [u8]>,
    /// Whether the whole may be read at all.
    pub admit: fn(&[u8]) -> Result<(), Reason>,
    /// The whole, taken apart into pairs as they stand.
    pub split: fn(&[u8]) -> Vec<Cow<'_, [u8]>>,
    /// A pair's name and value; nothing where it is none.
    pub pair: fn(&[u8]) -> Option<Pair>,
    /// What is done with all of them.
    pub keep: fn(Vec<Pair>) -> Vec<Pair>,
}

/// The sound one.
pub const SOUND: Reader = Reader { join: CookieHeader::joined, admit, split, pair, keep: std::convert::identity };

impl Reader {
    /// The cookies, or why the header is refused.
    ///
    /// # Errors
    ///
    /// Where the header must not be read.
    pub fn read(&self, header: &CookieHeader) -> Result<Vec<Pair>, Reason> {
        let whole = (self.join)(header);
        (self.admit)(&whole)?;
        let pairs = (self.split)(&whole).iter().filter_map(|piece| (self.pair)(piece)).collect();
        Ok((self.keep)(pairs))
    }

    /// The same as a target answers it.
    pub fn verdict(&self, header: &CookieHeader) -> Verdict {
        match self.read(header) {
            Ok(pairs) => Verdict::Accept { claims: cookie::claims(&pairs), header: None },
            Err(reason) => Verdict::reject(reason, ""),
        }
    }
}

/// A field with NUL, CR or LF is refused (RFC 9110 §5.5).
pub fn admit(whole: &[u8]) -> Result<(), Reason> {
    if whole.iter().any(|octet| matches!(octet, b'\0' | b'\r' | b'\n')) { Err(Reason::Malformed) } else { Ok(()) }
}

/// Pairs end at `;` (RFC 6265 §4.2.1).
pub fn split(whole: &[u8]) -> Vec<Cow<'_, [u8]>> {
    whole.split(|octet| *octet == b';').map(Cow::Borrowed).collect()
}

/// The name ends at the first `=`; SP and HTAB around name and value are dropped (RFC 6265bis §5.6). A pair without a name,
/// or with a control octet in it, is none (RFC 6265bis §4.1.1, §5.6).
pub fn pair(piece: &[u8]) -> Option<Pair> {
    let equals = piece.iter().position(|octet| *octet == b'=')?;
    let (name, value) = (trim(&piece[..equals]), trim(&piece[equals + 1..]));
    let control = |octet: &u8| octet.is_ascii_control() && *octet != b'\t';
    (!name.is_empty() && !piece.iter().any(control)).then(|| Pair::new(name, value))
}

/// The octets without SP and HTAB around them.
pub fn trim(octets: &[u8]) -> &[u8] {
    let blank = |octet: &u8| matches!(octet, b' ' | b'\t');
    let start = octets.iter().position(|octet| !blank(octet)).unwrap_or(octets.len());
    let end = octets.iter().rposition(|octet| !blank(octet)).map_or(start, |last| last + 1);
    &octets[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &[u8]) -> Vec<String> {
        SOUND.read(&CookieHeader::line(line)).unwrap().iter().map(Pair::to_string).collect()
    }

    #[test]
    fn pairs_are_what_stands_between_semicolons() {
        assert_eq!(read(b"sid=A; x=1"), ["sid=A", "x=1"]);
        assert_eq!(read(b"x=\"a; sid=A; z=c\""), ["x=\"a", "sid=A", "z=c\""]);
        assert_eq!(read(b" sid\t= A ;;y;=z;a=b=c"), ["sid=A", "a=b=c"]);
        assert_eq!(read(b"x=1,sid=B;e=;\xe9=\xff"), ["x=1,sid=B", "e=", "\\xe9=\\xff"]);
        assert_eq!(read(b"a\x01=1;b=\x7f;c=\t1"), ["c=1"]);
    }

    #[test]
    fn a_line_that_http_forbids_is_refused() {
        for line in [&b"sid=A\0"[..], b"sid=A\r\n x=1", b"a\nb=1"] {
            assert_eq!(SOUND.read(&CookieHeader::line(line)), Err(Reason::Malformed));
        }
    }
}
