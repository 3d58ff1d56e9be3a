//! A key as people keep it in a file. Takes the text, a JWK or PEM (PKCS #8 with the private half, SubjectPublicKeyInfo with the
//! public one), gives the members of a JWK, and from those the public half as PEM. Never asks whether the numbers make a key.

use pkcs8::der::Decode as _;
use serde_json::{Map, Value};

use super::raw::{BigUint, Curve};
use super::{base64url, der};

/// The members of the key's JWK, private ones among them where the file has them.
pub(super) fn members(text: &str) -> Result<Map<String, Value>, String> {
    let text = text.trim();
    if text.starts_with('{') {
        return match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Ok(members),
            Ok(_) => Err("it is no JSON object".to_owned()),
            Err(error) => Err(format!("it is no JWK: {error}")),
        };
    }
    let label = text.lines().find_map(|line| line.trim().strip_prefix("-----BEGIN ")?.strip_suffix("-----"));
    let octets = super::keys::pem_body(text).ok_or("it is neither a JWK nor PEM")?;
    let read = match label {
        Some("PRIVATE KEY") => private(&octets),
        Some("PUBLIC KEY") => public(&octets),
        Some(label) => {
            return Err(format!(
                "it is a PEM of the kind {label}: `openssl pkcs8 -topk8 -nocrypt` makes PKCS #8 of it"
            ));
        }
        None => return Err("it is neither a JWK nor PEM".to_owned()),
    };
    read.ok_or_else(|| "it holds no RSA, EC or Ed25519 key that can be read".to_owned())
}

/// The public half of a JWK as PEM.
pub(super) fn public_pem(jwk: &Map<String, Value>) -> Option<String> {
    let octets = |name: &str| base64url::decode(jwk.get(name)?.as_str()?);
    let number = |name: &str| octets(name).map(|octets| BigUint::from_bytes_be(&octets));
    let der = match jwk.get("kty")?.as_str()? {
        "RSA" => der::rsa_spki(&number("n")?, &number("e")?),
        "EC" => der::ec_spki(curve(jwk)?, &[&[4][..], &octets("x")?, &octets("y")?].concat()),
        "OKP" if jwk.get("crv")? == "Ed25519" => der::ed25519_spki(&octets("x")?),
        _ => return None,
    };
    Some(der::public_pem(&der))
}

fn curve(jwk: &Map<String, Value>) -> Option<Curve> {
    let crv = jwk.get("crv")?.as_str()?;
    CURVES.into_iter().find(|curve| curve.crv() == crv)
}

fn private(octets: &[u8]) -> Option<Map<String, Value>> {
    let info = pkcs8::PrivateKeyInfo::try_from(octets).ok()?;
    match info.algorithm.oid.to_string().as_str() {
        RSA => {
            let key = pkcs1::RsaPrivateKey::from_der(info.private_key).ok()?;
            let numbers = [
                ("n", key.modulus),
                ("e", key.public_exponent),
                ("d", key.private_exponent),
                ("p", key.prime1),
                ("q", key.prime2),
                ("dp", key.exponent1),
                ("dq", key.exponent2),
                ("qi", key.coefficient),
            ];
            Some(jwk("RSA", &numbers.map(|(name, number)| (name, number.as_bytes().to_vec()))))
        }
        EC => {
            let curve = named(&info.algorithm)?;
            // ECPrivateKey (RFC 5915 §3): a version, then the scalar; what may follow is not needed.
            let sequence = pkcs8::der::AnyRef::from_der(info.private_key).ok()?;
            let scalar = sequence.value().strip_prefix(&[2, 1, 1, 4])?;
            let scalar = scalar.get(1..1 + usize::from(*scalar.first()?))?;
            let point = curve.sum(&[(&BigUint::from_bytes_be(scalar), None)])?;
            let mut jwk = on_curve(curve, &point)?;
            jwk.insert("d".to_owned(), base64url::encode(scalar).into());
            Some(jwk)
        }
        ED25519 => {
            let seed: [u8; 32] = info.private_key.strip_prefix(&[4, 32])?.try_into().ok()?;
            let public = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key().to_bytes();
            Some(of_ed25519(&[("x", public.to_vec()), ("d", seed.to_vec())]))
        }
        _ => None,
    }
}

fn public(octets: &[u8]) -> Option<Map<String, Value>> {
    let info = spki::SubjectPublicKeyInfoRef::try_from(octets).ok()?;
    let key = info.subject_public_key.as_bytes()?;
    match info.algorithm.oid.to_string().as_str() {
        RSA => {
            let key = pkcs1::RsaPublicKey::from_der(key).ok()?;
            let numbers = [("n", key.modulus), ("e", key.public_exponent)];
            Some(jwk("RSA", &numbers.map(|(name, number)| (name, number.as_bytes().to_vec()))))
        }
        EC => on_curve(named(&info.algorithm)?, key),
        ED25519 => Some(of_ed25519(&[("x", key.to_vec())])),
        _ => None,
    }
}

fn named(algorithm: &spki::AlgorithmIdentifierRef<'_>) -> Option<Curve> {
    let name = algorithm.parameters_oid().ok()?;
    CURVES.into_iter().find(|curve| curve.identifier().get(2..) == Some(name.as_bytes()))
}

fn on_curve(curve: Curve, point: &[u8]) -> Option<Map<String, Value>> {
    let width = curve.width();
    let coordinates = point.strip_prefix(&[4]).filter(|rest| rest.len() == 2 * width)?;
    let mut members = jwk("EC", &[("x", coordinates[..width].to_vec()), ("y", coordinates[width..].to_vec())]);
    members.insert("crv".to_owned(), curve.crv().into());
    Some(members)
}

fn of_ed25519(members: &[(&str, Vec<u8>)]) -> Map<String, Value> {
    let mut jwk = jwk("OKP", members);
    jwk.insert("crv".to_owned(), "Ed25519".into());
    jwk
}

fn jwk(kty: &str, members: &[(&str, Vec<u8>)]) -> Map<String, Value> {
    let members = members.iter().map(|(name, octets)| ((*name).to_owned(), base64url::encode(octets).into()));
    members.chain([("kty".to_owned(), kty.into())]).collect()
}

const CURVES: [Curve; 4] = [Curve::P256, Curve::P384, Curve::P521, Curve::K256];
const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";
const ED25519: &str = "1.3.101.112";

#[cfg(test)]
mod tests {
    use super::super::{Keyring, TestKey};

    /// Every private key of the corpus that has a PEM, and its public PEM.
    #[test]
    fn a_key_of_a_file_is_the_one_that_was_written() {
        let mut tried = 0;
        for key in Keyring::corpus().all().filter(|key| !key.name.contains("attacker")) {
            let Some((private, public)) = key.private_pem.as_ref().zip(key.pem.as_ref()) else { continue };
            let Ok(read) = TestKey::from_text(&key.name, private) else { continue };
            assert_eq!(read.pem.as_ref(), Some(public), "{}", key.name);
            let public = TestKey::from_text(&key.name, public).unwrap();
            for member in ["kty", "crv", "n", "e", "x", "y"] {
                assert_eq!(read.jwk().get(member), key.jwk().get(member), "{} {member}", key.name);
                assert_eq!(public.jwk().get(member), key.jwk().get(member), "{} {member}", key.name);
            }
            assert!(read.can_sign() && !public.can_sign());
            let of_jwk = TestKey::from_text(&key.name, &read.private_jwk().to_string()).unwrap();
            assert_eq!(of_jwk.pem, read.pem);
            tried += 1;
        }
        assert!(tried >= 3, "only {tried} keys were tried");
        assert!(TestKey::from_text("x", "-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----").is_err());
        assert!(TestKey::from_text("x", "hunter2").is_err());
    }
}
