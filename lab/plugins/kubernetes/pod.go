package kubernetes

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A Pod is live when it is ready, or has ended: one that runs to its end will never be ready.
var podReadiness = &readiness{
	expired: canceledText, canceled: canceledText,
	judge: func(seen view) verdict {
		pod, name := seen.object, seen.object.GetNamespace()+"/"+seen.object.GetName()
		found := verdict{notes: []note{info("Waiting for Pod %q to be scheduled", name)}}
		phase := word(pod, "status", "phase")
		found.live = conditionOf(pod, "Ready").status == "True" || phase == "Succeeded" || phase == "Failed"
		found.reasons = podProblems([]*unstructured.Unstructured{pod})
		if conditionOf(pod, "PodScheduled").status != "True" {
			return found
		}
		found.notes = append(found.notes, info("Waiting for Pod %q to be initialized", name))
		if conditionOf(pod, "Initialized").status == "True" {
			found.notes = append(found.notes, info("Waiting for Pod %q to be ready", name))
		}
		return found
	},
}

// podProblems says for each Pod which containers are not ready and why, as far as the kubelet tells.
func podProblems(all []*unstructured.Unstructured) []string {
	var problems []string
	for _, pod := range all {
		ready := conditionOf(pod, "Ready")
		if ready.status != "False" || ready.reason != "ContainersNotReady" {
			continue
		}
		problem := podLabel(pod) + ready.message
		for _, container := range containersOf(pod) {
			problem += waitingReason(container)
		}
		problems = append(problems, problem)
		problems = append(problems, exitCodes([]*unstructured.Unstructured{pod})...)
	}
	return problems
}

// exitCodes says for each container that has ended how it ended.
func exitCodes(all []*unstructured.Unstructured) []string {
	var ended []string
	for _, pod := range all {
		for _, container := range containersOf(pod) {
			code, found, _ := unstructured.NestedInt64(container, "state", "terminated", "exitCode")
			if !found {
				continue
			}
			ended = append(ended, fmt.Sprintf("%scontainer %q completed with exit code %d", podLabel(pod), container["name"], code))
		}
	}
	return ended
}

func podLabel(pod *unstructured.Unstructured) string {
	return fmt.Sprintf("[Pod %s/%s]: ", pod.GetNamespace(), pod.GetName())
}

func containersOf(pod *unstructured.Unstructured) []map[string]any {
	entries, _, _ := unstructured.NestedSlice(pod.Object, "status", "containerStatuses")
	var containers []map[string]any
	for _, entry := range entries {
		if fields, is := entry.(map[string]any); is {
			containers = append(containers, fields)
		}
	}
	return containers
}

// waitingReason leaves out the states that every container passes through.
func waitingReason(container map[string]any) string {
	reason, _, _ := unstructured.NestedString(container, "state", "waiting", "reason")
	message, _, _ := unstructured.NestedString(container, "state", "waiting", "message")
	if message == "" || reason == "ContainerCreating" || reason == "PodInitializing" {
		return ""
	}
	return fmt.Sprintf("[%s] %s", reason, message)
}
