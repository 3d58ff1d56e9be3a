//! The model over HTTP with everything that is done to the service from outside: its clock, its store, its keys, its process. Sound
//! it keeps every invariant, and what shows under a control alone is found by the requests of the table that `--serve` prints.

use std::time::Duration;

use token_assay::sessions::faults::Fault;
use token_assay::sessions::generator::Shape;
use token_assay::sessions::policy::Kind;
use token_assay::sessions::store::StoreKind;
use token_assay_live::client::Client;
use token_assay_live::dialogue::Dialogue;
use token_assay_live::safety::Permission;
use token_assay_live::serve::{Serving, serve};
use token_assay_live::service::{Ask, Service};
use token_assay_live::sessions::{Campaign, Lag, Limits, Remote, explore, lag};

use crate::inquiries::table;
use crate::served::SERVING;

/// What a campaign finds of the service that is served so, asked by its table with this change.
fn explored(serving: Serving, commands: u64, change: impl FnOnce(&mut Service)) -> Campaign {
    let served = serve(serving).expect("it is served");
    let remote = remote(table(&served), change);
    let limits = Limits { seed: 1, commands, time: Duration::from_secs(120), shape: Shape::default(), repeats: 3 };
    let campaign = explore(&remote, limits, || true);
    assert_eq!(campaign.trouble, None);
    campaign
}

fn remote(mut service: Service, change: impl FnOnce(&mut Service)) -> Remote {
    change(&mut service);
    let client = Client::new(&service, &Permission::default()).expect("it is here");
    let remote = Remote::new(Dialogue::new(service, client)).expect("it says enough");
    remote.control().expect("somebody can log in");
    remote
}

/// Whoever looks as often as the service answers would have asked it several thousand times.
#[test]
fn a_logout_that_ends_nothing_is_not_waited_for_until_the_budget_is_spent() {
    let lags = |fault: Option<Fault>| {
        let served = serve(Serving { kind: Kind::Session, fault, ..SERVING }).expect("it is served");
        let remote = remote(table(&served), |service| service.limits.budget = 1000);
        lag(&remote, 9, Duration::from_millis(300)).expect("the budget is enough")
    };
    let is_over = |lag: &Lag| (lag.rounds, lag.never_ended, lag.max < 300.0);
    assert_eq!(lags(None).iter().map(is_over).collect::<Vec<_>>(), [(9, 0, true)]);
    let never = lags(Some(Fault::LogoutClearsCookieOnly));
    assert_eq!(never.iter().map(is_over).collect::<Vec<_>>(), [(3, 3, false)]);
}

/// Ways to do something to the service.
const CONTROLS: [Ask; 6] =
    [Ask::Advance, Ask::Store, Ask::RotateKey, Ask::RetireKeys, Ask::CompromiseKey, Ask::Restart];

#[test]
fn a_sound_service_keeps_every_invariant_while_its_clock_store_keys_and_process_are_changed() {
    std::thread::scope(|scope| {
        for kind in [Kind::Session, Kind::Jwt, Kind::Hybrid] {
            for store in [StoreKind::Memory, StoreKind::Sqlite] {
                scope.spawn(move || {
                    let campaign = explored(Serving { kind, store, ..SERVING }, 3000, |_| {});
                    let found: Vec<_> = campaign.found.iter().map(|(finding, _)| finding).collect();
                    assert!(found.is_empty(), "{kind} on {store}: {found:#?}");
                    assert!(
                        campaign.lacking.keys().all(|lacks| kind == Kind::Session || *lacks == "visit"),
                        "{kind}: {:?}",
                        campaign.lacking
                    );
                });
            }
        }
    });
}

#[test]
fn what_shows_under_a_control_alone_is_found_over_http_and_without_that_control_it_is_not() {
    let planted = [
        (Fault::IdleIgnored, Kind::Session, Ask::Advance),
        (Fault::ExpiryIgnored, Kind::Jwt, Ask::Advance),
        (Fault::FailsOpen, Kind::Session, Ask::Store),
        (Fault::CorruptPanics, Kind::Session, Ask::Store),
        (Fault::RetiredKeyForever, Kind::Jwt, Ask::RetireKeys),
        (Fault::LeakedKeyTrusted, Kind::Jwt, Ask::CompromiseKey),
        (Fault::DenylistInProcess, Kind::Jwt, Ask::Restart),
    ];
    std::thread::scope(|scope| {
        for (fault, kind, control) in planted {
            scope.spawn(move || {
                let serving = Serving { kind, fault: Some(fault), ..SERVING };
                let broken = |campaign: &Campaign| {
                    let invariants = campaign.found.iter().map(|(finding, _)| finding.invariant);
                    invariants.filter(|invariant| fault.row().breaks.contains(invariant)).count()
                };
                let with = explored(serving, 8000, |_| {});
                assert!(broken(&with) > 0, "{fault}: {:#?}", with.found);
                let without = explored(serving, 1500, |service| {
                    assert!(CONTROLS.contains(&control) && service.requests.remove(&control).is_some(), "{control}");
                });
                assert_eq!(broken(&without), 0, "{fault} without {control}: {:#?}", without.found);
                assert!(!without.lacking.is_empty(), "what is left out is counted");
            });
        }
    });
}
