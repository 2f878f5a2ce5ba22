// The oracle of the YAML tests: answers from the libraries that Helm uses. One JSON request a line on standard input,
// one JSON answer a line on standard output.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"sigs.k8s.io/yaml"
	yamlv3 "sigs.k8s.io/yaml/goyaml.v3"
)

type request struct {
	Op   string
	Text []byte
}

type answer struct {
	Text  []byte
	Error string
}

// SimpleHead has the name and the fields of Helm's own type.
type SimpleHead struct {
	Version  string `json:"apiVersion"`
	Kind     string `json:"kind,omitempty"`
	Metadata *struct {
		Name        string            `json:"name"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata,omitempty"`
}

func compact(value any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// typed shows a value with the types of all that is in it.
func typed(value any) string {
	var items []string
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			items = append(items, fmt.Sprintf("%q:%s", key, typed(value[key])))
		}
		return "{" + strings.Join(items, " ") + "}"
	case []any:
		for _, item := range value {
			items = append(items, typed(item))
		}
	case []map[string]any:
		for _, item := range value {
			items = append(items, typed(item))
		}
	default:
		return fmt.Sprintf("%T(%v)", value, value)
	}
	return fmt.Sprintf("%T[%s]", value, strings.Join(items, " "))
}

func run(op string, text []byte) ([]byte, error) {
	var value any
	switch op {
	case "read":
		err := yaml.Unmarshal(text, &value)
		return compact(value), err
	case "strict":
		err := yaml.UnmarshalStrict(text, &value)
		return compact(value), err
	case "map":
		value := map[string]any{}
		err := yaml.Unmarshal(text, &value)
		return compact(value), err
	case "list":
		value := []any{}
		err := yaml.Unmarshal(text, &value)
		return compact(value), err
	case "head":
		var head SimpleHead
		err := yaml.Unmarshal(text, &head)
		name, annotations := "", map[string]string{}
		if head.Metadata != nil {
			name = head.Metadata.Name
			if head.Metadata.Annotations != nil {
				annotations = head.Metadata.Annotations
			}
		}
		return compact([]any{head.Version, head.Kind, name, annotations}), err
	case "json":
		err := json.Unmarshal(text, &value)
		return compact(value), err
	case "toml", "toml-toml", "toml-pretty":
		value := map[string]any{}
		if err := toml.Unmarshal(text, &value); err != nil {
			return nil, err
		}
		if op == "toml" {
			return []byte(typed(value)), nil
		}
		return write(strings.TrimPrefix(op, "toml-"), value)
	}
	if err := json.Unmarshal(text, &value); err != nil {
		return nil, err
	}
	return write(op, value)
}

// write gives a panic as an error, as templates do.
func write(op string, value any) (text []byte, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			text, err = nil, fmt.Errorf("%v", cause)
		}
	}()
	var out bytes.Buffer
	switch op {
	case "write":
		return yaml.Marshal(value)
	case "pretty":
		encoder := yamlv3.NewEncoder(&out)
		encoder.SetIndent(2)
		err := encoder.Encode(value)
		return out.Bytes(), err
	case "toml", "totoml":
		err := toml.NewEncoder(&out).Encode(value)
		return out.Bytes(), err
	}
	panic("unknown operation " + op)
}

// bench tells how many nanoseconds the reader and the writer take for a file.
func bench(path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	for _, op := range []string{"read", "head"} {
		start, rounds := time.Now(), 0
		for time.Since(start) < time.Second {
			if _, err := run(op, text); err != nil {
				panic(err)
			}
			rounds++
		}
		each := time.Since(start) / time.Duration(rounds)
		println(op, each.Microseconds(), "µs", int(float64(len(text))/each.Seconds()/1e6), "MB/s")
	}
	var value any
	if err := yaml.Unmarshal(text, &value); err != nil {
		panic(err)
	}
	start, rounds := time.Now(), 0
	for time.Since(start) < time.Second {
		if _, err := yaml.Marshal(value); err != nil {
			panic(err)
		}
		rounds++
	}
	each := time.Since(start) / time.Duration(rounds)
	println("write", each.Microseconds(), "µs", int(float64(len(text))/each.Seconds()/1e6), "MB/s")
}

func main() {
	if len(os.Args) > 1 {
		bench(os.Args[1])
		return
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	decoder, encoder := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var ask request
		if decoder.Decode(&ask) != nil {
			return
		}
		text, err := run(ask.Op, ask.Text)
		reply := answer{Text: text}
		if err != nil {
			reply.Error = err.Error()
		}
		if encoder.Encode(reply) != nil {
			return
		}
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
}
