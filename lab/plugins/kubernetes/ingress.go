package kubernetes

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var services = schema.GroupVersionResource{Version: "v1", Resource: "services"}

// An Ingress is live when its controller has written where it answers.
var ingressReadiness = &readiness{
	expired: expiredText, canceled: canceledText,
	related: func(object *unstructured.Unstructured) []scope {
		return []scope{{name: "services", resource: services, namespace: object.GetNamespace()}}
	},
	judge: judgeIngress,
}

func judgeIngress(seen view) verdict {
	var found verdict
	if seen.operation != reading {
		found.notes = append(found.notes, info("[1/3] Finding a matching service for each Ingress path"))
		found.notes = append(found.notes, missingServices(seen)...)
	}
	if hasAddress(seen.object) {
		found.live = true
		found.notes = append(found.notes, info("Ingress initialization complete"))
		return found
	}
	found.notes = append(found.notes, info("[2/3] Waiting for update of .status.loadBalancer with hostname/IP"))
	found.reasons = []string{"Ingress .status.loadBalancer field was not updated with a hostname/IP address. \n" +
		"    for more information about this error, see https://pulumi.io/xdv72s"}
	return found
}

func missingServices(seen view) []note {
	present := map[string]bool{}
	for _, service := range seen.related["services"] {
		present[service.GetName()] = true
	}
	var notes []note
	rules, _, _ := unstructured.NestedSlice(seen.object.Object, "spec", "rules")
	for _, entry := range rules {
		rule, _ := entry.(map[string]any)
		host, _, _ := unstructured.NestedString(rule, "host")
		paths, _, _ := unstructured.NestedSlice(rule, "http", "paths")
		for _, entry := range paths {
			path, _ := entry.(map[string]any)
			at, _, _ := unstructured.NestedString(path, "path")
			name, _, _ := unstructured.NestedString(path, "backend", "service", "name")
			if name != "" && !present[name] {
				notes = append(notes, warning("No matching service found for ingress rule: %q -> %q", host+at, name))
			}
		}
	}
	return notes
}
