package kubernetes

import (
	"context"
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// nameGiven refuses a patch of nothing in particular: a made-up name would make a new object.
func nameGiven(inputs resource.PropertyMap) error {
	metadata := inputs["metadata"]
	given := child(metadata, "name")
	if metadata.IsComputed() || given.ContainsUnknowns() || text(given) != "" {
		return nil
	}
	return errors.New("patch resources require the `.metadata.name` field to be set")
}

// relinquish gives a patch's fields up: an apply that names none of them. The object stays, also one that the patch
// has made; one that is gone is not made again.
func (c *call) relinquish(ctx context.Context, manager string) error {
	objects, err := c.objects()
	if err != nil {
		return err
	}
	if _, err := c.read(ctx); err != nil {
		return err
	}
	nothing := c.object.DeepCopy()
	nothing.SetAnnotations(nil)
	_, err = objects.Apply(ctx, nothing.GetName(), nothing, metav1.ApplyOptions{FieldManager: manager})
	return asConflict(err, manager)
}
