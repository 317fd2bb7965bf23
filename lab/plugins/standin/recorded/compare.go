package recorded

import (
	"encoding/pem"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"siteregistry.lab/plugins/standin"
)

const unknownValue = "<unknown>"

// bridgeState is how the bridge remembers its own form of the state; nothing outside the bridge reads it.
const bridgeState = "__pulumi_raw_state_delta"

var placeholderPEM = regexp.MustCompile(`<pem ([A-Z0-9 ]+)>\n`)

// Value is an output that differs from run to run, so that only its form can be compared.
type Value struct {
	Inputs           map[string]any
	Recorded, Actual any
}

// comparison collects the differences between an answer and its recording.
type comparison struct {
	values map[string]func(Value) error
	kind   string
	inputs map[string]any
	found  []string
}

func (c *comparison) differ(format string, arguments ...any) {
	c.found = append(c.found, fmt.Sprintf(format, arguments...))
}

// properties compares a map. The secret paths are those that the engine had in the state; nil means that the
// recording marks secrets in the values themselves.
func (c *comparison) properties(recorded map[string]any, actual resource.PropertyMap, state *State) {
	keys := map[string]bool{}
	for key := range recorded {
		keys[key] = true
	}
	for key := range actual {
		keys[string(key)] = true
	}
	delete(keys, bridgeState)
	for _, key := range sorted(keys) {
		want, wanted := recorded[key]
		value, has := actual[resource.PropertyKey(key)]
		switch {
		case wanted && !has:
			c.differ("%s is missing, recorded %v", key, want)
			continue
		case !wanted:
			c.differ("%s is %v, not in the recording", key, value)
			continue
		}
		if state != nil {
			c.secretInState(key, value, state)
			value = standin.Plain(value)
		}
		c.value(key, want, value)
	}
}

// secretInState: the plugin must mark what the engine could not know from the inputs, and nothing that ended plain.
func (c *comparison) secretInState(key string, value resource.PropertyValue, state *State) {
	in := func(paths []string) bool { return slices.Contains(paths, key) }
	if value.IsSecret() && !in(state.SecretPaths) {
		c.differ("%s is marked as secret, recorded plain", key)
	}
	if !value.IsSecret() && in(state.SecretPaths) && !in(state.SecretInputPaths) {
		c.differ("%s is plain, recorded as secret", key)
	}
}

func (c *comparison) value(path string, recorded any, actual resource.PropertyValue) {
	if marked, ok := recorded.(map[string]any); ok {
		if inner, secret := marked["$secret"]; secret {
			if !actual.IsSecret() {
				c.differ("%s is plain, recorded as secret", path)
				return
			}
			c.value(path, inner, actual.SecretValue().Element)
			return
		}
	}
	if actual.IsSecret() {
		c.differ("%s is marked as secret, recorded plain", path)
		return
	}
	if recorded == unknownValue || actual.IsComputed() {
		if recorded != unknownValue || !actual.IsComputed() {
			c.differ("%s is %v, recorded %v", path, actual, recorded)
		}
		return
	}
	name := path[strings.LastIndex(path, ".")+1:]
	for _, key := range []string{c.kind + "." + name, name} {
		if form, ok := c.values[key]; ok {
			if err := form(Value{Inputs: c.inputs, Recorded: recorded, Actual: actual.Mappable()}); err != nil {
				c.differ("%s: %v", path, err)
			}
			return
		}
	}
	switch recorded := recorded.(type) {
	case map[string]any:
		if !actual.IsObject() {
			c.differ("%s is %v, recorded %v", path, actual, recorded)
			return
		}
		c.nested(path, recorded, actual.ObjectValue())
	case []any:
		if !actual.IsArray() || len(actual.ArrayValue()) != len(recorded) {
			c.differ("%s is %v, recorded %v", path, actual, recorded)
			return
		}
		for index, element := range recorded {
			c.value(fmt.Sprintf("%s[%d]", path, index), element, actual.ArrayValue()[index])
		}
	default:
		if plain := actual.Mappable(); !reflect.DeepEqual(recorded, plain) && !fits(recorded, plain) {
			c.differ("%s is %v, recorded %v", path, plain, recorded)
		}
	}
}

func (c *comparison) nested(path string, recorded map[string]any, actual resource.PropertyMap) {
	if len(recorded) != len(actual) {
		c.differ("%s is %v, recorded %v", path, actual, recorded)
		return
	}
	for key, want := range recorded {
		value, ok := actual[resource.PropertyKey(key)]
		if !ok {
			c.differ("%s.%s is missing, recorded %v", path, key, want)
			continue
		}
		c.value(path+"."+key, want, value)
	}
}

// fits: the recording has a placeholder, and the value is of the form that it stands for.
func fits(recorded, actual any) bool {
	want, ok := recorded.(string)
	got, isText := actual.(string)
	if !ok || !isText {
		return false
	}
	switch want {
	case "<time>":
		_, err := time.Parse(time.RFC3339, got)
		return err == nil
	case "<uid>":
		return uuid.Validate(got) == nil
	}
	if !placeholderPEM.MatchString(want) || placeholderPEM.ReplaceAllString(want, "") != "" {
		return false
	}
	rest := []byte(got)
	for _, kind := range placeholderPEM.FindAllStringSubmatch(want, -1) {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil || block.Type != kind[1] {
			return false
		}
	}
	return len(rest) == 0 && strings.HasSuffix(got, "\n")
}

func sorted(keys map[string]bool) []string {
	names := make([]string, 0, len(keys))
	for key := range keys {
		names = append(names, key)
	}
	sort.Strings(names)
	return names
}
