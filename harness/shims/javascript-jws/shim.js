// jws: `jws.verify(token, algorithm, key)` and then `jws.decode(token)`, as its README shows. It knows nothing of claims.
//
// A key is PEM text, or a secret as a Buffer. It takes one algorithm and does not go by the token's; a list of several is
// `unsupported`, and so is none. A payload that is not parsed for the token's `typ` is parsed as an application would, and one
// that is no JSON is refused by that. Its README documents false, null of `decode` and no exceptions: a SyntaxError of a payload
// is a refusal, any other exception a fault.
'use strict';

const { Reject, Unsupported, load, serve, unreadable, version } = require('../javascript/assay-shim.js');

(async () => {
  const { default: jws } = await load('jws');

  function verify(token, policy) {
    const [algorithm, several] = policy.algorithms;
    if (several) throw new Unsupported(several);
    const key = policy.key ? policy.form('pem', 'cert_pem', 'secret')[1] : undefined;
    if (!jws.verify(token, algorithm, key)) throw new Reject('signature', 'verify says false');
    const decoded = jws.decode(token);
    if (!decoded) throw new Reject('malformed', 'decode says null');
    const { payload, header } = decoded;
    return { claims: typeof payload === 'string' ? JSON.parse(payload) : payload, header };
  }

  await serve({
    name: 'npm-jws',
    version: version('jws'),
    homepage: 'https://github.com/auth0/node-jws',
    issues: 'https://github.com/auth0/node-jws/issues',
    tokens: { supports: [...jws.ALGORITHMS, 'pem', 'secret'], verify },
    documented: (error) => (error instanceof SyntaxError ? 'malformed' : unreadable(error)),
  });
})();
