# CGI.pm: `CGI::Cookie->fetch` of a CGI program's environment.
#
# What it hands on is a hash, which has no order in Perl: the names are sorted here. A value is asked for as the documentation does
# it, `$cookies{'sid'}->value` where one is expected: of a value that was split into several, that is the first, and of an empty one
# it is undef, which stands for the empty string in Perl.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";

use AssayShim qw(field serve);
use CGI ();
use CGI::Cookie ();

sub header {
    my ($line) = @_;
    local $ENV{REQUEST_METHOD} = 'GET';
    local $ENV{HTTP_COOKIE} = field($line);
    my %cookies = CGI::Cookie->fetch;
    return map { $_ => $cookies{$_}->value // '' } sort keys %cookies;
}

serve(
    name => 'cgi-pm',
    version => "$CGI::VERSION",
    homepage => 'https://metacpan.org/pod/CGI::Cookie',
    issues => 'https://github.com/leejo/CGI.pm/issues',
    header => \&header,
);
