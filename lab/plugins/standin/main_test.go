package standin

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// engine collects what a plugin logs.
type engine struct {
	pulumirpc.UnimplementedEngineServer
	mutex sync.Mutex
	logs  []string
}

func (e *engine) Log(_ context.Context, request *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.logs = append(e.logs, request.GetUrn()+request.GetMessage())
	return &emptypb.Empty{}, nil
}

type inner struct {
	pulumirpc.UnimplementedResourceProviderServer
}

func (inner) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{SupportsPreview: true}, nil
}

func TestAnnouncesItselfOnce(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	logged := &engine{}
	server := grpc.NewServer()
	pulumirpc.RegisterEngineServer(server, logged)
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	host, err := provider.NewHostClient(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	announced := Announce(inner{}, host, "tls", "5.6.1")
	for range 2 {
		answer, err := announced.Configure(context.Background(), &pulumirpc.ConfigureRequest{})
		if err != nil || !answer.GetSupportsPreview() {
			t.Fatal(answer, err)
		}
	}
	if len(logged.logs) != 1 || !strings.HasPrefix(logged.logs[0], "tls: lab stand-in for pulumi-resource-tls 5.6.1") {
		t.Errorf("logged %q", logged.logs)
	}
	info, err := announced.GetPluginInfo(context.Background(), &emptypb.Empty{})
	if err != nil || info.GetVersion() != "5.6.1" {
		t.Error(info, err)
	}
}
