package random

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"golang.org/x/crypto/bcrypt"

	"siteregistry.lab/plugins/standin/bridged"
)

// Bcrypt looks at no more of a password than this.
const bcryptLimit = 72

const specials = "!@#$%&*()-_=+[]{}<>:?"

var classes = []struct{ flag, minimum, letters string }{
	{"lower", "minLower", "abcdefghijklmnopqrstuvwxyz"},
	{"upper", "minUpper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
	{"numeric", "minNumeric", "0123456789"},
	{"special", "minSpecial", specials},
}

// characters is RandomString.
func characters() *bridged.Resource {
	described := generated("2")
	described.Properties = append(described.Properties, id(), result(bridged.String))
	described.Create = func(planned resource.PropertyMap) (string, resource.PropertyMap, error) {
		value, err := generate(planned)
		return value, texts(map[resource.PropertyKey]string{"id": value, "result": value}), err
	}
	described.Import = func(value string) (string, resource.PropertyMap, error) {
		outputs := texts(map[resource.PropertyKey]string{"id": value, "result": value})
		outputs["length"] = resource.NewProperty(float64(len(value)))
		return value, outputs, nil
	}
	return described
}

// password is RandomPassword: the same characters kept secret, and their hash.
func password() *bridged.Resource {
	described := generated("3")
	secret := result(bridged.String)
	secret.Secret = true
	described.Properties = append(described.Properties, id(), secret,
		bridged.Property{Name: "bcryptHash", Kind: bridged.String, Computed: true, Secret: true})
	describe := func(value string) (string, resource.PropertyMap, error) {
		hash, err := bcrypt.GenerateFromPassword([]byte(value[:min(len(value), bcryptLimit)]), bcrypt.DefaultCost)
		// The id must not tell the password.
		return "none", texts(map[resource.PropertyKey]string{
			"id": "none", "result": value, "bcryptHash": string(hash),
		}), err
	}
	described.Create = func(planned resource.PropertyMap) (string, resource.PropertyMap, error) {
		value, err := generate(planned)
		if err != nil {
			return "", nil, err
		}
		return describe(value)
	}
	described.Import = func(value string) (string, resource.PropertyMap, error) {
		id, outputs, err := describe(value)
		outputs["length"] = resource.NewProperty(float64(len(value)))
		return id, outputs, err
	}
	return described
}

// generated is what strings and passwords have in common.
func generated(schemaVersion string) *bridged.Resource {
	properties := []bridged.Property{
		keepers(),
		{Name: "length", Kind: bridged.Number, Input: true, Required: true, Check: bridged.AtLeast(1)},
		{Name: "overrideSpecial", Kind: bridged.String, Input: true},
		{Name: "number", Kind: bridged.Bool, Input: true, Default: true},
	}
	for _, class := range classes {
		properties = append(properties,
			bridged.Property{Name: class.flag, Kind: bridged.Bool, Input: true, Default: true},
			bridged.Property{Name: class.minimum, Kind: bridged.Number, Input: true, Default: 0.0})
	}
	return &bridged.Resource{
		SchemaVersion: schemaVersion, Properties: properties, Check: checkGenerated, Complete: matchNumber,
	}
}

// matchNumber lets `number`, the old name of `numeric`, follow it, or lead it where only the old name is given.
func matchNumber(inputs, planned resource.PropertyMap) {
	if _, given := inputs["numeric"]; given {
		if _, both := inputs["number"]; !both {
			planned["number"] = planned["numeric"]
		}
		return
	}
	planned["numeric"] = planned["number"]
}

func checkGenerated(planned resource.PropertyMap) []bridged.Problem {
	var problems []bridged.Problem
	length, sum, any := planned["length"], 0.0, false
	known := length.IsNumber()
	for _, class := range classes {
		minimum, flag := planned[resource.PropertyKey(class.minimum)], planned[resource.PropertyKey(class.flag)]
		if minimum.IsNumber() {
			sum += minimum.NumberValue()
		}
		known = known && minimum.IsNumber()
		any = any || !flag.IsBool() || flag.BoolValue()
	}
	if known && length.NumberValue() < sum {
		problems = append(problems, bridged.Problem{Path: "length", Text: fmt.Sprintf(
			"Invalid Attribute Value. Attribute length value must be at least sum of "+
				"min_upper + min_lower + min_numeric + min_special, got: %v", length.NumberValue())})
	}
	if !any {
		problems = append(problems, bridged.Problem{Path: "numeric", Text: "Invalid Attribute Combination. " +
			"At least one attribute out of [special,upper,lower,numeric] must be specified as true"})
	}
	return problems
}

// generate picks the wanted minimum of each class, fills up from all classes in use, and mixes.
func generate(planned resource.PropertyMap) (string, error) {
	if !planned["number"].DeepEquals(planned["numeric"]) {
		return "", &bridged.Failure{Summary: "1 error occurred:\n\t* : Number and numeric are both configured " +
			"with different values - Number is deprecated, use numeric instead\n\n"}
	}
	var all strings.Builder
	var picked []byte
	for _, class := range classes {
		letters := class.letters
		override := planned["overrideSpecial"]
		if class.flag == "special" && override.IsString() && override.StringValue() != "" {
			letters = override.StringValue()
		}
		minimum := int(planned[resource.PropertyKey(class.minimum)].NumberValue())
		if minimum < 0 {
			return "", &bridged.Failure{Summary: "Invalid Attribute Value",
				Detail: fmt.Sprintf("%s must not be negative, got: %d", class.minimum, minimum)}
		}
		if planned[resource.PropertyKey(class.flag)].BoolValue() {
			all.WriteString(letters)
		}
		more, err := pick(letters, minimum)
		if err != nil {
			return "", err
		}
		picked = append(picked, more...)
	}
	rest, err := pick(all.String(), int(planned["length"].NumberValue())-len(picked))
	if err != nil {
		return "", err
	}
	return mix(append(picked, rest...))
}

func pick(letters string, count int) ([]byte, error) {
	picked := make([]byte, count)
	for index := range picked {
		at, err := below(len(letters))
		if err != nil {
			return nil, err
		}
		picked[index] = letters[at]
	}
	return picked, nil
}

func mix(letters []byte) (string, error) {
	for last := len(letters) - 1; last > 0; last-- {
		other, err := below(last + 1)
		if err != nil {
			return "", err
		}
		letters[last], letters[other] = letters[other], letters[last]
	}
	return string(letters), nil
}

func below(limit int) (int, error) {
	number, err := rand.Int(rand.Reader, big.NewInt(int64(limit)))
	if err != nil {
		return 0, fmt.Errorf("read random numbers: %w", err)
	}
	return int(number.Int64()), nil
}
