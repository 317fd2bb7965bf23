package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/yaml"

	"siteregistry.lab/plugins/standin"
)

const chartType = "kubernetes:helm.sh/v4:Chart"

// chartInputs is what the program says of a chart, as far as the stand-in knows it.
type chartInputs struct {
	path, release, namespace, prefix string
	values                           map[string]any
	skipAwait                        bool
}

// chartOutputs is the component that the program sees.
type chartOutputs struct {
	pulumi.ResourceState
	Resources pulumi.ArrayOutput `pulumi:"resources"`
}

// object is one object of a rendered chart.
type object = map[string]any

// Construct renders a Helm chart from a local file with Helm's own library and registers its objects as children, as the
// real plugin does (no recording of that exists). Every other component of the plugin is refused.
func (p *Provider) Construct(
	ctx context.Context, request *pulumirpc.ConstructRequest,
) (*pulumirpc.ConstructResponse, error) {
	if request.GetType() != chartType {
		return nil, unsupported("the component " + request.GetType())
	}
	if p.host == nil {
		return nil, errors.New("a chart needs the engine")
	}
	inputs, err := standin.Decode("the chart's inputs", request.GetInputs())
	if err != nil {
		return nil, err
	}
	return provider.Construct(ctx, request, p.host.EngineConn(), func(
		of *pulumi.Context, kind, name string, _ provider.ConstructInputs, options pulumi.ResourceOption,
	) (*provider.ConstructResult, error) {
		return p.constructChart(of, kind, name, inputs, options)
	})
}

func (p *Provider) constructChart(
	ctx *pulumi.Context, kind, name string, inputs resource.PropertyMap, options pulumi.ResourceOption,
) (*provider.ConstructResult, error) {
	made := &chartOutputs{}
	if err := ctx.RegisterComponentResource(kind, name, made, options); err != nil {
		return nil, err
	}
	if inputs.ContainsUnknowns() {
		// As the real plugin: without every value it cannot say what there will be.
		p.say(ctx.Context(), diag.Warning, "", "Input properties have unknown values. Preview is incomplete.")
		return provider.NewConstructResult(made)
	}
	wanted, err := readChart(name, inputs)
	if err != nil {
		return nil, err
	}
	objects, err := renderChart(wanted)
	if err != nil {
		return nil, err
	}
	children := pulumi.Array{}
	for _, one := range objects {
		child, err := registerObject(ctx, made, wanted, one)
		if err != nil {
			return nil, err
		}
		children = append(children, pulumi.NewResourceOutput(child))
	}
	made.Resources = children.ToArrayOutput()
	return provider.NewConstructResult(made)
}

func readChart(name string, inputs resource.PropertyMap) (chartInputs, error) {
	known := []resource.PropertyKey{"chart", "name", "namespace", "values", "skipAwait", "resourcePrefix"}
	for key := range inputs {
		if !slices.Contains(known, key) {
			return chartInputs{}, unsupported(fmt.Sprintf("the input %q of a chart", key))
		}
	}
	plain := standin.PlainMap(inputs).Mappable()
	read := chartInputs{release: name, prefix: name}
	read.path, _ = plain["chart"].(string)
	read.namespace, _ = plain["namespace"].(string)
	read.values, _ = plain["values"].(map[string]any)
	read.skipAwait, _ = plain["skipAwait"].(bool)
	if given, _ := plain["name"].(string); given != "" {
		read.release = given
	}
	if given, is := plain["resourcePrefix"].(string); is {
		read.prefix = given
	}
	if read.namespace == "" {
		return read, unsupported("a chart without a namespace")
	}
	return read, nil
}

// renderChart is `helm template` without hooks: what Helm runs before and after an installation is no part of it.
func renderChart(wanted chartInputs) ([]object, error) {
	loaded, err := loader.Load(wanted.path)
	if err != nil {
		return nil, fmt.Errorf("the chart %s cannot be read: %w", wanted.path, err)
	}
	if err := chartutil.ProcessDependencies(loaded, wanted.values); err != nil {
		return nil, err
	}
	release := chartutil.ReleaseOptions{Name: wanted.release, Namespace: wanted.namespace, IsInstall: true, Revision: 1}
	values, err := chartutil.ToRenderValues(loaded, wanted.values, release, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(loaded, values)
	if err != nil {
		return nil, err
	}
	for path := range files {
		if strings.HasSuffix(path, "NOTES.txt") {
			delete(files, path)
		}
	}
	_, manifests, err := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	if err != nil {
		return nil, err
	}
	texts := []string{}
	for _, definition := range loaded.CRDObjects() {
		texts = append(texts, string(definition.File.Data))
	}
	for _, manifest := range manifests {
		texts = append(texts, manifest.Content)
	}
	return readObjects(texts, wanted.namespace)
}

func readObjects(texts []string, namespace string) ([]object, error) {
	var objects []object
	for _, text := range texts {
		documents := releaseutil.SplitManifests(text)
		keys := make([]string, 0, len(documents))
		for key := range documents {
			keys = append(keys, key)
		}
		sort.Sort(releaseutil.BySplitManifestsOrder(keys))
		for _, key := range keys {
			one := object{}
			if err := yaml.Unmarshal([]byte(documents[key]), &one); err != nil {
				return nil, err
			}
			if len(one) == 0 {
				continue
			}
			metadata, is := one["metadata"].(map[string]any)
			if !is {
				return nil, fmt.Errorf("an object of the chart has no metadata: %v", one["kind"])
			}
			// No chart of the lab has objects that belong to no namespace.
			if metadata["namespace"] == nil {
				metadata["namespace"] = namespace
			}
			objects = append(objects, one)
		}
	}
	return objects, nil
}

func registerObject(ctx *pulumi.Context, parent pulumi.Resource, wanted chartInputs, one object) (pulumi.Resource, error) {
	version, _ := one["apiVersion"].(string)
	kind, _ := one["kind"].(string)
	metadata, _ := one["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	options := []pulumi.ResourceOption{pulumi.Parent(parent), pulumi.Version(Version)}
	if annotations["helm.sh/resource-policy"] == "keep" {
		options = append(options, pulumi.RetainOnDelete(true))
	}
	if wanted.skipAwait {
		if annotations == nil {
			annotations = map[string]any{}
			metadata["annotations"] = annotations
		}
		annotations["pulumi.com/skipAwait"] = "true"
	}
	inputs := pulumi.Map{}
	for key, value := range one {
		inputs[key] = pulumi.Any(value)
		if version == "v1" && kind == "Secret" && (key == "data" || key == "stringData") {
			inputs[key] = pulumi.ToSecret(value)
		}
	}
	group := version
	if !strings.Contains(version, "/") {
		group = "core/" + version
	}
	name := fmt.Sprintf("%s:%v/%v", wanted.prefix, metadata["namespace"], metadata["name"])
	made := &pulumi.CustomResourceState{}
	err := ctx.RegisterResource(fmt.Sprintf("kubernetes:%s:%s", group, kind), name, inputs, made, options...)
	return made, err
}
