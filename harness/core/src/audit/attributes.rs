//! Rules about Secure, HttpOnly, SameSite, Partitioned, and attributes that are there twice. Take one line at a time.

use token_assay_model::{Level, Severity};

use super::parse::{Attribute, Kind, SameSite};
use super::place::Scheme;
use super::rules::{Example, Hit, Rule, Ruling, View};

fn httponly_missing(view: &View<'_>) -> Ruling {
    view.each_session(|line, seen| {
        (!seen.cookie.has(Kind::HttpOnly)).then(|| Hit::line(line, "no HttpOnly: scripts read it"))
    })
}

/// Over plain http the connection itself is what is wrong, and another rule says so.
fn secure_missing(view: &View<'_>) -> Ruling {
    if view.exchange.place.scheme == Some(Scheme::Http) {
        return Ruling::Holds;
    }
    view.each_session(|line, seen| {
        (!seen.cookie.has(Kind::Secure)).then(|| Hit::line(line, "no Secure: it is sent over http too"))
    })
}

fn samesite_missing(view: &View<'_>) -> Ruling {
    view.each_session(|line, seen| {
        let is_written = seen.cookie.attributes.iter().any(|attribute| attribute.kind == Some(Kind::SameSite));
        (!is_written).then(|| Hit::line(line, "no SameSite: each browser has a default of its own"))
    })
}

fn samesite_none_insecure(view: &View<'_>) -> Ruling {
    view.each(|line, seen| {
        let is_dropped = seen.cookie.same_site() == SameSite::None && !seen.cookie.has(Kind::Secure);
        is_dropped.then(|| Hit::line(line, "SameSite=None and no Secure: browsers drop the line"))
    })
}

fn samesite_bad_value(view: &View<'_>) -> Ruling {
    view.each(|line, seen| {
        let is_no_word = |attribute: &&Attribute| {
            let words = [SameSite::Strict, SameSite::Lax, SameSite::None];
            !words.iter().any(|word| attribute.value.eq_ignore_ascii_case(word.as_str().as_bytes()))
        };
        let wrong = seen.cookie.all(Kind::SameSite).find(is_no_word)?;
        Some(Hit::line(line, format!("SameSite={} is no word of it", String::from_utf8_lossy(&wrong.value))))
    })
}

fn dup_attribute(view: &View<'_>) -> Ruling {
    view.each(|line, seen| {
        let attributes = &seen.cookie.attributes;
        let is_again = |(at, attribute): &(usize, &Attribute)| {
            attributes[..*at].iter().any(|before| before.name.eq_ignore_ascii_case(&attribute.name))
        };
        let (_, twice) = attributes.iter().enumerate().find(is_again)?;
        let name = String::from_utf8_lossy(&twice.name);
        Some(Hit::line(line, format!("{name} is there more than once; {}", what_counts(twice.kind))))
    })
}

const fn what_counts(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Secure | Kind::HttpOnly | Kind::Partitioned) => "once is enough, whatever its value",
        Some(_) => "the last counts",
        None => "no clause says which counts",
    }
}

fn partitioned(view: &View<'_>) -> Ruling {
    view.each(|line, seen| {
        let cookie = &seen.cookie;
        if !cookie.has(Kind::Partitioned) {
            return None;
        }
        if !cookie.has(Kind::Secure) {
            return Some(Hit::line(line, "Partitioned and no Secure: browsers drop the line"));
        }
        let wide = Hit::line(line, "Partitioned with Domain: the partition is shared by every host below it");
        cookie.domain().map(|_| wide.severity(Severity::Note).level(Level::May))
    })
}

/// `sc-httponly-missing`.
pub(crate) static HTTPONLY_MISSING: Rule = Rule {
    id: "sc-httponly-missing",
    title: "The session cookie can be read by scripts.",
    construction: "a session cookie without HttpOnly",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["OWASP ASVS 5.0 V3.3.4", "NIST SP 800-63B-4 §5.1.1", "OWASP WSTG-SESS-02"],
    cwe: Some(1004),
    mend: "Add HttpOnly to the session cookie.",
    judge: httponly_missing,
    falls: Example::lines(&["sid=4f3c; Path=/; Secure; SameSite=Lax"]),
    clean: Example::lines(&["sid=4f3c; Path=/; Secure; SameSite=Lax; httponly"]),
};

/// `sc-secure-missing`.
pub(crate) static SECURE_MISSING: Rule = Rule {
    id: "sc-secure-missing",
    title: "The session cookie is sent over unencrypted connections too.",
    construction: "a session cookie without Secure, from a service over HTTPS",
    level: Level::Should,
    severity: Severity::High,
    references: &[
        "draft-ietf-httpbis-rfc6265bis §8.3",
        "OWASP ASVS 5.0 V3.3.1",
        "NIST SP 800-63B-4 §5.1.1",
        "OWASP WSTG-SESS-02",
    ],
    cwe: Some(614),
    mend: "Add Secure to the session cookie.",
    judge: secure_missing,
    falls: Example::lines(&["sid=4f3c; Path=/; HttpOnly; SameSite=Lax; \"Secure\""]),
    clean: Example::lines(&["sid=4f3c; Path=/; HttpOnly; SameSite=Lax; Secure=false"]),
};

/// `sc-samesite-missing`.
pub(crate) static SAMESITE_MISSING: Rule = Rule {
    id: "sc-samesite-missing",
    title: "Whether the session cookie goes along with requests of other sites is left to the browser.",
    construction: "a session cookie without SameSite",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["OWASP ASVS 5.0 V3.3.2", "draft-ietf-httpbis-rfc6265bis §5.6.7.2"],
    cwe: Some(1275),
    mend: "Say SameSite=Lax, or Strict where no link from elsewhere has to arrive logged in.",
    judge: samesite_missing,
    falls: Example::lines(&["sid=4f3c; Path=/; Secure; HttpOnly"]),
    clean: Example::lines(&["sid=4f3c; Path=/; Secure; HttpOnly; samesite=strict"]),
};

/// `sc-samesite-none-insecure`.
pub(crate) static SAMESITE_NONE_INSECURE: Rule = Rule {
    id: "sc-samesite-none-insecure",
    title: "A cookie with SameSite=None and without Secure is dropped by browsers.",
    construction: "SameSite=None without Secure",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["draft-ietf-httpbis-rfc6265bis §5.7 step 19"],
    cwe: Some(1275),
    mend: "Add Secure, or say SameSite=Lax.",
    judge: samesite_none_insecure,
    falls: Example::lines(&["theme=dark; SameSite=none"]),
    clean: Example::lines(&["theme=dark; SameSite=none; Secure"]),
};

/// `sc-samesite-bad-value`.
pub(crate) static SAMESITE_BAD_VALUE: Rule = Rule {
    id: "sc-samesite-bad-value",
    title: "SameSite has a value that browsers do not know, so that they use their default.",
    construction: "SameSite misspelt, or its value in quotation marks",
    level: Level::Must,
    severity: Severity::Low,
    references: &["draft-ietf-httpbis-rfc6265bis §4.1.1", "draft-ietf-httpbis-rfc6265bis §5.6.7"],
    cwe: Some(1275),
    mend: "Write Strict, Lax or None, without quotation marks.",
    judge: samesite_bad_value,
    falls: Example::lines(&["theme=dark; SameSite=\"Lax\""]),
    clean: Example::lines(&["theme=dark; SameSite=LAX"]),
};

/// `sc-dup-attribute`.
pub(crate) static DUP_ATTRIBUTE: Rule = Rule {
    id: "sc-dup-attribute",
    title: "An attribute is there twice.",
    construction: "two attributes of one name in one line, with the same value or another",
    level: Level::Must,
    severity: Severity::Low,
    references: &["draft-ietf-httpbis-rfc6265bis §4.1.1", "draft-ietf-httpbis-rfc6265bis §5.7"],
    cwe: Some(436),
    mend: "Write each attribute once, and look for who else writes into the line.",
    judge: dup_attribute,
    falls: Example::lines(&["theme=dark; Path=/a; path=/"]),
    clean: Example::lines(&["path=dark; Path=/"]),
};

/// `sc-partitioned`.
pub(crate) static PARTITIONED: Rule = Rule {
    id: "sc-partitioned",
    title: "A partitioned cookie is dropped by browsers, or shared by more hosts than one.",
    construction: "Partitioned without Secure; Partitioned with Domain",
    level: Level::Should,
    severity: Severity::Low,
    references: &["draft-cutler-httpbis-partitioned-cookies §2.3", "WPT cookies/partitioned-cookies (tentative)"],
    cwe: None,
    mend: "Set Partitioned with Secure, and without Domain.",
    judge: partitioned,
    falls: Example::lines(&["theme=dark; SameSite=Lax; Partitioned"]),
    clean: Example::lines(&["theme=dark; SameSite=None; Secure; Partitioned"]),
};
