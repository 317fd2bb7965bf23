package kubernetes

import (
	"math"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"siteregistry.lab/plugins/standin"
)

// plainValue turns a property into what the Kubernetes libraries work with; whole numbers become integers, which is
// what they insist on. Unknown values become nil.
func plainValue(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return plainValue(value.SecretValue().Element)
	case value.IsOutput():
		return plainValue(value.OutputValue().Element)
	case value.IsString():
		return value.StringValue()
	case value.IsBool():
		return value.BoolValue()
	case value.IsNumber():
		number := value.NumberValue()
		if number == math.Trunc(number) && math.Abs(number) < 1<<53 {
			return int64(number)
		}
		return number
	case value.IsArray():
		elements := make([]any, len(value.ArrayValue()))
		for index, element := range value.ArrayValue() {
			elements[index] = plainValue(element)
		}
		return elements
	case value.IsObject():
		return plainMap(value.ObjectValue())
	}
	return nil
}

func plainMap(properties resource.PropertyMap) map[string]any {
	plain := make(map[string]any, len(properties))
	for key, value := range properties {
		plain[string(key)] = plainValue(value)
	}
	return plain
}

// asObject makes the object that is sent to the API server.
func asObject(properties resource.PropertyMap) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: plainMap(properties)}
}

// asProperties takes an object from the API server.
func asProperties(object *unstructured.Unstructured) resource.PropertyMap {
	return resource.NewPropertyMapFromMap(runtime.DeepCopyJSON(object.Object))
}

// markSecrets gives a value the secret marks of another one, place by place.
func markSecrets(value, like resource.PropertyValue) resource.PropertyValue {
	switch {
	case value.IsSecret():
		return value
	case like.IsSecret(), like.IsOutput() && like.OutputValue().Secret:
		return resource.MakeSecret(standin.Plain(value))
	case value.IsObject() && like.IsObject():
		return resource.NewProperty(markSecretsOf(value.ObjectValue(), like.ObjectValue()))
	case value.IsArray() && like.IsArray():
		elements := make([]resource.PropertyValue, len(value.ArrayValue()))
		for index, element := range value.ArrayValue() {
			if index < len(like.ArrayValue()) {
				element = markSecrets(element, like.ArrayValue()[index])
			}
			elements[index] = element
		}
		return resource.NewProperty(elements)
	}
	return value
}

func markSecretsOf(properties, like resource.PropertyMap) resource.PropertyMap {
	marked := make(resource.PropertyMap, len(properties))
	for key, value := range properties {
		marked[key] = markSecrets(value, like[key])
	}
	return marked
}

// markSecretData marks the content of a Secret, however it was given.
func markSecretData(properties resource.PropertyMap) resource.PropertyMap {
	if !isSecret(properties) {
		return properties
	}
	marked := properties.Copy()
	for _, key := range []resource.PropertyKey{"data", "stringData"} {
		if value, found := marked[key]; found && !value.IsSecret() && !value.IsNull() {
			marked[key] = resource.MakeSecret(value)
		}
	}
	return marked
}

func isSecret(properties resource.PropertyMap) bool {
	return text(properties["apiVersion"]) == "v1" && text(properties["kind"]) == "Secret"
}

// text is the string in a property, or empty.
func text(value resource.PropertyValue) string {
	plain, _ := plainValue(value).(string)
	return plain
}

// child is a property of an object, looking through secret marks.
func child(value resource.PropertyValue, key resource.PropertyKey) resource.PropertyValue {
	plain := value
	if plain.IsSecret() {
		plain = plain.SecretValue().Element
	}
	if plain.IsObject() {
		return plain.ObjectValue()[key]
	}
	return resource.NewNullProperty()
}
