package kubernetes

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// autonamed marks objects whose name was made up, so that a replacement can be created before the old one goes.
const autonamed = "pulumi.com/autonamed"

const autonameDigits = 8

// named gives unnamed inputs a name: the one that the resource already has, if it was made up, else a new one.
func named(request *pulumirpc.CheckRequest, olds, news resource.PropertyMap) (resource.PropertyMap, error) {
	given := child(news["metadata"], "name")
	if given.ContainsUnknowns() || text(given) != "" {
		return news, nil
	}
	if metadata, found := news["metadata"]; found && metadata.IsComputed() {
		return news, nil
	}
	if len(olds) > 0 {
		if !isAutonamed(olds) {
			return news, nil
		}
		return withName(news, text(child(olds["metadata"], "name"))), nil
	}
	name, err := proposedName(request)
	if err != nil || name == "" {
		return news, err
	}
	return withName(news, name), nil
}

func proposedName(request *pulumirpc.CheckRequest) (string, error) {
	urn := resource.URN(request.GetUrn())
	switch autonaming := request.GetAutonaming(); autonaming.GetMode() {
	case pulumirpc.CheckRequest_AutonamingOptions_DISABLE:
		return "", fmt.Errorf("autonaming is disabled, resource %q requires the `.metadata.name` field to be set", urn)
	case pulumirpc.CheckRequest_AutonamingOptions_ENFORCE, pulumirpc.CheckRequest_AutonamingOptions_PROPOSE:
		if autonaming != nil && autonaming.GetProposedName() != "" {
			return autonaming.GetProposedName(), nil
		}
	}
	name, err := resource.NewUniqueName(request.GetRandomSeed(), urn.Name()+"-", autonameDigits, 0, nil)
	if err != nil {
		return "", fmt.Errorf("make up a name for %s: %w", urn, err)
	}
	return name, nil
}

func withName(properties resource.PropertyMap, name string) resource.PropertyMap {
	annotated := withMetadata(properties, "name", resource.NewProperty(name))
	annotations := resource.PropertyMap{}
	if given := child(properties["metadata"], "annotations"); given.IsObject() {
		annotations = given.ObjectValue().Copy()
	}
	annotations[autonamed] = resource.NewProperty("true")
	return withMetadata(annotated, "annotations", resource.NewProperty(annotations))
}

func withMetadata(
	properties resource.PropertyMap, key resource.PropertyKey, value resource.PropertyValue,
) resource.PropertyMap {
	metadata := resource.PropertyMap{}
	if given := properties["metadata"]; given.IsObject() {
		metadata = given.ObjectValue().Copy()
	}
	metadata[key] = value
	changed := properties.Copy()
	changed["metadata"] = resource.NewProperty(metadata)
	return changed
}

func isAutonamed(properties resource.PropertyMap) bool {
	return annotation(properties, autonamed) == "true"
}

func annotation(properties resource.PropertyMap, key resource.PropertyKey) string {
	return text(child(child(properties["metadata"], "annotations"), key))
}
