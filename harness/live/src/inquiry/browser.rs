//! What other sites, sibling hosts and clients can put into a request of a user's browser: cookies, forms, addresses, fields. Each
//! request is one that a browser would really send without asking first (Fetch §4.10): methods GET and POST, no field of the
//! page's own, a form's content type. What a `SameSite` or a `__Host-` name keeps away is not charged to the service.

use std::collections::BTreeMap;

use token_assay::forge::base64url;
use token_assay_model::{Level, Severity};

use super::conversation::{Conversation, Login};
use super::refusals::nobody_is_let_in;
use super::{Ended, Inquiry, Need, Ruling, Stop};
use crate::client::Request;
use crate::dialogue::{Credentials, Said};
use crate::service::{Ask, Filling, Place, Standing, Template, cookie_of};

pub(super) const INQUIRIES: &[Inquiry] = &[
    Inquiry {
        class: "session-store/ss-csrf-missing",
        needs: &[Need::Session],
        allowed: "the service's own page makes the change",
        mend: "Refuse what changes something unless Origin, or a token bound to the session, says that the service's own page sent it.",
        ask: change_from_elsewhere,
    },
    Inquiry {
        class: "session-store/ss-logout-csrf-get",
        needs: &[Need::Session, Need::Ask(Ask::Logout)],
        allowed: "the service's own page logs its user out",
        mend: "Log out by POST alone, from the service's own pages.",
        ask: logout_from_elsewhere,
    },
    Inquiry {
        class: "session-store/ss-csrf-unbound",
        needs: &[
            Need::Session,
            Need::Csrf,
            Need::Ask(Ask::Form),
            Need::Ask(Ask::Change),
            Need::Place(Ask::Change, "csrf"),
        ],
        allowed: "the session's own token makes the change",
        mend: "Derive the token from the session (an HMAC over its id), or keep it there, and compare with that one.",
        ask: token_of_another,
    },
    Inquiry {
        class: "cookie-header/hdr-toss-csrf-cookie",
        needs: &[
            Need::Session,
            Need::CsrfCookie,
            Need::Ask(Ask::Form),
            Need::Ask(Ask::Change),
            Need::Place(Ask::Change, "csrf"),
        ],
        allowed: "the session's own token makes the change",
        mend: "Call the cookie `__Host-…`, and bind the token in it to the session.",
        ask: planted_token,
    },
    Inquiry {
        class: "cookie-header/hdr-toss-subdomain",
        needs: &[Need::Session, Need::Name, Need::Users(2)],
        allowed: "either session alone is let in as its own user",
        mend: "Call the session cookie `__Host-…`; else refuse a request with two of them.",
        ask: planted_session,
    },
    Inquiry {
        class: "session-store/ss-fixation-via-url",
        needs: &[Need::Session],
        allowed: "the same id in its cookie is let in",
        mend: "Read session ids from the cookie alone.",
        ask: id_in_url,
    },
    Inquiry {
        class: "transport/tr-header-case-spoof",
        needs: &[],
        allowed: "a login is let in",
        mend: "Have the gateway take these fields out of what clients send, or check what it signed.",
        ask: gateway_fields,
    },
];

/// What keeps a cookie from requests that other sites make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SameSite {
    Nothing,
    Lax,
    Strict,
}

/// What the line that sets a session cookie says.
fn same_site(login: &Login) -> SameSite {
    let Some((name, value)) = &login.session else { return SameSite::Nothing };
    let name = String::from_utf8_lossy(name);
    let line = login.lines.iter().rev().find(|line| cookie_of(line, &name).as_ref() == Some(value));
    let text = String::from_utf8_lossy(line.map_or(&b""[..], |line| line)).to_ascii_lowercase();
    let said = text.split(';').skip(1).filter_map(|attribute| attribute.trim().strip_prefix("samesite=")).last();
    match said {
        Some("lax") => SameSite::Lax,
        Some("strict") => SameSite::Strict,
        _ => SameSite::Nothing,
    }
}

/// A page that is not the service's.
struct Elsewhere {
    origin: &'static str,
    site: &'static str,
}

const CROSS_SITE: Elsewhere = Elsewhere { origin: "https://attacker.example", site: "cross-site" };
const SIBLING: Elsewhere = Elsewhere { origin: "https://sibling.host.example", site: "same-site" };

/// What such a page makes a browser send: nothing of what only a script of the service's own can add. Nothing where the browser
/// asks first.
fn forged(c: &Conversation<'_>, ask: Ask, login: &Login, page: &Elsewhere) -> Result<Option<Request>, Stop> {
    let Some(template) = c.service().template(ask) else { return Ok(None) };
    let own = Template { headers: BTreeMap::new(), ..template.clone() };
    let filling = Filling { name: c.user(login.user), handle: &login.handle, ..Filling::default() };
    let filled = own.fill_with(&c.service().headers, &filling).map_err(|wrong| Stop::Lacks(wrong.what))?;
    if !matches!(filled.method.as_str(), "GET" | "POST" | "HEAD") {
        return Ok(None);
    }
    let mut request = Request {
        method: filled.method,
        path: filled.path,
        host: c.host(login.user).map(<[u8]>::to_vec),
        fields: filled.fields,
        body: filled.body,
    };
    let is_form = template.form.is_some();
    request.fields.retain(|(name, _)| {
        !name.eq_ignore_ascii_case(b"origin") && (is_form || !name.eq_ignore_ascii_case(b"content-type"))
    });
    if request.method == "POST" && !is_form {
        request = request.with("Content-Type", "text/plain");
    }
    if request.method == "POST" {
        request = request.with("Origin", page.origin);
    }
    Ok(Some(navigating(request, page, login)))
}

/// As a browser sends it that leaves a page of another site.
fn navigating(request: Request, page: &Elsewhere, login: &Login) -> Request {
    request
        .with("Sec-Fetch-Site", page.site)
        .with("Sec-Fetch-Mode", "navigate")
        .with("Sec-Fetch-Dest", "document")
        .with("Cookie", login.cookie().unwrap_or_default())
}

/// The request as the service's own page sends it.
fn own_page(
    c: &Conversation<'_>,
    does: &str,
    ask: Ask,
    login: &Login,
    csrf: &[u8],
    cookie: &[u8],
) -> Result<Said, Stop> {
    let filling = Filling { name: c.user(login.user), handle: &login.handle, csrf, ..Filling::default() };
    c.ask(does, ask, &filling, Credentials { host: c.host(login.user), cookie: Some(cookie), access: None })
}

fn change_from_elsewhere(c: &Conversation<'_>) -> Ended {
    let changes = [Ask::Change, Ask::LogoutOthers, Ask::LogoutAll];
    let Some(ask) = changes.into_iter().find(|ask| c.service().template(*ask).is_some()) else {
        return Err(Stop::Lacks("request.change, request.logout-others or request.logout-all".to_owned()));
    };
    let first = with_session(c, 0)?;
    let (csrf, cookie) = form(c, &first)?;
    let said = own_page(c, "the service's own page makes a change", ask, &first, &csrf, &cookie)?;
    if said.standing != Standing::Granted {
        let status = said.response.status;
        return Err(Stop::Undecided(format!("{ask} as the table has it is answered with status {status}")));
    }
    let login = with_session(c, 0)?;
    let (page, grade) = match same_site(&login) {
        SameSite::Nothing => (CROSS_SITE, None),
        // Only pages of the same site can still send the cookie; ASVS asks for more, and no clause of HTTP.
        SameSite::Lax | SameSite::Strict => (SIBLING, Some((Level::May, Severity::Low))),
    };
    // A GET brings a lax cookie with it from anywhere.
    let is_get = c.service().template(ask).is_some_and(|template| template.method.as_deref() == Some("GET"));
    let is_lax_get = is_get && same_site(&login) == SameSite::Lax;
    let (page, grade) = if is_lax_get { (CROSS_SITE, None) } else { (page, grade) };
    let Some(request) = forged(c, ask, &login, &page)? else { return Ok(Ruling::Holds) };
    let said = c.send(&format!("a page of {} makes the browser send it", page.origin), ask, &request)?;
    if said.standing != Standing::Granted {
        return Ok(Ruling::Holds);
    }
    let what = format!("{ask} was done for a page of {} ({})", page.origin, page.site);
    let what = if grade.is_some() { format!("{what}; SameSite keeps pages of other sites out") } else { what };
    Ok(Ruling::Broken { what, grade })
}

fn logout_from_elsewhere(c: &Conversation<'_>) -> Ended {
    let template = c.service().template(Ask::Logout).expect("it is needed");
    let path = template.path.clone();
    let login = with_session(c, 0)?;
    let same_site = same_site(&login);
    if same_site != SameSite::Strict {
        let mut request = Request { host: c.host(0).map(<[u8]>::to_vec), ..Request::get(&path) };
        for (name, value) in &c.service().headers {
            request = request.with(name, value.as_bytes());
        }
        c.send("a link on another site leads to the logout", Ask::Logout, &navigating(request, &CROSS_SITE, &login))?;
        if !c.is_live("the user is still logged in", &login)? {
            return Ruling::broken("a link on another site (GET) logged the user out");
        }
    }
    if same_site == SameSite::Nothing
        && let Some(request) = forged(c, Ask::Logout, &login, &CROSS_SITE)?
    {
        c.send("a form on another site leads to the logout", Ask::Logout, &request)?;
        if !c.is_live("the user is still logged in", &login)? {
            return Ruling::broken("a form on another site (POST) logged the user out");
        }
    }
    c.log_out(&login)?;
    Ok(Ruling::Holds)
}

/// The token against forged requests of a login, and the cookies that go with it; an empty one where the table knows of none.
fn form(c: &Conversation<'_>, login: &Login) -> Result<(Vec<u8>, Vec<u8>), Stop> {
    let session = login.cookie().unwrap_or_default();
    let (Some(place), Some(_)) = (&c.service().answer.csrf, c.service().template(Ask::Form)) else {
        return Ok((Vec::new(), session));
    };
    let with = Credentials { host: c.host(login.user), cookie: Some(&session), access: None };
    let said = c.ask("a page of the service's own", Ask::Form, &Filling::default(), with)?;
    let Some(token) = said.reading().octets(Some(place)) else {
        return Err(Stop::Undecided("the page gives no token where answer.csrf looks for it".to_owned()));
    };
    c.hide(&token, &format!("‹form token of {}›", c.user(login.user)));
    let cookie = match place {
        Place::Cookie(name) => [&session[..], b"; ", name.as_bytes(), b"=", &token].concat(),
        _ => session,
    };
    Ok((token, cookie))
}

fn token_of_another(c: &Conversation<'_>) -> Ended {
    let (first, second) = (with_session(c, 0)?, with_session(c, 0)?);
    let (own, cookie) = form(c, &first)?;
    let (others, _) = form(c, &second)?;
    if own == others {
        return Ruling::broken("two sessions are given the same token");
    }
    let change = |does: &str, csrf: &[u8]| own_page(c, does, Ask::Change, &first, csrf, &cookie);
    let said = change("the session's own token", &own)?;
    if said.standing != Standing::Granted {
        let status = said.response.status;
        return Err(Stop::Undecided(format!("with its own token the change is answered with status {status}")));
    }
    if change("another session's token", &others)?.standing == Standing::Granted {
        return Ruling::broken("the token of another session was taken");
    }
    if change("no token", b"")?.standing == Standing::Granted {
        return Ruling::broken("nobody asks for the token");
    }
    Ok(Ruling::Holds)
}

fn planted_token(c: &Conversation<'_>) -> Ended {
    let Some(Place::Cookie(name)) = &c.service().answer.csrf else {
        return Err(Stop::Lacks(Need::CsrfCookie.to_string()));
    };
    let (victim, attacker) = (with_session(c, 0)?, with_session(c, 0)?);
    let (own, cookie) = form(c, &victim)?;
    let said = own_page(c, "the session's own token", Ask::Change, &victim, &own, &cookie)?;
    if said.standing != Standing::Granted {
        let status = said.response.status;
        return Err(Stop::Undecided(format!("with its own token the change is answered with status {status}")));
    }
    if name.starts_with("__Host-") {
        // No sibling can set it.
        return Ok(Ruling::Holds);
    }
    let (planted, _) = form(c, &attacker)?;
    let session = victim.cookie().unwrap_or_default();
    let cookie = [&session[..], b"; ", name.as_bytes(), b"=", &planted].concat();
    let does = "the attacker's token, in the cookie that a sibling host has set and in the form";
    if own_page(c, does, Ask::Change, &victim, &planted, &cookie)?.standing == Standing::Granted {
        return Ruling::broken("a token that a sibling host had planted was taken for the session's own");
    }
    Ok(Ruling::Holds)
}

fn planted_session(c: &Conversation<'_>) -> Ended {
    let (victim, attacker) = (with_session(c, 0)?, with_session(c, 1)?);
    for login in [&victim, &attacker] {
        let cookie = login.cookie();
        let said = c.who("each session alone", c.credentials(login, cookie.as_deref()))?;
        if !c.lets_in(&said) || c.named(&said) != Some(login.user) {
            return Err(Stop::Undecided("a session alone is not let in as its own user".to_owned()));
        }
    }
    let is_host_bound = victim.session.as_ref().is_some_and(|(name, _)| name.starts_with(b"__Host-"));
    if is_host_bound {
        // No sibling can set it (RFC 6265bis §4.1.3.2).
        return Ok(Ruling::Holds);
    }
    let (own, planted) = (victim.cookie().unwrap_or_default(), attacker.cookie().unwrap_or_default());
    for (first, second, order) in [(&planted, &own, "before"), (&own, &planted, "behind")] {
        let cookie = [&first[..], b"; ", second].concat();
        let with = Credentials { host: c.host(0), cookie: Some(&cookie), access: None };
        let said = c.who(&format!("the planted cookie stands {order} the user's own"), with)?;
        if c.lets_in(&said) && c.named(&said) == Some(1) {
            let what = format!("with the planted cookie {order} the user's own the request counts as the attacker's");
            return Ruling::broken(what);
        }
    }
    Ok(Ruling::Holds)
}

fn id_in_url(c: &Conversation<'_>) -> Ended {
    nobody_is_let_in(c)?;
    let login = with_session(c, 0)?;
    let (name, value) = login.session.clone().unwrap_or_default();
    let (name, value) = (String::from_utf8_lossy(&name).into_owned(), String::from_utf8_lossy(&value).into_owned());
    let with = Credentials { host: c.host(0), ..Credentials::default() };
    let plain = c.request(Ask::WhoAmI, &Filling::default(), with)?;
    let (path, query) = plain.path.split_once('?').map_or((plain.path.as_str(), ""), |(path, query)| (path, query));
    let queried = |name: &str| {
        let before = if query.is_empty() { String::new() } else { format!("{query}&") };
        format!("{path}?{before}{name}={value}")
    };
    let behind = if query.is_empty() { String::new() } else { format!("?{query}") };
    let mut paths: Vec<String> =
        [name.as_str(), "sid", "session", "session_id", "PHPSESSID", "JSESSIONID"].map(queried).into();
    paths.extend([name.as_str(), "jsessionid"].map(|name| format!("{path};{name}={value}{behind}")));
    for path in paths {
        let request = Request { path, ..plain.clone() };
        let said = c.send("the id stands in the URL, and in no cookie", Ask::WhoAmI, &request)?;
        if c.lets_in(&said) {
            return Ruling::broken("an id in the URL was let in");
        }
    }
    Ok(Ruling::Holds)
}

fn gateway_fields(c: &Conversation<'_>) -> Ended {
    nobody_is_let_in(c)?;
    let login = c.login(0)?;
    c.must_be_live(&login)?;
    let user = c.user(0);
    let claims = format!(r#"{{"sub":"{user}","name":"{user}","email":"{user}@example.com"}}"#);
    let claims = base64url::encode_padded(claims);
    let value = |field: &str| if CLAIMS.contains(&field) { claims.clone() } else { user.to_owned() };
    let with = Credentials { host: c.host(0), ..Credentials::default() };
    let plain = c.request(Ask::WhoAmI, &Filling::default(), with)?;
    let written: Vec<String> = USER
        .iter()
        .chain(&CLAIMS)
        .flat_map(|field| [(*field).to_owned(), field.to_ascii_lowercase(), field.replace('-', "_")])
        .collect();
    let asked = |does: &str, fields: &[String]| {
        let add = |request: Request, field: &String| request.with(field, value(&canonical(field)));
        let request = fields.iter().fold(plain.clone(), add);
        let said = c.send(does, Ask::WhoAmI, &request)?;
        Ok::<_, Stop>(c.lets_in(&said))
    };
    // One way of writing after the other; only then which field it was.
    for way in 0..3 {
        let fields: Vec<String> = written.iter().skip(way).step_by(3).cloned().collect();
        if !asked("fields in which gateways say who asks, without a credential", &fields)? {
            continue;
        }
        for field in &fields {
            if asked(&format!("{field} alone, without a credential"), std::slice::from_ref(field))? {
                return Ruling::broken(format!("{field} from a client counts as a login"));
            }
        }
        return Ruling::broken("fields of gateways from a client count as a login");
    }
    Ok(Ruling::Holds)
}

/// A field as it stands in the lists.
fn canonical(field: &str) -> String {
    let plain = field.replace('_', "-");
    let found = USER.iter().chain(&CLAIMS).find(|known| known.eq_ignore_ascii_case(&plain));
    found.map_or(plain.clone(), |known| (*known).to_owned())
}

/// A login that gave a session cookie and is let in by it.
pub(super) fn with_session(c: &Conversation<'_>, user: usize) -> Result<Login, Stop> {
    let login = c.login(user)?;
    if login.session.is_none() {
        return Err(Stop::Undecided("the login set no session cookie".to_owned()));
    }
    c.must_be_live(&login)?;
    Ok(login)
}

/// Fields in which gateways say who asks.
const USER: [&str; 18] = [
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Preferred-Username",
    "X-Remote-User",
    "Remote-User",
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-Authenticated-User",
    "X-Authenticated-Userid",
    "X-WEBAUTH-USER",
    "X-User",
    "X-User-Id",
    "X-Username",
    "X-Consumer-Username",
    "X-Goog-Authenticated-User-Email",
    "Cf-Access-Authenticated-User-Email",
    "Tailscale-User-Login",
    "X-MS-CLIENT-PRINCIPAL-NAME",
];

/// Fields in which they hand on a token's claims.
const CLAIMS: [&str; 6] = [
    "X-Jwt-Payload",
    "X-Jwt-Claims",
    "X-Userinfo",
    "X-Endpoint-API-UserInfo",
    "X-Apigateway-Api-Userinfo",
    "X-MS-CLIENT-PRINCIPAL",
];
