// h3 (Nitro's and Nuxt's): `parseCookies(event)` in a handler, for a Request whose Cookie header has the octets as Latin-1.
//
// Fetch's Headers refuse some octets and trim white space; what they refuse is a refusal here, and is said to be theirs.
'use strict';

const { Reject, field, load, serve, version } = require('../javascript/assay-shim.js');

(async () => {
  const { H3, parseCookies } = await load('h3');

  let seen, failed;
  const app = new H3({ onError: (error) => void (failed = error) });
  app.get('/', (event) => {
    seen = Object.entries(parseCookies(event));
    return '';
  });

  async function header([line]) {
    const value = field(line);
    let request;
    try {
      request = new Request('http://localhost/', { headers: { Cookie: value } });
    } catch (error) {
      throw new Reject('malformed', `Fetch's Headers: ${error.message}`);
    }
    seen = failed = undefined;
    const response = await app.fetch(request);
    if (!seen && failed && failed.status >= 500) throw failed.cause ?? failed;
    if (!seen) throw new Reject('malformed', `answered with ${response.status}`);
    return seen;
  }

  await serve({
    name: 'h3',
    version: version('h3'),
    homepage: 'https://h3.dev',
    issues: 'https://github.com/h3js/h3/issues',
    header,
  });
})();
