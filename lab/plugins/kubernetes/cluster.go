package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// The real plugin's limits: many objects of a program are written at once.
const (
	defaultQPS   = 120
	defaultBurst = 240
)

const configurationHelp = "unable to load Kubernetes client configuration from kubeconfig file. Make sure you have: \n\n" +
	" \t • set up the provider as per https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/ \n\n %w"

// cluster is the way to one API server, which is asked for the first time when something must be known from it.
type cluster struct {
	rest      *rest.Config
	dynamic   dynamic.Interface
	discovery *discovery.DiscoveryClient
	// namespace is where objects go that name none; empty when there is no usable kubeconfig.
	namespace string
	broken    error

	asked       sync.Once
	unreachable error
	kinds       sync.Map // schema.GroupVersionKind -> kind
}

// newCluster never fails: a preview must go through without a cluster, so a broken kubeconfig is told when used.
func newCluster(with settings) *cluster {
	if with.unknownKubeconfig {
		return &cluster{namespace: with.namespace, broken: errors.New("the kubeconfig is not known yet")}
	}
	made, err := connect(with)
	if err != nil {
		return &cluster{namespace: with.namespace, broken: err}
	}
	return made
}

func connect(with settings) (*cluster, error) {
	config, err := loadKubeconfig(with.kubeconfig, with.context, with.clusterName)
	if err != nil {
		return nil, err
	}
	made := &cluster{namespace: with.namespace}
	if made.rest, err = clientConfig(config, with.client); err != nil {
		return nil, fmt.Errorf(configurationHelp, err)
	}
	if made.namespace == "" {
		if made.namespace, _, err = config.Namespace(); err != nil {
			return nil, fmt.Errorf(configurationHelp, err)
		}
	}
	if made.dynamic, err = dynamic.NewForConfig(made.rest); err != nil {
		return nil, fmt.Errorf(configurationHelp, err)
	}
	if made.discovery, err = discovery.NewDiscoveryClientForConfig(made.rest); err != nil {
		return nil, fmt.Errorf(configurationHelp, err)
	}
	return made, nil
}

func clientConfig(config clientcmd.ClientConfig, with clientSettings) (*rest.Config, error) {
	client, err := config.ClientConfig()
	if err != nil {
		return nil, err
	}
	client.QPS, client.Burst = defaultQPS, defaultBurst
	if with.QPS != nil {
		client.QPS = *with.QPS
	}
	if with.Burst != nil {
		client.Burst = *with.Burst
	}
	if with.Timeout != nil {
		client.Timeout = time.Duration(*with.Timeout) * time.Second
	}
	client.UserAgent = "pulumi-kubernetes/" + Version
	client.WarningHandler = rest.NoWarnings{}
	return client, nil
}

// reach tells, once per run, why the cluster cannot be used. It asks for the document that the real plugin asks for,
// so that the texts are the same, but does not read it.
func (c *cluster) reach(ctx context.Context) error {
	if c.broken != nil {
		return c.broken
	}
	if c.rest == nil {
		return errors.New("the provider is not configured")
	}
	c.asked.Do(func() {
		document, err := c.discovery.RESTClient().Get().AbsPath("/openapi/v2").Param("timeout", "32s").
			SetHeader("Accept", "application/json").Stream(ctx)
		if err == nil {
			err = document.Close()
		}
		if apierrors.IsUnauthorized(err) {
			err = errors.New("the server has asked for the client to provide credentials")
		}
		if err != nil {
			c.unreachable = fmt.Errorf("unable to load schema information from the API server: %w", err)
		}
	})
	return c.unreachable
}

// resolve finds out how objects of a kind are addressed. What the cluster does not know is asked again next time: the
// definition of a custom resource may be created in the same run.
func (c *cluster) resolve(gvk schema.GroupVersionKind) (kind, error) {
	if known, found := builtIn(gvk); found {
		return known, nil
	}
	if known, found := c.kinds.Load(gvk); found {
		return known.(kind), nil
	}
	if c.discovery == nil {
		return kind{}, errors.Join(errors.New("the cluster cannot be asked for the kind "+gvk.String()), c.broken)
	}
	listed, err := c.discovery.ServerResourcesForGroupVersion(gvk.GroupVersion().String())
	if err != nil && !apierrors.IsNotFound(err) {
		return kind{}, fmt.Errorf("look up the kind %s: %w", gvk.Kind, err)
	}
	if listed != nil {
		for index := range listed.APIResources {
			served := &listed.APIResources[index]
			if served.Kind != gvk.Kind || isSubresource(served) {
				continue
			}
			found := kind{
				GroupVersionKind: gvk,
				resource:         gvk.GroupVersion().WithResource(served.Name),
				namespaced:       served.Namespaced,
			}
			c.kinds.Store(gvk, found)
			return found, nil
		}
	}
	return kind{}, &meta.NoKindMatchError{GroupKind: gvk.GroupKind(), SearchedVersions: []string{gvk.Version}}
}

func isSubresource(served *metav1.APIResource) bool {
	return strings.Contains(served.Name, "/")
}

// objects addresses all objects of a kind, in a namespace where the kind has them.
func (c *cluster) objects(of kind, namespace string) dynamic.ResourceInterface {
	if of.namespaced {
		return c.dynamic.Resource(of.resource).Namespace(c.namespaceOr(namespace))
	}
	return c.dynamic.Resource(of.resource)
}

func (c *cluster) namespaceOr(namespace string) string {
	if namespace != "" {
		return namespace
	}
	if c.namespace != "" {
		return c.namespace
	}
	return metav1.NamespaceDefault
}
