package kubernetes

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const refusedApply = `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Conflict","code":409,
"message":"Apply failed with 1 conflict: conflict with \"other\": .data.a"}`

// owned is an API server on which somebody else owns the field: it refuses every apply that does not force.
func owned(t *testing.T) *Provider {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		response.Header().Set("Content-Type", "application/json")
		switch {
		case request.URL.Path == "/openapi/v2":
			_, _ = response.Write([]byte("{}"))
		case request.Method == http.MethodPatch && request.URL.Query().Get("force") != "true":
			response.WriteHeader(http.StatusConflict)
			_, _ = response.Write([]byte(refusedApply))
		default:
			_, _ = io.WriteString(response, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c-ssa-diff","namespace":"rec-x"}}`)
		}
	}))
	t.Cleanup(server.Close)
	return configured(t, nil, server.URL)
}

func TestAPatchOfAnothersFieldIsRefusedAsRecordedUnlessItForces(t *testing.T) {
	var recorded recordedCase
	for _, one := range recordings(t) {
		if one.Case == "c-patch-conflict" {
			recorded = one
		}
	}
	calls := recorded.Steps[0].Provider
	check, create := calls[0], calls[1]
	urn := urnOf(recorded.Case, recorded.Program.Type, check.News)
	served := owned(t)
	request := &pulumirpc.CreateRequest{Urn: urn, Properties: encode(t, properties(check.News))}
	_, err := served.Create(context.Background(), request)
	if err == nil {
		t.Fatal("a field of another was taken without a word")
	}
	manager := regexp.MustCompile(`pulumi-kubernetes-[0-9a-f]{8}`)
	if said := manager.ReplaceAllString(err.Error(), "pulumi-kubernetes-<hex8>"); said != create.Errors[0] {
		t.Errorf("the conflict reads\n%s\nrecorded\n%s", said, create.Errors[0])
	}
	forced := properties(check.News)
	metadata := forced["metadata"].ObjectValue()
	metadata["annotations"] = property(map[string]any{patchForce: "true"})
	if _, err := served.Create(context.Background(), &pulumirpc.CreateRequest{Urn: urn, Properties: encode(t, forced)}); err != nil {
		t.Errorf("with %s the patch was refused: %v", patchForce, err)
	}
}

func TestAPatchWaitsForWhatItsAnnotationSays(t *testing.T) {
	for phase, works := range map[string]bool{"Active": true, "Gone": false} {
		expected := "jsonpath={.status.phase}=" + phase
		live := `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"apps","annotations":{"` + waitFor + `":"` +
			expected + `"}},"status":{"phase":"Active"}}`
		server := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
			response.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(response, live)
		}))
		t.Cleanup(server.Close)
		patch := labelPatch("apps", "one")
		patch["metadata"].ObjectValue()["annotations"] = property(map[string]any{waitFor: expected, timeoutSeconds: "1"})
		_, err := configured(t, nil, server.URL).Create(context.Background(), &pulumirpc.CreateRequest{
			Urn: patchedNamespace, Properties: encode(t, patch),
		})
		if works != (err == nil) {
			t.Errorf("waiting for the phase %s answered %v", phase, err)
		}
		if err != nil && !strings.Contains(err.Error(), conditionText) {
			t.Errorf("waiting for the phase %s ended with %v", phase, err)
		}
	}
}
