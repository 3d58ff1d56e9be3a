// A shim: it shows Assay's tokens to a verifier in JavaScript, and tells the verdicts.
//
// It works as it stands, and verifies HS256 with nothing but node (18 or newer):
//
//     assay check --target-cmd 'node shim.js'
//     assay run --target-cmd 'node shim.js'
//
// To try your own library, change TARGET, SUPPORTS and `verify`. The rest speaks the
// protocol, which is described in PROTOCOL.md of https://github.com/assay-harness/assay.
// Where package.json says "type": "module", call this file shim.cjs.

"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");

// Who is tried, as the report names it.
const TARGET = { name: "starter-javascript", version: "1", language: "javascript" };

// What `verify` does and obeys, in the words of PROTOCOL.md. What is not listed is not
// tried. A false claim here becomes a false accusation in the report.
const SUPPORTS = [
  "HS256",
  "secret",
  "exp",
  "nbf",
  "clock",
  "leeway",
  "issuer",
  "issuer-list",
  "audience",
  "audience-list",
];

/** The token is not accepted. PROTOCOL.md lists the reasons, "other" among them. */
class Refusal extends Error {
  constructor(reason, detail = "") {
    super(detail);
    this.reason = reason;
  }
}

/** The library cannot obey the policy. The message names the capability it lacks. */
class Unsupported extends Error {}

/**
 * Gives all claims of the token, or throws Refusal. REPLACE THIS BY YOUR LIBRARY.
 *
 * With jose, for example:
 *
 *     const { jwtVerify, errors } = await import("jose");
 *     try {
 *       const { payload } = await jwtVerify(token, secret(policy), {
 *         algorithms: policy.algorithms,
 *         issuer: policy.issuer,
 *         audience: policy.audience,
 *         clockTolerance: policy.leeway ?? 0,
 *         currentDate: new Date(now(policy) * 1000),
 *       });
 *       return payload;
 *     } catch (error) {
 *       if (error instanceof errors.JWTExpired) throw new Refusal("expired", error.message);
 *       if (error instanceof errors.JOSEError) throw new Refusal("other", error.message);
 *       if (error.name === "DataError") throw new Refusal("key", error.message);
 *       throw error;
 *     }
 *
 * Catch what the library documents and no more: any other exception is a fault.
 */
async function verify(token, policy) {
  const parts = token.split(".");
  if (parts.length !== 3) throw new Refusal("malformed", "a token has three parts");
  const [header, payload, signature] = parts.map(octetsOf);
  const { alg, crit } = objectOf(header);
  if (alg !== "HS256" || !policy.algorithms?.includes(alg)) {
    throw new Refusal("algorithm", `alg is ${JSON.stringify(alg)}`);
  }
  if (crit !== undefined) throw new Refusal("critical", "no extension is understood");
  const key = secret(policy);
  // RFC 7518, section 3.2; and the text of another key is no secret.
  if (key.length < 32 || key.includes("-----BEGIN ")) {
    throw new Refusal("key", "no secret for HS256");
  }
  const signed = `${parts[0]}.${parts[1]}`;
  const mac = crypto.createHmac("sha256", key).update(signed).digest();
  if (mac.length !== signature.length || !crypto.timingSafeEqual(mac, signature)) {
    throw new Refusal("signature");
  }

  const claims = objectOf(payload);
  const { exp, nbf, iat, iss, sub, jti, aud = [] } = claims;
  const given = (value) => value !== undefined;
  if (![exp, nbf, iat].filter(given).every(Number.isFinite)) {
    throw new Refusal("missing-claim", "a date is no number");
  }
  const names = [iss, sub, jti, ...listed(aud)].filter(given);
  if (!names.every((name) => typeof name === "string")) {
    throw new Refusal("missing-claim", "a name is no text");
  }
  const { issuer, audience, leeway = 0 } = policy;
  if (given(exp) && now(policy) >= exp + leeway) throw new Refusal("expired");
  if (given(nbf) && now(policy) + leeway < nbf) throw new Refusal("not-yet-valid");
  // An empty name is falsy, and a name: not to be taken for none.
  if (given(issuer) && !listed(issuer).includes(iss)) throw new Refusal("issuer");
  if (given(audience) && !listed(audience).some((own) => listed(aud).includes(own))) {
    throw new Refusal("audience");
  }
  return claims;
}

/** Decodes base64url, strictly: no padding, no white space, no unused bits. */
function octetsOf(part) {
  const octets = Buffer.from(part, "base64url");
  if (octets.toString("base64url") !== part) {
    throw new Refusal("malformed", "no strict base64url");
  }
  return octets;
}

/** Reads a JSON object, strictly: toString() would take what is no UTF-8. */
function objectOf(octets) {
  let value;
  try {
    value = JSON.parse(utf8.decode(octets));
  } catch (error) {
    throw new Refusal("malformed", error.message);
  }
  if (!isObject(value)) throw new Refusal("malformed", "no JSON object");
  return value;
}

/** Makes a list of a value that may stand alone. */
function listed(value) {
  return Array.isArray(value) ? value : [value];
}

/** Gives the octets of the policy's only key. */
function secret(policy) {
  const text = policy.keys?.[0]?.secret;
  if (text === undefined) throw new Refusal("key", "the policy has no secret");
  return Buffer.from(text, "base64");
}

/** Gives the verifier's clock, in seconds. */
function now(policy) {
  return policy.now ?? Date.now() / 1000;
}

// Nothing below needs to be changed: it is the shim's end of the protocol.

// The forms in which a key is given, and the capability that reads each.
const FORMS = {
  secret: "secret",
  jwk: "jwk",
  jwk_text: "jwk",
  pem: "pem",
  cert_pem: "pem",
  der: "pem",
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

async function main() {
  // Only answers may stand on stdout: what the library prints goes to stderr.
  Object.defineProperty(process, "stdout", { get: () => process.stderr });
  for await (const line of lines(process.stdin)) {
    const answer = await reply(line);
    if (answer === undefined) break;
    write(answer);
  }
  process.exit(0);
}

/** Gives lines as octets, so that what is no UTF-8 stays what it is. */
async function* lines(input) {
  let begun = [];
  for await (const chunk of input) {
    let start = 0;
    for (let end; (end = chunk.indexOf("\n", start)) >= 0; start = end + 1) {
      yield Buffer.concat([...begun, chunk.subarray(start, end)]);
      begun = [];
    }
    begun.push(chunk.subarray(start));
  }
  const last = Buffer.concat(begun);
  if (last.length > 0) yield last;
}

/** Answers a line; undefined is the answer to `stop`. */
async function reply(line) {
  let request;
  try {
    request = JSON.parse(utf8.decode(line));
  } catch {
    return { error: "bad-line" };
  }
  if (typeof request?.cmd !== "string") return { error: "bad-line" };
  switch (request.cmd) {
    case "stop":
      return undefined;
    case "start":
      if (request.protocol !== 1) return { error: "unknown-protocol", supported: [1] };
      return { protocol: 1, target: TARGET, supports: SUPPORTS };
    case "verify":
      break;
    default:
      return { error: "unknown-cmd" };
  }
  const { seq, input, policy } = request;
  if (!Number.isInteger(seq) || !isObject(input) || !isObject(policy)) {
    return { error: "bad-line" };
  }
  return { seq, ...(await judge(input, policy)) };
}

/** Shows the token to the library and says what came of it. */
async function judge(input, policy) {
  try {
    const lacking = needs(input, policy).find((need) => !SUPPORTS.includes(need));
    if (lacking !== undefined) throw new Unsupported(lacking);
    // Octets that are no UTF-8 are shown only if "bytes" is in SUPPORTS.
    const token = input.token ?? Buffer.from(input.bytes, "base64");
    const started = process.hrtime.bigint();
    const verified = await verify(token, policy);
    const nanoseconds = Number(process.hrtime.bigint() - started);
    const claims = isObject(verified) ? verified : { payload: verified };
    return { verdict: "accept", claims, nanoseconds };
  } catch (error) {
    if (error instanceof Refusal) {
      return { verdict: "reject", reason: error.reason, detail: error.message };
    }
    if (error instanceof Unsupported) {
      return { verdict: "unsupported", feature: error.message };
    }
    return { fault: String(error?.stack ?? error) };
  }
}

/** Gives the names of what the request asks for. */
function needs(input, policy) {
  if (input.cookie || policy.cookie) return [policy.cookie?.scheme ?? "cookie"];
  const names = (policy.algorithms ?? ["defaults"]).filter((name) => name !== "none");
  if (input.bytes !== undefined) names.push("bytes");
  const keys = policy.keys ?? [];
  if (policy.jwks || keys.length > 1) {
    names.push("jwks");
  } else if (keys.length > 0) {
    const forms = Object.keys(FORMS).filter((form) => form in keys[0]);
    const read = forms.map((form) => FORMS[form]);
    if (!read.some((name) => SUPPORTS.includes(name))) names.push(...read);
  }
  for (const name of ["issuer", "audience"]) {
    if (!(name in policy)) continue;
    names.push(listed(policy[name]).length === 1 ? name : `${name}-list`);
  }
  for (const name of ["subject", "typ", "required_claims", "max_age", "critical"]) {
    if (name in policy) names.push(name.replace("_", "-"));
  }
  if (policy.leeway) names.push("leeway");
  return names;
}

/** Writes an answer as a line. */
function write(answer) {
  let text;
  try {
    text = JSON.stringify(answer, plain);
  } catch {
    text = JSON.stringify(cut(answer, 200), plain);
  }
  // Half a surrogate pair is written as an escape, which not every reader takes.
  text = text.replace(/\\(ud[89a-f]..|.)/g, (all, end) => (end[1] ? "\\ufffd" : all));
  let octets = Buffer.from(`${text}\n`);
  while (octets.length > 0) octets = octets.subarray(fs.writeSync(1, octets));
}

/** What JSON has no number for is its text. */
function plain(name, value) {
  const isNumber = typeof value === "number" || typeof value === "bigint";
  return isNumber && !Number.isFinite(value) ? String(value) : value;
}

/** Leaves out what is nested too deep to be written. */
function cut(value, deepest) {
  if (typeof value !== "object" || value === null) return value;
  if (deepest === 0) return null;
  if (Array.isArray(value)) return value.map((member) => cut(member, deepest - 1));
  const members = Object.entries(value);
  return Object.fromEntries(
    members.map(([name, member]) => [name, cut(member, deepest - 1)]),
  );
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

main();
