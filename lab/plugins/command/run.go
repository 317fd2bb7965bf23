package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sort"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// What a command said before it finds in these variables.
const (
	previousStdout = "PULUMI_COMMAND_STDOUT"
	previousStderr = "PULUMI_COMMAND_STDERR"
)

// logger takes one line for the run's output; a status line is gone when the run has ended.
type logger func(severity diag.Severity, text string, isStatus bool)

// log is where the lines about a resource go. Without an engine there is no such place.
func (s *server) log(ctx context.Context, urn string) logger {
	return func(severity diag.Severity, text string, isStatus bool) {
		if s.host == nil {
			return
		}
		write := s.host.Log
		if isStatus {
			write = s.host.LogStatus
		}
		// A line that the engine does not take is lost, and what the command did stands.
		_ = write(ctx, severity, resource.URN(urn), text)
	}
}

// run is one run of a command, and what it says.
type run struct {
	log            logger
	mutex          sync.Mutex
	both           bytes.Buffer
	stdout, stderr *stream
}

// stream keeps what comes, and passes it on line by line.
type stream struct {
	run   *run
	shown bool
	kept  bytes.Buffer
	line  string
}

func newRun(log logger, inputs resource.PropertyMap) *run {
	logging := "stdoutAndStderr"
	if given := inputs["logging"]; given.IsString() {
		logging = given.StringValue()
	}
	r := &run{log: log}
	r.stdout = &stream{run: r, shown: logging == "stdout" || logging == "stdoutAndStderr"}
	r.stderr = &stream{run: r, shown: logging == "stderr" || logging == "stdoutAndStderr"}
	return r
}

// Write takes the next piece.
func (s *stream) Write(piece []byte) (int, error) {
	s.run.mutex.Lock()
	defer s.run.mutex.Unlock()
	s.kept.Write(piece)
	s.run.both.Write(piece)
	s.line += string(piece)
	for {
		line, rest, whole := strings.Cut(s.line, "\n")
		if !whole {
			return len(piece), nil
		}
		s.show(line)
		s.line = rest
	}
}

func (s *stream) show(line string) {
	if s.shown {
		s.run.log(diag.Info, line, true)
	}
}

func (s *stream) text() resource.PropertyValue {
	if s.line != "" {
		s.show(s.line)
	}
	return resource.NewProperty(strings.TrimSuffix(s.kept.String(), "\n"))
}

// outputs adds what the command said to a state. Exactly one newline at the end is cut.
func (r *run) outputs(state resource.PropertyMap) {
	state["stdout"], state["stderr"] = r.stdout.text(), r.stderr.text()
}

// failed is the error of a command, with all that it said.
func (r *run) failed(cause error, command string) error {
	return fmt.Errorf("%w: running %q:\n%s", cause, command, r.both.String())
}

// local runs a command here.
func (r *run) local(
	ctx context.Context, inputs resource.PropertyMap, command string, previous resource.PropertyMap,
) error {
	argv := []string{"/bin/sh", "-c"}
	if interpreter := inputs["interpreter"]; interpreter.IsArray() {
		argv = nil
		for _, word := range interpreter.ArrayValue() {
			argv = append(argv, word.StringValue())
		}
	}
	argv = append(argv, command)
	process := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // running what the program says is its purpose
	process.Stdout, process.Stderr, process.Stdin = r.stdout, r.stderr, stdin(inputs)
	if dir := inputs["dir"]; dir.IsString() {
		process.Dir = dir.StringValue()
	}
	process.Env = os.Environ()
	for _, variable := range append(environment(inputs), previousOutputs(inputs, previous)...) {
		process.Env = append(process.Env, variable.name+"="+variable.value)
	}
	if err := process.Run(); err != nil {
		return r.failed(err, command)
	}
	return nil
}

func stdin(inputs resource.PropertyMap) io.Reader {
	if given := inputs["stdin"]; given.IsString() && given.StringValue() != "" {
		return strings.NewReader(given.StringValue())
	}
	return nil
}

type variable struct{ name, value string }

// environment is what the program wants in the command's environment, by name.
func environment(inputs resource.PropertyMap) []variable {
	var variables []variable
	if given := inputs["environment"]; given.IsObject() {
		for name, value := range given.ObjectValue() {
			variables = append(variables, variable{string(name), value.StringValue()})
		}
	}
	sort.Slice(variables, func(one, other int) bool { return variables[one].name < variables[other].name })
	return variables
}

// previousOutputs is what the command said before, unless the program does not want it there.
func previousOutputs(inputs, previous resource.PropertyMap) []variable {
	if wanted := inputs["addPreviousOutputInEnv"]; wanted.IsBool() && !wanted.BoolValue() {
		return nil
	}
	var variables []variable
	for _, output := range []struct{ name, key string }{{previousStdout, "stdout"}, {previousStderr, "stderr"}} {
		if value := previous[resource.PropertyKey(output.key)]; value.IsString() && value.StringValue() != "" {
			variables = append(variables, variable{output.name, value.StringValue()})
		}
	}
	return variables
}
