//! What another node, or another application, makes of a login.

use super::conversation::Conversation;
use super::endpoints::ended_within;
use super::{Ended, Inquiry, Need, Ruling, Stop};
use crate::dialogue::{Credentials, Dialogue};
use crate::service::{Ask, Service, Wrong};

pub(super) const INQUIRIES: &[Inquiry] = &[
    Inquiry {
        class: "token-lifecycle/rev-lag-propagation",
        needs: &[Need::Node, Need::Ask(Ask::Logout)],
        allowed: "the other node lets the login in before its end",
        mend: "Ask the store that all nodes share, or tell every node; declare how long that takes.",
        ask: at_another_node,
    },
    Inquiry {
        class: "session-store/ss-cross-app-store",
        needs: &[Need::Other],
        allowed: "the other application lets its own login in",
        mend: "Give each application a secret, and a prefix in the store, of its own; bind what it gives to its audience.",
        ask: at_another_application,
    },
];

fn beside(c: &Conversation<'_>, service: Service) -> Result<Dialogue, Stop> {
    c.dialogue().beside(service).map_err(|Wrong { what, .. }| Stop::Lacks(what))
}

fn at_another_node(c: &Conversation<'_>) -> Ended {
    for url in &c.service().nodes {
        let dialogue = beside(c, c.service().node(url))?;
        let node = c.with(&dialogue);
        let login = c.login(0)?;
        c.must_be_live(&login)?;
        if !node.is_live("another node lets the login in", &login)? {
            return Err(Stop::Undecided(format!("the node at {url} does not know the login")));
        }
        c.log_out(&login)?;
        let cookie = login.cookie();
        let with = node.credentials(&login, cookie.as_deref());
        let declared = c.service().policy.revocation_lag;
        let ruling = ended_within(&node, Ask::WhoAmI, with, declared, "the logout at the first node")?;
        if ruling != Ruling::Holds {
            return Ok(ruling);
        }
    }
    Ok(Ruling::Holds)
}

fn at_another_application(c: &Conversation<'_>) -> Ended {
    let service = c.service().other.as_deref().cloned().expect("it is needed");
    if service.template(Ask::Login).is_none() || service.template(Ask::WhoAmI).is_none() || service.users.is_empty() {
        return Err(Stop::Lacks("other.request.login, other.request.who-am-i and an other.user".to_owned()));
    }
    let dialogue = beside(c, service)?;
    let other = c.with(&dialogue);
    let theirs = other.login(0)?;
    other.must_be_live(&theirs)?;
    let with = Credentials { host: other.host(0), ..Credentials::default() };
    if other.lets_in(&other.who("it lets nobody in without a credential", with)?) {
        return Err(Stop::Undecided("the other application lets anybody in".to_owned()));
    }
    let own = c.login(0)?;
    c.must_be_live(&own)?;
    if let (Some((name, _)), Some((_, value))) = (&theirs.session, &own.session) {
        let cookie = [name, &b"="[..], value].concat();
        let with = Credentials { cookie: Some(&cookie), ..with };
        if other.lets_in(&other.who("this one's session cookie at the other application", with)?) {
            return Ruling::broken("the session cookie of this application is let in by the other");
        }
    }
    if let (Some(_), Some(access)) = (&theirs.access, &own.access) {
        let with = Credentials { access: Some(access), ..with };
        if other.lets_in(&other.who("this one's access token at the other application", with)?) {
            return Ruling::broken("the access token of this application is let in by the other");
        }
    }
    if theirs.session.is_none() && theirs.access.is_none() {
        return Err(Stop::Undecided("the other application's login gives neither cookie nor token".to_owned()));
    }
    Ok(Ruling::Holds)
}
