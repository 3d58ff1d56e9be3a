// jsrsasign: `KJUR.jws.JWS.verifyJWT(token, key, acceptField)`, and then `KJUR.jws.JWS.parse(token)` for what the token says.
//
// A key is PEM text or a JWK through `KEYUTIL.getKey`, or a secret as { hex }. `verifyAt` is the clock and `gracePeriod` the
// leeway, and the list of algorithms is required. verifyJWT gives false, or throws text or an Error of no kind; anything else is
// a fault. It says false for whatever is wrong with the claims or the signature, so a reason is not known.
'use strict';

const { Reject, Unsupported, load, serve, version } = require('../javascript/assay-shim.js');

(async () => {
  const { KEYUTIL, KJUR } = (await load('jsrsasign')).default;
  const { JWS } = KJUR.jws;

  // A key that cannot be read is found when the application starts.
  function read(policy) {
    const [form, value] = policy.form('pem', 'cert_pem', 'secret', 'jwk', 'jwk_text');
    if (form === 'secret') return { hex: value.toString('hex') };
    const jwk = form === 'jwk_text' ? JSON.parse(value) : form === 'jwk' ? value : undefined;
    // It reads keys of two kinds from JWKs.
    if (jwk && jwk.kty !== 'RSA' && jwk.kty !== 'EC') throw new Unsupported('jwk');
    try {
      return KEYUTIL.getKey(jwk ?? value);
    } catch (error) {
      throw new Reject('key', String(error));
    }
  }

  function verify(token, policy) {
    const key = policy.key ? policy.held(() => read(policy)) : null;
    const accepted = JWS.verifyJWT(token, key, {
      alg: policy.algorithms,
      ...(policy.issuer.length && { iss: policy.issuer }),
      ...(policy.audience.length && { aud: policy.audience }),
      ...(policy.subject !== undefined && { sub: [policy.subject] }),
      ...(policy.now !== undefined && { verifyAt: policy.now }),
      gracePeriod: policy.leeway,
    });
    if (!accepted) throw new Reject('other', 'verifyJWT says false');
    const { payloadObj, headerObj } = JWS.parse(token);
    return { claims: payloadObj, header: headerObj };
  }

  function documented(error) {
    const text = typeof error === 'string' ? error : error?.constructor === Error ? error.message : undefined;
    if (text === undefined) return undefined;
    if (/critical/.test(text)) return 'critical';
    if (/alg|not supported/.test(text)) return 'algorithm';
    return /key/.test(text) ? 'key' : 'malformed';
  }

  await serve({
    name: 'jsrsasign',
    version: version('jsrsasign'),
    homepage: 'https://github.com/kjur/jsrsasign',
    issues: 'https://github.com/kjur/jsrsasign/issues',
    tokens: {
      supports: [
        ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
        ...['exp', 'nbf', 'clock', 'pem', 'jwk', 'secret', 'issuer', 'issuer-list', 'audience', 'audience-list', 'subject'],
        'leeway',
      ],
      verify,
    },
    documented,
  });
})();
