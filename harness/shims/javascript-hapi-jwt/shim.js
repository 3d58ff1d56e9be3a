// @hapi/jwt: `token.decode(token)` and then `token.verify(artifacts, { key, algorithms }, options)`, with the key alone where no
// algorithms are given.
//
// A key is PEM text, or a secret as a Buffer. `now` is the clock. An Error of no kind is how it refuses; anything else is a
// fault, but for a key that OpenSSL does not take.
'use strict';

const { load, serve, unreadable, version } = require('../javascript/assay-shim.js');

const MESSAGES = [
  [/expired|maximum age/, 'expired'],
  [/not yet active/, 'not-yet-valid'],
  [/Invalid payload (exp|nbf)|Missing or invalid payload iat/, 'missing-claim'],
  [/\baud\b|audience/, 'audience'],
  [/payload iss /, 'issuer'],
  [/payload sub /, 'subject'],
  [/Unsupported algorithm|missing alg/, 'algorithm'],
  [/Invalid token signature$/, 'signature'],
];

(async () => {
  const { default: Jwt } = await load('@hapi/jwt');

  function verify(token, policy) {
    const key = policy.key ? policy.form('pem', 'cert_pem', 'secret')[1] : undefined;
    const artifacts = Jwt.token.decode(token);
    Jwt.token.verify(artifacts, policy.algorithms ? { key, algorithms: policy.algorithms } : key, {
      ...(policy.issuer.length && { iss: policy.issuer }),
      ...(policy.audience.length && { aud: policy.audience }),
      ...(policy.subject !== undefined && { sub: policy.subject }),
      ...(policy.maxAge !== undefined && { maxAgeSec: policy.maxAge }),
      ...(policy.now !== undefined && { now: policy.now * 1000 }),
      timeSkewSec: policy.leeway,
    });
    return { claims: artifacts.decoded.payload, header: artifacts.decoded.header };
  }

  function documented(error) {
    if (error?.constructor !== Error || error.code !== undefined) return unreadable(error);
    return MESSAGES.find(([words]) => words.test(error.message))?.[1] ?? 'malformed';
  }

  await serve({
    name: 'hapi-jwt',
    version: version('@hapi/jwt'),
    homepage: 'https://hapi.dev/module/jwt',
    issues: 'https://github.com/hapijs/jwt/issues',
    tokens: {
      supports: [
        ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'],
        ...['exp', 'nbf', 'clock', 'pem', 'secret', 'issuer', 'issuer-list', 'audience', 'audience-list', 'subject', 'leeway'],
        ...['max-age', 'defaults'],
      ],
      verify,
    },
    documented,
  });
})();
