//! How bad a finding of a campaign is, what it is called, and the clause behind it.
//!
//! Takes the rule of the reference verifier that was broken and what is left of the token, gives class, sentence, level,
//! severity and mend. The rule is the clause; who can make such a token decides the severity.

use std::borrow::Cow;

use token_assay_model::report::ClassInfo;
use token_assay_model::{
    Answer, Expectation, Finding, Level, Oracle, Profile, Reason, Reference, Request, Severity, Verdict,
};

use super::FAMILY;
use crate::generate::recipe::{Secret, Signer};
use crate::generate::{Sketch, Stage};
use crate::reference::Rule;

/// What a finding is filed under.
#[derive(Debug, Clone)]
pub struct Grade {
    /// The class, without the family: `expiry-exp-text`.
    pub class: String,
    /// The sentence.
    pub title: String,
    /// How firmly the standard speaks.
    pub level: Level,
    /// How bad it is.
    pub severity: Severity,
    /// The rule that was broken; none where the token is valid.
    pub rule: Option<Rule>,
}

/// What happened, and to what.
pub struct Facts<'a> {
    /// Which oracle spoke.
    pub oracle: Oracle,
    /// What it says beside the class's own sentence.
    pub because: Option<&'a str>,
    /// By which rule the token is refused, where it is.
    pub rule: Option<Rule>,
    /// What the standard says.
    pub expected: &'a Expectation,
    /// What the target did.
    pub observed: &'a Answer,
    /// The token.
    pub sketch: &'a Sketch,
    /// Where it was shown.
    pub stage: &'a Stage,
    /// What is left that differs from a valid token.
    pub words: &'a [String],
}

/// Grades a finding.
pub fn grade(facts: &Facts<'_>) -> Grade {
    let words = facts.words.join("-");
    let plain = facts.words.iter().map(|word| word.replace('-', " ")).collect::<Vec<_>>().join(", ");
    let (class, title) = match (facts.oracle, facts.observed, facts.rule) {
        (Oracle::Robustness, Answer::Fault(fault), _) => {
            let said = slug(fault.detail());
            let class = if said.is_empty() { words } else { said };
            (format!("{}-{class}", fault.as_str()), format!("{} ({plain})", facts.because.unwrap_or_default()))
        }
        (Oracle::Robustness, ..) => (format!("slow-{words}"), facts.because.unwrap_or_default().to_owned()),
        (Oracle::Completeness, ..) => {
            (format!("refused-{words}"), format!("A valid token was refused: what sets it apart is {plain}."))
        }
        (Oracle::Soundness, Answer::Verdict(Verdict::Accept { claims, .. }), None) => {
            let names = differing(facts.expected, claims);
            (format!("claims-{words}"), format!("Other claims than were signed are handed on: {names} ({plain})."))
        }
        (Oracle::Soundness, _, Some(rule)) => {
            (format!("{}-{words}", name(rule)), format!("A token that {} was accepted ({plain}).", phrase(rule)))
        }
        (oracle, ..) => (format!("{oracle}-{words}"), format!("{} ({plain})", facts.because.unwrap_or_default())),
    };
    Grade { class, title, level: level(facts), severity: severity(facts), rule: facts.rule }
}

/// What a fault says of itself in a few words without numbers: falls at one place are one finding.
pub fn slug(detail: &str) -> String {
    let letters = |c: char| if c.is_ascii_alphabetic() { c.to_ascii_lowercase() } else { ' ' };
    let text: String = detail.chars().take(120).map(letters).collect();
    text.split_whitespace().filter(|word| word.len() > 1).take(8).collect::<Vec<_>>().join("-")
}

/// What reports say of the class.
pub fn class_info(family: &str, grade: &Grade, sketch: &Sketch) -> ClassInfo {
    ClassInfo {
        id: format!("{family}/{}", grade.class),
        title: grade.title.clone(),
        construction: format!(
            "made by a campaign and reduced: header {}, claims {}, signed by {}",
            shortened(&String::from_utf8_lossy(&sketch.header.octets())),
            shortened(&String::from_utf8_lossy(&sketch.payload.octets())),
            who(&sketch.signer),
        ),
        level: grade.level,
        severity: grade.severity,
        references: references(grade.rule),
        cwe: grade.rule.map(cwe),
        mend: grade.rule.map_or(MEND_VALID, mend).to_owned(),
    }
}

/// What reports say of the class of a finding that was kept: the rule is asked for again, the rest stands in the finding.
pub fn info_of(finding: &Finding) -> ClassInfo {
    if finding.case.family() != FAMILY {
        return crate::collect::tampered_info();
    }
    if let Some(info) = of_others(finding.case.class()) {
        return info;
    }
    let request = Request { input: &finding.input, policy: &finding.policy };
    let is_hidden = finding.input.text().is_some_and(|text| text.starts_with("sha256:"));
    let rule = if is_hidden { rule_of(finding.case.class()) } else { crate::reference::explain(request).1 };
    let recipe = finding.recipe.clone().and_then(|recipe| serde_json::from_value(recipe).ok());
    let sketch = recipe.unwrap_or_else(|| Sketch::read(finding.input.octets()));
    let grade = Grade {
        class: finding.case.class().to_owned(),
        title: finding.title.clone(),
        level: finding.level,
        severity: finding.severity,
        rule,
    };
    class_info(FAMILY, &grade, &sketch)
}

/// What reports say of a class of headers, of protected cookies, of encrypted tokens or of fetches; none where it is one of
/// signed tokens.
pub fn of_others(class: &str) -> Option<ClassInfo> {
    let of_cookies = super::cookies::info(class).or_else(|| super::protected::info(class));
    of_cookies.or_else(|| super::encrypted::info(class)).or_else(|| super::fetches::info(class))
}

/// The rule that a class's name begins with; none where a valid token was refused, or no rule is broken.
pub fn rule_of(class: &str) -> Option<Rule> {
    let begins = |rule: &&Rule| class.strip_prefix(name(**rule)).is_some_and(|rest| rest.starts_with('-'));
    Rule::ALL.iter().filter(begins).max_by_key(|rule| name(**rule).len()).copied()
}

/// The clauses of the rule; for a valid token those that make it one.
pub fn references(rule: Option<Rule>) -> Vec<Reference> {
    let clauses: &[&str] = rule.map_or(&["RFC 7519 §7.2"], clauses);
    clauses.iter().map(|clause| Reference((*clause).to_owned())).collect()
}

fn differing(expected: &Expectation, returned: &token_assay_model::Claims) -> String {
    match expected {
        Expectation::Accept { claims } | Expectation::RejectOrLast { claims } => claims.differing(returned).join(", "),
        _ => String::new(),
    }
}

fn level(facts: &Facts<'_>) -> Level {
    let said = |word: &str| facts.words.iter().any(|words| words == word || words.starts_with(&format!("{word}-")));
    match (facts.oracle, facts.rule) {
        (Oracle::Robustness, _) => Level::Must,
        (Oracle::Agreement, _) => Level::May,
        // RFC 8259 §9: a parser may set a limit, which should lie higher.
        (Oracle::Completeness, _) if facts.sketch.payload.octets().len() > LONG => Level::Should,
        // RFC 7517 §4.2 and §4.3 recommend; so does what the application's own choice of a secret promises.
        (_, Some(Rule::KeyFitness)) if !facts.sketch_lies() => Level::Should,
        (_, Some(Rule::Signature)) if said("mac-of-secret-respelled") => Level::Should,
        // How much skew a verifier allows for unasked is its choice "of some small leeway" (RFC 7519 §4.1.4, §4.1.5).
        (_, Some(Rule::Expiry | Rule::NotBefore)) if is_within_minutes(facts.words) => Level::Should,
        (_, Some(Rule::ClaimTypes)) if ["jti", "sub", "iat"].into_iter().any(said) => Level::Should,
        (_, Some(Rule::Encoding | Rule::Text)) if is_malleable(facts.words) => Level::Should,
        (_, Some(Rule::NotBefore)) if facts.stage.profile == Profile::LibraryDefault => Level::Should,
        _ => Level::Must,
    }
}

fn is_within_minutes(words: &[String]) -> bool {
    words.iter().any(|word| word.ends_with("at-the-edge") || word.ends_with("by-minutes"))
}

/// Numbers written in a way that few write them in.
fn is_about_notation(words: &[String]) -> bool {
    words
        .iter()
        .all(|word| word.ends_with("-fraction") || word.ends_with("-exponent") || word.ends_with("-negative-zero"))
}

/// Other spellings of octets that are genuinely signed.
fn is_malleable(words: &[String]) -> bool {
    let spelt = ["padded-", "standard-base64-", "trailing-bits-", "preceded", "followed", "inside-"];
    words.iter().all(|word| spelt.iter().any(|start| word.starts_with(start)))
}

impl Facts<'_> {
    /// Whether somebody without the key can make such a token.
    fn is_forgery(&self) -> bool {
        match self.sketch.signer {
            Signer::Trusted | Signer::AsNamed | Signer::Mac(Secret::Respelled(_)) => false,
            // A signature that does not fit was made by nobody who has the key, whatever stands beside it.
            Signer::Kept => !self.is_untouched() || self.rule == Some(Rule::Signature) || self.sketch.kept.is_empty(),
            Signer::Nobody | Signer::Attacker | Signer::Mac(_) => true,
        }
    }

    fn is_untouched(&self) -> bool {
        self.sketch.header.as_was.is_some() && self.sketch.payload.as_was.is_some()
    }

    fn sketch_lies(&self) -> bool {
        self.words.iter().any(|word| word.starts_with("alg-")) || self.is_forgery()
    }
}

fn severity(facts: &Facts<'_>) -> Severity {
    let severity = match (facts.oracle, facts.rule) {
        (Oracle::Robustness, _) => match facts.observed {
            Answer::Fault(token_assay_model::Fault::Crash(_) | token_assay_model::Fault::Hang(_)) => Severity::High,
            _ => Severity::Medium,
        },
        (Oracle::Completeness, _) if is_about_notation(facts.words) => Severity::Low,
        (Oracle::Completeness | Oracle::Relation, _) => Severity::Medium,
        (Oracle::Agreement, _) => Severity::Low,
        (Oracle::Soundness, None) if is_about_notation(facts.words) => Severity::Low,
        (Oracle::Soundness, None) => Severity::High,
        (Oracle::Soundness, Some(rule)) => match rule {
            _ if is_malleable(facts.words) => Severity::Low,
            Rule::Text | Rule::Segments | Rule::Encoding | Rule::Header if !facts.is_forgery() => Severity::Low,
            Rule::Payload | Rule::Kind => Severity::Medium,
            _ if facts.is_forgery() => Severity::Critical,
            Rule::KeyFitness => Severity::Low,
            Rule::Algorithm | Rule::Allowed | Rule::KeyChoice | Rule::Critical => Severity::Medium,
            Rule::Expiry | Rule::NotBefore | Rule::Age if is_within_minutes(facts.words) => Severity::Medium,
            Rule::ClaimTypes if level(facts) == Level::Should => Severity::Medium,
            _ => Severity::High,
        },
    };
    // No configuration excuses a fall.
    if facts.oracle == Oracle::Robustness { severity } else { facts.stage.profile.weigh(severity) }
}

/// A rule in a word.
pub const fn name(rule: Rule) -> &'static str {
    match rule {
        Rule::Text => "text",
        Rule::Segments => "segments",
        Rule::Encoding => "encoding",
        Rule::Header => "header",
        Rule::Algorithm => "algorithm",
        Rule::Allowed => "allowed",
        Rule::Critical => "critical",
        Rule::KeyChoice => "key-choice",
        Rule::KeyFitness => "key-fitness",
        Rule::Signature => "signature",
        Rule::Payload => "payload",
        Rule::Kind => "kind",
        Rule::ClaimTypes => "claim-types",
        Rule::Required => "required",
        Rule::Expiry => "expiry",
        Rule::NotBefore => "not-before",
        Rule::Age => "age",
        Rule::Issuer => "issuer",
        Rule::Audience => "audience",
        Rule::Subject => "subject",
    }
}

/// What is wrong with a token that the rule refuses: "a token that …".
pub const fn phrase(rule: Rule) -> &'static str {
    match rule {
        Rule::Text => "holds characters which no JWT has",
        Rule::Segments => "is not of three parts",
        Rule::Encoding => "is no base64url in its one form",
        Rule::Header => "has a header that is no JSON object",
        Rule::Algorithm => "names no algorithm that is known",
        Rule::Allowed => "names an algorithm that is not allowed",
        Rule::Critical => "marks as critical what is not understood",
        Rule::KeyChoice => "names a key that is not there",
        Rule::KeyFitness => "is for a key that does not fit its algorithm",
        Rule::Signature => "the trusted key did not sign",
        Rule::Payload => "holds no JSON object of claims",
        Rule::Kind => "is of another type than the one required",
        Rule::ClaimTypes => "has a registered claim of the wrong type",
        Rule::Required => "lacks a required claim",
        Rule::Expiry => "has expired",
        Rule::NotBefore => "is not valid yet",
        Rule::Age => "is too old, or from the future,",
        Rule::Issuer => "comes from another issuer",
        Rule::Audience => "is meant for somebody else",
        Rule::Subject => "is about another subject",
    }
}

/// Where the rule stands.
pub const fn clauses(rule: Rule) -> &'static [&'static str] {
    match rule {
        Rule::Text => &["RFC 7519 §3", "RFC 7515 §2"],
        Rule::Segments => &["RFC 7515 §7.1", "RFC 7519 §3"],
        Rule::Encoding => &["RFC 7515 §5.2", "RFC 4648 §3.5"],
        Rule::Header => &["RFC 7515 §4", "RFC 7515 §5.2"],
        Rule::Algorithm => &["RFC 7515 §4.1.1"],
        Rule::Allowed => &["RFC 8725 §3.1", "RFC 8725 §3.2"],
        Rule::Critical => &["RFC 7515 §4.1.11"],
        Rule::KeyChoice => &["RFC 7515 §4.1.4", "RFC 8725 §3.10"],
        Rule::KeyFitness => &["RFC 7518 §3.1", "RFC 7517 §4.2"],
        Rule::Signature => &["RFC 7515 §5.2"],
        Rule::Payload => &["RFC 7519 §7.2"],
        Rule::Kind => &["RFC 8725 §3.11", "RFC 7515 §4.1.9"],
        Rule::ClaimTypes => &["RFC 7519 §4.1"],
        Rule::Required => &["RFC 7519 §4"],
        Rule::Expiry => &["RFC 7519 §4.1.4"],
        Rule::NotBefore => &["RFC 7519 §4.1.5"],
        Rule::Age => &["RFC 7519 §4.1.6"],
        Rule::Issuer => &["RFC 7519 §4.1.1", "RFC 8725 §3.8"],
        Rule::Audience => &["RFC 7519 §4.1.3", "RFC 8725 §3.9"],
        Rule::Subject => &["RFC 7519 §4.1.2"],
    }
}

const fn cwe(rule: Rule) -> u32 {
    match rule {
        Rule::Text | Rule::Segments | Rule::Encoding | Rule::Header | Rule::Payload => 20,
        Rule::Algorithm | Rule::Allowed | Rule::Critical | Rule::KeyChoice | Rule::KeyFitness | Rule::Signature => 347,
        Rule::Kind | Rule::ClaimTypes => 843,
        Rule::Expiry | Rule::NotBefore | Rule::Age => 613,
        Rule::Required | Rule::Issuer | Rule::Audience | Rule::Subject => 345,
    }
}

/// How to mend a verifier that breaks the rule.
pub const fn mend(rule: Rule) -> &'static str {
    match rule {
        Rule::Text | Rule::Segments | Rule::Encoding => {
            "Refuse whatever is not three parts of unpadded, canonical base64url with a dot between; correct nothing."
        }
        Rule::Header | Rule::Payload => "Read the part as one JSON object, strictly, and refuse it on the first error.",
        Rule::Algorithm | Rule::Allowed => {
            "Compare alg, a string, case by case with the application's own list before anything else is done."
        }
        Rule::Critical => {
            "Refuse a token whose crit names what is not implemented, or is not a list of names in the header."
        }
        Rule::KeyChoice | Rule::KeyFitness => {
            "Take the key from the application alone and bind it to its algorithm; nothing in a token chooses or makes one."
        }
        Rule::Signature => {
            "Verify the signature over the received octets of the first two parts before anything else is believed."
        }
        Rule::Kind => "Compare typ with the required one and refuse a token without it.",
        Rule::ClaimTypes => "Test the type of every registered claim, and refuse the token where it is another.",
        Rule::Required => "Refuse a token that lacks a required claim, or holds null in its place.",
        Rule::Expiry | Rule::NotBefore | Rule::Age => {
            "Compare dates as numbers wide enough for every date, with the leeway that was asked for and no other."
        }
        Rule::Issuer | Rule::Audience | Rule::Subject => {
            "Compare whole strings octet by octet, and refuse what is missing."
        }
    }
}

/// Who signed, in words.
fn who(signer: &Signer) -> Cow<'static, str> {
    match signer {
        Signer::Trusted => "the trusted key".into(),
        Signer::AsNamed => "the trusted key in the scheme that the header names".into(),
        Signer::Kept => "nobody anew".into(),
        Signer::Nobody => "nobody".into(),
        Signer::Attacker => "the attacker's key".into(),
        Signer::Mac(secret) => format!("HMAC keyed with {}", words_of(secret)).into(),
    }
}

fn words_of(secret: &Secret) -> String {
    match secret {
        Secret::Word(word) => format!("the word {word:?}"),
        Secret::Zeros(count) => format!("{count} zeros"),
        other => {
            let written = serde_json::to_value(other).unwrap_or_default();
            let word =
                written.as_str().map_or_else(|| "the secret respelled".to_owned(), |word| word.replace('-', " "));
            format!("the {word}")
        }
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The reason that a target gave, where it gave one.
pub fn reason(answer: &Answer) -> Option<Reason> {
    match answer {
        Answer::Verdict(Verdict::Reject { reason, .. }) => *reason,
        _ => None,
    }
}

/// Longer than what most tokens are, in octets.
const LONG: usize = 2048;

/// How to mend one that refuses what is valid, or hands on other claims.
pub const MEND_VALID: &str = "Accept every valid token, and hand on its claims as they were signed.";

#[cfg(test)]
mod tests {
    use token_assay_model::Claims;

    use super::*;
    use crate::forge::{Forge, NOW};
    use crate::generate::{Generator, Stock, Template};

    #[test]
    fn who_can_make_a_token_decides_how_bad_it_is() {
        let forge = Forge::new(NOW);
        let generator = Generator::new(&forge, Stock::everything().clone());
        let stage = generator.stage(Template::Valid { setting: 0, terms: 0 });
        let weighed = |octets: &[u8], signer: Signer, rule: Rule| {
            let sketch = Sketch { signer, ..Sketch::read(octets) };
            let accept = Verdict::Accept { claims: Claims::default(), header: None };
            severity(&Facts {
                oracle: Oracle::Soundness,
                because: None,
                rule: Some(rule),
                expected: &Expectation::Reject { reason: Reason::Signature },
                observed: &accept.into(),
                sketch: &sketch,
                stage,
                words: &["exp-last-year".to_owned()],
            })
        };
        let (valid, tampered) = (stage.control.valid.octets(), stage.control.tampered.octets());
        assert_eq!(weighed(valid, Signer::Trusted, Rule::Expiry), Severity::High, "the issuer's own, too late");
        assert_eq!(weighed(valid, Signer::Kept, Rule::Expiry), Severity::High, "the same, read from octets");
        assert_eq!(weighed(valid, Signer::Nobody, Rule::Expiry), Severity::Critical);
        assert_eq!(weighed(valid, Signer::Attacker, Rule::Signature), Severity::Critical);
        assert_eq!(weighed(tampered, Signer::Kept, Rule::Signature), Severity::Critical, "read from octets");
        let bare = &valid[..=valid.iter().rposition(|octet| *octet == b'.').expect("a token")];
        assert_eq!(weighed(bare, Signer::Kept, Rule::Allowed), Severity::Critical, "unsigned");
    }
}
