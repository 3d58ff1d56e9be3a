//! What the interface promises, over HTTP/1.1, HTTP/2 and TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use token_assay::sessions::faults::Fault;
use token_assay::sessions::policy::Kind;
use token_assay::sessions::store::StoreKind;
use token_assay_live::serve::{NotServed, Served, Serving, serve};

use crate::http::{Said, ask};

pub(crate) const SERVING: Serving = Serving {
    address: SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0),
    kind: Kind::Hybrid,
    fault: None,
    store: StoreKind::Memory,
    seed: 1,
    tls: false,
    flaw: None,
    max_sessions: None,
    has_second: false,
};

const JSON: (&str, &str) = ("Content-Type", "application/json");
const HOST: (&str, &str) = ("Host", "north.example");
const OWN: (&str, &str) = ("Origin", "http://north.example");

fn served(kind: Kind, fault: Option<Fault>) -> Served {
    serve(Serving { kind, fault, ..SERVING }).expect("it is served")
}

fn login(service: &Served) -> Said {
    let body = json!({ "name": "alice", "password": "password-0" }).to_string();
    let said = ask(service.address(), "POST /login", &[HOST, JSON], &body);
    assert_eq!(said.status, 200, "{said:?}");
    said
}

/// A POST as a page of the service's own makes it, with its cookie.
fn page(service: &Served, path: &str, cookie: &str, body: &Value) -> Said {
    ask(service.address(), &format!("POST {path}"), &[HOST, JSON, OWN, ("Cookie", cookie)], &body.to_string())
}

fn me(service: &Served, credential: (&str, &str)) -> Said {
    ask(service.address(), "GET /me", &[HOST, credential], "")
}

fn control(service: &Served, line: &str, body: &Value) -> Said {
    let said = ask(service.address(), line, &[HOST, JSON, ("Assay-Control", service.control())], &body.to_string());
    assert_eq!(said.status, 200, "{line}: {said:?}");
    said
}

#[test]
fn a_login_is_shown_refreshed_listed_and_ended() {
    for store in [StoreKind::Memory, StoreKind::Sqlite] {
        let service = serve(Serving { store, ..SERVING }).expect("it is served");
        let login = login(&service);
        assert_eq!((&login.json["name"], &login.json["host"]), (&json!("alice"), &json!("north.example")));
        assert_eq!(login.fields("cache-control"), ["no-store"]);
        let (cookie, bearer) = (login.cookie(), format!("Bearer {}", login.text("access")));
        for credential in [("Cookie", cookie.as_str()), ("Authorization", &bearer)] {
            assert_eq!(me(&service, credential).json["roles"], json!(["user", "admin"]));
        }
        let refresh = json!({ "refresh": login.text("refresh") });
        let refreshed = ask(service.address(), "POST /refresh", &[HOST, JSON], &refresh.to_string());
        assert_ne!(refreshed.text("refresh"), login.text("refresh"));
        let listed = ask(service.address(), "GET /sessions", &[HOST, ("Cookie", &cookie)], "");
        assert_eq!(listed.json["sessions"], json!([login.text("handle")]));
        let left = page(&service, "/logout", &cookie, &json!({}));
        assert!(left.status == 200 && left.fields("set-cookie")[0].contains("Max-Age=0"), "{left:?}");
        for credential in [("Cookie", cookie.as_str()), ("Authorization", &bearer)] {
            let denied = me(&service, credential);
            assert_eq!((denied.status, &denied.json["error"]), (401, &json!("denied")));
            assert_eq!(denied.fields("www-authenticate"), ["Bearer"]);
        }
        let lines = control(&service, "GET /control/log", &json!({})).json["lines"].clone();
        assert_eq!(lines.as_array().map(Vec::len), Some(2), "{lines}");
    }
}

#[test]
fn a_login_may_come_from_a_form_and_a_tenant_is_its_host() {
    let service = served(Kind::Session, None);
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let at = |host| {
        let fields = [("Host", host), form];
        ask(service.address(), "POST /login", &fields, "name=bob&password=password%2D0").status
    };
    assert_eq!((at("north.example"), at("NORTH.example:8080")), (200, 200));
    assert_eq!(at("south.example"), 401, "bob is of another tenant");
    let elsewhere = ask(service.address(), "POST /password", &[HOST, form], "old=a&new=b");
    assert_eq!(elsewhere.status, 415, "only a login comes from a form");
}

#[test]
fn what_changes_something_with_a_cookie_must_come_from_the_service_s_own_page() {
    let service = served(Kind::Session, None);
    let cookie = login(&service).cookie();
    let post = |path: &str, fields: &[(&str, &str)], body: &str| {
        let fields = [&[HOST, JSON], fields].concat();
        ask(service.address(), &format!("POST {path}"), &fields, body).status
    };
    let cookie = ("Cookie", cookie.as_str());
    let foreign = [
        vec![cookie],
        vec![cookie, ("Origin", "null")],
        vec![cookie, ("Origin", "http://south.example")],
        vec![cookie, ("Origin", "https://north.example")],
        vec![cookie, ("Origin", "http://north.example:8080")],
        vec![cookie, ("Origin", "http://north.example.evil.example")],
        vec![cookie, OWN, OWN],
        vec![cookie, OWN, ("Sec-Fetch-Site", "cross-site")],
        vec![cookie, OWN, ("Sec-Fetch-Site", "same-site")],
    ];
    for fields in foreign {
        assert_eq!(post("/logout", &fields, ""), 403, "{fields:?}");
    }
    let right = r#"{"name":"alice","password":"password-0"}"#;
    assert_eq!(post("/login", &[("Origin", "http://evil.example")], right), 403, "nobody is logged in from elsewhere");
    assert_eq!(me(&service, cookie).status, 200, "nothing was done");
    let address = service.url();
    assert_eq!(post("/logout-others", &[cookie, ("Origin", &address)], ""), 200, "at its address it is the same");
    assert_eq!(post("/logout", &[cookie, OWN, ("Sec-Fetch-Site", "same-origin")], ""), 200);
    assert_eq!(me(&service, cookie).status, 401);
}

#[test]
fn controls_and_administrators_want_their_token() {
    let service = served(Kind::Session, None);
    let near = format!("{}x", service.control());
    for token in ["", "wrong", &near, &service.control()[1..]] {
        for line in ["POST /control/restart", "GET /control/log", "GET /control/info", "POST /admin/disable"] {
            let said = ask(service.address(), line, &[HOST, JSON, ("Assay-Control", token)], r#"{"name":"alice"}"#);
            assert_eq!((said.status, &said.json["error"]), (403, &json!("control")), "{line} {token}");
        }
    }
    let cookie = login(&service).cookie();
    control(&service, "POST /admin/drop-role", &json!({ "name": "alice", "role": "admin" }));
    assert_eq!(me(&service, ("Cookie", &cookie)).json["roles"], json!(["user"]));
    control(&service, "POST /control/store", &json!({ "fault": "down" }));
    assert_eq!(me(&service, ("Cookie", &cookie)).status, 503);
    control(&service, "POST /control/store", &json!({ "fault": "up" }));
    control(&service, "POST /control/advance", &json!({ "seconds": 900 }));
    assert_eq!(me(&service, ("Cookie", &cookie)).status, 401, "it was not used for long");
    control(&service, "POST /control/reset", &json!({}));
    let again = login(&service);
    assert_eq!(again.json["roles"], json!(["user", "admin"]), "everything is as at the start");
    let info = control(&service, "GET /control/info", &json!({})).json;
    assert_eq!((&info["kind"], &info["policy"]["idle"]), (&json!("session"), &json!(900)));
}

#[test]
fn what_is_no_request_of_the_interface_is_refused_for_what_it_is() {
    let service = served(Kind::Session, None);
    let status = |line: &str, fields: &[(&str, &str)], body: &str| ask(service.address(), line, fields, body).status;
    assert_eq!(status("GET /nothing", &[HOST], ""), 404);
    assert_eq!(status("GET /login", &[HOST], ""), 405);
    assert_eq!(status("POST /login", &[HOST, JSON], "{"), 400);
    assert_eq!(status("POST /login", &[HOST, JSON], "[]"), 400);
    assert_eq!(status("POST /login", &[HOST, JSON], r#"{"name":"alice"}"#), 400);
    assert_eq!(status("POST /login", &[HOST, ("Content-Type", "text/plain")], "{}"), 415);
    assert_eq!(status("GET /me", &[HOST, ("Host", "south.example")], ""), 400);
    assert_eq!(status("GET /me", &[HOST, ("Authorization", "Bearer a"), ("Authorization", "Bearer b")], ""), 400);
    let long = format!(r#"{{"name":"{}"}}"#, "a".repeat(300_000));
    assert_eq!(status("POST /login", &[HOST, JSON], &long), 413);
    let long = format!("__Host-sid={}", "a".repeat(65_536));
    assert_eq!(status("GET /me", &[HOST, ("Cookie", &long)], ""), 401, "a long credential is one that is wrong");
}

#[test]
fn a_panic_is_an_answer_and_the_service_goes_on() {
    let service = served(Kind::Jwt, Some(Fault::LongPanics));
    let long = format!("Bearer {}", "a".repeat(5000));
    assert_eq!(me(&service, ("Authorization", &long)).status, 500);
    login(&service);
}

#[test]
fn a_planted_fault_shows_and_the_sound_service_does_not_show_it() {
    for (fault, status) in [(None, 401), (Some(Fault::LogoutClearsCookieOnly), 200)] {
        let service = served(Kind::Session, fault);
        let cookie = login(&service).cookie();
        assert_eq!(page(&service, "/logout", &cookie, &json!({})).status, 200);
        assert_eq!(me(&service, ("Cookie", &cookie)).status, status, "{fault:?}");
    }
}

#[test]
fn requests_that_arrive_together_overlap() {
    // Two at once get the same successor, unless what was read is written over.
    let differs = |service: &Served| {
        let login = login(service);
        let refresh = json!({ "refresh": login.text("refresh") }).to_string();
        let both = std::thread::scope(|scope| {
            let ask = || ask(service.address(), "POST /refresh", &[HOST, JSON], &refresh).json["refresh"].clone();
            let threads = [scope.spawn(ask), scope.spawn(ask)];
            threads.map(|thread| thread.join().expect("it answers"))
        });
        both[0] != both[1]
    };
    let sound = served(Kind::Jwt, None);
    assert!(!(0..100).any(|_| differs(&sound)), "a refresh token had two successors");
    let broken = served(Kind::Jwt, Some(Fault::RefreshNotAtomic));
    assert!((0..1000).any(|_| differs(&broken)), "no two requests overlapped");
}

#[test]
fn access_tokens_verify_by_the_keys_that_are_served_also_after_these_have_changed() {
    use jsonwebtoken::jwk::JwkSet;
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
    let service = served(Kind::Jwt, None);
    let set = || ask(service.address(), "GET /.well-known/jwks.json", &[HOST], "").json;
    let verifies = |token: &str, set: Value| {
        let set: JwkSet = serde_json::from_value(set).expect("a set of keys");
        let header = decode_header(token).expect("a header");
        let Some(key) = set.find(header.kid.as_deref().expect("it names its key")) else { return false };
        let mut validation = Validation::new(Algorithm::EdDSA);
        // The service's clock is its own.
        validation.validate_exp = false;
        validation.set_issuer(&["https://login.example"]);
        decode::<Value>(token, &DecodingKey::from_jwk(key).expect("a key"), &validation).is_ok()
    };
    let first = login(&service).text("access");
    assert!(verifies(&first, set()));
    control(&service, "POST /control/rotate-key", &json!({}));
    let second = login(&service).text("access");
    assert!(verifies(&first, set()) && verifies(&second, set()));
    assert_ne!(decode_header(&first).unwrap().kid, decode_header(&second).unwrap().kid);
    control(&service, "POST /control/retire-keys", &json!({}));
    assert!(!verifies(&first, set()) && verifies(&second, set()));
    let leaked = control(&service, "POST /control/compromise-key", &json!({})).json;
    assert_eq!(leaked["kid"], decode_header(&second).unwrap().kid.unwrap());
    assert!(!verifies(&second, set()));
    assert!(control(&service, "GET /control/key-fetches", &json!({})).json["fetches"].is_u64());
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_is_spoken_on_the_same_port_and_a_cookie_may_come_in_crumbs() {
    let service = tokio::task::spawn_blocking(|| served(Kind::Session, None)).await.unwrap();
    let stream = tokio::net::TcpStream::connect(service.address()).await.unwrap();
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let body = r#"{"name":"alice","password":"password-0"}"#;
    let request = http::Request::post("http://north.example/login").header(JSON.0, JSON.1).body(()).unwrap();
    let (answer, mut send) = client.send_request(request, false).unwrap();
    send.send_data(body.into(), true).unwrap();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 200);
    let line = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let crumbs = http::Request::get("http://north.example/me").header("cookie", "theme=dark");
    let request = crumbs.header("cookie", line.split(';').next().unwrap()).body(()).unwrap();
    let (answer, _) = client.send_request(request, true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 200);
    tokio::task::spawn_blocking(move || drop(service)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_spoken_with_a_certificate_that_is_given_and_agrees_on_http2() {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, RootCertStore};
    let service = tokio::task::spawn_blocking(|| serve(Serving { tls: true, ..SERVING }).unwrap()).await.unwrap();
    assert!(service.url().starts_with("https://127.0.0.1:"));
    let mut roots = RootCertStore::empty();
    let pem = service.certificate().expect("it has one");
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).expect("PEM")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    for name in ["north.example", "south.example", "127.0.0.1"] {
        let stream = tokio::net::TcpStream::connect(service.address()).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config.clone()));
        let stream = connector.connect(ServerName::try_from(name).unwrap(), stream).await.expect("it is trusted");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]), "{name}");
        let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let request = http::Request::get(format!("https://{name}/me")).body(()).unwrap();
        let (answer, _) = client.send_request(request, true).unwrap();
        assert_eq!(answer.await.unwrap().status(), 401);
    }
    tokio::task::spawn_blocking(move || drop(service)).await.unwrap();
}

#[test]
fn nothing_is_served_beyond_this_machine_or_where_another_listens() {
    let exposed = Serving { address: ([0, 0, 0, 0], 0).into(), ..SERVING };
    assert!(matches!(serve(exposed), Err(NotServed::Exposed(_))));
    let service = served(Kind::Session, None);
    let taken = Serving { address: service.address(), ..SERVING };
    assert!(matches!(serve(taken), Err(NotServed::Address(..))));
    let address = service.address();
    drop(service);
    assert!(std::net::TcpStream::connect(address).is_err(), "it is gone with its owner");
}

#[test]
fn the_table_says_where_it_is_and_how_it_is_asked() {
    let service = served(Kind::Hybrid, None);
    let table = service.table(None);
    for part in [&service.url(), service.control(), "[[service.user]]", "password-0", "south.example"] {
        assert!(table.contains(part), "no {part} in\n{table}");
    }
}
