// The oracle of the chart tests: renders charts with Helm's own packages, of both generations. One JSON request a line
// on standard input, one JSON answer a line on standard output.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"strings"
)

type request struct {
	Helm    int
	Files   []file
	Values  [][]byte
	Set     []assignment
	Upgrade bool
	Kube    string
	APIs    []string
}

type file struct {
	Name string
	Data []byte
}

// assignment is one of --set and its kin.
type assignment struct {
	Kind string
	Text string
}

type answer struct {
	Text  []byte
	Error []byte
}

// strvals is what both generations' packages of that name do, and how they merge.
type strvals struct {
	json    func(string, map[string]any) error
	set     func(string, map[string]any) error
	text    func(string, map[string]any) error
	literal func(string, map[string]any) error
	file    func(string, map[string]any, func([]rune) (any, error)) error
	merge   func(a, b map[string]any) map[string]any
	load    func([]byte) (map[string]any, error)
	// objects says whether --set-json may be a whole object.
	objects bool
}

// given merges what people gave, in the order and the words of Helm's own program, whose package reads files itself.
func (s strvals) given(r request) (map[string]any, error) {
	base := map[string]any{}
	for i, text := range r.Values {
		values, err := s.load(text)
		if err != nil {
			return nil, fmt.Errorf("failed to parse values%d.yaml: %w", i, err)
		}
		base = s.merge(base, values)
	}
	for _, a := range r.Set {
		var err error
		switch a.Kind {
		case "json":
			trimmed := strings.TrimSpace(a.Text)
			if s.objects && trimmed != "" && trimmed[0] == '{' {
				var object map[string]any
				if json.Unmarshal([]byte(trimmed), &object) != nil {
					return nil, fmt.Errorf("failed parsing --set-json data JSON: %s", a.Text)
				}
				base = s.merge(base, object)
			} else if s.json(a.Text, base) != nil {
				return nil, fmt.Errorf("failed parsing --set-json data %s", a.Text)
			}
			continue
		case "set":
			err = s.set(a.Text, base)
		case "set-string":
			err = s.text(a.Text, base)
		case "set-literal":
			err = s.literal(a.Text, base)
		case "set-file":
			err = s.file(a.Text, base, content)
		}
		if err != nil {
			return nil, fmt.Errorf("failed parsing --%s data: %w", a.Kind, err)
		}
	}
	return base, nil
}

// content is what files of --set-file hold here.
func content(path []rune) (any, error) {
	if strings.Contains(string(path), "x") {
		return nil, errors.New("open " + string(path) + ": there is no such file")
	}
	return "content of " + string(path), nil
}

func rendered(r request) (text string, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	if r.Helm == 3 {
		return rendered3(r)
	}
	return rendered4(r)
}

func main() {
	log.SetOutput(io.Discard)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			panic(err)
		}
		var reply answer
		text, err := rendered(r)
		if err != nil {
			reply.Error = []byte(err.Error())
		} else {
			reply.Text = []byte(text)
		}
		if err := encoder.Encode(reply); err != nil {
			panic(err)
		}
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
}
