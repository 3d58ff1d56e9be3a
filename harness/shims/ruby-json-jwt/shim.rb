# frozen_string_literal: true

# json-jwt: `JSON::JWT.decode` with the key and the algorithms, as its wiki has it.
#
# The key is a secret as text, an OpenSSL::PKey, a `JSON::JWK` or a `JSON::JWK::Set`, in which the token's `kid` chooses. The `k` of an
# `oct` JWK is a secret as it is in this version, no base64url: a set of secrets is made by `JSON::JWK.new`, and an `oct` JWK alone is
# answered unsupported. A PEM text that OpenSSL does not read never comes to the library, and is refused here. Without algorithms
# `decode` takes what the token names, encrypted tokens too: what it gives without an error is accepted, and the plain text of such a
# token is its claims. The library leaves every claim to the application.

require 'json/jwt'
require_relative '../ruby/assay_shim'

ALGORITHMS = %w[HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K].freeze
FEATURES = %w[pem jwk jwks secret bytes defaults].freeze

REASONS = {
  JSON::JWT::UnexpectedAlgorithm => 'algorithm',
  JSON::JWT::VerificationFailed => 'signature',
  JSON::JWT::InvalidFormat => 'malformed',
  JSON::JWK::Set::KidNotFound => 'key',
  JSON::JWK::UnknownAlgorithm => 'key',
  JSON::JWT::Exception => 'other'
}.freeze

def key(form)
  form.secret || AssayShim.openssl_key(form) || JSON::JWK.new(jwk(form))
end

def jwk(form)
  raise AssayShim::Unsupported, 'jwk' if form.parsed_jwk.nil? || form.parsed_jwk['kty'] == 'oct'

  form.parsed_jwk
end

def key_set(policy)
  JSON::JWK::Set.new(policy.keys.map { |form| form.secret ? JSON::JWK.new(form.secret, kid: form.kid) : jwk(form) })
end

AssayShim.serve_tokens(
  name: 'json-jwt',
  version: Gem::Specification.find_by_name('json-jwt').version.to_s,
  homepage: 'https://github.com/nov/json-jwt',
  issues: 'https://github.com/nov/json-jwt/issues',
  supports: ALGORITHMS + FEATURES,
  documented: REASONS
) do |token, policy|
  key = policy.keep(:key) { policy.jwks? ? key_set(policy) : key(policy.key) }
  decoded = JSON::JWT.decode(token, key, policy.keep(:algorithms) { policy.algorithms&.map(&:to_sym) })
  [decoded.is_a?(JSON::JWE) ? JSON.parse(decoded.plain_text) : decoded.to_h, decoded.header]
end
