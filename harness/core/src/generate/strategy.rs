//! Recipes for proptest: drawn like every other, and made simpler by dropping operations first.
//!
//! Takes a stock, or a way of drawing recipes of encrypted tokens; gives a `Strategy`. Shrinking never draws anew: each step is
//! one of the recipe's own simpler ones, so that what is left at the end is the operation that matters, on the plainest token.

use std::fmt;

use proptest::arbitrary::any;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::{EncryptedRecipe, Recipe, Seeded, Stock};

/// Draws recipes from a stock.
#[derive(Debug, Clone)]
pub struct Recipes(pub Stock);

impl Strategy for Recipes {
    type Tree = Simpler<Recipe>;
    type Value = Recipe;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        Ok(Simpler::new(Recipe::draw(&mut seeded(runner)?, &self.0), |recipe, nth| recipe.simpler().nth(nth)))
    }
}

/// Draws recipes of encrypted tokens by one of their ways.
#[derive(Debug, Clone, Copy)]
pub struct EncryptedRecipes(pub fn(&mut Seeded) -> EncryptedRecipe);

impl Strategy for EncryptedRecipes {
    type Tree = Simpler<EncryptedRecipe>;
    type Value = EncryptedRecipe;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        Ok(Simpler::new(self.0(&mut seeded(runner)?), |recipe, nth| recipe.smaller().into_iter().nth(nth)))
    }
}

fn seeded(runner: &mut TestRunner) -> Result<Seeded, proptest::test_runner::Reason> {
    Ok(Seeded::new(any::<u64>().new_tree(runner)?.current(), 0))
}

/// A recipe and the simpler ones.
#[derive(Clone)]
pub struct Simpler<R> {
    /// The simplest that was not given up.
    kept: R,
    tried: R,
    /// Which of `kept`'s simpler ones comes next.
    next: usize,
    /// All of them were given up.
    is_simplest: bool,
    simpler: fn(&R, usize) -> Option<R>,
}

impl<R: Clone> Simpler<R> {
    fn new(recipe: R, simpler: fn(&R, usize) -> Option<R>) -> Self {
        Self { tried: recipe.clone(), kept: recipe, next: 0, is_simplest: false, simpler }
    }

    /// Whether there is a next one to try.
    fn advance(&mut self) -> bool {
        let candidate = (self.simpler)(&self.kept, self.next);
        self.next += 1;
        self.is_simplest = candidate.is_none();
        self.tried = candidate.unwrap_or_else(|| self.kept.clone());
        !self.is_simplest
    }
}

impl<R: fmt::Debug> fmt::Debug for Simpler<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Simpler").field(&self.tried).finish()
    }
}

impl<R: Clone + fmt::Debug> ValueTree for Simpler<R> {
    type Value = R;

    fn current(&self) -> R {
        self.tried.clone()
    }

    fn simplify(&mut self) -> bool {
        if self.is_simplest {
            return false;
        }
        self.kept = self.tried.clone();
        self.next = 0;
        self.advance()
    }

    /// Going back to what was kept is a step too: a filter that passes nothing simpler asks for it.
    fn complicate(&mut self) -> bool {
        let went_back = self.is_simplest;
        self.advance();
        !went_back
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::recipe::{Operation, Part};

    #[test]
    fn what_is_left_is_the_operation_that_matters() {
        let mut runner = TestRunner::deterministic();
        let matters = |recipe: &Recipe| recipe.operations.iter().any(|o| o.touches(Part::Payload, "exp"));
        let mut seen = 0;
        while seen < 20 {
            let mut tree = Recipes(Stock::everything().clone()).new_tree(&mut runner).unwrap();
            if !matters(&tree.current()) {
                continue;
            }
            seen += 1;
            let mut going = tree.simplify();
            while going {
                going = if matters(&tree.current()) { tree.simplify() } else { tree.complicate() };
            }
            let smallest = tree.current();
            assert!(matters(&smallest));
            assert_eq!(
                (smallest.operations.len(), smallest.text.len(), smallest.wire.len()),
                (1, 0, 0),
                "{smallest:?}"
            );
            assert!(!matches!(smallest.operations[0], Operation::Grow(..)));
        }
    }
}
