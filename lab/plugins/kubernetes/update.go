package kubernetes

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"siteregistry.lab/plugins/standin"
)

// patchForce takes fields over from whoever owns them.
const patchForce = "pulumi.com/patchForce"

// Update applies changed inputs as the resource's own field manager, and waits until the object is live again.
func (p *Provider) Update(ctx context.Context, request *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	ctx, release := p.operationContext(ctx)
	defer release()
	urn := resource.URN(request.GetUrn())
	state, err := standin.Decode(string(urn)+" (state)", request.GetOlds())
	if err != nil {
		return nil, err
	}
	inputs, err := standin.Decode(string(urn)+" (new)", request.GetNews())
	if err != nil {
		return nil, err
	}
	if request.GetPreview() && inputs.ContainsUnknowns() {
		return &pulumirpc.UpdateResponse{Properties: request.GetNews()}, nil
	}
	if err := p.cluster.reach(ctx); err != nil {
		if request.GetPreview() {
			return &pulumirpc.UpdateResponse{Properties: request.GetNews()}, nil
		}
		return nil, unreachableError(err)
	}
	kept, err := readCheckpoint(state, inputs)
	if err != nil {
		return nil, err
	}
	changed := &call{
		provider: p, urn: urn, object: asObject(inputs), preview: request.GetPreview(),
		timeout: seconds(request.GetTimeout()),
	}
	live, failure := changed.update(ctx, kept.fieldManager, parsePaths(request.GetIgnoreChanges()))
	if failure != nil {
		if live, err = changed.read(ctx); err != nil {
			return nil, changed.updateFailed(failure, err)
		}
		name := identifier(changed.object)
		message := fmt.Sprintf("the Kubernetes API server reported that %q failed to fully initialize or become live: %v",
			name, failure)
		return nil, initFailed(identifier(live), message, failure, kept.state(live), nil)
	}
	properties, err := standin.Encode(string(urn), kept.state(live))
	if err != nil {
		return nil, err
	}
	return &pulumirpc.UpdateResponse{Properties: properties}, nil
}

func (c *call) updateFailed(failure, unread error) error {
	text := fmt.Sprintf("update of resource %q failed: %v\nunable to get cluster state: %v", c.urn, failure, unread)
	var incomplete *unready
	if errors.As(failure, &incomplete) && incomplete.canceled {
		return status.Error(codes.Canceled, text)
	}
	return errors.New(text)
}

func (c *call) update(
	ctx context.Context, manager string, ignored []resource.PropertyPath,
) (*unstructured.Unstructured, error) {
	objects, err := c.objects()
	if err != nil {
		return nil, err
	}
	live, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	force := c.force()
	if isPatch(c.urn) {
		// What others wrote is theirs.
	} else if c.preview {
		// The move of what the create owns is not part of a dry run, so the apply would run into our own fields.
		force = force || isUnmigrated(live)
	} else if err := c.migrate(ctx, objects, live, manager); err != nil {
		return nil, fmt.Errorf("move the object's fields to the field manager %q: %w", manager, err)
	}
	wanted := keepIgnored(c.object, live, ignored)
	options := metav1.ApplyOptions{FieldManager: manager, Force: force, DryRun: c.dryRun()}
	applied, err := retried(ctx, isTransient, func() (*unstructured.Unstructured, error) {
		return objects.Apply(ctx, wanted.GetName(), wanted, options)
	})
	if err != nil || c.preview {
		return applied, asConflict(err, manager)
	}
	return c.await(ctx, applied, updating)
}

func (c *call) read(ctx context.Context) (*unstructured.Unstructured, error) {
	objects, err := c.objects()
	if err != nil {
		return nil, err
	}
	return retried(ctx, isTransient, func() (*unstructured.Unstructured, error) {
		return objects.Get(ctx, c.object.GetName(), metav1.GetOptions{})
	})
}

func (c *call) force() bool {
	return c.annotated(patchForce) == "true" || c.provider.settings.alwaysForce
}

// keepIgnored applies the live value where the program says to ignore changes, so that applying changes nothing there.
func keepIgnored(wanted, live *unstructured.Unstructured, ignored []resource.PropertyPath) *unstructured.Unstructured {
	if len(ignored) == 0 {
		return wanted
	}
	properties := resource.NewProperty(asProperties(wanted))
	current := resource.NewProperty(asProperties(live))
	for _, path := range ignored {
		if _, given := path.Get(properties); !given {
			continue
		}
		if value, found := path.Get(current); found {
			path.Set(properties, value)
		}
	}
	return asObject(properties.ObjectValue())
}
