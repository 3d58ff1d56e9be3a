//! What the families of cookies share: the policy that is read under, its control, and how a case is put together.
//!
//! Takes a class whose cases are cookies, gives them. A header is written as octets; no library that is a target has a part
//! in it.

use std::sync::Arc;

use token_assay_model::expect::{Absent, Cookies, Present};
use token_assay_model::{
    Case, CaseId, Control, CookieHeader, CookiePolicy, Expectation, Feature, Input, Octets, Pair, Policy, Profile,
    Severity, cookie,
};

use super::{Area, Class, Family, Interned, Make};
use crate::strawman::Wrong;

/// The name of the session cookie.
pub const SID: &str = "sid";
/// Its name where browsers guard it (RFC 6265bis §4.1.3.2).
pub const GUARDED: &str = "__Host-sid";
/// The session id of the user who is attacked.
pub const VICTIM: &str = "71c71m0000000000";
/// The session id that an attacker plants.
pub const ATTACKER: &str = "a77ac4e200000000";

/// The cases of a class of cookies.
pub(super) fn cases(family: &'static Family, class: &'static Class, now: i64, interned: &mut Interned) -> Vec<Case> {
    let Make::Cookies { build, .. } = class.make else { return Vec::new() };
    let mut cases = CookieCases { family, class, now, interned, cases: Vec::new() };
    build(&mut cases);
    cases.cases
}

/// Collects the cases of one class.
pub struct CookieCases<'a> {
    family: &'static Family,
    class: &'static Class,
    now: i64,
    interned: &'a mut Interned,
    cases: Vec<Case>,
}

impl CookieCases<'_> {
    /// The clock that cookies are dated from, in Unix seconds.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// What the standard says of the class.
    pub(super) fn says(&self) -> super::Says {
        self.class.says
    }

    /// The control of this policy, which is made when it is first wanted.
    pub(super) fn control(&mut self, policy: &Policy, make: impl FnOnce() -> Control) -> Arc<Control> {
        let text = serde_json::to_string(policy).expect("a policy has string keys only");
        Arc::clone(self.interned.of_cookies.entry(text).or_insert_with(|| Arc::new(make())))
    }

    /// Adds a header of one field that is read for the cookie `sid`.
    pub fn line(&mut self, variant: &str, line: impl AsRef<[u8]>, says: Cookies) -> &mut Case {
        self.header(variant, SID, CookieHeader::line(line.as_ref()), says)
    }

    /// Adds a header of one field that is read for the cookie `__Host-sid`.
    pub fn guarded(&mut self, variant: &str, line: impl AsRef<[u8]>, says: Cookies) -> &mut Case {
        self.header(variant, GUARDED, CookieHeader::line(line.as_ref()), says)
    }

    /// Adds a header that is read for the cookie of this name.
    pub fn header(&mut self, variant: &str, name: &str, header: CookieHeader, says: Cookies) -> &mut Case {
        let control = self.interned.cookies_control(name);
        let needs = if header.len() > 1 { vec![Feature::CookieLines.into()] } else { Vec::new() };
        let case = self.case(variant, header, Profile::Cookies, control, Expectation::Cookies(says));
        case.needs = needs;
        case
    }

    /// Adds a case under the control's own policy.
    pub fn case(
        &mut self,
        variant: &str,
        header: CookieHeader,
        profile: Profile,
        control: Arc<Control>,
        expectation: Expectation,
    ) -> &mut Case {
        self.cases.push(Case {
            id: CaseId::new(self.family.id, self.class.id, variant),
            input: Input::Cookie(header),
            policy: Arc::clone(&control.policy),
            profile,
            expectation,
            level: self.class.says.level(),
            severity: profile.weigh(self.class.severity),
            needs: Vec::new(),
            plain: None,
            withheld: Vec::new(),
            control,
            before: Vec::new(),
        });
        self.cases.last_mut().expect("one was pushed")
    }
}

impl Interned {
    /// The control of a header that is read for the cookie of this name: that cookie and another.
    fn cookies_control(&mut self, name: &str) -> Arc<Control> {
        let control = || {
            let pairs = [Pair::new(name, VICTIM), Pair::new("theme", "dark")];
            let policy = CookiePolicy { name: name.to_owned(), ..CookiePolicy::default() };
            let line = format!("{name}={VICTIM}; theme=dark");
            let valid = Input::Cookie(CookieHeader::line(line));
            Arc::new(Control {
                policy: Arc::new(Policy { cookie: Some(policy), ..Policy::default() }),
                tampered: valid.clone(),
                permuted: valid.clone(),
                valid,
                claims: cookie::claims(&pairs),
            })
        };
        Arc::clone(self.of_cookies.entry(name.to_owned()).or_insert_with(control))
    }
}

/// A row that is made.
pub(super) const fn row(
    id: &'static str,
    title: &'static str,
    construction: &'static str,
    (says, severity): (super::Says, Severity),
    (references, cwe): References,
    build: fn(&mut CookieCases<'_>),
    strawman: &'static dyn Wrong,
) -> Class {
    Class { id, title, construction, says, severity, references, cwe, make: Make::Cookies { build, strawman } }
}

/// A row that waits.
pub(super) const fn waits(
    id: &'static str,
    title: &'static str,
    construction: &'static str,
    (says, severity): (super::Says, Severity),
    (references, cwe): References,
    (area, because): (Area, &'static str),
) -> Class {
    Class { id, title, construction, says, severity, references, cwe, make: Make::Waits { area, because } }
}

/// A row that a running service is asked about.
pub(super) const fn asked(
    id: &'static str,
    title: &'static str,
    construction: &'static str,
    (says, severity): (super::Says, Severity),
    (references, cwe): References,
) -> Class {
    let make = Make::Live { by: "assay sessions --service" };
    Class { id, title, construction, says, severity, references, cwe, make }
}

/// Clauses and advisories, and the weakness.
pub(super) type References = (&'static [&'static str], Option<u32>);

pub(super) const NOTE: Severity = Severity::Note;
pub(super) const LOW: Severity = Severity::Low;
pub(super) const MEDIUM: Severity = Severity::Medium;
pub(super) const HIGH: Severity = Severity::High;
pub(super) const CRITICAL: Severity = Severity::Critical;

/// Says nothing yet.
pub fn says() -> Cookies {
    Cookies::default()
}

/// How a row says what holds.
pub trait Says: Sized {
    /// This cookie is read.
    #[must_use]
    fn reads(self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.reads_any(name, &[value.as_ref()])
    }

    /// This cookie is read, with one of these values.
    #[must_use]
    fn reads_any(self, name: impl AsRef<[u8]>, values: &[&[u8]]) -> Self;

    /// This cookie is not read.
    #[must_use]
    fn never(self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self;

    /// No cookie of this name is read.
    #[must_use]
    fn never_named(self, name: impl AsRef<[u8]>) -> Self;

    /// The header may be refused as a whole.
    #[must_use]
    fn or_refused(self) -> Self;

    /// The standard leaves this of it, in which targets are compared.
    #[must_use]
    fn open(self, because: &str) -> Self;
}

impl Says for Cookies {
    fn reads_any(mut self, name: impl AsRef<[u8]>, values: &[&[u8]]) -> Self {
        let values = values.iter().map(|value| Octets::from(*value)).collect();
        self.present.push(Present { name: name.as_ref().into(), values });
        self
    }

    fn never(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.absent.push(Absent { name: Some(name.as_ref().into()), value: Some(value.as_ref().into()) });
        self
    }

    fn never_named(mut self, name: impl AsRef<[u8]>) -> Self {
        self.absent.push(Absent { name: Some(name.as_ref().into()), value: None });
        self
    }

    fn or_refused(mut self) -> Self {
        self.refusal = true;
        self
    }

    fn open(mut self, because: &str) -> Self {
        self.open = Some(because.to_owned());
        self
    }
}
