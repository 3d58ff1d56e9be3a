//! Dates in words. Takes Unix seconds and the clock, gives the date in UTC and how far off it is. Never reads a clock.

use jiff::Timestamp;

/// `2026-11-28 04:00:00 UTC, in 12 minutes`; nothing for what is no date that a calendar has.
pub fn moment(seconds: f64, now: i64) -> Option<String> {
    let whole = whole(seconds)?;
    Some(format!("{}, {}", date(whole)?, ago(whole, now)))
}

/// `2026-11-28 04:00:00 UTC`.
pub fn date(seconds: i64) -> Option<String> {
    let text = Timestamp::from_second(seconds).ok()?.to_string();
    Some(text.replacen('T', " ", 1).replacen('Z', " UTC", 1))
}

/// `in 12 minutes`, `3 hours ago`, `now`.
pub fn ago(seconds: i64, now: i64) -> String {
    let distance = seconds.saturating_sub(now);
    match distance {
        0 => "now".to_owned(),
        1.. => format!("in {}", span(distance.unsigned_abs())),
        _ => format!("{} ago", span(distance.unsigned_abs())),
    }
}

/// Seconds as people say them, rounded down: of two of a unit and more only that unit is said.
pub(super) fn span(seconds: u64) -> String {
    let (unit, number) = UNITS
        .iter()
        .find(|(_, width)| seconds >= 2 * width)
        .map_or(("second", seconds), |(unit, width)| (*unit, seconds / width));
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[expect(clippy::cast_possible_truncation, reason = "the range is looked at before")]
fn whole(seconds: f64) -> Option<i64> {
    (seconds.is_finite() && seconds.abs() < 1e15).then(|| seconds.floor() as i64)
}

/// The Gregorian year has 365.2425 days, the month a twelfth of that.
const UNITS: [(&str, u64); 6] =
    [("year", 31_556_952), ("month", 2_629_746), ("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_said_with_how_far_off_it_is() {
        assert_eq!(moment(1_700_000_720.0, 1_700_000_000).unwrap(), "2023-11-14 22:25:20 UTC, in 12 minutes");
        assert_eq!(moment(1_699_989_200.9, 1_700_000_000).unwrap(), "2023-11-14 19:13:20 UTC, 3 hours ago");
        assert_eq!(moment(1e300, 0), None);
        assert_eq!(moment(1_700_000_000_000.0, 0), None, "the calendar ends in the year 9999");
    }

    #[test]
    fn spans_are_rounded_down_to_the_largest_unit_that_fits_twice() {
        for (seconds, words) in [
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (7199, "119 minutes"),
            (172_800, "2 days"),
            (1_209_599, "13 days"),
            (63_113_904, "2 years"),
        ] {
            assert_eq!(span(seconds), words);
        }
        assert_eq!(ago(5, 5), "now");
    }
}
