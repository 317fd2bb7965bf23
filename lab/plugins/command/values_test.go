package command

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
	"google.golang.org/protobuf/types/known/structpb"

	"siteregistry.lab/plugins/standin"
	"siteregistry.lab/plugins/standin/recorded"
)

const (
	recordedPort    = 2222
	recordedHostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEygLuhff6RLdFl0VEjAbks5tqHvOIANfvMxFm8VXg9h"
	recordedKey     = "<pem OPENSSH PRIVATE KEY>\n"
)

// fill puts this machine's values in the place of those of the machine that recorded: folder, port and keys.
func (p *player) fill(entry *played, value any) any {
	switch value := value.(type) {
	case string:
		switch value {
		case recordedHostKey:
			return p.ssh.hostKey
		case recordedKey:
			return p.keyOf(entry.Case.Case)
		}
		// Both outlive the time they have, one by less.
		return strings.ReplaceAll(strings.ReplaceAll(value, "<work>", p.work), "sleep 30", "sleep 4")
	case float64:
		if value == recordedPort {
			return float64(p.ssh.port)
		}
	case []any:
		filled := make([]any, len(value))
		for index, element := range value {
			filled[index] = p.fill(entry, element)
		}
		return filled
	case map[string]any:
		filled := map[string]any{}
		for key, element := range value {
			filled[key] = p.fill(entry, element)
		}
		return filled
	}
	return value
}

func (p *player) keyOf(name string) string {
	switch {
	case strings.Contains(name, "wrong-key"):
		return p.ssh.stranger
	case name == "r-keypass", name == "err-key-needs-pass", name == "err-key-bad-pass":
		return p.ssh.encrypted
	}
	return p.ssh.key
}

// property is a recorded value as it travels, with its marks.
func property(value any) resource.PropertyValue {
	switch value := value.(type) {
	case string:
		if value == "<unknown>" {
			return resource.MakeComputed(resource.NewProperty(""))
		}
	case []any:
		elements := make([]resource.PropertyValue, len(value))
		for index, element := range value {
			elements[index] = property(element)
		}
		return resource.NewProperty(elements)
	case map[string]any:
		if inner, secret := value["$secret"]; secret {
			return resource.MakeSecret(property(inner))
		}
		if given, is := value["$asset"].(map[string]any); is {
			return resource.NewProperty(assetOf(given))
		}
		if given, is := value["$archive"].(map[string]any); is {
			members := map[string]any{}
			assets, _ := given["assets"].(map[string]any)
			for name, member := range assets {
				inner, _ := member.(map[string]any)
				whole, _ := inner["$asset"].(map[string]any)
				members[name] = assetOf(whole)
			}
			return resource.NewProperty(&archive.Archive{
				Sig: archive.ArchiveSig, Hash: word(given, "hash"), Path: word(given, "path"), Assets: members,
			})
		}
		return resource.NewProperty(properties(value))
	}
	return resource.NewPropertyValue(value)
}

func assetOf(given map[string]any) *asset.Asset {
	return &asset.Asset{
		Sig: asset.AssetSig, Hash: word(given, "hash"), Path: word(given, "path"), Text: word(given, "text"),
	}
}

func word(given map[string]any, key string) string {
	text, _ := given[key].(string)
	return text
}

func properties(values map[string]any) resource.PropertyMap {
	filled := resource.PropertyMap{}
	for key, value := range values {
		filled[resource.PropertyKey(key)] = property(value)
	}
	return filled
}

func (p *player) encode(entry *played, values map[string]any) *structpb.Struct {
	filled, _ := p.fill(entry, any(values)).(map[string]any)
	encoded, err := standin.Encode("recording", properties(filled))
	if err != nil {
		p.Test.Fatal(err)
	}
	return encoded
}

func (p *player) decode(encoded *structpb.Struct) resource.PropertyMap {
	decoded, err := standin.Decode("answer", encoded)
	if err != nil {
		p.Test.Fatal(err)
	}
	return decoded
}

// compare wants exactly what was recorded, marks included.
func (p *player) compare(entry *played, recordedValue any, got *structpb.Struct) []string {
	literal, _ := recordedValue.(map[string]any)
	want := p.decode(p.encode(entry, literal))
	if actual := p.decode(got); !actual.DeepEquals(want) {
		return []string{fmt.Sprintf("answers %v, recorded %v", actual, want)}
	}
	return nil
}

// compareState compares with the literal recording, or with the state that it refers to, where the engine has
// added its own marks of the inputs.
func (p *player) compareState(entry *played, step recorded.Step, call recorded.Call, got *structpb.Struct) []string {
	if literal, ok := call.Properties.(map[string]any); ok {
		return p.compare(entry, literal, got)
	}
	if call.Properties == "= inputs" {
		if want, actual := p.decode(entry.checked), p.decode(got); !actual.DeepEquals(want) {
			return []string{fmt.Sprintf("answers %v, recorded its inputs %v", actual, want)}
		}
		return nil
	}
	var states []recorded.State
	if json.Unmarshal(step.State, &states) != nil {
		var one recorded.State
		if err := json.Unmarshal(step.State, &one); err != nil {
			return []string{fmt.Sprintf("no state is recorded: %v", err)}
		}
		states = []recorded.State{one}
	}
	want := standin.PlainMap(p.decode(p.encode(entry, states[0].Outputs)))
	actual := p.decode(got)
	if plain := standin.PlainMap(actual); !plain.DeepEquals(want) {
		return []string{fmt.Sprintf("answers %v, recorded %v", plain, want)}
	}
	var found []string
	for _, output := range []resource.PropertyKey{"stdout", "stderr"} {
		if actual[output].IsSecret() {
			found = append(found, fmt.Sprintf("%s is marked as secret, recorded plain", output))
		}
	}
	for _, path := range states[0].SecretPaths {
		if top := resource.PropertyKey(path); !strings.Contains(path, ".") && !actual[top].IsSecret() &&
			top != "stdout" {
			found = append(found, fmt.Sprintf("%s is plain, recorded as secret", path))
		}
	}
	return found
}
