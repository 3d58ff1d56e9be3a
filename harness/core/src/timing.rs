//! Whether the time of a refusal tells how much of a MAC was right: tokens of two classes, shown by turns, and Welch's t.
//!
//! Takes a driver, a policy with a shared secret and a token under it, gives a [`Timing`]. As in dudect (Reparaz, Balasch and
//! Verbauwhede 2017) the class of each showing is drawn by chance, so that whatever else the machine does falls on both, and t
//! is also computed without the longest times, in which noise stands before all else. Every token has claims of its own: of the
//! one class the MAC is right but for its last octet, of the other it is random, and both look alike to whoever does not know
//! the secret. Never judges: on a machine that does other work no number is proof.

use std::time::Duration;

use token_assay_model::report::Timing;
use token_assay_model::{Input, Policy, Request};

use crate::forge::{Hash, base64url, sign};
use crate::generate::{Chance as _, Seeded};
use crate::targets::{Driver, Unusable};
use crate::weigh;

/// Times refusals under HS256 until there are enough, the time is up, or `halt` says so; nothing where the policy's first key is
/// no secret, or where there were too few to say anything.
///
/// # Errors
///
/// Where the target has to be given up.
pub fn measure(
    driver: &mut dyn Driver,
    policy: &Policy,
    token: &Input,
    halt: impl Fn() -> bool,
) -> Result<Option<Timing>, Unusable> {
    let secret = policy.keys.first().and_then(|key| key.secret.as_deref());
    let Some(mut maker) = secret.and_then(|secret| Maker::new(secret, token)) else { return Ok(None) };
    let mut samples: [Vec<u64>; 2] = [Vec::new(), Vec::new()];
    let mut spent = Duration::ZERO;
    for shown in 0..WARMING + SHOWN {
        if spent > ENOUGH || halt() {
            break;
        }
        let class = maker.chance.below(2);
        let input = maker.token(CLASSES[class]);
        let Some(seen) = weigh::alone(driver, Request { input: &input, policy })? else { break };
        spent += seen.elapsed;
        if shown >= WARMING {
            samples[class].push(seen.elapsed.as_nanos().try_into().unwrap_or(u64::MAX));
        }
    }
    Ok(timing(&samples))
}

/// What so many times in nanoseconds say, first those of nearly right MACs.
pub fn timing(samples: &[Vec<u64>; 2]) -> Option<Timing> {
    if samples.iter().any(|class| class.len() < FEW) {
        return None;
    }
    let mut all: Vec<u64> = samples.concat();
    all.sort_unstable();
    let of_crop = |share: f64| {
        let longest = all[((all.len() as f64 * share) as usize).clamp(1, all.len()) - 1];
        let kept = samples.each_ref().map(|class| class.iter().copied().filter(|time| *time <= longest).collect());
        welch(&kept)
    };
    let t = CROPS.iter().filter_map(|share| of_crop(*share)).max_by(|a, b| a.abs().total_cmp(&b.abs()))?;
    let [nearly_right_nanoseconds, wrong_nanoseconds] = samples.each_ref().map(|class| median(class));
    Some(Timing { samples: all.len() as u64, t, nearly_right_nanoseconds, wrong_nanoseconds })
}

/// Welch's t, positive where the first takes longer; nothing of few, or of samples that do not vary.
fn welch(samples: &[Vec<u64>; 2]) -> Option<f64> {
    if samples.iter().any(|class| class.len() < FEW) {
        return None;
    }
    let [(mean_a, error_a), (mean_b, error_b)] = samples.each_ref().map(|class| {
        let count = class.len() as f64;
        let mean = class.iter().map(|time| *time as f64).sum::<f64>() / count;
        let squares: f64 = class.iter().map(|time| (*time as f64 - mean).powi(2)).sum();
        (mean, squares / (count - 1.0) / count)
    });
    let error = (error_a + error_b).sqrt();
    (error > 0.0).then(|| (mean_a - mean_b) / error)
}

fn median(times: &[u64]) -> u64 {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// What a token's MAC is.
#[derive(Clone, Copy)]
enum Class {
    NearlyRight,
    Wrong,
}

/// Makes tokens of both classes.
struct Maker<'s> {
    secret: &'s [u8],
    header: String,
    /// The payload before and behind the octets that differ from token to token.
    payload: [String; 2],
    chance: Seeded,
}

impl<'s> Maker<'s> {
    fn new(secret: &'s [u8], token: &Input) -> Option<Self> {
        let (header, rest) = token.text()?.split_once('.')?;
        let payload = String::from_utf8(base64url::decode(rest.split_once('.')?.0)?).ok()?;
        let payload = payload.strip_suffix('}')?;
        let payload = [format!(r#"{payload},"n":""#), r#""}"#.to_owned()];
        Some(Self { secret, header: header.to_owned(), payload, chance: Seeded::new(0, 0) })
    }

    fn token(&mut self, class: Class) -> Input {
        let [before, behind] = &self.payload;
        let number = self.chance.below(1 << 30);
        let payload = base64url::encode(format!("{before}{number:010}{behind}"));
        let message = format!("{}.{payload}", self.header);
        let mut mac = sign::mac(Hash::Sha256, self.secret, message.as_bytes());
        // Both classes draw as much, and the last octet is wrong in both.
        for octet in &mut mac {
            let random = self.chance.below(256).to_le_bytes()[0];
            if matches!(class, Class::Wrong) {
                *octet = random;
            }
        }
        if let (Class::NearlyRight, Some(last)) = (class, mac.last_mut()) {
            *last = !*last;
        }
        Input::Token(format!("{message}.{}", base64url::encode(mac)))
    }
}

const CLASSES: [Class; 2] = [Class::NearlyRight, Class::Wrong];

/// Shown first and not counted.
const WARMING: usize = 1000;

/// Counted, of both classes together.
const SHOWN: usize = 40_000;

/// A target that takes longer is shown fewer.
const ENOUGH: Duration = Duration::from_secs(8);

/// What shares of all times are looked at: all, and less and less of the longest.
const CROPS: [f64; 6] = [1.0, 0.99, 0.95, 0.85, 0.7, 0.5];

/// Of fewer no t is worth the name.
const FEW: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attacks;
    use crate::forge::{Forge, NOW};
    use crate::run::verifier;
    use crate::targets::InProcess;

    /// A thousandth is interrupted, and all others vary by a third.
    fn noisy(seed: u64, base: u64, count: usize) -> Vec<u64> {
        let mut chance = Seeded::new(seed, 1);
        let time = |_| match chance.below(1000) {
            0 => base * 1000,
            _ => base + chance.below(usize::try_from(base / 3).unwrap()) as u64,
        };
        (0..count).map(time).collect()
    }

    fn t_of(samples: &[Vec<u64>; 2]) -> f64 {
        timing(samples).expect("there are enough").t
    }

    #[test]
    fn times_that_are_alike_say_nothing_and_times_that_differ_do() {
        let alike = t_of(&[noisy(1, 3000, 20_000), noisy(2, 3000, 20_000)]);
        assert!(alike.abs() < 4.5, "{alike}");
        let longer = t_of(&[noisy(1, 3060, 20_000), noisy(2, 3000, 20_000)]);
        assert!(longer > 10.0, "{longer}");
        let shorter = t_of(&[noisy(1, 3000, 20_000), noisy(2, 3060, 20_000)]);
        assert!(shorter < -10.0, "{shorter}");
    }

    #[test]
    fn the_longest_times_hide_nothing() {
        let samples = [noisy(1, 3060, 20_000), noisy(2, 3000, 20_000)];
        assert!(welch(&samples).unwrap().abs() < 4.5, "interruptions stand before the difference");
        let Timing { samples: count, nearly_right_nanoseconds: right, wrong_nanoseconds: wrong, t } =
            timing(&samples).unwrap();
        assert_eq!(count, 40_000);
        assert!(t > 10.0 && (40..90).contains(&(right - wrong)), "{t} {right} {wrong}");
    }

    #[test]
    fn few_samples_and_samples_that_do_not_vary_say_nothing() {
        assert_eq!(timing(&[vec![1; 99], noisy(1, 3000, 1000)]), None);
        assert_eq!(timing(&[vec![1; 1000], vec![1; 1000]]), None);
    }

    #[test]
    fn only_a_comparison_that_stops_at_a_difference_shows_in_its_times() {
        let forge = Forge::new(NOW);
        let cases = attacks::suite(&forge, |class| class == "hmac/hmac-timing-prefix");
        let t = |name: &str| {
            let mut driver = InProcess(verifier(name).unwrap(), Duration::from_secs(2));
            let timing = measure(&mut driver, &cases[0].policy, &cases[0].input, || false).unwrap();
            timing.expect("there are enough").t
        };
        let (of_strawman, of_sound) = (t("strawman-compares-until-different"), t("sound"));
        assert!(of_strawman > 10.0, "{of_strawman}");
        assert!(of_sound.abs() < 10.0, "{of_sound}");
    }

    #[test]
    fn tokens_of_both_classes_are_of_one_length_and_none_is_valid() {
        let forge = Forge::new(NOW);
        let case = &attacks::suite(&forge, |class| class == "hmac/hmac-timing-prefix")[0];
        let secret = case.policy.keys[0].secret.clone().unwrap();
        let mut maker = Maker::new(&secret, &case.input).unwrap();
        for class in CLASSES {
            for _ in 0..50 {
                let input = maker.token(class);
                assert_eq!(input.octets().len(), maker.token(Class::Wrong).octets().len());
                let ruling = crate::reference::rule(Request { input: &input, policy: &case.policy });
                assert_eq!(
                    ruling,
                    crate::reference::Ruling::Reject(token_assay_model::Reason::Signature),
                    "{:?}",
                    input.text()
                );
            }
        }
    }
}
