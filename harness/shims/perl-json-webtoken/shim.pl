# JSON::WebToken: `decode_jwt` with a key, `verify_signature` 1 and the accepted algorithms, as its documentation shows.
#
# A key is text to it, a secret or PEM alike. It verifies the signature and leaves claims to the application: neither times nor names
# are looked at, and there is no key set. Without a list it takes every algorithm but `none`. What it refuses it throws as a
# JSON::WebToken::Exception; what Crypt::OpenSSL::RSA dies of because of a key is a refusal too, other exceptions are faults.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";

use AssayShim qw(key_text serve unsupported);
use JSON::WebToken qw(decode_jwt);
use Scalar::Util qw(blessed);

sub verify {
    my ($token, $policy) = @_;
    my @keys = @{ $policy->{keys} // [] };
    unsupported('jwks') if @keys > 1;
    my $secret = @keys ? key($keys[0]) : undef;
    return decode_jwt($token, $secret, 1, $policy->{algorithms} // ());
}

sub key {
    my ($key) = @_;
    return key_text($key, 'pem') // $key->{secret} // key_text($key, 'cert_pem') // key_text($key, 'jwk_text') // unsupported('jwk');
}

my %REASONS = (
    missing_secret => 'key',
    invalid_segment_count => 'malformed',
    invalid_segment_encoding => 'malformed',
    unwanted_signature => 'signature',
    invalid_signature => 'signature',
    not_supported_signing_algorithm => 'algorithm',
    unacceptable_algorithm => 'algorithm',
);

sub documented {
    my ($error) = @_;
    return $REASONS{ $error->code } // 'other' if blessed $error && $error->isa('JSON::WebToken::Exception');
    return !ref $error && $error =~ /\Aunrecognized key format|\ARSA\.xs:\d+: OpenSSL error/ ? 'key' : undef;
}

serve(
    name => 'json-webtoken',
    version => "$JSON::WebToken::VERSION",
    homepage => 'https://metacpan.org/pod/JSON::WebToken',
    issues => 'https://github.com/xaicron/p5-JSON-WebToken/issues',
    supports => [qw(HS256 HS384 HS512 RS256 RS384 RS512 none pem secret bytes defaults)],
    verify => \&verify,
    documented => \&documented,
);
