package standin

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"google.golang.org/protobuf/types/known/structpb"
)

// Decode reads a property map from a call, keeping secrets and unknowns as such.
func Decode(label string, from *structpb.Struct) (resource.PropertyMap, error) {
	properties, err := plugin.UnmarshalProperties(from, options(label))
	if err != nil {
		return nil, fmt.Errorf("read the properties of %s: %w", label, err)
	}
	return properties, nil
}

// Encode writes a property map for an answer, keeping secrets and unknowns as such.
func Encode(label string, properties resource.PropertyMap) (*structpb.Struct, error) {
	encoded, err := plugin.MarshalProperties(properties, options(label))
	if err != nil {
		return nil, fmt.Errorf("write the properties of %s: %w", label, err)
	}
	return encoded, nil
}

// Plain takes the secret marks off a value, at every depth.
func Plain(value resource.PropertyValue) resource.PropertyValue {
	switch {
	case value.IsSecret():
		return Plain(value.SecretValue().Element)
	case value.IsArray():
		elements := make([]resource.PropertyValue, len(value.ArrayValue()))
		for index, element := range value.ArrayValue() {
			elements[index] = Plain(element)
		}
		return resource.NewProperty(elements)
	case value.IsObject():
		return resource.NewProperty(PlainMap(value.ObjectValue()))
	}
	return value
}

// PlainMap takes the secret marks off every value of a map, at every depth.
func PlainMap(properties resource.PropertyMap) resource.PropertyMap {
	plain := make(resource.PropertyMap, len(properties))
	for key, value := range properties {
		plain[key] = Plain(value)
	}
	return plain
}

func options(label string) plugin.MarshalOptions {
	return plugin.MarshalOptions{Label: label, KeepSecrets: true, KeepUnknowns: true, KeepResources: true}
}
