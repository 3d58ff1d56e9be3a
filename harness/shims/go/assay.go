// Package assay is the shim's end of the verifier protocol, version 1 (PROTOCOL.md), for Go libraries that read Cookie headers and open
// no scheme, and for those that verify tokens.
//
// Serve reads requests from stdin until they end and writes an answer for each. With --sample as an argument it prints nothing,
// as there are no protected cookies. Only the standard library is used, and nothing here knows a library.
package assay

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"time"
	"unicode/utf8"
)

const (
	protocol      = 1
	longestDetail = 4000
	deepest       = 120
)

type object = map[string]any

// Pair is a cookie as the application gets it.
type Pair struct{ Name, Value string }

// Reject is what a shim returns where the library, or the HTTP layer that it stands on, says no.
type Reject struct{ Reason, Detail string }

func (r Reject) Error() string { return r.Detail }

// Refused is a library's error with its reason.
func Refused(reason string, err error) Reject { return Reject{reason, err.Error()} }

// Unsupported is the name of a capability that the policy asks for and the library lacks.
type Unsupported string

func (u Unsupported) Error() string { return string(u) }

// Target is a library under test. One of Header and Token is there.
type Target struct {
	Name, Version, Homepage, Issues string
	// Header gives the cookies of the octets of the Cookie fields. An error that is no Reject is a fault, and so is a panic.
	Header func(lines [][]byte) ([]Pair, error)
	// Lines says that the library joins several fields itself.
	Lines bool
	// Token gives the claims of a token, and its header or nothing. An error that is neither Reject nor Unsupported is a fault, and so
	// is a panic.
	Token func(token string, policy *Policy) (claims, header any, err error)
	// Supports are the capabilities of Token: what a policy asks beyond them is answered before Token is asked.
	Supports []string

	policies map[string]*Policy
}

// Serve answers requests until they end.
func Serve(t Target) {
	for _, argument := range os.Args[1:] {
		if argument == "--sample" {
			return
		}
	}
	t.policies = make(map[string]*Policy)
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	// What a library prints must not be read as an answer.
	os.Stdout = os.Stderr
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			answer := t.reply(bytes.TrimSuffix(line, []byte("\n")))
			if answer == nil {
				break
			}
			written, failed := json.Marshal(answer)
			if failed != nil {
				written, _ = json.Marshal(object{"seq": answer["seq"], "fault": plain(failed.Error())})
			}
			out.Write(append(written, '\n'))
			// Answers leave together while requests are there; asking for more would wait.
			if in.Buffered() == 0 {
				out.Flush()
			}
		}
		if err != nil {
			break
		}
	}
	out.Flush()
}

// reply is the answer to a line, nil where the harness says stop.
func (t Target) reply(line []byte) object {
	bad := object{"error": "bad-line"}
	var request struct {
		Cmd      *string         `json:"cmd"`
		Protocol json.RawMessage `json:"protocol"`
		Seq      *int64          `json:"seq"`
		Input    json.RawMessage `json:"input"`
		Policy   json.RawMessage `json:"policy"`
	}
	if !utf8.Valid(line) || json.Unmarshal(line, &request) != nil || request.Cmd == nil {
		return bad
	}
	switch *request.Cmd {
	case "stop":
		return nil
	case "start":
		if string(request.Protocol) != "1" {
			return object{"error": "unknown-protocol", "supported": []int{protocol}}
		}
		supports := t.Supports
		if t.Header != nil {
			supports = append(supports, "cookie")
		}
		if t.Lines {
			supports = append(supports, "cookie-lines")
		}
		who := object{"name": t.Name, "version": t.Version, "language": "go", "homepage": t.Homepage, "issues": t.Issues}
		return object{"protocol": protocol, "target": who, "supports": supports}
	case "verify":
	default:
		return object{"error": "unknown-cmd"}
	}
	if request.Seq == nil || !isObject(request.Input) || !isObject(request.Policy) {
		return bad
	}
	var answer object
	if t.Token != nil {
		answer = t.replyToken(request.Input, request.Policy)
	} else {
		answer = t.replyCookie(request.Input, request.Policy)
	}
	if answer == nil {
		return bad
	}
	answer["seq"] = *request.Seq
	return answer
}

func isObject(text json.RawMessage) bool { return len(text) > 0 && text[0] == '{' }

func unsupported(feature string) object { return object{"verdict": "unsupported", "feature": feature} }

// replyToken is the answer without its number, nil where the line is no request.
func (t Target) replyToken(text, configured json.RawMessage) object {
	var input struct {
		Token  *string
		Bytes  *[]byte
		Cookie json.RawMessage
	}
	if json.Unmarshal(text, &input) != nil {
		return nil
	}
	// The same policy comes many times, and an application reads its configuration once.
	policy := t.policies[string(configured)]
	if policy == nil {
		policy = &Policy{kept: make(map[string]kept)}
		if json.Unmarshal(configured, policy) != nil {
			return nil
		}
		if len(t.policies) == mostPolicies {
			t.policies = make(map[string]*Policy)
		}
		t.policies[string(configured)] = policy
	}
	if input.Cookie != nil || policy.Cookie != nil {
		return unsupported("cookie")
	}
	var token string
	switch {
	case input.Token != nil:
		token = *input.Token
	case input.Bytes == nil:
		return nil
	case !contains(t.Supports, "bytes"):
		return unsupported("bytes")
	default:
		token = string(*input.Bytes)
	}
	if lacking := policy.lacking(t.Supports); lacking != "" {
		return unsupported(lacking)
	}
	said := answer(func() (object, error) {
		claims, header, err := t.Token(token, policy)
		if err != nil {
			return nil, err
		}
		accepted := object{"verdict": "accept", "claims": claims}
		if header != nil {
			accepted["header"] = header
		}
		return accepted, nil
	})
	for _, member := range []string{"claims", "header"} {
		if value, there := said[member]; there {
			said[member] = sound(value, 0)
		}
	}
	return said
}

// sound is what readers of JSON take: a number beyond what a double holds is its text, and what lies deeper than they go is cut off.
func sound(value any, depth int) any {
	switch value := value.(type) {
	case map[string]any:
		if value == nil {
			// The application reads it like an empty one.
			return object{}
		}
		if depth < deepest {
			for name, member := range value {
				value[name] = sound(member, depth+1)
			}
			return value
		}
	case []any:
		if depth < deepest {
			for at, member := range value {
				value[at] = sound(member, depth+1)
			}
			return value
		}
	case json.Number:
		if _, err := value.Float64(); err != nil {
			return value.String()
		}
		return value
	default:
		return value
	}
	return "cut off"
}

// replyCookie is the answer without its number, nil where the line is no request.
func (t Target) replyCookie(text, configured json.RawMessage) object {
	var input struct{ Cookie *cookie }
	var policy struct {
		Leeway json.Number
		Cookie *struct{ Scheme *string }
	}
	if json.Unmarshal(text, &input) != nil || json.Unmarshal(configured, &policy) != nil {
		return nil
	}
	if input.Cookie == nil || policy.Cookie == nil {
		return unsupported("token")
	}
	lines := input.Cookie.fields()
	switch {
	case lines == nil:
		return nil
	case input.Cookie.Lines != nil && !t.Lines:
		return unsupported("cookie-lines")
	case policy.Leeway != "" && policy.Leeway != "0":
		return unsupported("leeway")
	case policy.Cookie.Scheme != nil:
		return unsupported(*policy.Cookie.Scheme)
	}
	return answer(func() (object, error) {
		cookies, err := t.Header(lines)
		if err != nil {
			return nil, err
		}
		pairs := make([][2]string, 0, len(cookies))
		for _, cookie := range cookies {
			pairs = append(pairs, [2]string{encode(cookie.Name), encode(cookie.Value)})
		}
		return object{"verdict": "accept", "claims": object{"pairs": pairs}}, nil
	})
}

// answer is what the library did, and the time in it: neither JSON nor the pipe.
func answer(library func() (object, error)) (said object) {
	defer func() {
		if panicked := recover(); panicked != nil {
			said = object{"fault": plain(fmt.Sprintf("%v\n%s", panicked, debug.Stack()))}
		}
	}()
	started := time.Now()
	said, err := library()
	spent := time.Since(started).Nanoseconds()
	switch no := err.(type) {
	case nil:
	case Reject:
		said = object{"verdict": "reject", "reason": no.Reason, "detail": plain(no.Detail)}
	case Unsupported:
		return unsupported(string(no))
	default:
		return object{"fault": plain(err.Error())}
	}
	said["nanoseconds"] = spent
	return said
}

// cookie is what a request's Cookie fields are.
type cookie struct {
	Header      *string
	HeaderBytes *[]byte `json:"header_bytes"`
	Lines       [][]byte
}

func (c cookie) fields() [][]byte {
	switch {
	case c.Lines != nil:
		return c.Lines
	case c.HeaderBytes != nil:
		return [][]byte{*c.HeaderBytes}
	case c.Header != nil:
		return [][]byte{[]byte(*c.Header)}
	}
	return nil
}

func encode(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func plain(text string) string {
	if len(text) > longestDetail {
		text = text[:longestDetail]
	}
	return string(bytes.ToValidUTF8([]byte(text), []byte("\uFFFD")))
}
