// Hono's `verify(token, key, options)` of hono/jwt, which its middleware `jwt` calls, and `verifyWithJwks` for key sets, which
// its middleware `jwk` calls.
//
// A key is PEM text, a secret as text, or a JWK; a secret that is no UTF-8 is given as its JWK. It takes one algorithm; a list of
// several is `unsupported` but for key sets, which have a list and no HMAC. It has no leeway, refuses an `iat` that is to come,
// and its clock is Date, which is replaced while it runs. It imports the key for each token. What it refuses by is its errors,
// whose names start with Jwt; anything else is a fault.
'use strict';

const { Unsupported, at, load, serve, unreadable, version } = require('../javascript/assay-shim.js');

const HMAC_AND_RSA = ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const ALGORITHMS = [...HMAC_AND_RSA, 'ES256', 'ES384', 'ES512', 'EdDSA'];
const REASONS = {
  __proto__: null,
  JwtAlgorithmMismatch: 'algorithm',
  JwtAlgorithmNotAllowed: 'algorithm',
  JwtAlgorithmNotImplemented: 'algorithm',
  JwtSymmetricAlgorithmNotAllowed: 'algorithm',
  JwtTokenInvalid: 'malformed',
  JwtTokenNotBefore: 'not-yet-valid',
  JwtTokenExpired: 'expired',
  JwtTokenIssuedAt: 'not-yet-valid',
  JwtTokenIssuer: 'issuer',
  JwtHeaderRequiresKid: 'key',
  JwtTokenSignatureMismatched: 'signature',
  JwtPayloadRequiresAud: 'audience',
  JwtTokenAudience: 'audience',
};

(async () => {
  const { verify: verifyToken, verifyWithJwks } = await load('hono/jwt').then((module) => ({ ...module, ...module.Jwt }));
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  function key(policy) {
    const [form, value] = policy.form('pem', 'secret', 'jwk', 'jwk_text');
    if (form === 'jwk_text') return JSON.parse(value);
    if (form !== 'secret') return value;
    try {
      return utf8.decode(value);
    } catch {
      return policy.form('jwk')[1];
    }
  }

  async function verify(token, policy) {
    const claims = {
      ...(policy.issuer.length && { iss: policy.issuer[0] }),
      ...(policy.audience.length && { aud: policy.audience.length > 1 ? policy.audience : policy.audience[0] }),
      ...(policy.typ !== undefined && { typ: policy.typ }),
    };
    if (policy.jwks) {
      if (policy.algorithms.every((algorithm) => algorithm.startsWith('HS'))) throw new Unsupported('jwks');
      const { keys } = policy.held(() => policy.set);
      const options = { keys, allowedAlgorithms: policy.algorithms, verification: claims };
      return { claims: await at(policy.now, () => verifyWithJwks(token, options)) };
    }
    const [alg, several] = policy.algorithms;
    if (several) throw new Unsupported(several);
    return { claims: await at(policy.now, () => verifyToken(token, key(policy), { alg, ...claims })) };
  }

  function documented(error) {
    if (error?.name === 'JwtHeaderInvalid') {
      const says = error.message;
      if (/"crit":/.test(says)) return 'critical';
      return ALGORITHMS.some((name) => says.includes(`"alg":"${name}"`)) ? 'type' : 'algorithm';
    }
    return REASONS[error?.name] ?? unreadable(error);
  }

  await serve({
    name: 'hono-jwt',
    version: version('hono'),
    homepage: 'https://hono.dev',
    issues: 'https://github.com/honojs/hono/issues',
    tokens: {
      supports: [
        ...ALGORITHMS,
        ...['exp', 'nbf', 'clock', 'pem', 'jwk', 'jwks', 'secret', 'issuer', 'audience', 'audience-list', 'typ'],
      ],
      verify,
    },
    documented,
  });
})();
