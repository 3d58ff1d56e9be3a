//! The rows about keys that are fetched, over loopback: a service that fetches its keys soundly is clean under each, and each finds
//! the fault that is planted for it.

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use token_assay::attacks::{self, Make};
use token_assay::forge::{Keyring, base64url};
use token_assay::reference::{Ruling, rule};
use token_assay::targets::{Asked, Driver as _, Sent};
use token_assay_live::client::Client;
use token_assay_live::dialogue::Dialogue;
use token_assay_live::issuer::rows::ROWS;
use token_assay_live::issuer::script::{NEVER_ASKED, Outcome, Trial};
use token_assay_live::safety::Permission;
use token_assay_live::service::Service;
use token_assay_live::verifier::{Live, stage};
use token_assay_model::{Algorithm, Control, Input, Key, Level, Policy, Request};

const FIRST: &str = "https://first.example";
const SECOND: &str = "https://second.example";
const CACHE: Duration = Duration::from_millis(300);

/// One mistake of a service that fetches its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// What was fetched once stays.
    KeepsRetired,
    /// The first key of a name stays.
    KeepsFirstOfName,
    /// Every unknown name fetches.
    FetchesEachTime,
    /// All keys are everybody's.
    MixesIssuers,
    /// While it fetches it has no keys.
    EmptiesFirst,
    /// The status of an answer is not looked at.
    IgnoresStatus,
    /// After a bad answer it never asks again.
    NeverAsksAgain,
    /// A set is used for ever while there is no other.
    StaleForEver,
    /// Any address is asked.
    AnyAddress,
    /// The list is a text that stands somewhere in the address.
    ListIsSubstring,
    /// Redirects are followed.
    FollowsRedirects,
    /// What is percent-encoded is decoded before it is sent.
    DecodesBeforeSending,
    /// A bare key is a set.
    TakesSingle,
    /// It waits for ever.
    WaitsForEver,
    /// The present key is its own, from before.
    NeverAsks,
}

/// What is known of an address.
struct Cached {
    keys: Vec<Value>,
    fetched: Instant,
    tried: Instant,
    failed: bool,
}

struct Fetcher {
    fault: Fault,
    first: SocketAddr,
    second: SocketAddr,
    cached: Mutex<HashMap<String, Cached>>,
}

impl Fetcher {
    fn jku_folder(&self) -> String {
        format!("http://{}/keys/", self.first)
    }

    /// A document, in time and whole.
    fn fetch(&self, url: &str, hops: usize) -> Option<String> {
        let parsed = url::Url::parse(url).ok()?;
        let (host, port) = (parsed.host_str()?.trim_matches(['[', ']']).to_owned(), parsed.port().unwrap_or(80));
        let mut stream = TcpStream::connect((host.as_str(), port)).ok()?;
        let patience = if self.fault == Fault::WaitsForEver { 60_000 } else { 500 };
        let until = Instant::now() + Duration::from_millis(patience);
        stream.set_read_timeout(Some(Duration::from_millis(patience))).ok()?;
        let mut path = parsed[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
        if self.fault == Fault::DecodesBeforeSending {
            path = path
                .replace("%20", " ")
                .replace("%0d", "\r")
                .replace("%0a", "\n")
                .replace("%0D", "\r")
                .replace("%0A", "\n");
        }
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n").as_bytes()).ok()?;
        let (mut octets, mut part) = (Vec::new(), [0; 1 << 16]);
        loop {
            match stream.read(&mut part) {
                Ok(0) => break,
                Ok(read) => octets.extend(&part[..read]),
                Err(_) => return None,
            }
            if Instant::now() > until || octets.len() > 1 << 20 {
                return None;
            }
        }
        let text = String::from_utf8(octets).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?;
        if status == "302" && self.fault == Fault::FollowsRedirects && hops < 5 {
            let to = head.lines().find_map(|line| line.strip_prefix("Location: "))?;
            return self.fetch(to, hops + 1);
        }
        (status == "200" || self.fault == Fault::IgnoresStatus).then(|| body.to_owned())
    }

    fn fetch_keys(&self, url: &str) -> Option<Vec<Value>> {
        let set: Value = serde_json::from_str(&self.fetch(url, 0)?).ok()?;
        if self.fault == Fault::TakesSingle && set.get("kty").is_some() {
            return Some(vec![set]);
        }
        let keys = set.get("keys")?.as_array()?.clone();
        (!keys.is_empty()).then_some(keys)
    }

    fn keys(&self, url: &str, kid: &str) -> Vec<Value> {
        if self.fault == Fault::NeverAsks {
            let present = Keyring::corpus().key("p256").renamed("present");
            return vec![serde_json::from_str(&present.jwk_text).expect("it is a key")];
        }
        let mut all = self.cached.lock().expect("nobody panics");
        let known = |cached: &Cached| cached.keys.iter().any(|key| key["kid"] == kid);
        if let Some(cached) = all.get(url) {
            let is_fresh = cached.fetched.elapsed() < CACHE && !cached.failed;
            let may_ask = self.fault == Fault::FetchesEachTime || cached.tried.elapsed() > CACHE / 2;
            let keeps = self.fault == Fault::KeepsRetired && known(cached);
            let given_up = self.fault == Fault::NeverAsksAgain && cached.failed;
            if keeps || given_up || (is_fresh && (known(cached) || !may_ask)) || (cached.failed && !may_ask) {
                return cached.keys.clone();
            }
        }
        if self.fault == Fault::EmptiesFirst
            && let Some(cached) = all.get_mut(url)
        {
            (cached.keys, cached.fetched, cached.failed) = (Vec::new(), Instant::now(), false);
            cached.tried = Instant::now();
            drop(all);
            let found = self.fetch_keys(url).unwrap_or_default();
            let mut all = self.cached.lock().expect("nobody panics");
            let (fetched, tried) = (Instant::now(), Instant::now());
            all.insert(url.to_owned(), Cached { keys: found.clone(), fetched, tried, failed: false });
            return found;
        }
        let now = Instant::now();
        let before = all.remove(url);
        let cached = match (self.fetch_keys(url), before) {
            (Some(mut keys), Some(before)) if self.fault == Fault::KeepsFirstOfName => {
                keys.retain(|key| before.keys.iter().all(|old| old["kid"] != key["kid"]));
                keys.extend(before.keys);
                Cached { keys, fetched: now, tried: now, failed: false }
            }
            (Some(keys), _) => Cached { keys, fetched: now, tried: now, failed: false },
            (None, Some(before)) if self.fault == Fault::StaleForEver => Cached { tried: now, ..before },
            (None, _) => Cached { keys: Vec::new(), fetched: now, tried: now, failed: true },
        };
        let keys = cached.keys.clone();
        all.insert(url.to_owned(), cached);
        keys
    }

    fn admits(&self, token: &str) -> bool {
        let part = |nth: usize| -> Option<Value> {
            serde_json::from_slice(&base64url::decode(token.split('.').nth(nth)?)?).ok()
        };
        let (Some(header), Some(claims)) = (part(0), part(1)) else { return false };
        let kid = header["kid"].as_str().unwrap_or_default();
        let url = |address: SocketAddr| format!("http://{address}/.well-known/jwks.json");
        let (issuer, address) = match claims["iss"].as_str() {
            Some(FIRST) => (FIRST, self.first),
            Some(SECOND) => (SECOND, self.second),
            _ => return false,
        };
        let mut keys = match header["jku"].as_str() {
            Some(jku) if self.is_on_the_list(jku) => self.fetch_keys(jku).unwrap_or_default(),
            Some(_) => return false,
            None => self.keys(&url(address), kid),
        };
        if self.fault == Fault::MixesIssuers {
            keys = [self.first, self.second].into_iter().flat_map(|address| self.keys(&url(address), kid)).collect();
        }
        let mut keys = keys.into_iter().filter(|key| key["kid"] == kid).map(|jwk| Key {
            kid: Some(kid.to_owned()),
            jwk_text: Some(jwk.to_string()),
            jwk: Some(jwk),
            ..Key::default()
        });
        let now = Some(jiff::Timestamp::now().as_second());
        let input = Input::Token(token.to_owned());
        // One that mixes issuers tries every key of the name.
        keys.any(|key| {
            let policy = Policy {
                algorithms: Some(vec![Algorithm::Es256]),
                keys: vec![key],
                jwks: true,
                issuer: vec![issuer.to_owned()],
                now,
                ..Policy::default()
            };
            matches!(rule(Request { input: &input, policy: &policy }), Ruling::Accept(_))
        })
    }

    fn is_on_the_list(&self, jku: &str) -> bool {
        match self.fault {
            Fault::AnyAddress => true,
            Fault::ListIsSubstring => jku.contains(&self.jku_folder()),
            // The address that is asked is the one that is looked at.
            Fault::DecodesBeforeSending => jku.starts_with(&self.jku_folder()),
            _ => {
                let parsed = url::Url::parse(jku).ok();
                let same = parsed.is_some_and(|url| url.as_str() == jku);
                same && jku.starts_with(&self.jku_folder())
            }
        }
    }

    /// Serves until the process ends.
    fn serve(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let this = Arc::new(self);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let this = Arc::clone(&this);
                std::thread::spawn(move || this.answer(&stream));
            }
        });
        url
    }

    fn answer(&self, mut stream: &TcpStream) {
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
        let token = head.iter().find_map(|line| line.strip_prefix("Authorization: Bearer ")).unwrap_or_default();
        let status = if self.admits(token) { "200 OK" } else { "401 No" };
        let _ =
            stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes());
    }
}

/// An address that nobody has at this moment.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("there is a port")
}

struct Bench {
    live: Live,
    control: Control,
}

impl Bench {
    fn with(fault: Fault) -> Self {
        // A port that was free may be another test's before it is bound.
        Self::told(fault, |_| {})
    }

    /// The same where the issuer's table is changed.
    fn told(fault: Fault, change: impl Fn(&mut Value)) -> Self {
        (0..20).find_map(|_| Self::on((free(), free()), fault, &change)).expect("there are ports")
    }

    fn on((first, second): (SocketAddr, SocketAddr), fault: Fault, change: &impl Fn(&mut Value)) -> Option<Self> {
        let fetcher = Fetcher { fault, first, second, cached: Mutex::default() };
        let jku = fetcher.jku_folder();
        let mut table = json!({
            "name": "fetcher", "url": fetcher.serve(), "limits": { "concurrency": 8 },
            "request": { "resource": { "path": "/" } },
            "token": { "algorithm": "ES256", "issuer": FIRST },
            "issuer": {
                "address": first.to_string(), "cache": "300ms", "max-stale": "200ms", "fetches": 30, "jku": jku,
                "second": { "address": second.to_string(), "name": SECOND },
            },
        });
        change(&mut table["issuer"]);
        let mut service: Service = serde_json::from_value(table).expect("a table");
        service.check(std::path::Path::new(".")).expect("it is right");
        assert_eq!(service.limits.answer, Duration::from_secs(5), "who is no row about waiting is waited for as ever");
        let client = Client::new(&service, &Permission::default()).expect("it is here");
        let dialogue = Dialogue::new(service, client);
        let staged = match stage(&dialogue, jiff::Timestamp::now().as_second()) {
            Err(wrong) if wrong.what.contains("in use") => return None,
            staged => staged.expect("it can be tried"),
        };
        let (live, policy) = Live::new(Arc::new(dialogue), staged);
        let control = policy.control().expect("a token is valid");
        Some(Self { live, control })
    }

    fn play(&mut self, row: &str) -> (Vec<Asked>, Vec<Trial>) {
        let asked = self.live.ask_otherwise(row, &self.control).expect("it answers");
        let trials = std::mem::take(&mut *self.live.trials().lock().expect("nobody panics"));
        (asked, trials)
    }
}

/// What was found.
fn sent(asked: &[Asked]) -> Vec<&Sent> {
    let all = asked.iter().filter_map(|asked| match asked {
        Asked::Sent(sent) => Some(&**sent),
        _ => None,
    });
    all.collect()
}

#[track_caller]
fn clean(row: &str) {
    let (asked, trials) = Bench::with(Fault::None).play(row);
    assert!(asked.iter().all(|asked| matches!(asked, Asked::Held { .. })), "{row}: {asked:#?}");
    assert_eq!(asked.len(), trials.len(), "{row}");
    assert!(!trials.is_empty(), "{row} was not tried");
    let unsure: Vec<_> = trials.iter().filter(|trial| trial.outcome != Outcome::Held).collect();
    assert!(unsure.is_empty(), "{row}: {unsure:#?}");
}

#[track_caller]
fn found(row: &str, fault: Fault, variant: &str) {
    let (asked, trials) = Bench::with(fault).play(row);
    let found = sent(&asked).into_iter().find(|sent| sent.variant == variant);
    let found = found.unwrap_or_else(|| panic!("{fault:?} is not found by {row}: {trials:#?}"));
    let judged = found.judged.as_ref().expect("a row judges");
    // That a failing issuer is asked by everybody no clause forbids.
    assert_eq!(judged.level == Level::May, variant == "while-down", "{judged:?}");
    assert!(judged.because.contains("fetches meanwhile: "), "{judged:?}");
    assert!(trials.iter().any(|trial| trial.outcome == Outcome::Broken && !trial.steps.is_empty()));
}

#[test]
fn every_row_that_is_asked_so_is_played_and_the_other_way_round() {
    let asked: BTreeSet<&str> = attacks::classes()
        .filter(|(family, class)| {
            family.id != "transport" && matches!(class.make, Make::Live { by: "assay run --service" })
        })
        .map(|(_, class)| class.id)
        .collect();
    let played: BTreeSet<&str> = ROWS.iter().map(|row| row.class).collect();
    assert_eq!(asked, played);
}

#[test]
fn a_sound_fetcher_is_clean_under_every_row() {
    std::thread::scope(|scope| {
        for row in ROWS {
            scope.spawn(|| clean(row.class));
        }
    });
}

#[test]
fn each_row_finds_the_fault_that_is_planted_for_it() {
    let planted = [
        ("jwks-rotated-out-key", Fault::KeepsRetired, "after-cache"),
        ("key-same-kid-new-key", Fault::KeepsFirstOfName, "old-key"),
        ("jwks-refresh-storm", Fault::FetchesEachTime, "unknown-kids"),
        ("jwks-refresh-storm", Fault::FetchesEachTime, "while-down"),
        ("iss-key-mismatch", Fault::MixesIssuers, "second-by-first"),
        ("jwks-key-for-other-issuer", Fault::MixesIssuers, "same-kid"),
        ("jwks-cross-issuer", Fault::MixesIssuers, "primed"),
        ("meta-key-rotation-race", Fault::EmptiesFirst, "while-fetched-valid"),
        ("jwks-poison-response", Fault::IgnoresStatus, "status-500"),
        ("jwks-poison-response", Fault::NeverAsksAgain, "status-500-valid"),
        ("jwks-stale-on-error", Fault::StaleForEver, "status-500"),
        ("jku-internal-ssrf", Fault::AnyAddress, "port"),
        ("jku-allowlist-bypass", Fault::ListIsSubstring, "fragment"),
        ("jku-open-redirect", Fault::FollowsRedirects, "elsewhere"),
        ("jku-header-injection", Fault::DecodesBeforeSending, "encoded"),
        ("jku-single-jwk-document", Fault::TakesSingle, "jwk"),
        ("jku-resource-abuse", Fault::WaitsForEver, "drip"),
    ];
    for row in ROWS {
        assert!(planted.iter().any(|(class, ..)| *class == row.class), "nothing is planted for {}", row.class);
    }
    std::thread::scope(|scope| {
        for (row, fault, variant) in planted {
            scope.spawn(move || found(row, fault, variant));
        }
    });
}

#[test]
fn of_a_service_that_never_asks_for_keys_nothing_is_said_about_their_change() {
    let rows = ["jwks-rotated-out-key", "key-same-kid-new-key", "jwks-refresh-storm", "meta-key-rotation-race"];
    std::thread::scope(|scope| {
        for row in rows.into_iter().chain(["jwks-poison-response", "jwks-stale-on-error"]) {
            scope.spawn(move || {
                let (asked, trials) = Bench::with(Fault::NeverAsks).play(row);
                let says_so =
                    |asked: &Asked| matches!(asked, Asked::CannotTell { because, .. } if because == NEVER_ASKED);
                assert!(!asked.is_empty() && asked.iter().all(says_so), "{row}: {trials:#?}");
            });
        }
    });
}

#[test]
fn what_the_table_does_not_declare_is_skipped_by_its_name() {
    let mut bench = Bench::told(Fault::None, |issuer| {
        for key in ["second", "jku", "max-stale"] {
            issuer.as_object_mut().expect("a table").remove(key);
        }
    });
    for (row, key) in
        [("iss-key-mismatch", "second"), ("jku-open-redirect", "jku"), ("jwks-stale-on-error", "max-stale")]
    {
        let (asked, trials) = bench.play(row);
        let named = format!("service.issuer.{key}");
        let is_named = |asked: &Asked| matches!(asked, Asked::Skipped { wanting, .. } if *wanting == named);
        assert!(!asked.is_empty() && asked.iter().all(is_named), "{row}: {asked:#?}");
        assert!(trials.iter().all(|trial| trial.outcome == Outcome::NotDeclared), "{row}: {trials:#?}");
    }
}

#[test]
fn each_row_is_a_class_that_a_running_service_is_asked() {
    use token_assay::attacks::{Make, classes};
    for row in ROWS {
        let class = classes().find(|(_, class)| class.id == row.class).map(|(_, class)| class);
        assert!(class.is_some_and(|class| matches!(class.make, Make::Live { .. })), "{}", row.class);
    }
}

#[test]
fn an_issuer_listens_on_the_loopback_alone_and_names_no_address_elsewhere() {
    let check = |issuer: Value| {
        let table = json!({ "name": "s", "url": "http://127.0.0.1:1", "issuer": issuer });
        let mut service: Service = serde_json::from_value(table).expect("a table");
        service.check(std::path::Path::new("."))?;
        let token = serde_json::from_value(json!({ "algorithm": "ES256", "issuer": FIRST })).expect("a table");
        let table = service.issuer.expect("it is there");
        token_assay_live::issuer::Issuers::open(&table, &token).map(|issuers| issuers.first.url("/"))
    };
    let address = free();
    assert_eq!(check(json!({ "address": address, "cache": "1s" })), Ok(format!("http://{address}/")));
    for (issuer, what) in [
        (json!({ "address": "0.0.0.0:0", "cache": "1s" }), "no address of the loopback"),
        (json!({ "address": "localhost", "cache": "1s" }), "no address with a port"),
        (json!({ "address": address, "cache": "1s", "jku": "http://192.0.2.1/keys/" }), "no folder of the first"),
        (json!({ "address": address, "cache": "1s", "jwks": "keys" }), "begins with no /"),
    ] {
        let wrong = check(issuer).expect_err(what);
        assert!(wrong.what.contains(what), "{wrong:?}");
    }
}
