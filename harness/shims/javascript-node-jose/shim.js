// node-jose: `JWS.createVerify(key).verify(token, { algorithms, handlers })`, and `JWE.createDecrypt(key, { algorithms })` for
// encrypted tokens, whose plaintext is verified the same way where a signed token has to be inside. It knows nothing of claims.
// The variant `node-jose-created` gives the options to `createVerify`; the README shows both.
//
// A key is what `JWK.asKey` makes of PEM text or of a JWK, which a secret is given as too, and a key set what `JWK.asKeyStore`
// makes. It reads no JWK of the type OKP, and no set with one in it: those are `unsupported`. RSA1_5 is what node makes of it,
// which refuses it in some releases. A payload is parsed as an application would, and one that is no JSON is refused by that. An
// Error of no kind, and a SyntaxError of a header, are how it refuses; anything else is a fault.
'use strict';

const { constants, generateKeyPairSync, privateDecrypt, publicEncrypt } = require('node:crypto');
const { Reject, Unsupported, load, serve, unreadable, variant, version } = require('../javascript/assay-shim.js');

(async () => {
  const { default: jose } = await load('node-jose');
  const name = variant('node-jose');
  const created = name === 'node-jose-created';

  // A key that cannot be read is found when the application starts.
  async function read(policy) {
    if (policy.keys.some((key) => key.jwk?.kty === 'OKP')) throw new Unsupported('EdDSA');
    try {
      if (policy.jwks) return await jose.JWK.asKeyStore(policy.set);
      const [form, value] = policy.form('pem', 'cert_pem', 'jwk', 'jwk_text');
      return await (form === 'pem' || form === 'cert_pem' ? jose.JWK.asKey(value, 'pem') : jose.JWK.asKey(value));
    } catch (error) {
      if (error instanceof Unsupported) throw error;
      throw new Reject('key', String(error));
    }
  }

  async function verify(token, policy) {
    const { algorithms, encryption } = policy;
    if (encryption) return decrypt(token, policy, encryption);
    const key = await policy.held(() => read(policy));
    const options = {
      ...(algorithms && { algorithms }),
      handlers: Object.fromEntries(policy.critical.map((name) => [name, true])),
    };
    const verifier = created ? jose.JWS.createVerify(key, options) : jose.JWS.createVerify(key);
    const { payload, header } = await (created ? verifier.verify(token) : verifier.verify(token, options));
    return { claims: JSON.parse(payload), header };
  }

  async function decrypt(token, policy, { alg, enc, key: recipient, inside }) {
    const key = await policy.held(() => read(recipient));
    const { payload, header } = await jose.JWE.createDecrypt(key, { algorithms: [...alg, ...enc] }).decrypt(token);
    return inside ? verify(payload.toString('utf8'), inside) : { claims: JSON.parse(payload), header };
  }

  function decryptsOldRsa() {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const padding = constants.RSA_PKCS1_PADDING;
    try {
      const encrypted = publicEncrypt({ key: publicKey, padding }, Buffer.from('?'));
      return privateDecrypt({ key: privateKey, padding }, encrypted).length === 1;
    } catch {
      return false;
    }
  }

  function documented(error) {
    if (error instanceof SyntaxError) return 'malformed';
    if (error?.constructor !== Error || error.code !== undefined) return unreadable(error);
    if (/lgorithm/.test(error.message)) return 'algorithm';
    if (/crit/i.test(error.message)) return 'critical';
    // What does not verify is said to have no key.
    return /no key found|key does not match/.test(error.message) ? 'signature' : 'malformed';
  }

  await serve({
    name,
    version: version('node-jose'),
    homepage: 'https://github.com/cisco/node-jose',
    issues: 'https://github.com/cisco/node-jose/issues',
    tokens: {
      supports: [
        ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
        ...['dir', 'A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW', 'RSA-OAEP', 'RSA-OAEP-256'],
        ...(decryptsOldRsa() ? ['RSA1_5'] : []),
        ...['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'],
        ...['PBES2-HS256+A128KW', 'PBES2-HS384+A192KW', 'PBES2-HS512+A256KW'],
        ...['A128GCM', 'A192GCM', 'A256GCM', 'A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512', 'jwe'],
        ...['pem', 'jwk', 'jwks', 'critical', 'defaults'],
      ],
      verify,
    },
    documented,
  });
})();
