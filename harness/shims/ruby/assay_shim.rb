# frozen_string_literal: true

# The shim's end of the verifier protocol, version 1 (PROTOCOL.md), for Ruby libraries that read Cookie headers and open no scheme.
#
# `serve` takes the library's identity and how it reads a header; it reads requests from stdin until they end and writes an answer
# for each. With --sample as an argument it prints nothing, as there are no protected cookies. Only Ruby's standard library is used,
# and nothing here knows a library.

require 'json'

module AssayShim
  PROTOCOL = 1
  LONGEST_DETAIL = 4000
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

  # The block gives pairs for the octets of the Cookie fields, of which there is one unless `lines` says that the library joins
  # several itself. `documented` are exceptions that are refusals; any other is a fault.
  def self.serve(name:, version:, homepage:, issues:, lines: false, documented: [], &header)
    return if ARGV.include?('--sample')

    target = { name: name, version: version, language: 'ruby', homepage: homepage, issues: issues }
    shim = { target: target, lines: lines, documented: documented, header: header }
    # What a library prints must not be read as an answer.
    out = $stdout.dup
    $stdout.reopen($stderr)
    out.sync = true
    $stdin.binmode
    while (line = $stdin.gets("\n"))
      answer = reply(shim, line.chomp("\n").force_encoding(Encoding::UTF_8)) or break
      out.write(JSON.generate(answer), "\n")
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

      { protocol: PROTOCOL, target: shim[:target], supports: ['cookie', *('cookie-lines' if shim[:lines])] }
    when 'verify' then verify(shim, request['seq'], request['input'], request['policy'])
    else { error: 'unknown-cmd' }
    end
  end

  def self.verify(shim, seq, input, policy)
    return BAD_LINE unless seq.is_a?(Integer) && input.is_a?(Hash) && policy.is_a?(Hash)

    shown = input['cookie']
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

    { seq: seq }.merge(answer(shim, fields))
  end

  def self.unsupported(seq, feature)
    { seq: seq, verdict: 'unsupported', feature: feature }
  end

  def self.answer(shim, fields)
    started = nanoseconds
    cookies = shim[:header].call(fields)
    # The time in the library: neither JSON nor the pipe.
    spent = nanoseconds - started
    pairs = cookies.map { |name, value| [base64(name), base64(value)] }
    { verdict: 'accept', claims: { pairs: pairs }, nanoseconds: spent }
  rescue Reject => e
    { verdict: 'reject', reason: e.reason, detail: plain(e.message) }
  rescue *shim[:documented] => e
    { verdict: 'reject', reason: 'malformed', detail: plain("#{e.class}: #{e.message}") }
  rescue StandardError, SystemStackError, ScriptError, NoMemoryError => e
    { fault: plain(e.full_message(highlight: false, order: :top)) }
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
