//! Cost: the time grows faster than the input (O-TIME), or an input costs many times what a plain one as long does.
//!
//! Takes the times of a series of one input at several lengths, or a [`report::Cost`], gives a [`Judgement`] where they are
//! out of proportion. A ratio, never a budget: the machine may be slow.

use std::time::Duration;

use token_assay_model::{Oracle, report};

use super::Judgement;

/// What one of a series cost: how many times as long it is as the first, and the shortest time of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// The length, in lengths of the first.
    pub times: u32,
    /// The time.
    pub elapsed: Duration,
}

/// Judges a series. Sixteen times the input in more than sixty-four times the time is out of proportion: 2.8 times as long at
/// each doubling, where linear is 2, quadratic 4, and `n log n` stays below twenty-four for all sixteen.
pub fn judge(series: &[Cost]) -> Option<Judgement> {
    let (first, last) = (series.iter().min_by_key(|cost| cost.times)?, series.iter().max_by_key(|cost| cost.times)?);
    let longer = f64::from(last.times) / f64::from(first.times);
    let slower = last.elapsed.as_secs_f64() / first.elapsed.max(FLOOR).as_secs_f64();
    let steep = longer.powf(1.5);
    (longer > 1.0 && slower > steep).then(|| Judgement {
        oracle: Oracle::Robustness,
        because: Some(format!("The verifier took {slower:.0} times as long for {longer:.0} times the input.")),
    })
}

/// Judges an input beside a plain one as long: a hundred times the time, or a hundred times the memory, is out of proportion,
/// where it is enough to matter; of code that is not optimised, what is enough is twenty times as much time.
pub fn judge_beside(cost: &report::Cost) -> Option<Judgement> {
    judge_by(cost, if cfg!(debug_assertions) { UNOPTIMISED * LONG } else { LONG })
}

/// The same, where so many nanoseconds are enough to matter.
fn judge_by(cost: &report::Cost, long: u64) -> Option<Judgement> {
    let wrong = |because: String| Judgement { oracle: Oracle::Robustness, because: Some(because) };
    let slower = times(cost.nanoseconds, cost.plain_nanoseconds.max(MICROSECOND));
    if slower > MOST_TIMES && cost.nanoseconds > long {
        let milliseconds = cost.nanoseconds / 1_000_000;
        return Some(wrong(format!(
            "The verifier took {milliseconds} ms, {slower:.0} times as long as for a plain token of the same length."
        )));
    }
    let (held, plain) = cost.octets.zip(cost.plain_octets)?;
    let larger = times(held, plain.max(PAGES));
    (larger > MOST_TIMES && held > LARGE).then(|| {
        let mebibytes = held >> 20;
        wrong(format!(
            "The verifier took {mebibytes} MiB of memory, {larger:.0} times as much as for a plain token of the same length."
        ))
    })
}

fn times(cost: u64, plain: u64) -> f64 {
    cost as f64 / plain as f64
}

const MOST_TIMES: f64 = 100.0;
const MICROSECOND: u64 = 1000;
/// In nanoseconds: what takes less harms nobody, however much longer it is.
const LONG: u64 = 20_000_000;
/// A verifier in a `cargo test` build parses some twenty times as slowly as the one that is shipped, while what it calls (base64,
/// the MAC) is most often optimised: its ratio grows by as much, and says nothing of what is shipped.
const UNOPTIMISED: u64 = 20;
/// What the kernel counts in at once, in octets.
const PAGES: u64 = 64 << 10;
/// In octets: what takes less harms nobody.
const LARGE: u64 = 32 << 20;

/// Shorter times are those of the clock, not of the verifier.
const FLOOR: Duration = Duration::from_micros(20);

#[cfg(test)]
mod tests {
    use super::*;

    fn series(micros: [u64; 3]) -> Vec<Cost> {
        let cost = |(times, micros)| Cost { times, elapsed: Duration::from_micros(micros) };
        [1, 4, 16].into_iter().zip(micros).map(cost).collect()
    }

    #[test]
    fn what_costs_a_hundred_times_what_a_plain_token_costs_is_out_of_proportion() {
        let cost = |nanoseconds, plain_nanoseconds, memory: Option<(u64, u64)>| report::Cost {
            nanoseconds,
            plain_nanoseconds,
            octets: memory.map(|(octets, _)| octets),
            plain_octets: memory.map(|(_, plain)| plain),
        };
        let because = |cost| judge_by(&cost, LONG).map(|judgement| judgement.because.unwrap());
        assert_eq!(because(cost(300_000_000, 4_000_000, None)), None, "75 times");
        assert_eq!(because(cost(2_000_000, 5_000, None)), None, "2 ms");
        let slow = because(cost(300_000_000, 100_000, Some((0, 0)))).unwrap();
        assert_eq!(slow, "The verifier took 300 ms, 3000 times as long as for a plain token of the same length.");
        assert_eq!(because(cost(1000, 1000, Some((31 << 20, 0)))), None);
        assert_eq!(because(cost(1000, 1000, Some((64 << 20, 1 << 20)))), None);
        let large = because(cost(1000, 1000, Some((64 << 20, 128 << 10)))).unwrap();
        assert_eq!(
            large,
            "The verifier took 64 MiB of memory, 512 times as much as for a plain token of the same length."
        );
    }

    /// 8,000 members in a table of the standard library's: 24 ms and six hundred times, not optimised; 1 ms as it is shipped.
    #[test]
    fn what_is_slow_for_want_of_optimisation_is_no_finding() {
        let cost =
            |nanoseconds| report::Cost { nanoseconds, plain_nanoseconds: 40_000, octets: None, plain_octets: None };
        let is_told = |milliseconds: u64, long| judge_by(&cost(milliseconds * 1_000_000), long).is_some();
        assert_eq!([24, 390, 410].map(|milliseconds| is_told(milliseconds, UNOPTIMISED * LONG)), [false, false, true]);
        assert!(is_told(24, LONG) && !is_told(19, LONG));
    }

    #[test]
    fn only_what_grows_faster_than_its_input_is_out_of_proportion() {
        assert_eq!(judge(&series([100, 400, 1600])), None);
        assert_eq!(judge(&series([100, 600, 2400])), None);
        assert_eq!(judge(&series([1, 20, 300])), None, "too short to tell");
        let because = judge(&series([100, 1600, 25_600])).expect("it is quadratic").because.unwrap();
        assert_eq!(because, "The verifier took 256 times as long for 16 times the input.");
        assert_eq!(judge(&series([100, 400, 1600])[..1]), None);
    }
}
