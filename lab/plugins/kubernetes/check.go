package kubernetes

import (
	"context"
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"siteregistry.lab/plugins/standin"
)

// Check completes the inputs: name, namespace, and the spelling that later comparisons expect.
func (p *Provider) Check(ctx context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	urn := resource.URN(request.GetUrn())
	olds, err := standin.Decode(string(urn)+" (old)", request.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := standin.Decode(string(urn)+" (new)", request.GetNews())
	if err != nil {
		return nil, err
	}
	gvk, err := kindOf(urn, plainMap(news))
	if err != nil {
		return nil, err
	}
	if p.settings.skipUpdateUnreachable && p.cluster.reach(ctx) != nil {
		p.say(ctx, diag.Warning, urn, "Cluster is unreachable but skipUpdateUnreachable flag is set to true, skipping...")
		return &pulumirpc.CheckResponse{Inputs: request.GetOlds()}, nil
	}
	if text(child(news["metadata"], "generateName")) != "" {
		return nil, errors.New("the `.metadata.generateName` field is not supported in Server-Side Apply mode")
	}
	p.warnOfDeprecation(ctx, urn, gvk)
	if isPatch(urn) {
		err = nameGiven(news)
	} else {
		news, err = named(request, olds, news)
	}
	if err != nil {
		return nil, err
	}
	news = p.inNamespace(gvk, news)
	news = markSecretData(normalized(gvk, news))
	inputs, err := standin.Encode(string(urn), news)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CheckResponse{Inputs: inputs}, nil
}

// inNamespace names the namespace that an object without one goes to. Only a custom resource that names none has to be
// looked up in the cluster; one that the cluster does not know (yet) stays without.
func (p *Provider) inNamespace(gvk schema.GroupVersionKind, inputs resource.PropertyMap) resource.PropertyMap {
	metadata := inputs["metadata"]
	given := child(metadata, "namespace")
	if metadata.IsComputed() || given.ContainsUnknowns() || text(given) != "" || p.cluster.namespace == "" {
		return inputs
	}
	found, err := p.cluster.resolve(gvk)
	if err != nil || !found.namespaced {
		return inputs
	}
	return withMetadata(inputs, "namespace", resource.NewProperty(p.cluster.namespace))
}

// deprecated are kinds that still work and have a successor.
var deprecated = map[schema.GroupVersionKind]string{
	{Version: "v1", Kind: "Endpoints"}: "v1/Endpoints is deprecated by discovery.k8s.io/v1/EndpointSlice.",
}

// warnOfDeprecation speaks once per resource: the engine checks a resource twice when it replaces it.
func (p *Provider) warnOfDeprecation(ctx context.Context, urn resource.URN, gvk schema.GroupVersionKind) {
	warning, found := deprecated[gvk]
	if !found || p.settings.suppressDeprecationWarnings {
		return
	}
	if _, said := p.warned.LoadOrStore(urn, true); !said {
		p.say(ctx, diag.Warning, urn, warning)
	}
}
