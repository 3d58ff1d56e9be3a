//! A header and a payload of the engine's making, genuinely signed.
//!
//! Takes the engine's octets as a recipe. What the reference verifier accepts is JSON that `serde_json` reads in the same
//! way, and it reads whatever `serde_json` reads.

use std::sync::LazyLock;

use arbitrary::{Arbitrary, Unstructured};
use token_assay::attacks::scene::{Scene, Setting};
use token_assay::forge::{Forge, Hash, NOW, json};
use token_assay::model::{Algorithm, Claims, Input, Profile, Request};
use token_assay::reference::{self, Ruling, json::Json};

use crate::dictionary::Dictionary;
use crate::{Target, seeds};

/// The target.
pub const TARGET: Target =
    Target { name: "signed", run, longest: 4096, seeds: seeds::recipes, dictionary: Dictionary::of_json };

/// Shows one input.
pub fn run(data: &[u8]) {
    let Ok(recipe) = Recipe::arbitrary(&mut Unstructured::new(data)) else { return };
    if let Ruling::Accept(claims) = rule(&recipe) {
        let read = Claims::parse(recipe.payload().as_bytes()).expect("what was accepted is JSON");
        assert!(claims.same_as(&read), "{claims:?} and {read:?}");
    }
    let parsed = Json::parse(recipe.payload().as_bytes());
    let other: Result<serde_json::Value, _> = serde_json::from_str(&recipe.payload());
    assert!(parsed.is_ok() || other.is_err(), "serde_json reads what the reference does not: {}", recipe.payload());
}

fn rule(recipe: &Recipe) -> Ruling {
    let scene = Scene::new(&FORGE, Setting { profile: Profile::Pinned, algorithm: Algorithm::Hs256 });
    let secret = scene.key.octets().expect("HS256 has a secret");
    let token = FORGE.mac_with(recipe.header(), recipe.payload(), secret, Hash::Sha256);
    reference::rule(Request { input: &Input::Token(token.compact()), policy: &scene.policy })
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

static FORGE: LazyLock<Forge> = LazyLock::new(|| Forge::new(NOW));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_tokens_reach_acceptance() {
        let recipe = Recipe {
            algorithm: Name::Hs256,
            header: Vec::new(),
            claims: vec![(Name::Exp, Value::FromNow(60))],
            tail: String::new(),
        };
        assert!(matches!(rule(&recipe), Ruling::Accept(_)));
    }
}
