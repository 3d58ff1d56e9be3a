//! What must hold of every service that logs users in. A row each: the sentence of a finding, the clause, how bad it is, what to
//! do. Each has a strawman: a fault of the reference service that breaks it ([`super::faults`]). Judges nothing: the model, the
//! surface and the engine do, and name what was broken.

use token_assay_model::{Level, Severity};

words! {
    /// What must hold.
    Invariant;
    /// No credential of an ended login comes back.
    NoResurrection = "no-resurrection",
    /// A logout ends what it says it ends.
    LogoutEnds = "logout-ends",
    /// Another password ends the other logins.
    PasswordEnds = "password-ends",
    /// Disabling a user ends the logins.
    DisableEnds = "disable-ends",
    /// A login needs the right password of a user who is not disabled.
    LoginGuarded = "login-guarded",
    /// A login gives an id that nobody had.
    FreshId = "fresh-id",
    /// The id from before a login is dead.
    OldIdDead = "old-id-dead",
    /// A refresh token that is shown again ends the family.
    ReuseEnds = "reuse-ends-family",
    /// A family has one live refresh token.
    OneLeaf = "one-live-leaf",
    /// A refresh token is its client's.
    ClientBound = "client-bound",
    /// A credential counts for its user.
    PrincipalIntegrity = "principal-integrity",
    /// A credential counts at its tenant alone.
    TenantBound = "tenant-bound",
    /// A role that was taken away is gone.
    RolesCurrent = "roles-current",
    /// What nobody was given lets nobody in.
    TamperRefused = "tamper-refused",
    /// One kind of token is not taken for another.
    TokenType = "token-type",
    /// Two credentials in one request are never merged.
    NeverMerged = "never-merged",
    /// What is not used ends.
    IdleTimeout = "idle-timeout",
    /// Everything ends.
    AbsoluteTimeout = "absolute-timeout",
    /// Access tokens end.
    AccessExpires = "access-expires",
    /// A retired key is dead.
    KeysRetired = "keys-retired",
    /// Unknown names of keys cause few requests.
    KeyFetchesBounded = "key-fetches-bounded",
    /// Without the store nobody is let in.
    FailClosed = "fail-closed",
    /// What is listed is what is live.
    ListedAreLive = "listed-are-live",
    /// Nobody touches what is another's.
    NonInterference = "non-interference",
    /// What is live is let in.
    LiveUsable = "live-usable",
    /// The service does not break.
    NeverBroken = "never-broken",
    /// Every Set-Cookie passes the audit.
    CookiesAudited = "cookies-audited",
    /// A logout takes the cookie away.
    LogoutDeletes = "logout-deletes-cookie",
    /// Ids cannot be guessed.
    IdsUnpredictable = "ids-unpredictable",
    /// Credentials are shown to their holder alone.
    SecretsKept = "secrets-kept",
    /// A failed verification is logged.
    FailuresLogged = "failures-logged",
}

/// What is said of an invariant.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Which.
    pub invariant: Invariant,
    /// The finding in one sentence.
    pub broken: &'static str,
    /// How firmly the clauses speak.
    pub level: Level,
    /// How bad it is.
    pub severity: Severity,
    /// Clauses.
    pub references: &'static [&'static str],
    /// The weakness.
    pub cwe: u32,
    /// What to do.
    pub mend: &'static str,
}

impl Invariant {
    /// What is said of it.
    pub const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }
}

/// How a model's or an engine's judgement ends where something does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breach {
    /// What does not hold.
    pub invariant: Invariant,
    /// What was seen.
    pub what: &'static str,
}

impl Breach {
    /// A breach.
    pub const fn of(invariant: Invariant, what: &'static str) -> Self {
        Self { invariant, what }
    }
}

const fn row(
    invariant: Invariant,
    severity: Severity,
    cwe: u32,
    broken: &'static str,
    references: &'static [&'static str],
    mend: &'static str,
) -> Row {
    Row { invariant, broken, level: Level::Should, severity, references, cwe, mend }
}

const fn must(row: Row) -> Row {
    Row { level: Level::Must, ..row }
}

static ROWS: [Row; Invariant::ALL.len()] = [
    row(
        Invariant::NoResurrection,
        Severity::Critical,
        613,
        "A login that had ended lets its holder in again.",
        &["OWASP ASVS 5.0 V7.4.1", "OWASP ASVS 5.0 V2.3.3"],
        "Never write a session with an upsert: update only what is still there, in the version that was read, and refuse the \
         request where it is gone. Keep what says that a login has ended at least as long as anything of it can be accepted.",
    ),
    row(
        Invariant::LogoutEnds,
        Severity::Critical,
        613,
        "A credential is accepted after the logout that ended it.",
        &["OWASP ASVS 5.0 V7.4.1", "OWASP ASVS 5.0 V7.4.5", "RFC 7009 §2.1"],
        "End the login on the server, with every credential of it, before the logout is answered; say that it failed where it did.",
    ),
    row(
        Invariant::PasswordEnds,
        Severity::High,
        613,
        "A login outlives the password that it was made with.",
        &["OWASP ASVS 5.0 V7.4.3"],
        "End the user's other logins when the password changes, or offer to.",
    ),
    row(
        Invariant::DisableEnds,
        Severity::High,
        613,
        "A disabled user is still let in.",
        &["OWASP ASVS 5.0 V7.4.2"],
        "End every login of a user who is disabled, refresh tokens among them.",
    ),
    row(
        Invariant::LoginGuarded,
        Severity::Critical,
        287,
        "A login succeeds that must not: with another password, or for a disabled user.",
        &["OWASP ASVS 5.0 V6.3.1", "OWASP ASVS 5.0 V7.4.2"],
        "Check password and state of the account against what is stored when the login is committed.",
    ),
    row(
        Invariant::FreshId,
        Severity::High,
        384,
        "A login keeps, or takes over, an id that the browser had before.",
        &["OWASP ASVS 5.0 V7.2.4", "OWASP WSTG-SESS-03"],
        "Draw a new id at every login, and never take one from the request.",
    ),
    row(
        Invariant::OldIdDead,
        Severity::High,
        384,
        "The id that a browser sent with a login is accepted after it.",
        &["OWASP ASVS 5.0 V7.2.4"],
        "Delete the record of the old id when a login draws a new one.",
    ),
    must(row(
        Invariant::ReuseEnds,
        Severity::High,
        294,
        "A refresh token that was used before is honoured, or its family lives on.",
        &["RFC 9700 §4.14.2", "OWASP ASVS 5.0 V10.4.5"],
        "Refuse a refresh token that was used, and end every token of its family.",
    )),
    must(row(
        Invariant::OneLeaf,
        Severity::High,
        367,
        "A family has two refresh tokens that work, or one that never changes.",
        &["RFC 9700 §4.14.2", "RFC 9700 §2.2.2", "OWASP ASVS 5.0 V2.3.4"],
        "Rotate by comparing and setting: one of two requests that show the same token wins, the other is refused or gets the \
         same successor.",
    )),
    must(row(
        Invariant::ClientBound,
        Severity::High,
        863,
        "A client refreshes with another client's token.",
        &["RFC 6749 §6", "RFC 6749 §10.4"],
        "Keep the client with the family and compare.",
    )),
    row(
        Invariant::PrincipalIntegrity,
        Severity::Critical,
        639,
        "A credential counts for another user than it was given to.",
        &["OWASP ASVS 5.0 V8.2.2"],
        "Take the user from the record or the signed claims of that login, and from nowhere else.",
    ),
    row(
        Invariant::TenantBound,
        Severity::Critical,
        639,
        "A credential of one tenant is accepted at another.",
        &["OWASP ASVS 5.0 V8.4.1"],
        "Keep the tenant with the login and refuse requests to another host; never take it from the request.",
    ),
    row(
        Invariant::RolesCurrent,
        Severity::High,
        863,
        "A role that was taken away is still there.",
        &["OWASP ASVS 5.0 V8.3.2"],
        "Read roles where they are kept, at each request to a session and at each refresh.",
    ),
    must(row(
        Invariant::TamperRefused,
        Severity::Critical,
        347,
        "A credential that nobody was given lets somebody in.",
        &["OWASP ASVS 5.0 V9.1.1", "RFC 8725 §3.2", "RFC 7515 §5.2"],
        "Verify every signature, under the one algorithm that is expected, with a key that is trusted by name.",
    )),
    must(row(
        Invariant::TokenType,
        Severity::High,
        843,
        "One kind of token is accepted for another.",
        &["OWASP ASVS 5.0 V9.2.2", "RFC 9068 §4", "RFC 8725 §3.11"],
        "Give kinds of tokens different forms, and check the kind.",
    )),
    row(
        Invariant::NeverMerged,
        Severity::High,
        436,
        "Two credentials of different logins in one request make a principal that neither is.",
        &["OWASP ASVS 5.0 V8.2.2"],
        "Refuse a request with two credentials that do not belong together, or say which counts and ignore the other.",
    ),
    row(
        Invariant::IdleTimeout,
        Severity::High,
        613,
        "A login that was not used for longer than the policy allows is accepted.",
        &["OWASP ASVS 5.0 V7.3.1", "NIST SP 800-63B-4 §5.2"],
        "Keep the time of the last use with the login and compare it at each request.",
    ),
    row(
        Invariant::AbsoluteTimeout,
        Severity::High,
        613,
        "A login that is older than the policy allows is accepted.",
        &["OWASP ASVS 5.0 V7.3.2", "OWASP ASVS 5.0 V10.4.8"],
        "Keep the time of the login, never move it, and compare it at each request and refresh.",
    ),
    must(row(
        Invariant::AccessExpires,
        Severity::High,
        613,
        "An access token is accepted after its end, or after that of its login.",
        &["RFC 7519 §4.1.4", "OWASP ASVS 5.0 V9.2.1", "OWASP ASVS 5.0 V10.4.8"],
        "Give access tokens an end that is no later than their login's, and refuse them after it.",
    )),
    row(
        Invariant::KeysRetired,
        Severity::High,
        324,
        "A token is accepted whose key was retired, or given away, longer ago than keys may be remembered.",
        &["OWASP ASVS 5.0 V11.1.1", "OWASP ASVS 5.0 V13.1.4"],
        "Ask for keys again when the declared time is over, and drop those that are not served any more.",
    ),
    row(
        Invariant::KeyFetchesBounded,
        Severity::Medium,
        770,
        "Each token with an unknown key name makes the service ask for keys.",
        &["OpenID Connect Core 1.0 §10.1.1", "RFC 8725 §3.10"],
        "Limit how often an unknown name causes keys to be asked for.",
    ),
    row(
        Invariant::FailClosed,
        Severity::High,
        636,
        "Somebody is let in while the store that would know does not answer.",
        &["OWASP ASVS 5.0 V16.5.3"],
        "Refuse what cannot be looked up; answer 503.",
    ),
    row(
        Invariant::ListedAreLive,
        Severity::Medium,
        613,
        "The list of a user's logins is not that of those that are live.",
        &["OWASP ASVS 5.0 V7.5.2"],
        "List what a request would be let in with.",
    ),
    row(
        Invariant::NonInterference,
        Severity::High,
        639,
        "A user sees, or ends, a login of another user.",
        &["OWASP ASVS 5.0 V8.2.2"],
        "Look handles up among the asking user's own logins.",
    ),
    row(
        Invariant::LiveUsable,
        Severity::Medium,
        755,
        "A login that is live is refused.",
        &["OWASP ASVS 5.0 V7.1.1"],
        "Let in what the policy says is live until its end.",
    ),
    row(
        Invariant::NeverBroken,
        Severity::High,
        755,
        "A request makes the service break.",
        &["OWASP ASVS 5.0 V16.5.3"],
        "Answer 4xx to what cannot be read and 503 where something is missing.",
    ),
    row(
        Invariant::CookiesAudited,
        Severity::Medium,
        1004,
        "A Set-Cookie line does not protect the session that it carries.",
        &["OWASP ASVS 5.0 V3.3.1", "OWASP ASVS 5.0 V3.3.4", "draft-ietf-httpbis-rfc6265bis §4.1.3"],
        "Send __Host-…; Path=/; Secure; HttpOnly; SameSite=Lax; `assay inspect` says what a line lacks.",
    ),
    row(
        Invariant::LogoutDeletes,
        Severity::Medium,
        613,
        "A logout leaves the session cookie in the browser.",
        &["draft-ietf-httpbis-rfc6265bis §5.7 step 23", "OWASP ASVS 5.0 V14.3.1"],
        "Delete with the name, Path, Domain and Secure that the login sets, and Max-Age=0.",
    ),
    row(
        Invariant::IdsUnpredictable,
        Severity::High,
        331,
        "Session ids can be guessed.",
        &["OWASP ASVS 5.0 V7.2.3", "NIST SP 800-63B-4 §5.1"],
        "Draw 16 octets or more from the system's random source for each id.",
    ),
    row(
        Invariant::SecretsKept,
        Severity::High,
        532,
        "A credential stands where others read it: in the log, or in a list.",
        &["OWASP ASVS 5.0 V16.2.5", "OWASP ASVS 5.0 V14.2.1"],
        "Log a hash or a family's handle; list handles that are no credentials.",
    ),
    row(
        Invariant::FailuresLogged,
        Severity::Low,
        778,
        "A credential was refused, and the log says nothing.",
        &["OWASP ASVS 5.0 V16.3.1", "OWASP ASVS 5.0 V16.3.3"],
        "Log each failed verification, with what it was about and never with the credential.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_invariant_has_its_row_and_says_what_it_has_to() {
        for (invariant, row) in Invariant::ALL.iter().zip(&ROWS) {
            assert_eq!(*invariant, row.invariant);
            for sentence in [row.broken, row.mend] {
                assert!(sentence.ends_with('.') && sentence.len() > 20, "{invariant}: {sentence}");
            }
            assert!(!row.references.is_empty(), "{invariant}");
        }
    }
}
