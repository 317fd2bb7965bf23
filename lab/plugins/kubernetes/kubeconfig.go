package kubernetes

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// loadKubeconfig takes a kubeconfig given as text or as a path; an empty one means the surroundings (KUBECONFIG, the
// home directory, the pod's own account).
func loadKubeconfig(given, contextName, clusterName string) (clientcmd.ClientConfig, error) {
	overrides := &clientcmd.ConfigOverrides{
		CurrentContext: contextName,
		Context:        clientcmdapi.Context{Cluster: clusterName},
	}
	if strings.TrimSpace(given) == "" {
		rules := clientcmd.NewDefaultClientConfigLoadingRules()
		return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides), nil
	}
	if path, found := existingPath(given); found {
		rules := &clientcmd.ClientConfigLoadingRules{ExplicitPath: path}
		return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides), nil
	}
	loaded, err := clientcmd.Load([]byte(given))
	if err != nil {
		reason := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
		return nil, errors.New("failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- " + reason)
	}
	return clientcmd.NewDefaultClientConfig(*loaded, overrides), nil
}

// existingPath says whether the text names a file; `~` is the home directory, as in a shell.
func existingPath(given string) (string, bool) {
	path := given
	if rest, inHome := strings.CutPrefix(given, "~/"); inHome {
		if home, err := os.UserHomeDir(); err == nil {
			path = filepath.Join(home, rest)
		}
	}
	details, err := os.Stat(path)
	return path, err == nil && !details.IsDir()
}

// serverAddress is the address of the API server that provider options lead to.
func serverAddress(options resource.PropertyMap) (string, error) {
	text := func(key resource.PropertyKey) string {
		if value := options[key]; value.IsString() {
			return value.StringValue()
		}
		return ""
	}
	if options["kubeconfig"].ContainsUnknowns() {
		return "", errors.New("the kubeconfig is not known yet")
	}
	config, err := loadKubeconfig(text("kubeconfig"), text("context"), text("cluster"))
	if err != nil {
		return "", err
	}
	raw, err := config.RawConfig()
	if err != nil {
		return "", fmt.Errorf("read the kubeconfig: %w", err)
	}
	name := text("cluster")
	if name == "" {
		contextName := text("context")
		if contextName == "" {
			contextName = raw.CurrentContext
		}
		selected, found := raw.Contexts[contextName]
		if !found {
			return "", fmt.Errorf("the kubeconfig has no context %q", contextName)
		}
		name = selected.Cluster
	}
	chosen, found := raw.Clusters[name]
	if !found {
		return "", fmt.Errorf("the kubeconfig has no cluster %q", name)
	}
	return chosen.Server, nil
}
