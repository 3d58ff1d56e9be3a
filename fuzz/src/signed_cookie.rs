//! Octets that draw a protected cookie: a scheme, a cookie that the forge seals, and what is done to it.
//!
//! Takes the choices of [`ProtectedRecipe`], so that what is bent lies behind the MAC as often as before it, or the number of a
//! case of the catalogue. Of the harness it
//! must hold that the sound opener hands on only what was sealed under the secret that is trusted; of openers that they do
//! what it does. Where one does not, it is told as every other finding.

use std::sync::LazyLock;

use arbitrary::Unstructured;
use token_assay::campaign::cookies::show_row;
use token_assay::campaign::protected::Exhibit;
use token_assay::forge::NOW;
use token_assay::generate::rows::{self, Rows};
use token_assay::generate::{Chance as _, ProtectedRecipe};
use token_assay::model::{Capability, Feature, Request, Scheme};
use token_assay::reference::protected::SOUND_OPENER;
use token_assay::strawman::Sound;
use token_assay::targets::{Linked, observe};

use crate::{Calm, Target, judge, ledger, seeds};

/// The target.
pub const TARGET: Target = Target { name: "signed_cookie", run, longest: 256, seeds: seeds::recipes, dictionary: None };

/// Shows one input.
pub fn run(data: &[u8]) {
    let mut choices = Unstructured::new(data);
    if choices.one_in(4) {
        return row(choices.arbitrary().unwrap_or_default());
    }
    let scheme = *choices.pick(Scheme::ALL);
    let recipe = ProtectedRecipe::choose(scheme, &mut choices);
    hold(&recipe);
    let [set, real] =
        [(NOW, true), (judge::real_now(), false)].map(|(now, clocked)| Exhibit::new(recipe.clone(), now, clocked));
    for (opener, _, clocked) in OPENERS.iter().filter(|(_, schemes, _)| schemes.contains(&scheme)) {
        let exhibit = if *clocked { &set } else { &real };
        let (input, policy) = exhibit.request_parts();
        let seen = observe(&Calm(opener.verifier), Request { input: &input, policy });
        exhibit.finding(opener.name, &seen).iter().for_each(ledger::tell);
    }
}

/// Shows a case of the catalogue, of the families of cookies: what a row says of a policy or of a time no recipe knows.
fn row(number: u32) {
    let mut rows = Rows::default();
    let number = u64::from(number) * rows::EVERY;
    if let Some(row) = rows.at(0, number, NOW, true) {
        assert_eq!(show_row("sound", &Sound, row.case), None, "{}", row.case.id);
    }
    for (opener, _, clocked) in OPENERS.iter() {
        let now = if *clocked { NOW } else { judge::real_now() };
        let Some(row) = rows.at(0, number, now, *clocked) else { continue };
        show_row(opener.name, &Calm(opener.verifier), row.case).iter().for_each(ledger::tell);
    }
}

/// What must hold of the harness.
fn hold(recipe: &ProtectedRecipe) {
    let policy = ProtectedRecipe::policy(recipe.scheme, NOW);
    let cookie = policy.cookie.as_ref().expect("it is a policy of cookies");
    if let Ok(payload) = SOUND_OPENER.open(&recipe.header(NOW), cookie, Some(NOW)) {
        assert!(recipe.trusted, "by another secret: {recipe:?}");
        assert!(ProtectedRecipe::payloads(recipe.scheme, NOW).contains(&payload), "never sealed: {recipe:?}");
    }
}

/// The linked openers, the schemes of each, and whether it obeys a clock.
static OPENERS: LazyLock<Vec<(&'static Linked, Vec<Scheme>, bool)>> = LazyLock::new(|| {
    let opener = |target: &'static Linked| {
        let supports = target.verifier.info().supports;
        let scheme = |one: &Capability| match one {
            Capability::Scheme(scheme) => Some(*scheme),
            _ => None,
        };
        let schemes: Vec<Scheme> = supports.iter().filter_map(scheme).collect();
        (!schemes.is_empty()).then(|| (target, schemes, supports.contains(&Feature::Clock.into())))
    };
    judge::wanted().filter_map(opener).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_octets_draw_a_cookie_and_the_sound_opener_stands() {
        for octets in crate::tests::noise().take(2000).chain(seeds::recipes().into_iter().map(|seed| seed.octets)) {
            run(&octets);
        }
    }
}
