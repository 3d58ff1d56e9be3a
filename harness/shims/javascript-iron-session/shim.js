// iron-session: `unsealData`.
//
// The cookie is found by splitting on "; " and the first "=": unsealData reads no header. It answers most seals that are not
// genuine with an empty object, so that is a refusal here, and a genuine seal of one cannot be told from it; others it answers
// with the Error that its seals are refused by. A later secret has a lower id, and an only secret is id 1, as in its own rotation.
// A seal's own end is checked with 60 s of grace, which iron-session fixes; its `ttl` is without effect in unsealData, so `max_age`
// is not obeyed. Date.now is replaced while it runs, so that `now` is.
'use strict';

const { Reject, load, plainValue, serve, version } = require('../javascript/assay-shim.js');

(async () => {
  const { sealData, unsealData } = await load('iron-session');

  const passwords = (secrets) =>
    secrets.length === 1 ? secrets[0] : Object.fromEntries(secrets.map((secret, i) => [secrets.length - i, secret]));

  const realNow = Date.now;
  async function at(now, run) {
    if (now !== undefined) Date.now = () => now * 1000;
    try {
      return await run();
    } finally {
      Date.now = realNow;
    }
  }

  async function open([line], { name, secrets, now }) {
    const seal = plainValue(line, name);
    const data = await at(now, () => unsealData(seal, { password: passwords(secrets) }));
    if (typeof data === 'object' && data !== null && !Array.isArray(data) && Object.keys(data).length === 0) {
      throw new Reject('other', 'the session is empty');
    }
    // The session is JSON, whatever it is.
    return JSON.stringify(data);
  }

  async function made(now) {
    const [fresh, old] = ['the newer of two secrets, 32 octets', 'the older of two secrets, 32 octets'];
    const seal = (secrets) => at(now - 60, () => sealData({ user: 7 }, { password: passwords(secrets), ttl: 3600 }));
    const [payload, json] = ['{"user":7}', true];
    return [
      { value: await seal([fresh, old]), payload, json, secrets: [fresh, old] },
      { value: await seal([old]), payload, json, secrets: [fresh, old] },
      { value: await seal([fresh]), payload, json, secrets: [fresh] },
    ];
  }

  await serve({
    name: 'iron-session',
    version: version('iron-session'),
    homepage: 'https://github.com/vvo/iron-session',
    issues: 'https://github.com/vvo/iron-session/issues',
    schemes: { 'iron-session': { open, made, rotation: true, clock: true } },
    // An Error and no kind of it is how iron refuses; a TypeError, say, is an accident.
    documented: (error) => (error?.constructor === Error ? 'malformed' : undefined),
  });
})();
