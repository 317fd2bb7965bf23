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
	"google.golang.org/protobuf/types/known/emptypb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"siteregistry.lab/plugins/standin"
)

// propagation says what becomes of the objects that belong to a deleted one: foreground, background or orphan.
const propagation = "pulumi.com/deletionPropagationPolicy"

const deleteTimeout = 10 * time.Minute

// Delete removes an object and everything that belongs to it, and waits until it is gone.
func (p *Provider) Delete(ctx context.Context, request *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	ctx, release := p.operationContext(ctx)
	defer release()
	urn := resource.URN(request.GetUrn())
	state, err := standin.Decode(string(urn)+" (state)", request.GetProperties())
	if err != nil {
		return nil, err
	}
	wanted, err := addressed(urn, request.GetId(), stateInputs(state))
	if err != nil || wanted == nil {
		return &emptypb.Empty{}, err
	}
	if err := p.cluster.reach(ctx); err != nil {
		p.say(ctx, diag.Warning, urn, unreachableError(err).Error())
		if p.settings.deleteUnreachable {
			p.say(ctx, diag.Info, urn, droppedUnreachable)
			return &emptypb.Empty{}, nil
		}
		return nil, errors.New("configured Kubernetes cluster is unreachable. " + deadClusterHelp)
	}
	gone := &call{provider: p, urn: urn, object: wanted, timeout: seconds(request.GetTimeout())}
	if isPatch(urn) {
		kept, err := readCheckpoint(state, stateInputs(state))
		if err == nil {
			err = gone.relinquish(ctx, kept.fieldManager)
		}
		if err != nil && !apierrors.IsNotFound(err) && !meta.IsNoMatchError(err) {
			return nil, err
		}
		return &emptypb.Empty{}, nil
	}
	wanted.SetAnnotations(asObject(stateInputs(state)).GetAnnotations())
	if err := gone.delete(ctx); err != nil && !apierrors.IsNotFound(err) && !meta.IsNoMatchError(err) {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}

func (c *call) delete(ctx context.Context) error {
	objects, err := c.objects()
	if err != nil {
		return err
	}
	live, err := c.read(ctx)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, c.timeoutOr(deleteTimeout))
	defer stop()
	// The watch begins before the deletion, so that no short-lived step is missed.
	changes, err := watchObject(ctx, objects, live)
	if err != nil {
		return fmt.Errorf("watch the deletion: %w", err)
	}
	defer func() { changes.Stop() }()
	policy, uid := c.propagationPolicy(), live.GetUID()
	options := metav1.DeleteOptions{PropagationPolicy: &policy, Preconditions: &metav1.Preconditions{UID: &uid}}
	_, err = retried(ctx, isTransient, func() (struct{}, error) {
		return struct{}{}, objects.Delete(ctx, c.object.GetName(), options)
	})
	if err != nil {
		return err
	}
	if c.annotated(skipAwait) == "true" {
		c.show(ctx, diag.Info, "Skipping await logic")
		return nil
	}
	return c.untilGone(ctx, objects, live, changes)
}

func (c *call) untilGone(
	ctx context.Context, objects dynamic.ResourceInterface, live *unstructured.Unstructured, changes watch.Interface,
) error {
	said := false
	for {
		select {
		case <-ctx.Done():
			return c.deletionStopped(ctx, objects)
		case change, open := <-changes.ResultChan():
			if change.Type == watch.Deleted {
				return nil
			}
			if current, is := change.Object.(*unstructured.Unstructured); is && change.Type == watch.Modified {
				if current.GetDeletionTimestamp() != nil && !said {
					said = true
					c.show(ctx, diag.Info, "Resource scheduled for deletion")
				}
			}
			if open && change.Type != watch.Error {
				continue
			}
			current, err := c.read(ctx)
			if apierrors.IsNotFound(err) || err == nil && current.GetUID() != live.GetUID() {
				return nil
			}
			if err != nil {
				return err
			}
			changes.Stop()
			if changes, err = watchObject(ctx, objects, current); err != nil {
				return err
			}
		}
	}
}

// deletionStopped names what holds the object: only its owner can let a finalizer go.
func (c *call) deletionStopped(ctx context.Context, objects dynamic.ResourceInterface) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ctx.Err()
	}
	aside, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if left, err := objects.Get(aside, c.object.GetName(), metav1.GetOptions{}); err == nil {
		if held := left.GetFinalizers(); len(held) > 0 {
			c.provider.say(aside, diag.Warning, c.urn,
				fmt.Sprintf("finalizers might be preventing deletion (%s)", strings.Join(held, ", ")))
		}
	}
	return errors.New("timed out waiting for the condition")
}

func (c *call) propagationPolicy() metav1.DeletionPropagation {
	switch strings.ToLower(c.annotated(propagation)) {
	case "background":
		return metav1.DeletePropagationBackground
	case "orphan":
		return metav1.DeletePropagationOrphan
	}
	return metav1.DeletePropagationForeground
}

func watchObject(
	ctx context.Context, objects dynamic.ResourceInterface, from *unstructured.Unstructured,
) (watch.Interface, error) {
	return objects.Watch(ctx, metav1.ListOptions{
		FieldSelector:   fields.OneTermEqualSelector("metadata.name", from.GetName()).String(),
		ResourceVersion: from.GetResourceVersion(),
	})
}
