// Command pulumi-resource-tls is the lab's stand-in for the plugin of this name.
package main

import (
	"siteregistry.lab/plugins/standin"
	"siteregistry.lab/plugins/tls"
)

func main() {
	standin.Main("tls", tls.Version, tls.New)
}
