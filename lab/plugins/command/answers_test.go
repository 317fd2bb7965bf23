package command

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"siteregistry.lab/plugins/standin/recorded"
)

func (p *player) diff(
	ctx context.Context, entry *played, urn string, step recorded.Step, call recorded.Call,
) ([]string, error) {
	news := entry.checked
	if step.Action == "refresh" {
		news = entry.inputs
	}
	answer, err := p.server.Diff(ctx, &pulumirpc.DiffRequest{
		Urn: urn, Id: entry.id, Olds: entry.outputs, OldInputs: entry.inputs, News: news,
		IgnoreChanges: call.IgnoreChanges,
	})
	if err != nil {
		return nil, err
	}
	got := map[string]any{"changes": answer.GetChanges().String(), "hasDetailedDiff": answer.GetHasDetailedDiff()}
	for name, keys := range map[string][]string{"diffs": answer.GetDiffs(), "replaces": answer.GetReplaces()} {
		if len(keys) > 0 {
			got[name] = anyList(keys)
		}
	}
	if recordedKeys, ok := call.Response["diffs"].([]any); ok {
		slices.SortFunc(recordedKeys, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	}
	if len(answer.GetDetailedDiff()) > 0 {
		detailed := map[string]any{}
		for path, change := range answer.GetDetailedDiff() {
			detailed[path] = map[string]any{"kind": change.GetKind().String()}
			if change.GetKind() == pulumirpc.PropertyDiff_ADD {
				detailed[path] = map[string]any{}
			}
		}
		got["detailedDiff"] = detailed
	}
	if !reflect.DeepEqual(got, call.Response) {
		return []string{fmt.Sprintf("answers %v, recorded %v", got, call.Response)}, nil
	}
	return nil, nil
}

func anyList(texts []string) []any {
	values := make([]any, len(texts))
	for index, text := range texts {
		values[index] = text
	}
	return values
}

func failures(want []recorded.Failure, got []*pulumirpc.CheckFailure) []string {
	var seen []recorded.Failure
	for _, failure := range got {
		seen = append(seen, recorded.Failure{Property: failure.GetProperty(), Reason: failure.GetReason()})
	}
	if !reflect.DeepEqual(seen, want) {
		return []string{fmt.Sprintf("finds %v, recorded %v", seen, want)}
	}
	return nil
}
