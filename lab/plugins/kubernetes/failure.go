package kubernetes

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/structpb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"siteregistry.lab/plugins/standin"
)

const conflictHelp = "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/" +
	"managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources"

const existsHelp = `

The resource already exists in the cluster. This can happen when:

  - Renaming a Pulumi resource: use an alias to preserve the identity,
    or use deleteBeforeReplace if the resource needs replacement.
  - Managing an existing resource: use a Patch resource (e.g. NamespacePatch)
    to manage specific fields without owning the resource lifecycle.
  - Adopting a resource into Pulumi: use ` + "`pulumi import`" + `. Note that
    protected resources (e.g. kube-system) cannot be deleted on destroy.
  - Intentional upsert: set upsertExistingObjects on the provider to allow
    server-side apply to update existing objects on create.`

// unready is the error of an object that the API server took but that did not come to life.
type unready struct {
	message string
	reasons []string
	// canceled is set when the user stopped the wait.
	canceled bool
}

func (e *unready) Error() string { return e.message }

// asConflict explains a refused apply: which manager of ours it was, and where to read on.
func asConflict(err error, manager string) error {
	if !apierrors.IsConflict(err) {
		return err
	}
	return fmt.Errorf("server-side apply field conflict detected, see %s for troubleshooting help\n"+
		"The resource managed by field manager %q had an apply conflict: %w", conflictHelp, manager, err)
}

func unreachableError(err error) error {
	return fmt.Errorf("configured Kubernetes cluster is unreachable: %w", err)
}

// initFailed tells the engine to keep the object in the state, together with what is wrong with it.
func initFailed(
	id string, message string, cause error, state resource.PropertyMap, inputs *structpb.Struct,
) error {
	properties, err := standin.Encode(id, state)
	if err != nil {
		return errors.Join(cause, err)
	}
	reasons := []string{message}
	var incomplete *unready
	if errors.As(cause, &incomplete) {
		reasons = append(reasons, incomplete.reasons...)
	}
	detail := &pulumirpc.ErrorResourceInitFailed{
		Id: id, Properties: properties, Reasons: reasons, Inputs: inputs,
	}
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, message), detail)
}
