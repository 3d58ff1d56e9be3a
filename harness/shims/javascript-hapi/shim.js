// hapi: `request.state` in a handler, through hapi's own `inject`, with its defaults, by which it answers some headers with 400.
//
// A name that is there more than once has an array for a value, which is handed on as JSON.
'use strict';

const { Reject, field, load, serve, version } = require('../javascript/assay-shim.js');

(async () => {
  const { default: hapi } = await load('@hapi/hapi');

  let seen, failed;
  const server = hapi.server();
  server.route({
    method: 'GET',
    path: '/',
    handler: (request) => {
      seen = Object.entries(request.state);
      return '';
    },
  });
  // What it answers with 500, and logs.
  server.events.on({ name: 'request', channels: ['error', 'internal'] }, (request, event) => (failed ??= event.error));

  async function header([line]) {
    seen = failed = undefined;
    const response = await server.inject({ url: '/', headers: { cookie: field(line) } });
    if (response.statusCode >= 500) throw failed ?? new Error(`answered with ${response.statusCode}`);
    if (!seen) throw new Reject('malformed', `answered with ${response.statusCode}: ${response.result?.message}`);
    return seen;
  }

  await serve({
    name: 'hapi',
    version: version('@hapi/hapi'),
    homepage: 'https://hapi.dev',
    issues: 'https://github.com/hapijs/statehood/issues',
    header,
  });
})();
