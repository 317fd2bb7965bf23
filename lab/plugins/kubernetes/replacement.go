package kubernetes

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// replaced lists, by group and kind, the fields that cannot change in a living object. Names and namespaces replace for
// every kind.
var replaced = map[string][]string{
	"/ConfigMap": {"data", "binaryData"},
	"/Secret":    {"type", "data", "stringData"},
	"/Service":   {"spec.clusterIP"},
	"/Pod":       {"spec"},
	"/PersistentVolumeClaim": {
		"spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName",
	},
	"/PersistentVolume": {
		"spec.hostPath", "spec.local", "spec.nfs", "spec.csi", "spec.iscsi", "spec.fc",
	},
	"apps/Deployment": {"spec.selector"},
	"apps/DaemonSet":  {"spec.selector"},
	"apps/StatefulSet": {
		"spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates",
	},
	"batch/Job":                                    {"spec.selector", "spec.template", "spec.parallelism", "spec.completions"},
	"rbac.authorization.k8s.io/RoleBinding":        {"roleRef"},
	"rbac.authorization.k8s.io/ClusterRoleBinding": {"roleRef"},
	"storage.k8s.io/StorageClass":                  {"parameters", "provisioner"},
}

// replacedFields are the fields whose change makes a new object of these inputs.
func (s settings) replacedFields(urn resource.URN, inputs resource.PropertyMap) []string {
	fields := []string{"metadata.name", "metadata.namespace"}
	if isPatch(urn) {
		return fields
	}
	group, _, grouped := strings.Cut(text(inputs["apiVersion"]), "/")
	if !grouped {
		group = ""
	}
	name := group + "/" + text(inputs["kind"])
	immutable, _ := plainValue(inputs["immutable"]).(bool)
	switch {
	case name == "/ConfigMap" && s.mutableConfigMaps && !immutable:
		return fields
	case name == "/Secret" && s.mutableSecrets && !immutable:
		return append(fields, "type")
	}
	return append(fields, replaced[name]...)
}

// replaces says whether a difference at a place touches one of the fields: lies in it, or adds or removes it.
func replaces(fields []string, place resource.PropertyPath, content resource.PropertyValue) bool {
	for _, field := range fields {
		steps := strings.Split(field, ".")
		shared := min(len(steps), len(place))
		if !startsWith(place, steps[:shared]) {
			continue
		}
		rest := content
		for _, step := range steps[shared:] {
			rest = child(rest, resource.PropertyKey(step))
		}
		if !rest.IsNull() {
			return true
		}
	}
	return false
}

func startsWith(place resource.PropertyPath, steps []string) bool {
	for index, step := range steps {
		if place[index] != step {
			return false
		}
	}
	return true
}
