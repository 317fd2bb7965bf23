package kubernetes

import (
	"encoding/base64"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// normalized spells the inputs as the kind's own type does: without fields it does not know and empty ones that are
// never sent. Inputs that do not fit the type stay as they are, for the API server to refuse in its own words.
func normalized(gvk schema.GroupVersionKind, inputs resource.PropertyMap) resource.PropertyMap {
	if isSecret(inputs) {
		inputs = withEncodedData(inputs)
	}
	if !scheme.Scheme.Recognizes(gvk) {
		return inputs
	}
	typed, err := scheme.Scheme.New(gvk)
	if err != nil {
		return inputs
	}
	converter := runtime.DefaultUnstructuredConverter
	if err := converter.FromUnstructured(plainMap(inputs), typed); err != nil {
		return inputs
	}
	known, err := converter.ToUnstructured(typed)
	if err != nil {
		return inputs
	}
	return keepKnown(inputs, known)
}

func keepKnown(properties resource.PropertyMap, known map[string]any) resource.PropertyMap {
	kept := make(resource.PropertyMap, len(properties))
	for key, value := range properties {
		counterpart, found := known[string(key)]
		if !found && !value.ContainsUnknowns() && !value.IsNull() && key != "apiVersion" && key != "kind" {
			continue
		}
		kept[key] = keepKnownIn(value, counterpart)
	}
	return kept
}

func keepKnownIn(value resource.PropertyValue, known any) resource.PropertyValue {
	switch counterpart := known.(type) {
	case map[string]any:
		if value.IsObject() {
			return resource.NewProperty(keepKnown(value.ObjectValue(), counterpart))
		}
	case []any:
		if value.IsArray() && len(value.ArrayValue()) == len(counterpart) {
			elements := make([]resource.PropertyValue, len(counterpart))
			for index, element := range value.ArrayValue() {
				elements[index] = keepKnownIn(element, counterpart[index])
			}
			return resource.NewProperty(elements)
		}
	}
	if value.IsSecret() {
		return resource.MakeSecret(keepKnownIn(value.SecretValue().Element, known))
	}
	// A quantity has many spellings and the API server keeps one: later comparisons would see the others as changes.
	if canonical, is := known.(string); is && (value.IsString() || value.IsNumber()) {
		return resource.NewProperty(canonical)
	}
	return value
}

// withEncodedData moves a Secret's stringData into data, as the API server would: so the two spellings of one content
// are no difference. What is not known yet stays where it is.
func withEncodedData(inputs resource.PropertyMap) resource.PropertyMap {
	given := inputs["stringData"]
	if given.IsSecret() {
		given = given.SecretValue().Element
	}
	if !given.IsObject() || given.ContainsUnknowns() || inputs["data"].ContainsUnknowns() {
		return inputs
	}
	data := resource.PropertyMap{}
	if existing, _ := plainValue(inputs["data"]).(map[string]any); existing != nil {
		data = resource.NewPropertyMapFromMap(existing)
	}
	for key, value := range given.ObjectValue() {
		data[key] = resource.NewProperty(base64.StdEncoding.EncodeToString([]byte(text(value))))
	}
	encoded := inputs.Copy()
	delete(encoded, "stringData")
	encoded["data"] = resource.MakeSecret(resource.NewProperty(data))
	return encoded
}
