//! Rules about how long a cookie is kept: Max-Age, Expires, and what the policy allows. Take one line at a time, and never judge
//! by its length the life of a cookie that is taken away.

use token_assay_model::{Level, Severity};

use super::date;
use super::exchange::Seen;
use super::parse::{Attribute, Kind, LONGEST_LIFE, Lifetime};
use super::rules::{Example, Hit, Need, Rule, Ruling, View};

/// Against the policy, and without one against what browsers allow at most.
fn maxage_too_long(view: &View<'_>) -> Ruling {
    let policy = view.exchange.policy.longest_lifetime;
    let ruling = view.each_session(|line, seen| {
        let seconds = asked(view, seen)?;
        match policy {
            Some(longest) if seconds > longest => {
                Some(Hit::line(line, format!("{}, and the policy allows {}", words(seconds), words(longest))))
            }
            _ if seconds > LONGEST_LIFE => {
                Some(Hit::line(line, format!("{}; browsers cut it to {}", words(seconds), words(LONGEST_LIFE))))
            }
            _ => None,
        }
    });
    let lasts = view.sessions().any(|(_, seen)| asked(view, seen).is_some());
    if ruling == Ruling::Holds && policy.is_none() && lasts { Ruling::Needs(Need::LongestLifetime) } else { ruling }
}

fn persistent_session(view: &View<'_>) -> Ruling {
    let policy = &view.exchange.policy;
    if policy.allows_persistent || policy.longest_lifetime.is_some() {
        return Ruling::Holds;
    }
    view.each_session(|line, seen| {
        let seconds = asked(view, seen)?;
        Some(Hit::line(line, format!("it is kept for {}, on disk, after the browser is closed", words(seconds))))
    })
}

fn asked(view: &View<'_>, seen: &Seen) -> Option<i64> {
    match seen.cookie.lifetime(view.exchange.now) {
        Lifetime::Seconds(seconds) => Some(seconds),
        Lifetime::Session | Lifetime::Over => None,
    }
}

fn maxage_malformed(view: &View<'_>) -> Ruling {
    view.each(|line, seen| {
        let wrong = |attribute: &Attribute| {
            let (what, severity) = number_fault(&attribute.value)?;
            let value = String::from_utf8_lossy(&attribute.value);
            Some(Hit { severity, ..Hit::line(line, format!("Max-Age={value} {what}")) })
        };
        seen.cookie.all(Kind::MaxAge).find_map(wrong)
    })
}

/// What is wrong with the value of a Max-Age. Zero is outside the grammar too, and is how everybody deletes.
fn number_fault(value: &[u8]) -> Option<(&'static str, Option<Severity>)> {
    let (is_negative, digits) = value.strip_prefix(b"-").map_or((false, value), |digits| (true, digits));
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Some(("is no number: browsers ignore it", None));
    }
    if is_negative {
        return Some((
            "is negative, which the grammar does not have; browsers delete the cookie",
            Some(Severity::Note),
        ));
    }
    let number: Option<i64> = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    match number {
        None => Some(("does not fit 64 bits", None)),
        Some(number) if number > MOST_SECONDS => Some(("is more milliseconds than fit 64 bits", None)),
        Some(_) if digits.len() > 1 && digits[0] == b'0' => Some(("begins with a zero", Some(Severity::Note))),
        Some(_) => None,
    }
}

fn expires_malformed(view: &View<'_>) -> Ruling {
    view.each(|line, seen| {
        let is_wrong = |attribute: &&Attribute| !date::is_imf_fixdate(&attribute.value);
        let wrong = seen.cookie.all(Kind::Expires).find(is_wrong)?;
        let value = String::from_utf8_lossy(&wrong.value);
        Some(match date::parse(&wrong.value).and_then(date::imf_fixdate) {
            Some(read) => Hit::line(line, format!("Expires={value} is in no form for servers; browsers read {read}")),
            None => Hit::line(line, format!("Expires={value} is no date: browsers ignore it")),
        })
    })
}

fn expires_maxage_conflict(view: &View<'_>) -> Ruling {
    view.each(|line, seen| {
        let (expires, max_age) = (seen.cookie.expires()?, seen.cookie.max_age()?);
        let conflict = match (expires > view.exchange.now, max_age > 0) {
            (false, true) => {
                "Expires is past and Max-Age is not: browsers keep it, clients that know no Max-Age do not"
            }
            (true, false) => {
                "Max-Age is over and Expires is not: browsers delete it, clients that know no Max-Age keep it"
            }
            _ => return None,
        };
        Some(Hit::line(line, conflict))
    })
}

/// Seconds as people say them, rounded down to two units.
pub fn words(seconds: i64) -> String {
    let units = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let at = units.iter().position(|(unit, _)| seconds >= *unit).unwrap_or(units.len() - 1);
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (unit, name) in units.iter().skip(at).take(2) {
        let number = rest / unit;
        rest %= unit;
        if number > 0 || parts.is_empty() {
            parts.push(format!("{number} {name}{}", if number == 1 { "" } else { "s" }));
        }
    }
    parts.join(" ")
}

/// The most seconds whose milliseconds fit 64 bits without a sign.
#[expect(clippy::cast_possible_wrap, reason = "it is a thousandth of what would wrap")]
const MOST_SECONDS: i64 = (u64::MAX / 1000) as i64;

/// `sc-maxage-too-long`.
pub(crate) static MAXAGE_TOO_LONG: Rule = Rule {
    id: "sc-maxage-too-long",
    title: "The session cookie is kept for longer than it may be.",
    construction: "a session cookie whose Max-Age or Expires lies beyond the policy, or beyond 400 days",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["draft-ietf-httpbis-rfc6265bis §5.5", "NIST SP 800-63B-4 §5.1.1", "OWASP ASVS 5.0 V7.1.1"],
    cwe: Some(613),
    mend: "Let the cookie end when the session does, and end the session on the server.",
    judge: maxage_too_long,
    falls: Example::lines(&["sid=4f3c; Max-Age=43201"]).lasting(43_200),
    clean: Example::lines(&["sid=4f3c; Max-Age=43200"]).lasting(43_200),
};

/// `sc-persistent-session`.
pub(crate) static PERSISTENT_SESSION: Rule = Rule {
    id: "sc-persistent-session",
    title: "The session cookie outlasts the session of the browser.",
    construction: "a session cookie with Max-Age or Expires, where the policy allows none that stays",
    level: Level::Should,
    severity: Severity::Low,
    references: &["OWASP WSTG-SESS-02", "NIST SP 800-63B-4 §5.1"],
    cwe: Some(539),
    mend: "Leave Max-Age and Expires out; where a session is meant to stay, say so in the policy.",
    judge: persistent_session,
    falls: Example::lines(&["sid=4f3c; Max-Age=86400"]),
    clean: Example::lines(&["sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "sid2=4f3c", "token=4f3c"]),
};

/// `sc-maxage-malformed`.
pub(crate) static MAXAGE_MALFORMED: Rule = Rule {
    id: "sc-maxage-malformed",
    title: "Max-Age is no number that browsers and libraries can hold.",
    construction: "Max-Age=+5, 1e9, -0, 2⁶³, 2⁶⁴/1000 + 1",
    level: Level::Must,
    severity: Severity::Medium,
    references: &[
        "draft-ietf-httpbis-rfc6265bis §4.1.1",
        "draft-ietf-httpbis-rfc6265bis §5.6.2",
        "CVE-2017-18589 (RUSTSEC-2017-0005)",
    ],
    cwe: Some(190),
    mend: "Write whole seconds in digits, from 1 to 34560000; 0 deletes.",
    judge: maxage_malformed,
    falls: Example::lines(&["theme=dark; Max-Age=18446744073709552"]),
    clean: Example::lines(&["theme=dark; Max-Age=31536000"]),
};

/// `sc-expires-malformed`.
pub(crate) static EXPIRES_MALFORMED: Rule = Rule {
    id: "sc-expires-malformed",
    title: "Expires is not in the form that servers have to use.",
    construction: "a year of two digits, the year 1600, 31 February, no zone, the form of RFC 850",
    level: Level::Must,
    severity: Severity::Low,
    references: &["draft-ietf-httpbis-rfc6265bis §4.1.1", "draft-ietf-httpbis-rfc6265bis §5.1.1", "RFC 9110 §5.6.7"],
    cwe: None,
    mend: "Write Sun, 06 Nov 1994 08:49:37 GMT, or Max-Age alone.",
    judge: expires_malformed,
    falls: Example::lines(&["theme=dark; Expires=Friday, 01-Jan-38 00:00:00 GMT"]),
    clean: Example::lines(&["theme=dark; Expires=Fri, 01 Jan 2038 00:00:00 GMT"]),
};

/// `sc-expires-maxage-conflict`.
pub(crate) static EXPIRES_MAXAGE_CONFLICT: Rule = Rule {
    id: "sc-expires-maxage-conflict",
    title: "Expires and Max-Age contradict each other; Max-Age counts.",
    construction: "Expires in the past and Max-Age in the future, or the other way round",
    level: Level::May,
    severity: Severity::Low,
    references: &["draft-ietf-httpbis-rfc6265bis §4.1.2.2", "draft-ietf-httpbis-rfc6265bis §5.7 step 6"],
    cwe: None,
    mend: "Compute both from one instant, or write one of them.",
    judge: expires_maxage_conflict,
    falls: Example::lines(&["theme=dark; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60"]),
    clean: Example::lines(&["theme=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"]),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_writes_is_no_fault() {
        for fine in ["0", "1", "60", "34560000", "18446744073709551"] {
            assert_eq!(number_fault(fine.as_bytes()), None, "{fine}");
        }
        for note in ["-0", "-1", "007"] {
            assert!(matches!(number_fault(note.as_bytes()), Some((_, Some(Severity::Note)))), "{note}");
        }
        for wrong in ["+5", "1e9", "", "-", "60s", "9223372036854775808", "18446744073709552"] {
            assert!(matches!(number_fault(wrong.as_bytes()), Some((_, None))), "{wrong}");
        }
    }

    #[test]
    fn seconds_are_said_in_two_units() {
        let said = [0, 59, 3600, 3661, 43_200, 90_000, 34_560_000].map(words);
        assert_eq!(
            said,
            ["0 seconds", "59 seconds", "1 hour", "1 hour 1 minute", "12 hours", "1 day 1 hour", "400 days"]
        );
    }
}
