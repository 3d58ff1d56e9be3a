// @fastify/cookie: `request.cookies` in a handler of a Fastify application with the plugin, through Fastify's own `inject`.
//
// Its signed cookies are of no scheme of the protocol, and are not read here.
'use strict';

const { Reject, field, load, serve, version } = require('../javascript/assay-shim.js');

(async () => {
  const { default: fastify } = await load('fastify');
  const { default: fastifyCookie } = await load('@fastify/cookie');

  let seen, failed;
  const app = fastify();
  app.register(fastifyCookie);
  app.setErrorHandler((error, request, reply) => {
    failed = error;
    reply.send('');
  });
  // A plugin's hooks are there for routes that are made after it is loaded.
  app.after(() => {
    app.get('/', (request, reply) => {
      seen = Object.entries(request.cookies);
      reply.send('');
    });
  });
  await app.ready();

  async function header([line]) {
    seen = failed = undefined;
    const response = await app.inject({ method: 'GET', url: '/', headers: { cookie: field(line) } });
    if (failed && failed.statusCode !== 400 && failed.statusCode !== 431) throw failed;
    if (!seen) throw new Reject('malformed', failed ? failed.message : `answered with ${response.statusCode}`);
    return seen;
  }

  await serve({
    name: 'fastify-cookie',
    version: version('@fastify/cookie'),
    homepage: 'https://github.com/fastify/fastify-cookie',
    issues: 'https://github.com/fastify/fastify-cookie/issues',
    header,
  });
})();
