//! What ends a login or makes it more: an administrator, a step up, one login too many.

use super::browser::with_session;
use super::conversation::{Conversation, Login};
use super::{Ended, Inquiry, Need, Ruling, Stop};
use crate::dialogue::Credentials;
use crate::service::{Ask, Filling, Standing};

pub(super) const INQUIRIES: &[Inquiry] = &[
    Inquiry {
        class: "session-store/ss-admin-terminate",
        needs: &[Need::Ask(Ask::Terminate), Need::Handle],
        allowed: "the user's other login lives on",
        mend: "End the login itself, where every request looks, not what an administrator's page shows of it.",
        ask: terminated,
    },
    Inquiry {
        class: "session-store/ss-fixation-privilege",
        needs: &[Need::Session, Need::Ask(Ask::StepUp)],
        allowed: "the step up is granted, and its session let in",
        mend: "Give a new id with every login, also one for more rights, and end the one before.",
        ask: stepped_up,
    },
    Inquiry {
        class: "session-store/ss-concurrent-limit",
        needs: &[Need::MaxSessions],
        allowed: "the last login of as many as are allowed is let in",
        mend: "Count in the same step that enters a login, not before it.",
        ask: too_many,
    },
];

fn terminated(c: &Conversation<'_>) -> Ended {
    let (ended, other) = (c.login(0)?, c.login(0)?);
    c.must_be_live(&ended)?;
    c.must_be_live(&other)?;
    let filling = Filling { name: c.user(0), handle: &ended.handle, ..Filling::default() };
    let with = Credentials { host: c.host(0), ..Credentials::default() };
    let said = c.ask("an administrator ends the first login", Ask::Terminate, &filling, with)?;
    if said.standing != Standing::Granted {
        let status = said.response.status;
        return Err(Stop::Undecided(format!("the end of a login is answered with status {status}")));
    }
    let lag = c.service().policy.revocation_lag.unwrap_or_default().as_secs();
    if lag > 0 {
        c.pass(lag + 1)?;
    }
    if !c.is_live("the user's other login", &other)? {
        return Err(Stop::Undecided("the end of one login ended the other too".to_owned()));
    }
    if c.is_live("the login that was ended", &ended)? {
        return Ruling::broken("the login that an administrator ended is let in");
    }
    Ok(Ruling::Holds)
}

fn stepped_up(c: &Conversation<'_>) -> Ended {
    let login = with_session(c, 0)?;
    let cookie = login.cookie();
    let password = c.service().users[0].password().map_err(|wrong| Stop::Lacks(wrong.what))?;
    let filling = Filling { name: c.user(0), password: &password, client: c.service().client(0), ..Filling::default() };
    let said = c.ask("a step up", Ask::StepUp, &filling, c.credentials(&login, cookie.as_deref()))?;
    if said.standing != Standing::Granted {
        let status = said.response.status;
        return Err(Stop::Undecided(format!("a step up is answered with status {status}")));
    }
    let next = c.given(0, &said);
    if next.session.is_none() || next.session == login.session {
        return Ruling::broken("the id is the same after a step up");
    }
    c.must_be_live(&next)?;
    if c.is_live("the id from before the step up", &login)? {
        return Ruling::broken("the id from before the step up is let in after it");
    }
    Ok(Ruling::Holds)
}

fn too_many(c: &Conversation<'_>) -> Ended {
    let limit = c.service().policy.max_sessions.unwrap_or(1);
    if limit > MOST {
        return Err(Stop::Lacks(format!("policy.max-sessions of {MOST} or fewer")));
    }
    if c.service().template(Ask::LogoutAll).is_some() {
        let login = c.login(0)?;
        let cookie = login.cookie();
        let with = c.credentials(&login, cookie.as_deref());
        c.ask("earlier logins end", Ask::LogoutAll, &Filling::default(), with)?;
    }
    let mut logins = Vec::new();
    for _ in 0..limit {
        logins.extend(c.try_login(0, None, 0)?.0);
    }
    match logins.last() {
        Some(last) => c.must_be_live(last)?,
        None => return Err(Stop::Undecided("nobody can log in".to_owned())),
    }
    let at_once: Vec<Result<Option<Login>, Stop>> = std::thread::scope(|scope| {
        let log_in = || c.try_login(0, None, 0).map(|(login, _)| login);
        let threads: Vec<_> = (0..=limit).map(|_| scope.spawn(log_in)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a login does not panic")).collect()
    });
    for login in at_once {
        logins.extend(login?);
    }
    let mut live = 0;
    for login in &logins {
        live += usize::from(c.is_live("which logins are live", login)?);
    }
    if live == 0 {
        return Err(Stop::Undecided("no login is live after several at once".to_owned()));
    }
    if live > limit {
        return Ruling::broken(format!("{live} logins of one user are live, and {limit} are declared"));
    }
    Ok(Ruling::Holds)
}

/// A longer limit is not tried.
const MOST: usize = 20;
