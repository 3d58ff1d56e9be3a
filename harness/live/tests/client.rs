//! The client against servers of the tests: TLS with a right and a wrong certificate, HTTP/2 with its crumbs, connections that are
//! kept, closed, and asked again.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use token_assay_live::client::{Client, Failure, Request};
use token_assay_live::safety::Permission;
use token_assay_live::service::Service;

fn client(url: &str, more: &serde_json::Value) -> Client {
    let mut table = serde_json::json!({ "name": "s", "url": url, "limits": { "answer": "2s", "concurrency": 2 } });
    for (name, value) in more.as_object().expect("a table") {
        table[name] = value.clone();
    }
    let service: Service = serde_json::from_value(table).expect("a table");
    Client::new(&service, &Permission::default()).expect("it is this machine")
}

/// A certificate for these names, as PEM in a folder, and what serves it.
fn certificate(names: &[&str], folder: &Path, file: &str, protocol: &[u8]) -> Arc<ServerConfig> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).expect("the names are names");
    std::fs::write(folder.join(file), made.cert.pem()).expect("the folder is ours");
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("ring has them");
    let mut config =
        config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).expect("they fit");
    config.alpn_protocols = vec![protocol.to_vec()];
    Arc::new(config)
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let port = listener.local_addr().expect("it is bound").port();
    (listener, port)
}

fn read_head(stream: &mut impl std::io::Read) -> Option<String> {
    let (mut head, mut octet) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut octet).unwrap_or(0) == 0 {
            return None;
        }
        head.push(octet[0]);
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

fn serve_tls(config: Arc<ServerConfig>) -> u16 {
    let (listener, port) = listener();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).expect("the configuration is right");
            let mut stream = rustls::StreamOwned::new(connection, stream);
            while read_head(&mut stream).is_some() {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                let _ = stream.flush();
            }
        }
    });
    port
}

#[test]
fn a_certificate_that_is_not_trusted_or_is_of_another_name_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let right = certificate(&["localhost"], folder.path(), "right.pem", b"http/1.1");
    let other = certificate(&["other.example"], folder.path(), "other.pem", b"http/1.1");
    let url = |port| format!("https://localhost:{port}");
    let (right, other) = (serve_tls(right), serve_tls(other));
    let trusting = |file: &str| serde_json::json!({ "ca": folder.path().join(file) });
    let asked = |port, file| client(&url(port), &trusting(file)).send(&Request::get("/"));
    assert_eq!(asked(right, "right.pem").expect("it is trusted").body, b"ok");
    for (port, file) in [(right, "other.pem"), (other, "other.pem")] {
        match asked(port, file) {
            Err(Failure::Tls(why)) => assert!(why.contains("ertificate"), "{why}"),
            answer => panic!("{answer:?}"),
        }
    }
    let of_system = client(&url(right), &serde_json::json!({})).send(&Request::get("/"));
    assert!(matches!(of_system, Err(Failure::Tls(_))), "{of_system:?}");
}

/// Answers with the cookies that came, a field a line, and the path.
fn serve_http2(stream: TcpStream, tls: Option<Arc<ServerConfig>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    stream.set_nonblocking(true).expect("it is a socket");
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::from_std(stream).expect("it is a socket");
        match tls {
            None => answer_http2(stream).await,
            Some(config) => {
                if let Ok(stream) = tokio_rustls::TlsAcceptor::from(config).accept(stream).await {
                    answer_http2(stream).await;
                }
            }
        }
    });
}

async fn answer_http2<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(stream: S) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let cookies: Vec<&[u8]> = request.headers().get_all("cookie").iter().map(http::HeaderValue::as_bytes).collect();
        let body = [cookies.join(&b"\n"[..]), b"\n".to_vec(), request.uri().path().as_bytes().to_vec()].concat();
        let head = http::Response::builder().status(207).header("x-seen", "1").body(()).expect("a head");
        let mut sending = respond.send_response(head, false).expect("it listens");
        sending.send_data(body.into(), true).expect("it listens");
    }
}

#[test]
fn over_http_2_each_cookie_is_a_field_of_its_own_in_the_clear_and_by_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = certificate(&["localhost"], folder.path(), "ca.pem", b"h2");
    for tls in [None, Some(config)] {
        let (listener, port) = listener();
        let served = tls.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let tls = served.clone();
                std::thread::spawn(move || serve_http2(stream, tls));
            }
        });
        let scheme = if tls.is_some() { "https" } else { "http" };
        let more = serde_json::json!({ "http": "2", "ca": folder.path().join("ca.pem") });
        let client = client(&format!("{scheme}://localhost:{port}"), &more);
        for _ in 0..3 {
            let answer = client.send(&Request::get("/me?x=1").with("Cookie", "a=1; sid=\"x; b=2")).expect("an answer");
            assert_eq!((answer.status, answer.field("x-seen")), (207, Some(&b"1"[..])));
            assert_eq!(String::from_utf8(answer.body).expect("text"), "a=1\nsid=\"x\nb=2\n/me");
        }
        let control = client.send(&Request::get("/me").with("Cookie", &b"a=\0"[..]));
        assert_eq!(control, Err(Failure::Unsendable("a control octet in a field")));
    }
}

/// A server that answers so many requests a connection, with what it counts of connections and requests.
fn serve_some(each: u32, closes_silently: bool) -> (u16, Arc<[AtomicU32; 2]>) {
    let (listener, port) = listener();
    let counts = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let counted = Arc::clone(&counts);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let counted = Arc::clone(&counted);
            counted[0].fetch_add(1, Ordering::Relaxed);
            std::thread::spawn(move || {
                for _ in 0..each {
                    if read_head(&mut stream).is_none() {
                        return;
                    }
                    counted[1].fetch_add(1, Ordering::Relaxed);
                    let _ = stream.write_all(b"HTTP/1.1 204 No\r\n\r\n");
                }
                if closes_silently && read_head(&mut stream).is_some() {
                    counted[1].fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    (port, counts)
}

#[test]
fn connections_are_kept_and_what_was_never_answered_is_asked_again() {
    let (port, counts) = serve_some(10, false);
    let here = client(&format!("http://127.0.0.1:{port}"), &serde_json::json!({}));
    for _ in 0..30 {
        assert_eq!(here.send(&Request::get("/")).expect("an answer").status, 204);
    }
    let [connections, requests] = counts.as_ref();
    assert_eq!((connections.load(Ordering::Relaxed), requests.load(Ordering::Relaxed)), (3, 30));
    assert_eq!(here.sent(), 30);
}

#[test]
fn a_post_that_may_have_arrived_is_not_sent_twice() {
    let (port, counts) = serve_some(0, true);
    let here = client(&format!("http://127.0.0.1:{port}"), &serde_json::json!({}));
    let post = Request { method: "POST".to_owned(), ..Request::get("/login") };
    assert_eq!(here.send(&post), Err(Failure::Closed { began: false }));
    assert_eq!(counts[1].load(Ordering::Relaxed), 1);
    assert_eq!(here.send(&Request::get("/")), Err(Failure::Closed { began: false }));
    assert_eq!(counts[1].load(Ordering::Relaxed), 4, "a GET is tried three times");
}

#[test]
fn no_more_is_asked_than_the_budget_and_the_rate_allow() {
    let (port, _) = serve_some(1000, false);
    let limits = serde_json::json!({ "limits": { "budget": 5, "rate": 50 } });
    let here = client(&format!("http://127.0.0.1:{port}"), &limits);
    let began = std::time::Instant::now();
    for _ in 0..5 {
        here.send(&Request::get("/")).expect("an answer");
    }
    assert!(began.elapsed().as_millis() >= 80, "five requests are four fiftieths of a second apart");
    assert_eq!(here.send(&Request::get("/")), Err(Failure::Budget(5)));
}

#[test]
fn cookies_of_a_redirect_go_with_the_next_request_and_come_back() {
    let (listener, port) = listener();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            while let Some(head) = read_head(&mut stream) {
                let answer = if head.starts_with("POST /login") {
                    "HTTP/1.1 303 There\r\nLocation: /home\r\nSet-Cookie: sid=new; Path=/\r\nContent-Length: 0\r\n\r\n"
                } else if head.contains("Cookie: x=1; sid=new\r\n") {
                    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                } else {
                    "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"
                };
                let _ = stream.write_all(answer.as_bytes());
            }
        }
    });
    let here = client(&format!("http://127.0.0.1:{port}"), &serde_json::json!({}));
    let login = Request { method: "POST".to_owned(), ..Request::get("/login") }.with("Cookie", "sid=old; x=1");
    let answer = here.follow(&login, |_| false).expect("an answer");
    assert_eq!((answer.status, answer.field("set-cookie")), (200, Some(&b"sid=new; Path=/"[..])));
}

#[test]
fn octets_that_no_type_of_a_library_lets_through_arrive_as_they_are() {
    let (listener, port) = listener();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("it is asked");
        let (mut head, mut octet) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut octet).unwrap_or(0) == 1 {
            head.push(octet[0]);
        }
        let is_there = head.windows(14).any(|part| part == b"Cookie: a=\0\x01\xff\r");
        let status = if is_there { "200 OK" } else { "400 No" };
        let _ = stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes());
    });
    let here = client(&format!("http://127.0.0.1:{port}"), &serde_json::json!({}));
    assert_eq!(here.send(&Request::get("/").with("Cookie", &b"a=\0\x01\xff"[..])).expect("an answer").status, 200);
}

#[test]
fn a_slow_answer_is_waited_for_while_somebody_says_so_and_no_longer() {
    let (listener, port) = listener();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                while read_head(&mut stream).is_some() {
                    std::thread::sleep(Duration::from_millis(600));
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                }
            });
        }
    });
    let limits = serde_json::json!({ "limits": { "answer": "200ms", "retries": 0 } });
    let client = client(&format!("http://127.0.0.1:{port}"), &limits);
    let asked = || client.send(&Request::get("/"));
    let limit = Failure::Slow(Duration::from_millis(200));
    assert_eq!(asked().expect_err("it is slow"), limit);
    let patience = client.wait_for(Duration::from_secs(5));
    assert_eq!(asked().expect("it is waited for").body, b"ok");
    drop(patience);
    assert_eq!(asked().expect_err("it is slow"), limit);
}
