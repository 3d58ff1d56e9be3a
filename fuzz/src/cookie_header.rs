//! A Cookie header's octets before every linked reader.
//!
//! Takes the octets as they come, each line a field. Of the harness it must hold that the sound reader shows no oracle
//! anything, and that the header is written and read back as JSON; of readers that they answer, and that no header oracle is
//! shown anything: where one is, it is told as every other finding. The engine hears which answers all readers together gave.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::LazyLock;

use token_assay::attacks;
use token_assay::campaign::cookies;
use token_assay::forge::{Forge, NOW};
use token_assay::generate::{HeaderRecipe, Seeded};
use token_assay::model::{CookieHeader, Feature, Input, Request};
use token_assay::reference::cookie::SOUND;
use token_assay::targets::{Linked, observe};

use crate::dictionary::Dictionary;
use crate::seeds::{self, Seed};
use crate::{Calm, Target, judge, ledger};

/// The target.
pub const TARGET: Target =
    Target { name: "cookie_header", run, longest: LONGEST, seeds, dictionary: Some(Dictionary::of_headers) };

/// As long as servers let a header be.
const LONGEST: usize = 8192;

/// Shows one input.
pub fn run(data: &[u8]) {
    let lines: Vec<&[u8]> = data.split(|octet| *octet == SEPARATOR).collect();
    let header = CookieHeader::lines(&lines);
    hold(&header);
    let input = Input::Cookie(header.clone());
    let mut hasher = DefaultHasher::new();
    for (reader, joins) in READERS.iter() {
        if header.len() > 1 && !joins {
            continue;
        }
        let seen = observe(&Calm(reader.verifier), Request { input: &input, policy: cookies::policy() });
        seen.answer.to_string().hash(&mut hasher);
        cookies::shown(&header, &seen.answer).iter().for_each(|shown| shown.fault.hash(&mut hasher));
        cookies::findings(reader.name, &header, &seen).iter().for_each(ledger::tell);
    }
    crate::feedback::note(hasher.finish());
}

/// The linked readers, and whether each joins fields itself.
static READERS: LazyLock<Vec<(&'static Linked, bool)>> = LazyLock::new(|| {
    let supports = |target: &Linked, feature: Feature| target.verifier.info().supports.contains(&feature.into());
    let readers = judge::wanted().filter(|target| supports(target, Feature::Cookie));
    readers.map(|target| (target, supports(target, Feature::CookieLines))).collect()
});

/// What must hold of the harness.
fn hold(header: &CookieHeader) {
    if let Ok(pairs) = SOUND.read(header) {
        let shown = token_assay::oracles::cookies::judge(header, &pairs);
        assert!(shown.is_empty(), "the sound reader shows {shown:?}");
    }
    let json = serde_json::to_string(header).expect("a header is JSON");
    let again: CookieHeader = serde_json::from_str(&json).expect("it was written");
    assert_eq!(&again, header);
}

/// Between fields: an octet that may stand in none.
const SEPARATOR: u8 = b'\n';

/// The headers of the catalogue, and some by chance.
fn seeds() -> Vec<Seed> {
    let of_rows = attacks::suite(&Forge::new(NOW), |class| class.starts_with("cookie-header/"));
    let of_rows = of_rows.into_iter().filter_map(|case| match &case.input {
        Input::Cookie(header) => Some((format!("{}-{}", case.id.class(), case.id.variant()), written(header))),
        _ => None,
    });
    let chosen = (0..128).map(|number| {
        let recipe = HeaderRecipe::choose(&mut Seeded::new(0, number));
        (format!("header-{number}"), written(&recipe.header()))
    });
    seeds::distinct(of_rows.chain(chosen), LONGEST)
}

fn written(header: &CookieHeader) -> Vec<u8> {
    header.each().collect::<Vec<_>>().join(&SEPARATOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_octets_are_a_header_and_the_sound_reader_stands() {
        for octets in crate::tests::noise().take(400).chain(seeds().into_iter().map(|seed| seed.octets)) {
            run(&octets);
        }
    }
}
