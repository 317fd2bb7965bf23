package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"siteregistry.lab/plugins/standin"
)

// leftOut are recordings that the stand-in does not claim to follow, and why.
var leftOut = []struct{ pattern, reason string }{
	{`^client-side-apply/`, "client-side apply is refused"},
	{`/p-render|/pr-`, "renderYamlToDirectory is refused"},
	{`^changes-1/pw `, "a resource of the random plugin"},
	{`whole-run|/default_4_34_2`, "belongs to no single object"},
}

func omitted(recorded recordedCase) bool {
	for _, left := range leftOut {
		if regexp.MustCompile(left.pattern).MatchString(recorded.Suite + "/" + recorded.Case + " " + recorded.Program.Type) {
			return true
		}
	}
	return false
}

const kubeconfigOf = `{"apiVersion":"v1","kind":"Config","current-context":"lab","contexts":[{"name":"lab","context":
{"cluster":"test","user":"test"}}],"users":[{"name":"test","user":{"token":"none"}}],"clusters":[{"name":"test",
"cluster":{"server":"%s"}}]}`

// custom are the custom resources of the recorded cluster: all that Check may have to look up.
var custom = map[string][]metav1.APIResource{
	"/apis/traefik.io/v1alpha1": {
		{Name: "middlewares", Kind: "Middleware", Namespaced: true},
		{Name: "ingressroutetcps", Kind: "IngressRouteTCP", Namespaced: true},
	},
}

// discoverable serves nothing but what tells which kinds there are.
func discoverable(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		response.Header().Set("Content-Type", "application/json")
		listed, found := custom[request.URL.Path]
		if !found && request.URL.Path != "/openapi/v2" {
			response.WriteHeader(http.StatusNotFound)
			return
		}
		list := metav1.APIResourceList{
			GroupVersion: strings.TrimPrefix(request.URL.Path, "/apis/"), APIResources: listed,
		}
		if err := json.NewEncoder(response).Encode(list); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// configured is a provider with the options that the recorded one had, at a server that only knows its kinds: neither
// Check nor Diff may need more.
func configured(t *testing.T, options map[string]any, server string) *Provider {
	t.Helper()
	given := resource.PropertyMap{}
	for key, value := range options {
		given[resource.PropertyKey(key)] = property(value)
	}
	if !strings.Contains(text(given["kubeconfig"]), "/nope") {
		given["kubeconfig"] = resource.NewProperty(fmt.Sprintf(kubeconfigOf, server))
	}
	args, err := standin.Encode("options", given)
	if err != nil {
		t.Fatal(err)
	}
	served := newProvider(nil)
	if _, err := served.Configure(context.Background(), &pulumirpc.ConfigureRequest{Args: args}); err != nil {
		t.Fatal(err)
	}
	return served
}

// replay follows one case through its steps.
type replay struct {
	recorded  recordedCase
	providers map[string]recordedCase
	state     *recordedState
	urn       string
	checks    int
	diffs     int
	server    string
}

func TestCheckAndDiffAnswerAsRecorded(t *testing.T) {
	all := recordings(t)
	providers := map[string]recordedCase{}
	for _, recorded := range all {
		if recorded.Program.Type == "kubernetes.Provider" {
			providers[recorded.Suite+"/"+recorded.Case] = recorded
		}
	}
	checks, diffs := 0, 0
	server := discoverable(t)
	for _, recorded := range all {
		if recorded.Program.Type == "kubernetes.Provider" || omitted(recorded) {
			continue
		}
		t.Run(recorded.Suite+"/"+recorded.Case, func(t *testing.T) {
			followed := &replay{recorded: recorded, providers: providers, server: server}
			for index := range recorded.Steps {
				followed.step(t, index)
			}
			checks += followed.checks
			diffs += followed.diffs
		})
	}
	if checks < 500 || diffs < 400 {
		t.Errorf("only %d checks and %d diffs were compared: the recordings are not read as they should", checks, diffs)
	}
	t.Logf("%d checks and %d diffs compared", checks, diffs)
}

func (r *replay) step(t *testing.T, index int) {
	t.Helper()
	step := r.recorded.Steps[index]
	server := r.server
	if strings.Contains(step.Env["KUBECONFIG"], "<work>") {
		server = "https://127.0.0.1:1" // the recorded kubeconfigs that lead nowhere
	}
	served := configured(t, r.options(index), server)
	var inputs resource.PropertyMap
	replacing, refreshed := false, false
	for _, call := range step.Provider {
		switch call.Call {
		case "Read":
			refreshed = true // what was read is not in the state of a preview
		case "Check":
			if r.urn == "" {
				r.urn = urnOf(r.recorded.Case, r.recorded.Program.Type, call.News)
			}
			if refreshed {
				return
			}
			inputs = r.check(t, served, index, call, replacing)
			replacing = true // a second check in one step is that of the replacement
		case "Diff":
			if refreshed || inputs == nil || r.state == nil {
				continue
			}
			r.diff(t, served, index, call, inputs)
		}
	}
	r.state = r.state.next(t, step.State)
}

// options are those of the provider that the case names, as they are in this step.
func (r *replay) options(index int) map[string]any {
	options := map[string]any{}
	reference, _ := r.recorded.Program.Options["provider"].(map[string]any)
	name, _ := reference["$ref"].(string)
	provider, found := r.providers[r.recorded.Suite+"/"+name]
	if found {
		options = provider.Program.Inputs
		for _, step := range provider.Steps[:min(index+1, len(provider.Steps))] {
			if changed, is := step.Changed.(map[string]any); is {
				options, _ = changed["inputs"].(map[string]any)
			}
		}
	}
	read := map[string]any{}
	for key, value := range options {
		read[key] = value
	}
	if strings.HasPrefix(r.recorded.Steps[index].Env["KUBECONFIG"], "/nope") {
		read["kubeconfig"] = "/nope/kc"
	}
	return read
}

func (r *replay) check(
	t *testing.T, served *Provider, index int, call recordedCall, replacing bool,
) resource.PropertyMap {
	t.Helper()
	request := &pulumirpc.CheckRequest{Urn: r.urn, News: encode(t, properties(call.News)), RandomSeed: make([]byte, 32)}
	if r.state != nil && !replacing {
		request.Olds = encode(t, r.state.inputs)
	}
	response, err := served.Check(context.Background(), request)
	r.checks++
	if len(call.Errors) > 0 {
		if err == nil || err.Error() != call.Errors[0] {
			t.Errorf("step %d: Check answered the error %v, recorded %v", index, err, call.Errors)
		}
		return nil
	}
	if err != nil {
		t.Errorf("step %d: Check: %v", index, err)
		return nil
	}
	expected := properties(call.News)
	if fields, is := call.Inputs.(map[string]any); is {
		expected = properties(fields)
	}
	answered, err := standin.Decode("inputs", response.GetInputs())
	if err != nil {
		t.Fatal(err)
	}
	if want, got := readable(t, expected), readable(t, answered); want != got {
		t.Errorf("step %d: Check answered\n%s\nrecorded\n%s", index, got, want)
	}
	return expected
}

func (r *replay) diff(t *testing.T, served *Provider, index int, call recordedCall, inputs resource.PropertyMap) {
	t.Helper()
	response, err := served.Diff(context.Background(), &pulumirpc.DiffRequest{
		Urn: r.urn, Olds: encode(t, r.state.outputs), OldInputs: encode(t, r.state.inputs), News: encode(t, inputs),
		IgnoreChanges: call.IgnoreChanges,
	})
	r.diffs++
	if err != nil {
		t.Errorf("step %d: Diff: %v", index, err)
		return
	}
	recorded, err := json.Marshal(call.Response)
	if err != nil {
		t.Fatal(err)
	}
	expected := &pulumirpc.DiffResponse{}
	if err := protojson.Unmarshal(recorded, expected); err != nil {
		t.Fatal(err)
	}
	if want, got := sorted(expected), sorted(response); !reflect.DeepEqual(want, got) {
		t.Errorf("step %d: Diff answered\n%v\nrecorded\n%v", index, got, want)
	}
}

// sorted makes two answers comparable: the real plugin lists what replaces in no order.
func sorted(response *pulumirpc.DiffResponse) map[string]any {
	replaces := map[string]bool{}
	for _, key := range response.GetReplaces() {
		replaces[key] = true
	}
	details := map[string]string{}
	for key, detail := range response.GetDetailedDiff() {
		details[key] = detail.GetKind().String()
		if detail.GetInputDiff() {
			details[key] += " of an input"
		}
	}
	return map[string]any{
		"replaces": replaces, "details": details, "first deleted": response.GetDeleteBeforeReplace(),
		"changes": response.GetChanges().String(), "detailed": response.GetHasDetailedDiff(),
	}
}

func encode(t *testing.T, properties resource.PropertyMap) *structpb.Struct {
	t.Helper()
	encoded, err := standin.Encode("recorded", properties)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

var madeUpName = regexp.MustCompile(`-[0-9a-f]{8}"`)

// readable is a map as text, with made-up names made equal.
func readable(t *testing.T, properties resource.PropertyMap) string {
	t.Helper()
	encoded, err := json.MarshalIndent(encode(t, properties), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return madeUpName.ReplaceAllString(string(encoded), `-<hex8>"`)
}

// urnOf makes the resource's URN as the SDK does: the type's module is the object's apiVersion.
func urnOf(name, program string, news map[string]any) string {
	version, _ := news["apiVersion"].(string)
	kind, _ := news["kind"].(string)
	if strings.HasSuffix(program, patchSuffix) {
		kind += patchSuffix
	}
	if !strings.Contains(version, "/") {
		version = "core/" + version
	}
	return "urn:pulumi:dev::proj::kubernetes:" + version + ":" + kind + "::" + name
}
