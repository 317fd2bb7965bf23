package kubernetes

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// recordedCase is one resource of a recorded program.
type recordedCase struct {
	Suite   string
	Case    string          `json:"case"`
	Program recordedProgram `json:"program"`
	Steps   []recordedStep  `json:"steps"`
}

type recordedProgram struct {
	Type    string         `json:"type"`
	Inputs  map[string]any `json:"inputs"`
	Options map[string]any `json:"options"`
}

type recordedStep struct {
	Action   string            `json:"action"`
	Env      map[string]string `json:"env"`
	Changed  any               `json:"programChanged"`
	Provider []recordedCall    `json:"provider"`
	State    any               `json:"state"`
}

type recordedCall struct {
	Call          string         `json:"call"`
	News          map[string]any `json:"news"`
	Inputs        any            `json:"inputs"`
	Errors        []string       `json:"errors"`
	IgnoreChanges []string       `json:"ignoreChanges"`
	Response      map[string]any `json:"response"`
	Preview       bool           `json:"preview"`
}

// recordings reads every recorded case. Their absence is a failure: a test that checks nothing must not pass.
func recordings(t *testing.T) []recordedCase {
	t.Helper()
	folder := os.Getenv("SITEREGISTRY_CONTRACTS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "..", "shared", "contracts")
	}
	files, err := filepath.Glob(filepath.Join(folder, "plugin-recordings", "kubernetes-*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings of the real plugin in %s: set SITEREGISTRY_CONTRACTS to the contracts folder (%v)", folder, err)
	}
	var all []recordedCase
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []recordedCase
		if err := json.Unmarshal(content, &cases); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		suite := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "kubernetes-"), ".json")
		for _, recorded := range cases {
			recorded.Suite = suite
			all = append(all, recorded)
		}
	}
	return all
}

// property reads a recorded value: {"$secret": v} and "<unknown>" stand for what they say.
func property(recorded any) resource.PropertyValue {
	switch value := recorded.(type) {
	case map[string]any:
		if content, is := value["$secret"]; is && len(value) == 1 {
			return resource.MakeSecret(property(content))
		}
		return resource.NewProperty(properties(value))
	case []any:
		elements := make([]resource.PropertyValue, len(value))
		for index, element := range value {
			elements[index] = property(element)
		}
		return resource.NewProperty(elements)
	case string:
		if value == "<unknown>" {
			return resource.MakeComputed(resource.NewProperty(""))
		}
	}
	return resource.NewPropertyValue(recorded)
}

func properties(recorded map[string]any) resource.PropertyMap {
	read := resource.PropertyMap{}
	for key, value := range recorded {
		read[resource.PropertyKey(key)] = property(value)
	}
	return read
}

// recordedState is what the state of a resource holds between two steps.
type recordedState struct {
	inputs, outputs resource.PropertyMap
}

// next reads the state after a step; nil is a resource that is not in the state.
func (s *recordedState) next(t *testing.T, recorded any) *recordedState {
	t.Helper()
	switch state := recorded.(type) {
	case string:
		if state == "gone" {
			return nil
		}
		return s
	case []any:
		for _, entry := range state {
			if fields, is := entry.(map[string]any); is && fields["delete"] != true {
				return s.next(t, fields)
			}
		}
		return nil
	case map[string]any:
		inputs, _ := state["inputs"].(map[string]any)
		outputs, _ := state["outputs"].(map[string]any)
		read := &recordedState{inputs: properties(inputs), outputs: properties(outputs)}
		if outputs[inputsKey] == "= inputs" {
			read.outputs[inputsKey] = resource.NewProperty(read.inputs)
		}
		return read
	}
	return s
}
