//! A Cookie header's octets before every linked reader.
//!
//! Takes the octets as they come, each line a field; where they are a header of the catalogue, its rows are held too. Of the harness it must hold that the sound reader shows no oracle
//! anything, and that the header is written and read back as JSON; of readers that they answer, and that no header oracle is
//! shown anything: where one is, it is told as every other finding. The engine hears which answers all readers together gave.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::LazyLock;

use token_assay::attacks;
use token_assay::campaign::cookies;
use token_assay::forge::{Forge, NOW};
use token_assay::generate::{HeaderRecipe, Seeded};
use token_assay::model::{Case, CookieHeader, Feature, Input, Request};
use token_assay::reference::cookie::SOUND;
use token_assay::strawman::Sound;
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
    for case in ROWS.get(data).into_iter().flatten() {
        assert_eq!(cookies::show_row("sound", &Sound, case), None, "{}", case.id);
        let found =
            READERS.iter().filter_map(|(reader, _)| cookies::show_row(reader.name, &Calm(reader.verifier), case));
        found.for_each(|finding| ledger::tell(&finding));
    }
    crate::feedback::note(hasher.finish());
}

/// The cases of the catalogue by their headers' octets: what a row says of a header no oracle may know.
static ROWS: LazyLock<HashMap<Vec<u8>, Vec<Case>>> = LazyLock::new(|| {
    let mut rows: HashMap<Vec<u8>, Vec<Case>> = HashMap::new();
    for case in attacks::suite(&Forge::new(NOW), |class| class.starts_with("cookie-header/")) {
        if let Input::Cookie(header) = &case.input {
            rows.entry(written(header)).or_default().push(case);
        }
    }
    rows
});

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
    let named = |case: &Case| format!("{}-{}", case.id.class(), case.id.variant());
    let mut of_rows: Vec<_> =
        ROWS.iter().flat_map(|(header, cases)| cases.iter().map(move |case| (named(case), header.clone()))).collect();
    of_rows.sort();
    let chosen = (0..128).map(|number| {
        let recipe = HeaderRecipe::choose(&mut Seeded::new(0, number));
        (format!("header-{number}"), written(&recipe.header()))
    });
    seeds::distinct(of_rows.into_iter().chain(chosen), LONGEST)
}

fn written(header: &CookieHeader) -> Vec<u8> {
    header.each().collect::<Vec<_>>().join(&SEPARATOR)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_of_headers_that_is_short_enough_is_a_seed() {
        let seeds: BTreeSet<Vec<u8>> = seeds().into_iter().map(|seed| seed.octets).collect();
        let short: Vec<&Vec<u8>> = ROWS.keys().filter(|header| header.len() <= LONGEST).collect();
        assert!(short.len() > 100 && short.iter().all(|header| seeds.contains(*header)));
        let reached: BTreeSet<&str> =
            short.iter().flat_map(|header| &ROWS[*header]).map(|case| case.id.class()).collect();
        let all: BTreeSet<&str> = ROWS.values().flatten().map(|case| case.id.class()).collect();
        // What is made for its length alone is longer than servers let a header be.
        assert!(reached.len() + 6 > all.len(), "{:?}", all.difference(&reached));
    }

    #[test]
    fn any_octets_are_a_header_and_the_sound_reader_stands() {
        for octets in crate::tests::noise().take(400).chain(seeds().into_iter().map(|seed| seed.octets)) {
            run(&octets);
        }
    }
}
