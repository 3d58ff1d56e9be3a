// A shim: it shows Assay's tokens to a verifier in Go, and tells the verdicts.
//
// It works as it stands, and verifies HS256 with nothing but Go (1.18 or newer):
//
//	go build -o shim shim.go
//	assay check --target-cmd ./shim
//	assay run --target-cmd ./shim
//
// To try your own library, change target, supports and verify. The rest speaks the
// protocol, which is described in PROTOCOL.md of https://github.com/assay-harness/assay.
package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"
)

// target is who is tried, as the report names it.
var target = object{"name": "starter-go", "version": "1", "language": "go"}

// supports is what verify does and obeys, in the words of PROTOCOL.md. What is not
// listed is not tried. A false claim here becomes a false accusation in the report.
var supports = []string{
	"HS256",
	"secret",
	"exp",
	"nbf",
	"clock",
	"leeway",
	"issuer",
	"issuer-list",
	"audience",
	"audience-list",
	"bytes",
}

// A refusal says that the token is not accepted. PROTOCOL.md lists the reasons, "other"
// among them.
type refusal struct{ reason, detail string }

func (r refusal) Error() string { return r.reason + ": " + r.detail }

// An unsupported is the name of a capability that the library lacks to obey the policy.
type unsupported string

func (u unsupported) Error() string { return string(u) }

// verify gives all claims of the token, or a refusal. REPLACE THIS BY YOUR LIBRARY.
//
// With golang-jwt, for example. It takes one issuer: take "issuer-list" out of supports.
//
//	options := []jwt.ParserOption{
//		jwt.WithValidMethods(policy.Algorithms),
//		jwt.WithAudience(policy.Audience...),
//		jwt.WithLeeway(time.Duration(policy.Leeway) * time.Second),
//		jwt.WithTimeFunc(policy.time),
//		jwt.WithJSONNumber(),
//	}
//	if policy.Issuer != nil {
//		options = append(options, jwt.WithIssuer(policy.Issuer[0]))
//	}
//	key := func(*jwt.Token) (any, error) { return policy.secret() }
//	claims := jwt.MapClaims{}
//	_, err := jwt.ParseWithClaims(token, claims, key, options...)
//	switch {
//	case errors.Is(err, jwt.ErrTokenExpired):
//		return nil, refusal{"expired", err.Error()}
//	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
//		return nil, refusal{"signature", err.Error()}
//	case err != nil:
//		return nil, refusal{"other", err.Error()}
//	}
//	return claims, nil
//
// An error that is neither a refusal nor unsupported is a fault, and so is a panic.
func verify(token string, policy *policy) (object, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, refusal{"malformed", "a token has three parts"}
	}
	var decoded [3][]byte
	for i, part := range parts {
		octets, err := octetsOf(part)
		if err != nil {
			return nil, refusal{"malformed", err.Error()}
		}
		decoded[i] = octets
	}
	header, err := objectOf(decoded[0])
	if err != nil {
		return nil, refusal{"malformed", err.Error()}
	}
	if header["alg"] != "HS256" || !contains(policy.Algorithms, "HS256") {
		return nil, refusal{"algorithm", fmt.Sprintf("alg is %v", header["alg"])}
	}
	if _, ok := header["crit"]; ok {
		return nil, refusal{"critical", "no extension is understood"}
	}
	key, err := policy.secret()
	if err != nil {
		return nil, err
	}
	// RFC 7518, section 3.2; and the text of another key is no secret.
	if len(key) < sha256.Size || bytes.HasPrefix(key, []byte("-----BEGIN ")) {
		return nil, refusal{"key", "no secret for HS256"}
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(parts[0] + "." + parts[1]))
	if !hmac.Equal(mac.Sum(nil), decoded[2]) {
		return nil, refusal{"signature", "it is another"}
	}
	claims, err := objectOf(decoded[1])
	if err != nil {
		return nil, refusal{"malformed", err.Error()}
	}
	return claims, checkClaims(claims, policy)
}

// checkClaims holds the claims against the policy.
func checkClaims(claims object, policy *policy) error {
	dates := map[string]float64{}
	for _, name := range []string{"exp", "nbf", "iat"} {
		value, ok := claims[name]
		if !ok {
			continue
		}
		number, _ := value.(json.Number)
		date, err := number.Float64()
		if err != nil {
			return refusal{"missing-claim", name + " is no number"}
		}
		dates[name] = date
	}
	for _, name := range []string{"iss", "sub", "jti"} {
		if value, ok := claims[name]; ok {
			if _, ok := value.(string); !ok {
				return refusal{"missing-claim", name + " is no text"}
			}
		}
	}
	audience, err := audienceOf(claims)
	if err != nil {
		return err
	}
	now, leeway := float64(policy.time().Unix()), float64(policy.Leeway)
	if exp, ok := dates["exp"]; ok && now >= exp+leeway {
		return refusal{"expired", fmt.Sprintf("exp is %v", claims["exp"])}
	}
	if nbf, ok := dates["nbf"]; ok && now+leeway < nbf {
		return refusal{"not-yet-valid", fmt.Sprintf("nbf is %v", claims["nbf"])}
	}
	iss, ok := claims["iss"].(string)
	if policy.Issuer != nil && !(ok && contains(policy.Issuer, iss)) {
		return refusal{"issuer", fmt.Sprintf("iss is %v", claims["iss"])}
	}
	if policy.Audience == nil {
		return nil
	}
	for _, name := range audience {
		if contains(policy.Audience, name) {
			return nil
		}
	}
	return refusal{"audience", fmt.Sprintf("aud is %v", claims["aud"])}
}

// audienceOf gives the members of aud, which may be one name without brackets.
func audienceOf(claims object) ([]string, error) {
	value, ok := claims["aud"]
	if !ok {
		return nil, nil
	}
	values, ok := value.([]any)
	if !ok {
		values = []any{value}
	}
	names := make([]string, len(values))
	for i, value := range values {
		if names[i], ok = value.(string); !ok {
			return nil, refusal{"missing-claim", "aud is no text"}
		}
	}
	return names, nil
}

// octetsOf decodes base64url, strictly: without padding, unused bits, and line ends,
// which even Strict lets pass.
func octetsOf(part string) ([]byte, error) {
	if strings.ContainsAny(part, "\r\n") {
		return nil, errors.New("a line ends inside base64url")
	}
	return base64.RawURLEncoding.Strict().DecodeString(part)
}

// objectOf reads a JSON object, strictly: json would mend what is no UTF-8. A struct
// would take members whose names are in other letters; a map does not.
func objectOf(octets []byte) (object, error) {
	if !utf8.Valid(octets) {
		return nil, errors.New("the JSON is no UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(octets))
	decoder.UseNumber()
	var value object
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("more follows the JSON")
	}
	if value == nil {
		return nil, errors.New("null is no object")
	}
	return value, nil
}

// A policy is what the token is held against. What is absent is nil.
type policy struct {
	Algorithms     []string                 `json:"algorithms"`
	Keys           []key                    `json:"keys"`
	JWKS           bool                     `json:"jwks"`
	Issuer         names                    `json:"issuer"`
	Audience       names                    `json:"audience"`
	Subject        *string                  `json:"subject"`
	Typ            *string                  `json:"typ"`
	Leeway         int64                    `json:"leeway"`
	Now            *int64                   `json:"now"`
	RequiredClaims []string                 `json:"required_claims"`
	MaxAge         *int64                   `json:"max_age"`
	Critical       []string                 `json:"critical"`
	Cookie         *struct{ Scheme string } `json:"cookie"`
}

// A key is given in every form that it has.
type key struct {
	Kid     string          `json:"kid"`
	Alg     string          `json:"alg"`
	JWK     json.RawMessage `json:"jwk"`
	JWKText *string         `json:"jwk_text"`
	PEM     *string         `json:"pem"`
	CertPEM *string         `json:"cert_pem"`
	DER     []byte          `json:"der"`
	Secret  []byte          `json:"secret"`
}

// names is one name or several.
type names []string

// UnmarshalJSON reads a string or an array of strings.
func (n *names) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		*n = make(names, 1)
		return json.Unmarshal(text, &(*n)[0])
	}
	return json.Unmarshal(text, (*[]string)(n))
}

// time gives the verifier's clock.
func (p *policy) time() time.Time {
	if p.Now != nil {
		return time.Unix(*p.Now, 0)
	}
	return time.Now()
}

// secret gives the octets of the only key.
func (p *policy) secret() ([]byte, error) {
	if len(p.Keys) != 1 || p.Keys[0].Secret == nil {
		return nil, refusal{"key", "the policy has no secret"}
	}
	return p.Keys[0].Secret, nil
}

// Nothing below needs to be changed: it is the shim's end of the protocol.

type object = map[string]any

var badLine = object{"error": "bad-line"}

func main() {
	answers := os.Stdout
	// Only answers may stand on stdout: what the library prints goes to stderr.
	os.Stdout = os.Stderr
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			answer := reply(line)
			if answer == nil {
				return
			}
			answers.Write(encode(answer))
		}
		if err != nil {
			return
		}
	}
}

// reply answers a line; nil is the answer to stop.
func reply(line []byte) object {
	var request struct {
		Cmd      *string         `json:"cmd"`
		Protocol json.RawMessage `json:"protocol"`
		Seq      *uint64         `json:"seq"`
		Input    *input          `json:"input"`
		Policy   *policy         `json:"policy"`
	}
	if !utf8.Valid(line) || json.Unmarshal(line, &request) != nil || request.Cmd == nil {
		return badLine
	}
	switch *request.Cmd {
	case "stop":
		return nil
	case "start":
		if string(request.Protocol) != "1" {
			return object{"error": "unknown-protocol", "supported": []int{1}}
		}
		return object{"protocol": 1, "target": target, "supports": supports}
	case "verify":
	default:
		return object{"error": "unknown-cmd"}
	}
	if request.Seq == nil || request.Input == nil || request.Policy == nil {
		return badLine
	}
	answer := judge(request.Input, request.Policy)
	answer["seq"] = *request.Seq
	return answer
}

// An input is what is shown. Octets come where they are no UTF-8.
type input struct {
	Token  string          `json:"token"`
	Bytes  []byte          `json:"bytes"`
	Cookie json.RawMessage `json:"cookie"`
}

// judge shows the token to the library and says what came of it.
func judge(shown *input, policy *policy) (answer object) {
	defer func() {
		if reason := recover(); reason != nil {
			answer = object{"fault": fmt.Sprintf("panic: %v\n%s", reason, debug.Stack())}
		}
	}()
	for _, need := range needs(shown, policy) {
		if !contains(supports, need) {
			return object{"verdict": "unsupported", "feature": need}
		}
	}
	token := shown.Token
	if shown.Bytes != nil {
		token = string(shown.Bytes)
	}
	started := time.Now()
	claims, err := verify(token, policy)
	took := time.Since(started).Nanoseconds()
	var refused refusal
	var lacking unsupported
	switch {
	case err == nil:
		return object{"verdict": "accept", "claims": claims, "nanoseconds": took}
	case errors.As(err, &refused):
		return object{"verdict": "reject", "reason": refused.reason, "detail": refused.detail}
	case errors.As(err, &lacking):
		return object{"verdict": "unsupported", "feature": string(lacking)}
	default:
		return object{"fault": fmt.Sprintf("%T: %v", err, err)}
	}
}

// needs gives the names of what the request asks for.
func needs(shown *input, policy *policy) []string {
	if policy.Cookie != nil && policy.Cookie.Scheme != "" {
		return []string{policy.Cookie.Scheme}
	}
	if policy.Cookie != nil || shown.Cookie != nil {
		return []string{"cookie"}
	}
	var needs []string
	need := func(asked bool, name string) {
		if asked {
			needs = append(needs, name)
		}
	}
	need(policy.Algorithms == nil, "defaults")
	for _, name := range policy.Algorithms {
		need(name != "none", name)
	}
	need(shown.Bytes != nil, "bytes")
	need(policy.JWKS || len(policy.Keys) > 1, "jwks")
	if !policy.JWKS && len(policy.Keys) == 1 {
		needs = append(needs, policy.Keys[0].needs()...)
	}
	need(len(policy.Issuer) == 1, "issuer")
	need(len(policy.Issuer) > 1, "issuer-list")
	need(len(policy.Audience) == 1, "audience")
	need(len(policy.Audience) > 1, "audience-list")
	need(policy.Subject != nil, "subject")
	need(policy.Typ != nil, "typ")
	need(policy.RequiredClaims != nil, "required-claims")
	need(policy.MaxAge != nil, "max-age")
	need(policy.Critical != nil, "critical")
	need(policy.Leeway != 0, "leeway")
	return needs
}

// needs gives the forms that the key has, if none of them is supported.
func (k *key) needs() []string {
	forms := map[string]bool{
		"secret": k.Secret != nil,
		"jwk":    k.JWK != nil || k.JWKText != nil,
		"pem":    k.PEM != nil || k.CertPEM != nil || k.DER != nil,
	}
	var given []string
	for form, there := range forms {
		if there && contains(supports, form) {
			return nil
		}
		if there {
			given = append(given, form)
		}
	}
	return given
}

// encode writes an answer as a line.
func encode(answer object) []byte {
	line, err := json.Marshal(answer)
	if err != nil {
		line, _ = json.Marshal(object{"seq": answer["seq"], "fault": err.Error()})
	}
	return append(line, '\n')
}

func contains(names []string, name string) bool {
	for _, known := range names {
		if known == name {
			return true
		}
	}
	return false
}
