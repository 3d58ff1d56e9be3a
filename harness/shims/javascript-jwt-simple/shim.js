// jwt-simple: `jwt.decode(token, key, false, algorithm)`, and `jwt.decode(token, key)` where no algorithms are given.
//
// A key is PEM text, or a secret as a Buffer. It takes one algorithm; a list of several is `unsupported`. It checks no claims but
// `exp` and `nbf`, and its clock is Date, which is replaced while it runs. An Error of no kind, and a SyntaxError of a header or
// payload, are how it refuses, and a key that OpenSSL cannot read is refused too; anything else is a fault.
'use strict';

const { Unsupported, at, load, serve, unreadable, version } = require('../javascript/assay-shim.js');

(async () => {
  const { default: jwt } = await load('jwt-simple');

  function verify(token, policy) {
    const [algorithm, several] = policy.algorithms ?? [];
    if (several) throw new Unsupported(several);
    const key = policy.key ? policy.form('pem', 'cert_pem', 'secret')[1] : undefined;
    const claims = at(policy.now, () => (algorithm ? jwt.decode(token, key, false, algorithm) : jwt.decode(token, key)));
    return { claims };
  }

  function documented(error) {
    if (error instanceof SyntaxError) return 'malformed';
    if (error.constructor !== Error || error.code !== undefined) return unreadable(error);
    if (/not yet active/.test(error.message)) return 'not-yet-valid';
    if (/expired/.test(error.message)) return 'expired';
    if (/verification failed/.test(error.message)) return 'signature';
    return /Algorithm/.test(error.message) ? 'algorithm' : 'malformed';
  }

  await serve({
    name: 'npm-jwt-simple',
    version: version('jwt-simple'),
    homepage: 'https://github.com/hokaccha/node-jwt-simple',
    issues: 'https://github.com/hokaccha/node-jwt-simple/issues',
    tokens: {
      supports: ['HS256', 'HS384', 'HS512', 'RS256', 'exp', 'nbf', 'clock', 'pem', 'secret', 'defaults'],
      verify,
    },
    documented,
  });
})();
