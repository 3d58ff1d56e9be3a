# Plack: `Plack::Request->cookies` of a PSGI environment, whose text is octets (PSGI says so).
#
# What it hands on is a hash, which has no order in Perl: the names are sorted here. The pure Perl reader or the one in XS is used as
# Plack chooses it.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";

use AssayShim qw(field serve);
use Plack::Request;

sub header {
    my ($line) = @_;
    open my $body, '<', \'' or die "no body: $!";
    my $cookies = Plack::Request->new({
        REQUEST_METHOD => 'GET',
        SCRIPT_NAME => '',
        PATH_INFO => '/',
        REQUEST_URI => '/',
        QUERY_STRING => '',
        SERVER_NAME => 'localhost',
        SERVER_PORT => 80,
        SERVER_PROTOCOL => 'HTTP/1.1',
        HTTP_HOST => 'localhost',
        HTTP_COOKIE => field($line),
        'psgi.version' => [1, 1],
        'psgi.url_scheme' => 'http',
        'psgi.input' => $body,
        'psgi.errors' => \*STDERR,
        'psgi.multithread' => 0,
        'psgi.multiprocess' => 0,
        'psgi.run_once' => 0,
        'psgi.nonblocking' => 0,
        'psgi.streaming' => 1,
    })->cookies;
    return map { $_ => $cookies->{$_} } sort keys %$cookies;
}

serve(
    name => 'plack',
    version => "$Plack::Request::VERSION",
    homepage => 'https://plackperl.org',
    issues => 'https://github.com/plack/Plack/issues',
    header => \&header,
);
