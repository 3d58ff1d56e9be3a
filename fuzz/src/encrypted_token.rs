//! Octets that draw an encrypted token: a recipient, what is changed before it is sealed, and what is bent after.
//!
//! Takes the choices of [`EncryptedRecipe`], so that what is wrong lies behind the tag as often as before it. Of the harness it
//! must hold that the sound verifier answers what the standard says, and hands on only what stands in the token; of crates that
//! they do what it does. Where one does not, it is told as every other finding. What a verifier without bounds is busy with for
//! seconds is left to the catalogue, whose rows are weighed.

use std::sync::LazyLock;

use arbitrary::Unstructured;
use token_assay::campaign::encrypted::Exhibit;
use token_assay::forge::{Forge, NOW};
use token_assay::generate::encrypted::{EncryptedStage, recipients};
use token_assay::generate::{Chance as _, EncryptedRecipe};
use token_assay::model::{Capability, Feature};
use token_assay::strawman::Sound;
use token_assay::targets::{Linked, observe};

use crate::judge::GENERATOR;
use crate::{Calm, Target, judge, ledger, seeds};

/// The target.
pub const TARGET: Target =
    Target { name: "encrypted_token", run, longest: 256, seeds: seeds::recipes, dictionary: None };

/// Shows one input.
pub fn run(data: &[u8]) {
    let mut choices = Unstructured::new(data);
    let place = choices.below(*RECIPIENTS);
    let recipe = EncryptedRecipe::choose(&mut choices);
    if recipe.is_costly() {
        return;
    }
    let exhibit = Exhibit::new(recipe.clone(), GENERATOR.encrypted_at(place));
    let seen = observe(&Sound, exhibit.request());
    assert!(exhibit.look("sound", &seen).is_none(), "{recipe:?}: {:?}", seen.answer);
    for (target, supports) in DECRYPTERS.iter() {
        let suits = |stage: EncryptedStage<'_>| stage.scene.policy.needs().iter().all(|need| supports.contains(need));
        if !suits(GENERATOR.encrypted_at(place)) {
            continue;
        }
        if supports.contains(&Feature::Clock.into()) {
            show(target, &exhibit);
        } else {
            judge::dated_now(|generator| show(target, &Exhibit::new(recipe.clone(), generator.encrypted_at(place))));
        }
    }
}

fn show(target: &Linked, exhibit: &Exhibit<'_>) {
    let seen = observe(&Calm(target.verifier), exhibit.request());
    exhibit.look(target.name, &seen).iter().for_each(ledger::tell);
}

/// How many recipients there are.
static RECIPIENTS: LazyLock<usize> = LazyLock::new(|| recipients(&Forge::new(NOW)).len());

/// The linked crates that decrypt, and what each can do.
static DECRYPTERS: LazyLock<Vec<(&'static Linked, Vec<Capability>)>> = LazyLock::new(|| {
    let able = judge::wanted().map(|target| (target, target.verifier.info().supports));
    able.filter(|(_, supports)| supports.contains(&Feature::Jwe.into())).collect()
});

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use token_assay::reference::jwe;

    use super::*;

    #[test]
    fn seeds_make_tokens_that_are_accepted_and_refused_for_many_reasons() {
        let mut rules = BTreeSet::new();
        for seed in seeds::recipes() {
            let mut choices = Unstructured::new(&seed.octets);
            let place = choices.below(*RECIPIENTS);
            let exhibit = Exhibit::new(EncryptedRecipe::choose(&mut choices), GENERATOR.encrypted_at(place));
            rules.insert(format!("{:?}", jwe::explain(exhibit.request()).1));
        }
        assert!(rules.contains("None") && rules.len() > 7, "{rules:?}");
    }

    #[test]
    fn any_octets_draw_a_token_and_the_sound_verifier_stands() {
        crate::tests::noise().take(400).for_each(|octets| run(&octets));
    }
}
