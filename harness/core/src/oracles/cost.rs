//! Cost: the time grows faster than the input (O-TIME).
//!
//! Takes the times of a series of one input at several lengths, gives a [`Judgement`] where they are out of proportion. A
//! ratio, never a budget: the machine may be slow.

use std::time::Duration;

use token_assay_model::Oracle;

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
    fn only_what_grows_faster_than_its_input_is_out_of_proportion() {
        assert_eq!(judge(&series([100, 400, 1600])), None);
        assert_eq!(judge(&series([100, 600, 2400])), None);
        assert_eq!(judge(&series([1, 20, 300])), None, "too short to tell");
        let because = judge(&series([100, 1600, 25_600])).expect("it is quadratic").because.unwrap();
        assert_eq!(because, "The verifier took 256 times as long for 16 times the input.");
        assert_eq!(judge(&series([100, 400, 1600])[..1]), None);
    }
}
