//! What tokens of a campaign make a target ask for.
//!
//! Takes a number, gives each verifier a token whose header names an address that nobody else is told: the target and the
//! number stand in its path. Whoever asks there has been found out, however late, on whichever thread, and whatever it answered
//! (RFC 8725 §3.10). Never judges an answer; never listens itself.

use token_assay_model::report::ClassInfo;
use token_assay_model::{Answer, Case, CaseId, Finding, Input, Level, Outcome, Reference, Request, Severity};

use super::shared::Shared;
use super::target::Health;
use super::worker::{Worker, with_members};
use super::{FAMILY, Progress, cookies};
use crate::attacks::encrypted::EncryptedScene;
use crate::chance::Chance as _;
use crate::collect;
use crate::endpoint::{self, Fetch};
use crate::forge::json;
use crate::generate::recipe::{Part, Signer};
use crate::generate::sketch::Member;
use crate::generate::{Generator, Seeded, Sketch, Stage, Template};
use crate::reference;
use crate::run;

/// A token that names an address of its own.
struct Baited<'g> {
    stage: &'g Stage,
    input: Input,
    /// How it was made, where it is a signed one.
    sketch: Option<Sketch>,
    member: &'static str,
}

impl Worker {
    /// Shows each verifier the tokens of these numbers that name an address, and files whoever has asked there.
    pub(super) fn show_baited(
        &mut self,
        generators: [&Generator<'_>; 2],
        numbers: &[u64],
        shared: &Shared<'_>,
        counted: &mut Progress,
    ) {
        if shared.options.endpoint.is_none() {
            return;
        }
        for number in numbers.iter().filter(|number| number.is_multiple_of(EVERY)) {
            for index in 0..self.targets.len() {
                if !self.targets[index].is_alive() || !self.targets[index].reads_tokens() {
                    continue;
                }
                let Some(baited) = self.baited(index, generators, *number, shared) else { continue };
                let failed = self.targets[index].show_controls(std::iter::once(baited.stage));
                for (stage, observation) in failed {
                    self.control_failed(index, stage, &observation, shared);
                }
                if matches!(self.health(index, baited.stage), Some(Health::Sound | Health::Refuses)) {
                    let request = Request { input: &baited.input, policy: &baited.stage.policy };
                    counted.requests += self.targets[index].show(&[request]).len() as u64;
                }
            }
        }
        self.look_who_asked(generators, shared);
    }

    /// Files whoever has asked for an address that only a token of this campaign names.
    pub(super) fn look_who_asked(&mut self, generators: [&Generator<'_>; 2], shared: &Shared<'_>) {
        let Some(endpoint) = shared.options.endpoint else { return };
        for fetch in endpoint.take() {
            let Some((name, number)) = told_in(&fetch.path) else { continue };
            let Some(index) = self.targets.iter().position(|target| slug(&target.name) == name) else { continue };
            let Some(baited) = self.baited(index, generators, number, shared) else { continue };
            // What it answers is told beside; that it asked is known.
            let request = Request { input: &baited.input, policy: &baited.stage.policy };
            let Some(seen) = self.targets[index].show(&[request]).pop() else { continue };
            let name = self.targets[index].name.clone();
            let finding = baited.finding(&name, &fetch, seen.answer, seen.elapsed.as_micros());
            cookies::file(finding, info_of(baited.member), shared);
        }
    }

    fn baited<'g>(
        &self,
        index: usize,
        [fixed, real]: [&'g Generator<'_>; 2],
        number: u64,
        shared: &Shared<'_>,
    ) -> Option<Baited<'g>> {
        let target = &self.targets[index];
        let generator = if target.clocked { fixed } else { real };
        let mut chance = Seeded::new(shared.options.seed, number);
        let address = endpoint::url(&path(&target.name, number));
        let (member, listed) = *chance.pick(MEMBERS);
        let value = if listed { json::array([json::quote(&address)]) } else { json::quote(&address) };
        let obeys = |stage: &Stage| {
            let mut needs = stage.policy.needs().into_iter().chain(stage.needs.iter().copied());
            needs.all(|need| target.supports.contains(&need))
        };
        if target.decrypts() && chance.below(2) == 1 {
            let fits = |scene: &EncryptedScene<'_>| scene.policy.needs().iter().all(|n| target.supports.contains(n));
            let places: Vec<usize> =
                (0..generator.recipients().len()).filter(|n| fits(&generator.recipients()[*n])).collect();
            if !places.is_empty() {
                let place = generator.encrypted_at(*chance.pick(&places));
                let token = place.scene.with_header(|header| header.set(member, value.clone()));
                let input = Input::Token(token.compact());
                return Some(Baited { stage: place.stage, input, sketch: None, member });
            }
        }
        let settings = &generator.stock().settings;
        let from = chance.below(settings.len());
        let setting = settings.iter().cycle().skip(from).take(settings.len()).copied();
        let stages = setting.map(|setting| generator.stage(Template::Valid { setting, terms: 0 }));
        let stage = stages.into_iter().find(|stage| obeys(stage))?;
        let mut sketch = with_members(&stage.twin, Part::Header, |members| {
            members.push(Member { name: json::quote(member), value: value.clone() });
        });
        sketch.signer = if chance.below(2) == 0 { Signer::Attacker } else { Signer::Trusted };
        let input = Input::from_octets(sketch.token(stage, generator.forge()));
        Some(Baited { stage, input, sketch: Some(sketch), member })
    }
}

impl Baited<'_> {
    fn finding(&self, target: &str, fetch: &Fetch, observed: Answer, microseconds: u128) -> Finding {
        let judgement = run::judge_fetch(fetch, &fetch.path);
        let class = format!("{PREFIX}{}", self.member);
        let ruling = reference::rule(Request { input: &self.input, policy: &self.stage.policy });
        let case: Case = super::case(self.stage, &self.input, ruling);
        let id = CaseId::new(FAMILY, &class, &super::worker::variant(self.stage, &self.input));
        Finding {
            fingerprint: collect::fingerprint(
                judgement.oracle,
                &format!("{FAMILY}/{class}"),
                target,
                token_assay_model::Profile::Pinned,
            ),
            oracle: judgement.oracle,
            target: target.to_owned(),
            case: id.clone(),
            title: judgement.because.unwrap_or_default(),
            severity: Severity::High,
            level: Level::Must,
            profile: case.profile,
            outcome: Outcome::Fail,
            known: None,
            without_control: false,
            expected: case.expectation,
            observed,
            microseconds: microseconds.try_into().unwrap_or(u64::MAX),
            input: case.input,
            policy: case.policy,
            before: Vec::new(),
            twin: self.stage.control.valid.clone(),
            others: Vec::new(),
            cases: vec![id],
            recipe: self.sketch.as_ref().and_then(|sketch| serde_json::to_value(sketch).ok()),
        }
    }
}

/// The path that the token of this number names to this target.
fn path(target: &str, number: u64) -> String {
    format!("{}{OURS}{}/{number}", endpoint::WATCHED, slug(target))
}

/// For whom a path was made, and in which number's token.
fn told_in(path: &str) -> Option<(String, u64)> {
    let (name, number) = path.strip_prefix(endpoint::WATCHED)?.strip_prefix(OURS)?.split_once('/')?;
    // Some put a name of their own behind the address.
    let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((name.to_owned(), digits.parse().ok()?))
}

/// A target's name as a part of a path.
fn slug(target: &str) -> String {
    target.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

/// What reports say of one of these classes; none where it is not one.
pub fn info(class: &str) -> Option<ClassInfo> {
    let member = class.strip_prefix(PREFIX)?;
    MEMBERS.iter().find(|(known, _)| *known == member).map(|(known, _)| info_of(known))
}

fn info_of(member: &str) -> ClassInfo {
    ClassInfo {
        id: format!("{FAMILY}/{PREFIX}{member}"),
        title: format!("Verifying a token asked for an address that its header names in {member}."),
        construction: format!(
            "a token whose header names an address in {member}, signed by the trusted key or another"
        ),
        level: Level::Must,
        severity: Severity::High,
        references: ["RFC 8725 §3.10", "RFC 7515 §4.1.2", "CWE-918"].map(|text| Reference(text.to_owned())).into(),
        cwe: Some(918),
        mend: "Never ask for what a token names: use the configured keys, or a list of addresses that are allowed."
            .to_owned(),
    }
}

/// Members that point at something, and whether the address stands in an array.
const MEMBERS: &[(&str, bool)] =
    &[("jku", false), ("x5u", false), ("kid", false), ("jwk", false), ("x5c", true), ("jwks_uri", false)];

/// After how many numbers such a token has its turn.
const EVERY: u64 = 16;

/// How classes of fetches begin.
const PREFIX: &str = "fetch-";

/// How paths of campaigns begin, behind what is watched.
const OURS: &str = "campaign/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_for_whom_and_in_which_token_it_was_made() {
        assert_eq!(path("npm jose@6", 4096), "/fetch/campaign/npm-jose-6/4096");
        assert_eq!(told_in("/fetch/campaign/npm-jose-6/4096"), Some(("npm-jose-6".to_owned(), 4096)));
        assert_eq!(told_in("/fetch/campaign/a/16/.well-known/jwks.json"), Some(("a".to_owned(), 16)));
        for other in ["/fetch/key-injection", "/keys/campaign/a/1", "", "/fetch/campaign/a", "/fetch/campaign/a/x"] {
            assert_eq!(told_in(other), None, "{other}");
        }
        let all: Vec<_> = MEMBERS.iter().map(|(member, _)| info(&format!("{PREFIX}{member}")).unwrap()).collect();
        assert!(all.iter().all(|info| info.cwe == Some(918)));
        assert!(info("fetch-nothing").is_none() && info("jwe-content-tag-cut").is_none());
    }
}
