package recorded

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"google.golang.org/protobuf/types/known/structpb"

	"siteregistry.lab/plugins/standin"
)

// given makes the properties of a call from the recorded ones. What a placeholder hides is looked up in the
// program: it came from another resource.
func (p *player) given(recorded any, written any) resource.PropertyMap {
	properties := resource.PropertyMap{}
	source, _ := written.(map[string]any)
	for key, value := range recorded.(map[string]any) {
		properties[resource.PropertyKey(key)] = p.givenValue(value, source[key])
	}
	return properties
}

func (p *player) givenValue(recorded any, written any) resource.PropertyValue {
	if text, ok := recorded.(string); ok {
		if text == unknownValue {
			return resource.MakeComputed(resource.NewProperty(""))
		}
		if placeholderPEM.MatchString(text) {
			return p.reference(written)
		}
	}
	if nested, ok := recorded.(map[string]any); ok {
		return resource.NewProperty(p.given(nested, written))
	}
	return resource.NewPropertyValue(recorded)
}

func (p *player) reference(written any) resource.PropertyValue {
	if pointer, ok := written.(map[string]any); ok {
		if path, ok := pointer["$ref"].(string); ok {
			name, property, _ := strings.Cut(path, "/")
			if other := p.cases[name]; other != nil && other.live != nil {
				return other.live.outputs[resource.PropertyKey(property)]
			}
			p.t.Errorf("%s was never created here", path)
		}
	}
	return resource.NewPropertyValue(written)
}

func (p *player) encode(properties resource.PropertyMap) *structpb.Struct {
	encoded, err := standin.Encode("recording", properties)
	if err != nil {
		p.t.Fatal(err)
	}
	return encoded
}

func (p *player) decode(encoded *structpb.Struct) resource.PropertyMap {
	properties, err := standin.Decode("answer", encoded)
	if err != nil {
		p.t.Fatal(err)
	}
	return properties
}

func anyMap(values map[string]any) any {
	if values == nil {
		return map[string]any{}
	}
	return values
}

func anyList(texts []string) []any {
	values := make([]any, len(texts))
	for index, text := range texts {
		values[index] = text
	}
	return values
}
