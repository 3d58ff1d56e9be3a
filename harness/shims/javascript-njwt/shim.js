// njwt: `verify(token, key, algorithm)`, and `verify(token, key)` where no algorithms are given.
//
// A key is PEM text, or a secret as a Buffer. It takes one algorithm; a list of several is `unsupported`. Without one it is
// HS256, and so it is asked without for secrets alone. It checks no claims but `exp` and `nbf`, and its clock is Date, which is
// replaced while it runs. What it refuses by is its JwtError and JwtParseError; anything else is a fault, but for a key that
// OpenSSL does not take.
'use strict';

const { Unsupported, at, load, serve, unreadable, version } = require('../javascript/assay-shim.js');

(async () => {
  const { default: nJwt } = await load('njwt');

  function verify(token, policy) {
    const [algorithm, several] = policy.algorithms ?? [];
    if (several) throw new Unsupported(several);
    const [form, key] = policy.key ? policy.form('pem', 'cert_pem', 'secret') : [];
    if (!algorithm && form !== 'secret') throw new Unsupported('defaults');
    const { body, header } = at(policy.now, () => (algorithm ? nJwt.verify(token, key, algorithm) : nJwt.verify(token, key)));
    return { claims: { ...body }, header: { ...header } };
  }

  function documented(error) {
    if (error?.name !== 'JwtError' && error?.name !== 'JwtParseError') return unreadable(error);
    if (/is expired/.test(error.message)) return 'expired';
    if (/not active/.test(error.message)) return 'not-yet-valid';
    if (/verification failed/.test(error.message)) return 'signature';
    if (/algorithm/.test(error.message)) return 'algorithm';
    return /signing key/i.test(error.message) ? 'key' : 'malformed';
  }

  await serve({
    name: 'njwt',
    version: version('njwt'),
    homepage: 'https://github.com/jwtk/njwt',
    issues: 'https://github.com/jwtk/njwt/issues',
    tokens: {
      supports: [
        ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'],
        ...['exp', 'nbf', 'clock', 'pem', 'secret', 'defaults'],
      ],
      verify,
    },
    documented,
  });
})();
