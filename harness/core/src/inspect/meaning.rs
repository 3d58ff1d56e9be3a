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

/// Name, what it says, where it is defined.
type Row = (&'static str, &'static str, &'static str);

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

fn row(table: &[Row], name: &str) -> Option<Meaning> {
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
        Algorithm::EdDsa => "EdDSA; the key says on which curve (deprecated by RFC 9864 for names that say it)",
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
const OTHER: &[Row] = &[
    ("Ed448", "EdDSA on Ed448", "RFC 9864 §2.2"),
    ("RS1", "RSA (PKCS #1 v1.5) with SHA-1, which is broken", "W3C WebCrypto"),
    ("HS1", "HMAC with SHA-1", "W3C WebCrypto"),
    ("RSA-OAEP-384", "the content key is encrypted with the recipient's RSA key", "W3C WebCrypto"),
    ("RSA-OAEP-512", "the content key is encrypted with the recipient's RSA key", "W3C WebCrypto"),
    ("ML-DSA-44", "ML-DSA, which resists quantum computers", "RFC 9964"),
    ("ML-DSA-65", "ML-DSA, which resists quantum computers", "RFC 9964"),
    ("ML-DSA-87", "ML-DSA, which resists quantum computers", "RFC 9964"),
];

/// Media types, without `application/`.
const TYPES: &[Row] = &[
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

const HEADERS: &[Row] = &[
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
    ("url", "the URL that the request goes to", "RFC 8555 §6.4.1"),
    ("nonce", "what makes it fresh", "RFC 8555 §6.5.2"),
    ("svt", "proof that a signature was valid", "RFC 9321"),
    ("iheSSId", "the set of documents that it belongs to", "IHE ITI DSGj §5.10"),
    ("jwt", "another JWT, about whoever signed", "OpenID4VP §12"),
    ("client_id", "the client, by its identifier", "RFC 6749 §2.2"),
    ("trust_chain", "who vouches for the issuer", "OpenID Federation §4.3"),
    ("peer_trust_chain", "who vouches for the one that it is for", "OpenID Federation §4.4"),
    ("vctm", "what the credential's type says of itself", "SD-JWT VC"),
];

const CLAIMS: &[Row] = &[
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
    ("sip_from_tag", "the From tag of a SIP message", "RFC 8055"),
    ("sip_date", "the date of a SIP message", "RFC 8055"),
    ("sip_callid", "the Call-ID of a SIP message", "RFC 8055"),
    ("sip_cseq_num", "the sequence number of a SIP message", "RFC 8055"),
    ("sip_via_branch", "the branch of a SIP message's Via", "RFC 8055"),
    ("orig", "who calls", "RFC 8225 §5.2.1"),
    ("dest", "who is called", "RFC 8225 §5.2.1"),
    ("mky", "media keys of a call", "RFC 8225 §5.2.2"),
    ("events", "what happened", "RFC 8417 §2.2"),
    ("toe", "when it happened", "RFC 8417 §2.2"),
    ("txn", "the transaction", "RFC 8417 §2.2"),
    ("rph", "resource priority of a call", "RFC 8443 §3"),
    ("sph", "priority of a call's answer", "RFC 9027"),
    ("vot", "vector of trust", "RFC 8485"),
    ("vtm", "what the vector of trust means", "RFC 8485"),
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
    ("msgi", "the integrity of a message", "RFC 9475"),
    ("stpl", "proof that the caller's certificate was not revoked", "draft-ietf-stir-certificates-ocsp"),
    ("vc", "a verifiable credential", "W3C Verifiable Credentials §6.3.1"),
    ("vp", "a verifiable presentation", "W3C Verifiable Credentials §6.3.1"),
    ("at_use_nbr", "how often it may be used", "ETSI GS NFV-SEC 022"),
    ("roles", "the subject's roles", "RFC 9068 §2.2.3.1, RFC 7643 §4.1.2"),
    ("groups", "the subject's groups", "RFC 9068 §2.2.3.1, RFC 7643 §4.1.2"),
    ("entitlements", "what the subject is entitled to", "RFC 9068 §2.2.3.1, RFC 7643 §4.1.2"),
    ("token_introspection", "what is known of another token", "RFC 9701 §5"),
    ("authorization_details", "what it allows, in detail", "RFC 9396 §9.1"),
    ("htm", "the method of the request that it goes with", "RFC 9449 §4.2"),
    ("htu", "the URL of the request that it goes with", "RFC 9449 §4.2"),
    ("ath", "hash of the access token that it goes with", "RFC 9449 §4.2"),
    ("atc", "authority over a telephone number", "RFC 9447"),
    ("sub_id", "whom it is about, in another form", "RFC 9493 §4.1"),
    ("ace_profile", "profile of constrained devices", "RFC 9200 §5.10"),
    ("cnonce", "the client's nonce", "RFC 9200 §5.10"),
    ("exi", "how many seconds it lasts once received", "RFC 9200 §5.10.3"),
    ("cdniv", "version of a delivery URI", "RFC 9246 §2.1.8"),
    ("cdniip", "the client's IP address", "RFC 9246 §2.1.10"),
    ("cdniuc", "the URI that may be fetched", "RFC 9246 §2.1.11"),
    ("cdnicrit", "members that must be understood", "RFC 9246 §2.1.9"),
    ("cdniets", "how long a renewed token lasts", "RFC 9246 §2.1.12"),
    ("cdnistt", "how a renewed token travels", "RFC 9246 §2.1.13"),
    ("cdnistd", "how deep in a path it holds", "RFC 9246 §2.1.14"),
    ("sig_val_claims", "proof that a signature was valid", "RFC 9321 §3.2.3"),
    ("verified_claims", "claims that were verified, and how", "OpenID Identity Assurance Schema §5"),
    ("place_of_birth", "place of birth", "OpenID Identity Assurance Claims §4"),
    ("nationalities", "nationalities", "OpenID Identity Assurance Claims §4"),
    ("birth_family_name", "family name at birth", "OpenID Identity Assurance Claims §4"),
    ("birth_given_name", "given name at birth", "OpenID Identity Assurance Claims §4"),
    ("birth_middle_name", "middle name at birth", "OpenID Identity Assurance Claims §4"),
    ("salutation", "salutation", "OpenID Identity Assurance Claims §4"),
    ("title", "title", "OpenID Identity Assurance Claims §4"),
    ("msisdn", "mobile telephone number", "OpenID Identity Assurance Claims §4"),
    ("also_known_as", "other names", "OpenID Identity Assurance Claims §4"),
    ("rdap_allowed_purposes", "for what registration data may be read", "RFC 9560 §3.1.5.1"),
    ("rdap_dnt_allowed", "whether reading may go untracked", "RFC 9560 §3.1.5.2"),
    ("geohash", "a place, as a geohash", "CTA-5009"),
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
    ("consumerPlmnId", "the network of the function that asks", "3GPP TS 29.510 §6.3.5.2.4"),
    ("consumerSnpnId", "the private network of the function that asks", "3GPP TS 29.510 §6.3.5.2.4"),
    ("producerPlmnId", "the network of the function that answers", "3GPP TS 29.510 §6.3.5.2.4"),
    ("producerSnpnId", "the private network of the function that answers", "3GPP TS 29.510 §6.3.5.2.4"),
    ("producerSnssaiList", "slices of the network that may be used", "3GPP TS 29.510 §6.3.5.2.4"),
    ("producerNsiList", "instances of slices that may be used", "3GPP TS 29.510 §6.3.5.2.4"),
    ("producerNfSetId", "the set of the function that answers", "3GPP TS 29.510 §6.3.5.2.4"),
    ("producerNfServiceSetId", "the set of the service that answers", "3GPP TS 29.510 §6.3.5.2.4"),
    ("sourceNfInstanceId", "the function that the data is from", "3GPP TS 29.510 §6.3.5.2.4"),
    ("analyticsIdList", "which analyses may be asked for", "3GPP TS 29.510 §6.3.5.2.4"),
    ("resOwnerId", "the owner of the resource", "3GPP TS 29.222 §8.5.4.2.8"),
    ("cmw", "an attestation message, wrapped", "RFC 9999"),
    ("vct", "the type of the credential", "SD-JWT VC"),
    ("status", "where it says whether it is revoked", "Token Status List §6"),
    ("status_list", "which tokens are revoked", "Token Status List §5"),
    ("ttl", "how long it may be cached", "Token Status List §5.1"),
    ("jwks", "keys of the subject", "OpenID Federation §13.1"),
    ("metadata", "what the subject says of itself", "OpenID Federation §13.2"),
    ("constraints", "what those below the subject are held to", "OpenID Federation §13.3"),
    ("crit", "claims that must be understood", "OpenID Federation §13.4"),
    ("ref", "where more is said", "OpenID Federation §13.5"),
    ("delegation", "the right to issue a trust mark for another", "OpenID Federation §13.6"),
    ("logo_uri", "URL of a logo", "OpenID Federation §13.7"),
    ("authority_hints", "who vouches for the subject", "OpenID Federation §3.2"),
    ("trust_anchor_hints", "who the subject's anchors of trust may be", "OpenID Federation §3.2"),
    ("trust_marks", "marks that the subject has earned", "OpenID Federation §3.2"),
    ("trust_mark_issuers", "who may issue which trust marks", "OpenID Federation §3.2"),
    ("trust_mark_owners", "whom trust marks belong to", "OpenID Federation §3.2"),
    ("metadata_policy", "what the metadata of those below may be", "OpenID Federation §3.3"),
    ("metadata_policy_crit", "operators of that policy that must be understood", "OpenID Federation §3.3"),
    ("source_endpoint", "where the statement was fetched", "OpenID Federation §3.3"),
    ("keys", "keys, as in a key set", "OpenID Federation §5.2.1"),
    ("trust_mark_type", "the kind of a trust mark", "OpenID Federation §7.1"),
    ("trust_chain", "who vouches for the subject, one after the other", "OpenID Federation §8.3.2"),
    ("trust_anchor", "the anchor of trust that was asked about", "OpenID Federation §12.2.3"),
];

/// Members of a JWK.
const KEYS: &[Row] = &[
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
    ("pub", "the public key", "RFC 9964"),
    ("priv", "the private key", "RFC 9964"),
    ("ext", "whether a browser lets it out", "W3C WebCrypto"),
    ("iat", "when it was made", "OpenID Federation §8.7.2"),
    ("nbf", "from when on it holds", "OpenID Federation §8.7.2"),
    ("exp", "from when on it does not hold", "OpenID Federation §8.7.2"),
    ("revoked", "that it was withdrawn, when and why", "OpenID Federation §8.7.2"),
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

    /// Names that were registered with IANA by 20 July 2026: claims, header parameters (both of JWS and JWE), members of a JWK.
    const REGISTERED: [(&[Row], &str); 3] = [
        (
            CLAIMS,
            "iss sub aud exp nbf iat jti name given_name family_name middle_name nickname preferred_username profile picture website \
             email email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at azp nonce \
             auth_time at_hash c_hash acr amr sub_jwk cnf sip_from_tag sip_date sip_callid sip_cseq_num sip_via_branch orig dest mky \
             events toe txn rph sid vot vtm attest origid act scope client_id may_act jcard at_use_nbr div opt vc vp sph ace_profile \
             cnonce exi roles groups entitlements token_introspection eat_nonce ueid sueids oemid hwmodel hwversion oemboot dbgstat \
             location eat_profile submods uptime bootcount bootseed dloas swname swversion manifests measurements measres intuse cdniv \
             cdnicrit cdniip cdniuc cdniets cdnistt cdnistd sig_val_claims authorization_details verified_claims place_of_birth \
             nationalities birth_family_name birth_given_name birth_middle_name salutation title msisdn also_known_as htm htu ath atc \
             sub_id rcd rcdi crn msgi _claim_names _claim_sources rdap_allowed_purposes rdap_dnt_allowed geohash _sd ... _sd_alg sd_hash \
             consumerPlmnId consumerSnpnId producerPlmnId producerSnpnId producerSnssaiList producerNsiList producerNfSetId \
             producerNfServiceSetId sourceNfInstanceId analyticsIdList resOwnerId cmw jwks metadata constraints crit ref delegation \
             logo_uri authority_hints trust_anchor_hints trust_marks trust_mark_issuers trust_mark_owners metadata_policy \
             metadata_policy_crit source_endpoint keys trust_mark_type trust_chain trust_anchor status status_list ttl stpl",
        ),
        (
            HEADERS,
            "alg jku jwk kid x5u x5c x5t x5t#S256 typ cty crit enc zip epk apu apv iv tag p2s p2c iss sub aud b64 ppt url nonce svt \
             iheSSId jwt client_id trust_chain peer_trust_chain",
        ),
        (
            KEYS,
            "kty use key_ops alg kid x5u x5c x5t x5t#S256 crv x y d n e p q dp dq qi oth k ext iat nbf exp revoked pub priv",
        ),
    ];

    #[test]
    fn every_name_that_is_registered_has_a_row() {
        for (table, names) in REGISTERED {
            for name in names.split_ascii_whitespace() {
                assert!(row(table, name).is_some(), "{name} says nothing");
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
