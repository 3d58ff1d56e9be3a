// cookie of npm: `parseCookie` of the field.
//
// The field is Latin-1 text, and without control octets, which is how node's http hands it on.
'use strict';

const { field, load, serve, version } = require('../javascript/assay-shim.js');

(async () => {
  const { parseCookie } = await load('cookie');
  await serve({
    name: 'npm-cookie',
    version: version('cookie'),
    homepage: 'https://github.com/jshttp/cookie',
    issues: 'https://github.com/jshttp/cookie/issues',
    header: ([line]) => Object.entries(parseCookie(field(line))),
  });
})();
