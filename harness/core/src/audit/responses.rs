//! Rules about the response around the lines: its connection, its cache, its ends of lines, its forms. Take the header fields and
//! the body where they were given, and say so where they were not.

use token_assay_model::{Level, Severity};

use super::parse::SameSite;
use super::place::Scheme;
use super::response::Response;
use super::rules::{Example, Hit, Need, Rule, Ruling, View, broken};

fn over_plain_http(view: &View<'_>) -> Ruling {
    let place = &view.exchange.place;
    match place.scheme {
        None => Ruling::Needs(Need::Url),
        Some(Scheme::Http) if !place.is_this_machine() => {
            view.each_session(|line, _| Some(Hit::line(line, "whoever is on the way reads it")))
        }
        Some(_) => Ruling::Holds,
    }
}

fn dup_name(view: &View<'_>) -> Ruling {
    let is_again = |line: &usize| {
        let name = &view.cookies[*line].cookie.name;
        view.cookies[..*line].iter().any(|before| before.cookie.name == *name)
    };
    let hit = |line: usize| {
        let name = String::from_utf8_lossy(&view.cookies[line].cookie.name).into_owned();
        Hit::line(line, format!("an earlier line of the response is about {name} too"))
    };
    broken((0..view.cookies.len()).filter(is_again).map(hit).collect())
}

fn crlf_injection(view: &View<'_>) -> Ruling {
    let mut hits: Vec<Hit> = Vec::new();
    for (line, seen) in view.cookies.iter().enumerate() {
        if seen.cookie.octets.iter().any(|octet| matches!(octet, b'\r' | b'\n')) {
            hits.push(Hit::line(line, "a carriage return or a line feed is inside the line"));
        }
    }
    let odd = [(&view.exchange.response, "response"), (&view.exchange.logout, "response to the logout")];
    for (response, name) in odd {
        if response.as_ref().is_some_and(|response| response.has_odd_lines) {
            hits.push(Hit::response(format!(
                "in the head of the {name} some lines end differently from the others, or hold a carriage return"
            )));
        }
    }
    if hits.is_empty() && view.exchange.response.is_none() { Ruling::Needs(Need::Response) } else { broken(hits) }
}

fn cacheable_response(view: &View<'_>) -> Ruling {
    let response = match view.response() {
        Ok(response) => response,
        Err(ruling) => return ruling,
    };
    let Some((why, severity)) = sharing(response) else { return view.each_session(|_, _| None) };
    view.each_session(|line, _| Some(Hit { severity, ..Hit::line(line, why) }))
}

/// Why a shared cache may hand this response to others (RFC 9111 §3), and how bad that is where it is less than usual.
fn sharing(response: &Response) -> Option<(&'static str, Option<Severity>)> {
    let members = response.members("cache-control");
    let has = |names: &[&str]| {
        members.iter().any(|member| names.contains(&member.split('=').next().unwrap_or_default().trim()))
    };
    if has(&["no-store", "private", "no-cache"]) || response.members("vary").iter().any(|member| member == "*") {
        return None;
    }
    if has(&["public", "s-maxage", "max-age", "must-revalidate"]) {
        let is_over = members.iter().any(|member| matches!(member.as_str(), "max-age=0" | "s-maxage=0"));
        let why = "Cache-Control lets shared caches keep the response and its Set-Cookie";
        return (!is_over).then_some((why, None));
    }
    let why = "no Cache-Control: a cache may keep the response to a GET, and its Set-Cookie, as it sees fit";
    let varies = response.members("vary").iter().any(|member| member == "cookie");
    let severity = if varies { Severity::Low } else { Severity::Medium };
    let is_kept = HEURISTIC.contains(&response.status) || response.list("expires").is_some();
    is_kept.then_some((why, Some(severity)))
}

fn hsts_absent(view: &View<'_>) -> Ruling {
    let place = &view.exchange.place;
    let response = match view.response() {
        Ok(response) => response,
        Err(ruling) => return ruling,
    };
    match place.scheme {
        None => return Ruling::Needs(Need::Url),
        Some(Scheme::Http) => return Ruling::Holds,
        Some(Scheme::Https) if place.is_this_machine() || place.is_address() => return Ruling::Holds,
        Some(Scheme::Https) => {}
    }
    let Some(policy) = response.all("strict-transport-security").next() else {
        return Ruling::Broken(vec![Hit::response("no Strict-Transport-Security")]);
    };
    let policy = String::from_utf8_lossy(policy).to_ascii_lowercase();
    let age = policy.split(';').find_map(|part| part.trim().strip_prefix("max-age"));
    let seconds = age.and_then(|age| age.trim_start().strip_prefix('=')?.trim().trim_matches('"').parse::<u64>().ok());
    match seconds {
        None => Ruling::Broken(vec![Hit::response("Strict-Transport-Security has no max-age: browsers ignore it")]),
        Some(0) => Ruling::Broken(vec![Hit::response("max-age=0 takes back what was said before")]),
        Some(seconds) if seconds < YEAR => Ruling::Broken(vec![
            Hit::response(format!("max-age={seconds} is less than a year")).severity(Severity::Note),
        ]),
        Some(_) => Ruling::Holds,
    }
}

/// Whether a form that posts has nothing against forged requests, where the browser does not help.
fn samesite_none_no_csrf(view: &View<'_>) -> Ruling {
    let goes_along = |seen: &super::Seen| seen.cookie.same_site() == SameSite::None && seen.fate.is_ok();
    if view.sessions().next().is_none() {
        return Ruling::Needs(Need::SessionCookie);
    }
    if !view.sessions().any(|(_, seen)| goes_along(seen)) {
        return Ruling::Holds;
    }
    let body = view.exchange.response.as_ref().and_then(|response| response.body.as_deref()).unwrap_or_default();
    let body = String::from_utf8_lossy(body).to_ascii_lowercase();
    let names = view.cookies.iter().map(|seen| String::from_utf8_lossy(&seen.cookie.name).to_ascii_lowercase());
    let is_guarded =
        std::iter::once(body.clone()).chain(names).any(|text| GUARDS.iter().any(|word| text.contains(word)));
    if !posts(&body) {
        return Ruling::Needs(Need::Form);
    }
    if is_guarded {
        return Ruling::Holds;
    }
    view.each_session(|line, seen| {
        goes_along(seen).then(|| Hit::line(line, "every site can have a form sent with it, and the form has no token"))
    })
}

/// Whether there is a form that posts in a page in lower case.
fn posts(page: &str) -> bool {
    let forms = page.split("<form").skip(1).filter_map(|rest| rest.split('>').next());
    forms.into_iter().any(|tag| {
        let method = tag.split("method").nth(1).map(|rest| rest.trim_start_matches([' ', '=', '"', '\'']));
        method.is_some_and(|method| method.starts_with("post"))
    })
}

/// Codes of responses that caches may keep unasked (RFC 9110 §15.1).
const HEURISTIC: [u16; 12] = [200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501];

const YEAR: u64 = 365 * 24 * 60 * 60;

/// What the names of tokens against forged requests have in common.
const GUARDS: [&str; 7] =
    ["csrf", "xsrf", "authenticity_token", "requestverificationtoken", "antiforgery", "anti-forgery", "form_token"];

/// `sc-over-plain-http`.
pub(crate) static OVER_PLAIN_HTTP: Rule = Rule {
    id: "sc-over-plain-http",
    title: "A session cookie is set over an unencrypted connection.",
    construction: "a session cookie in a response over http",
    level: Level::Should,
    severity: Severity::High,
    references: &["NIST SP 800-63B-4 §5.1.1", "draft-ietf-httpbis-rfc6265bis §8.3"],
    cwe: Some(319),
    mend: "Serve the login over HTTPS alone, and redirect http to it before a session begins.",
    judge: over_plain_http,
    falls: Example::lines(&["sid=4f3c; Path=/"]).at("http://app.example.com/login"),
    clean: Example::lines(&["sid=4f3c; Path=/"]).at("http://localhost:3000/login"),
};

/// `sc-dup-name`.
pub(crate) static DUP_NAME: Rule = Rule {
    id: "sc-dup-name",
    title: "Two lines of one response set a cookie of the same name.",
    construction: "two Set-Cookie lines of one name in one response",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["draft-ietf-httpbis-rfc6265bis §4.1.1"],
    cwe: Some(436),
    mend: "Set each cookie in one place, and replace what was set before instead of adding to it.",
    judge: dup_name,
    falls: Example::lines(&["theme=dark; Path=/", "theme=light; Path=/app"]),
    clean: Example::lines(&["theme=dark; Path=/", "Theme=light; Path=/app"]),
};

/// `sc-crlf-injection`.
pub(crate) static CRLF_INJECTION: Rule = Rule {
    id: "sc-crlf-injection",
    title: "A carriage return or a line feed of somebody else's is in the head of the response.",
    construction: "CR or LF inside a line; lines of the head that end differently",
    level: Level::Must,
    severity: Severity::High,
    references: &["RFC 9110 §5.5", "OWASP ASVS 5.0 V4.2.4", "CVE-2016-9964 (bottle)"],
    cwe: Some(113),
    mend: "Refuse CR, LF and NUL in every header value, and let the serialiser do it.",
    judge: crlf_injection,
    falls: Example::response("HTTP/1.1 302 Found\r\nLocation: /a\nSet-Cookie: sid=4f3c\r\n\r\n"),
    clean: Example::response("HTTP/1.1 302 Found\r\nLocation: /a%0aSet-Cookie:%20sid=4f3c\r\n\r\n"),
};

/// `sc-cacheable-response`.
pub(crate) static CACHEABLE_RESPONSE: Rule = Rule {
    id: "sc-cacheable-response",
    title: "A response that sets a session cookie may be kept by a shared cache and given to others.",
    construction: "a session cookie in a response without Cache-Control: no-store, no-cache or private",
    level: Level::Should,
    severity: Severity::High,
    references: &[
        "OWASP ASVS 5.0 V14.3.2",
        "RFC 9111 §7.3",
        "CVE-2023-30861 (Flask)",
        "CVE-2026-27205 (Flask)",
        "CVE-2025-48947 (nextjs-auth0)",
        "CVE-2026-44457 (hono)",
    ],
    cwe: Some(524),
    mend: "Send Cache-Control: no-store with each response that sets a session cookie, and Vary: Cookie where one is read.",
    judge: cacheable_response,
    falls: Example::response("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nSet-Cookie: sid=4f3c\r\n\r\n"),
    clean: Example::response("HTTP/1.1 200 OK\r\nCache-Control: max-age=60, private\r\nSet-Cookie: sid=4f3c\r\n\r\n"),
};

/// `sc-hsts-absent`.
pub(crate) static HSTS_ABSENT: Rule = Rule {
    id: "sc-hsts-absent",
    title: "Browsers are not told to come back over HTTPS alone.",
    construction: "a response over HTTPS without Strict-Transport-Security of a year",
    level: Level::Should,
    severity: Severity::Low,
    references: &["OWASP ASVS 5.0 V3.4.1", "RFC 6797 §6.1"],
    cwe: Some(319),
    mend: "Send Strict-Transport-Security: max-age=31536000; includeSubDomains with every response.",
    judge: hsts_absent,
    falls: Example::response("HTTP/1.1 200 OK\r\nStrict-Transport-Security: includeSubDomains\r\n\r\n")
        .at("https://app.example.com/"),
    clean: Example::response("HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=\"31536000\"\r\n\r\n")
        .at("https://app.example.com/"),
};

/// `sc-samesite-none-no-csrf`.
pub(crate) static SAMESITE_NONE_NO_CSRF: Rule = Rule {
    id: "sc-samesite-none-no-csrf",
    title: "A form posts with a session cookie that goes along from every site, and has no token against forged requests.",
    construction: "a session cookie with SameSite=None and Secure, beside a form without a token",
    level: Level::Should,
    severity: Severity::High,
    references: &["OWASP ASVS 5.0 V3.5.1", "draft-ietf-httpbis-rfc6265bis §8.8.1"],
    cwe: Some(352),
    mend: "Say SameSite=Lax; where the page is embedded elsewhere, check Origin or a token that is bound to the session.",
    judge: samesite_none_no_csrf,
    falls: Example::response(
        "HTTP/1.1 200 OK\r\nSet-Cookie: sid=4f3c; SameSite=None; Secure\r\n\r\n<form method=\"post\"><input name=to></form>",
    ),
    clean: Example::response(
        "HTTP/1.1 200 OK\r\nSet-Cookie: sid=4f3c; SameSite=None; Secure\r\n\r\n<form method=post><input name=_csrf></form>",
    ),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_caches_keep_hangs_on_status_and_fields() {
        let kept =
            |head: &str| sharing(&Response::read(format!("HTTP/1.1 {head}\r\n\r\n").as_bytes()).unwrap()).is_some();
        assert!(kept("200 OK"));
        assert!(kept("200 OK\r\nCache-Control: public"));
        assert!(kept("302 Found\r\nCache-Control: s-maxage=10"));
        assert!(kept("302 Found\r\nExpires: Fri, 01 Jan 2038 00:00:00 GMT"));
        for head in [
            "302 Found",
            "401 Unauthorized",
            "200 OK\r\nCache-Control: no-cache",
            "200 OK\r\nCache-Control: public\r\nCache-Control: NO-STORE",
            "200 OK\r\nCache-Control: private, max-age=60",
            "200 OK\r\nCache-Control: max-age=0, must-revalidate",
            "200 OK\r\nVary: *",
        ] {
            assert!(!kept(head), "{head}");
        }
    }

    #[test]
    fn a_form_that_posts_is_seen() {
        assert!(posts("<form action=/x method='post'>") && posts("<form method = \"post\" >"));
        assert!(!posts("<form action=/method>") && !posts("<form method=get>") && !posts("method=post"));
    }
}
