// koa-jwt: the middleware that `jwt(options)` makes, on Koa's own context, and `ctx.state.user` after it.
//
// A key is PEM text, or a secret as a Buffer, and the token is handed over by the documented `getToken`, so that no header is in
// its way. The other options are those of jsonwebtoken, which it calls. Its 401 is a refusal, with what jsonwebtoken said in it;
// anything else is a fault.
'use strict';

const { IncomingMessage, ServerResponse } = require('node:http');
const { Socket } = require('node:net');
const { load, serve, version } = require('../javascript/assay-shim.js');
const { ALGORITHMS, CLAIMS, options, reasonOfAny } = require('../javascript/jsonwebtoken.js');

(async () => {
  const { default: Koa } = await load('koa');
  const { default: jwt } = await load('koa-jwt');
  const app = new Koa();
  const socket = new Socket();

  async function verify(token, policy) {
    const secret = policy.key && policy.form('pem', 'cert_pem', 'secret')[1];
    const middleware = policy.held(() => jwt({ secret, ...options(policy), getToken: (ctx) => ctx.state.token }), true);
    const request = new IncomingMessage(socket);
    const ctx = app.createContext(request, new ServerResponse(request));
    ctx.state.token = token;
    await middleware(ctx, async () => {});
    return { claims: ctx.state.user };
  }

  function documented(error) {
    if (error?.status !== 401) return undefined;
    return error.originalError ? reasonOfAny(error.originalError) : 'malformed';
  }

  await serve({
    name: 'koa-jwt',
    version: version('koa-jwt'),
    homepage: 'https://github.com/koajs/jwt',
    issues: 'https://github.com/koajs/jwt/issues',
    tokens: { supports: [...ALGORITHMS, ...CLAIMS, 'pem', 'secret', 'defaults'], verify },
    documented,
  });
})();
