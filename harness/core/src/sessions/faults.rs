//! Mistakes that services make, to be planted in the reference service one at a time. A row each: what the service does, in
//! which kinds, and which invariants it may be found by: the strawmen of the invariants. Does nothing by itself; the reference
//! service asks for its fault where it would otherwise be right.

use super::invariants::Invariant;
use super::policy::Kind;

words! {
    /// A mistake.
    Fault;
    /// Records are written whether or not they are still there.
    UpsertOnSave = "upsert-on-save",
    /// A login keeps the visitor's id.
    KeepsIdAtLogin = "keeps-id-at-login",
    /// A login takes over whatever id the browser sends.
    AdoptsUnissuedId = "adopts-unissued-id",
    /// A login draws a new id, and the old one stays.
    OldIdStays = "old-id-stays",
    /// A logout deletes the cookie and nothing else.
    LogoutClearsCookieOnly = "logout-clears-cookie-only",
    /// A logout that the store refuses is answered as done.
    LogoutSwallowsStoreError = "logout-swallows-store-error",
    /// A logout of all ends all but the first.
    LogoutAllSparesOne = "logout-all-spares-one",
    /// A logout of the others ends this login too.
    LogoutOthersEndsOwn = "logout-others-ends-own",
    /// Another password ends nothing.
    PasswordChangeSparesSessions = "password-change-spares-sessions",
    /// The former password still logs in.
    FormerPasswordWorks = "former-password-works",
    /// Disabling ends nothing.
    DisableSparesSessions = "disable-spares-sessions",
    /// Who is disabled logs in.
    DisabledLogsIn = "disabled-logs-in",
    /// Roles are those of the login.
    RoleKept = "role-kept",
    /// The tenant is that of the request.
    TenantFromRequest = "tenant-from-request",
    /// The principal is whoever was asked for last.
    PrincipalFromCache = "principal-from-cache",
    /// Nothing ends by not being used.
    IdleIgnored = "idle-ignored",
    /// Nothing ends by its age.
    AbsoluteIgnored = "absolute-ignored",
    /// Each use counts as a login.
    RenewsAbsolute = "renews-absolute",
    /// Everything lasts a second too long.
    EndsOneLate = "ends-one-late",
    /// Everything ends two seconds early.
    EndsEarly = "ends-early",
    /// What has ended is listed.
    ListsDead = "lists-dead",
    /// The newest login is not listed.
    ListMissesNewest = "list-misses-newest",
    /// Logins of all users of the name are listed.
    ListsOthers = "lists-others",
    /// Whoever has a handle ends what it names.
    RevokesForeign = "revokes-foreign",
    /// A login that was ended by its handle lives.
    RevokeForgets = "revoke-forgets",
    /// Handles are the ids themselves.
    HandleIsId = "handle-is-id",
    /// The cookie lacks HttpOnly.
    CookieWithoutHttpOnly = "cookie-without-httponly",
    /// The cookie lacks Secure, and its name the prefix.
    CookieWithoutSecure = "cookie-without-secure",
    /// A logout leaves the cookie.
    NoDeletionAtLogout = "no-deletion-at-logout",
    /// A logout deletes another cookie.
    DeletionMismatch = "deletion-mismatch",
    /// What was refused is logged whole.
    LogHoldsCredential = "log-holds-credential",
    /// What was refused is not logged.
    FailureNotLogged = "failure-not-logged",
    /// Ids are counted.
    SequentialIds = "sequential-ids",
    /// Who cannot be looked up is let in as last seen.
    FailsOpen = "fails-open",
    /// Logins are looked up in a replica.
    ReadsReplica = "reads-replica",
    /// Logins are remembered in the process for a minute.
    CachesLogins = "caches-logins",
    /// A record that cannot be read is a panic.
    CorruptPanics = "corrupt-panics",
    /// A long credential is a panic.
    LongPanics = "long-panics",
    /// Ids are compared without case.
    FoldsCase = "folds-case",
    /// The secret of an id is not compared.
    SecretIgnored = "secret-ignored",
    /// A spent refresh token is refused, and nothing more.
    ReuseSparesFamily = "reuse-spares-family",
    /// Reuse ends the refresh token and leaves the access token.
    ReuseSparesAccess = "reuse-spares-access",
    /// A spent refresh token is honoured.
    ReuseHonoured = "reuse-honoured",
    /// The grace never ends.
    GraceWithoutEnd = "grace-without-end",
    /// Each retry in the grace gets a successor of its own.
    GraceForksLeaf = "grace-forks-leaf",
    /// The grace goes on after the successor was used.
    GraceAfterUse = "grace-after-use",
    /// A refresh gives the same refresh token.
    NeverRotates = "never-rotates",
    /// A refresh reads, changes and writes, each by itself.
    RefreshNotAtomic = "refresh-not-atomic",
    /// A refresh is not held against its client.
    ClientUnbound = "client-unbound",
    /// A logout leaves access tokens.
    LogoutSparesAccess = "logout-spares-access",
    /// What says that a login has ended is forgotten after a minute.
    DenylistShort = "denylist-short",
    /// It is forgotten when the token expires, and the skew is not counted.
    DenylistWithoutSkew = "denylist-without-skew",
    /// It is kept in the process.
    DenylistInProcess = "denylist-in-process",
    /// It holds tokens as texts.
    DenylistByText = "denylist-by-text",
    /// It is gone with the store, and nobody notices.
    WipeForgetsDenylist = "wipe-forgets-denylist",
    /// An access token is honoured as a refresh token.
    AccessAsRefresh = "access-as-refresh",
    /// A refresh token is honoured as an access token.
    RefreshAsAccess = "refresh-as-access",
    /// Keys are never dropped.
    RetiredKeyForever = "retired-key-forever",
    /// A key that is known to others is dropped with the next restart.
    LeakedKeyTrusted = "leaked-key-trusted",
    /// A token under an unknown name is not verified.
    UnknownKidAccepted = "unknown-kid-accepted",
    /// Each unknown name causes keys to be asked for.
    UnknownKidStorm = "unknown-kid-storm",
    /// Tokens that say none are not verified.
    AlgNoneAccepted = "alg-none-accepted",
    /// The signature is not looked at.
    SignatureIgnored = "signature-ignored",
    /// Access tokens never expire.
    ExpiryIgnored = "expiry-ignored",
    /// Access tokens outlast their login.
    AccessOutlivesFamily = "access-outlives-family",
    /// A refresh takes roles from the token before.
    RefreshKeepsRoles = "refresh-keeps-roles",
    /// The end of the session leaves the tokens.
    SessionEndSparesTokens = "session-end-spares-tokens",
    /// User from the cookie, roles from the token.
    MergesCredentials = "merges-credentials",
}

/// What is said of a fault.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Which.
    pub fault: Fault,
    /// What the service does, behind "a service that".
    pub does: &'static str,
    /// In which kinds it can be.
    pub kinds: &'static [Kind],
    /// By which invariants it may be found.
    pub breaks: &'static [Invariant],
    /// Whether it shows in requests that overlap alone.
    pub needs_overlap: bool,
}

impl Fault {
    /// What is said of it.
    pub const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }
}

const fn row(fault: Fault, kinds: &'static [Kind], does: &'static str, breaks: &'static [Invariant]) -> Row {
    Row { fault, does, kinds, breaks, needs_overlap: false }
}

const fn overlapping(row: Row) -> Row {
    Row { needs_overlap: true, ..row }
}

const ALL: &[Kind] = Kind::ALL;
const SESSIONS: &[Kind] = &[Kind::Session, Kind::Hybrid];
const SESSION: &[Kind] = &[Kind::Session];
const TOKENS: &[Kind] = &[Kind::Jwt, Kind::Hybrid];
const HYBRID: &[Kind] = &[Kind::Hybrid];

use Invariant as I;

static ROWS: [Row; Fault::ALL.len()] = [
    overlapping(row(
        Fault::UpsertOnSave,
        SESSION,
        "writes a login's record whether or not it is still there",
        &[I::NoResurrection, I::OldIdDead, I::LogoutEnds, I::LiveUsable, I::OneLeaf, I::ReuseEnds, I::ListedAreLive],
    )),
    row(Fault::KeepsIdAtLogin, SESSIONS, "keeps the id that it gave to the visitor", &[I::FreshId]),
    row(Fault::AdoptsUnissuedId, SESSIONS, "takes over whatever id comes with the login", &[I::FreshId]),
    row(
        Fault::OldIdStays,
        SESSIONS,
        "leaves the old id valid when a login draws a new one",
        &[I::OldIdDead, I::NoResurrection, I::ListedAreLive],
    ),
    row(
        Fault::LogoutClearsCookieOnly,
        ALL,
        "answers a logout and ends nothing",
        &[I::LogoutEnds, I::NoResurrection, I::ListedAreLive],
    ),
    row(
        Fault::LogoutSwallowsStoreError,
        ALL,
        "answers a logout as done though the store refused it",
        &[I::LogoutEnds, I::FailClosed, I::NoResurrection, I::ListedAreLive],
    ),
    row(
        Fault::LogoutAllSparesOne,
        ALL,
        "spares one login where all are to end",
        &[I::LogoutEnds, I::NoResurrection, I::ListedAreLive, I::RolesCurrent],
    ),
    row(
        Fault::LogoutOthersEndsOwn,
        ALL,
        "ends this login where the others are to end",
        &[I::LiveUsable, I::ListedAreLive],
    ),
    row(
        Fault::PasswordChangeSparesSessions,
        ALL,
        "leaves all logins when the password changes",
        &[I::PasswordEnds, I::NoResurrection, I::ListedAreLive],
    ),
    row(Fault::FormerPasswordWorks, ALL, "accepts the password before", &[I::LoginGuarded, I::NoResurrection]),
    row(
        Fault::DisableSparesSessions,
        ALL,
        "leaves the logins of a user who is disabled",
        &[I::DisableEnds, I::NoResurrection, I::ListedAreLive],
    ),
    row(Fault::DisabledLogsIn, ALL, "lets a disabled user log in", &[I::LoginGuarded, I::NoResurrection]),
    row(Fault::RoleKept, SESSIONS, "keeps the roles of the login", &[I::RolesCurrent, I::LiveUsable]),
    row(Fault::TenantFromRequest, ALL, "takes the tenant from the request", &[I::TenantBound, I::PrincipalIntegrity]),
    row(
        Fault::PrincipalFromCache,
        SESSIONS,
        "remembers who asked last, and answers that",
        &[I::PrincipalIntegrity, I::TenantBound, I::LiveUsable, I::RolesCurrent],
    ),
    row(Fault::IdleIgnored, ALL, "has no idle timeout", &[I::IdleTimeout, I::ListedAreLive]),
    row(Fault::AbsoluteIgnored, ALL, "has no absolute timeout", &[I::AbsoluteTimeout, I::ListedAreLive]),
    row(
        Fault::RenewsAbsolute,
        ALL,
        "starts the absolute timeout anew with each use",
        &[I::AbsoluteTimeout, I::ListedAreLive, I::AccessExpires],
    ),
    row(
        Fault::EndsOneLate,
        ALL,
        "lets everything last a second too long",
        &[
            I::IdleTimeout,
            I::AbsoluteTimeout,
            I::AccessExpires,
            I::ReuseEnds,
            I::ListedAreLive,
            I::LogoutEnds,
            I::NoResurrection,
            I::OldIdDead,
            I::PasswordEnds,
            I::DisableEnds,
        ],
    ),
    row(Fault::EndsEarly, ALL, "ends everything two seconds early", &[I::LiveUsable, I::ListedAreLive]),
    row(Fault::ListsDead, ALL, "lists logins that have ended", &[I::ListedAreLive, I::LiveUsable]),
    row(Fault::ListMissesNewest, ALL, "does not list the newest login", &[I::ListedAreLive]),
    row(Fault::ListsOthers, ALL, "lists the logins of every user of the name", &[I::NonInterference]),
    row(Fault::RevokesForeign, ALL, "ends whatever a handle names", &[I::NonInterference, I::NoResurrection]),
    row(
        Fault::RevokeForgets,
        ALL,
        "answers that a login is ended by its handle, and does not end it",
        &[I::LogoutEnds, I::NoResurrection, I::ListedAreLive],
    ),
    row(Fault::HandleIsId, SESSIONS, "lists ids for handles", &[I::SecretsKept]),
    row(Fault::CookieWithoutHttpOnly, SESSIONS, "sets a cookie that scripts read", &[I::CookiesAudited]),
    row(Fault::CookieWithoutSecure, SESSIONS, "sets a cookie that goes over http", &[I::CookiesAudited]),
    row(Fault::NoDeletionAtLogout, SESSIONS, "leaves the cookie at logout", &[I::LogoutDeletes]),
    row(
        Fault::DeletionMismatch,
        SESSIONS,
        "deletes a cookie of another path at logout",
        &[I::LogoutDeletes, I::CookiesAudited],
    ),
    row(Fault::LogHoldsCredential, ALL, "logs what it refuses, whole", &[I::SecretsKept]),
    row(Fault::FailureNotLogged, ALL, "logs nothing of what it refuses", &[I::FailuresLogged]),
    row(Fault::SequentialIds, SESSIONS, "counts its ids", &[I::IdsUnpredictable]),
    row(
        Fault::FailsOpen,
        ALL,
        "lets in as last seen whom it cannot look up",
        &[
            I::FailClosed,
            I::LogoutEnds,
            I::OldIdDead,
            I::DisableEnds,
            I::NoResurrection,
            I::PasswordEnds,
            I::ReuseEnds,
            I::TenantBound,
        ],
    ),
    row(
        Fault::ReadsReplica,
        ALL,
        "looks logins up in a replica that may be behind",
        &[
            I::LogoutEnds,
            I::NoResurrection,
            I::PasswordEnds,
            I::DisableEnds,
            I::OldIdDead,
            I::ReuseEnds,
            I::LiveUsable,
            I::ListedAreLive,
            I::IdleTimeout,
            I::FailClosed,
        ],
    ),
    row(
        Fault::CachesLogins,
        SESSION,
        "remembers logins in the process for a minute",
        &[
            I::LogoutEnds,
            I::NoResurrection,
            I::PasswordEnds,
            I::DisableEnds,
            I::OldIdDead,
            I::FailClosed,
            I::IdleTimeout,
        ],
    ),
    row(Fault::CorruptPanics, ALL, "panics where a record cannot be read", &[I::NeverBroken]),
    row(Fault::LongPanics, ALL, "panics where a credential is long", &[I::NeverBroken]),
    row(
        Fault::FoldsCase,
        SESSION,
        "compares ids without case and checks what it remembers by their text",
        &[I::LogoutEnds, I::NoResurrection, I::PasswordEnds, I::DisableEnds, I::OldIdDead],
    ),
    row(Fault::SecretIgnored, SESSIONS, "looks at the first half of an id alone", &[I::TamperRefused]),
    row(
        Fault::ReuseSparesFamily,
        TOKENS,
        "refuses a spent refresh token, and leaves the family",
        &[I::ReuseEnds, I::NoResurrection, I::ListedAreLive],
    ),
    row(
        Fault::ReuseSparesAccess,
        TOKENS,
        "ends refresh tokens on reuse, and leaves access tokens",
        &[I::ReuseEnds, I::NoResurrection, I::DisableEnds, I::PasswordEnds, I::LogoutEnds],
    ),
    row(Fault::ReuseHonoured, TOKENS, "honours spent refresh tokens", &[I::ReuseEnds, I::OneLeaf]),
    row(Fault::GraceWithoutEnd, TOKENS, "answers retries for ever", &[I::ReuseEnds]),
    row(Fault::GraceForksLeaf, TOKENS, "gives each retry a refresh token of its own", &[I::OneLeaf]),
    row(Fault::GraceAfterUse, TOKENS, "answers a retry though its successor was used", &[I::ReuseEnds]),
    row(Fault::NeverRotates, TOKENS, "gives the same refresh token again", &[I::OneLeaf]),
    overlapping(row(
        Fault::RefreshNotAtomic,
        TOKENS,
        "reads, changes and writes a family, each by itself",
        &[I::OneLeaf, I::NoResurrection, I::ReuseEnds, I::LogoutEnds, I::LiveUsable],
    )),
    row(Fault::ClientUnbound, TOKENS, "lets any client refresh", &[I::ClientBound]),
    row(
        Fault::LogoutSparesAccess,
        TOKENS,
        "ends refresh tokens at a logout, and leaves access tokens",
        &[I::LogoutEnds, I::NoResurrection, I::PasswordEnds, I::DisableEnds, I::ReuseEnds, I::OldIdDead],
    ),
    row(
        Fault::DenylistShort,
        TOKENS,
        "remembers for a minute that a login has ended",
        &[I::LogoutEnds, I::NoResurrection, I::PasswordEnds, I::DisableEnds, I::ReuseEnds, I::OldIdDead],
    ),
    row(
        Fault::DenylistWithoutSkew,
        TOKENS,
        "forgets that a login has ended before its tokens are refused",
        &[I::LogoutEnds, I::NoResurrection, I::PasswordEnds, I::DisableEnds, I::ReuseEnds, I::OldIdDead],
    ),
    row(
        Fault::DenylistInProcess,
        TOKENS,
        "keeps in the process that a login has ended",
        &[I::LogoutEnds, I::NoResurrection, I::PasswordEnds, I::DisableEnds, I::ReuseEnds, I::OldIdDead],
    ),
    row(
        Fault::DenylistByText,
        TOKENS,
        "remembers ended tokens by their text, and reads lenient base64",
        &[I::LogoutEnds, I::NoResurrection, I::PasswordEnds, I::DisableEnds, I::ReuseEnds, I::OldIdDead],
    ),
    row(
        Fault::WipeForgetsDenylist,
        TOKENS,
        "does not notice that what it remembered is gone",
        &[I::LogoutEnds, I::NoResurrection, I::PasswordEnds, I::DisableEnds, I::ReuseEnds, I::OldIdDead],
    ),
    row(Fault::AccessAsRefresh, TOKENS, "honours an access token as a refresh token", &[I::TokenType]),
    row(Fault::RefreshAsAccess, TOKENS, "honours a refresh token as an access token", &[I::TokenType]),
    row(Fault::RetiredKeyForever, TOKENS, "never drops a key", &[I::KeysRetired]),
    row(
        Fault::LeakedKeyTrusted,
        TOKENS,
        "trusts a key that is known to others until it is started anew",
        &[I::KeysRetired],
    ),
    row(
        Fault::UnknownKidAccepted,
        TOKENS,
        "does not verify what names a key that it does not know",
        &[I::TamperRefused, I::KeysRetired],
    ),
    row(Fault::UnknownKidStorm, TOKENS, "asks for keys at each unknown name", &[I::KeyFetchesBounded]),
    row(Fault::AlgNoneAccepted, TOKENS, "accepts tokens that say none", &[I::TamperRefused]),
    row(Fault::SignatureIgnored, TOKENS, "does not look at signatures", &[I::TamperRefused, I::KeysRetired]),
    row(
        Fault::ExpiryIgnored,
        TOKENS,
        "lets access tokens live for ever",
        &[
            I::AccessExpires,
            I::KeysRetired,
            I::LogoutEnds,
            I::NoResurrection,
            I::PasswordEnds,
            I::DisableEnds,
            I::OldIdDead,
            I::ReuseEnds,
        ],
    ),
    row(Fault::AccessOutlivesFamily, TOKENS, "gives access tokens that outlast their login", &[I::AccessExpires]),
    row(
        Fault::RefreshKeepsRoles,
        TOKENS,
        "takes roles from the login at each refresh",
        &[I::RolesCurrent, I::LiveUsable],
    ),
    row(
        Fault::SessionEndSparesTokens,
        HYBRID,
        "ends the session and leaves its tokens",
        &[I::LogoutEnds, I::NoResurrection, I::PasswordEnds, I::DisableEnds, I::OldIdDead, I::ListedAreLive],
    ),
    row(
        Fault::MergesCredentials,
        HYBRID,
        "takes the user from the cookie and the roles from the token",
        &[I::NeverMerged, I::RolesCurrent, I::LiveUsable],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_fault_has_its_row_and_every_invariant_its_strawman() {
        for (fault, row) in Fault::ALL.iter().zip(&ROWS) {
            assert_eq!(*fault, row.fault);
            assert!(!row.kinds.is_empty() && !row.breaks.is_empty() && row.does.len() > 10, "{fault}");
        }
        let broken: BTreeSet<Invariant> = ROWS.iter().flat_map(|row| row.breaks.iter().copied()).collect();
        let unbroken: Vec<&Invariant> = Invariant::ALL.iter().filter(|invariant| !broken.contains(invariant)).collect();
        assert!(unbroken.is_empty(), "{unbroken:?}");
    }
}
