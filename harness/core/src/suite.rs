//! The catalogue as tests of your own verifier.
//!
//! Takes a [`Verifier`], and for one whose configuration cannot be changed a [`FixedPolicy`]; runs the loop in this process,
//! and panics with what it found, so that `cargo test`, nextest and an editor show it. [`suite!`](crate::suite!) makes a test
//! for each case class; [`class`] is what they call. While classes are shown whose tokens name an address it listens there, and
//! a request is a finding, whatever the verdict. Never passes over a case in silence.
//!
//! A verifier that is built anew for every policy, as a library is:
//!
//! ```
//! use token_assay::model::{Reason, Request, Verdict, report::TargetInfo};
//! use token_assay::targets::Verifier;
//!
//! struct MyVerifier;
//!
//! impl Verifier for MyVerifier {
//!     fn info(&self) -> TargetInfo {
//!         let supports = ["HS256", "secret", "issuer", "audience", "exp", "nbf"];
//!         TargetInfo::new("my-verifier", env!("CARGO_PKG_VERSION"), &supports)
//!     }
//!
//!     fn verify(&self, request: Request<'_>) -> Verdict {
//!         let Some(token) = request.input.text() else { return Verdict::unsupported("bytes") };
//!         // Build from `request.policy` what your application would build, and verify `token` with it.
//!         # let _ = token;
//!         Verdict::reject(Reason::Other, "not written yet")
//!     }
//! }
//!
//! token_assay::suite!(MyVerifier);
//! # fn main() {}
//! ```
//!
//! One that is configured once, as an application's extractor is: say with what, and the catalogue is forged for that.
//!
//! ```
//! use token_assay::model::{Algorithm, Reason, Request, Verdict, report::TargetInfo};
//! use token_assay::suite::FixedPolicy;
//! use token_assay::targets::Verifier;
//!
//! struct MyExtractor;
//!
//! impl Verifier for MyExtractor {
//!     fn info(&self) -> TargetInfo {
//!         // What the policy asks for counts as supported; there is nothing to add.
//!         TargetInfo::new("my-extractor", env!("CARGO_PKG_VERSION"), &[])
//!     }
//!
//!     fn verify(&self, request: Request<'_>) -> Verdict {
//!         let Some(token) = request.input.text() else { return Verdict::unsupported("bytes") };
//!         // Show `token` to your application, for instance through its router.
//!         # let _ = token;
//!         Verdict::reject(Reason::Other, "not written yet")
//!     }
//! }
//!
//! fn policy() -> FixedPolicy {
//!     FixedPolicy::with_secret(Algorithm::Hs256, b"a secret of the tests, 32 octets").issuer("https://login.example.com")
//! }
//!
//! token_assay::suite!(MyExtractor, policy(); ("time/nbf-*", "nbf is not looked at; documented"));
//! # fn main() {}
//! ```

use std::io::Write as _;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use token_assay_model::report::{TargetInfo, TargetReport};
use token_assay_model::{
    Answer, Capability, CaseId, Control, Expectation, Fault, Feature, Finding, Level, Oracle, Outcome, Policy, Report,
    Request, Severity, Verdict,
};

pub use crate::attacks::fixed::FixedPolicy;
use crate::attacks::{self, Class, Make, Says, Workshop};
use crate::endpoint::{Endpoint, PORT};
use crate::failure;
use crate::forge::{Forge, Keyring, NOW};
use crate::known::Known;
use crate::run::{Options, Subject, run_unheard};
use crate::strawman;
use crate::targets::{self, InProcess, Verifier};

/// A test for each case class of the catalogue: `assay::alg_none::none_empty_sig`.
///
/// Takes an expression that makes the verifier, after a comma one that makes its [`FixedPolicy`] where its configuration
/// cannot be changed, and after a semicolon failures that are known: a glob of case or class ids, and the reason. The
/// expressions are evaluated for every test, the policy once.
///
/// ```text
/// token_assay::suite!(MyVerifier::new());
/// token_assay::suite!(MyExtractor, policy());
/// token_assay::suite!(MyExtractor, policy(); ("time/iat-*", "iat is not looked at; documented"));
/// ```
///
/// A test whose cases all need something else than the verifier or its policy has passes, and says that it skipped them.
#[macro_export]
macro_rules! suite {
    (@tests $($family:ident { $($class:ident)+ })+) => {
        #[cfg(test)]
        mod assay {
            #[test]
            fn a_valid_token_is_accepted() {
                super::assay_check(::std::option::Option::None);
            }

            $(mod $family {
                $(#[test]
                fn $class() {
                    let id = concat!(stringify!($family), "/", stringify!($class));
                    super::super::assay_check(::std::option::Option::Some(id));
                })+
            })+
        }
    };
    (@classes) => {
        $crate::suite! { @tests
            control {
                ctl_hs256 ctl_hs384_hs512 ctl_rs256_384_512 ctl_ps256_384_512 ctl_es256_384_512 ctl_es256k
                ctl_eddsa_ed25519 ctl_alg_ed25519_fully_specified ctl_ecdsa_leading_zero_r ctl_hmac_edge_mac
                ctl_rfc7515_a1_crlf_json ctl_header_json_whitespace ctl_unknown_header_ignored
                ctl_unknown_claim_ignored ctl_escaped_member_name ctl_typ_absent ctl_typ_case
                ctl_kid_absent_single_key ctl_aud_array_with_match ctl_large_8k ctl_nonascii_claims
                ctl_trusted_x5c_jwk_ignored
            }
            alg_none {
                none_empty_sig none_two_segments none_original_sig_kept none_garbage_sig none_case_permutations
                none_whitespace_padded none_nul_terminated none_unicode_lookalike none_json_escaped none_synonyms
                none_unknown_alg_empty_sig none_sig_decodes_to_empty none_falsy_key none_listed_but_key_given
                none_optin_nonempty_sig none_jwe_alg_none none_inside_signed_nested
            }
            alg_confusion {
                confusion_spki_pem_lf confusion_spki_pem_no_final_newline confusion_spki_pem_crlf
                confusion_spki_pem_extra_newline confusion_spki_pem_no_line_breaks confusion_spki_pem_single_line_body
                confusion_spki_pem_76col confusion_spki_base64_body_only confusion_spki_der confusion_pkcs1_pem
                confusion_pkcs1_der confusion_pkcs1_base64_body confusion_x509_pem confusion_x509_der
                confusion_x5c_base64_string confusion_openssh_line confusion_jwk_json_as_served
                confusion_jwk_json_canonical confusion_jwks_json_as_served confusion_modulus_raw
                confusion_ec_point_bytes confusion_okp_x_raw confusion_es_to_hs confusion_eddsa_to_hs
                confusion_ps_to_hs confusion_pem_leading_whitespace confusion_pem_leading_text
                confusion_pem_label_variants confusion_zero_length_key confusion_stringified_key_object
                confusion_kid_cross_family confusion_hs_secret_is_pem_private
            }
            alg_mismatch {
                pin_hash_upgrade pin_rs_vs_ps hdr_sig_hash_mismatch hdr_ps_sig_rs es256_with_p384_key
                es384_es512_wrong_curve es256k_p256_swap es256_wrong_hash_right_curve eddsa_ed448_vs_ed25519
                dsa_key_vs_rs256 eddsa_x25519_key hs_family_downgrade jwk_alg_conflict jwk_use_enc jwk_key_ops_conflict
                jwk_kty_conflict jwk_crv_conflict alg_lowercase alg_padded_or_nul alg_casefold_homoglyph
                alg_native_api_names alg_xmldsig_uri alg_deprecated_rs1_hs1 alg_jwe_name_in_jws alg_unregistered
                alg_prototype_key alg_in_payload_only
            }
            alg_type {
                alg_missing alg_null alg_empty_string alg_number alg_bool alg_array alg_object alg_non_utf8
                alg_huge_string header_not_object header_empty_object
            }
            hmac {
                hmac_truncated hmac_extended hmac_empty_key hmac_zero_bytes_key hmac_literal_null_key
                hmac_known_weak_secret hmac_short_key_configured hmac_empty_key_configured hmac_key_base64_vs_raw
                hmac_key_encoding hmac_key_trailing_newline hmac_lookup_from_header hmac_timing_prefix
                hmac_key_is_jwk_oct_json
            }
            ecdsa {
                ecdsa_psychic_raw_zero ecdsa_psychic_der_zero ecdsa_edge_rs_matrix ecdsa_r_or_s_plus_n ecdsa_high_s
                ecdsa_der_encoded ecdsa_der_malformed ecdsa_wrong_length ecdsa_stripped_leading_zeros ecdsa_swapped_rs
                ecdsa_integer_overflow_len ec_pubkey_off_curve ec_pubkey_infinity ec_pubkey_short_coordinate
                ec_pubkey_coordinate_ge_p ec_explicit_params_key
            }
            eddsa {
                ed25519_s_plus_l ed25519_s_high_bits ed25519_all_zero_sig ed25519_small_order_key
                ed25519_small_order_r ed25519_noncanonical_points ed25519_cofactor_split ed25519_ph_ctx
                ed25519_wrong_length ed25519_appended_message okp_wrong_size_key
            }
            rsa {
                rsa_bb06_e3_garbage_right rsa_e3_garbage_in_params rsa_short_padding rsa_padding_byte_not_ff
                rsa_block_type rsa_digestinfo_ber rsa_digestinfo_missing_null rsa_digestinfo_wrong_oid
                rsa_raw_hash_no_digestinfo rsa_trailing_after_digestinfo rsa_sig_not_reduced rsa_sig_special_values
                rsa_sig_length pss_salt_length pss_mgf_hash_mismatch pss_trailer_or_padding pss_special_salt
                rsa_weak_key rsa_bad_exponent rsa_roca_key rsa_huge_key rsa_jwk_n_leading_zero rsa_pss_oid_key
            }
            signature {
                sig_payload_modified sig_header_modified sig_removed_keep_alg sig_removed_two_segments sig_random
                sig_bitflip_each_byte sig_truncated sig_extended sig_from_other_token sig_other_key
                sig_over_decoded_json sig_over_payload_only sig_over_swapped_input sig_literal_text
                sig_hex_or_double_b64 sig_nul_appended sig_magic_hash sig_reserialised_json sig_blank_claims_bypass
            }
            key_injection {
                jwk_embedded_rsa jwk_embedded_ec_okp jwk_embedded_oct jwk_embedded_private jwk_embedded_trusted_kid
                jwk_embedded_alg_none_mix jwk_embedded_invalid jku_attacker_host jku_any_fetch jku_scheme_abuse
                jku_non_string x5u_attacker_host x5c_self_signed x5c_untrusted_ca_lookalike
                x5c_trusted_leaf_wrong_signer x5c_leaf_not_signer x5c_encoding x5t_mismatch nonstandard_key_headers
                key_in_unprotected_header cnf_jwk_used_as_verify_key
            }
            kid {
                kid_unknown_valid_signature kid_unknown_empty_key kid_prototype_key kid_path_traversal_devnull
                kid_known_file_content kid_sql_injection kid_command_injection kid_ldap_nosql_ssti_crlf
                kid_nul_truncation kid_case_or_normalisation kid_non_string kid_empty kid_huge kid_wildcard_default
                kid_url
            }
            jwks {
                jwks_duplicate_kid jwks_same_kid_different_kty jwks_kid_absent_multiple jwks_mixed_private_public
                jwks_unknown_kty_ignored jwks_no_alg_member jwks_empty_or_malformed jwks_revoked_member
                jwks_x5c_conflict
            }
            time {
                exp_past exp_equal_now exp_now_plus_1 exp_now_minus_1 exp_leeway_edge exp_effective_leeway
                exp_missing_required exp_missing_optional exp_null exp_string_future exp_string_past exp_string_junk
                exp_bool exp_array_object exp_float_future exp_float_past exp_exponent exp_infinity_1e999
                exp_nan_literal exp_negative exp_zero exp_2038 exp_wrap_past_32 exp_i64_u64_edge exp_bignum
                exp_times_1000_overflow exp_plus_leeway_overflow exp_millis exp_far_future exp_duplicate
                exp_header_replica exp_case_variant exp_nested_object nbf_future nbf_equal_now nbf_now_plus_1
                nbf_not_checked_by_default nbf_string_future nbf_null_bool_array nbf_overflow nbf_after_exp iat_future
                iat_future_maxage iat_missing_maxage iat_string_null_float iat_before_epoch_or_key clock_year_2106
                clock_before_epoch leap_second
            }
            claims {
                iss_wrong iss_missing iss_null_number_bool iss_array_containing iss_object iss_substring
                iss_superstring iss_case iss_trailing_slash iss_unicode iss_nul_newline iss_prototype
                iss_stateful_regex iss_not_validated_default aud_wrong aud_missing aud_empty_array aud_empty_string
                aud_null_number_bool aud_array_mixed_types aud_object aud_substring_superstring aud_case_slash_unicode
                aud_wildcard aud_not_validated_default sub_missing_required sub_type sub_empty sub_collision
                jti_missing_or_type required_claim_missing required_claim_null required_claim_inherited
                privilege_claims_unsigned claim_value_injection act_may_act_depth events_claim_in_session
            }
            structure {
                seg_empty_token seg_only_dots seg_one seg_four seg_empty_header seg_empty_payload seg_leading_dot
                seg_surrounding_whitespace seg_inner_newline seg_unicode_dot seg_other_separators seg_bearer_prefix
                seg_quotes_brackets seg_swapped seg_two_tokens seg_percent_encoded seg_nul_terminated seg_uppercase
            }
            base64url {
                b64_padding_sig b64_padding_header_payload b64_wrong_padding b64_standard_alphabet
                b64_nonzero_trailing_bits b64_whitespace b64_foreign_characters b64_url_escaped b64_length_1_mod_4
                b64_unicode_digits b64_concatenated b64_mac_over_decoded
            }
            json {
                dup_header_alg_none_last dup_header_alg_none_first dup_header_alg_genuine dup_header_kid_jwk_crit
                dup_claim_sub dup_claim_exp dup_claim_iss_aud dup_claim_nested dup_escaped_equivalent
                case_variant_member go_fold_member trim_variant_member prototype_member bom_prefix utf16_utf32
                invalid_utf8 lone_surrogate_escape nul_in_claim trailing_garbage leading_garbage comments
                trailing_comma_single_quotes nan_infinity_literals control_chars_unescaped leading_zero_numbers
                bad_escapes payload_not_object payload_not_json deep_nesting many_members huge_string
                huge_number_digits big_int_precision number_forms unicode_normalisation_pair
            }
            crit {
                crit_unknown_ext crit_name_absent_from_header crit_registered_names crit_empty_array crit_not_array
                crit_non_string_element crit_duplicate_element crit_inherited_property crit_in_unprotected_header
                crit_case_variant crit_huge b64_false_with_crit_jwt b64_false_without_crit_raw
                b64_false_without_crit_encoded b64_true_explicit b64_non_boolean b64_false_payload_with_dots
                b64_detached_payload
            }
            typ_cty {
                at_jwt_required_absent at_jwt_required_idtoken idtoken_given_access_token logout_token_as_idtoken
                dpop_proof_as_bearer client_assertion_as_bearer refresh_or_state_token_cross_use typ_prefix_form
                typ_suffix_confusion typ_non_string typ_nul_or_homoglyph typ_in_payload cty_jwt_nonnested
                nested_outer_valid_inner_forged nested_inner_valid_outer_forged nested_typ_only_outer nested_depth
                cty_deserialisation replicated_claims_mismatch
            }
            serialization {
                json_flattened_valid json_general_valid json_multi_sig_one_bad json_attacker_extra_signature
                json_unprotected_alg json_protected_empty json_empty_signatures json_both_forms polyglot_member_name
                polyglot_extra_value json_string_wrapped_compact jwe_to_jws_verifier_rsa jwe_to_jws_verifier_ecdh
                jwe_to_hmac_verifier_dir jwe_wrapping_plainjwt jwe_wrapping_claims_only jwe_wrapping_unverified_jws
                jws_to_jwe_verifier jws_header_with_enc jws_zip_def_deflated jws_zip_def_ignored five_segments_jws_alg
                cose_cwt_or_paseto sd_jwt_trailing_disclosures
            }
            jwe {
                jwe_valid pbes2_p2c_huge pbes2_p2c_odd pbes2_short_salt zip_bomb zip_unknown rsa1_5_oracle
                rsa1_5_with_oaep_key kw_gcmkw_swap cbc_hmac_tag gcm_tag_length ecdh_invalid_curve ecdh_epk_not_object
                dir_nonempty_key jwe_missing_component jwe_aad_mismatch jwe_alg_enc_swap
            }
            metamorphic {
                meta_canonical_uniqueness meta_cache_confusion meta_cache_after_expiry meta_negative_cache
                meta_claims_returned_equal meta_verify_order
            }
            transport {
                tr_comma_joined tr_cross_endpoint tr_nonascii_header_bytes
            }
            dos {
                dos_many_dots dos_huge_token dos_huge_signature dos_regex dos_rsa_large_sig_exponent
                dos_uncaught_exception dos_error_leaks_secret
            }
        }
    };
    ($verifier:expr $(; $(($case:literal, $reason:literal)),+ $(,)?)?) => {
        #[cfg(test)]
        fn assay_check(class: ::std::option::Option<&str>) {
            $crate::suite::check($verifier, ::std::option::Option::None, class, &[$($(($case, $reason)),+)?]);
        }

        $crate::suite!(@classes);
    };
    ($verifier:expr, $policy:expr $(; $(($case:literal, $reason:literal)),+ $(,)?)?) => {
        #[cfg(test)]
        fn assay_check(class: ::std::option::Option<&str>) {
            static POLICY: ::std::sync::LazyLock<$crate::suite::FixedPolicy> =
                ::std::sync::LazyLock::new(|| $policy);
            let policy = ::std::option::Option::Some(&*POLICY);
            $crate::suite::check($verifier, policy, class, &[$($(($case, $reason)),+)?]);
        }

        $crate::suite!(@classes);
    };
}

/// What a test of [`suite!`](crate::suite!) does: the class of this name, written with `_` for `-`, or without one whether
/// the verifier can be tried at all.
///
/// # Panics
///
/// With what was found, and where the verifier does not accept the valid token.
#[doc(hidden)]
#[track_caller]
pub fn check(
    verifier: impl Verifier + 'static,
    policy: Option<&FixedPolicy>,
    name: Option<&str>,
    known: &[(&str, &str)],
) {
    match name {
        Some(name) => class(verifier, policy, &name.replace('_', "-"), known),
        None => can_be_tried(verifier, policy),
    }
}

/// Runs one class, `family/class`, and panics where a MUST or a SHOULD is broken with medium severity or more. Where none of
/// its cases can be shown it says so.
///
/// `known` holds globs of case or class ids with the reason why their failure is accepted.
///
/// # Panics
///
/// With the findings; also where the verifier does not accept the valid token, where no class is called that, and where a
/// glob is none.
///
/// ```
/// use token_assay::run::verifier;
/// use token_assay::strawman::Sound;
/// use token_assay::suite::class;
///
/// class(Sound, None, "alg-none/none-empty-sig", &[]);
/// // This one accepts what the class shows: without the reason it would panic here.
/// let wrong = verifier("strawman-allows-none").expect("it is built in");
/// class(wrong, None, "alg-none/none-empty-sig", &[("alg-none/*", "the mend is released in May")]);
/// ```
#[track_caller]
pub fn class(verifier: impl Verifier + 'static, policy: Option<&FixedPolicy>, id: &str, known: &[(&str, &str)]) {
    assert!(class_of(id).is_some(), "`{id}` is no class of the catalogue; `assay list` names them");
    let trial = Trial::new(verifier, policy, known);
    trial.accepts_control();
    let report = trial.run(&[id.to_owned()], &|case| format!("{}/{}", case.family(), case.class()) == id);
    trial.opinion(&report);
    say_skipped(id, &report);
}

/// Runs the selected families or classes and panics where a MUST or a SHOULD is broken with medium severity or more.
///
/// `known` holds globs of case or class ids with the reason why their failure is accepted.
///
/// # Panics
///
/// With the findings; also where nothing ran, where the verifier does not accept the valid token, and where a glob is none.
///
/// ```
/// use token_assay::strawman::Sound;
/// use token_assay::suite::conform;
///
/// conform(Sound, &["alg-none", "time/exp-past"], &[]);
/// ```
#[track_caller]
pub fn conform(verifier: impl Verifier + 'static, selection: &[&str], known: &[(&str, &str)]) {
    conform_to(verifier, None, selection, known);
}

/// The same for a verifier with a fixed policy.
///
/// # Panics
///
/// As [`conform`].
///
/// ```
/// use token_assay::model::Algorithm;
/// use token_assay::strawman::Sound;
/// use token_assay::suite::{FixedPolicy, conform_under};
///
/// let policy = FixedPolicy::with_secret(Algorithm::Hs256, b"a secret of the tests, 32 octets").issuer("https://login.example");
/// conform_under(Sound, &policy, &["alg-none"], &[]);
/// ```
#[track_caller]
pub fn conform_under(
    verifier: impl Verifier + 'static,
    policy: &FixedPolicy,
    selection: &[&str],
    known: &[(&str, &str)],
) {
    conform_to(verifier, Some(policy), selection, known);
}

/// The same, giving the report instead of an opinion.
///
/// # Panics
///
/// Where a glob of `known` is none.
///
/// ```
/// use token_assay::run::verifier;
/// use token_assay::suite::report;
///
/// let wrong = verifier("strawman-allows-none").expect("it is built in");
/// let report = report(wrong, &["alg-none/none-empty-sig"], &[]);
/// assert!(report.findings.iter().all(|finding| finding.case.class() == "none-empty-sig"));
/// assert!(!report.findings.is_empty());
/// ```
#[track_caller]
pub fn report(verifier: impl Verifier + 'static, selection: &[&str], known: &[(&str, &str)]) -> Report {
    Trial::new(verifier, None, known).run(&owned(selection), &|_| true)
}

/// The same for a verifier with a fixed policy.
///
/// # Panics
///
/// Where a glob of `known` is none, or no token is valid under the policy.
///
/// ```
/// use token_assay::model::Algorithm;
/// use token_assay::strawman::Sound;
/// use token_assay::suite::{FixedPolicy, report_under};
///
/// let secret = b"a secret of the tests, 32 octets";
/// let policy = FixedPolicy::with_secret(Algorithm::Hs256, secret).issuer("https://login.example").now(1_700_000_000);
/// let report = report_under(Sound, &policy, &["claims/iss-wrong", "rsa/pss-salt-length"], &[]);
/// assert!(report.findings.is_empty() && report.tried() > 0);
/// // What is about another key than the policy's is left out.
/// assert!(report.cases.iter().all(|case| case.id.class() == "iss-wrong"));
/// ```
#[track_caller]
pub fn report_under(
    verifier: impl Verifier + 'static,
    policy: &FixedPolicy,
    selection: &[&str],
    known: &[(&str, &str)],
) -> Report {
    Trial::new(verifier, Some(policy), known).run(&owned(selection), &|_| true)
}

#[track_caller]
fn conform_to(
    verifier: impl Verifier + 'static,
    policy: Option<&FixedPolicy>,
    selection: &[&str],
    known: &[(&str, &str)],
) {
    let trial = Trial::new(verifier, policy, known);
    trial.accepts_control();
    let report = trial.run(&owned(selection), &|_| true);
    trial.opinion(&report);
    assert!(report.tried() > 0, "nothing ran: {}", lacking(&report));
}

/// A verifier of which no valid token can be shown would pass every test.
#[track_caller]
fn can_be_tried(verifier: impl Verifier + 'static, policy: Option<&FixedPolicy>) {
    let trial = Trial::new(verifier, policy, &[]);
    trial.accepts_control();
    if policy.is_none() {
        let report = trial.run(&[CONTROLS.to_owned()], &|_| true);
        trial.is_usable(&report);
        assert!(report.tried() > 0, "nothing can be tried: {}", lacking(&report));
    }
}

/// A verifier on trial.
struct Trial<'t, V> {
    verifier: Arc<Configured<V>>,
    policy: Option<&'t FixedPolicy>,
    known: Vec<Known>,
}

impl<'t, V: Verifier + 'static> Trial<'t, V> {
    fn new(verifier: V, policy: Option<&'t FixedPolicy>, known: &[(&str, &str)]) -> Self {
        let entry = |(case, reason): &(&str, &str)| Known::new("*", case, reason).expect("a glob");
        let fixed = policy.map(|policy| (policy.policy(), policy.has_real_clock()));
        let verifier = Configured { verifier, fixed };
        Self { verifier: verifier.into(), policy, known: known.iter().map(entry).collect() }
    }

    #[track_caller]
    fn run(&self, selection: &[String], wanted: &(dyn Fn(&CaseId) -> bool + Sync)) -> Report {
        let stop = AtomicBool::new(false);
        let listener = attacks::names_endpoint(selection).then(listener).flatten();
        let options = Options {
            keyring: Keyring::corpus(),
            now: NOW,
            real_now: real_now(),
            started: String::new(),
            seed: 0,
            selection: selection.to_vec(),
            wanted,
            regressions: &[],
            known: &self.known,
            repeat: 1,
            jobs: 1,
            max_time: None,
            max_findings: None,
            stop: &stop,
            timing: false,
            endpoint: listener.as_deref(),
        };
        let driver = Box::new(InProcess(Arc::clone(&self.verifier), BUDGET));
        let subjects = vec![Subject { name: self.verifier.info().name, driver }];
        match self.policy {
            None => run_unheard(WORKSHOPS.each_ref(), subjects, &options),
            Some(policy) => {
                let workshop = match Workshop::fixed(policy) {
                    Ok(workshop) => workshop,
                    Err(why) => panic!("{why}"),
                };
                run_unheard([&workshop; 2], subjects, &options)
            }
        }
    }

    /// In the open form the loop looks, policy by policy.
    #[track_caller]
    fn accepts_control(&self) {
        if let Some(policy) = self.policy {
            must_accept_control(&self.verifier, policy);
        }
    }

    #[track_caller]
    fn is_usable(&self, report: &Report) {
        let target = &report.targets[0];
        let Some(why) = &target.unusable else { return };
        // A fixed policy's was accepted before.
        match first_refused(target).filter(|_| self.policy.is_none()) {
            Some(control) => {
                panic!("{}", failure::of_control(&target.info.name, &control, &answer(&self.verifier, &control)))
            }
            None => panic!("the verifier could not be tried: {why}"),
        }
    }

    #[track_caller]
    fn opinion(&self, report: &Report) {
        self.is_usable(report);
        let failed = report.findings.iter().filter(|finding| finding.outcome == Outcome::Fail);
        let bad = |finding: &&Finding| finding.severity >= Severity::Medium && finding.level <= Level::Should;
        let (findings, slight): (Vec<&Finding>, Vec<&Finding>) = failed.partition(bad);
        for finding in slight {
            println!("not counted, being {} and {}: {}", finding.severity, finding.level, sentence(finding));
        }
        if !findings.is_empty() {
            let of_class = |finding: &Finding| report.classes.get(&class_name(&finding.case));
            let text = |finding: &&Finding| {
                failure::of_finding(finding, of_class(finding), &sentence(finding), &mend(finding, report))
            };
            let mut texts: Vec<String> = findings.iter().take(SHOWN).map(text).collect();
            if findings.len() > SHOWN {
                texts.push(format!("and {} findings more\n", findings.len() - SHOWN));
            }
            panic!("{}", texts.join("\n"));
        }
    }
}

/// A verifier that refuses the valid token says nothing by refusing others.
///
/// # Panics
///
/// Where it does, with what it was shown, and where no token is valid under the policy.
#[track_caller]
pub(crate) fn must_accept_control(verifier: &dyn Verifier, policy: &FixedPolicy) {
    let control = match policy.control() {
        Ok(control) => control,
        Err(why) => panic!("{why}"),
    };
    let answer = answer(verifier, &control);
    if !matches!(answer, Answer::Verdict(Verdict::Accept { .. })) {
        panic!("{}", failure::of_control(&verifier.info().name, &control, &answer));
    }
}

fn answer(verifier: &dyn Verifier, control: &Control) -> Answer {
    targets::observe(verifier, Request { input: &control.valid, policy: &control.policy }).answer
}

/// A verifier, and what it can be asked under the policy that it is configured for.
struct Configured<V> {
    verifier: V,
    /// The fixed policy, and whether its clock is the real one.
    fixed: Option<(Policy, bool)>,
}

impl<V: Verifier> Verifier for Configured<V> {
    fn info(&self) -> TargetInfo {
        let info = self.verifier.info();
        let Some((policy, real_clock)) = &self.fixed else { return info };
        let clock = Capability::from(Feature::Clock);
        // What it is configured with it obeys; that a date is wrong is no matter of configuration.
        let more = policy.needs().into_iter().chain([Feature::Exp.into(), Feature::Nbf.into()]);
        let own = info.supports.into_iter().filter(|capability| *capability != clock);
        let supports = own.chain(more).chain((!real_clock).then_some(clock)).collect();
        TargetInfo { supports, ..info }
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        self.verifier.verify(request)
    }
}

/// The first valid token that was refused.
fn first_refused(target: &TargetReport) -> Option<Arc<Control>> {
    let refused = &target.control_failures.first()?.case;
    let (family, class) = class_of(&class_name(refused))?;
    let clocked = target.info.supports.contains(&Feature::Clock.into());
    let cases = WORKSHOPS[usize::from(!clocked)].cases(family, class);
    cases.into_iter().find(|case| case.id == *refused).map(|case| case.control)
}

/// The finding's own sentence. A class has one for the way in which it usually fails; under a policy of the user's its token
/// may fail the other way.
///
/// ```
/// use token_assay::model::Oracle;
/// use token_assay::run::verifier;
/// use token_assay::suite::{report, sentence};
///
/// let wrong = verifier("strawman-allows-none").expect("it is built in");
/// let mut finding = report(wrong, &["alg-none/none-empty-sig"], &[]).findings.remove(0);
/// assert_eq!(sentence(&finding), finding.title);
/// // The class is about forgeries that are accepted; where its token was valid, something else happened.
/// finding.oracle = Oracle::Completeness;
/// assert!(sentence(&finding).starts_with("A token that the policy admits was refused: "));
/// ```
pub fn sentence(finding: &Finding) -> String {
    match turned(finding) {
        None => finding.title.clone(),
        Some(Turned::ToAccept(construction)) => {
            format!("A token that the policy admits was refused: {construction}.")
        }
        Some(Turned::ToRefuse(construction)) => {
            format!("A token that the policy does not admit was accepted: {construction}.")
        }
    }
}

fn mend(finding: &Finding, report: &Report) -> String {
    match (turned(finding), &finding.observed) {
        (_, Answer::Fault(Fault::Panic(_))) => strawman::PANICS.mend.to_owned(),
        (Some(Turned::ToAccept(_)), _) => "Accept it: nothing in it is against the policy.".to_owned(),
        (Some(Turned::ToRefuse(_)), _) => "Refuse it: the policy does not admit it, for the reason above.".to_owned(),
        (None, _) => report.classes.get(&class_name(&finding.case)).map(|class| class.mend.clone()).unwrap_or_default(),
    }
}

/// A finding that is the opposite of its class's sentence, with what the class's tokens are.
enum Turned {
    ToAccept(&'static str),
    ToRefuse(&'static str),
}

fn turned(finding: &Finding) -> Option<Turned> {
    let (_, class) = class_of(&class_name(&finding.case))?;
    // A row that a service is asked says itself what happened.
    if matches!(class.make, Make::Live { .. }) && finding.title != class.title {
        return None;
    }
    let refuses = matches!(class.says, Says::MustReject(_) | Says::ShouldReject(_) | Says::RejectOrLast);
    let accepts = matches!(class.says, Says::MustAccept | Says::ShouldAccept);
    match (finding.oracle, &finding.expected) {
        (Oracle::Completeness, _) if refuses => Some(Turned::ToAccept(class.construction)),
        (Oracle::Soundness, Expectation::Reject { .. }) if accepts => Some(Turned::ToRefuse(class.construction)),
        _ => None,
    }
}

/// Past the capture of test output where nothing of the class was tried, and into it where something was.
fn say_skipped(id: &str, report: &Report) {
    let skipped = report.targets[0].outcomes.get(&Outcome::Skip).copied().unwrap_or_default();
    if report.cases.is_empty() {
        say_aloud(&format!("skipped: {id}: its cases need another policy\n"));
    } else if report.tried() == 0 {
        say_aloud(&format!("skipped: {id}: {}\n", lacking(report)));
    } else if skipped > 0 {
        println!("skipped: {skipped} of {} cases of {id}: {}", report.cases.len(), lacking(report));
    }
}

/// Where requests arrive that tokens make the verifier send: one for all tests that need it at the same time. Nothing, and a
/// line that says so, where the port cannot be had.
fn listener() -> Option<Arc<Endpoint>> {
    static OPEN: Mutex<Weak<Endpoint>> = Mutex::new(Weak::new());
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(endpoint) = open.upgrade() {
        return Some(endpoint);
    }
    match Endpoint::open() {
        Ok(endpoint) => {
            let endpoint = Arc::new(endpoint);
            *open = Arc::downgrade(&endpoint);
            Some(endpoint)
        }
        Err(error) => {
            say_aloud(&format!(
                "port {PORT} cannot be had ({error}): what tokens make the verifier ask for is not seen\n"
            ));
            None
        }
    }
}

/// In one piece: other tests speak at the same time.
fn say_aloud(line: &str) {
    let _ = std::io::stderr().write_all(line.as_bytes());
}

fn lacking(report: &Report) -> String {
    let target = &report.targets[0];
    let lacks: Vec<&str> = target.skipped_for.keys().map(String::as_str).collect();
    let name = &target.info.name;
    match lacks.split_at_checked(NAMED) {
        _ if lacks.is_empty() => format!("no answer of {name} proves anything"),
        Some((first, rest)) if !rest.is_empty() => {
            format!("{name} does not support {} and {} more", first.join(", "), rest.len())
        }
        _ => format!("{name} does not support {}", lacks.join(", ")),
    }
}

fn class_of(id: &str) -> Option<(&'static attacks::Family, &'static Class)> {
    attacks::classes().find(|(family, class)| id.split_once('/') == Some((family.id, class.id)))
}

fn class_name(id: &CaseId) -> String {
    format!("{}/{}", id.family(), id.class())
}

fn owned(selection: &[&str]) -> Vec<String> {
    selection.iter().map(|id| (*id).to_owned()).collect()
}

fn real_now() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since_epoch.as_secs().try_into().unwrap_or(NOW)
}

/// The clocks of the open form: the frozen one, and the real one as it was when it was first wanted.
static FORGES: LazyLock<[Forge; 2]> = LazyLock::new(|| [NOW, real_now()].map(Forge::new));

/// What the tests of one process share.
static WORKSHOPS: LazyLock<[Workshop<'static>; 2]> = LazyLock::new(|| FORGES.each_ref().map(Workshop::new));

/// The family of valid tokens.
const CONTROLS: &str = "control";

/// The longest time that an answer may take.
const BUDGET: Duration = Duration::from_secs(2);

/// How many capabilities that a verifier lacks are named.
const NAMED: usize = 4;

/// How many findings of one test are shown.
const SHOWN: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strawman::Sound;

    crate::suite!(Sound);

    /// The list that the macro should have, to be put in the place of the one that it has.
    #[test]
    fn the_macro_names_every_class_that_has_cases() {
        let source = include_str!("suite.rs");
        let (_, rest) = source.split_once("$crate::suite! { @tests\n").expect("the macro's list is there");
        let (named, _) = rest.split_once("        }\n    };").expect("it ends");
        let wanted = listed();
        assert!(named.split_whitespace().eq(wanted.split_whitespace()), "the macro's list should be\n{wanted}");
    }

    #[test]
    #[should_panic(expected = "A forged token that says alg none and has an empty signature was accepted.")]
    fn a_broken_verifier_panics_with_its_findings() {
        conform(crate::run::verifier("strawman-allows-none").expect("a strawman"), &["alg-none"], &[]);
    }

    #[test]
    fn a_known_failure_does_not_panic() {
        let broken = crate::run::verifier("strawman-allows-none").expect("a strawman");
        conform(broken, &["alg-none"], &[("alg-none/*", "on purpose")]);
    }

    fn listed() -> String {
        let mut text = String::new();
        for family in attacks::FAMILIES {
            let has_cases = |class: &&Class| matches!(class.make, Make::Cases { .. } | Make::Encrypted { .. });
            if !family.classes.iter().any(|class| has_cases(&class)) {
                continue;
            }
            let names = family.classes.iter().filter(has_cases).map(|class| class.id.replace('-', "_"));
            let mut lines = vec![format!("            {} {{", family.id.replace('-', "_")), " ".repeat(15)];
            for name in names {
                if lines.last().expect("there are two").len() + 1 + name.len() > 118 {
                    lines.push(" ".repeat(15));
                }
                let line = lines.last_mut().expect("there are two");
                line.push(' ');
                line.push_str(&name);
            }
            text.push_str(&lines.join("\n"));
            text.push_str("\n            }\n");
        }
        text
    }
}
