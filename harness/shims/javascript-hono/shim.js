// Hono: `getCookie(c)` in a handler, for a Request whose Cookie header has the octets as Latin-1.
//
// Fetch's Headers refuse some octets and trim white space; what they refuse is a refusal here, and is said to be theirs.
'use strict';

const { Reject, field, load, serve, version } = require('../javascript/assay-shim.js');

(async () => {
  const { Hono } = await load('hono');
  const { getCookie } = await load('hono/cookie');

  let seen;
  const app = new Hono();
  app.get('/', (c) => {
    seen = Object.entries(getCookie(c));
    return c.text('');
  });
  // Hono would answer 500.
  app.onError((error) => {
    throw error;
  });

  async function header([line]) {
    const value = field(line);
    let request;
    try {
      request = new Request('http://localhost/', { headers: { Cookie: value } });
    } catch (error) {
      throw new Reject('malformed', `Fetch's Headers: ${error.message}`);
    }
    seen = undefined;
    const response = await app.fetch(request);
    if (!seen) throw new Reject('malformed', `answered with ${response.status}`);
    return seen;
  }

  await serve({
    name: 'hono',
    version: version('hono'),
    homepage: 'https://hono.dev',
    issues: 'https://github.com/honojs/hono/issues',
    header,
  });
})();
