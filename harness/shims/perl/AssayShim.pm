package AssayShim;

# The shim's end of the verifier protocol, version 1 (PROTOCOL.md), for Perl libraries that verify tokens, or read Cookie headers and
# open no scheme.
#
# `serve` takes the library's identity and how it verifies a token or reads a header; it reads requests from stdin until they end and
# writes an answer for each. With --sample as an argument it prints nothing, as there are no protected cookies. Of modules that are
# not Perl's own it needs JSON::XS: the one in pure Perl takes longer for a request than a library for its cookies. Nothing here
# knows a library.

use strict;
use warnings;

use Exporter 'import';
use JSON::XS ();
use MIME::Base64 qw(decode_base64 encode_base64);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

our @EXPORT_OK = qw(field key_text many reject serve unsupported);

my $PROTOCOL = 1;
my $LONGEST_DETAIL = 4000;
my $JSON = JSON::XS->new->utf8->canonical;
# Claims may nest as deep as the library's own reader allows.
my $ANSWER = JSON::XS->new->utf8->canonical->allow_nonref->allow_blessed->max_depth(1 << 20);

# Says no where the library does so without an exception.
sub reject {
    my ($reason, $detail) = @_;
    die { reject => $reason, detail => $detail // '' };
}

# Says that the library cannot obey a member of the policy.
sub unsupported {
    my ($feature) = @_;
    die { unsupported => $feature };
}

# What the policy gives as one value or as several.
sub many {
    my ($value) = @_;
    return ref $value eq 'ARRAY' ? @$value : defined $value ? ($value) : ();
}

# A text form of a key as octets, undef where the key has none.
sub key_text {
    my ($key, $form) = @_;
    my $text = $key->{$form} // return undef;
    utf8::encode($text);
    return $text;
}

# A field's value as servers hand it on: no white space around it, and none at all with a control octet but HTAB in it.
sub field {
    my ($line) = @_;
    reject('malformed', 'HTTP servers answer a field with a control octet with 400') if $line =~ /[\x00-\x08\x0a-\x1f\x7f]/;
    $line =~ s/\A[ \t]+//;
    # By hand: a pattern for the end would take quadratic time, and be charged to the library.
    my $end = length $line;
    $end-- while $end > 0 && substr($line, $end - 1, 1) =~ /[ \t]/;
    return substr $line, 0, $end;
}

# `header` gives names and values in turn for the octets of the Cookie fields, of which there is one unless `lines` says that the
# library joins several itself. `verify` gives the claims, and perhaps the header, for the octets of a token and the policy, whose
# secrets are octets by then; `supports` are the capabilities for tokens, and what a policy needs beyond them is answered
# `unsupported` here. Claims that are no hash are a refusal: an application that reads claims has none. `documented` gives a reason
# where an exception is a refusal; any other is a fault.
sub serve {
    my %shim = (documented => sub { undef }, supports => [], @_);
    $shim{can} = { map { $_ => 1 } @{ $shim{supports} } };
    return if grep { $_ eq '--sample' } @ARGV;

    # What a library prints must not be read as an answer.
    open my $out, '>&', \*STDOUT or die "stdout: $!";
    open STDOUT, '>&', \*STDERR or die "stderr: $!";
    binmode $_ for $out, \*STDIN;
    $out->autoflush(1);
    local $/ = "\n";
    while (defined(my $line = readline STDIN)) {
        chomp $line;
        my $answer = _reply(\%shim, $line) // last;
        print {$out} _written($answer), "\n";
    }
    return;
}

sub _reply {
    my ($shim, $line) = @_;
    my $request = eval { $JSON->decode($line) };
    return { error => 'bad-line' } if ref $request ne 'HASH' || !_is_text($request->{cmd});
    my $command = $request->{cmd};
    return undef if $command eq 'stop';
    if ($command eq 'start') {
        my $version = $request->{protocol};
        return { error => 'unknown-protocol', supported => [$PROTOCOL] } if !_is_integer($version) || $version != $PROTOCOL;
        my %target = (language => 'perl', map { $_ => $shim->{$_} } qw(name version homepage issues));
        my @reads = $shim->{header} ? ('cookie', $shim->{lines} ? 'cookie-lines' : ()) : ();
        return { protocol => $PROTOCOL, target => \%target, supports => [@{ $shim->{supports} }, @reads] };
    }
    return { error => 'unknown-cmd' } if $command ne 'verify';
    my ($seq, $input, $policy) = @$request{qw(seq input policy)};
    return { error => 'bad-line' } if !_is_integer($seq) || ref $input ne 'HASH' || ref $policy ne 'HASH';
    $seq += 0;
    my ($shown, $cookie) = ($input->{cookie}, $policy->{cookie});
    my $unsupported = sub { return { seq => $seq, verdict => 'unsupported', feature => $_[0] } };
    if (ref $shown ne 'HASH' || ref $cookie ne 'HASH') {
        return $unsupported->('token') if !$shim->{verify};
        my $token = _token($input) // return { error => 'bad-line' };
        my $lacking = _lacking($shim->{can}, $policy, $input);
        return $unsupported->($lacking) if defined $lacking;
        $_->{secret} = decode_base64($_->{secret}) for grep { defined $_->{secret} } @{ $policy->{keys} // [] };
        return { seq => $seq, %{ _verdict($shim, $token, $policy) } };
    }
    return $unsupported->($cookie->{scheme} // 'cookie') if !$shim->{header};
    my $lines = _fields($shown) or return { error => 'bad-line' };
    return $unsupported->('cookie-lines') if $shown->{lines} && !$shim->{lines};
    return $unsupported->('leeway') if $policy->{leeway};
    return $unsupported->($cookie->{scheme}) if defined $cookie->{scheme};
    return { seq => $seq, %{ _answer($shim, $lines) } };
}

sub _answer {
    my ($shim, $lines) = @_;
    # The time in the library: neither JSON nor the pipe.
    my $started = clock_gettime(CLOCK_MONOTONIC);
    my @cookies = eval { $shim->{header}->(@$lines) };
    my $error = $@;
    my $spent = int 1e9 * (clock_gettime(CLOCK_MONOTONIC) - $started);
    return _refusal($shim, $error, $spent) if $error;
    my @pairs;
    while (my ($name, $value) = splice @cookies, 0, 2) {
        push @pairs, [_octets($name), _octets($value)];
    }
    return { verdict => 'accept', claims => { pairs => \@pairs }, nanoseconds => $spent };
}

# How the shim answers an exception.
sub _refusal {
    my ($shim, $error, $spent) = @_;
    if (ref $error eq 'HASH' && exists $error->{reject}) {
        return { verdict => 'reject', reason => $error->{reject}, detail => _plain($error->{detail}), nanoseconds => $spent };
    }
    return { verdict => 'unsupported', feature => $error->{unsupported} } if ref $error eq 'HASH' && exists $error->{unsupported};
    my $reason = $shim->{documented}->($error);
    return { verdict => 'reject', reason => $reason, detail => _plain("$error"), nanoseconds => $spent } if defined $reason;
    return { fault => _plain("$error") };
}

sub _verdict {
    my ($shim, $token, $policy) = @_;
    my $started = clock_gettime(CLOCK_MONOTONIC);
    my ($claims, $header) = eval { $shim->{verify}->($token, $policy) };
    my $error = $@;
    my $spent = int 1e9 * (clock_gettime(CLOCK_MONOTONIC) - $started);
    return _refusal($shim, $error, $spent) if $error;
    if (ref $claims ne 'HASH') {
        return { verdict => 'reject', reason => 'malformed', detail => 'the payload is no JSON object', nanoseconds => $spent };
    }
    my %answer = (verdict => 'accept', claims => $claims, nanoseconds => $spent);
    $answer{header} = $header if ref $header eq 'HASH';
    return \%answer;
}

# The octets of the token that is shown.
sub _token {
    my ($input) = @_;
    return decode_base64($input->{bytes}) if _is_text($input->{bytes});
    return undef if !_is_text($input->{token});
    my $token = $input->{token};
    utf8::encode($token);
    return $token;
}

# The first thing that a policy for tokens asks for and the library does not do.
sub _lacking {
    my ($can, $policy, $input) = @_;
    my @needs = map { "$_" } @{ $policy->{algorithms} // ['defaults'] };
    push @needs, 'jwks' if $policy->{jwks};
    for my $name (qw(issuer audience)) {
        my @values = many($policy->{$name});
        push @needs, @values > 1 ? "$name-list" : $name if @values;
    }
    for my $name (qw(subject typ max_age)) {
        push @needs, $name =~ tr/_/-/r if defined $policy->{$name};
    }
    push @needs, 'leeway' if $policy->{leeway};
    push @needs, 'required-claims' if @{ $policy->{required_claims} // [] };
    push @needs, 'critical' if @{ $policy->{critical} // [] };
    push @needs, 'bytes' if defined $input->{bytes};
    return (grep { !$can->{$_} } @needs)[0];
}

# An answer as JSON in UTF-8. Numbers of a library that JSON has not, infinity and NaN, are written as texts, and characters that
# UTF-8 has not, surrogates and those past the last, as U+FFFD.
sub _written {
    my ($answer) = @_;
    my $line = eval { $ANSWER->encode($answer) };
    return $line if defined $line && $line !~ /\xed[\xa0-\xbf]|[\[:,]-?(?:inf|nan)/i;
    return $ANSWER->encode(_clean($answer));
}

sub _clean {
    my ($value) = @_;
    return { map { _clean($_) => _clean($value->{$_}) } keys %$value } if ref $value eq 'HASH';
    return [map { _clean($_) } @$value] if ref $value eq 'ARRAY';
    return $value if ref $value || !defined $value;
    # A number is not to become a text by being looked at.
    my $number = eval { $ANSWER->encode($value) };
    return $number =~ /\A-?(?:inf|nan)/i ? $number : $value if defined $number && $number !~ /\A"/;
    return $value =~ s/[\x{d800}-\x{dfff}]|[^\x{0}-\x{10ffff}]/\x{fffd}/gr;
}

sub _fields {
    my ($shown) = @_;
    return [map { decode_base64($_) } @{ $shown->{lines} }] if ref $shown->{lines} eq 'ARRAY';
    return [decode_base64($shown->{header_bytes})] if defined $shown->{header_bytes};
    return undef if !defined $shown->{header};
    my $header = $shown->{header};
    utf8::encode($header);
    return [$header];
}

# What the library handed on, as base64 of octets: characters above 255 as UTF-8, what is no text as JSON.
sub _octets {
    my ($value) = @_;
    $value = ref $value ? JSON::XS->new->canonical->encode($value) : 'null' if ref $value || !defined $value;
    utf8::encode($value) if !utf8::downgrade($value, 1);
    return encode_base64($value, '');
}

sub _is_text { return defined $_[0] && !ref $_[0] && JSON::XS->new->allow_nonref->encode($_[0]) =~ /\A"/ }
sub _is_integer { return defined $_[0] && !ref $_[0] && JSON::XS->new->allow_nonref->encode($_[0]) =~ /\A-?[0-9]+\z/ }

# Text of bounded length, with the start kept: Perl writes it first.
sub _plain {
    my ($text) = @_;
    return substr $text, 0, $LONGEST_DETAIL;
}

1;
