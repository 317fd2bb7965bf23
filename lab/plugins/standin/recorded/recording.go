// Package recorded replays recordings of real plugins against their stand-ins and compares the answers.
package recorded

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// DirectoryVariable names the directory of the contracts where it is not beside the checkout.
const DirectoryVariable = "SITEREGISTRY_CONTRACTS"

// Case is one resource, provider or function through all runs of a recording.
type Case struct {
	Case    string
	Program *Program
	Steps   []Step
}

// Program is how a resource is written in the program.
type Program struct {
	Type   string
	Inputs map[string]any
}

// Step is what happened to a case in one run of the engine.
type Step struct {
	Action         string
	Note           string
	Args           []string
	ProgramChanged json.RawMessage
	Provider       []Call
	State          json.RawMessage
}

// Call is one call of the plugin and its answer.
type Call struct {
	Call          string
	News          map[string]any
	Inputs        any
	Failures      []Failure
	Errors        []string
	ID            *string
	Preview       bool
	Timeout       float64
	Properties    any
	Response      map[string]any
	IgnoreChanges []string
	Args          map[string]any
	Return        map[string]any
}

// Failure is one mistake that the plugin found in inputs.
type Failure struct {
	Property string
	Reason   string
}

// State is a resource in the state file.
type State struct {
	Inputs           map[string]any
	Outputs          map[string]any
	ID               string
	SecretPaths      []string
	SecretInputPaths []string
}

type run struct{ action, note string }

// Load reads the files of one suite as one recording. A missing file fails the test: a stand-in that is compared
// with nothing proves nothing.
func Load(t *testing.T, files []string) []Case {
	t.Helper()
	var cases []Case
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(directory(), "plugin-recordings", file))
		if err != nil {
			t.Fatalf("the recordings of the real plugins are needed (set %s to the contracts' directory): %v",
				DirectoryVariable, err)
		}
		// One file has a second placeholder for the same thing.
		content = bytes.ReplaceAll(content, []byte("<openssh private key>"), []byte(`<pem OPENSSH PRIVATE KEY>\n`))
		var read []Case
		if err := json.Unmarshal(content, &read); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		cases = append(cases, read...)
	}
	return cases
}

func directory() string {
	if given := os.Getenv(DirectoryVariable); given != "" {
		return given
	}
	_, here, _, _ := runtime.Caller(0)
	repository := filepath.Join(filepath.Dir(here), "..", "..", "..", "..")
	return filepath.Join(repository, "..", "shared", "contracts")
}

// states reads a step's state; none when it says "unchanged" or "gone" or nothing. While a replaced resource waits
// for its deletion there are two, the new one first.
func (s Step) states(t *testing.T) []State {
	t.Helper()
	var word string
	if len(s.State) == 0 || json.Unmarshal(s.State, &word) == nil {
		return nil
	}
	var both []State
	if json.Unmarshal(s.State, &both) == nil {
		return both
	}
	var one State
	if err := json.Unmarshal(s.State, &one); err != nil {
		t.Fatalf("state after %s %q: %v", s.Action, s.Note, err)
	}
	return []State{one}
}

// program is the program of the case from this step on.
func (s Step) program(t *testing.T, before *Program) *Program {
	t.Helper()
	var word string
	if len(s.ProgramChanged) == 0 || json.Unmarshal(s.ProgramChanged, &word) == nil {
		return before
	}
	var changed Program
	if err := json.Unmarshal(s.ProgramChanged, &changed); err != nil {
		t.Fatalf("program of %s %q: %v", s.Action, s.Note, err)
	}
	return &changed
}
