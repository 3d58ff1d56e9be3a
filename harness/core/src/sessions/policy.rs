//! What a service declares of itself: how long things last and what it does where the standard leaves a choice. Takes no
//! decision; the model reads it.

use serde::{Deserialize, Serialize};

/// Seconds of the logical clock.
pub type Seconds = u64;

words! {
    /// What a login gives.
    Kind;
    /// An opaque id in a cookie, which the server looks up.
    Session = "session",
    /// A signed access token for minutes and a refresh token that rotates.
    Jwt = "jwt",
    /// Both, of one login.
    Hybrid = "hybrid",
}

impl Kind {
    /// Whether a login sets a cookie.
    pub const fn has_session(self) -> bool {
        matches!(self, Self::Session | Self::Hybrid)
    }

    /// Whether it gives tokens.
    pub const fn has_tokens(self) -> bool {
        matches!(self, Self::Jwt | Self::Hybrid)
    }
}

words! {
    /// What is done where a refresh token is shown that was used before.
    OnReuse;
    /// The whole family ends (RFC 9700 §4.14.2).
    EndsFamily = "ends-family",
    /// The request is refused, and nothing more.
    Refuses = "refuses",
}

words! {
    /// What is done where the store does not answer.
    OnStoreFailure;
    /// Nobody is let in.
    Closed = "closed",
    /// Whoever holds what cannot be looked up is let in.
    Open = "open",
}

/// How long things last, and what is done where there is a choice.
///
/// ```
/// use token_assay::sessions::policy::{Kind, OnReuse, OnStoreFailure, Seconds, SessionPolicy};
///
/// // A service of your own says what is otherwise than in the reference service.
/// let week: Seconds = 7 * 24 * 3600;
/// let (reuse, on_store_failure) = (OnReuse::Refuses, OnStoreFailure::Closed);
/// let policy = SessionPolicy { absolute: week, reuse, on_store_failure, ..SessionPolicy::of(Kind::Hybrid) };
/// // Access tokens go on saying what a user was until they have expired; a session is looked up each time.
/// assert!(Kind::Hybrid.has_tokens() && !Kind::Session.has_tokens() && !Kind::Jwt.has_session());
/// assert_eq!(policy.role_lag, policy.access_ttl + policy.skew);
/// assert_eq!(SessionPolicy::of(Kind::Session).role_lag, 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPolicy {
    /// A login that is not used for so long ends.
    pub idle: Seconds,
    /// A login ends after so long, however much it is used.
    pub absolute: Seconds,
    /// An access token lasts so long.
    pub access_ttl: Seconds,
    /// A refresh token that was used is answered again with the same successor for so long; 0 is never.
    pub refresh_grace: Seconds,
    /// What was ended may be let in for so long.
    pub revocation_lag: Seconds,
    /// A role that was taken away may stand in access tokens for so long.
    pub role_lag: Seconds,
    /// An access token may be let in for so long after it has expired.
    pub skew: Seconds,
    /// A key that was retired may verify for so long.
    pub key_cache: Seconds,
    /// Keys are asked for on account of an unknown name at most once in so long.
    pub key_fetch_interval: Seconds,
    /// Whether a refresh gives another refresh token.
    pub rotation: bool,
    /// What is done about reuse.
    pub reuse: OnReuse,
    /// What is done without the store.
    pub on_store_failure: OnStoreFailure,
}

impl SessionPolicy {
    /// What the reference service keeps, by kind.
    pub const fn of(kind: Kind) -> Self {
        Self {
            idle: 900,
            absolute: 1500,
            access_ttl: 300,
            refresh_grace: 10,
            revocation_lag: 0,
            role_lag: if kind.has_tokens() { 305 } else { 0 },
            skew: 5,
            key_cache: 60,
            key_fetch_interval: 10,
            rotation: true,
            reuse: OnReuse::EndsFamily,
            on_store_failure: OnStoreFailure::Closed,
        }
    }
}
