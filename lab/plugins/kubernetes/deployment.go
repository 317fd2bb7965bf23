package kubernetes

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	replicaSets = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}
	pods        = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
)

const revisionAnnotation = "deployment.kubernetes.io/revision"

// A Deployment is live when its newest ReplicaSet has all its Pods ready and the controller says so.
var deploymentReadiness = &readiness{
	expired: expiredText, canceled: canceledText,
	related: func(object *unstructured.Unstructured) []scope {
		selector := selectedBy(object)
		return []scope{
			{name: "replicasets", resource: replicaSets, namespace: object.GetNamespace(), labels: selector},
			{name: "pods", resource: pods, namespace: object.GetNamespace(), labels: selector},
		}
	},
	judge: judgeDeployment,
}

func judgeDeployment(seen view) verdict {
	deployment, name := seen.object, seen.object.GetName()
	if !observed(deployment) {
		return verdict{}
	}
	wanted := wantedReplicas(deployment)
	available := conditionOf(deployment, "Available")
	progressing := conditionOf(deployment, "Progressing")
	newest := newestReplicaSet(seen)
	var found verdict
	var conditions []string
	if wanted == 0 {
		found.notes = append(found.notes, warning("Replicas scaled to 0 for Deployment %q", name))
	}
	for _, bad := range []condition{progressing, available} {
		if bad.status == "False" {
			conditions = append(conditions, bad.text())
			found.notes = append(found.notes, warning("%s", bad.text()))
		}
	}
	ready := int64(0)
	var problems []string
	if newest != nil {
		ready = number(newest, "status", "readyReplicas")
		problems = podProblems(ownedBy(seen.related["pods"], newest.GetUID()))
	}
	rolledOut := newest != nil && ready >= wanted && number(deployment, "status", "updatedReplicas") >= wanted
	settled := slices.Contains([]string{"", "NewReplicaSetAvailable", "DeploymentPaused"}, progressing.reason)
	if rolledOut && settled && available.status == "True" {
		found.live = true
		found.notes = append(found.notes, info("Deployment initialization complete"))
		return found
	}
	if newest != nil && ready < wanted {
		found.notes = append(found.notes,
			info("Waiting for app ReplicaSet to be available (%d/%d Pods available)", ready, wanted))
	}
	for _, problem := range problems {
		found.notes = append(found.notes, warning("%s", problem))
	}
	if seen.operation != creating {
		found.reasons = conditions
	}
	if available.status != "True" {
		found.reasons = append(found.reasons, "Minimum number of live Pods was not attained")
	} else {
		found.reasons = append(found.reasons, "Minimum number of Pods to consider the application live was not attained")
	}
	found.reasons = append(found.reasons, problems...)
	return found
}

// newestReplicaSet is the one of the Deployment's present revision.
func newestReplicaSet(seen view) *unstructured.Unstructured {
	revision := seen.object.GetAnnotations()[revisionAnnotation]
	for _, set := range ownedBy(seen.related["replicasets"], seen.object.GetUID()) {
		if revision != "" && set.GetAnnotations()[revisionAnnotation] == revision {
			return set
		}
	}
	return nil
}
