// A registry, and nodes that trust it.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"siteregistry/sdk/go/siteregistry"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		settings := config.New(ctx, "")
		host, namespace := settings.Require("host"), settings.Require("namespace")
		registry, err := siteregistry.NewRegistryStack(ctx, "registry", registryArgs(host, namespace))
		if err != nil {
			return err
		}
		trust, err := siteregistry.NewNodeCaTrust(ctx, "trust", &siteregistry.NodeCaTrustArgs{
			Namespace: settings.Require("trustNamespace"),
			Image:     pulumi.String("docker.io/library/registry:3.1.2"),
			Pools: siteregistry.KnownPoolArray{siteregistry.KnownPoolArgs{
				Name:              "default",
				Selector:          map[string]string{},
				Runtime:           siteregistry.RuntimeContainerd,
				RegistryDirectory: "/etc/containerd/certs.d",
			}},
			Registries: siteregistry.TrustedRegistryArray{siteregistry.TrustedRegistryArgs{
				Host:     host,
				Url:      registry.ClusterUrl,
				CaBundle: registry.CaBundle,
			}},
			Foreign:        siteregistry.NodeCaTrustForeignMerge,
			Mend:           siteregistry.NodeCaTrustMendNone,
			TimeoutSeconds: 120,
		}, pulumi.DependsOn([]pulumi.Resource{registry}))
		if err != nil {
			return err
		}
		ctx.Export("host", registry.Host)
		ctx.Export("caBundle", registry.CaBundle)
		ctx.Export("passwords", registry.Passwords)
		ctx.Export("nodes", trust.Nodes)
		return nil
	})
}

// registryArgs says what the registry shall be.
func registryArgs(host, namespace string) *siteregistry.RegistryStackArgs {
	push, pull := siteregistry.RegistryUserRolePush, siteregistry.RegistryUserRolePull
	return &siteregistry.RegistryStackArgs{
		ObjectName:      namespace,
		Namespace:       namespace,
		CreateNamespace: true,
		Host:            host,
		ExtraHosts:      []string{},
		ClusterHosts:    []string{},
		ClusterDomain:   "cluster.local",
		Exposure:        siteregistry.RegistryStackExposureClusterOnly,
		Image:           pulumi.String("docker.io/library/registry:3.1.2"),
		Gate:            siteregistry.GateArgs{Image: pulumi.String("docker.io/library/nginx:1.28.0")},
		Replicas:        1,
		Scheduling:      siteregistry.SchedulingArgs{},
		DrainSeconds:    30,
		Labels:          map[string]string{},
		Users: siteregistry.RegistryUserArray{
			siteregistry.RegistryUserArgs{Name: "ci", Role: &push},
			siteregistry.RegistryUserArgs{Name: "reader", Role: &pull},
		},
		Storage: siteregistry.RegistryStorageArgs{
			Kind:          siteregistry.RegistryStorageKindVolume,
			Size:          pulumi.String("1Gi"),
			AccessMode:    siteregistry.RegistryStorageAccessModeReadWriteOnce,
			KeepOnDestroy: false,
		},
		Cache: siteregistry.RegistryCacheArgs{
			Kind:  siteregistry.RegistryCacheKindNone,
			Image: pulumi.String("docker.io/library/redis:7.2.5"),
		},
		Certificate: siteregistry.RegistryCertificateArgs{
			Mode:              siteregistry.RegistryCertificateModeOwn,
			Algorithm:         siteregistry.RegistryCertificateAlgorithmECDSA,
			CaValidityHours:   87600,
			ValidityHours:     9528,
			EarlyRenewalHours: 720,
			AuthoritySubject:  siteregistry.SubjectArgs{Organization: "example"},
			Subject:           siteregistry.SubjectArgs{Organization: "example"},
		},
		PullSecret: siteregistry.PullSecretArgs{
			Name:              "image-pull",
			Namespaces:        []string{},
			ExcludeNamespaces: []string{},
			ServiceAccounts:   []string{},
			Copier: siteregistry.PullSecretCopierArgs{
				Image: pulumi.String("docker.io/library/node:24.21.0-slim"),
			},
		},
	}
}
