# Mojo::JWT: `decode` of an object with the key, as its documentation shows.
#
# PEM text is `public`, a shared secret is `secret`, a key set goes in by `add_jwkset`; it takes no JWK on its own. It has no list of
# algorithms. The one that a token was decoded with is in `algorithm` afterwards, which is what an application has to compare, and what
# is compared here where the policy has a list; a list with `none` sets `allow_none`. It looks at `exp` and `nbf` without any leeway,
# and at no other claim. The clock is its method `now`, which is documented as what it reads.
#
# It refuses by croaking, in words of its own; what is no JSON is refused in the words of Mojo::JSON, and a key that OpenSSL does not
# take in those of Crypt::OpenSSL::RSA. Other exceptions are faults.
use strict;
use warnings;

package Assay::JWT {
    use Mojo::Base 'Mojo::JWT';
    has 'clock';
    sub now { $_[0]->clock // $_[0]->SUPER::now }
}

use FindBin;
use lib "$FindBin::Bin/../perl";

use AssayShim qw(key_text reject serve unsupported);

sub verify {
    my ($token, $policy) = @_;
    my $listed = $policy->{algorithms};
    my $jwt = Assay::JWT->new(clock => $policy->{now});
    $jwt->allow_none(1) if grep { $_ eq 'none' } @{ $listed // [] };
    my @keys = @{ $policy->{keys} // [] };
    if ($policy->{jwks}) {
        $jwt->add_jwkset({ keys => [map { $_->{jwk} // unsupported('jwks') } @keys] });
    } else {
        unsupported('jwks') if @keys > 1;
        give($jwt, $keys[0]) if @keys;
    }
    my $claims = $jwt->decode($token);
    my $algorithm = $jwt->algorithm;
    reject('algorithm', "the algorithm is $algorithm") if $listed && !grep { $_ eq $algorithm } @$listed;
    return ($claims, $jwt->header);
}

sub give {
    my ($jwt, $key) = @_;
    my $pem = key_text($key, 'pem') // key_text($key, 'cert_pem');
    return $jwt->public($pem) if defined $pem;
    return $jwt->secret($key->{secret}) if defined $key->{secret};
    unsupported('jwk');
}

my @REASONS = (
    [qr/\AJWT has expired/ => 'expired'],
    [qr/\AJWT is not yet valid/ => 'not-yet-valid'],
    [qr/\AFailed (?:RS|HS) validation|\ASignature longer than key/ => 'signature'],
    [qr/\AAlgorithm "none"|\AUnsupported |\ARequired header field "alg"/ => 'algorithm'],
    [qr/\A(?:symmetric secret|public key) not specified|\Aunrecognized key format|\ARSA\.xs:\d+: OpenSSL error/ => 'key'],
    [qr/\AMalformed JSON|\AMissing or empty input|\A(?:malformed|unexpected end of) |, at character offset \d+ \(before / => 'malformed'],
);

sub documented {
    my ($error) = @_;
    return undef if ref $error;
    for (@REASONS) {
        return $_->[1] if $error =~ $_->[0];
    }
    return undef;
}

serve(
    name => 'mojo-jwt',
    version => Mojo::JWT->VERSION,
    homepage => 'https://metacpan.org/pod/Mojo::JWT',
    issues => 'https://github.com/jberger/Mojo-JWT/issues',
    supports => [qw(HS256 HS384 HS512 RS256 RS384 RS512 none exp nbf clock pem jwks secret bytes defaults)],
    verify => \&verify,
    documented => \&documented,
);
