// Package command stands in for the Pulumi plugin `command`: what it runs, it runs as the real one does.
package command

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"siteregistry.lab/plugins/standin"
)

// Version is that of the plugin stood in for.
const Version = "1.2.1"

const (
	localCommand  = "command:local:Command"
	remoteCommand = "command:remote:Command"
	remoteCopy    = "command:remote:CopyToRemote"
	localRun      = "command:local:run"
)

// New makes the provider.
func New(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
	return &server{host: host}, nil
}

type server struct {
	pulumirpc.UnimplementedResourceProviderServer
	host *provider.HostClient
}

// CheckConfig adds what the real plugin's framework leaves in every state.
func (s *server) CheckConfig(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	inputs, err := standin.Decode("provider", request.GetNews())
	if err != nil {
		return nil, err
	}
	inputs["__pulumi-go-provider-version"] = resource.NewProperty("v1.5.0")
	encoded, err := standin.Encode("provider", inputs)
	return &pulumirpc.CheckResponse{Inputs: encoded}, err
}

// DiffConfig is what the real plugin does not have either.
func (s *server) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return nil, status.Error(codes.Unimplemented, "DiffConfig is not implemented")
}

// Configure takes secrets and outputs as they are, so that marks travel through every call.
func (s *server) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{
		AcceptSecrets: true, SupportsPreview: true, AcceptResources: true, AcceptOutputs: true,
	}, nil
}

// Check finds values of a wrong type, and marks the parts of a connection that are secret by nature.
func (s *server) Check(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	token, news, err := open(request.GetUrn(), request.GetNews())
	if err != nil {
		return nil, err
	}
	failures := check(token, standin.PlainMap(news))
	if connection, has := news["connection"]; has {
		news["connection"] = markConnection(connection)
	}
	inputs, err := standin.Encode(request.GetUrn(), news)
	return &pulumirpc.CheckResponse{Inputs: inputs, Failures: failures}, err
}

// Diff says what changes; nothing is replaced but by triggers that were not there.
func (s *server) Diff(_ context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	_, news, err := open(request.GetUrn(), request.GetNews())
	if err != nil {
		return nil, err
	}
	olds, err := standin.Decode(request.GetUrn(), request.GetOlds())
	if err != nil {
		return nil, err
	}
	return diff(olds, news, request.GetIgnoreChanges()), nil
}

// Create runs the create command.
func (s *server) Create(ctx context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	token, inputs, err := open(request.GetUrn(), request.GetProperties())
	if err != nil {
		return nil, err
	}
	random := make([]byte, 4)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	id := hex.EncodeToString(random)
	if token == remoteCopy {
		outputs, err := s.copy(ctx, request.GetUrn(), inputs, nil, request.GetPreview())
		return &pulumirpc.CreateResponse{Id: id, Properties: outputs}, err
	}
	id = resource.URN(request.GetUrn()).Name() + id
	outputs, err := s.execute(ctx, request.GetUrn(), inputs, execution{
		verbs: []resource.PropertyKey{"create"}, preview: request.GetPreview(), timeout: request.GetTimeout(),
	})
	return &pulumirpc.CreateResponse{Id: id, Properties: outputs}, err
}

// Read has nothing to look at outside the state.
func (s *server) Read(_ context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	if _, _, err := open(request.GetUrn(), request.GetProperties()); err != nil {
		return nil, err
	}
	return &pulumirpc.ReadResponse{
		Id: request.GetId(), Inputs: request.GetInputs(), Properties: request.GetProperties(),
	}, nil
}

// Update runs the update command, or the create command again where there is none.
func (s *server) Update(ctx context.Context, request *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	token, news, err := open(request.GetUrn(), request.GetNews())
	if err != nil {
		return nil, err
	}
	olds, err := standin.Decode(request.GetUrn(), request.GetOlds())
	if err != nil {
		return nil, err
	}
	if token == remoteCopy {
		outputs, err := s.copy(ctx, request.GetUrn(), news, olds, request.GetPreview())
		return &pulumirpc.UpdateResponse{Properties: outputs}, err
	}
	outputs, err := s.execute(ctx, request.GetUrn(), news, execution{
		verbs:    []resource.PropertyKey{"update", "create"},
		previous: standin.PlainMap(olds), preview: request.GetPreview(), timeout: request.GetTimeout(),
	})
	return &pulumirpc.UpdateResponse{Properties: outputs}, err
}

// Delete runs the delete command of the state. What was copied stays where it is.
func (s *server) Delete(ctx context.Context, request *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	token, state, err := open(request.GetUrn(), request.GetProperties())
	if err != nil || token == remoteCopy {
		return &emptypb.Empty{}, err
	}
	_, err = s.execute(ctx, request.GetUrn(), state, execution{
		verbs: []resource.PropertyKey{"delete"}, previous: standin.PlainMap(state), timeout: request.GetTimeout(),
	})
	return &emptypb.Empty{}, err
}

// Cancel leaves it to the engine to end what runs: with it, the process ends.
func (s *server) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Invoke runs a command at once, in previews as well.
func (s *server) Invoke(ctx context.Context, request *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	if request.GetTok() != localRun {
		return nil, status.Errorf(codes.Unimplemented, "the lab's stand-in has no function %s", request.GetTok())
	}
	arguments, err := standin.Decode(localRun, request.GetArgs())
	if err != nil {
		return nil, err
	}
	plain := standin.PlainMap(arguments)
	if !plain["command"].IsString() {
		return &pulumirpc.InvokeResponse{Return: &structpb.Struct{}, Failures: []*pulumirpc.CheckFailure{{
			Property: "command", Reason: "Missing required field 'command' on 'local.RunInputs'",
		}}}, nil
	}
	run := newRun(s.log(ctx, ""), plain)
	if err := run.local(ctx, plain, plain["command"].StringValue(), nil); err != nil {
		return nil, status.Error(codes.Unknown, err.Error())
	}
	run.outputs(arguments)
	if err := collect(plain, arguments); err != nil {
		return nil, status.Error(codes.Unknown, err.Error())
	}
	encoded, err := standin.Encode(localRun, arguments)
	return &pulumirpc.InvokeResponse{Return: encoded}, err
}

// execution is one call that runs one of a resource's commands.
type execution struct {
	// verbs are the properties that may hold the command; the first one that is set does.
	verbs []resource.PropertyKey
	// previous is the state before, whose outputs the command finds in its environment; none at a creation.
	previous resource.PropertyMap
	preview  bool
	// timeout is in seconds; 0 is none.
	timeout float64
}

// execute runs the command and returns the state after it: the inputs, and what the command said.
func (s *server) execute(
	ctx context.Context, urn string, inputs resource.PropertyMap, call execution,
) (*structpb.Struct, error) {
	plain := standin.PlainMap(inputs)
	outputs := inputs.Copy()
	run := newRun(s.log(ctx, urn), plain)
	if call.preview {
		unknown := resource.MakeComputed(resource.NewProperty(""))
		outputs["stdout"], outputs["stderr"] = unknown, unknown
		return standin.Encode(urn, outputs)
	}
	if call.timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, time.Duration(call.timeout*float64(time.Second)))
		defer cancel()
		ctx = limited
	}
	isRemote := string(resource.URN(urn).Type()) == remoteCommand
	for _, verb := range call.verbs {
		command, has := plain[verb]
		if !has || !command.IsString() {
			continue
		}
		way := run.local
		if isRemote {
			way = run.remote
		}
		if err := way(ctx, plain, command.StringValue(), call.previous); err != nil {
			return nil, status.Error(codes.Unknown, err.Error())
		}
		if !isRemote {
			if err := collect(plain, outputs); err != nil {
				return nil, status.Error(codes.Unknown, err.Error())
			}
		}
		break
	}
	run.outputs(outputs)
	return standin.Encode(urn, outputs)
}

// copy copies what is not there yet, and returns the state after it: the inputs alone. There is no previous state at a
// creation.
func (s *server) copy(
	ctx context.Context, urn string, inputs, previous resource.PropertyMap, preview bool,
) (*structpb.Struct, error) {
	plain := standin.PlainMap(inputs)
	if !preview && (previous == nil || copyIsNeeded(standin.PlainMap(previous), plain)) {
		if err := newRun(s.log(ctx, urn), plain).copyToRemote(ctx, plain); err != nil {
			return nil, status.Error(codes.Unknown, err.Error())
		}
	}
	return standin.Encode(urn, inputs)
}

// open reads the properties of a call for one of the resources that there are.
func open(urn string, properties *structpb.Struct) (string, resource.PropertyMap, error) {
	token := string(resource.URN(urn).Type())
	if token != localCommand && token != remoteCommand && token != remoteCopy {
		return "", nil, status.Errorf(codes.Unimplemented, "the lab's stand-in has no resource %s", token)
	}
	decoded, err := standin.Decode(urn, properties)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", urn, err)
	}
	return token, decoded, nil
}
