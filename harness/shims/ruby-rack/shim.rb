# frozen_string_literal: true

# Rack: `Rack::Request#cookies` of an environment, whose text is octets (ASCII-8BIT), which is how servers have it.

require 'rack'
require 'rack/utils'
require 'stringio'
require_relative '../ruby/assay_shim'

# What Rack raises for queries that a server or a framework answers with 400.
refusals = %w[ParameterTypeError InvalidParameterError QueryLimitError].filter_map do |name|
  Rack::QueryParser.const_get(name) if Rack::QueryParser.const_defined?(name)
end

AssayShim.serve(
  name: 'rack',
  version: Rack.release,
  homepage: 'https://github.com/rack/rack',
  issues: 'https://github.com/rack/rack/issues',
  documented: refusals
) do |lines|
  environment = {
    'REQUEST_METHOD' => 'GET',
    'SCRIPT_NAME' => '',
    'PATH_INFO' => '/',
    'QUERY_STRING' => '',
    'SERVER_NAME' => 'localhost',
    'SERVER_PORT' => '80',
    'SERVER_PROTOCOL' => 'HTTP/1.1',
    'HTTP_HOST' => 'localhost',
    'HTTP_COOKIE' => AssayShim.field(lines[0]),
    'rack.version' => Rack::VERSION,
    'rack.url_scheme' => 'http',
    'rack.input' => StringIO.new(''.b),
    'rack.errors' => $stderr,
    'rack.multithread' => false,
    'rack.multiprocess' => false,
    'rack.run_once' => false
  }
  Rack::Request.new(environment).cookies
end
