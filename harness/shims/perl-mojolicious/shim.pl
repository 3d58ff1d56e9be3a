# Mojolicious: `$c->req->cookies`, read by Mojolicious' own HTTP parser, which its servers give the octets of a request.
#
# A field that the parser calls an error is answered with 400 or 431 there. Only an end of line in a field is refused by the shim:
# behind it would be another field.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";

use AssayShim qw(reject serve);
use Mojo::Message::Request;
use Mojolicious;

sub header {
    my @lines = @_;
    reject('malformed', 'an end of line is in no field') if grep { /[\r\n]/ } @lines;
    my $request = Mojo::Message::Request->new;
    $request->parse(join "\r\n", 'GET / HTTP/1.1', 'Host: localhost', (map { "Cookie: $_" } @lines), '', '');
    if (my $error = $request->error) {
        reject('malformed', $error->{message});
    }
    die 'the request is not finished' if !$request->is_finished;
    return map { $_->name => $_->value } @{ $request->cookies };
}

serve(
    name => 'mojolicious',
    version => Mojolicious->VERSION,
    homepage => 'https://mojolicious.org',
    issues => 'https://github.com/mojolicious/mojo/issues',
    lines => 1,
    header => \&header,
);
