// What shims of jsonwebtoken and of what stands on it share: a policy as options of its `verify`, and what its errors say.
//
// What it refuses by is its JsonWebTokenError and what derives from it, a SyntaxError of a header or payload, and an Error of no
// kind for a key that does not fit. Of anything else `reasonOf` says nothing.
'use strict';

const { unreadable } = require('./assay-shim.js');

const one = (list) => (list.length > 1 ? list : list[0]);

/** `leeway` is 0 by default there too. */
const options = (policy) => ({
  ...(policy.algorithms && { algorithms: policy.algorithms }),
  ...(policy.issuer.length && { issuer: one(policy.issuer) }),
  ...(policy.audience.length && { audience: one(policy.audience) }),
  ...(policy.subject !== undefined && { subject: policy.subject }),
  ...(policy.maxAge !== undefined && { maxAge: policy.maxAge }),
  clockTolerance: policy.leeway,
  ...(policy.now !== undefined && { clockTimestamp: policy.now }),
});

function reasonOf(error) {
  const { name, message } = error;
  if (name === 'TokenExpiredError') return 'expired';
  if (name === 'NotBeforeError') return 'not-yet-valid';
  if (name === 'JsonWebTokenError') {
    if (/signature is required|invalid signature/.test(message)) return 'signature';
    if (/invalid algorithm|please specify "none"|must be an? (a?symmetric) key when using/.test(message)) return 'algorithm';
    if (/secret or public key|secretOrPublicKey/.test(message)) return 'key';
    if (/audience/.test(message)) return 'audience';
    if (/issuer/.test(message)) return 'issuer';
    if (/subject/.test(message)) return 'subject';
    return /iat required|invalid (exp|nbf) value/.test(message) ? 'missing-claim' : 'malformed';
  }
  if (error instanceof SyntaxError) return 'malformed';
  // The library's own, on keys, has no code; one of node's has.
  if (error.constructor === Error && error.code === undefined) return 'key';
  return unreadable(error);
}

/** The same where whatever it throws is turned into a refusal. */
const reasonOfAny = (error) => reasonOf(error) ?? (/signatures? must be/.test(error?.message) ? 'signature' : 'other');

const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'];
const ALGORITHMS = ['HS256', 'HS384', 'HS512', ...ASYMMETRIC];
const CLAIMS = ['exp', 'nbf', 'clock', 'issuer', 'issuer-list', 'audience', 'audience-list', 'subject', 'leeway', 'max-age'];

module.exports = { ALGORITHMS, ASYMMETRIC, CLAIMS, options, reasonOf, reasonOfAny };
