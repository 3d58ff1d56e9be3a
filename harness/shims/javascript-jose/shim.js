// jose: `jwtVerify`, and `jwtDecrypt` for encrypted tokens, with the options that its documentation has for each member of the
// policy. A signed token inside an encrypted one is `compactDecrypt` and then `jwtVerify`.
//
// PEM text goes through `importSPKI`, `importX509` and `importPKCS8`, and a secret is its octets. A JWK is given as it is, which
// the library takes as a key; releases that do not are given what `importJWK` makes of it. An imported key of this library is for
// one algorithm: with several allowed, or none given, PEM text is read by node's `createPublicKey`, whose keys it takes too. A
// key set is `createLocalJWKSet`, which has public keys alone: one for HMAC is `unsupported`. `currentDate` is the clock. The
// TypeErrors by which it refuses a key for an algorithm are refusals, and so is WebCrypto's DataError for a key that it does not
// take; other exceptions that are none of the library's own are faults.
'use strict';

const { createPublicKey } = require('node:crypto');
const { Reject, Unsupported, load, serve, unreadable, version } = require('../javascript/assay-shim.js');

const SIGNS = ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'];
const ENCRYPTS = [
  ...['dir', 'A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW', 'RSA-OAEP', 'RSA-OAEP-256'],
  ...['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'],
  ...['PBES2-HS256+A128KW', 'PBES2-HS384+A192KW', 'PBES2-HS512+A256KW'],
  ...['A128GCM', 'A192GCM', 'A256GCM', 'A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512'],
];

const REASONS = {
  __proto__: null,
  ERR_JWT_EXPIRED: 'expired',
  ERR_JOSE_ALG_NOT_ALLOWED: 'algorithm',
  ERR_JOSE_NOT_SUPPORTED: 'algorithm',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'signature',
  ERR_JWE_DECRYPTION_FAILED: 'signature',
  ERR_JWKS_NO_MATCHING_KEY: 'key',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'key',
  ERR_JWKS_INVALID: 'key',
  ERR_JWK_INVALID: 'key',
  ERR_JWS_INVALID: 'malformed',
  ERR_JWE_INVALID: 'malformed',
  ERR_JWT_INVALID: 'malformed',
};
const CLAIMS = {
  __proto__: null,
  iss: 'issuer',
  aud: 'audience',
  sub: 'subject',
  typ: 'type',
  nbf: 'not-yet-valid',
  exp: 'expired',
};

(async () => {
  const jose = await load('jose');
  const makes = (algorithm, options) => jose.generateKeyPair(algorithm, options).then(() => true, () => false);
  const optional = [];
  for (const algorithm of ['ES256K', 'EdDSA', 'Ed25519']) if (await makes(algorithm)) optional.push(algorithm);
  if (await makes('RSA1_5', { modulusLength: 2048 })) optional.push('RSA1_5');
  const takesJwk = await new jose.SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .sign({ kty: 'oct', k: 'A'.repeat(43) })
    .then(() => true, () => false);

  // A key that cannot be read is found when the application starts.
  async function read(policy, algorithms = [], forms = ['pem', 'cert_pem', 'secret', 'jwk', 'jwk_text']) {
    const [only, several] = algorithms;
    const alg = several ? undefined : only;
    const [form, value] = policy.form(...forms);
    try {
      if (form === 'secret') return value;
      if (form === 'jwk' || form === 'jwk_text') {
        const jwk = form === 'jwk' ? value : JSON.parse(value);
        return takesJwk ? jwk : await jose.importJWK(jwk, jwk.alg ?? alg ?? only);
      }
      if (value.includes('PRIVATE KEY')) return await jose.importPKCS8(value, only);
      if (!alg) return createPublicKey(value);
      return form === 'pem' ? await jose.importSPKI(value, alg) : await jose.importX509(value, alg);
    } catch (error) {
      throw new Reject('key', String(error));
    }
  }

  function keySet(policy) {
    const { algorithms } = policy;
    if (algorithms?.every((algorithm) => algorithm.startsWith('HS'))) throw new Unsupported('jwks');
    try {
      return jose.createLocalJWKSet(policy.set);
    } catch (error) {
      throw new Reject('key', String(error));
    }
  }

  const options = (policy) => ({
    issuer: policy.issuer.length ? policy.issuer : undefined,
    audience: policy.audience.length ? policy.audience : undefined,
    subject: policy.subject,
    typ: policy.typ,
    requiredClaims: policy.required,
    maxTokenAge: policy.maxAge,
    clockTolerance: policy.leeway,
    currentDate: policy.now === undefined ? undefined : new Date(policy.now * 1000),
    crit: policy.critical.length ? Object.fromEntries(policy.critical.map((name) => [name, true])) : undefined,
  });

  async function verify(token, policy) {
    const { algorithms, encryption } = policy;
    if (encryption) return decrypt(token, policy, encryption);
    const key = policy.jwks ? policy.held(() => keySet(policy)) : await policy.held(() => read(policy, algorithms));
    const { payload, protectedHeader } = await jose.jwtVerify(token, key, { ...options(policy), algorithms });
    return { claims: payload, header: protectedHeader };
  }

  async function decrypt(token, policy, { alg, enc, key: keys, inside }) {
    // A recipient's JWK says which algorithm it is for; the library would have one for `dir` name the content encryption.
    const named = keys.key?.jwk?.alg;
    const asJwk = named !== 'dir' && alg.includes(named) ? ['jwk'] : [];
    const key = await policy.held(() => read(keys, alg, [...asJwk, 'pem', 'secret', 'jwk', 'jwk_text']));
    const allowed = { keyManagementAlgorithms: alg, contentEncryptionAlgorithms: enc };
    if (inside) {
      const { plaintext } = await jose.compactDecrypt(token, key, allowed);
      return verify(plaintext, inside);
    }
    const { payload, protectedHeader } = await jose.jwtDecrypt(token, key, { ...options(policy), ...allowed });
    return { claims: payload, header: protectedHeader };
  }

  function documented(error) {
    if (error instanceof jose.errors.JOSEError) {
      if (/"crit"|Extension Header/.test(error.message)) return 'critical';
      if (error.code !== 'ERR_JWT_CLAIM_VALIDATION_FAILED') return REASONS[error.code] ?? 'other';
      return error.reason === 'check_failed' ? (CLAIMS[error.claim] ?? 'other') : 'missing-claim';
    }
    const ofKey = error instanceof TypeError && /\b(key|Key|JWK|KeyObject|CryptoKey)\b/.test(error.message);
    return ofKey ? 'key' : unreadable(error);
  }

  await serve({
    name: 'npm-jose',
    version: version('jose'),
    homepage: 'https://github.com/panva/jose',
    issues: 'https://github.com/panva/jose/issues',
    tokens: {
      supports: [
        ...[...SIGNS, ...optional, ...ENCRYPTS, 'jwe'],
        ...['exp', 'nbf', 'clock', 'pem', 'jwk', 'jwks', 'secret', 'issuer', 'issuer-list', 'audience', 'audience-list', 'subject'],
        ...['typ', 'leeway', 'required-claims', 'max-age', 'critical', 'b64', 'bytes', 'defaults'],
      ],
      verify,
    },
    documented,
  });
})();
