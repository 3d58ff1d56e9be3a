# frozen_string_literal: true

# WEBrick: `HTTPRequest#cookies`, read by WEBrick's own parser from the octets of a request.
#
# An error that WEBrick answers with a status is a refusal. Only an end of line in a field is refused by the shim: behind it would be
# another field.

require 'stringio'
require 'webrick'
require_relative '../ruby/assay_shim'

CONFIG = WEBrick::Config::HTTP.merge(Logger: WEBrick::Log.new($stderr, WEBrick::Log::WARN))

AssayShim.serve(
  name: 'webrick',
  version: WEBrick::VERSION,
  homepage: 'https://github.com/ruby/webrick',
  issues: 'https://github.com/ruby/webrick/issues',
  lines: true,
  documented: [WEBrick::HTTPStatus::ClientError]
) do |lines|
  raise AssayShim::Reject.new('malformed', 'an end of line is in no field') if lines.any? { |line| line.b.match?(/[\r\n]/n) }

  fields = lines.map { |line| "Cookie: ".b << line.b << "\r\n" }.join
  request = WEBrick::HTTPRequest.new(CONFIG)
  request.parse(StringIO.new("GET / HTTP/1.1\r\nHost: localhost\r\n".b << fields << "\r\n"))
  request.cookies.map { |cookie| [cookie.name, cookie.value] }
end
