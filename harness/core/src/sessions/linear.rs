//! Whether requests that overlapped were answered as if one had come after the other. Takes the state before them and a history
//! of requests with the times between which each was under way, gives nothing, or what no order explains. The check is that of
//! Wing and Gong with a memory of the states that were reached, for each login by itself: a logout of all may end one login
//! before another, as every service does, but what a login shows has to have an order.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::command::User;
use super::invariants::{Breach, Invariant};
use super::model::{Asked, FamilyId, Model, Owner, Seen};

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// These logins.
    Families(Vec<FamilyId>),
    /// All logins of a user.
    User(User),
}

/// A request of a history.
#[derive(Debug, Clone)]
pub struct Operation {
    /// What was asked.
    pub asked: Asked,
    /// What was answered.
    pub seen: Seen,
    /// When it began.
    pub invoked: u32,
    /// When it was answered; one that begins then or later came after it.
    pub returned: u32,
    /// What it is about.
    pub families: About,
}

impl Operation {
    fn is_about(&self, family: FamilyId, user: User) -> bool {
        match &self.families {
            About::Families(families) => families.contains(&family),
            About::User(whose) => *whose == user,
        }
    }
}

/// Looks for an order, login by login; `users` are theirs, by number.
///
/// # Errors
///
/// What the order of the answers runs into, where no other does better.
pub fn check(before: &Model, history: &[Operation], users: &[User]) -> Result<(), Breach> {
    for (family, user) in (0..).zip(users) {
        let mut points = Vec::new();
        for operation in history.iter().filter(|operation| operation.is_about(family, *user)) {
            operation.points(family, &mut points);
        }
        assert!(points.len() <= 64, "a history is at most as long as its mask is wide");
        let mut search = Search { points: &points, family, seen: HashSet::new(), first: None };
        if !search.finds(before, 0) {
            return Err(unordered(search.first.expect("an order that does not go on ran into something")));
        }
    }
    Ok(())
}

/// Where in an order something is seen or done.
struct Point<'o> {
    asked: Asked,
    seen: &'o Seen,
    invoked: u32,
    returned: u32,
    /// The point that has to come before.
    after: Option<usize>,
}

impl Operation {
    /// One point, or two, between which what overlaps may come: a request that ends or lists the login that it is made with is
    /// let in first, and a change of password sets the new one before it ends the others.
    fn points<'o>(&'o self, family: FamilyId, points: &mut Vec<Point<'o>>) {
        let mut push = |asked, after| {
            points.push(Point { asked, seen: &self.seen, invoked: self.invoked, returned: self.returned, after });
            points.len() - 1
        };
        let nobody = |by: Owner| Owner { family: FamilyId::MAX, ..by };
        let (credential, effect) = match self.asked {
            Asked::LogoutAll { credential, by } if by.family == family => {
                (credential, Asked::LogoutAll { credential, by: nobody(by) })
            }
            Asked::List { credential, by } if by.family == family => {
                (credential, Asked::List { credential, by: nobody(by) })
            }
            Asked::Revoke { credential, by, target, of } if by.family == family && target == family => {
                (credential, Asked::Revoke { credential, by: nobody(by), target, of })
            }
            Asked::ChangePassword { credential, by, from } if by.family != family => {
                let set = push(Asked::PasswordSet { user: by.user, from }, None);
                push(Asked::LogoutOthers { credential, by }, Some(set));
                return;
            }
            asked => {
                push(asked, None);
                return;
            }
        };
        let let_in = push(Asked::Use { credential, is_home: true }, None);
        push(effect, Some(let_in));
    }
}

struct Search<'o> {
    points: &'o [Point<'o>],
    family: FamilyId,
    seen: HashSet<(u64, u64)>,
    first: Option<Breach>,
}

impl Search<'_> {
    fn finds(&mut self, model: &Model, done: u64) -> bool {
        let is_done = |index: usize| done & (1 << index) != 0;
        let mut open: Vec<usize> = (0..self.points.len()).filter(|index| !is_done(*index)).collect();
        open.sort_by_key(|index| self.points[*index].returned);
        let Some(first_answer) = open.iter().map(|index| self.points[*index].returned).min() else { return true };
        let mut hasher = DefaultHasher::new();
        model.hash(&mut hasher);
        if !self.seen.insert((done, hasher.finish())) {
            return false;
        }
        for index in open {
            let point = &self.points[index];
            // What began after another was answered cannot come before it.
            let comes_later = point.invoked >= first_answer && point.returned != first_answer;
            if comes_later || point.after.is_some_and(|before| !is_done(before)) {
                continue;
            }
            let mut next = model.clone();
            match next.step(&point.asked, point.seen, Some(self.family)) {
                Ok(()) if self.finds(&next, done | 1 << index) => return true,
                Ok(()) => {}
                // That what is live is refused, or has an old role, may be because of the order that is tried.
                Err(breach) if self.first.is_none_or(|known| is_soft(known) && !is_soft(breach)) => {
                    self.first = Some(breach);
                }
                Err(_) => {}
            }
        }
        false
    }
}

const fn is_soft(breach: Breach) -> bool {
    matches!(breach.invariant, Invariant::LiveUsable | Invariant::RolesCurrent)
}

/// A breach of an order is said as what it means.
fn unordered(breach: Breach) -> Breach {
    match named(breach.invariant) {
        same if same == breach.invariant => breach,
        other => Breach::of(other, "no order of the requests that overlapped explains that a login is live"),
    }
}

/// What it means where no order explains that an invariant holds: what ended came back.
pub fn named(invariant: Invariant) -> Invariant {
    match invariant {
        Invariant::LogoutEnds | Invariant::PasswordEnds | Invariant::DisableEnds | Invariant::OldIdDead => {
            Invariant::NoResurrection
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Said, Shown};
    use super::super::policy::{Kind, SessionPolicy};
    use super::*;

    const SHOWN: Said = Said::Granted(Shown { user: Some(0), is_admin: true });
    const BY: Owner = Owner { user: 0, family: 0 };

    /// A login of the first user with session 0, access token 1 and refresh token 2.
    fn logged_in(kind: Kind) -> Model {
        let mut model = Model::new(kind, SessionPolicy::of(kind));
        let seen = Seen {
            family: Some(0),
            session: kind.has_session().then_some(0),
            access: kind.has_tokens().then_some(1),
            refresh: kind.has_tokens().then_some(2),
            ..Seen::of(SHOWN)
        };
        model.step(&Asked::Login { user: 0, password: 0, presented: None }, &seen, None).unwrap();
        model
    }

    fn operation(asked: Asked, seen: Seen, invoked: u32, returned: u32) -> Operation {
        Operation { asked, seen, invoked, returned, families: About::Families(vec![0]) }
    }

    fn used(said: Said, invoked: u32, returned: u32) -> Operation {
        operation(Asked::Use { credential: 0, is_home: true }, Seen::of(said), invoked, returned)
    }

    fn logged_out(invoked: u32, returned: u32) -> Operation {
        operation(Asked::Logout { credential: 0 }, Seen::of(SHOWN), invoked, returned)
    }

    fn refreshed(token: u16, successor: Option<u16>, invoked: u32, returned: u32) -> Operation {
        let said = if successor.is_some() { SHOWN } else { Said::Denied };
        // Access tokens have numbers of their own.
        let access = successor.map(|_| u16::try_from(100 + returned).unwrap());
        let seen = Seen { access, refresh: successor, ..Seen::of(said) };
        operation(Asked::Refresh { credential: token, is_own_client: true }, seen, invoked, returned)
    }

    fn judged(kind: Kind, history: &[Operation]) -> Result<(), Invariant> {
        check(&logged_in(kind), history, &[0]).map_err(|breach| breach.invariant)
    }

    #[test]
    fn a_use_that_overlaps_a_logout_may_come_before_it_or_after_it() {
        for said in [SHOWN, Said::Denied] {
            assert_eq!(judged(Kind::Session, &[logged_out(0, 5), used(said, 1, 6)]), Ok(()));
        }
        assert_eq!(judged(Kind::Session, &[logged_out(0, 5), used(SHOWN, 1, 6), used(Said::Denied, 6, 7)]), Ok(()));
    }

    #[test]
    fn a_use_that_began_when_the_logout_was_answered_may_not_be_granted() {
        let history = [logged_out(0, 5), used(SHOWN, 5, 6)];
        assert_eq!(judged(Kind::Session, &history), Err(Invariant::NoResurrection));
    }

    #[test]
    fn what_was_refused_cannot_be_granted_afterwards_though_the_logout_is_not_answered() {
        let history = [logged_out(0, 9), used(Said::Denied, 1, 2), used(SHOWN, 3, 4)];
        assert_eq!(judged(Kind::Session, &history), Err(Invariant::NoResurrection));
        let other_way = [logged_out(0, 9), used(SHOWN, 1, 2), used(Said::Denied, 3, 4)];
        assert_eq!(judged(Kind::Session, &other_way), Ok(()));
    }

    #[test]
    fn a_refusal_needs_something_that_may_have_come_before() {
        assert_eq!(judged(Kind::Session, &[used(Said::Denied, 0, 1), logged_out(1, 2)]), Err(Invariant::LiveUsable));
    }

    #[test]
    fn two_refreshes_that_overlap_have_one_successor() {
        let same = [refreshed(2, Some(3), 0, 5), refreshed(2, Some(3), 1, 6)];
        assert_eq!(judged(Kind::Jwt, &same), Ok(()), "the second is a retry within the grace");
        let two = [refreshed(2, Some(3), 0, 5), refreshed(2, Some(4), 1, 6)];
        assert_eq!(judged(Kind::Jwt, &two), Err(Invariant::OneLeaf));
    }

    #[test]
    fn a_refresh_that_was_granted_before_a_logout_gives_nothing_that_outlives_it() {
        let logout = operation(Asked::Logout { credential: 2 }, Seen::of(SHOWN), 0, 9);
        assert_eq!(
            judged(Kind::Jwt, &[logout.clone(), refreshed(2, Some(3), 1, 8), refreshed(3, None, 10, 11)]),
            Ok(())
        );
        let history = [logout, refreshed(2, Some(3), 1, 8), refreshed(3, Some(4), 10, 11)];
        // The logout showed a token that may have been spent by then, so it may have ended nothing.
        assert_eq!(judged(Kind::Jwt, &history), Ok(()));
        let all = Operation {
            families: About::User(0),
            ..operation(Asked::LogoutAll { credential: 1, by: BY }, Seen::of(SHOWN), 0, 9)
        };
        let history = [all, refreshed(2, Some(3), 1, 8), refreshed(3, Some(4), 10, 11)];
        assert_eq!(judged(Kind::Jwt, &history), Err(Invariant::NoResurrection));
    }

    #[test]
    fn a_list_and_a_logout_of_all_let_in_before_they_look_or_end() {
        let all = |invoked, returned| Operation {
            families: About::User(0),
            ..operation(Asked::LogoutAll { credential: 0, by: BY }, Seen::of(SHOWN), invoked, returned)
        };
        assert_eq!(judged(Kind::Session, &[all(0, 5), all(1, 6)]), Ok(()));
        assert_eq!(judged(Kind::Session, &[all(0, 5), all(5, 6)]), Err(Invariant::NoResurrection));
        let listed = |shown: bool| Operation {
            families: About::User(0),
            ..operation(
                Asked::List { credential: 0, by: BY },
                Seen { listed: shown.then_some(Some(0)).into_iter().collect(), ..Seen::of(SHOWN) },
                0,
                5,
            )
        };
        assert_eq!(judged(Kind::Session, &[listed(false), logged_out(1, 4)]), Ok(()));
        assert_eq!(judged(Kind::Session, &[listed(true), logged_out(1, 4)]), Ok(()));
        assert_eq!(judged(Kind::Session, &[listed(false)]), Err(Invariant::ListedAreLive));
    }

    #[test]
    fn many_that_overlap_are_ordered_without_trying_every_order() {
        let mut history: Vec<Operation> = (0..20).map(|_| used(SHOWN, 0, 40)).collect();
        history.push(logged_out(0, 40));
        history.extend((0..20).map(|_| used(Said::Denied, 0, 40)));
        assert_eq!(judged(Kind::Session, &history), Ok(()));
    }
}
