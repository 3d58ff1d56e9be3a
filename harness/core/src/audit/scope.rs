//! Rules about where a cookie goes: Domain, Path, and what its name promises of both. Take one line at a time, and the host
//! where it is known.

use token_assay_model::{Level, Severity};

use super::exchange::Seen;
use super::keep::{Dropped, is_public_suffix, matches, registrable};
use super::parse::{Kind, Prefix};
use super::rules::{Example, Hit, Need, Rule, Ruling, View};

fn domain_parent(view: &View<'_>) -> Ruling {
    let wide = |seen: &Seen| seen.cookie.domain().filter(|domain| !is_public_suffix(domain));
    let Some(host) = view.exchange.place.host.as_deref() else {
        let is_wide = view.sessions().any(|(_, seen)| wide(seen).is_some());
        return if is_wide { Ruling::Needs(Need::Url) } else { view.each_session(|_, _| None) };
    };
    view.each_session(|line, seen| {
        let domain = wide(seen)?;
        let is_parent = domain != host.as_bytes() && matches(host, &domain);
        let domain = String::from_utf8_lossy(&domain).into_owned();
        let whose = if registrable(host) == Some(domain.as_str()) { "the whole site" } else { "every host below it" };
        is_parent.then(|| Hit::line(line, format!("Domain={domain} hands it to {whose}; {host} set it")))
    })
}

fn domain_public_suffix(view: &View<'_>) -> Ruling {
    let host = view.exchange.place.host.as_deref();
    view.each(|line, seen| {
        let domain = seen.cookie.domain()?;
        let is_dropped = is_public_suffix(&domain) && host.is_none_or(|host| host.as_bytes() != domain);
        let domain = String::from_utf8_lossy(&domain).into_owned();
        is_dropped.then(|| Hit::line(line, format!("{domain} is a public suffix: browsers drop the line")))
    })
}

fn domain_leading_dot(view: &View<'_>) -> Ruling {
    view.each(|line, seen| {
        let domain = &seen.cookie.last(Kind::Domain)?.value;
        let seen = || Hit::line(line, format!("Domain={}", String::from_utf8_lossy(domain)));
        (domain.len() > 1 && domain.starts_with(b".")).then(seen)
    })
}

fn path_broad(view: &View<'_>) -> Ruling {
    if !view.exchange.policy.has_shared_host {
        return Ruling::Needs(Need::SharedHost);
    }
    let Some(path) = view.exchange.place.path.as_deref() else { return Ruling::Needs(Need::Url) };
    let is_below_root = path.bytes().filter(|octet| *octet == b'/').count() > 1;
    view.each_session(|line, seen| {
        let is_broad = view.exchange.place.path_of(&seen.cookie).as_deref() == Some(b"/");
        (is_below_root && is_broad)
            .then(|| Hit::line(line, format!("Path=/ from {path}: every application is sent it")))
    })
}

fn prefix_absent(view: &View<'_>) -> Ruling {
    view.each_session(|line, seen| {
        let bare = seen.cookie.prefix().is_none() && misspelling(&seen.cookie.name).is_none();
        bare.then(|| Hit::line(line, "its name begins with neither __Host- nor __Secure-"))
    })
}

fn prefix_host_nonconform(view: &View<'_>) -> Ruling {
    broken_promise(view, Prefix::is_host)
}

fn prefix_secure_nonconform(view: &View<'_>) -> Ruling {
    broken_promise(view, |prefix| !prefix.is_host())
}

fn broken_promise(view: &View<'_>, of: impl Fn(Prefix) -> bool) -> Ruling {
    view.each(|line, seen| match seen.fate {
        Err(dropped @ Dropped::Promise(prefix, _)) if of(prefix) => {
            Some(Hit::line(line, format!("{dropped}: browsers drop the line")))
        }
        _ => None,
    })
}

fn prefix_misspelt(view: &View<'_>) -> Ruling {
    view.each(|line, seen| {
        let name = &seen.cookie.name;
        let written = String::from_utf8_lossy(name).into_owned();
        if let Some(prefix) = Prefix::of(name) {
            let is_exact = name.starts_with(prefix.as_str().as_bytes());
            let hit = || Hit::line(line, format!("{written}: older browsers know {} alone", prefix.as_str()));
            return (!is_exact).then(|| hit().severity(Severity::Low));
        }
        let meant = misspelling(name)?;
        Some(Hit::line(line, format!("{written}: no browser takes this for {}", meant.as_str())))
    })
}

/// The prefix that a name was probably meant to have: the word between other signs than `__` and `-`.
fn misspelling(name: &[u8]) -> Option<Prefix> {
    if Prefix::of(name).is_some() {
        return None;
    }
    let is_sign = |octet: &u8| matches!(octet, b'_' | b'-');
    let before = name.iter().take_while(|octet| is_sign(octet)).count();
    let rest = &name[before..];
    let (word, prefix) = [(&b"host"[..], Prefix::Host), (b"secure", Prefix::Secure)]
        .into_iter()
        .find(|(word, _)| rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))?;
    let after = rest[word.len()..].iter().take_while(|octet| is_sign(octet)).count();
    // One sign behind and none before is how ordinary names are written.
    (after > 0 && (before > 0 || after > 1)).then_some(prefix)
}

/// `sc-domain-parent`.
pub(crate) static DOMAIN_PARENT: Rule = Rule {
    id: "sc-domain-parent",
    title: "The session cookie goes to every host of a parent domain.",
    construction: "Domain=example.com, set by app.example.com",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["OWASP ASVS 5.0 V3.3.3", "NIST SP 800-63B-4 §5.1.1", "draft-ietf-httpbis-rfc6265bis §8.6"],
    cwe: Some(668),
    mend: "Leave Domain out; where hosts have to share a session, write down which, and trust each of them with it.",
    judge: domain_parent,
    falls: Example::lines(&["sid=4f3c; Domain=example.com; Secure"]).at("https://app.example.com/login"),
    clean: Example::lines(&["sid=4f3c; Domain=app.example.com; Secure"]).at("https://app.example.com/login"),
};

/// `sc-domain-public-suffix`.
pub(crate) static DOMAIN_PUBLIC_SUFFIX: Rule = Rule {
    id: "sc-domain-public-suffix",
    title: "A cookie is meant for a domain in which anybody can have a name, and browsers drop it.",
    construction: "Domain=co.uk, Domain=github.io",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["draft-ietf-httpbis-rfc6265bis §5.7 step 9", "draft-ietf-httpbis-rfc6265bis §8.9"],
    cwe: Some(668),
    mend: "Leave Domain out, or name a domain of your own.",
    judge: domain_public_suffix,
    falls: Example::lines(&["theme=dark; Domain=github.io"]),
    clean: Example::lines(&["theme=dark; Domain=example.github.io"]),
};

/// `sc-domain-leading-dot`.
pub(crate) static DOMAIN_LEADING_DOT: Rule = Rule {
    id: "sc-domain-leading-dot",
    title: "Domain begins with a dot, which means nothing.",
    construction: "Domain=.example.com",
    level: Level::May,
    severity: Severity::Note,
    references: &["draft-ietf-httpbis-rfc6265bis §4.1.2.3", "draft-ietf-httpbis-rfc6265bis §5.6.3"],
    cwe: None,
    mend: "Write the domain without the dot; hosts below it are sent the cookie either way.",
    judge: domain_leading_dot,
    falls: Example::lines(&["theme=dark; Domain=.example.com"]),
    clean: Example::lines(&["theme=dark; Domain=example.com"]),
};

/// `sc-path-broad`.
pub(crate) static PATH_BROAD: Rule = Rule {
    id: "sc-path-broad",
    title: "The session cookie is sent to every application on a shared host.",
    construction: "Path=/ from an application below /app1 on a host that others share",
    level: Level::May,
    severity: Severity::Low,
    references: &["draft-ietf-httpbis-rfc6265bis §8.5", "OWASP ASVS 5.0 V3.5.4"],
    cwe: Some(668),
    mend: "Give each application a host of its own; Path keeps no script and no other application out.",
    judge: path_broad,
    falls: Example::lines(&["sid=4f3c; Path=/"]).at("https://host.example.com/app1/login").shared(),
    clean: Example::lines(&["sid=4f3c; Path=/app1"]).at("https://host.example.com/app1/login").shared(),
};

/// `sc-prefix-absent`.
pub(crate) static PREFIX_ABSENT: Rule = Rule {
    id: "sc-prefix-absent",
    title: "The name of the session cookie does not keep other hosts and connections from setting it.",
    construction: "a session cookie whose name begins with neither __Host- nor __Secure-",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["OWASP ASVS 5.0 V3.3.1", "OWASP ASVS 5.0 V3.3.3", "draft-ietf-httpbis-rfc6265bis §4.1.3"],
    cwe: Some(565),
    mend: "Name it __Host-…, with Secure, Path=/ and no Domain; __Secure-… where hosts have to share it.",
    judge: prefix_absent,
    falls: Example::lines(&["sid=4f3c; Path=/; Secure"]),
    clean: Example::lines(&["__Secure-sid=4f3c; Path=/app; Secure"]),
};

/// `sc-prefix-host-nonconform`.
pub(crate) static PREFIX_HOST_NONCONFORM: Rule = Rule {
    id: "sc-prefix-host-nonconform",
    title: "A cookie named __Host- lacks what its name promises, and browsers drop it.",
    construction: "__Host- with Domain, without Secure, or with another Path than /; __Host-Http- without HttpOnly",
    level: Level::Must,
    severity: Severity::Medium,
    references: &[
        "draft-ietf-httpbis-rfc6265bis §4.1.3.2",
        "draft-ietf-httpbis-rfc6265bis §5.7 step 21",
        "draft-ietf-httpbis-layered-cookies §4.1.3.4",
    ],
    cwe: Some(565),
    mend: "Set it with Secure and Path=/, and without Domain; __Host-Http- with HttpOnly as well.",
    judge: prefix_host_nonconform,
    falls: Example::lines(&["__Host-theme=dark; Secure; Path="]),
    clean: Example::lines(&["__Host-theme=dark; Secure; Path=/"]),
};

/// `sc-prefix-secure-nonconform`.
pub(crate) static PREFIX_SECURE_NONCONFORM: Rule = Rule {
    id: "sc-prefix-secure-nonconform",
    title: "A cookie named __Secure- lacks what its name promises, and browsers drop it.",
    construction: "__Secure- without Secure; __Http- without Secure or HttpOnly",
    level: Level::Must,
    severity: Severity::Medium,
    references: &[
        "draft-ietf-httpbis-rfc6265bis §4.1.3.1",
        "draft-ietf-httpbis-rfc6265bis §5.7 step 20",
        "draft-ietf-httpbis-layered-cookies §4.1.3.3",
    ],
    cwe: Some(614),
    mend: "Set it with Secure; __Http- with HttpOnly as well.",
    judge: prefix_secure_nonconform,
    falls: Example::lines(&["__Secure-theme=dark; Path=/"]),
    clean: Example::lines(&["__Secure-theme=dark; Path=/; Secure"]),
};

/// `sc-prefix-misspelt`.
pub(crate) static PREFIX_MISSPELT: Rule = Rule {
    id: "sc-prefix-misspelt",
    title: "A name looks as if it had a prefix, and browsers do not take it for one.",
    construction: "Host__sid, __host_sid, _Host-sid; __HOST-sid for older browsers",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["draft-ietf-httpbis-rfc6265bis §4.1.3", "WS-2022-0330 (csrf-csrf before 2.2.1)"],
    cwe: Some(565),
    mend: "Write __Host- or __Secure-: two underscores, this case, one hyphen.",
    judge: prefix_misspelt,
    falls: Example::lines(&["Host__sid=4f3c; Path=/; Secure"]),
    clean: Example::lines(&["host_id=4f3c; Path=/; Secure"]),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_prefix_is_told_from_an_ordinary_name() {
        for name in ["Host__sid", "__host_sid", "_Host-sid", "__Secure_sid", "--host--x", "secure--x"] {
            assert!(misspelling(name.as_bytes()).is_some(), "{name}");
        }
        for name in ["host_id", "host-only", "secure_token", "__Host-sid", "__HOST-sid", "hostess", "_hostname", "host"]
        {
            assert_eq!(misspelling(name.as_bytes()), None, "{name}");
        }
    }
}
