package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	skipAwait      = "pulumi.com/skipAwait"
	timeoutSeconds = "pulumi.com/timeoutSeconds"
	awaitTimeout   = 10 * time.Minute
)

// operation is why an object is looked at; texts and expectations differ.
type operation int

const (
	creating operation = iota
	updating
	reading
)

// note is one line of progress.
type note struct {
	severity diag.Severity
	text     string
}

func info(format string, values ...any) note {
	return note{severity: diag.Info, text: fmt.Sprintf(format, values...)}
}

func warning(format string, values ...any) note {
	return note{severity: diag.Warning, text: fmt.Sprintf(format, values...)}
}

// view is what the cluster shows at one moment: the object, and the others that tell about it.
type view struct {
	operation operation
	object    *unstructured.Unstructured
	related   map[string][]*unstructured.Unstructured
}

// verdict is what a view says: whether the object is live, or can no longer become so, and what is missing.
type verdict struct {
	live, failed bool
	notes        []note
	reasons      []string
}

// readiness is how one kind of object comes to life. It only judges what it is shown, so it can be tried without a
// cluster.
type readiness struct {
	related func(object *unstructured.Unstructured) []scope
	judge   func(view) verdict
	// expired and canceled are the texts of a wait that ended without a verdict.
	expired, canceled string
}

const (
	expiredText       = "'%s' timed out waiting to be Ready"
	conditionText     = "timed out waiting for the condition"
	canceledText      = "Resource operation was cancelled for %q"
	canceledPlainText = "Resource operation was cancelled for '%s'"
	failedText        = "Resource '%s' was created but failed to initialize"
)

// readinessOf knows the kinds that are more than what was written.
func readinessOf(object *unstructured.Unstructured) *readiness {
	group := object.GroupVersionKind().Group
	return map[string]*readiness{
		"apps/Deployment":           deploymentReadiness,
		"apps/DaemonSet":            daemonSetReadiness,
		"apps/StatefulSet":          statefulSetReadiness,
		"batch/Job":                 jobReadiness,
		"/Pod":                      podReadiness,
		"/Service":                  serviceReadiness,
		"/PersistentVolume":         volumeReadiness,
		"/PersistentVolumeClaim":    claimReadiness,
		"networking.k8s.io/Ingress": ingressReadiness,
		"apiextensions.k8s.io/CustomResourceDefinition": definitionReadiness,
	}[group+"/"+object.GetKind()]
}

// await waits until the object is live and answers with it as it then is. Its error is an *unready when the object
// stays in the cluster as it was wanted, but does not work.
func (c *call) await(
	ctx context.Context, written *unstructured.Unstructured, operation operation,
) (*unstructured.Unstructured, error) {
	expected := readinessOf(written)
	if asked := written.GetAnnotations()[waitFor]; asked != "" {
		custom, err := customReadiness(asked)
		if err != nil {
			return written, err
		}
		expected = custom
	}
	if expected == nil {
		return written, nil
	}
	if written.GetAnnotations()[skipAwait] == "true" {
		c.show(ctx, diag.Info, "Skipping await logic")
		return written, nil
	}
	ctx, stop := context.WithTimeout(ctx, c.timeoutOr(awaitTimeout))
	defer stop()
	of, err := c.kind()
	if err != nil {
		return written, err
	}
	scene := c.observe(ctx, of, written, append(expected.scopes(written), warningsAbout(written)))
	shown := map[note]bool{}
	started := time.Now()
	seen := view{operation: operation, object: written}
	var last verdict
	for {
		seen = scene.view(operation, written)
		last = expected.judge(seen)
		for _, line := range append(eventWarnings(seen, started), last.notes...) {
			if !shown[line] {
				shown[line] = true
				c.show(ctx, line.severity, line.text)
			}
		}
		if last.live {
			return seen.object, nil
		}
		if last.failed {
			return seen.object, &unready{message: fmt.Sprintf(failedText, written.GetName()), reasons: last.reasons}
		}
		select {
		case <-scene.changed:
		case <-ctx.Done():
			return seen.object, expected.ended(ctx, written.GetName(), last.reasons)
		}
	}
}

// inspect judges the object as it is now, without waiting: a refresh tells what is wrong, it does not wait for better.
func (c *call) inspect(ctx context.Context, live *unstructured.Unstructured) error {
	expected := readinessOf(live)
	if expected == nil || live.GetAnnotations()[skipAwait] == "true" {
		return nil
	}
	related, err := c.list(ctx, expected.scopes(live))
	if err != nil {
		return err
	}
	found := expected.judge(view{operation: reading, object: live, related: related})
	for _, line := range found.notes {
		c.show(ctx, line.severity, line.text)
	}
	if found.live {
		return nil
	}
	return &unready{message: fmt.Sprintf(failedText, live.GetName()), reasons: found.reasons}
}

func (r *readiness) scopes(object *unstructured.Unstructured) []scope {
	if r.related == nil {
		return nil
	}
	return r.related(object)
}

func (r *readiness) ended(ctx context.Context, name string, reasons []string) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &unready{message: filled(r.expired, name), reasons: reasons}
	}
	return &unready{message: filled(r.canceled, name), reasons: reasons, canceled: true}
}

// filled puts the name into those texts that have a place for it.
func filled(text, name string) string {
	if text == conditionText || text == context.Canceled.Error() {
		return text
	}
	return fmt.Sprintf(text, name)
}

// timeoutOr is how long to wait: as the program says, else as the object's annotation says, else as usual.
func (c *call) timeoutOr(usual time.Duration) time.Duration {
	if c.timeout > 0 {
		return c.timeout
	}
	if given, err := strconv.Atoi(c.annotated(timeoutSeconds)); err == nil && given > 0 {
		return time.Duration(given) * time.Second
	}
	return usual
}
