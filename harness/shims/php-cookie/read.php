<?php
// The application: what PHP has filled $_COOKIE with, as JSON of base64, and PHP's version. A value that is no text is JSON.
declare(strict_types=1);

header('Content-Type: application/json');
$pairs = [];
foreach ($_COOKIE as $name => $value) {
    if (!is_string($value)) {
        $value = json_encode($value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE);
    }
    $pairs[] = [base64_encode((string) $name), base64_encode($value)];
}
echo json_encode(['version' => PHP_VERSION, 'pairs' => $pairs]);
