package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	"siteregistry.lab/plugins/standin/recorded"
)

// leftOutCall are single calls that are not replayed, with the reason.
func leftOutCall(name string, call recorded.Call) string {
	switch {
	case name == "l-trigger-asset" && call.Preview:
		return "the real plugin takes an asset among the triggers for unknown in a preview, and nobody looks there"
	case name == "l-update-add" && call.Call == "Update" && call.Preview:
		return "the real plugin foresees the old output where an update command is new, and runs it all the same"
	}
	return ""
}

// ownWords are errors whose text is of the machine that recorded them.
var ownWords = []string{"err-blackhole", "err-noname", "err-password"}

// TestRecordings compares the stand-in with what the real plugin answered.
func TestRecordings(t *testing.T) {
	t.Setenv("REC_OUTER", "outer")
	for _, file := range []string{
		"command-local", "command-local-errors", "command-remote", "command-remote-errors",
	} {
		t.Run(file, func(t *testing.T) {
			p := &player{Test: t, ssh: startServer(t), work: workFolder(t), cases: map[string]*played{}, left: map[string]int{}}
			p.server, _ = New(nil)
			p.play(recorded.Load(t, []string{file + ".json"}))
		})
	}
}

func workFolder(t *testing.T) string {
	t.Helper()
	work := t.TempDir()
	// The case err-cp-nodir was recorded as a success, so its folder was there. TestCopies has one that is not.
	for _, folder := range []string{"d/sub", "nodir"} {
		if err := os.MkdirAll(filepath.Join(work, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"f.txt": "F\n", "sub/g.txt": "G\n"} {
		if err := os.WriteFile(filepath.Join(work, "d", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return work
}

type player struct {
	Test     *testing.T
	server   pulumirpc.ResourceProviderServer
	ssh      *sshServer
	work     string
	cases    map[string]*played
	compared int
	left     map[string]int
}

// played is a case on its way through the runs: what the engine holds for it.
type played struct {
	recorded.Case
	token    string
	checked  *structpb.Struct
	id       string
	inputs   *structpb.Struct
	outputs  *structpb.Struct
	replaced *structpb.Struct
}

func (p *player) play(cases []recorded.Case) {
	var runs [][2]string
	for _, entry := range cases {
		if strings.HasSuffix(entry.Case, ":whole-run") {
			for _, step := range entry.Steps {
				runs = append(runs, [2]string{step.Action, step.Note})
			}
			continue
		}
		token := localCommand
		if entry.Program != nil && strings.HasPrefix(entry.Program.Type, "command.remote.") {
			token = strings.ReplaceAll(entry.Program.Type, ".", ":")
		}
		p.cases[entry.Case] = &played{Case: entry, token: token}
	}
	total := 0
	for _, now := range runs {
		for _, entry := range cases {
			one := p.cases[entry.Case]
			if one == nil {
				continue
			}
			for _, step := range entry.Steps {
				if step.Action != now[0] || step.Note != now[1] {
					continue
				}
				for _, call := range step.Provider {
					total++
					p.call(one, step, call)
				}
			}
		}
	}
	p.Test.Logf("%d of %d answers in %d cases compared; left out: %v", p.compared, total, len(p.cases), p.left)
	if p.compared == 0 || total-p.compared > 12 {
		p.Test.Error("hardly anything was compared")
	}
}

func (p *player) call(entry *played, step recorded.Step, call recorded.Call) {
	where := fmt.Sprintf("%s: %s %q: %s", entry.Case.Case, step.Action, step.Note, call.Call)
	if reason := leftOutCall(entry.Case.Case, call); reason != "" {
		p.left[reason]++
		return
	}
	p.compared++
	differences, err := p.dispatch(entry, step, call)
	if slices.Contains(ownWords, entry.Case.Case) && err != nil && len(call.Errors) > 0 {
		return
	}
	switch {
	case err == nil && len(call.Errors) > 0:
		p.Test.Errorf("%s: succeeds, recorded %s", where, call.Errors[0])
	case err != nil && len(call.Errors) == 0:
		p.Test.Errorf("%s: fails: %v", where, err)
	case err != nil && lines(status.Convert(err).Message()) != lines(p.fill(entry, call.Errors[0]).(string)):
		p.Test.Errorf("%s: fails: %s\nrecorded: %s", where, status.Convert(err).Message(), call.Errors[0])
	}
	for _, difference := range differences {
		p.Test.Errorf("%s: %s", where, difference)
	}
}

// lines forgets in which order two streams were read.
func lines(text string) string {
	all := strings.Split(text, "\n")
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func (p *player) dispatch(entry *played, step recorded.Step, call recorded.Call) ([]string, error) {
	ctx, urn := context.Background(), fmt.Sprintf("urn:pulumi:dev::proj::%s::%s", entry.token, entry.Case.Case)
	switch call.Call {
	case "CheckConfig":
		answer, err := p.server.CheckConfig(ctx, &pulumirpc.CheckRequest{News: p.encode(entry, call.News)})
		return p.compare(entry, call.Inputs, answer.GetInputs()), err
	case "DiffConfig":
		_, err := p.server.DiffConfig(ctx, &pulumirpc.DiffRequest{})
		return nil, err
	case "Configure":
		answer, err := p.server.Configure(ctx, &pulumirpc.ConfigureRequest{})
		if err == nil && (!answer.GetAcceptSecrets() || !answer.GetAcceptOutputs() || !answer.GetSupportsPreview()) {
			return []string{fmt.Sprintf("answers %v, recorded %v", answer, call.Response)}, nil
		}
		return nil, err
	case "Check":
		return p.check(ctx, entry, urn, call)
	case "Diff":
		return p.diff(ctx, entry, urn, step, call)
	case "Create":
		answer, err := p.server.Create(ctx, &pulumirpc.CreateRequest{
			Urn: urn, Properties: entry.checked, Preview: call.Preview, Timeout: call.Timeout,
		})
		if err != nil {
			return nil, err
		}
		found := p.compareState(entry, step, call, answer.GetProperties())
		prefix := entry.Case.Case
		if entry.token == remoteCopy {
			prefix = ""
		}
		if !regexp.MustCompile("^" + regexp.QuoteMeta(prefix) + "[0-9a-f]{8}$").MatchString(answer.GetId()) {
			found = append(found, "the id is "+answer.GetId())
		}
		if !call.Preview {
			entry.replaced = entry.outputs
			entry.id, entry.inputs, entry.outputs = answer.GetId(), entry.checked, answer.GetProperties()
		}
		return found, nil
	case "Update":
		answer, err := p.server.Update(ctx, &pulumirpc.UpdateRequest{
			Urn: urn, Id: entry.id, News: entry.checked, Olds: entry.outputs, OldInputs: entry.inputs,
			Preview: call.Preview, Timeout: call.Timeout,
		})
		if err != nil {
			return nil, err
		}
		if !call.Preview {
			entry.inputs, entry.outputs = entry.checked, answer.GetProperties()
		}
		return p.compareState(entry, step, call, answer.GetProperties()), nil
	case "Read":
		answer, err := p.server.Read(ctx, &pulumirpc.ReadRequest{
			Urn: urn, Id: entry.id, Inputs: entry.inputs, Properties: entry.outputs,
		})
		if err == nil && !reflect.DeepEqual(answer.GetProperties().AsMap(), entry.outputs.AsMap()) {
			return []string{fmt.Sprintf("reads %v, recorded the state", answer.GetProperties())}, nil
		}
		return nil, err
	case "Delete":
		state := entry.outputs
		if step.Action == "up" && entry.replaced != nil {
			state = entry.replaced
		}
		_, err := p.server.Delete(ctx, &pulumirpc.DeleteRequest{Urn: urn, Id: entry.id, Properties: state})
		return nil, err
	case "Invoke":
		answer, err := p.server.Invoke(ctx, &pulumirpc.InvokeRequest{Tok: localRun, Args: p.encode(entry, call.Args)})
		if err != nil {
			return nil, err
		}
		return append(p.compare(entry, call.Return, answer.GetReturn()),
			failures(call.Failures, answer.GetFailures())...), nil
	}
	return nil, fmt.Errorf("no way to replay the call %s", call.Call)
}

func (p *player) check(ctx context.Context, entry *played, urn string, call recorded.Call) ([]string, error) {
	answer, err := p.server.Check(ctx, &pulumirpc.CheckRequest{Urn: urn, News: p.encode(entry, call.News)})
	if err != nil {
		return nil, err
	}
	entry.checked = answer.GetInputs()
	want := any(call.News)
	if literal, ok := call.Inputs.(map[string]any); ok {
		want = literal
	}
	return append(p.compare(entry, want, answer.GetInputs()), failures(call.Failures, answer.GetFailures())...), nil
}
