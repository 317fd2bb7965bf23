package kubernetes

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The keys of a state beside those of the object itself.
const (
	inputsKey            = "__inputs"
	initialAPIVersionKey = "__initialApiVersion"
	fieldManagerKey      = "__fieldManager"
)

// createManager is the field manager of every create: a plain POST, not an apply. The first update moves what it owns
// to the resource's own manager.
const createManager = "pulumi-kubernetes"

// checkpoint is what the state keeps of an object beside the object.
type checkpoint struct {
	inputs            resource.PropertyMap
	initialAPIVersion string
	fieldManager      string
}

// newCheckpoint begins the state of a resource, with a field manager of its own: several resources, also of other
// programs, may apply to one object.
func newCheckpoint(inputs resource.PropertyMap) (checkpoint, error) {
	suffix := make([]byte, 4)
	if _, err := rand.Read(suffix); err != nil {
		return checkpoint{}, err
	}
	return checkpoint{
		inputs:            inputs,
		initialAPIVersion: text(inputs["apiVersion"]),
		fieldManager:      createManager + "-" + hex.EncodeToString(suffix),
	}, nil
}

// readCheckpoint continues the state of a resource with new inputs.
func readCheckpoint(state, inputs resource.PropertyMap) (checkpoint, error) {
	continued, err := newCheckpoint(inputs)
	if manager := text(state[fieldManagerKey]); manager != "" {
		continued.fieldManager = manager
	}
	if version := text(state[initialAPIVersionKey]); version != "" {
		continued.initialAPIVersion = version
	}
	return continued, err
}

// state is what the engine keeps: the live object, and the checkpoint.
func (c checkpoint) state(live *unstructured.Unstructured) resource.PropertyMap {
	inputs := markSecretData(c.inputs)
	state := markSecretData(markSecretsOf(asProperties(live), inputs))
	state[inputsKey] = resource.NewProperty(inputs)
	state[initialAPIVersionKey] = resource.NewProperty(c.initialAPIVersion)
	state[fieldManagerKey] = resource.NewProperty(c.fieldManager)
	return state
}

// stateInputs are the inputs that a state remembers; nil when it is no state of this plugin.
func stateInputs(state resource.PropertyMap) resource.PropertyMap {
	inputs := state[inputsKey]
	if inputs.IsSecret() {
		inputs = inputs.SecretValue().Element
	}
	if !inputs.IsObject() {
		return nil
	}
	return inputs.ObjectValue()
}

// identifier is the id of an object: its namespace, if it has one, and its name.
func identifier(object *unstructured.Unstructured) string {
	if object.GetNamespace() == "" {
		return object.GetName()
	}
	return object.GetNamespace() + "/" + object.GetName()
}
