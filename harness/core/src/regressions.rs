//! Findings that are kept, and shown again in every run.
//!
//! Takes the JSON of a [`Finding`] (`assay replay --save-regression` writes it), gives a [`Case`] with exactly those bytes,
//! in the family `regression`. Never forges: what is kept is what was sent.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use token_assay_model::deep;
use token_assay_model::report::ClassInfo;
use token_assay_model::{Case, CaseId, Claims, Control, Feature, Finding, Input};

use crate::weigh::has_plain_twin;

/// A finding under the name that it was kept by.
#[derive(Debug, Clone)]
pub struct Regression {
    name: String,
    finding: Finding,
}

impl Regression {
    /// Reads a finding's JSON.
    ///
    /// # Errors
    ///
    /// Where it is none, or its twin is no token whose payload can be read.
    pub fn read(name: &str, json: &[u8]) -> Result<Self, String> {
        let finding: Finding = deep::read(json).map_err(|error| error.to_string())?;
        let regression = Self { name: name.to_owned(), finding };
        regression.control().ok_or("its twin is no token that can be read")?;
        Ok(regression)
    }

    /// The case; it keeps its dates, so that a target must obey a clock to be shown it.
    pub fn case(&self) -> Case {
        let finding = &self.finding;
        Case {
            id: CaseId::new(FAMILY, &self.name, &finding.case.as_str().replace('/', "-")),
            input: finding.input.clone(),
            policy: Arc::clone(&finding.policy),
            profile: finding.profile,
            expectation: finding.expected.clone(),
            level: finding.level,
            severity: finding.severity,
            needs: if finding.policy.now.is_some() { vec![Feature::Clock.into()] } else { Vec::new() },
            control: self.control().expect("it was read when the regression was").into(),
            withheld: Vec::new(),
            plain: has_plain_twin(finding).then(|| finding.twin.clone()),
            before: finding.before.clone(),
        }
    }

    /// What reports say of it.
    pub fn info(&self) -> ClassInfo {
        ClassInfo {
            id: format!("{FAMILY}/{}", self.name),
            title: self.finding.title.clone(),
            construction: format!("the bytes of finding {}, {}", self.finding.fingerprint, self.finding.case),
            level: self.finding.level,
            severity: self.finding.severity,
            references: Vec::new(),
            cwe: None,
            mend: format!("See `assay explain {}`.", self.finding.case),
        }
    }

    /// The twin, and a copy whose claims are altered under the old signature. No key is at hand to sign a permuted one. Of
    /// cookies the twin alone: what it holds is not kept, so that accepting it is all that is asked.
    fn control(&self) -> Option<Control> {
        if let Input::Cookie(_) = self.finding.twin {
            let twin = self.finding.twin.clone();
            return Some(Control {
                policy: Arc::clone(&self.finding.policy),
                claims: Claims::default(),
                tampered: twin.clone(),
                permuted: twin.clone(),
                valid: twin,
            });
        }
        let twin = self.finding.twin.text()?;
        let [header, payload, signature] = twin.split('.').collect::<Vec<_>>()[..] else { return None };
        let claims = Claims::parse(&URL_SAFE_NO_PAD.decode(payload).ok()?)?;
        let mut altered = claims.0.clone();
        altered.insert("admin".to_owned(), true.into());
        let altered = URL_SAFE_NO_PAD.encode(serde_json::Value::Object(altered).to_string());
        Some(Control {
            policy: Arc::clone(&self.finding.policy),
            valid: self.finding.twin.clone(),
            claims,
            tampered: Input::Token(format!("{header}.{altered}.{signature}")),
            permuted: self.finding.twin.clone(),
        })
    }
}

/// Those of the corpus.
///
/// # Panics
///
/// Where a file of the corpus is no finding; a test reads them all.
pub fn embedded() -> Vec<Regression> {
    let read = |(path, octets): (&'static str, &[u8])| {
        let name = path.strip_prefix("regressions/")?.strip_suffix(".json")?;
        Some(Regression::read(name, octets).unwrap_or_else(|error| panic!("{path}: {error}")))
    };
    token_assay_corpus::files("regressions/").filter_map(read).collect()
}

/// The first part of their ids.
pub const FAMILY: &str = "regression";
