package kubernetes

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A DaemonSet is live when every node that it wants has an up-to-date Pod that is ready.
var daemonSetReadiness = &readiness{
	expired: conditionText, canceled: context.Canceled.Error(),
	related: func(object *unstructured.Unstructured) []scope {
		return []scope{{name: "pods", resource: pods, namespace: object.GetNamespace(), labels: selectedBy(object)}}
	},
	judge: judgeDaemonSet,
}

func judgeDaemonSet(seen view) verdict {
	set := seen.object
	seenGeneration, found, _ := unstructured.NestedInt64(set.Object, "status", "observedGeneration")
	if !found {
		return verdict{notes: []note{info("DaemonSet status.observedGeneration not found")}}
	}
	if seenGeneration < set.GetGeneration() {
		return verdict{notes: []note{info("DaemonSet generation is %d, but latest observed generation is %d",
			set.GetGeneration(), seenGeneration)}}
	}
	wanted := number(set, "status", "desiredNumberScheduled")
	for _, step := range []struct{ label, field string }{
		{"Current", "currentNumberScheduled"},
		{"Updated", "updatedNumberScheduled"},
		{"Available", "numberAvailable"},
		{"Ready", "numberReady"},
	} {
		reached := number(set, "status", step.field)
		if reached >= wanted {
			continue
		}
		notes := []note{info("%s: %d/%d", step.label, reached, wanted)}
		for _, problem := range podProblems(ownedBy(seen.related["pods"], set.GetUID())) {
			notes = append(notes, warning("%s", problem))
		}
		return verdict{notes: notes}
	}
	return verdict{live: true, notes: []note{info("All replicas scheduled as expected. Replicas: %d", wanted)}}
}
