//! The stateful half: the reference service is clean, every planted fault is found and made small, and what is found can be
//! seen again.

use std::time::Duration;

use token_assay::sessions::evaluate::{Campaign, Limits, detection, explore};
use token_assay::sessions::faults::Fault;
use token_assay::sessions::generator::Shape;
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
    let mut wrong = Vec::new();
    for fault in Fault::ALL {
        for kind in fault.row().kinds {
            let found = detection(*fault, *kind, 3, 20_000);
            if found.commands.is_none_or(|(median, _)| median > 2_000) || !found.unexpected.is_empty() {
                wrong.push(format!("{fault} in {kind}: {found:?}"));
            }
        }
    }
    let _ = std::panic::take_hook();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
