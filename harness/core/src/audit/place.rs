//! Where a response came from: scheme, host and path of the request. Takes a URL, gives its parts, or says what is wrong with
//! it. Never resolves a name.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::parse::SetCookie;

/// As much as is known of the request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Its scheme.
    pub scheme: Option<Scheme>,
    /// In lower case; an IPv6 address in brackets.
    pub host: Option<String>,
    /// Without query.
    pub path: Option<String>,
    /// What is behind the question mark.
    pub query: String,
}

/// Of what the request goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// In clear.
    Http,
    /// Over TLS.
    Https,
}

impl Place {
    /// Reads `https://host[:port][/path][?query]`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn read(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url.split_once("://").ok_or("there is no scheme in it")?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err("its scheme is neither http nor https".to_owned()),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, after) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
        let (path, query) = after.split_once('?').unwrap_or((after, ""));
        let path = if path.is_empty() { "/" } else { path };
        Ok(Self {
            scheme: Some(scheme),
            host: Some(host(authority)?),
            path: Some(path.to_owned()),
            query: query.to_owned(),
        })
    }

    /// Whether a browser takes the connection for secure. What is not known is taken for HTTPS; this machine itself counts.
    pub fn is_secure(&self) -> bool {
        self.scheme != Some(Scheme::Http) || self.is_this_machine()
    }

    /// Whether the host is this machine.
    pub fn is_this_machine(&self) -> bool {
        let Some(host) = self.host.as_deref() else { return false };
        let loopback = |host: &str| host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback());
        host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || loopback(host)
    }

    /// Whether the host is an address and no name.
    pub fn is_address(&self) -> bool {
        self.host.as_deref().is_some_and(is_address)
    }

    /// The path of a cookie set here: its own, or the folder of the request's (§5.1.4); nothing where that is not known.
    pub fn path_of(&self, cookie: &SetCookie) -> Option<Vec<u8>> {
        if let Some(path) = cookie.path() {
            return Some(path.to_vec());
        }
        let path = self.path.as_deref()?;
        let folder = path.rfind('/').filter(|at| *at > 0 && path.starts_with('/')).map_or("/", |at| &path[..at]);
        Some(folder.as_bytes().to_vec())
    }
}

/// Whether this host is an address and no name.
pub(super) fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok()
}

fn host(authority: &str) -> Result<String, String> {
    if authority.contains('@') {
        return Err("there is a user name in it".to_owned());
    }
    let host = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or("the bracket of its address is not closed")?;
            address.parse::<Ipv6Addr>().map_err(|_| "what is in brackets is no IPv6 address")?;
            check_port(port.strip_prefix(':').unwrap_or(port))?;
            format!("[{address}]")
        }
        None => {
            let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
            check_port(port)?;
            host.to_owned()
        }
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if host.is_empty() {
        return Err("there is no host in it".to_owned());
    }
    if !host.starts_with('[') && !host.chars().all(plain) {
        return Err("its host is no plain name; names in other letters are written as xn--…".to_owned());
    }
    Ok(host.to_ascii_lowercase())
}

fn check_port(port: &str) -> Result<(), String> {
    if port.is_empty() || port.parse::<u16>().is_ok() { Ok(()) } else { Err(format!("`{port}` is no port")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_parts() {
        let place = Place::read("https://App.Example.com:8443/a/b?c=/d#e").unwrap();
        assert_eq!(place.host.as_deref(), Some("app.example.com"));
        assert_eq!((place.path.as_deref(), place.query.as_str()), (Some("/a/b"), "c=/d"));
        assert!(place.is_secure() && !place.is_this_machine() && !place.is_address());
        assert_eq!(Place::read("http://a?b").unwrap().path.as_deref(), Some("/"));
        assert!(Place::read("http://localhost:3000").unwrap().is_secure());
        assert!(Place::read("http://[::1]:3000/").unwrap().is_this_machine());
        assert!(!Place::read("http://192.0.2.1").unwrap().is_secure());
    }

    #[test]
    fn what_is_no_url_is_said() {
        for url in
            ["app.example.com", "ftp://a", "https://", "https://a:b", "https://u@a", "https://[::1", "https://\u{e9}"]
        {
            assert!(Place::read(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_default_path_is_the_folder_of_the_request() {
        let of = |url: &str, line: &str| {
            let place = if url.is_empty() { Place::default() } else { Place::read(url).unwrap() };
            place.path_of(&SetCookie::read(line.as_bytes())).map(|path| String::from_utf8(path).unwrap())
        };
        assert_eq!(of("https://a/b/c", "x=y").as_deref(), Some("/b"));
        assert_eq!(of("https://a/b/", "x=y").as_deref(), Some("/b"));
        assert_eq!(of("https://a/b", "x=y").as_deref(), Some("/"));
        assert_eq!(of("https://a", "x=y; Path=z").as_deref(), Some("/"));
        assert_eq!(of("https://a/b/c", "x=y; Path=/q").as_deref(), Some("/q"));
        assert_eq!(of("", "x=y"), None);
    }
}
