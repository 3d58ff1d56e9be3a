# frozen_string_literal: true

# A shim: it shows Assay's tokens to a verifier in Ruby, and tells the verdicts.
#
# It works as it stands, and verifies HS256 with nothing but Ruby (3.0 or newer):
#
#     assay check --target-cmd 'ruby shim.rb'
#     assay run --target-cmd 'ruby shim.rb'
#
# To try your own library, change TARGET, SUPPORTS and `verify`. The rest speaks the
# protocol, which is described in PROTOCOL.md of https://github.com/assay-harness/assay.

require 'json'
require 'openssl'

# Who is tried, as the report names it.
TARGET = { name: 'starter-ruby', version: '1', language: 'ruby' }.freeze

# What `verify` does and obeys, in the words of PROTOCOL.md. What is not listed is not
# tried. A false claim here becomes a false accusation in the report.
SUPPORTS = %w[
  HS256
  secret
  exp
  nbf
  clock
  leeway
  issuer
  issuer-list
  audience
  audience-list
  bytes
].freeze

# The token is not accepted. PROTOCOL.md lists the reasons, "other" among them.
class Refusal < StandardError
  attr_reader :reason

  def initialize(reason, detail = '')
    super(detail)
    @reason = reason
  end
end

# The library cannot obey the policy. The message names the capability it lacks.
class Unsupported < StandardError
end

# Gives all claims of the token, or raises Refusal. REPLACE THIS BY YOUR LIBRARY.
#
# With ruby-jwt, for example. It reads the system's clock: take "clock" out of SUPPORTS.
#
#     options = { algorithms: policy['algorithms'], leeway: policy.fetch('leeway', 0) }
#     options.update(iss: policy['issuer'], verify_iss: true) if policy['issuer']
#     options.update(aud: policy['audience'], verify_aud: true) if policy['audience']
#     begin
#       claims, _header = JWT.decode(token, secret(policy), true, options)
#       claims
#     rescue JWT::ExpiredSignature => e
#       raise Refusal.new('expired', e.message)
#     rescue JWT::VerificationError => e
#       raise Refusal.new('signature', e.message)
#     rescue JWT::DecodeError => e
#       raise Refusal.new('other', e.message)
#     end
#
# Rescue what the library documents and no more: any other exception is a fault.
def verify(token, policy)
  parts = token.split('.', -1)
  raise Refusal.new('malformed', 'a token has three parts') unless parts.size == 3

  header, payload, signature = parts.map { |part| octets_of(part) }
  header = object_of(header)
  unless header['alg'] == 'HS256' && policy.fetch('algorithms', []).include?('HS256')
    raise Refusal.new('algorithm', "alg is #{header['alg'].inspect}")
  end
  raise Refusal.new('critical', 'no extension is understood') if header.key?('crit')

  key = secret(policy)
  # RFC 7518, section 3.2; and the text of another key is no secret.
  if key.bytesize < 32 || key.start_with?('-----BEGIN ')
    raise Refusal.new('key', 'no secret for HS256')
  end

  mac = OpenSSL::HMAC.digest('SHA256', key, parts[0, 2].join('.'))
  raise Refusal, 'signature' unless OpenSSL.secure_compare(mac, signature)

  claims = object_of(payload)
  check(claims, policy)
  claims
end

# Holds the claims against the policy.
def check(claims, policy)
  dates = claims.slice('exp', 'nbf', 'iat').values
  unless dates.all? { |date| date.is_a?(Numeric) && date.finite? }
    raise Refusal.new('missing-claim', 'a date is no number')
  end

  audience = listed(claims.fetch('aud', []))
  names = claims.slice('iss', 'sub', 'jti').values + audience
  raise Refusal.new('missing-claim', 'a name is no text') unless names.all?(String)

  now = policy.fetch('now') { Time.now.to_i }
  leeway = policy.fetch('leeway', 0)
  raise Refusal, 'expired' if claims.key?('exp') && now >= claims['exp'] + leeway
  raise Refusal, 'not-yet-valid' if claims.key?('nbf') && now + leeway < claims['nbf']

  issuers, audiences = policy.values_at('issuer', 'audience')
  raise Refusal, 'issuer' if issuers && !listed(issuers).include?(claims['iss'])
  raise Refusal, 'audience' if audiences && !listed(audiences).intersect?(audience)
end

# Decodes base64url, strictly: no padding, no white space, no unused bits.
def octets_of(part)
  raise Refusal.new('malformed', 'no base64url') unless part.match?(/\A[\w-]*\z/)

  "#{part.tr('-_', '+/')}#{'=' * (-part.size % 4)}".unpack1('m0')
rescue ArgumentError => e
  raise Refusal.new('malformed', e.message)
end

# No comments, and no escapes that do not exist: Ruby's reader takes both.
STRICT = %r{\A(?:[^"/]++|"(?:[^"\\]++|\\(?:["\\/bfnrt]|u\h{4}))*+")*+\z}

# Reads a JSON object, strictly.
def object_of(octets)
  text = octets.force_encoding(Encoding::UTF_8)
  raise Refusal.new('malformed', 'no UTF-8') unless text.valid_encoding?
  raise Refusal.new('malformed', 'no strict JSON') unless text.match?(STRICT)

  value = JSON.parse(text, max_nesting: 500)
  raise Refusal.new('malformed', 'no JSON object') unless value.is_a?(Hash)

  value
rescue JSON::ParserError => e
  raise Refusal.new('malformed', e.message)
end

# Makes a list of a value that may stand alone.
def listed(value)
  value.is_a?(Array) ? value : [value]
end

# Gives the octets of the policy's only key.
def secret(policy)
  text = policy.dig('keys', 0, 'secret')
  raise Refusal.new('key', 'the policy has no secret') unless text

  text.unpack1('m0')
end

# Nothing below needs to be changed: it is the shim's end of the protocol.

# The forms in which a key is given, and the capability that reads each.
FORMS = {
  'secret' => 'secret',
  'jwk' => 'jwk',
  'jwk_text' => 'jwk',
  'pem' => 'pem',
  'cert_pem' => 'pem',
  'der' => 'pem'
}.freeze

BAD_LINE = { error: 'bad-line' }.freeze

def main
  # Only answers may stand on stdout: what the library prints goes to stderr.
  answers = $stdout.dup
  $stdout.reopen($stderr)
  $stdin.binmode
  while (line = $stdin.gets("\n"))
    answer = reply(line) or break
    answers.write(encode(answer))
    answers.flush
  end
end

# Answers a line; nil is the answer to `stop`.
def reply(line)
  line.force_encoding(Encoding::UTF_8)
  request = line.valid_encoding? && JSON.parse(line)
  return BAD_LINE unless request.is_a?(Hash) && request['cmd'].is_a?(String)

  case request['cmd']
  when 'stop' then nil
  when 'start'
    return { error: 'unknown-protocol', supported: [1] } unless request['protocol'] == 1

    { protocol: 1, target: TARGET, supports: SUPPORTS }
  when 'verify'
    seq, shown, policy = request.values_at('seq', 'input', 'policy')
    return BAD_LINE unless seq.is_a?(Integer) && [shown, policy].all?(Hash)

    { seq: seq, **judge(shown, policy) }
  else { error: 'unknown-cmd' }
  end
rescue JSON::ParserError
  BAD_LINE
end

# Shows the token to the library and says what came of it.
def judge(shown, policy)
  lacking = needs(shown, policy).find { |need| !SUPPORTS.include?(need) }
  raise Unsupported, lacking if lacking

  token = shown['token'] || shown['bytes'].unpack1('m0')
  started = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
  claims = verify(token, policy)
  took = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond) - started
  claims = { payload: claims } unless claims.is_a?(Hash)
  { verdict: 'accept', claims: claims, nanoseconds: took }
rescue Refusal => e
  { verdict: 'reject', reason: e.reason, detail: e.message }
rescue Unsupported => e
  { verdict: 'unsupported', feature: e.message }
# Not everything is a StandardError: a stack that is too deep and exit are none.
rescue Exception => e # rubocop:disable Lint/RescueException
  raise if e.is_a?(SignalException)

  { fault: e.full_message(highlight: false) }
end

# Gives the names of what the request asks for.
def needs(shown, policy)
  cookie = policy['cookie'] || shown['cookie']
  return [cookie.fetch('scheme', 'cookie')] if cookie

  names = policy.fetch('algorithms', ['defaults']) - ['none']
  names << 'bytes' if shown.key?('bytes')
  names += key_needs(policy)
  %w[issuer audience].each do |name|
    next unless policy.key?(name)

    names << (listed(policy[name]).one? ? name : "#{name}-list")
  end
  %w[subject typ required_claims max_age critical].each do |name|
    names << name.tr('_', '-') if policy.key?(name)
  end
  names << 'leeway' unless policy.fetch('leeway', 0).zero?
  names
end

# Gives the forms that the key has, unless one of them is supported.
def key_needs(policy)
  keys = policy.fetch('keys', [])
  return ['jwks'] if policy['jwks'] || keys.size > 1

  forms = FORMS.values_at(*keys.flat_map(&:keys)).compact
  forms.intersect?(SUPPORTS) ? [] : forms
end

# Writes an answer as a line.
def encode(answer)
  "#{JSON.generate(answer, max_nesting: 0)}\n"
rescue JSON::GeneratorError
  "#{JSON.generate(mended(answer), max_nesting: 0)}\n"
end

# Makes a value one that can be written: UTF-8, and numbers that are finite.
def mended(value)
  case value
  when Hash then value.to_h { |name, member| [mended(name.to_s), mended(member)] }
  when Array then value.map { |member| mended(member) }
  when String then value.dup.force_encoding(Encoding::UTF_8).scrub
  when Float then value.finite? ? value : value.to_s
  else value
  end
end

main if $PROGRAM_NAME == __FILE__
