package command

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// texts are the inputs that are strings.
var texts = []resource.PropertyKey{"create", "update", "delete", "stdin", "dir", "logging"}

// check finds values of a wrong type, and a connection to nowhere.
func check(token string, inputs resource.PropertyMap) []*pulumirpc.CheckFailure {
	parts := strings.Split(token, ":")
	structure := parts[2] + "Inputs"
	kind := parts[1] + "." + structure
	var failures []*pulumirpc.CheckFailure
	wrong := func(property string, value resource.PropertyValue) {
		if value.IsString() || value.IsComputed() || value.IsOutput() || value.IsNull() {
			return
		}
		failures = append(failures, &pulumirpc.CheckFailure{Property: property, Reason: fmt.Sprintf(
			"Field '%s' on '%s' must be a 'string'; got '%T' instead", property, kind, value.V)})
	}
	for _, key := range texts {
		wrong(string(key), inputs[key])
	}
	if token == remoteCopy {
		wrong("remotePath", inputs["remotePath"])
		failures = append(failures, checkSource(inputs["source"])...)
	}
	if environment := inputs["environment"]; environment.IsObject() {
		for name, value := range environment.ObjectValue() {
			wrong(fmt.Sprintf("environment[%s] value", name), value)
		}
	}
	if connection := inputs["connection"]; connection.IsObject() {
		if _, has := connection.ObjectValue()["host"]; !has {
			failures = append(failures, &pulumirpc.CheckFailure{Property: "connection", Reason: "An error occurred " +
				"decoding '" + structure + ".connection': 1 failures decoding:\n" +
				"\thost: Missing required field 'host' on 'remote.Connection'"})
		}
	}
	return failures
}

// checkSource wants what can be copied: a text, or a path to a file or a folder.
func checkSource(source resource.PropertyValue) []*pulumirpc.CheckFailure {
	property, reason := "", ""
	switch {
	case source.IsComputed() || source.IsOutput():
	case source.IsAsset() && !source.AssetValue().IsPath() && !source.AssetValue().IsText():
		property, reason = "asset", "asset must be a path-based file asset or a text asset"
	case source.IsArchive() && !source.ArchiveValue().IsPath():
		property, reason = "archive", "archive must be a path to a file or directory"
	case !source.IsAsset() && !source.IsArchive():
		property, reason = "asset", "either asset or archive must be set"
	}
	if reason == "" {
		return nil
	}
	return []*pulumirpc.CheckFailure{{Property: property, Reason: reason}}
}

// secretParts are the parts of a connection that are secret by nature.
var secretParts = []resource.PropertyKey{"password", "privateKey", "privateKeyPassword"}

// markConnection marks them, inside whatever mark the connection itself has.
func markConnection(connection resource.PropertyValue) resource.PropertyValue {
	if connection.IsSecret() {
		return resource.MakeSecret(markConnection(connection.SecretValue().Element))
	}
	if !connection.IsObject() {
		return connection
	}
	marked := connection.ObjectValue().Copy()
	for _, part := range secretParts {
		if value, has := marked[part]; has && !value.IsSecret() {
			marked[part] = resource.MakeSecret(value)
		}
	}
	if proxy, has := marked["proxy"]; has {
		marked["proxy"] = markConnection(proxy)
	}
	return resource.NewProperty(marked)
}

// diff lists what of the inputs changes, in place but for triggers where none were.
func diff(olds, news resource.PropertyMap, ignored []string) *pulumirpc.DiffResponse {
	before := olds.Copy()
	for _, output := range []resource.PropertyKey{"stdout", "stderr"} {
		delete(before, output)
	}
	for _, output := range collected {
		delete(before, output)
	}
	answer := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true}
	changes := before.Diff(news)
	if changes == nil {
		return answer
	}
	for _, key := range changes.ChangedKeys() {
		if slices.Contains(ignored, string(key)) {
			delete(changes.Adds, key)
			delete(changes.Updates, key)
			delete(changes.Deletes, key)
			continue
		}
		answer.Diffs = append(answer.Diffs, string(key))
	}
	if len(answer.Diffs) == 0 {
		return answer
	}
	sort.Strings(answer.Diffs)
	answer.Changes = pulumirpc.DiffResponse_DIFF_SOME
	answer.DetailedDiff = map[string]*pulumirpc.PropertyDiff{}
	for path, change := range plugin.NewDetailedDiffFromObjectDiff(changes, false) {
		kind := pulumirpc.PropertyDiff_Kind(change.Kind) //nolint:gosec // the same short list of kinds
		if path == "triggers" && kind == pulumirpc.PropertyDiff_ADD {
			kind = pulumirpc.PropertyDiff_ADD_REPLACE
			answer.Replaces = []string{path}
		}
		answer.DetailedDiff[path] = &pulumirpc.PropertyDiff{Kind: kind}
	}
	return answer
}
