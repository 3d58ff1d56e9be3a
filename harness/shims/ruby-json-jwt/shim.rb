# frozen_string_literal: true

# json-jwt: `JSON::JWT.decode` with the key and the algorithms, as its wiki has it.
#
# The key is a secret as text, an OpenSSL::PKey, a `JSON::JWK` or a `JSON::JWK::Set`, in which the token's `kid` chooses. The `k` of an
# `oct` JWK is a secret as it is in this version, no base64url: a set of secrets is made by `JSON::JWK.new`, and an `oct` JWK alone is
# answered unsupported. A PEM text that OpenSSL does not read never comes to the library, and is refused here. Without algorithms
# `decode` takes what the token names, encrypted tokens too: what it gives without an error is accepted, and the plain text of such a
# token is its claims. The library leaves every claim to the application.
#
# Encrypted tokens go through `decode` with the private key, algorithms and encryption methods; where a signed one must be inside, the
# plain text is decoded again. That OpenSSL or AESKeyWrap cannot decrypt is a refusal, for which the library has no error of its own.

require 'json/jwt'
require_relative '../ruby/assay_shim'

ALGORITHMS = %w[HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K].freeze
FEATURES = %w[pem jwk jwks secret bytes defaults].freeze
ENCRYPTION = %w[jwe RSA1_5 RSA-OAEP A128KW A256KW dir A128GCM A256GCM A128CBC-HS256 A256CBC-HS512].freeze

REASONS = {
  JSON::JWT::UnexpectedAlgorithm => 'algorithm',
  JSON::JWT::VerificationFailed => 'signature',
  JSON::JWT::InvalidFormat => 'malformed',
  JSON::JWK::Set::KidNotFound => 'key',
  JSON::JWK::UnknownAlgorithm => 'key',
  JSON::JWT::Exception => 'other',
  OpenSSL::Cipher::CipherError => 'signature',
  AESKeyWrap::UnwrapFailedError => 'key'
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

def claims(decoded)
  return decoded.to_h unless decoded.is_a?(JSON::JWE)

  JSON.parse(decoded.plain_text)
rescue JSON::ParserError => e
  raise AssayShim::Reject.new('malformed', e.message)
end

AssayShim.serve_tokens(
  name: 'json-jwt',
  version: Gem::Specification.find_by_name('json-jwt').version.to_s,
  homepage: 'https://github.com/nov/json-jwt',
  issues: 'https://github.com/nov/json-jwt/issues',
  supports: ALGORITHMS + FEATURES + ENCRYPTION,
  documented: REASONS
) do |token, policy|
  if policy.encryption[:encrypts].any?
    names = policy.encryption
    # The library compares these as text, and those that sign as symbols.
    opened = JSON::JWT.decode(token, policy.keep(:recipient) { key(policy.recipient) }, names[:wraps], names[:encrypts])
    next [claims(opened), opened.header] if names[:signs].empty?

    token = opened.plain_text
    key = policy.keep(:inside) { key(policy.inside) }
    algorithms = names[:signs].map(&:to_sym)
  else
    key = policy.keep(:key) { policy.jwks? ? key_set(policy) : key(policy.key) }
    algorithms = policy.keep(:algorithms) { policy.algorithms&.map(&:to_sym) }
  end
  decoded = JSON::JWT.decode(token, key, algorithms)
  [claims(decoded), decoded.header]
end
