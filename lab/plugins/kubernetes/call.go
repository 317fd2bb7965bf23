package kubernetes

import (
	"context"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
)

// call is one create, update, read or delete of one object.
type call struct {
	provider *Provider
	urn      resource.URN
	object   *unstructured.Unstructured
	preview  bool
	// timeout is what the program asks for; zero leaves it to the annotation or the kind.
	timeout time.Duration
}

// kind resolves the object's kind in the cluster.
func (c *call) kind() (kind, error) {
	return c.provider.cluster.resolve(c.object.GroupVersionKind())
}

// objects addresses the objects of this kind in this namespace.
func (c *call) objects() (dynamic.ResourceInterface, error) {
	of, err := c.kind()
	if err != nil {
		return nil, err
	}
	return c.provider.cluster.objects(of, c.object.GetNamespace()), nil
}

func (c *call) dryRun() []string {
	if c.preview {
		return []string{metav1.DryRunAll}
	}
	return nil
}

func (c *call) show(ctx context.Context, severity diag.Severity, text string) {
	if !c.preview {
		c.provider.show(ctx, severity, c.urn, text)
	}
}

func (c *call) annotated(key string) string { return c.object.GetAnnotations()[key] }

func seconds(given float64) time.Duration { return time.Duration(given * float64(time.Second)) }
