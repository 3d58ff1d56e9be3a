// aws-jwt-verify: a `JwtVerifier` whose key set is given by `cacheJwks`, and `verifySync`, as its README shows for keys that are
// there already.
//
// It takes key sets alone, of public keys, and a token has to name its key. It has no list of algorithms: what a key is for
// decides. A policy's list is held against the header in the documented `customJwtCheck`, which it calls for a token that it
// would accept, and whose example is such a check. Its clock is Date, which is replaced while it runs. What it refuses by is its
// errors; anything else is a fault.
'use strict';

const { Reject, Unsupported, at, load, serve, unreadable, version } = require('../javascript/assay-shim.js');

const REASONS = [
  ['JwtExpiredError', 'expired'],
  ['JwtNotBeforeError', 'not-yet-valid'],
  ['JwtInvalidIssuerError', 'issuer'],
  ['JwtInvalidAudienceError', 'audience'],
  ['JwtInvalidSignatureAlgorithmError', 'algorithm'],
  ['JwtInvalidSignatureError', 'signature'],
  ['JwtParseError', 'malformed'],
  ['JwtBaseError', 'key'],
];

(async () => {
  const { JwtVerifier } = await load('aws-jwt-verify');
  const errors = await load('aws-jwt-verify/error');

  function verifier(policy) {
    const made = JwtVerifier.create({
      issuer: policy.issuer.length ? policy.issuer[0] : null,
      audience: policy.audience.length ? policy.audience : null,
      jwksUri: 'https://issuer.example/.well-known/jwks.json',
      graceSeconds: policy.leeway,
      customJwtCheck: ({ header }) => {
        if (policy.algorithms?.includes(header.alg) === false) throw new Reject('algorithm', 'customJwtCheck');
      },
    });
    made.cacheJwks(policy.set);
    return made;
  }

  function verify(token, policy) {
    if (!policy.jwks) throw new Unsupported('jwk');
    let made;
    try {
      made = policy.held(() => verifier(policy), true);
    } catch (error) {
      // It refuses to be set up.
      throw new Reject('key', String(error));
    }
    return { claims: at(policy.now, () => made.verifySync(token)) };
  }

  const documented = (error) => REASONS.find(([name]) => error instanceof errors[name])?.[1] ?? unreadable(error);

  await serve({
    name: 'aws-jwt-verify',
    version: version('aws-jwt-verify'),
    homepage: 'https://github.com/awslabs/aws-jwt-verify',
    issues: 'https://github.com/awslabs/aws-jwt-verify/issues',
    tokens: {
      supports: [
        ...['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'EdDSA'],
        ...['exp', 'nbf', 'clock', 'jwks', 'issuer', 'audience', 'audience-list', 'leeway', 'defaults'],
      ],
      verify,
    },
    documented,
  });
})();
