// cookie of npm: `parseCookie` of the field.
//
// It has no HTTP layer, so every octet is shown to it, as Latin-1, which is how node's http has the field.
'use strict';

const { latin1, load, serve, version } = require('../javascript/assay-shim.js');

(async () => {
  const { parseCookie } = await load('cookie');
  await serve({
    name: 'npm-cookie',
    version: version('cookie'),
    homepage: 'https://github.com/jshttp/cookie',
    issues: 'https://github.com/jshttp/cookie/issues',
    header: ([line]) => Object.entries(parseCookie(latin1(line))),
  });
})();
