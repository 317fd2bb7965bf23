package kubernetes

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// transientRetries with a doubling delay make about half a minute: long enough for an API server to be restarted.
const transientRetries = 6

const firstDelay = 500 * time.Millisecond

// retried repeats a request as long as its error is one that passes by itself.
func retried[T any](ctx context.Context, passes func(error) bool, request func() (T, error)) (T, error) {
	delay := firstDelay
	for attempt := 0; ; attempt++ {
		answer, err := request()
		if err == nil || attempt == transientRetries || !passes(err) || !slept(ctx, delay) {
			return answer, err
		}
		delay *= 2
	}
}

// slept waits, and is false when the operation ended meanwhile.
func slept(ctx context.Context, delay time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(delay):
		return true
	}
}

func isTransient(err error) bool {
	return apierrors.IsServerTimeout(err) || apierrors.IsTooManyRequests(err) || apierrors.IsInternalError(err) ||
		apierrors.IsServiceUnavailable(err) || utilnet.IsConnectionReset(err) || utilnet.IsConnectionRefused(err)
}
