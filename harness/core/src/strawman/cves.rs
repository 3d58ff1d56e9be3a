//! Strawmen made after public advisories: one for each flaw of a verifier that somebody published.
//!
//! Each does what its advisory says that the code did, and no more; none was made with a case of the catalogue in mind. So
//! they measure attacks that were written without them. Never names a product: the identifier tells.

use std::collections::HashMap;
use std::sync::Mutex;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{self as lc, UnparsedPublicKey};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD_NO_PAD};
use rsa::BigUint;
use token_assay_model::{Algorithm, Key, Reason};

use super::{Strawman, skip, verify_also_with};
use crate::reference::json::Json;
use crate::reference::key::{Curve, Material, PublicKey, mac};
use crate::reference::rules::{self, check};
use crate::reference::{Reading, Rule, Step};

/// Those whose flaw is published under a name of its own.
pub static FROM_ADVISORIES: [&Strawman; 63] = [
    &CVE_2015_2951,
    &CVE_2015_9235,
    &CVE_2017_11424,
    &CVE_2018_0114,
    &CVE_2018_1000125,
    &CVE_2020_14968,
    &CVE_2020_15084,
    &CVE_2020_26160,
    &CVE_2020_28042,
    &CVE_2021_21378,
    &CVE_2021_41106,
    &CVE_2021_43572,
    &CVE_2021_46743,
    &CVE_2022_21449,
    &CVE_2022_23539,
    &CVE_2022_23540,
    &CVE_2022_23541,
    &CVE_2022_24772,
    &CVE_2022_29217,
    &CVE_2022_39227,
    &CVE_2022_39366,
    &CVE_2023_22463,
    &CVE_2023_23928,
    &CVE_2023_29357,
    &CVE_2024_21664,
    &CVE_2024_31033,
    &CVE_2024_33531,
    &CVE_2024_34273,
    &CVE_2024_42459,
    &CVE_2024_47806,
    &CVE_2024_47807,
    &CVE_2024_48949,
    &CVE_2024_51744,
    &CVE_2024_53861,
    &CVE_2025_20188,
    &CVE_2025_24976,
    &CVE_2025_30144,
    &CVE_2025_30204,
    &CVE_2025_45768,
    &CVE_2025_45769,
    &CVE_2025_53864,
    &CVE_2025_59420,
    &CVE_2026_23993,
    &CVE_2026_25537,
    &CVE_2026_27962,
    &CVE_2026_28802,
    &CVE_2026_32597,
    &CVE_2026_34950,
    &CVE_2026_35039,
    &CVE_2026_41164,
    &CVE_2026_44351,
    &CVE_2026_44459,
    &CVE_2026_44699,
    &CVE_2026_45363,
    &CVE_2026_48523,
    &CVE_2026_48526,
    &CVE_2026_85394,
    &CVE_2026_102266,
    &CVE_2026_102268,
    &CVE_2026_102269,
    &CVE_2026_102273,
    &CVE_2026_103001,
    &GHSA_8WJV_2P76_3863,
];

/// CVE-2015-9235: there is no list of algorithms; the header's is taken, and HMAC is keyed with the text of the key.
static CVE_2015_9235: Strawman = Strawman {
    name: "cve-2015-9235-pem",
    flaw: "takes the algorithm from the header alone, and keys HMAC with the text of its public key",
    mend: "Take the algorithm from the application, and refuse HMAC with a key that is no shared secret.",
    bends: &confused(any_but_none, |reading| mac_keyed_with(reading, given_text)),
};

/// CVE-2017-11424: texts that hold one of three words are refused as secrets; the label of PKCS #1 is not among them.
static CVE_2017_11424: Strawman = Strawman {
    name: "cve-2017-11424-label",
    flaw: "tells public keys from secrets by a list of labels that lacks RSA PUBLIC KEY",
    mend: "Parse a key when it is configured; what parses as a public key is no secret, whatever its label.",
    bends: &confused(rules::allowed, |reading| {
        mac_keyed_with(reading, |key| text_without(key, &[SPKI_LABEL, CERTIFICATE_LABEL, "ssh-rsa"]))
    }),
};

/// CVE-2022-29217, and CVE-2024-33663 elsewhere: of the keys in OpenSSH's form only RSA keys are refused as secrets.
static CVE_2022_29217: Strawman = Strawman {
    name: "cve-2022-29217-openssh",
    flaw: "takes an OpenSSH key for a secret unless it is an RSA key",
    mend: "Refuse every text that parses as a public key as a secret, in OpenSSH's form too.",
    bends: &confused(rules::allowed, |reading| {
        mac_keyed_with(reading, |key| {
            text_without(key, &[SPKI_LABEL, CERTIFICATE_LABEL, "-----BEGIN RSA PUBLIC KEY-----", "ssh-rsa"])
        })
    }),
};

/// CVE-2026-85394: only texts are looked at; the octets of a key in DER pass for a secret.
static CVE_2026_85394: Strawman = Strawman {
    name: "cve-2026-85394-der",
    flaw: "takes the DER octets of a public key for a secret",
    mend: "Refuse octets that parse as a SubjectPublicKeyInfo as a secret; better, make secrets a type of their own.",
    bends: &confused(rules::allowed, |reading| mac_keyed_with(reading, |key| key.der.clone())),
};

/// CVE-2026-34950: the pattern for PEM is anchored at the start of a text that is not trimmed.
static CVE_2026_34950: Strawman = Strawman {
    name: "cve-2026-34950-anchor",
    flaw: "knows a PEM text by its first character, and takes one with white space before it for a secret",
    mend: "Trim the text, or better parse it: RFC 7468 lets anything stand before the first line.",
    bends: &confused(rules::allowed, |reading| {
        mac_keyed_with(reading, |key| {
            let text = key.pem.as_ref().filter(|text| !text.starts_with("-----BEGIN "))?;
            text.trim_ascii_start().starts_with("-----BEGIN ").then(|| text.clone().into_bytes())
        })
    }),
};

/// CVE-2026-102268: a PEM text is one whose label is followed by a line end; one with blanks there passes for a secret.
static CVE_2026_102268: Strawman = Strawman {
    name: "cve-2026-102268-lines",
    flaw: "knows a PEM text by its line ends, and takes one whose line ends were changed for a secret",
    mend: "Decide by whether the text can be read as a key, with the same parser that reads keys.",
    bends: &confused(rules::allowed, |reading| {
        mac_keyed_with(reading, |key| {
            let text = key.pem.as_ref()?;
            let after_label = text.split_once("-----BEGIN ")?.1.split_once("-----")?.1;
            let is_known = after_label.starts_with('\n') || after_label.starts_with("\r\n");
            (!is_known).then(|| text.clone().into_bytes())
        })
    }),
};

/// CVE-2026-48526: the text of a public JWK is taken for a secret where the list mixes both kinds of algorithm.
static CVE_2026_48526: Strawman = Strawman {
    name: "cve-2026-48526-jwk",
    flaw: "takes the text of a public JWK for a secret",
    mend: "Refuse a secret that is JSON with a kty, or read it as the JWK that it is.",
    bends: &confused(rules::allowed, |reading| {
        mac_keyed_with(reading, |key| {
            let is_public = !matches!(PublicKey::read(key)?.material, Material::Oct(_));
            key.jwk_text.clone().filter(|_| is_public).map(String::into_bytes)
        })
    }),
};

/// CVE-2026-102273: the guard knows a JWK by its kty at the top, and takes the text of a JWK Set for a secret.
static CVE_2026_102273: Strawman = Strawman {
    name: "cve-2026-102273-set",
    flaw: "takes the text of a JWK Set for a secret",
    mend: "Look for keys below the top of the JSON too, and refuse them as a secret.",
    bends: &confused(rules::allowed, |reading| {
        mac_keyed_with(reading, |key| {
            let text = key.pem.as_ref()?;
            let json = Json::parse(text.as_bytes()).ok()?;
            let is_set = json.member("kty").is_none() && matches!(json.member("keys"), Some(Json::Array(_)));
            is_set.then(|| text.clone().into_bytes())
        })
    }),
};

/// CVE-2022-23541: the key is looked up without the algorithm; the list is obeyed, and where it names HMAC too the text of
/// the public key is its secret.
static CVE_2022_23541: Strawman = Strawman {
    name: "cve-2022-23541-lookup",
    flaw: "looks its key up without regard to the algorithm, and keys HMAC with a public key where the list has both",
    mend: "Bind each key to the algorithms of its type; a list that mixes types should need a key for each.",
    bends: &confused(rules::allowed, |reading| {
        let listed = reading.policy.algorithms.is_some();
        if listed { mac_keyed_with(reading, given_text) } else { rules::signature(reading) }
    }),
};

/// CVE-2021-46743: `kid` chooses from a set of keys, and nothing says which algorithm the chosen one is for.
static CVE_2021_46743: Strawman = Strawman {
    name: "cve-2021-46743-kid",
    flaw: "lets kid choose the key and alg the algorithm, and keys HMAC with the text of a public key of its set",
    mend: "Keep each key of a set together with its algorithm, and compare that with alg.",
    bends: &confused(rules::allowed, |reading| {
        let chosen = reading.policy.jwks && reading.header.member("kid").is_some();
        if chosen { mac_keyed_with(reading, given_text) } else { rules::signature(reading) }
    }),
};

/// CVE-2026-44699: an RSA key without `alg` checks HMAC with a secret of no octets.
static CVE_2026_44699: Strawman = Strawman {
    name: "cve-2026-44699-rsa",
    flaw: "checks HMAC with an empty secret when its RSA key does not say which algorithm it is for",
    mend: "Compare kty with the type that alg needs before the key is used.",
    bends: &confused(rules::allowed, |reading| {
        mac_keyed_with(reading, |key| {
            let key = PublicKey::read(key).filter(|key| key.alg.is_none())?;
            matches!(key.material, Material::Rsa { .. }).then(Vec::new)
        })
    }),
};

/// CVE-2022-23539: the hash comes from `alg` and the scheme from the key, so that RS256 is checked as ECDSA where the key is
/// an elliptic-curve key.
static CVE_2022_23539: Strawman = Strawman {
    name: "cve-2022-23539-type",
    flaw: "lets the type of its key decide the scheme, and checks RS256 as ECDSA",
    mend: "Refuse a key whose type is not the one of the algorithm.",
    bends: &[
        (Rule::KeyFitness, |reading| {
            let keys = reading.keys.clone();
            rules::key_fitness(reading).or_else(|reason| {
                reading.keys = keys;
                check(reading.algorithm.is_rsa() && reading.keys.iter().any(is_curve_point), reason)
            })
        }),
        (Rule::Signature, |reading| {
            let (message, signature) = (reading.signing_input(), reading.decoded[2].clone());
            let verified = |key: &PublicKey| verifies_as_der(key, reading.algorithm, &message, &signature);
            if reading.keys.iter().any(verified) { Ok(()) } else { rules::signature(reading) }
        }),
    ],
};

/// CVE-2026-48523: the list is held against `alg` of the header, the signature checked as `alg` of the JWK says.
static CVE_2026_48523: Strawman = Strawman {
    name: "cve-2026-48523-bound",
    flaw: "holds its list against the header's alg and checks the signature as its JWK's alg says",
    mend: "Refuse a token whose alg is not the one of the key.",
    bends: &[(Rule::KeyFitness, |reading| {
        let bound = reading.keys.iter().find_map(|key| key.alg.as_deref()?.parse().ok());
        reading.algorithm = bound.filter(|bound| *bound != Algorithm::None).unwrap_or(reading.algorithm);
        rules::key_fitness(reading)
    })],
};

/// CVE-2015-2951: a token that says `none` and has no signature is valid, whatever key is configured.
static CVE_2015_2951: Strawman = Strawman {
    name: "cve-2015-2951-none",
    flaw: "accepts alg none although a key is configured",
    mend: "Refuse none unless the application asked for it and gave no key.",
    bends: &[(Rule::Allowed, |reading| unless(reading.algorithm == Algorithm::None, reading, rules::allowed))],
};

/// CVE-2026-28802: the default set of algorithms holds `none`, and its check of an empty signature succeeds.
static CVE_2026_28802: Strawman = Strawman {
    name: "cve-2026-28802-default",
    flaw: "has none among the algorithms that it allows by default",
    mend: "Leave none out of the defaults, and let its check always fail.",
    bends: &[(Rule::Allowed, |reading| {
        let default = reading.policy.algorithms.is_none();
        unless(default && reading.algorithm == Algorithm::None, reading, rules::allowed)
    })],
};

/// CVE-2022-23540: without a list, and with a key that is empty or absent, `none` is what is allowed.
static CVE_2022_23540: Strawman = Strawman {
    name: "cve-2022-23540-falsy",
    flaw: "allows none when it is given neither a list nor a key",
    mend: "Refuse to verify without a key; an unset variable is no wish for unsigned tokens.",
    bends: &[(Rule::Allowed, |reading| {
        let unset = reading.policy.algorithms.is_none() && reading.policy.keys.iter().all(is_empty_key);
        unless(unset && reading.algorithm == Algorithm::None, reading, rules::allowed)
    })],
};

/// CVE-2020-15084: without a list, and where the lookup finds no key for the token, `none` is allowed.
static CVE_2020_15084: Strawman = Strawman {
    name: "cve-2020-15084-unfound",
    flaw: "allows none for a token whose kid names no key, when it has no list",
    mend: "Require a list, and end the verification where no key is found.",
    bends: &[(Rule::Allowed, |reading| {
        let unfound = reading.policy.jwks && reading.policy.algorithms.is_none() && named(reading).is_empty();
        unless(unfound && reading.algorithm == Algorithm::None, reading, rules::allowed)
    })],
};

/// CVE-2022-39366: the parser that is used checks a signature where there is one; a token without is parsed all the same.
static CVE_2022_39366: Strawman = Strawman {
    name: "cve-2022-39366-parse",
    flaw: "checks a signature only if the token has one",
    mend: "Use the call that wants a signed token, and refuse one whose signature is empty.",
    bends: &[
        (Rule::Allowed, |reading| unless(reading.segments[2].is_empty(), reading, rules::allowed)),
        (Rule::KeyChoice, |reading| unless(reading.segments[2].is_empty(), reading, rules::key_choice)),
        (Rule::KeyFitness, |reading| unless(reading.segments[2].is_empty(), reading, rules::key_fitness)),
        (Rule::Signature, |reading| unless(reading.segments[2].is_empty(), reading, rules::signature)),
    ],
};

/// CVE-2018-1000125: a token of header and body alone counts as an unsecured one, and is decoded without a check.
static CVE_2018_1000125: Strawman = Strawman {
    name: "cve-2018-1000125-two",
    flaw: "decodes a token of two parts without checking a signature",
    mend: "Refuse a token without three parts wherever a key is configured.",
    bends: &[
        (Rule::Segments, |reading| {
            let two = has_two_parts(reading);
            if two {
                reading.octets.push(b'.');
            }
            let split = rules::segments(reading);
            if two {
                reading.octets.pop();
            }
            split
        }),
        (Rule::Signature, |reading| unless(has_two_parts(reading), reading, rules::signature)),
    ],
};

/// CVE-2026-23993: the signature of an algorithm that is not known is the empty string, and so is that of the token.
static CVE_2026_23993: Strawman = Strawman {
    name: "cve-2026-23993-unknown",
    flaw: "computes an empty signature for an algorithm that it does not know, and compares it with the token's",
    mend: "End the verification where alg is not known.",
    bends: &[
        (Rule::Algorithm, |reading| {
            let name = reading.header.member("alg").and_then(Json::as_str).ok_or(Reason::Algorithm)?;
            reading.algorithm = name.parse().unwrap_or(Algorithm::None);
            Ok(())
        }),
        (Rule::Allowed, |reading| unless(reading.algorithm == Algorithm::None, reading, rules::allowed)),
    ],
};

/// CVE-2023-29357: `none` is accepted of a token whose claims call it a loopback's hashed proof token.
static CVE_2023_29357: Strawman = Strawman {
    name: "cve-2023-29357-proof",
    flaw: "accepts alg none from a token whose claims say that it is a proof token of its own",
    mend: "Check the signature before any claim is believed, that one too.",
    bends: &[(Rule::Allowed, |reading| {
        let claims = unverified_claims(reading);
        let is_proof = claims.member("ver").and_then(Json::as_str) == Some("hashedprooftoken")
            && claims.member("isloopback") == Some(&Json::Bool(true));
        unless(is_proof && reading.algorithm == Algorithm::None, reading, rules::allowed)
    })],
};

/// CVE-2020-28042: the MAC is compared as far as the token's signature goes, which may be nowhere.
static CVE_2020_28042: Strawman = Strawman {
    name: "cve-2020-28042-short",
    flaw: "compares a MAC only as far as the token's signature goes",
    mend: "Compare lengths before octets.",
    bends: &[(Rule::Signature, |reading| {
        let (message, given) = (reading.signing_input(), &reading.decoded[2]);
        let starts = |key: &PublicKey| match &key.material {
            Material::Oct(secret) => mac(reading.algorithm, secret, &message).is_some_and(|mac| mac.starts_with(given)),
            _ => false,
        };
        let verified = reading.keys.iter().any(starts);
        unless(verified, reading, rules::signature)
    })],
};

/// CVE-2022-21449: r and s are not held against their range, and zeros satisfy the equation.
static CVE_2022_21449: Strawman = Strawman {
    name: "cve-2022-21449-blank",
    flaw: "accepts an ECDSA signature of zeros",
    mend: "Refuse r and s outside 1 to n - 1.",
    bends: &[(Rule::Signature, |reading| {
        let blank = reading.decoded[2].iter().all(|octet| *octet == 0);
        let is_of_width = |key: &PublicKey| match &key.material {
            Material::Ec { point, .. } => point.len() - 1 == reading.decoded[2].len(),
            _ => false,
        };
        let verified = blank && reading.algorithm.is_ecdsa() && reading.keys.iter().any(is_of_width);
        unless(verified, reading, rules::signature)
    })],
};

/// CVE-2021-43572: r and s are read as numbers of any width from the two halves, and zeros are not refused.
static CVE_2021_43572: Strawman = Strawman {
    name: "cve-2021-43572-halves",
    flaw: "reads r and s from halves of any width and accepts zeros",
    mend: "Refuse a signature of another width, and r and s outside 1 to n - 1.",
    bends: &[(Rule::Signature, |reading| {
        let signature = &reading.decoded[2];
        let zeros = signature.iter().all(|octet| *octet == 0);
        let halves = !signature.is_empty() && signature.len().is_multiple_of(2);
        let with_256_bits = matches!(reading.algorithm, Algorithm::Es256 | Algorithm::Es256k);
        unless(zeros && halves && with_256_bits, reading, rules::signature)
    })],
};

/// CVE-2024-42459: the length of an EdDSA signature is not checked; zeros may be added to its end or taken from it.
static CVE_2024_42459: Strawman = Strawman {
    name: "cve-2024-42459-zeros",
    flaw: "lets zeros be added to the end of an EdDSA signature or taken from it",
    mend: "Refuse an EdDSA signature that has not 64 octets.",
    bends: &[(Rule::Signature, |reading| {
        if reading.algorithm.is_eddsa() {
            let signature = &mut reading.decoded[2];
            while signature.len() > 64 && signature.last() == Some(&0) {
                signature.pop();
            }
            signature.resize(signature.len().max(64), 0);
        }
        rules::signature(reading)
    })],
};

/// CVE-2024-48949: S is not held against the order of the group; S + L is as good as S.
static CVE_2024_48949: Strawman = Strawman {
    name: "cve-2024-48949-order",
    flaw: "accepts an EdDSA signature whose S is not below the order of the group",
    mend: "Refuse S that is not below L (RFC 8032 §5.1.7).",
    bends: &[(Rule::Signature, |reading| {
        if reading.algorithm.is_eddsa() && reading.decoded[2].len() == 64 {
            let scalar = &mut reading.decoded[2][32..];
            let mut reduced = (BigUint::from_bytes_le(scalar) % BigUint::from_bytes_le(&ORDER)).to_bytes_le();
            reduced.resize(32, 0);
            scalar.copy_from_slice(&reduced);
        }
        rules::signature(reading)
    })],
};

/// CVE-2020-14968: zeros before an RSASSA-PSS signature do not change the number that is read.
static CVE_2020_14968: Strawman = Strawman {
    name: "cve-2020-14968-prepended",
    flaw: "reads an RSASSA-PSS signature as a number, with whatever zeros stand before it",
    mend: "Refuse a signature that is not as long as the modulus.",
    bends: &[(Rule::Signature, |reading| {
        let width = reading.keys.iter().find_map(|key| rsa_numbers(key).map(|(n, _)| n.len()));
        let is_pss = matches!(reading.algorithm, Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512);
        while is_pss && reading.decoded[2].first() == Some(&0) && Some(reading.decoded[2].len()) > width {
            reading.decoded[2].remove(0);
        }
        rules::signature(reading)
    })],
};

/// CVE-2022-24772: what stands behind the hash in a PKCS #1 signature is not looked at, which is enough for a forgery
/// where the exponent is 3.
static CVE_2022_24772: Strawman = Strawman {
    name: "cve-2022-24772-tail",
    flaw: "does not look at what follows the hash in a PKCS #1 signature",
    mend: "Encode the expected message and compare the whole of it (RFC 8017 §8.2.2).",
    bends: &[(Rule::Signature, |reading| {
        let (message, signature) = (reading.signing_input(), &reading.decoded[2]);
        let verified = reading.keys.iter().filter_map(rsa_numbers).any(|(n, e)| {
            let block = public_power(n, e, signature);
            begins_as_pkcs1(&block, reading.algorithm, &message)
        });
        unless(verified, reading, rules::signature)
    })],
};

/// CVE-2026-102269: what is not of the alphabet is dropped from the signature's part, and both alphabets are read.
static CVE_2026_102269: Strawman = Strawman {
    name: "cve-2026-102269-dropped",
    flaw: "drops what is not base64 from the signature's part before it is decoded",
    mend: "Refuse characters outside the base64url alphabet, and bits that decode to nothing.",
    bends: &[
        (Rule::Text, |reading| {
            let signed = reading.octets.iter().rposition(|octet| *octet == b'.').unwrap_or(reading.octets.len());
            let signature = reading.octets.split_off(signed);
            let text = rules::text(reading);
            reading.octets.extend(signature);
            text
        }),
        (Rule::Encoding, |reading| {
            let given = std::mem::take(&mut reading.segments[2]);
            let signature = LENIENT.decode(in_url_alphabet(&given));
            rules::encoding(reading)?;
            reading.decoded[2] = signature.map_err(|_| Reason::Malformed)?;
            reading.segments[2] = given;
            Ok(())
        }),
    ],
};

/// CVE-2022-39227: claims are read from between the dots, the signature is checked by a library that reads the same text as
/// a JWS in JSON.
static CVE_2022_39227: Strawman = Strawman {
    name: "cve-2022-39227-polyglot",
    flaw: "reads claims from between the dots, and lets another library check the same text as a JWS in JSON",
    mend: "Return the payload that was verified; never parse the token a second time.",
    bends: &[
        (Rule::Text, |reading| unless(json_jws(&reading.octets).is_some(), reading, rules::text)),
        (Rule::Segments, |reading| {
            rules::segments(reading)?;
            if let Some([_, _, signature]) = json_jws(&reading.octets) {
                let [header, payload, _] = &reading.segments;
                reading.segments = [in_url_alphabet(header), in_url_alphabet(payload), signature];
            }
            Ok(())
        }),
        (Rule::Signature, |reading| {
            if let Some(parts) = json_jws(&reading.octets) {
                reading.segments = parts;
            }
            rules::signature(reading)
        }),
    ],
};

/// CVE-2024-33531: a header whose `enc` is A256GCM makes the token an encrypted one, which has no signature to check.
static CVE_2024_33531: Strawman = Strawman {
    name: "cve-2024-33531-enc",
    flaw: "takes a token for a JWE by the enc of its header, and checks no signature",
    mend: "Tell a JWE by its five parts, and refuse one where a JWS is wanted.",
    bends: &[(Rule::Signature, |reading| {
        let encrypted = reading.header.member("enc").and_then(Json::as_str) == Some("A256GCM");
        unless(encrypted, reading, rules::signature)
    })],
};

/// CVE-2023-23928: signatures of HS256 are not checked; those of other algorithms are.
static CVE_2023_23928: Strawman = Strawman {
    name: "cve-2023-23928-hs256",
    flaw: "does not check the signature of HS256",
    mend: "Compare the MAC, and let an algorithm without a check be refused.",
    bends: &[(Rule::Signature, |reading| unless(reading.algorithm == Algorithm::Hs256, reading, rules::signature))],
};

/// CVE-2021-21378: where a token may be missing, one of an issuer that is not in the list counts as missing, and the request
/// goes on with it.
static CVE_2021_21378: Strawman = Strawman {
    name: "cve-2021-21378-missing",
    flaw: "takes a token of an issuer that it does not know for no token at all, and lets it pass unverified",
    mend: "Let pass a request without a token; refuse one with a token that cannot be verified.",
    bends: &[
        (Rule::Allowed, |reading| unless(is_from_elsewhere(reading), reading, rules::allowed)),
        (Rule::KeyChoice, |reading| unless(is_from_elsewhere(reading), reading, rules::key_choice)),
        (Rule::KeyFitness, |reading| unless(is_from_elsewhere(reading), reading, rules::key_fitness)),
        (Rule::Signature, |reading| unless(is_from_elsewhere(reading), reading, rules::signature)),
        (Rule::Expiry, |reading| unless(is_from_elsewhere(reading), reading, rules::expiry)),
        (Rule::NotBefore, |reading| unless(is_from_elsewhere(reading), reading, rules::not_before)),
        (Rule::Issuer, |reading| unless(is_from_elsewhere(reading), reading, rules::issuer)),
        (Rule::Audience, |reading| unless(is_from_elsewhere(reading), reading, rules::audience)),
    ],
};

/// CVE-2024-51744: an expired token with a wrong signature gives both errors, and callers who forgive the first miss the
/// second.
static CVE_2024_51744: Strawman = Strawman {
    name: "cve-2024-51744-both",
    flaw: "forgives a token that is expired, and does not see that its signature is wrong too",
    mend: "Check the signature first, and dates only of a token whose signature is right.",
    bends: &[
        (Rule::Signature, |reading| {
            let exp = unverified_claims(reading).member("exp").and_then(Json::as_f64);
            let expired = exp.zip(reading.now()).is_some_and(|(exp, now)| exp <= now as f64);
            unless(expired, reading, rules::signature)
        }),
        (Rule::Expiry, skip),
    ],
};

/// CVE-2025-59420: `crit` is a header like any other that is not known.
static CVE_2025_59420: Strawman = Strawman {
    name: "cve-2025-59420-crit",
    flaw: "does not look at crit, nor at what it names",
    mend: "Refuse a token whose crit names what the verifier does not understand (RFC 7515 §4.1.11).",
    bends: &[(Rule::Critical, skip)],
};

/// CVE-2026-32597: `b64` is understood, and `crit` still not looked at.
static CVE_2026_32597: Strawman = Strawman {
    name: "cve-2026-32597-crit",
    flaw: "understands b64 and does not look at what else crit names",
    mend: "Refuse a token whose crit names what the verifier does not understand, or is no list of names.",
    bends: &[(Rule::Critical, |reading| {
        check(reading.header.member("b64") != Some(&Json::Bool(false)), Reason::Critical)
    })],
};

/// CVE-2018-0114: the key that stands in the header verifies the token that it stands in.
static CVE_2018_0114: Strawman = Strawman {
    name: "cve-2018-0114-embedded",
    flaw: "verifies with the key that stands in the token's header",
    mend: "Verify with configured keys only; a key in the header is at most a name for one of them.",
    bends: &[(Rule::KeyChoice, |reading| match embedded_key(reading) {
        Some(key) => {
            reading.keys = vec![key];
            Ok(())
        }
        None => rules::key_choice(reading),
    })],
};

/// CVE-2026-27962: where no key is given the one in the header is used.
static CVE_2026_27962: Strawman = Strawman {
    name: "cve-2026-27962-keyless",
    flaw: "falls back to the key in the token's header when it is given none",
    mend: "Refuse to verify without a configured key.",
    bends: &[(Rule::KeyChoice, |reading| match embedded_key(reading).filter(|_| reading.policy.keys.is_empty()) {
        Some(key) => {
            reading.keys = vec![key];
            Ok(())
        }
        None => rules::key_choice(reading),
    })],
};

/// CVE-2025-24976: of a key in the header only the `kid` is compared with those of the trusted keys.
static CVE_2025_24976: Strawman = Strawman {
    name: "cve-2025-24976-material",
    flaw: "trusts a key in the token's header whose kid is that of a trusted one",
    mend: "Take the key of that kid from the configuration, never from the token.",
    bends: &[(Rule::KeyChoice, |reading| {
        let kid = reading.header.member("jwk").and_then(|jwk| jwk.member("kid")?.as_str());
        let trusted = reading.policy.keys.iter().any(|key| kid.is_some() && key.kid.as_deref() == kid);
        match embedded_key(reading).filter(|_| trusted) {
            Some(key) => {
                reading.keys = vec![key];
                Ok(())
            }
            None => rules::key_choice(reading),
        }
    })],
};

/// CVE-2026-44351: the lookup gives an empty text for a `kid` that it does not know, and that becomes the secret.
static CVE_2026_44351: Strawman = Strawman {
    name: "cve-2026-44351-lookup",
    flaw: "checks HMAC with an empty secret for a kid that it does not know",
    mend: "Refuse the token where no key is found, and refuse an empty secret wherever it comes from.",
    bends: &[
        (Rule::KeyChoice, |reading| {
            let names_one = reading.header.member("kid").is_some_and(|kid| kid.as_str().is_some());
            let unknown = reading.policy.jwks && names_one && named(reading).is_empty();
            if !(unknown && reading.algorithm.is_hmac()) {
                return rules::key_choice(reading);
            }
            reading.keys = vec![secret(Vec::new())];
            Ok(())
        }),
        (Rule::KeyFitness, |reading| unless(has_only_empty_secrets(reading), reading, rules::key_fitness)),
    ],
};

/// CVE-2026-45363: no secret, or an empty one, is turned into the empty string and used.
static CVE_2026_45363: Strawman = Strawman {
    name: "cve-2026-45363-nil",
    flaw: "checks HMAC with an empty secret when it is given none",
    mend: "Refuse to verify HMAC without a secret, or with one of no octets.",
    bends: &[
        (Rule::KeyChoice, |reading| {
            let unset = reading.policy.keys.iter().all(is_empty_key);
            if !(unset && reading.algorithm.is_hmac()) {
                return rules::key_choice(reading);
            }
            reading.keys = vec![secret(Vec::new())];
            Ok(())
        }),
        (Rule::KeyFitness, |reading| unless(has_only_empty_secrets(reading), reading, rules::key_fitness)),
    ],
};

/// CVE-2026-102266: an empty secret is refused, but not where it comes as a JWK.
static CVE_2026_102266: Strawman = Strawman {
    name: "cve-2026-102266-oct",
    flaw: "takes a JWK whose k is empty for a secret",
    mend: "Check a secret for its length whatever form it came in.",
    bends: &[(Rule::KeyFitness, |reading| {
        let as_jwk = reading.policy.keys.iter().all(|key| key.jwk.is_some() || key.jwk_text.is_some());
        let empty = as_jwk && reading.algorithm.is_hmac() && has_only_empty_secrets(reading);
        unless(empty, reading, rules::key_fitness)
    })],
};

/// CVE-2025-20188: where the file with the secret is missing the secret is a word of the program's.
static CVE_2025_20188: Strawman = Strawman {
    name: "cve-2025-20188-notfound",
    flaw: "uses the word notfound for its secret when it finds none",
    mend: "Refuse every token while the secret cannot be read.",
    bends: &[
        (Rule::KeyChoice, |reading| {
            if !(reading.policy.keys.is_empty() && reading.algorithm.is_hmac()) {
                return rules::key_choice(reading);
            }
            reading.keys = vec![secret(b"notfound".to_vec())];
            Ok(())
        }),
        (Rule::KeyFitness, |reading| {
            let fallback = reading.policy.keys.is_empty() && !reading.keys.is_empty();
            unless(fallback, reading, rules::key_fitness)
        }),
    ],
};

/// CVE-2023-22463: the secret stands in the program, the same wherever it runs.
static CVE_2023_22463: Strawman = Strawman {
    name: "cve-2023-22463-constant",
    flaw: "accepts what is signed with a secret that everybody knows",
    mend: "Make a secret at random when there is none, and ship none.",
    bends: &[(Rule::Signature, |reading| verify_also_with(reading, [b"signature_hmac_secret_shared_key".to_vec()]))],
};

/// CVE-2025-45768: a secret for HMAC may be as short as one likes.
static CVE_2025_45768: Strawman = Strawman {
    name: "cve-2025-45768-short",
    flaw: "checks HMAC with a secret shorter than the hash",
    mend: "Refuse a secret that is shorter than the hash (RFC 7518 §3.2).",
    bends: &[(Rule::KeyFitness, |reading| {
        let keys = reading.keys.clone();
        rules::key_fitness(reading).or_else(|reason| {
            let fits =
                |key: &PublicKey| lengthened(key).has_type_of(reading.algorithm) && is_for(key, reading.algorithm);
            reading.keys = keys.into_iter().filter(fits).collect();
            check(!reading.keys.is_empty(), reason)
        })
    })],
};

/// CVE-2025-45769: an RSA key may be as small as one likes.
static CVE_2025_45769: Strawman = Strawman {
    name: "cve-2025-45769-small",
    flaw: "checks a signature with an RSA key of fewer than 2048 bits",
    mend: "Refuse an RSA key of fewer than 2048 bits (RFC 7518 §3.3).",
    bends: &[
        (Rule::KeyFitness, |reading| {
            let keys = reading.keys.clone();
            rules::key_fitness(reading).or_else(|reason| {
                let fits = |key: &PublicKey| rsa_numbers(key).is_some() && is_for(key, reading.algorithm);
                reading.keys = keys.into_iter().filter(fits).collect();
                check(reading.algorithm.is_rsa() && !reading.keys.is_empty(), reason)
            })
        }),
        (Rule::Signature, |reading| {
            let (message, signature) = (reading.signing_input(), &reading.decoded[2]);
            let parameters = &lc::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY;
            let verified =
                reading.algorithm == Algorithm::Rs256
                    && reading.keys.iter().filter_map(rsa_numbers).any(|(n, e)| {
                        lc::RsaPublicKeyComponents { n, e }.verify(parameters, &message, signature).is_ok()
                    });
            unless(verified, reading, rules::signature)
        }),
    ],
};

/// CVE-2021-41106: HMAC is keyed with the path of the file that holds the secret, not with what the file holds.
static CVE_2021_41106: Strawman = Strawman {
    name: "cve-2021-41106-path",
    flaw: "keys HMAC with the path to its secret in the place of the secret",
    mend: "Read the file when the key is configured, and fail there when it cannot be read.",
    bends: &[(Rule::Signature, |reading| {
        let path = |key: &Key| key.pem.clone().filter(|text| text.starts_with("file://"));
        let paths: Vec<PublicKey> =
            named(reading).into_iter().filter_map(path).map(|path| secret(path.into_bytes())).collect();
        if reading.algorithm.is_hmac() && !paths.is_empty() {
            reading.keys = paths;
        }
        rules::signature(reading)
    })],
};

/// CVE-2024-31033: a secret that is text is read as base64, and characters that are none are passed over.
static CVE_2024_31033: Strawman = Strawman {
    name: "cve-2024-31033-base64",
    flaw: "reads its secret as base64 and passes over what is none",
    mend: "Take a secret as octets; where text is read as base64 refuse what is none.",
    bends: &[(Rule::Signature, |reading| {
        for key in &mut reading.keys {
            if let Material::Oct(octets) = &mut key.material
                && octets.iter().all(u8::is_ascii_graphic)
            {
                octets.retain(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/'));
                octets.truncate(octets.len() / 4 * 4);
                *octets = STANDARD_NO_PAD.decode(&octets).expect("whole groups of the alphabet decode");
            }
        }
        rules::signature(reading)
    })],
};

/// CVE-2026-41164: any token signed by a known key is an access token, whatever type it has and whatever claims it lacks.
static CVE_2026_41164: Strawman = Strawman {
    name: "cve-2026-41164-kind",
    flaw: "takes a token of another kind for the one that it wants",
    mend: "Compare typ with the kind of token that is wanted, and require the claims that it has.",
    bends: &[(Rule::Kind, skip), (Rule::Required, skip)],
};

/// CVE-2026-25537: a date that cannot be read is a date that is not there, and only a required one is missed.
static CVE_2026_25537: Strawman = Strawman {
    name: "cve-2026-25537-unread",
    flaw: "takes an exp or nbf of another type for one that is not there",
    mend: "Tell a claim that is absent from one that cannot be read, and refuse the latter.",
    bends: &[
        (Rule::ClaimTypes, |reading| claim_types_but(reading, &["exp", "nbf"])),
        (Rule::Required, |reading| {
            rules::required(reading)?;
            let dates = ["exp", "nbf"].into_iter().filter(|name| is_required(reading, name));
            let mut unread = dates.filter(|name| rules::number(reading, name).is_none());
            check(unread.next().is_none(), Reason::MissingClaim)
        }),
    ],
};

/// CVE-2026-44459: option, presence and comparison are one expression of a language that converts: 0 is absent, what is no
/// number compares as false.
static CVE_2026_44459: Strawman = Strawman {
    name: "cve-2026-44459-falsy",
    flaw: "takes a date of 0 for none, and compares one that is no number with its clock",
    mend: "Refuse a date that is no finite number, and compare every other, 0 too.",
    bends: &[
        (Rule::ClaimTypes, |reading| claim_types_but(reading, &["exp", "nbf", "iat"])),
        (Rule::Expiry, |reading| {
            let (exp, now) = (truthy_number(reading, "exp"), clock(reading) - reading.leeway() as f64);
            check(!exp.is_some_and(|exp| exp <= now), Reason::Expired)
        }),
        (Rule::NotBefore, |reading| {
            let (nbf, now) = (truthy_number(reading, "nbf"), clock(reading) + reading.leeway() as f64);
            check(!nbf.is_some_and(|nbf| nbf > now), Reason::NotYetValid)
        }),
    ],
};

/// CVE-2026-103001: a look at unverified claims writes into the options that turn the checks of claims off, and the
/// verification that follows finds them so.
static CVE_2026_103001: Strawman = Strawman {
    name: "cve-2026-103001-options",
    flaw: "checks no claim once it has looked at the token without verifying it",
    mend: "Copy the caller's options before changing them.",
    bends: &[
        (Rule::Expiry, skip),
        (Rule::NotBefore, skip),
        (Rule::Age, skip),
        (Rule::Issuer, skip),
        (Rule::Audience, skip),
    ],
};

/// CVE-2024-53861: `iss` is sought in the expected issuer as in a list, and a text is a list of its parts.
static CVE_2024_53861: Strawman = Strawman {
    name: "cve-2024-53861-part",
    flaw: "accepts an iss that is a part of the issuer that it expects",
    mend: "Compare iss as a whole with each expected issuer.",
    bends: &[(Rule::Issuer, |reading| {
        let [expected] = reading.policy.issuer.as_slice() else { return rules::issuer(reading) };
        let iss = reading.payload.member("iss").and_then(Json::as_str).ok_or(Reason::Issuer)?;
        check(expected.contains(iss), Reason::Issuer)
    })],
};

/// CVE-2025-30144: an array in `iss` is valid when one of its members is an allowed issuer.
static CVE_2025_30144: Strawman = Strawman {
    name: "cve-2025-30144-array",
    flaw: "accepts an array in iss that holds the issuer that it expects",
    mend: "Refuse an iss that is no string.",
    bends: &[
        (Rule::ClaimTypes, |reading| {
            let is_array = matches!(reading.payload.member("iss"), Some(Json::Array(_)));
            claim_types_but(reading, if is_array { &["iss"] } else { &[] })
        }),
        (Rule::Issuer, |reading| {
            let Some(Json::Array(values)) = reading.payload.member("iss") else { return rules::issuer(reading) };
            let issuers = &reading.policy.issuer;
            let known = |value: &Json| value.as_str().is_some_and(|iss| issuers.iter().any(|issuer| issuer == iss));
            check(issuers.is_empty() || values.iter().any(known), Reason::Issuer)
        }),
    ],
};

/// CVE-2024-47807: `iss` is not looked at.
static CVE_2024_47807: Strawman = Strawman {
    name: "cve-2024-47807-iss",
    flaw: "does not look at iss although it knows its issuer",
    mend: "Compare iss with the configured issuer.",
    bends: &[(Rule::Issuer, skip)],
};

/// CVE-2024-47806: `aud` is not looked at.
static CVE_2024_47806: Strawman = Strawman {
    name: "cve-2024-47806-aud",
    flaw: "does not look at aud although it knows its own name",
    mend: "Refuse a token whose aud does not hold the verifier's own name.",
    bends: &[(Rule::Audience, skip)],
};

/// CVE-2020-26160: an `aud` that is an array fails to convert to text, and the empty text that results counts as no
/// audience.
static CVE_2020_26160: Strawman = Strawman {
    name: "cve-2020-26160-array",
    flaw: "reads an aud that is an array as an empty text, and that as no audience",
    mend: "Look through the members of an aud that is an array.",
    bends: &[(Rule::Audience, |reading| {
        let is_array = matches!(reading.payload.member("aud"), Some(Json::Array(_)));
        unless(is_array, reading, rules::audience)
    })],
};

/// GHSA-8wjv-2p76-3863: a header that is nested too deeply ends the JSON parser with an error that nobody catches.
static GHSA_8WJV_2P76_3863: Strawman = Strawman {
    name: "ghsa-8wjv-2p76-3863-header",
    flaw: "falls over on a header that is nested too deeply",
    mend: "Bound the depth, or turn every error of the parser into a refusal.",
    bends: &[(Rule::Encoding, |reading| {
        rules::encoding(reading)?;
        assert!(depth(&reading.decoded[0]) < STACK, "maximum recursion depth exceeded");
        Ok(())
    })],
};

/// CVE-2025-53864: claims that are nested too deeply exhaust the stack of the JSON parser.
static CVE_2025_53864: Strawman = Strawman {
    name: "cve-2025-53864-claims",
    flaw: "falls over on claims that are nested too deeply",
    mend: "Bound the depth of the JSON that is read.",
    bends: &[(Rule::Signature, |reading| {
        rules::signature(reading)?;
        assert!(depth(&reading.decoded[1]) < STACK, "stack overflow");
        Ok(())
    })],
};

/// CVE-2024-21664: a JWS in JSON that has a signature and no protected header is a pointer to nothing.
static CVE_2024_21664: Strawman = Strawman {
    name: "cve-2024-21664-protected",
    flaw: "falls over on a JWS in JSON that has a signature and no protected header",
    mend: "Check each member for presence before it is used.",
    bends: &[(Rule::Text, |reading| {
        let json = Json::parse(&reading.octets).unwrap_or(Json::Null);
        let unprotected = json.member("signature").is_some() && json.member("protected").is_none();
        assert!(!unprotected, "nil pointer dereference");
        rules::text(reading)
    })],
};

/// CVE-2025-30204: the token is split at every dot, and each part takes memory.
static CVE_2025_30204: Strawman = Strawman {
    name: "cve-2025-30204-dots",
    flaw: "takes memory for every dot of a token",
    mend: "Split at the first three dots only, and refuse a token with more.",
    bends: &[(Rule::Segments, |reading| {
        let dots = reading.octets.iter().filter(|octet| **octet == b'.').count();
        assert!(dots < MEMORY, "out of memory");
        rules::segments(reading)
    })],
};

/// CVE-2024-34273: members of the header are assigned one by one, and `__proto__` becomes what the object inherits from.
static CVE_2024_34273: Strawman = Strawman {
    name: "cve-2024-34273-prototype",
    flaw: "lets a __proto__ in the header stand in for members that the header lacks",
    mend: "Read the header into an object that inherits nothing.",
    bends: &[(Rule::Algorithm, |reading| {
        let inherited = reading.header.member("__proto__").and_then(|proto| proto.member("alg").cloned());
        if reading.header.member("alg").is_none()
            && let (Some(alg), Json::Object(members)) = (inherited, &mut reading.header)
        {
            members.push(("alg".to_owned(), alg));
        }
        rules::algorithm(reading)
    })],
};

/// CVE-2026-35039: what was verified is remembered under issuer and audience, and returned for every token with the same.
static CVE_2026_35039: Strawman = Strawman {
    name: "cve-2026-35039-cache",
    flaw: "returns from its cache what it verified for another token of the same issuer and audience",
    mend: "Remember a token under the hash of all of its octets.",
    bends: &[
        (Rule::Signature, |reading| {
            let known = cached_under(reading).and_then(|name| cache(|cache| cache.get(&name).cloned()));
            match known {
                Some(payload) => {
                    reading.decoded[1] = payload;
                    Ok(())
                }
                None => rules::signature(reading),
            }
        }),
        (Rule::Subject, |reading| {
            rules::subject(reading)?;
            if let Some(name) = cached_under(reading) {
                cache(|cache| cache.entry(name).or_insert_with(|| reading.decoded[1].clone()).len());
            }
            Ok(())
        }),
    ],
};

/// Nothing where this holds, and the rule where not.
fn unless(holds: bool, reading: &mut Reading<'_>, step: Step) -> Result<(), Reason> {
    if holds { Ok(()) } else { step(reading) }
}

/// The bends of a verifier whose HMAC meets keys of other types: this is how it allows algorithms and checks signatures.
const fn confused(allowed: Step, signature: Step) -> [(Rule, Step); 4] {
    [
        (Rule::Allowed, allowed),
        (Rule::KeyChoice, some_key),
        (Rule::KeyFitness, fit_unless_mac),
        (Rule::Signature, signature),
    ]
}

/// Whatever the list says.
fn any_but_none(reading: &mut Reading<'_>) -> Result<(), Reason> {
    check(reading.algorithm != Algorithm::None, Reason::Algorithm)
}

/// A key is found even where it cannot be read, as long as it is for HMAC.
fn some_key(reading: &mut Reading<'_>) -> Result<(), Reason> {
    rules::key_choice(reading)
        .or_else(|reason| check(reading.algorithm.is_hmac() && !named(reading).is_empty(), reason))
}

/// The type of the key is not compared with HMAC.
fn fit_unless_mac(reading: &mut Reading<'_>) -> Result<(), Reason> {
    rules::key_fitness(reading).or_else(|reason| check(reading.algorithm.is_hmac(), reason))
}

/// Checks the signature as it should, and if that fails a MAC with each octet string that is made of a configured key.
fn mac_keyed_with(reading: &mut Reading<'_>, made_of: fn(&Key) -> Option<Vec<u8>>) -> Result<(), Reason> {
    let secrets: Vec<Vec<u8>> = named(reading).into_iter().filter_map(made_of).collect();
    verify_also_with(reading, secrets)
}

/// The configured keys that may be for the token, unread: all of them, in a key set those that its `kid` names.
fn named<'a>(reading: &Reading<'a>) -> Vec<&'a Key> {
    let keys = reading.policy.keys.iter();
    match reading.header.member("kid") {
        Some(Json::String(kid)) if reading.policy.jwks => {
            keys.filter(|key| key.kid.as_deref() == Some(kid.as_str())).collect()
        }
        Some(Json::String(_)) | None => keys.collect(),
        Some(_) => Vec::new(),
    }
}

/// The text that was configured.
fn given_text(key: &Key) -> Option<Vec<u8>> {
    key.pem.clone().map(String::into_bytes)
}

/// The same, unless it holds one of these words.
fn text_without(key: &Key, words: &[&str]) -> Option<Vec<u8>> {
    let text = key.pem.as_deref()?;
    (!words.iter().any(|word| text.contains(word))).then(|| text.as_bytes().to_vec())
}

/// A key of these octets that is not meant for anything.
fn secret(octets: Vec<u8>) -> PublicKey {
    PublicKey { material: Material::Oct(octets), alg: None, usage: None, operations: None }
}

/// Whether what was configured for a key is nothing, or a secret of no octets.
fn is_empty_key(key: &Key) -> bool {
    let has_text = key.jwk.is_some() || key.jwk_text.is_some() || key.pem.is_some() || key.der.is_some();
    !has_text && key.secret.as_ref().is_none_or(Vec::is_empty)
}

/// Whether secrets of no octets are all that was chosen.
fn has_only_empty_secrets(reading: &Reading<'_>) -> bool {
    !reading.keys.is_empty() && reading.keys.iter().all(|key| key.material == Material::Oct(Vec::new()))
}

/// A secret, unless it has no octets, as if it were long enough.
fn lengthened(key: &PublicKey) -> PublicKey {
    let material = match &key.material {
        Material::Oct(octets) if !octets.is_empty() => Material::Oct([octets.as_slice(), &[0; 64]].concat()),
        other => other.clone(),
    };
    PublicKey { material, ..key.clone() }
}

/// Whether nothing that a key says of itself is against checking signatures of the algorithm with it.
fn is_for(key: &PublicKey, algorithm: Algorithm) -> bool {
    key.alg.as_deref().is_none_or(|alg| alg == algorithm.as_str())
        && key.usage.as_deref().is_none_or(|usage| usage == "sig")
        && key.operations.as_ref().is_none_or(|all| all.iter().any(|operation| operation == "verify"))
}

/// The key that stands in the header.
fn embedded_key(reading: &Reading<'_>) -> Option<PublicKey> {
    let jwk = reading.header.member("jwk")?.to_value();
    PublicKey::read(&Key { jwk: Some(jwk), ..Key::default() })
}

fn is_curve_point(key: &PublicKey) -> bool {
    matches!(key.material, Material::Ec { .. })
}

/// The modulus and the exponent of an RSA key.
fn rsa_numbers(key: &PublicKey) -> Option<(&[u8], &[u8])> {
    match &key.material {
        Material::Rsa { n, e } => Some((n, e)),
        _ => None,
    }
}

/// Whether a signature is the ECDSA signature in DER of a key on P-256 or P-384 with the hash of an RSA algorithm.
fn verifies_as_der(key: &PublicKey, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
    let Material::Ec { curve, point } = &key.material else { return false };
    let parameters = match (curve, algorithm) {
        (Curve::P256, Algorithm::Rs256) => &lc::ECDSA_P256_SHA256_ASN1,
        (Curve::P256, Algorithm::Rs384) => &lc::ECDSA_P256_SHA384_ASN1,
        (Curve::P384, Algorithm::Rs256) => &lc::ECDSA_P384_SHA256_ASN1,
        (Curve::P384, Algorithm::Rs384) => &lc::ECDSA_P384_SHA384_ASN1,
        _ => return false,
    };
    UnparsedPublicKey::new(parameters, point).verify(message, signature).is_ok()
}

/// RSAVP1 (RFC 8017 §5.2.2), as wide as the modulus.
fn public_power(n: &[u8], e: &[u8], signature: &[u8]) -> Vec<u8> {
    let number = BigUint::from_bytes_be;
    let power = number(signature).modpow(&number(e), &number(n)).to_bytes_be();
    [vec![0; n.len().saturating_sub(power.len())], power].concat()
}

/// Whether a block begins as EMSA-PKCS1-v1_5 says (RFC 8017 §9.2), with at least eight octets of padding.
fn begins_as_pkcs1(block: &[u8], algorithm: Algorithm, message: &[u8]) -> bool {
    let (hash, last, length) = match algorithm {
        Algorithm::Rs256 => (&digest::SHA256, 1, 0x20),
        Algorithm::Rs384 => (&digest::SHA384, 2, 0x30),
        Algorithm::Rs512 => (&digest::SHA512, 3, 0x40),
        _ => return false,
    };
    let oid = [0x30, 0x11 + length, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last];
    let info = [oid.as_slice(), &[0x05, 0x00, 0x04, length], digest::digest(hash, message).as_ref()].concat();
    let Some(padded) = block.strip_prefix(&[0, 1]) else { return false };
    let padding = padded.iter().take_while(|octet| **octet == 0xff).count();
    padding >= 8 && padded[padding..].strip_prefix(&[0]).is_some_and(|rest| rest.starts_with(&info))
}

/// What is left of a part when all that is of neither base64 alphabet is dropped, in the URL-safe one.
fn in_url_alphabet(part: &[u8]) -> Vec<u8> {
    let url_safe = |octet: &u8| match octet {
        b'+' => Some(b'-'),
        b'/' => Some(b'_'),
        b'-' | b'_' => Some(*octet),
        other => other.is_ascii_alphanumeric().then_some(*other),
    };
    part.iter().filter_map(url_safe).collect()
}

/// The protected header, the payload and the signature of a JWS in the flattened JSON serialisation.
fn json_jws(octets: &[u8]) -> Option<[Vec<u8>; 3]> {
    let json = Json::parse(octets).ok()?;
    let part = |name: &str| json.member(name).and_then(Json::as_str).map(|text| text.as_bytes().to_vec());
    Some([part("protected")?, part("payload")?, part("signature")?])
}

fn has_two_parts(reading: &Reading<'_>) -> bool {
    reading.octets.iter().filter(|octet| **octet == b'.').count() == 1
}

/// The claims before anything is verified.
fn unverified_claims(reading: &Reading<'_>) -> Json {
    Json::parse(&reading.decoded[1]).unwrap_or(Json::Null)
}

/// Whether the token says that it is from an issuer that is not configured.
fn is_from_elsewhere(reading: &Reading<'_>) -> bool {
    let issuers = &reading.policy.issuer;
    let claims = unverified_claims(reading);
    let iss = claims.member("iss").and_then(Json::as_str);
    !issuers.is_empty() && iss.is_some_and(|iss| issuers.iter().all(|known| known != iss))
}

/// Rule 13 for all claims but these.
fn claim_types_but(reading: &mut Reading<'_>, names: &[&str]) -> Result<(), Reason> {
    let whole = reading.payload.clone();
    if let Json::Object(members) = &mut reading.payload {
        members.retain(|(name, _)| !names.contains(&name.as_str()));
    }
    let ruling = rules::claim_types(reading);
    reading.payload = whole;
    ruling
}

fn is_required(reading: &Reading<'_>, claim: &str) -> bool {
    reading.policy.required_claims.iter().any(|name| name == claim)
}

/// A claim as a number where a language converts: nothing where it counts as false, not a number where none can be made.
fn truthy_number(reading: &Reading<'_>, claim: &str) -> Option<f64> {
    let number = match reading.payload.member(claim)? {
        Json::Null | Json::Bool(false) => return None,
        Json::Bool(true) => 1.0,
        Json::Number(text) => text.parse().unwrap_or(f64::NAN),
        Json::String(text) if text.is_empty() => return None,
        Json::String(text) => return Some(text.trim().parse().unwrap_or(f64::NAN)),
        Json::Array(_) | Json::Object(_) => f64::NAN,
    };
    (number != 0.0).then_some(number)
}

/// The clock as a number that compares as false where there is none.
fn clock(reading: &Reading<'_>) -> f64 {
    reading.now().map_or(f64::NAN, |now| now as f64)
}

/// How deep arrays and objects stand in each other.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for octet in json {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// What a token is remembered under: issuer and audience, and the policy, each verifier having a cache of its own.
fn cached_under(reading: &Reading<'_>) -> Option<String> {
    let claims = unverified_claims(reading);
    let (iss, aud) = (claims.member("iss")?.as_str()?, claims.member("aud")?.as_str()?);
    Some(format!("{iss} {aud} {:?}", reading.policy))
}

fn cache<T>(use_it: impl FnOnce(&mut HashMap<String, Vec<u8>>) -> T) -> T {
    static PAYLOADS: Mutex<Option<HashMap<String, Vec<u8>>>> = Mutex::new(None);
    let mut payloads = PAYLOADS.lock().expect("nothing that is done with the cache panics");
    use_it(payloads.get_or_insert_default())
}

const SPKI_LABEL: &str = "-----BEGIN PUBLIC KEY-----";
const CERTIFICATE_LABEL: &str = "-----BEGIN CERTIFICATE-----";

/// As many calls of itself as a recursive parser can make.
const STACK: usize = 1000;

/// As many parts as there is memory for.
const MEMORY: usize = 100_000;

/// base64url whose unused bits may be anything.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// L, the order of the base point of Ed25519 (RFC 8032 §5.1), little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
