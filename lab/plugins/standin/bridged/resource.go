// Package bridged is a provider described by tables. It answers the engine the way plugins built on the Terraform
// bridge do: what Check accepts, which defaults appear in outputs only, what a changed input replaces.
package bridged

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Kind is the type of a property's value.
type Kind int

// The kinds of values that the stand-ins' resources have.
const (
	String Kind = iota
	Number
	Bool
	List
	Map
	Object
)

// Property describes one property of a resource.
type Property struct {
	Name string
	Kind Kind
	// Input: a program may give it.
	Input bool
	// Required: a program must give it.
	Required bool
	// Default is what the output holds when the program gives nothing.
	Default any
	// Computed: the resource fills it in when the program gives nothing.
	Computed bool
	// Secret: marked as a secret wherever it appears.
	Secret bool
	// InPlace: a change is an update and not a replacement.
	InPlace bool
	// Fields names the members of an Object; others are ignored without a word, as the bridge does.
	Fields []string
	// Check returns what is wrong with a known value that was given.
	Check func(path string, value resource.PropertyValue) []Problem
}

// Problem is one mistake in the inputs, with the path of the value it is about.
type Problem struct {
	Path, Text string
}

// Failure is an error of a resource, in the two parts that the bridge reports in opposite orders.
type Failure struct {
	Summary, Detail string
}

// Error puts the summary first, as in the answer to the engine.
func (f *Failure) Error() string {
	if f.Detail == "" {
		return f.Summary
	}
	return f.Summary + ": " + f.Detail
}

// Resource describes one type of resource.
type Resource struct {
	// SchemaVersion is kept in the state, so that the real plugin can take it over.
	SchemaVersion string
	Properties    []Property
	// ListsComputed: a replacement names all computed outputs among the changes, too.
	ListsComputed bool
	// Check looks at the inputs as a whole, defaults filled in.
	Check func(planned resource.PropertyMap) []Problem
	// Complete settles properties that depend on each other.
	Complete func(inputs, planned resource.PropertyMap)
	// Create makes the resource from its inputs with defaults and returns its id and the computed outputs.
	Create func(planned resource.PropertyMap) (string, resource.PropertyMap, error)
	// Import returns the id and outputs of what `pulumi import` names; nil when the real plugin has no import.
	Import func(id string) (string, resource.PropertyMap, error)
	// Expiry makes a resource be replaced though nothing changed in the program.
	Expiry *Expiry
}

// Expiry names the output that says that a resource is due, and finds out.
type Expiry struct {
	Property string
	Due      func(outputs resource.PropertyMap, now time.Time) bool
}

// Function answers an invoke with its result, or with what is wrong with the arguments.
type Function func(arguments resource.PropertyMap) (resource.PropertyMap, []Problem, error)

var unknown = resource.MakeComputed(resource.NewProperty(""))

// plan fills in what the outputs will hold as far as the inputs tell. `computed` gives the rest.
func (r *Resource) plan(
	inputs resource.PropertyMap, computed func(Property) (resource.PropertyValue, bool),
) resource.PropertyMap {
	planned := resource.PropertyMap{}
	for _, property := range r.Properties {
		name := resource.PropertyKey(property.Name)
		value, given := inputs[name]
		switch {
		case property.Input && given && !value.IsNull():
			planned[name] = property.convert(value)
		case property.Default != nil:
			planned[name] = resource.NewPropertyValue(property.Default)
		case property.Computed:
			if value, ok := computed(property); ok {
				planned[name] = value
			}
		}
	}
	if r.Complete != nil {
		r.Complete(inputs, planned)
	}
	return planned
}

// outputs marks the secrets of known values. The engine marks unknown ones itself, from the inputs.
func (r *Resource) outputs(planned resource.PropertyMap) resource.PropertyMap {
	marked := planned.Copy()
	for _, property := range r.Properties {
		name := resource.PropertyKey(property.Name)
		if value, ok := marked[name]; ok && property.Secret && !value.ContainsUnknowns() {
			marked[name] = resource.MakeSecret(value)
		}
	}
	return marked
}

// due settles the output that says whether the resource must be made anew.
func (r *Resource) due(outputs resource.PropertyMap) bool {
	if r.Expiry == nil {
		return false
	}
	due := r.Expiry.Due(outputs, time.Now())
	outputs[resource.PropertyKey(r.Expiry.Property)] = resource.NewProperty(due)
	return due
}

// markInputs marks the inputs that are secret by nature.
func (r *Resource) markInputs(inputs resource.PropertyMap) resource.PropertyMap {
	marked := inputs.Copy()
	for _, property := range r.Properties {
		key := resource.PropertyKey(property.Name)
		if value, ok := marked[key]; ok && property.Input && property.Secret {
			marked[key] = resource.MakeSecret(value)
		}
	}
	return marked
}

// inputsOf guesses the inputs that a program would give to get these outputs.
func (r *Resource) inputsOf(outputs resource.PropertyMap) resource.PropertyMap {
	inputs := resource.PropertyMap{}
	for _, property := range r.Properties {
		key := resource.PropertyKey(property.Name)
		value, ok := outputs[key]
		if !ok || !property.Input || value.IsNumber() && value.NumberValue() == 0 {
			continue
		}
		inputs[key] = value
	}
	return inputs
}
