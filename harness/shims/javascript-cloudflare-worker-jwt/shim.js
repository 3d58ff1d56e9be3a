// @tsndr/cloudflare-worker-jwt: `verify(token, key, { algorithm, clockTolerance, throwError: true })`, and without `algorithm`
// where no algorithms are given, which is HS256 then, and is asked for secrets alone.
//
// A key is PEM text, a secret as text, or a JWK; it reads text as Latin-1, and so a secret is the text that stands for its
// octets. It takes one algorithm; a list of several is `unsupported`. It checks no claims but `exp` and `nbf`, imports the key
// for each token, and its clock is Date, which is replaced while it runs. An Error of no kind, and a SyntaxError of a header or
// payload, are how it refuses, and so are `atob`'s and WebCrypto's exceptions; anything else is a fault.
'use strict';

const { Unsupported, at, load, serve, version } = require('../javascript/assay-shim.js');

(async () => {
  const { default: jwt } = await load('@tsndr/cloudflare-worker-jwt');

  function key(policy) {
    if (!policy.key) return undefined;
    const [form, value] = policy.form('pem', 'secret', 'jwk', 'jwk_text');
    return form === 'secret' ? value.toString('latin1') : form === 'jwk_text' ? JSON.parse(value) : value;
  }

  async function verify(token, policy) {
    const [algorithm, several] = policy.algorithms ?? [];
    if (several) throw new Unsupported(several);
    if (!algorithm && !policy.key?.secret) throw new Unsupported('defaults');
    const options = { ...(algorithm && { algorithm }), clockTolerance: policy.leeway, throwError: true };
    const { payload, header } = await at(policy.now, () => jwt.verify(token, key(policy), options));
    return { claims: payload, header };
  }

  const REASONS = { __proto__: null, EXPIRED: 'expired', NOT_YET_VALID: 'not-yet-valid', INVALID_SIGNATURE: 'signature' };

  function documented(error) {
    if (error instanceof SyntaxError || error?.name === 'InvalidCharacterError') return 'malformed';
    if (error instanceof DOMException) return 'key';
    if (error?.constructor !== Error) return undefined;
    if (/algorithm/.test(error.message)) return 'algorithm';
    return REASONS[error.message] ?? (/secret|key/.test(error.message) ? 'key' : 'malformed');
  }

  await serve({
    name: 'cloudflare-worker-jwt',
    version: version('@tsndr/cloudflare-worker-jwt'),
    homepage: 'https://github.com/tsndr/cloudflare-worker-jwt',
    issues: 'https://github.com/tsndr/cloudflare-worker-jwt/issues',
    tokens: {
      supports: [
        ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'none'],
        ...['exp', 'nbf', 'clock', 'pem', 'jwk', 'secret', 'leeway', 'defaults'],
      ],
      verify,
    },
    documented,
  });
})();
