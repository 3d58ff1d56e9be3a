//! Reads a Set-Cookie line as a browser does (draft-ietf-httpbis-rfc6265bis-22 §5.6): octets in; name, value, attributes as
//! written and what they come to, out. Every line can be read, also one that a browser ignores: that is for `keep` to say.
//! Never decodes an octet, and never panics.

use super::date;

/// One line, without `Set-Cookie:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetCookie {
    /// As it was given.
    pub octets: Vec<u8>,
    /// Empty where nothing stands before `=`.
    pub name: Vec<u8>,
    /// Without the white space around it; quotation marks are part of it.
    pub value: Vec<u8>,
    /// All of them as written, in order; empty ones are left out.
    pub attributes: Vec<Attribute>,
}

/// An attribute as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name as written.
    pub name: Vec<u8>,
    /// Empty where there is no `=`.
    pub value: Vec<u8>,
    /// What it is, where it is known.
    pub kind: Option<Kind>,
}

impl Attribute {
    /// Whether it is short enough for a browser to look at it.
    pub fn is_read(&self) -> bool {
        self.value.len() <= LONGEST_ATTRIBUTE
    }
}

/// The attributes that browsers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A date.
    Expires,
    /// Seconds.
    MaxAge,
    /// The hosts.
    Domain,
    /// The paths.
    Path,
    /// Only over secure connections.
    Secure,
    /// Not for scripts.
    HttpOnly,
    /// With which sites' requests.
    SameSite,
    /// A jar for each top-level site (CHIPS).
    Partitioned,
}

impl Kind {
    /// Every one of them.
    pub const ALL: [Self; 8] = [
        Self::Expires,
        Self::MaxAge,
        Self::Domain,
        Self::Path,
        Self::Secure,
        Self::HttpOnly,
        Self::SameSite,
        Self::Partitioned,
    ];

    /// As it is usually written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expires => "Expires",
            Self::MaxAge => "Max-Age",
            Self::Domain => "Domain",
            Self::Path => "Path",
            Self::Secure => "Secure",
            Self::HttpOnly => "HttpOnly",
            Self::SameSite => "SameSite",
            Self::Partitioned => "Partitioned",
        }
    }

    fn read(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str().as_bytes().eq_ignore_ascii_case(name))
    }
}

/// What SameSite comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// Only with requests of the same site.
    Strict,
    /// And with navigations from elsewhere.
    Lax,
    /// With every request.
    None,
    /// Not said, or in a word that is none of the three: the browser decides.
    Default,
}

impl SameSite {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
            Self::Default => "Default",
        }
    }

    fn read(value: &[u8]) -> Self {
        [Self::Strict, Self::Lax, Self::None]
            .into_iter()
            .find(|word| word.as_str().as_bytes().eq_ignore_ascii_case(value))
            .unwrap_or(Self::Default)
    }
}

/// What a name promises by how it begins. Browsers match without regard to case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    /// Set with Secure.
    Secure,
    /// And by this host alone, for all of it.
    Host,
    /// Set with Secure and HttpOnly (draft-ietf-httpbis-layered-cookies).
    Http,
    /// Both of the last two.
    HostHttp,
}

impl Prefix {
    /// As it must be written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Secure => "__Secure-",
            Self::Host => "__Host-",
            Self::Http => "__Http-",
            Self::HostHttp => "__Host-Http-",
        }
    }

    /// The prefix of a name, in whichever case.
    pub fn of(name: &[u8]) -> Option<Self> {
        // The longer of two that begin alike comes first.
        [Self::HostHttp, Self::Host, Self::Secure, Self::Http].into_iter().find(|prefix| {
            let start = name.get(..prefix.as_str().len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_str().as_bytes()))
        })
    }

    /// Whether it binds the cookie to its host.
    pub const fn is_host(self) -> bool {
        matches!(self, Self::Host | Self::HostHttp)
    }

    /// Whether it keeps scripts from having set it.
    pub const fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::HostHttp)
    }
}

/// How long a line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Until the browser ends its session.
    Session,
    /// So many seconds from now on, more than none; browsers cut it at [`LONGEST_LIFE`].
    Seconds(i64),
    /// No longer: the line deletes.
    Over,
}

impl SetCookie {
    /// Reads a line.
    pub fn read(line: &[u8]) -> Self {
        let mut parts = line.split(|octet| *octet == b';');
        let (name, value) = match split(parts.next().unwrap_or_default()) {
            (name, Some(value)) => (name, value),
            (value, None) => (&b""[..], value),
        };
        let attributes = parts.map(|part| {
            let (name, value) = split(part);
            Attribute { name: name.to_vec(), value: value.unwrap_or_default().to_vec(), kind: Kind::read(name) }
        });
        Self {
            octets: line.to_vec(),
            name: name.to_vec(),
            value: value.to_vec(),
            attributes: attributes.filter(|a| !(a.name.is_empty() && a.value.is_empty())).collect(),
        }
    }

    /// The first control octet other than a tab.
    pub fn control(&self) -> Option<u8> {
        self.octets.iter().copied().find(|octet| octet.is_ascii_control() && *octet != b'\t')
    }

    /// The octets of name and value together.
    pub fn size(&self) -> usize {
        self.name.len() + self.value.len()
    }

    /// The attributes of a kind that a browser looks at.
    pub fn all(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Attribute> {
        self.attributes.iter().filter(move |attribute| attribute.kind == Some(kind) && attribute.is_read())
    }

    /// The last of a kind: the one that counts.
    pub fn last(&self, kind: Kind) -> Option<&Attribute> {
        self.all(kind).next_back()
    }

    /// Whether an attribute without a value is there.
    pub fn has(&self, kind: Kind) -> bool {
        self.last(kind).is_some()
    }

    /// What its name promises.
    pub fn prefix(&self) -> Option<Prefix> {
        Prefix::of(&self.name)
    }

    /// SameSite, as it counts.
    pub fn same_site(&self) -> SameSite {
        self.last(Kind::SameSite).map_or(SameSite::Default, |attribute| SameSite::read(&attribute.value))
    }

    /// Domain as it counts: in lower case, without the dot in front. An empty one is none.
    pub fn domain(&self) -> Option<Vec<u8>> {
        let value = &self.last(Kind::Domain)?.value;
        let domain = value.strip_prefix(b".").unwrap_or(value).to_ascii_lowercase();
        (!domain.is_empty()).then_some(domain)
    }

    /// Path as it counts; nothing where the path of the request decides.
    pub fn path(&self) -> Option<&[u8]> {
        self.last(Kind::Path).map(|attribute| attribute.value.as_slice()).filter(|path| path.starts_with(b"/"))
    }

    /// The seconds of the last Max-Age that can be read.
    pub fn max_age(&self) -> Option<i64> {
        self.all(Kind::MaxAge).rev().find_map(|attribute| max_age(&attribute.value))
    }

    /// The instant of the last Expires that can be read.
    pub fn expires(&self) -> Option<i64> {
        self.all(Kind::Expires).rev().find_map(|attribute| date::parse(&attribute.value))
    }

    /// How long it asks for: Max-Age goes before Expires.
    pub fn lifetime(&self, now: i64) -> Lifetime {
        let seconds = self.max_age().or_else(|| Some(self.expires()?.saturating_sub(now)));
        match seconds {
            None => Lifetime::Session,
            Some(seconds) if seconds > 0 => Lifetime::Seconds(seconds),
            Some(_) => Lifetime::Over,
        }
    }

    /// Whether it takes a cookie away.
    pub fn deletes(&self, now: i64) -> bool {
        self.lifetime(now) == Lifetime::Over
    }
}

/// The seconds that a browser reads, as far as 64 bits go (§5.6.2).
fn max_age(value: &[u8]) -> Option<i64> {
    let (is_negative, digits) = value.strip_prefix(b"-").map_or((false, value), |digits| (true, digits));
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude = std::str::from_utf8(digits).ok()?.parse().unwrap_or(i64::MAX);
    Some(if is_negative { -magnitude } else { magnitude })
}

/// What is before and behind the first `=`, without white space around.
fn split(pair: &[u8]) -> (&[u8], Option<&[u8]>) {
    match pair.iter().position(|octet| *octet == b'=') {
        Some(at) => (trim(&pair[..at]), Some(trim(&pair[at + 1..]))),
        None => (trim(pair), None),
    }
}

/// White space here is space and tab, and nothing else.
fn trim(mut octets: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = octets {
        octets = rest;
    }
    octets
}

/// Name and value together may have so many octets.
pub(super) const LARGEST_COOKIE: usize = 4096;

/// The value of an attribute may have so many octets.
pub(super) const LONGEST_ATTRIBUTE: usize = 1024;

/// Browsers keep a cookie for 400 days at most, in seconds (§5.5).
pub const LONGEST_LIFE: i64 = 400 * 24 * 60 * 60;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_equals_sign_and_semicolons_divide_a_line() {
        let cookie = SetCookie::read(b" \ta =b=c ; Path = /x;; =; HttpOnly;lol=\"y");
        assert_eq!((cookie.name.as_slice(), cookie.value.as_slice()), (&b"a"[..], &b"b=c"[..]));
        let names: Vec<&[u8]> = cookie.attributes.iter().map(|attribute| attribute.name.as_slice()).collect();
        assert_eq!(names, [&b"Path"[..], b"HttpOnly", b"lol"]);
        assert_eq!(cookie.path(), Some(&b"/x"[..]));
        let nameless = SetCookie::read(b"only");
        assert_eq!((nameless.name.as_slice(), nameless.value.as_slice()), (&b""[..], &b"only"[..]));
        assert_eq!(SetCookie::read(b"a=\xc2\xa0b").value, b"\xc2\xa0b", "no other white space is trimmed");
    }

    #[test]
    fn the_last_attribute_counts_unless_it_is_too_long() {
        let cookie =
            SetCookie::read(b"a=b; Path=/x; path=/y; SameSite=None; SAMESITE=lax; Domain=A.test; domain=.B.test");
        assert_eq!(cookie.path(), Some(&b"/y"[..]));
        assert_eq!((cookie.same_site(), cookie.domain()), (SameSite::Lax, Some(b"b.test".to_vec())));
        let long = format!("a=b; Path=/x; Path=/{}", "y".repeat(LONGEST_ATTRIBUTE));
        assert_eq!(SetCookie::read(long.as_bytes()).path(), Some(&b"/x"[..]));
        assert_eq!(SetCookie::read(b"a=b; SameSite=Lax; SameSite=x").same_site(), SameSite::Default);
        assert_eq!(SetCookie::read(b"a=b; Path=/x; Path=").path(), None);
    }

    #[test]
    fn max_age_goes_before_expires_and_what_cannot_be_read_is_not_there() {
        let lifetime = |line: &str| SetCookie::read(line.as_bytes()).lifetime(1_700_000_000);
        assert_eq!(lifetime("a=b"), Lifetime::Session);
        assert_eq!(lifetime("a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60"), Lifetime::Seconds(60));
        assert_eq!(lifetime("a=b; Expires=Tue, 14 Nov 2023 22:13:30 GMT"), Lifetime::Seconds(10));
        assert_eq!(lifetime("a=b; Expires=Tue, 14 Nov 2023 22:13:20 GMT"), Lifetime::Over);
        for over in ["0", "-0", "-1", "-99999999999999999999999"] {
            assert_eq!(lifetime(&format!("a=b; Max-Age={over}")), Lifetime::Over, "{over}");
        }
        for none in ["+5", "1e9", "5 0", "-", "", "0x10", "2.5", "\u{665}"] {
            assert_eq!(lifetime(&format!("a=b; Max-Age={none}")), Lifetime::Session, "{none}");
        }
        for far in ["9223372036854775808", "18446744073709552"] {
            assert!(matches!(lifetime(&format!("a=b; Max-Age={far}")), Lifetime::Seconds(n) if n > LONGEST_LIFE));
        }
    }

    #[test]
    fn a_prefix_is_matched_without_case_and_the_longest_first() {
        let of = |name: &str| Prefix::of(name.as_bytes());
        assert_eq!(of("__Host-sid"), Some(Prefix::Host));
        assert_eq!(of("__hOsT-http-sid"), Some(Prefix::HostHttp));
        assert_eq!(of("__SECURE-sid"), Some(Prefix::Secure));
        assert_eq!(of("__Http-sid"), Some(Prefix::Http));
        assert_eq!((of("__Host"), of("Host-sid"), of("__Hostsid")), (None, None, None));
    }

    proptest! {
        #[test]
        fn every_line_is_read(line in prop::collection::vec(any::<u8>(), 0..300)) {
            let cookie = SetCookie::read(&line);
            let _ = (cookie.lifetime(0), cookie.same_site(), cookie.domain(), cookie.path(), cookie.prefix());
            prop_assert!(cookie.size() <= line.len());
        }

        #[test]
        fn every_line_of_attributes_is_read(line in "(a=b|[ -~]{0,9})(; ?(Max-Age|expires|Path|Domain|SameSite|x)=[ -~\u{80}-\u{ff}]{0,30}){0,6}") {
            let cookie = SetCookie::read(line.as_bytes());
            let _ = (cookie.lifetime(i64::MIN), cookie.lifetime(i64::MAX), cookie.same_site(), cookie.domain());
        }

        #[test]
        fn what_is_written_plainly_is_read_back(name in "[a-z]{1,9}", value in "[!-:<-~]{0,30}", seconds in 1..i64::MAX) {
            let cookie = SetCookie::read(format!("{name}={value}; Max-Age={seconds}; Secure").as_bytes());
            prop_assert_eq!(&cookie.name, name.as_bytes());
            prop_assert_eq!(&cookie.value, value.as_bytes());
            prop_assert_eq!(cookie.lifetime(0), Lifetime::Seconds(seconds));
            prop_assert!(cookie.has(Kind::Secure) && !cookie.has(Kind::HttpOnly));
        }
    }
}
