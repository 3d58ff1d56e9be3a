// go-oidc, version 2: IDTokenVerifier.Verify, with a RemoteKeySet whose HTTP client is given the policy's keys as the set that is served.
//
// A policy of one key is a set of one; the library reads no other form of a key. The policy's list is SupportedSigningAlgs; without it
// the library takes RS256 alone, so other keys have no defaults. Issuer, audience (ClientID) and clock (Now) are the library's; where the
// policy names no issuer or audience the check is skipped, as Config offers. The library allows one minute after now for nbf, and has
// nothing to set it by. The text of the set keeps for an hour, as its header says.
package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/coreos/go-oidc"

	assay "../go"
)

var version string

// served is an HTTP transport that answers with a key set.
type served []byte

func (s served) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK,
		Status:     "200 OK",
		Header:     http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"max-age=3600"}},
		Body:       io.NopCloser(bytes.NewReader(s)),
		Request:    request,
	}, nil
}

// verifier is made when the application starts; its clock reads what now points to.
func verifier(policy *assay.Policy) (any, error) {
	if !policy.JWKS {
		only, err := policy.Key()
		if err != nil {
			return nil, err
		}
		if policy.Algorithms == nil && only.Kty() != "RSA" {
			return nil, assay.Unsupported("defaults")
		}
	}
	set := policy.JWKSet()
	if set == nil {
		return nil, assay.Unsupported("pem")
	}
	config := &oidc.Config{
		SupportedSigningAlgs: policy.Algorithms,
		SkipIssuerCheck:      policy.Issuer == nil,
		SkipClientIDCheck:    policy.Audience == nil,
		Now:                  policy.Time,
	}
	var issuer string
	if policy.Issuer != nil {
		issuer = policy.Issuer[0]
	}
	if policy.Audience != nil {
		config.ClientID = policy.Audience[0]
	}
	client := &http.Client{Transport: served(set)}
	keys := oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), client), "https://issuer.example/keys")
	return oidc.NewVerifier(issuer, keys, config), nil
}

func verify(text string, policy *assay.Policy) (any, any, error) {
	held, err := policy.Keep("verifier", func() (any, error) { return verifier(policy) })
	if err != nil {
		return nil, nil, err
	}
	token, err := held.(*oidc.IDTokenVerifier).Verify(context.Background(), text)
	if err != nil {
		return nil, nil, assay.Refused(reason(err), err)
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return nil, nil, assay.Refused("malformed", err)
	}
	return claims, nil, nil
}

// reason is told by the error's text alone.
func reason(err error) string {
	for _, known := range []struct{ words, reason string }{
		{"malformed jwt", "malformed"},
		{"failed to unmarshal claims", "malformed"},
		{"did not match previous payload", "malformed"},
		{"claim name", "malformed"},
		{"source does not exist", "malformed"},
		{"issued by a different provider", "issuer"},
		{"expected audience", "audience"},
		{"token is expired", "expired"},
		{"before the nbf", "not-yet-valid"},
		{"unsupported algorithm", "algorithm"},
		{"signature", "signature"},
	} {
		if strings.Contains(err.Error(), known.words) {
			return known.reason
		}
	}
	return "other"
}

func main() {
	assay.Serve(assay.Target{
		Name:     "go-oidc",
		Version:  version,
		Homepage: "https://github.com/coreos/go-oidc",
		Issues:   "https://github.com/coreos/go-oidc/issues",
		Supports: []string{
			"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
			"exp", "nbf", "clock", "jwk", "jwks", "issuer", "audience", "bytes", "defaults",
		},
		Token: verify,
	})
}
