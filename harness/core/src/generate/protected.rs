//! Protected cookies by number: sealed by the forge, then bent by chance.
//!
//! Takes choices, gives a [`ProtectedRecipe`], from it the header under a scheme's policy, and smaller recipes. What is bent
//! before sealing is the user, the secret, the name and the purpose; what is bent after it are single parts and their text.

use token_assay_model::{CookieHeader, Policy, Scheme};

use super::cookie::one_of;
use crate::attacks::protected_cookie;
use crate::chance::Chance;
use crate::forge::protected::{Sealed, Segment};

/// A protected cookie in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedRecipe {
    /// How it is protected.
    pub scheme: Scheme,
    /// Whether by the secret that is trusted.
    pub trusted: bool,
    /// Which user it is of: 0 or 1.
    pub user: usize,
    /// Whether it was sealed under another name.
    pub renamed: bool,
    /// What for, where the scheme binds that: 0 is the policy's own.
    pub purpose: usize,
    /// What is done to it once it is sealed.
    pub bends: Vec<Bend>,
}

/// One thing that is done to a sealed cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bend {
    /// To which part, counted round.
    pub at: usize,
    /// Whether to its text, once it is encoded, or to its octets.
    pub encoded: bool,
    /// What.
    pub how: How,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// A bit is turned: of which octet, counted round, and which.
    Flip(usize, u8),
    /// So many octets are left away at the end.
    Cut(usize),
    /// So many at the start.
    CutFront(usize),
    /// These are put in: before which octet, counted round.
    Insert(usize, &'static [u8]),
    /// All of it is left away.
    Empty,
    /// It stands twice.
    Double,
    /// It is that of the other user's cookie.
    Swap,
    /// These are put at its end.
    Append(&'static [u8]),
    /// The last letter becomes the next one: in base64 of unused bits.
    Next,
    /// `-_` becomes `+/`, and the reverse.
    Respell,
}

const USERS: [&str; 2] = ["31d4-of-the-cookie-tests-0001", "5ca1-of-the-cookie-tests-0002"];
const PURPOSES: [&str; 5] = ["session", "password-reset", "", "sess", "session-x"];
const INSERTED: &[&[u8]] =
    &[b"=", b"==", b".", b":", b"!", b" ", b"A", b"*", b"%", b"\"", b"-", b"+", b"\t", b"\xc3\xa9", b"~", b"0"];

impl ProtectedRecipe {
    /// A recipe by these choices; no choices make a valid cookie.
    pub fn choose(scheme: Scheme, chance: &mut impl Chance) -> Self {
        let trusted = !chance.one_in(16);
        let (user, renamed) = (chance.below(2), chance.one_in(12));
        let purpose = if chance.one_in(12) { chance.below(PURPOSES.len()) } else { 0 };
        let count = if chance.one_in(8) { 0 } else { chance.below(4) };
        Self { scheme, trusted, user, renamed, purpose, bends: (0..count).map(|_| Bend::choose(chance)).collect() }
    }

    /// The policy that its cookie is shown under.
    pub fn policy(scheme: Scheme, now: i64) -> Policy {
        protected_cookie::policy(scheme, now)
    }

    /// What a sound opener hands on of cookies that nobody bent.
    pub fn payloads(scheme: Scheme, now: i64) -> [Vec<u8>; 2] {
        USERS.map(|user| protected_cookie::mint(scheme, now, user, true).payload)
    }

    /// The header that it makes.
    pub fn header(&self, now: i64) -> CookieHeader {
        let mut sealed = self.sealed(self.user, now);
        for bend in &self.bends {
            let other = matches!(bend.how, How::Swap).then(|| self.sealed(1 - self.user, now));
            sealed = bend.apply(&sealed, other.as_ref());
        }
        CookieHeader::line([b"sid=", sealed.wire().as_slice()].concat())
    }

    /// Recipes with less in them.
    pub fn smaller(&self) -> Vec<Self> {
        let without = (0..self.bends.len()).map(|at| {
            let mut fewer = self.clone();
            fewer.bends.remove(at);
            fewer
        });
        let plain = [
            Self { trusted: true, ..self.clone() },
            Self { renamed: false, ..self.clone() },
            Self { purpose: 0, ..self.clone() },
            Self { user: 0, ..self.clone() },
        ];
        without.chain(plain).filter(|smaller| smaller != self).collect()
    }

    fn sealed(&self, user: usize, now: i64) -> Sealed {
        let mut mint = protected_cookie::mint(self.scheme, now, USERS[user], self.trusted);
        mint.nonce = u8::try_from(user).expect("there are two");
        if self.renamed {
            mint.name = "other";
        }
        mint.purpose = mint.purpose.map(|_| PURPOSES[self.purpose]);
        mint.seal()
    }
}

impl Bend {
    fn choose(chance: &mut impl Chance) -> Self {
        let how = match chance.below(12) {
            0 | 1 => How::Flip(chance.below(512), u8::try_from(chance.below(8)).expect("there are eight")),
            2 => How::Cut(1 + chance.below(4)),
            3 => How::CutFront(1 + chance.below(4)),
            4 => How::Insert(chance.below(512), one_of(chance, INSERTED)),
            5 => How::Empty,
            6 => How::Double,
            7 => How::Swap,
            8 | 9 => {
                let pool = if chance.one_in(2) { &INSERTED[..2] } else { INSERTED };
                How::Append(one_of(chance, pool))
            }
            10 => How::Next,
            _ => How::Respell,
        };
        Self { at: chance.below(8), encoded: !chance.one_in(2), how }
    }

    fn apply(&self, sealed: &Sealed, other: Option<&Sealed>) -> Sealed {
        let segment = self.at % sealed.segments.len();
        if self.encoded {
            let theirs = other.and_then(|other| other.segments.get(segment)).map(Segment::text);
            return sealed.retyped(segment, |text| self.how.apply(text, theirs));
        }
        let roles = sealed.roles();
        let role = roles[self.at % roles.len()];
        let theirs = other.and_then(|other| other.part(role)).map(|part| part.octets.clone());
        sealed.bent(role, |octets| self.how.apply(octets, theirs.clone()))
    }
}

impl How {
    fn apply(&self, octets: &mut Vec<u8>, theirs: Option<Vec<u8>>) {
        let length = octets.len();
        match self {
            Self::Flip(at, bit) if length > 0 => octets[at % length] ^= 1 << bit,
            Self::Flip(..) => {}
            Self::Cut(count) => octets.truncate(length.saturating_sub(*count)),
            Self::CutFront(count) => drop(octets.drain(..(*count).min(length))),
            Self::Insert(at, inserted) => {
                let at = at % (length + 1);
                octets.splice(at..at, inserted.iter().copied());
            }
            Self::Empty => octets.clear(),
            Self::Double => octets.extend_from_within(..),
            Self::Swap => *octets = theirs.unwrap_or_default(),
            Self::Append(appended) => octets.extend_from_slice(appended),
            Self::Next => {
                if let Some(last) = octets.last_mut() {
                    *last = last.wrapping_add(1);
                }
            }
            Self::Respell => octets.iter_mut().for_each(|octet| {
                *octet = match *octet {
                    b'-' => b'+',
                    b'+' => b'-',
                    b'_' => b'/',
                    b'/' => b'_',
                    other => other,
                }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attacks;
    use crate::generate::Seeded;
    use crate::reference::protected::SOUND_OPENER;
    use crate::targets::Verifier as _;

    const NOW: i64 = 1_700_000_000;

    fn recipes(count: u64) -> impl Iterator<Item = ProtectedRecipe> {
        (0..count).map(|number| {
            let at = usize::try_from(number).expect("it is small") % Scheme::ALL.len();
            ProtectedRecipe::choose(Scheme::ALL[at], &mut Seeded::new(0, number))
        })
    }

    #[test]
    fn no_choices_make_a_valid_cookie_of_every_scheme() {
        for scheme in Scheme::ALL {
            let recipe = ProtectedRecipe::choose(*scheme, &mut arbitrary::Unstructured::new(&[]));
            let policy = ProtectedRecipe::policy(*scheme, NOW);
            let opened = SOUND_OPENER.open(&recipe.header(NOW), policy.cookie.as_ref().unwrap(), Some(NOW));
            assert_eq!(opened, Ok(ProtectedRecipe::payloads(*scheme, NOW)[0].clone()), "{scheme}");
        }
    }

    #[test]
    fn the_sound_opener_hands_on_only_what_was_sealed() {
        let mut honoured = 0;
        for recipe in recipes(14_000) {
            let policy = ProtectedRecipe::policy(recipe.scheme, NOW);
            let header = recipe.header(NOW);
            let Ok(payload) = SOUND_OPENER.open(&header, policy.cookie.as_ref().unwrap(), Some(NOW)) else { continue };
            honoured += 1;
            assert!(ProtectedRecipe::payloads(recipe.scheme, NOW).contains(&payload), "{recipe:?}");
            assert!(recipe.trusted, "{recipe:?}");
        }
        assert!(honoured > 1000, "{honoured}");
    }

    /// Flaws that show under another policy (several secrets, a longest age), or in a payload, a time, a version or a hash that
    /// a recipe leaves alone: these have rows, and rows their turns (`super::rows`).
    const OUT_OF_REACH: [&str; 14] = [
        "any-age",
        "any-name",
        "any-padding",
        "any-payload",
        "any-time",
        "any-version",
        "first-secret",
        "from-the-future",
        "inflates",
        "last-secret",
        "other-hash",
        "remembers-secrets",
        "wants-object",
        "wants-text",
    ];

    #[test]
    fn recipes_fell_every_opener_whose_flaw_is_in_their_reach() {
        let recipes: Vec<(ProtectedRecipe, token_assay_model::Input)> = recipes(28_000)
            .map(|recipe| (recipe.clone(), token_assay_model::Input::Cookie(recipe.header(NOW))))
            .collect();
        let mut standing = Vec::new();
        let openers = attacks::classes().filter(|(family, _)| family.id == "protected-cookie");
        for strawman in openers.filter_map(|(_, class)| class.strawman()) {
            let falls = recipes.iter().any(|(recipe, input)| {
                let policy = ProtectedRecipe::policy(recipe.scheme, NOW);
                let request = token_assay_model::Request { input, policy: &policy };
                let sound = crate::strawman::Sound.verify(request);
                let verdict = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| strawman.verify(request)));
                verdict.map_or(true, |verdict| std::mem::discriminant(&verdict) != std::mem::discriminant(&sound))
            });
            if !falls {
                standing.push(strawman.name());
            }
        }
        standing.sort_unstable();
        standing.dedup();
        assert_eq!(standing, OUT_OF_REACH);
    }
}
