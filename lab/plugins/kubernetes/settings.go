package kubernetes

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"siteregistry.lab/plugins/standin"
)

// settings are the provider's options, read once at Configure.
type settings struct {
	kubeconfig, context, clusterName, namespace string
	mutableConfigMaps, mutableSecrets           bool
	upsertExisting                              bool
	deleteUnreachable, skipUpdateUnreachable    bool
	suppressDeprecationWarnings, alwaysForce    bool
	unknownKubeconfig                           bool
	client                                      clientSettings
}

type clientSettings struct {
	QPS     *float32 `json:"qps"`
	Burst   *int     `json:"burst"`
	Timeout *int     `json:"timeout"`
}

// refused are options that change what the plugin is for, in ways the stand-in does not have.
var refused = map[resource.PropertyKey]func(resource.PropertyValue) bool{
	"enableServerSideApply": func(value resource.PropertyValue) bool { return !isTrue(value) },
	"renderYamlToDirectory": func(resource.PropertyValue) bool { return true },
	"alwaysRender":          isTrue,
}

// refusals lists the options of a provider that the stand-in cannot honour.
func refusals(options resource.PropertyMap) []resource.PropertyKey {
	var keys []resource.PropertyKey
	for _, key := range options.StableKeys() {
		refuses, listed := refused[key]
		value := standin.Plain(options[key])
		if listed && !value.IsNull() && !value.IsComputed() && refuses(value) {
			keys = append(keys, key)
		}
	}
	return keys
}

func readSettings(options resource.PropertyMap) (settings, error) {
	if keys := refusals(options); len(keys) > 0 {
		return settings{}, fmt.Errorf("the lab's stand-in for the kubernetes plugin cannot honour the provider option %q "+
			"as it is set; run this stack with the real plugin", keys[0])
	}
	text := func(key resource.PropertyKey) string {
		if value := standin.Plain(options[key]); value.IsString() {
			return value.StringValue()
		}
		return ""
	}
	flag := func(key resource.PropertyKey, variable string) bool {
		value, given := options[key]
		if given && !value.IsNull() {
			return isTrue(standin.Plain(value))
		}
		set, err := strconv.ParseBool(os.Getenv(variable))
		return err == nil && set
	}
	read := settings{
		kubeconfig:                  text("kubeconfig"),
		context:                     text("context"),
		clusterName:                 text("cluster"),
		namespace:                   text("namespace"),
		mutableConfigMaps:           flag("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
		mutableSecrets:              flag("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
		upsertExisting:              flag("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
		deleteUnreachable:           flag("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
		skipUpdateUnreachable:       flag("skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"),
		suppressDeprecationWarnings: flag("suppressDeprecationWarnings", "PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS"),
		alwaysForce:                 flag("", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
		unknownKubeconfig:           options["kubeconfig"].ContainsUnknowns(),
	}
	client, err := readClientSettings(standin.Plain(options["kubeClientSettings"]))
	read.client = client
	return read, err
}

// readClientSettings takes the settings as an object or, as SDKs send them, as the JSON text of one.
func readClientSettings(value resource.PropertyValue) (clientSettings, error) {
	var client clientSettings
	var document []byte
	switch {
	case value.IsString():
		document = []byte(value.StringValue())
	case value.IsObject():
		encoded, err := json.Marshal(value.Mappable())
		if err != nil {
			return client, fmt.Errorf("read kubeClientSettings: %w", err)
		}
		document = encoded
	}
	if len(document) == 0 {
		return client, nil
	}
	if err := json.Unmarshal(document, &client); err != nil {
		return client, errors.New("kubeClientSettings must be an object with the numbers qps, burst and timeout: " + err.Error())
	}
	return client, nil
}

// isTrue reads a boolean option, which SDKs send as the text of one.
func isTrue(value resource.PropertyValue) bool {
	if value.IsString() {
		set, err := strconv.ParseBool(value.StringValue())
		return err == nil && set
	}
	return value.IsBool() && value.BoolValue()
}
