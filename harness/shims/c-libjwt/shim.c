/* libjwt: `jwt_decode` with the key, as its documentation shows.
 *
 * A key is octets to it, PEM or a secret; it reads no JWK. Before version 1.11 it has no list of algorithms: `jwt_get_alg` tells the
 * one of the decoded token, which is what an application has to compare, and what is compared here where the policy has a list. It
 * leaves claims to the application: neither times nor names are looked at. A token is a C string to it. It refuses with a number,
 * EINVAL for nearly everything, which is no reason.
 */
#include "assay.h"

#include <jwt.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    unsigned char *key;
    size_t length;
    json_t *algorithms;
} configuration;

static void *configure(const json_t *policy, json_t **refusal)
{
    const json_t *key = assay_key(policy, NULL);
    const char *text = assay_text(key, "pem") ? assay_text(key, "pem") : assay_text(key, "cert_pem");
    configuration *made = calloc(1, sizeof *made);
    if (text != NULL) {
        made->key = (unsigned char *)strdup(text);
        made->length = strlen(text);
    } else {
        made->key = (unsigned char *)assay_secret(key, &made->length);
    }
    if (made->key == NULL && json_array_size(json_object_get(policy, "keys")) > 0) {
        free(made);
        *refusal = assay_unsupported(key == NULL ? "jwks" : "jwk");
        return NULL;
    }
    made->algorithms = json_incref(json_object_get(policy, "algorithms"));
    return made;
}

static json_t *parsed(char *text)
{
    json_t *value = text == NULL ? NULL : json_loads(text, JSON_ALLOW_NUL, NULL);
    free(text);
    return value;
}

static json_t *verify(void *configured, const char *token, size_t length)
{
    const configuration *with = configured;
    jwt_t *jwt = NULL;
    (void)length;
    int failed = jwt_decode(&jwt, token, with->key, (int)with->length);
    if (failed != 0)
        return assay_reject(NULL, strerror(failed));
    json_t *answer;
    const char *algorithm = jwt_alg_str(jwt_get_alg(jwt));
    if (!assay_listed(with->algorithms, algorithm))
        answer = assay_reject("algorithm", algorithm);
    else
        answer = assay_accept(parsed(jwt_get_grants_json(jwt, NULL)), parsed(jwt_get_headers_json(jwt, NULL)));
    jwt_free(jwt);
    return answer;
}

static void release(void *configured)
{
    configuration *with = configured;
    free(with->key);
    json_decref(with->algorithms);
    free(with);
}

int main(int argc, char **argv)
{
    static const assay_target target = {
        .name = "libjwt",
        .version = VERSION,
        .language = "c",
        .homepage = "https://github.com/benmcollins/libjwt",
        .issues = "https://github.com/benmcollins/libjwt/issues",
        .supports = "HS256 HS384 HS512 RS256 RS384 RS512 ES256 ES384 ES512 pem secret bytes defaults",
        .configure = configure,
        .verify = verify,
        .release = release,
        .text = true,
    };
    return assay_serve(argc, argv, &target);
}
