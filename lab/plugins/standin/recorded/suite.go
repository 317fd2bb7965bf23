package recorded

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/status"
)

// Suite is a recording of one program through several runs, and how a stand-in is compared with it.
type Suite struct {
	Files  []string
	Server pulumirpc.ResourceProviderServer
	// Values gives the form of outputs that differ from run to run, by `Type.property` or `property`.
	Values map[string]func(Value) error
	// LeftOut are cases that are not replayed, with the reason.
	LeftOut map[string]string
	// SkipCall gives the reason to leave out a single call, or nothing.
	SkipCall func(call Call) string
	// OwnWords are cases where that it fails is compared but not the text, with the reason.
	OwnWords map[string]string
	// Arguments makes up a function's arguments for those that the recording hides behind placeholders. It finds
	// live outputs by the id that the resource had in the recording.
	Arguments func(call Call, live func(recordedID string) resource.PropertyMap) resource.PropertyMap
}

type player struct {
	Suite
	t        *testing.T
	cases    map[string]*played
	skipped  map[string]int
	total    int
	compared int
	steps    int
}

// played is a case on its way through the runs: what the engine would hold for it.
type played struct {
	Case
	program  *Program
	recorded *State
	live     *live
	checked  resource.PropertyMap
	// A resource that was replaced and not deleted yet is refreshed, too.
	recordedReplaced *State
	replaced         *live
	refreshed        *live
}

type live struct {
	id              string
	inputs, outputs resource.PropertyMap
}

// Run replays every step of every case in the order in which the engine went through them.
func (s Suite) Run(t *testing.T) {
	t.Helper()
	p := &player{Suite: s, t: t, cases: map[string]*played{}, skipped: map[string]int{}}
	var order []*played
	var runs []run
	for _, read := range Load(t, s.Files) {
		if strings.HasSuffix(read.Case, ":whole-run") {
			for _, step := range read.Steps {
				runs = append(runs, run{step.Action, step.Note})
			}
			continue
		}
		if reason, out := s.LeftOut[read.Case]; out {
			t.Logf("left out: %s: %s", read.Case, reason)
			continue
		}
		entry := &played{Case: read, program: read.Program}
		p.cases[read.Case] = entry
		for _, step := range read.Steps {
			p.total += len(step.Provider)
		}
		order = append(order, entry)
	}
	for _, now := range runs {
		for _, entry := range order {
			for _, step := range entry.Steps {
				if step.Action == now.action && step.Note == now.note {
					p.step(entry, step)
				}
			}
		}
	}
	for reason, count := range p.skipped {
		t.Logf("left out: %d calls: %s", count, reason)
	}
	if p.compared == 0 {
		t.Fatal("nothing was compared")
	}
	if missed := p.total - p.compared - p.skippedCalls(); missed != 0 {
		t.Errorf("%d recorded calls were not replayed", missed)
	}
	t.Logf("%d answers in %d steps of %d cases compared with %s",
		p.compared, p.steps, len(order), strings.Join(s.Files, ", "))
}

func (p *player) skippedCalls() int {
	sum := 0
	for _, count := range p.skipped {
		sum += count
	}
	return sum
}

func (p *player) step(entry *played, step Step) {
	entry.program = step.program(p.t, entry.program)
	if states := step.states(p.t); len(states) > 0 {
		entry.recorded, entry.recordedReplaced = &states[0], nil
		if len(states) > 1 {
			entry.recordedReplaced = &states[1]
		}
	}
	if len(step.Provider) > 0 {
		p.steps++
	}
	for index, call := range step.Provider {
		if p.SkipCall != nil && p.SkipCall(call) != "" {
			p.skipped[p.SkipCall(call)]++
			continue
		}
		where := fmt.Sprintf("%s: %s %q: %s (%d)", entry.Case.Case, step.Action, step.Note, call.Call, index+1)
		for _, difference := range p.call(entry, step, call) {
			p.t.Errorf("%s: %s", where, difference)
		}
		p.compared++
	}
}

// call makes one call as the engine did and returns where its answer differs.
func (p *player) call(entry *played, step Step, call Call) []string {
	ctx := context.Background()
	c := &comparison{values: p.Values, kind: entry.kind()}
	if entry.program != nil {
		c.inputs = entry.program.Inputs
	}
	err := p.dispatch(ctx, c, entry, step, call)
	switch {
	case len(call.Errors) == 0 && err != nil:
		c.differ("fails: %v", err)
	case len(call.Errors) > 0 && err == nil:
		c.differ("succeeds, recorded: %s", call.Errors[0])
	case err != nil && p.OwnWords[entry.Case.Case] == "" && status.Convert(err).Message() != call.Errors[0]:
		c.differ("fails: %s\nrecorded: %s", status.Convert(err).Message(), call.Errors[0])
	}
	return c.found
}

func (p *player) dispatch(ctx context.Context, c *comparison, entry *played, step Step, call Call) error {
	switch call.Call {
	case "CheckConfig", "DiffConfig", "Configure":
		return p.config(ctx, c, call)
	case "Check":
		return p.check(ctx, c, entry, call)
	case "Diff":
		return p.diff(ctx, c, entry, step, call)
	case "Create":
		return p.create(ctx, c, entry, call)
	case "Update":
		return p.update(ctx, c, entry, call)
	case "Read":
		return p.read(ctx, c, entry, step, call)
	case "Delete":
		_, err := p.Server.Delete(ctx, &pulumirpc.DeleteRequest{Urn: entry.urn()})
		return err
	case "Invoke":
		return p.invoke(ctx, c, entry, call)
	}
	return fmt.Errorf("no way to replay the call %s", call.Call)
}

// urn names the resource: `random.RandomPassword` is `random:index/randomPassword:RandomPassword`. What has no
// program was imported, and the type is an argument of that command.
func (e *played) urn() string {
	token := ""
	if e.program != nil {
		module, name, _ := strings.Cut(e.program.Type, ".")
		token = fmt.Sprintf("%s:index/%s:%s", module, strings.ToLower(name[:1])+name[1:], name)
	} else if len(e.Steps[0].Args) > 0 {
		token = e.Steps[0].Args[0]
	}
	return fmt.Sprintf("urn:pulumi:dev::proj::%s::%s", token, e.Case.Case)
}

// kind is the last part of the type, `RandomPassword`, or the function's name.
func (e *played) kind() string {
	if e.program == nil && len(e.Steps[0].Args) == 0 {
		return e.Case.Case[strings.LastIndex(e.Case.Case, ":")+1:]
	}
	return string(resource.URN(e.urn()).Type().Name())
}
