package kubernetes

import (
	"cmp"
	"context"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
)

// syncTimeout bounds the wait for a first list: a user who may not list Pods can still deploy.
const syncTimeout = 5 * time.Second

// scope is a set of objects to look at.
type scope struct {
	name      string
	resource  schema.GroupVersionResource
	namespace string
	labels    string
	field     string
}

func (s scope) restrict(options *metav1.ListOptions) {
	options.LabelSelector, options.FieldSelector = s.labels, s.field
}

const selfScope = "self"

// scene keeps an up-to-date picture of an object and of what tells about it.
type scene struct {
	changed chan struct{}
	stores  map[string]cache.Store
}

// observe begins to follow the object and the scopes, until the context ends. It returns when they have been listed.
func (c *call) observe(ctx context.Context, of kind, object *unstructured.Unstructured, scopes []scope) *scene {
	self := scope{
		name: selfScope, resource: of.resource, namespace: object.GetNamespace(),
		field: fieldIs("metadata.name", object.GetName()),
	}
	made := &scene{changed: make(chan struct{}, 1), stores: map[string]cache.Store{}}
	synced := make([]cache.InformerSynced, 0, len(scopes)+1)
	for _, followed := range append(scopes, self) {
		informer := dynamicinformer.NewFilteredDynamicInformer(c.provider.cluster.dynamic, followed.resource,
			followed.namespace, 0, cache.Indexers{}, followed.restrict).Informer()
		notify := func(any) { made.notify() }
		registration, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc: notify, UpdateFunc: func(_, _ any) { made.notify() }, DeleteFunc: notify,
		})
		if err != nil {
			continue // only a stopped informer refuses, and this one has not begun
		}
		made.stores[followed.name] = informer.GetStore()
		synced = append(synced, registration.HasSynced)
		go informer.Run(ctx.Done())
	}
	first, stop := context.WithTimeout(ctx, syncTimeout)
	defer stop()
	cache.WaitForCacheSync(first.Done(), synced...)
	return made
}

func (s *scene) notify() {
	select {
	case s.changed <- struct{}{}:
	default: // a change that is already announced
	}
}

// view is the present picture. The object is never older than what was written: a cache may lag behind.
func (s *scene) view(operation operation, written *unstructured.Unstructured) view {
	seen := view{operation: operation, object: written, related: map[string][]*unstructured.Unstructured{}}
	for name, store := range s.stores {
		objects := make([]*unstructured.Unstructured, 0, len(store.List()))
		for _, item := range store.List() {
			if object, is := item.(*unstructured.Unstructured); is {
				objects = append(objects, object)
			}
		}
		sortByName(objects)
		if name != selfScope {
			seen.related[name] = objects
			continue
		}
		if len(objects) == 1 && objects[0].GetUID() == written.GetUID() &&
			objects[0].GetGeneration() >= written.GetGeneration() {
			seen.object = objects[0]
		}
	}
	return seen
}

// list looks once.
func (c *call) list(ctx context.Context, scopes []scope) (map[string][]*unstructured.Unstructured, error) {
	found := map[string][]*unstructured.Unstructured{}
	for _, looked := range scopes {
		options := metav1.ListOptions{}
		looked.restrict(&options)
		listed, err := c.provider.cluster.dynamic.Resource(looked.resource).Namespace(looked.namespace).List(ctx, options)
		if err != nil {
			return nil, err
		}
		objects := make([]*unstructured.Unstructured, 0, len(listed.Items))
		for index := range listed.Items {
			objects = append(objects, &listed.Items[index])
		}
		sortByName(objects)
		found[looked.name] = objects
	}
	return found, nil
}

func sortByName(objects []*unstructured.Unstructured) {
	slices.SortFunc(objects, func(one, other *unstructured.Unstructured) int {
		return cmp.Compare(one.GetName(), other.GetName())
	})
}

func fieldIs(name, value string) string { return fields.OneTermEqualSelector(name, value).String() }

// selectedBy is the label selector in an object's spec.
func selectedBy(object *unstructured.Unstructured) string {
	raw, _, _ := unstructured.NestedMap(object.Object, "spec", "selector")
	selector := metav1.LabelSelector{}
	if err := convert(raw, &selector); err != nil {
		return labels.Nothing().String()
	}
	parsed, err := metav1.LabelSelectorAsSelector(&selector)
	if err != nil {
		return labels.Nothing().String()
	}
	return parsed.String()
}

// ownedBy keeps the objects that a controller with this uid made.
func ownedBy(objects []*unstructured.Unstructured, uid types.UID) []*unstructured.Unstructured {
	return slices.DeleteFunc(slices.Clone(objects), func(object *unstructured.Unstructured) bool {
		owner := metav1.GetControllerOf(object)
		return owner == nil || owner.UID != uid
	})
}
