//! Signature mathematics with every number given.
//!
//! Takes the numbers that a correct signer would compute or draw itself (nonces, scalars, points, encoded messages), gives
//! signatures and keys. Points and large numbers are those of published crates. Never asks whether what it makes is valid.

use curve25519_dalek::{EdwardsPoint, Scalar as EdwardsScalar};
use p256::elliptic_curve as ec;
use p256::elliptic_curve::PrimeField as _;
use p256::elliptic_curve::group::Group as _;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use rsa::traits::PublicKeyParts as _;
use sha2::Digest as _;
use token_assay_model::Algorithm;

pub use rsa::BigUint;

use super::keys::{Secret, TestKey};
use super::sign::{Hash, digest, mgf1};

/// A curve of ECDSA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Curve {
    /// P-256.
    P256,
    /// P-384.
    P384,
    /// P-521.
    P521,
    /// secp256k1.
    K256,
}

impl Curve {
    /// The curve of an algorithm.
    pub fn of(algorithm: Algorithm) -> Option<Self> {
        Some(match algorithm {
            Algorithm::Es256 => Self::P256,
            Algorithm::Es384 => Self::P384,
            Algorithm::Es512 => Self::P521,
            Algorithm::Es256k => Self::K256,
            _ => return None,
        })
    }

    /// The width of a coordinate, of r and of s, in octets (RFC 7518 §3.4).
    pub fn width(self) -> usize {
        match self {
            Self::P256 | Self::K256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// The name in a JWK.
    pub fn crv(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::K256 => "secp256k1",
        }
    }

    /// Its object identifier, in DER.
    pub fn identifier(self) -> &'static [u8] {
        match self {
            Self::P256 => &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7],
            Self::P384 => &[6, 5, 0x2b, 0x81, 4, 0, 0x22],
            Self::P521 => &[6, 5, 0x2b, 0x81, 4, 0, 0x23],
            Self::K256 => &[6, 5, 0x2b, 0x81, 4, 0, 0x0a],
        }
    }

    /// n, the order of the base point (SP 800-186 §3.2.1, SEC 2 §2.4.1).
    pub fn order(self) -> BigUint {
        number(match self {
            Self::P256 => "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
            Self::P384 => {
                "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"
            }
            Self::P521 => {
                "1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d\
                 03bb5c9b8899c47aebb6fb71e91386409"
            }
            Self::K256 => "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        })
    }

    /// p, the order of its field.
    pub fn prime(self) -> BigUint {
        number(match self {
            Self::P256 => "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
            Self::P384 => {
                "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff"
            }
            Self::P521 => return (BigUint::from(1_u8) << 521) - 1_u8,
            Self::K256 => "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
        })
    }

    /// a and b of its equation y² = x³ + ax + b.
    pub fn coefficients(self) -> [BigUint; 2] {
        let b = match self {
            Self::P256 => "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
            Self::P384 => {
                "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef"
            }
            Self::P521 => {
                "51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf07\
                 3573df883d2c34f1ef451fd46b503f00"
            }
            Self::K256 => return [BigUint::from(0_u8), BigUint::from(7_u8)],
        };
        [self.prime() - 3_u8, number(b)]
    }

    /// What ECDSA signs of a message: its hash as a number. No hash here is wider than its curve's order.
    pub fn hashed(self, message: &[u8]) -> BigUint {
        let hash = match self {
            Self::P256 | Self::K256 => Hash::Sha256,
            Self::P384 => Hash::Sha384,
            Self::P521 => Hash::Sha512,
        };
        BigUint::from_bytes_be(&digest(hash, message))
    }

    /// The sum of multiples of points, uncompressed; of the base point where none is given. Nothing where it is the point at
    /// infinity, or where a point is none of the curve.
    pub fn sum(self, terms: &[(&BigUint, Option<&[u8]>)]) -> Option<Vec<u8>> {
        match self {
            Self::P256 => sum::<p256::NistP256>(terms, &self.order()),
            Self::P384 => sum::<p384::NistP384>(terms, &self.order()),
            Self::P521 => sum::<p521::NistP521>(terms, &self.order()),
            Self::K256 => sum::<k256::Secp256k1>(terms, &self.order()),
        }
    }

    /// 1/number modulo the order.
    ///
    /// # Panics
    ///
    /// Where the number is a multiple of the order.
    pub fn inverse(self, number: &BigUint) -> BigUint {
        let order = self.order();
        number.modpow(&(&order - 2_u8), &order)
    }

    /// r and s of ECDSA (FIPS 186-5 §6.4.1) under this private scalar, which may be 0, with this nonce.
    ///
    /// # Panics
    ///
    /// Where the nonce is a multiple of the order.
    pub fn sign(self, secret: &BigUint, nonce: &BigUint, message: &[u8]) -> [BigUint; 2] {
        let point = self.sum(&[(nonce, None)]).expect("a nonce is not 0");
        self.sign_at(&point, secret, nonce, message)
    }

    /// The same where the nonce's point is this one: that of another base point.
    pub fn sign_at(self, point: &[u8], secret: &BigUint, nonce: &BigUint, message: &[u8]) -> [BigUint; 2] {
        let r = self.x(point) % self.order();
        let s = self.second(&r, &self.inverse(nonce), secret, message);
        [r, s]
    }

    /// s for this r and 1/nonce: for many messages under one nonce.
    pub fn second(self, r: &BigUint, inverse: &BigUint, secret: &BigUint, message: &[u8]) -> BigUint {
        inverse * (self.hashed(message) + r * secret) % self.order()
    }

    /// The public key of which r and s are the signature over this message: r is the least x of a point from `r` on.
    pub fn key_for(self, r: u8, s: &BigUint, message: &[u8]) -> (BigUint, Vec<u8>) {
        let order = self.order();
        let (point, r) = (r..=u8::MAX)
            .map(BigUint::from)
            .find_map(|x| {
                let compressed = [&[2], fixed(&x, self.width()).as_slice()].concat();
                Some((self.sum(&[(&BigUint::from(1_u8), Some(&compressed))])?, x))
            })
            .expect("every second x is that of a point");
        let inverse = self.inverse(&r);
        let of_base = &order - self.hashed(message) * &inverse % &order;
        let of_point = s * &inverse % &order;
        let key = self.sum(&[(&of_base, None), (&of_point, Some(&point))]).expect("a hash is not that unlucky");
        (r, key)
    }

    /// The first coordinate of an uncompressed point.
    pub fn x(self, point: &[u8]) -> BigUint {
        BigUint::from_bytes_be(&point[1..=self.width()])
    }

    /// r and s as RFC 7518 §3.4 joins them.
    pub fn joined(self, r: &BigUint, s: &BigUint) -> Vec<u8> {
        [fixed(r, self.width()), fixed(s, self.width())].concat()
    }

    /// The two numbers of a signature of the right width.
    pub fn split(self, signature: &[u8]) -> [BigUint; 2] {
        let (r, s) = signature.split_at(self.width().min(signature.len()));
        [BigUint::from_bytes_be(r), BigUint::from_bytes_be(s)]
    }
}

fn sum<C>(terms: &[(&BigUint, Option<&[u8]>)], order: &BigUint) -> Option<Vec<u8>>
where
    C: ec::CurveArithmetic,
    ec::FieldBytesSize<C>: ec::sec1::ModulusSize,
    ec::AffinePoint<C>: ec::sec1::FromSec1Point<C> + ec::sec1::ToSec1Point<C>,
{
    let mut sum = ec::ProjectivePoint::<C>::identity();
    for (factor, point) in terms {
        let mut octets = ec::FieldBytes::<C>::default();
        let width = octets.len();
        octets.copy_from_slice(&fixed(&(*factor % order), width));
        let factor = Option::<ec::Scalar<C>>::from(ec::Scalar::<C>::from_repr(octets))?;
        let point = match point {
            Some(point) => ec::PublicKey::<C>::from_sec1_bytes(point).ok()?.to_projective(),
            None => ec::ProjectivePoint::<C>::generator(),
        };
        sum += point * factor;
    }
    let sum = ec::PublicKey::<C>::from_affine(sum.into()).ok()?;
    Some(sum.to_sec1_point(false).as_bytes().to_vec())
}

/// The private half of an Ed25519 key, in the parts that RFC 8032 §5.1.5 makes of it.
#[derive(Clone)]
pub struct EdwardsKey {
    /// a.
    pub scalar: EdwardsScalar,
    /// The octets of A.
    pub public: [u8; 32],
    prefix: [u8; 32],
}

impl EdwardsKey {
    /// The parts of a test key; nothing where it is none of Ed25519.
    pub fn of(key: &TestKey) -> Option<Self> {
        let Secret::Ed25519(secret) = key.secret() else { return None };
        let hashed: [u8; 64] = sha2::Sha512::digest(secret.to_bytes()).into();
        let (scalar, prefix) = hashed.split_first_chunk::<32>()?;
        let scalar = EdwardsScalar::from_bytes_mod_order(curve25519_dalek::scalar::clamp_integer(*scalar));
        Some(Self { scalar, public: secret.verifying_key().to_bytes(), prefix: prefix.try_into().ok()? })
    }

    /// The nonce of RFC 8032 §5.1.6 step 2.
    pub fn nonce(&self, domain: &[u8], message: &[u8]) -> EdwardsScalar {
        wide(&[domain, &self.prefix, message])
    }

    /// R and S where R is `nonce` times the base point and something more, written like this.
    pub fn sign_at(&self, r: [u8; 32], nonce: EdwardsScalar, domain: &[u8], message: &[u8]) -> Vec<u8> {
        let s = nonce + challenge(domain, &r, &self.public, message) * self.scalar;
        [r, s.to_bytes()].concat()
    }

    /// The signature under a domain (RFC 8032 §2): none for Ed25519 itself.
    pub fn sign(&self, domain: &[u8], message: &[u8]) -> Vec<u8> {
        let nonce = self.nonce(domain, message);
        self.sign_at(EdwardsPoint::mul_base(&nonce).compress().to_bytes(), nonce, domain, message)
    }
}

/// k of RFC 8032 §5.1.7 step 2.
pub fn challenge(domain: &[u8], r: &[u8], a: &[u8], message: &[u8]) -> EdwardsScalar {
    wide(&[domain, r, a, message])
}

/// dom2 of RFC 8032 §2.
pub fn domain(prehashed: bool, context: &str) -> Vec<u8> {
    let length = u8::try_from(context.len()).expect("a context has fewer than 256 octets");
    [b"SigEd25519 no Ed25519 collisions".as_slice(), &[prehashed.into(), length], context.as_bytes()].concat()
}

fn wide(parts: &[&[u8]]) -> EdwardsScalar {
    let mut hasher = sha2::Sha512::new();
    parts.iter().for_each(|part| hasher.update(part));
    EdwardsScalar::from_bytes_mod_order_wide(&hasher.finalize().into())
}

/// EMSA-PSS (RFC 8017 §9.1.1) with all that is usually fixed.
#[derive(Debug, Clone)]
pub struct Pss {
    /// The hash of the message.
    pub hash: Hash,
    /// The hash of MGF1.
    pub mask: Hash,
    /// The salt.
    pub salt: Vec<u8>,
    /// The bits of the encoded message: one fewer than the modulus has.
    pub bits: usize,
}

impl Pss {
    /// The encoded message, DB bent before it is masked and H before it masks.
    pub fn encode(&self, message: &[u8], bend: impl FnOnce(&mut Vec<u8>, &mut Vec<u8>)) -> Vec<u8> {
        let width = self.bits.div_ceil(8);
        let hashed = digest(self.hash, message);
        let mut h = digest(self.hash, &[&[0; 8], hashed.as_slice(), &self.salt].concat());
        let mut db = vec![0; width - self.salt.len() - h.len() - 2];
        db.push(1);
        db.extend_from_slice(&self.salt);
        bend(&mut db, &mut h);
        for (octet, mask) in db.iter_mut().zip(mgf1(self.mask, &h)) {
            *octet ^= mask;
        }
        db[0] &= 0xff >> (8 * width - self.bits);
        [db.as_slice(), &h, &[0xbc]].concat()
    }
}

/// Modulus and exponent of a test key; nothing where it is none of RSA.
pub fn rsa_numbers(key: &TestKey) -> Option<[BigUint; 2]> {
    let Secret::Rsa(secret) = key.secret() else { return None };
    Some([secret.n().clone(), secret.e().clone()])
}

/// λ(n) of a test key, and its primes.
pub fn rsa_primes(key: &TestKey) -> Option<[BigUint; 2]> {
    use rsa::traits::PrivateKeyParts as _;
    let Secret::Rsa(secret) = key.secret() else { return None };
    let [p, q] = secret.primes() else { return None };
    Some([p.clone(), q.clone()])
}

/// The square root modulo two primes that are 3 modulo 4, taken so many times; nothing where there is none.
pub fn root_of_two(square: &BigUint, [p, q]: &[BigUint; 2], times: u32) -> Option<BigUint> {
    let power =
        |root: &BigUint, modulus: &BigUint| (0..times).fold(root % modulus, |power, _| &power * &power % modulus);
    // Most numbers have none modulo one of the primes already.
    let root = |prime: &BigUint| {
        let exponent = ((prime + 1_u8) >> 2).modpow(&BigUint::from(times), &(prime - 1_u8));
        let root = square.modpow(&exponent, prime);
        (power(&root, prime) == square % prime).then_some(root)
    };
    let in_p = root(p)?;
    let in_q = root(q)?;
    // Garner: the number that is the one modulo p and the other modulo q.
    let inverse = q.modpow(&(p - 2_u8), p);
    let apart = (&in_p + p - &in_q % p) % p * inverse % p;
    let root = in_q + apart * q;
    (power(&root, &(p * q)) == *square).then_some(root)
}

/// The least number whose cube is not below this one.
pub fn cube_root_above(number: &BigUint) -> BigUint {
    let root = number.cbrt();
    if &(&root * &root * &root) < number { root + 1_u8 } else { root }
}

/// The number below 2^bits whose cube ends in these bits; nothing where they are even.
pub fn cube_root_of_end(end: &BigUint, bits: usize) -> Option<BigUint> {
    let one = BigUint::from(1_u8);
    let modulus = &one << bits;
    let is_odd = end % 2_u8 == one;
    // 3 is invertible modulo 2^(bits-2), the exponent of the odd numbers' group.
    let group = &one << (bits - 2);
    let third = BigUint::from(3_u8).modpow(&((&group >> 1) - 1_u8), &group);
    is_odd.then(|| end.modpow(&third, &modulus))
}

/// The number in so many octets, zeros in front.
///
/// # Panics
///
/// Where it does not fit.
pub fn fixed(number: &BigUint, width: usize) -> Vec<u8> {
    let octets = number.to_bytes_be();
    let octets = if octets == [0] { Vec::new() } else { octets };
    [vec![0; width.checked_sub(octets.len()).expect("the number fits")], octets].concat()
}

fn number(hexadecimal: &str) -> BigUint {
    BigUint::parse_bytes(hexadecimal.as_bytes(), 16).expect("the constants are hexadecimal")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::{Forge, Scheme};

    const CURVES: [(Curve, Algorithm); 4] = [
        (Curve::P256, Algorithm::Es256),
        (Curve::P384, Algorithm::Es384),
        (Curve::P521, Algorithm::Es512),
        (Curve::K256, Algorithm::Es256k),
    ];

    #[test]
    fn the_base_point_lies_on_the_curve_and_has_its_order() {
        for (curve, _) in CURVES {
            let (one, p) = (BigUint::from(1_u8), curve.prime());
            let base = curve.sum(&[(&one, None)]).unwrap();
            let (x, y) = (curve.x(&base), BigUint::from_bytes_be(&base[1 + curve.width()..]));
            let [a, b] = curve.coefficients();
            assert_eq!(&y * &y % &p, (&x * &x * &x + a * &x + b) % &p, "{curve:?}");
            let last = curve.sum(&[(&(curve.order() - 1_u8), None)]).unwrap();
            assert_eq!(curve.x(&last), x);
            assert_eq!(curve.sum(&[(&one, None), (&one, Some(&last))]), None);
        }
    }

    #[test]
    fn a_signature_of_numbers_is_one_that_the_forge_makes_too() {
        let forge = Forge::new(0);
        let key = EdwardsKey::of(forge.keys().key("ed25519")).unwrap();
        let whole = forge.signature(forge.keys().key("ed25519"), Scheme::Ed25519, b"message");
        assert_eq!(key.sign(b"", b"message"), whole);
        for (curve, algorithm) in CURVES {
            let key = forge.keys().trusted(algorithm);
            let whole = forge.signature(key, Scheme::of(algorithm), b"message");
            let [r, s] = curve.split(&whole);
            let secret = BigUint::from_bytes_be(&key.private_octets("d").unwrap());
            let nonce = curve.inverse(&s) * (curve.hashed(b"message") + &r * &secret) % curve.order();
            assert_eq!(curve.sign(&secret, &nonce, b"message")[0], r, "{curve:?}");
        }
    }

    #[test]
    fn roots_are_roots() {
        let number = BigUint::from_bytes_be(&[0x5a; 100]);
        let root = cube_root_above(&number);
        assert!(&root * &root * &root >= number);
        let below = &root - 1_u8;
        assert!(&below * &below * &below < number);
        let end = BigUint::from_bytes_be(&[0x6b; 30]);
        let root = cube_root_of_end(&end, 240).unwrap();
        assert_eq!(&root * &root * &root % (BigUint::from(1_u8) << 240), end);
        assert_eq!(cube_root_of_end(&BigUint::from(2_u8), 240), None);
    }
}
