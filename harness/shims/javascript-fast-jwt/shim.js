// fast-jwt: `createVerifier(options)` once for each configuration, and the verifier for each token.
//
// A key is PEM text, or a secret as a Buffer; it takes no JWK. `clockTimestamp` is the clock, and is part of the verifier, which
// is made anew when the clock is another. What it refuses by is its TokenError; a key that it refuses when the verifier is made,
// it refuses every token by. `checkTyp` and `allowedCritHeaders` are in its types, and what a release lacks of options it passes
// over.
//
// `fast-jwt-async` gives the key by an asynchronous function, as its README shows, and `fast-jwt-cache` has the cache of verified
// tokens on, of the size that its README calls the default.
'use strict';

const { load, serve, unreadable, variant, version } = require('../javascript/assay-shim.js');

const REASONS = {
  __proto__: null,
  FAST_JWT_INVALID_TYPE: 'type',
  FAST_JWT_INVALID_ALGORITHM: 'algorithm',
  FAST_JWT_INVALID_KEY: 'key',
  FAST_JWT_MISSING_KEY: 'key',
  FAST_JWT_KEY_FETCHING_ERROR: 'key',
  FAST_JWT_INVALID_SIGNATURE: 'signature',
  FAST_JWT_MISSING_SIGNATURE: 'signature',
  FAST_JWT_VERIFY_ERROR: 'signature',
  FAST_JWT_INVALID_PAYLOAD: 'malformed',
  FAST_JWT_MALFORMED: 'malformed',
  FAST_JWT_INACTIVE: 'not-yet-valid',
  FAST_JWT_EXPIRED: 'expired',
  FAST_JWT_MISSING_REQUIRED_CLAIM: 'missing-claim',
  FAST_JWT_INVALID_CRIT_HEADER: 'critical',
};
const CLAIMS = { __proto__: null, iss: 'issuer', aud: 'audience', sub: 'subject', nbf: 'not-yet-valid', exp: 'expired' };

(async () => {
  const { createVerifier, TokenError } = await load('fast-jwt');
  const name = variant('fast-jwt');

  function verifier(policy) {
    const key = policy.key ? policy.form('pem', 'cert_pem', 'secret')[1] : undefined;
    return createVerifier({
      key: name === 'fast-jwt-async' ? async () => key : key,
      ...(policy.algorithms && { algorithms: policy.algorithms }),
      ...(policy.issuer.length && { allowedIss: policy.issuer }),
      ...(policy.audience.length && { allowedAud: policy.audience }),
      ...(policy.subject !== undefined && { allowedSub: policy.subject }),
      ...(policy.required.length && { requiredClaims: policy.required }),
      ...(policy.maxAge !== undefined && { maxAge: policy.maxAge * 1000 }),
      ...(policy.now !== undefined && { clockTimestamp: policy.now * 1000 }),
      ...(policy.typ !== undefined && { checkTyp: policy.typ }),
      ...(policy.critical.length && { allowedCritHeaders: policy.critical }),
      ...(name === 'fast-jwt-cache' && { cache: true }),
      clockTolerance: policy.leeway * 1000,
      complete: true,
    });
  }

  async function verify(token, policy) {
    const { payload, header } = await policy.held(() => verifier(policy), true)(token);
    return { claims: payload, header };
  }

  function documented(error) {
    if (!(error instanceof TokenError)) return unreadable(error);
    if (error.code === 'FAST_JWT_INVALID_CLAIM_TYPE') return 'missing-claim';
    const claim = /^The (\w+) claim|^None of (\w+) claim/.exec(error.message);
    if (error.code === 'FAST_JWT_INVALID_CLAIM_VALUE') return CLAIMS[claim?.[1] ?? claim?.[2]] ?? 'other';
    return REASONS[error.code] ?? 'other';
  }

  // Releases that lack an option take any value of it.
  const refuses = (option) => {
    try {
      return !createVerifier({ key: 'secret', ...option });
    } catch {
      return true;
    }
  };

  await serve({
    name,
    version: version('fast-jwt'),
    homepage: 'https://github.com/nearform/fast-jwt',
    issues: 'https://github.com/nearform/fast-jwt/issues',
    tokens: {
      supports: [
        ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
        ...['EdDSA', 'none', 'exp', 'nbf', 'clock', 'pem', 'secret', 'issuer', 'issuer-list', 'audience', 'audience-list'],
        ...['subject', 'typ', 'leeway', 'max-age', 'defaults'],
        ...(refuses({ requiredClaims: 1 }) ? ['required-claims'] : []),
        ...(refuses({ allowedCritHeaders: 1 }) ? ['critical'] : []),
      ],
      verify,
    },
    documented,
  });
})();
