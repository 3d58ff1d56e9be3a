//! Dates: `exp`, `nbf` and `iat` past, ahead, at the edge, of the wrong type, beyond every integer, under odd clocks
//! (RFC 7519 §2, §4.1.4 to §4.1.6).
//!
//! Takes a scene, gives tokens with one date that is wrong, or odd and right. Dates are computed from the scene's
//! clock, so that a target with a clock of its own gets the same attacks. Never puts a date within an hour of that clock
//! unless the case needs a target that takes the clock from the policy.

use std::fmt::Display;

use token_assay_model::{Algorithm, Feature, Policy, Profile, Reason, Severity};

use super::scene::{MARGIN, Scene, Setting, on};
use super::{Area, Cases, Class, Draft, Family, Make, Says};
use crate::forge::Object;
use crate::forge::json::quote;
use crate::reference::json::Json;
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{PANICS, Strawman, skip};

/// A claim that holds a date, and what a target must do by itself for a case about it to say anything.
#[derive(Clone, Copy)]
struct Date {
    claim: &'static str,
    needs: &'static [Feature],
}

impl Date {
    /// A case for each value, raw JSON, that the claim of a valid token is set to.
    fn each<N: AsRef<str>, V: Display>(self, scene: &Scene<'_>, cases: &mut Cases<'_>, values: &[(N, V)]) {
        for (variant, value) in values {
            self.add(scene, cases, variant.as_ref(), &self.set(scene, value));
        }
    }

    /// The same where the standard says something else of these values than of the class.
    fn each_says<N: AsRef<str>, V: Display>(
        self,
        scene: &Scene<'_>,
        cases: &mut Cases<'_>,
        says: Says,
        values: &[(N, V)],
    ) {
        for (variant, value) in values {
            self.add(scene, cases, variant.as_ref(), &self.set(scene, value)).says(says);
        }
    }

    /// A case with these claims.
    fn add<'c>(self, scene: &Scene<'_>, cases: &'c mut Cases<'_>, variant: &str, claims: &Object) -> &'c mut Draft {
        self.need(cases.add(scene, variant, scene.sign_claims(claims)))
    }

    /// A case with these claims whose token may be valid under its policy, so that its control must be that of `sound`.
    fn add_beside<'c>(
        self,
        scene: &Scene<'_>,
        sound: &Scene<'_>,
        cases: &'c mut Cases<'_>,
        variant: &str,
        claims: &Object,
    ) -> &'c mut Draft {
        self.need(cases.add_beside(scene, sound, variant, scene.sign_claims(claims)))
    }

    fn set(self, scene: &Scene<'_>, value: impl Display) -> Object {
        scene.claims().set(self.claim, value.to_string())
    }

    fn need(self, draft: &mut Draft) -> &mut Draft {
        self.needs.iter().fold(draft, |draft, feature| draft.needs(*feature))
    }
}

/// Twice: with a shared secret and nothing else asked, and with a key pair, issuer and audience.
fn twice(at: Setting) -> bool {
    on::one(at) || (on::claims(at) && at.algorithm == Algorithm::Rs256)
}

/// With every type of key where issuer and audience are asked for, and once where nothing is.
fn broadly(at: Setting) -> bool {
    on::claims(at) || on::one(at)
}

/// No claims asked for, and perhaps no algorithm.
fn unasked(at: Setting) -> bool {
    on::library_default(at) || (at.profile == Profile::Pinned && on::common(at))
}

fn exp_past(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, age) in [("hour", MARGIN), ("year", YEAR)] {
        let (start, end) = (scene.now() - age - MARGIN, scene.now() - age);
        EXP.add(scene, cases, variant, &lasting(scene, start, end).set("iat", start.to_string()));
    }
}

fn exp_equal_now(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let now = scene.now();
    let spellings = [("integer", now.to_string()), ("zero-fraction", format!("{now}.0")), ("exponent", spelt(now))];
    EXACT_EXP.each(scene, cases, &spellings);
    EXACT_EXP.each(&scene.with(no_leeway), cases, &[("leeway-zero", now)]);
}

fn exp_next_second(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let next = scene.now() + 1;
    EXACT_EXP.each(scene, cases, &[("integer", next.to_string()), ("zero-fraction", format!("{next}.0"))]);
    EXACT_EXP.each(&scene.with(no_leeway), cases, &[("leeway-zero", next)]);
}

fn exp_last_second(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let last = scene.now() - 1;
    EXACT_EXP.each(scene, cases, &[("integer", last.to_string()), ("zero-fraction", format!("{last}.0"))]);
    EXACT_EXP.each(&scene.with(no_leeway), cases, &[("leeway-zero", last)]);
}

/// That a configured leeway is allowed is the verifier's own promise, that it ends somewhere the standard's.
fn leeway_edge(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let lenient = scene.with(one_minute_of_leeway);
    let now = scene.now();
    let exp = [("exp-inside", now - 59), ("exp-at", now - 60), ("exp-beyond", now - 61)];
    let nbf = [("nbf-inside", now + 59), ("nbf-at", now + 60), ("nbf-beyond", now + 61)];
    for (date, edges, beyond) in [(EXACT_EXP, exp, Reason::Expired), (EXACT_NBF, nbf, Reason::NotYetValid)] {
        let said = [Says::ShouldAccept, LEEWAY_ENDS, Says::ShouldReject(beyond)];
        for (edge, says) in edges.into_iter().zip(said) {
            date.each_says(&lenient, cases, says, &[edge]);
        }
    }
}

/// A small leeway may be allowed, usually of a few minutes at most: less than that unasked breaks a recommendation.
fn effective_leeway(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let now = scene.now();
    let aging = scene.with(one_hour_of_age);
    for seconds in [30, 61, 301] {
        let says = |reason| if seconds > 300 { Says::MustReject(reason) } else { Says::ShouldReject(reason) };
        let name = |claim: &str| format!("{claim}-{seconds}");
        EXACT_EXP.each_says(scene, cases, says(Reason::Expired), &[(name("exp"), now - seconds)]);
        EXACT_NBF.each_says(scene, cases, says(Reason::NotYetValid), &[(name("nbf"), now + seconds)]);
        EXACT_IAT.each_says(&aging, cases, says(Reason::NotYetValid), &[(name("iat"), now + seconds)]);
    }
}

fn exp_missing_required(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let required = scene.with(require_exp);
    let future = ahead(scene, MARGIN);
    cases.add(&required, "absent", scene.sign_claims(&scene.claims().without("exp")));
    cases.add(&required, "null", scene.sign_claims(&scene.claims().set("exp", "null")));
    cases.add(&required, "misnamed", scene.sign_claims(&scene.claims().without("exp").set("expires", future)));
}

fn exp_missing_optional(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let endless = scene.claims().without("exp");
    cases.add(scene, "no-exp", scene.sign_claims(&endless));
    cases.add(scene, "no-dates", scene.sign_claims(&endless.without("nbf").without("iat")));
}

fn exp_null(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    EXP.each(scene, cases, &[("", "null")]);
}

fn exp_string_future(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let future = scene.now() + MARGIN;
    let spellings = [
        ("integer", quote(&future.to_string())),
        ("fraction", quote(&format!("{future}.5"))),
        ("year-2286", quote("9999999999")),
    ];
    EXP.each(scene, cases, &spellings);
}

fn exp_string_past(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let past = scene.now() - MARGIN;
    let spellings = [
        ("integer", quote(&past.to_string())),
        ("fraction", quote(&format!("{past}.5"))),
        ("zero", quote("0")),
        ("negative", quote("-1")),
    ];
    EXP.each(scene, cases, &spellings);
}

fn exp_string_junk(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let texts = [
        ("never", "never"),
        ("iso-8601", "2099-01-01T00:00:00Z"),
        ("http-date", "Thu, 01 Jan 2099 00:00:00 GMT"),
        ("empty", ""),
        ("space-before", " 9999999999"),
        ("plus", "+9999999999"),
        ("hexadecimal", "0x7fffffff"),
        ("exponent", "1e10"),
        ("trailing-letters", "9999999999z"),
        ("infinity", "Infinity"),
    ];
    EXP.each(scene, cases, &texts.map(|(variant, text)| (variant, quote(text))));
}

fn exp_bool(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    EXP.each(scene, cases, &[("true", true), ("false", false)]);
}

fn exp_array_object(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (past, future) = (scene.now() - MARGIN, scene.now() + MARGIN);
    let values = [
        ("array-future", format!("[{future}]")),
        ("array-past", format!("[{past}]")),
        ("array-empty", "[]".to_owned()),
        ("object-empty", "{}".to_owned()),
        ("object-operator", r#"{"$gt":0}"#.to_owned()),
        ("object-future", format!(r#"{{"exp":{future}}}"#)),
    ];
    EXP.each(scene, cases, &values);
}

/// A verifier that counts whole seconds errs by less than one: that it should not is a recommendation.
fn exp_float_future(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (now, future) = (scene.now(), scene.now() + MARGIN);
    EXACT_EXP.each_says(scene, cases, Says::ShouldAccept, &[("half-second", format!("{now}.5"))]);
    EXP.each(scene, cases, &[("hour-and-half", format!("{future}.5")), ("hour-and-zero", format!("{future}.0"))]);
}

fn exp_float_past(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (last, past) = (scene.now() - 1, scene.now() - MARGIN);
    EXACT_EXP.each(scene, cases, &[("half-second", format!("{last}.5")), ("millisecond", format!("{last}.999"))]);
    EXP.each(scene, cases, &[("hour-and-half", format!("{past}.5")), ("hour-and-zero", format!("{past}.0"))]);
    EXP.each(scene, cases, &[("after-epoch", 0.5)]);
}

fn exp_exponent(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (past, future) = (scene.now() - MARGIN, scene.now() + MARGIN);
    let valid = [
        ("future", spelt(future)),
        ("future-capital-plus", spelt(future).replace('e', "E+")),
        ("future-negative", format!("{future}0e-1")),
        ("future-zero", format!("{future}e0")),
        ("future-round", "9.9e9".to_owned()),
    ];
    EXP.each(scene, cases, &valid);
    let expired = [
        ("past", spelt(past)),
        ("past-negative", format!("{past}0e-1")),
        ("past-one", "1e0".to_owned()),
        ("past-tiny", "1e-400".to_owned()),
    ];
    EXP.each_says(scene, cases, EXPIRED, &expired);
}

fn exp_infinite(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    EXP.each(scene, cases, &[("1e999", "1e999"), ("1e309", "1e309"), ("long-exponent", "1e99999999999999999999")]);
    EXP.each_says(scene, cases, EXPIRED, &[("minus-1e999", "-1e999"), ("minus-1e309", "-1e309")]);
}

fn exp_nan_literal(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let literals = ["NaN", "Infinity", "-Infinity", "inf", "undefined"];
    for literal in literals {
        let variant = literal.to_ascii_lowercase().replace('-', "minus-");
        cases.add(scene, &variant, scene.sign_claims(&scene.claims().set("exp", literal)));
    }
}

fn exp_negative(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let values = [
        ("one", "-1".to_owned()),
        ("fraction", "-0.5".to_owned()),
        ("two-to-31", (-TWO_TO_31).to_string()),
        ("two-to-32", (-TWO_TO_32).to_string()),
        ("two-to-63", i64::MIN.to_string()),
        ("now", (-scene.now()).to_string()),
    ];
    EXP.each(scene, cases, &values);
}

fn exp_zero(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let spellings =
        [("integer", "0"), ("minus", "-0"), ("fraction", "0.0"), ("minus-fraction", "-0.0"), ("exponent", "0e0")];
    EXP.each(scene, cases, &spellings);
}

fn exp_2038(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let dates = [
        ("two-to-31-less-one", TWO_TO_31 - 1),
        ("two-to-31", TWO_TO_31),
        ("two-to-32-less-one", TWO_TO_32 - 1),
        ("two-to-32", TWO_TO_32),
        ("nanoseconds-beyond-63-bits", YEAR_2262),
        ("year-9999", 253_402_300_799),
    ];
    EXP.each(scene, cases, &dates);
}

fn exp_wraps_32(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (past, future) = (scene.now() - MARGIN, scene.now() + MARGIN);
    EXP.each(scene, cases, &[("future-32-bits", past + TWO_TO_32), ("future-33-bits", past + 2 * TWO_TO_32)]);
    let expired = [("past-32-bits", future - TWO_TO_32), ("past-33-bits", future - 2 * TWO_TO_32)];
    EXP.each_says(scene, cases, EXPIRED, &expired);
}

fn exp_wraps_64(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (past, future) = (i128::from(scene.now() - MARGIN), i128::from(scene.now() + MARGIN));
    let open = [
        ("two-to-63-less-one", TWO_TO_63 - 1),
        ("two-to-63", TWO_TO_63),
        ("two-to-64-less-one", TWO_TO_64 - 1),
        ("two-to-64", TWO_TO_64),
        ("future-wraps-to-past", TWO_TO_64 + past),
    ];
    EXP.each(scene, cases, &open);
    let expired = [
        ("minus-two-to-63-and-one", -TWO_TO_63 - 1),
        ("minus-two-to-64", -TWO_TO_64),
        ("past-wraps-to-future", future - TWO_TO_64),
    ];
    EXP.each_says(scene, cases, EXPIRED, &expired);
}

fn exp_bignum(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let big = |zeros: usize| format!("1{}", "0".repeat(zeros));
    EXP.each(scene, cases, &[("50-zeros", big(50)), ("400-zeros", big(400))]);
    let expired = [
        ("minus-50-zeros", format!("-{}", big(50))),
        ("minus-400-zeros", format!("-{}", big(400))),
        ("past-400-decimals", format!("{}.{}1", scene.now() - MARGIN, "0".repeat(399))),
    ];
    EXP.each_says(scene, cases, EXPIRED, &expired);
}

/// Counted in smaller units a date wraps in 64 bits: these lie 2^64 units from a date on the other side of the clock.
fn exp_times_1000(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (past, future) = (scene.now() - MARGIN, scene.now() + MARGIN);
    let expired = [
        ("milliseconds", future - WRAP_OF_MILLISECONDS),
        // 1000 × 2^61 is a multiple of 2^64, so this one wraps onto the very second.
        ("milliseconds-exactly", future - (1 << 61)),
        ("microseconds", future - WRAP_OF_MICROSECONDS),
        ("nanoseconds", future - WRAP_OF_NANOSECONDS),
    ];
    EXP.each(scene, cases, &expired);
    let open = [
        ("future-milliseconds-wrap", past + WRAP_OF_MILLISECONDS),
        ("future-milliseconds-turn-negative", i64::MAX / 1000 + 1),
    ];
    EXP.each_says(scene, cases, BEYOND_DATES, &open);
}

fn exp_plus_leeway(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let lenient = scene.with(one_minute_of_leeway);
    EXP.each(&lenient, cases, &[("64-bits-signed", i64::MAX.to_string()), ("64-bits", u64::MAX.to_string())]);
    let valid = [("32-bits-signed", TWO_TO_31 - 1), ("32-bits", TWO_TO_32 - 1)];
    EXP.each_says(&lenient, cases, Says::MustAccept, &valid);
    let leeways = [
        ("leeway-before-epoch", TWO_TO_31.unsigned_abs(), Says::ShouldAccept),
        ("leeway-33-bits", TWO_TO_32.unsigned_abs(), Says::ShouldAccept),
        ("leeway-63-bits", i64::MAX.unsigned_abs(), BEYOND_DATES),
    ];
    for (variant, leeway, says) in leeways {
        let skewed = scene.with(|policy| policy.leeway = Some(leeway));
        let draft = EXP.add_beside(&skewed, scene, cases, variant, &scene.claims());
        draft.says(says).profile(Profile::Misconfigured).severity(Severity::Low);
    }
}

fn exp_millis(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let values = [("past", (scene.now() - MARGIN) * 1000), ("future", (scene.now() + MARGIN) * 1000)];
    EXP.each(scene, cases, &values);
}

fn exp_far_future(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let aging = scene.with(one_hour_of_age);
    let old = scene.claims().set("iat", ahead(scene, -3 * MARGIN)).set("nbf", ahead(scene, -3 * MARGIN));
    let ends = [
        ("ten-years", old.clone().set("exp", ahead(scene, 10 * YEAR))),
        ("hundred-years", old.clone().set("exp", ahead(scene, 100 * YEAR))),
        ("no-exp", old.without("exp")),
    ];
    for (variant, claims) in ends {
        cases.add(&aging, variant, scene.sign_claims(&claims));
    }
}

fn exp_duplicate(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (past, future) = (ahead(scene, -MARGIN), ahead(scene, MARGIN));
    let both = |first: &str, name: &str, second: &str| {
        scene.claims().without("exp").append("exp", first).append_raw(name, second)
    };
    let allowed = [
        ("past-then-future", both(&past, PLAIN_EXP, &future)),
        ("past-then-escaped-future", both(&past, ESCAPED_EXP, &future)),
        ("null-then-future", both("null", PLAIN_EXP, &future)),
        ("future-then-same", both(&future, PLAIN_EXP, &future)),
    ];
    for (variant, claims) in allowed {
        EXP.add(scene, cases, variant, &claims);
    }
    let refused = [
        ("future-then-past", both(&future, PLAIN_EXP, &past), Reason::Expired),
        ("future-then-escaped-past", both(&future, ESCAPED_EXP, &past), Reason::Expired),
        ("future-then-null", both(&future, PLAIN_EXP, "null"), Reason::MissingClaim),
    ];
    for (variant, claims, reason) in refused {
        EXP.add(scene, cases, variant, &claims).reason(reason);
    }
    let later = scene.claims().append("nbf", future);
    NBF.add(scene, cases, "nbf-past-then-future", &later).reason(Reason::NotYetValid);
}

fn header_replica(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (past, future) = (ahead(scene, -MARGIN), ahead(scene, MARGIN));
    let header = scene.header().set("exp", future.as_str()).set("nbf", past.as_str());
    let sign = |claims: Object| scene.sign(header.text(), claims.text());
    EXP.need(cases.add(scene, "exp-past", sign(EXP.set(scene, &past))));
    NBF.need(cases.add(scene, "nbf-future", sign(NBF.set(scene, &future)))).reason(Reason::NotYetValid);
    let absent = sign(scene.claims().without("exp"));
    cases.add(&scene.with(require_exp), "exp-absent", absent).reason(Reason::MissingClaim);
}

fn case_variants(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (past, future) = (ahead(scene, -MARGIN), ahead(scene, MARGIN));
    let required = scene.with(require_exp);
    let names = [
        ("capital", "Exp"),
        ("upper", "EXP"),
        ("space-after", "exp "),
        ("space-before", " exp"),
        ("nul-after", "exp\0"),
        ("fullwidth", "\u{ff45}\u{ff58}\u{ff50}"),
        ("cyrillic", "\u{435}xp"),
    ];
    for (variant, name) in names {
        let claims = scene.claims().without("exp").append(name, future.as_str());
        cases.add(&required, variant, scene.sign_claims(&claims));
    }
    let orders = [
        ("past-then-upper-future", EXP.set(scene, &past).append("EXP", future.as_str())),
        ("upper-future-then-past", EXP.set(scene, &past).prepend("EXP", future.as_str())),
    ];
    for (variant, claims) in orders {
        EXP.add(scene, cases, variant, &claims).reason(Reason::Expired);
    }
}

fn nested(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (past, future) = (ahead(scene, -MARGIN), ahead(scene, MARGIN));
    let inner = Object::new().set("exp", future).text();
    let required = scene.with(require_exp);
    for (variant, value) in [("object", inner.clone()), ("array", format!("[{inner}]")), ("text", quote(&inner))] {
        let claims = scene.claims().without("exp").append("claims", value);
        cases.add(&required, variant, scene.sign_claims(&claims));
    }
    EXP.add(scene, cases, "beside-past", &EXP.set(scene, past).append("claims", inner)).reason(Reason::Expired);
}

fn nbf_future(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let now = scene.now();
    // Read into 32 bits the last one lies in the past.
    for (variant, start) in [("hour", now + MARGIN), ("year", now + YEAR), ("after-2106", TWO_TO_32 + MARGIN)] {
        NBF.add(scene, cases, variant, &lasting(scene, start, start + MARGIN));
    }
}

fn nbf_equal_now(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let now = scene.now();
    let values = [
        ("integer", now.to_string()),
        ("zero-fraction", format!("{now}.0")),
        ("half-second-ago", format!("{}.5", now - 1)),
    ];
    EXACT_NBF.each(scene, cases, &values);
}

fn nbf_next_second(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (now, next) = (scene.now(), scene.now() + 1);
    EXACT_NBF.each(scene, cases, &[("integer", next.to_string()), ("zero-fraction", format!("{next}.0"))]);
    let half = [("half-second", format!("{now}.5"))];
    EXACT_NBF.each_says(scene, cases, Says::ShouldReject(Reason::NotYetValid), &half);
    EXACT_NBF.each(&scene.with(no_leeway), cases, &[("leeway-zero", next)]);
}

/// Not needing [`Feature::Nbf`] is the point: a verifier that leaves `nbf` to its user is shown to.
fn nbf_by_default(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let now = scene.now();
    NBF.add(scene, cases, "", &lasting(scene, now + MARGIN, now + 2 * MARGIN));
}

fn nbf_string_future(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let values = [
        ("year-5138", quote("99999999999")),
        ("hour", quote(&ahead(scene, MARGIN))),
        ("iso-8601", quote("2099-01-01T00:00:00Z")),
    ];
    NBF.each(scene, cases, &values);
}

fn nbf_types(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let future = format!("[{}]", ahead(scene, MARGIN));
    let values = [
        ("null", "null"),
        ("false", "false"),
        ("true", "true"),
        ("array-empty", "[]"),
        ("array-future", &future),
        ("object-empty", "{}"),
    ];
    NBF.each(scene, cases, &values);
}

fn nbf_overflow(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let past = i128::from(scene.now() - MARGIN);
    let future = [
        ("1e999", "1e999".to_owned()),
        ("two-to-63", TWO_TO_63.to_string()),
        ("two-to-64", TWO_TO_64.to_string()),
        ("50-zeros", format!("1{}", "0".repeat(50))),
        ("wraps-to-past-32-bits", (past + i128::from(TWO_TO_32)).to_string()),
        ("wraps-to-past-64-bits", (past + TWO_TO_64).to_string()),
        ("wraps-to-past-milliseconds", (past + i128::from(WRAP_OF_MILLISECONDS)).to_string()),
        ("wraps-to-past-nanoseconds", (past + i128::from(WRAP_OF_NANOSECONDS)).to_string()),
    ];
    NBF.each(scene, cases, &future);
    NBF.each_says(scene, cases, Says::MustReject(Reason::Malformed), &[("nan", "NaN")]);
    NBF.each_says(scene, cases, BEFORE_EPOCH, &[("minus-one", "-1"), ("minus-1e999", "-1e999")]);
}

fn nbf_after_exp(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let spanning = |nbf: i64, exp: i64| lasting(scene, scene.now() + nbf, scene.now() + exp);
    EXP.add(scene, cases, "both-past", &spanning(-MARGIN, -2 * MARGIN)).reason(Reason::Expired);
    EXP.add(scene, cases, "exp-past-nbf-future", &spanning(MARGIN, -MARGIN)).reason(Reason::Expired);
    NBF.add(scene, cases, "both-future", &spanning(2 * MARGIN, MARGIN)).reason(Reason::NotYetValid);
}

fn iat_future(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let values = [
        ("hour", ahead(scene, MARGIN)),
        ("year", ahead(scene, YEAR)),
        ("year-9999", "253402300799".to_owned()),
        ("1e999", "1e999".to_owned()),
    ];
    IAT.each(scene, cases, &values);
}

fn iat_future_with_age(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (now, fresh) = (scene.now(), i128::from(scene.now() - 60));
    let values = [
        ("hour", (now + MARGIN).to_string()),
        ("year", (now + YEAR).to_string()),
        ("two-to-63", TWO_TO_63.to_string()),
        ("wraps-to-fresh-32-bits", (fresh + i128::from(TWO_TO_32)).to_string()),
        ("wraps-to-fresh-64-bits", (fresh + TWO_TO_64).to_string()),
        ("1e999", "1e999".to_owned()),
    ];
    IAT.each(&scene.with(one_hour_of_age), cases, &values);
}

fn iat_missing_with_age(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let now = ahead(scene, 0);
    let none = scene.claims().without("iat");
    let ageless = [
        ("absent", none.clone()),
        ("null", scene.claims().set("iat", "null")),
        ("capital", none.clone().append("Iat", now.as_str())),
        ("auth-time-alone", none.append("auth_time", now)),
    ];
    for (variant, claims) in ageless {
        IAT.add(&scene.with(one_hour_of_age), cases, variant, &claims);
    }
}

/// Where an age is asked for, `iat` must be a number to tell it; where none is, the verifier may not read `iat` at all.
fn iat_types(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let values = [
        ("string", quote(&ahead(scene, 0))),
        ("text", quote("now")),
        ("null", "null".to_owned()),
        ("true", "true".to_owned()),
        ("array", format!("[{}]", ahead(scene, 0))),
        ("object", "{}".to_owned()),
    ];
    UNASKED_IAT.each_says(scene, cases, Says::ShouldReject(Reason::MissingClaim), &values);
    let aged = values.map(|(variant, value)| (format!("age-{variant}"), value));
    let aging = scene.with(one_hour_of_age);
    IAT.each(&aging, cases, &aged);
    IAT.each_says(&aging, cases, EXPIRED, &[("age-minus-one", "-1"), ("age-minus-1e999", "-1e999")]);
}

fn iat_long_past(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    IAT.each(scene, cases, &[("epoch", 0), ("one", 1), ("year-2000", 946_684_800)]);
    let negative = [("minus-half", "-0.5"), ("minus-one", "-1"), ("minus-two-to-63", "-9223372036854775808")];
    IAT.each_says(scene, cases, BEFORE_EPOCH, &negative);
}

fn clock_2106(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let clocks = [
        ("two-to-31-less-one", TWO_TO_31 - 1),
        ("two-to-31", TWO_TO_31),
        ("two-to-32-less-one", TWO_TO_32 - 1),
        ("two-to-32", TWO_TO_32),
        ("day-after-two-to-32", TWO_TO_32 + 86_400),
        ("nanoseconds-beyond-63-bits", YEAR_2262),
    ];
    for (variant, now) in clocks {
        let later = at(scene, now);
        EXACT_EXP.add_beside(&later, scene, cases, variant, &later.claims());
    }
    // Without dates of its beginning, so that a clock that wrapped to 1970 finds it fresh.
    let later = at(scene, TWO_TO_32 + MARGIN);
    let stale = later.claims().without("iat").without("nbf").set("exp", TWO_TO_31.to_string());
    EXACT_EXP.add_beside(&later, scene, cases, "expired-in-2038", &stale).says(EXPIRED);
}

fn clock_before_epoch(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let skewed = at(scene, 30).with(one_minute_of_leeway);
    let ended = [
        (at(scene, 0), "zero-exp-zero", 0),
        (at(scene, 0), "zero-exp-minus-one", -1),
        (at(scene, -1), "minus-one-exp-minus-one", -1),
        (at(scene, -1), "minus-one-exp-minus-hour", -MARGIN),
        (skewed.clone(), "leeway-exp-minus-hour", -MARGIN),
    ];
    for (early, variant, exp) in ended {
        let claims = early.claims().without("iat").without("nbf").set("exp", exp.to_string());
        EXACT_EXP.add_beside(&early, scene, cases, variant, &claims);
    }
    let unborn = [(at(scene, 0), "zero-nbf-hour"), (at(scene, -1), "minus-one-nbf-hour"), (skewed, "leeway-nbf-hour")];
    for (early, variant) in unborn {
        let claims = lasting(&early, MARGIN, 2 * MARGIN).without("iat");
        EXACT_NBF.add_beside(&early, scene, cases, variant, &claims).reason(Reason::NotYetValid);
    }
}

/// The second after 23:59:59 has the number of the next midnight: a leap second has none of its own.
fn leap_second(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (year, midnight) in [(2015, 1_435_708_800), (2017, 1_483_228_800)] {
        let (before, after) = (at(scene, midnight - 1), at(scene, midnight));
        let edges = [
            ("exp-next", EXACT_EXP, &before, midnight, Says::MustAccept),
            ("exp-at", EXACT_EXP, &after, midnight, EXPIRED),
            ("exp-after", EXACT_EXP, &after, midnight + 1, Says::MustAccept),
            ("nbf-at", EXACT_NBF, &after, midnight, Says::MustAccept),
        ];
        for (variant, date, then, value, says) in edges {
            let claims = date.set(then, value);
            date.add_beside(then, scene, cases, &format!("{year}-{variant}"), &claims).says(says);
        }
    }
}

/// The token is for this span.
fn lasting(scene: &Scene<'_>, nbf: i64, exp: i64) -> Object {
    scene.claims().set("nbf", nbf.to_string()).set("exp", exp.to_string())
}

/// So many seconds after the clock, as JSON.
fn ahead(scene: &Scene<'_>, seconds: i64) -> String {
    (scene.now() + seconds).to_string()
}

/// A date of several digits with an exponent: `1.7e9`.
fn spelt(seconds: i64) -> String {
    let digits = seconds.to_string();
    let (first, rest) = digits.split_at(1);
    format!("{first}.{rest}e{}", rest.len())
}

fn at<'f>(scene: &Scene<'f>, now: i64) -> Scene<'f> {
    scene.with(|policy| policy.now = Some(now))
}

fn no_leeway(policy: &mut Policy) {
    policy.leeway = Some(0);
}

fn one_minute_of_leeway(policy: &mut Policy) {
    policy.leeway = Some(60);
}

fn require_exp(policy: &mut Policy) {
    policy.required_claims = vec!["exp".to_owned()];
}

fn one_hour_of_age(policy: &mut Policy) {
    policy.max_age = Some(MARGIN.unsigned_abs());
}

/// Rule 15 for a token that ends then.
fn ends(reading: &Reading<'_>, end: f64) -> Result<(), Reason> {
    rules::check(reading.now().is_none_or(|now| (now as f64) < end), Reason::Expired)
}

/// Rule 16 for a token that begins then.
fn begins(reading: &Reading<'_>, start: f64) -> Result<(), Reason> {
    rules::check(reading.now().is_none_or(|now| now as f64 >= start), Reason::NotYetValid)
}

/// Rule 15 by a date that a verifier has read in its own way.
fn ends_as_read(reading: &mut Reading<'_>, read: impl Fn(f64) -> f64) -> Result<(), Reason> {
    rules::number(reading, "exp").map_or(Ok(()), |exp| ends(reading, read(exp)))
}

/// Rule 15 by an integer that a verifier has squeezed into its own type; other numbers are read well.
fn ends_as_integer(reading: &mut Reading<'_>, squeeze: impl Fn(i128) -> f64) -> Result<(), Reason> {
    match raw_number(reading, "exp").and_then(|text| text.parse().ok()) {
        Some(exp) => ends(reading, squeeze(exp)),
        None => rules::expiry(reading),
    }
}

fn raw_number<'r>(reading: &'r Reading<'_>, claim: &str) -> Option<&'r str> {
    match reading.payload.member(claim) {
        Some(Json::Number(text)) => Some(text),
        _ => None,
    }
}

/// The verifier takes dates of this kind for absent.
fn forget_dates(reading: &mut Reading<'_>, forgotten: impl Fn(&Json) -> bool) -> Result<(), Reason> {
    change_claims(reading, |claims| claims.retain(|(name, value)| !(is_date(name) && forgotten(value))));
    rules::claim_types(reading)
}

fn change_claims(reading: &mut Reading<'_>, change: impl FnOnce(&mut Vec<(String, Json)>)) {
    if let Json::Object(claims) = &mut reading.payload {
        change(claims);
    }
}

fn is_date(name: &str) -> bool {
    matches!(name, "exp" | "nbf" | "iat")
}

fn is_integer(value: &Json) -> bool {
    matches!(value, Json::Number(text) if text.parse::<i64>().is_ok())
}

/// One of the two dates is enough.
fn either_date(reading: &mut Reading<'_>) -> Result<(), Reason> {
    rules::expiry(reading).or_else(|_| rules::not_before(reading))
}

static IGNORES_EXP: Strawman = Strawman {
    name: "time-ignores-exp",
    flaw: "does not look at exp",
    mend: "Refuse a token on or after its exp by default; an application that wants otherwise should have to say so.",
    bends: &[(Rule::Expiry, skip)],
};

static ACCEPTS_AT_EXP: Strawman = Strawman {
    name: "time-accepts-at-exp",
    flaw: "accepts a token in the very second in which it expires",
    mend: "Refuse when now >= exp: the token is not to be accepted on or after exp.",
    bends: &[(Rule::Expiry, |reading| ends_as_read(reading, |exp| exp + 1.0))],
};

static EXPIRES_EARLY: Strawman = Strawman {
    name: "time-expires-early",
    flaw: "refuses a token in the last second before exp",
    mend: "Refuse when now >= exp and not before; do not take leeway off exp.",
    bends: &[(Rule::Expiry, |reading| ends_as_read(reading, |exp| exp - 1.0))],
};

static HIDDEN_LEEWAY: Strawman = Strawman {
    name: "time-hidden-leeway",
    flaw: "allows ten minutes of clock skew that nobody asked for",
    mend: "Let the leeway be 0 when it is set to 0, keep the default at a minute or so, and say what it is.",
    bends: &[
        (Rule::Expiry, |reading| ends_as_read(reading, |exp| exp + 600.0)),
        (Rule::NotBefore, |reading| rules::number(reading, "nbf").map_or(Ok(()), |nbf| begins(reading, nbf - 600.0))),
    ],
};

static DOUBLES_LEEWAY: Strawman = Strawman {
    name: "time-doubles-leeway",
    flaw: "allows its leeway twice, once on exp and once on its clock",
    mend: "Add the leeway in one place only.",
    bends: &[(Rule::Expiry, |reading| {
        let twice = 2.0 * reading.leeway() as f64;
        ends_as_read(reading, |exp| exp + twice)
    })],
};

static IGNORES_REQUIRED: Strawman = Strawman {
    name: "time-ignores-required-exp",
    flaw: "does not ask for an exp that it was told to require",
    mend: "When exp is required, refuse a token that has no member of exactly that name, or null in it.",
    bends: &[(Rule::Required, skip)],
};

static NULL_IS_ABSENT: Strawman = Strawman {
    name: "time-null-is-absent",
    flaw: "takes a date that is null for one that is not there",
    mend: "Tell an absent member from null: a date that is there must be a number.",
    bends: &[(Rule::ClaimTypes, |reading| forget_dates(reading, |value| *value == Json::Null))],
};

static COERCES_STRINGS: Strawman = Strawman {
    name: "time-coerces-strings",
    flaw: "reads a number out of a date that is a string",
    mend: "Refuse a date that is no JSON number; do not convert.",
    bends: &[(Rule::ClaimTypes, |reading| {
        change_claims(reading, |claims| {
            for (name, value) in claims {
                if let Some(text) = value.as_str().filter(|text| is_date(name) && text.parse::<f64>().is_ok()) {
                    *value = Json::Number(text.to_owned());
                }
            }
        });
        rules::claim_types(reading)
    })],
};

static UNREADABLE_IS_ABSENT: Strawman = Strawman {
    name: "time-unreadable-is-absent",
    flaw: "takes a date that it cannot read as a number for one that is not there",
    mend: "Refuse the token when a date is there and is no number; only an absent date is absent.",
    bends: &[(Rule::ClaimTypes, |reading| forget_dates(reading, |value| value.as_f64().is_none()))],
};

static ONLY_INTEGERS: Strawman = Strawman {
    name: "time-only-integers",
    flaw: "takes a date that is no 64-bit integer for one that is not there",
    mend: "Read dates as any JSON number, with fractions and exponents, and refuse the token when one cannot be held.",
    bends: &[(Rule::ClaimTypes, |reading| forget_dates(reading, |value| !is_integer(value)))],
};

static PANICS_ON_STRUCTURE: Strawman = Strawman {
    name: "time-panics-on-structure",
    flaw: "raises an undocumented error on a date that is an array or an object",
    mend: "Check that a date is a number before comparing it, and return the documented error when it is not.",
    bends: &[(Rule::ClaimTypes, |reading| {
        let structured = matches!(reading.payload.member("exp"), Some(Json::Array(_) | Json::Object(_)));
        assert!(!structured, "cannot compare a number with a structure");
        rules::claim_types(reading)
    })],
};

static TRUNCATES: Strawman = Strawman {
    name: "time-truncates",
    flaw: "cuts the fraction off a date",
    mend: "Compare dates with their fractions; NumericDate allows them.",
    bends: &[(Rule::Expiry, |reading| ends_as_read(reading, f64::floor))],
};

static REFUSES_EXPONENTS: Strawman = Strawman {
    name: "time-refuses-exponents",
    flaw: "refuses a date that is written with an exponent",
    mend: "Read dates with a JSON number parser: 1.7e9 and 1700000000 are one number.",
    bends: &[(Rule::ClaimTypes, |reading| {
        let exponent = raw_number(reading, "exp").is_some_and(|text| text.contains(['e', 'E']));
        rules::check(!exponent, Reason::MissingClaim)
    })],
};

static READS_NAN: Strawman = Strawman {
    name: "time-reads-nan",
    flaw: "reads NaN and Infinity, which JSON does not have, as dates that never pass",
    mend: "Refuse NaN and Infinity when parsing, and write date checks so that no comparison with NaN accepts.",
    bends: &[(Rule::Payload, |reading| {
        let text = String::from_utf8_lossy(&reading.decoded[1]).replace("NaN", "1e999").replace("Infinity", "1e999");
        reading.payload = rules::object(text.as_bytes())?;
        Ok(())
    })],
};

static NEGATIVE_IS_HUGE: Strawman = Strawman {
    name: "time-negative-is-huge",
    flaw: "reads a date into an unsigned 64-bit integer that wraps",
    mend: "Read dates into a signed or floating type and refuse what does not fit; never cast.",
    bends: &[(Rule::Expiry, |reading| ends_as_integer(reading, |exp| exp as u64 as f64))],
};

static ZERO_IS_UNSET: Strawman =
    Strawman {
        name: "time-zero-is-unset",
        flaw: "takes exp 0 for no exp",
        mend: "Tell an absent exp from 0, which is the first second of 1970 and long past.",
        bends: &[(Rule::Expiry, |reading| {
            if rules::number(reading, "exp") == Some(0.0) { Ok(()) } else { rules::expiry(reading) }
        })],
    };

static SIGNED_32_BITS: Strawman = Strawman {
    name: "time-signed-32-bits",
    flaw: "keeps dates in a signed 32-bit integer",
    mend: "Keep dates in 64 bits or a double; tokens that live beyond January 2038 are valid.",
    bends: &[(Rule::Expiry, |reading| ends_as_integer(reading, |exp| f64::from(exp as i32)))],
};

static UNSIGNED_32_BITS: Strawman = Strawman {
    name: "time-unsigned-32-bits",
    flaw: "keeps the lower 32 bits of a date",
    mend: "Keep dates in 64 bits or a double, and refuse what does not fit; never cast.",
    bends: &[(Rule::Expiry, |reading| ends_as_integer(reading, |exp| f64::from(exp as u32)))],
};

static WRAPS_MILLISECONDS: Strawman = Strawman {
    name: "time-wraps-milliseconds",
    flaw: "multiplies exp by 1000 in 64 bits that wrap",
    mend: "Compare in seconds, or multiply with a check and refuse what overflows.",
    bends: &[(Rule::Expiry, |reading| ends_as_integer(reading, |exp| exp.wrapping_mul(1000) as i64 as f64 / 1000.0))],
};

static LEEWAY_UNDERFLOWS: Strawman = Strawman {
    name: "time-leeway-underflows",
    flaw: "takes the leeway off an unsigned clock, which wraps when the leeway is larger",
    mend: "Add and subtract leeway with saturating or signed arithmetic.",
    bends: &[(Rule::Expiry, |reading| {
        let floor = (reading.now().unwrap_or_default() as u64).wrapping_sub(reading.leeway().unsigned_abs());
        let exp = rules::number(reading, "exp").unwrap_or(f64::INFINITY);
        rules::check(exp > floor as f64, Reason::Expired)
    })],
};

static IGNORES_AGE: Strawman = Strawman {
    name: "time-ignores-age",
    flaw: "does not count the time since iat although a longest age is set",
    mend: "When a longest age is set, refuse a token whose iat is further back, however far ahead its exp is.",
    bends: &[(Rule::Age, skip)],
};

static FIRST_DATE_WINS: Strawman = Strawman {
    name: "time-first-date-wins",
    flaw: "reads the first of two members of one name",
    mend: "Refuse a claims object in which a name stands twice, or read the last one.",
    bends: &[(Rule::Payload, |reading| {
        rules::payload(reading)?;
        change_claims(reading, |claims| claims.reverse());
        Ok(())
    })],
};

static READS_DATES_FROM_HEADER: Strawman = Strawman {
    name: "time-reads-dates-from-header",
    flaw: "lets dates in the header stand for those in the claims",
    mend: "Judge by the claims; where the header repeats a claim, refuse the token unless both are the same.",
    bends: &[(Rule::Payload, |reading| {
        rules::payload(reading)?;
        for name in ["exp", "nbf"] {
            if let Some(value) = reading.header.member(name).cloned() {
                change_claims(reading, |claims| claims.push((name.to_owned(), value)));
            }
        }
        Ok(())
    })],
};

static FOLDS_DATE_NAMES: Strawman = Strawman {
    name: "time-folds-claim-names",
    flaw: "finds claims without regard to case and white space",
    mend: "Compare claim names as they stand; many JSON mappers fold case unless told not to.",
    bends: &[(Rule::Payload, |reading| {
        rules::payload(reading)?;
        change_claims(reading, |claims| {
            for (name, _) in claims {
                *name = name.trim().to_ascii_lowercase();
            }
        });
        Ok(())
    })],
};

static SEARCHES_DEEP: Strawman = Strawman {
    name: "time-searches-deep",
    flaw: "finds exp anywhere inside the claims",
    mend: "Read exp from the top level of the claims object only.",
    bends: &[(Rule::Payload, |reading| {
        rules::payload(reading)?;
        change_claims(reading, |claims| {
            let inner = claims.iter().find_map(|(_, value)| value.member("exp").cloned());
            claims.extend(inner.map(|exp| ("exp".to_owned(), exp)));
        });
        Ok(())
    })],
};

static IGNORES_NBF: Strawman = Strawman {
    name: "time-ignores-nbf",
    flaw: "does not look at nbf",
    mend: "Refuse a token before its nbf by default; an application that wants otherwise should have to say so.",
    bends: &[(Rule::NotBefore, skip)],
};

static REFUSES_AT_NBF: Strawman = Strawman {
    name: "time-refuses-at-nbf",
    flaw: "refuses a token in the very second of its nbf",
    mend: "Accept when now >= nbf: the clock must be after or equal to nbf.",
    bends: &[(Rule::NotBefore, |reading| {
        rules::number(reading, "nbf").map_or(Ok(()), |nbf| begins(reading, nbf + 1.0))
    })],
};

static ONE_DATE_IS_ENOUGH: Strawman = Strawman {
    name: "time-one-date-is-enough",
    flaw: "refuses a token only when exp and nbf both forbid it",
    mend: "Check exp and nbf each on its own.",
    bends: &[(Rule::Expiry, either_date), (Rule::NotBefore, either_date)],
};

static FUTURE_IS_YOUNG: Strawman = Strawman {
    name: "time-future-is-young",
    flaw: "takes a token from the future for a young one",
    mend: "When a longest age is set, refuse an iat that lies ahead of the clock by more than the leeway.",
    bends: &[(Rule::Age, |reading| match rules::number(reading, "iat") {
        Some(iat) if reading.now().is_some_and(|now| iat > now as f64) => Ok(()),
        _ => rules::age(reading),
    })],
};

static NO_IAT_IS_YOUNG: Strawman = Strawman {
    name: "time-no-iat-is-young",
    flaw: "does not count the age of a token without iat",
    mend: "When a longest age is set, require iat.",
    bends: &[(Rule::Age, |reading| if rules::number(reading, "iat").is_none() { Ok(()) } else { rules::age(reading) })],
};

static REFUSES_OLD_IAT: Strawman = Strawman {
    name: "time-refuses-old-iat",
    flaw: "refuses a token for an old iat although no longest age is set",
    mend: "Judge by iat only where the application sets a longest age; RFC 7519 gives it no other meaning.",
    bends: &[(Rule::Age, |reading| {
        let old = rules::number(reading, "iat").is_some_and(|iat| iat < 1e9);
        rules::check(!old, Reason::Expired)
    })],
};

static CLOCK_OF_32_BITS: Strawman = Strawman {
    name: "time-clock-of-32-bits",
    flaw: "keeps the lower 32 bits of its clock",
    mend: "Keep the clock in 64 bits.",
    bends: &[(Rule::Expiry, |reading| {
        let now = f64::from(reading.now().unwrap_or_default() as u32);
        rules::check(rules::number(reading, "exp").is_none_or(|exp| now < exp), Reason::Expired)
    })],
};

static UNSIGNED_CLOCK: Strawman = Strawman {
    name: "time-unsigned-clock",
    flaw: "reads a clock before 1970 as one in the far future",
    mend: "Keep the clock in a signed type, or refuse every token with a date while it stands before 1970.",
    bends: &[(Rule::NotBefore, |reading| {
        let now = reading.now().unwrap_or_default() as u64 as f64;
        rules::check(rules::number(reading, "nbf").is_none_or(|nbf| now >= nbf), Reason::NotYetValid)
    })],
};

static COUNTS_LEAP_SECONDS: Strawman = Strawman {
    name: "time-counts-leap-seconds",
    flaw: "counts leap seconds in dates but not in its clock",
    mend: "Count every day as 86400 seconds; NumericDate ignores leap seconds.",
    bends: &[(Rule::Expiry, |reading| ends_as_read(reading, |exp| exp - 27.0))],
};

const EXP: Date = Date { claim: "exp", needs: &[Feature::Exp] };
const NBF: Date = Date { claim: "nbf", needs: &[Feature::Nbf] };
const IAT: Date = Date { claim: "iat", needs: &[] };
/// Who leaves exp to the application leaves it all claims that nobody asked for.
const UNASKED_IAT: Date = Date { claim: "iat", needs: &[Feature::Exp] };
const EXACT_EXP: Date = Date { claim: "exp", needs: &[Feature::Exp, Feature::Clock] };
const EXACT_NBF: Date = Date { claim: "nbf", needs: &[Feature::Nbf, Feature::Clock] };
const EXACT_IAT: Date = Date { claim: "iat", needs: &[Feature::Clock] };

const EXPIRED: Says = Says::MustReject(Reason::Expired);
const LEEWAY_ENDS: Says = Says::Either("where exactly a leeway ends is the implementer's choice (RFC 7519 §4.1.4)");
const BEYOND_DATES: Says =
    Says::Either("RFC 7519 §2 leaves dates to RFC 3339, which knows none after the year 9999 (RFC 3339 §1)");
const BEFORE_EPOCH: Says =
    Says::Either("what a negative date means is undefined in POSIX, to which RFC 7519 §2 refers for dates");

const PLAIN_EXP: &str = r#""exp""#;
const ESCAPED_EXP: &str = r#""\u0065xp""#;

const YEAR: i64 = 365 * 86_400;
const TWO_TO_31: i64 = 1 << 31;
const TWO_TO_32: i64 = 1 << 32;
const TWO_TO_63: i128 = 1 << 63;
const TWO_TO_64: i128 = 1 << 64;

/// The first whole second that is more than 2^63 nanoseconds after 1970.
const YEAR_2262: i64 = 9_223_372_037;

/// 2^64 milliseconds, microseconds and nanoseconds, in whole seconds, rounded up.
const WRAP_OF_MILLISECONDS: i64 = 18_446_744_073_709_552;
const WRAP_OF_MICROSECONDS: i64 = 18_446_744_073_710;
const WRAP_OF_NANOSECONDS: i64 = 18_446_744_074;

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "time",
    title: "dates and clocks",
    classes: &[
        Class {
            id: "exp-past",
            title: "A token that expired long ago was accepted.",
            construction: "exp an hour, a year before the clock; nbf and iat an hour before exp",
            says: Says::MustReject(Reason::Expired),
            severity: Severity::Critical,
            references: &["RFC 7519 §4.1.4"],
            cwe: Some(613),
            make: Make::Cases { on: on::usual, build: exp_past, strawman: &IGNORES_EXP },
        },
        Class {
            id: "exp-equal-now",
            title: "A token was accepted in the very second in which it expires.",
            construction: "exp = the clock's second, as an integer, with a zero fraction, with an exponent; no leeway",
            says: Says::MustReject(Reason::Expired),
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.4"],
            cwe: Some(193),
            make: Make::Cases { on: twice, build: exp_equal_now, strawman: &ACCEPTS_AT_EXP },
        },
        Class {
            id: "exp-now-plus-1",
            title: "A valid token was refused in its last second.",
            construction: "exp = one second after the clock; no leeway",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7519 §4.1.4"],
            cwe: None,
            make: Make::Cases { on: twice, build: exp_next_second, strawman: &EXPIRES_EARLY },
        },
        Class {
            id: "exp-now-minus-1",
            title: "A token that expired a second ago was accepted without leeway.",
            construction: "exp = one second before the clock; no leeway",
            says: Says::MustReject(Reason::Expired),
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.4"],
            cwe: Some(193),
            make: Make::Cases { on: twice, build: exp_last_second, strawman: &HIDDEN_LEEWAY },
        },
        Class {
            id: "exp-leeway-edge",
            title: "The leeway that was configured did not end where it was set to end.",
            construction: "leeway of 60 seconds; exp and nbf one second inside it, at its end, one second beyond",
            says: LEEWAY_ENDS,
            severity: Severity::Low,
            references: &["RFC 7519 §4.1.4", "RFC 7519 §4.1.5"],
            cwe: Some(193),
            make: Make::Cases { on: twice, build: leeway_edge, strawman: &DOUBLES_LEEWAY },
        },
        Class {
            id: "exp-effective-leeway",
            title: "A token outside its period was accepted although no leeway was asked for.",
            construction: "no leeway; exp 30, 61, 301 seconds before the clock, nbf as much after it, iat as much \
                           after it under a longest age",
            says: Says::ShouldReject(Reason::Expired),
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.4", "RFC 7519 §4.1.5"],
            cwe: Some(613),
            make: Make::Cases { on: twice, build: effective_leeway, strawman: &HIDDEN_LEEWAY },
        },
        Class {
            id: "exp-missing-required",
            title: "A token without exp was accepted although exp is required.",
            construction: "exp required; exp absent, null, or under another name",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.4", "RFC 9068 §2.2", "OpenID Connect Core §2"],
            cwe: Some(613),
            make: Make::Cases { on: broadly, build: exp_missing_required, strawman: &IGNORES_REQUIRED },
        },
        Class {
            id: "exp-missing-optional",
            title: "A token without exp was accepted or refused, as the standard leaves open.",
            construction: "no claim required; no exp, or none of exp, nbf and iat",
            says: Says::Either(
                "which claims a token must have is outside the scope of RFC 7519 (§4), and exp is optional (§4.1.4)",
            ),
            severity: Severity::Low,
            references: &["RFC 7519 §4", "RFC 7519 §4.1.4"],
            cwe: Some(613),
            make: Make::Cases { on: unasked, build: exp_missing_optional, strawman: &PANICS },
        },
        Class {
            id: "exp-null",
            title: "A token whose exp is null was accepted.",
            construction: "exp = null",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.4"],
            cwe: Some(843),
            make: Make::Cases { on: broadly, build: exp_null, strawman: &NULL_IS_ABSENT },
        },
        Class {
            id: "exp-string-future",
            title: "A token whose exp is a string was accepted.",
            construction: "exp = a second in the future, as a JSON string",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.4"],
            cwe: Some(843),
            make: Make::Cases { on: twice, build: exp_string_future, strawman: &COERCES_STRINGS },
        },
        Class {
            id: "exp-string-past",
            title: "A token whose exp is a string that tells a second in the past was accepted.",
            construction: "exp = a second in the past, as a JSON string",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::Critical,
            references: &["RFC 7519 §4.1.4", "CVE-2026-25537", "GHSA-h395-gr6q-cpjc"],
            cwe: Some(843),
            make: Make::Cases { on: broadly, build: exp_string_past, strawman: &UNREADABLE_IS_ABSENT },
        },
        Class {
            id: "exp-string-junk",
            title: "A token whose exp is a string that is no number was accepted.",
            construction: "exp = never, a written date, an empty string, digits with a space, a sign, letters, an \
                           exponent, in hexadecimal",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::Critical,
            references: &["RFC 7519 §4.1.4", "CVE-2026-25537"],
            cwe: Some(843),
            make: Make::Cases { on: twice, build: exp_string_junk, strawman: &UNREADABLE_IS_ABSENT },
        },
        Class {
            id: "exp-bool",
            title: "A token whose exp is true or false was accepted.",
            construction: "exp = true, false",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.4"],
            cwe: Some(843),
            make: Make::Cases { on: twice, build: exp_bool, strawman: &UNREADABLE_IS_ABSENT },
        },
        Class {
            id: "exp-array-object",
            title: "A token whose exp is an array or an object was accepted.",
            construction: "exp = an array of a second in the future, of one in the past, of nothing; an empty object, \
                           one with a query operator, one that holds exp",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.4"],
            cwe: Some(843),
            make: Make::Cases { on: twice, build: exp_array_object, strawman: &PANICS_ON_STRUCTURE },
        },
        Class {
            id: "exp-float-future",
            title: "A valid token whose exp has a fraction was refused.",
            construction: "exp = half a second after the clock; an hour and a half second, an hour and .0 after it",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7519 §2", "RFC 7519 §4.1.4"],
            cwe: Some(681),
            make: Make::Cases { on: twice, build: exp_float_future, strawman: &TRUNCATES },
        },
        Class {
            id: "exp-float-past",
            title: "An expired token whose exp has a fraction was accepted.",
            construction: "exp = half a second, a millisecond, an hour and some fraction before the clock; half a \
                           second after 1970 began",
            says: Says::MustReject(Reason::Expired),
            severity: Severity::Medium,
            references: &["RFC 7519 §2", "RFC 7519 §4.1.4"],
            cwe: Some(681),
            make: Make::Cases { on: twice, build: exp_float_past, strawman: &ONLY_INTEGERS },
        },
        Class {
            id: "exp-exponent",
            title: "A token whose exp is written with an exponent was judged wrongly.",
            construction: "exp = a second in the future, and one in the past, as 1.7e9, 1.7E+9, 17000000000e-1, \
                           1700000000e0; 1e0; 1e-400",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7519 §2", "RFC 8259 §6", "RFC 7519 §4.1.4"],
            cwe: Some(681),
            make: Make::Cases { on: twice, build: exp_exponent, strawman: &REFUSES_EXPONENTS },
        },
        Class {
            id: "exp-infinity-1e999",
            title: "A token whose exp is a negative number beyond every double was accepted.",
            construction: "exp = 1e999, 1e309, an exponent of twenty digits, which no double holds; -1e999 and -1e309, \
                           which lie in the past",
            says: BEYOND_DATES,
            severity: Severity::High,
            references: &["RFC 7519 §2", "RFC 7519 §4.1.4"],
            cwe: Some(681),
            make: Make::Cases { on: twice, build: exp_infinite, strawman: &ONLY_INTEGERS },
        },
        Class {
            id: "exp-nan-literal",
            title: "A token whose exp is NaN or Infinity, which JSON does not have, was accepted.",
            construction: "exp = NaN, Infinity, -Infinity, inf, undefined, without quotes",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::High,
            references: &["RFC 8259 §6", "RFC 7519 §7.2"],
            cwe: Some(20),
            make: Make::Cases { on: twice, build: exp_nan_literal, strawman: &READS_NAN },
        },
        Class {
            id: "exp-negative",
            title: "A token whose exp is negative was accepted.",
            construction: "exp = -0.5, -1, -2^31, -2^32, -2^63, the clock's second below zero",
            says: Says::MustReject(Reason::Expired),
            severity: Severity::Critical,
            references: &["RFC 7519 §4.1.4"],
            cwe: Some(681),
            make: Make::Cases { on: twice, build: exp_negative, strawman: &NEGATIVE_IS_HUGE },
        },
        Class {
            id: "exp-zero",
            title: "A token whose exp is 0 was accepted.",
            construction: "exp = 0, -0, 0.0, -0.0, 0e0",
            says: Says::MustReject(Reason::Expired),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.4"],
            cwe: Some(665),
            make: Make::Cases { on: twice, build: exp_zero, strawman: &ZERO_IS_UNSET },
        },
        Class {
            id: "exp-2038",
            title: "A valid token that lives beyond 2038, 2106 or 2262 was refused.",
            construction: "exp = 2^31-1, 2^31, 2^32-1, 2^32, the first second beyond 2^63 nanoseconds, the last second \
                           of the year 9999",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 7519 §2"],
            cwe: Some(190),
            make: Make::Cases { on: twice, build: exp_2038, strawman: &SIGNED_32_BITS },
        },
        Class {
            id: "exp-wrap-past-32",
            title: "A token whose exp does not fit 32 bits was judged by its lower 32 bits.",
            construction: "exp in the future whose lower 32 bits lie in the past, and in the past whose lower 32 bits \
                           lie in the future",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 7519 §2", "RFC 7519 §4.1.4"],
            cwe: Some(190),
            make: Make::Cases { on: twice, build: exp_wraps_32, strawman: &UNSIGNED_32_BITS },
        },
        Class {
            id: "exp-i64-u64-edge",
            title: "A token that ended before 1970 was accepted because its exp does not fit 64 bits.",
            construction: "exp = 2^63-1, 2^63, 2^64-1, 2^64 and one whose lower 64 bits lie in the past; -2^63-1, \
                           -2^64 and one whose lower 64 bits lie in the future",
            says: BEYOND_DATES,
            severity: Severity::High,
            references: &["RFC 7519 §2", "RFC 7519 §4.1.4"],
            cwe: Some(190),
            make: Make::Cases { on: twice, build: exp_wraps_64, strawman: &NEGATIVE_IS_HUGE },
        },
        Class {
            id: "exp-bignum",
            title: "An expired token whose exp has hundreds of digits was accepted.",
            construction: "exp = 10^50 and 10^400; the same below zero; a second in the past with 400 decimals",
            says: BEYOND_DATES,
            severity: Severity::Medium,
            references: &["RFC 7519 §2", "RFC 7519 §4.1.4"],
            cwe: Some(190),
            make: Make::Cases { on: twice, build: exp_bignum, strawman: &ONLY_INTEGERS },
        },
        Class {
            id: "exp-times-1000-overflow",
            title: "An expired token was accepted because its exp overflows in smaller units than seconds.",
            construction: "exp in the past that 64 bits wrap into the future when counted in milliseconds, \
                           microseconds or nanoseconds; the reverse in milliseconds",
            says: Says::MustReject(Reason::Expired),
            severity: Severity::High,
            references: &["RFC 7519 §2", "RFC 7519 §4.1.4"],
            cwe: Some(190),
            make: Make::Cases { on: twice, build: exp_times_1000, strawman: &WRAPS_MILLISECONDS },
        },
        Class {
            id: "exp-plus-leeway-overflow",
            title: "A valid token was refused because exp and leeway together overflow.",
            construction: "leeway 60 and exp = 2^31-1, 2^32-1, 2^63-1, 2^64-1; a valid token under a leeway of 2^31, \
                           2^32, 2^63-1 seconds",
            says: BEYOND_DATES,
            severity: Severity::High,
            references: &["RFC 7519 §2", "RFC 7519 §4.1.4"],
            cwe: Some(190),
            make: Make::Cases { on: twice, build: exp_plus_leeway, strawman: &LEEWAY_UNDERFLOWS },
        },
        Class {
            id: "exp-millis",
            title: "A token whose exp counts milliseconds was accepted or refused, as the standard leaves open.",
            construction: "exp = an hour before and after the clock, in milliseconds: as seconds far beyond the year \
                           9999",
            says: BEYOND_DATES,
            severity: Severity::Medium,
            references: &["RFC 7519 §2"],
            cwe: Some(681),
            make: Make::Cases { on: twice, build: exp_millis, strawman: &PANICS },
        },
        Class {
            id: "exp-far-future",
            title: "A token older than the longest age was accepted because it expires late or never.",
            construction: "longest age of an hour, iat three hours back; exp in ten years, in a hundred years, absent",
            says: Says::MustReject(Reason::Expired),
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.6", "OpenID Connect Core §3.1.3.7"],
            cwe: Some(613),
            make: Make::Cases { on: twice, build: exp_far_future, strawman: &IGNORES_AGE },
        },
        Class {
            id: "exp-duplicate",
            title: "A token with two exp members was judged by the first of them.",
            construction: "exp twice: past and future in both orders, spelt alike or with an escape; null and a date \
                           in both orders; nbf past, then future",
            says: Says::RejectOrLast,
            severity: Severity::High,
            references: &["RFC 7519 §4"],
            cwe: Some(436),
            make: Make::Cases { on: twice, build: exp_duplicate, strawman: &FIRST_DATE_WINS },
        },
        Class {
            id: "exp-header-replica",
            title: "A token outside its period was accepted because its header holds better dates.",
            construction: "exp in the future and nbf in the past in the header; in the claims exp past, nbf future, or \
                           exp required and absent",
            says: Says::MustReject(Reason::Expired),
            severity: Severity::High,
            references: &["RFC 7519 §5.3", "RFC 7519 §4.1.4"],
            cwe: Some(345),
            make: Make::Cases { on: twice, build: header_replica, strawman: &READS_DATES_FROM_HEADER },
        },
        Class {
            id: "exp-case-variant",
            title: "A claim whose name only resembles exp was read as exp.",
            construction: "exp required; only Exp, EXP, exp with white space or NUL, with full-width or Cyrillic \
                           letters; and exp past beside EXP future in both orders",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::High,
            references: &["RFC 7519 §4", "RFC 7519 §10.1.1"],
            cwe: Some(178),
            make: Make::Cases { on: twice, build: case_variants, strawman: &FOLDS_DATE_NAMES },
        },
        Class {
            id: "exp-nested-object",
            title: "An exp inside another claim was read as that of the token.",
            construction: "exp required and only inside an object, an array, a text; and exp past beside one in the \
                           future inside an object",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::Medium,
            references: &["RFC 7519 §4", "RFC 7519 §4.1.4"],
            cwe: Some(20),
            make: Make::Cases { on: twice, build: nested, strawman: &SEARCHES_DEEP },
        },
        Class {
            id: "nbf-future",
            title: "A token was accepted long before its nbf.",
            construction: "nbf an hour and a year after the clock, and after 2106; exp an hour after nbf",
            says: Says::MustReject(Reason::NotYetValid),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.5"],
            cwe: Some(672),
            make: Make::Cases { on: broadly, build: nbf_future, strawman: &IGNORES_NBF },
        },
        Class {
            id: "nbf-equal-now",
            title: "A valid token was refused in the very second of its nbf.",
            construction: "nbf = the clock's second, as an integer, with a zero fraction; half a second before",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7519 §4.1.5"],
            cwe: Some(193),
            make: Make::Cases { on: twice, build: nbf_equal_now, strawman: &REFUSES_AT_NBF },
        },
        Class {
            id: "nbf-now-plus-1",
            title: "A token was accepted a second before its nbf without leeway.",
            construction: "nbf = one second, half a second after the clock; no leeway",
            says: Says::MustReject(Reason::NotYetValid),
            severity: Severity::Low,
            references: &["RFC 7519 §4.1.5"],
            cwe: Some(193),
            make: Make::Cases { on: twice, build: nbf_next_second, strawman: &HIDDEN_LEEWAY },
        },
        Class {
            id: "nbf-not-checked-by-default",
            title: "A token was accepted before its nbf by a verifier that was told nothing about nbf.",
            construction: "nbf an hour after the clock, exp two hours; no claims asked for",
            says: Says::ShouldReject(Reason::NotYetValid),
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.5"],
            cwe: Some(672),
            make: Make::Cases { on: unasked, build: nbf_by_default, strawman: &IGNORES_NBF },
        },
        Class {
            id: "nbf-string-future",
            title: "A token whose nbf is a string was accepted.",
            construction: "nbf = a second in the future as a JSON string, a written date",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::Critical,
            references: &["RFC 7519 §4.1.5", "CVE-2026-25537", "GHSA-h395-gr6q-cpjc"],
            cwe: Some(843),
            make: Make::Cases { on: broadly, build: nbf_string_future, strawman: &UNREADABLE_IS_ABSENT },
        },
        Class {
            id: "nbf-null-bool-array",
            title: "A token whose nbf is null, true, false, an array or an object was accepted.",
            construction: "nbf = null, true, false, an empty array, an array of a second in the future, an empty \
                           object",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.5"],
            cwe: Some(843),
            make: Make::Cases { on: twice, build: nbf_types, strawman: &UNREADABLE_IS_ABSENT },
        },
        Class {
            id: "nbf-overflow",
            title: "A token was accepted before an nbf that is beyond some number type.",
            construction: "nbf = 1e999, 2^63, 2^64, 10^50, and seconds in the future that lie in the past when cut to \
                           32 bits, to 64, or counted in smaller units; NaN; -1, -1e999",
            says: Says::MustReject(Reason::NotYetValid),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.5"],
            cwe: Some(190),
            make: Make::Cases { on: twice, build: nbf_overflow, strawman: &ONLY_INTEGERS },
        },
        Class {
            id: "nbf-after-exp",
            title: "A token was accepted that ends before it begins.",
            construction: "nbf after exp: both past, both in the future, the clock between them",
            says: Says::MustReject(Reason::Expired),
            severity: Severity::Low,
            references: &["RFC 7519 §4.1.4", "RFC 7519 §4.1.5"],
            cwe: Some(20),
            make: Make::Cases { on: twice, build: nbf_after_exp, strawman: &ONE_DATE_IS_ENOUGH },
        },
        Class {
            id: "iat-future",
            title: "A token whose iat lies ahead was accepted or refused, as the standard leaves open.",
            construction: "iat = an hour, a year after the clock, the year 9999, 1e999; no longest age",
            says: Says::Either("RFC 7519 §4.1.6 does not say what an iat in the future means"),
            severity: Severity::Low,
            references: &["RFC 7519 §4.1.6"],
            cwe: Some(672),
            make: Make::Cases { on: twice, build: iat_future, strawman: &PANICS },
        },
        Class {
            id: "iat-future-maxage",
            title: "A token whose iat lies ahead was accepted as young.",
            construction: "longest age of an hour; iat = an hour, a year after the clock, 2^63, 1e999, and seconds \
                           that look fresh when cut to 32 or 64 bits",
            says: Says::MustReject(Reason::NotYetValid),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.6", "OpenID Connect Core §3.1.3.7"],
            cwe: Some(191),
            make: Make::Cases { on: twice, build: iat_future_with_age, strawman: &FUTURE_IS_YOUNG },
        },
        Class {
            id: "iat-missing-maxage",
            title: "A token without iat was accepted although a longest age is set.",
            construction: "longest age of an hour; iat absent, null, spelt Iat, or auth_time alone",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.6", "OpenID Connect Core §3.1.3.7"],
            cwe: Some(613),
            make: Make::Cases { on: twice, build: iat_missing_with_age, strawman: &NO_IAT_IS_YOUNG },
        },
        Class {
            id: "iat-string-null-float",
            title: "A token whose iat is no usable date was accepted.",
            construction: "iat = a string, null, true, an array, an object, with a longest age and without; negative \
                           with a longest age",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.6"],
            cwe: Some(843),
            make: Make::Cases { on: twice, build: iat_types, strawman: &UNREADABLE_IS_ABSENT },
        },
        Class {
            id: "iat-before-epoch-or-key",
            title: "A valid token with an iat older than its key was refused.",
            construction: "iat = 0, 1, the year 2000, and below zero; no longest age",
            says: Says::ShouldAccept,
            severity: Severity::Low,
            references: &["RFC 7519 §4.1.6", "RFC 7519 §2"],
            cwe: Some(672),
            make: Make::Cases { on: twice, build: iat_long_past, strawman: &REFUSES_OLD_IAT },
        },
        Class {
            id: "auth-time-maxage",
            title: "A token from a login longer ago than allowed was accepted.",
            construction: "auth_time further back than max_age, absent, a string",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::Medium,
            references: &["OpenID Connect Core §3.1.2.1", "OpenID Connect Core §3.1.3.7"],
            cwe: Some(613),
            make: Make::Waits {
                area: Area::OpenIdConnect,
                because: "max_age of a policy counts from iat; auth_time is judged by the request that it answers",
            },
        },
        Class {
            id: "clock-year-2106",
            title: "Under a clock beyond 2038, 2106 or 2262 a token was judged wrongly.",
            construction: "the verifier's clock = 2^31-1, 2^31, 2^32-1, 2^32, a day later, beyond 2^63 nanoseconds, \
                           and a token valid then; at 2^32 and an hour one that ended in 2038",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7519 §2", "RFC 7519 §4.1.4"],
            cwe: Some(190),
            make: Make::Cases { on: twice, build: clock_2106, strawman: &CLOCK_OF_32_BITS },
        },
        Class {
            id: "clock-before-epoch",
            title: "Under a clock at or before 1970 a token outside its period was accepted.",
            construction: "the verifier's clock = 0, -1, and 30 with a leeway of 60; exp at the clock or before, nbf \
                           an hour after 1970 began",
            says: Says::MustReject(Reason::Expired),
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.4", "RFC 7519 §4.1.5"],
            cwe: Some(191),
            make: Make::Cases { on: twice, build: clock_before_epoch, strawman: &UNSIGNED_CLOCK },
        },
        Class {
            id: "leap-second",
            title: "Around a leap second a token was judged wrongly.",
            construction: "the verifier's clock = the last second of June 2015 and of December 2016, and the midnight \
                           after; exp and nbf at that midnight, exp a second later",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7519 §2"],
            cwe: None,
            make: Make::Cases { on: twice, build: leap_second, strawman: &COUNTS_LEAP_SECONDS },
        },
    ],
};
