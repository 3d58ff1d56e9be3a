//! The bodies of the fuzz targets.
//!
//! Each takes the engine's octets and panics where something that must hold does not. They run on stable too: every body
//! has a test that shows it some inputs.

use std::sync::LazyLock;

use arbitrary::{Arbitrary, Unstructured};
use token_assay::attacks::scene::{Scene, Setting};
use token_assay::forge::{Forge, Hash, NOW, json};
use token_assay::model::{Algorithm, Claims, Input, Profile, Request};
use token_assay::reference::{self, Ruling, json::Json};

static FORGE: LazyLock<Forge> = LazyLock::new(|| Forge::new(NOW));

/// Raw octets as a token: the reference verifier answers, always in the same way, and never accepts what it was not given
/// the key to sign.
pub fn octets(data: &[u8]) {
    let scene = Scene::new(&FORGE, Setting { profile: Profile::Pinned, algorithm: Algorithm::Hs256 });
    let input = Input::from_octets(data.to_vec());
    let ruling = rule(&scene, &input);
    assert_eq!(ruling, rule(&scene, &input), "two rulings of one token");
    assert!(matches!(ruling, Ruling::Reject(_)), "a token that nobody signed was accepted");
}

/// A header and a payload of the engine's making, genuinely signed: what the reference verifier accepts is JSON that
/// `serde_json` reads in the same way.
pub fn signed(data: &[u8]) {
    let Ok(recipe) = Recipe::arbitrary(&mut Unstructured::new(data)) else { return };
    let scene = Scene::new(&FORGE, Setting { profile: Profile::Pinned, algorithm: Algorithm::Hs256 });
    let secret = scene.key.octets().expect("HS256 has a secret");
    let token = FORGE.mac_with(recipe.header(), recipe.payload(), secret, Hash::Sha256);
    if let Ruling::Accept(claims) = rule(&scene, &Input::Token(token.compact())) {
        let read = Claims::parse(recipe.payload().as_bytes()).expect("what was accepted is JSON");
        assert!(claims.same_as(&read), "{claims:?} and {read:?}");
    }
    let parsed = Json::parse(recipe.payload().as_bytes());
    let other: Result<serde_json::Value, _> = serde_json::from_str(&recipe.payload());
    assert!(parsed.is_ok() || other.is_err(), "serde_json reads what the reference does not: {}", recipe.payload());
}

/// Shows files, or an empty input where none is named.
pub fn show_files(body: fn(&[u8])) {
    let files: Vec<_> = std::env::args_os().skip(1).collect();
    if files.is_empty() {
        body(&[]);
    }
    for file in files {
        match std::fs::read(&file) {
            Ok(octets) => body(&octets),
            Err(error) => eprintln!("{}: {error}", file.display()),
        }
    }
}

fn rule(scene: &Scene<'_>, input: &Input) -> Ruling {
    reference::rule(Request { input, policy: &scene.policy })
}

/// What a token says.
#[derive(Debug, Arbitrary)]
struct Recipe {
    algorithm: Name,
    header: Vec<(Name, Value)>,
    claims: Vec<(Name, Value)>,
    tail: String,
}

#[derive(Debug, Arbitrary)]
enum Name {
    Alg,
    Typ,
    Kid,
    Crit,
    Exp,
    Nbf,
    Iat,
    Iss,
    Aud,
    Sub,
    Hs256,
    Other(String),
}

#[derive(Debug, Arbitrary)]
enum Value {
    Null,
    Number(i64),
    Float(f64),
    FromNow(i16),
    Text(Name),
    List(Vec<Name>),
    Raw(String),
}

impl Recipe {
    fn header(&self) -> String {
        let header = json::Object::new().set("alg", json::quote(self.algorithm.text()));
        self.header.iter().fold(header, |header, (name, value)| header.append(name.text(), value.json())).text()
    }

    fn payload(&self) -> String {
        let claims = self
            .claims
            .iter()
            .fold(json::Object::new(), |claims, (name, value)| claims.append(name.text(), value.json()));
        claims.text() + &self.tail
    }
}

impl Name {
    fn text(&self) -> &str {
        match self {
            Self::Alg => "alg",
            Self::Typ => "typ",
            Self::Kid => "kid",
            Self::Crit => "crit",
            Self::Exp => "exp",
            Self::Nbf => "nbf",
            Self::Iat => "iat",
            Self::Iss => "iss",
            Self::Aud => "aud",
            Self::Sub => "sub",
            Self::Hs256 => "HS256",
            Self::Other(text) => text,
        }
    }
}

impl Value {
    fn json(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Float(number) => number.to_string(),
            Self::FromNow(seconds) => (NOW + i64::from(*seconds)).to_string(),
            Self::Text(name) => json::quote(name.text()),
            Self::List(names) => json::array(names.iter().map(|name| json::quote(name.text()))),
            Self::Raw(text) => text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_body_runs_on_stable() {
        let mut noise = 0x2545_f491_4f6c_dd1d_u64;
        for length in 0..400 {
            let mut octet = || {
                noise ^= noise << 13;
                noise ^= noise >> 7;
                noise ^= noise << 17;
                noise.to_le_bytes()[0]
            };
            let data: Vec<u8> = (0..length).map(|_| octet()).collect();
            octets(&data);
            signed(&data);
        }
    }

    #[test]
    fn generated_tokens_reach_acceptance() {
        let recipe = Recipe {
            algorithm: Name::Hs256,
            header: Vec::new(),
            claims: vec![(Name::Exp, Value::FromNow(60))],
            tail: String::new(),
        };
        let scene = Scene::new(&FORGE, Setting { profile: Profile::Pinned, algorithm: Algorithm::Hs256 });
        let secret = scene.key.octets().expect("HS256 has a secret");
        let token = FORGE.mac_with(recipe.header(), recipe.payload(), secret, Hash::Sha256);
        assert!(matches!(rule(&scene, &Input::Token(token.compact())), Ruling::Accept(_)));
    }
}
