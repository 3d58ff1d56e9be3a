// golang-jwt, version 4: jwt.Parse into MapClaims with a Keyfunc, and WithValidMethods where the policy lists algorithms.
//
// The Keyfunc gives the key that the policy has, read by the library from PEM text, or a secret; in a key set the token's kid chooses,
// as the documentation of Keyfunc says. The library reads no JWK. Issuer and audience are the methods VerifyIssuer and VerifyAudience
// with the claim required, called on the claims of a token that was parsed, as its documentation has them. The clock is jwt.TimeFunc;
// there is no leeway.
//
// With --number claims are parsed WithJSONNumber.
package main

import (
	"crypto"
	"errors"
	"os"
	"time"

	"github.com/golang-jwt/jwt"

	assay "../go"
)

var version string

var readers = []struct {
	family string
	read   func(pem []byte) (any, error)
}{
	{"RS", func(pem []byte) (any, error) { return jwt.ParseRSAPublicKeyFromPEM(pem) }},
	{"PS", func(pem []byte) (any, error) { return jwt.ParseRSAPublicKeyFromPEM(pem) }},
	{"ES", func(pem []byte) (any, error) { return jwt.ParseECPublicKeyFromPEM(pem) }},
	{"Ed", func(pem []byte) (any, error) { return jwt.ParseEdPublicKeyFromPEM(pem) }},
}

// read is the key by the function for its family; without algorithms the application knows which one that is.
func read(policy *assay.Policy, key *assay.Key) (any, error) {
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
	err := errors.New("no key of the kind that the algorithms take")
	family := policy.Family()
	for _, reader := range readers {
		// In a key set there are keys of other families too.
		if family == "" && policy.Algorithms == nil || family == reader.family || policy.JWKS {
			var public crypto.PublicKey
			if public, err = reader.read([]byte(*text)); err == nil {
				return public, nil
			}
		}
	}
	return nil, assay.Refused("key", err)
}

// keyfunc is made once: the keys are the application's configuration. Of a key set it holds those that the library reads.
func keyfunc(policy *assay.Policy) (any, error) {
	keys := make(map[string]any)
	for at := range policy.Keys {
		key, err := read(policy, &policy.Keys[at])
		if _, refused := err.(assay.Reject); refused && policy.JWKS {
			continue
		} else if err != nil {
			return nil, err
		}
		keys[policy.Keys[at].Kid] = key
	}
	if !policy.JWKS {
		if _, err := policy.Key(); err != nil {
			return nil, err
		}
		return jwt.Keyfunc(func(*jwt.Token) (any, error) { return keys[policy.Keys[0].Kid], nil }), nil
	}
	return jwt.Keyfunc(func(token *jwt.Token) (any, error) {
		kid, named := token.Header["kid"].(string)
		if _, there := token.Header["kid"]; !there && len(policy.Keys) == 1 {
			kid, named = policy.Keys[0].Kid, true
		}
		if key, known := keys[kid]; named && known {
			return key, nil
		}
		return nil, errors.New("no key in the set fits")
	}), nil
}

func verify(text string, policy *assay.Policy, options []jwt.ParserOption) (any, any, error) {
	find, err := policy.Keep("keyfunc", func() (any, error) { return keyfunc(policy) })
	if err != nil {
		return nil, nil, err
	}
	if policy.Algorithms != nil {
		options = append(options[:len(options):len(options)], jwt.WithValidMethods(policy.Algorithms))
	}
	jwt.TimeFunc = policy.Time
	defer func() { jwt.TimeFunc = time.Now }()
	token, err := jwt.Parse(text, find.(jwt.Keyfunc), options...)
	if err != nil {
		return nil, nil, assay.Refused(reason(err), err)
	}
	claims := token.Claims.(jwt.MapClaims)
	if policy.Issuer != nil && !claims.VerifyIssuer(policy.Issuer[0], true) {
		return nil, nil, assay.Reject{Reason: "issuer", Detail: "VerifyIssuer"}
	}
	if policy.Audience != nil && !claims.VerifyAudience(policy.Audience[0], true) {
		return nil, nil, assay.Reject{Reason: "audience", Detail: "VerifyAudience"}
	}
	return map[string]any(claims), token.Header, nil
}

// reason is told by the error's flags; of several the one that the library puts first in its errors.
func reason(err error) string {
	var refused *jwt.ValidationError
	if !errors.As(err, &refused) {
		return "other"
	}
	flag := func(flags uint32) bool { return refused.Errors&flags != 0 }
	switch {
	case flag(jwt.ValidationErrorMalformed):
		return "malformed"
	case flag(jwt.ValidationErrorUnverifiable):
		if refused.Inner != nil {
			return "key"
		}
		return "algorithm"
	case flag(jwt.ValidationErrorSignatureInvalid):
		switch {
		case errors.Is(err, jwt.ErrInvalidKeyType), errors.Is(err, jwt.ErrInvalidKey):
			return "key"
		case refused.Inner == nil, errors.Is(err, jwt.NoneSignatureTypeDisallowedError):
			return "algorithm"
		}
		return "signature"
	case flag(jwt.ValidationErrorExpired):
		return "expired"
	case flag(jwt.ValidationErrorNotValidYet | jwt.ValidationErrorIssuedAt):
		return "not-yet-valid"
	}
	return "other"
}

func main() {
	name := "golang-jwt"
	var options []jwt.ParserOption
	for _, argument := range os.Args[1:] {
		if argument == "--number" {
			name, options = "golang-jwt-number", append(options, jwt.WithJSONNumber())
		}
	}
	assay.Serve(assay.Target{
		Name:     name,
		Version:  version,
		Homepage: "https://github.com/golang-jwt/jwt",
		Issues:   "https://github.com/golang-jwt/jwt/issues",
		Supports: []string{
			"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
			"exp", "nbf", "clock", "pem", "jwks", "secret", "issuer", "audience", "bytes", "defaults",
		},
		Token: func(token string, policy *assay.Policy) (any, any, error) { return verify(token, policy, options) },
	})
}
