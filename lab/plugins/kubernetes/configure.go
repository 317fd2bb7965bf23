package kubernetes

import (
	"context"
	"fmt"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"siteregistry.lab/plugins/standin"
)

// CheckConfig accepts the provider's options as they are, but for those that the stand-in cannot honour.
func (p *Provider) CheckConfig(
	_ context.Context, request *pulumirpc.CheckRequest,
) (*pulumirpc.CheckResponse, error) {
	news, err := standin.Decode("the provider's options", request.GetNews())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.CheckResponse{Inputs: request.GetNews()}
	for _, key := range refusals(news) {
		response.Failures = append(response.Failures, &pulumirpc.CheckFailure{
			Property: string(key),
			Reason: fmt.Sprintf("the lab's stand-in for the kubernetes plugin cannot honour %q as it is set; "+
				"run this stack with the real plugin", key),
		})
	}
	return response, nil
}

// DiffConfig decides whether changed options mean another cluster, whose objects must then be made anew.
func (p *Provider) DiffConfig(_ context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := standin.Decode("the provider's old options", request.GetOlds())
	if err != nil {
		return nil, err
	}
	if request.GetOldInputs() != nil && len(request.GetOldInputs().GetFields()) > 0 {
		if olds, err = standin.Decode("the provider's old inputs", request.GetOldInputs()); err != nil {
			return nil, err
		}
	}
	news, err := standin.Decode("the provider's new options", request.GetNews())
	if err != nil {
		return nil, err
	}
	return diffOptions(standin.PlainMap(olds), standin.PlainMap(news)), nil
}

func diffOptions(olds, news resource.PropertyMap) *pulumirpc.DiffResponse {
	response := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}
	keys := resource.PropertyMap{}
	for key := range olds {
		keys[key] = resource.NewProperty(true)
	}
	for key := range news {
		keys[key] = resource.NewProperty(true)
	}
	for _, key := range keys.StableKeys() {
		if key == "version" || reflect.DeepEqual(olds[key], news[key]) {
			continue
		}
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		response.Diffs = append(response.Diffs, string(key))
		if meansAnotherCluster(key, olds, news) {
			response.Replaces = append(response.Replaces, string(key))
		}
	}
	return response
}

// meansAnotherCluster follows the identifier where one is given: it is the user's word that two kubeconfigs lead to
// the same cluster. Without one the server's address in the kubeconfig has to do.
func meansAnotherCluster(key resource.PropertyKey, olds, news resource.PropertyMap) bool {
	switch key {
	case "clusterIdentifier", "renderYamlToDirectory":
		return true
	case "kubeconfig", "context", "cluster":
		if olds.HasValue("clusterIdentifier") && news.HasValue("clusterIdentifier") {
			return false
		}
		before, err := serverAddress(olds)
		if err != nil {
			return false
		}
		after, err := serverAddress(news)
		return err == nil && before != after
	}
	return false
}

// Configure reads the options. It does not reach for the cluster: a preview without changes needs none.
func (p *Provider) Configure(
	_ context.Context, request *pulumirpc.ConfigureRequest,
) (*pulumirpc.ConfigureResponse, error) {
	options, err := standin.Decode("the provider's options", request.GetArgs())
	if err != nil {
		return nil, err
	}
	if p.settings, err = readSettings(options); err != nil {
		return nil, err
	}
	p.cluster = newCluster(p.settings)
	return &pulumirpc.ConfigureResponse{
		AcceptSecrets: true, SupportsPreview: true, SupportsAutonamingConfiguration: true,
	}, nil
}
