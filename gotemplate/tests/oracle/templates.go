package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"text/template"
	"text/template/parse"
)

// set is what one case consists of: texts in hexadecimal that are parsed one after the other, of which the last one is
// executed, the data, and the rule for missing keys.
type set struct {
	Files   []file
	Data    any
	Missing string
}

type file struct {
	Name string
	Text string
}

// most is how often and how much a template may write before it is given up: loops may be long and empty.
const (
	mostWrites = 20_000
	mostBytes  = 1 << 20
)

var errTooMuch = errors.New("too much")

type bounded struct {
	bytes.Buffer
	writes int
}

func (b *bounded) Write(text []byte) (int, error) {
	b.writes++
	if b.writes > mostWrites || b.Len()+len(text) > mostBytes {
		return 0, errTooMuch
	}
	return b.Buffer.Write(text)
}

// executed gives t and the output, e and the error, p and the words of a panic, or - where the template is too long.
func (s set) executed(base *template.Template) (answer string) {
	defer func() {
		if problem := recover(); problem != nil {
			answer = "p" + failed(problem)[1:]
		}
	}()
	root, err := base.Clone()
	if err != nil {
		return failed(err)
	}
	root.Option("missingkey=" + s.Missing)
	for _, file := range s.Files {
		text, _ := hex.DecodeString(file.Text)
		if _, err := root.New(file.Name).Parse(string(text)); err != nil {
			return failed(err)
		}
	}
	for _, each := range root.Templates() {
		if each.Tree != nil {
			writeInLoops(each.Tree.Root)
		}
	}
	var output bounded
	err = root.ExecuteTemplate(&output, s.Files[len(s.Files)-1].Name, value(s.Data))
	if errors.Is(err, errTooMuch) {
		return "-"
	}
	if err != nil {
		return failed(err)
	}
	return "t" + hex.EncodeToString(output.Bytes())
}

// writeInLoops lets each round of a loop write nothing, so that rounds are counted.
func writeInLoops(node parse.Node) {
	branch := func(b *parse.BranchNode) {
		writeInLoops(b.List)
		if b.ElseList != nil {
			writeInLoops(b.ElseList)
		}
	}
	switch node := node.(type) {
	case *parse.ListNode:
		if node == nil {
			return
		}
		for _, inner := range node.Nodes {
			writeInLoops(inner)
		}
	case *parse.IfNode:
		branch(&node.BranchNode)
	case *parse.WithNode:
		branch(&node.BranchNode)
	case *parse.RangeNode:
		branch(&node.BranchNode)
		node.List.Nodes = append([]parse.Node{&parse.TextNode{NodeType: parse.NodeText}}, node.List.Nodes...)
	}
}

// Named is a map type with methods.
type Named map[string]any

// Has tells whether there is such a key.
func (n Named) Has(key string) bool {
	_, ok := n[key]
	return ok
}

// Count adds numbers to the number of entries.
func (n Named) Count(numbers ...int) int {
	sum := len(n)
	for _, number := range numbers {
		sum += number
	}
	return sum
}

// Refuse is an error unless there is nothing to say.
func (n Named) Refuse(why string) (string, error) {
	if why != "" {
		return "", errors.New(why)
	}
	return "accepted", nil
}

// Same gives back what it was given.
func (n Named) Same(value any) any { return value }

// Person is a struct.
type Person struct {
	Name  string
	Age   int
	Tags  []string
	Any   any
	Extra map[string]any
}

// Greet greets the person, and others.
func (p Person) Greet(greeting string, others ...string) string {
	return greeting + " " + strings.Join(append([]string{p.Name}, others...), ", ")
}

func person(fields map[string]any) Person {
	name, _ := fields["Name"].(string)
	age, _ := fields["Age"].(int)
	tags, _ := fields["Tags"].([]string)
	extra, _ := fields["Extra"].(map[string]any)
	return Person{name, age, tags, fields["Any"], extra}
}
