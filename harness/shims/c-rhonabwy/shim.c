/* rhonabwy: `r_jwt_quick_parsen` without keys of the header, `r_jwt_verify_signature` with the key, and `r_jwt_validate_claims`, as its
 * documentation and its examples show.
 *
 * A key goes in as the text of a JWK where there is one, else as PEM or as the octets of a secret; a key set is added to the token, and
 * `kid` chooses. It has no list of algorithms: the token tells its own, and where the policy has a list it is compared here, as an
 * application has to. `exp` and `nbf` are validated against R_JWT_CLAIM_NOW, or against `now` where the policy has one, which the
 * documentation allows for (a positive int). It refuses a token that has no such claim then: for `exp` that stays so, `nbf` is validated
 * where the token has it. Issuer, audience, subject and `typ` are single values, and any claim can be required. It has no leeway, no age
 * and no `crit`. Encrypted tokens go through `r_jwt_decrypt`, and those that have a signed one inside through
 * `r_jwt_decrypt_verify_signature_nested`.
 *
 * It refuses with RHN_ERROR_INVALID or, of what it cannot read, RHN_ERROR_PARAM; so only what step refused tells a reason.
 */
#include "assay.h"

#include <limits.h>
#include <rhonabwy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    jwk_t *verifies, *decrypts;
    jwks_t *set;
    json_t *policy, *algorithms;
} configuration;

static jwk_t *key_of(const json_t *key, json_t **refusal)
{
    size_t length;
    char *jwk = assay_jwk(key), *secret = assay_secret(key, &length);
    const char *pem = assay_text(key, "pem"), *certificate = assay_text(key, "cert_pem");
    jwk_t *made = NULL;
    if (jwk != NULL) {
        made = r_jwk_quick_import(R_IMPORT_JSON_STR, jwk);
    } else if (pem != NULL) {
        int type = strstr(pem, "PRIVATE") != NULL ? R_X509_TYPE_PRIVKEY : R_X509_TYPE_PUBKEY;
        made = r_jwk_quick_import(R_IMPORT_PEM, type, pem, strlen(pem));
    } else if (certificate != NULL) {
        made = r_jwk_quick_import(R_IMPORT_PEM, R_X509_TYPE_CERTIFICATE, certificate, strlen(certificate));
    } else if (secret != NULL) {
        made = r_jwk_quick_import(R_IMPORT_SYMKEY, secret, length);
    }
    if (made == NULL)
        *refusal = key == NULL ? assay_unsupported("jwks") : assay_reject("key", "the key cannot be imported");
    free(jwk);
    free(secret);
    return made;
}

static void release(void *configured)
{
    configuration *with = configured;
    r_jwk_free(with->verifies);
    r_jwk_free(with->decrypts);
    r_jwks_free(with->set);
    json_decref(with->policy);
    free(with);
}

static void *configure(const json_t *policy, json_t **refusal)
{
    configuration *made = calloc(1, sizeof *made);
    made->policy = json_deep_copy(policy);
    made->algorithms = json_object_get(made->policy, "algorithms");
    const json_t *now = json_object_get(policy, "now");
    if (now != NULL && (json_integer_value(now) <= 0 || json_integer_value(now) > INT_MAX))
        *refusal = assay_unsupported("clock");
    bool encrypted = false, signs = false;
    size_t index;
    json_t *name;
    json_array_foreach(made->algorithms, index, name) {
        const char *text = json_string_value(name);
        jwa_alg algorithm = r_str_to_jwa_alg(text);
        bool wraps = algorithm >= R_JWA_ALG_RSA1_5 && algorithm <= R_JWA_ALG_PBES2_H512;
        encrypted = encrypted || wraps;
        signs = signs || (!wraps && r_str_to_jwa_enc(text) == R_JWA_ENC_UNKNOWN);
    }
    if (json_is_true(json_object_get(policy, "jwks"))) {
        char *text = assay_jwks(policy);
        made->set = text == NULL ? NULL : r_jwks_quick_import(R_IMPORT_JSON_STR, text, R_IMPORT_NONE);
        free(text);
        if (*refusal == NULL && made->set == NULL)
            *refusal = assay_reject("key", "the key set cannot be imported");
    } else {
        if (*refusal == NULL && encrypted)
            made->decrypts = key_of(assay_key(policy, "enc"), refusal);
        if (*refusal == NULL && (!encrypted || signs))
            made->verifies = key_of(assay_key(policy, encrypted ? "sig" : NULL), refusal);
    }
    if (*refusal == NULL)
        return made;
    release(made);
    return NULL;
}

/* Whether the claim is there. Those that the library has an option for are asked for by it. */
static bool has(jwt_t *jwt, const char *name)
{
    static const struct { const char *name; rhn_claim_opt claim; } texts[] = {
        {"iss", R_JWT_CLAIM_ISS}, {"sub", R_JWT_CLAIM_SUB}, {"aud", R_JWT_CLAIM_AUD}, {"jti", R_JWT_CLAIM_JTI},
    }, times[] = {{"exp", R_JWT_CLAIM_EXP}, {"nbf", R_JWT_CLAIM_NBF}, {"iat", R_JWT_CLAIM_IAT}};
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++) {
        if (strcmp(name, texts[index].name) == 0)
            return r_jwt_validate_claims(jwt, texts[index].claim, (const char *)NULL, R_JWT_CLAIM_NOP) == RHN_OK;
    }
    for (size_t index = 0; index < sizeof times / sizeof *times; index++) {
        if (strcmp(name, times[index].name) == 0)
            return r_jwt_validate_claims(jwt, times[index].claim, R_JWT_CLAIM_PRESENT, R_JWT_CLAIM_NOP) == RHN_OK;
    }
    return r_jwt_validate_claims(jwt, R_JWT_CLAIM_JSN, name, (json_t *)NULL, R_JWT_CLAIM_NOP) == RHN_OK;
}

/* The first claim that is refused, as an answer. */
static json_t *refused(jwt_t *jwt, const json_t *policy)
{
    static const struct { const char *member, *reason; rhn_claim_opt claim; } names[] = {
        {"issuer", "issuer", R_JWT_CLAIM_ISS}, {"audience", "audience", R_JWT_CLAIM_AUD},
        {"subject", "subject", R_JWT_CLAIM_SUB}, {"typ", "type", R_JWT_CLAIM_TYP},
    };
    const json_t *told = json_object_get(policy, "now");
    int now = told == NULL ? R_JWT_CLAIM_NOW : (int)json_integer_value(told);
    if (r_jwt_validate_claims(jwt, R_JWT_CLAIM_EXP, now, R_JWT_CLAIM_NOP) != RHN_OK)
        return assay_reject("expired", "exp");
    json_t *nbf = r_jwt_get_claim_json_t_value(jwt, "nbf");
    json_decref(nbf);
    if (nbf != NULL && r_jwt_validate_claims(jwt, R_JWT_CLAIM_NBF, now, R_JWT_CLAIM_NOP) != RHN_OK)
        return assay_reject("not-yet-valid", "nbf");
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        const char *value = assay_one(policy, names[index].member);
        if (value != NULL && r_jwt_validate_claims(jwt, names[index].claim, value, R_JWT_CLAIM_NOP) != RHN_OK)
            return assay_reject(names[index].reason, names[index].member);
    }
    size_t index;
    json_t *claim;
    json_array_foreach(json_object_get(policy, "required_claims"), index, claim) {
        if (!has(jwt, json_string_value(claim)))
            return assay_reject("missing-claim", json_string_value(claim));
    }
    return NULL;
}

static json_t *verify(void *configured, const char *token, size_t length)
{
    configuration *with = configured;
    jwt_t *jwt = r_jwt_quick_parsen(token, length, R_PARSE_NONE, R_FLAG_IGNORE_REMOTE);
    if (jwt == NULL)
        return assay_reject("malformed", "the token cannot be parsed");
    json_t *answer = NULL;
    int status = RHN_OK;
    if (with->decrypts != NULL) {
        const char *alg = r_jwa_alg_to_str(r_jwt_get_enc_alg(jwt)), *enc = r_jwa_enc_to_str(r_jwt_get_enc(jwt));
        if (!assay_listed(with->algorithms, alg) || !assay_listed(with->algorithms, enc))
            answer = assay_reject("algorithm", "alg or enc is not listed");
        else if (with->verifies == NULL)
            status = r_jwt_decrypt(jwt, with->decrypts, R_FLAG_IGNORE_REMOTE);
        else
            status = r_jwt_decrypt_verify_signature_nested(jwt, with->verifies, R_FLAG_IGNORE_REMOTE, with->decrypts,
                                                           R_FLAG_IGNORE_REMOTE);
    } else {
        if (with->set != NULL)
            r_jwt_add_sign_jwks(jwt, NULL, with->set);
        if (!assay_listed(with->algorithms, r_jwa_alg_to_str(r_jwt_get_sign_alg(jwt))))
            answer = assay_reject("algorithm", "alg is not listed");
        else
            status = r_jwt_verify_signature(jwt, with->verifies, R_FLAG_IGNORE_REMOTE);
    }
    if (answer == NULL && status != RHN_OK) {
        char detail[64];
        snprintf(detail, sizeof detail, "status %d", status);
        answer = assay_reject(status == RHN_ERROR_PARAM ? "key" : "signature", detail);
    }
    if (answer == NULL && with->decrypts != NULL && with->verifies != NULL &&
        !assay_listed(with->algorithms, r_jwa_alg_to_str(r_jwt_get_sign_alg(jwt))))
        answer = assay_reject("algorithm", "alg of the signed token is not listed");
    if (answer == NULL)
        answer = refused(jwt, with->policy);
    if (answer == NULL)
        answer = assay_accept(r_jwt_get_full_claims_json_t(jwt), r_jwt_get_full_header_json_t(jwt));
    r_jwt_free(jwt);
    return answer;
}

int main(int argc, char **argv)
{
    static const assay_target target = {
        .name = "rhonabwy",
        .version = VERSION,
        .language = "c",
        .homepage = "https://github.com/babelouest/rhonabwy",
        .issues = "https://github.com/babelouest/rhonabwy/issues",
        .supports = "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA "
                    "RSA1_5 RSA-OAEP RSA-OAEP-256 A128KW A192KW A256KW dir ECDH-ES ECDH-ES+A128KW ECDH-ES+A192KW ECDH-ES+A256KW "
                    "A128GCMKW A192GCMKW A256GCMKW PBES2-HS256+A128KW PBES2-HS384+A192KW PBES2-HS512+A256KW "
                    "A128CBC-HS256 A192CBC-HS384 A256CBC-HS512 A128GCM A192GCM A256GCM "
                    "exp nbf clock pem jwk jwks secret issuer audience subject typ required-claims json-serialization jwe bytes defaults",
        .configure = configure,
        .verify = verify,
        .release = release,
    };
    if (r_global_init() != RHN_OK) {
        fputs("r_global_init failed\n", stderr);
        return 1;
    }
    int status = assay_serve(argc, argv, &target);
    r_global_close();
    return status;
}
