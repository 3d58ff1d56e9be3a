//! Cookie headers by number: cookies from pools, and what stands around them.
//!
//! Takes choices, gives a [`HeaderRecipe`], from it the octets, and smaller recipes of the same kind. Names, values and marks
//! hold every boundary that the catalogue's rows are about; what is made of them nobody wrote a row for.

use token_assay_model::CookieHeader;

use crate::chance::Chance;

/// A header in the making: parts that follow each other on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderRecipe {
    /// The parts.
    pub parts: Vec<Part>,
    /// After how many of them a new field begins; 0 for one field.
    pub fields: usize,
}

/// A part of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// `name=value`, and what ends it.
    Cookie {
        /// What stands before the name.
        before: &'static [u8],
        /// The name.
        name: &'static [u8],
        /// What stands before the value.
        open: &'static [u8],
        /// The value.
        value: Vec<u8>,
        /// What stands after it.
        close: &'static [u8],
        /// What ends it.
        end: &'static [u8],
    },
    /// Octets.
    Mark(Vec<u8>),
}

/// Names; the first is the plainest.
const NAMES: &[&[u8]] = &[
    b"sid",
    b"theme",
    b"__Host-sid",
    b"__Secure-sid",
    b"x",
    b"SID",
    b"__HOST-sid",
    b"$Version",
    b"$Path",
    b"path",
    b"expires",
    b"%5F%5FHost-sid",
    b"__%48ost-sid",
    b"..Host-sid",
    b"_[Host-sid",
    b"__Host sid",
    b"__proto__",
    b"bad name",
    b"\"sid\"",
    b"s\xc3\xadd",
    b"",
];

/// Values besides those that are counted.
const VALUES: &[&[u8]] =
    &[b"", b"a b", b"a,b", b"\xe9", b"\xc0\xaf", b"%3B", b"\\073", b"\\\"", b"j:{}", b"a=b", b"\xf0\x9f\x8d\xaa"];

/// What stands before a name or around a value; the first is nothing.
const AROUND: &[&[u8]] = &[
    b"",
    b" ",
    b"\t",
    b"=",
    b"\"",
    b"\\",
    b"\xc2\xa0",
    b"\xe2\x80\x80",
    b"\xa0",
    b"\xef\xbb\xbf",
    b"\x1c",
    b"\x0b",
    b"a\"",
    b"1,",
    b"1, ",
];

/// What ends a cookie; the first is what browsers send.
const ENDS: &[&[u8]] = &[
    b"; ", b";", b", ", b",", b" ", b"; ; ", b"\t", b"\n", b"\r\n ", b"\"; ", b"%3B%20", b"\\073 ", b"\0", b"; =",
    b"\x01",
];

/// Words that readers give a meaning.
const MARKS: &[&[u8]] =
    &[b"$Version=1; ", b"$Version=1,", b"$Version=\"1\"; ", b"=", b"; ", b"\"", b"sid", b"; HttpOnly; "];

const MOST_PARTS: usize = 7;

impl HeaderRecipe {
    /// A recipe by these choices; no choices make a single plain cookie.
    pub fn choose(chance: &mut impl Chance) -> Self {
        let count = 1 + chance.below(MOST_PARTS);
        let parts: Vec<Part> = (0..count).map(|at| Part::choose(at, chance)).collect();
        let fields = if chance.one_in(12) { 1 + chance.below(count) } else { 0 };
        Self { parts, fields }
    }

    /// The header that it makes. What ends the last cookie of a field is left away where a browser would.
    pub fn header(&self) -> CookieHeader {
        let split = if self.fields == 0 { self.parts.len() } else { self.fields };
        let lines: Vec<Vec<u8>> = self.parts.chunks(split.max(1)).map(line).collect();
        CookieHeader::lines(&lines)
    }

    /// Recipes with less in them: one part fewer, one field, a cookie with nothing around it.
    pub fn smaller(&self) -> impl Iterator<Item = Self> + '_ {
        let without = (0..self.parts.len()).filter(|_| self.parts.len() > 1).map(|at| {
            let mut fewer = self.clone();
            fewer.parts.remove(at);
            fewer
        });
        let joined = (self.fields > 0).then(|| Self { fields: 0, ..self.clone() });
        let plainer = self.parts.iter().enumerate().flat_map(move |(at, part)| {
            part.plainer().map(move |part| {
                let mut plainer = self.clone();
                plainer.parts[at] = part;
                plainer
            })
        });
        without.chain(joined).chain(plainer)
    }

    /// The smallest that is still as wanted.
    #[must_use]
    pub fn reduce(self, mut still: impl FnMut(&CookieHeader) -> bool) -> Self {
        let mut recipe = self;
        loop {
            let smaller = recipe.smaller().find(|smaller| *smaller != recipe && still(&smaller.header()));
            match smaller {
                Some(smaller) => recipe = smaller,
                None => return recipe,
            }
        }
    }
}

impl Part {
    fn choose(at: usize, chance: &mut impl Chance) -> Self {
        if chance.one_in(8) {
            return Self::Mark(chance.pick(MARKS).to_vec());
        }
        let plain = !chance.one_in(2);
        Self::Cookie {
            before: around(chance),
            name: one_of(chance, if plain { &NAMES[..5] } else { NAMES }),
            open: around(chance),
            value: if chance.one_in(5) { chance.pick(VALUES).to_vec() } else { format!("v{at}a1u3").into_bytes() },
            close: around(chance),
            end: if chance.one_in(3) { one_of(chance, ENDS) } else { ENDS[0] },
        }
    }

    /// The same with less around it.
    fn plainer(&self) -> impl Iterator<Item = Self> {
        const PLAIN: &[u8] = b"";
        let cookie = match self {
            Self::Cookie { before, name, open, value, close, end } => {
                Some((*before, *name, *open, value, *close, *end))
            }
            Self::Mark(_) => None,
        };
        let smaller = cookie.map(|(before, name, open, value, close, end)| {
            let part = |before, open, close, end| Self::Cookie { before, name, open, value: value.clone(), close, end };
            [
                part(PLAIN, open, close, end),
                part(before, PLAIN, close, end),
                part(before, open, PLAIN, end),
                part(before, open, close, ENDS[0]),
            ]
        });
        smaller.into_iter().flatten()
    }

    fn write(&self, octets: &mut Vec<u8>) {
        match self {
            Self::Cookie { before, name, open, value, close, end } => {
                for piece in [*before, *name, b"=", *open, value, *close, *end] {
                    octets.extend_from_slice(piece);
                }
            }
            Self::Mark(mark) => octets.extend_from_slice(mark),
        }
    }
}

/// One of these octet strings.
pub(super) fn one_of(chance: &mut impl Chance, pool: &'static [&'static [u8]]) -> &'static [u8] {
    pool[chance.below(pool.len())]
}

fn around(chance: &mut impl Chance) -> &'static [u8] {
    if chance.one_in(6) { one_of(chance, AROUND) } else { b"" }
}

fn line(parts: &[Part]) -> Vec<u8> {
    let mut octets = Vec::new();
    parts.iter().for_each(|part| part.write(&mut octets));
    if octets.ends_with(ENDS[0]) {
        octets.truncate(octets.len() - ENDS[0].len());
    }
    octets
}

#[cfg(test)]
mod tests {
    use token_assay_model::cookie;

    use super::*;
    use crate::attacks::{self, Make};
    use crate::generate::Seeded;
    use crate::oracles::cookies::judge;
    use crate::reference::cookie::SOUND;

    fn recipes(count: u64) -> impl Iterator<Item = HeaderRecipe> {
        (0..count).map(|number| HeaderRecipe::choose(&mut Seeded::new(0, number)))
    }

    #[test]
    fn no_choices_make_a_plain_cookie() {
        let recipe = HeaderRecipe::choose(&mut arbitrary::Unstructured::new(&[]));
        assert_eq!(recipe.header().wire(), b"sid=v0a1u3");
    }

    #[test]
    fn the_sound_reader_shows_nothing_whatever_the_header() {
        for recipe in recipes(20_000) {
            let header = recipe.header();
            let Ok(pairs) = SOUND.read(&header) else { continue };
            let shown = judge(&header, &pairs);
            assert!(shown.is_empty(), "{}: {shown:?}", cookie::escaped(header.wire()));
        }
    }

    #[test]
    fn recipes_fell_every_reader_that_the_header_oracles_know() {
        let headers: Vec<CookieHeader> = recipes(20_000).map(|recipe| recipe.header()).collect();
        let policy = token_assay_model::Policy {
            cookie: Some(token_assay_model::CookiePolicy { name: "sid".to_owned(), ..Default::default() }),
            ..Default::default()
        };
        let mut standing = Vec::new();
        for (_, class) in attacks::classes().filter(|(family, _)| family.id == "cookie-header") {
            let Make::Cookies { strawman, .. } = class.make else { continue };
            let falls = headers.iter().any(|header| {
                let input = token_assay_model::Input::Cookie(header.clone());
                let verdict = strawman.verify(token_assay_model::Request { input: &input, policy: &policy });
                match verdict {
                    token_assay_model::Verdict::Accept { claims, .. } => {
                        !judge(header, &cookie::pairs(&claims).unwrap_or_default()).is_empty()
                    }
                    _ => crate::oracles::cookies::judge_refusal(header).is_some(),
                }
            });
            if !falls {
                standing.push(strawman.name());
            }
        }
        standing.sort_unstable();
        standing.dedup();
        // What one pair is called and worth, and how many are read, is each reader's: only rows judge these, and have their
        // turns (`super::rows`).
        let judged_by_rows =
            ["bare-names", "cuts-long", "folds-case", "forgets-last", "joins-values", "normalises", "question-marks"];
        assert_eq!(standing, judged_by_rows);
    }

    #[test]
    fn what_shows_a_fault_is_made_small() {
        let at_commas = |header: &CookieHeader| {
            let read: Vec<_> = header
                .joined()
                .split(|octet| matches!(octet, b';' | b','))
                .filter_map(crate::reference::cookie::pair)
                .collect();
            !judge(header, &read).is_empty()
        };
        let shown =
            recipes(2000).find(|recipe| recipe.parts.len() > 4 && at_commas(&recipe.header())).expect("one shows it");
        let reduced = shown.reduce(at_commas);
        assert!(reduced.parts.len() <= 2, "{}", cookie::escaped(reduced.header().wire()));
    }
}
