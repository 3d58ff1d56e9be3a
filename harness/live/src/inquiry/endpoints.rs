//! The endpoints of an authorisation server: revocation (RFC 7009), introspection (RFC 7662), refresh with a scope (RFC 6749 §6).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use token_assay_model::{Level, Severity};

use super::conversation::{Conversation, Login};
use super::{Ended, Inquiry, Need, Ruling, Stop};
use crate::client::Request;
use crate::dialogue::{Credentials, Said};
use crate::service::{Ask, Filling, Standing, Template};

pub(super) const INQUIRIES: &[Inquiry] = &[
    Inquiry {
        class: "token-lifecycle/rev-foreign-token",
        needs: &[Need::Tokens, Need::Place(Ask::RevokeToken, "client"), Need::Ask(Ask::Refresh)],
        allowed: "its own client revokes it, and the other client may ask",
        mend: "Look whose token it is before it is revoked, and refuse another client.",
        ask: by_another_client,
    },
    Inquiry {
        class: "token-lifecycle/rev-unknown-token",
        needs: &[Need::Tokens, Need::Ask(Ask::RevokeToken)],
        allowed: "a live token is revoked",
        mend: "Answer 200 whatever the token was: what it asked for holds already.",
        ask: unknown_token,
    },
    Inquiry {
        class: "token-lifecycle/rev-hint-wrong",
        needs: &[Need::Tokens, Need::Place(Ask::RevokeToken, "hint"), Need::Ask(Ask::Refresh)],
        allowed: "with the right hint the token is revoked",
        mend: "Take the hint for where to look first, and look everywhere.",
        ask: wrong_hint,
    },
    Inquiry {
        class: "token-lifecycle/rev-access-cascades",
        needs: &[Need::Tokens, Need::Ask(Ask::RevokeToken), Need::Ask(Ask::Refresh)],
        allowed: "the access token is revoked",
        mend: "End the whole grant where one of its tokens is revoked.",
        ask: access_alone,
    },
    Inquiry {
        class: "token-lifecycle/intro-inactive",
        needs: &[Need::Tokens, Need::Ask(Ask::Introspect)],
        allowed: "a live token is said to be active",
        mend: "Answer `{\"active\":false}` and nothing more for every token that is not active, whatever the reason.",
        ask: inactive,
    },
    Inquiry {
        class: "token-lifecycle/intro-unauth",
        needs: &[Need::Tokens, Need::Ask(Ask::Introspect)],
        allowed: "whoever may ask is answered",
        mend: "Ask for a client's or a resource server's credential before a token is looked at.",
        ask: by_anybody,
    },
    Inquiry {
        class: "token-lifecycle/intro-cache-stale",
        needs: &[Need::Tokens, Need::Ask(Ask::RevokeToken)],
        allowed: "the token is let in before it is revoked, and revoking is answered",
        mend: "Remember that a token is active for as short a time as is declared, and never beyond its end.",
        ask: remembered,
    },
    Inquiry {
        class: "token-lifecycle/rt-scope-widening",
        needs: &[Need::Tokens, Need::Place(Ask::Refresh, "scope"), Need::ScopeBeyond],
        allowed: "a refresh with the scope that was granted",
        mend: "Keep with the refresh token what was granted, and refuse a scope beyond it.",
        ask: wider_scope,
    },
];

/// A login with both tokens, which is let in.
fn with_tokens(c: &Conversation<'_>) -> Result<Login, Stop> {
    let login = c.login(0)?;
    if login.access.is_none() {
        return Err(Stop::Undecided("the login gave no access token".to_owned()));
    }
    if !is_let_in(c, "what is live is let in", &login)? {
        return Err(Stop::Undecided("the access token of a login is not let in".to_owned()));
    }
    Ok(login)
}

/// Whether its access token alone is let in.
pub(super) fn is_let_in(c: &Conversation<'_>, does: &str, login: &Login) -> Result<bool, Stop> {
    let with = Credentials { host: c.host(login.user), cookie: None, access: login.access.as_deref() };
    let said = c.who(does, with)?;
    Ok(c.lets_in(&said))
}

fn revoke(c: &Conversation<'_>, does: &str, token: &[u8], hint: &str, client: usize) -> Result<Said, Stop> {
    let filling = Filling { token, hint, client: c.service().client(client), ..Filling::default() };
    c.ask(does, Ask::RevokeToken, &filling, Credentials { host: c.host(0), ..Credentials::default() })
}

fn done(said: &Said, what: &str) -> Result<(), Stop> {
    match said.standing {
        Standing::Granted => Ok(()),
        _ => Err(Stop::Undecided(format!("{what} is answered with status {}", said.response.status))),
    }
}

fn is_refreshed(c: &Conversation<'_>, does: &str, login: &Login) -> Result<bool, Stop> {
    Ok(c.refresh(does, login, "")?.standing == Standing::Granted)
}

fn by_another_client(c: &Conversation<'_>) -> Ended {
    let login = with_tokens(c)?;
    let may = revoke(c, "another client revokes what is no token", NOBODYS, REFRESH, 1)?;
    done(&may, "the other client's request")?;
    let refresh = login.refresh.clone().unwrap_or_default();
    revoke(c, "another client revokes the refresh token", &refresh, REFRESH, 1)?;
    if !is_refreshed(c, "the refresh token afterwards", &login)? {
        return Ruling::broken("another client revoked the refresh token");
    }
    let own = with_tokens(c)?;
    let refresh = own.refresh.clone().unwrap_or_default();
    done(&revoke(c, "its own client revokes it", &refresh, REFRESH, 0)?, "a revocation")?;
    if is_refreshed(c, "the refresh token afterwards", &own)? {
        return Err(Stop::Undecided("its own client does not revoke it either".to_owned()));
    }
    Ok(Ruling::Holds)
}

fn unknown_token(c: &Conversation<'_>) -> Ended {
    let login = with_tokens(c)?;
    let (token, hint) = match (&login.refresh, &login.access) {
        (Some(refresh), _) => (refresh, REFRESH),
        (None, access) => (access.as_ref().expect("it has one"), ACCESS),
    };
    done(&revoke(c, "a live token is revoked", token, hint, 0)?, "a revocation")?;
    for (does, token) in [("the same again", &token[..]), ("what is no token is revoked", NOBODYS)] {
        let said = revoke(c, does, token, hint, 0)?;
        if said.standing != Standing::Granted {
            return Ruling::broken(format!("{does}: status {}, where the token was invalid", said.response.status));
        }
    }
    Ok(Ruling::Holds)
}

fn wrong_hint(c: &Conversation<'_>) -> Ended {
    let login = with_tokens(c)?;
    let refresh = login.refresh.clone().unwrap_or_default();
    done(&revoke(c, "a refresh token is revoked", &refresh, REFRESH, 0)?, "a revocation")?;
    if is_refreshed(c, "the refresh token afterwards", &login)? {
        return Err(Stop::Undecided("a revoked refresh token is honoured with the right hint too".to_owned()));
    }
    let login = with_tokens(c)?;
    let refresh = login.refresh.clone().unwrap_or_default();
    let said = revoke(c, "a refresh token is revoked as if it were an access token", &refresh, ACCESS, 0)?;
    if is_refreshed(c, "the refresh token afterwards", &login)? {
        let status = said.response.status;
        return Ruling::broken(format!(
            "a refresh token is honoured that was revoked with the hint {ACCESS} (status {status})"
        ));
    }
    Ok(Ruling::Holds)
}

fn access_alone(c: &Conversation<'_>) -> Ended {
    let login = with_tokens(c)?;
    let access = login.access.clone().unwrap_or_default();
    done(&revoke(c, "the access token is revoked", &access, ACCESS, 0)?, "the revocation of an access token")?;
    let lag = c.service().policy.revocation_lag.unwrap_or_default().as_secs();
    if lag > 0 {
        c.pass(lag + 1)?;
    }
    if is_let_in(c, "the access token afterwards", &login)? {
        return Err(Stop::Undecided("a revoked access token is let in".to_owned()));
    }
    if is_refreshed(c, "the refresh token of the same grant", &login)? {
        return Ruling::broken("the refresh token of a revoked access token is honoured");
    }
    Ok(Ruling::Holds)
}

fn introspect(c: &Conversation<'_>, does: &str, token: &[u8]) -> Result<Said, Stop> {
    let filling = Filling { token, client: c.service().client(0), ..Filling::default() };
    c.ask(does, Ask::Introspect, &filling, Credentials { host: c.host(0), ..Credentials::default() })
}

fn is_active(said: &Said) -> bool {
    said.standing == Standing::Granted && said.json.get("active") == Some(&Value::Bool(true))
}

fn active(c: &Conversation<'_>) -> Result<Login, Stop> {
    let login = with_tokens(c)?;
    let said = introspect(c, "a live token is looked into", login.access.as_deref().unwrap_or_default())?;
    if is_active(&said) { Ok(login) } else { Err(Stop::Undecided("a live token is not said to be active".to_owned())) }
}

fn inactive(c: &Conversation<'_>) -> Ended {
    let login = active(c)?;
    let mut tokens = vec![("what is no token", NOBODYS.to_vec())];
    let has = |ask| c.service().template(ask).is_some();
    let access = login.access.clone().unwrap_or_default();
    if has(Ask::RevokeToken) {
        done(&revoke(c, "the token is revoked", &access, ACCESS, 0)?, "a revocation")?;
        tokens.push(("a revoked token", access));
    } else if has(Ask::Logout) {
        c.log_out(&login)?;
        tokens.push(("a token after its logout", access));
    }
    if let Some(ttl) = c.service().policy.access_ttl.filter(|_| has(Ask::Advance)) {
        let expired = active(c)?;
        c.pass(ttl.as_secs() + c.service().policy.skew.unwrap_or_default().as_secs() + 1)?;
        tokens.push(("an expired token", expired.access.unwrap_or_default()));
    }
    let mut more = None;
    for (what, token) in tokens {
        let said = introspect(c, what, &token)?;
        if said.standing == Standing::Unavailable || said.standing == Standing::Broken {
            return Err(Stop::Undecided(format!("{what}: status {}", said.response.status)));
        }
        if said.standing != Standing::Granted || said.json.get("active") != Some(&Value::Bool(false)) {
            return Ruling::broken(format!(
                "{what} is not answered with active: false (status {})",
                said.response.status
            ));
        }
        let members = said.json.as_object().into_iter().flatten().map(|(name, _)| name.clone());
        let members: Vec<String> = members.filter(|name| name != "active").collect();
        if !members.is_empty() {
            more.get_or_insert(format!("of {what} it also says {}", members.join(", ")));
        }
    }
    match more {
        None => Ok(Ruling::Holds),
        // RFC 7662 §2.2: SHOULD NOT.
        Some(what) => Ruling::graded(Level::Should, Severity::Low, what),
    }
}

fn by_anybody(c: &Conversation<'_>) -> Ended {
    let login = active(c)?;
    let template = c.service().template(Ask::Introspect).expect("it is needed");
    let json = template.json.clone().map(|mut json| {
        if let Value::Object(members) = &mut json {
            members.retain(|name, _| !is_credential(name));
        }
        json
    });
    let form = template.form.clone().map(|mut form| {
        form.retain(|name, _| !is_credential(name));
        form
    });
    let bare = Template { headers: BTreeMap::new(), json, form, ..template.clone() };
    let filling = Filling { token: login.access.as_deref().unwrap_or_default(), ..Filling::default() };
    let filled = bare.fill_with(&BTreeMap::new(), &filling).map_err(|wrong| Stop::Lacks(wrong.what))?;
    let mut request = Request {
        method: filled.method,
        path: filled.path,
        host: c.host(0).map(<[u8]>::to_vec),
        fields: filled.fields,
        body: filled.body,
    };
    for (name, value) in c.service().headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("authorization")) {
        request = request.with(name, value.as_bytes());
    }
    let said = c.send("somebody without a credential looks into it", Ask::Introspect, &request)?;
    if is_active(&said) {
        Ruling::broken("a token was looked into for somebody without a credential")
    } else {
        Ok(Ruling::Holds)
    }
}

/// Whether a parameter says who the client is (RFC 6749 §2.3.1, RFC 7521 §4.2).
fn is_credential(name: &str) -> bool {
    name.starts_with("client_") || name.starts_with("client-") || name == "client"
}

fn remembered(c: &Conversation<'_>) -> Ended {
    let login = with_tokens(c)?;
    let access = login.access.clone().unwrap_or_default();
    let resource = c.service().template(Ask::Resource).is_some();
    let ask = if resource { Ask::Resource } else { Ask::WhoAmI };
    let with = Credentials { host: c.host(0), cookie: None, access: Some(&access) };
    let said = c.ask("a resource server lets it in", ask, &Filling::default(), with)?;
    done(&said, "a request with a live token")?;
    done(&revoke(c, "the token is revoked", &access, ACCESS, 0)?, "a revocation")?;
    let declared = c.service().policy.revocation_lag;
    ended_within(c, ask, with, declared, "the revocation")
}

/// Looks until credentials are let in no longer.
pub(super) fn ended_within(
    c: &Conversation<'_>,
    ask: Ask,
    with: Credentials<'_>,
    declared: Option<Duration>,
    after: &str,
) -> Ended {
    let lag = declared.unwrap_or_default();
    let began = Instant::now();
    loop {
        let asked = began.elapsed();
        let said = c.quietly(ask, with)?;
        if said.standing != Standing::Granted || ask == Ask::WhoAmI && !c.lets_in(&said) {
            c.remark(
                &format!("it is looked again until it is refused, {} ms after {after}", asked.as_millis()),
                "",
                "",
            );
            // Nothing declared is no lag but that of the question itself.
            let is_late = asked > lag + PATIENCE;
            let what = || format!("it was let in for {} ms after {after}", asked.as_millis());
            return if is_late { late(declared, what()) } else { Ok(Ruling::Holds) };
        }
        if asked > lag + LONGEST {
            let what = format!("it is let in still {} ms after {after}", asked.as_millis());
            c.remark(&what, "", &said.response.status.to_string());
            return late(declared, what);
        }
        std::thread::sleep(LOOK);
    }
}

/// Whoever declared a lag breaks their own word; else the texts leave how long.
fn late(declared: Option<Duration>, what: String) -> Ended {
    match declared {
        Some(lag) => Ruling::graded(Level::Should, Severity::High, format!("{what}; {lag:?} are declared")),
        None => Ruling::broken(what),
    }
}

fn wider_scope(c: &Conversation<'_>) -> Ended {
    let scope = c.service().scope.as_ref().expect("it is needed");
    let beyond = scope.beyond.as_deref().unwrap_or_default();
    let login = with_tokens(c)?;
    let said = c.refresh("a refresh with the scope that was granted", &login, &scope.granted)?;
    done(&said, "a refresh with the scope that was granted")?;
    let next = rotated(c, login, &said);
    let said = c.refresh("a refresh with more scope", &next, &format!("{} {beyond}", scope.granted))?;
    if said.standing == Standing::Granted {
        let granted = said.reading().octets(c.service().answer.scope.as_ref());
        // RFC 6749 §5.1: what is not said is as it was asked for.
        let is_wider =
            granted.is_none_or(|granted| granted.split(|octet| *octet == b' ').any(|one| one == beyond.as_bytes()));
        if is_wider {
            return Ruling::broken(format!("a refresh was granted {beyond}, which the login was not"));
        }
    }
    let Some((first, _)) = scope.granted.split_once(' ') else { return Ok(Ruling::Holds) };
    let login = with_tokens(c)?;
    let said = c.refresh("a refresh with less scope", &login, first)?;
    done(&said, "a refresh with less scope")?;
    let next = rotated(c, login, &said);
    let said = c.refresh("a refresh with the scope that was granted at first", &next, &scope.granted)?;
    if said.standing == Standing::Denied {
        // RFC 6749 §6: the new refresh token's scope is that of the one before.
        return Ruling::graded(
            Level::Should,
            Severity::Low,
            "after a refresh with less scope the scope that was granted is refused",
        );
    }
    Ok(Ruling::Holds)
}

/// A login with what a refresh gave: the refresh token stays where there is no other.
fn rotated(c: &Conversation<'_>, login: Login, said: &Said) -> Login {
    let given = c.given(login.user, said);
    Login { access: given.access.or(login.access), refresh: given.refresh.or(login.refresh), ..login }
}

const NOBODYS: &[u8] = b"a-token-that-nobody-was-given";
const ACCESS: &str = "access_token";
const REFRESH: &str = "refresh_token";

/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// How long what was ended may be let in where nothing is declared: a request and its answer.
const PATIENCE: Duration = Duration::from_millis(250);

/// How long is looked.
const LONGEST: Duration = Duration::from_secs(2);
