# Crypt::JWT: `decode_jwt` with named arguments, as its documentation shows.
#
# A key goes in as a reference to PEM text where there is one, else as the hash of a JWK or as a reference to a JWK's text, a shared
# secret as octets; a key set is `kid_keys`. Issuer and audience are compared by `verify_iss` and `verify_aud`: one value as a scalar,
# several by a pattern. Of claims it can require the registered ones: `exp`, `nbf` and `iat` by 1, the others by code that wants them
# defined. It has no option for `typ`, `crit` and the age. Without `accepted_alg` it takes every algorithm but `none`, encryption too. Where a list has names
# for encryption as well as for signatures, `decode_jwt` is called on what it decrypted. The clock is Perl's `time`, replaced before
# the library is compiled.
#
# It refuses by croaking: its own words start with JWT, JWS or JWE, those of CryptX with FATAL, those of its key wrapping with the
# name of a function, and what is no JSON is refused in the words of the JSON module. Other exceptions are faults.
use strict;
use warnings;

our $now;
BEGIN {
    *CORE::GLOBAL::time = sub { $now // CORE::time() };
}

use FindBin;
use lib "$FindBin::Bin/../perl";

use AssayShim qw(key_text many serve unsupported);
use Crypt::JWT qw(decode_jwt);

my @SIGNS = ((map { ("HS$_", "RS$_", "PS$_", "ES$_") } 256, 384, 512), qw(ES256K EdDSA none));
my @WRAPS = (
    qw(dir RSA1_5 RSA-OAEP RSA-OAEP-256 ECDH-ES),
    (map { ("A${_}KW", "A${_}GCMKW", "ECDH-ES+A${_}KW") } 128, 192, 256),
    qw(PBES2-HS256+A128KW PBES2-HS384+A192KW PBES2-HS512+A256KW),
);
my @ENCRYPTS = ((map { "A${_}GCM" } 128, 192, 256), qw(A128CBC-HS256 A192CBC-HS384 A256CBC-HS512));
my %SIGNS = map { $_ => 1 } @SIGNS;
my %WRAPS = map { $_ => 1 } @WRAPS;

sub verify {
    my ($token, $policy) = @_;
    local $now = $policy->{now};
    my @keys = @{ $policy->{keys} // [] };
    my @listed = @{ $policy->{algorithms} // [] };
    my @signs = grep { $SIGNS{$_} } @listed;
    my @wraps = grep { $WRAPS{$_} } @listed;
    my @encrypts = grep { !$SIGNS{$_} && !$WRAPS{$_} } @listed;
    my @named = $policy->{algorithms} ? (accepted_alg => \@signs) : ();
    push @named, allow_none => 1 if grep { $_ eq 'none' } @signs;
    my @claims = claims($policy);
    if (@wraps || @encrypts) {
        my ($recipient) = grep { ($_->{use} // '') eq 'enc' } @keys;
        $recipient //= $keys[0] if @keys == 1;
        my @decrypts = (key => key($recipient), accepted_alg => \@wraps, accepted_enc => \@encrypts);
        return reverse decode_jwt(token => $token, @decrypts, @claims, decode_header => 1) if !@signs;
        $token = decode_jwt(token => $token, @decrypts, decode_payload => 0);
        @keys = grep { ($_->{use} // '') ne 'enc' } @keys;
    }
    if ($policy->{jwks}) {
        push @named, kid_keys => { keys => [map { $_->{jwk} // unsupported('jwks') } @keys] };
    } else {
        unsupported('jwks') if @keys > 1;
        push @named, key => key($keys[0], @signs) if @keys;
    }
    return reverse decode_jwt(token => $token, @named, @claims, decode_header => 1);
}

sub key {
    my ($key, @algorithms) = @_;
    unsupported('jwks') if !defined $key;
    for my $form (qw(pem cert_pem)) {
        my $text = key_text($key, $form);
        return \$text if defined $text;
    }
    return $key->{secret} if defined $key->{secret};
    return $key->{jwk} if defined $key->{jwk};
    my $text = key_text($key, 'jwk_text') // unsupported('pem');
    # The text of a shared secret's JWK would be taken for the secret.
    unsupported('jwk') if @algorithms && !grep { !/\AHS/ } @algorithms;
    return \$text;
}

sub claims {
    my ($policy) = @_;
    my %named = (leeway => $policy->{leeway} // 0);
    for (['iss', $policy->{issuer}], ['aud', $policy->{audience}], ['sub', $policy->{subject}]) {
        my ($claim, @values) = ($_->[0], many($_->[1]));
        next if !@values;
        my $any = join '|', map { quotemeta } @values;
        $named{"verify_$claim"} = @values > 1 ? qr/\A(?:$any)\z/ : $values[0];
    }
    for my $claim (@{ $policy->{required_claims} // [] }) {
        next if exists $named{"verify_$claim"};
        unsupported('required-claims') if $claim !~ /\A(?:exp|nbf|iat|iss|aud|sub|jti)\z/;
        $named{"verify_$claim"} = $claim =~ /\A(?:exp|nbf|iat)\z/ ? 1 : sub { defined $_[0] };
    }
    return %named;
}

my @REASONS = (
    [qr/\AJWT: exp claim required|\AJWT: (?:nbf|iat) claim required/ => 'missing-claim'],
    [qr/\AJWT: exp / => 'expired'],
    [qr/\AJWT: (?:nbf|iat) / => 'not-yet-valid'],
    [qr/\AJWT: iss / => 'issuer'],
    [qr/\AJWT: aud / => 'audience'],
    [qr/\AJWT: sub / => 'subject'],
    [qr/\AJW[SE]: (?:alg|enc) '|\AJWS: missing header 'alg'|\AJWE: un(?:known|supported) |wrong AES key length/ => 'algorithm'],
    [qr/\AJWS: invalid signature|\AJWE: tag mismatch/ => 'signature'],
    [qr/\AJWT: (?:undefined|invalid) \w+ key|\AJWT: key type|kid_keys|missing key|\AJWS: jwk header|\AFATAL: / => 'key'],
    [qr/\AJW[TSE]: / => 'malformed'],
    [qr/\A(?:aes|gcm|pbes2|rsa|ecdh|ecdhaes|concat)_/ => 'key'],
    [qr/\A(?:malformed|unexpected end of) |\A[^\n]{1,120}, at character offset \d+ \(before / => 'malformed'],
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
    name => 'crypt-jwt',
    version => "$Crypt::JWT::VERSION",
    homepage => 'https://metacpan.org/pod/Crypt::JWT',
    issues => 'https://github.com/DCIT/perl-Crypt-JWT/issues',
    supports => [
        @SIGNS, @WRAPS, @ENCRYPTS,
        qw(exp nbf clock pem jwk jwks secret issuer issuer-list audience audience-list subject leeway required-claims),
        qw(json-serialization jwe bytes defaults),
    ],
    verify => \&verify,
    documented => \&documented,
);
