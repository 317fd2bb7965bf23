package kubernetes

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// condition is one entry of an object's status.conditions.
type condition struct {
	kind, status, reason, message string
}

// text is how a condition appears in progress and errors.
func (c condition) text() string { return fmt.Sprintf("[%s] %s", c.reason, c.message) }

func conditionOf(object *unstructured.Unstructured, kind string) condition {
	all, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	return findCondition(all, kind)
}

func findCondition(all []any, kind string) condition {
	for _, entry := range all {
		fields, _ := entry.(map[string]any)
		if fields["type"] != kind {
			continue
		}
		read := func(name string) string {
			value, _ := fields[name].(string)
			return value
		}
		return condition{kind: kind, status: read("status"), reason: read("reason"), message: read("message")}
	}
	return condition{kind: kind}
}

func hasCondition(all []any, kind, status string) bool {
	return findCondition(all, kind).status == status
}

// number reads a whole number at a place in an object; absent is zero, as in the API.
func number(object *unstructured.Unstructured, place ...string) int64 {
	value, _, _ := unstructured.NestedInt64(object.Object, place...)
	return value
}

func word(object *unstructured.Unstructured, place ...string) string {
	value, _, _ := unstructured.NestedString(object.Object, place...)
	return value
}

// observed is true once the kind's controller has seen the object as it was last written.
func observed(object *unstructured.Unstructured) bool {
	return number(object, "status", "observedGeneration") >= object.GetGeneration()
}

// wantedReplicas is one where the spec says nothing.
func wantedReplicas(object *unstructured.Unstructured) int64 {
	if value, found, _ := unstructured.NestedInt64(object.Object, "spec", "replicas"); found {
		return value
	}
	return 1
}

func convert(from map[string]any, to any) error {
	return runtime.DefaultUnstructuredConverter.FromUnstructured(from, to)
}

const warningScope = "events"

// warningsAbout are the events that the cluster records about an object.
func warningsAbout(object *unstructured.Unstructured) scope {
	return scope{
		name:      warningScope,
		resource:  schema.GroupVersionResource{Version: "v1", Resource: "events"},
		namespace: object.GetNamespace(),
		field:     fieldIs("involvedObject.uid", string(object.GetUID())),
	}
}

// eventWarnings are the warnings since the write; older ones belong to an earlier try.
func eventWarnings(seen view, since time.Time) []note {
	var notes []note
	for _, event := range seen.related[warningScope] {
		if word(event, "type") != "Warning" {
			continue
		}
		last, err := time.Parse(time.RFC3339, word(event, "lastTimestamp"))
		if err == nil && last.Before(since.Add(-time.Second)) {
			continue
		}
		notes = append(notes, warning("%s: %s", word(event, "reason"), word(event, "message")))
	}
	return notes
}
