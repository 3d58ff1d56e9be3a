<?php

// A shim: it shows Assay's tokens to a verifier in PHP, and tells the verdicts.
//
// It works as it stands, and verifies HS256 with nothing but PHP (8.1 or newer):
//
//     assay check --target-cmd 'php shim.php'
//     assay run --target-cmd 'php shim.php'
//
// To try your own library, change TARGET, SUPPORTS and `verify`. The rest speaks the
// protocol, which is described in PROTOCOL.md of https://github.com/assay-harness/assay.

declare(strict_types=1);

// Who is tried, as the report names it.
const TARGET = ['name' => 'starter-php', 'version' => '1', 'language' => 'php'];

// What `verify` does and obeys, in the words of PROTOCOL.md. What is not listed is not
// tried. A false claim here becomes a false accusation in the report.
const SUPPORTS = [
    'HS256',
    'secret',
    'exp',
    'nbf',
    'clock',
    'leeway',
    'issuer',
    'issuer-list',
    'audience',
    'audience-list',
    'bytes',
];

/** The token is not accepted. PROTOCOL.md lists the reasons, "other" among them. */
final class Refusal extends Exception
{
    public function __construct(public readonly string $reason, string $detail = '')
    {
        parent::__construct($detail);
    }
}

/** The library cannot obey the policy. The message names the capability it lacks. */
final class Unsupported extends Exception
{
}

/**
 * Gives all claims of the token, or throws Refusal. REPLACE THIS BY YOUR LIBRARY.
 *
 * With firebase/php-jwt, for example. It leaves iss and aud to the application: check them
 * as yours does, or take "issuer", "audience" and their lists out of SUPPORTS.
 *
 *     JWT::$timestamp = $policy['now'] ?? null;
 *     JWT::$leeway = $policy['leeway'] ?? 0;
 *     try {
 *         return JWT::decode($token, new Key(secret($policy), 'HS256'));
 *     } catch (ExpiredException $error) {
 *         throw new Refusal('expired', $error->getMessage());
 *     } catch (SignatureInvalidException $error) {
 *         throw new Refusal('signature', $error->getMessage());
 *     } catch (UnexpectedValueException | DomainException | InvalidArgumentException $error) {
 *         throw new Refusal('other', $error->getMessage());
 *     }
 *
 * Catch what the library documents and no more: any other exception is a fault.
 */
function verify(string $token, array $policy): object
{
    $parts = explode('.', $token);
    if (count($parts) !== 3) {
        throw new Refusal('malformed', 'a token has three parts');
    }
    [$header, $payload, $signature] = array_map(octetsOf(...), $parts);
    $header = objectOf($header);
    $algorithm = $header->alg ?? null;
    if ($algorithm !== 'HS256' || !in_array('HS256', $policy['algorithms'] ?? [], true)) {
        throw new Refusal('algorithm', 'alg is ' . json_encode($algorithm));
    }
    if (property_exists($header, 'crit')) {
        throw new Refusal('critical', 'no extension is understood');
    }
    $key = secret($policy);
    // RFC 7518, section 3.2; and the text of another key is no secret.
    if (strlen($key) < 32 || str_starts_with($key, '-----BEGIN ')) {
        throw new Refusal('key', 'no secret for HS256');
    }
    $mac = hash_hmac('sha256', "$parts[0].$parts[1]", $key, true);
    if (!hash_equals($mac, $signature)) {
        throw new Refusal('signature');
    }
    $claims = objectOf($payload);
    check(get_object_vars($claims), $policy);
    return $claims;
}

/** Holds the claims against the policy. */
function check(array $claims, array $policy): void
{
    foreach (['exp', 'nbf', 'iat'] as $name) {
        $date = array_key_exists($name, $claims) ? $claims[$name] : 0;
        if (!is_int($date) && !(is_float($date) && is_finite($date))) {
            throw new Refusal('missing-claim', "$name is no number");
        }
    }
    $audience = listed(array_key_exists('aud', $claims) ? $claims['aud'] : []);
    $names = array_intersect_key($claims, ['iss' => 0, 'sub' => 0, 'jti' => 0]);
    foreach ([...array_values($names), ...$audience] as $name) {
        if (!is_string($name)) {
            throw new Refusal('missing-claim', 'a name is no text');
        }
    }
    $now = $policy['now'] ?? time();
    $leeway = $policy['leeway'] ?? 0;
    if (isset($claims['exp']) && $now >= $claims['exp'] + $leeway) {
        throw new Refusal('expired');
    }
    if (isset($claims['nbf']) && $now + $leeway < $claims['nbf']) {
        throw new Refusal('not-yet-valid');
    }
    $issuers = listed($policy['issuer'] ?? []);
    if ($issuers && !in_array($claims['iss'] ?? null, $issuers, true)) {
        throw new Refusal('issuer');
    }
    $audiences = listed($policy['audience'] ?? []);
    if ($audiences && !array_intersect($audiences, $audience)) {
        throw new Refusal('audience');
    }
}

/** Decodes base64url, strictly: no padding, no white space, no unused bits. */
function octetsOf(string $part): string
{
    $octets = base64_decode(strtr($part, '-_', '+/'), true);
    $again = strtr(rtrim(base64_encode((string) $octets), '='), '+/', '-_');
    if ($octets === false || $again !== $part) {
        throw new Refusal('malformed', 'no strict base64url');
    }
    return $octets;
}

/** Reads a JSON object. As an array {} would become []. */
function objectOf(string $octets): object
{
    $value = json_decode($octets);
    if (!is_object($value)) {
        throw new Refusal('malformed', 'no JSON object: ' . json_last_error_msg());
    }
    return $value;
}

/** Makes a list of a value that may stand alone. */
function listed(mixed $value): array
{
    return is_array($value) ? $value : [$value];
}

/** Gives the octets of the policy's only key. */
function secret(array $policy): string
{
    $text = $policy['keys'][0]['secret'] ?? null;
    if ($text === null) {
        throw new Refusal('key', 'the policy has no secret');
    }
    return base64_decode($text, true);
}

// Nothing below needs to be changed: it is the shim's end of the protocol.

// The forms in which a key is given, and the capability that reads each.
const FORMS = [
    'secret' => 'secret',
    'jwk' => 'jwk',
    'jwk_text' => 'jwk',
    'pem' => 'pem',
    'cert_pem' => 'pem',
    'der' => 'pem',
];

const BAD_LINE = ['error' => 'bad-line'];

function main(): void
{
    // Only answers may stand on stdout: what the library prints goes to stderr.
    ini_set('display_errors', 'stderr');
    ob_start(function (string $printed): string {
        fwrite(STDERR, $printed);
        return '';
    }, 1);
    while (($line = fgets(STDIN)) !== false) {
        $answer = reply($line);
        if ($answer === null) {
            break;
        }
        fwrite(STDOUT, encode($answer));
        fflush(STDOUT);
    }
}

/** Answers a line; null is the answer to `stop`. */
function reply(string $line): ?array
{
    $request = json_decode($line, true);
    if (!is_array($request) || !is_string($request['cmd'] ?? null)) {
        return BAD_LINE;
    }
    return match ($request['cmd']) {
        'stop' => null,
        'start' => ($request['protocol'] ?? null) === 1
            ? ['protocol' => 1, 'target' => TARGET, 'supports' => SUPPORTS]
            : ['error' => 'unknown-protocol', 'supported' => [1]],
        'verify' => replyVerify($request),
        default => ['error' => 'unknown-cmd'],
    };
}

function replyVerify(array $request): array
{
    $seq = $request['seq'] ?? null;
    $shown = $request['input'] ?? null;
    $policy = $request['policy'] ?? null;
    if (!is_int($seq) || !is_array($shown) || !is_array($policy)) {
        return BAD_LINE;
    }
    return ['seq' => $seq, ...judge($shown, $policy)];
}

/** Shows the token to the library and says what came of it. */
function judge(array $shown, array $policy): array
{
    try {
        foreach (needs($shown, $policy) as $need) {
            if (!in_array($need, SUPPORTS, true)) {
                throw new Unsupported($need);
            }
        }
        $token = $shown['token'] ?? base64_decode($shown['bytes'], true);
        $started = hrtime(true);
        $claims = verify($token, $policy);
        $took = hrtime(true) - $started;
        return ['verdict' => 'accept', 'claims' => $claims, 'nanoseconds' => $took];
    } catch (Refusal $error) {
        $detail = $error->getMessage();
        return ['verdict' => 'reject', 'reason' => $error->reason, 'detail' => $detail];
    } catch (Unsupported $error) {
        return ['verdict' => 'unsupported', 'feature' => $error->getMessage()];
    } catch (Throwable $error) {
        return ['fault' => (string) $error];
    }
}

/** Gives the names of what the request asks for. */
function needs(array $shown, array $policy): array
{
    if (isset($shown['cookie']) || isset($policy['cookie'])) {
        return [$policy['cookie']['scheme'] ?? 'cookie'];
    }
    $names = array_diff($policy['algorithms'] ?? ['defaults'], ['none']);
    if (isset($shown['bytes'])) {
        $names[] = 'bytes';
    }
    $keys = $policy['keys'] ?? [];
    if (($policy['jwks'] ?? false) || count($keys) > 1) {
        $names[] = 'jwks';
    } elseif ($keys) {
        $forms = array_intersect_key(FORMS, $keys[0]);
        if (!array_intersect($forms, SUPPORTS)) {
            array_push($names, ...array_values($forms));
        }
    }
    foreach (['issuer', 'audience'] as $name) {
        if (isset($policy[$name])) {
            $names[] = count(listed($policy[$name])) === 1 ? $name : "$name-list";
        }
    }
    foreach (['subject', 'typ', 'required_claims', 'max_age', 'critical'] as $name) {
        if (isset($policy[$name])) {
            $names[] = strtr($name, '_', '-');
        }
    }
    if (($policy['leeway'] ?? 0) !== 0) {
        $names[] = 'leeway';
    }
    return $names;
}

/** Writes an answer as a line. */
function encode(array $answer): string
{
    $flags = JSON_INVALID_UTF8_SUBSTITUTE | JSON_PRESERVE_ZERO_FRACTION;
    $text = json_encode($answer, $flags, 1024);
    if ($text === false) {
        $text = json_encode(finite($answer), $flags | JSON_PARTIAL_OUTPUT_ON_ERROR);
    }
    return "$text\n";
}

/** Makes texts of numbers that JSON has none for. */
function finite(mixed $value): mixed
{
    return match (true) {
        is_float($value) && !is_finite($value) => (string) $value,
        is_array($value) => array_map(finite(...), $value),
        is_object($value) => (object) array_map(finite(...), get_object_vars($value)),
        default => $value,
    };
}

main();
