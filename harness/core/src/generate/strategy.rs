//! Recipes for proptest: drawn like every other, and made simpler by dropping operations first.
//!
//! Takes a stock, gives a `Strategy`. Shrinking never draws anew: each step is a value of [`Recipe::simpler`], so that what is
//! left at the end is the operation that matters, on the plainest token.

use proptest::arbitrary::any;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::{Recipe, Seeded, Stock};

/// Draws recipes from a stock.
#[derive(Debug, Clone)]
pub struct Recipes(pub Stock);

impl Strategy for Recipes {
    type Tree = Simpler;
    type Value = Recipe;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let seed = any::<u64>().new_tree(runner)?.current();
        let mut chance = Seeded::new(seed, 0);
        let recipe = Recipe::draw(&mut chance, &self.0);
        Ok(Simpler { tried: recipe.clone(), kept: recipe, next: 0 })
    }
}

/// A recipe and the simpler ones.
#[derive(Debug, Clone)]
pub struct Simpler {
    /// The simplest that was not given up.
    kept: Recipe,
    tried: Recipe,
    /// Which of `kept`'s simpler ones comes next.
    next: usize,
}

impl Simpler {
    fn advance(&mut self) -> bool {
        let candidate = self.kept.simpler().nth(self.next);
        self.next += 1;
        let found = candidate.is_some();
        self.tried = candidate.unwrap_or_else(|| self.kept.clone());
        found
    }
}

impl ValueTree for Simpler {
    type Value = Recipe;

    fn current(&self) -> Recipe {
        self.tried.clone()
    }

    fn simplify(&mut self) -> bool {
        self.kept = self.tried.clone();
        self.next = 0;
        self.advance()
    }

    fn complicate(&mut self) -> bool {
        self.advance()
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
