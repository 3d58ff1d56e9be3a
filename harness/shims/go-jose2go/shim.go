// jose2go: Decode with the key, or with the callback of its "Two phase validation", which compares the algorithm with the policy's list
// and, in a key set, finds the key of the token's kid.
//
// Keys are octets, or read from PEM text by the library's packages Rsa and ecc; it reads no JWK. Without algorithms and a key set the key
// is given as it is. The library knows nothing of claims: the payload is read by encoding/json. A private key opens encrypted tokens; where
// a signed one must be inside, what was opened is decoded again.
package main

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/dvsekhvalnov/jose2go"
	ecc "github.com/dvsekhvalnov/jose2go/keys/ecc"
	Rsa "github.com/dvsekhvalnov/jose2go/keys/rsa"

	assay "../go"
)

var version string

type callback = func(headers map[string]any, payload string) any

// errNotListed and errNoKey are what the callback gives the library to return.
var (
	errNotListed = errors.New("the algorithm is not listed")
	errNoKey     = errors.New("no key in the set fits")
)

func read(policy *assay.Policy, key *assay.Key, private bool) (any, error) {
	if key.Secret != nil {
		return key.Secret, nil
	}
	text := key.PEM
	if text == nil {
		text = key.CertPEM
	}
	if text == nil {
		return nil, assay.Unsupported("jwk")
	}
	pem := []byte(*text)
	family := policy.Family()
	attempts := []struct {
		fits bool
		read func() (any, error)
	}{
		{private, func() (any, error) { return Rsa.ReadPrivate(pem) }},
		{private, func() (any, error) { return ecc.ReadPrivate(pem) }},
		{!private && family != "ES", func() (any, error) { return Rsa.ReadPublic(pem) }},
		{!private && (family == "ES" || family == "" || policy.JWKS), func() (any, error) { return ecc.ReadPublic(pem) }},
	}
	err := errNoKey
	for _, attempt := range attempts {
		if attempt.fits {
			var found any
			if found, err = attempt.read(); err == nil {
				return found, nil
			}
		}
	}
	return nil, assay.Refused("key", err)
}

// key is what Decode is given.
func key(policy *assay.Policy) (any, error) {
	keys := make(map[string]any)
	for at := range policy.Keys {
		key, err := read(policy, &policy.Keys[at], false)
		if _, refused := err.(assay.Reject); refused && policy.JWKS {
			continue
		} else if err != nil {
			return nil, err
		}
		keys[policy.Keys[at].Kid] = key
	}
	if policy.JWKS {
		return callback(func(headers map[string]any, _ string) any {
			if !allows(policy, headers["alg"]) {
				return errNotListed
			}
			kid, named := headers["kid"].(string)
			if _, there := headers["kid"]; !there && len(policy.Keys) == 1 {
				kid, named = policy.Keys[0].Kid, true
			}
			if key, known := keys[kid]; named && known {
				return key
			}
			return errNoKey
		}), nil
	}
	if _, err := policy.Key(); err != nil {
		return nil, err
	}
	only := keys[policy.Keys[0].Kid]
	if policy.Algorithms == nil {
		return only, nil
	}
	return callback(func(headers map[string]any, _ string) any {
		if !allows(policy, headers["alg"]) {
			return errNotListed
		}
		return only
	}), nil
}

func allows(policy *assay.Policy, named any) bool {
	algorithm, is := named.(string)
	return is && policy.Allows(algorithm)
}

// recipient is what Decode is given for an encrypted token.
func recipient(policy *assay.Policy) (any, error) {
	own, err := policy.Recipient()
	if err != nil {
		return nil, err
	}
	var key any
	wraps, encrypts, _ := policy.Encryption()
	switch {
	case own.Secret != nil && strings.HasPrefix(wraps[0], "PBES2"):
		// A passphrase is text to this library.
		key = string(own.Secret)
	case own.Secret != nil:
		key = own.Secret
	default:
		if key, err = read(policy, own, true); err != nil {
			return nil, err
		}
	}
	outer := &assay.Policy{Algorithms: append(wraps, encrypts...)}
	return callback(func(headers map[string]any, _ string) any {
		if !allows(outer, headers["alg"]) || !allows(outer, headers["enc"]) {
			return errNotListed
		}
		return key
	}), nil
}

func verify(text string, policy *assay.Policy) (any, any, error) {
	if _, encrypts, signs := policy.Encryption(); encrypts != nil {
		own, err := policy.Keep("recipient", func() (any, error) { return recipient(policy) })
		if err != nil {
			return nil, nil, err
		}
		payload, headers, err := jose.Decode(text, own)
		if err != nil {
			return nil, nil, assay.Refused(reason(err), err)
		}
		if signs == nil {
			return claims(payload, headers)
		}
		text = payload
		inside, _ := policy.Keep("inside", func() (any, error) { return policy.Inside(), nil })
		policy = inside.(*assay.Policy)
	}
	held, err := policy.Keep("key", func() (any, error) { return key(policy) })
	if err != nil {
		return nil, nil, err
	}
	payload, headers, err := jose.Decode(text, held)
	if err != nil {
		return nil, nil, assay.Refused(reason(err), err)
	}
	return claims(payload, headers)
}

func claims(payload string, headers map[string]any) (any, any, error) {
	var claims map[string]any
	if err := json.Unmarshal([]byte(payload), &claims); err != nil {
		return nil, nil, assay.Refused("malformed", err)
	}
	return claims, headers, nil
}

// reason is told by the error's text alone.
func reason(err error) string {
	text := err.Error()
	has := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(text, word) {
				return true
			}
		}
		return false
	}
	switch {
	case err == errNotListed, has("nknown algorithm", "nknown key management", "nknown encryption"):
		return "algorithm"
	case err == errNoKey, has("expects key", "expected key"):
		return "key"
	case has("ignature", "verification error", "Auth tag", "tag"):
		return "signature"
	}
	return "malformed"
}

func main() {
	assay.Serve(assay.Target{
		Name:     "jose2go",
		Version:  version,
		Homepage: "https://github.com/dvsekhvalnov/jose2go",
		Issues:   "https://github.com/dvsekhvalnov/jose2go/issues",
		Supports: []string{
			"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
			"pem", "jwks", "secret", "bytes", "defaults",
			"jwe", "dir", "A128KW", "A192KW", "A256KW", "A128GCMKW", "A192GCMKW", "A256GCMKW", "RSA1_5", "RSA-OAEP", "RSA-OAEP-256",
			"ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW",
			"PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW",
			"A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM",
		},
		Token: verify,
	})
}
