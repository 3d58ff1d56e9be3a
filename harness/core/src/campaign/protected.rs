//! A protected cookie that nobody wrote a row for, before one opener.
//!
//! Takes a recipe and what a target did with its cookie, gives a finding where that is not what the sound opener does. What
//! was accepted and says what was sealed is malleable: another text for the same cookie, a lesser thing than a forgery, and
//! of interest to whoever keeps a denylist by octets.

use std::sync::Arc;

use token_assay_model::report::ClassInfo;
use token_assay_model::{
    Answer, CookieHeader, Expectation, Finding, Input, Level, Observation, Oracle, Outcome, Pair, Policy, Reason,
    Reference, Request, Scheme, Severity, Verdict, cookie,
};

use super::cookies::{Told, file};
use super::shared::Shared;
use super::worker::Worker;
use super::{FAMILY, Progress};
use crate::generate::{ProtectedRecipe, Seeded};
use crate::reference::protected::SOUND_OPENER;

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    /// A payload was handed on that nobody sealed under the policy's secret.
    Forged,
    /// A cookie of another name was honoured where the scheme binds the name.
    Renamed,
    /// A cookie for another purpose was honoured.
    OtherPurpose,
    /// A changed copy was honoured as the cookie that it was.
    Malleable,
    /// A genuine cookie was refused.
    Refused,
    /// No answer.
    Fault,
}

impl Defect {
    const ALL: [Self; 6] =
        [Self::Forged, Self::Renamed, Self::OtherPurpose, Self::Malleable, Self::Refused, Self::Fault];

    const fn class(self) -> &'static str {
        match self {
            Self::Forged => "cookie-forged",
            Self::Renamed => "cookie-renamed",
            Self::OtherPurpose => "cookie-purpose",
            Self::Malleable => "cookie-malleable",
            Self::Refused => "cookie-refused",
            Self::Fault => "cookie-fault",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Forged => "A cookie that nobody sealed was honoured.",
            Self::Renamed => "A cookie that was sealed under another name was honoured.",
            Self::OtherPurpose => "A cookie that was sealed for another purpose was honoured.",
            Self::Malleable => "A changed copy of a cookie was honoured as the cookie itself.",
            Self::Refused => "A genuine cookie was refused.",
            Self::Fault => "The opener of cookies did not answer.",
        }
    }

    const fn mend(self) -> &'static str {
        match self {
            Self::Forged => "Verify the whole MAC over everything that is handed on, before anything else is believed.",
            Self::Renamed => "Put the cookie's name under the MAC.",
            Self::OtherPurpose => "Derive the key from the purpose, or put the purpose under the MAC.",
            Self::Malleable => "Decode strictly, so that a cookie has one text; or key denylists by what was decoded.",
            Self::Refused => "Accept what your own documentation says a cookie is.",
            Self::Fault => "Return the documented error for every input; the input is an attacker's.",
        }
    }

    const fn weight(self) -> (Oracle, Level, Severity) {
        match self {
            Self::Forged => (Oracle::Soundness, Level::Must, Severity::Critical),
            Self::Renamed => (Oracle::Soundness, Level::Must, Severity::High),
            Self::OtherPurpose => (Oracle::Soundness, Level::Should, Severity::High),
            Self::Malleable => (Oracle::Soundness, Level::Should, Severity::Low),
            Self::Refused => (Oracle::Completeness, Level::Should, Severity::Medium),
            Self::Fault => (Oracle::Robustness, Level::Must, Severity::Medium),
        }
    }
}

/// A recipe's cookie, the policy that it is shown under, and what is right.
pub struct Exhibit {
    recipe: ProtectedRecipe,
    policy: Arc<Policy>,
    header: CookieHeader,
    right: Result<Vec<u8>, Reason>,
    now: i64,
}

impl Exhibit {
    /// The recipe's cookie at this time; a target without a clock is not told it.
    pub fn new(recipe: ProtectedRecipe, now: i64, clocked: bool) -> Self {
        let policy = ProtectedRecipe::policy(recipe.scheme, now);
        let header = recipe.header(now);
        let cookie = policy.cookie.as_ref().expect("it is a policy of cookies");
        let right = SOUND_OPENER.open(&header, cookie, Some(now));
        let policy = Policy { now: clocked.then_some(now), ..policy }.into();
        Self { recipe, policy, header, right, now }
    }

    /// The input and its policy.
    pub fn request_parts(&self) -> (Input, &Policy) {
        (Input::Cookie(self.header.clone()), &self.policy)
    }

    /// What is wrong with this answer.
    pub fn finding(&self, target: &str, seen: &Observation) -> Option<Finding> {
        let defect = self.defect(&seen.answer)?;
        let name = &self.policy.cookie.as_ref().expect("it is a policy of cookies").name;
        let expected = match &self.right {
            Ok(payload) => Expectation::Accept { claims: cookie::claims(&[Pair::new(name, payload)]) },
            Err(reason) => Expectation::Reject { reason: *reason },
        };
        let plain =
            ProtectedRecipe { trusted: true, renamed: false, purpose: 0, bends: Vec::new(), ..self.recipe.clone() };
        let told = Told {
            weight: defect.weight(),
            class: &format!("{}-{}", defect.class(), self.recipe.scheme),
            title: defect.title().to_owned(),
            profile: self.recipe.scheme.profile(),
            expected,
            shown: (&self.header, &self.policy),
            twin: plain.header(self.now),
        };
        Some(told.of(target, seen))
    }

    fn defect(&self, answer: &Answer) -> Option<Defect> {
        match (answer, &self.right) {
            (Answer::Fault(_), _) => Some(Defect::Fault),
            (Answer::Verdict(Verdict::Unsupported { .. }), _) => None,
            (Answer::Verdict(Verdict::Reject { .. }), right) => right.is_ok().then_some(Defect::Refused),
            (Answer::Verdict(Verdict::Accept { claims, .. }), right) => {
                let payload = cookie::pairs(claims).and_then(|mut pairs| pairs.pop()).map(|pair| pair.1.0);
                match (payload, right) {
                    (Some(payload), Ok(right)) if payload == *right => None,
                    (Some(payload), Err(_)) if self.is_of_ours(&payload) => Some(self.honoured()),
                    _ => Some(Defect::Forged),
                }
            }
        }
    }

    fn is_of_ours(&self, payload: &[u8]) -> bool {
        self.recipe.trusted
            && ProtectedRecipe::payloads(self.recipe.scheme, self.now).iter().any(|ours| ours == payload)
    }

    fn honoured(&self) -> Defect {
        match &self.recipe {
            recipe if recipe.renamed => Defect::Renamed,
            recipe if recipe.purpose != 0 => Defect::OtherPurpose,
            _ => Defect::Malleable,
        }
    }
}

/// What reports say of one of these classes, which end in the scheme's name; none where it is not one.
pub fn info(class: &str) -> Option<ClassInfo> {
    let scheme_of = |defect: Defect| class.strip_prefix(defect.class())?.strip_prefix('-')?.parse::<Scheme>().ok();
    let defect = Defect::ALL.into_iter().find(|defect| scheme_of(*defect).is_some())?;
    let (_, level, severity) = defect.weight();
    let references: &[&str] = match defect {
        Defect::Malleable => &["OWASP ASVS 5.0 7.4.1", "RFC 4648 §3.5"],
        Defect::OtherPurpose => &["OWASP ASVS 5.0 9.2.2"],
        Defect::Fault => &["CWE-248"],
        Defect::Forged | Defect::Renamed | Defect::Refused => &["OWASP ASVS 5.0 9.1.1"],
    };
    Some(ClassInfo {
        id: format!("{FAMILY}/{class}"),
        title: defect.title().to_owned(),
        construction: "a cookie that was sealed, and bent by chance".to_owned(),
        level,
        severity,
        references: references.iter().map(|text| Reference((*text).to_owned())).collect(),
        cwe: Some(if defect == Defect::Fault { 248 } else { 347 }),
        mend: defect.mend().to_owned(),
    })
}

impl Worker {
    /// Shows the openers of protected cookies the cookies of these numbers, each number under one scheme of the target's.
    pub(super) fn show_protected(
        &mut self,
        numbers: &[u64],
        shared: &Shared<'_>,
        counted: &mut Progress,
        counts: &mut Vec<(String, Outcome, u64)>,
    ) {
        for index in 0..self.targets.len() {
            let schemes = self.targets[index].schemes();
            if schemes.is_empty() || !self.targets[index].is_alive() {
                continue;
            }
            let clocked = self.targets[index].clocked;
            let now = if clocked { shared.options.now } else { (shared.options.clock)() };
            let exhibit = |number: &u64| {
                let scheme = schemes[usize::try_from(number % schemes.len() as u64).expect("it is below their number")];
                let recipe = ProtectedRecipe::choose(scheme, &mut Seeded::new(shared.options.seed, *number));
                Exhibit::new(recipe, now, clocked)
            };
            let exhibits: Vec<Exhibit> = numbers.iter().map(exhibit).collect();
            let seen = self.open(index, &exhibits);
            counted.requests += seen.len() as u64;
            let name = self.targets[index].name.clone();
            let mut failed = 0;
            for (exhibit, observation) in exhibits.iter().zip(&seen) {
                if let Some(finding) = exhibit.finding(&name, observation) {
                    failed += 1;
                    self.file_protected(index, exhibit, finding, shared);
                }
            }
            counts.push((name.clone(), Outcome::Pass, seen.len() as u64 - failed));
            counts.push((name, Outcome::Fail, failed));
        }
    }

    fn open(&mut self, index: usize, exhibits: &[Exhibit]) -> Vec<Observation> {
        let parts: Vec<(Input, &Policy)> = exhibits.iter().map(Exhibit::request_parts).collect();
        let requests: Vec<Request<'_>> = parts.iter().map(|(input, policy)| Request { input, policy }).collect();
        self.targets[index].show(&requests)
    }

    /// Files a finding; one that is new is made small first.
    fn file_protected(&mut self, index: usize, exhibit: &Exhibit, finding: Finding, shared: &Shared<'_>) {
        let info = info(finding.case.class()).expect("it is a class of protected cookies");
        let name = self.targets[index].name.clone();
        let clocked = self.targets[index].clocked;
        let mut smallest = finding;
        if !shared.has_found(&smallest.fingerprint) {
            let mut recipe = exhibit.recipe.clone();
            while let Some((smaller, again)) = recipe.smaller().into_iter().find_map(|smaller| {
                let exhibit = Exhibit::new(smaller.clone(), exhibit.now, clocked);
                let observation = self.open(index, std::slice::from_ref(&exhibit)).pop()?;
                let again = exhibit.finding(&name, &observation)?;
                (again.fingerprint == smallest.fingerprint).then_some((smaller, again))
            }) {
                (recipe, smallest) = (smaller, again);
            }
        }
        file(smallest, info, shared);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::generate::protected::{Bend, How};

    const NOW: i64 = 1_700_000_000;

    fn recipe(bends: Vec<Bend>) -> ProtectedRecipe {
        ProtectedRecipe { scheme: Scheme::SignedJar, trusted: true, user: 0, renamed: false, purpose: 0, bends }
    }

    fn class(recipe: ProtectedRecipe, answer: impl Into<Answer>) -> Option<String> {
        let seen = Observation { answer: answer.into(), elapsed: Duration::ZERO };
        let finding = Exhibit::new(recipe, NOW, true).finding("opener", &seen)?;
        Some(finding.case.class().to_owned())
    }

    fn read(payload: &[u8]) -> Verdict {
        Verdict::Accept { claims: cookie::claims(&[Pair::new("sid", payload)]), header: None }
    }

    #[test]
    fn what_was_honoured_says_how_bad_it_is() {
        let [ours, other] = ProtectedRecipe::payloads(Scheme::SignedJar, NOW);
        let bent = || recipe(vec![Bend { at: 0, encoded: false, how: How::Flip(0, 0) }]);
        assert_eq!(class(recipe(Vec::new()), read(&ours)), None);
        assert_eq!(class(recipe(Vec::new()), read(&other)).unwrap(), "cookie-forged-signed-jar");
        assert_eq!(class(bent(), Verdict::reject(None, "")), None);
        assert_eq!(class(bent(), read(&ours)).unwrap(), "cookie-malleable-signed-jar");
        assert_eq!(class(bent(), read(b"admin")).unwrap(), "cookie-forged-signed-jar");
        assert_eq!(class(recipe(Vec::new()), Verdict::reject(None, "")).unwrap(), "cookie-refused-signed-jar");
        let stranger = ProtectedRecipe { trusted: false, ..recipe(Vec::new()) };
        assert_eq!(class(stranger, read(&ours)).unwrap(), "cookie-forged-signed-jar");
    }
}
