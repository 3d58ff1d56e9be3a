# frozen_string_literal: true

# jwt (ruby-jwt): `JWT.decode`, with the key as its README has it: a secret as text, an OpenSSL::PKey, or a key set as `jwks`.
#
# A PEM text is read by Ruby's OpenSSL, as applications do, and a JWK by `JWT::JWK.import`. The `k` of an `oct` JWK is a secret as
# it is in this version, no base64url: a set of secrets is made by `JWT::JWK.new`, and an `oct` JWK alone is answered unsupported. A
# PEM text that OpenSSL does not read never comes to the library, and is refused here.
# Without algorithms `decode` allows HS256, so other keys have no `defaults`. Claims are checked by the `verify_` options of what the
# policy asks. EdDSA needs another gem, with keys of its own, and is left out.
#
# With --block the key is found by a block, as the README's "Finding a Key" shows; the token's `kid` chooses in a set.

require 'jwt'
require_relative '../ruby/assay_shim'

ALGORITHMS = %w[HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K].freeze
FEATURES = %w[
  exp nbf clock pem jwk jwks secret issuer issuer-list audience audience-list subject leeway required-claims bytes defaults
].freeze
BLOCK = ARGV.include?('--block')

# Everything that it refuses is a DecodeError; many have no class of their own.
REASONS = {
  JWT::ExpiredSignature => 'expired',
  JWT::ImmatureSignature => 'not-yet-valid',
  JWT::IncorrectAlgorithm => 'algorithm',
  JWT::VerificationError => 'signature',
  JWT::InvalidIssuerError => 'issuer',
  JWT::InvalidAudError => 'audience',
  JWT::InvalidSubError => 'subject',
  JWT::MissingRequiredClaim => 'missing-claim',
  JWT::JWKError => 'key',
  JWT::DecodeError => lambda do |error|
    case error.message
    when /segment/ then 'malformed'
    when /key|kid/i then 'key'
    else 'other'
    end
  end
}.freeze

def key(form)
  form.secret || AssayShim.openssl_key(form) || JWT::JWK.import(jwk(form)).keypair
end

def jwk(form)
  raise AssayShim::Unsupported, 'jwk' if form.parsed_jwk.nil? || form.parsed_jwk['kty'] == 'oct'

  form.parsed_jwk
end

def key_set(policy)
  { 'keys' => policy.keys.map { |form| form.secret ? JWT::JWK.new(form.secret, form.kid).export(include_private: true) : jwk(form) } }
end

def options(policy)
  options = { leeway: policy.leeway }
  options[:algorithms] = policy.algorithms if policy.algorithms
  options.update(iss: single(policy.issuer), verify_iss: true) unless policy.issuer.empty?
  options.update(aud: single(policy.audience), verify_aud: true) unless policy.audience.empty?
  options.update(sub: policy.subject, verify_sub: true) if policy.subject
  options[:required_claims] = policy.required_claims unless policy.required_claims.empty?
  options
end

def single(names)
  names.size == 1 ? names[0] : names
end

AssayShim.serve_tokens(
  name: BLOCK ? 'ruby-jwt-block' : 'ruby-jwt',
  version: JWT.gem_version.to_s,
  homepage: 'https://github.com/jwt/ruby-jwt',
  issues: 'https://github.com/jwt/ruby-jwt/issues',
  supports: ALGORITHMS + FEATURES,
  documented: REASONS
) do |token, policy|
  raise AssayShim::Unsupported, 'defaults' unless policy.algorithms || policy.keys.all?(&:secret)

  options = policy.keep(:options) { options(policy) }
  if BLOCK && policy.jwks?
    keys = policy.keep(:keys) { policy.keys.to_h { |form| [form.kid, key(form)] } }
    JWT.decode(token, nil, true, options) { |header| keys[header['kid']] }
  elsif BLOCK
    found = policy.keep(:key) { key(policy.key) }
    JWT.decode(token, nil, true, options) { found }
  elsif policy.jwks?
    JWT.decode(token, nil, true, options.merge(jwks: policy.keep(:jwks) { key_set(policy) }))
  else
    JWT.decode(token, policy.keep(:key) { key(policy.key) }, true, options)
  end
end
