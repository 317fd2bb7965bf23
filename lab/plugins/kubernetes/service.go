package kubernetes

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var endpointSlices = schema.GroupVersionResource{Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"}

// A Service is live at once, but for one that wants an address of its own from a load balancer.
var serviceReadiness = &readiness{
	expired: expiredText, canceled: canceledText,
	related: func(object *unstructured.Unstructured) []scope {
		return []scope{{
			name: "endpointslices", resource: endpointSlices, namespace: object.GetNamespace(),
			labels: "kubernetes.io/service-name=" + object.GetName(),
		}}
	},
	judge: judgeService,
}

func judgeService(seen view) verdict {
	service := seen.object
	var found verdict
	if seen.operation != reading {
		found.notes = append(found.notes, info("[1/3] Finding Pods to direct traffic to"))
	}
	kind := word(service, "spec", "type")
	selector, _, _ := unstructured.NestedMap(service.Object, "spec", "selector")
	if kind == "ExternalName" || word(service, "spec", "clusterIP") == "None" || len(selector) == 0 {
		found.live = true
		return found
	}
	if kind == "LoadBalancer" && !hasAddress(service) {
		if !hasReadyEndpoint(seen.related["endpointslices"]) {
			found.reasons = append(found.reasons, "Service does not target any Pods. Selected Pods may not be ready, or field "+
				"'.spec.selector' may not match labels on any Pods")
		} else {
			found.notes = append(found.notes, info("[2/3] Attempting to allocate IP address to Service"))
		}
		found.reasons = append(found.reasons,
			"Service was not allocated an IP address; does your cloud provider support this?")
		return found
	}
	found.live = true
	found.notes = append(found.notes, info("Service initialization complete"))
	return found
}

// hasAddress is true once a load balancer has answered with an address or a host name.
func hasAddress(object *unstructured.Unstructured) bool {
	entries, _, _ := unstructured.NestedSlice(object.Object, "status", "loadBalancer", "ingress")
	return len(entries) > 0
}

func hasReadyEndpoint(slices []*unstructured.Unstructured) bool {
	for _, slice := range slices {
		endpoints, _, _ := unstructured.NestedSlice(slice.Object, "endpoints")
		for _, entry := range endpoints {
			fields, _ := entry.(map[string]any)
			if ready, _, _ := unstructured.NestedBool(fields, "conditions", "ready"); ready {
				return true
			}
		}
	}
	return false
}
