//! Cases of cookies and of encrypted tokens by turns: what header oracles, sound opener and recipes alone know nothing of.
//!
//! Takes a seed and a number, gives at every fourth the next case of the catalogue as it stands, with the policy and the
//! expectation that its row has: every class once in a round, from round to round another of its cases. Never judges.

use std::collections::HashMap;
use std::sync::LazyLock;

use token_assay_model::Case;

use super::pools::turn;
use crate::attacks::{self, Class, Family, Make};

/// Cases that were forged once, by class and clock.
#[derive(Default)]
pub struct Rows {
    forged: HashMap<(usize, bool), Forged>,
}

struct Forged {
    at: i64,
    cases: Vec<Case>,
}

/// A case, and the class that it is one of.
#[derive(Clone, Copy)]
pub struct Row<'r> {
    /// The family of the class.
    pub family: &'static Family,
    /// The class.
    pub class: &'static Class,
    /// The case.
    pub case: &'r Case,
}

impl Rows {
    /// The case whose turn it is at this number, dated from `now`: the clock of targets that obey one, or else the real one.
    pub fn at(&mut self, seed: u64, number: u64, now: i64, clocked: bool) -> Option<Row<'_>> {
        if !number.is_multiple_of(EVERY) {
            return None;
        }
        let (place, nth) = turn(seed, number / EVERY, classes().len());
        let (family, class) = classes()[place];
        let forge = || Forged { at: now, cases: attacks::rows_of(family, class, now) };
        let forged = self.forged.entry((place, clocked)).or_insert_with(forge);
        if forged.at.abs_diff(now) > FRESH {
            *forged = forge();
        }
        let case = forged.cases.get((usize::from(nth) * forged.cases.len()) >> 16)?;
        Some(Row { family, class, case })
    }
}

/// Every class of cookies or of encrypted tokens that has cases.
fn classes() -> &'static [(&'static Family, &'static Class)] {
    static CLASSES: LazyLock<Vec<(&Family, &Class)>> = LazyLock::new(|| {
        let has_rows = |class: &Class| matches!(class.make, Make::Cookies { .. } | Make::Encrypted { .. });
        attacks::classes().filter(|(_, class)| has_rows(class)).collect()
    });
    &CLASSES
}

/// After how many numbers a case has its turn.
pub const EVERY: u64 = 4;

/// In seconds: how long a cookie counts as dated from now, where targets have the real clock.
const FRESH: u64 = 600;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::oracles;
    use crate::strawman::Sound;
    use crate::targets;

    const NOW: i64 = 1_700_000_000;

    #[test]
    fn every_row_has_its_turn_and_fells_its_strawman() {
        let (mut rows, mut reached, mut fallen) = (Rows::default(), BTreeSet::new(), BTreeSet::new());
        for number in 0..40_000 {
            let Some(Row { class, case, .. }) = rows.at(24_301, number, NOW, true) else { continue };
            reached.insert(class.id);
            let strawman = class.strawman().expect("each has one");
            let falls = || {
                for earlier in &case.before {
                    targets::observe(strawman, earlier.request());
                }
                let seen = targets::observe(strawman, case.request());
                oracles::judge(case, &seen).is_some()
            };
            if !fallen.contains(class.id) && falls() {
                fallen.insert(class.id);
            }
            assert_eq!(oracles::judge(case, &targets::observe(&Sound, case.request())), None, "{}", case.id);
        }
        let all: BTreeSet<&str> = classes().iter().map(|(_, class)| class.id).collect();
        assert_eq!(reached, all);
        let left: Vec<&&str> = all.difference(&fallen).collect();
        assert_eq!(left, [&"hdr-quadratic-escape"], "its time alone grows, which is weighed over a series");
    }
}
