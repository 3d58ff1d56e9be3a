//! What members mean: the claims and header parameters of the registries of JWT and JOSE, and the algorithms, in a phrase and
//! with where it is defined. Takes a name, gives a row of a closed table; of what is not registered it says nothing.

use std::str::FromStr as _;

use token_assay_model::{Algorithm, ContentEncryption, KeyManagement};

/// A row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// The name.
    pub name: &'static str,
    /// What it says.
    pub says: &'static str,
    /// Where it is defined.
    pub defined: &'static str,
}

/// A claim.
pub fn claim(name: &str) -> Option<Meaning> {
    row(CLAIMS, name)
}

/// A header parameter.
pub fn header(name: &str) -> Option<Meaning> {
    row(HEADERS, name)
}

/// A member of a JWK.
pub fn key(name: &str) -> Option<Meaning> {
    row(KEYS, name)
}

/// What the value of `alg`, `enc`, `typ` or `cty` means; nothing for values that are not known.
pub fn value(name: &str, value: &str) -> Option<&'static str> {
    match name {
        "alg" => Algorithm::from_str(value).ok().map(algorithm).or_else(|| {
            KeyManagement::from_str(value).ok().map(key_management).or_else(|| row(OTHER, value).map(|row| row.says))
        }),
        "enc" => ContentEncryption::from_str(value).ok().map(content),
        "typ" | "cty" => {
            let lower = value.to_ascii_lowercase();
            row(TYPES, lower.strip_prefix("application/").unwrap_or(&lower)).map(|row| row.says)
        }
        _ => None,
    }
}

fn row(table: &[(&'static str, &'static str, &'static str)], name: &str) -> Option<Meaning> {
    let found = table.iter().find(|(known, ..)| *known == name);
    found.map(|(name, says, defined)| Meaning { name, says, defined })
}

const fn algorithm(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Hs256 => "HMAC with SHA-256: whoever can check it can make it",
        Algorithm::Hs384 => "HMAC with SHA-384: whoever can check it can make it",
        Algorithm::Hs512 => "HMAC with SHA-512: whoever can check it can make it",
        Algorithm::Rs256 => "RSA (PKCS #1 v1.5) with SHA-256",
        Algorithm::Rs384 => "RSA (PKCS #1 v1.5) with SHA-384",
        Algorithm::Rs512 => "RSA (PKCS #1 v1.5) with SHA-512",
        Algorithm::Ps256 => "RSA (PSS) with SHA-256",
        Algorithm::Ps384 => "RSA (PSS) with SHA-384",
        Algorithm::Ps512 => "RSA (PSS) with SHA-512",
        Algorithm::Es256 => "ECDSA on P-256 with SHA-256",
        Algorithm::Es384 => "ECDSA on P-384 with SHA-384",
        Algorithm::Es512 => "ECDSA on P-521 with SHA-512",
        Algorithm::Es256k => "ECDSA on secp256k1 with SHA-256",
        Algorithm::EdDsa => "EdDSA; the key says on which curve",
        Algorithm::Ed25519 => "EdDSA on Ed25519",
        Algorithm::None => "no signature at all: anybody can have written it",
    }
}

const fn key_management(alg: KeyManagement) -> &'static str {
    if alg.is_password() {
        "the content key is wrapped with a key that is derived from a password"
    } else if alg.is_agreement() {
        "sender and recipient agree on a key (ECDH-ES)"
    } else if alg.is_rsa() {
        "the content key is encrypted with the recipient's RSA key"
    } else if alg.is_gcm() {
        "the content key is encrypted with a shared key (AES GCM)"
    } else if matches!(alg, KeyManagement::Dir) {
        "the shared key encrypts the content itself"
    } else {
        "the content key is wrapped with a shared key (AES Key Wrap)"
    }
}

const fn content(enc: ContentEncryption) -> &'static str {
    if enc.is_gcm() { "the content is encrypted by AES GCM" } else { "the content is encrypted by AES CBC with HMAC" }
}

/// Algorithms of the registry that nothing here verifies or opens.
const OTHER: &[(&str, &str, &str)] = &[
    ("Ed448", "EdDSA on Ed448", "RFC 9864 §2.2"),
    ("RS1", "RSA (PKCS #1 v1.5) with SHA-1, which is broken", "W3C WebCrypto"),
    ("HS1", "HMAC with SHA-1", "W3C WebCrypto"),
    ("ML-DSA-44", "ML-DSA, which resists quantum computers", "draft-ietf-cose-dilithium"),
    ("ML-DSA-65", "ML-DSA, which resists quantum computers", "draft-ietf-cose-dilithium"),
    ("ML-DSA-87", "ML-DSA, which resists quantum computers", "draft-ietf-cose-dilithium"),
];

/// Media types, without `application/`.
const TYPES: &[(&str, &str, &str)] = &[
    ("jwt", "a JWT, of no particular kind", "RFC 7519 §5.1"),
    ("at+jwt", "an OAuth access token", "RFC 9068 §2.1"),
    ("dpop+jwt", "a proof of possession, made by the client", "RFC 9449 §4.2"),
    ("logout+jwt", "a logout token of OpenID Connect", "OpenID Connect Back-Channel Logout §2.4"),
    ("secevent+jwt", "a security event", "RFC 8417 §2.3"),
    ("token-introspection+jwt", "an answer of token introspection", "RFC 9701 §5"),
    ("oauth-authz-req+jwt", "an authorization request", "RFC 9101 §4"),
    ("client-authentication+jwt", "a client's assertion of who it is", "RFC 7523bis"),
    ("dc+sd-jwt", "a credential of which parts are disclosed", "SD-JWT VC"),
    ("vc+sd-jwt", "a credential of which parts are disclosed (the older name)", "SD-JWT VC"),
    ("kb+jwt", "a proof that the holder has the key", "RFC 9901 §4.3"),
    ("statuslist+jwt", "a list of which tokens are revoked", "Token Status List"),
    ("entity-statement+jwt", "a statement of OpenID Federation", "OpenID Federation §3"),
    ("passport", "a call's proof of origin", "RFC 8225 §4.1"),
    ("jose", "a JWS or JWE in compact form", "RFC 7515 §9.2.1"),
    ("jose+json", "a JWS or JWE in a JSON serialisation", "RFC 7515 §9.2.1"),
    ("json", "JSON", "RFC 8259"),
];

const HEADERS: &[(&str, &str, &str)] = &[
    ("alg", "how it is signed, or how its key is encrypted", "RFC 7515 §4.1.1"),
    ("jku", "where the keys are; never to be followed unasked", "RFC 7515 §4.1.2"),
    ("jwk", "the public key, says whoever wrote the token", "RFC 7515 §4.1.3"),
    ("kid", "the name of the key", "RFC 7515 §4.1.4"),
    ("x5u", "where the certificate is; never to be followed unasked", "RFC 7515 §4.1.5"),
    ("x5c", "the certificates, says whoever wrote the token", "RFC 7515 §4.1.6"),
    ("x5t", "the SHA-1 hash of the certificate", "RFC 7515 §4.1.7"),
    ("x5t#S256", "the SHA-256 hash of the certificate", "RFC 7515 §4.1.8"),
    ("typ", "what kind of token it is", "RFC 7515 §4.1.9"),
    ("cty", "what the payload is", "RFC 7515 §4.1.10"),
    ("crit", "members that must be understood", "RFC 7515 §4.1.11"),
    ("enc", "how the content is encrypted", "RFC 7516 §4.1.2"),
    ("zip", "how the content was compressed", "RFC 7516 §4.1.3"),
    ("epk", "the sender's ephemeral public key", "RFC 7518 §4.6.1.1"),
    ("apu", "about the sender, for key agreement", "RFC 7518 §4.6.1.2"),
    ("apv", "about the recipient, for key agreement", "RFC 7518 §4.6.1.3"),
    ("iv", "the initialisation vector of the key's encryption", "RFC 7518 §4.7.1.1"),
    ("tag", "the tag of the key's encryption", "RFC 7518 §4.7.1.2"),
    ("p2s", "the salt of the password", "RFC 7518 §4.8.1.1"),
    ("p2c", "how often the password is hashed", "RFC 7518 §4.8.1.2"),
    ("iss", "the issuer, as in the claims", "RFC 7519 §5.3"),
    ("sub", "the subject, as in the claims", "RFC 7519 §5.3"),
    ("aud", "the audience, as in the claims", "RFC 7519 §5.3"),
    ("b64", "whether the payload is base64url", "RFC 7797 §3"),
    ("ppt", "the kind of passport", "RFC 8225 §8.1"),
    ("url", "the URL that the request goes to", "RFC 8555 §6.4"),
    ("nonce", "what makes it fresh", "RFC 8555 §6.5.2"),
    ("svt", "proof that a signature was valid", "RFC 9321 §3.2.1"),
    ("trust_chain", "who vouches for the issuer", "OpenID Federation §4.3"),
    ("vctm", "what the credential's type says of itself", "SD-JWT VC"),
];

const CLAIMS: &[(&str, &str, &str)] = &[
    ("iss", "who issued it", "RFC 7519 §4.1.1"),
    ("sub", "whom it is about", "RFC 7519 §4.1.2"),
    ("aud", "who may accept it", "RFC 7519 §4.1.3"),
    ("exp", "from when on it must be refused", "RFC 7519 §4.1.4"),
    ("nbf", "before when it must be refused", "RFC 7519 §4.1.5"),
    ("iat", "when it was issued", "RFC 7519 §4.1.6"),
    ("jti", "its own name, once only", "RFC 7519 §4.1.7"),
    ("name", "full name", "OpenID Connect Core §5.1"),
    ("given_name", "given name", "OpenID Connect Core §5.1"),
    ("family_name", "family name", "OpenID Connect Core §5.1"),
    ("middle_name", "middle name", "OpenID Connect Core §5.1"),
    ("nickname", "casual name", "OpenID Connect Core §5.1"),
    ("preferred_username", "the name that the user goes by; not unique", "OpenID Connect Core §5.1"),
    ("profile", "URL of the profile page", "OpenID Connect Core §5.1"),
    ("picture", "URL of the picture", "OpenID Connect Core §5.1"),
    ("website", "URL of the user's page", "OpenID Connect Core §5.1"),
    ("email", "e-mail address; not an identifier", "OpenID Connect Core §5.1"),
    ("email_verified", "whether the address was verified", "OpenID Connect Core §5.1"),
    ("gender", "gender", "OpenID Connect Core §5.1"),
    ("birthdate", "birthday", "OpenID Connect Core §5.1"),
    ("zoneinfo", "time zone", "OpenID Connect Core §5.1"),
    ("locale", "language and region", "OpenID Connect Core §5.1"),
    ("phone_number", "telephone number", "OpenID Connect Core §5.1"),
    ("phone_number_verified", "whether the number was verified", "OpenID Connect Core §5.1"),
    ("address", "postal address", "OpenID Connect Core §5.1"),
    ("updated_at", "when the user's data last changed", "OpenID Connect Core §5.1"),
    ("azp", "the client that it was issued to", "OpenID Connect Core §2"),
    ("nonce", "ties it to the client's request", "OpenID Connect Core §2"),
    ("auth_time", "when the user proved who they are", "OpenID Connect Core §2"),
    ("at_hash", "hash of the access token beside it", "OpenID Connect Core §3.1.3.6"),
    ("c_hash", "hash of the code beside it", "OpenID Connect Core §3.3.2.11"),
    ("s_hash", "hash of the state beside it", "Financial-grade API"),
    ("acr", "how firmly the user was authenticated", "OpenID Connect Core §2"),
    ("amr", "by which means the user was authenticated", "OpenID Connect Core §2"),
    ("sub_jwk", "the public key of a self-issued token", "OpenID Connect Core §7.4"),
    ("_claim_names", "claims that stand elsewhere", "OpenID Connect Core §5.6.2"),
    ("_claim_sources", "where those claims stand", "OpenID Connect Core §5.6.2"),
    ("sid", "the session at the issuer", "OpenID Connect Front-Channel Logout §3"),
    ("cnf", "the key that the presenter must prove to have", "RFC 7800 §3.1"),
    ("orig", "who calls", "RFC 8225 §5.2.1"),
    ("dest", "who is called", "RFC 8225 §5.2.1"),
    ("mky", "media keys of a call", "RFC 8225 §5.2.2"),
    ("events", "what happened", "RFC 8417 §2.2"),
    ("toe", "when it happened", "RFC 8417 §2.2"),
    ("txn", "the transaction", "RFC 8417 §2.2"),
    ("rph", "resource priority of a call", "RFC 8443 §3"),
    ("sph", "priority of a call's answer", "RFC 9027 §3"),
    ("vot", "vector of trust", "RFC 8485 §4"),
    ("vtm", "what the vector of trust means", "RFC 8485 §4"),
    ("attest", "how firmly a call's origin is attested", "RFC 8588 §4"),
    ("origid", "where a call came from", "RFC 8588 §5"),
    ("act", "who acts for the subject", "RFC 8693 §4.1"),
    ("scope", "what it allows", "RFC 8693 §4.2"),
    ("client_id", "the client that asked for it", "RFC 8693 §4.3"),
    ("may_act", "who may act for the subject", "RFC 8693 §4.4"),
    ("jcard", "contact data of a caller", "RFC 8688"),
    ("div", "to whom a call was diverted", "RFC 8946 §3"),
    ("opt", "the passport of a diverted call", "RFC 8946 §5"),
    ("rcd", "rich data of a caller", "RFC 9795"),
    ("rcdi", "hashes of a caller's rich data", "RFC 9795"),
    ("crn", "why somebody calls", "RFC 9795"),
    ("vc", "a verifiable credential", "W3C Verifiable Credentials §6.3.1"),
    ("vp", "a verifiable presentation", "W3C Verifiable Credentials §6.3.1"),
    ("at_use_nbr", "how often it may be used", "ETSI GS NFV-SEC 022"),
    ("roles", "the subject's roles", "RFC 9068 §2.2.3.1"),
    ("groups", "the subject's groups", "RFC 9068 §2.2.3.1"),
    ("entitlements", "what the subject is entitled to", "RFC 9068 §2.2.3.1"),
    ("token_introspection", "what is known of another token", "RFC 9701 §5"),
    ("authorization_details", "what it allows, in detail", "RFC 9396 §9.1"),
    ("htm", "the method of the request that it goes with", "RFC 9449 §4.2"),
    ("htu", "the URL of the request that it goes with", "RFC 9449 §4.2"),
    ("ath", "hash of the access token that it goes with", "RFC 9449 §4.2"),
    ("atc", "authority over a telephone number", "RFC 9447 §3"),
    ("sub_id", "whom it is about, in another form", "RFC 9493 §4"),
    ("ace_profile", "profile of constrained devices", "RFC 9200 §5.8.4.3"),
    ("cnonce", "the client's nonce", "RFC 9200 §5.8.4.4"),
    ("exi", "how many seconds it lasts once received", "RFC 9200 §5.10.3"),
    ("cdniv", "version of a delivery URI", "RFC 9246 §2.1"),
    ("cdniip", "the client's IP address", "RFC 9246 §2.1"),
    ("cdniuc", "the URI that may be fetched", "RFC 9246 §2.1"),
    ("cdnicrit", "members that must be understood", "RFC 9246 §2.1"),
    ("cdniets", "how long a renewed token lasts", "RFC 9246 §2.1"),
    ("cdnistt", "how a renewed token travels", "RFC 9246 §2.1"),
    ("cdnistd", "how deep in a path it holds", "RFC 9246 §2.1"),
    ("sig_val_claims", "proof that a signature was valid", "RFC 9321 §3.2.3"),
    ("verified_claims", "claims that were verified, and how", "OpenID Identity Assurance §5"),
    ("place_of_birth", "place of birth", "OpenID Identity Assurance §4"),
    ("nationalities", "nationalities", "OpenID Identity Assurance §4"),
    ("birth_family_name", "family name at birth", "OpenID Identity Assurance §4"),
    ("birth_given_name", "given name at birth", "OpenID Identity Assurance §4"),
    ("birth_middle_name", "middle name at birth", "OpenID Identity Assurance §4"),
    ("salutation", "salutation", "OpenID Identity Assurance §4"),
    ("title", "title", "OpenID Identity Assurance §4"),
    ("msisdn", "mobile telephone number", "OpenID Identity Assurance §4"),
    ("also_known_as", "other names", "OpenID Identity Assurance §4"),
    ("rdap_allowed_purposes", "for what registration data may be read", "RFC 9560 §3.1.5.1"),
    ("rdap_dnt_allowed", "whether reading may go untracked", "RFC 9560 §3.1.5.2"),
    ("eat_nonce", "what makes an attestation fresh", "RFC 9711 §4.1"),
    ("ueid", "the device's own number", "RFC 9711 §4.2.1"),
    ("sueids", "the device's lasting numbers", "RFC 9711 §4.2.2"),
    ("oemid", "who made the hardware", "RFC 9711 §4.2.3"),
    ("hwmodel", "model of the hardware", "RFC 9711 §4.2.4"),
    ("hwversion", "version of the hardware", "RFC 9711 §4.2.5"),
    ("swname", "name of the software", "RFC 9711 §4.2.6"),
    ("swversion", "version of the software", "RFC 9711 §4.2.7"),
    ("oemboot", "whether only the maker's software boots", "RFC 9711 §4.2.8"),
    ("dbgstat", "whether debugging is possible", "RFC 9711 §4.2.9"),
    ("location", "where the device is", "RFC 9711 §4.2.10"),
    ("uptime", "how long the device has run", "RFC 9711 §4.2.11"),
    ("bootcount", "how often the device has started", "RFC 9711 §4.2.12"),
    ("bootseed", "tells one start from another", "RFC 9711 §4.2.13"),
    ("dloas", "certifications of the device", "RFC 9711 §4.2.14"),
    ("manifests", "what the software consists of", "RFC 9711 §4.2.15"),
    ("measurements", "what was measured of the software", "RFC 9711 §4.2.16"),
    ("measres", "what the measurements were compared with", "RFC 9711 §4.2.17"),
    ("submods", "attestations of the device's parts", "RFC 9711 §4.2.18"),
    ("intuse", "what the attestation is for", "RFC 9711 §4.3.3"),
    ("eat_profile", "the profile of the attestation", "RFC 9711 §4.3.2"),
    ("_sd", "hashes of claims that may be disclosed", "RFC 9901 §4.2.4.1"),
    ("_sd_alg", "the hash of those", "RFC 9901 §4.1.1"),
    ("...", "hash of an element that may be disclosed", "RFC 9901 §4.2.4.2"),
    ("sd_hash", "hash of what the presenter disclosed", "RFC 9901 §4.3"),
    ("vct", "the type of the credential", "SD-JWT VC"),
    ("status", "where it says whether it is revoked", "Token Status List §6"),
    ("status_list", "which tokens are revoked", "Token Status List §5"),
    ("ttl", "how long it may be cached", "Token Status List §5.1"),
    ("jwks", "keys of the subject", "OpenID Federation §3"),
    ("metadata", "what the subject says of itself", "OpenID Federation §3"),
    ("authority_hints", "who vouches for the subject", "OpenID Federation §3"),
    ("trust_marks", "marks that the subject has earned", "OpenID Federation §3"),
];

/// Members of a JWK.
const KEYS: &[(&str, &str, &str)] = &[
    ("kty", "the type of the key", "RFC 7517 §4.1"),
    ("use", "what it is for: sig signatures, enc encryption", "RFC 7517 §4.2"),
    ("key_ops", "the operations that it is for", "RFC 7517 §4.3"),
    ("alg", "the algorithm that it is for", "RFC 7517 §4.4"),
    ("kid", "the name of the key", "RFC 7517 §4.5"),
    ("x5u", "where its certificates are", "RFC 7517 §4.6"),
    ("x5c", "its certificates, its own first", "RFC 7517 §4.7"),
    ("x5t", "SHA-1 of its certificate", "RFC 7517 §4.8"),
    ("x5t#S256", "SHA-256 of its certificate", "RFC 7517 §4.9"),
    ("crv", "the curve", "RFC 7518 §6.2.1.1"),
    ("x", "the point, or its x coordinate", "RFC 7518 §6.2.1.2, RFC 8037 §2"),
    ("y", "the y coordinate", "RFC 7518 §6.2.1.3"),
    ("n", "the modulus", "RFC 7518 §6.3.1.1"),
    ("e", "the public exponent", "RFC 7518 §6.3.1.2"),
    ("d", "the private key", "RFC 7518 §6.2.2.1, RFC 7518 §6.3.2.1, RFC 8037 §2"),
    ("p", "the first prime: private", "RFC 7518 §6.3.2.2"),
    ("q", "the second prime: private", "RFC 7518 §6.3.2.3"),
    ("dp", "the exponent of the first prime: private", "RFC 7518 §6.3.2.4"),
    ("dq", "the exponent of the second prime: private", "RFC 7518 §6.3.2.5"),
    ("qi", "the coefficient of the primes: private", "RFC 7518 §6.3.2.6"),
    ("oth", "other primes: private", "RFC 7518 §6.3.2.7"),
    ("k", "the shared secret", "RFC 7518 §6.4.1"),
    ("ext", "whether a browser lets it out", "W3C WebCrypto"),
    ("iat", "when it was made", "OpenID Federation §8.7"),
    ("nbf", "from when on it holds", "OpenID Federation §8.7"),
    ("exp", "from when on it does not hold", "OpenID Federation §8.7"),
    ("revoked", "that it was withdrawn, when and why", "OpenID Federation §8.7"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_name_has_one_row_that_says_what_it_means_and_where() {
        for table in [CLAIMS, HEADERS, KEYS, TYPES, OTHER] {
            let names: BTreeSet<&str> = table.iter().map(|(name, ..)| *name).collect();
            assert_eq!(names.len(), table.len());
            for (name, says, defined) in table {
                assert!(!says.is_empty() && says.len() < 90 && !says.ends_with('.'), "{name}: {says}");
                assert!(!defined.is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn every_algorithm_says_what_it_is() {
        for name in Algorithm::ALL.iter().map(|a| a.as_str()).chain(KeyManagement::ALL.iter().map(|a| a.as_str())) {
            assert!(value("alg", name).is_some(), "{name}");
        }
        assert_eq!(value("typ", "application/AT+JWT"), Some("an OAuth access token"));
        assert_eq!((value("alg", "hs256"), value("kid", "HS256")), (None, None));
    }
}
