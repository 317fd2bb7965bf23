// The lab's stand-in for the plugin `kubernetes`, for machines that can obtain neither the real plugin nor its module.
package main

import (
	"siteregistry.lab/plugins/kubernetes"
	"siteregistry.lab/plugins/standin"
)

func main() {
	standin.Main("kubernetes", kubernetes.Version, kubernetes.New)
}
