package assay

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"strings"
	"time"
)

// More than the catalogue has; keys that are drawn by chance must not fill the memory.
const mostPolicies = 2000

// Names is one name or several.
type Names []string

// UnmarshalJSON reads a string or an array of strings.
func (n *Names) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		*n = make(Names, 1)
		return json.Unmarshal(text, &(*n)[0])
	}
	return json.Unmarshal(text, (*[]string)(n))
}

// Policy is what the relying party accepts.
type Policy struct {
	Algorithms     []string
	Keys           []Key
	JWKS           bool
	Issuer         Names
	Audience       Names
	Subject        *string
	Typ            *string
	Leeway         int64
	Now            *int64
	RequiredClaims []string `json:"required_claims"`
	MaxAge         *int64   `json:"max_age"`
	Critical       []string
	Cookie         json.RawMessage

	kept map[string]kept
}

// Key is a key in every form that the policy has it in.
type Key struct {
	Kid, Alg, Use string
	JWK           json.RawMessage
	JWKText       *string `json:"jwk_text"`
	PEM           *string
	CertPEM       *string `json:"cert_pem"`
	DER           []byte
	// Empty and nothing are two things.
	Secret []byte
}

type kept struct {
	value any
	err   error
}

// Keep is what an application makes when it starts and holds from then on, such as a parsed key.
func (p *Policy) Keep(name string, make func() (any, error)) (any, error) {
	held, there := p.kept[name]
	if !there {
		held.value, held.err = make()
		p.kept[name] = held
	}
	return held.value, held.err
}

// Key is the policy's only key.
func (p *Policy) Key() (*Key, error) {
	if len(p.Keys) != 1 {
		return nil, Unsupported("jwks")
	}
	return &p.Keys[0], nil
}

// Time is the verifier's clock.
func (p *Policy) Time() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return time.Unix(*p.Now, 0)
}

// Allows says whether an algorithm is listed; without a list every one is.
func (p *Policy) Allows(algorithm string) bool {
	return p.Algorithms == nil || contains(p.Algorithms, algorithm)
}

// Family is the start of the first listed algorithm that takes a public key, such as RS, and nothing where there is none.
func (p *Policy) Family() string {
	for _, algorithm := range p.Algorithms {
		if !strings.HasPrefix(algorithm, "HS") && algorithm != "none" {
			return algorithm[:2]
		}
	}
	return ""
}

// Encryption splits the algorithms of a policy for encrypted tokens: key management, content encryption, and those that sign what is
// inside. Without content encryption tokens are signed only.
func (p *Policy) Encryption() (wraps, encrypts, signs []string) {
	for _, algorithm := range p.Algorithms {
		switch {
		case strings.HasSuffix(algorithm, "GCM") || strings.Contains(algorithm, "CBC"):
			encrypts = append(encrypts, algorithm)
		case len(algorithm) == 5 && !strings.HasPrefix(algorithm, "A") || algorithm == "none":
			signs = append(signs, algorithm)
		default:
			wraps = append(wraps, algorithm)
		}
	}
	return wraps, encrypts, signs
}

// Recipient is the key that encrypted tokens are for: the one that is meant for it, or the only one.
func (p *Policy) Recipient() (*Key, error) {
	for at := range p.Keys {
		if p.Keys[at].Use == "enc" {
			return &p.Keys[at], nil
		}
	}
	return p.Key()
}

// Inside is the policy of the token inside an encrypted one.
func (p *Policy) Inside() *Policy {
	inside := *p
	_, _, inside.Algorithms = p.Encryption()
	inside.Keys, inside.kept = nil, make(map[string]kept)
	for _, key := range p.Keys {
		if key.Use != "enc" {
			inside.Keys = append(inside.Keys, key)
		}
	}
	return &inside
}

// lacking is the first thing asked for that is not among the capabilities.
func (p *Policy) lacking(supports []string) string {
	var needs []string
	for _, algorithm := range p.Algorithms {
		if algorithm != "none" {
			needs = append(needs, algorithm)
		}
	}
	need := func(wanted bool, feature string) {
		if wanted {
			needs = append(needs, feature)
		}
	}
	need(p.Algorithms == nil, "defaults")
	need(p.JWKS, "jwks")
	need(len(p.Issuer) == 1, "issuer")
	need(len(p.Issuer) > 1, "issuer-list")
	need(len(p.Audience) == 1, "audience")
	need(len(p.Audience) > 1, "audience-list")
	need(p.Subject != nil, "subject")
	need(p.Typ != nil, "typ")
	need(p.Leeway != 0, "leeway")
	need(len(p.RequiredClaims) > 0, "required-claims")
	need(p.MaxAge != nil, "max-age")
	need(len(p.Critical) > 0, "critical")
	for _, name := range needs {
		if !contains(supports, name) {
			return name
		}
	}
	return ""
}

// Public is the key of a PEM text, a certificate or DER, read by the standard library as applications do; nothing where the policy has
// it in no such form. What the standard library cannot read never comes to the library under test.
func (k *Key) Public() (crypto.PublicKey, error) {
	var octets []byte
	switch {
	case k.PEM != nil || k.CertPEM != nil:
		text := k.PEM
		if text == nil {
			text = k.CertPEM
		}
		block, _ := pem.Decode([]byte(*text))
		if block == nil {
			return nil, Reject{"key", "no PEM"}
		}
		octets = block.Bytes
		if block.Type == "CERTIFICATE" {
			certificate, err := x509.ParseCertificate(octets)
			if err != nil {
				return nil, Refused("key", err)
			}
			return certificate.PublicKey, nil
		}
	case k.DER != nil:
		octets = k.DER
	default:
		return nil, nil
	}
	public, err := x509.ParsePKIXPublicKey(octets)
	if err != nil {
		return nil, Refused("key", err)
	}
	return public, nil
}

// Private is the private key of a PEM text, read as Public reads; nothing where the policy has it in no such form.
func (k *Key) Private() (crypto.PrivateKey, error) {
	if k.PEM == nil {
		return nil, nil
	}
	block, _ := pem.Decode([]byte(*k.PEM))
	if block == nil {
		return nil, Reject{"key", "no PEM"}
	}
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, Refused("key", err)
	}
	return private, nil
}

// JWKBytes is the JWK as it was served, or else as the policy has it; nothing where there is none.
func (k *Key) JWKBytes() []byte {
	if k.JWKText != nil {
		return []byte(*k.JWKText)
	}
	return k.JWK
}

// Kty is the kind of the JWK.
func (k *Key) Kty() string {
	var jwk struct{ Kty string }
	_ = json.Unmarshal(k.JWKBytes(), &jwk)
	return jwk.Kty
}

// JWKSet is the text of the key set, without keys of the kinds named; nothing where a key has no JWK.
func (p *Policy) JWKSet(without ...string) []byte {
	texts := make([]string, 0, len(p.Keys))
	for at := range p.Keys {
		text := p.Keys[at].JWKBytes()
		if text == nil {
			return nil
		}
		if !contains(without, p.Keys[at].Kty()) {
			texts = append(texts, string(text))
		}
	}
	return []byte(`{"keys":[` + strings.Join(texts, ",") + `]}`)
}

func contains(names []string, name string) bool {
	for _, known := range names {
		if known == name {
			return true
		}
	}
	return false
}
