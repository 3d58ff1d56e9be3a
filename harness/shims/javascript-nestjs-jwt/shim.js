// @nestjs/jwt: `verifyAsync` of a JwtService that is set up with the key and the options for verifying.
//
// The service is made without Nest's container, which would give it the same. A secret is given as `secret`, a Buffer, and PEM
// text as `publicKey`. The options are those of jsonwebtoken, whose errors it passes on.
'use strict';

const { load, serve, version } = require('../javascript/assay-shim.js');
const { ALGORITHMS, CLAIMS, options, reasonOf } = require('../javascript/jsonwebtoken.js');

(async () => {
  await load('reflect-metadata');
  const { JwtService } = await load('@nestjs/jwt');

  function service(policy) {
    const [form, key] = policy.key ? policy.form('pem', 'cert_pem', 'secret') : [];
    return new JwtService({ [form === 'secret' ? 'secret' : 'publicKey']: key, verifyOptions: options(policy) });
  }

  const verify = async (token, policy) => ({ claims: await policy.held(() => service(policy), true).verifyAsync(token) });

  await serve({
    name: 'nestjs-jwt',
    version: version('@nestjs/jwt'),
    homepage: 'https://github.com/nestjs/jwt',
    issues: 'https://github.com/nestjs/jwt/issues',
    tokens: { supports: [...ALGORITHMS, ...CLAIMS, 'pem', 'secret', 'defaults'], verify },
    documented: reasonOf,
  });
})();
