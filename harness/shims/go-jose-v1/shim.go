// go-jose, version 1: ParseSigned and Verify with the key; what is signed is the application's to read.
//
// The key is octets, a key of Go's standard library or a JsonWebKey; in a JsonWebKeySet the application looks for the kid of the token's
// header, for which the set has Key. A PEM text that the standard library cannot read never comes to the library, and is refused here.
// The library has no list of algorithms: where the policy has one, the application compares the algorithm of the signature's Header
// with it. Keys of the kind OKP, of which it does not know, are in no set that is given to it. It knows nothing of claims: the octets that Verify gives are read by encoding/json, as its example reads them.
package main

import (
	"encoding/json"

	"gopkg.in/square/go-jose.v1"

	assay "../go"
)

var version string

// key is what the library is given to verify with, or a set in which one is looked for.
func key(policy *assay.Policy) (any, error) {
	if policy.JWKS {
		text := policy.JWKSet("OKP")
		if text == nil {
			return nil, assay.Unsupported("pem")
		}
		set := new(jose.JsonWebKeySet)
		return set, unmarshal(text, set)
	}
	only, err := policy.Key()
	if err != nil {
		return nil, err
	}
	if only.Secret != nil {
		return only.Secret, nil
	}
	if public, err := only.Public(); public != nil || err != nil {
		return public, err
	}
	jwk := new(jose.JsonWebKey)
	return jwk, unmarshal(only.JWKBytes(), jwk)
}

func unmarshal(text []byte, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		return assay.Refused("key", err)
	}
	return nil
}

func verify(text string, policy *assay.Policy) (any, any, error) {
	held, err := policy.Keep("key", func() (any, error) { return key(policy) })
	if err != nil {
		return nil, nil, err
	}
	token, err := jose.ParseSigned(text)
	if err != nil {
		return nil, nil, assay.Refused("malformed", err)
	}
	for _, signature := range token.Signatures {
		if !policy.Allows(signature.Header.Algorithm) {
			return nil, nil, assay.Reject{Reason: "algorithm", Detail: signature.Header.Algorithm}
		}
	}
	if set, is := held.(*jose.JsonWebKeySet); is {
		found := set.Keys
		if kid := token.Signatures[0].Header.KeyID; kid != "" {
			found = set.Key(kid)
		}
		if len(found) != 1 {
			return nil, nil, assay.Reject{Reason: "key", Detail: "no key in the set fits"}
		}
		held = &found[0]
	}
	payload, err := token.Verify(held)
	switch err {
	case nil:
	case jose.ErrUnsupportedAlgorithm:
		return nil, nil, assay.Refused("algorithm", err)
	case jose.ErrUnsupportedKeyType:
		return nil, nil, assay.Refused("key", err)
	default:
		return nil, nil, assay.Refused("signature", err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, nil, assay.Refused("malformed", err)
	}
	return claims, nil, nil
}

func main() {
	assay.Serve(assay.Target{
		Name:     "go-jose-v1",
		Version:  version,
		Homepage: "https://github.com/square/go-jose",
		Issues:   "https://github.com/square/go-jose/issues",
		Supports: []string{
			"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
			"pem", "jwk", "jwks", "secret", "json-serialization", "bytes", "defaults",
		},
		Token: verify,
	})
}
