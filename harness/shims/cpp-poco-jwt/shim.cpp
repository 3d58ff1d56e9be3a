// POCO JWT: `Signer` with a key and `setAlgorithms`, and its `verify`, as its headers show.
//
// A shared secret is text to it; PEM makes an RSAKey or an ECKey, by what the policy lists, as an application knows which it has. It
// reads no JWK and no key set. Without `setAlgorithms` it allows HS256 alone, which is of use with a secret only. It verifies the
// signature and leaves claims to the application: neither times nor names are looked at. `verify` refuses by a Poco::Exception (which
// is what `tryVerify` takes for a refusal); others are faults.
#include <cstdlib>
#include <exception>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <typeinfo>

#include <Poco/Crypto/ECKey.h>
#include <Poco/Crypto/RSAKey.h>
#include <Poco/Crypto/X509Certificate.h>
#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JWT/JWTException.h>
#include <Poco/JWT/Signer.h>

#include "assay.h"

namespace {

using Poco::JWT::Signer;

template <class Key>
Poco::SharedPtr<Key> key_from(const char *pem, const char *certificate)
{
    std::istringstream text(pem != nullptr ? pem : certificate);
    if (pem != nullptr)
        return new Key(&text);
    return new Key(Poco::Crypto::X509Certificate(text));
}

void *configure(const json_t *policy, json_t **refusal)
{
    auto signer = std::make_unique<Signer>();
    const json_t *key = assay_key(policy, nullptr), *listed = json_object_get(policy, "algorithms");
    const char *pem = assay_text(key, "pem"), *certificate = assay_text(key, "cert_pem");
    std::set<std::string> algorithms;
    bool elliptic = false;
    size_t index;
    json_t *name;
    json_array_foreach(listed, index, name) {
        algorithms.insert(json_string_value(name));
        elliptic = elliptic || json_string_value(name)[0] == 'E';
    }
    if (listed != nullptr)
        signer->setAlgorithms(algorithms);
    try {
        if (pem == nullptr && certificate == nullptr) {
            size_t length;
            char *secret = assay_secret(key, &length);
            if (secret != nullptr)
                signer->setHMACKey(std::string(secret, length));
            else
                *refusal = assay_unsupported(key == nullptr ? "jwks" : "jwk");
            std::free(secret);
        } else if (listed == nullptr) {
            *refusal = assay_unsupported("defaults");
        } else if (elliptic) {
            signer->setECKey(key_from<Poco::Crypto::ECKey>(pem, certificate));
        } else {
            signer->setRSAKey(key_from<Poco::Crypto::RSAKey>(pem, certificate));
        }
    } catch (const Poco::Exception &error) {
        *refusal = assay_reject("key", error.displayText().c_str());
    }
    return *refusal == nullptr ? signer.release() : nullptr;
}

const char *reason(const Poco::Exception &error)
{
    if (dynamic_cast<const Poco::JWT::SignatureException *>(&error)) return "signature";
    if (dynamic_cast<const Poco::JWT::UnallowedAlgorithmException *>(&error)) return "algorithm";
    if (dynamic_cast<const Poco::JWT::UnsupportedAlgorithmException *>(&error)) return "algorithm";
    return "malformed";
}

json_t *as_json(const Poco::JSON::Object &object, json_t *(*made)(const char *, size_t))
{
    std::ostringstream text;
    object.stringify(text);
    std::string whole = text.str();
    return made(whole.data(), whole.size());
}

json_t *verify(void *configured, const char *token, size_t length)
{
    const auto &signer = *static_cast<const Signer *>(configured);
    try {
        Poco::JWT::Token verified = signer.verify(std::string(token, length));
        json_t *answer = as_json(verified.payload(), [](const char *text, size_t size) { return assay_accept_text(text, size, nullptr); });
        json_t *header = as_json(verified.header(), [](const char *text, size_t size) { return json_loadb(text, size, JSON_ALLOW_NUL, nullptr); });
        if (json_object_get(answer, "claims") != nullptr && json_is_object(header))
            json_object_set(answer, "header", header);
        json_decref(header);
        return answer;
    } catch (const Poco::Exception &error) {
        return assay_reject(reason(error), error.displayText().c_str());
    } catch (const std::exception &error) {
        return assay_fault((std::string(typeid(error).name()) + ": " + error.what()).c_str());
    }
}

void release(void *configured)
{
    delete static_cast<Signer *>(configured);
}

}  // namespace

int main(int argc, char **argv)
{
    const assay_target target = {
        "poco-jwt",
        VERSION,
        "c++",
        "https://docs.pocoproject.org/current/Poco.JWT.html",
        "https://github.com/pocoproject/poco/issues",
        "HS256 HS384 HS512 RS256 RS384 RS512 ES256 ES384 ES512 pem secret bytes defaults",
        configure,
        verify,
        release,
        false,
    };
    return assay_serve(argc, argv, &target);
}
