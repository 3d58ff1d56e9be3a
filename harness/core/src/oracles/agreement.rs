//! Agreement: targets differ where the standard allows no difference.
//!
//! Where the standard leaves whether a token is accepted, it still does not leave what an accepted token says: two targets
//! that accept the same octets and hand on different claims let a token mean two things. The one that hands on what was
//! signed is not to blame.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use token_assay_model::expect::Cookies;
use token_assay_model::{Answer, Case, Claims, Expectation, Input, Observation, Oracle, Pair, Verdict, cookie};

use super::{Judgement, cookies};

/// Judges one target's acceptance beside that of the others. Where an expectation names the claims, soundness has spoken.
pub fn judge<'a>(
    case: &Case,
    observation: &Observation,
    others: impl IntoIterator<Item = (&'a str, &'a Observation)>,
) -> Option<Judgement> {
    match &case.expectation {
        Expectation::Either { .. } | Expectation::Bounded { .. } => {}
        Expectation::Cookies(Cookies { open: Some(_), .. }) => return cookies_differ(case, observation, others),
        _ => return None,
    }
    let mine = accepted(observation)?;
    if signed(case).is_some_and(|signed| signed.same_as(mine)) {
        return None;
    }
    let differing = |(name, other): (&'a str, &'a Observation)| {
        let theirs = accepted(other)?;
        let names = mine.differing(theirs);
        (!names.is_empty()).then(|| format!("{name} hands on other claims for the same token: {}.", names.join(", ")))
    };
    let because = others.into_iter().find_map(differing)?;
    Some(Judgement { oracle: Oracle::Agreement, because: Some(because) })
}

/// Two readers of one header differ: O-CONSIST. The one that reads what stands between the semicolons is not to blame.
fn cookies_differ<'a>(
    case: &Case,
    observation: &Observation,
    others: impl IntoIterator<Item = (&'a str, &'a Observation)>,
) -> Option<Judgement> {
    let Input::Cookie(header) = &case.input else { return None };
    let mine = cookie::pairs(accepted(observation)?)?;
    let name = case.policy.cookie.as_ref()?.name.as_bytes();
    let values = |pairs: &[Pair]| pairs.iter().filter(|pair| pair.name() == name).cloned().collect::<Vec<_>>();
    if cookies::plain(header).is_some_and(|plain| values(&plain) == values(&mine)) {
        return None;
    }
    let differing = |(target, other): (&'a str, &'a Observation)| {
        let theirs = cookie::pairs(accepted(other)?)?;
        let difference = cookies::differing(name, &mine, &theirs)?;
        Some(format!("{target} reads {difference}, from the same header."))
    };
    let because = others.into_iter().find_map(differing)?;
    Some(Judgement { oracle: Oracle::Agreement, because: Some(because) })
}

fn accepted(observation: &Observation) -> Option<&Claims> {
    match &observation.answer {
        Answer::Verdict(Verdict::Accept { claims, .. }) => Some(claims),
        _ => None,
    }
}

/// The claims as they stand in the token, where it is plain enough to say.
fn signed(case: &Case) -> Option<Claims> {
    let payload = case.input.octets().split(|octet| *octet == b'.').nth(1)?;
    Claims::parse(&URL_SAFE_NO_PAD.decode(payload).ok()?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::attacks::suite;
    use crate::forge::{Forge, NOW};

    #[test]
    fn only_the_target_that_hands_on_what_was_not_signed_is_blamed() {
        let cases = suite(&Forge::new(NOW), |class| class == "time/exp-millis");
        let case =
            cases.iter().find(|case| matches!(case.expectation, Expectation::Either { .. })).expect("one is open");
        let claims = signed(case).expect("it is plain");
        let mut other = claims.clone();
        other.0.insert("exp".to_owned(), 4_294_967_295_u64.into());
        let seen = |claims: &Claims| Observation {
            answer: Answer::Verdict(Verdict::Accept { claims: claims.clone(), header: None }),
            elapsed: Duration::ZERO,
        };
        let (right, wrong) = (seen(&claims), seen(&other));
        assert_eq!(judge(case, &right, [("wrong", &wrong)]), None);
        assert!(judge(case, &wrong, [("right", &right)]).expect("it is blamed").because.unwrap().contains("exp"));
        assert_eq!(judge(case, &wrong, [("alike", &wrong)]), None);
    }
}
