package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/jsonpath"
)

// waitFor replaces what the kind expects by what the program expects.
const waitFor = "pulumi.com/waitFor"

// expectation is one thing that an annotation waits for.
type expectation func(object *unstructured.Unstructured) (bool, note)

// customReadiness reads the annotation: one expectation, or a JSON list of them.
func customReadiness(asked string) (*readiness, error) {
	texts := []string{asked}
	if strings.HasPrefix(strings.TrimSpace(asked), "[") {
		if err := json.Unmarshal([]byte(asked), &texts); err != nil {
			return nil, fmt.Errorf("the annotation %s is not a JSON list of texts: %w", waitFor, err)
		}
	}
	var expectations []expectation
	for _, text := range texts {
		parsed, err := parseExpectation(text)
		if err != nil {
			return nil, err
		}
		expectations = append(expectations, parsed)
	}
	return &readiness{
		expired: conditionText, canceled: context.Canceled.Error(),
		judge: func(seen view) verdict {
			found := verdict{live: true}
			for _, expected := range expectations {
				met, line := expected(seen.object)
				found.live = found.live && met
				if line.text != "" {
					found.notes = append(found.notes, line)
				}
			}
			return found
		},
	}, nil
}

func parseExpectation(text string) (expectation, error) {
	if asked, is := strings.CutPrefix(text, "jsonpath="); is {
		return expectPath(asked)
	}
	if asked, is := strings.CutPrefix(text, "condition="); is {
		return expectCondition(asked), nil
	}
	return nil, fmt.Errorf(`expected a "jsonpath=" or "condition=" prefix, got %q`, text)
}

func expectPath(asked string) (expectation, error) {
	expression, wanted, compared := asked, "", false
	if end := strings.LastIndex(asked, "}="); end >= 0 {
		expression, wanted, compared = asked[:end+1], asked[end+2:], true
	}
	path := jsonpath.New(waitFor)
	if err := path.Parse(expression); err != nil {
		return nil, fmt.Errorf("the annotation %s has no usable path %q: %w", waitFor, expression, err)
	}
	return func(object *unstructured.Unstructured) (bool, note) {
		results, err := path.FindResults(object.Object)
		if err != nil || len(results) == 0 || len(results[0]) == 0 {
			return false, info("%s selected nothing", expression)
		}
		if !compared {
			return true, info("Found %s", expression)
		}
		value := fmt.Sprint(results[0][0].Interface())
		if value != wanted {
			return false, info("Found %s=%s (want %s)", expression, value, wanted)
		}
		return true, info("Found %s=%s", expression, value)
	}, nil
}

func expectCondition(asked string) expectation {
	kind, wanted, given := strings.Cut(asked, "=")
	if !given {
		wanted = "True"
	}
	return func(object *unstructured.Unstructured) (bool, note) {
		if _, found, _ := unstructured.NestedSlice(object.Object, "status", "conditions"); !found {
			return false, warning("Has no .status.conditions")
		}
		found := conditionOf(object, kind)
		if strings.EqualFold(found.status, wanted) {
			return true, note{}
		}
		return false, info("Resource has condition %s=%s (want %s)", kind, found.status, wanted)
	}
}
