//! Raw octets as a token.
//!
//! Takes the octets as they come. The reference verifier answers under four policies, and all that must hold of it does
//! (`judge`). The crates are shown them under the policy that their `alg` belongs to.

use std::sync::LazyLock;

use token_assay::attacks::scene;
use token_assay::forge::base64url;
use token_assay::generate::{Sketch, Template};
use token_assay::model::{Algorithm, Input, Profile};

use crate::dictionary::Dictionary;
use crate::judge::{self, Exhibit, GENERATOR};
use crate::{Target, seeds, trial};

/// The target.
pub const TARGET: Target = Target {
    name: "token_bytes",
    run,
    longest: seeds::LONGEST_TOKEN,
    seeds: seeds::tokens,
    dictionary: Some(Dictionary::of_tokens),
};

/// Shows one input.
pub fn run(data: &[u8]) {
    let home = home(data);
    let input = Input::from_octets(data.to_vec());
    if !trial::is_wanted() {
        for template in HOMES.iter() {
            judge::hold(GENERATOR.stage(*template), &input);
        }
    }
    judge::show(&Exhibit::of_octets(home, data, Sketch::read(data)), TARGET.name);
}

/// The stage whose key the token says it was signed with; where it says nothing, one after the other.
fn home(data: &[u8]) -> Template {
    let header = data.split(|octet| *octet == b'.').next().and_then(base64url::decode);
    let header: Option<serde_json::Value> = header.and_then(|octets| serde_json::from_slice(&octets).ok());
    let named = header.and_then(|header| header.get("alg")?.as_str()?.parse::<Algorithm>().ok());
    let at_home = |algorithm| HOMES.iter().find(|home| kind(GENERATOR.stage(**home).algorithm) == kind(algorithm));
    *named.and_then(at_home).unwrap_or(&HOMES[data.len() % HOMES.len()])
}

fn kind(algorithm: Algorithm) -> [bool; 4] {
    [algorithm.is_hmac(), algorithm.is_rsa(), algorithm.is_ecdsa(), algorithm.is_eddsa()]
}

/// One algorithm of each key type, each configured in another way.
static HOMES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let wanted = [
        (Profile::Pinned, Algorithm::Hs256),
        (Profile::MixedList, Algorithm::Rs256),
        (Profile::KeySet, Algorithm::Es256),
        (Profile::LibraryDefault, Algorithm::EdDsa),
    ];
    let settings: Vec<_> = scene::settings().map(|setting| (setting.profile, setting.algorithm)).collect();
    let number = |wanted| settings.iter().position(|setting| *setting == wanted).expect("it is one of the settings");
    let template =
        |wanted| Template::Valid { setting: number(wanted).try_into().expect("there are some dozen"), terms: 0 };
    wanted.into_iter().map(template).collect()
});

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_token_is_at_home_where_its_algorithm_is_expected() {
        for template in HOMES.iter() {
            assert_eq!(home(GENERATOR.stage(*template).control.valid.octets()), *template);
        }
        let homes: BTreeSet<String> = (0..8).map(|length| format!("{:?}", home(&vec![b'.'; length]))).collect();
        assert_eq!(homes.len(), HOMES.len());
    }
}
