/* See assay.h. */
#define _GNU_SOURCE
#include "assay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PROTOCOL = 1, LONGEST_DETAIL = 4000 };

static json_t *error(const char *what)
{
    return json_pack("{s:s}", "error", what);
}

/* Text of bounded length that every reader of JSON takes: what is no UTF-8 is left out from there on. */
static json_t *plain(const char *text)
{
    size_t length = strnlen(text, LONGEST_DETAIL);
    json_t *plain = json_stringn(text, length);
    while (plain == NULL && length > 0)
        plain = json_stringn(text, --length);
    return plain;
}

json_t *assay_accept(json_t *claims, json_t *header)
{
    if (!json_is_object(claims)) {
        json_decref(claims);
        json_decref(header);
        return assay_reject("malformed", "the payload is no JSON object");
    }
    json_t *answer = json_pack("{s:s,s:o}", "verdict", "accept", "claims", claims);
    if (json_is_object(header))
        json_object_set_new(answer, "header", header);
    else
        json_decref(header);
    return answer;
}

/* What stands for a NUL while jansson reads and writes, which takes none in a name. */
static const char STANDS[] = "\\uf8ff", WRITTEN[] = "\xef\xa3\xbf", NUL[] = "\\u0000";
static bool stands;

/* The text with each `from` replaced by `to`; to be freed. A backslash takes the character behind it along. */
static char *replaced(const char *text, size_t *length, const char *from, const char *to)
{
    size_t wide = strlen(from), other = strlen(to), count = 0;
    char *made = malloc(*length * (other > wide ? other : 1) + 1);
    for (size_t at = 0; at < *length;) {
        if (*length - at >= wide && memcmp(text + at, from, wide) == 0) {
            memcpy(made + count, to, other);
            count += other;
            at += wide;
            continue;
        }
        if (text[at] == '\\' && at + 1 < *length)
            made[count++] = text[at++];
        made[count++] = text[at++];
    }
    made[count] = '\0';
    *length = count;
    return made;
}

json_t *assay_accept_text(const char *claims, size_t length, json_t *header)
{
    json_error_t failure;
    json_t *parsed = claims == NULL ? NULL : json_loadb(claims, length, JSON_ALLOW_NUL, &failure);
    if (claims != NULL && parsed == NULL && json_error_code(&failure) == json_error_null_byte_in_key) {
        char *text = replaced(claims, &length, NUL, STANDS);
        parsed = json_loadb(text, length, JSON_ALLOW_NUL, NULL);
        free(text);
        stands = parsed != NULL;
    }
    return assay_accept(parsed, header);
}

json_t *assay_reject(const char *reason, const char *detail)
{
    json_t *answer = json_pack("{s:s,s:o}", "verdict", "reject", "detail", plain(detail == NULL ? "" : detail));
    if (reason != NULL)
        json_object_set_new(answer, "reason", json_string(reason));
    return answer;
}

json_t *assay_unsupported(const char *feature)
{
    return json_pack("{s:s,s:s}", "verdict", "unsupported", "feature", feature);
}

json_t *assay_fault(const char *what)
{
    return json_pack("{s:o}", "fault", plain(what));
}

char *assay_base64(const char *text, size_t *length)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t size = strlen(text);
    char *octets = malloc(size / 4 * 3 + 4);
    unsigned held = 0, bits = 0;
    size_t count = 0;
    for (; *text != '\0' && *text != '='; text++) {
        const char *letter = strchr(letters, *text);
        if (letter == NULL) {
            free(octets);
            return NULL;
        }
        held = (held << 6 | (unsigned)(letter - letters)) & 0xffffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            octets[count++] = (char)(held >> bits & 0xff);
        }
    }
    octets[count] = '\0';
    if (length != NULL)
        *length = count;
    return octets;
}

const json_t *assay_key(const json_t *policy, const char *use)
{
    const json_t *keys = json_object_get(policy, "keys");
    size_t index, fitting = 0;
    json_t *key;
    const json_t *found = NULL;
    if (use == NULL || json_array_size(keys) == 1)
        return json_array_size(keys) == 1 ? json_array_get(keys, 0) : NULL;
    json_array_foreach(keys, index, key) {
        const char *usage = assay_text(key, "use");
        bool encrypts = usage != NULL && strcmp(usage, "enc") == 0;
        if (encrypts == (strcmp(use, "enc") == 0)) {
            found = key;
            fitting++;
        }
    }
    return fitting == 1 ? found : NULL;
}

const char *assay_text(const json_t *key, const char *form)
{
    return json_string_value(json_object_get(key, form));
}

char *assay_jwk(const json_t *key)
{
    const json_t *jwk = json_object_get(key, "jwk");
    const char *text = assay_text(key, "jwk_text");
    if (jwk != NULL)
        return json_dumps(jwk, JSON_COMPACT);
    return text == NULL ? NULL : strdup(text);
}

char *assay_jwks(const json_t *policy)
{
    json_t *keys = json_array(), *key;
    size_t index;
    json_array_foreach(json_object_get(policy, "keys"), index, key) {
        if (json_array_append(keys, json_object_get(key, "jwk")) != 0) {
            json_decref(keys);
            return NULL;
        }
    }
    json_t *set = json_pack("{s:o}", "keys", keys);
    char *text = json_dumps(set, JSON_COMPACT);
    json_decref(set);
    return text;
}

char *assay_secret(const json_t *key, size_t *length)
{
    const char *secret = assay_text(key, "secret");
    return secret == NULL ? NULL : assay_base64(secret, length);
}

bool assay_listed(const json_t *list, const char *word)
{
    size_t index;
    json_t *item;
    if (list == NULL)
        return true;
    json_array_foreach(list, index, item) {
        if (word != NULL && strcmp(json_string_value(item), word) == 0)
            return true;
    }
    return false;
}

const char *assay_one(const json_t *policy, const char *member)
{
    const json_t *value = json_object_get(policy, member);
    return json_string_value(json_array_size(value) == 1 ? json_array_get(value, 0) : value);
}

static bool supports(const assay_target *target, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = target->supports; length > 0 && (at = strstr(at, word)) != NULL; at += length) {
        if ((at == target->supports || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* The first thing that a policy asks for and the library does not do. */
static const char *lacking(const assay_target *target, const json_t *policy)
{
    static const char *const values[][3] = {
        {"issuer", "issuer", "issuer-list"}, {"audience", "audience", "audience-list"}, {"subject", "subject", "subject"},
        {"typ", "typ", "typ"}, {"max_age", "max-age", "max-age"},
    };
    static const char *const lists[][2] = {{"required_claims", "required-claims"}, {"critical", "critical"}};
    const json_t *algorithms = json_object_get(policy, "algorithms");
    json_t *algorithm;
    size_t index;
    if (algorithms == NULL && !supports(target, "defaults"))
        return "defaults";
    json_array_foreach(algorithms, index, algorithm) {
        const char *name = json_string_value(algorithm);
        if (name != NULL && !supports(target, name))
            return name;
    }
    if (json_is_true(json_object_get(policy, "jwks")) && !supports(target, "jwks"))
        return "jwks";
    for (index = 0; index < sizeof values / sizeof *values; index++) {
        const json_t *value = json_object_get(policy, values[index][0]);
        const char *word = values[index][json_array_size(value) > 1 ? 2 : 1];
        if (value != NULL && !(json_is_array(value) && json_array_size(value) == 0) && !supports(target, word))
            return word;
    }
    for (index = 0; index < sizeof lists / sizeof *lists; index++) {
        if (json_array_size(json_object_get(policy, lists[index][0])) > 0 && !supports(target, lists[index][1]))
            return lists[index][1];
    }
    if (json_number_value(json_object_get(policy, "leeway")) != 0 && !supports(target, "leeway"))
        return "leeway";
    return NULL;
}

static json_t *hello(const assay_target *target)
{
    json_t *words = json_array();
    char *copy = strdup(target->supports), *rest = copy;
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        if (*word != '\0')
            json_array_append_new(words, json_string(word));
    }
    free(copy);
    return json_pack("{s:i,s:{s:s,s:s,s:s,s:s,s:s},s:o}", "protocol", PROTOCOL, "target", "name", target->name, "version",
                     target->version, "language", target->language, "homepage", target->homepage, "issues", target->issues,
                     "supports", words);
}

/* The policy of the last request, and what the library made of it. */
static json_t *policy_held;
static json_t *refusal_held;
static void *configuration_held;

static json_t *answer(const assay_target *target, json_t *policy, const char *token, size_t length)
{
    if (policy_held == NULL || !json_equal(policy_held, policy)) {
        if (configuration_held != NULL)
            target->release(configuration_held);
        json_decref(policy_held);
        json_decref(refusal_held);
        refusal_held = NULL;
        policy_held = json_incref(policy);
        const char *feature = lacking(target, policy);
        configuration_held = NULL;
        if (feature != NULL)
            refusal_held = assay_unsupported(feature);
        else
            configuration_held = target->configure(policy, &refusal_held);
    }
    if (configuration_held == NULL)
        return json_copy(refusal_held);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    json_t *reply = target->verify(configuration_held, token, length);
    clock_gettime(CLOCK_MONOTONIC, &after);
    json_int_t spent = (json_int_t)(after.tv_sec - before.tv_sec) * 1000000000 + (after.tv_nsec - before.tv_nsec);
    json_object_set_new(reply, "nanoseconds", json_integer(spent));
    return reply;
}

static json_t *verify(const assay_target *target, const json_t *request)
{
    const json_t *seq = json_object_get(request, "seq"), *input = json_object_get(request, "input");
    json_t *policy = json_object_get(request, "policy");
    if (!json_is_integer(seq) || !json_is_object(input) || !json_is_object(policy))
        return error("bad-line");
    json_t *reply;
    const json_t *token = json_object_get(input, "token"), *bytes = json_object_get(input, "bytes");
    const json_t *cookie = json_object_get(policy, "cookie");
    if (cookie != NULL) {
        const char *scheme = assay_text(cookie, "scheme");
        reply = assay_unsupported(scheme == NULL ? "cookie" : scheme);
    } else if (json_is_string(token)) {
        size_t length = json_string_length(token);
        bool whole = !target->text || memchr(json_string_value(token), '\0', length) == NULL;
        reply = whole ? answer(target, policy, json_string_value(token), length) : assay_unsupported("bytes");
    } else if (json_is_string(bytes)) {
        size_t length;
        char *octets = assay_base64(json_string_value(bytes), &length);
        if (octets == NULL)
            return error("bad-line");
        bool whole = supports(target, "bytes") && (!target->text || memchr(octets, '\0', length) == NULL);
        reply = whole ? answer(target, policy, octets, length) : assay_unsupported("bytes");
        free(octets);
    } else {
        reply = json_object_get(input, "cookie") != NULL ? assay_unsupported("cookie") : NULL;
    }
    if (reply == NULL)
        return error("bad-line");
    json_object_set_new(reply, "seq", json_integer(json_integer_value(seq)));
    return reply;
}

static json_t *reply(const assay_target *target, const char *line, size_t length, bool *stop)
{
    json_t *request = json_loadb(line, length, JSON_ALLOW_NUL, NULL), *reply;
    const char *command = assay_text(request, "cmd");
    if (command == NULL) {
        reply = error("bad-line");
    } else if (strcmp(command, "stop") == 0) {
        *stop = true;
        reply = NULL;
    } else if (strcmp(command, "start") == 0) {
        const json_t *version = json_object_get(request, "protocol");
        if (json_is_integer(version) && json_integer_value(version) == PROTOCOL)
            reply = hello(target);
        else
            reply = json_pack("{s:s,s:[i]}", "error", "unknown-protocol", "supported", PROTOCOL);
    } else if (strcmp(command, "verify") == 0) {
        reply = verify(target, request);
    } else {
        reply = error("unknown-cmd");
    }
    json_decref(request);
    return reply;
}

int assay_serve(int argc, char **argv, const assay_target *target)
{
    /* No cookies are made here. */
    if (argc > 1 && strcmp(argv[1], "--sample") == 0)
        return 0;
    /* What a library prints must not be read as an answer. */
    FILE *out = fdopen(dup(STDOUT_FILENO), "w");
    if (out == NULL || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        perror("stdout");
        return 1;
    }
    char *line = NULL;
    size_t room = 0;
    bool stop = false;
    for (ssize_t length; !stop && (length = getline(&line, &room, stdin)) >= 0;) {
        if (length > 0 && line[length - 1] == '\n')
            length--;
        json_t *written = reply(target, line, (size_t)length, &stop);
        if (written == NULL)
            continue;
        /* Never NULL but where memory is at its end. */
        char *text = json_dumps(written, JSON_COMPACT);
        json_decref(written);
        if (text == NULL)
            abort();
        if (stands) {
            size_t size = strlen(text);
            char *whole = replaced(text, &size, WRITTEN, NUL);
            free(text);
            text = whole;
            stands = false;
        }
        fputs(text, out);
        fputc('\n', out);
        fflush(out);
        free(text);
    }
    free(line);
    return 0;
}
