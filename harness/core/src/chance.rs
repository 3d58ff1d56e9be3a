//! Where choices come from: a seed and a number, or the octets of a fuzzing engine.
//!
//! Takes a bound, gives a number below it. The first choice is the plainest one, so that octets that have run out make the
//! plainest recipe. Never reads a clock or the system's randomness.
//!
//! ```
//! use token_assay::chance::{Chance, Seeded};
//!
//! let draw = |seed, number| -> Vec<usize> {
//!     let mut chance = Seeded::new(seed, number);
//!     (0..8).map(|_| chance.below(1000)).collect()
//! };
//! assert_eq!(draw(7, 1), draw(7, 1));
//! assert_ne!(draw(7, 1), draw(7, 2));
//! ```

use arbitrary::Unstructured;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

/// A source of choices.
pub trait Chance {
    /// A number below `bound`, which is at least 1.
    fn below(&mut self, bound: usize) -> usize;

    /// True once in `times`; never where choices have run out.
    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) + 1 == times
    }

    /// One of these.
    fn pick<'p, T>(&mut self, pool: &'p [T]) -> &'p T
    where
        Self: Sized,
    {
        &pool[self.below(pool.len())]
    }
}

/// Choices that a seed and a number determine, on every machine and for ever.
#[derive(Debug, Clone)]
pub struct Seeded(Xoshiro256PlusPlus);

impl Seeded {
    /// The choices of the case of this number under this seed.
    pub fn new(seed: u64, number: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed.rotate_left(32) ^ number))
    }
}

impl Chance for Seeded {
    fn below(&mut self, bound: usize) -> usize {
        // The bias of a bound that is no power of two is below 2⁻³² times the bound.
        let wide = u64::from(self.0.next_u32()) * bound as u64;
        usize::try_from(wide >> 32).expect("it is below the bound")
    }
}

impl Chance for Unstructured<'_> {
    fn below(&mut self, bound: usize) -> usize {
        self.int_in_range(0..=bound - 1).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_number_make_the_same_choices() {
        let choices = |seed, number| {
            let mut chance = Seeded::new(seed, number);
            (0..64).map(|_| chance.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(choices(7, 1), choices(7, 1));
        assert_ne!(choices(7, 1), choices(7, 2));
        assert_ne!(choices(7, 1), choices(8, 1));
        assert_eq!(choices(24_301, 0)[..4], [695, 524, 359, 710], "a seed means the same in every release");
    }

    #[test]
    fn octets_that_have_run_out_choose_the_first() {
        let mut chance = Unstructured::new(&[]);
        assert_eq!((chance.below(9), chance.one_in(3)), (0, false));
    }
}
