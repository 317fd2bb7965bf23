// Package kubernetes is the lab's stand-in for the Pulumi plugin `kubernetes`: the same protocol and, for the objects
// that the product creates, the same answers, dry runs, waiting and texts as the real plugin was recorded to give.
package kubernetes

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"k8s.io/klog/v2"
)

// Version of the real plugin that this one stands in for.
const Version = "4.34.2"

// logger is where progress and warnings go: the engine's host client, or a list in tests.
type logger interface {
	Log(ctx context.Context, severity diag.Severity, urn resource.URN, text string) error
	LogStatus(ctx context.Context, severity diag.Severity, urn resource.URN, text string) error
}

// Provider serves one configured provider of a program.
type Provider struct {
	pulumirpc.UnimplementedResourceProviderServer
	log      logger
	host     *provider.HostClient
	settings settings
	cluster  *cluster
	// stopped ends when the user asks to cancel (^C): every wait listens to it.
	stopped context.Context
	stop    context.CancelFunc
	warned  sync.Map
}

// New makes the provider that a started plugin serves.
func New(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
	if host == nil {
		return newProvider(nil), nil
	}
	made := newProvider(host)
	made.host = host
	return made, nil
}

func newProvider(log logger) *Provider {
	// The client libraries write to stderr, which the engine would show to the user as if the program had said it.
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	stopped, stop := context.WithCancel(context.Background())
	return &Provider{log: log, stopped: stopped, stop: stop, cluster: &cluster{}}
}

// Cancel makes every running wait end, so that what is known so far reaches the state.
func (p *Provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.stop()
	return &emptypb.Empty{}, nil
}

// Invoke refuses: functions (yaml, kustomize, Helm's older charts) are not part of the stand-in.
func (p *Provider) Invoke(_ context.Context, request *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	return nil, unsupported("the function " + request.GetTok())
}

// Call refuses, as Invoke does.
func (p *Provider) Call(_ context.Context, request *pulumirpc.CallRequest) (*pulumirpc.CallResponse, error) {
	return nil, unsupported("the method " + request.GetTok())
}

func unsupported(what string) error {
	return status.Error(codes.Unimplemented, fmt.Sprintf(
		"the lab's stand-in for the kubernetes plugin does not have %s; run this stack with the real plugin", what))
}

// say writes a line that stays in the output of the run.
func (p *Provider) say(ctx context.Context, severity diag.Severity, urn resource.URN, text string) {
	if p.log != nil {
		_ = p.log.Log(ctx, severity, urn, text) // a lost line of progress must not fail a deployment
	}
}

// show writes a line of progress, which the engine replaces by the next one.
func (p *Provider) show(ctx context.Context, severity diag.Severity, urn resource.URN, text string) {
	if p.log != nil {
		_ = p.log.LogStatus(ctx, severity, urn, text) // see say
	}
}

// operationContext ends with the call, or when the user cancels.
func (p *Provider) operationContext(ctx context.Context) (context.Context, context.CancelFunc) {
	operation, cancel := context.WithCancel(ctx)
	release := context.AfterFunc(p.stopped, cancel)
	return operation, func() {
		release()
		cancel()
	}
}
