//! On every store the reference service is clean, planted faults are found, and both go as they do in memory.

use std::time::Duration;

use token_assay::sessions::evaluate::{Campaign, Limits, explore};
use token_assay::sessions::faults::Fault;
use token_assay::sessions::finding::replay;
use token_assay::sessions::generator::Shape;
use token_assay::sessions::policy::Kind;
use token_assay::sessions::reference::{self, Reference};
use token_assay::sessions::store::{Store, StoreKind};
use token_assay_live::store::{Real, open};

/// Each real store that can be had here, with a visible word for the others.
fn each(test: impl Fn(StoreKind, &Real)) {
    for kind in [StoreKind::Sqlite, StoreKind::Redis, StoreKind::Postgres] {
        match open(kind) {
            Ok(store) => test(kind, &store.expect("it is not the memory")),
            Err(skipped) => println!("SKIPPED: {}: {}", skipped.name, skipped.why),
        }
    }
}

fn campaign<S: Store>(kind: Kind, fault: Option<Fault>, commands: u64, make: impl Fn(u64) -> Reference<S>) -> Campaign {
    let limits = Limits { seed: 1, commands, time: Duration::MAX, shape: Shape::default() };
    explore(kind, fault, &make, limits, |_| true)
}

fn on(store: &Real, kind: Kind, fault: Option<Fault>, commands: u64) -> Campaign {
    campaign(kind, fault, commands, |number| Reference::on(store.clone(), kind, fault, number))
}

#[test]
fn the_sound_service_is_clean_on_every_store_also_where_requests_overlap() {
    each(|name, store| {
        for kind in Kind::ALL {
            let campaign = on(store, *kind, None, 2_000);
            println!("{name} {kind}: {} commands in {:?}", campaign.commands, campaign.took);
            assert_eq!(campaign.finding, None, "{name} {kind}");
            assert!(campaign.overlapping > 20, "{name} {kind}: {} scripts overlap", campaign.overlapping);
            assert_eq!(store.trouble(), None, "{name} {kind}");
        }
    });
}

#[test]
fn planted_faults_are_found_on_every_store_and_are_the_same_as_in_memory() {
    let planted = [
        (Fault::UpsertOnSave, Kind::Session),
        (Fault::ReadsReplica, Kind::Session),
        (Fault::RefreshNotAtomic, Kind::Jwt),
        (Fault::WipeForgetsDenylist, Kind::Jwt),
        (Fault::LogoutSparesAccess, Kind::Hybrid),
    ];
    for (fault, kind) in planted {
        let in_memory = campaign(kind, Some(fault), 20_000, |number| Reference::new(kind, Some(fault), number));
        let expected = in_memory.finding.expect("it is found in memory");
        each(|name, store| {
            let finding = on(store, kind, Some(fault), 20_000).finding;
            let finding = finding.unwrap_or_else(|| panic!("{fault} is not found on {name}"));
            assert_eq!(finding.service, reference::name(Some(fault), name));
            assert_eq!((&finding.script, &finding.steps), (&expected.script, &expected.steps), "{fault} on {name}");
            let shown = |planted| replay(&Reference::on(store.clone(), kind, planted, finding.number), &finding);
            assert_eq!(shown(Some(fault)).breach.map(|breach| breach.invariant), Some(expected.invariant), "{fault}");
            assert_eq!(shown(None).breach, None, "{fault} on {name}");
        });
    }
}

#[test]
fn a_service_on_a_store_that_was_used_begins_with_an_empty_one() {
    each(|name, store| {
        let finding = |_| on(store, Kind::Session, Some(Fault::SequentialIds), 5_000).finding.expect("it is found");
        assert_eq!(finding(1), finding(2), "{name}");
    });
}
