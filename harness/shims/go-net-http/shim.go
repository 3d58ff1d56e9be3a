// net/http of Go's standard library: Request.Cookies in a handler of its own server, on a connection in memory.
//
// The server reads the octets of a request, so a field that it answers with 400, or with 431 for its size, is refused here too. Only
// an end of line in a field is refused by the shim: behind it would be another field.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"

	assay "../go"
)

// memory is a listener that accepts what is put into it.
type memory chan net.Conn

func (m memory) Accept() (net.Conn, error) { return <-m, nil }
func (m memory) Close() error              { return nil }
func (m memory) Addr() net.Addr            { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// seen is what a handler got of one request.
type seen struct {
	cookies []assay.Pair
	failed  string
}

func main() {
	listener := make(memory)
	handled := make(chan seen, 1)
	handler := func(_ http.ResponseWriter, request *http.Request) {
		var got seen
		defer func() {
			if panicked := recover(); panicked != nil {
				got.failed = fmt.Sprintf("%v\n%s", panicked, debug.Stack())
			}
			handled <- got
		}()
		for _, cookie := range request.Cookies() {
			got.cookies = append(got.cookies, assay.Pair{cookie.Name, cookie.Value})
		}
	}
	go http.Serve(listener, http.HandlerFunc(handler))

	header := func(lines [][]byte) ([]assay.Pair, error) {
		var request bytes.Buffer
		request.WriteString("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n")
		for _, line := range lines {
			if bytes.ContainsAny(line, "\r\n") {
				return nil, assay.Reject{"malformed", "an end of line is in no field"}
			}
			fmt.Fprintf(&request, "Cookie: %s\r\n", line)
		}
		request.WriteString("\r\n")

		here, there := net.Pipe()
		defer here.Close()
		listener <- there
		// The server may answer before it has read everything.
		go io.Copy(here, &request)
		response, err := http.ReadResponse(bufio.NewReader(here), nil)
		if err != nil {
			return nil, fmt.Errorf("the server gave no response: %w", err)
		}
		response.Body.Close()
		select {
		case got := <-handled:
			if got.failed != "" {
				return nil, fmt.Errorf("%s", got.failed)
			}
			return got.cookies, nil
		default:
		}
		if response.StatusCode >= 400 && response.StatusCode < 500 {
			return nil, assay.Reject{"malformed", "answered with " + response.Status}
		}
		return nil, fmt.Errorf("answered with %s", response.Status)
	}

	assay.Serve(assay.Target{
		Name:     "go-net-http",
		Version:  strings.TrimPrefix(runtime.Version(), "go"),
		Homepage: "https://pkg.go.dev/net/http",
		Issues:   "https://github.com/golang/go/issues",
		Header:   header,
		Lines:    true,
	})
}
