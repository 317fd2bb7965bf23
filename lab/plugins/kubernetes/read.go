package kubernetes

import (
	"context"
	"errors"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"siteregistry.lab/plugins/standin"
)

const deadClusterHelp = "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the " +
	"operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to \"true\""

const droppedUnreachable = "configured Kubernetes cluster is unreachable and the `deleteUnreachable` option is enabled. " +
	"Deleting the unreachable resource from Pulumi state"

// Read answers a refresh, an import or a look-up. An object that is gone is an empty answer.
func (p *Provider) Read(ctx context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	ctx, release := p.operationContext(ctx)
	defer release()
	urn := resource.URN(request.GetUrn())
	state, err := standin.Decode(string(urn)+" (state)", request.GetProperties())
	if err != nil {
		return nil, err
	}
	olds, err := standin.Decode(string(urn)+" (old)", request.GetInputs())
	if err != nil {
		return nil, err
	}
	if len(olds) == 0 {
		olds = stateInputs(state)
	}
	wanted, err := addressed(urn, request.GetId(), olds)
	if err != nil || wanted == nil {
		return &pulumirpc.ReadResponse{}, err
	}
	if err := p.cluster.reach(ctx); err != nil {
		return p.readUnreachable(ctx, request, err)
	}
	found := &call{provider: p, urn: urn, object: wanted}
	live, err := found.read(ctx)
	if apierrors.IsNotFound(err) {
		return &pulumirpc.ReadResponse{}, nil
	}
	if err != nil {
		return nil, err
	}
	found.object = live
	inputs := importedInputs(live)
	if len(olds) > 0 {
		inputs = markSecretsOf(drifted(olds, asProperties(live)), olds)
	}
	kept, err := readCheckpoint(state, markSecretData(inputs))
	if err != nil {
		return nil, err
	}
	return found.answer(ctx, live, kept, len(olds) > 0)
}

func (c *call) answer(
	ctx context.Context, live *unstructured.Unstructured, kept checkpoint, owned bool,
) (*pulumirpc.ReadResponse, error) {
	inputs, err := standin.Encode(string(c.urn), kept.inputs)
	if err != nil {
		return nil, err
	}
	if owned {
		if err := c.inspect(ctx, live); err != nil {
			return nil, initFailed(identifier(live), err.Error(), err, kept.state(live), inputs)
		}
	}
	properties, err := standin.Encode(string(c.urn), kept.state(live))
	if err != nil {
		return nil, err
	}
	return &pulumirpc.ReadResponse{Id: identifier(live), Inputs: inputs, Properties: properties}, nil
}

func (p *Provider) readUnreachable(
	ctx context.Context, request *pulumirpc.ReadRequest, cause error,
) (*pulumirpc.ReadResponse, error) {
	urn := resource.URN(request.GetUrn())
	if p.settings.skipUpdateUnreachable {
		return &pulumirpc.ReadResponse{
			Id: request.GetId(), Inputs: request.GetInputs(), Properties: request.GetProperties(),
		}, nil
	}
	p.say(ctx, diag.Warning, urn, unreachableError(cause).Error())
	if p.settings.deleteUnreachable {
		p.say(ctx, diag.Info, urn, droppedUnreachable)
		return &pulumirpc.ReadResponse{}, nil
	}
	return nil, errors.New("failed to read resource state due to unreachable cluster. " + deadClusterHelp)
}

// addressed is an object with nothing but what finds it; nil when the id cannot be one.
func addressed(urn resource.URN, id string, inputs resource.PropertyMap) (*unstructured.Unstructured, error) {
	gvk, err := kindOf(urn, plainMap(inputs))
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{Object: map[string]any{}}
	object.SetGroupVersionKind(gvk)
	switch parts := strings.Split(id, "/"); len(parts) {
	case 1:
		object.SetName(parts[0])
	case 2:
		object.SetNamespace(parts[0])
		object.SetName(parts[1])
	default:
		return nil, nil
	}
	return object, nil
}

// importedInputs say only which object it is: the program that adopts it has to say the rest.
func importedInputs(live *unstructured.Unstructured) resource.PropertyMap {
	metadata := resource.PropertyMap{"name": resource.NewProperty(live.GetName())}
	if live.GetNamespace() != "" {
		metadata["namespace"] = resource.NewProperty(live.GetNamespace())
	}
	return resource.PropertyMap{
		"apiVersion": resource.NewProperty(live.GetAPIVersion()),
		"kind":       resource.NewProperty(live.GetKind()),
		"metadata":   resource.NewProperty(metadata),
	}
}

// drifted are old inputs with the values that the cluster now has in their places. What others added does not
// show; what they removed is gone.
func drifted(olds, live resource.PropertyMap) resource.PropertyMap {
	found := make(resource.PropertyMap, len(olds))
	for key, before := range olds {
		if now, present := live[key]; present {
			found[key] = driftedValue(standin.Plain(before), now)
		}
	}
	return found
}

func driftedValue(before, now resource.PropertyValue) resource.PropertyValue {
	switch {
	case before.IsObject() && now.IsObject():
		return resource.NewProperty(drifted(before.ObjectValue(), now.ObjectValue()))
	case before.IsArray() && now.IsArray():
		elements := make([]resource.PropertyValue, min(len(before.ArrayValue()), len(now.ArrayValue())))
		for index := range elements {
			elements[index] = driftedValue(before.ArrayValue()[index], now.ArrayValue()[index])
		}
		return resource.NewProperty(elements)
	}
	return now
}
