//! Tokens that a service's own key signs and the service never gave: a token of its own, one claim changed, signed anew. Without
//! the key nothing of it is shown, but for what a copy with a wrong signature does to a token that is used once.

use serde_json::{Map, Value, json};
use token_assay::forge::{Forge, TestKey, base64url};

use super::conversation::{Conversation, Login};
use super::endpoints::is_let_in;
use super::refusals::with_other_signature;
use super::{Ended, Inquiry, Need, Ruling, Stop};
use crate::dialogue::{Credentials, Said};
use crate::service::{Ask, Filling, Standing};
use crate::verifier::signing_key;

pub(super) const INQUIRIES: &[Inquiry] = &[
    Inquiry {
        class: "token-lifecycle/rev-denylist-no-jti",
        needs: &[Need::Tokens, Need::Key, Need::Ask(Ask::Logout)],
        allowed: "the service's own token, signed anew, is let in before the logout and not after it",
        mend: "Deny by the login or the user that a token names, or refuse tokens without a `jti` that was given.",
        ask: without_jti,
    },
    Inquiry {
        class: "claims/jti-replay",
        needs: &[Need::Tokens, Need::Ask(Ask::Once)],
        allowed: "a token is taken the first time",
        mend: "Remember each `jti` until its token has ended, in one step with the look whether it is there.",
        ask: twice,
    },
    Inquiry {
        class: "claims/jti-recorded-before-verify",
        needs: &[Need::Tokens, Need::Ask(Ask::Once)],
        allowed: "a token is taken of which no copy was shown",
        mend: "Check the signature before a `jti` is remembered.",
        ask: burnt,
    },
    Inquiry {
        class: "claims/scope-confusion",
        needs: &[Need::Tokens, Need::Key, Need::Ask(Ask::Scoped), Need::ScopeNeeded],
        allowed: "the scope that is needed opens, and none does not",
        mend: "Take `scope` apart at blanks, and compare each part as a whole.",
        ask: near_scopes,
    },
];

/// What signs anew.
struct Resigner {
    key: TestKey,
    forge: Forge,
    algorithm: token_assay_model::Algorithm,
}

impl Resigner {
    fn new(c: &Conversation<'_>) -> Result<Self, Stop> {
        let token = c.service().token.as_ref().ok_or_else(|| Stop::Lacks("token".to_owned()))?;
        let key = signing_key(token).map_err(|wrong| Stop::Lacks(wrong.what))?;
        let key = key.ok_or_else(|| Stop::Lacks(Need::Key.to_string()))?;
        Ok(Self { key, forge: Forge::new(0), algorithm: token.algorithm })
    }

    /// The same token with other claims, under the same header.
    fn again(&self, token: &[u8], change: impl FnOnce(&mut Map<String, Value>)) -> Result<Vec<u8>, Stop> {
        let none = || Stop::Lacks("a signed JWT as the access token".to_owned());
        let text = std::str::from_utf8(token).map_err(|_| none())?;
        let mut segments = text.split('.').map(base64url::decode);
        let (Some(Some(header)), Some(Some(payload))) = (segments.next(), segments.next()) else { return Err(none()) };
        let mut claims: Map<String, Value> = serde_json::from_slice(&payload).map_err(|_| none())?;
        change(&mut claims);
        let claims = Value::Object(claims).to_string();
        Ok(self.forge.sign(header, claims, &self.key, self.algorithm).compact().into_bytes())
    }
}

/// A login and its access token.
fn with_access(c: &Conversation<'_>) -> Result<(Login, Vec<u8>), Stop> {
    let login = c.login(0)?;
    let access = login.access.clone().ok_or_else(|| Stop::Undecided("the login gave no access token".to_owned()))?;
    Ok((login, access))
}

/// A way of changing claims.
type Change = fn(&mut Map<String, Value>);

fn without_jti(c: &Conversation<'_>) -> Ended {
    let resigner = Resigner::new(c)?;
    let changes: [(&str, Change); 4] = [
        ("the service's own token, signed anew", |_| {}),
        ("a token without jti", |claims| drop(claims.remove("jti"))),
        ("a token with another's jti", |claims| {
            drop(claims.insert("jti".to_owned(), json!("another-token-of-anybody")));
        }),
        ("a token whose jti is a number", |claims| drop(claims.insert("jti".to_owned(), json!(17)))),
    ];
    let lag = c.service().policy.revocation_lag.unwrap_or_default().as_secs();
    for (number, (what, change)) in changes.into_iter().enumerate() {
        let (login, access) = with_access(c)?;
        let forged = Login { access: Some(resigner.again(&access, change)?), session: None, ..login.clone() };
        let is_taken = is_let_in(c, what, &forged)?;
        if number == 0 && !is_taken {
            return Err(Stop::Undecided("the key in the table does not sign what the service lets in".to_owned()));
        }
        if !is_taken {
            continue;
        }
        c.log_out(&login)?;
        if lag > 0 {
            c.pass(lag + 1)?;
        }
        if number == 0 {
            let plain = Login { session: None, ..login };
            if is_let_in(c, "the service's own token after the logout", &plain)? {
                return Err(Stop::Undecided("no access token ends with its login".to_owned()));
            }
        }
        if is_let_in(c, &format!("{what} after the logout"), &forged)? {
            return Ruling::broken(format!("{what} is let in after the logout"));
        }
    }
    Ok(Ruling::Holds)
}

fn show(c: &Conversation<'_>, ask: Ask, does: &str, token: &[u8]) -> Result<Said, Stop> {
    c.ask(does, ask, &Filling::default(), Credentials { host: c.host(0), cookie: None, access: Some(token) })
}

fn twice(c: &Conversation<'_>) -> Ended {
    let (_, access) = with_access(c)?;
    let said = show(c, Ask::Once, "the first use", &access)?;
    if said.standing != Standing::Granted {
        return Err(Stop::Undecided(format!("a first use is answered with status {}", said.response.status)));
    }
    if show(c, Ask::Once, "the second use", &access)?.standing == Standing::Granted {
        return Ruling::broken("a token was taken twice that may be used once");
    }
    Ok(Ruling::Holds)
}

fn burnt(c: &Conversation<'_>) -> Ended {
    let (_, plain) = with_access(c)?;
    let said = show(c, Ask::Once, "a token of which no copy was shown", &plain)?;
    if said.standing != Standing::Granted {
        return Err(Stop::Undecided(format!("a first use is answered with status {}", said.response.status)));
    }
    let (_, access) = with_access(c)?;
    let copy = std::str::from_utf8(&access).ok().and_then(with_other_signature);
    let Some(copy) = copy else { return Err(Stop::Lacks("a signed JWT as the access token".to_owned())) };
    if show(c, Ask::Once, "a copy with a wrong signature", copy.as_bytes())?.standing == Standing::Granted {
        return Err(Stop::Undecided("a token with a wrong signature is taken".to_owned()));
    }
    if show(c, Ask::Once, "the genuine token", &access)?.standing == Standing::Denied {
        return Ruling::broken("a token is refused because a copy with a wrong signature was shown before");
    }
    Ok(Ruling::Holds)
}

fn near_scopes(c: &Conversation<'_>) -> Ended {
    let resigner = Resigner::new(c)?;
    let needed = c.service().scope.as_ref().and_then(|scope| scope.needed.as_deref()).unwrap_or_default();
    let (_, access) = with_access(c)?;
    let opens = |what: &str, scope: Value| -> Result<bool, Stop> {
        let token = resigner.again(&access, |claims| {
            claims.remove("scp");
            claims.insert("scope".to_owned(), scope);
        })?;
        Ok(show(c, Ask::Scoped, what, &token)?.standing == Standing::Granted)
    };
    if !opens("the scope that is needed", json!(needed))? || !opens("it among others", json!(format!("a {needed} b")))?
    {
        return Err(Stop::Undecided("a token with the scope that is needed is not let in".to_owned()));
    }
    if opens("another scope", json!("nothing-of-it"))? {
        return Err(Stop::Undecided("a token with another scope is let in".to_owned()));
    }
    let swapped: String = needed
        .chars()
        .map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    let near = [
        ("a scope that begins with it", format!("{needed}x")),
        ("a scope that ends with it", format!("x{needed}")),
        ("a scope that holds it", format!("x-{needed}-x")),
        ("it in another case", swapped),
        ("it behind a comma", format!("x,{needed}")),
    ];
    for (what, scope) in near.into_iter().filter(|(_, scope)| scope != needed) {
        if opens(what, json!(scope))? {
            return Ruling::broken(format!("{scope:?} opens what needs {needed:?}"));
        }
    }
    Ok(Ruling::Holds)
}
