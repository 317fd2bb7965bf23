package kubernetes

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A StatefulSet is live when all its Pods are of the newest revision and ready.
var statefulSetReadiness = &readiness{
	expired: expiredText, canceled: canceledText,
	related: func(object *unstructured.Unstructured) []scope {
		return []scope{{name: "pods", resource: pods, namespace: object.GetNamespace(), labels: selectedBy(object)}}
	},
	judge: judgeStatefulSet,
}

const creatingPods = "[1/2] Waiting for StatefulSet to create Pods (%d/%d Pods ready)"

func judgeStatefulSet(seen view) verdict {
	set, wanted := seen.object, wantedReplicas(seen.object)
	if !observed(set) {
		return verdict{notes: []note{info(creatingPods, 0, 0)}}
	}
	current, newest := word(set, "status", "currentRevision"), word(set, "status", "updateRevision")
	owned := ownedBy(seen.related["pods"], set.GetUID())
	updated := readyOfRevision(owned, newest)
	ready := number(set, "status", "readyReplicas")
	byHand := word(set, "spec", "updateStrategy", "type") == "OnDelete" ||
		number(set, "spec", "updateStrategy", "rollingUpdate", "partition") > 0
	if ready >= wanted && (byHand || current == newest || number(set, "status", "updatedReplicas") >= wanted) {
		return verdict{live: true, notes: []note{info("StatefulSet initialization complete")}}
	}
	var found verdict
	if seen.operation == updating {
		found.notes = []note{info("[1/3] Waiting for StatefulSet update to roll out (%d/%d Pods ready)",
			updated, number(set, "status", "replicas"))}
	} else {
		found.notes = []note{info(creatingPods, ready, number(set, "status", "replicas"))}
	}
	problems := podProblems(owned)
	for _, problem := range problems {
		found.notes = append(found.notes, warning("%s", problem))
	}
	found.reasons = []string{fmt.Sprintf("%d out of %d replicas succeeded readiness checks", updated, wanted)}
	if seen.operation == creating || current != newest {
		found.reasons = append(found.reasons, fmt.Sprintf(
			"StatefulSet controller failed to advance from revision %q to revision %q", current, newest))
	}
	found.reasons = append(found.reasons, problems...)
	return found
}

func readyOfRevision(owned []*unstructured.Unstructured, revision string) int64 {
	ready := int64(0)
	for _, pod := range owned {
		if pod.GetLabels()["controller-revision-hash"] == revision && conditionOf(pod, "Ready").status == "True" {
			ready++
		}
	}
	return ready
}
