// Package standin holds what every stand-in plugin of the lab shares: how it is started by the engine, how it says
// that it is a stand-in, and how property maps travel.
package standin

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Factory makes the provider behind a plugin. The host is nil when the engine attaches later.
type Factory func(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error)

// Main serves a stand-in for the plugin `name` at `version` until the engine ends it. It does not return.
func Main(name, version string, create Factory) {
	err := provider.Main(name, func(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		server, err := create(host)
		if err != nil {
			return nil, err
		}
		return Announce(server, host, name, version), nil
	})
	if err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-resource-%s (lab stand-in): %v\n", name, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Announce wraps a provider so that it reports the real plugin's version, and says once per process, in the output
// of the run, that it is not the real plugin: nobody should take a result in the lab for one of the real plugin.
func Announce(
	server pulumirpc.ResourceProviderServer, host *provider.HostClient, name, version string,
) pulumirpc.ResourceProviderServer {
	return &announced{ResourceProviderServer: server, host: host, name: name, version: version}
}

type announced struct {
	pulumirpc.ResourceProviderServer
	once          sync.Once
	host          *provider.HostClient
	name, version string
}

// Configure is the first call of a run that has a place to write to; schema look-ups stay silent.
func (a *announced) Configure(
	ctx context.Context, request *pulumirpc.ConfigureRequest,
) (*pulumirpc.ConfigureResponse, error) {
	var err error
	a.once.Do(func() {
		if a.host != nil {
			err = a.host.Log(ctx, diag.Info, "", fmt.Sprintf(
				"%[1]s: lab stand-in for pulumi-resource-%[1]s %[2]s (the real plugin is neither installed nor obtainable here)",
				a.name, a.version))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("the engine does not take log messages: %w", err)
	}
	return a.ResourceProviderServer.Configure(ctx, request)
}

// Attach takes the engine's address when the engine did not start this process itself.
func (a *announced) Attach(_ context.Context, request *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	host, err := provider.NewHostClient(request.GetAddress())
	if err != nil {
		return nil, fmt.Errorf("attach to the engine at %s: %w", request.GetAddress(), err)
	}
	a.host = host
	return &emptypb.Empty{}, nil
}

// GetPluginInfo reports the version of the plugin that this one stands in for.
func (a *announced) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: a.version}, nil
}
