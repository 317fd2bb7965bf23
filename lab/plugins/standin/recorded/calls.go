package recorded

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"siteregistry.lab/plugins/standin"
)

// importedUUID is what `<uid>` stands for where the recording hides an id that was given.
const importedUUID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"

func (p *player) config(ctx context.Context, c *comparison, call Call) error {
	news := p.encode(p.given(anyMap(call.News), nil))
	switch call.Call {
	case "CheckConfig":
		answer, err := p.Server.CheckConfig(ctx, &pulumirpc.CheckRequest{News: news})
		if err == nil {
			c.properties(call.News, p.decode(answer.GetInputs()), nil)
		}
		return err
	case "DiffConfig":
		answer, err := p.Server.DiffConfig(ctx, &pulumirpc.DiffRequest{})
		if err == nil && (answer.GetChanges() != 0 || len(answer.GetReplaces()) > 0) {
			c.differ("answers %v, recorded %v", answer, call.Response)
		}
		return err
	}
	answer, err := p.Server.Configure(ctx, &pulumirpc.ConfigureRequest{})
	if err != nil {
		return err
	}
	got := map[string]any{}
	for name, value := range map[string]bool{
		"acceptSecrets": answer.GetAcceptSecrets(), "acceptResources": answer.GetAcceptResources(),
		"supportsPreview": answer.GetSupportsPreview(), "acceptOutputs": answer.GetAcceptOutputs(),
		"supportsAutonamingConfiguration": answer.GetSupportsAutonamingConfiguration(),
	} {
		if value {
			got[name] = true
		}
	}
	if !reflect.DeepEqual(got, call.Response) {
		c.differ("answers %v, recorded %v", got, call.Response)
	}
	return nil
}

func (p *player) check(ctx context.Context, c *comparison, entry *played, call Call) error {
	var written map[string]any
	if entry.program != nil {
		written = entry.program.Inputs
	}
	news := p.given(anyMap(call.News), written)
	answer, err := p.Server.Check(ctx, &pulumirpc.CheckRequest{Urn: entry.urn(), News: p.encode(news)})
	if err != nil {
		return err
	}
	entry.checked = standin.PlainMap(p.decode(answer.GetInputs()))
	want := call.News
	if literal, ok := call.Inputs.(map[string]any); ok {
		want = literal
	}
	c.values = nil
	c.properties(want, p.decode(answer.GetInputs()), nil)
	if len(answer.GetFailures()) != len(call.Failures) {
		c.differ("finds %v, recorded %v", answer.GetFailures(), call.Failures)
		return nil
	}
	for index, failure := range answer.GetFailures() {
		recorded := call.Failures[index]
		if failure.GetProperty() != recorded.Property ||
			failure.GetReason() != recorded.Reason && p.OwnWords[entry.Case.Case] == "" {
			c.differ("finds %v, recorded %v", failure, recorded)
		}
	}
	return nil
}

func (p *player) diff(ctx context.Context, c *comparison, entry *played, step Step, call Call) error {
	old, news := entry.live, entry.checked
	if step.Action == "refresh" {
		old, news = entry.refreshed, entry.refreshed.inputs
	}
	if old == nil {
		return fmt.Errorf("the resource was never created here")
	}
	answer, err := p.Server.Diff(ctx, &pulumirpc.DiffRequest{
		Id: old.id, Urn: entry.urn(), Olds: p.encode(old.outputs), News: p.encode(news),
		OldInputs: p.encode(old.inputs), IgnoreChanges: call.IgnoreChanges,
	})
	if err != nil {
		return err
	}
	if step.Action == "up" && answer.GetChanges() == pulumirpc.DiffResponse_DIFF_NONE {
		// The engine takes over inputs that change nothing.
		entry.live.inputs = entry.checked
	}
	got := map[string]any{"changes": answer.GetChanges().String()}
	for name, keys := range map[string][]string{"diffs": answer.GetDiffs(), "replaces": answer.GetReplaces()} {
		if len(keys) > 0 {
			got[name] = anyList(keys)
		}
	}
	if answer.GetDeleteBeforeReplace() {
		got["deleteBeforeReplace"] = true
	}
	if len(answer.GetDetailedDiff()) > 0 {
		got["detailedDiff"] = answer.GetDetailedDiff()
	}
	if !reflect.DeepEqual(got, call.Response) {
		c.differ("answers %v, recorded %v", got, call.Response)
	}
	return nil
}

func (p *player) create(ctx context.Context, c *comparison, entry *played, call Call) error {
	answer, err := p.Server.Create(ctx, &pulumirpc.CreateRequest{
		Urn: entry.urn(), Properties: p.encode(entry.checked), Preview: call.Preview,
	})
	if err != nil {
		return err
	}
	outputs := p.decode(answer.GetProperties())
	c.outputs(call.Properties, outputs, entry.recorded)
	if call.Preview {
		return nil
	}
	c.identity(call.ID, answer.GetId())
	entry.replaced = entry.live
	entry.live = &live{answer.GetId(), entry.checked, standin.PlainMap(outputs)}
	return nil
}

func (p *player) update(ctx context.Context, c *comparison, entry *played, call Call) error {
	answer, err := p.Server.Update(ctx, &pulumirpc.UpdateRequest{
		Id: entry.live.id, Urn: entry.urn(), Preview: call.Preview, News: p.encode(entry.checked),
		Olds: p.encode(entry.live.outputs), OldInputs: p.encode(entry.live.inputs),
	})
	if err != nil {
		return err
	}
	outputs := p.decode(answer.GetProperties())
	c.outputs(call.Properties, outputs, entry.recorded)
	if !call.Preview {
		entry.live = &live{entry.live.id, entry.checked, standin.PlainMap(outputs)}
	}
	return nil
}

func (p *player) read(ctx context.Context, c *comparison, entry *played, step Step, call Call) error {
	request := &pulumirpc.ReadRequest{Urn: entry.urn(), Id: strings.ReplaceAll(*call.ID, "<uid>", importedUUID)}
	target, state := &entry.live, entry.recorded
	if replaced := entry.recordedReplaced; replaced != nil && replaced.ID == *call.ID {
		target, state = &entry.replaced, replaced
	}
	if step.Action != "import" {
		request.Id = (*target).id
		request.Inputs, request.Properties = p.encode((*target).inputs), p.encode((*target).outputs)
	}
	answer, err := p.Server.Read(ctx, request)
	if err != nil {
		return err
	}
	inputs, outputs := p.decode(answer.GetInputs()), p.decode(answer.GetProperties())
	if literal, ok := call.Response["inputs"].(map[string]any); ok {
		values := c.values
		c.values = nil
		c.properties(literal, inputs, nil)
		c.values = values
	} else {
		c.properties(state.Inputs, inputs, &State{SecretPaths: state.SecretInputPaths,
			SecretInputPaths: state.SecretInputPaths})
	}
	c.outputs(call.Response["properties"], outputs, state)
	if id, ok := call.Response["id"].(string); ok {
		c.identity(&id, answer.GetId())
	}
	*target = &live{answer.GetId(), standin.PlainMap(inputs), standin.PlainMap(outputs)}
	entry.refreshed = *target
	return nil
}

func (p *player) invoke(ctx context.Context, c *comparison, entry *played, call Call) error {
	arguments := p.Arguments(call, func(recordedID string) resource.PropertyMap {
		for _, other := range p.cases {
			if other.recorded != nil && other.recorded.ID == recordedID && other.live != nil {
				return other.live.outputs
			}
		}
		return nil
	})
	if arguments == nil {
		return fmt.Errorf("no arguments for %v", call.Args)
	}
	token := strings.TrimPrefix(entry.Case.Case, "invoke:")
	answer, err := p.Server.Invoke(ctx, &pulumirpc.InvokeRequest{Tok: token, Args: p.encode(arguments)})
	if err != nil {
		return err
	}
	var failures []Failure
	for _, failure := range answer.GetFailures() {
		failures = append(failures, Failure{failure.GetProperty(), failure.GetReason()})
	}
	if !reflect.DeepEqual(failures, call.Failures) {
		c.differ("finds %v, recorded %v", failures, call.Failures)
	}
	c.properties(call.Return, p.decode(answer.GetReturn()), nil)
	return nil
}

// outputs compares with the literal recording, or with the state that it refers to.
func (c *comparison) outputs(recorded any, actual resource.PropertyMap, state *State) {
	if literal, ok := recorded.(map[string]any); ok {
		c.properties(literal, actual, nil)
		return
	}
	c.properties(state.Outputs, actual, state)
}

func (c *comparison) identity(recorded *string, actual string) {
	if recorded == nil {
		if actual != "" {
			c.differ("the id is %q, recorded empty", actual)
		}
		return
	}
	c.value("id", *recorded, resource.NewProperty(actual))
}
