package bridged

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"siteregistry.lab/plugins/standin"
)

// Provider answers the engine from tables of resources and functions. What is in neither fails.
type Provider struct {
	pulumirpc.UnimplementedResourceProviderServer
	Host      *provider.HostClient
	Resources map[string]*Resource
	Functions map[string]Function
}

// CheckConfig accepts every configuration.
func (p *Provider) CheckConfig(
	_ context.Context, request *pulumirpc.CheckRequest,
) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: request.GetNews()}, nil
}

// DiffConfig leaves it to the engine to compare configurations.
func (p *Provider) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{}, nil
}

// Configure declares no support for secrets in calls, as the bridge does: the engine keeps the marks of inputs.
func (p *Provider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{
		SupportsPreview: true, AcceptResources: true, SupportsAutonamingConfiguration: true,
	}, nil
}

// Check finds mistakes and marks the inputs that are secret by nature; it adds no defaults.
func (p *Provider) Check(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	described, news, err := p.open(request.GetUrn(), request.GetNews())
	if err != nil {
		return nil, err
	}
	var problems []Problem
	for _, property := range described.Properties {
		if !property.Input {
			continue
		}
		if err := property.wrongType(news[resource.PropertyKey(property.Name)]); err != nil {
			return nil, status.Error(codes.Unknown, err.Error())
		}
		problems = append(problems, property.problems(news)...)
	}
	if described.Check != nil {
		problems = append(problems, described.Check(described.plan(news, unknowns))...)
	}
	failures := make([]*pulumirpc.CheckFailure, len(problems))
	name := resource.URN(request.GetUrn()).Name()
	for index, problem := range problems {
		reason := problem.Text
		if problem.Path != "" {
			reason = fmt.Sprintf("%s. Examine values at '%s.%s'.", problem.Text, name, problem.Path)
		}
		failures[index] = &pulumirpc.CheckFailure{Reason: reason}
	}
	inputs, err := standin.Encode(request.GetUrn(), described.markInputs(news))
	return &pulumirpc.CheckResponse{Inputs: inputs, Failures: failures}, err
}

// Diff compares what the new inputs lead to with the outputs in the state.
func (p *Provider) Diff(_ context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	described, news, err := p.open(request.GetUrn(), request.GetNews())
	if err != nil {
		return nil, err
	}
	olds, err := decode(request.GetUrn(), request.GetOlds())
	if err != nil {
		return nil, err
	}
	ignored := map[string]bool{}
	for _, path := range request.GetIgnoreChanges() {
		ignored[path] = true
	}
	return described.diff(olds, news, ignored), nil
}

// Create makes the resource; in a preview what it would compute is unknown.
func (p *Provider) Create(ctx context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	described, inputs, err := p.open(request.GetUrn(), request.GetProperties())
	if err != nil {
		return nil, err
	}
	planned := described.plan(inputs, unknowns)
	if request.GetPreview() {
		described.due(planned)
		properties, err := standin.Encode(request.GetUrn(), described.outputs(planned))
		return &pulumirpc.CreateResponse{Properties: properties}, err
	}
	id, computed, err := described.Create(described.plan(inputs, nothing))
	if err != nil {
		return nil, p.fail(ctx, request.GetUrn(), err)
	}
	outputs := described.plan(inputs, nothing)
	for key, value := range computed {
		outputs[key] = value
	}
	properties, err := p.state(request.GetUrn(), described, outputs)
	return &pulumirpc.CreateResponse{Id: id, Properties: properties}, err
}

// Read has nothing to look at outside the state: it returns the state, or makes it up for an import.
func (p *Provider) Read(ctx context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	described, outputs, err := p.open(request.GetUrn(), request.GetProperties())
	if err != nil {
		return nil, err
	}
	inputs, err := decode(request.GetUrn(), request.GetInputs())
	if err != nil {
		return nil, err
	}
	if len(outputs) > 0 {
		return p.read(request.GetUrn(), request.GetId(), described, inputs, outputs)
	}
	if described.Import == nil {
		return nil, p.fail(ctx, request.GetUrn(), &Failure{"Resource Import Not Implemented",
			"This resource does not support import. Please contact the provider developer for additional information."})
	}
	id, outputs, err := described.Import(request.GetId())
	if err != nil {
		return nil, p.fail(ctx, request.GetUrn(), err)
	}
	outputs = described.plan(outputs, func(property Property) (resource.PropertyValue, bool) {
		value, ok := outputs[resource.PropertyKey(property.Name)]
		return value, ok
	})
	return p.read(request.GetUrn(), id, described, described.inputsOf(outputs), outputs)
}

func (p *Provider) read(
	urn, id string, described *Resource, inputs, outputs resource.PropertyMap,
) (*pulumirpc.ReadResponse, error) {
	encoded, err := standin.Encode(urn, described.markInputs(inputs))
	if err != nil {
		return nil, err
	}
	properties, err := p.state(urn, described, outputs)
	return &pulumirpc.ReadResponse{Id: id, Inputs: encoded, Properties: properties}, err
}

// Update keeps what was computed and takes over the changed inputs.
func (p *Provider) Update(_ context.Context, request *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	described, news, err := p.open(request.GetUrn(), request.GetNews())
	if err != nil {
		return nil, err
	}
	olds, err := decode(request.GetUrn(), request.GetOlds())
	if err != nil {
		return nil, err
	}
	planned := described.plan(news, from(olds))
	if request.GetPreview() {
		described.due(planned)
		properties, err := standin.Encode(request.GetUrn(), described.outputs(planned))
		return &pulumirpc.UpdateResponse{Properties: properties}, err
	}
	properties, err := p.state(request.GetUrn(), described, planned)
	return &pulumirpc.UpdateResponse{Properties: properties}, err
}

// Delete has nothing to remove: these resources live in the state alone.
func (p *Provider) Delete(context.Context, *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Cancel has nothing to interrupt.
func (p *Provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Invoke calls a function.
func (p *Provider) Invoke(ctx context.Context, request *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	function, ok := p.Functions[request.GetTok()]
	if !ok {
		return nil, status.Errorf(codes.Unimplemented, "the lab's stand-in has no function %s", request.GetTok())
	}
	arguments, err := decode(request.GetTok(), request.GetArgs())
	if err != nil {
		return nil, err
	}
	result, problems, err := function(arguments)
	if err != nil {
		return nil, p.fail(ctx, "", err)
	}
	failures := make([]*pulumirpc.CheckFailure, len(problems))
	for index, problem := range problems {
		failures[index] = &pulumirpc.CheckFailure{Property: problem.Path, Reason: problem.Text}
	}
	encoded, err := standin.Encode(request.GetTok(), result)
	return &pulumirpc.InvokeResponse{Return: encoded, Failures: failures}, err
}

// open finds the description of a resource and reads the properties of a call.
func (p *Provider) open(urn string, properties *structpb.Struct) (*Resource, resource.PropertyMap, error) {
	token := string(resource.URN(urn).Type())
	described, ok := p.Resources[token]
	if !ok {
		return nil, nil, status.Errorf(codes.Unimplemented, "the lab's stand-in has no resource %s", token)
	}
	decoded, err := decode(urn, properties)
	return described, decoded, err
}

// state is the outputs of a resource as they are kept.
func (p *Provider) state(urn string, described *Resource, outputs resource.PropertyMap) (*structpb.Struct, error) {
	described.due(outputs)
	kept := described.outputs(outputs)
	if described.SchemaVersion != "" {
		kept["__meta"] = resource.NewProperty(fmt.Sprintf(`{"schema_version":%q}`, described.SchemaVersion))
	}
	return standin.Encode(urn, kept)
}

// fail reports an error twice, as the bridge does: as a message about the resource and as the answer.
func (p *Provider) fail(ctx context.Context, urn string, err error) error {
	if failure := (*Failure)(nil); errors.As(err, &failure) && p.Host != nil && failure.Detail != "" {
		message := fmt.Sprintf("[ERROR] %s: %s", failure.Detail, failure.Summary)
		if logged := p.Host.Log(ctx, diag.Error, resource.URN(urn), message); logged != nil {
			err = errors.Join(err, logged)
		}
	}
	return status.Error(codes.Unknown, err.Error())
}

func decode(label string, from *structpb.Struct) (resource.PropertyMap, error) {
	properties, err := standin.Decode(label, from)
	return standin.PlainMap(properties), err
}

func unknowns(Property) (resource.PropertyValue, bool) { return unknown, true }

func nothing(Property) (resource.PropertyValue, bool) { return resource.PropertyValue{}, false }

func from(olds resource.PropertyMap) func(Property) (resource.PropertyValue, bool) {
	return func(property Property) (resource.PropertyValue, bool) {
		value, ok := olds[resource.PropertyKey(property.Name)]
		return value, ok
	}
}
