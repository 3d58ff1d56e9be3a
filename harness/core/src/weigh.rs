//! What an input costs a target beside a plain one as long.
//!
//! Takes a driver, a policy and two inputs, gives a [`Cost`]: the least time of several showings of each, alone and in turn,
//! and where the system says it the memory that the target's process held at its peak more than before. Never judges.

use std::ops::ControlFlow;
use std::time::Duration;

use token_assay_model::report::Cost;
use token_assay_model::{Answer, Expectation, Finding, Input, Observation, Policy, Request};

use crate::targets::{Driver, Unusable};

/// What an input cost, and what was seen of it when it cost least.
#[derive(Debug, Clone)]
pub struct Weighed {
    /// The cost.
    pub cost: Cost,
    /// The observation of the input that took the least time.
    pub seen: Observation,
}

/// Weighs `input` beside `plain`.
///
/// # Errors
///
/// Where the target has to be given up.
pub fn weigh(
    driver: &mut dyn Driver,
    policy: &Policy,
    input: &Input,
    plain: &Input,
) -> Result<Option<Weighed>, Unusable> {
    let [mut of_plain, mut of_input] = [Least::default(); 2];
    let (mut least, mut spent): (Option<Observation>, _) = (None, Duration::ZERO);
    for _ in 0..SHOWN {
        let Some(first) = of_plain.show(driver, Request { input: plain, policy })? else { break };
        let Some(second) = of_input.show(driver, Request { input, policy })? else { break };
        spent += first.elapsed + second.elapsed;
        let is_fault = matches!(second.answer, Answer::Fault(_));
        if is_fault || least.as_ref().is_none_or(|least| second.elapsed < least.elapsed) {
            least = Some(second);
        }
        if spent > ENOUGH || is_fault {
            break;
        }
    }
    let cost = Cost {
        nanoseconds: of_input.nanoseconds(),
        plain_nanoseconds: of_plain.nanoseconds(),
        octets: of_input.held,
        plain_octets: of_plain.held,
    };
    Ok(least.map(|seen| Weighed { cost, seen }))
}

/// Shows once more what was answered too late, and gives what took least of some times.
///
/// # Errors
///
/// Where the target has to be given up.
pub fn again(driver: &mut dyn Driver, request: Request<'_>, limit: Duration) -> Result<Option<Observation>, Unusable> {
    let mut least: Option<Observation> = None;
    for _ in 0..SHOWN {
        let Some(seen) = fairly(driver, request)? else { break };
        let is_enough = seen.elapsed <= limit || matches!(seen.answer, Answer::Fault(_));
        if least.as_ref().is_none_or(|least| seen.elapsed < least.elapsed) {
            least = Some(seen);
        }
        if is_enough {
            break;
        }
    }
    Ok(least)
}

/// Shows one input alone. Its time is how long it took, less how long the target waited for a processor that others had;
/// where the system does not say, all of it. Several threads can wait at once, longer than it took, and some of it before or
/// afterwards: what processors worked for it is the least that it took.
///
/// # Errors
///
/// Where the target has to be given up.
pub fn fairly(driver: &mut dyn Driver, request: Request<'_>) -> Result<Option<Observation>, Unusable> {
    let (waited, worked) = (driver.waited(), driver.worked());
    let Some(seen) = alone(driver, request)? else { return Ok(None) };
    let since = |before: Option<Duration>, after: Option<Duration>| {
        before.zip(after).map_or(Duration::ZERO, |(before, after)| after.saturating_sub(before))
    };
    let (worked, waited) = (since(worked, driver.worked()), since(waited, driver.waited()));
    let elapsed = seen.elapsed.saturating_sub(waited).max(worked.min(seen.elapsed));
    Ok(Some(Observation { elapsed, ..seen }))
}

/// Shows one input alone. Its time is how long processors worked for it; where the system does not say, how long it took.
///
/// # Errors
///
/// Where the target has to be given up.
pub fn work(driver: &mut dyn Driver, request: Request<'_>) -> Result<Option<Observation>, Unusable> {
    let before = driver.worked();
    let Some(seen) = alone(driver, request)? else { return Ok(None) };
    let worked = before.zip(driver.worked()).map(|(before, after)| after.saturating_sub(before));
    Ok(Some(Observation { elapsed: worked.unwrap_or(seen.elapsed), ..seen }))
}

/// Shows one input alone: answers that leave a shim together would share one time.
///
/// # Errors
///
/// Where the target has to be given up.
pub fn alone(driver: &mut dyn Driver, request: Request<'_>) -> Result<Option<Observation>, Unusable> {
    let mut seen = None;
    driver.observe(&[request], &mut |_, observation| {
        seen = Some(observation);
        ControlFlow::Continue(())
    })?;
    Ok(seen)
}

/// Whether a finding's twin says what so many octets cost: it is bounded, and the twin about as long.
pub fn has_plain_twin(finding: &Finding) -> bool {
    let [input, twin] = [&finding.input, &finding.twin].map(|input| input.octets().len());
    matches!(finding.expected, Expectation::Bounded { .. }) && input.abs_diff(twin) * 10 < input
}

/// The least that was seen of one input.
#[derive(Debug, Clone, Copy, Default)]
struct Least {
    elapsed: Option<Duration>,
    held: Option<u64>,
}

impl Least {
    fn show(&mut self, driver: &mut dyn Driver, request: Request<'_>) -> Result<Option<Observation>, Unusable> {
        let before = driver.mark_memory();
        let seen = fairly(driver, request)?;
        let held = before.zip(driver.peak_memory()).map(|(before, peak)| peak.saturating_sub(before));
        if let Some(seen) = &seen {
            let elapsed = seen.elapsed;
            self.elapsed = Some(self.elapsed.map_or(elapsed, |least| least.min(elapsed)));
            self.held = [self.held, held].into_iter().flatten().min();
        }
        Ok(seen)
    }

    fn nanoseconds(&self) -> u64 {
        self.elapsed.unwrap_or_default().as_nanos().try_into().unwrap_or(u64::MAX)
    }
}

/// How often each is shown at most.
const SHOWN: usize = 3;

/// What costs so much need not be shown again to be sure.
const ENOUGH: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use token_assay_model::Verdict;
    use token_assay_model::report::TargetInfo;

    use super::*;

    /// Each answer takes a millisecond, a third of it work; its threads waited for so long.
    struct Waiting {
        shown: u32,
        waited: Duration,
    }

    impl Driver for Waiting {
        fn start(&mut self) -> Result<TargetInfo, Unusable> {
            Ok(TargetInfo::new("waiting", "1", &[]))
        }

        fn observe(
            &mut self,
            requests: &[Request<'_>],
            seen: &mut dyn FnMut(usize, Observation) -> ControlFlow<()>,
        ) -> Result<(), Unusable> {
            for index in 0..requests.len() {
                self.shown += 1;
                let answer = Verdict::reject(None, "").into();
                let _ = seen(index, Observation { answer, elapsed: Duration::from_micros(1000) });
            }
            Ok(())
        }

        fn worked(&mut self) -> Option<Duration> {
            Some(self.shown * Duration::from_micros(300))
        }

        fn waited(&mut self) -> Option<Duration> {
            Some(self.shown * self.waited)
        }
    }

    #[test]
    fn the_time_that_others_had_is_taken_off_and_never_what_was_worked() {
        let policy = Policy::default();
        let input = Input::Token("a".to_owned());
        let micros = |waited| {
            let mut driver = Waiting { shown: 0, waited: Duration::from_micros(waited) };
            let seen = fairly(&mut driver, Request { input: &input, policy: &policy }).ok().flatten();
            seen.map(|seen| seen.elapsed.as_micros())
        };
        assert_eq!([0, 400, 700, 5000].map(micros), [1000, 600, 300, 300].map(Some));
    }
}
