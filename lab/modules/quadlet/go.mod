module siteregistry.lab/quadlet

go 1.26.0

tool github.com/containers/podman/v5/cmd/quadlet

require (
	github.com/containers/podman/v5 v5.7.1 // indirect
	go.podman.io/storage v1.61.0 // indirect
)
