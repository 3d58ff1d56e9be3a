//! What a browser makes of a line (draft-ietf-httpbis-rfc6265bis-22 §5.7, and the prefixes and Partitioned as browsers have
//! them): takes a line and where it came from, gives the cookie as it is kept, or the step at which it is dropped. Never knows
//! other cookies.

use std::fmt;

use super::parse::{Kind, LARGEST_COOKIE, Lifetime, Prefix, SameSite, SetCookie};
use super::place::{Place, is_address};

/// A cookie in the jar, but for name and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The host, or the domain with all hosts below; nothing where the host is not known.
    pub domain: Option<Vec<u8>>,
    /// Whether it is for that one host.
    pub is_host_only: bool,
    /// Nothing where the path of the request decides and is not known.
    pub path: Option<Vec<u8>>,
    /// Only over secure connections.
    pub is_secure: bool,
    /// Not for scripts.
    pub is_http_only: bool,
    /// With which sites' requests.
    pub same_site: SameSite,
    /// A jar for each top-level site.
    pub is_partitioned: bool,
    /// How long it was asked for.
    pub lifetime: Lifetime,
}

/// Why a browser drops a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// A control octet.
    Control(u8),
    /// Name and value have so many octets.
    TooLarge(usize),
    /// Neither name nor value.
    Empty,
    /// A domain in other letters than ASCII.
    DomainLetters,
    /// A domain below which anybody can have one.
    PublicSuffix,
    /// A domain that the host is not in.
    OtherDomain,
    /// Secure, over a connection that is not.
    SecureInClear,
    /// SameSite=None without Secure.
    NoneWithoutSecure,
    /// Partitioned without Secure.
    PartitionedWithoutSecure,
    /// The name promises what the attributes do not keep.
    Promise(Prefix, Unkept),
    /// No name, and a value that looks like a name with a prefix.
    HiddenPrefix,
}

/// What a prefix wants and a line lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unkept {
    /// Secure.
    Secure,
    /// HttpOnly.
    HttpOnly,
    /// No Domain.
    Domain,
    /// Path=/.
    Path,
}

impl Dropped {
    /// The step of the algorithm.
    pub const fn clause(self) -> &'static str {
        match self {
            Self::Control(_) => "draft-ietf-httpbis-rfc6265bis §5.6 step 1",
            Self::TooLarge(_) => "draft-ietf-httpbis-rfc6265bis §5.6 step 5",
            Self::Empty => "draft-ietf-httpbis-rfc6265bis §5.7 step 2",
            Self::DomainLetters => "draft-ietf-httpbis-rfc6265bis §5.7 step 8",
            Self::PublicSuffix => "draft-ietf-httpbis-rfc6265bis §5.7 step 9",
            Self::OtherDomain => "draft-ietf-httpbis-rfc6265bis §5.7 step 10",
            Self::SecureInClear => "draft-ietf-httpbis-rfc6265bis §5.7 step 13",
            Self::NoneWithoutSecure => "draft-ietf-httpbis-rfc6265bis §5.7 step 19",
            Self::PartitionedWithoutSecure => "draft-cutler-httpbis-partitioned-cookies §2.3",
            Self::Promise(Prefix::Secure, _) => "draft-ietf-httpbis-rfc6265bis §5.7 step 20",
            Self::Promise(Prefix::Host, _) => "draft-ietf-httpbis-rfc6265bis §5.7 step 21",
            Self::Promise(Prefix::Http | Prefix::HostHttp, _) => "draft-ietf-httpbis-layered-cookies §5.4.3",
            Self::HiddenPrefix => "draft-ietf-httpbis-rfc6265bis §5.7 step 22",
        }
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control(octet) => write!(f, "the octet 0x{octet:02x} is in it"),
            Self::TooLarge(octets) => write!(f, "name and value have {octets} octets, of {LARGEST_COOKIE}"),
            Self::Empty => f.write_str("it has neither name nor value"),
            Self::DomainLetters => f.write_str("Domain is not in ASCII"),
            Self::PublicSuffix => f.write_str("Domain is a public suffix"),
            Self::OtherDomain => f.write_str("the host is not in Domain"),
            Self::SecureInClear => f.write_str("Secure cannot be set over http"),
            Self::NoneWithoutSecure => f.write_str("SameSite=None needs Secure"),
            Self::PartitionedWithoutSecure => f.write_str("Partitioned needs Secure"),
            Self::Promise(prefix, unkept) => write!(f, "{} needs {unkept}", prefix.as_str()),
            Self::HiddenPrefix => f.write_str("it has no name, and its value begins like a name with a prefix"),
        }
    }
}

impl fmt::Display for Unkept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secure => "Secure",
            Self::HttpOnly => "HttpOnly",
            Self::Domain => "a line without Domain",
            Self::Path => "Path=/",
        })
    }
}

/// What becomes of a line from this place.
///
/// # Errors
///
/// Where a browser drops it.
pub fn keep(cookie: &SetCookie, place: &Place, now: i64) -> Result<Kept, Dropped> {
    check_octets(cookie)?;
    let domain = domain(cookie, place)?;
    let kept = Kept {
        is_host_only: domain.is_none(),
        domain: domain.or_else(|| place.host.as_ref().map(|host| host.clone().into_bytes())),
        path: place.path_of(cookie),
        is_secure: cookie.has(Kind::Secure),
        is_http_only: cookie.has(Kind::HttpOnly),
        same_site: cookie.same_site(),
        is_partitioned: cookie.has(Kind::Partitioned),
        lifetime: cookie.lifetime(now),
    };
    check_secure(&kept, place)?;
    match cookie.prefix().and_then(|prefix| Some((prefix, unkept(cookie, prefix, &kept)?))) {
        Some((prefix, unkept)) => Err(Dropped::Promise(prefix, unkept)),
        None if cookie.name.is_empty() && Prefix::of(&cookie.value).is_some() => Err(Dropped::HiddenPrefix),
        None => Ok(kept),
    }
}

/// Whether anybody can have a name below this one, as the public suffix list says; whatever is no name is none.
pub(super) fn is_public_suffix(domain: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(domain) else { return false };
    !is_address(text) && psl::suffix(domain).is_some_and(|suffix| suffix.as_bytes() == domain)
}

/// The part of a host that somebody registered: a public suffix and the label before it.
pub(super) fn registrable(host: &str) -> Option<&str> {
    if is_address(host) { None } else { psl::domain_str(host) }
}

fn check_octets(cookie: &SetCookie) -> Result<(), Dropped> {
    if let Some(octet) = cookie.control() {
        return Err(Dropped::Control(octet));
    }
    if cookie.size() > LARGEST_COOKIE {
        return Err(Dropped::TooLarge(cookie.size()));
    }
    if cookie.size() == 0 { Err(Dropped::Empty) } else { Ok(()) }
}

/// The domain that the cookie is for, where it is not for the host alone.
fn domain(cookie: &SetCookie, place: &Place) -> Result<Option<Vec<u8>>, Dropped> {
    let Some(domain) = cookie.domain() else { return Ok(None) };
    let host = place.host.as_deref();
    if !domain.is_ascii() {
        return Err(Dropped::DomainLetters);
    }
    if is_public_suffix(&domain) {
        let is_host = host.is_some_and(|host| host.as_bytes() == domain);
        return if is_host { Ok(None) } else { Err(Dropped::PublicSuffix) };
    }
    match host {
        Some(host) if !matches(host, &domain) => Err(Dropped::OtherDomain),
        _ => Ok(Some(domain)),
    }
}

/// Whether a host is a domain's own or below it (§5.1.3).
pub(super) fn matches(host: &str, domain: &[u8]) -> bool {
    let below = |rest: &[u8]| rest.ends_with(b".") && !is_address(host);
    host.as_bytes() == domain || host.as_bytes().strip_suffix(domain).is_some_and(below)
}

fn check_secure(kept: &Kept, place: &Place) -> Result<(), Dropped> {
    if kept.is_secure {
        return if place.is_secure() { Ok(()) } else { Err(Dropped::SecureInClear) };
    }
    if kept.same_site == SameSite::None {
        return Err(Dropped::NoneWithoutSecure);
    }
    if kept.is_partitioned { Err(Dropped::PartitionedWithoutSecure) } else { Ok(()) }
}

/// The first thing that a prefix wants and is not there. A browser takes `/` from the attribute itself, not from the request.
fn unkept(cookie: &SetCookie, prefix: Prefix, kept: &Kept) -> Option<Unkept> {
    if !kept.is_secure {
        return Some(Unkept::Secure);
    }
    if prefix.is_http() && !kept.is_http_only {
        return Some(Unkept::HttpOnly);
    }
    if prefix.is_host() && !kept.is_host_only {
        return Some(Unkept::Domain);
    }
    (prefix.is_host() && cookie.path() != Some(b"/")).then_some(Unkept::Path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(line: &str, url: &str) -> Result<Kept, Dropped> {
        keep(&SetCookie::read(line.as_bytes()), &Place::read(url).unwrap(), 0)
    }

    const URL: &str = "https://app.example.com/a/login";

    #[test]
    fn a_domain_widens_and_its_absence_does_not() {
        let host = kept("a=b", URL).unwrap();
        assert_eq!((host.domain, host.is_host_only), (Some(b"app.example.com".to_vec()), true));
        assert_eq!(host.path, Some(b"/a".to_vec()));
        let wide = kept("a=b; Domain=.Example.com", URL).unwrap();
        assert_eq!((wide.domain, wide.is_host_only), (Some(b"example.com".to_vec()), false));
        assert!(kept("a=b; Domain=", URL).unwrap().is_host_only);
        for other in ["other.com", "x.app.example.com", "xample.com", "app.example.com."] {
            assert_eq!(kept(&format!("a=b; Domain={other}"), URL), Err(Dropped::OtherDomain), "{other}");
        }
        assert_eq!(kept("a=b; Domain=2.1", "https://192.0.2.1/"), Err(Dropped::OtherDomain));
        assert_eq!(kept("a=b; Domain=\u{e9}.com", URL), Err(Dropped::DomainLetters));
    }

    #[test]
    fn a_public_suffix_is_dropped_unless_it_is_the_host_itself() {
        for suffix in ["com", "co.uk", "github.io", "test", "s3.amazonaws.com"] {
            let url = format!("https://app.{suffix}/");
            assert_eq!(kept(&format!("a=b; Domain={suffix}"), &url), Err(Dropped::PublicSuffix), "{suffix}");
        }
        assert!(kept("a=b; Domain=github.io", "https://github.io/").unwrap().is_host_only);
        assert!(kept("a=b; Domain=localhost", "http://localhost/").unwrap().is_host_only);
        assert!(!kept("a=b; Domain=192.0.2.1", "http://192.0.2.1/").unwrap().is_host_only);
        assert_eq!(registrable("a.b.example.co.uk"), Some("example.co.uk"));
    }

    #[test]
    fn what_a_name_promises_must_be_kept() {
        let prefixed = [
            ("__Host-a=b; Secure; Path=/", None),
            ("__HOST-a=b; Path=/", Some(Unkept::Secure)),
            ("__Host-a=b; Secure", Some(Unkept::Path)),
            ("__Host-a=b; Secure; Path=", Some(Unkept::Path)),
            ("__Host-a=b; Secure; Path=/x", Some(Unkept::Path)),
            ("__Host-a=b; Secure; Path=/; Domain=example.com", Some(Unkept::Domain)),
            ("__Secure-a=b; Domain=example.com", Some(Unkept::Secure)),
            ("__Secure-a=b; Secure; Domain=example.com", None),
            ("__Http-a=b; Secure", Some(Unkept::HttpOnly)),
            ("__Host-Http-a=b; Secure; Path=/", Some(Unkept::HttpOnly)),
            ("__Host-Http-a=b; Secure; Path=/; HttpOnly", None),
        ];
        for (line, lacks) in prefixed {
            let found = kept(line, URL).err().map(|dropped| match dropped {
                Dropped::Promise(_, unkept) => unkept,
                other => panic!("{line}: {other:?}"),
            });
            assert_eq!(found, lacks, "{line}");
        }
        assert_eq!(kept("=__Host-a=b; Secure", URL), Err(Dropped::HiddenPrefix));
    }

    #[test]
    fn what_needs_a_secure_connection_is_dropped_without_one() {
        assert_eq!(kept("a=b; Secure", "http://example.com/"), Err(Dropped::SecureInClear));
        assert!(kept("a=b; Secure", "http://localhost/").is_ok());
        assert_eq!(kept("a=b; SameSite=None", URL), Err(Dropped::NoneWithoutSecure));
        assert_eq!(kept("a=b; Partitioned", URL), Err(Dropped::PartitionedWithoutSecure));
    }

    #[test]
    fn control_octets_and_size_are_looked_at_first() {
        assert_eq!(kept("a=b; Path=/\u{7f}", URL), Err(Dropped::Control(0x7f)));
        assert!(kept("a=b\tc", URL).is_ok());
        assert_eq!(kept("=", URL), Err(Dropped::Empty));
        assert!(kept(&format!("a={}", "b".repeat(4095)), URL).is_ok());
        assert_eq!(kept(&format!("a={}", "b".repeat(4096)), URL), Err(Dropped::TooLarge(4097)));
    }
}
