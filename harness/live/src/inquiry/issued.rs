//! What a login gives: whether it counts after its end, whether two are told apart, whether a well-known secret protects it. What
//! is guessed is guessed here, from a short list that is compiled in; the service sees nothing of it.

use std::time::Duration;

use token_assay::forge::base64url;
use token_assay::inspect;
use token_assay::reference::protected::SOUND_OPENER;
use token_assay_model::{CookieHeader, CookiePolicy, Scheme};

use super::browser::with_session;
use super::conversation::Conversation;
use super::{Ended, Inquiry, Need, Ruling, Stop};
use crate::dialogue::Credentials;
use crate::service::{Ask, Filling, cookie_of};

pub(super) const INQUIRIES: &[Inquiry] = &[
    Inquiry {
        class: "protected-cookie/sig-replay-after-logout",
        needs: &[Need::Session, Need::Ask(Ask::Logout)],
        allowed: "the cookie is let in before the logout",
        mend: "Keep on the server which logins have ended, and look there for each cookie.",
        ask: after_logout,
    },
    Inquiry {
        class: "protected-cookie/sig-no-server-expiry",
        needs: &[Need::Session],
        allowed: "the cookie is let in before its end",
        mend: "Write the end into what is signed, or keep it on the server; Max-Age is the browser's alone.",
        ask: after_its_end,
    },
    Inquiry {
        class: "session-store/ss-double-login-same-id",
        needs: &[Need::Session, Need::Name, Need::Users(2), Need::Ask(Ask::Visit)],
        allowed: "both users are let in",
        mend: "Draw a new id for each login, and never write a login into a record that another request has read.",
        ask: logins_at_once,
    },
    Inquiry {
        class: "protected-cookie/enc-nonce-reuse",
        needs: &[Need::Session],
        allowed: "logins are let in",
        mend: "Draw each nonce anew from the system's randomness.",
        ask: nonces,
    },
    Inquiry {
        class: "protected-cookie/sig-weak-secret",
        needs: &[],
        allowed: "the login is let in",
        mend: "Make a random secret of 32 octets or more, and end every login that this one protects.",
        ask: weak_secret,
    },
];

fn after_logout(c: &Conversation<'_>) -> Ended {
    let login = with_session(c, 0)?;
    c.log_out(&login)?;
    let lag = c.service().policy.revocation_lag.unwrap_or_default();
    if !lag.is_zero() {
        c.pass(whole_seconds(lag))?;
    }
    let cookie = login.cookie();
    let said =
        c.who("the old cookie again", Credentials { host: c.host(0), cookie: cookie.as_deref(), access: None })?;
    if c.lets_in(&said) { Ruling::broken("the cookie is let in after its logout") } else { Ok(Ruling::Holds) }
}

fn after_its_end(c: &Conversation<'_>) -> Ended {
    let login = with_session(c, 0)?;
    let (name, value) = login.session.clone().unwrap_or_default();
    let name = String::from_utf8_lossy(&name).into_owned();
    let line = login.lines.iter().rev().find(|line| cookie_of(line, &name).as_ref() == Some(&value));
    let max_age = line.and_then(|line| max_age(line));
    let policy = &c.service().policy;
    let declared = [policy.idle, policy.absolute].into_iter().flatten().map(whole_seconds).min();
    // A service may keep a login longer than the browser keeps its cookie, where it says so.
    let Some(end) = declared.or(max_age) else {
        return Err(Stop::Lacks("policy.idle or policy.absolute, or a cookie with Max-Age".to_owned()));
    };
    c.pass(end + whole_seconds(policy.skew.unwrap_or_default()) + 2)?;
    let cookie = login.cookie();
    let said =
        c.who("the cookie after its end", Credentials { host: c.host(0), cookie: cookie.as_deref(), access: None })?;
    if c.lets_in(&said) {
        Ruling::broken(format!("the cookie is let in {end} s after its login and more"))
    } else {
        Ok(Ruling::Holds)
    }
}

fn max_age(line: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(line).to_ascii_lowercase();
    text.split(';').skip(1).filter_map(|attribute| attribute.trim().strip_prefix("max-age=")?.parse().ok()).last()
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

fn logins_at_once(c: &Conversation<'_>) -> Ended {
    for _ in 0..ROUNDS {
        c.forget();
        let with = Credentials { host: c.host(0), ..Credentials::default() };
        let visit = c.ask("a page before any login", Ask::Visit, &Filling::default(), with)?;
        let visitor = c.dialogue().session(&visit);
        if let Some((_, value)) = &visitor {
            c.hide(value, "‹the visitor's id›");
        }
        let visitor = visitor.map(|(name, value)| [&name[..], b"=", &value].concat());
        let log_in = |user| c.login_showing(user, visitor.as_deref(), 0);
        let (first, second) = std::thread::scope(|scope| {
            let other = scope.spawn(|| log_in(1));
            (log_in(0), other.join().expect("a login does not panic"))
        });
        let (first, second) = (first?, second?);
        let both = [&first, &second].map(|login| login.session.as_ref().map(|(_, value)| value.clone()));
        if both[0].is_none() || both[1].is_none() {
            return Err(Stop::Undecided("a login set no session cookie".to_owned()));
        }
        if both[0] == both[1] {
            return Ruling::broken("two users who log in at once are given one id");
        }
        for login in [&first, &second] {
            let cookie = login.cookie();
            let said = c.who("each goes on with what it was given", c.credentials(login, cookie.as_deref()))?;
            if c.lets_in(&said) && c.named(&said) != Some(login.user) {
                return Ruling::broken(format!("the session of {} counts as another user's", c.user(login.user)));
            }
            if !c.lets_in(&said) {
                return Err(Stop::Undecided("of two users who log in at once one is not let in".to_owned()));
            }
        }
    }
    Ok(Ruling::Holds)
}

fn nonces(c: &Conversation<'_>) -> Ended {
    let mut seen: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for _ in 0..LOGINS {
        let login = c.login(0)?;
        let (_, value) = login.session.clone().unwrap_or_default();
        let Some(nonce) = nonce(&value) else {
            return Err(Stop::Lacks("a session cookie of a format whose nonce can be seen".to_owned()));
        };
        if seen.iter().any(|(other, before)| *other == nonce && *before != value) {
            return Ruling::broken(format!("two of {} cookies have one nonce", seen.len() + 1));
        }
        if seen.is_empty() {
            c.must_be_live(&login)?;
        }
        seen.push((nonce, value));
    }
    Ok(Ruling::Holds)
}

/// The nonce of an encrypted cookie, where its format shows it.
fn nonce(value: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(value).ok()?;
    let text = text.replace("%3D", "=").replace("%3d", "=");
    let octets = |text: &str| base64url::decode(text.trim_end_matches('='));
    if let Some(rest) = text.strip_prefix("v4.local.").or_else(|| text.strip_prefix("v3.local.")) {
        return octets(rest.split('.').next()?)?.get(..32).map(<[u8]>::to_vec);
    }
    if text.starts_with("Fe26.2*") {
        return text.split('*').nth(3).filter(|iv| !iv.is_empty()).map(|iv| iv.as_bytes().to_vec());
    }
    let segments: Vec<&str> = text.split('.').collect();
    if segments.len() == 5 && segments[0].starts_with("eyJ") {
        return octets(segments[2]).filter(|iv| !iv.is_empty());
    }
    // Fernet: a version, eight octets of time, the vector, whole blocks, a MAC.
    let octets = octets(&text)?;
    let is_fernet = octets.first() == Some(&0x80) && octets.len() >= 73 && (octets.len() - 57) % 16 == 0;
    is_fernet.then(|| octets[9..25].to_vec())
}

fn weak_secret(c: &Conversation<'_>) -> Ended {
    let login = c.login(0)?;
    c.must_be_live(&login)?;
    let tokens = [login.access.as_ref(), login.refresh.as_ref(), login.session.as_ref().map(|(_, value)| value)];
    let guessed = tokens.into_iter().flatten().find_map(|token| inspect::guess(&inspect::read_token(token)?));
    if let Some(guess) = guessed {
        return Ruling::broken(format!("a token is signed with the well-known secret {:?}", guess.secret));
    }
    let opened = login.session.as_ref().and_then(|(name, value)| opened_by(name, value));
    if let Some((scheme, secret)) = opened {
        return Ruling::broken(format!(
            "the session cookie ({scheme}) is protected by the well-known secret {secret:?}"
        ));
    }
    Ok(Ruling::Holds)
}

/// The scheme and the well-known secret by which a cookie opens.
fn opened_by(name: &[u8], value: &[u8]) -> Option<(&'static str, &'static str)> {
    if value.len() > LONGEST {
        return None;
    }
    let header = CookieHeader::line([name, b"=", value].concat());
    let name = std::str::from_utf8(name).ok()?;
    Scheme::ALL.iter().find_map(|scheme| {
        let purposes = [None, Some("django.contrib.sessions.backends.signed_cookies")];
        let opens = |secret: &&'static str, purpose: Option<&str>| {
            let policy = CookiePolicy {
                name: name.to_owned(),
                scheme: Some(*scheme),
                secrets: vec![(*secret).into()],
                purpose: purpose.map(str::to_owned),
                max_age: None,
            };
            SOUND_OPENER.open(&header, &policy, None).is_ok()
        };
        let found = inspect::secrets().find(|secret| purposes.iter().any(|purpose| opens(secret, *purpose)));
        found.map(|secret| (scheme.as_str(), secret))
    })
}

/// How often two users log in at once.
const ROUNDS: usize = 8;

/// How many logins are compared.
const LOGINS: usize = 12;

/// As much of a cookie as is tried.
const LONGEST: usize = 1 << 13;

#[cfg(test)]
mod tests {
    use token_assay::forge::protected::Mint;

    use super::*;

    #[test]
    fn the_nonce_of_an_encrypted_cookie_is_where_its_format_has_it() {
        let sealed = |scheme, secret: &[u8], nonce: u8| {
            let mut mint = Mint::new(scheme, secret, "{\"user\":\"alice\"}", 1_700_000_000);
            mint.nonce = nonce;
            mint.seal().wire()
        };
        for (scheme, secret) in
            [(Scheme::Fernet, &[7; 32][..]), (Scheme::PasetoV4Local, &[7; 32]), (Scheme::IronSession, &[b'a'; 32])]
        {
            let [one, again, other] = [1, 1, 2].map(|nonce| nonce_of(&sealed(scheme, secret, nonce), scheme));
            assert!(one == again && one != other, "{scheme:?}");
        }
        assert_eq!(nonce(b"an-opaque-id.of-two-halves"), None);
    }

    fn nonce_of(value: &[u8], scheme: Scheme) -> Vec<u8> {
        nonce(value).unwrap_or_else(|| panic!("{scheme:?}: {}", String::from_utf8_lossy(value)))
    }

    #[test]
    fn a_cookie_by_a_well_known_secret_is_opened_and_no_other() {
        for scheme in [Scheme::FlaskSession, Scheme::CookieSignature, Scheme::DjangoSigned] {
            let sealed = |secret: &[u8]| Mint::new(scheme, secret, "{\"user\":\"alice\"}", 1_700_000_000).seal().wire();
            let found = opened_by(b"sid", &sealed(b"keyboard cat"));
            assert_eq!(found.map(|(_, secret)| secret), Some("keyboard cat"), "{scheme:?}");
            assert_eq!(opened_by(b"sid", &sealed(b"rLkQx1mTz7PqvB8cHs2Yd6Nf0GaWjE4u")), None, "{scheme:?}");
        }
    }
}
