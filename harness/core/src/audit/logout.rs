//! Rules about the logout: whether it takes away what the login set. Take the lines of both responses.

use token_assay_model::{Level, Severity};

use super::exchange::Seen;
use super::parse::Prefix;
use super::rules::{Example, Hit, Need, Rule, Ruling, View, broken};

fn delete_mismatch(view: &View<'_>) -> Ruling {
    let Some(logout) = view.logout else { return Ruling::Needs(Need::Logout) };
    let mut needs = view.sessions().next().is_none().then_some(Need::SessionCookie);
    let mut hits = Vec::new();
    for (line, set) in view.sessions() {
        match left(set, logout) {
            Left::Survives(why) => hits.push(Hit::line(line, why)),
            Left::Unknown => needs = Some(Need::LogoutPath),
            Left::Gone | Left::Untouched => {}
        }
    }
    match needs {
        Some(need) if hits.is_empty() => Ruling::Needs(need),
        _ => broken(hits),
    }
}

fn delete_missing(view: &View<'_>) -> Ruling {
    let Some(logout) = view.logout else { return Ruling::Needs(Need::Logout) };
    let response = view.exchange.logout.as_ref();
    let clears = |member: &String| matches!(member.trim_matches('"'), "cookies" | "*");
    if response.is_some_and(|response| response.members("clear-site-data").iter().any(clears)) {
        return Ruling::Holds;
    }
    view.each_session(|line, set| {
        let is_left = matches!(left(set, logout), Left::Untouched);
        is_left.then(|| Hit::line(line, "the response to the logout does not name it"))
    })
}

/// What a logout leaves of a cookie.
enum Left {
    /// It is taken away or overwritten.
    Gone,
    /// A line was meant to, and does not reach it.
    Survives(String),
    /// Whether a line reaches it hangs on a path that is not known.
    Unknown,
    /// No line has to do with it.
    Untouched,
}

fn left(set: &Seen, logout: &[Seen]) -> Left {
    let Ok(kept) = &set.fate else { return Left::Gone };
    let mut left = Left::Untouched;
    for line in logout.iter().filter(|line| bare(&line.cookie.name) == bare(&set.cookie.name)) {
        let deletion = match &line.fate {
            Err(dropped) => {
                left = Left::Survives(format!("browsers drop the line that deletes it: {dropped}"));
                continue;
            }
            Ok(deletion) => deletion,
        };
        let different = if line.cookie.name != set.cookie.name {
            Some("name")
        } else if deletion.domain != kept.domain || deletion.is_host_only != kept.is_host_only {
            Some("Domain")
        } else if deletion.is_partitioned != kept.is_partitioned {
            Some("Partitioned")
        } else if deletion.path.is_some() && kept.path.is_some() && deletion.path != kept.path {
            Some("Path")
        } else {
            None
        };
        match different {
            Some(what) if line.deletes => {
                left = Left::Survives(format!("the line that deletes it has another {what}"));
            }
            Some(_) => {}
            None if deletion.path.is_none() || kept.path.is_none() => return Left::Unknown,
            None => return Left::Gone,
        }
    }
    left
}

/// A name without its prefix and in one case: what two lines have in common that are about one thing.
fn bare(name: &[u8]) -> Vec<u8> {
    let start = Prefix::of(name).map_or(0, |prefix| prefix.as_str().len());
    name[start..].to_ascii_lowercase()
}

/// `sc-delete-mismatch`.
pub(crate) static DELETE_MISMATCH: Rule = Rule {
    id: "sc-delete-mismatch",
    title: "The session cookie survives the logout, because the line that deletes it names another cookie.",
    construction: "a logout whose deletion has another name, Path or Domain than the login, or lacks what a prefix wants",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["draft-ietf-httpbis-rfc6265bis §5.7 step 23", "OWASP ASVS 5.0 V7.4.1"],
    cwe: Some(613),
    mend: "Delete with the name, Path, Domain, Secure and Partitioned that the login sets.",
    judge: delete_mismatch,
    falls: Example::lines(&["__Host-sid=4f3c; Path=/; Secure"])
        .logout("HTTP/1.1 204 No Content\r\nSet-Cookie: __Host-sid=; Path=/; Max-Age=0\r\n\r\n"),
    clean: Example::lines(&["__Host-sid=4f3c; Path=/; Secure"])
        .logout("HTTP/1.1 204 No Content\r\nSet-Cookie: __Host-sid=; Path=/; Max-Age=0; Secure\r\n\r\n"),
};

/// `sc-delete-missing`.
pub(crate) static DELETE_MISSING: Rule = Rule {
    id: "sc-delete-missing",
    title: "The logout leaves the session cookie in the browser.",
    construction: "a response to the logout without a line about the session cookie, and without Clear-Site-Data",
    level: Level::May,
    severity: Severity::Low,
    references: &["OWASP ASVS 5.0 V14.3.1"],
    cwe: Some(613),
    mend: "Delete the cookie with Max-Age=0, or send Clear-Site-Data: \"cookies\"; end the session on the server in any case.",
    judge: delete_missing,
    falls: Example::lines(&["sid=4f3c; Path=/"]).logout("HTTP/1.1 204 No Content\r\nVary: Cookie\r\n\r\n"),
    clean: Example::lines(&["sid=4f3c; Path=/"])
        .logout("HTTP/1.1 204 No Content\r\nClear-Site-Data: \"cache\", \"cookies\"\r\n\r\n"),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Exchange, Response};

    fn rulings(url: &str, login: &str, logout: &str) -> (Ruling, Ruling) {
        let exchange = Exchange {
            place: crate::audit::Place::read(url).unwrap(),
            lines: vec![login.as_bytes().to_vec()],
            logout: Some(
                Response::read(format!("HTTP/1.1 200 OK\r\nSet-Cookie: {logout}\r\n\r\n").as_bytes()).unwrap(),
            ),
            ..Exchange::default()
        };
        let (cookies, logout) = (exchange.cookies(), exchange.logout_cookies());
        let view = View { exchange: &exchange, cookies: &cookies, logout: logout.as_deref() };
        (delete_mismatch(&view), delete_missing(&view))
    }

    #[test]
    fn a_deletion_reaches_what_it_names_exactly() {
        let url = "https://app.example.com/a/login";
        for (login, logout) in [
            ("sid=x; Path=/", "sid=; Path=/; Max-Age=0"),
            ("sid=x; Domain=example.com; Path=/", "sid=; domain=.EXAMPLE.com; Path=/; Max-Age=0"),
            ("sid=x", "sid=; Path=/a; Expires=Thu, 01 Jan 1970 00:00:00 GMT"),
            ("sid=x; Path=/", "sid=fresh; Path=/"),
        ] {
            assert_eq!(rulings(url, login, logout), (Ruling::Holds, Ruling::Holds), "{login} {logout}");
        }
        for (login, logout) in [
            ("sid=x; Path=/", "sid=; Path=/a; Max-Age=0"),
            ("sid=x; Path=/; Domain=example.com", "sid=; Path=/; Max-Age=0"),
            ("__Host-sid=x; Path=/; Secure", "sid=; Path=/; Max-Age=0"),
            ("sid=x; Path=/; Secure; Partitioned", "sid=; Path=/; Max-Age=0"),
        ] {
            let (mismatch, missing) = rulings(url, login, logout);
            assert!(matches!(mismatch, Ruling::Broken(_)), "{login} {logout}");
            assert_eq!(missing, Ruling::Holds, "what is named wrongly is not missing");
        }
        let unknown = rulings(url, "sid=x; Path=/", "sid=; Max-Age=0");
        assert_eq!(unknown.0, Ruling::Needs(Need::LogoutPath));
        assert!(matches!(rulings(url, "sid=x; Path=/", "theme=dark").1, Ruling::Broken(_)));
    }
}
