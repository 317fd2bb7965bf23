// Command pulumi-resource-command is the lab's stand-in for the plugin of this name.
package main

import (
	"siteregistry.lab/plugins/command"
	"siteregistry.lab/plugins/standin"
)

func main() {
	standin.Main("command", command.Version, command.New)
}
