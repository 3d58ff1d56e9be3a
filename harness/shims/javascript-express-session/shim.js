// express-session: the session id that it looks up in its store, from a cookie signed with cookie-signature.
//
// The payload is the id that the store is asked for; the store here has no sessions. Where the store is asked for none, the cookie
// was refused. Its reading of the header is for this one cookie, so it is not shown headers alone. `req` is one as node's http
// makes it, with the members that the middleware reads.
'use strict';

const { Reject, field, load, serve, version } = require('../javascript/assay-shim.js');

(async () => {
  const { default: session } = await load('express-session');

  class Store extends session.Store {
    get(id, done) {
      this.asked = id;
      done(null, null);
    }
  }

  // It warns of options that are not given, so all are.
  const middleware = (name, secret, store) =>
    session({ name, secret, store, resave: false, saveUninitialized: false, cookie: { secure: false } });

  function request(cookie) {
    return { headers: cookie === undefined ? {} : { cookie }, url: '/', originalUrl: '/', connection: {} };
  }

  function response() {
    return { headers: {}, writeHead() {}, write() {}, end() {}, getHeader() {}, setHeader() {} };
  }

  function open([line], { name, secrets }) {
    const store = new Store();
    let failed;
    middleware(name, secrets, store)(request(field(line)), response(), (error) => (failed = error));
    if (failed) throw failed;
    if (store.asked === undefined) throw new Reject('other', 'the store is asked for no session');
    return store.asked;
  }

  // express-session signs with the package that it reads with.
  async function made() {
    const { default: signature } = await load('cookie-signature');
    const [fresh, old] = ['the newer of two secrets', 'the older of two secrets'];
    const value = (secret) => encodeURIComponent(`s:${signature.sign('31d4', secret)}`);
    return [fresh, old].map((secret) => ({ value: value(secret), payload: '31d4', secrets: [fresh, old] }));
  }

  await serve({
    name: 'express-session',
    version: version('express-session'),
    homepage: 'https://github.com/expressjs/session',
    issues: 'https://github.com/expressjs/session/issues',
    schemes: { 'cookie-signature': { open, made, rotation: true } },
    documented: (error) => (error?.status === 400 || error?.status === 431 ? 'malformed' : undefined),
  });
})();
