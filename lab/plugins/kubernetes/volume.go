package kubernetes

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var storageClasses = schema.GroupVersionResource{Group: "storage.k8s.io", Version: "v1", Resource: "storageclasses"}

// A volume is live when the cluster has taken it on.
var volumeReadiness = &readiness{
	expired: canceledPlainText, canceled: canceledPlainText,
	judge: func(seen view) verdict {
		phase := word(seen.object, "status", "phase")
		if phase != "Available" && phase != "Bound" {
			return verdict{}
		}
		if seen.operation == reading {
			return verdict{live: true}
		}
		return verdict{live: true, notes: []note{info("✅ PV marked available")}}
	},
}

// A claim is live when it is bound, or when its class binds it only once a Pod uses it.
var claimReadiness = &readiness{
	expired: canceledPlainText, canceled: canceledPlainText,
	related: func(object *unstructured.Unstructured) []scope {
		class := word(object, "spec", "storageClassName")
		if class == "" {
			return nil
		}
		return []scope{{name: "storageclasses", resource: storageClasses, field: fieldIs("metadata.name", class)}}
	},
	judge: func(seen view) verdict {
		if word(seen.object, "status", "phase") == "Bound" {
			return verdict{live: true, notes: missingClass(seen)}
		}
		for _, class := range seen.related["storageclasses"] {
			if word(class, "volumeBindingMode") == "WaitForFirstConsumer" {
				return verdict{live: true}
			}
		}
		return verdict{notes: missingClass(seen)}
	},
}

func missingClass(seen view) []note {
	class := word(seen.object, "spec", "storageClassName")
	if seen.operation == reading || class == "" || len(seen.related["storageclasses"]) > 0 {
		return nil
	}
	return []note{warning("getting storagclass %q: storageclasses.storage.k8s.io %q not found", class, class)}
}

// A definition is live when objects of it can be written.
var definitionReadiness = &readiness{
	expired: expiredText, canceled: canceledText,
	judge: func(seen view) verdict {
		return verdict{live: conditionOf(seen.object, "Established").status == "True"}
	},
}
