package random

import (
	crypto "crypto/rand"
	"encoding/binary"
	"fmt"
	"hash/crc64"
	"math/rand"
	"strconv"
	"strings"

	petname "github.com/dustinkirkland/golang-petname"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"siteregistry.lab/plugins/standin/bridged"
)

// integer is RandomInteger.
func integer() *bridged.Resource {
	return &bridged.Resource{
		Properties: []bridged.Property{
			keepers(), id(), result(bridged.Number), seed(),
			{Name: "min", Kind: bridged.Number, Input: true, Required: true},
			{Name: "max", Kind: bridged.Number, Input: true, Required: true},
		},
		Create: func(planned resource.PropertyMap) (string, resource.PropertyMap, error) {
			low, high := int(planned["min"].NumberValue()), int(planned["max"].NumberValue())
			if low > high {
				return "", nil, &bridged.Failure{Summary: "Create Random Integer Error", Detail: "The minimum (minVal) value " +
					"needs to be smaller than or equal to maximum (maxVal) value."}
			}
			numbers, err := source(planned)
			if err != nil {
				return "", nil, err
			}
			value := strconv.Itoa(low + numbers.Intn(high-low+1))
			return value, numbered(value), nil
		},
		Import: importInteger,
	}
}

func importInteger(given string) (string, resource.PropertyMap, error) {
	parts := strings.SplitN(given, ",", 4)
	if len(parts) < 3 {
		return "", nil, &bridged.Failure{Summary: "Import Random Integer Error",
			Detail: "Invalid import usage: expecting {result},{min},{max} or {result},{min},{max},{seed}"}
	}
	outputs := numbered(parts[0])
	for index, name := range []resource.PropertyKey{"result", "min", "max"} {
		value, err := strconv.Atoi(parts[index])
		if err != nil {
			return "", nil, &bridged.Failure{Summary: "Import Random Integer Error", Detail: err.Error()}
		}
		outputs[name] = resource.NewProperty(float64(value))
	}
	if len(parts) == 4 {
		outputs["seed"] = resource.NewProperty(parts[3])
	}
	return parts[0], outputs, nil
}

// numbered is the outputs of an integer; its id is the same in digits.
func numbered(value string) resource.PropertyMap {
	result, _ := strconv.ParseFloat(value, 64)
	return resource.PropertyMap{"id": resource.NewProperty(value), "result": resource.NewProperty(result)}
}

// pet is RandomPet.
func pet() *bridged.Resource {
	return &bridged.Resource{
		Properties: []bridged.Property{
			keepers(), id(),
			{Name: "length", Kind: bridged.Number, Input: true, Default: 2.0},
			{Name: "prefix", Kind: bridged.String, Input: true},
			{Name: "separator", Kind: bridged.String, Input: true, Default: "-"},
		},
		Create: func(planned resource.PropertyMap) (string, resource.PropertyMap, error) {
			separator := planned["separator"].StringValue()
			name := petname.Generate(int(planned["length"].NumberValue()), separator)
			if prefix := planned["prefix"]; prefix.IsString() && prefix.StringValue() != "" {
				name = prefix.StringValue() + separator + name
			}
			return name, texts(map[resource.PropertyKey]string{"id": name}), nil
		},
	}
}

// shuffle is RandomShuffle: it deals whole shuffled rounds until there are enough.
func shuffle() *bridged.Resource {
	return &bridged.Resource{
		Properties: []bridged.Property{
			keepers(), id(), seed(),
			{Name: "inputs", Kind: bridged.List, Input: true, Required: true},
			{Name: "resultCount", Kind: bridged.Number, Input: true},
			{Name: "results", Kind: bridged.List, Computed: true},
		},
		Create: func(planned resource.PropertyMap) (string, resource.PropertyMap, error) {
			inputs := planned["inputs"].ArrayValue()
			count := len(inputs)
			if given := planned["resultCount"]; given.IsNumber() {
				count = int(given.NumberValue())
			}
			if count < 0 {
				return "", nil, &bridged.Failure{Summary: "Invalid Attribute Value",
					Detail: fmt.Sprintf("resultCount must not be negative, got: %d", count)}
			}
			numbers, err := source(planned)
			if err != nil {
				return "", nil, err
			}
			results := []resource.PropertyValue{}
			for len(inputs) > 0 && len(results) < count {
				for _, at := range numbers.Perm(len(inputs)) {
					if len(results) < count {
						results = append(results, inputs[at])
					}
				}
			}
			return "-", resource.PropertyMap{
				"id": resource.NewProperty("-"), "results": resource.NewProperty(results),
			}, nil
		},
	}
}

func seed() bridged.Property {
	return bridged.Property{Name: "seed", Kind: bridged.String, Input: true}
}

// source gives the same numbers for the same seed, the ones that the real plugin gives.
func source(planned resource.PropertyMap) (*rand.Rand, error) {
	if seed := planned["seed"]; seed.IsString() && seed.StringValue() != "" {
		sum := crc64.Checksum([]byte(seed.StringValue()), crc64.MakeTable(crc64.ISO))
		return rand.New(rand.NewSource(int64(sum))), nil
	}
	var start [8]byte
	if _, err := crypto.Read(start[:]); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	return rand.New(rand.NewSource(int64(binary.LittleEndian.Uint64(start[:])))), nil
}
