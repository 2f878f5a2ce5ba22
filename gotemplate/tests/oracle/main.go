// The oracle of the differential tests: calls Sprig's real functions and executes templates with the real
// text/template. In come lines of JSON: {"fn": …, "args": […]} is a call, {"files": […], …} a set of templates. Out
// comes a line for each: the result of a call with its types, the output of a template, or the error.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
)

type call struct {
	Fn   string
	Args []any
}

type request struct {
	call
	set
}

// value undoes the marks: t text in hexadecimal, i int, I int64, f float bits, l list, s strings, m map, w time,
// n the named map, p the struct.
func value(arg any) any {
	marked, ok := arg.(map[string]any)
	if !ok {
		return arg
	}
	for mark, content := range marked {
		switch mark {
		case "t":
			text, _ := hex.DecodeString(content.(string))
			return string(text)
		case "i", "I":
			number, _ := strconv.ParseInt(content.(string), 10, 64)
			if mark == "i" {
				return int(number)
			}
			return number
		case "f":
			bits, _ := strconv.ParseUint(content.(string), 16, 64)
			return math.Float64frombits(bits)
		case "w":
			seconds, _ := strconv.ParseInt(content.(string), 10, 64)
			return time.Unix(seconds, 0).UTC()
		case "l":
			list := []any{}
			for _, item := range content.([]any) {
				list = append(list, value(item))
			}
			return list
		case "s":
			list := []string{}
			for _, item := range content.([]any) {
				list = append(list, value(item).(string))
			}
			return list
		case "m":
			return entries(content)
		case "n":
			return Named(entries(content))
		case "p":
			return person(entries(content))
		}
	}
	return nil
}

func entries(content any) map[string]any {
	entries := map[string]any{}
	for key, item := range content.(map[string]any) {
		entries[key] = value(item)
	}
	return entries
}

func shown(v reflect.Value) string {
	if v.IsValid() && v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() {
		return "nil"
	}
	switch x := v.Interface().(type) {
	case time.Time:
		return "w" + x.String()
	case fmt.Stringer:
		return "o" + v.Type().String() + ":" + x.String()
	}
	switch v.Kind() {
	case reflect.Bool:
		return fmt.Sprint(v.Bool())
	case reflect.Int:
		return fmt.Sprintf("i%d", v.Int())
	case reflect.Int64:
		return fmt.Sprintf("I%d", v.Int())
	case reflect.Float64:
		if math.IsNaN(v.Float()) {
			return "fNaN"
		}
		return fmt.Sprintf("f%x", math.Float64bits(v.Float()))
	case reflect.String:
		return "t" + hex.EncodeToString([]byte(v.String()))
	case reflect.Slice:
		parts := []string{}
		for i := 0; i < v.Len(); i++ {
			parts = append(parts, shown(v.Index(i)))
		}
		if v.Type().Elem().Kind() == reflect.String {
			return "s[" + strings.Join(parts, " ") + "]"
		}
		return "l[" + strings.Join(parts, " ") + "]"
	case reflect.Map:
		parts := []string{}
		for _, key := range v.MapKeys() {
			parts = append(parts, hex.EncodeToString([]byte(key.String()))+"="+shown(v.MapIndex(key)))
		}
		sort.Strings(parts)
		return "m{" + strings.Join(parts, " ") + "}"
	}
	return "?" + v.Type().String()
}

func result(function reflect.Value, c call) (shownResult string) {
	defer func() {
		if problem := recover(); problem != nil {
			shownResult = failed(problem)
		}
	}()
	arguments := []reflect.Value{}
	for i, arg := range c.Args {
		kind := function.Type().In(min(i, function.Type().NumIn()-1))
		if function.Type().IsVariadic() && i >= function.Type().NumIn()-1 {
			kind = kind.Elem()
		}
		given := value(arg)
		if given == nil {
			arguments = append(arguments, reflect.Zero(kind))
		} else {
			arguments = append(arguments, reflect.ValueOf(given))
		}
	}
	results := function.Call(arguments)
	if len(results) == 2 && !results[1].IsNil() {
		return failed(results[1].Interface())
	}
	return shown(results[0])
}

func failed(problem any) string {
	return "e" + hex.EncodeToString([]byte(fmt.Sprint(problem)))
}

func main() {
	functions := sprig.TxtFuncMap()
	base := template.New("set").Funcs(functions)
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	output := bufio.NewWriter(os.Stdout)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			panic(err)
		}
		if r.Files != nil {
			fmt.Fprintln(output, r.set.executed(base))
		} else {
			fmt.Fprintln(output, result(reflect.ValueOf(functions[r.Fn]), r.call))
		}
		if input.Buffered() == 0 {
			output.Flush()
		}
	}
}
