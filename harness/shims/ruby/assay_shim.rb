# frozen_string_literal: true

# The shim's end of the verifier protocol, version 1 (PROTOCOL.md), for Ruby libraries that read Cookie headers and open no scheme, and
# for those that verify tokens.
#
# `serve` takes the library's identity and how it reads a header, `serve_tokens` how it verifies a token; they read requests from stdin
# until they end and write an answer for each. With --sample as an argument they print nothing, as there are no protected cookies.
# Only Ruby's standard library is used, and nothing here knows a library.

require 'json'

module AssayShim
  PROTOCOL = 1
  LONGEST_DETAIL = 4000
  MOST_POLICIES = 1000
  BAD_LINE = { error: 'bad-line' }.freeze

  # What a shim raises where the library says no without an exception.
  class Reject < StandardError
    attr_reader :reason

    def initialize(reason, detail = '')
      super(detail)
      @reason = reason
    end
  end

  # A field's value as servers hand it on: octets, no white space around them, and none at all with a control octet but HTAB in it.
  def self.field(line)
    if line.b.match?(/[\x00-\x08\x0a-\x1f\x7f]/n)
      raise Reject.new('malformed', 'HTTP servers answer a field with a control octet with 400')
    end

    first = line.index(/[^ \t]/n)
    first ? line[first..line.rindex(/[^ \t]/n)] : ''.b
  end

  # What a shim raises where the library cannot do what the policy asks; the message is the capability's name.
  class Unsupported < StandardError
  end

  # A key in every form that the policy has it in.
  class Key
    attr_reader :kid, :alg, :use, :jwk, :jwk_text, :pem, :cert_pem, :der, :secret

    def initialize(key)
      @kid, @alg, @use, @jwk, @jwk_text, @pem, @cert_pem = key.values_at('kid', 'alg', 'use', 'jwk', 'jwk_text', 'pem', 'cert_pem')
      @der = key['der']&.unpack1('m0')
      @secret = key['secret']&.unpack1('m0')
    end

    # The JWK object, read from its text where the policy has that alone.
    def parsed_jwk
      @parsed_jwk ||= @jwk || (@jwk_text && JSON.parse(@jwk_text))
    end
  end

  # What the relying party accepts.
  class Policy
    attr_reader :algorithms, :keys, :issuer, :audience, :subject, :typ, :leeway, :required_claims, :max_age, :critical

    def initialize(policy)
      @algorithms, @subject, @typ, @max_age = policy.values_at('algorithms', 'subject', 'typ', 'max_age')
      @keys = (policy['keys'] || []).map { |key| Key.new(key) }
      @jwks = policy['jwks'] == true
      @issuer = Array(policy['issuer'])
      @audience = Array(policy['audience'])
      @leeway = policy['leeway'] || 0
      @required_claims = policy['required_claims'] || []
      @critical = policy['critical'] || []
      @kept = {}
    end

    def jwks?
      @jwks
    end

    # The policy's only key.
    def key
      raise Unsupported, 'jwks' unless @keys.size == 1

      @keys[0]
    end

    # The algorithms of a policy for encrypted tokens: key management, content encryption, and those that sign what is inside. Without
    # content encryption tokens are signed only.
    def encryption
      @encryption ||= begin
        encrypts, others = (@algorithms || []).partition { |name| name.match?(/GCM\z|CBC/) }
        signs, wraps = others.partition { |name| name.match?(/\A(?:none|[A-Z][A-Za-z]\d{3}K?|EdDSA|Ed25519)\z/) }
        { wraps: wraps, encrypts: encrypts, signs: signs }
      end
    end

    # The key that encrypted tokens are for: the one that is meant for it, or the only one.
    def recipient
      @keys.find { |key| key.use == 'enc' } || key
    end

    # The key that verifies what is inside of an encrypted token.
    def inside
      @keys.find { |key| key.use != 'enc' }
    end

    # What an application makes when it starts and holds from then on, such as a parsed key.
    def keep(name)
      @kept.fetch(name) { @kept[name] = yield }
    end

    # The first thing asked for that is not among the capabilities.
    def lacking(supports)
      needs = @algorithms ? @algorithms - ['none'] : ['defaults']
      needs << 'jwks' if @jwks
      needs << (@issuer.size > 1 ? 'issuer-list' : 'issuer') unless @issuer.empty?
      needs << (@audience.size > 1 ? 'audience-list' : 'audience') unless @audience.empty?
      needs << 'subject' if @subject
      needs << 'typ' if @typ
      needs << 'leeway' unless @leeway.zero?
      needs << 'required-claims' unless @required_claims.empty?
      needs << 'max-age' if @max_age
      needs << 'critical' unless @critical.empty?
      needs.find { |need| !supports.include?(need) }
    end
  end

  # Time.now for whoever asks, while a request has a clock.
  module Clock
    class << self
      attr_accessor :at
    end

    def now(...)
      Clock.at ? Time.at(Clock.at) : super
    end
  end

  # The key of a PEM text or of DER, read as applications do; nothing where the policy has it in no such form. What OpenSSL cannot
  # read never comes to the library.
  def self.openssl_key(key)
    require 'openssl'
    return OpenSSL::PKey.read(key.pem || key.der) if key.pem || key.der

    OpenSSL::X509::Certificate.new(key.cert_pem).public_key if key.cert_pem
  rescue OpenSSL::OpenSSLError => e
    raise Reject.new('key', "#{e.class}: #{e.message}")
  end

  # The block gives pairs for the octets of the Cookie fields, of which there is one unless `lines` says that the library joins
  # several itself. `documented` are exceptions that are refusals; any other is a fault.
  def self.serve(name:, version:, homepage:, issues:, lines: false, documented: [], &header)
    return if ARGV.include?('--sample')

    target = { name: name, version: version, language: 'ruby', homepage: homepage, issues: issues }
    supports = ['cookie', *('cookie-lines' if lines)]
    run({ target: target, supports: supports, lines: lines, documented: documented.to_h { |kind| [kind, 'malformed'] }, header: header })
  end

  # The block gives the claims of a token under a policy, and its header or nothing. `supports` are capabilities: what a policy asks
  # beyond them is answered before the block is asked. `documented` are exceptions that are refusals, with the reason, the more special
  # ones first; any other is a fault. With `clock` among the capabilities Time.now is the policy's `now` while the block runs.
  def self.serve_tokens(name:, version:, homepage:, issues:, supports:, documented:, &token)
    return if ARGV.include?('--sample')

    Time.singleton_class.prepend(Clock) if supports.include?('clock')
    target = { name: name, version: version, language: 'ruby', homepage: homepage, issues: issues }
    run({ target: target, supports: supports, documented: documented, token: token, policies: {} })
  end

  def self.run(shim)
    # What a library prints must not be read as an answer.
    out = $stdout.dup
    $stdout.reopen($stderr)
    out.sync = true
    $stdin.binmode
    while (line = $stdin.gets("\n"))
      answer = reply(shim, line.chomp("\n").force_encoding(Encoding::UTF_8)) or break
      # Claims may be as deep as the library read them.
      out.write(JSON.generate(answer, max_nesting: 0), "\n")
    end
  end

  def self.reply(shim, line)
    return BAD_LINE unless line.valid_encoding?

    begin
      request = JSON.parse(line)
    rescue JSON::ParserError
      return BAD_LINE
    end
    return BAD_LINE unless request.is_a?(Hash) && request['cmd'].is_a?(String)

    case request['cmd']
    when 'stop' then nil
    when 'start'
      return { error: 'unknown-protocol', supported: [PROTOCOL] } unless request['protocol'] == PROTOCOL

      { protocol: PROTOCOL, target: shim[:target], supports: shim[:supports] }
    when 'verify' then verify(shim, request['seq'], request['input'], request['policy'])
    else { error: 'unknown-cmd' }
    end
  end

  def self.verify(shim, seq, input, policy)
    return BAD_LINE unless seq.is_a?(Integer) && input.is_a?(Hash) && policy.is_a?(Hash)

    return verify_token(shim, seq, input, policy) if shim[:token]

    verify_cookie(shim, seq, input['cookie'], policy)
  end

  def self.verify_cookie(shim, seq, shown, policy)
    cookie = policy['cookie']
    return unsupported(seq, 'token') unless shown.is_a?(Hash) && cookie.is_a?(Hash)

    begin
      fields = fields(shown)
    rescue ArgumentError, NoMethodError
      return BAD_LINE
    end
    return unsupported(seq, 'cookie-lines') if shown['lines'] && !shim[:lines]
    return unsupported(seq, 'leeway') unless [nil, 0].include?(policy['leeway'])
    return unsupported(seq, cookie['scheme']) if cookie['scheme']

    { seq: seq }.merge(answer(shim) { pairs(shim, fields) })
  end

  def self.verify_token(shim, seq, input, policy)
    return unsupported(seq, 'cookie') if input['cookie'] || policy['cookie']

    begin
      text, octets = input.values_at('token', 'bytes')
      token = text ? text.to_str : octets.unpack1('m0')
      known = policy_of(shim[:policies], policy)
    rescue ArgumentError, NoMethodError, TypeError
      return BAD_LINE
    end
    lacking = octets && !shim[:supports].include?('bytes') ? 'bytes' : known.lacking(shim[:supports])
    return unsupported(seq, lacking) if lacking

    { seq: seq }.merge(answer(shim) { claims(shim, token, known, policy['now']) })
  rescue Unsupported => e
    unsupported(seq, e.message)
  end

  # The same policy comes many times, and an application reads its configuration once.
  def self.policy_of(policies, policy)
    policies.clear if policies.size > MOST_POLICIES
    policies[policy.reject { |member, _| member == 'now' }] ||= Policy.new(policy)
  end

  def self.unsupported(seq, feature)
    { seq: seq, verdict: 'unsupported', feature: feature }
  end

  def self.answer(shim)
    yield
  rescue Unsupported
    raise
  rescue Reject => e
    { verdict: 'reject', reason: e.reason, detail: plain(e.message) }
  rescue StandardError, SystemStackError, ScriptError, NoMemoryError => e
    reason = shim[:documented].find { |kind, _| e.is_a?(kind) }&.last
    return { fault: plain(e.full_message(highlight: false, order: :top)) } unless reason

    { verdict: 'reject', reason: reason.respond_to?(:call) ? reason.call(e) : reason, detail: plain("#{e.class}: #{e.message}") }
  end

  def self.pairs(shim, fields)
    started = nanoseconds
    cookies = shim[:header].call(fields)
    # The time in the library: neither JSON nor the pipe.
    spent = nanoseconds - started
    pairs = cookies.map { |name, value| [base64(name), base64(value)] }
    { verdict: 'accept', claims: { pairs: pairs }, nanoseconds: spent }
  end

  def self.claims(shim, token, policy, now)
    Clock.at = now
    started = nanoseconds
    claims, header = shim[:token].call(token, policy)
    spent = nanoseconds - started
    answer = { verdict: 'accept', claims: sound(claims), nanoseconds: spent }
    answer[:header] = sound(header) if header
    answer
  ensure
    Clock.at = nil
  end

  # What JSON and its readers can say: a number that is none, or beyond what a double holds, is its text, and so is text that is no
  # UTF-8, with its octets replaced.
  def self.sound(value)
    case value
    when Hash then value.to_h { |name, member| [sound(name.to_s), sound(member)] }
    when Array then value.map { |member| sound(member) }
    when Float then value.finite? ? value : value.to_s
    when Integer then value.bit_length > Float::MAX_EXP ? value.to_s : value
    when String then value.encoding == Encoding::UTF_8 && value.valid_encoding? ? value : plain(value)
    else value
    end
  end

  def self.nanoseconds
    Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
  end

  def self.fields(shown)
    return shown['lines'].map { |line| line.unpack1('m0') } if shown['lines']
    return [shown['header_bytes'].unpack1('m0')] if shown['header_bytes']

    [shown['header'].b]
  end

  # What the library handed on, as base64 of its octets; what is no text as JSON.
  def self.base64(value)
    value = JSON.generate(value) unless value.is_a?(String)
    [value].pack('m0')
  end

  # Text that every reader of JSON takes, of bounded length, with the start kept: Ruby writes it first.
  def self.plain(text)
    text.dup.force_encoding(Encoding::UTF_8).scrub[0, LONGEST_DETAIL]
  end
end
