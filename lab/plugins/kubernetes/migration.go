package kubernetes

import (
	"context"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/util/csaupgrade"
)

func isUnmigrated(live *unstructured.Unstructured) bool {
	for _, owner := range live.GetManagedFields() {
		if owner.Manager == createManager && owner.Operation == metav1.ManagedFieldsOperationUpdate {
			return true
		}
	}
	return false
}

// formerManagers are those of writes that were not applies, by this plugin or by hand. What controllers wrote is theirs.
func formerManagers(live *unstructured.Unstructured) sets.Set[string] {
	former := sets.New[string]()
	for _, owner := range live.GetManagedFields() {
		if owner.Operation != metav1.ManagedFieldsOperationUpdate || owner.Subresource != "" {
			continue
		}
		for _, prefix := range []string{createManager, "kubectl", "before-first-apply"} {
			if strings.HasPrefix(owner.Manager, prefix) {
				former.Insert(owner.Manager)
			}
		}
	}
	return former
}

// migrate hands the fields that the create and kubectl wrote to the resource's own manager. Otherwise an apply that
// leaves one of them out would not remove it, and one that changes what someone patched by hand would be a conflict. A
// controller that writes at the same moment makes it start over.
func (c *call) migrate(
	ctx context.Context, objects dynamic.ResourceInterface, live *unstructured.Unstructured, manager string,
) error {
	outdated := func(err error) bool { return apierrors.IsConflict(err) || isTransient(err) }
	_, err := retried(ctx, outdated, func() (*unstructured.Unstructured, error) {
		former := formerManagers(live)
		if former.Len() == 0 {
			return live, nil
		}
		patch, err := csaupgrade.UpgradeManagedFieldsPatch(live, former, manager)
		if err != nil || len(patch) == 0 {
			return live, err
		}
		moved, err := objects.Patch(ctx, live.GetName(), types.JSONPatchType, patch, metav1.PatchOptions{})
		if apierrors.IsConflict(err) {
			if current, unread := c.read(ctx); unread == nil {
				live = current
			}
		}
		return moved, err
	})
	return err
}
