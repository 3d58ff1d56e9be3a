// The shim's end of the verifier protocol, version 1 (PROTOCOL.md), for JavaScript libraries that verify tokens, or read or
// protect cookies.
//
// `serve` takes the library's identity, how it verifies a token, how it reads a header and how it opens each scheme; it reads
// requests from stdin until they end and writes an answer for each, one after the other. With `--sample` as an argument it prints
// cookies that the library itself made instead, for check.py. The first argument is the folder with node_modules, which `load`
// loads from; the second, if there is one, names a variant of target.toml. Only node's own modules are used, and nothing here
// knows a library.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');
const { pathToFileURL } = require('node:url');

const PROTOCOL = 1;
const LONGEST_DETAIL = 4000;
const SLOW = 10;
const FIRST_READ = 1 << 20;
const MOST_HELD = 256;
const DEEPEST = 160;

const place = path.resolve(process.argv[2] ?? '.', 'node_modules', 'any.js');
const installed = createRequire(place);

/** A package of the folder with node_modules, be it CommonJS or not. */
const load = (name) => import(pathToFileURL(installed.resolve(name)));

/** The version of a package of that folder. */
function version(name) {
  return JSON.parse(fs.readFileSync(path.join(path.dirname(place), name, 'package.json'), 'utf8')).version;
}

/** The name that the shim greets with: the variant's that is the second argument, or the plain one. */
const variant = (plain) => (process.argv[3]?.startsWith('--') ? plain : (process.argv[3] ?? plain));

/** What a shim throws where the library says no without an exception. */
class Reject extends Error {
  constructor(reason, detail = '') {
    super(detail);
    this.reason = reason;
  }
}

/** What a shim throws where the library cannot do what the policy asks. */
class Unsupported extends Error {
  constructor(feature) {
    super(feature);
    this.feature = feature;
  }
}

const held = new Map();

/** What the application is configured with: the policy, with lists as lists, and undefined where the library decides. */
class Policy {
  constructor(policy) {
    const list = (value) => (value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]);
    this.algorithms = policy.algorithms ?? undefined;
    this.keys = list(policy.keys);
    this.jwks = policy.jwks === true;
    this.issuer = list(policy.issuer);
    this.audience = list(policy.audience);
    this.subject = policy.subject ?? undefined;
    this.typ = policy.typ ?? undefined;
    this.leeway = policy.leeway ?? 0;
    this.now = policy.now ?? undefined;
    this.required = list(policy.required_claims);
    this.maxAge = policy.max_age ?? undefined;
    this.critical = list(policy.critical);
    this.whole = policy;
  }

  /** The only key; undefined where there is none. */
  get key() {
    if (this.keys.length > 1) throw new Unsupported('jwks');
    return this.keys[0];
  }

  /** What `algorithms` says of encrypted tokens: { alg, enc, key, inside }, or undefined where it says nothing. */
  get encryption() {
    const { algorithms = [] } = this;
    const [alg, enc] = [KEY_MANAGEMENT, CONTENT].map((names) => algorithms.filter((name) => names.test(name)));
    if (!alg.length && !enc.length) return undefined;
    const signs = algorithms.filter((name) => !alg.includes(name) && !enc.includes(name));
    const [mine, others] = [true, false].map((mine) => this.keys.filter((key) => (key.use === 'enc') === mine));
    const key = new Policy({ ...this.whole, keys: mine.length ? mine : this.keys });
    return { alg, enc, key, inside: signs.length ? new Policy({ ...this.whole, algorithms: signs, keys: others }) : undefined };
  }

  /** The JSON Web Key Set that an application would be served. */
  get set() {
    return { keys: this.keys.map((key) => key.jwk ?? JSON.parse(key.jwk_text)) };
  }

  /** The first of `forms` that the key is there in, as [form, value], with a secret as octets. `only` names what lacks else. */
  form(...forms) {
    const { key } = this;
    for (const form of forms) {
      const value = key?.[form] ?? undefined;
      if (value !== undefined) return [form, form === 'secret' || form === 'der' ? Buffer.from(value, 'base64') : value];
    }
    const given = ['pem', 'cert_pem', 'der', 'jwk', 'jwk_text', 'secret'].find((form) => key?.[form] != null);
    throw new Unsupported(FEATURE[given] ?? 'secret');
  }

  /**
   * What an application makes once, when it starts: a parsed key, a verifier. It is made of the keys and algorithms, or, where
   * `clock` says that the clock is part of it, of the whole policy. What throws is not kept.
   */
  held(make, clock = false) {
    const { algorithms, keys, jwks } = this.whole;
    const name = JSON.stringify(clock ? this.whole : [algorithms, keys, jwks]);
    if (held.has(name)) return held.get(name);
    const made = make();
    if (held.size >= MOST_HELD) held.clear();
    held.set(name, made);
    made?.catch?.(() => held.delete(name));
    return made;
  }
}

const KEY_MANAGEMENT = /^(dir|RSA1_5|RSA-OAEP.*|ECDH-ES.*|PBES2.*|A\d+(GCM)?KW)$/;
const CONTENT = /^A\d+(GCM|CBC-HS\d+)$/;
const FEATURE = { pem: 'pem', cert_pem: 'pem', der: 'pem', jwk: 'jwk', jwk_text: 'jwk', secret: 'secret' };

const RealDate = Date;
let stopped;

/** A Date for which it is always the same time, until it is told a time. */
class Stopped extends Date {
  constructor(...told) {
    super(...(told.length ? told : [stopped]));
  }
  static now() {
    return stopped;
  }
}

/** Runs while the clock stands at `now`, for libraries that read Date; with the real one where there is no `now`. */
function at(now, run) {
  if (now === undefined) return run();
  stopped = now * 1000;
  globalThis.Date = Stopped;
  const restore = () => void (globalThis.Date = RealDate);
  let result;
  try {
    result = run();
  } catch (error) {
    restore();
    throw error;
  }
  if (typeof result?.then === 'function') return Promise.resolve(result).finally(restore);
  restore();
  return result;
}

/** A key that node's crypto does not take is a key that does not do, whenever the library comes to read it. */
function unreadable(error) {
  const code = typeof error?.code === 'string' ? error.code : '';
  const jwk = code === 'ERR_CRYPTO_INVALID_JWK' || /^Invalid JWK |^The property 'key\./.test(error?.message);
  return jwk || code.startsWith('ERR_OSSL_') || error instanceof DOMException ? 'key' : undefined;
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
 * `tokens` is { supports, verify(token, policy) }: capability names, and what gives { claims, header } for a token that is
 * accepted; a token that is no UTF-8 is given as a Buffer, and only where `supports` has `bytes`. Policy members that `supports`
 * lacks are answered before `verify` is asked.
 *
 * `header(lines)` gives [name, value] pairs of the octets of the Cookie fields, of which there is one unless `lines` says that
 * the library joins several itself. `schemes` are { open(lines, cookie), made(now), maxAge, rotation, clock, purpose }: `open`
 * gives the payload, `made` gives { value, payload, secrets, purpose?, max_age?, json? } by the library itself, the flags say
 * which members of the policy the library obeys. `documented(error)` gives a reason where an exception is a refusal; any other is
 * a fault. All may be asynchronous.
 */
async function serve({
  name,
  version,
  homepage,
  issues,
  tokens,
  header,
  schemes = {},
  lines = false,
  documented = () => undefined,
}) {
  if (process.argv.includes('--sample')) return samples(schemes);
  const supports = [...(tokens?.supports ?? []), ...(header ? ['cookie'] : []), ...Object.keys(schemes)];
  if (lines) supports.push('cookie-lines');
  for (const [flag, word] of [['rotation', 'rotation'], ['maxAge', 'max-age'], ['clock', 'clock']]) {
    if (Object.values(schemes).some((scheme) => scheme[flag])) supports.push(word);
  }
  const target = { name, version, language: 'javascript', homepage, issues };
  const shim = { target, supports, tokens, header, schemes, lines, documented };

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
      answers.push(json(answer) + '\n');
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
  if (!isObject(policy.cookie) || !isObject(input.cookie)) return { seq, ...(await tokenReply(shim, input, policy)) };
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

async function tokenReply({ supports, tokens, documented }, input, asked) {
  const unsupported = (feature) => ({ verdict: 'unsupported', feature });
  if (!tokens) return unsupported('token');
  let token = input.token;
  if (typeof token !== 'string') {
    const octets = Buffer.from(input.bytes ?? '', 'base64');
    try {
      token = strict.decode(octets);
    } catch {
      if (!supports.includes('bytes')) return unsupported('bytes');
      token = octets;
    }
  }
  try {
    const policy = new Policy(asked);
    const feature = lackingOfPolicy(policy, supports);
    if (feature) return unsupported(feature);
    const { claims, header } = await tokens.verify(token, policy);
    // Of what is no object an application reads no claims.
    return { verdict: 'accept', claims: shown(claims) ?? {}, header: shown(header) };
  } catch (error) {
    if (error instanceof Unsupported) return unsupported(error.feature);
    return refusal(error, documented);
  }
}

const shown = (value) => (!isObject(value) ? undefined : isDeep(value) ? cut(value) : value);

/** Claims may be as deep as the library reads; who reads the answer stops earlier, so what stands deeper is null. */
function cut(value, deep = DEEPEST) {
  if (typeof value !== 'object' || value === null) return value;
  if (deep === 0) return null;
  if (Array.isArray(value)) return value.map((member) => cut(member, deep - 1));
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, cut(member, deep - 1)]));
}

function isDeep(value, deep = DEEPEST) {
  if (typeof value !== 'object' || value === null) return false;
  return deep === 0 || Object.values(value).some((member) => isDeep(member, deep - 1));
}

/** The first member of the policy that the library does not obey. */
function lackingOfPolicy(policy, supports) {
  const needs = [
    ...(policy.algorithms ?? ['defaults']),
    policy.jwks && 'jwks',
    policy.issuer.length > 1 && 'issuer-list',
    policy.issuer.length && 'issuer',
    policy.audience.length > 1 && 'audience-list',
    policy.audience.length && 'audience',
    policy.subject !== undefined && 'subject',
    policy.typ !== undefined && 'typ',
    policy.leeway && 'leeway',
    policy.required.length && 'required-claims',
    policy.maxAge !== undefined && 'max-age',
    policy.critical.length && 'critical',
    // To say for a library that lacks `b64` that it is understood is the application's fault, and no library's.
    policy.critical.includes('b64') && 'b64',
  ];
  return needs.find((need) => need && !supports.includes(need));
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
    return refusal(error, shim.documented);
  }
}

function refusal(error, documented) {
  if (error instanceof Reject) return { verdict: 'reject', reason: error.reason, detail: plain(error.message) };
  const reason = documented(error);
  const says = error instanceof Error ? `${error.name}: ${error.message}` : error;
  if (reason) return { verdict: 'reject', reason, detail: plain(says) };
  return { fault: plain(error?.stack ?? error) };
}

/**
 * JSON that every reader takes: half a surrogate pair is U+FFFD, since a strict reader takes no escape of it. What JSON has no
 * word for, an infinity, is null, as JSON.stringify has it.
 */
function json(answer) {
  const text = JSON.stringify(answer);
  if (!text.includes('\\ud')) return text;
  return text.replace(/\\(?:u(d[89a-f][0-9a-f]{2})|.)/g, (escape, half) => (half ? '\ufffd' : escape));
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

module.exports = { Reject, Unsupported, at, field, latin1, load, plainValue, serve, unreadable, variant, version };
