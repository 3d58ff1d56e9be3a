//! Rules about what a cookie holds, how much of it, and where else that stands. Take values and bodies, and never say what
//! they are: only what they look like.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;
use token_assay_model::{Level, Severity};

use super::exchange::Seen;
use super::parse::{LARGEST_COOKIE, LONGEST_ATTRIBUTE};
use super::rules::{Example, Hit, Need, Rule, Ruling, View, broken};

fn too_large(view: &View<'_>) -> Ruling {
    let by_line = |(line, seen): (usize, &Seen)| {
        let size = seen.cookie.size();
        if size > LARGEST_COOKIE {
            return Some(Hit::line(line, format!("name and value have {size} octets: browsers drop the line")));
        }
        let long = seen.cookie.attributes.iter().find(|attribute| !attribute.is_read())?;
        let name = String::from_utf8_lossy(&long.name).into_owned();
        Some(Hit::line(line, format!("{name} has {} octets: browsers ignore the attribute", long.value.len())))
    };
    let mut hits: Vec<Hit> = view.cookies.iter().enumerate().filter_map(by_line).collect();
    let names: BTreeSet<&[u8]> = view.set().map(|(_, seen)| seen.cookie.name.as_slice()).collect();
    if names.len() > MOST_COOKIES {
        let seen = format!("{} cookies in one response, and browsers keep {MOST_COOKIES} for a domain", names.len());
        hits.push(Hit::response(seen));
    }
    broken(hits)
}

fn id_in_body_or_url(view: &View<'_>) -> Ruling {
    let exchange = view.exchange;
    let mut needs = exchange.response.is_none().then_some(Need::Response);
    let mut places: Vec<(&str, &[u8])> = vec![("the URL of the request", exchange.place.query.as_bytes())];
    places.push(("the URL of the request", exchange.place.path.as_deref().unwrap_or_default().as_bytes()));
    if let Some(response) = &exchange.response {
        for (name, value) in &response.fields {
            if !name.eq_ignore_ascii_case("set-cookie") {
                places.push((name, value));
            }
        }
        match &response.body {
            Some(body) => places.push(("the body", body)),
            None => needs = Some(Need::Body),
        }
    }
    let ruling = view.each_session(|line, seen| {
        let found = places.iter().find(|(_, text)| spellings(&seen.cookie.value).iter().any(|id| holds(text, id)));
        found.map(|(place, _)| Hit::line(line, format!("its value stands in {place} as well")))
    });
    match (ruling, needs) {
        (Ruling::Holds, Some(need)) => Ruling::Needs(need),
        (ruling, _) => ruling,
    }
}

/// A value as it may stand elsewhere. A short one stands in many places by chance.
fn spellings(value: &[u8]) -> Vec<Vec<u8>> {
    let bare = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value);
    let mut all = vec![bare.to_vec(), percent_decoded(bare)];
    all.dedup();
    all.retain(|spelling| spelling.len() >= SHORTEST_ID);
    all
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

fn pii_in_cookie(view: &View<'_>) -> Ruling {
    view.each(|line, seen| {
        let found = texts(&seen.cookie.value).iter().find_map(|(how, text)| Some((*how, personal(text)?)));
        let (how, what) = found?;
        Some(Hit::line(line, format!("{how} it holds {what}")))
    })
}

/// What a value says when it is decoded in the usual ways, and how it was.
fn texts(value: &[u8]) -> Vec<(&'static str, String)> {
    let plain = percent_decoded(value);
    let mut texts: Vec<(&str, Vec<u8>)> = vec![("as it stands", plain.clone())];
    let parts = plain.split(|octet| matches!(octet, b'.' | b':' | b'|' | b'!' | b'"'));
    for part in parts.chain([plain.as_slice()]).filter(|part| part.len() >= SHORTEST_CODED) {
        let Ok(decoded) = BASE64.decode(standard(part)) else { continue };
        if let Ok(inflated) = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(&decoded, MOST_INFLATED) {
            texts.push(("decoded from base64 and zlib", inflated));
        }
        texts.push(("decoded from base64", decoded));
    }
    texts.into_iter().filter_map(|(how, octets)| Some((how, readable(octets)?))).collect()
}

fn standard(part: &[u8]) -> Vec<u8> {
    let to_standard = |octet: &u8| match octet {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    };
    part.iter().map(to_standard).collect()
}

/// Text without control characters.
fn readable(octets: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(octets).ok()?;
    (!text.chars().any(|c| c.is_control() && !c.is_whitespace())).then_some(text)
}

/// What is in a text that says who somebody is, or lets somebody in.
fn personal(text: &str) -> Option<String> {
    let start = text.find(['{', '[']).unwrap_or(0);
    let json: Option<Value> =
        serde_json::Deserializer::from_str(&text[start..]).into_iter().next().and_then(Result::ok);
    let member = json.as_ref().and_then(telling_member).map(|name| format!("a member {name}"));
    member.or_else(|| has_address(text).then(|| "an e-mail address".to_owned()))
}

fn telling_member(value: &Value) -> Option<&str> {
    match value {
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
            let is_said = value.as_str().is_some_and(|text| !text.is_empty()) || value.is_number();
            let is_telling = is_said && TELLING.contains(&plain.to_ascii_lowercase().as_str());
            if is_telling { Some(name.as_str()) } else { telling_member(value) }
        }),
        Value::Array(items) => items.iter().find_map(telling_member),
        _ => None,
    }
}

/// Whether there is `name@host.tld` in it.
fn has_address(text: &str) -> bool {
    let octets = text.as_bytes();
    let is_local = |octet: &u8| octet.is_ascii_alphanumeric() || b"._%+-".contains(octet);
    let is_host = |octet: &u8| octet.is_ascii_alphanumeric() || b".-".contains(octet);
    (0..octets.len()).filter(|at| octets[*at] == b'@').any(|at| {
        let host = octets[at + 1..].iter().take_while(|octet| is_host(octet)).count();
        let host = text[at + 1..at + 1 + host].trim_end_matches(['.', '-']);
        let Some((name, end)) = host.rsplit_once('.') else { return false };
        let is_named = at > 0 && is_local(&octets[at - 1]);
        is_named && !name.is_empty() && end.len() >= 2 && end.bytes().all(|octet| octet.is_ascii_alphabetic())
    })
}

fn percent_decoded(octets: &[u8]) -> Vec<u8> {
    let digit = |octet: Option<&u8>| octet.and_then(|octet| char::from(*octet).to_digit(16));
    let mut decoded = Vec::with_capacity(octets.len());
    let mut at = 0;
    while let Some(octet) = octets.get(at) {
        match (octet, digit(octets.get(at + 1)), digit(octets.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                decoded.extend(u8::try_from(16 * high + low));
                at += 3;
            }
            _ => {
                decoded.push(*octet);
                at += 1;
            }
        }
    }
    decoded
}

fn token_localstorage(view: &View<'_>) -> Ruling {
    let body = match view.body() {
        Ok(body) => String::from_utf8_lossy(body).into_owned(),
        Err(ruling) => return ruling,
    };
    let found = scripts(&body).into_iter().find_map(stored);
    broken(found.into_iter().map(|name| Hit::response(format!("a script keeps `{name}` in localStorage"))).collect())
}

/// The scripts of a page; a body that is no page is one itself.
fn scripts(body: &str) -> Vec<&str> {
    let lower = body.to_ascii_lowercase();
    if !lower.contains("<html") && !lower.contains("<script") {
        return vec![body];
    }
    let mut scripts = Vec::new();
    let mut at = 0;
    while let Some(tag) = lower[at..].find("<script") {
        let Some(start) = lower[at + tag..].find('>').map(|end| at + tag + end + 1) else { break };
        let end = lower[start..].find("</script").map_or(lower.len(), |end| start + end);
        scripts.push(&body[start..end]);
        at = end;
    }
    scripts
}

/// The name under which a token is put into localStorage, by a call, a member or an index.
fn stored(script: &str) -> Option<String> {
    for (at, _) in script.match_indices("localStorage") {
        let line = script[..at].rsplit('\n').next().unwrap_or_default();
        if line.trim_start().starts_with('*') || line.match_indices("//").any(|(at, _)| !line[..at].ends_with(':')) {
            continue;
        }
        let rest = script[at + "localStorage".len()..].trim_start();
        let named = if let Some(call) = rest.strip_prefix(".setItem") {
            quoted(call.trim_start().strip_prefix('(').unwrap_or_default())
        } else if let Some(index) = rest.strip_prefix('[') {
            quoted(index).filter(|name| is_assigned(index.split_once(']').map_or("", |(_, rest)| rest), name))
        } else {
            let member = rest.strip_prefix('.').unwrap_or_default();
            let width = member.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').count();
            Some(&member[..width]).filter(|name| is_assigned(&member[width..], name))
        };
        if let Some(name) = named.filter(|name| is_credential(name)) {
            return Some(name.to_owned());
        }
    }
    None
}

fn quoted(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let mark = text.chars().next().filter(|mark| matches!(mark, '"' | '\'' | '`'))?;
    text[1..].split_once(mark).map(|(name, _)| name)
}

fn is_assigned(rest: &str, name: &str) -> bool {
    let rest = rest.trim_start();
    !name.is_empty() && rest.starts_with('=') && !rest.starts_with("==")
}

fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_guard = ["csrf", "xsrf"].iter().any(|word| name.contains(word));
    !is_guard && ["token", "jwt", "bearer", "sessionid", "session_id"].iter().any(|word| name.contains(word))
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Members, without signs and in lower case, that say who somebody is or let somebody in.
const TELLING: [&str; 22] = [
    "email",
    "emailaddress",
    "mail",
    "phone",
    "phonenumber",
    "mobile",
    "ssn",
    "socialsecuritynumber",
    "birthdate",
    "dateofbirth",
    "dob",
    "firstname",
    "lastname",
    "givenname",
    "familyname",
    "creditcard",
    "cardnumber",
    "iban",
    "password",
    "passwd",
    "pwd",
    "clientsecret",
];

const MOST_COOKIES: usize = 50;
const SHORTEST_ID: usize = 8;
const SHORTEST_CODED: usize = 12;
const MOST_INFLATED: usize = 1 << 16;

/// A line of so many octets, which tables cannot spell out.
const fn long_line<const WIDTH: usize>() -> [u8; WIDTH] {
    let mut line = [b'a'; WIDTH];
    line[1] = b'=';
    line
}

const fn text(octets: &'static [u8]) -> &'static str {
    match std::str::from_utf8(octets) {
        Ok(text) => text,
        Err(_) => panic!("the line is ASCII"),
    }
}

/// One octet more than browsers take, the sign between name and value not counted.
static TOO_LONG: [u8; LARGEST_COOKIE + 2] = long_line();
/// As many as they take.
static LONGEST: [u8; LARGEST_COOKIE + 1] = long_line();

const _: () = assert!(LONGEST_ATTRIBUTE < LARGEST_COOKIE);

/// `sc-too-large`.
pub(crate) static TOO_LARGE: Rule = Rule {
    id: "sc-too-large",
    title: "A cookie is larger than browsers take, or there are more than they keep.",
    construction: "name and value of more than 4096 octets; an attribute of more than 1024; more than 50 cookies",
    level: Level::Must,
    severity: Severity::Low,
    references: &[
        "draft-ietf-httpbis-rfc6265bis §5.6 step 5",
        "draft-ietf-httpbis-rfc6265bis §6.1",
        "OWASP ASVS 5.0 V3.3.5",
    ],
    cwe: Some(770),
    mend: "Keep the session on the server and its id in the cookie.",
    judge: too_large,
    falls: Example::lines(&[text(&TOO_LONG)]),
    clean: Example::lines(&[text(&LONGEST)]),
};

/// `sc-id-in-body-or-url`.
pub(crate) static ID_IN_BODY_OR_URL: Rule = Rule {
    id: "sc-id-in-body-or-url",
    title: "The value of the session cookie stands in a URL, another header field or the body.",
    construction: "the session's value in Location, in JSON, in HTML, in the URL of the request",
    level: Level::Should,
    severity: Severity::High,
    references: &["OWASP ASVS 5.0 V3.3.4", "OWASP ASVS 5.0 V14.2.1", "OWASP ASVS 5.0 V16.2.5", "OWASP WSTG-SESS-04"],
    cwe: Some(598),
    mend: "Hand the session id out in Set-Cookie and nowhere else; HttpOnly is for nothing otherwise.",
    judge: id_in_body_or_url,
    falls: Example::response(
        "HTTP/1.1 302 Found\r\nLocation: /home;jsessionid=4f3cab9e01d2\r\nSet-Cookie: JSESSIONID=4f3cab9e01d2\r\n\
         Content-Length: 0\r\n\r\n",
    ),
    clean: Example::response(
        "HTTP/1.1 302 Found\r\nLocation: /home\r\nSet-Cookie: JSESSIONID=4f3cab9e01d2\r\nContent-Length: 0\r\n\r\n",
    ),
};

/// `sc-pii-in-cookie`.
pub(crate) static PII_IN_COOKIE: Rule = Rule {
    id: "sc-pii-in-cookie",
    title: "A cookie says who somebody is, or holds a secret, for everybody to read.",
    construction: "a value that decodes (percent, base64, zlib, JSON) to an e-mail address or a member such as password",
    level: Level::Should,
    severity: Severity::Medium,
    references: &[
        "NIST SP 800-63B-4 §5.1.1",
        "OWASP ASVS 5.0 V14.3.3",
        "draft-ietf-httpbis-rfc6265bis §8.3",
        "CVE-2020-15105",
    ],
    cwe: Some(315),
    mend: "Keep it on the server under a random id, or encrypt the value.",
    judge: pii_in_cookie,
    // {"email":"a@b.example"}, and {"theme":"dark","v":22}.
    falls: Example::lines(&["user=eyJlbWFpbCI6ImFAYi5leGFtcGxlIn0.c2ln; Path=/"]),
    clean: Example::lines(&["user=eyJ0aGVtZSI6ImRhcmsiLCJ2IjoyMn0.c2ln; Path=/"]),
};

/// `sc-token-localstorage`.
pub(crate) static TOKEN_LOCALSTORAGE: Rule = Rule {
    id: "sc-token-localstorage",
    title: "A script keeps a bearer token in localStorage, where every other script of the site reads it.",
    construction: "a body whose script puts a token into localStorage (read, not run)",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["NIST SP 800-63B-4 §5.1", "OWASP ASVS 5.0 V14.3.3"],
    cwe: Some(922),
    mend: "Keep the token on the server and a session in an HttpOnly cookie; where a page must hold it, in memory alone.",
    judge: token_localstorage,
    falls: Example::response(
        "HTTP/1.1 200 OK\r\n\r\n<script>\nlocalStorage.setItem('access_token', answer.token)\n</script>",
    ),
    clean: Example::response(
        "HTTP/1.1 200 OK\r\n\r\n<script>\nlocalStorage.setItem('theme', answer.token)\n</script>localStorage.token = 1",
    ),
};

#[cfg(test)]
mod tests {
    use super::*;

    fn found(value: &str) -> Option<String> {
        texts(value.as_bytes()).iter().find_map(|(how, text)| Some(format!("{how} {}", personal(text)?)))
    }

    #[test]
    fn what_is_personal_is_seen_through_the_usual_codings() {
        let cases = [
            ("alice@example.com", "as it stands an e-mail address"),
            ("alice%40example.com", "as it stands an e-mail address"),
            ("%7B%22Password%22%3A%22x%22%7D", "as it stands a member Password"),
            ("j:{\"user\":[{\"phone_number\":123}]}", "as it stands a member phone_number"),
            ("YWxpY2VAZXhhbXBsZS5jb20", "decoded from base64 an e-mail address"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6ImFAYi5leGFtcGxlIn0.AAAA", "decoded from base64 a member email"),
        ];
        for (value, says) in cases {
            assert_eq!(found(value).as_deref(), Some(says), "{value}");
        }
        let inflated = miniz_oxide::deflate::compress_to_vec_zlib(b"{\"email\":\"a@b.example\"}", 6);
        let flask = format!(".{}.sig", BASE64.encode(inflated));
        assert_eq!(found(&flask).as_deref(), Some("decoded from base64 and zlib a member email"));
    }

    #[test]
    fn what_is_not_is_left_alone() {
        for value in [
            "kX8u2vJ0yQ1mB7cZr4dWq9LfH3sN6tEoAaGgIiPpUxY",
            "GS1.1.1700000000@1.0",
            "a@b",
            "@example.com",
            "{\"email\":\"\",\"email_verified\":true}",
            "eyJ0aGVtZSI6ImRhcmsifQ==",
            "mail",
            "",
            "%",
            "%zz%4",
        ] {
            assert_eq!(found(value), None, "{value}");
        }
    }

    #[test]
    fn a_token_in_local_storage_is_seen_where_it_is_put_there() {
        for script in [
            "localStorage.setItem(\"jwt\", t)",
            "window.localStorage.setItem('id', 1); localStorage['authToken'] = t",
            "localStorage.accessToken=t",
            "fetch('https://x'); localStorage.setItem(`token`, t)",
        ] {
            assert!(stored(script).is_some(), "{script}");
        }
        for script in [
            "localStorage.getItem('token')",
            "// localStorage.setItem('token', t)",
            "localStorage.token == t",
            "localStorage.setItem('csrfToken', t)",
            "localStorage.setItem(key, t)",
            "localStorage.removeItem('token')",
            "localStorage",
        ] {
            assert_eq!(stored(script), None, "{script}");
        }
        assert_eq!(scripts("<SCRIPT src=x></SCRIPT><pre>a</pre><script>b").len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn no_value_and_no_body_panics(octets in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200), script in "(<script>|localStorage|[.\\[('\" =]|setItem|token|\u{e9}|\n){0,20}") {
            let _ = texts(&octets).iter().find_map(|(_, text)| personal(text));
            let _ = (spellings(&octets), scripts(&script).into_iter().find_map(stored));
        }
    }
}
