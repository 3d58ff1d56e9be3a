// jsonwebtoken: `jwt.verify(token, secretOrPublicKey, options)`, with the options that its README has for each member of the
// policy.
//
// A key is PEM text, or a secret as a Buffer; it takes no JWK. `clockTimestamp` is the clock; for a release that passes it over,
// Date is replaced while it runs. What it refuses by is its JsonWebTokenError and what derives from it, a SyntaxError of a header
// or payload, and an Error of no kind for a key that does not fit; anything else is a fault. A payload that is no JSON object is
// handed on as it is, and answered as one without claims.
//
// `npm-jsonwebtoken-keyobject` gives keys that node has read already, which spares the library reading them for each token, and
// `npm-jsonwebtoken-callback` gives the key by a function, as the README does for keys that have to be fetched, and
// `npm-jsonwebtoken-jwks` by the README's function on jwks-rsa, whose documented `fetcher` gives the key set. That function
// passes on what jwks-rsa refuses by, which the README's leaves out. jwks-rsa has public keys alone.
'use strict';

const { createPublicKey, createSecretKey } = require('node:crypto');
const { Reject, Unsupported, at, load, serve, variant, version } = require('../javascript/assay-shim.js');
const { ALGORITHMS, ASYMMETRIC, CLAIMS, options, reasonOf } = require('../javascript/jsonwebtoken.js');

(async () => {
  const { default: jwt } = await load('jsonwebtoken');
  const name = variant('npm-jsonwebtoken');
  const parsed = name === 'npm-jsonwebtoken-keyobject';
  const withSet = name === 'npm-jsonwebtoken-jwks';
  const { default: jwksClient } = withSet ? await load('jwks-rsa') : {};

  function read(policy) {
    const [form, value] = policy.form('pem', 'cert_pem', 'secret');
    try {
      return form === 'secret' ? createSecretKey(value) : createPublicKey(value);
    } catch (error) {
      throw new Reject('key', String(error));
    }
  }

  // The README's getKey.
  function getKey(policy) {
    const client = jwksClient({
      jwksUri: 'https://issuer.example/.well-known/jwks.json',
      fetcher: async () => policy.set,
    });
    return (header, callback) =>
      client.getSigningKey(header.kid, (error, key) => {
        if (error) callback(error);
        else callback(null, key.publicKey || key.rsaPublicKey);
      });
  }

  const later = (token, key, how) =>
    new Promise((resolve, reject) => jwt.verify(token, key, how, (error, shown) => (error ? reject(error) : resolve(shown))));

  async function verify(token, policy) {
    const how = { ...options(policy), complete: true };
    const shown = await at(takesClock ? undefined : policy.now, () => ask(token, policy, how));
    // Releases without `complete` give the payload alone.
    const complete = shown?.payload !== undefined && shown.header !== undefined && shown.signature !== undefined;
    return complete ? { claims: shown.payload, header: shown.header } : { claims: shown };
  }

  function ask(token, policy, how) {
    if (withSet && !policy.jwks) throw new Unsupported('pem');
    if (policy.jwks) return later(token, policy.held(() => getKey(policy)), how);
    const key = policy.key && (parsed ? policy.held(() => read(policy)) : policy.form('pem', 'cert_pem', 'secret')[1]);
    if (name !== 'npm-jsonwebtoken-callback') return jwt.verify(token, key, how);
    return later(token, (header, callback) => callback(null, key), how);
  }

  // One whose time is over but for the option.
  const early = jwt.sign({ exp: 2 }, 'secret', { noTimestamp: true });
  const obeys = (option) => {
    try {
      return Boolean(jwt.verify(early, 'secret', option));
    } catch {
      return false;
    }
  };
  const takesClock = obeys({ clockTimestamp: 1 });

  await serve({
    name,
    version: version('jsonwebtoken'),
    homepage: 'https://github.com/auth0/node-jsonwebtoken',
    issues: 'https://github.com/auth0/node-jsonwebtoken/issues',
    tokens: {
      supports: [
        ...(withSet ? [...ASYMMETRIC, 'jwks'] : [...ALGORITHMS, 'none', 'pem', 'secret']),
        ...CLAIMS.filter((claim) => claim !== 'leeway' || obeys({ clockTolerance: 2 ** 40 })),
        'defaults',
      ],
      verify,
    },
    documented: reasonOf,
  });
})();
