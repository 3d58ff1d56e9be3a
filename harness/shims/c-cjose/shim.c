/* cjose: `cjose_jws_import`, `cjose_jws_verify` with a JWK and `cjose_jws_get_plaintext`, as its headers document them.
 *
 * Keys are JWKs to it, or octets for a secret; it reads no PEM and no key set. It has no list of algorithms: the protected header is
 * told before the key is used, and where the policy has a list its `alg` (and `enc`) is compared here, by `cjose_header_get`, as an
 * application has to. The payload is octets to it, which are parsed as JSON here; claims are left to the application, times and names.
 * Encrypted tokens go through `cjose_jwe_import` and `cjose_jwe_decrypt`, and one that has a signed token inside through both.
 *
 * It refuses with a code for an argument, for a state, or for its crypto library; the first two are said of tokens that cannot be
 * parsed and of signatures that do not fit alike, so that only what step refused tells a reason.
 */
#include "assay.h"

#include <cjose/cjose.h>
#include <stdlib.h>
#include <string.h>

static const char *const WRAPS[] = {"RSA-OAEP", "RSA1_5", "dir", "A128KW", "A192KW", "A256KW", "ECDH-ES", NULL};
static const char *const ENCRYPTS[] = {
    "A128GCM", "A192GCM", "A256GCM", "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", NULL,
};

typedef struct {
    cjose_jwk_t *verifies, *decrypts;
    json_t *signs, *wraps, *encrypts;
} configuration;

static bool is_of(const char *const *names, const char *name)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

static cjose_jwk_t *key_of(const json_t *key, json_t **refusal)
{
    cjose_err failure = {0};
    size_t length;
    char *jwk = assay_jwk(key), *secret = jwk == NULL ? assay_secret(key, &length) : NULL;
    cjose_jwk_t *made = NULL;
    if (jwk != NULL)
        made = cjose_jwk_import(jwk, strlen(jwk), &failure);
    else if (secret != NULL)
        made = cjose_jwk_create_oct_spec((const uint8_t *)secret, length, &failure);
    if (made == NULL) {
        bool given = jwk != NULL || secret != NULL;
        *refusal = given ? assay_reject("key", failure.message) : assay_unsupported(key == NULL ? "jwks" : "pem");
    }
    free(jwk);
    free(secret);
    return made;
}

static void release(void *configured)
{
    configuration *with = configured;
    cjose_jwk_release(with->verifies);
    cjose_jwk_release(with->decrypts);
    json_decref(with->signs);
    json_decref(with->wraps);
    json_decref(with->encrypts);
    free(with);
}

static void *configure(const json_t *policy, json_t **refusal)
{
    configuration *made = calloc(1, sizeof *made);
    json_t *algorithms = json_object_get(policy, "algorithms"), *algorithm;
    size_t index;
    if (algorithms != NULL)
        made->signs = json_array(), made->wraps = json_array(), made->encrypts = json_array();
    json_array_foreach(algorithms, index, algorithm) {
        const char *name = json_string_value(algorithm);
        json_array_append(is_of(WRAPS, name) ? made->wraps : is_of(ENCRYPTS, name) ? made->encrypts : made->signs, algorithm);
    }
    bool encrypted = json_array_size(made->wraps) + json_array_size(made->encrypts) > 0;
    if (encrypted)
        made->decrypts = key_of(assay_key(policy, "enc"), refusal);
    if (*refusal == NULL && (!encrypted || json_array_size(made->signs) > 0))
        made->verifies = key_of(assay_key(policy, encrypted ? "sig" : NULL), refusal);
    if (*refusal == NULL)
        return made;
    release(made);
    return NULL;
}

/* Whether the header names, as a text, one that is listed. */
static json_t *unlisted(cjose_header_t *header, const char *member, const json_t *list)
{
    cjose_err failure = {0};
    const char *name = cjose_header_get(header, member, &failure);
    return assay_listed(list, name) ? NULL : assay_reject("algorithm", name == NULL ? "the header names none" : name);
}

static json_t *verify_signed(const configuration *with, const char *token, size_t length)
{
    cjose_err failure = {0};
    cjose_jws_t *jws = cjose_jws_import(token, length, &failure);
    if (jws == NULL)
        return assay_reject("malformed", failure.message);
    cjose_header_t *header = cjose_jws_get_protected(jws);
    json_t *answer = unlisted(header, CJOSE_HDR_ALG, with->signs);
    uint8_t *payload = NULL;
    size_t size = 0;
    if (answer == NULL && !cjose_jws_verify(jws, with->verifies, &failure))
        answer = assay_reject("signature", failure.message);
    if (answer == NULL && !cjose_jws_get_plaintext(jws, &payload, &size, &failure))
        answer = assay_reject("malformed", failure.message);
    if (answer == NULL)
        answer = assay_accept_text((const char *)payload, size, json_incref(header));
    cjose_jws_release(jws);
    return answer;
}

static json_t *verify(void *configured, const char *token, size_t length)
{
    const configuration *with = configured;
    if (with->decrypts == NULL)
        return verify_signed(with, token, length);
    cjose_err failure = {0};
    cjose_jwe_t *jwe = cjose_jwe_import(token, length, &failure);
    if (jwe == NULL)
        return assay_reject("malformed", failure.message);
    cjose_header_t *header = cjose_jwe_get_protected(jwe);
    json_t *answer = unlisted(header, CJOSE_HDR_ALG, with->wraps);
    if (answer == NULL)
        answer = unlisted(header, CJOSE_HDR_ENC, with->encrypts);
    size_t size = 0;
    uint8_t *content = answer == NULL ? cjose_jwe_decrypt(jwe, with->decrypts, &size, &failure) : NULL;
    if (answer == NULL && content == NULL)
        answer = assay_reject("signature", failure.message);
    if (answer == NULL && with->verifies != NULL)
        answer = verify_signed(with, (const char *)content, size);
    else if (answer == NULL)
        answer = assay_accept_text((const char *)content, size, json_incref(header));
    free(content);
    cjose_jwe_release(jwe);
    return answer;
}

int main(int argc, char **argv)
{
    static const assay_target target = {
        .name = "cjose",
        .version = VERSION,
        .language = "c",
        .homepage = "https://github.com/OpenIDC/cjose",
        .issues = "https://github.com/OpenIDC/cjose/issues",
        .supports = "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 "
                    "RSA-OAEP RSA1_5 dir A128KW A192KW A256KW ECDH-ES "
                    "A128GCM A192GCM A256GCM A128CBC-HS256 A192CBC-HS384 A256CBC-HS512 jwk secret jwe bytes defaults",
        .configure = configure,
        .verify = verify,
        .release = release,
    };
    return assay_serve(argc, argv, &target);
}
