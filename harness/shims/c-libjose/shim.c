/* jose (José, libjose): `jose_jws_ver` with a JWK, after which the payload is read by `jose_b64_dec`, as its header documents it.
 *
 * A JWS is JSON to it. It has no reader of the compact form, which is what a JWT has: that is split at its two dots into a flattened
 * one here, as its command line tool does it, and nothing else is read. Keys are JWKs and nothing else. Of a set it tries every key and
 * chooses none. It has no list of algorithms: where the policy has one, `alg` of the header (`jose_jws_hdr`) is compared here, as an
 * application has to. The payload is octets, which are parsed as JSON here; claims are left to the application, times and names.
 *
 * It refuses with false and, sometimes, an error to the function that is set for errors; that is the detail and the reason.
 */
#include "assay.h"

#include <jose/b64.h>
#include <jose/cfg.h>
#include <jose/jws.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    json_t *key, *algorithms;
} configuration;

static jose_cfg_t *errors;
static char detail[512];
static const char *reason;

static void told(void *misc, const char *file, int line, uint64_t error, const char *format, va_list arguments)
{
    (void)misc, (void)file, (void)line;
    vsnprintf(detail, sizeof detail, format, arguments);
    if (error == JOSE_CFG_ERR_JWK_INVALID || error == JOSE_CFG_ERR_JWK_MISMATCH || error == JOSE_CFG_ERR_JWK_DENIED)
        reason = "key";
    else if (error == JOSE_CFG_ERR_ALG_NOTSUP || error == JOSE_CFG_ERR_ALG_NOINFER)
        reason = "algorithm";
    else
        reason = "malformed";
}

static void release(void *configured)
{
    configuration *with = configured;
    json_decref(with->key);
    json_decref(with->algorithms);
    free(with);
}

static void *configure(const json_t *policy, json_t **refusal)
{
    const json_t *key = assay_key(policy, NULL);
    char *text = assay_jwk(key);
    if (text == NULL) {
        *refusal = assay_unsupported(key == NULL ? "jwks" : assay_text(key, "secret") != NULL ? "secret" : "pem");
        return NULL;
    }
    configuration *made = calloc(1, sizeof *made);
    made->key = json_loads(text, 0, NULL);
    made->algorithms = json_incref(json_object_get(policy, "algorithms"));
    free(text);
    if (made->key != NULL)
        return made;
    *refusal = assay_reject("key", "the JWK is no JSON");
    release(made);
    return NULL;
}

/* The token as the library takes it, or NULL. */
static json_t *flattened(const char *token, size_t length)
{
    const char *first = memchr(token, '.', length);
    const char *second = first == NULL ? NULL : memchr(first + 1, '.', length - (size_t)(first + 1 - token));
    if (second == NULL || memchr(second + 1, '.', length - (size_t)(second + 1 - token)) != NULL)
        return NULL;
    /* What is no UTF-8 makes no text, and no JSON then. */
    return json_pack("{s:s%,s:s%,s:s%}", "protected", token, (size_t)(first - token), "payload", first + 1, (size_t)(second - first - 1),
                     "signature", second + 1, length - (size_t)(second + 1 - token));
}

static json_t *accepted(const json_t *payload, json_t *header)
{
    size_t size = jose_b64_dec(payload, NULL, 0);
    char *octets = size == SIZE_MAX ? NULL : malloc(size + 1);
    json_t *answer;
    if (octets == NULL || jose_b64_dec(payload, octets, size) == SIZE_MAX) {
        json_decref(header);
        answer = assay_reject("malformed", "the payload cannot be decoded");
    } else {
        answer = assay_accept_text(octets, size, header);
    }
    free(octets);
    return answer;
}

static json_t *verify(void *configured, const char *token, size_t length)
{
    const configuration *with = configured;
    reason = "signature";
    strcpy(detail, "the signature does not fit");
    json_t *jws = flattened(token, length);
    if (!json_is_object(jws)) {
        json_decref(jws);
        return assay_reject("malformed", "three parts are wanted");
    }
    json_t *header = jose_jws_hdr(jws), *answer;
    const json_t *payload = json_object_get(jws, "payload");
    if (header == NULL)
        answer = assay_reject("malformed", "the header cannot be read");
    else if (!assay_listed(with->algorithms, json_string_value(json_object_get(header, "alg"))))
        answer = assay_reject("algorithm", "alg is not listed");
    else if (!jose_jws_ver(errors, jws, NULL, with->key, false))
        answer = assay_reject(reason, detail);
    else
        answer = accepted(payload, json_incref(header));
    json_decref(header);
    json_decref(jws);
    return answer;
}

int main(int argc, char **argv)
{
    static const assay_target target = {
        .name = "libjose",
        .version = VERSION,
        .language = "c",
        .homepage = "https://github.com/latchset/jose",
        .issues = "https://github.com/latchset/jose/issues",
        .supports = "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 jwk bytes defaults",
        .configure = configure,
        .verify = verify,
        .release = release,
    };
    errors = jose_cfg();
    if (errors == NULL)
        return 1;
    jose_cfg_set_err_func(errors, told, NULL);
    int status = assay_serve(argc, argv, &target);
    jose_cfg_decref(errors);
    return status;
}
