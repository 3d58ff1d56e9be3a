//! The engine's octets as a recipe.
//!
//! Takes octets that choose: template, operations, signer, edits. What they make is shown as every made token is
//! (`judge`).

use arbitrary::{Arbitrary as _, Unstructured};
use token_assay::generate::Recipe;

use crate::judge::{self, Exhibit, GENERATOR};
use crate::{Target, seeds};

/// The target.
pub const TARGET: Target = Target { name: "recipe", run, longest: 512, seeds: seeds::recipes, dictionary: None };

/// Shows one input.
pub fn run(data: &[u8]) {
    let Ok(recipe) = Recipe::arbitrary(&mut Unstructured::new(data)) else { return };
    let made = GENERATOR.make(&recipe);
    let exhibit = Exhibit { template: recipe.template, input: made.input, sketch: made.sketch, recipe: Some(&recipe) };
    judge::show(&exhibit, TARGET.name);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use token_assay::model::Request;
    use token_assay::reference;

    use super::*;

    #[test]
    fn seeds_make_tokens_that_are_accepted_and_refused_for_many_reasons() {
        let ruled = |seed: seeds::Seed| {
            let recipe = Recipe::arbitrary(&mut Unstructured::new(&seed.octets)).expect("octets never run out");
            let made = GENERATOR.make(&recipe);
            let request = Request { input: &made.input, policy: &made.stage.policy };
            format!("{:?}", reference::explain(request).1)
        };
        let rules: BTreeSet<String> = seeds::recipes().into_iter().map(ruled).collect();
        assert!(rules.contains("None") && rules.len() > 10, "{rules:?}");
    }

    #[test]
    fn whoever_knows_what_was_configured_by_mistake_signs_so() {
        // A key's text stands in place of the secret, and the token is signed with it.
        for octets in [
            [31, 37, 88, 93, 36, 43, 53, 225, 6, 165, 229, 216, 73, 203, 116, 179, 154, 229, 183].as_slice(),
            &[
                100, 1, 66, 235, 36, 93, 83, 128, 105, 46, 251, 169, 113, 61, 201, 14, 33, 210, 107, 90, 3, 139, 254,
                178, 142, 231, 148, 36,
            ],
        ] {
            run(octets);
        }
    }
}
