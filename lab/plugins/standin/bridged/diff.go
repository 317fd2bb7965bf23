package bridged

import (
	"sort"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// diff lists what changes and what of it makes the resource be replaced.
func (r *Resource) diff(olds, news resource.PropertyMap, ignored map[string]bool) *pulumirpc.DiffResponse {
	planned := r.plan(news, from(olds))
	var changed, replaces []string
	for _, property := range r.Properties {
		key := resource.PropertyKey(property.Name)
		before, after := olds[key], planned[key]
		if before.DeepEquals(after) || ignored[property.Name] {
			continue
		}
		changed = append(changed, property.Name)
		if !property.InPlace && !(vacant(before) && vacant(after)) {
			replaces = append(replaces, property.Name)
		}
	}
	if r.ListsComputed && len(replaces) > 0 {
		for _, property := range r.Properties {
			if property.Computed {
				changed = append(changed, property.Name)
			}
		}
	}
	if r.due(planned) && !ignored[r.Expiry.Property] {
		changed = append(changed, r.Expiry.Property)
		replaces = append(replaces, r.Expiry.Property)
	}
	sort.Strings(changed)
	sort.Strings(replaces)
	if len(changed) == 0 {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}
	}
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_SOME, Diffs: changed, Replaces: replaces}
}

// vacant: no value, or a map without any. A change between the two is not worth a replacement.
func vacant(value resource.PropertyValue) bool {
	return value.IsNull() || value.IsObject() && len(value.ObjectValue()) == 0
}
