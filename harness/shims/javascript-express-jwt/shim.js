// express-jwt: the middleware that `expressjwt(options)` makes, on a request as Express makes it, and `req.auth` after it.
//
// A key is PEM text, or a secret as a Buffer, and the token is handed over by the documented `getToken`, so that no header is in
// its way. The other options are those of jsonwebtoken, which it calls. What it hands to `next` as its UnauthorizedError is a
// refusal, as its README says, and so are the errors that jwks-rsa documents; anything else is a fault. Releases that want no
// `algorithms` are asked without too.
//
// `express-jwt-callback` gives the key by a function, the same for every token and none where there is none, as the README does
// for keys that are looked up; and `express-jwt-jwks` looks the key up by `expressJwtSecret` of jwks-rsa, as the README of that
// shows; its documented `fetcher` gives the key set, which has public keys alone. Releases whose function for the secret has a
// callback are given it by that.
'use strict';

const { Reject, Unsupported, load, serve, variant, version } = require('../javascript/assay-shim.js');
const { ALGORITHMS, ASYMMETRIC, CLAIMS, options, reasonOfAny } = require('../javascript/jsonwebtoken.js');

const FROM_SET = ['JwksError', 'SigningKeyNotFoundError'];
const CODES = { __proto__: null, credentials_required: 'malformed', revoked_token: 'revoked' };

(async () => {
  const { default: exported } = await load('express-jwt');
  const expressjwt = exported.expressjwt ?? exported;
  const name = variant('express-jwt');
  const withSet = name === 'express-jwt-jwks';
  const { default: jwksRsa } = withSet ? await load('jwks-rsa') : {};

  function secret(policy) {
    const key = withSet || !policy.key ? undefined : policy.form('pem', 'cert_pem', 'secret')[1];
    if (name === 'express-jwt') return key;
    if (name === 'express-jwt-callback') {
      return function (req, header, payload, callback) {
        return callback ? callback(null, key) : Promise.resolve(key);
      };
    }
    return jwksRsa.expressJwtSecret({
      jwksUri: 'https://issuer.example/.well-known/jwks.json',
      cache: true,
      fetcher: async () => policy.set,
    });
  }

  const middleware = (policy) =>
    expressjwt({ secret: secret(policy), ...options(policy), requestProperty: 'auth', getToken: (req) => req.token });

  function verify(token, policy) {
    if (withSet && !policy.jwks) throw new Unsupported('pem');
    let run;
    try {
      run = policy.held(() => middleware(policy), true);
    } catch (error) {
      // It refuses to be set up.
      throw new Reject('key', String(error));
    }
    const req = { method: 'GET', url: '/', originalUrl: '/', headers: {}, token };
    return new Promise((resolve, reject) => {
      run(req, {}, (error) => (error ? reject(error) : resolve({ claims: req.auth })));
    });
  }

  function documented(error) {
    if (FROM_SET.includes(error?.name)) return 'key';
    if (error?.name !== 'UnauthorizedError') return undefined;
    return CODES[error.code] ?? reasonOfAny(error.inner);
  }

  const wantsAlgorithms = () => {
    try {
      return !expressjwt({ secret: 'secret' });
    } catch {
      return true;
    }
  };

  await serve({
    name,
    version: version('express-jwt'),
    homepage: 'https://github.com/auth0/express-jwt',
    issues: 'https://github.com/auth0/express-jwt/issues',
    tokens: {
      supports: [
        ...(withSet ? [...ASYMMETRIC, 'jwks'] : [...ALGORITHMS, 'none', 'pem', 'secret']),
        ...CLAIMS,
        ...(wantsAlgorithms() ? [] : ['defaults']),
      ],
      verify,
    },
    documented,
  });
})();
