// @fastify/jwt: `request.jwtVerify()` in a handler of a Fastify application with the plugin, through Fastify's own `inject`.
//
// A key is PEM text as `secret.public`, or a secret as a Buffer; the token is handed over by the documented `extractToken`, so
// that no header is in its way. The other options are those of fast-jwt, which it calls: `clockTimestamp` is the clock, and is
// part of the application, which is made anew when the clock is another. What it answers a request with by 400 or 401 is a
// refusal, and fast-jwt's TokenError; anything else is a fault.
'use strict';

const { Reject, load, serve, unreadable, version } = require('../javascript/assay-shim.js');

const REASONS = {
  __proto__: null,
  FST_JWT_AUTHORIZATION_TOKEN_EXPIRED: 'expired',
  FST_JWT_BAD_REQUEST: 'malformed',
  FAST_JWT_MISSING_SIGNATURE: 'signature',
  FAST_JWT_INACTIVE: 'not-yet-valid',
  FAST_JWT_INVALID_KEY: 'key',
  FAST_JWT_MISSING_REQUIRED_CLAIM: 'missing-claim',
  FAST_JWT_INVALID_CRIT_HEADER: 'critical',
};
// Of the token that it calls invalid it keeps the message of fast-jwt alone.
const MESSAGES = [
  [/algorithm/, 'algorithm'],
  [/signature/, 'signature'],
  [/\bkey\b/, 'key'],
  [/will be active/, 'not-yet-valid'],
  [/has expired/, 'expired'],
  [/claim is required|claim must be/, 'missing-claim'],
  [/\biss claim/, 'issuer'],
  [/\baud claim/, 'audience'],
  [/\bsub claim/, 'subject'],
  [/[Cc]rit/, 'critical'],
  [/\btyp/, 'type'],
];

(async () => {
  const { default: fastify } = await load('fastify');
  const { default: fastifyJwt } = await load('@fastify/jwt');
  let shown, seen, failed;

  async function application(policy) {
    const [form, key] = policy.key ? policy.form('pem', 'cert_pem', 'secret') : [];
    const app = fastify();
    app.register(fastifyJwt, {
      secret: form === 'secret' ? key : { public: key },
      verify: {
        ...(policy.algorithms && { algorithms: policy.algorithms }),
        ...(policy.issuer.length && { allowedIss: policy.issuer }),
        ...(policy.audience.length && { allowedAud: policy.audience }),
        ...(policy.subject !== undefined && { allowedSub: policy.subject }),
        ...(policy.required.length && { requiredClaims: policy.required }),
        ...(policy.maxAge !== undefined && { maxAge: policy.maxAge }),
        ...(policy.now !== undefined && { clockTimestamp: policy.now * 1000 }),
        ...(policy.typ !== undefined && { checkTyp: policy.typ }),
        ...(policy.critical.length && { allowedCritHeaders: policy.critical }),
        clockTolerance: policy.leeway * 1000,
        extractToken: () => shown,
      },
    });
    app.setErrorHandler((error, request, reply) => {
      failed = error;
      reply.code(error.statusCode ?? 500).send('');
    });
    app.after(() => {
      app.get('/', async (request) => {
        await request.jwtVerify();
        seen = request.user;
        return '';
      });
    });
    await app.ready();
    return app;
  }

  async function verify(token, policy) {
    let app;
    try {
      app = await policy.held(() => application(policy), true);
    } catch (error) {
      // It refuses to be set up.
      throw new Reject('key', String(error));
    }
    shown = token;
    seen = failed = undefined;
    const { statusCode } = await app.inject({ method: 'GET', url: '/' });
    if (statusCode !== 200) throw failed ?? new Error(`answered with ${statusCode}`);
    return { claims: seen };
  }

  function documented(error) {
    const itsOwn = error?.statusCode === 400 || error?.statusCode === 401 || /^FAST_JWT_/.test(error?.code);
    if (!itsOwn) return unreadable(error);
    if (REASONS[error.code]) return REASONS[error.code];
    return MESSAGES.find(([words]) => words.test(error.message))?.[1] ?? 'malformed';
  }

  await serve({
    name: 'fastify-jwt',
    version: version('@fastify/jwt'),
    homepage: 'https://github.com/fastify/fastify-jwt',
    issues: 'https://github.com/fastify/fastify-jwt/issues',
    tokens: {
      supports: [
        ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'],
        ...['exp', 'nbf', 'clock', 'pem', 'secret', 'issuer', 'issuer-list', 'audience', 'audience-list', 'subject', 'typ'],
        ...['leeway', 'required-claims', 'max-age', 'critical', 'defaults'],
      ],
      verify,
    },
    documented,
  });
})();
