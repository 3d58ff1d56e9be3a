// go-jose, version 2: jwt.ParseSigned, Claims with the key, and ValidateWithLeeway of jwt.Claims with what is expected.
//
// The key is octets, a key of Go's standard library, a JSONWebKey or a JSONWebKeySet, in which the token's kid chooses. A PEM text that
// the standard library cannot read never comes to the library, and is refused here. The library has no list of algorithms: where the
// policy has one, the application compares the algorithm of the token's Headers with it, as go-oidc does, which stands on this library;
// of an encrypted token the content encryption too. Of several expected audiences the library wants every one, so it has no list of
// them. Claims are read into jwt.Claims, and once more into a map for the application.
//
// Encrypted tokens go through jwt.ParseEncrypted, or jwt.ParseSignedAndEncrypted where a signed one must be inside. There is no X25519.
package main

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"gopkg.in/square/go-jose.v2"
	"gopkg.in/square/go-jose.v2/jwt"

	assay "../go"
)

var version string

// key is what the library is given to verify with.
func key(policy *assay.Policy) (any, error) {
	if policy.JWKS {
		text := policy.JWKSet()
		if text == nil {
			return nil, assay.Unsupported("pem")
		}
		set := new(jose.JSONWebKeySet)
		if err := unmarshal(text, set); err != nil {
			return nil, err
		}
		return set, nil
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
	return fromJWK(only)
}

func recipient(policy *assay.Policy) (any, error) {
	own, err := policy.Recipient()
	if err != nil {
		return nil, err
	}
	if own.Secret != nil {
		return own.Secret, nil
	}
	if private, err := own.Private(); private != nil || err != nil {
		return private, err
	}
	if strings.Contains(string(own.JWKBytes()), `"X25519"`) {
		return nil, assay.Unsupported("jwk")
	}
	return fromJWK(own)
}

func fromJWK(key *assay.Key) (any, error) {
	jwk := new(jose.JSONWebKey)
	if err := unmarshal(key.JWKBytes(), jwk); err != nil {
		return nil, err
	}
	return jwk, nil
}

func verify(text string, policy *assay.Policy) (any, any, error) {
	_, encrypts, signs := policy.Encryption()
	if encrypts == nil {
		token, err := jwt.ParseSigned(text)
		if err != nil {
			return nil, nil, assay.Refused("malformed", err)
		}
		return signed(token, policy)
	}
	own, err := policy.Keep("recipient", func() (any, error) { return recipient(policy) })
	if err != nil {
		return nil, nil, err
	}
	if signs == nil {
		token, err := jwt.ParseEncrypted(text)
		if err != nil {
			return nil, nil, assay.Refused("malformed", err)
		}
		if err := allowed(token.Headers, policy); err != nil {
			return nil, nil, err
		}
		return validated(token, own, policy)
	}
	outer, err := jwt.ParseSignedAndEncrypted(text)
	if err != nil {
		return nil, nil, assay.Refused("malformed", err)
	}
	if err := allowed(outer.Headers, policy); err != nil {
		return nil, nil, err
	}
	token, err := outer.Decrypt(own)
	if err != nil {
		return nil, nil, assay.Refused(reason(err), err)
	}
	inside, _ := policy.Keep("inside", func() (any, error) { return policy.Inside(), nil })
	return signed(token, inside.(*assay.Policy))
}

func signed(token *jwt.JSONWebToken, policy *assay.Policy) (any, any, error) {
	if err := allowed(token.Headers, policy); err != nil {
		return nil, nil, err
	}
	held, err := policy.Keep("key", func() (any, error) { return key(policy) })
	if err != nil {
		return nil, nil, err
	}
	return validated(token, held, policy)
}

// allowed is the application's comparison with its list.
func allowed(headers []jose.Header, policy *assay.Policy) error {
	for _, header := range headers {
		if !policy.Allows(header.Algorithm) {
			return assay.Reject{Reason: "algorithm", Detail: header.Algorithm}
		}
		if enc, is := header.ExtraHeaders["enc"].(string); is && !policy.Allows(enc) {
			return assay.Reject{Reason: "algorithm", Detail: enc}
		}
	}
	return nil
}

func validated(token *jwt.JSONWebToken, key any, policy *assay.Policy) (any, any, error) {
	var claims jwt.Claims
	var all map[string]any
	if err := token.Claims(key, &claims, &all); err != nil {
		return nil, nil, assay.Refused(reason(err), err)
	}
	expected := jwt.Expected{Audience: jwt.Audience(policy.Audience), Time: policy.Time()}
	if policy.Issuer != nil {
		expected.Issuer = policy.Issuer[0]
	}
	if policy.Subject != nil {
		expected.Subject = *policy.Subject
	}
	if err := claims.ValidateWithLeeway(expected, time.Duration(policy.Leeway)*time.Second); err != nil {
		return nil, nil, assay.Refused(reason(err), err)
	}
	return all, nil, nil
}

var reasons = map[error]string{
	jose.ErrCryptoFailure:        "signature",
	jose.ErrUnsupportedAlgorithm: "algorithm",
	jose.ErrUnsupportedKeyType:   "key",
	jose.ErrInvalidKeySize:       "key",
	jwt.ErrExpired:               "expired",
	jwt.ErrNotValidYet:           "not-yet-valid",
	jwt.ErrIssuedInTheFuture:     "not-yet-valid",
	jwt.ErrInvalidIssuer:         "issuer",
	jwt.ErrInvalidAudience:       "audience",
	jwt.ErrInvalidSubject:        "subject",
	jwt.ErrUnmarshalNumericDate:  "malformed",
	jwt.ErrUnmarshalAudience:     "audience",
	jwt.ErrInvalidContentType:    "type",
	jwt.ErrInvalidClaims:         "malformed",
}

func reason(err error) string {
	for known, reason := range reasons {
		if errors.Is(err, known) {
			return reason
		}
	}
	// What its copy of encoding/json says of the payload.
	return "malformed"
}

func unmarshal(text []byte, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		return assay.Refused("key", err)
	}
	return nil
}

func main() {
	assay.Serve(assay.Target{
		Name:     "go-jose",
		Version:  version,
		Homepage: "https://github.com/square/go-jose",
		Issues:   "https://github.com/square/go-jose/issues",
		Supports: []string{
			"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
			"exp", "nbf", "clock", "pem", "jwk", "jwks", "secret", "issuer", "audience", "subject", "leeway", "json-serialization",
			"bytes", "defaults",
			"jwe", "dir", "A128KW", "A192KW", "A256KW", "A128GCMKW", "A192GCMKW", "A256GCMKW", "RSA1_5", "RSA-OAEP", "RSA-OAEP-256",
			"ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW",
			"PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW",
			"A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM",
		},
		Token: verify,
	})
}
