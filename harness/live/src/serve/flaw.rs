//! What the served service does wrong on purpose in front of the logins: in its answers, its endpoints, its log. Each is one mistake
//! of a sound service, and named with the rows of the catalogue that it breaks. What is wrong with the logins themselves is a
//! [`Fault`](token_assay::sessions::faults::Fault).

use std::fmt;

use token_assay::sessions::policy::Kind;

/// A mistake of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It does not ask where a request comes from, and its cookie goes everywhere.
    AnyOrigin,
    /// It logs out by GET.
    LogoutByGet,
    /// It takes the form token of any session.
    AnyFormToken,
    /// It compares the form token with the cookie beside it.
    DoubleSubmit,
    /// Its cookie is called `sid`.
    PlainName,
    /// It takes ids from the query.
    IdInQuery,
    /// It takes a gateway's word from anybody.
    TrustsGateway,
    /// It says why a credential is refused.
    TellsWhy,
    /// It answers with how it fell over.
    ShowsTrace,
    /// It says whether a login that is logged out of was ever there.
    TellsLogouts,
    /// Its cookies are encrypted with one nonce.
    OneNonce,
    /// Its cookies are signed with a word.
    WeakSecret,
    /// A step up keeps the id.
    StepUpKeepsId,
    /// It counts logins before it enters one.
    CountsFirst,
    /// It answers that a login was ended, and ends none.
    TerminatesNothing,
    /// It refuses to revoke what it does not know.
    UnknownRefused,
    /// It looks only where the hint says.
    TrustsHint,
    /// It revokes whatever a client asks for.
    RevokesForeign,
    /// Of a revoked access token the refresh token lives on.
    RevokesOne,
    /// It says of an inactive token whose it was.
    TellsInactive,
    /// It looks into tokens for anybody.
    IntrospectsForAll,
    /// It remembers that a token was active.
    RemembersActive,
    /// It grants whatever scope is asked for.
    WidensScope,
    /// It takes a token twice.
    TakesTwice,
    /// It remembers a token's name before it looks at the signature.
    RemembersFirst,
    /// It looks for the scope anywhere in the text.
    ScopeInside,
    /// It logs what it is given.
    LogsRaw,
    /// It logs nothing.
    LogsNothing,
    /// It logs the credential.
    LogsCredential,
    /// Its other node remembers whom it let in.
    NodeRemembers,
}

/// What is known of one.
#[derive(Debug)]
pub struct Row {
    /// It.
    pub flaw: Flaw,
    /// Its name.
    pub name: &'static str,
    /// A service that …
    pub does: &'static str,
    /// In a service of this kind.
    pub kind: Kind,
    /// The rows that it breaks, the first by itself.
    pub breaks: &'static [&'static str],
}

impl Flaw {
    /// All of them.
    pub const ALL: &'static [Row] = ROWS;

    /// What is known of it.
    ///
    /// # Panics
    ///
    /// Never: each has a row, which a test holds.
    pub fn row(self) -> &'static Row {
        ROWS.iter().find(|row| row.flaw == self).expect("each has a row")
    }

    /// That of a name.
    pub fn named(name: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.name == name).map(|row| row.flaw)
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().name)
    }
}

const fn row(flaw: Flaw, name: &'static str, does: &'static str, kind: Kind, breaks: &'static [&'static str]) -> Row {
    Row { flaw, name, does, kind, breaks }
}

#[rustfmt::skip]
static ROWS: &[Row] = &[
    row(Flaw::AnyOrigin, "any-origin", "does not ask where a request comes from", Kind::Session,
        &["session-store/ss-csrf-missing", "session-store/ss-logout-csrf-get"]),
    row(Flaw::LogoutByGet, "logout-by-get", "logs out by GET", Kind::Session, &["session-store/ss-logout-csrf-get"]),
    row(Flaw::AnyFormToken, "any-form-token", "takes the form token of any session", Kind::Session,
        &["session-store/ss-csrf-unbound", "cookie-header/hdr-toss-csrf-cookie"]),
    row(Flaw::DoubleSubmit, "double-submit", "compares the form token with the cookie beside it", Kind::Session,
        &["cookie-header/hdr-toss-csrf-cookie"]),
    row(Flaw::PlainName, "plain-name", "calls its cookie sid", Kind::Session, &["cookie-header/hdr-toss-subdomain"]),
    row(Flaw::IdInQuery, "id-in-query", "takes ids from the query", Kind::Session, &["session-store/ss-fixation-via-url"]),
    row(Flaw::TrustsGateway, "trusts-gateway", "takes a gateway's word from anybody", Kind::Session,
        &["transport/tr-header-case-spoof"]),
    row(Flaw::TellsWhy, "tells-why", "says why a token is refused", Kind::Jwt, &["metamorphic/meta-error-uniformity"]),
    row(Flaw::ShowsTrace, "shows-trace", "answers with how it fell over", Kind::Session, &["protected-cookie/sig-error-shape"]),
    row(Flaw::TellsLogouts, "tells-logouts", "says whether a login was ever there", Kind::Session,
        &["session-store/ss-logout-idempotent"]),
    row(Flaw::OneNonce, "one-nonce", "encrypts its cookies with one nonce", Kind::Session, &["protected-cookie/enc-nonce-reuse"]),
    row(Flaw::WeakSecret, "weak-secret", "signs its cookies with a word", Kind::Session, &["protected-cookie/sig-weak-secret"]),
    row(Flaw::StepUpKeepsId, "step-up-keeps-id", "keeps the id at a step up", Kind::Session, &["session-store/ss-fixation-privilege"]),
    row(Flaw::CountsFirst, "counts-first", "counts logins before it enters one", Kind::Session, &["session-store/ss-concurrent-limit"]),
    row(Flaw::TerminatesNothing, "terminates-nothing", "says that it has ended a login, and has not", Kind::Session,
        &["session-store/ss-admin-terminate"]),
    row(Flaw::UnknownRefused, "unknown-refused", "refuses to revoke what it does not know", Kind::Jwt,
        &["token-lifecycle/rev-unknown-token"]),
    row(Flaw::TrustsHint, "trusts-hint", "looks only where the hint says", Kind::Jwt, &["token-lifecycle/rev-hint-wrong"]),
    row(Flaw::RevokesForeign, "revokes-foreign", "revokes for any client", Kind::Jwt, &["token-lifecycle/rev-foreign-token"]),
    row(Flaw::RevokesOne, "revokes-one", "revokes an access token alone", Kind::Jwt, &["token-lifecycle/rev-access-cascades"]),
    row(Flaw::TellsInactive, "tells-inactive", "says of an inactive token more than that", Kind::Jwt, &["token-lifecycle/intro-inactive"]),
    row(Flaw::IntrospectsForAll, "introspects-for-all", "looks into tokens for anybody", Kind::Jwt, &["token-lifecycle/intro-unauth"]),
    row(Flaw::RemembersActive, "remembers-active", "remembers that a token was active", Kind::Jwt, &["token-lifecycle/intro-cache-stale"]),
    row(Flaw::WidensScope, "widens-scope", "grants whatever scope is asked for", Kind::Jwt, &["token-lifecycle/rt-scope-widening"]),
    row(Flaw::TakesTwice, "takes-twice", "takes a token twice", Kind::Jwt, &["claims/jti-replay"]),
    row(Flaw::RemembersFirst, "remembers-first", "remembers a token before it looks at its signature", Kind::Jwt,
        &["claims/jti-recorded-before-verify"]),
    row(Flaw::ScopeInside, "scope-inside", "looks for a scope anywhere in the text", Kind::Jwt, &["claims/scope-confusion"]),
    row(Flaw::LogsRaw, "logs-raw", "logs what it is given as it is", Kind::Session, &["dos/dos-log-injection"]),
    row(Flaw::LogsNothing, "logs-nothing", "logs nothing", Kind::Session, &["session-store/ss-log-failed"]),
    row(Flaw::LogsCredential, "logs-credential", "logs the credential", Kind::Session, &["token-lifecycle/life-log-reuse"]),
    row(Flaw::NodeRemembers, "node-remembers", "has a node that remembers whom it let in", Kind::Session,
        &["token-lifecycle/rev-lag-propagation"]),
];
