package kubernetes

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
	"siteregistry.lab/plugins/standin"
)

var (
	ownManager = regexp.MustCompile(`pulumi-kubernetes-([0-9a-f]{8}|<hex8>|\\u003chex8\\u003e)`)
	conflicts  = regexp.MustCompile(`had an apply conflict: (Apply failed[^\n]*)`)
)

// played is an API server that has the object of one recorded case, as the real one had it after each call.
type played struct {
	live     map[string]any
	conflict string
	url      string
}

func play(t *testing.T) *played {
	t.Helper()
	api := &played{}
	server := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		response.Header().Set("Content-Type", "application/json")
		refuse := func(code int, reason, message string) {
			response.WriteHeader(code)
			_ = json.NewEncoder(response).Encode(map[string]any{
				"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code, "message": message,
			})
		}
		forced := request.URL.Query().Get("force") == "true"
		listed, discovery := custom[request.URL.Path]
		switch {
		case request.URL.Path == "/openapi/v2":
			_, _ = response.Write([]byte("{}"))
		case discovery:
			_ = json.NewEncoder(response).Encode(map[string]any{
				"kind": "APIResourceList", "groupVersion": strings.TrimPrefix(request.URL.Path, "/apis/"), "resources": listed,
			})
		case request.Method == http.MethodPatch && api.conflict != "" && !forced:
			refuse(http.StatusConflict, "Conflict", api.conflict)
		case api.live == nil:
			refuse(http.StatusNotFound, "NotFound", "not found")
		default:
			_ = json.NewEncoder(response).Encode(api.live)
		}
	}))
	t.Cleanup(server.Close)
	api.url = server.URL
	return api
}

// show gives the server the object that recorded outputs are of.
func (api *played) show(outputs resource.PropertyMap) {
	api.live = nil
	if outputs == nil {
		return
	}
	api.live = map[string]any{}
	for key, value := range outputs.Mappable() {
		if !strings.HasPrefix(key, "__") {
			api.live[key] = value
		}
	}
}

// TestPatchesAnswerAsRecorded follows every recorded *Patch through its creations, updates, refreshes and deletions.
func TestPatchesAnswerAsRecorded(t *testing.T) {
	answers := map[string]int{}
	for _, recorded := range recordings(t) {
		if !strings.HasSuffix(recorded.Program.Type, patchSuffix) || omitted(recorded) {
			continue
		}
		t.Run(recorded.Suite+"/"+recorded.Case, func(t *testing.T) {
			followPatch(t, recorded, answers)
		})
	}
	if answers["Create"] < 8 || answers["Update"] < 6 || answers["Read"] < 8 || answers["Delete"] < 8 {
		t.Errorf("only %v answers were compared: the recordings are not read as they should", answers)
	}
	t.Logf("answers compared: %v", answers)
}

func followPatch(t *testing.T, recorded recordedCase, answers map[string]int) {
	t.Helper()
	api := play(t)
	var state *recordedState
	for index, step := range recorded.Steps {
		after := state.next(t, step.State)
		var inputs resource.PropertyMap
		for _, call := range step.Provider {
			if call.Call == "Check" {
				inputs = properties(call.News)
			}
			if call.Preview {
				continue
			}
			urn := urnOf(recorded.Case, recorded.Program.Type, newsOf(recorded))
			api.conflict = ""
			if len(call.Errors) > 0 {
				found := conflicts.FindStringSubmatch(call.Errors[0])
				if found == nil {
					continue // not about the patch
				}
				api.conflict = found[1]
			}
			said, ok := answerPatch(t, api, call, urn, inputs, state, after)
			if !ok {
				continue
			}
			answers[call.Call]++
			if want := wantedOf(t, call, after); said != want {
				t.Errorf("step %d: %s answered\n%s\nrecorded\n%s", index, call.Call, said, want)
			}
			if call.Call == "Delete" {
				state = nil
			}
		}
		state = after
	}
}

// newsOf are the first inputs of a case, which name its kind.
func newsOf(recorded recordedCase) map[string]any {
	for _, step := range recorded.Steps {
		for _, call := range step.Provider {
			if call.News != nil {
				return call.News
			}
		}
	}
	return nil
}

// answerPatch makes one call. What it answers is text, so that it can be compared; false where nothing is to be compared.
func answerPatch(
	t *testing.T, api *played, call recordedCall, urn string, inputs resource.PropertyMap, state, after *recordedState,
) (string, bool) {
	t.Helper()
	ctx, served := context.Background(), configured(t, nil, api.url)
	switch call.Call {
	case "Create":
		if after != nil {
			api.show(after.outputs)
		}
		answer, err := served.Create(ctx, &pulumirpc.CreateRequest{Urn: urn, Properties: encode(t, inputs)})
		if err != nil {
			return spoken(err), true
		}
		return answer.GetId() + decoded(t, answer.GetProperties()), true
	case "Update":
		if state == nil {
			return "", false
		}
		api.show(after.outputs)
		answer, err := served.Update(ctx, &pulumirpc.UpdateRequest{
			Id: state.id(), Urn: urn, Olds: encode(t, state.outputs), OldInputs: encode(t, state.inputs), News: encode(t, inputs),
		})
		if err != nil {
			return spoken(err), true
		}
		return decoded(t, answer.GetProperties()), true
	case "Read":
		if state == nil || call.Response == nil {
			return "", false
		}
		seen, gone := readOf(call, after)
		if !gone && text(resource.NewPropertyValue(call.Response["id"])) != state.id() {
			return "", false // of two objects, the one that goes
		}
		api.show(seen.outputs)
		answer, err := served.Read(ctx, &pulumirpc.ReadRequest{
			Id: state.id(), Urn: urn, Properties: encode(t, state.outputs), Inputs: encode(t, state.inputs),
		})
		if err != nil {
			return spoken(err), true
		}
		if gone {
			return answer.GetId(), true
		}
		return answer.GetId() + decoded(t, answer.GetInputs()) + decoded(t, answer.GetProperties()), true
	case "Delete":
		if state == nil {
			return "", false
		}
		api.show(state.outputs)
		_, err := served.Delete(ctx, &pulumirpc.DeleteRequest{
			Id: state.id(), Urn: urn, Properties: encode(t, state.outputs), OldInputs: encode(t, state.inputs),
		})
		return spoken(err), true
	}
	return "", false
}

// wantedOf is what was recorded, as the same text.
func wantedOf(t *testing.T, call recordedCall, after *recordedState) string {
	t.Helper()
	if len(call.Errors) > 0 {
		return alike(call.Errors[0])
	}
	switch call.Call {
	case "Create":
		return after.id() + alike(readable(t, after.outputs))
	case "Update":
		return alike(readable(t, after.outputs))
	case "Read":
		seen, gone := readOf(call, after)
		if gone {
			return ""
		}
		return text(resource.NewPropertyValue(call.Response["id"])) +
			alike(readable(t, seen.inputs)) + alike(readable(t, seen.outputs))
	}
	return ""
}

// readOf is what a recorded Read answered; true where the object was gone.
func readOf(call recordedCall, after *recordedState) (recordedState, bool) {
	inputs, whole := call.Response["inputs"].(map[string]any)
	outputs, _ := call.Response["properties"].(map[string]any)
	if whole && outputs != nil {
		return recordedState{inputs: properties(inputs), outputs: properties(outputs)}, false
	}
	if call.Response["inputs"] == "= state.inputs" && after != nil {
		return *after, false
	}
	return recordedState{}, true
}

// id is that of the resource, by its object.
func (s *recordedState) id() string {
	metadata := s.outputs["metadata"].ObjectValue()
	if namespace := text(metadata["namespace"]); namespace != "" {
		return namespace + "/" + text(metadata["name"])
	}
	return text(metadata["name"])
}

func decoded(t *testing.T, answered *structpb.Struct) string {
	t.Helper()
	read, err := standin.Decode("answered", answered)
	if err != nil {
		t.Fatal(err)
	}
	return alike(readable(t, read))
}

func spoken(err error) string {
	if err == nil {
		return ""
	}
	return alike(status.Convert(err).Message())
}

// alike makes the names of managers equal.
func alike(said string) string {
	return ownManager.ReplaceAllString(said, "pulumi-kubernetes-own")
}
