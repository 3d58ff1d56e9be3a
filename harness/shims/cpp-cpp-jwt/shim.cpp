// cpp-jwt: `jwt::decode` with `algorithms` and `secret`, as its README and its examples show.
//
// A key is text to it, a secret or PEM; it reads no JWK and no key set, and it always wants a list of algorithms. It refuses by `exp`
// and `nbf` itself, and compares issuer, audience and subject with one value. Its clock is `std::chrono::system_clock`, whose `now` is
// replaced here: the definition in the program is the one that is used. It refuses by exceptions of its own, of three kinds; others are
// faults.
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <typeinfo>
#include <vector>

// Its name for JSON is jansson's too.
#define json_t cpp_jwt_json_t
#include <jwt/jwt.hpp>
#undef json_t

#include "assay.h"

namespace {
std::optional<long long> told;
}

std::chrono::system_clock::time_point std::chrono::_V2::system_clock::now() noexcept
{
    if (told)
        return time_point(seconds(*told));
    timespec real{};
    clock_gettime(CLOCK_REALTIME, &real);
    return time_point(seconds(real.tv_sec) + nanoseconds(real.tv_nsec));
}

namespace {

struct Configuration {
    std::string secret;
    std::vector<std::string> algorithms;
    std::optional<std::string> issuer, audience, subject;
    uint32_t leeway = 0;
    std::optional<long long> now;
};

std::optional<std::string> one(const json_t *policy, const char *member)
{
    const char *value = assay_one(policy, member);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

void *configure(const json_t *policy, json_t **refusal)
{
    auto made = std::make_unique<Configuration>();
    const json_t *key = assay_key(policy, nullptr);
    size_t length = 0;
    char *secret = assay_secret(key, &length);
    if (const char *pem = assay_text(key, "pem"))
        made->secret = pem;
    else if (secret != nullptr)
        made->secret.assign(secret, length);
    else if (const char *certificate = assay_text(key, "cert_pem"))
        made->secret = certificate;
    else
        *refusal = assay_unsupported(key == nullptr ? "jwks" : "jwk");
    std::free(secret);
    if (*refusal != nullptr)
        return nullptr;
    size_t index;
    json_t *algorithm;
    json_array_foreach(json_object_get(policy, "algorithms"), index, algorithm)
        made->algorithms.emplace_back(json_string_value(algorithm));
    made->issuer = one(policy, "issuer");
    made->audience = one(policy, "audience");
    made->subject = one(policy, "subject");
    made->leeway = static_cast<uint32_t>(json_integer_value(json_object_get(policy, "leeway")));
    if (const json_t *now = json_object_get(policy, "now"))
        made->now = json_integer_value(now);
    return made.release();
}

// Named parameters are arguments of the call: those that the policy has are put in front one after the other.
jwt::jwt_object decode(const Configuration &with, jwt::string_view token)
{
    using namespace jwt::params;
    auto call = [&](auto... named) {
        return jwt::decode(token, algorithms(with.algorithms), secret(with.secret), leeway(with.leeway), named...);
    };
    auto subjected = [&](auto... named) { return with.subject ? call(named..., sub(*with.subject)) : call(named...); };
    auto addressed = [&](auto... named) { return with.audience ? subjected(named..., aud(*with.audience)) : subjected(named...); };
    return with.issuer ? addressed(issuer(*with.issuer)) : addressed();
}

std::string described(const std::exception &error)
{
    return std::string(typeid(error).name()) + ": " + error.what();
}

const char *reason(const jwt::VerificationError &error)
{
    if (dynamic_cast<const jwt::InvalidAlgorithmError *>(&error)) return "algorithm";
    if (dynamic_cast<const jwt::TokenExpiredError *>(&error)) return "expired";
    if (dynamic_cast<const jwt::ImmatureSignatureError *>(&error)) return "not-yet-valid";
    if (dynamic_cast<const jwt::InvalidIssuerError *>(&error)) return "issuer";
    if (dynamic_cast<const jwt::InvalidAudienceError *>(&error)) return "audience";
    if (dynamic_cast<const jwt::InvalidSubjectError *>(&error)) return "subject";
    if (dynamic_cast<const jwt::InvalidSignatureError *>(&error)) return "signature";
    if (dynamic_cast<const jwt::InvalidKeyError *>(&error)) return "key";
    if (dynamic_cast<const jwt::TypeConversionError *>(&error)) return "malformed";
    return "other";
}

json_t *verify(void *configured, const char *token, size_t length)
{
    const auto &with = *static_cast<const Configuration *>(configured);
    told = with.now;
    json_t *answer;
    try {
        jwt::jwt_object object = decode(with, jwt::string_view(token, length));
        std::string claims = object.payload().create_json_obj().dump(), header = object.header().create_json_obj().dump();
        answer = assay_accept_text(claims.data(), claims.size(), json_loadb(header.data(), header.size(), JSON_ALLOW_NUL, nullptr));
    } catch (const jwt::VerificationError &error) {
        answer = assay_reject(reason(error), described(error).c_str());
    } catch (const jwt::KeyNotPresentError &error) {
        answer = assay_reject("key", described(error).c_str());
    } catch (const jwt::DecodeError &error) {
        answer = assay_reject("malformed", described(error).c_str());
    } catch (const std::exception &error) {
        answer = assay_fault(described(error).c_str());
    }
    told.reset();
    return answer;
}

void release(void *configured)
{
    delete static_cast<Configuration *>(configured);
}

}  // namespace

int main(int argc, char **argv)
{
    const assay_target target = {
        "cpp-jwt",
        VERSION,
        "c++",
        "https://github.com/arun11299/cpp-jwt",
        "https://github.com/arun11299/cpp-jwt/issues",
        "HS256 HS384 HS512 RS256 RS384 RS512 ES256 ES384 ES512 none exp nbf clock pem secret issuer audience subject leeway bytes",
        configure,
        verify,
        release,
        false,
    };
    return assay_serve(argc, argv, &target);
}
