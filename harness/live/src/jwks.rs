//! A key set at an address of this machine, for a service that is told to take its issuer's keys from there. Takes an address and the
//! set's text, answers every GET with it until the process ends. Never listens beyond the loopback, never shows a private half.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use token_assay::forge::TestKey;

use crate::service::Wrong;

/// Serves this key's public half.
///
/// # Errors
///
/// Where the address is none of this machine's loopback, or is taken.
pub fn serve(address: &str, key: &TestKey) -> Result<SocketAddr, Wrong> {
    let wrong = |why: String| Wrong::of(format!("serve-jwks = \"{address}\": {why}"), "such as 127.0.0.1:9090");
    let parsed: SocketAddr = address.parse().map_err(|_| wrong("it is no address with a port".to_owned()))?;
    if !parsed.ip().is_loopback() {
        return Err(wrong("it is no address of the loopback".to_owned()));
    }
    let listener = TcpListener::bind(parsed).map_err(|error| wrong(error.to_string()))?;
    let bound = listener.local_addr().map_err(|error| wrong(error.to_string()))?;
    let set = format!("{{\"keys\":[{}]}}", key.jwk_text.trim());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let set = set.clone();
            std::thread::spawn(move || answer(&stream, &set));
        }
    });
    Ok(bound)
}

/// One request a connection: keys are asked for seldom.
fn answer(stream: &TcpStream, set: &str) {
    let mut lines = BufReader::new(stream).lines();
    let is_prepared = stream.set_read_timeout(Some(PATIENCE)).is_ok();
    let is_read = is_prepared && lines.by_ref().map_while(Result::ok).take(MOST_LINES).any(|line| line.is_empty());
    if is_read {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/jwk-set+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            set.len()
        );
        // Who asks may have gone.
        let _ = (&*stream).write_all([head.as_bytes(), set.as_bytes()].concat().as_slice());
    }
}

const PATIENCE: Duration = Duration::from_secs(2);
const MOST_LINES: usize = 200;

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use token_assay::forge::Keyring;

    use super::*;

    #[test]
    fn the_public_half_is_served_on_this_machine_alone() {
        let keyring = Keyring::corpus();
        let key = keyring.key("p256");
        let address = serve("127.0.0.1:0", key).unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /jwks HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert!(text.contains("\"keys\":[{") && text.contains("\"P-256\"") && !text.contains("\"d\""), "{text}");
        assert!(serve("0.0.0.0:0", key).is_err() && serve("localhost", key).is_err());
    }
}
