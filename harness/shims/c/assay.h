/* The shim's end of the verifier protocol, version 1 (PROTOCOL.md), for libraries in C and C++ that verify tokens.
 *
 * `assay_serve` takes the library's identity, what it supports, and two functions: `configure` makes of a policy what an application
 * holds from its start (parsed keys, lists), and `verify` shows it one token. It reads requests from stdin until they end and writes
 * an answer for each, at once, so that nothing is lost where the library ends the process. A configuration is kept until a request
 * has another policy. What a policy needs beyond `supports` is answered `unsupported` before the library sees it.
 *
 * Nothing here knows a library, and no signal is handled: a crash is for the harness to see. JSON is read and written by jansson.
 */
#ifndef ASSAY_H
#define ASSAY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *name, *version, *language, *homepage, *issues;
    /* Capabilities, in words with spaces between them. */
    const char *supports;
    /* A configuration, or NULL and an answer in `refusal`: what cannot be configured refuses each token. */
    void *(*configure)(const json_t *policy, json_t **refusal);
    /* The answer to a token of `length` octets, behind which is a NUL. */
    json_t *(*verify)(void *configuration, const char *token, size_t length);
    void (*release)(void *configuration);
    /* The library takes a token as a C string: one with a NUL in it cannot be shown, and is `unsupported` (`bytes`). */
    bool text;
} assay_target;

/* The exit status. */
int assay_serve(int argc, char **argv, const assay_target *target);

/* Answers. `claims` and `header` are taken over; `header` may be NULL. Claims that are no object are a refusal: an application that
 * reads claims has none. */
json_t *assay_accept(json_t *claims, json_t *header);
/* The same for text of JSON, which an application parses that is handed octets. */
json_t *assay_accept_text(const char *claims, size_t length, json_t *header);
/* `reason` may be NULL where the library tells none. */
json_t *assay_reject(const char *reason, const char *detail);
json_t *assay_unsupported(const char *feature);
json_t *assay_fault(const char *what);

/* The octets of base64, with a NUL behind; to be freed. NULL where it is none. */
char *assay_base64(const char *text, size_t *length);

/* A key of the policy: the only one, or the one whose `use` is told ("enc", or "sig" for any other). */
const json_t *assay_key(const json_t *policy, const char *use);
/* A form of a key that is text, or NULL. */
const char *assay_text(const json_t *key, const char *form);
/* The JWK of a key as text: that of the object, or the text as it was served; to be freed. */
char *assay_jwk(const json_t *key);
/* The JWKs of all keys as the text of a key set; to be freed. NULL where a key has none. */
char *assay_jwks(const json_t *policy);
/* The secret of a key as octets; to be freed. NULL where it has none. */
char *assay_secret(const json_t *key, size_t *length);
/* Whether a list is absent or has the word. */
bool assay_listed(const json_t *list, const char *word);
/* The only value of a member that may be one or several, or NULL. */
const char *assay_one(const json_t *policy, const char *member);

#ifdef __cplusplus
}
#endif
#endif
