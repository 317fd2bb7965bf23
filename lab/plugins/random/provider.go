// Package random stands in for the Pulumi plugin `random`.
package random

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"siteregistry.lab/plugins/standin/bridged"
)

// Version is that of the plugin stood in for.
const Version = "4.21.2"

// New makes the provider.
func New(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
	return &bridged.Provider{Host: host, Resources: map[string]*bridged.Resource{
		"random:index/randomPassword:RandomPassword": password(),
		"random:index/randomString:RandomString":     characters(),
		"random:index/randomBytes:RandomBytes":       octets(),
		"random:index/randomId:RandomId":             identifier(),
		"random:index/randomInteger:RandomInteger":   integer(),
		"random:index/randomUuid:RandomUuid":         unique(uuid4),
		"random:index/randomUuid4:RandomUuid4":       unique(uuid4),
		"random:index/randomUuid7:RandomUuid7":       unique(uuid7),
		"random:index/randomPet:RandomPet":           pet(),
		"random:index/randomShuffle:RandomShuffle":   shuffle(),
	}}, nil
}

// keepers is what every resource here has: any change of it asks for a new value.
func keepers() bridged.Property {
	return bridged.Property{Name: "keepers", Kind: bridged.Map, Input: true}
}

// id is the id as an output, which all but RandomBytes have.
func id() bridged.Property {
	return bridged.Property{Name: "id", Kind: bridged.String, Computed: true}
}

func result(kind bridged.Kind) bridged.Property {
	return bridged.Property{Name: "result", Kind: kind, Computed: true}
}

func texts(pairs map[resource.PropertyKey]string) resource.PropertyMap {
	outputs := resource.PropertyMap{}
	for key, value := range pairs {
		outputs[key] = resource.NewProperty(value)
	}
	return outputs
}
