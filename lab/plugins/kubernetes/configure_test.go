package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/encoding/protojson"
)

// The recordings hide the kubeconfigs, so changes of one are tried below and not here.
func TestDiffConfigAnswersAsRecorded(t *testing.T) {
	compared := 0
	for _, recorded := range recordings(t) {
		if recorded.Program.Type != "kubernetes.Provider" {
			continue
		}
		var state *recordedState
		for index, step := range recorded.Steps {
			var news resource.PropertyMap
			for _, call := range step.Provider {
				if call.Call == "CheckConfig" {
					news = properties(call.News)
				}
				if call.Call != "DiffConfig" || state == nil || news == nil {
					continue
				}
				content, err := json.Marshal(call.Response)
				if err != nil {
					t.Fatal(err)
				}
				expected := &pulumirpc.DiffResponse{}
				if err := protojson.Unmarshal(content, expected); err != nil {
					t.Fatal(err)
				}
				if slices.Contains(expected.GetDiffs(), "kubeconfig") {
					continue
				}
				olds := state.inputs.Copy()
				delete(olds, "__internal") // the engine's own
				answered := diffOptions(olds, news)
				compared++
				if fmt.Sprint(answered) != fmt.Sprint(expected) {
					t.Errorf("%s/%s step %d: answered %v, recorded %v", recorded.Suite, recorded.Case, index, answered, expected)
				}
			}
			state = state.next(t, step.State)
		}
	}
	if compared < 20 {
		t.Errorf("only %d answers were compared", compared)
	}
}

func TestKubeconfigToAnotherClusterReplacesAndToTheSameUpdates(t *testing.T) {
	here := fmt.Sprintf(kubeconfigOf, "https://one.test:6443")
	rewritten := strings.ReplaceAll(here, `"lab"`, `"renamed"`)
	elsewhere := fmt.Sprintf(kubeconfigOf, "https://two.test:6443")
	for name, try := range map[string]struct {
		before, after, identifier string
		replaces                  int
	}{
		"same cluster, rewritten":            {before: here, after: rewritten},
		"another cluster":                    {before: here, after: elsewhere, replaces: 1},
		"another address of a named cluster": {before: here, after: elsewhere, identifier: "site"},
	} {
		t.Run(name, func(t *testing.T) {
			options := func(kubeconfig string) resource.PropertyMap {
				given := resource.PropertyMap{"kubeconfig": resource.NewProperty(kubeconfig)}
				if try.identifier != "" {
					given["clusterIdentifier"] = resource.NewProperty(try.identifier)
				}
				return given
			}
			answered := diffOptions(options(try.before), options(try.after))
			if len(answered.GetReplaces()) != try.replaces || !slices.Equal(answered.GetDiffs(), []string{"kubeconfig"}) {
				t.Errorf("answered %v", answered)
			}
		})
	}
}

func TestOptionsThatCannotBeHonouredAreRefused(t *testing.T) {
	options := resource.PropertyMap{
		"enableServerSideApply": resource.NewProperty("false"),
		"renderYamlToDirectory": resource.NewProperty("yaml"),
		"namespace":             resource.NewProperty("x"),
	}
	response, err := newProvider(nil).CheckConfig(context.Background(), &pulumirpc.CheckRequest{News: encode(t, options)})
	if err != nil {
		t.Fatal(err)
	}
	if len(response.GetFailures()) != 2 {
		t.Errorf("answered %v", response.GetFailures())
	}
}

func TestKindsThatAreNotServedAreRefused(t *testing.T) {
	for _, token := range []string{
		"kubernetes:core/v1:ConfigMapList", "kubernetes:helm.sh/v3:Release",
	} {
		urn := "urn:pulumi:dev::proj::" + token + "::x"
		request := &pulumirpc.CheckRequest{Urn: urn, News: encode(t, resource.PropertyMap{})}
		if _, err := newProvider(nil).Check(context.Background(), request); err == nil {
			t.Errorf("%s was taken", token)
		} else if !strings.Contains(err.Error(), "stand-in") {
			t.Errorf("%s: the error does not say whose limit it is: %v", token, err)
		}
	}
}
