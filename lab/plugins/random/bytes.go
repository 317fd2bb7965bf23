package random

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"github.com/google/uuid"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"siteregistry.lab/plugins/standin/bridged"
)

// octets is RandomBytes.
func octets() *bridged.Resource {
	describe := func(value []byte) (string, resource.PropertyMap, error) {
		outputs := texts(map[resource.PropertyKey]string{
			"base64": base64.StdEncoding.EncodeToString(value), "hex": hex.EncodeToString(value),
		})
		outputs["length"] = resource.NewProperty(float64(len(value)))
		return outputs["base64"].StringValue(), outputs, nil
	}
	return &bridged.Resource{
		Properties: []bridged.Property{
			keepers(),
			{Name: "length", Kind: bridged.Number, Input: true, Required: true, Check: bridged.AtLeast(1)},
			{Name: "base64", Kind: bridged.String, Computed: true, Secret: true},
			{Name: "hex", Kind: bridged.String, Computed: true, Secret: true},
		},
		Create: func(planned resource.PropertyMap) (string, resource.PropertyMap, error) {
			value, err := random(planned["length"])
			if err != nil {
				return "", nil, err
			}
			return describe(value)
		},
		Import: func(id string) (string, resource.PropertyMap, error) {
			value, err := base64.StdEncoding.DecodeString(id)
			if err != nil {
				return "", nil, &bridged.Failure{Summary: "Import Random bytes Error", Detail: err.Error()}
			}
			return describe(value)
		},
	}
}

// identifier is RandomId: bytes in four notations, each behind the prefix.
func identifier() *bridged.Resource {
	describe := func(value []byte, prefix string) (string, resource.PropertyMap, error) {
		id := base64.RawURLEncoding.EncodeToString(value)
		return id, texts(map[resource.PropertyKey]string{
			"id":     id,
			"b64Url": prefix + id,
			"b64Std": prefix + base64.StdEncoding.EncodeToString(value),
			"hex":    prefix + hex.EncodeToString(value),
			"dec":    prefix + new(big.Int).SetBytes(value).String(),
		}), nil
	}
	return &bridged.Resource{
		Properties: []bridged.Property{
			keepers(), id(),
			{Name: "byteLength", Kind: bridged.Number, Input: true, Required: true},
			{Name: "prefix", Kind: bridged.String, Input: true},
			{Name: "b64Std", Kind: bridged.String, Computed: true},
			{Name: "b64Url", Kind: bridged.String, Computed: true},
			{Name: "dec", Kind: bridged.String, Computed: true},
			{Name: "hex", Kind: bridged.String, Computed: true},
		},
		Create: func(planned resource.PropertyMap) (string, resource.PropertyMap, error) {
			value, err := random(planned["byteLength"])
			if err != nil {
				return "", nil, err
			}
			prefix := ""
			if given := planned["prefix"]; given.IsString() {
				prefix = given.StringValue()
			}
			return describe(value, prefix)
		},
		Import: func(given string) (string, resource.PropertyMap, error) {
			prefix, encoded := "", given
			if at := strings.LastIndex(given, ","); at >= 0 {
				prefix, encoded = given[:at], given[at+1:]
			}
			value, err := base64.RawURLEncoding.DecodeString(encoded)
			if err != nil {
				return "", nil, &bridged.Failure{Summary: "Import Random ID Error", Detail: err.Error()}
			}
			id, outputs, err := describe(value, prefix)
			outputs["byteLength"] = resource.NewProperty(float64(len(value)))
			if prefix != "" {
				outputs["prefix"] = resource.NewProperty(prefix)
			}
			return id, outputs, err
		},
	}
}

// unique is RandomUuid in its versions.
func unique(create func() (uuid.UUID, error)) *bridged.Resource {
	describe := func(value uuid.UUID) (string, resource.PropertyMap, error) {
		return value.String(), texts(map[resource.PropertyKey]string{"id": value.String(), "result": value.String()}), nil
	}
	return &bridged.Resource{
		Properties: []bridged.Property{keepers(), id(), result(bridged.String)},
		Create: func(resource.PropertyMap) (string, resource.PropertyMap, error) {
			value, err := create()
			if err != nil {
				return "", nil, fmt.Errorf("make a uuid: %w", err)
			}
			return describe(value)
		},
		Import: func(id string) (string, resource.PropertyMap, error) {
			value, err := uuid.Parse(id)
			if err != nil {
				return "", nil, &bridged.Failure{Summary: "Import Random UUID Error", Detail: err.Error()}
			}
			return describe(value)
		},
	}
}

func uuid4() (uuid.UUID, error) { return uuid.NewRandom() }

func uuid7() (uuid.UUID, error) { return uuid.NewV7() }

func random(length resource.PropertyValue) ([]byte, error) {
	if length.NumberValue() < 0 {
		return nil, &bridged.Failure{Summary: "Invalid Attribute Value",
			Detail: fmt.Sprintf("the number of bytes must not be negative, got: %v", length.NumberValue())}
	}
	value := make([]byte, int(length.NumberValue()))
	if _, err := rand.Read(value); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	return value, nil
}
