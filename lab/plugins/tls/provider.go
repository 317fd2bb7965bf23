// Package tls stands in for the Pulumi plugin `tls`.
package tls

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"siteregistry.lab/plugins/standin/bridged"
)

// Version is that of the plugin stood in for.
const Version = "5.6.1"

// New makes the provider.
func New(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
	return &bridged.Provider{
		Host: host,
		Resources: map[string]*bridged.Resource{
			"tls:index/privateKey:PrivateKey":               privateKey(),
			"tls:index/selfSignedCert:SelfSignedCert":       selfSignedCert(),
			"tls:index/locallySignedCert:LocallySignedCert": locallySignedCert(),
			"tls:index/certRequest:CertRequest":             certRequest(),
		},
		Functions: map[string]bridged.Function{
			"tls:index/getPublicKey:getPublicKey":     getPublicKey,
			"tls:index/getCertificate:getCertificate": getCertificate,
		},
	}, nil
}

func computed(names ...string) []bridged.Property {
	properties := make([]bridged.Property, len(names))
	for index, name := range names {
		properties[index] = bridged.Property{Name: name, Kind: bridged.String, Computed: true}
	}
	return properties
}

func secrets(names ...string) []bridged.Property {
	properties := computed(names...)
	for index := range properties {
		properties[index].Secret = true
	}
	return properties
}

func texts(pairs map[resource.PropertyKey]string) resource.PropertyMap {
	outputs := resource.PropertyMap{}
	for key, value := range pairs {
		outputs[key] = resource.NewProperty(value)
	}
	return outputs
}

func isTrue(value resource.PropertyValue) bool { return value.IsBool() && value.BoolValue() }

// strings of a list that may be absent.
func list(value resource.PropertyValue) []string {
	var elements []string
	if value.IsArray() {
		for _, element := range value.ArrayValue() {
			elements = append(elements, element.StringValue())
		}
	}
	return elements
}
