<?php
// PHP: $_COOKIE, as PHP fills it for a script behind FastCGI, which is how web servers give it requests.
//
// The script is read.php, in a php-cgi of its own that lives as long as the shim; no php.ini is read, so the settings are PHP's own.
// Names are what PHP makes of them ("." and " " are "_"), and a name in brackets makes an array, which is handed on as JSON. PHP
// takes no field that is larger than one record of FastCGI; the shim refuses such a field, as servers do far earlier.
//
// The shim's end of the verifier protocol, version 1 (PROTOCOL.md), is here too. With --sample as an argument nothing is printed, as
// there are no protected cookies.
declare(strict_types=1);

const PROTOCOL = 1;
const LONGEST_DETAIL = 4000;
const BAD_LINE = ['error' => 'bad-line'];
const LARGEST_RECORD = 65535;

final class Reject extends Exception
{
    public function __construct(public readonly string $reason, string $detail)
    {
        parent::__construct($detail);
    }
}

/** php-cgi, and one connection to it that is kept. */
final class FastCgi
{
    private const BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6, STDERR = 7;
    private $process;
    private array $pipes = [];
    private $connection;

    public function __construct()
    {
        // A socket without a file; on a loopback port an answer may wait for an acknowledgement.
        $address = "unix://\0assay-php-" . bin2hex(random_bytes(8));
        $listener = stream_socket_server($address);
        // It would outlive the shim, and wait for another connection: a shell that reads from the shim ends it.
        $server = 'php-cgi -n -d display_errors=0 -d log_errors=1 <&4 3<&-';
        $command = ['sh', '-c', "exec 4<&0 </dev/null; $server & read -r _ <&3; kill -9 $!; wait"];
        // Zero is without end; it would stop after 500 requests.
        $environment = ['PATH' => getenv('PATH'), 'PHP_FCGI_MAX_REQUESTS' => '0'];
        // FastCGI is spoken where stdin is a socket that listens.
        $this->process = proc_open($command, [$listener, STDERR, STDERR, ['pipe', 'r']], $this->pipes, __DIR__, $environment);
        $this->connection = stream_socket_client($address);
        stream_set_timeout($this->connection, 3600);
        if (!$this->process || !$this->connection) {
            throw new RuntimeException('php-cgi does not start');
        }
    }

    /** The status and the body that the script answers a request with these parameters with. */
    public function request(array $parameters): array
    {
        $records = $this->record(self::BEGIN, pack('nCx5', 1, 1));
        foreach ($parameters as $name => $value) {
            $records .= $this->record(self::PARAMS, $this->length($name) . $this->length($value) . $name . $value);
        }
        $this->write($records . $this->record(self::PARAMS, '') . $this->record(self::STDIN, ''));
        for ($said = ''; ; ) {
            ['type' => $type, 'length' => $length, 'padding' => $padding] = unpack('Cversion/Ctype/nid/nlength/Cpadding', $this->read(8));
            $content = $length ? $this->read($length) : '';
            $padding && $this->read($padding);
            match ($type) {
                self::STDOUT => $said .= $content,
                self::STDERR => fwrite(STDERR, $content . "\n"),
                default => null,
            };
            if ($type === self::END) {
                break;
            }
        }
        [$head, $body] = explode("\r\n\r\n", $said, 2) + ['', ''];
        return [preg_match('/^Status: (\d+)/mi', $head, $found) ? (int) $found[1] : 200, $body];
    }

    private function record(int $type, string $content): string
    {
        return pack('CCnnCx', 1, $type, 1, strlen($content), 0) . $content;
    }

    private function length(string $text): string
    {
        return strlen($text) < 128 ? chr(strlen($text)) : pack('N', strlen($text) | 0x80000000);
    }

    private function write(string $octets): void
    {
        for (; $octets !== ''; $octets = substr($octets, $wrote)) {
            $wrote = fwrite($this->connection, $octets);
            $wrote || $this->gone();
        }
    }

    private function read(int $length): string
    {
        for ($octets = ''; strlen($octets) < $length; $octets .= $more) {
            $more = fread($this->connection, $length - strlen($octets));
            if ($more === false || $more === '') {
                $this->gone();
            }
        }
        return $octets;
    }

    /** Without an answer the shim ends as the library did: a crash. */
    private function gone(): never
    {
        fwrite(STDERR, 'php-cgi is gone: ' . json_encode(proc_get_status($this->process)) . "\n");
        exit(1);
    }
}

/** A field's value as servers hand it on: no white space around it, and none at all with a control octet but HTAB in it. */
function field(string $line): string
{
    if (preg_match('/[\x00-\x08\x0a-\x1f\x7f]/', $line)) {
        throw new Reject('malformed', 'HTTP servers answer a field with a control octet with 400');
    }
    return trim($line, " \t");
}

/** What read.php says of a request with this field. */
function seen(FastCgi $php, string $line): array
{
    $parameters = [
        'GATEWAY_INTERFACE' => 'CGI/1.1',
        'REDIRECT_STATUS' => '200',
        'REQUEST_METHOD' => 'GET',
        'SCRIPT_FILENAME' => __DIR__ . '/read.php',
        'SCRIPT_NAME' => '/read.php',
        'REQUEST_URI' => '/read.php',
        'QUERY_STRING' => '',
        'SERVER_NAME' => 'localhost',
        'SERVER_PORT' => '80',
        'SERVER_PROTOCOL' => 'HTTP/1.1',
        'HTTP_HOST' => 'localhost',
        'HTTP_COOKIE' => field($line),
    ];
    if (strlen($parameters['HTTP_COOKIE']) > LARGEST_RECORD - 32) {
        throw new Reject('malformed', 'larger than a record of FastCGI');
    }
    [$status, $body] = $php->request($parameters);
    if ($status === 400 || $status === 431) {
        throw new Reject('malformed', "answered with $status");
    }
    $seen = json_decode($body, true);
    if ($status !== 200 || !isset($seen['pairs'])) {
        throw new RuntimeException("answered with $status: $body");
    }
    return $seen;
}

function octets(mixed $base64): string
{
    $octets = is_string($base64) ? base64_decode($base64, true) : false;
    return $octets === false ? throw new ValueError('no base64') : $octets;
}

/** The octets of the one field; null where there are several. */
function line(stdClass $shown): ?string
{
    return match (true) {
        isset($shown->lines) => null,
        isset($shown->header_bytes) => octets($shown->header_bytes),
        is_string($shown->header ?? null) => $shown->header,
        default => throw new ValueError('no field'),
    };
}

/** Text that every reader of JSON takes, of bounded length. */
function plain(string $text): string
{
    return substr(json_encode(substr($text, 0, LONGEST_DETAIL), JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_SLASHES), 1, -1);
}

/** The answer to a line; null where the harness says stop. */
function reply(FastCgi $php, string $line): ?array
{
    $request = json_decode($line);
    if (!$request instanceof stdClass || !is_string($request->cmd ?? null)) {
        return BAD_LINE;
    }
    if ($request->cmd === 'stop') {
        return null;
    }
    if ($request->cmd === 'start') {
        if (($request->protocol ?? null) !== PROTOCOL) {
            return ['error' => 'unknown-protocol', 'supported' => [PROTOCOL]];
        }
        $target = [
            'name' => 'php',
            'version' => seen($php, '')['version'],
            'language' => 'php',
            'homepage' => 'https://www.php.net/manual/en/reserved.variables.cookies.php',
            'issues' => 'https://github.com/php/php-src/issues',
        ];
        return ['protocol' => PROTOCOL, 'target' => $target, 'supports' => ['cookie']];
    }
    if ($request->cmd !== 'verify') {
        return ['error' => 'unknown-cmd'];
    }
    [$seq, $input, $policy] = [$request->seq ?? null, $request->input ?? null, $request->policy ?? null];
    if (!is_int($seq) || !$input instanceof stdClass || !$policy instanceof stdClass) {
        return BAD_LINE;
    }
    [$shown, $cookie] = [$input->cookie ?? null, $policy->cookie ?? null];
    $unsupported = fn (string $feature) => ['seq' => $seq, 'verdict' => 'unsupported', 'feature' => $feature];
    if (!$shown instanceof stdClass || !$cookie instanceof stdClass) {
        return $unsupported('token');
    }
    try {
        $octets = line($shown);
    } catch (ValueError) {
        return BAD_LINE;
    }
    if ($octets === null) {
        return $unsupported('cookie-lines');
    }
    if ($policy->leeway ?? 0) {
        return $unsupported('leeway');
    }
    if (isset($cookie->scheme)) {
        return $unsupported((string) $cookie->scheme);
    }
    try {
        $started = hrtime(true);
        $pairs = seen($php, $octets)['pairs'];
        // The time of the request: neither JSON nor the pipe.
        $spent = hrtime(true) - $started;
        return ['seq' => $seq, 'verdict' => 'accept', 'claims' => ['pairs' => $pairs], 'nanoseconds' => $spent];
    } catch (Reject $error) {
        return ['seq' => $seq, 'verdict' => 'reject', 'reason' => $error->reason, 'detail' => plain($error->getMessage())];
    } catch (Throwable $error) {
        return ['seq' => $seq, 'fault' => plain((string) $error)];
    }
}

if (in_array('--sample', $argv, true)) {
    exit(0);
}
ini_set('memory_limit', '-1');
$php = new FastCgi();
while (($line = fgets(STDIN)) !== false) {
    $answer = reply($php, rtrim($line, "\n"));
    if ($answer === null) {
        break;
    }
    fwrite(STDOUT, json_encode($answer, JSON_UNESCAPED_SLASHES) . "\n");
}
