package main

// The shim's end of the verifier protocol, version 1 (PROTOCOL.md), for a library that reads Cookie headers and opens no scheme.
//
// serve reads requests from stdin until they end and writes an answer for each. With --sample as an argument it prints nothing,
// as there are no protected cookies. Nothing here knows a library.

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"
	"unicode/utf8"
)

const (
	protocol      = 1
	longestDetail = 4000
)

type object = map[string]any

// pair is a cookie as the application gets it.
type pair struct{ name, value string }

// reject is what a shim returns where the library, or the HTTP layer that it stands on, says no.
type reject struct{ reason, detail string }

func (r reject) Error() string { return r.detail }

type target struct {
	name, version, homepage, issues string
	// header gives the cookies of the octets of the Cookie fields. An error that is no reject is a fault, and so is a panic.
	header func(lines [][]byte) ([]pair, error)
	// lines says that the library joins several fields itself.
	lines bool
}

func serve(t target) {
	for _, argument := range os.Args[1:] {
		if argument == "--sample" {
			return
		}
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			answer := t.reply(bytes.TrimSuffix(line, []byte("\n")))
			if answer == nil {
				break
			}
			written, _ := json.Marshal(answer)
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
func (t target) reply(line []byte) object {
	bad := object{"error": "bad-line"}
	var request object
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	if !utf8.Valid(line) || decoder.Decode(&request) != nil || request == nil {
		return bad
	}
	if _, err := decoder.Token(); err != io.EOF {
		return bad
	}
	command, isText := request["cmd"].(string)
	switch {
	case !isText:
		return bad
	case command == "stop":
		return nil
	case command == "start":
		if number, ok := request["protocol"].(json.Number); !ok || number != "1" {
			return object{"error": "unknown-protocol", "supported": []int{protocol}}
		}
		supports := []string{"cookie"}
		if t.lines {
			supports = append(supports, "cookie-lines")
		}
		who := object{"name": t.name, "version": t.version, "language": "go", "homepage": t.homepage, "issues": t.issues}
		return object{"protocol": protocol, "target": who, "supports": supports}
	case command != "verify":
		return object{"error": "unknown-cmd"}
	}
	number, isNumber := request["seq"].(json.Number)
	seq, err := number.Int64()
	input, hasInput := request["input"].(object)
	policy, hasPolicy := request["policy"].(object)
	if !isNumber || err != nil || !hasInput || !hasPolicy {
		return bad
	}
	unsupported := func(feature string) object {
		return object{"seq": seq, "verdict": "unsupported", "feature": feature}
	}
	shown, isCookie := input["cookie"].(object)
	cookie, reads := policy["cookie"].(object)
	if !isCookie || !reads {
		return unsupported("token")
	}
	lines, isField := fields(shown)
	if !isField {
		return bad
	}
	if _, several := shown["lines"]; several && !t.lines {
		return unsupported("cookie-lines")
	}
	if leeway, given := policy["leeway"].(json.Number); given && leeway != "0" {
		return unsupported("leeway")
	}
	if scheme := cookie["scheme"]; scheme != nil {
		return unsupported(fmt.Sprint(scheme))
	}
	return t.answer(seq, lines)
}

func (t target) answer(seq int64, lines [][]byte) (answer object) {
	defer func() {
		if panicked := recover(); panicked != nil {
			answer = object{"seq": seq, "fault": plain(fmt.Sprintf("%v\n%s", panicked, debug.Stack()))}
		}
	}()
	started := time.Now()
	cookies, err := t.header(lines)
	// The time in the library: neither JSON nor the pipe.
	spent := time.Since(started).Nanoseconds()
	if no, ok := err.(reject); ok {
		return object{"seq": seq, "verdict": "reject", "reason": no.reason, "detail": plain(no.detail), "nanoseconds": spent}
	}
	if err != nil {
		return object{"seq": seq, "fault": plain(err.Error())}
	}
	pairs := make([][2]string, 0, len(cookies))
	for _, cookie := range cookies {
		pairs = append(pairs, [2]string{encode(cookie.name), encode(cookie.value)})
	}
	return object{"seq": seq, "verdict": "accept", "claims": object{"pairs": pairs}, "nanoseconds": spent}
}

func fields(shown object) ([][]byte, bool) {
	if several, ok := shown["lines"].([]any); ok {
		lines := make([][]byte, 0, len(several))
		for _, line := range several {
			octets, ok := decode(line)
			if !ok {
				return nil, false
			}
			lines = append(lines, octets)
		}
		return lines, true
	}
	if text, ok := shown["header_bytes"]; ok {
		octets, ok := decode(text)
		return [][]byte{octets}, ok
	}
	text, ok := shown["header"].(string)
	return [][]byte{[]byte(text)}, ok
}

func decode(value any) ([]byte, bool) {
	text, ok := value.(string)
	octets, err := base64.StdEncoding.DecodeString(text)
	return octets, ok && err == nil
}

func encode(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func plain(text string) string {
	if len(text) > longestDetail {
		text = text[:longestDetail]
	}
	return string(bytes.ToValidUTF8([]byte(text), []byte("\uFFFD")))
}
