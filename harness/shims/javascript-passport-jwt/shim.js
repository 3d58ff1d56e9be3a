// passport-jwt: its Strategy, through `passport.authenticate` with a callback of the application's, as passport's documentation
// shows.
//
// A key is PEM text, or a secret as a Buffer; the token is handed over by `jwtFromRequest`, which an application has to write.
// The other options are those of jsonwebtoken, which it calls. What it fails a request with is a refusal, whatever it is; an
// error that it passes to the callback is a fault.
'use strict';

const { Reject, load, serve, version } = require('../javascript/assay-shim.js');
const { ALGORITHMS, CLAIMS, options, reasonOfAny } = require('../javascript/jsonwebtoken.js');

(async () => {
  const { default: passport } = await load('passport');
  const { Strategy } = (await load('passport-jwt')).default;

  function authenticator(policy) {
    const { algorithms, issuer, audience, ...others } = options(policy);
    const secretOrKey = policy.key && policy.form('pem', 'cert_pem', 'secret')[1];
    const how = {
      secretOrKey,
      jwtFromRequest: (req) => req.token,
      algorithms,
      issuer,
      audience,
      jsonWebTokenOptions: others,
    };
    const mine = new passport.Passport();
    mine.use(new Strategy(how, (claims, done) => done(null, { claims })));
    return mine;
  }

  async function verify(token, policy) {
    let mine;
    try {
      mine = policy.held(() => authenticator(policy), true);
    } catch (error) {
      // It refuses to be set up.
      throw new Reject('key', String(error));
    }
    const req = { method: 'GET', url: '/', headers: {}, token };
    const [user, info] = await new Promise((resolve, reject) => {
      const done = (error, user, info) => (error ? reject(error) : resolve([user, info]));
      mine.authenticate('jwt', { session: false }, done)(req, {}, reject);
    });
    if (!user) throw new Reject(reasonOfAny(info), String(info));
    return user;
  }

  await serve({
    name: 'passport-jwt',
    version: version('passport-jwt'),
    homepage: 'https://github.com/mikenicholson/passport-jwt',
    issues: 'https://github.com/mikenicholson/passport-jwt/issues',
    tokens: { supports: [...ALGORITHMS, ...CLAIMS, 'pem', 'secret', 'defaults'], verify },
  });
})();
