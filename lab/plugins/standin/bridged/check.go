package bridged

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// wrongType refuses a value that the bridge cannot encode; it ends the call, unlike a Problem.
func (p Property) wrongType(value resource.PropertyValue) error {
	if value.IsNull() || value.ContainsUnknowns() {
		return nil
	}
	expected, ok := "", true
	switch p.Kind {
	case String:
		expected, ok = "String", value.IsString() || value.IsNumber() || value.IsBool()
	case Number:
		_, err := number(value)
		expected, ok = fmt.Sprintf("Number, got %#v true", value), err == nil
	case Bool:
		expected, ok = "Boolean", value.IsBool()
	case List:
		expected, ok = "List", value.IsArray()
	case Map, Object:
		expected, ok = "Map", value.IsObject()
	}
	if ok {
		return nil
	}
	return fmt.Errorf("cannot encode resource inputs to call ValidateResourceConfig: "+
		"objectEncoder failed on property %q: Expected a %s", snake(p.Name), expected)
}

// problems finds what is wrong with one input.
func (p Property) problems(inputs resource.PropertyMap) []Problem {
	value, given := inputs[resource.PropertyKey(p.Name)]
	if !given || value.IsNull() {
		if p.Required {
			return []Problem{{Text: fmt.Sprintf("Missing required property '%s'", p.Name)}}
		}
		return nil
	}
	if value.ContainsUnknowns() {
		return nil
	}
	if p.Kind == Number {
		// The bridge's numbers may be fractions, those of the resources here may not.
		if parsed, err := number(value); err == nil && parsed != float64(int64(parsed)) {
			return []Problem{{Path: p.Name, Text: fmt.Sprintf("Configuration Read Error. Value %v is not an integer", parsed)}}
		}
	}
	if p.Check == nil {
		return nil
	}
	return p.Check(p.Name, p.convert(value))
}

// convert gives a value the type that the output has: programs may write numbers as strings and the reverse.
func (p Property) convert(value resource.PropertyValue) resource.PropertyValue {
	if value.ContainsUnknowns() {
		if value.IsComputed() || value.IsOutput() {
			return unknown
		}
		return value
	}
	switch p.Kind {
	case String:
		return resource.NewProperty(text(value))
	case Number:
		if parsed, err := number(value); err == nil {
			return resource.NewProperty(parsed)
		}
	case Map:
		texts := resource.PropertyMap{}
		for key, element := range value.ObjectValue() {
			texts[key] = resource.NewProperty(text(element))
		}
		return resource.NewProperty(texts)
	case Object:
		known := resource.PropertyMap{}
		for _, field := range p.Fields {
			if element, ok := value.ObjectValue()[resource.PropertyKey(field)]; ok {
				known[resource.PropertyKey(field)] = element
			}
		}
		return resource.NewProperty(known)
	case Bool, List:
	}
	return value
}

// AtLeast is a check that a number is not below a bound.
func AtLeast(bound int) func(string, resource.PropertyValue) []Problem {
	return func(path string, value resource.PropertyValue) []Problem {
		if value.NumberValue() >= float64(bound) {
			return nil
		}
		return []Problem{{path, fmt.Sprintf("Invalid Attribute Value. Attribute %s value must be at least %d, got: %s",
			snake(path), bound, text(value))}}
	}
}

// OneOf is a check that a string, or each string of a list, is one of those named.
func OneOf(names ...string) func(string, resource.PropertyValue) []Problem {
	var check func(string, resource.PropertyValue) []Problem
	check = func(path string, value resource.PropertyValue) []Problem {
		if value.IsArray() {
			var problems []Problem
			for index, element := range value.ArrayValue() {
				problems = append(problems, check(fmt.Sprintf("%s[%d]", path, index), element)...)
			}
			return problems
		}
		for _, name := range names {
			if value.IsString() && value.StringValue() == name {
				return nil
			}
		}
		return []Problem{{path, fmt.Sprintf("Invalid Attribute Value Match. Attribute %s value must be one of: %q, got: %q",
			snake(path), names, text(value))}}
	}
	return check
}

func text(value resource.PropertyValue) string {
	switch {
	case value.IsString():
		return value.StringValue()
	case value.IsNumber():
		return strconv.FormatFloat(value.NumberValue(), 'f', -1, 64)
	case value.IsBool():
		return strconv.FormatBool(value.BoolValue())
	}
	return fmt.Sprint(value.Mappable())
}

func number(value resource.PropertyValue) (float64, error) {
	if value.IsNumber() {
		return value.NumberValue(), nil
	}
	if value.IsString() {
		return strconv.ParseFloat(value.StringValue(), 64)
	}
	return 0, fmt.Errorf("%s is not a number", value.TypeString())
}

// snake is the name of a property in the messages that come from below the bridge.
func snake(name string) string {
	var words strings.Builder
	for _, letter := range name {
		if unicode.IsUpper(letter) {
			words.WriteByte('_')
		}
		words.WriteRune(unicode.ToLower(letter))
	}
	return words.String()
}
