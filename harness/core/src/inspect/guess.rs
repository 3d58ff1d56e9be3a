//! Whether a token is signed with a secret that everybody knows. Takes a token, tries a short list that is compiled in; gives
//! which of them it was. The work is bounded: the list is short, and of a token longer than is usual nothing is tried. Never
//! tries what is not on the list.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use token_assay_model::{Level, Severity};

use super::rules::{Example, Hit, Need, Rule, Ruling, View, broken};
use super::token::{Role, Token};
use crate::reference::key::mac;

/// A secret that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guess {
    /// It, as it stands on the list.
    pub secret: &'static str,
    /// Whether what it is the base64 of is the key.
    pub is_decoded: bool,
}

/// The list: one a line; what begins with `# ` is a remark.
pub fn secrets() -> impl Iterator<Item = &'static str> {
    let empty = std::iter::once("");
    empty.chain(include_str!("secrets.txt").lines().filter(|line| !line.starts_with("# ") && !line.is_empty()))
}

/// Which secret of the list signed the token; nothing where none did, or where no secret signs.
pub fn guess(token: &Token) -> Option<Guess> {
    (0..token.headers().len()).find_map(|of| guess_one(token, of))
}

fn guess_one(token: &Token, of: usize) -> Option<Guess> {
    let headers = token.headers();
    let algorithm = super::rules::text(headers.get(of)?, "alg")?.parse().ok()?;
    let signature = token.all(Role::Signature).find(|part| part.of == of)?;
    let message = token.signing_input(of).filter(|message| message.len() <= LONGEST)?;
    let is_key = |secret: &[u8]| mac(algorithm, secret, &message).is_some_and(|mac| mac == signature.octets);
    mac(algorithm, b"", b"")?;
    secrets().find_map(|secret| {
        if is_key(secret.as_bytes()) {
            return Some(Guess { secret, is_decoded: false });
        }
        let decoded = STANDARD.decode(secret).or_else(|_| URL_SAFE_NO_PAD.decode(secret)).ok()?;
        (!decoded.is_empty() && is_key(&decoded)).then_some(Guess { secret, is_decoded: true })
    })
}

/// As many octets as a token has that is tried.
const LONGEST: usize = 1 << 16;

fn weak_secret(view: &View<'_>) -> Ruling {
    let is_keyed = (0..view.headers.len()).any(|of| view.algorithm(of).is_some_and(|algorithm| algorithm.is_hmac()));
    if !is_keyed || view.token.is_encrypted() {
        return Ruling::Silent;
    }
    if !view.settings.guesses {
        return Ruling::Needs(Need::Guesses);
    }
    let found = guess(view.token).map(|found| match (found.secret, found.is_decoded) {
        ("", _) => Hit::at("signature", "the secret is empty"),
        (secret, false) => Hit::at("signature", format!("the secret is {secret:?}")),
        (secret, true) => Hit::at("signature", format!("the secret is what {secret:?} is the base64 of")),
    });
    broken(found.into_iter().collect())
}

pub(super) static WEAK_SECRET: Rule = Rule {
    id: "weak-secret",
    title: "The token is signed with a secret that everybody knows: anybody can make such tokens.",
    level: Level::Must,
    severity: Severity::Critical,
    references: &["RFC 8725 §3.5", "RFC 7518 §3.2", "RFC 2104 §3"],
    cwe: Some(521),
    mend: "Make a random key of 32 octets or more (`openssl rand -base64 48`), and end every token signed with this one.",
    judge: weak_secret,
    falls: Example::header(super::rules::SOUND_HEADER).guessed("changeme"),
    clean: Example::header(super::rules::SOUND_HEADER).guessed("rLkQx1mTz7PqvB8cHs2Yd6Nf0GaWjE4u"),
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_list_is_short_and_names_nothing_twice() {
        let list: Vec<&str> = secrets().collect();
        let distinct: BTreeSet<&str> = list.iter().copied().collect();
        let twice: Vec<&&str> =
            list.iter().enumerate().filter(|(at, s)| list[..*at].contains(s)).map(|(_, s)| s).collect();
        assert_eq!(distinct.len(), list.len(), "{twice:?}");
        assert!((150..=400).contains(&list.len()), "{}", list.len());
        assert!(list.iter().all(|secret| secret.trim() == *secret));
    }

    #[test]
    fn secrets_are_found_for_each_algorithm_and_as_base64() {
        for (header, secret) in [
            (r#"{"alg":"HS256"}"#, "secret"),
            (r#"{"alg":"HS384"}"#, "your-384-bit-secret"),
            (r#"{"alg":"HS512"}"#, ""),
        ] {
            let token = super::super::read_token(Example::header(header).guessed(secret).text().as_bytes()).unwrap();
            assert_eq!(guess(&token), Some(Guess { secret, is_decoded: false }), "{header}");
        }
        let decoded = r#"{"alg":"HS256"}"#;
        // What `secret12` is the base64 of.
        let octets = STANDARD.decode("secret12").unwrap();
        let text = Example::header(decoded).text();
        let input = text.rsplit_once('.').unwrap().0;
        let algorithm = token_assay_model::Algorithm::Hs256;
        let signature = URL_SAFE_NO_PAD.encode(mac(algorithm, &octets, input.as_bytes()).unwrap());
        let token = super::super::read_token(format!("{input}.{signature}").as_bytes()).unwrap();
        assert_eq!(guess(&token), Some(Guess { secret: "secret12", is_decoded: true }));
    }

    #[test]
    fn a_token_that_no_secret_signs_is_not_tried() {
        let token = super::super::read_token(Example::header(r#"{"alg":"RS256"}"#).text().as_bytes()).unwrap();
        assert_eq!(guess(&token), None);
    }
}
