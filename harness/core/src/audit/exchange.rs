//! What an audit is given: lines, what is known of where they came from, and what the reader's policy is. Takes no decision
//! but which cookie carries the session. Never guesses what was not given: that is `None`.

use super::keep::{self, Dropped, Kept};
use super::parse::{Prefix, SetCookie};
use super::place::Place;
use super::response::Response;

/// A response that sets cookies, and what else is known.
#[derive(Debug, Clone, Default)]
pub struct Exchange {
    /// Where the response came from.
    pub place: Place,
    /// The values of Set-Cookie, in order.
    pub lines: Vec<Vec<u8>>,
    /// The response itself.
    pub response: Option<Response>,
    /// The response to the logout.
    pub logout: Option<Response>,
    /// Session ids as they were issued, in order.
    pub sample: Vec<Vec<u8>>,
    /// What the service is meant to do.
    pub policy: Policy,
    /// In Unix seconds.
    pub now: i64,
}

/// What the service is meant to do.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The name of the cookie that carries the session; names decide where it is not given.
    pub session_cookie: Option<String>,
    /// The longest lifetime of a session cookie, in seconds.
    pub longest_lifetime: Option<i64>,
    /// Whether a session cookie may outlast the browser's session. A longest lifetime says so too.
    pub allows_persistent: bool,
    /// Whether other applications live on the same host.
    pub has_shared_host: bool,
}

impl Policy {
    /// Whether this cookie carries a session.
    pub fn is_session(&self, name: &[u8]) -> bool {
        match &self.session_cookie {
            Some(known) => known.as_bytes() == name,
            None => sounds_like_session(name),
        }
    }
}

impl Exchange {
    /// Takes a response, and its lines.
    #[must_use]
    pub fn with_response(mut self, response: Response) -> Self {
        self.lines.extend(response.set_cookies().map(<[u8]>::to_vec));
        self.response = Some(response);
        self
    }

    /// The lines, read.
    pub fn cookies(&self) -> Vec<Seen> {
        self.lines.iter().map(|line| self.see(line, &self.place)).collect()
    }

    /// The lines of the logout, read. The request of the logout went to the same host, along a path that is not known.
    pub fn logout_cookies(&self) -> Option<Vec<Seen>> {
        let place = Place { path: None, ..self.place.clone() };
        let logout = self.logout.as_ref()?;
        Some(logout.set_cookies().map(|line| self.see(line, &place)).collect())
    }

    fn see(&self, line: &[u8], place: &Place) -> Seen {
        let cookie = SetCookie::read(line);
        Seen {
            is_session: self.policy.is_session(&cookie.name),
            deletes: cookie.deletes(self.now),
            fate: keep::keep(&cookie, place, self.now),
            cookie,
        }
    }
}

/// A line and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The line.
    pub cookie: SetCookie,
    /// Whether it carries the session, by the policy or by its name.
    pub is_session: bool,
    /// Whether it takes a cookie away.
    pub deletes: bool,
    /// What a browser does with it.
    pub fate: Result<Kept, Dropped>,
}

/// Whether a name is one of those that sessions usually have: `sid`, `session`, `sess`, `auth`, `token`, `id` as a word of it.
/// A token against forged requests is none, as scripts have to read it.
pub fn sounds_like_session(name: &[u8]) -> bool {
    let whole = String::from_utf8_lossy(name).to_ascii_lowercase();
    let bare = Prefix::of(name).map_or(whole.as_str(), |prefix| &whole[prefix.as_str().len()..]);
    if ["csrf", "xsrf"].iter().any(|word| bare.contains(word)) {
        return false;
    }
    let is_word = |word: &str| {
        word.ends_with("sid") || word.starts_with("auth") && !word.starts_with("author") || word.contains("authtoken")
    };
    let mut words = bare.split(|c: char| !c.is_ascii_alphanumeric());
    bare == "id" || ["sess", "token"].iter().any(|part| bare.contains(part)) || words.any(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_told_by_their_names() {
        for name in [
            "sid",
            "__Host-sid",
            "__SECURE-session",
            "PHPSESSID",
            "connect.sid",
            "ASP.NET_SessionId",
            "auth",
            "access_token",
            "id",
            "SSID",
            "remember_token",
            "laravel_session",
            "auth-v2",
        ] {
            assert!(sounds_like_session(name.as_bytes()), "{name}");
        }
        for name in
            ["theme", "XSRF-TOKEN", "csrftoken", "__Host-csrf", "lang", "_ga", "_gid", "client_id", "author", "video"]
        {
            assert!(!sounds_like_session(name.as_bytes()), "{name}");
        }
        let policy = Policy { session_cookie: Some("theme".to_owned()), ..Policy::default() };
        assert!(policy.is_session(b"theme") && !policy.is_session(b"sid"));
    }
}
