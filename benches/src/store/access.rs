//! Which session is looked up when: drawn before anything is timed.
//!
//! Takes sessions and how they are drawn, gives their ids one behind the other in one text, so that reading the next one costs
//! next to nothing beside the lookup. Never draws while it is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Sessions, mix};

/// How many ids are drawn: more than a batch takes, and of a million sessions a working set beyond every cache.
const DRAWN: usize = 1 << 18;

/// The length of an id.
const LENGTH: usize = 22;

/// How sessions are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawing {
    /// Each as often as any other.
    Uniform,
    /// The n-th of them 1/n as often as the first.
    Zipf,
}

impl Drawing {
    /// In a group's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Zipf => "zipf",
        }
    }
}

/// The ids, in the order in which they are looked up.
#[derive(Debug)]
pub struct Access(String);

impl Access {
    /// Draws them.
    pub fn drawn(sessions: &Sessions, drawing: Drawing) -> Arc<Self> {
        let count = sessions.count();
        let chances = (0..DRAWN).map(|draw| (mix(draw as u64) >> 11) as f64 / (1_u64 << 53) as f64);
        let text = match drawing {
            Drawing::Uniform => chances.map(|chance| sessions.id((chance * count as f64) as usize)).collect(),
            Drawing::Zipf => {
                let sums: Vec<f64> = (1..=count)
                    .scan(0.0, |sum, rank| {
                        *sum += 1.0 / rank as f64;
                        Some(*sum)
                    })
                    .collect();
                let all = sums[count - 1];
                chances.map(|chance| sessions.id(sums.partition_point(|sum| *sum <= chance * all))).collect()
            }
        };
        Arc::new(Self(text))
    }

    fn id(&self, at: usize) -> &str {
        &self.0[at * LENGTH..(at + 1) * LENGTH]
    }

    fn len(&self) -> usize {
        self.0.len() / LENGTH
    }
}

/// One caller's share: from where, how many, or until when.
#[derive(Debug)]
pub struct Turn {
    access: Arc<Access>,
    at: usize,
    left: u64,
    given: u64,
    stop: Arc<AtomicBool>,
}

impl Turn {
    /// A turn that starts this far into what was drawn.
    pub fn new(access: &Arc<Access>, caller: usize, callers: usize) -> Self {
        let at = caller * access.len() / callers;
        Self { access: Arc::clone(access), at, left: 0, given: 0, stop: Arc::default() }
    }

    /// The next so many.
    pub fn grant(&mut self, count: u64) {
        self.left = count;
    }

    /// All, until this says that it is enough.
    pub fn until(&mut self, stop: &Arc<AtomicBool>) {
        (self.left, self.given, self.stop) = (u64::MAX, 0, Arc::clone(stop));
    }

    /// How many ids it gave since [`until`](Self::until).
    pub const fn given(&self) -> u64 {
        self.given
    }

    /// The next id.
    pub fn next_id(&mut self) -> Option<&str> {
        if self.left == 0 || self.stop.load(Ordering::Relaxed) {
            return None;
        }
        self.left -= 1;
        self.given += 1;
        self.at += 1;
        if self.at >= self.access.len() {
            self.at = 0;
        }
        Some(self.access.id(self.at))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn counts(drawing: Drawing) -> Vec<usize> {
        let sessions = Sessions::new(1000);
        let access = Access::drawn(&sessions, drawing);
        let mut counts = BTreeMap::new();
        (0..access.len()).for_each(|at| *counts.entry(access.id(at)).or_insert(0) += 1);
        (0..1000).map(|number| counts.get(&*sessions.id(number)).copied().unwrap_or(0)).collect()
    }

    #[test]
    fn uniform_draws_all_about_equally_often() {
        let counts = counts(Drawing::Uniform);
        assert_eq!(counts.iter().sum::<usize>(), DRAWN);
        assert!(counts.iter().all(|count| (150..400).contains(count)), "{counts:?}");
    }

    #[test]
    fn zipf_draws_the_tenth_a_tenth_as_often_as_the_first() {
        let counts = counts(Drawing::Zipf);
        assert_eq!(counts.iter().sum::<usize>(), DRAWN);
        let ratio = counts[0] as f64 / counts[9] as f64;
        assert!((9.0..11.0).contains(&ratio), "{ratio}");
    }

    #[test]
    fn a_turn_ends_after_its_grant_or_when_it_is_stopped() {
        let access = Access::drawn(&Sessions::new(10), Drawing::Uniform);
        let mut turn = Turn::new(&access, 1, 2);
        turn.grant(3);
        assert_eq!(std::iter::from_fn(|| turn.next_id().map(str::len)).collect::<Vec<_>>(), [22; 3]);
        let stop = Arc::default();
        turn.until(&stop);
        assert!(turn.next_id().is_some() && turn.next_id().is_some());
        stop.store(true, Ordering::Relaxed);
        assert!(turn.next_id().is_none());
        assert_eq!(turn.given(), 2);
    }
}
