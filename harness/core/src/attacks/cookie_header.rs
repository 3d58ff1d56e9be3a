//! `cookie-header`: what a server reads out of the Cookie header of a request.
//!
//! Takes nothing, gives headers as raw octets with what must and must not be read from each. RFC 6265 gives servers almost no
//! rules for reading, so a row says what holds of any sound reading (see METHODOLOGY.md, "The header oracles"), and is a must
//! where reading otherwise was published as a vulnerability or HTTP forbids the octets.

use std::borrow::Cow;

use token_assay_model::{CookieHeader, Expectation, Level, Pair};

use super::cookies::{
    ATTACKER, CookieCases, GUARDED, HIGH, LOW, MEDIUM, NOTE, SID, Says as _, VICTIM, asked, row, says, waits,
};
use super::{Area, Class, Family, Says};
use crate::reference::cookie::{self, Reader, SOUND};
use crate::strawman::Misreader;

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "cookie-header",
    title: "what is read out of a Cookie header: pairs, quotes, prefixes, octets, size",
    classes: &CLASSES,
};

// Which of several.

const ORDER: &str = "RFC 6265 §4.2.2: servers should not rely upon the order of cookies with the same name";

fn dup_name_order(cases: &mut CookieCases<'_>) {
    for (variant, first, second) in [("attacker-last", VICTIM, ATTACKER), ("attacker-first", ATTACKER, VICTIM)] {
        let line = format!("sid={first}; sid={second}");
        let either = [first.as_bytes(), second.as_bytes()];
        cases.line(variant, line, says().reads_any(SID, &either).or_refused().open(ORDER));
    }
}

fn dup_three(cases: &mut CookieCases<'_>) {
    let third = "7417d00000000000";
    let line = format!("sid={VICTIM}; x=1; sid={ATTACKER}; sid={third}");
    let any = [VICTIM.as_bytes(), ATTACKER.as_bytes(), third.as_bytes()];
    cases.line("one-apart", line, says().reads_any(SID, &any).or_refused().open(ORDER));
}

fn dup_empty_shadow(cases: &mut CookieCases<'_>) {
    let either = [VICTIM.as_bytes(), b""];
    for (variant, line) in
        [("empty-first", format!("sid=; sid={VICTIM}")), ("empty-last", format!("sid={VICTIM}; sid="))]
    {
        cases.line(variant, line, says().reads_any(SID, &either).or_refused().open(ORDER));
    }
}

static JOINS_VALUES: Misreader = Misreader {
    name: "joins-values",
    flaw: "joins the values of cookies of one name",
    mend: "Pick one of several cookies of one name, always the same, or refuse the request.",
    reader: Reader {
        keep: |pairs| {
            let mut kept: Vec<Pair> = Vec::new();
            for pair in pairs {
                match kept.iter_mut().find(|old| old.name() == pair.name()) {
                    Some(old) => *old = Pair::new(old.name(), [old.value(), b", ", pair.value()].concat()),
                    None => kept.push(pair),
                }
            }
            kept
        },
        ..SOUND
    },
};

// Several fields.

fn multi_cookie_lines(cases: &mut CookieCases<'_>) {
    let (one, two) = (format!("sid={VICTIM}"), "x=1".to_owned());
    let both = || says().reads(SID, VICTIM).reads("x", "1");
    cases.header("two", SID, CookieHeader::lines(&[&one, &two]), both());
    cases.header("session-last", SID, CookieHeader::lines(&[&two, &one]), both());
    let crumbs = ["a=1", &one, "b=2", "x=1", "c=3"];
    cases.header("crumbs", SID, CookieHeader::lines(&crumbs), both().reads("c", "3"));
}

static FIRST_FIELD: Misreader = Misreader {
    name: "first-field",
    flaw: "reads the first of several Cookie fields only",
    mend: "Join all Cookie fields with `; ` before reading: HTTP/2 clients send one a cookie (RFC 9113 §8.2.3).",
    reader: Reader { join: |header| Cow::Borrowed(header.each().next().unwrap_or_default()), ..SOUND },
};

fn comma_join(cases: &mut CookieCases<'_>) {
    let (one, two) = (format!("sid={VICTIM}"), "y=2".to_owned());
    let swallowed = says().never(SID, format!("{VICTIM}, y=2")).never(SID, format!("{VICTIM},y=2")).or_refused();
    cases.header("two", SID, CookieHeader::lines(&[&one, &two]), swallowed);
    let guarded = format!("__Host-sid={VICTIM}");
    let swallowed = says().never("y", format!("2, {guarded}")).never("y", format!("2,{guarded}")).or_refused();
    cases.header("guarded-last", GUARDED, CookieHeader::lines(&[&two, &guarded]), swallowed);
}

static COMMA_JOIN: Misreader = Misreader {
    name: "comma-join",
    flaw: "joins several Cookie fields with a comma",
    mend: "Join Cookie fields with `; `: the comma of other list fields is no separator here (RFC 9113 §8.2.3).",
    reader: Reader { join: |header| Cow::Owned(header.each().collect::<Vec<_>>().join(&b", "[..])), ..SOUND },
};

// Where pairs end.

fn sep_no_space(cases: &mut CookieCases<'_>) {
    let both = || says().reads(SID, VICTIM).reads("x", "1");
    cases.line("session-last", format!("x=1;sid={VICTIM}"), both());
    cases.line("session-first", format!("sid={VICTIM};x=1"), both());
}

static WANTS_SPACE: Misreader = Misreader {
    name: "wants-space",
    flaw: "splits at a semicolon only where a space follows",
    mend: "Split at every `;` and trim SP and HTAB.",
    reader: Reader {
        split: |whole| {
            let mut rest = whole;
            let mut pairs = Vec::new();
            while let Some(at) = rest.windows(2).position(|two| two == b"; ") {
                pairs.push(Cow::Borrowed(&rest[..at]));
                rest = &rest[at + 2..];
            }
            pairs.push(Cow::Borrowed(rest));
            pairs
        },
        ..SOUND
    },
};

fn sep_comma(cases: &mut CookieCases<'_>) {
    cases.line("session", format!("x=1,sid={ATTACKER}"), says().never(SID, ATTACKER).or_refused());
    let own = says().never(SID, ATTACKER).reads(SID, VICTIM);
    cases.line("beside-session", format!("sid={VICTIM}; x=1,sid={ATTACKER}"), own);
    cases.guarded("guarded", format!("x=1,__Host-sid={ATTACKER}"), says().never_named(GUARDED).or_refused());
}

fn sep_comma_space(cases: &mut CookieCases<'_>) {
    cases.line("session", format!("x=1, sid={ATTACKER}"), says().never(SID, ATTACKER).or_refused());
    cases.guarded("guarded", format!("x=1, __Host-sid={ATTACKER}"), says().never_named(GUARDED).or_refused());
}

static SPLITS_AT_COMMAS: Misreader = Misreader {
    name: "splits-at-commas",
    flaw: "takes a comma for the end of a pair",
    mend: "Split at `;` alone; the comma of RFC 2109 went with RFC 6265.",
    reader: Reader {
        split: |whole| whole.split(|octet| matches!(octet, b';' | b',')).map(Cow::Borrowed).collect(),
        ..SOUND
    },
};

fn sep_space(cases: &mut CookieCases<'_>) {
    let own = says().never("name", "1").reads(SID, VICTIM);
    cases.line("in-name", format!("bad name=1; sid={VICTIM}"), own);
    let own = says().never_named(ATTACKER).reads("x", "1");
    cases.line("in-value", format!("sid={VICTIM} {ATTACKER}; x=1"), own);
    let own = says().never("sid", ATTACKER).reads("y", "2");
    cases.line("pair-in-value", format!("x=1 sid={ATTACKER}; y=2"), own);
}

static SPLITS_AT_SPACES: Misreader = Misreader {
    name: "splits-at-spaces",
    flaw: "takes a space for the end of a pair",
    mend: "Split at `;` alone; a space inside a name or a value ends neither.",
    reader: Reader {
        split: |whole| whole.split(|octet| matches!(octet, b';' | b' ')).map(Cow::Borrowed).collect(),
        ..SOUND
    },
};

fn extra_semicolons(cases: &mut CookieCases<'_>) {
    cases.line("around", format!(";;; sid={VICTIM};;"), says().reads(SID, VICTIM));
    cases.line("between", format!("x=1;; ;sid={VICTIM}"), says().reads(SID, VICTIM).reads("x", "1"));
}

static STOPS_AT_EMPTY: Misreader = Misreader {
    name: "stops-at-empty",
    flaw: "stops at the first empty pair",
    mend: "Skip empty pairs.",
    reader: Reader {
        split: |whole| cookie::split(whole).into_iter().take_while(|piece| !cookie::trim(piece).is_empty()).collect(),
        ..SOUND
    },
};

fn sep_encoded(cases: &mut CookieCases<'_>) {
    let own = || says().never(SID, ATTACKER).reads(SID, VICTIM);
    cases.line("before", format!("x=a%3B%20sid%3D{ATTACKER}; sid={VICTIM}"), own());
    cases.line("after", format!("sid={VICTIM}; x=a%3B%20sid%3D{ATTACKER}"), own());
    cases.line("lower-case", format!("sid={VICTIM}; x=a%3b%20sid%3d{ATTACKER}"), own());
}

static DECODES_FIRST: Misreader = Misreader {
    name: "decodes-first",
    flaw: "percent-decodes the header before it is split",
    mend: "Split first; decode, if at all, the value of one pair.",
    reader: Reader {
        split: |whole| {
            let decoded = percent_decoded(whole);
            decoded.split(|octet| *octet == b';').map(|piece| Cow::Owned(piece.to_vec())).collect()
        },
        ..SOUND
    },
};

fn sep_line_feed(cases: &mut CookieCases<'_>) {
    for (variant, between) in [("obs-fold", "\r\n "), ("lf", "\n"), ("lf-space", "\n "), ("cr", "\r")] {
        let line = format!("sid={VICTIM}{between}x=1");
        cases.line(variant, line, says().never_named("x").never_named(" x").or_refused());
    }
}

static SPLITS_AT_LINES: Misreader = Misreader {
    name: "splits-at-lines",
    flaw: "takes a line break inside the field for the end of a pair",
    mend: "Refuse a field value with CR or LF with 400 (RFC 9110 §5.5).",
    reader: Reader {
        admit: |_| Ok(()),
        split: |whole| whole.split(|octet| matches!(octet, b';' | b'\n' | b'\r')).map(Cow::Borrowed).collect(),
        ..SOUND
    },
};

// Quotes.

const QUOTES: &str = "RFC 6265bis §4.1.1 makes the quotes part of the value, many libraries take them away";

fn quoted_plain(cases: &mut CookieCases<'_>) {
    let quoted = format!("\"{VICTIM}\"");
    let either = [VICTIM.as_bytes(), quoted.as_bytes()];
    cases.line("only", format!("sid={quoted}"), says().reads_any(SID, &either).open(QUOTES));
    let both = says().reads_any(SID, &either).reads("x", "1").open(QUOTES);
    cases.line("beside-another", format!("sid={quoted}; x=1"), both);
}

static DROPS_QUOTED: Misreader = Misreader {
    name: "drops-quoted",
    flaw: "drops a cookie whose value is quoted",
    mend: "Read a quoted value: RFC 6265 §4.1.1 has it in the grammar.",
    reader: Reader { pair: |piece| cookie::pair(piece).filter(|pair| !pair.value().contains(&b'"')), ..SOUND },
};

fn quoted_swallow(cases: &mut CookieCases<'_>) {
    let inner = format!("a; sid={VICTIM}; z=c");
    let own = says().never("x", &inner).never("x", format!("\"{inner}\"")).reads(SID, VICTIM);
    cases.line("session", format!("x=\"{inner}\""), own);
    let inner = format!("a; __Host-sid={VICTIM}; z=c");
    let own = says().never("x", &inner).never("x", format!("\"{inner}\"")).reads(GUARDED, VICTIM);
    cases.guarded("guarded", format!("x=\"{inner}\""), own);
}

static SWALLOWS_QUOTED: Misreader = Misreader {
    name: "swallows-quoted",
    flaw: "reads on over semicolons to the closing quote",
    mend: "End a pair at `;` whether or not a quote is open: no `;` may stand in a value (RFC 6265 §4.1.1).",
    reader: Reader { split: split_outside_quotes, ..SOUND },
};

fn sandwich_version(cases: &mut CookieCases<'_>) {
    for (variant, version) in [("bare", "$Version=1"), ("quoted", "$Version=\"1\"")] {
        let inner = format!("a; sid={VICTIM}; z=c");
        let own = says().never("x", &inner).never("x", format!("\"{inner}\"")).reads(SID, VICTIM);
        cases.line(variant, format!("{version}; x=\"{inner}\""), own);
    }
}

static VERSION_QUOTES: Misreader = Misreader {
    name: "version-quotes",
    flaw: "reads on to the closing quote once `$Version` has been seen",
    mend: "Treat `$Version` as a cookie like any other: RFC 6265 obsoletes RFC 2965.",
    reader: Reader {
        split: |whole| if whole.starts_with(b"$Version") { split_outside_quotes(whole) } else { cookie::split(whole) },
        ..SOUND
    },
};

fn dollar_attributes(cases: &mut CookieCases<'_>) {
    let quoted = format!("\"{VICTIM}\"");
    let line = format!("$Version=\"1\"; sid={quoted}; $Path=\"/\"; $Domain=\"evil.example\"");
    let because = "RFC 6265 §1 leaves what names with `$` are: cookies or nothing";
    cases.line("all", line, says().reads_any(SID, &[VICTIM.as_bytes(), quoted.as_bytes()]).open(because));
}

static REFUSES_DOLLAR: Misreader = Misreader {
    name: "refuses-dollar",
    flaw: "refuses a header in which a name begins with `$`",
    mend: "Read names with `$` as cookies, or leave them out.",
    reader: Reader {
        admit: |whole| if whole.contains(&b'$') { Err(token_assay_model::Reason::Malformed) } else { Ok(()) },
        ..SOUND
    },
};

fn dollar_version_prefix(cases: &mut CookieCases<'_>) {
    let line = format!("$Version=1,__Host-sid={ATTACKER}; __Host-sid={VICTIM}");
    cases.guarded("before", line, says().never(GUARDED, ATTACKER).reads(GUARDED, VICTIM));
    let line = format!("$Version=1,__Host-sid={ATTACKER}");
    cases.guarded("alone", line, says().never_named(GUARDED).or_refused());
}

static VERSION_COMMAS: Misreader = Misreader {
    name: "version-commas",
    flaw: "takes commas for ends of pairs once `$Version` has been seen",
    mend: "Treat `$Version` as a cookie like any other: RFC 6265 obsoletes RFC 2965.",
    reader: Reader {
        split: |whole| match whole.starts_with(b"$Version") {
            true => (SPLITS_AT_COMMAS.reader.split)(whole),
            false => cookie::split(whole),
        },
        ..SOUND
    },
};

fn octal_escape(cases: &mut CookieCases<'_>) {
    let because = "RFC 6265bis §4.1.1 knows no escapes; libraries that read RFC 2109 do";
    cases.line("value", "sid=\"\\101\"; x=1", says().reads("x", "1").open(because));
    let line = format!("x=\"a\\073 sid={ATTACKER}\"; sid={VICTIM}");
    cases.line("semicolon", line, says().never(SID, ATTACKER).reads(SID, VICTIM).open(because));
}

static UNESCAPES_FIRST: Misreader = Misreader {
    name: "unescapes-first",
    flaw: "reads octal escapes before the header is split",
    mend: "Split first; unescape, if at all, the value of one pair.",
    reader: Reader {
        split: |whole| {
            let mut plain = whole.to_vec();
            while let Some(at) = plain.windows(4).position(|four| four == b"\\073") {
                plain.splice(at..at + 4, *b";");
            }
            plain.split(|octet| *octet == b';').map(|piece| Cow::Owned(unquoted(piece))).collect()
        },
        ..SOUND
    },
};

fn escaped_quote(cases: &mut CookieCases<'_>) {
    let line = format!("x=\"a\\\"; sid={ATTACKER}\"; sid={VICTIM}");
    let quoted = format!("{ATTACKER}\"");
    let any = [VICTIM.as_bytes(), ATTACKER.as_bytes(), quoted.as_bytes()];
    cases.line("before", line, says().reads_any(SID, &any).open(QUOTES));
}

fn unbalanced_quote(cases: &mut CookieCases<'_>) {
    cases.line("before", format!("x=\"a; sid={VICTIM}"), says().reads(SID, VICTIM));
    cases.line("between", format!("x=\"a; sid={VICTIM}; y=2"), says().reads(SID, VICTIM).reads("y", "2"));
}

fn quote_trailing_junk(cases: &mut CookieCases<'_>) {
    cases.line("after-quotes", format!("sid=\"{VICTIM}\"junk; x=1"), says().reads("x", "1").open(QUOTES));
    cases.line("closing-only", format!("sid={VICTIM}\"; x=1"), says().reads("x", "1").open(QUOTES));
}

fn quoted_name(cases: &mut CookieCases<'_>) {
    cases.line("alone", format!("\"sid\"={ATTACKER}"), says().never_named(SID).or_refused());
    let own = says().never(SID, ATTACKER).reads(SID, VICTIM);
    cases.line("beside-session", format!("sid={VICTIM}; \"sid\"={ATTACKER}"), own);
}

static UNQUOTES_NAMES: Misreader = Misreader {
    name: "unquotes-names",
    flaw: "takes quotes away from names",
    mend: "Compare names octet by octet.",
    reader: Reader { pair: |piece| renamed(piece, |name| Some(unquoted(name))), ..SOUND },
};

static GIVES_UP: Misreader = Misreader {
    name: "gives-up",
    flaw: "stops at the first pair that it does not like",
    mend: "Skip a malformed pair and read on: one cookie that an attacker can add must not take the others away.",
    reader: Reader {
        keep: |pairs| {
            let fine = |octet: &u8| octet.is_ascii_graphic() && !b"\",;\\".contains(octet);
            pairs.into_iter().take_while(|pair| pair.value().iter().all(fine)).collect()
        },
        ..SOUND
    },
};

// Names.

fn nameless_equals(cases: &mut CookieCases<'_>) {
    cases.line("alone", format!("=sid={ATTACKER}"), says().never_named(SID).or_refused());
    let own = || says().never(SID, ATTACKER).reads(SID, VICTIM);
    cases.line("before", format!("=sid={ATTACKER}; sid={VICTIM}"), own());
    cases.line("after", format!("sid={VICTIM}; =sid={ATTACKER}"), own());
    cases.line("two", format!("sid={VICTIM}; ==sid={ATTACKER}"), own());
}

fn nameless_prefix(cases: &mut CookieCases<'_>) {
    let own = || says().never(GUARDED, ATTACKER).reads(GUARDED, VICTIM);
    cases.guarded("after", format!("__Host-sid={VICTIM}; =__Host-sid={ATTACKER}"), own());
    cases.guarded("before", format!("=__Host-sid={ATTACKER}; __Host-sid={VICTIM}"), own());
    cases.guarded("alone", format!("=__Host-sid={ATTACKER}"), says().never_named(GUARDED).or_refused());
}

static SKIPS_EQUALS: Misreader = Misreader {
    name: "skips-equals",
    flaw: "skips `=` before a name",
    mend: "Read a pair that begins with `=` as a cookie without a name, or leave it out.",
    reader: Reader {
        pair: |piece| {
            let piece = cookie::trim(piece);
            let start = piece.iter().position(|octet| *octet != b'=').unwrap_or(piece.len());
            cookie::pair(&piece[start..])
        },
        ..SOUND
    },
};

fn bare_token(cases: &mut CookieCases<'_>) {
    let because = "RFC 6265bis §5.6 reads it as a value without a name, RFC 6265 ignores it";
    cases.line("name", "sid; x=1", says().never_named(SID).reads("x", "1").open(because));
    cases.line("before", format!("A; sid={VICTIM}"), says().reads(SID, VICTIM).never_named("A").open(because));
}

static BARE_NAMES: Misreader = Misreader {
    name: "bare-names",
    flaw: "takes a pair without `=` for a name with an empty value",
    mend: "Leave out a pair without `=`, or hand it on as a value without a name (RFC 6265bis §5.6).",
    reader: Reader {
        pair: |piece| match cookie::trim(piece) {
            [] => None,
            bare if !bare.contains(&b'=') => Some(Pair::new(bare, "")),
            piece => cookie::pair(piece),
        },
        ..SOUND
    },
};

fn attributes_as_cookies(cases: &mut CookieCases<'_>) {
    let line = format!("sid={VICTIM}; Path=/; HttpOnly; Secure; x=1");
    cases.line("echoed", line, says().reads(SID, VICTIM).reads("x", "1"));
    let line = format!("path=1; expires=2; sid={VICTIM}");
    cases.line("as-names", line, says().reads(SID, VICTIM).reads("path", "1").reads("expires", "2"));
}

static ATTRIBUTES: Misreader = Misreader {
    name: "attributes",
    flaw: "takes the words of Set-Cookie for attributes in a Cookie header",
    mend: "Read every pair of a Cookie header as a cookie (RFC 6265 §4.2.2).",
    reader: Reader {
        keep: |mut pairs| {
            pairs.retain(|pair| {
                !["path", "expires", "domain"].iter().any(|word| pair.name().eq_ignore_ascii_case(word.as_bytes()))
            });
            pairs
        },
        ..SOUND
    },
};

fn name_blanks(cases: &mut CookieCases<'_>) {
    cases.line("after-name", format!("sid ={VICTIM}"), says().reads(SID, VICTIM));
    cases.line("tab-before-name", format!("x=1;\tsid={VICTIM}"), says().reads(SID, VICTIM).reads("x", "1"));
    cases.line("around-value", format!("sid= {VICTIM} ; x=1"), says().reads(SID, VICTIM).reads("x", "1"));
}

static KEEPS_BLANKS: Misreader = Misreader {
    name: "keeps-blanks",
    flaw: "takes SP and HTAB around names and values for part of them",
    mend: "Trim SP and HTAB, and nothing else, around names and values.",
    reader: Reader {
        pair: |piece| {
            let piece = piece.strip_prefix(b" ").unwrap_or(piece);
            let equals = piece.iter().position(|octet| *octet == b'=')?;
            Some(Pair::new(&piece[..equals], &piece[equals + 1..]))
        },
        ..SOUND
    },
};

fn name_case(cases: &mut CookieCases<'_>) {
    let own = || says().never(SID, ATTACKER).reads(SID, VICTIM);
    cases.line("upper-first", format!("SID={ATTACKER}; sid={VICTIM}"), own());
    cases.line("upper-last", format!("sid={VICTIM}; Sid={ATTACKER}"), own());
    cases.line("alone", format!("SID={ATTACKER}"), says().never_named(SID));
}

static FOLDS_CASE: Misreader = Misreader {
    name: "folds-case",
    flaw: "folds the case of names",
    mend: "Compare names octet by octet.",
    reader: Reader { pair: |piece| renamed(piece, |name| Some(name.to_ascii_lowercase())), ..SOUND },
};

fn name_confusable(cases: &mut CookieCases<'_>) {
    let confusables =
        [("full-width", SID, "ｓｉｄ"), ("kelvin", "token", "to\u{212a}en"), ("cyrillic", SID, "\u{455}id")];
    for (variant, name, confusable) in confusables {
        let header = CookieHeader::line(format!("{confusable}={ATTACKER}"));
        cases.header(variant, name, header, says().never_named(name).or_refused());
        let header = CookieHeader::line(format!("{name}={VICTIM}; {confusable}={ATTACKER}"));
        let own = says().never(name, ATTACKER).reads(name, VICTIM);
        cases.header(&format!("{variant}-beside-session"), name, header, own);
    }
}

static NORMALISES: Misreader = Misreader {
    name: "normalises",
    flaw: "normalises names as Unicode text",
    mend: "Compare names octet by octet; normalise and fold nothing.",
    reader: Reader {
        pair: |piece| {
            let plain = |name: &[u8]| {
                let letter = |c: char| match u32::from(c) {
                    code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(c),
                    0x212a => 'k',
                    0x455 => 's',
                    _ => c,
                };
                Some(std::str::from_utf8(name).ok()?.chars().map(letter).collect::<String>().into_bytes())
            };
            renamed(piece, plain)
        },
        ..SOUND
    },
};

// Octets.

fn controls_in_value(cases: &mut CookieCases<'_>) {
    for (variant, octet) in [("nul", 0x00_u8), ("soh", 0x01), ("vt", 0x0b), ("del", 0x7f)] {
        let line = [b"sid=", VICTIM.as_bytes(), &[octet], b"B; x=1"].concat();
        let cut = says().never(SID, VICTIM).never(SID, format!("{VICTIM}B")).or_refused();
        let case = cases.line(variant, line, cut);
        // NUL is forbidden; of the others HTTP only says that they may be dangerous (RFC 9110 §5.5).
        case.level = if octet == 0 { Level::Must } else { Level::Should };
    }
}

static CUTS_AT_CONTROLS: Misreader = Misreader {
    name: "cuts-at-controls",
    flaw: "cuts a value at a control octet",
    mend: "Refuse a field value with NUL with 400, and leave out a cookie with another control octet in it.",
    reader: Reader {
        admit: |_| Ok(()),
        pair: |piece| {
            let end = piece.iter().position(u8::is_ascii_control).unwrap_or(piece.len());
            cookie::pair(&piece[..end])
        },
        ..SOUND
    },
};

fn nul_in_name(cases: &mut CookieCases<'_>) {
    let line = [b"s\0id=", ATTACKER.as_bytes()].concat();
    cases.line("inside", line, says().never_named(SID).never_named("id").never_named("s").or_refused());
    let line = [b"sid\0x=", ATTACKER.as_bytes()].concat();
    cases.line("after", line, says().never_named(SID).or_refused());
}

static DROPS_CONTROLS: Misreader = Misreader {
    name: "drops-controls",
    flaw: "takes control octets out of names",
    mend: "Refuse a field value with NUL with 400 (RFC 9110 §5.5).",
    reader: Reader {
        admit: |_| Ok(()),
        pair: |piece| {
            let plain: Vec<u8> = piece.iter().copied().filter(|octet| !octet.is_ascii_control()).collect();
            cookie::pair(&plain)
        },
        ..SOUND
    },
};

fn non_utf8_poison(cases: &mut CookieCases<'_>) {
    let octets: [(&str, &[u8]); 3] = [("latin-1", b"\xe9"), ("overlong", b"\xc0\xaf"), ("surrogate", b"\xed\xa0\x80")];
    for (variant, octets) in octets {
        let line = [b"x=", octets, b"; sid=", VICTIM.as_bytes()].concat();
        cases.line(variant, line, says().reads(SID, VICTIM));
    }
    let line = [b"\xe9=1; sid=", VICTIM.as_bytes()].concat();
    cases.line("in-name", line, says().reads(SID, VICTIM));
}

fn charset_decode(cases: &mut CookieCases<'_>) {
    let lossy =
        says().never(SID, "?").never(SID, "??").never(SID, "\u{fffd}").never(SID, "\u{fffd}\u{fffd}").never(SID, "");
    cases.line("utf-8", "sid=é", lossy.or_refused());
}

static ASKS: Misreader = Misreader {
    name: "question-marks",
    flaw: "replaces octets outside ASCII",
    mend: "Hand on the octets, or an encoding of them that can be undone.",
    reader: Reader {
        pair: |piece| {
            let pair = cookie::pair(piece)?;
            let ask = |octet: &u8| if octet.is_ascii() { *octet } else { b'?' };
            Some(Pair::new(pair.name(), pair.value().iter().map(ask).collect::<Vec<u8>>()))
        },
        ..SOUND
    },
};

// Prefixes.

fn prefix_case(cases: &mut CookieCases<'_>) {
    for (variant, name) in [("upper", "__HOST-sid"), ("mixed", "__hOsT-sid")] {
        cases.guarded(variant, format!("{name}={ATTACKER}"), says().never_named(GUARDED));
        let own = says().never(GUARDED, ATTACKER).reads(GUARDED, VICTIM);
        cases.guarded(&format!("{variant}-beside"), format!("__Host-sid={VICTIM}; {name}={ATTACKER}"), own);
    }
}

static FOLDS_PREFIX: Misreader = Misreader {
    name: "folds-prefix",
    flaw: "takes `__HOST-` for `__Host-`",
    mend: "Compare names octet by octet: browsers of a time guarded `__Host-` in this case only.",
    reader: Reader {
        pair: |piece| {
            renamed(piece, |name| {
                let guarded = name.len() >= 7 && name[..7].eq_ignore_ascii_case(b"__Host-");
                Some(if guarded { [b"__Host-", &name[7..]].concat() } else { name.to_vec() })
            })
        },
        ..SOUND
    },
};

const ENCODED: [(&str, &str); 4] = [
    ("underscores", "%5F%5FHost-sid"),
    ("lower-case", "%5f%5fHost-sid"),
    ("letter", "__%48ost-sid"),
    ("hyphen", "__Host%2Dsid"),
];

fn prefix_encoded(cases: &mut CookieCases<'_>) {
    for (variant, name) in ENCODED {
        cases.guarded(variant, format!("{name}={ATTACKER}"), says().never_named(GUARDED).or_refused());
    }
}

fn prefix_encoded_override(cases: &mut CookieCases<'_>) {
    for (variant, name) in ENCODED {
        let own = || says().never(GUARDED, ATTACKER).reads(GUARDED, VICTIM);
        cases.guarded(&format!("{variant}-after"), format!("__Host-sid={VICTIM}; {name}={ATTACKER}"), own());
        cases.guarded(&format!("{variant}-before"), format!("{name}={ATTACKER}; __Host-sid={VICTIM}"), own());
    }
}

static DECODES_NAMES: Misreader = Misreader {
    name: "decodes-names",
    flaw: "percent-decodes names",
    mend: "Decode no names: a browser guards a prefix by the octets that it was given.",
    reader: Reader { pair: |piece| renamed(piece, |name| Some(percent_decoded(name))), ..SOUND },
};

/// White_Space of Unicode outside ASCII.
const BLANKS: [char; 19] = [
    '\u{85}', '\u{a0}', '\u{1680}', '\u{2000}', '\u{2001}', '\u{2002}', '\u{2003}', '\u{2004}', '\u{2005}', '\u{2006}',
    '\u{2007}', '\u{2008}', '\u{2009}', '\u{200a}', '\u{2028}', '\u{2029}', '\u{202f}', '\u{205f}', '\u{3000}',
];

fn prefix_unicode_space(cases: &mut CookieCases<'_>) {
    for blank in BLANKS {
        let code = format!("u{:04x}", u32::from(blank));
        let never = || says().never_named(GUARDED).or_refused();
        cases.guarded(&format!("{code}-before"), format!("{blank}__Host-sid={ATTACKER}"), never());
        cases.guarded(&format!("{code}-after"), format!("__Host-sid{blank}={ATTACKER}"), never());
    }
    let line = format!("__Host-sid={VICTIM}; \u{2000}__Host-sid={ATTACKER}");
    cases.guarded("u2000-beside", line, says().never(GUARDED, ATTACKER).reads(GUARDED, VICTIM));
}

static TRIMS_UNICODE: Misreader = Misreader {
    name: "trims-unicode",
    flaw: "trims every blank of Unicode around names",
    mend: "Trim SP and HTAB only.",
    reader: Reader {
        pair: |piece| renamed(piece, |name| Some(std::str::from_utf8(name).ok()?.trim().as_bytes().to_vec())),
        ..SOUND
    },
};

fn prefix_latin1_space(cases: &mut CookieCases<'_>) {
    for (variant, octet) in [("nel", 0x85_u8), ("no-break-space", 0xa0)] {
        let line = [&[octet][..], b"__Host-sid=", ATTACKER.as_bytes()].concat();
        cases.guarded(variant, line, says().never_named(GUARDED).or_refused());
    }
}

static TRIMS_LATIN1: Misreader = Misreader {
    name: "trims-latin-1",
    flaw: "reads names as Latin-1 and trims its blanks",
    mend: "Trim SP and HTAB only, before any decoding.",
    reader: Reader {
        pair: |piece| {
            renamed(piece, |name| {
                let text: String = name.iter().map(|octet| char::from(*octet)).collect();
                Some(text.trim().as_bytes().to_vec())
            })
        },
        ..SOUND
    },
};

fn prefix_control_space(cases: &mut CookieCases<'_>) {
    for octet in [0x0b_u8, 0x0c, 0x1c, 0x1d, 0x1e, 0x1f] {
        let line = [&[octet][..], b"__Host-sid=", ATTACKER.as_bytes()].concat();
        cases.guarded(&format!("x{octet:02x}"), line, says().never_named(GUARDED).or_refused());
    }
}

static TRIMS_CONTROLS: Misreader = Misreader {
    name: "trims-controls",
    flaw: "takes control octets around names for blanks",
    mend: "Trim SP and HTAB only.",
    reader: Reader {
        pair: |piece| {
            let start = piece.iter().position(|octet| *octet > b' ').unwrap_or(piece.len());
            cookie::pair(&piece[start..])
        },
        ..SOUND
    },
};

fn prefix_bom(cases: &mut CookieCases<'_>) {
    cases.guarded("alone", format!("\u{feff}__Host-sid={ATTACKER}"), says().never_named(GUARDED).or_refused());
    let line = format!("__Host-sid={VICTIM}; \u{feff}__Host-sid={ATTACKER}");
    cases.guarded("beside", line, says().never(GUARDED, ATTACKER).reads(GUARDED, VICTIM));
}

static STRIPS_BOM: Misreader = Misreader {
    name: "strips-bom",
    flaw: "takes a byte order mark away from names",
    mend: "Trim SP and HTAB only; the `trim` of JavaScript takes U+FEFF too.",
    reader: Reader {
        pair: |piece| renamed(piece, |name| Some(name.strip_prefix("\u{feff}".as_bytes()).unwrap_or(name).to_vec())),
        ..SOUND
    },
};

fn prefix_mangled(cases: &mut CookieCases<'_>) {
    for (variant, name) in
        [("dots", "..Host-sid"), ("bracket", "_[Host-sid"), ("spaces", "_ Host-sid"), ("space", "__Host sid")]
    {
        cases.guarded(variant, format!("{name}={ATTACKER}"), says().never_named(GUARDED).or_refused());
    }
}

static MANGLES: Misreader = Misreader {
    name: "mangles-names",
    flaw: "replaces characters of names that its language does not like",
    mend: "Hand on names as they are.",
    reader: Reader {
        pair: |piece| {
            renamed(piece, |name| {
                let mangled = |octet: &u8| if matches!(octet, b'.' | b' ' | b'[') { b'_' } else { *octet };
                Some(name.iter().map(mangled).collect())
            })
        },
        ..SOUND
    },
};

// Size and cost.

fn oversize_value(cases: &mut CookieCases<'_>) {
    for length in [4096, 4097, 8192, 65_536] {
        let value = VICTIM.repeat(length / VICTIM.len() + 1)[..length].to_owned();
        cases.line(&format!("{length}-octets"), format!("sid={value}"), says().reads(SID, &value).or_refused());
    }
}

static CUTS_LONG: Misreader = Misreader {
    name: "cuts-long",
    flaw: "cuts a long value",
    mend: "Refuse what is too long with 431, or read all of it.",
    reader: Reader {
        pair: |piece| {
            let pair = cookie::pair(piece)?;
            Some(Pair::new(pair.name(), &pair.value()[..pair.value().len().min(4096)]))
        },
        ..SOUND
    },
};

fn many_cookies(cases: &mut CookieCases<'_>) {
    for count in [1500, 10_000] {
        let line = format!("{}sid={VICTIM}", pairs(count));
        cases.line(&format!("{count}-pairs"), line, says().reads(SID, VICTIM).or_refused());
    }
    for (times, count) in [(1, 600), (4, 2400), (16, 9600)] {
        let case = cases.line(&format!("cost-{times}x"), format!("{}sid={VICTIM}", pairs(count)), says());
        case.expectation = Expectation::Linear { milliseconds: 1000, times };
    }
}

fn pairs(count: usize) -> String {
    (0..count).map(|index| format!("c{index}=v{index}; ")).collect()
}

static FORGETS_LAST: Misreader = Misreader {
    name: "forgets-last",
    flaw: "reads the first thousand cookies and says nothing of the rest",
    mend: "Refuse a header with too many cookies with 431, or read all of them.",
    reader: Reader {
        keep: |mut pairs| {
            pairs.truncate(1000);
            pairs
        },
        ..SOUND
    },
};

/// The longest is as long as servers let a header be.
fn quadratic_escape(cases: &mut CookieCases<'_>) {
    for (times, count) in [(1, 250), (4, 1000), (16, 4000)] {
        let lines = [
            ("quotes", format!("x=\"{}", "\\\"".repeat(count))),
            ("quotes-closed", format!("x=\"{}\"", "\\\"".repeat(count))),
            ("octal", format!("x=\"{}\"", "\\073".repeat(count / 2))),
        ];
        for (variant, line) in lines {
            let case = cases.line(&format!("{variant}-{times}x"), line, says());
            case.expectation = Expectation::Linear { milliseconds: 1000, times };
        }
    }
}

static QUADRATIC: Misreader = Misreader {
    name: "quadratic-escapes",
    flaw: "copies what is left of a value at each escape",
    mend: "Unescape in one pass.",
    reader: Reader {
        pair: |piece| {
            let mut rest = piece.to_vec();
            let mut plain = Vec::new();
            while let Some(at) = rest.iter().position(|octet| *octet == b'\\') {
                plain.extend_from_slice(&rest[..at]);
                rest = String::from_utf8_lossy(&rest[(at + 2).min(rest.len())..]).into_owned().into_bytes();
            }
            cookie::pair(&[plain, rest].concat())
        },
        ..SOUND
    },
};

// Other.

fn prototype_names(cases: &mut CookieCases<'_>) {
    let line = format!("__proto__=1; constructor=2; toString=3; sid={VICTIM}");
    cases.line("before", line, says().reads(SID, VICTIM));
    let line = format!("sid={VICTIM}; __proto__=1; x=1");
    cases.line("after", line, says().reads(SID, VICTIM).reads("x", "1"));
    let line = format!("__proto__.sid={ATTACKER}; __proto__[sid]={ATTACKER}; x=1");
    cases.line("path", line, says().never_named(SID).reads("x", "1"));
}

static PROTOTYPE: Misreader = Misreader {
    name: "prototype",
    flaw: "loses what stands beside a name that its language gives a meaning",
    mend: "Keep cookies in a map that inherits nothing.",
    reader: Reader {
        keep: |pairs| if pairs.iter().any(|pair| pair.name() == b"__proto__") { Vec::new() } else { pairs },
        ..SOUND
    },
};

fn typed_value(cases: &mut CookieCases<'_>) {
    cases.line("object", "sid=j%3A%7B%22a%22%3A1%7D", says().never(SID, "{\"a\":1}").or_refused());
    cases.line("array", "sid=j%3A%5B1%5D", says().never(SID, "[1]").or_refused());
}

static TYPED: Misreader = Misreader {
    name: "typed-values",
    flaw: "reads a value with `j:` before it as JSON",
    mend: "Hand on text, and let the application say where it wants JSON.",
    reader: Reader {
        pair: |piece| {
            let pair = cookie::pair(piece)?;
            let value = percent_decoded(pair.value());
            Some(Pair::new(pair.name(), value.strip_prefix(b"j:").unwrap_or(&value)))
        },
        ..SOUND
    },
};

// What strawmen share.

/// The pair under the name that this makes of its own.
fn renamed(piece: &[u8], name: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<Pair> {
    let equals = piece.iter().position(|octet| *octet == b'=')?;
    let raw = cookie::trim(&piece[..equals]);
    Some(Pair::new(name(raw).unwrap_or_else(|| raw.to_vec()), cookie::trim(&piece[equals + 1..])))
}

fn unquoted(octets: &[u8]) -> Vec<u8> {
    octets.iter().copied().filter(|octet| *octet != b'"').collect()
}

fn split_outside_quotes(whole: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let mut quoted = false;
    let ends = |octet: &u8| {
        quoted ^= *octet == b'"';
        *octet == b';' && !quoted
    };
    whole.split(ends).map(Cow::Borrowed).collect()
}

fn percent_decoded(octets: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match digits.and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|_| *first == b'%') {
            Some(octet) => {
                plain.push(octet);
                rest = &after[2..];
            }
            None => {
                plain.push(*first);
                rest = after;
            }
        }
    }
    plain
}

const MUST: Says = Says::Read(Level::Must);
const SHOULD: Says = Says::Read(Level::Should);
const MAY: Says = Says::Read(Level::May);

#[rustfmt::skip]
static CLASSES: [Class; 55] = [
    row("hdr-dup-name-order", "Of two cookies of one name neither was read, or both as one.",
        "two cookies of one name, the victim's and an attacker's, in both orders",
        (MAY, HIGH), (&["RFC 6265 §4.2.2"], Some(436)), dup_name_order, &JOINS_VALUES),
    row("hdr-dup-three", "Of three cookies of one name none was read, or several as one.",
        "three cookies of one name, another between them",
        (MAY, MEDIUM), (&["RFC 6265 §4.2.2"], Some(436)), dup_three, &JOINS_VALUES),
    row("hdr-dup-empty-shadow", "A cookie and an empty one of its name were read as neither.",
        "a cookie beside an empty one of the same name, in both orders",
        (MAY, MEDIUM), (&["RFC 6265 §4.2.2"], Some(436)), dup_empty_shadow, &JOINS_VALUES),
    asked("hdr-toss-subdomain", "A request ran as the session that a sibling host had planted.",
        "a sibling host sets the session cookie for the parent domain and a longer path", (SHOULD, HIGH),
        (&["draft-ietf-httpbis-rfc6265bis §8.6", "OWASP ASVS 5.0 3.3.3", "CVE-2023-27495"], Some(565))),
    asked("hdr-toss-csrf-cookie", "A planted CSRF cookie was taken for the session's own.",
        "a sibling host sets the double-submit cookie, and the form sends the matching token", (SHOULD, HIGH),
        (&["OWASP ASVS 5.0 3.5.1", "CVE-2023-27495"], Some(352))),
    row("hdr-multi-cookie-lines", "Of several Cookie fields not all were read.",
        "two fields, and five as HTTP/2 crumbs",
        (MUST, MEDIUM), (&["draft-ietf-httpbis-rfc6265bis §4.2.1", "RFC 9113 §8.2.3"], Some(436)), multi_cookie_lines, &FIRST_FIELD),
    row("hdr-multi-lines-comma-join", "A second Cookie field was read as part of a value of the first.",
        "two fields, joined by a comma as other list fields are",
        (SHOULD, MEDIUM), (&["RFC 9113 §8.2.3", "draft-ietf-httpbis-rfc6265bis §4.2.1"], Some(436)), comma_join, &COMMA_JOIN),
    row("hdr-sep-no-space", "Cookies without a space between them were not read.",
        "`x=1;sid=…`",
        (SHOULD, NOTE), (&["RFC 6265 §4.2.1", "draft-ietf-httpbis-rfc6265bis §5.6"], None), sep_no_space, &WANTS_SPACE),
    row("hdr-sep-comma", "A cookie was read out of another's value, after a comma.",
        "`x=1,sid=…`: a value that an attacker chose holds the name of the session cookie",
        (SHOULD, HIGH), (&["RFC 6265 §4.1.1", "RFC 6265 §4.2.1"], Some(436)), sep_comma, &SPLITS_AT_COMMAS),
    row("hdr-sep-comma-space", "A cookie was read out of another's value, after a comma and a space.",
        "`x=1, sid=…`",
        (SHOULD, HIGH), (&["RFC 6265 §4.1.1", "RFC 6265 §4.2.1"], Some(436)), sep_comma_space, &SPLITS_AT_COMMAS),
    row("hdr-sep-space", "A cookie was read out of another's name or value, after a space, or lost with it.",
        "a space inside a name, inside a value, and a pair after a space in a value",
        (SHOULD, MEDIUM), (&["RFC 6265 §4.2.1"], Some(436)), sep_space, &SPLITS_AT_SPACES),
    row("hdr-sep-extra-semicolons", "Empty pairs took a cookie away.",
        "semicolons before, between and after cookies",
        (SHOULD, LOW), (&["draft-ietf-httpbis-rfc6265bis §5.6"], None), extra_semicolons, &STOPS_AT_EMPTY),
    row("hdr-sep-encoded", "A cookie was read out of another's value, once that was percent-decoded.",
        "`x=a%3B%20sid%3D…` beside the session cookie",
        (SHOULD, HIGH), (&["RFC 6265 §4.2.1", "draft-ietf-httpbis-rfc6265bis §5.6"], Some(436)), sep_encoded, &DECODES_FIRST),
    row("hdr-sep-lf", "A line break inside the field was read as the end of a cookie.",
        "obs-fold, LF and CR inside the field's value",
        (MUST, HIGH), (&["RFC 9110 §5.5", "RFC 9112 §5.2"], Some(93)), sep_line_feed, &SPLITS_AT_LINES),
    row("hdr-quoted-plain", "A cookie with a quoted value was not read.",
        "`sid=\"…\"`",
        (SHOULD, LOW), (&["RFC 6265 §4.1.1", "draft-ietf-httpbis-rfc6265bis §4.1.1"], Some(436)), quoted_plain, &DROPS_QUOTED),
    row("hdr-quoted-swallow", "A quoted value swallowed the cookies after it.",
        "`x=\"a; sid=…; z=c\"`: an attacker sets the first and the last cookie around the session's",
        (SHOULD, HIGH), (&["RFC 6265 §4.1.1"], Some(436)), quoted_swallow, &SWALLOWS_QUOTED),
    row("hdr-sandwich-version", "After `$Version` a quoted value swallowed the cookies after it.",
        "`$Version=1; x=\"a; sid=…; z=c\"`: the reading of RFC 2965 is asked for",
        (SHOULD, HIGH), (&["RFC 6265 §1", "RFC 6265 §4.1.1"], Some(436)), sandwich_version, &VERSION_QUOTES),
    row("hdr-dollar-attrs", "A header with `$Path` and `$Domain` was read without its cookie.",
        "`$Version=\"1\"; sid=\"…\"; $Path=\"/\"; $Domain=\"…\"`",
        (SHOULD, LOW), (&["RFC 6265 §1"], Some(436)), dollar_attributes, &REFUSES_DOLLAR),
    row("hdr-dollar-version-prefix", "A `__Host-` cookie was read out of the value of `$Version`.",
        "`$Version=1,__Host-sid=…` before the real one",
        (SHOULD, HIGH), (&["draft-ietf-httpbis-rfc6265bis §4.1.3.2", "RFC 6265 §1"], Some(565)), dollar_version_prefix, &VERSION_COMMAS),
    row("hdr-octal-escape", "A cookie was read out of another's value, once an octal escape was read.",
        "`x=\"a\\073 sid=…\"` beside the session cookie, and an escape as the whole value",
        (SHOULD, MEDIUM), (&["draft-ietf-httpbis-rfc6265bis §4.1.1"], Some(436)), octal_escape, &UNESCAPES_FIRST),
    row("hdr-escaped-quote", "After an escaped quote the session cookie was gone.",
        "`x=\"a\\\"; sid=…\"; sid=…`",
        (SHOULD, HIGH), (&["RFC 6265 §4.1.1"], Some(436)), escaped_quote, &GIVES_UP),
    row("hdr-unbalanced-quote", "An open quote took the cookies after it away.",
        "`x=\"a; sid=…`",
        (SHOULD, MEDIUM), (&["draft-ietf-httpbis-rfc6265bis §5.6"], Some(436)), unbalanced_quote, &GIVES_UP),
    row("hdr-quote-trailing-junk", "A cookie whose quotes are malformed took the next away.",
        "`sid=\"…\"junk; x=1`, `sid=…\"; x=1`",
        (SHOULD, LOW), (&["draft-ietf-httpbis-rfc6265bis §5.6"], Some(436)), quote_trailing_junk, &GIVES_UP),
    row("hdr-quoted-name", "A quoted name was read as the name.",
        "`\"sid\"=…`",
        (SHOULD, MEDIUM), (&["draft-ietf-httpbis-rfc6265bis §4.1.1"], Some(436)), quoted_name, &UNQUOTES_NAMES),
    row("hdr-nameless-eq", "A cookie without a name was read as another's name and value.",
        "`=sid=…`, as a browser sends a cookie with an empty name",
        (MUST, HIGH), (&["CVE-2023-23934", "draft-ietf-httpbis-rfc6265bis §5.7"], Some(20)), nameless_equals, &SKIPS_EQUALS),
    row("hdr-nameless-prefix", "A cookie without a name was read as a `__Host-` cookie.",
        "`=__Host-sid=…` beside the real one",
        (MUST, HIGH), (&["CVE-2023-23934", "draft-ietf-httpbis-rfc6265bis §5.7"], Some(565)), nameless_prefix, &SKIPS_EQUALS),
    row("hdr-bare-token", "A pair without `=` was read as a cookie of that name, or took another away.",
        "`sid` alone, and a bare word before the session cookie",
        (SHOULD, LOW), (&["draft-ietf-httpbis-rfc6265bis §5.6", "draft-ietf-httpbis-layered-cookies §5.4.2"], Some(436)), bare_token, &BARE_NAMES),
    row("hdr-attr-as-cookie", "Words of Set-Cookie in a Cookie header were not read as cookies, or took others away.",
        "`sid=…; Path=/; HttpOnly; Secure`, and cookies named path and expires",
        (SHOULD, LOW), (&["RFC 6265 §4.2.2"], Some(436)), attributes_as_cookies, &ATTRIBUTES),
    row("hdr-name-ows", "Blanks around a name or a value were taken for part of it.",
        "SP and HTAB before and after names and values",
        (SHOULD, NOTE), (&["draft-ietf-httpbis-rfc6265bis §5.6"], None), name_blanks, &KEEPS_BLANKS),
    row("hdr-nul-ctl-value", "A value was cut at a control octet, or read without it.",
        "NUL, SOH, VT and DEL inside a value",
        (MUST, MEDIUM), (&["RFC 9110 §5.5", "draft-ietf-httpbis-rfc6265bis §5.6"], Some(158)), controls_in_value, &CUTS_AT_CONTROLS),
    row("hdr-nul-name", "A name with NUL was read as another.",
        "NUL inside and after the name",
        (MUST, MEDIUM), (&["RFC 9110 §5.5"], Some(158)), nul_in_name, &DROPS_CONTROLS),
    row("hdr-non-utf8-poison", "A cookie that is not UTF-8 took the session cookie away.",
        "a Latin-1 octet, an overlong form, a surrogate in the cookie before",
        (SHOULD, MEDIUM), (&["RFC 6265 §4.1.1", "draft-ietf-httpbis-rfc6265bis §5.6"], Some(755)), non_utf8_poison, &GIVES_UP),
    row("hdr-charset-decode", "Octets outside ASCII were replaced.",
        "`sid=é` in UTF-8",
        (MAY, LOW), (&["draft-ietf-httpbis-rfc6265bis §5.6"], Some(838)), charset_decode, &ASKS),
    row("hdr-name-case", "A name in another case was read as the name.",
        "`SID=…` beside `sid=…`",
        (SHOULD, MEDIUM), (&["draft-ietf-httpbis-rfc6265bis §5.4"], Some(178)), name_case, &FOLDS_CASE),
    row("hdr-name-confusable", "A name that looks alike in Unicode was read as the name.",
        "full-width letters, the Kelvin sign, a Cyrillic letter",
        (SHOULD, MEDIUM), (&["draft-ietf-httpbis-rfc6265bis §5.4"], Some(176)), name_confusable, &NORMALISES),
    row("pfx-case", "`__HOST-` was read as `__Host-`.",
        "the prefix in upper and mixed case",
        (SHOULD, HIGH), (&["draft-ietf-httpbis-rfc6265bis §4.1.3", "draft-ietf-httpbis-rfc6265bis §5.4"], Some(178)), prefix_case, &FOLDS_PREFIX),
    row("pfx-percent-name", "A percent-encoded name was read as a `__Host-` cookie.",
        "`%5F%5FHost-sid=…`, in which a browser sees no prefix",
        (MUST, HIGH), (&["CVE-2020-8184", "CVE-2020-7070", "CVE-2021-41819", "draft-ietf-httpbis-rfc6265bis §4.1.3.2"], Some(565)), prefix_encoded, &DECODES_NAMES),
    row("pfx-percent-name-override", "A percent-encoded name overrode a `__Host-` cookie, or stood beside it as one.",
        "the real cookie and an encoded one, in both orders",
        (MUST, HIGH), (&["CVE-2020-8184", "CVE-2020-7070", "draft-ietf-httpbis-rfc6265bis §4.1.3.2"], Some(565)), prefix_encoded_override, &DECODES_NAMES),
    row("pfx-unicode-space", "A name with a blank of Unicode at its side was read as a `__Host-` cookie.",
        "each blank of Unicode outside ASCII before and after the name, in UTF-8",
        (MUST, HIGH), (&["CVE-2026-39410", "draft-ietf-httpbis-rfc6265bis §5.6"], Some(178)), prefix_unicode_space, &TRIMS_UNICODE),
    row("pfx-latin1-space", "A name after a Latin-1 blank was read as a `__Host-` cookie.",
        "the octets 0x85 and 0xA0 before the name",
        (SHOULD, HIGH), (&["draft-ietf-httpbis-rfc6265bis §5.6"], Some(565)), prefix_latin1_space, &TRIMS_LATIN1),
    row("pfx-ctl-space", "A name after a control octet was read as a `__Host-` cookie.",
        "VT, FF and 0x1C to 0x1F before the name",
        (SHOULD, LOW), (&["draft-ietf-httpbis-rfc6265bis §5.6"], Some(565)), prefix_control_space, &TRIMS_CONTROLS),
    row("pfx-bom", "A name after a byte order mark was read as a `__Host-` cookie.",
        "U+FEFF before the name",
        (SHOULD, MEDIUM), (&["draft-ietf-httpbis-rfc6265bis §5.6"], Some(565)), prefix_bom, &STRIPS_BOM),
    row("pfx-name-mangling", "A name was changed into a `__Host-` cookie's.",
        "`..Host-sid`, `_[Host-sid`, `_ Host-sid`, `__Host sid`",
        (MUST, HIGH), (&["CVE-2022-31629"], Some(565)), prefix_mangled, &MANGLES),
    waits("pfx-http-prefixes", "A cookie with a prefix for HTTP was set without HttpOnly.",
        "`__Http-sid` and `__Host-Http-sid` set from a script", (SHOULD, MEDIUM),
        (&["draft-ietf-httpbis-layered-cookies §4.1.3.3", "draft-ietf-httpbis-layered-cookies §5.4.3"], Some(1004)),
        (Area::ClientJar, "which cookies are kept is the client's")),
    row("hdr-oversize-value", "A long value was cut.",
        "values of 4,096, 4,097, 8,192 and 65,536 octets",
        (SHOULD, MEDIUM), (&["draft-ietf-httpbis-rfc6265bis §5.6", "RFC 6585 §5"], Some(770)), oversize_value, &CUTS_LONG),
    row("hdr-many-cookies", "After many cookies the session cookie was gone, or the time grew faster than their number.",
        "1,500 and 10,000 cookies before the session's; 600, 2,400 and 9,600 for the time",
        (SHOULD, MEDIUM), (&["RFC 6265 §6.1", "CVE-2025-69230"], Some(770)), many_cookies, &FORGETS_LAST),
    row("hdr-quadratic-escape", "The time for escapes in a quoted value grows faster than their number.",
        "250, 1,000 and 4,000 escaped quotes, closed and not, and half as many octal escapes",
        (MUST, MEDIUM), (&["CVE-2024-7592", "CVE-2024-52804"], Some(407)), quadratic_escape, &QUADRATIC),
    row("hdr-proto-names", "Names that a language gives a meaning took the session cookie away, or became one.",
        "`__proto__`, `constructor` and `toString` beside the session cookie",
        (SHOULD, MEDIUM), (&["CVE-2023-26136"], Some(1321)), prototype_names, &PROTOTYPE),
    row("hdr-typed-value", "A value that asks to be read as JSON is handed on as an object.",
        "`j:{\"a\":1}`, percent-encoded",
        (MAY, MEDIUM), (&["CWE-843"], Some(843)), typed_value, &TYPED),
    waits("hdr-wire-differential", "A proxy and the application behind it read other cookies from the same octets.",
        "the same octets through a proxy and straight to the application", (SHOULD, HIGH),
        (&["OWASP ASVS 5.0 1.5.3"], Some(436)), (Area::LiveService, "it needs a proxy and the service behind it")),
    waits("jar-roundtrip", "A cookie that was written and read again is another.",
        "random names and values, serialised and parsed", (SHOULD, MEDIUM),
        (&["RFC 6265 §4.1.1"], Some(116)), (Area::ClientJar, "the protocol has no line for writing a cookie yet")),
    waits("jar-httpstate", "A jar keeps other cookies than the http-state vectors say.",
        "222 parser vectors and 70 dates", (SHOULD, NOTE),
        (&["RFC 6265 §5"], None), (Area::ClientJar, "a client's jar, not a verifier, is put to it")),
    waits("jar-wpt", "A jar keeps other cookies than the Web Platform Tests say.",
        "746 vectors extracted from the Web Platform Tests", (SHOULD, NOTE),
        (&["draft-ietf-httpbis-rfc6265bis §5.6", "draft-ietf-httpbis-rfc6265bis §5.7"], None),
        (Area::ClientJar, "a client's jar, not a verifier, is put to it; our own reader of Set-Cookie is held to them")),
    waits("jar-no-http-overwrite", "A script or plain HTTP wrote over a Secure or HttpOnly cookie.",
        "the same name set from a script, and over http", (SHOULD, MEDIUM),
        (&["draft-ietf-httpbis-rfc6265bis §5.7"], Some(614)), (Area::ClientJar, "which cookies are kept is the client's")),
    waits("jar-attr-only-update", "A cookie set again with HttpOnly did not become HttpOnly.",
        "the same value set again with HttpOnly added", (SHOULD, LOW),
        (&["draft-ietf-httpbis-layered-cookies §5.4.3"], Some(1004)), (Area::ClientJar, "which cookies are kept is the client's")),
];
