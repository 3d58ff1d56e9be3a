package AssayShim;

# The shim's end of the verifier protocol, version 1 (PROTOCOL.md), for Perl libraries that read Cookie headers and open no scheme.
#
# `serve` takes the library's identity and how it reads a header; it reads requests from stdin until they end and writes an answer
# for each. With --sample as an argument it prints nothing, as there are no protected cookies. Of modules that are not Perl's own it
# needs JSON::XS: the one in pure Perl takes longer for a request than a library for its cookies. Nothing here knows a library.

use strict;
use warnings;

use Exporter 'import';
use JSON::XS ();
use MIME::Base64 qw(decode_base64 encode_base64);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

our @EXPORT_OK = qw(field reject serve);

my $PROTOCOL = 1;
my $LONGEST_DETAIL = 4000;
my $JSON = JSON::XS->new->utf8->canonical;

# Says no where the library does so without an exception.
sub reject {
    my ($reason, $detail) = @_;
    die { reject => $reason, detail => $detail // '' };
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
# library joins several itself. `documented` gives a reason where an exception is a refusal; any other is a fault.
sub serve {
    my %shim = (documented => sub { undef }, @_);
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
        print {$out} $JSON->encode($answer), "\n";
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
        return { protocol => $PROTOCOL, target => \%target, supports => ['cookie', $shim->{lines} ? 'cookie-lines' : ()] };
    }
    return { error => 'unknown-cmd' } if $command ne 'verify';
    my ($seq, $input, $policy) = @$request{qw(seq input policy)};
    return { error => 'bad-line' } if !_is_integer($seq) || ref $input ne 'HASH' || ref $policy ne 'HASH';
    $seq += 0;
    my ($shown, $cookie) = ($input->{cookie}, $policy->{cookie});
    my $unsupported = sub { return { seq => $seq, verdict => 'unsupported', feature => $_[0] } };
    return $unsupported->('token') if ref $shown ne 'HASH' || ref $cookie ne 'HASH';
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
    if ($error) {
        if (ref $error eq 'HASH' && exists $error->{reject}) {
            return { verdict => 'reject', reason => $error->{reject}, detail => _plain($error->{detail}), nanoseconds => $spent };
        }
        my $reason = $shim->{documented}->($error);
        return { verdict => 'reject', reason => $reason, detail => _plain("$error") } if defined $reason;
        return { fault => _plain("$error") };
    }
    my @pairs;
    while (my ($name, $value) = splice @cookies, 0, 2) {
        push @pairs, [_octets($name), _octets($value)];
    }
    return { verdict => 'accept', claims => { pairs => \@pairs }, nanoseconds => $spent };
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
