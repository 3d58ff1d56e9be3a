//! Rows that a running service is asked about: the sound service keeps to each, and each is found where it is broken.

use std::collections::{BTreeMap, BTreeSet};

use token_assay::attacks::{self, Make};
use token_assay::forge::{Hash, base64url, sign};
use token_assay::sessions::faults::Fault;
use token_assay::sessions::policy::Kind;
use token_assay_live::client::Client;
use token_assay_live::dialogue::Dialogue;
use token_assay_live::inquiry::{Asked, Finding, Outcome, ask_about, inquiries, inquiry};
use token_assay_live::safety::Permission;
use token_assay_live::serve::flaw::Flaw;
use token_assay_live::serve::{Served, Serving, serve};
use token_assay_live::service::{Ask, Place, Service};
use token_assay_live::sessions::Remote;

use crate::served;

const SERVING: Serving = Serving { max_sessions: Some(3), has_second: true, ..served::SERVING };

/// The file of the key that signs the served service's tokens.
fn key(folder: &tempfile::TempDir) -> std::path::PathBuf {
    let seed = sign::digest(Hash::Sha256, b"the secret of the reference service's key 0");
    let seed: [u8; 32] = seed.try_into().expect("SHA-256 gives 32 octets");
    let (d, x) = (base64url::encode(seed), base64url::encode(sign::ed25519_public(&seed)));
    let path = folder.path().join("key.json");
    let jwk = serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "d": d, "x": x, "kid": "k0" });
    std::fs::write(&path, jwk.to_string()).expect("the folder is there");
    path
}

pub(crate) fn table(served: &Served) -> Service {
    let mut service: Service = toml::from_str::<BTreeMap<String, Service>>(&served.table(None))
        .expect("it is a table")
        .remove("service")
        .expect("it is [service]");
    service.check(std::path::Path::new(".")).expect("it says what it must");
    service
}

/// A service with this table changed so, and another application of another seed beside it.
fn asked(serving: Serving, change: impl FnOnce(&mut Service), rows: impl Fn(&str) -> bool, others_seed: u64) -> Asked {
    let folder = tempfile::tempdir().expect("there is room");
    let (served, other) =
        (serve(serving).expect("served"), serve(Serving { seed: others_seed, ..SERVING }).expect("served"));
    let mut service = table(&served);
    service.other = Some(Box::new(table(&other)));
    if serving.kind.has_tokens() {
        let key = key(&folder);
        service.token =
            Some(serde_json::from_value(serde_json::json!({ "algorithm": "EdDSA", "key": key })).expect("a token"));
    }
    change(&mut service);
    let client = Client::new(&service, &Permission::default()).expect("it is here");
    let remote = Remote::new(Dialogue::new(service, client)).expect("it says enough");
    remote.control().expect("somebody can log in");
    ask_about(&remote, inquiries().filter(|inquiry| rows(inquiry.class)), || true)
}

fn broken(asked: &Asked) -> Vec<&str> {
    asked.findings().map(|finding| finding.class.as_str()).collect()
}

fn told(asked: &Asked) -> String {
    serde_json::to_string_pretty(&asked.answered).expect("it has string keys")
}

#[test]
fn every_row_that_is_asked_so_is_an_inquiry_and_the_other_way_round() {
    let by = |make: &Make| matches!(make, Make::Live { by: "assay sessions --service" });
    let rows: BTreeSet<String> = attacks::classes()
        .filter(|(_, class)| by(&class.make))
        .map(|(family, class)| format!("{}/{}", family.id, class.id))
        .collect();
    let mut named = BTreeSet::new();
    for inquiry in inquiries() {
        let (_, class) = inquiry.row();
        assert!(by(&class.make) || matches!(class.make, Make::Model { .. }), "{}", inquiry.class);
        assert!(named.insert(inquiry.class.to_owned()), "{} twice", inquiry.class);
        assert!(inquiry.mend.ends_with('.') && !inquiry.allowed.is_empty(), "{}", inquiry.class);
    }
    assert!(rows.is_subset(&named), "{:?}", rows.difference(&named));
}

#[test]
fn the_sound_service_keeps_to_every_row_and_each_is_concluded_in_some_kind() {
    let mut holds = BTreeSet::new();
    for kind in Kind::ALL {
        let asked = asked(Serving { kind: *kind, ..SERVING }, |_| {}, |_| true, 9);
        assert!(asked.trouble.is_none(), "{:?}", asked.trouble);
        assert!(broken(&asked).is_empty(), "{kind}: {}", told(&asked));
        for answered in &asked.answered {
            match &answered.outcome {
                Outcome::Holds => _ = holds.insert(answered.class),
                Outcome::Undecided { because } => panic!("{kind}: {}: {because}", answered.class),
                Outcome::Skipped { .. } | Outcome::Broken { .. } => {}
            }
        }
    }
    let open: Vec<&str> = inquiries()
        .map(|inquiry| inquiry.class)
        .filter(|class| !holds.contains(class) && !ELSEWHERE.contains(class))
        .collect();
    assert!(open.is_empty(), "{open:?} are concluded for no kind");
}

/// Rows about what the sound service has not: encrypted cookies, a form token in a cookie.
const ELSEWHERE: [&str; 2] = ["protected-cookie/enc-nonce-reuse", "cookie-header/hdr-toss-csrf-cookie"];

#[test]
fn each_flaw_of_the_interface_is_found_by_the_rows_that_it_breaks() {
    let mut missed = Vec::new();
    for row in Flaw::ALL {
        assert!(row.flaw.row().name == row.name && Flaw::named(row.name) == Some(row.flaw));
        let in_cookie = |service: &mut Service| {
            if row.breaks.contains(&"cookie-header/hdr-toss-csrf-cookie") {
                service.answer.csrf = Some(Place::Cookie("csrf".to_owned()));
            }
        };
        let serving = Serving { kind: row.kind, flaw: Some(row.flaw), ..SERVING };
        let asked = asked(serving, in_cookie, |class| row.breaks.contains(&class), 9);
        let found = broken(&asked);
        for class in row.breaks {
            if !found.contains(class) {
                missed.push(format!("{} is not found by {class}: {}", row.name, told(&asked)));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn faults_of_the_logins_themselves_are_found_too() {
    for (fault, kind, class) in [
        (Fault::LogoutClearsCookieOnly, Kind::Session, "protected-cookie/sig-replay-after-logout"),
        (Fault::IdleIgnored, Kind::Session, "protected-cookie/sig-no-server-expiry"),
        (Fault::AdoptsUnissuedId, Kind::Session, "session-store/ss-double-login-same-id"),
        (Fault::DenylistByText, Kind::Jwt, "token-lifecycle/rev-denylist-no-jti"),
        (Fault::ClientUnbound, Kind::Jwt, "token-lifecycle/rev-foreign-token"),
        (Fault::RevokeForgets, Kind::Session, "session-store/ss-admin-terminate"),
    ] {
        let asked = asked(Serving { kind, fault: Some(fault), ..SERVING }, |_| {}, |row| row == class, 9);
        assert_eq!(broken(&asked), [class], "{fault}: {}", told(&asked));
    }
}

#[test]
fn an_application_that_shares_ids_with_another_is_found() {
    let serving = Serving { kind: Kind::Session, ..SERVING };
    let class = "session-store/ss-cross-app-store";
    // Of one seed, which a reset sets to 0, both draw the same ids, as if they had one store.
    let shared = asked(serving, |_| {}, |row| row == class, 0);
    assert_eq!(broken(&shared), [class], "{}", told(&shared));
}

#[test]
fn what_is_kept_of_a_finding_holds_no_credential() {
    let serving = Serving { kind: Kind::Hybrid, flaw: Some(Flaw::AnyOrigin), ..SERVING };
    let asked = asked(serving, |_| {}, |_| true, 9);
    assert!(!broken(&asked).is_empty());
    let text = told(&asked);
    assert!(!text.contains("password-0") && !text.contains("eyJ"), "{text}");
    for finding in asked.findings() {
        let kept: Finding = serde_json::from_str(&serde_json::to_string(finding).unwrap()).unwrap();
        assert_eq!(&kept, finding);
        assert!(finding.steps.iter().any(|step| step.request.contains('‹')), "{}", finding.class);
    }
}

#[test]
fn what_the_table_does_not_say_is_named() {
    let serving = Serving { kind: Kind::Session, ..SERVING };
    let without = |service: &mut Service| drop(service.requests.remove(&Ask::Terminate));
    let asked = asked(serving, without, |row| row == "session-store/ss-admin-terminate", 9);
    let Outcome::Skipped { lacks } = &asked.answered[0].outcome else { panic!("{}", told(&asked)) };
    assert_eq!(lacks, &["request.terminate"]);
    // What is about tokens wants for a kind that has them, and for no request of theirs.
    let without = |service: &mut Service| drop(service.requests.remove(&Ask::Introspect));
    let of_tokens = inquiry("token-lifecycle/intro-inactive").expect("it is asked so");
    let mut sessions = table(&serve(serving).expect("served"));
    without(&mut sessions);
    assert_eq!(of_tokens.lacks(&sessions), ["kind = \"jwt\" or \"hybrid\""]);
    sessions.kind = Some(Kind::Hybrid);
    assert_eq!(of_tokens.lacks(&sessions), ["request.introspect"]);
}
