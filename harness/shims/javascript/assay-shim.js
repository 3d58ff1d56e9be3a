// The shim's end of the verifier protocol, version 1 (PROTOCOL.md), for JavaScript libraries that read or protect cookies.
//
// `serve` takes the library's identity, how it reads a header and how it opens each scheme; it reads requests from stdin until
// they end and writes an answer for each, one after the other. With `--sample` as an argument it prints cookies that the library
// itself made instead, for check.py. The first argument is the folder with node_modules, which `load` loads from. Only node's own
// modules are used, and nothing here knows a library.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');
const { pathToFileURL } = require('node:url');

const PROTOCOL = 1;
const LONGEST_DETAIL = 4000;
const SLOW = 10;
const FIRST_READ = 1 << 20;

const place = path.resolve(process.argv[2] ?? '.', 'node_modules', 'any.js');
const installed = createRequire(place);

/** A package of the folder with node_modules, be it CommonJS or not. */
const load = (name) => import(pathToFileURL(installed.resolve(name)));

/** The version of a package of that folder. */
function version(name) {
  return JSON.parse(fs.readFileSync(path.join(path.dirname(place), name, 'package.json'), 'utf8')).version;
}

/** What a shim throws where the library says no without an exception. */
class Reject extends Error {
  constructor(reason, detail = '') {
    super(detail);
    this.reason = reason;
  }
}

/** The octets of a field as node's http hands them on: read as Latin-1. */
const latin1 = (octets) => octets.toString('latin1');

/**
 * A field's value as a server hands it on: no white space around it, and none at all with a control octet but HTAB in it:
 * node's http answers such a field with 400.
 */
function field(octets) {
  const text = latin1(octets);
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(text)) throw new Reject('malformed', "node's http answers a control octet with 400");
  // By hand: a pattern for the end would take quadratic time, and be charged to the library.
  const space = (at) => text[at] === ' ' || text[at] === '\t';
  let [start, end] = [0, text.length];
  while (start < end && space(start)) start++;
  while (start < end && space(end - 1)) end--;
  return text.slice(start, end);
}

/** The cookie's value by plain splitting on "; " and the first "=", for libraries that read no header. */
function plainValue(octets, name) {
  for (const pair of latin1(octets).split('; ')) {
    const equals = pair.indexOf('=');
    if (equals >= 0 && pair.slice(0, equals) === Buffer.from(name).toString('latin1')) return pair.slice(equals + 1);
  }
  throw new Reject('other', 'no such cookie');
}

/** What the library handed on, as base64 of octets: text as UTF-8, what is no text as JSON. */
function base64(value) {
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (typeof value !== 'string') value = JSON.stringify(value) ?? 'null';
  return Buffer.from(value, 'utf8').toString('base64');
}

/**
 * Serves stdin until it ends or says stop.
 *
 * `header(lines)` gives [name, value] pairs of the octets of the Cookie fields, of which there is one unless `lines` says that
 * the library joins several itself. `schemes` are { open(lines, cookie), made(now), maxAge, rotation, clock, purpose }: `open`
 * gives the payload, `made` gives { value, payload, secrets, purpose?, max_age?, json? } by the library itself, the flags say
 * which members of the policy the library obeys. `documented(error)` gives a reason where an exception is a refusal; any other is
 * a fault. All may be asynchronous.
 */
async function serve({ name, version, homepage, issues, header, schemes = {}, lines = false, documented = () => undefined }) {
  if (process.argv.includes('--sample')) return samples(schemes);
  const supports = [...(header ? ['cookie'] : []), ...Object.keys(schemes)];
  if (lines) supports.push('cookie-lines');
  for (const [flag, word] of [['rotation', 'rotation'], ['maxAge', 'max-age'], ['clock', 'clock']]) {
    if (Object.values(schemes).some((scheme) => scheme[flag])) supports.push(word);
  }
  const target = { name, version, language: 'javascript', homepage, issues };
  const shim = { target, supports, header, schemes, lines, documented };

  // What a library prints must not be read as an answer.
  for (const way of ['log', 'info', 'debug', 'dir', 'table']) console[way] = console.error;

  let held = [];
  let answers = [];
  const flush = () => {
    if (answers.length) writeAll(Buffer.from(answers.join('')));
    answers = [];
  };
  for (;;) {
    // Answers leave together while requests are there; asking for more would wait.
    flush();
    const chunk = await read();
    const whole = [];
    let start = 0;
    for (let end; chunk && (end = chunk.indexOf(10, start)) >= 0; start = end + 1) {
      whole.push(Buffer.concat([...held, chunk.subarray(start, end)]));
      held = [];
    }
    if (chunk) held.push(chunk.subarray(start));
    else if (held.some((part) => part.length)) whole.push(Buffer.concat(held));
    for (const line of whole) {
      const started = performance.now();
      const answer = await reply(shim, line);
      if (answer === undefined) {
        flush();
        // A library may keep timers or sockets.
        process.exit(0);
      }
      answers.push(JSON.stringify(answer) + '\n');
      // One that took long is not kept waiting for others.
      if (performance.now() - started > SLOW) flush();
    }
    if (!chunk) {
      flush();
      process.exit(0);
    }
  }
}

/** The next octets of stdin, or undefined at its end. */
function read() {
  return new Promise((resolve, reject) => {
    fs.read(0, Buffer.allocUnsafe(FIRST_READ), 0, FIRST_READ, null, (error, length, buffer) => {
      if (error && error.code === 'EAGAIN') setTimeout(() => resolve(read()), 1);
      else if (error && error.code !== 'EOF') reject(error);
      else resolve(length ? buffer.subarray(0, length) : undefined);
    });
  });
}

function writeAll(octets) {
  while (octets.length) {
    try {
      octets = octets.subarray(fs.writeSync(1, octets));
    } catch (error) {
      // A pipe that does not block is full; the harness is about to read it.
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

async function reply(shim, line) {
  let request;
  try {
    request = JSON.parse(strict.decode(line));
  } catch {
    return { error: 'bad-line' };
  }
  if (!isObject(request) || typeof request.cmd !== 'string') return { error: 'bad-line' };
  if (request.cmd === 'stop') return undefined;
  if (request.cmd === 'start') {
    if (request.protocol !== PROTOCOL) return { error: 'unknown-protocol', supported: [PROTOCOL] };
    return { protocol: PROTOCOL, target: shim.target, supports: shim.supports };
  }
  if (request.cmd !== 'verify') return { error: 'unknown-cmd' };
  const { seq, input, policy } = request;
  if (!Number.isInteger(seq) || !isObject(input) || !isObject(policy)) return { error: 'bad-line' };
  if (!isObject(policy.cookie) || !isObject(input.cookie)) return { seq, verdict: 'unsupported', feature: 'token' };
  let cookie, fields;
  try {
    fields = fieldsOf(input.cookie);
    cookie = {
      name: policy.cookie.name ?? '',
      scheme: policy.cookie.scheme ?? undefined,
      // Every scheme here takes its secrets as text.
      secrets: (policy.cookie.secrets ?? []).map((secret) => Buffer.from(secret, 'base64').toString('utf8')),
      purpose: policy.cookie.purpose ?? undefined,
      maxAge: policy.cookie.max_age ?? undefined,
      now: policy.now ?? undefined,
    };
  } catch {
    return { error: 'bad-line' };
  }
  if (cookie.scheme !== undefined && !cookie.secrets.length) return { error: 'bad-line' };
  const feature = lacking(shim, policy, input.cookie, cookie);
  if (feature) return { seq, verdict: 'unsupported', feature };
  return { seq, ...(await answer(shim, fields, cookie)) };
}

function fieldsOf(shown) {
  if (shown.lines) return shown.lines.map((line) => Buffer.from(line, 'base64'));
  if (shown.header_bytes !== undefined) return [Buffer.from(shown.header_bytes, 'base64')];
  return [Buffer.from(shown.header, 'utf8')];
}

/** The first thing asked for that the library does not do. */
function lacking(shim, policy, shown, cookie) {
  if (shown.lines && !shim.lines) return 'cookie-lines';
  if (policy.leeway) return 'leeway';
  if (cookie.scheme === undefined) return shim.header ? undefined : 'cookie';
  if (!Object.hasOwn(shim.schemes, cookie.scheme)) return cookie.scheme;
  const scheme = shim.schemes[cookie.scheme];
  if (cookie.secrets.length > 1 && !scheme.rotation) return 'rotation';
  if (cookie.maxAge !== undefined && !scheme.maxAge) return 'max-age';
  if (cookie.purpose !== undefined && !scheme.purpose) return 'purpose';
  return undefined;
}

async function answer(shim, fields, cookie) {
  try {
    const pairs =
      cookie.scheme === undefined
        ? [...(await shim.header(fields))]
        : [[cookie.name, await shim.schemes[cookie.scheme].open(fields, cookie)]];
    return { verdict: 'accept', claims: { pairs: pairs.map(([name, value]) => [base64(name), base64(value)]) } };
  } catch (error) {
    if (error instanceof Reject) return { verdict: 'reject', reason: error.reason, detail: plain(error.message) };
    const reason = shim.documented(error);
    if (reason) return { verdict: 'reject', reason, detail: plain(`${error.name}: ${error.message}`) };
    return { fault: plain(error?.stack ?? error) };
  }
}

/** Text that every reader of JSON takes: no lone surrogates, and of bounded length, with the start kept: node writes it first. */
function plain(text) {
  return String(text).toWellFormed().slice(0, LONGEST_DETAIL).toWellFormed();
}

async function samples(schemes) {
  const now = Math.floor(Date.now() / 1000);
  for (const [scheme, { made }] of Object.entries(schemes)) {
    for (const { value, payload, secrets, purpose, max_age, json = false } of await made(now)) {
      const cookie = { name: 'sid', scheme, secrets: secrets.map(base64), purpose, max_age };
      const line = { value: base64(value), policy: { now, cookie }, payload: base64(payload), json };
      writeAll(Buffer.from(JSON.stringify(line) + '\n'));
    }
  }
  process.exit(0);
}

module.exports = { Reject, field, latin1, load, plainValue, serve, version };
