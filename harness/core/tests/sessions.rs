//! The stateful half: the reference service is clean, every planted fault is found and made small, and what is found can be
//! seen again.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use token_assay::sessions::evaluate::{Campaign, Limits, detection, explore};
use token_assay::sessions::faults::Fault;
use token_assay::sessions::finding::{Finding, replay};
use token_assay::sessions::generator::Shape;
use token_assay::sessions::invariants::Invariant;
use token_assay::sessions::policy::Kind;
use token_assay::sessions::reference::Reference;

fn campaign(kind: Kind, fault: Option<Fault>, seed: u64, commands: u64) -> Campaign {
    let limits = Limits { seed, commands, time: Duration::MAX, shape: Shape::default() };
    explore(kind, fault, &|number| Reference::new(kind, fault, number), limits, |_| true)
}

#[test]
fn the_sound_service_is_clean() {
    let mut wrong = Vec::new();
    for kind in Kind::ALL {
        let campaign = campaign(*kind, None, 1, 100_000);
        println!("{kind}: {} commands, {} scripts in {:?}", campaign.commands, campaign.scripts, campaign.took);
        wrong.extend(campaign.finding.map(|finding| serde_json::to_string_pretty(&finding).unwrap()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_planted_fault_is_found_and_made_small() {
    std::panic::set_hook(Box::new(|_| {}));
    let work: Vec<(Fault, Kind)> =
        Fault::ALL.iter().flat_map(|fault| fault.row().kinds.iter().map(|kind| (*fault, *kind))).collect();
    let queue = Mutex::new(work.into_iter());
    let wrong = Mutex::new(Vec::new());
    let broken = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((fault, kind)) = queue.lock().unwrap().next() else { break };
                    let found = detection(fault, kind, SEEDS, 20_000);
                    broken.lock().unwrap().extend(found.invariants.iter().copied());
                    let is_soon = found.commands.is_some_and(|(median, _)| median <= 2_000);
                    let is_small = found.length.is_some_and(|(_, longest)| longest <= 14);
                    if !is_soon || !is_small || !found.unexpected.is_empty() {
                        wrong.lock().unwrap().push(format!("{found:?}"));
                    }
                }
            });
        }
    });
    let _ = std::panic::take_hook();
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        broken.into_inner().unwrap().len(),
        Invariant::ALL.len(),
        "an invariant that nothing breaks cannot fail"
    );
}

#[test]
fn what_is_found_is_the_same_after_it_was_kept_and_is_gone_with_the_fault() {
    for (fault, kind) in [
        (Fault::UpsertOnSave, Kind::Session),
        (Fault::ReuseSparesFamily, Kind::Jwt),
        (Fault::SessionEndSparesTokens, Kind::Hybrid),
    ] {
        let finding = campaign(kind, Some(fault), 3, 20_000).finding.expect("it is found");
        let kept: Finding = serde_json::from_str(&serde_json::to_string(&finding).unwrap()).unwrap();
        assert_eq!(kept, finding);
        let shown = |planted| replay(&Reference::new(kind, planted, kept.number), &kept);
        let again = shown(Some(fault));
        assert_eq!(again.breach.map(|breach| breach.invariant), Some(finding.invariant), "{fault}");
        assert_eq!(again.steps, finding.steps, "{fault}");
        assert_eq!(shown(None).breach, None, "{fault}");
        assert!(fault.row().needs_overlap != kept.script.branches.is_empty(), "{fault}: {:?}", kept.script);
    }
}

#[test]
fn a_service_whose_keys_are_for_everybody_is_clean_and_its_faults_are_found() {
    let explored = |fault, commands| {
        let limits = Limits { seed: 1, commands, time: Duration::MAX, shape: Shape::default() };
        let make = |number| Reference::new(Kind::Jwt, fault, number).publishing();
        explore(Kind::Jwt, fault, &make, limits, |_| true).finding
    };
    assert_eq!(explored(None, 5_000), None);
    for fault in [Fault::LeakedKeyTrusted, Fault::UnknownKidAccepted, Fault::SignatureIgnored, Fault::AlgNoneAccepted] {
        let finding = explored(Some(fault), 20_000).unwrap_or_else(|| panic!("{fault} is not found"));
        assert!(fault.row().breaks.contains(&finding.invariant), "{fault}: {}", finding.invariant);
    }
    let service = Reference::new(Kind::Jwt, None, 1);
    assert_eq!(service.key_set()["keys"].as_array().map(Vec::len), Some(0), "a shared secret is shown to nobody");
    assert_eq!(service.publishing().key_set()["keys"][0]["kty"], "OKP");
}

#[test]
fn a_script_is_as_short_as_it_gets() {
    let finding = campaign(Kind::Jwt, Some(Fault::NeverRotates), 1, 20_000).finding.expect("it is found");
    assert_eq!(finding.script.len(), 2, "a login and a refresh: {:?}", finding.script);
    assert!(finding.from > 2 || finding.after < 10);
}

/// Faults that are planted by several seeds, so that the middle says something.
const SEEDS: usize = 5;
