// aws-jwt-verify: a `JwtVerifier` whose key set is given by `cacheJwks`, and `verifySync`, as its README shows for keys that are
// there already.
//
// It takes key sets alone, of public keys, and a token has to name its key; a single key is a set of one, and is taken as a JWK. It
// has no list of algorithms: what a key is for decides, so a policy with a list is `unsupported`, and what is shown to it are those
// without. Its clock is Date, which is replaced while it runs. What it refuses by is its errors; anything else is a fault.
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
    });
    made.cacheJwks(policy.set);
    return made;
  }

  function verify(token, policy) {
    if (policy.algorithms) throw new Unsupported(policy.algorithms[0]);
    if (!policy.jwks && policy.key) policy.form('jwk', 'jwk_text');
    if (policy.keys.some((key) => key.secret)) throw new Unsupported('secret');
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
        ...['exp', 'nbf', 'clock', 'jwk', 'jwks', 'issuer', 'audience', 'audience-list', 'leeway', 'defaults'],
      ],
      verify,
    },
    documented,
  });
})();
