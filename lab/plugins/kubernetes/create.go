package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"siteregistry.lab/plugins/standin"
)

const createRetries = 5

// Create writes a new object and waits until it is live. In a preview it asks the API server for a dry run.
func (p *Provider) Create(ctx context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	ctx, release := p.operationContext(ctx)
	defer release()
	urn := resource.URN(request.GetUrn())
	inputs, err := standin.Decode(string(urn), request.GetProperties())
	if err != nil {
		return nil, err
	}
	unpredictable := &pulumirpc.CreateResponse{Properties: request.GetProperties()}
	if request.GetPreview() && (inputs.ContainsUnknowns() || isPatch(urn)) {
		return unpredictable, nil
	}
	if err := p.cluster.reach(ctx); err != nil {
		if request.GetPreview() {
			return unpredictable, nil
		}
		return nil, unreachableError(err)
	}
	made := &call{
		provider: p, urn: urn, object: asObject(inputs), preview: request.GetPreview(),
		timeout: seconds(request.GetTimeout()),
	}
	kept, err := newCheckpoint(inputs)
	if err != nil {
		return nil, err
	}
	written, err := made.create(ctx, kept.fieldManager)
	if err != nil {
		if made.preview && onlyUpCanTell(err) {
			return unpredictable, nil
		}
		return nil, made.creationFailed(err)
	}
	live, waitErr := written, error(nil)
	if !made.preview {
		live, waitErr = made.await(ctx, written, creating)
	}
	var incomplete *unready
	if waitErr != nil && !errors.As(waitErr, &incomplete) {
		return nil, made.creationFailed(waitErr)
	}
	state := kept.state(live)
	if waitErr != nil {
		message := fmt.Sprintf("resource %q was successfully created, but the Kubernetes API server reported that it "+
			"failed to fully initialize or become live: %v", urn, waitErr)
		return nil, initFailed(identifier(live), message, waitErr, state, nil)
	}
	properties, err := standin.Encode(string(urn), state)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.CreateResponse{Properties: properties}
	if !made.preview {
		response.Id = identifier(live)
	}
	return response, nil
}

// create writes the object, again if what it needs may be on its way: its namespace, the definition of its kind, or an
// API server that is busy.
func (c *call) create(ctx context.Context, manager string) (*unstructured.Unstructured, error) {
	delay := time.Second
	for attempt := 0; ; attempt++ {
		written, err := c.createOnce(ctx, manager)
		if err == nil || c.preview {
			return written, err
		}
		if ctx.Err() != nil {
			return nil, err
		}
		c.show(ctx, diag.Info, fmt.Sprintf("Retry #%d; creation failed: %v", attempt, err))
		if attempt == createRetries || !mayPass(err) {
			return nil, err
		}
		if !slept(ctx, delay) {
			return nil, err
		}
		delay *= 2
	}
}

func (c *call) createOnce(ctx context.Context, manager string) (*unstructured.Unstructured, error) {
	objects, err := c.objects()
	if err != nil {
		return nil, err
	}
	if c.provider.settings.upsertExisting || isPatch(c.urn) {
		options := metav1.ApplyOptions{FieldManager: manager, Force: c.force(), DryRun: c.dryRun()}
		applied, err := objects.Apply(ctx, c.object.GetName(), c.object, options)
		return applied, asConflict(err, manager)
	}
	options := metav1.CreateOptions{FieldManager: createManager, DryRun: c.dryRun()}
	return objects.Create(ctx, c.object, options)
}

// mayPass says whether an error is one that waiting can help.
func mayPass(err error) bool {
	return meta.IsNoMatchError(err) || isMissingNamespace(err) || isTransient(err)
}

func isMissingNamespace(err error) bool {
	return apierrors.IsNotFound(err) && strings.HasPrefix(err.Error(), "namespaces ")
}

// onlyUpCanTell holds for what a dry run sees as an error and a deployment, which first creates the rest, may not.
func onlyUpCanTell(err error) bool {
	return meta.IsNoMatchError(err) || isMissingNamespace(err) || apierrors.IsAlreadyExists(err) ||
		strings.Contains(err.Error(), "provided port is not in the valid range") ||
		strings.Contains(err.Error(), "provided port is already allocated")
}

func (c *call) creationFailed(err error) error {
	if meta.IsNoMatchError(err) {
		of := c.object.GroupVersionKind()
		return fmt.Errorf("creation of resource %q with kind %s/%s failed because the Kubernetes API server reported that "+
			"the apiVersion for this resource does not exist. Verify that any required CRDs have been created: %w",
			c.urn, of.GroupVersion(), of.Kind, err)
	}
	failed := fmt.Errorf("resource %q was not successfully created by the Kubernetes API server: %w", c.urn, err)
	if apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("%w%s", failed, existsHelp)
	}
	return failed
}
