// cookie-parser: `req.cookies`, and `req.signedCookies` for cookies signed with cookie-signature, through its middleware.
//
// `req` is one with `headers.cookie` as node's http makes it, and nothing else, which is all that the middleware reads. A signed
// cookie that does not verify is `false` there, and one that is not signed is not there: both are refusals. What begins with `j:`
// is handed on as the JSON that the middleware made of it.
'use strict';

const { Reject, field, load, serve, version } = require('../javascript/assay-shim.js');

(async () => {
  const { default: cookieParser } = await load('cookie-parser');

  function request(line, secrets) {
    const req = { headers: { cookie: field(line) } };
    let failed;
    cookieParser(secrets)(req, {}, (error) => (failed = error));
    if (failed) throw failed;
    return req;
  }

  function open([line], { name, secrets }) {
    const value = request(line, secrets).signedCookies[name];
    if (value === undefined) throw new Reject('other', 'no such signed cookie');
    if (value === false) throw new Reject('signature', 'the signed cookie is false');
    return value;
  }

  // cookie-parser only reads; what signs is the package that it reads with, as Express signs.
  async function made() {
    const { default: signature } = await load('cookie-signature');
    const [fresh, old] = ['the newer of two secrets', 'the older of two secrets'];
    const value = (secret) => encodeURIComponent(`s:${signature.sign('31d4', secret)}`);
    return [fresh, old].map((secret) => ({ value: value(secret), payload: '31d4', secrets: [fresh, old] }));
  }

  await serve({
    name: 'cookie-parser',
    version: version('cookie-parser'),
    homepage: 'https://github.com/expressjs/cookie-parser',
    issues: 'https://github.com/expressjs/cookie-parser/issues',
    header: ([line]) => Object.entries(request(line).cookies),
    schemes: { 'cookie-signature': { open, made, rotation: true } },
    // Errors of middleware carry the status that Express answers with.
    documented: (error) => (error?.status === 400 || error?.status === 431 ? 'malformed' : undefined),
  });
})();
