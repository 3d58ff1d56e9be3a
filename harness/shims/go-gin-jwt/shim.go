// gin-jwt, version 2: MiddlewareFunc before a handler of gin, with the token in the field Authorization of a request.
//
// It takes one algorithm, HS or RS, with a secret or with the file of a public key; without the policy's algorithm it takes HS256, so
// other keys have no defaults. With RS it wants the file of a private key too, which signs nothing here and is made when the shim starts.
// It wants exp in every token. The clock is its TimeFunc, and that of jwt-go, on which it stands. As an HTTP server does, the shim
// refuses a field with a control octet, and takes off white space behind it. A request that is answered with a status of 400 to 499 is
// refused; the reason is told by the message alone.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	ginjwt "github.com/appleboy/gin-jwt"
	"github.com/dgrijalva/jwt-go"
	"github.com/gin-gonic/gin"

	assay "../go"
)

var version string

// own is the PEM text of the private key.
type own []byte

// files are the keys where the library reads them: it does so once, when the middleware is made.
func (o own) files(public string) (folder string, err error) {
	if folder, err = os.MkdirTemp("", "assay-gin-jwt-"); err != nil {
		return folder, err
	}
	if err = os.WriteFile(filepath.Join(folder, "private.pem"), o, 0o600); err != nil {
		return folder, err
	}
	return folder, os.WriteFile(filepath.Join(folder, "public.pem"), []byte(public), 0o600)
}

// server is the application: a handler behind the middleware that answers with the claims.
func (o own) server(policy *assay.Policy) (any, error) {
	key, err := policy.Key()
	if err != nil {
		return nil, err
	}
	middleware := &ginjwt.GinJWTMiddleware{Realm: "assay", TimeFunc: policy.Time, IdentityKey: "sub"}
	switch {
	case len(policy.Algorithms) > 1:
		return nil, assay.Unsupported(policy.Algorithms[1])
	case len(policy.Algorithms) == 1:
		middleware.SigningAlgorithm = policy.Algorithms[0]
	case key.Secret == nil:
		return nil, assay.Unsupported("defaults")
	}
	if strings.HasPrefix(middleware.SigningAlgorithm, "RS") {
		text := key.PEM
		if text == nil {
			text = key.CertPEM
		}
		if text == nil {
			return nil, assay.Unsupported("jwk")
		}
		folder, err := o.files(*text)
		defer os.RemoveAll(folder)
		if err != nil {
			return nil, err
		}
		middleware.PubKeyFile = filepath.Join(folder, "public.pem")
		middleware.PrivKeyFile = filepath.Join(folder, "private.pem")
	} else {
		if key.Secret == nil {
			return nil, assay.Unsupported("jwk")
		}
		middleware.Key = key.Secret
	}
	made, err := ginjwt.New(middleware)
	if err != nil {
		return nil, assay.Refused("key", err)
	}
	engine := gin.New()
	engine.Use(made.MiddlewareFunc())
	engine.GET("/", func(c *gin.Context) { c.JSON(http.StatusOK, ginjwt.ExtractClaims(c)) })
	return engine, nil
}

func (o own) verify(token string, policy *assay.Policy) (any, any, error) {
	held, err := policy.Keep("server", func() (any, error) { return o.server(policy) })
	if err != nil {
		return nil, nil, err
	}
	for _, octet := range []byte(token) {
		if octet < ' ' && octet != '\t' || octet == 0x7f {
			return nil, nil, assay.Reject{Reason: "malformed", Detail: "HTTP servers answer a field with a control octet with 400"}
		}
	}
	jwt.TimeFunc = policy.Time
	defer func() { jwt.TimeFunc = time.Now }()
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.Header.Set("Authorization", strings.TrimRight("Bearer "+token, " \t"))
	answer := httptest.NewRecorder()
	held.(*gin.Engine).ServeHTTP(answer, request)
	if answer.Code >= 400 && answer.Code < 500 {
		var said struct{ Message string }
		_ = json.Unmarshal(answer.Body.Bytes(), &said)
		return nil, nil, assay.Reject{Reason: reason(said.Message), Detail: fmt.Sprintf("%d %s", answer.Code, said.Message)}
	}
	if answer.Code != http.StatusOK {
		return nil, nil, fmt.Errorf("answered with %d", answer.Code)
	}
	var claims map[string]any
	if err := json.Unmarshal(answer.Body.Bytes(), &claims); err != nil {
		return nil, nil, err
	}
	return claims, nil, nil
}

func reason(message string) string {
	for _, known := range []struct{ words, reason string }{
		{"expired", "expired"},
		{"missing exp", "missing-claim"},
		{"exp must be", "missing-claim"},
		{"not valid yet", "not-yet-valid"},
		{"before issued", "not-yet-valid"},
		{"signing algorithm", "algorithm"},
		{"signing method", "algorithm"},
		{"signature", "signature"},
		{"verification error", "signature"},
		{"auth header", "malformed"},
		{"segments", "malformed"},
		{"base64", "malformed"},
		{"json", "malformed"},
		{"invalid character", "malformed"},
		{"EOF", "malformed"},
		{"unexpected end", "malformed"},
		{"bearer", "malformed"},
	} {
		if strings.Contains(message, known.words) {
			return known.reason
		}
	}
	return "other"
}

func main() {
	gin.SetMode(gin.ReleaseMode)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	assay.Serve(assay.Target{
		Name:     "gin-jwt",
		Version:  version,
		Homepage: "https://github.com/appleboy/gin-jwt",
		Issues:   "https://github.com/appleboy/gin-jwt/issues",
		Supports: []string{
			"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "exp", "nbf", "clock", "pem", "secret", "bytes", "defaults",
		},
		Token: own(pem.EncodeToMemory(block)).verify,
	})
}
