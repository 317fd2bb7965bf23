package kubernetes

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

var smallChart = filepath.Join("..", "..", "..", "test", "charts", "harbor")

func rendered(t *testing.T, values map[string]any) []string {
	t.Helper()
	objects, err := renderChart(chartInputs{path: smallChart, release: "h", namespace: "n", values: values})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, one := range objects {
		metadata, _ := one["metadata"].(map[string]any)
		if metadata["namespace"] != "n" {
			t.Errorf("%v is in the namespace %v", metadata["name"], metadata["namespace"])
		}
		kind, _ := one["kind"].(string)
		name, _ := metadata["name"].(string)
		names = append(names, kind+"/"+name)
	}
	return names
}

func TestChartIsRenderedWithItsValuesInHelmsOrder(t *testing.T) {
	names := rendered(t, map[string]any{"caBundleSecretName": "roots"})
	wanted := []string{"Secret/h-core", "PersistentVolumeClaim/h-registry", "Service/h-core", "Deployment/h-core", "Ingress/h-ingress"}
	if !slices.Equal(names, wanted) {
		t.Errorf("the objects are %v", names)
	}
	given := map[string]any{"caBundleSecretName": "roots", "expose": map[string]any{"type": "clusterIP"}}
	if names := rendered(t, given); slices.Contains(names, "Ingress/h-ingress") {
		t.Errorf("a value is not heeded: %v", names)
	}
}

func TestChartThatRefusesItsValuesSaysWhy(t *testing.T) {
	_, err := renderChart(chartInputs{path: smallChart, release: "h", namespace: "n", values: map[string]any{}})
	if err == nil || !strings.Contains(err.Error(), "caBundleSecretName") {
		t.Errorf("the error is %v", err)
	}
	_, err = renderChart(chartInputs{path: "none.tgz", release: "h", namespace: "n"})
	if err == nil || !strings.Contains(err.Error(), "the chart none.tgz cannot be read") {
		t.Errorf("the error is %v", err)
	}
}

func TestChartsInputsAreThoseThatTheStandInKnows(t *testing.T) {
	given := resource.PropertyMap{"chart": resource.NewProperty("c"), "namespace": resource.NewProperty("n")}
	read, err := readChart("made", given)
	if err != nil || read.release != "made" || read.prefix != "made" || read.path != "c" {
		t.Errorf("read %v, %v", read, err)
	}
	given["postRenderer"] = resource.NewProperty("p")
	if _, err := readChart("made", given); err == nil || !strings.Contains(err.Error(), "postRenderer") {
		t.Errorf("the error is %v", err)
	}
}
