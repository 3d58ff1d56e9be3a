//! Whom a client may speak to: this machine, and the one host that somebody has permission for. Takes a URL, gives the addresses
//! that may be connected to, or why none may. Names are resolved once: what is connected to is what was looked at.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};

use url::{Host, Url};

use crate::service::Wrong;

/// The host that may be spoken to beside this machine.
#[derive(Debug, Clone, Default)]
pub struct Permission {
    /// As it was given with `--i-have-permission`.
    pub host: Option<String>,
}

impl Permission {
    /// Whether this URL's host may be spoken to.
    ///
    /// # Errors
    ///
    /// Where it is not this machine, and is not exactly the host that was named.
    pub fn admits(&self, url: &Url) -> Result<(), Wrong> {
        let host = url.host_str().unwrap_or_default();
        if is_here(url) || self.host.as_deref() == Some(host) {
            return Ok(());
        }
        let hint = format!("with its owner's leave: --i-have-permission {host}");
        Err(Wrong::of(
            format!("{host} is not this machine, and Assay attacks what it is shown"),
            match &self.host {
                Some(other) => format!("--i-have-permission names {other}; {hint}"),
                None => hint,
            },
        ))
    }

    /// The addresses of a URL's host, each of which may be connected to.
    ///
    /// # Errors
    ///
    /// Where it may not be spoken to, has none, or calls itself this machine and is not.
    pub fn addresses(&self, url: &Url) -> Result<Vec<SocketAddr>, Wrong> {
        self.admits(url)?;
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(80);
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found: Vec<SocketAddr> = (bare, port)
            .to_socket_addrs()
            .map_err(|error| Wrong::of(format!("{host} has no address: {error}"), "is the host's name right?"))?
            .collect();
        let elsewhere = found.iter().find(|address| !is_loopback(address.ip()));
        match elsewhere {
            Some(address) if self.host.as_deref() != Some(host) => {
                let what = format!("{host} is {} here, which is not this machine", address.ip());
                Err(Wrong::of(what, format!("with its owner's leave: --i-have-permission {host}")))
            }
            _ if found.is_empty() => Err(Wrong::of(format!("{host} has no address"), "is the host's name right?")),
            _ => Ok(found),
        }
    }
}

/// Whether the host is called as this machine is.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => is_loopback(address.into()),
        None => false,
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn this_machine_may_be_spoken_to_and_nobody_else() {
        let nobody = Permission::default();
        for here in
            ["http://127.0.0.1:8080", "http://[::1]:1", "https://localhost", "http://127.9.9.9", "http://2130706433"]
        {
            assert!(nobody.admits(&url(here)).is_ok(), "{here}");
        }
        for elsewhere in [
            "http://10.0.0.1",
            "http://example.com",
            "http://localhost.example.com",
            "http://[::ffff:8.8.8.8]",
            "http://0.0.0.0",
        ] {
            assert!(nobody.admits(&url(elsewhere)).is_err(), "{elsewhere}");
        }
    }

    #[test]
    fn a_permission_is_for_exactly_the_host_that_it_names() {
        let permission = Permission { host: Some("staging.example".to_owned()) };
        assert!(permission.admits(&url("https://staging.example:8443")).is_ok());
        for other in ["https://www.staging.example", "https://staging.example.evil.test", "https://example"] {
            assert!(permission.admits(&url(other)).unwrap_err().hint.contains("--i-have-permission"), "{other}");
        }
    }

    #[test]
    fn what_is_connected_to_is_what_was_looked_at() {
        let addresses = Permission::default().addresses(&url("http://localhost:8080")).unwrap();
        assert!(
            !addresses.is_empty()
                && addresses.iter().all(|address| address.ip().is_loopback() && address.port() == 8080)
        );
        assert!(Permission::default().addresses(&url("http://[::1]:9")).is_ok());
    }
}
