package kubernetes

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"siteregistry.lab/plugins/standin"
)

const patchedNamespace = "urn:pulumi:dev::proj::kubernetes:core/v1:NamespacePatch::labels"

// asked is one request that an API server was sent.
type asked struct{ method, path, manager, force, dryRun, body string }

// remembering is an API server with one namespace, and the list of what it was asked to write.
func remembering(t *testing.T) (*Provider, *[]asked) {
	t.Helper()
	writes := &[]asked{}
	namespace := map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "apps"},
		"status": map[string]any{"phase": "Active"},
	}
	server := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		response.Header().Set("Content-Type", "application/json")
		if request.Method != http.MethodGet {
			body, _ := io.ReadAll(request.Body)
			query := request.URL.Query()
			*writes = append(*writes, asked{
				request.Method, request.URL.Path, query.Get("fieldManager"), query.Get("force"), query.Get("dryRun"), string(body),
			})
		}
		if request.URL.Path == "/openapi/v2" {
			_, _ = response.Write([]byte("{}"))
			return
		}
		if !strings.HasSuffix(request.URL.Path, "/apps") {
			response.WriteHeader(http.StatusNotFound)
			_, _ = response.Write([]byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}`))
			return
		}
		if err := json.NewEncoder(response).Encode(namespace); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return configured(t, nil, server.URL), writes
}

func labelPatch(name, team string) resource.PropertyMap {
	return properties(map[string]any{
		"apiVersion": "v1", "kind": "Namespace",
		"metadata": map[string]any{
			"name": name, "labels": map[string]any{"team": team}, "annotations": map[string]any{patchForce: "true"},
		},
	})
}

func TestAPatchAppliesItsFieldsAndGivesThemUpAgain(t *testing.T) {
	served, writes := remembering(t)
	ctx := context.Background()
	inputs := encode(t, labelPatch("apps", "one"))

	planned, err := served.Create(ctx, &pulumirpc.CreateRequest{Urn: patchedNamespace, Properties: inputs, Preview: true})
	if err != nil || len(*writes) > 0 {
		t.Fatalf("a preview of a patch answered %v and wrote %v", err, *writes)
	}
	if !reflect.DeepEqual(planned.GetProperties().AsMap(), inputs.AsMap()) {
		t.Errorf("a preview of a patch answered %v, recorded are its inputs", planned.GetProperties())
	}

	made, err := served.Create(ctx, &pulumirpc.CreateRequest{Urn: patchedNamespace, Properties: inputs})
	if err != nil {
		t.Fatal(err)
	}
	state, err := standin.Decode("state", made.GetProperties())
	if err != nil {
		t.Fatal(err)
	}
	manager := text(state[fieldManagerKey])
	created := (*writes)[0]
	if len(*writes) != 1 || created.method != http.MethodPatch || created.manager != manager || created.force != "true" ||
		manager == createManager {
		t.Errorf("a patch was made by %+v, its manager is %s", *writes, manager)
	}
	if made.GetId() != "apps" || text(child(state["status"], "phase")) != "Active" {
		t.Errorf("a patch is %s with %v, it should be the whole object", made.GetId(), state)
	}

	*writes = nil
	_, err = served.Update(ctx, &pulumirpc.UpdateRequest{
		Id: "apps", Urn: patchedNamespace, Olds: made.GetProperties(), News: encode(t, labelPatch("apps", "two")),
	})
	if err != nil || len(*writes) != 1 || (*writes)[0].manager != manager {
		t.Errorf("an update answered %v and wrote %+v: only its own fields are its own", err, *writes)
	}

	*writes = nil
	deletion := &pulumirpc.DeleteRequest{Id: "apps", Urn: patchedNamespace, Properties: made.GetProperties()}
	if _, err = served.Delete(ctx, deletion); err != nil {
		t.Fatal(err)
	}
	bare := `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"apps"}}`
	if len(*writes) != 1 || (*writes)[0].method != http.MethodPatch || (*writes)[0].manager != manager ||
		strings.TrimSpace((*writes)[0].body) != bare {
		t.Errorf("a deleted patch wrote %+v, it should apply nothing as %s", *writes, manager)
	}
}

func TestADeletedPatchDoesNotMakeTheObjectAgain(t *testing.T) {
	served, writes := remembering(t)
	state := labelPatch("gone", "one")
	state[inputsKey] = resource.NewProperty(labelPatch("gone", "one"))
	request := &pulumirpc.DeleteRequest{Id: "gone", Urn: patchedNamespace, Properties: encode(t, state)}
	if _, err := served.Delete(context.Background(), request); err != nil || len(*writes) > 0 {
		t.Errorf("deleting the patch of an object that is gone answered %v and wrote %+v", err, *writes)
	}
}
