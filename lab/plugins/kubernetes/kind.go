package kubernetes

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// clusterScoped are the kinds of Kubernetes itself that live outside any namespace. Every other kind that the client
// library knows is namespaced: so only custom resources need to be looked up in the cluster.
var clusterScoped = map[string]bool{
	"Namespace": true, "Node": true, "PersistentVolume": true, "ComponentStatus": true,
	"ClusterRole": true, "ClusterRoleBinding": true, "PriorityClass": true, "RuntimeClass": true,
	"StorageClass": true, "CSIDriver": true, "CSINode": true, "VolumeAttachment": true, "VolumeAttributesClass": true,
	"IngressClass": true, "IPAddress": true, "ServiceCIDR": true, "FlowSchema": true,
	"PriorityLevelConfiguration": true, "MutatingWebhookConfiguration": true, "ValidatingWebhookConfiguration": true,
	"MutatingAdmissionPolicy": true, "MutatingAdmissionPolicyBinding": true, "ValidatingAdmissionPolicy": true,
	"ValidatingAdmissionPolicyBinding": true, "CertificateSigningRequest": true, "ClusterTrustBundle": true,
	"TokenReview": true, "SelfSubjectReview": true, "SubjectAccessReview": true, "SelfSubjectAccessReview": true,
	"SelfSubjectRulesReview": true, "StorageVersion": true, "StorageVersionMigration": true, "DeviceClass": true,
	"ResourceSlice": true, "DeviceTaintRule": true, "CustomResourceDefinition": true, "APIService": true,
}

// alwaysServed are kinds of every API server that the client library has no types for.
var alwaysServed = map[schema.GroupVersionKind]bool{
	{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}: true,
	{Group: "apiregistration.k8s.io", Version: "v1", Kind: "APIService"}:             true,
}

// kind is what an object is, and how its URL is made.
type kind struct {
	schema.GroupVersionKind
	resource   schema.GroupVersionResource
	namespaced bool
}

// builtIn answers from the client library's own list, without asking the cluster.
func builtIn(gvk schema.GroupVersionKind) (kind, bool) {
	if !scheme.Scheme.Recognizes(gvk) && !alwaysServed[gvk] {
		return kind{}, false
	}
	plural, _ := meta.UnsafeGuessKindToResource(gvk)
	return kind{GroupVersionKind: gvk, resource: plural, namespaced: !clusterScoped[gvk.Kind]}, true
}

// kindOf reads the kind from the inputs, or from the resource's type where there are none (an import).
func kindOf(urn resource.URN, inputs map[string]any) (schema.GroupVersionKind, error) {
	token := urn.Type()
	fromType, err := kindOfToken(string(token.Module().Name()), string(token.Name()))
	if err != nil {
		return fromType, err
	}
	apiVersion, _ := inputs["apiVersion"].(string)
	name, _ := inputs["kind"].(string)
	if apiVersion == "" || name == "" {
		if single, cut := strings.CutSuffix(fromType.Kind, patchSuffix); cut {
			fromType.Kind = single
		}
		return fromType, refuseKind(urn, fromType)
	}
	version, err := schema.ParseGroupVersion(apiVersion)
	if err != nil {
		return fromType, fmt.Errorf("the apiVersion %q is not of the form group/version: %w", apiVersion, err)
	}
	if isPatch(urn) && fromType.Kind == name+patchSuffix {
		return version.WithKind(name), nil
	}
	return version.WithKind(name), refuseKind(urn, fromType)
}

const patchSuffix = "Patch"

// isPatch tells a resource that owns some fields of an object from one that owns the object. A custom resource whose
// kind ends so is one too: the SDK makes no other type of that name.
func isPatch(urn resource.URN) bool {
	return strings.HasSuffix(string(urn.Type().Name()), patchSuffix)
}

func kindOfToken(module, name string) (schema.GroupVersionKind, error) {
	version, err := schema.ParseGroupVersion(module)
	if err != nil {
		return schema.GroupVersionKind{}, unsupported("the type kubernetes:" + module + ":" + name)
	}
	if version.Group == "core" {
		version.Group = ""
	}
	return version.WithKind(name), nil
}

// refuseKind stops what the stand-in would otherwise send to the cluster as an ordinary object.
func refuseKind(urn resource.URN, gvk schema.GroupVersionKind) error {
	single, cut := strings.CutSuffix(gvk.Kind, "List")
	if _, known := builtIn(gvk.GroupVersion().WithKind(single)); cut && known {
		return unsupported("list resources (" + string(urn.Type()) + ")")
	}
	if strings.HasPrefix(gvk.Group, "helm.sh") || gvk.Group == "" && gvk.Version == "yaml" {
		return unsupported("the type " + string(urn.Type()))
	}
	return nil
}
