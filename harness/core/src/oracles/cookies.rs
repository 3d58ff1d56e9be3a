//! The header oracles: what is wrong with the cookies that were read from a header, whatever the header.
//!
//! Takes the header's octets and the cookies that a target read, or that it refused; gives what they show. Each looks at the
//! octets with no parser of its own beyond "pairs end at `;`". A reader may unquote, unescape, percent-decode and re-encode a
//! value, keep one of several cookies of a name, and leave out what is malformed: none of that is wrong here.
//!
//! Two of the catalogue's six stand elsewhere: a fault is [`super::robustness`]'s (O-CRASH), a cost that grows faster than the
//! header [`super::cost`]'s (O-TIME). [`differing`] compares two readers (O-CONSIST).

use std::collections::HashSet;

use token_assay_model::expect::{Absent, Cookies, Present};
use token_assay_model::{CookieHeader, Octets, Pair, cookie};

/// What a reading shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// O-PREFIX: a name with a prefix that browsers guard, which no pair begins with.
    Prefix,
    /// O-SMUGGLE: a cookie that stands in no pair of its own, or one that has swallowed its neighbours.
    Smuggle,
    /// O-POISON: a well-formed cookie that is gone, mostly because of another.
    Poison,
}

impl Fault {
    /// The catalogue's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prefix => "O-PREFIX",
            Self::Smuggle => "O-SMUGGLE",
            Self::Poison => "O-POISON",
        }
    }
}

/// What is wrong, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Which oracle says so.
    pub fault: Fault,
    /// What was read.
    pub because: String,
    /// What holds of a reading that does not show it: so it is shown again.
    pub says: Cookies,
}

impl Fault {
    /// By a cookie that must not be read.
    fn by(self, pair: &Pair, because: String) -> Shown {
        let absent = Absent { name: Some(pair.0.clone()), value: Some(pair.1.clone()) };
        Shown { fault: self, because, says: Cookies { absent: vec![absent], refusal: true, ..Cookies::default() } }
    }

    /// By a cookie that must be read, however its value is.
    fn without(self, piece: &Piece<'_>, because: String) -> Shown {
        let inner = piece.value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(piece.value);
        let mut values: Vec<Octets> = [piece.value.to_vec(), inner.to_vec(), unescaped(inner)].map(Octets).into();
        values.dedup();
        let present = Present { name: piece.name.into(), values };
        Shown { fault: self, because, says: Cookies { present: vec![present], ..Cookies::default() } }
    }
}

/// Names that browsers let a site set only under conditions (RFC 6265bis §4.1.3; layered cookies §4.1.3).
const GUARDED: [&[u8]; 4] = [b"__Host-Http-", b"__Host-", b"__Secure-", b"__Http-"];

/// A raw pair.
struct Piece<'h> {
    name: &'h [u8],
    value: &'h [u8],
}

impl Piece<'_> {
    /// Whether a reader must be able to read it: a token, `=`, and octets that RFC 6265 §4.1.1 lets stand in a value.
    fn is_well_formed(&self) -> bool {
        let inner = self.value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(self.value);
        !self.name.is_empty() && self.name.iter().all(|o| is_token(*o)) && inner.iter().all(|o| is_cookie_octet(*o))
    }
}

fn is_token(octet: u8) -> bool {
    octet.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&octet)
}

fn is_cookie_octet(octet: u8) -> bool {
    octet.is_ascii_graphic() && !b"\",;\\".contains(&octet)
}

/// What the cookies that were read show; nothing where they show nothing.
pub fn judge(header: &CookieHeader, read: &[Pair]) -> Vec<Shown> {
    let joined = header.joined();
    let pieces = pieces(&joined);
    // Most cookies are read as they stand, and headers may hold ten thousand.
    let plain: HashSet<(&[u8], &[u8])> = pieces.iter().map(|piece| (piece.name, piece.value)).collect();
    let mut shown = Vec::new();
    for pair in read.iter().filter(|pair| !plain.contains(&(pair.name(), pair.value()))) {
        let prefix = misread_prefix(pair, &pieces).map(|because| Fault::Prefix.by(pair, because));
        let smuggle = || smuggled(pair, &pieces, &joined).map(|because| Fault::Smuggle.by(pair, because));
        shown.extend(prefix.or_else(smuggle));
    }
    if shown.is_empty()
        && joined.len() <= LIMIT
        && let Some(gone) = poisoned(read, &pieces)
    {
        let cookie = short(gone.name, gone.value);
        let because = format!("The well-formed cookie `{cookie}` is not handed on.");
        shown.push(Fault::Poison.without(gone, because));
    }
    shown
}

/// What refusing the whole header shows: a well-formed cookie is lost to a malformed one. A header that HTTP forbids, or one
/// beyond any limit that servers must keep, may be refused.
pub fn judge_refusal(header: &CookieHeader) -> Option<Shown> {
    let joined = header.joined();
    if joined.len() > LIMIT || joined.iter().any(|octet| octet.is_ascii_control() && *octet != b'\t') {
        return None;
    }
    let pieces = pieces(&joined);
    let well_formed = pieces.iter().find(|piece| piece.is_well_formed())?;
    let cookie = short(well_formed.name, well_formed.value);
    let because = format!("The well-formed cookie `{cookie}` is refused with the header it stands in.");
    Some(Fault::Poison.without(well_formed, because))
}

/// Browsers keep 4,096 octets a cookie (RFC 6265bis §5.6), servers refuse headers from 8,000 octets on (RFC 9110 §4.1).
const LIMIT: usize = 4096;

/// What another reader gives an application that asks for this cookie, where it is none of what this one gives. A reader that
/// hands on several lets the application choose, and agrees with whoever hands on one of them.
pub fn differing(name: &[u8], mine: &[Pair], theirs: &[Pair]) -> Option<String> {
    let values = |pairs: &[Pair]| -> Vec<Vec<u8>> {
        pairs.iter().filter(|pair| pair.name() == name).map(|pair| pair.value().to_vec()).collect()
    };
    let (mine, theirs) = (values(mine), values(theirs));
    let shown = |values: &[Vec<u8>]| values.first().map_or("nothing".to_owned(), |value| short(name, value));
    let agree = mine.iter().any(|value| theirs.contains(value)) || mine.is_empty() && theirs.is_empty();
    (!agree).then(|| format!("`{}`, not `{}`", shown(&theirs), shown(&mine)))
}

/// What stands between the semicolons, as it stands; nothing where HTTP forbids the header.
pub fn plain(header: &CookieHeader) -> Option<Vec<Pair>> {
    let joined = header.joined();
    if joined.iter().any(|octet| matches!(octet, b'\0' | b'\r' | b'\n')) {
        return None;
    }
    let named = pieces(&joined).into_iter().filter(|piece| !piece.name.is_empty());
    Some(named.map(|piece| Pair::new(piece.name, piece.value)).collect())
}

fn pieces(joined: &[u8]) -> Vec<Piece<'_>> {
    let piece = |octets| match octets {
        octets if octets_blank(octets) => None,
        octets => {
            let octets: &[u8] = octets;
            Some(match octets.iter().position(|octet| *octet == b'=') {
                Some(at) => Piece { name: trim(&octets[..at]), value: trim(&octets[at + 1..]) },
                None => Piece { name: b"", value: trim(octets) },
            })
        }
    };
    joined.split(|octet| *octet == b';').filter_map(piece).collect()
}

fn octets_blank(octets: &[u8]) -> bool {
    trim(octets).is_empty()
}

fn trim(octets: &[u8]) -> &[u8] {
    let start = octets.iter().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
    let end = octets[start..].iter().rev().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
    &octets[start..octets.len() - end]
}

fn misread_prefix(pair: &Pair, pieces: &[Piece<'_>]) -> Option<String> {
    let guard = GUARDED.into_iter().find(|guard| pair.name().starts_with(guard))?;
    let own: Vec<&Piece<'_>> = pieces.iter().filter(|piece| piece.name == pair.name()).collect();
    if own.iter().any(|piece| reads_as(piece.value, pair.value())) {
        return None;
    }
    let elsewhere = pieces.iter().any(|piece| piece.name != pair.name() && holds(piece, pair.value()));
    let cookie = short(pair.name(), pair.value());
    let guard = cookie::escaped(guard);
    match (own.is_empty(), elsewhere) {
        (true, _) => Some(format!("`{cookie}` is handed on, and no pair begins with `{guard}`.")),
        (false, true) => Some(format!("`{cookie}` is handed on with the value of another pair.")),
        (false, false) => None,
    }
}

fn smuggled(pair: &Pair, pieces: &[Piece<'_>], joined: &[u8]) -> Option<String> {
    let cookie = short(pair.name(), pair.value());
    let raw = |octets: &[u8]| octets.len() > 1 && joined.windows(octets.len()).any(|window| window == octets);
    let of_name = || pieces.iter().filter(|piece| named(piece, pair));
    // A semicolon that was decoded out of the cookie's own value may stand in the header too, as what ends a pair.
    let decoded = || of_name().any(|piece| reads_as(piece.value, trim(pair.value())));
    if pair.value().contains(&b';') && raw(pair.value()) && !decoded() {
        return Some(format!("`{cookie}` has swallowed the pairs after it."));
    }
    let own = of_name().any(|piece| derives(piece.value, pair.value()));
    let inside = pieces.iter().any(|piece| !named(piece, pair) && holds_cookie(piece, pair));
    (!own && inside).then(|| format!("`{cookie}` is handed on, which stands in no pair of its own."))
}

/// Whether the piece's name may be read as this one: as it stands, or decoded, unquoted, trimmed or folded; and a pair without
/// a name may be read as a name without a value.
fn named(piece: &Piece<'_>, pair: &Pair) -> bool {
    let bare = if piece.name.is_empty() { piece.value } else { piece.name };
    same_letters(bare, pair.name()) && (!piece.name.is_empty() || pair.value().is_empty() || pair.name().is_empty())
        || pair.name().is_empty() && piece.name.is_empty()
}

/// Whether the value was made of this one, in whatever way: nothing is left of it, or the start is the same.
fn derives(raw: &[u8], value: &[u8]) -> bool {
    let start = |octets: &[u8]| unescaped(octets).iter().find(|octet| octet.is_ascii_alphanumeric()).copied();
    reads_as(raw, value)
        || start(value).is_none_or(|first| start(raw) == Some(first) && !value.is_empty() && raw.len() >= value.len())
}

/// Whether both have the same letters and digits, whatever else stands around and between them, percent escapes read.
fn same_letters(a: &[u8], b: &[u8]) -> bool {
    let letters = |octets: &[u8]| -> Vec<u8> {
        let plain = unescaped(octets);
        plain.iter().filter(|octet| octet.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
    };
    a == b || letters(a) == letters(b)
}

/// Whether the cookie's name and then its value stand inside the piece's value, decoded or not.
fn holds_cookie(piece: &Piece<'_>, pair: &Pair) -> bool {
    let within = |octets: &[u8]| match find(octets, pair.name()) {
        Some(at) => find(&octets[at + pair.name().len()..], pair.value()).is_some(),
        None => false,
    };
    let whole = if piece.name.is_empty() { piece.value.to_vec() } else { [piece.name, b"=", piece.value].concat() };
    !pair.name().is_empty() && (within(&whole) || within(&unescaped(&whole)))
}

/// Whether the value stands in the piece, of which the value may be unquoted or decoded.
fn holds(piece: &Piece<'_>, value: &[u8]) -> bool {
    reads_as(piece.value, value) || !value.is_empty() && find(piece.value, value).is_some()
}

/// A name that a reader may leave out, well-formed as it is: RFC 2965's, and the one that JavaScript gives a meaning.
fn may_be_left_out(name: &[u8]) -> bool {
    name.starts_with(b"$") || name == b"__proto__"
}

fn poisoned<'p, 'h>(read: &[Pair], pieces: &'p [Piece<'h>]) -> Option<&'p Piece<'h>> {
    let names: HashSet<&[u8]> = read.iter().map(Pair::name).collect();
    let named =
        |piece: &Piece<'_>| names.contains(piece.name) || read.iter().any(|pair| same_letters(pair.name(), piece.name));
    let gone = |piece: &&Piece<'_>| piece.is_well_formed() && !may_be_left_out(piece.name) && !named(piece);
    pieces.iter().find(gone)
}

/// Whether a value as it stands may be handed on as this: itself, unquoted, unescaped, percent-decoded, or as Latin-1 text.
fn reads_as(raw: &[u8], value: &[u8]) -> bool {
    let latin1: Vec<u8> = raw.iter().map(|octet| char::from(*octet)).collect::<String>().into_bytes();
    let unquoted = raw.strip_prefix(b"\"").unwrap_or(raw);
    let unquoted = unquoted.strip_suffix(b"\"").unwrap_or(unquoted);
    raw == value || unquoted == value || latin1 == value || unescaped(raw) == value || unescaped(unquoted) == value
}

/// Percent escapes, `\` escapes and octal escapes read; `+` left.
fn unescaped(octets: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let [first, after @ ..] = rest {
        let digits = |count: usize, radix: u32| {
            let text = std::str::from_utf8(after.get(..count)?).ok()?;
            text.chars().all(|c| c.is_digit(radix)).then(|| u8::from_str_radix(text, radix).ok()).flatten()
        };
        let (octet, taken) = match first {
            b'%' => digits(2, 16).map_or((*first, 0), |octet| (octet, 2)),
            b'\\' => match digits(3, 8) {
                Some(octet) => (octet, 3),
                None => after.first().map_or((*first, 0), |octet| (*octet, 1)),
            },
            other => (*other, 0),
        };
        plain.push(octet);
        rest = &after[taken..];
    }
    plain
}

fn find(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    if wanted.is_empty() { Some(0) } else { octets.windows(wanted.len()).position(|window| window == wanted) }
}

fn short(name: &[u8], value: &[u8]) -> String {
    const LONGEST: usize = 60;
    let text = cookie::escaped(&[name, b"=", value].concat());
    if text.len() > LONGEST { format!("{}…", &text[..LONGEST]) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(line: &[u8], read: &[(&str, &str)]) -> Vec<&'static str> {
        let read: Vec<Pair> = read.iter().map(|(name, value)| Pair::new(name, value)).collect();
        judge(&CookieHeader::line(line), &read).iter().map(|shown| shown.fault.as_str()).collect()
    }

    #[test]
    fn a_guarded_name_is_read_from_a_pair_that_begins_with_it() {
        assert_eq!(faults(b"%5F%5FHost-sid=B", &[("__Host-sid", "B")]), ["O-PREFIX"]);
        assert_eq!(faults("\u{2000}__Host-sid=B".as_bytes(), &[("__Host-sid", "B")]), ["O-PREFIX"]);
        assert_eq!(faults(b"x=1,__Host-sid=B", &[("x", "1"), ("__Host-sid", "B")]), ["O-PREFIX"]);
        assert_eq!(faults(b"__Host-sid=A; =__Host-sid=B", &[("__Host-sid", "B")]), ["O-PREFIX"]);
        assert_eq!(faults(b" __Host-sid =\"A\"", &[("__Host-sid", "A")]), [""; 0]);
        assert_eq!(faults(b"__Host-sid=%41", &[("__Host-sid", "A")]), [""; 0]);
    }

    #[test]
    fn a_cookie_stands_in_a_pair_of_its_own() {
        assert_eq!(faults(b"x=1,sid=B", &[("x", "1"), ("sid", "B")]), ["O-SMUGGLE"]);
        assert_eq!(faults(b"x=a%3B%20sid%3DB; sid=A", &[("x", "a"), ("sid", "A")]), [""; 0]);
        assert_eq!(faults(b"x=a%3B%20sid%3DB", &[("x", "a"), ("sid", "B")]), ["O-SMUGGLE"]);
        assert_eq!(faults(b"x=a%3B%20sid%3DB", &[("x", "a; sid=B")]), [""; 0]);
        assert_eq!(faults(b"x=\"a; sid=A; z=c\"", &[("x", "a; sid=A; z=c")]), ["O-SMUGGLE"]);
        let read = [("sid", "A"), ("path", "; "), ("y", "1")];
        assert_eq!(faults(b"sid=A; path=%3B ; y=1", &read), [""; 0]);
        assert_eq!(faults(b"=sid=B", &[("sid", "B")]), ["O-SMUGGLE"]);
        assert_eq!(faults(b"=sid=B", &[("", "sid=B")]), [""; 0]);
        assert_eq!(faults(b"sid", &[("sid", "")]), [""; 0]);
    }

    #[test]
    fn one_bad_pair_does_not_remove_another() {
        assert_eq!(faults(b"x=\xe9; sid=A", &[]), ["O-POISON"]);
        assert_eq!(faults(b"x=\xe9; sid=A", &[("sid", "A")]), [""; 0]);
        assert_eq!(faults(b"x=1; sid=A", &[("x", "1")]), ["O-POISON"]);
        assert_eq!(faults(b"$Version=1; sid=A", &[("sid", "A")]), [""; 0]);
        let refused = |line: &[u8]| judge_refusal(&CookieHeader::line(line)).is_some();
        assert!(refused(b"x=\xe9; sid=A"));
        assert!(!refused(b"x=\0; sid=A"));
        assert!(!refused(b"x=\xe9"));
    }

    #[test]
    fn readers_are_compared_by_what_a_lookup_gives() {
        let (a, b) = (Pair::new("sid", "A"), Pair::new("sid", "B"));
        let both = [a.clone(), b.clone()];
        assert_eq!(differing(b"sid", &both, std::slice::from_ref(&b)), None);
        assert_eq!(differing(b"sid", std::slice::from_ref(&a), &[b]).unwrap(), "`sid=B`, not `sid=A`");
        assert_eq!(differing(b"sid", std::slice::from_ref(&a), &[]).unwrap(), "`nothing`, not `sid=A`");
        assert_eq!(differing(b"x", &[a], &[]), None);
    }
}
