// Command pulumi-resource-random is the lab's stand-in for the plugin of this name.
package main

import (
	"siteregistry.lab/plugins/random"
	"siteregistry.lab/plugins/standin"
)

func main() {
	standin.Main("random", random.Version, random.New)
}
