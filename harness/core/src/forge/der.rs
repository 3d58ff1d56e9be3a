//! DER as it should be (X.690 §10), and a length that is whatever one says.
//!
//! Takes tags and contents, gives octets: what the malformed ones are bent away from, and keys that no library writes.

use super::raw::{BigUint, Curve};

/// Tag, shortest length, content.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag], length(content.len()).as_slice(), content].concat()
}

/// A length in as few octets as it needs.
pub fn length(length: usize) -> Vec<u8> {
    let octets: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
    match octets[..] {
        [] => vec![0],
        [short] if short < 0x80 => vec![short],
        _ => [&[0x80 | octets.len().to_le_bytes()[0]], octets.as_slice()].concat(),
    }
}

/// SEQUENCE.
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// INTEGER, which has a zero in front where it would be read as negative.
pub fn integer(number: &BigUint) -> Vec<u8> {
    let octets = number.to_bytes_be();
    let sign: &[u8] = if octets[0] & 0x80 != 0 { &[0] } else { &[] };
    tlv(2, &[sign, &octets].concat())
}

/// ECDSA-Sig-Value (RFC 3279 §2.2.3).
pub fn ecdsa_signature(r: &BigUint, s: &BigUint) -> Vec<u8> {
    sequence(&[&integer(r), &integer(s)])
}

/// SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): the algorithm's content and the key's octets.
pub fn spki(algorithm: &[&[u8]], key: &[u8]) -> Vec<u8> {
    sequence(&[&sequence(algorithm), &tlv(3, &[&[0], key].concat())])
}

/// An RSA key, as any RSA key.
pub fn rsa_spki(n: &BigUint, e: &BigUint) -> Vec<u8> {
    spki(&[RSA_ENCRYPTION, &[5, 0]], &rsa_key(n, e))
}

/// An RSA key that its owner limits to RSASSA-PSS with this SHA-2: the last arc of the hash's identifier, and its width (RFC
/// 4055 §3.1).
pub fn rsa_pss_spki(n: &BigUint, e: &BigUint, arc: u8, width: u8) -> Vec<u8> {
    let hash = sequence(&[SHA_2, &[arc], &[5, 0]]);
    let mask = sequence(&[MGF1, &hash]);
    let parameters = [tlv(0xa0, &hash), tlv(0xa1, &mask), tlv(0xa2, &[2, 1, width])];
    spki(&[RSASSA_PSS, &sequence(&[&parameters[0], &parameters[1], &parameters[2]])], &rsa_key(n, e))
}

/// An elliptic-curve key by its curve's name (RFC 5480 §2.1.1).
pub fn ec_spki(curve: Curve, point: &[u8]) -> Vec<u8> {
    spki(&[EC_PUBLIC_KEY, curve.identifier()], point)
}

/// An elliptic-curve key that brings its curve, with this generator (RFC 3279 §2.3.5; RFC 5480 §2.1.1 forbids it).
pub fn ec_explicit_spki(curve: Curve, generator: &[u8], point: &[u8]) -> Vec<u8> {
    let field = sequence(&[PRIME_FIELD, &integer(&curve.prime())]);
    let [a, b] = curve.coefficients().map(|number| tlv(4, &super::raw::fixed(&number, curve.width())));
    let [version, order, cofactor] = [BigUint::from(1_u8), curve.order(), BigUint::from(1_u8)].map(|n| integer(&n));
    let equation = sequence(&[&a, &b]);
    spki(&[EC_PUBLIC_KEY, &sequence(&[&version, &field, &equation, &tlv(4, generator), &order, &cofactor])], point)
}

/// An Ed25519 key (RFC 8410 §4).
pub fn ed25519_spki(x: &[u8]) -> Vec<u8> {
    spki(&[&[6, 3, 0x2b, 0x65, 0x70]], x)
}

/// PEM text around DER (RFC 7468 §3).
pub fn public_pem(der: &[u8]) -> String {
    let text = super::base64url::encode_standard(der);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

fn rsa_key(n: &BigUint, e: &BigUint) -> Vec<u8> {
    sequence(&[&integer(n), &integer(e)])
}

/// The arc of NIST's hashes, tag and length for one more octet.
const SHA_2: &[u8] = &[6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2];
const RSA_ENCRYPTION: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const MGF1: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
const RSASSA_PSS: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0a];
const EC_PUBLIC_KEY: &[u8] = &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const PRIME_FIELD: &[u8] = &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 1, 1];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::Keyring;

    #[test]
    fn keys_are_written_as_the_corpus_holds_them() {
        let keyring = Keyring::corpus();
        let number = |name: &str, member: &str| BigUint::from_bytes_be(&keyring.key(name).jwk_octets(member).unwrap());
        assert_eq!(Some(rsa_spki(&number("rsa", "n"), &number("rsa", "e"))), keyring.key("rsa").spki_der());
        for (name, curve) in
            [("p256", Curve::P256), ("p384", Curve::P384), ("p521", Curve::P521), ("k256", Curve::K256)]
        {
            let key = keyring.key(name);
            let point = [&[4], key.jwk_octets("x").unwrap().as_slice(), &key.jwk_octets("y").unwrap()].concat();
            assert_eq!(Some(ec_spki(curve, &point)), key.spki_der());
            assert_eq!(Some(public_pem(&ec_spki(curve, &point))), key.pem);
        }
        let key = keyring.key("ed25519");
        assert_eq!(Some(ed25519_spki(&key.jwk_octets("x").unwrap())), key.spki_der());
    }

    #[test]
    fn lengths_are_as_short_as_they_can_be() {
        assert_eq!(length(0), [0]);
        assert_eq!(length(127), [127]);
        assert_eq!(length(128), [0x81, 128]);
        assert_eq!(length(256), [0x82, 1, 0]);
    }
}
