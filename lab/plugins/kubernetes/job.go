package kubernetes

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A Job is live when it has succeeded: what depends on it needs its work, not its start.
var jobReadiness = &readiness{
	expired: expiredText, canceled: canceledText,
	related: func(object *unstructured.Unstructured) []scope {
		return []scope{{name: "pods", resource: pods, namespace: object.GetNamespace(), labels: selectedBy(object)}}
	},
	judge: judgeJob,
}

func judgeJob(seen view) verdict {
	job, name := seen.object, seen.object.GetNamespace()+"/"+seen.object.GetName()
	found := verdict{notes: []note{info("Waiting for Job %q to start", name)}}
	owned := ownedBy(seen.related["pods"], job.GetUID())
	if word(job, "status", "startTime") == "" {
		found.reasons = podProblems(owned)
		return found
	}
	found.notes = append(found.notes, info("Waiting for Job %q to succeed (Active: %d | Succeeded: %d | Failed: %d)", name,
		number(job, "status", "active"), number(job, "status", "succeeded"), number(job, "status", "failed")))
	for _, ended := range exitCodes(owned) {
		found.notes = append(found.notes, warning("%s", ended))
	}
	if conditionOf(job, "Complete").status == "True" {
		found.live = true
		return found
	}
	found.reasons = podProblems(owned)
	if failed := conditionOf(job, "Failed"); failed.status == "True" {
		found.failed = true
		found.reasons = append(found.reasons, failed.text())
	}
	return found
}
