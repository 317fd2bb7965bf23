package bridged

import (
	"context"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What a stand-in does not do must not look done.
func TestUnknownTypesFail(t *testing.T) {
	server := &Provider{}
	_, err := server.Check(context.Background(), &pulumirpc.CheckRequest{Urn: "urn:pulumi:dev::p::a:index/b:B::x"})
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("resource: %v", err)
	}
	_, err = server.Invoke(context.Background(), &pulumirpc.InvokeRequest{Tok: "a:index/b:b"})
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("function: %v", err)
	}
}
