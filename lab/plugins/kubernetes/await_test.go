package kubernetes

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func objectOf(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	content, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(content); err != nil {
		t.Fatal(err)
	}
	return object
}

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: site, uid: d, generation: 2, annotations: {deployment.kubernetes.io/revision: "2"}}
spec: {replicas: 1}
`

const replicaSetsOf = `
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: web-2
  uid: rs
  annotations: {deployment.kubernetes.io/revision: "2"}
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: d, controller: true}]
`

const brokenPod = `
apiVersion: v1
kind: Pod
metadata:
  name: web-2-x
  namespace: site
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-2, uid: rs, controller: true}]
status:
  conditions: [{type: Ready, status: "False", reason: ContainersNotReady, message: "containers with unready status: [c]"}]
  containerStatuses: [{name: c, state: {waiting: {reason: ErrImageNeverPull, message: 'Container image "x" is not present'}}}]
`

const podProblem = `[Pod site/web-2-x]: containers with unready status: [c][ErrImageNeverPull] Container image "x" is not present`

func TestDeploymentsAreJudgedAsRecorded(t *testing.T) {
	const unavailable = `{type: Available, status: "False", reason: MinimumReplicasUnavailable,
  message: Deployment does not have minimum availability.}`
	const unavailableText = "[MinimumReplicasUnavailable] Deployment does not have minimum availability."
	const liveText = "Minimum number of live Pods was not attained"
	for name, try := range map[string]struct {
		status    string
		operation operation
		live      bool
		notes     []string
		reasons   []string
	}{
		"not seen by its controller": {status: "status: {observedGeneration: 1}", operation: updating},
		"being created": {
			status:    "status: {observedGeneration: 2, updatedReplicas: 1, conditions: [" + unavailable + "]}",
			operation: creating,
			notes:     []string{unavailableText, "Waiting for app ReplicaSet to be available (0/1 Pods available)", podProblem},
			reasons:   []string{liveText, podProblem},
		},
		"looked at by a refresh": {
			status:    "status: {observedGeneration: 2, updatedReplicas: 1, conditions: [" + unavailable + "]}",
			operation: reading,
			notes:     []string{unavailableText, "Waiting for app ReplicaSet to be available (0/1 Pods available)", podProblem},
			reasons:   []string{unavailableText, liveText, podProblem},
		},
		"being updated while the old Pods serve": {
			status: `status: {observedGeneration: 2, updatedReplicas: 1, conditions: [{type: Available, status: "True"},
  {type: Progressing, status: "True", reason: ReplicaSetUpdated}]}`,
			operation: updating,
			notes:     []string{"Waiting for app ReplicaSet to be available (0/1 Pods available)", podProblem},
			reasons:   []string{"Minimum number of Pods to consider the application live was not attained", podProblem},
		},
	} {
		t.Run(name, func(t *testing.T) {
			found := judgeDeployment(view{
				operation: try.operation,
				object:    objectOf(t, deployment+try.status),
				related: map[string][]*unstructured.Unstructured{
					"replicasets": {objectOf(t, replicaSetsOf)}, "pods": {objectOf(t, brokenPod)},
				},
			})
			compareVerdict(t, found, try.live, try.notes, try.reasons)
		})
	}
}

func TestADeploymentWithAllPodsReadyIsLive(t *testing.T) {
	found := judgeDeployment(view{
		operation: updating,
		object: objectOf(t, deployment+`status: {observedGeneration: 2, updatedReplicas: 1, conditions: [
  {type: Available, status: "True"}, {type: Progressing, status: "True", reason: NewReplicaSetAvailable}]}`),
		related: map[string][]*unstructured.Unstructured{
			"replicasets": {objectOf(t, replicaSetsOf+"status: {readyReplicas: 1}")},
		},
	})
	compareVerdict(t, found, true, []string{"Deployment initialization complete"}, nil)
}

func TestOtherKindsAreJudgedAsRecorded(t *testing.T) {
	for name, try := range map[string]struct {
		object  string
		live    bool
		notes   []string
		reasons []string
	}{
		"a DaemonSet that no one has seen": {
			object: "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: a, generation: 1}}",
			notes:  []string{"DaemonSet status.observedGeneration not found"},
		},
		"a DaemonSet with a Pod missing": {
			object: `{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: a, generation: 1}, status: {observedGeneration: 1,
desiredNumberScheduled: 2, currentNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1}}`,
			notes: []string{"Available: 1/2"},
		},
		"a DaemonSet on all nodes": {
			object: `{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: a, generation: 1}, status: {observedGeneration: 1,
desiredNumberScheduled: 1, currentNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: 1, numberReady: 1}}`,
			live:  true,
			notes: []string{"All replicas scheduled as expected. Replicas: 1"},
		},
		"a Job at work": {
			object: `{apiVersion: batch/v1, kind: Job, metadata: {name: a, namespace: site},
status: {startTime: "2026-01-01T00:00:00Z", active: 1}}`,
			notes: []string{`Waiting for Job "site/a" to start`,
				`Waiting for Job "site/a" to succeed (Active: 1 | Succeeded: 0 | Failed: 0)`},
		},
		"a Pod that has ended": {
			object: `{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: site}, status: {phase: Failed,
conditions: [{type: PodScheduled, status: "True"}, {type: Initialized, status: "True"}]}}`,
			live: true,
			notes: []string{`Waiting for Pod "site/a" to be scheduled`, `Waiting for Pod "site/a" to be initialized`,
				`Waiting for Pod "site/a" to be ready`},
		},
		"a headless Service": {
			object: "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIP: None, selector: {a: b}}}",
			live:   true,
			notes:  []string{"[1/3] Finding Pods to direct traffic to"},
		},
		"a Service with an address in the cluster": {
			object: "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIP: 10.0.0.1, selector: {a: b}}}",
			live:   true,
			notes:  []string{"[1/3] Finding Pods to direct traffic to", "Service initialization complete"},
		},
		"an Ingress without an address": {
			object: `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a}, spec: {rules: [{host: b.test,
http: {paths: [{path: /, backend: {service: {name: nope}}}]}}]}}`,
			notes: []string{"[1/3] Finding a matching service for each Ingress path",
				`No matching service found for ingress rule: "b.test/" -> "nope"`,
				"[2/3] Waiting for update of .status.loadBalancer with hostname/IP"},
			reasons: []string{"Ingress .status.loadBalancer field was not updated with a hostname/IP address. \n" +
				"    for more information about this error, see https://pulumi.io/xdv72s"},
		},
		"a claim of a class that does not exist": {
			object: "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {storageClassName: c}}",
			notes:  []string{`getting storagclass "c": storageclasses.storage.k8s.io "c" not found`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			object := objectOf(t, try.object)
			found := readinessOf(object).judge(view{operation: creating, object: object})
			compareVerdict(t, found, try.live, try.notes, try.reasons)
		})
	}
}

func TestAClaimOfAClassThatBindsLaterIsLive(t *testing.T) {
	class := objectOf(t, "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: c}, "+
		"volumeBindingMode: WaitForFirstConsumer}")
	found := claimReadiness.judge(view{
		object: objectOf(t, `{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a},
spec: {storageClassName: c}, status: {phase: Pending}}`),
		related: map[string][]*unstructured.Unstructured{"storageclasses": {class}},
	})
	compareVerdict(t, found, true, nil, nil)
}

func compareVerdict(t *testing.T, found verdict, live bool, notes, reasons []string) {
	t.Helper()
	var texts []string
	for _, line := range found.notes {
		texts = append(texts, line.text)
	}
	if found.live != live || !slices.Equal(texts, notes) || !slices.Equal(found.reasons, reasons) {
		t.Errorf("live %v, notes %q, reasons %q\nexpected\nlive %v, notes %q, reasons %q",
			found.live, texts, found.reasons, live, notes, reasons)
	}
}
