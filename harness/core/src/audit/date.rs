//! Dates in cookies (draft-ietf-httpbis-rfc6265bis §5.1.1): octets in, Unix seconds out, as browsers read them, or nothing.
//! Never more lenient than the algorithm, and never stricter.

/// The instant that a browser reads, in Unix seconds.
pub(super) fn parse(text: &[u8]) -> Option<i64> {
    let mut found = Found::default();
    for token in text.split(|octet| is_delimiter(*octet)).filter(|token| !token.is_empty()) {
        found.take(token);
    }
    found.seconds()
}

/// Whether it is written as servers must write it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
pub(super) fn is_imf_fixdate(text: &[u8]) -> bool {
    let Some(instant) = parse(text).and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()) else {
        return false;
    };
    let named = DAYS.iter().any(|day| text.starts_with(day.as_bytes()));
    named && text.get(3..) == Some(instant.strftime(", %d %b %Y %H:%M:%S GMT").to_string().as_bytes())
}

/// The same, written so.
pub(super) fn imf_fixdate(seconds: i64) -> Option<String> {
    let instant = jiff::Timestamp::from_second(seconds).ok()?;
    Some(instant.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

/// What the tokens have given so far.
#[derive(Debug, Default)]
struct Found {
    time: Option<(u16, u16, u16)>,
    day: Option<u16>,
    month: Option<u16>,
    year: Option<u16>,
}

impl Found {
    fn take(&mut self, token: &[u8]) {
        if self.time.is_none() && set(&mut self.time, time(token)) {
            return;
        }
        if self.day.is_none() && set(&mut self.day, number(token, 1, 2)) {
            return;
        }
        if self.month.is_none() && set(&mut self.month, month(token)) {
            return;
        }
        if self.year.is_none() {
            self.year = number(token, 2, 4);
        }
    }

    fn seconds(&self) -> Option<i64> {
        let (hour, minute, second) = self.time?;
        let (day, month) = (self.day?, self.month?);
        let year = match self.year? {
            year @ 70..=99 => year + 1900,
            year @ 0..=69 => year + 2000,
            year => year,
        };
        if !(1..=31).contains(&day) || year < 1601 || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let small = |number: u16| i8::try_from(number).expect("two digits at most");
        let year = i16::try_from(year).expect("four digits at most");
        let civil =
            jiff::civil::DateTime::new(year, small(month), small(day), small(hour), small(minute), small(second), 0);
        let instant = jiff::tz::TimeZone::UTC.to_timestamp(civil.ok()?);
        Some(instant.unwrap_or(jiff::Timestamp::MAX).as_second())
    }
}

fn set<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let is_found = value.is_some();
    *place = value;
    is_found
}

fn is_delimiter(octet: u8) -> bool {
    matches!(octet, 0x09 | 0x20..=0x2f | 0x3b..=0x40 | 0x5b..=0x60 | 0x7b..=0x7e)
}

/// So many digits, and no digit behind them.
fn number(token: &[u8], least: usize, most: usize) -> Option<u16> {
    let digits = token.iter().take_while(|octet| octet.is_ascii_digit()).count();
    if !(least..=most).contains(&digits) {
        return None;
    }
    std::str::from_utf8(&token[..digits]).ok()?.parse().ok()
}

fn time(token: &[u8]) -> Option<(u16, u16, u16)> {
    let mut fields = token.splitn(3, |octet| *octet == b':');
    let whole = |field: &[u8]| field.iter().all(u8::is_ascii_digit).then(|| number(field, 1, 2)).flatten();
    let (hour, minute) = (whole(fields.next()?)?, whole(fields.next()?)?);
    Some((hour, minute, number(fields.next()?, 1, 2)?))
}

fn month(token: &[u8]) -> Option<u16> {
    let start = token.get(..3)?;
    let at = MONTHS.iter().position(|month| start.eq_ignore_ascii_case(month.as_bytes()))?;
    u16::try_from(at + 1).ok()
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_browsers_read_them() {
        let same = [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "06 nov 1994 8:49:37",
            "nov 06 94 08:49:37utc",
            "1994 x 06 November 08:49:37 +0100",
        ];
        for text in &same[..5] {
            assert_eq!(parse(text.as_bytes()), Some(784_111_777), "{text}");
        }
        assert_eq!(parse(same[5].as_bytes()), Some(784_111_777), "a zone is not read");
        assert_eq!(parse(b"Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(parse(b"Fri, 31 Dec 9999 23:59:59 GMT"), Some(jiff::Timestamp::MAX.as_second()));
    }

    #[test]
    fn what_is_no_date_is_none() {
        let none = [
            "",
            "Sun, 06 Nov 1994",
            "Mon, 31 Feb 2025 00:00:00 GMT",
            "Sat, 01 Jan 1600 00:00:00 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 00:60:00 GMT",
            "Sun, 00 Nov 1994 00:00:00 GMT",
            "Sun, 06 Nov 19941 00:00:00 GMT",
            "Sun, 06 Nov 1994 00:00:000 GMT",
            "Sun, 06 N\u{f8}v 1994 00:00:00 GMT",
        ];
        for text in none {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn only_one_form_is_for_servers() {
        assert!(is_imf_fixdate(b"Sun, 06 Nov 1994 08:49:37 GMT"));
        for text in [
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 06-Nov-1994 08:49:37 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37",
            "sun, 06 nov 1994 08:49:37 GMT",
            "Mon, 31 Feb 2025 00:00:00 GMT",
        ] {
            assert!(!is_imf_fixdate(text.as_bytes()), "{text}");
        }
        assert_eq!(imf_fixdate(784_111_777).as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    }
}
