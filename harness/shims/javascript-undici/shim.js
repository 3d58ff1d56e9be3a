// undici: `getCookies` of its Headers, to which each Cookie field is appended as octets read as Latin-1.
//
// Its Headers join several Cookie fields themselves. They refuse some octets and trim white space; what they refuse is a refusal
// here, and is said to be theirs.
'use strict';

const { Reject, field, load, serve, version } = require('../javascript/assay-shim.js');

(async () => {
  const { Headers, getCookies } = await load('undici');

  function header(lines) {
    const values = lines.map(field);
    const headers = new Headers();
    try {
      for (const value of values) headers.append('Cookie', value);
    } catch (error) {
      throw new Reject('malformed', `undici's Headers: ${error.message}`);
    }
    return Object.entries(getCookies(headers));
  }

  await serve({
    name: 'undici',
    version: version('undici'),
    homepage: 'https://undici.nodejs.org',
    issues: 'https://github.com/nodejs/undici/issues',
    header,
    lines: true,
  });
})();
