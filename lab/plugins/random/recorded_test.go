package random

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"siteregistry.lab/plugins/standin/recorded"
)

// TestRecordings compares the stand-in with what the real plugin answered.
func TestRecordings(t *testing.T) {
	for name, suite := range map[string]recorded.Suite{
		"changes": {Files: []string{"random.json"}},
		"errors": {Files: []string{"random-errors.json"}, OwnWords: map[string]string{
			"err-length-float": "the real text is a paragraph of the framework about reporting a bug",
			"err-min-neg":      "the real plugin crashes here; the stand-in says what is wrong",
			"err-shuffle-neg":  "the real plugin crashes here; the stand-in says what is wrong",
		}},
		"import": {Files: []string{"random-import.json"}, OwnWords: map[string]string{
			"imp-uuid-bad":  "the real text is a paragraph of the plugin about trying again",
			"imp-bytes-bad": "the real text is a paragraph of the plugin about trying again",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			server, err := New(nil)
			if err != nil {
				t.Fatal(err)
			}
			suite.Server, suite.Values = server, forms
			suite.Run(t)
		})
	}
}

var forms = map[string]func(recorded.Value) error{
	"RandomPassword.result":     sameAlphabet,
	"RandomString.result":       sameAlphabet,
	"RandomString.id":           sameAlphabet,
	"RandomPassword.bcryptHash": matches(`^\$2a\$10\$[./A-Za-z0-9]{53}$`),
	"RandomBytes.base64":        sameLength(base64.StdEncoding.DecodeString),
	"RandomBytes.id":            sameLength(base64.StdEncoding.DecodeString),
	"RandomBytes.hex":           sameLength(hex.DecodeString),
	"RandomId.id":               sameLength(base64.RawURLEncoding.DecodeString),
	"RandomId.b64Url":           behindPrefix(sameLength(base64.RawURLEncoding.DecodeString)),
	"RandomId.b64Std":           behindPrefix(sameLength(base64.StdEncoding.DecodeString)),
	"RandomId.hex":              behindPrefix(sameLength(hex.DecodeString)),
	"RandomId.dec":              behindPrefix(matches(`^\d+$`)),
	"RandomInteger.result":      inRange,
	"RandomInteger.id":          inRange,
	"RandomPet.id":              sameWords,
	"RandomShuffle.results":     sameElements,
}

func matches(pattern string) func(recorded.Value) error {
	form := regexp.MustCompile(pattern)
	return func(value recorded.Value) error {
		for _, text := range []any{value.Recorded, value.Actual} {
			if !form.MatchString(fmt.Sprint(text)) {
				return fmt.Errorf("%v does not match %s", text, pattern)
			}
		}
		return nil
	}
}

// sameAlphabet: as long as recorded, and with no class of characters that the inputs exclude.
func sameAlphabet(value recorded.Value) error {
	before, now := fmt.Sprint(value.Recorded), fmt.Sprint(value.Actual)
	if len(before) != len(now) {
		return fmt.Errorf("%d characters, recorded %d", len(now), len(before))
	}
	counts := map[string]int{}
	for _, class := range classes {
		letters := class.letters
		if override, ok := value.Inputs["overrideSpecial"].(string); ok && class.flag == "special" {
			letters = override
		}
		for _, letter := range now {
			if strings.ContainsRune(letters, letter) {
				counts[class.flag]++
				counts["any"]++
			}
		}
		minimum, _ := value.Inputs[class.minimum].(float64)
		if counts[class.flag] < int(minimum) {
			return fmt.Errorf("%q has fewer than %v of %s", now, minimum, class.flag)
		}
		if value.Inputs[class.flag] == false && counts[class.flag] > int(minimum) {
			return fmt.Errorf("%q has %s", now, class.flag)
		}
	}
	if counts["any"] != len(now) {
		return fmt.Errorf("%q has characters of no class", now)
	}
	return nil
}

func sameLength(decode func(string) ([]byte, error)) func(recorded.Value) error {
	return func(value recorded.Value) error {
		before, err := decode(fmt.Sprint(value.Recorded))
		if err != nil {
			return fmt.Errorf("recorded: %w", err)
		}
		now, err := decode(fmt.Sprint(value.Actual))
		if err == nil && len(before) != len(now) {
			err = fmt.Errorf("%d bytes, recorded %d", len(now), len(before))
		}
		return err
	}
}

func behindPrefix(form func(recorded.Value) error) func(recorded.Value) error {
	return func(value recorded.Value) error {
		prefix, _ := value.Inputs["prefix"].(string)
		if value.Inputs == nil {
			// An import: the whole value is in the id, so it must come out the same.
			if value.Recorded != value.Actual {
				return fmt.Errorf("%v, recorded %v", value.Actual, value.Recorded)
			}
			return nil
		}
		before, recordedPrefix := strings.CutPrefix(fmt.Sprint(value.Recorded), prefix)
		now, actualPrefix := strings.CutPrefix(fmt.Sprint(value.Actual), prefix)
		if recordedPrefix != actualPrefix {
			return fmt.Errorf("%v, recorded %v", value.Actual, value.Recorded)
		}
		return form(recorded.Value{Recorded: before, Actual: now})
	}
}

// inRange: a seed gives the recorded number, no seed any number in the range.
func inRange(value recorded.Value) error {
	_, seeded := value.Inputs["seed"]
	low, ranged := value.Inputs["min"].(float64)
	high, _ := value.Inputs["max"].(float64)
	if seeded || !ranged {
		if value.Recorded != value.Actual {
			return fmt.Errorf("%v, recorded %v", value.Actual, value.Recorded)
		}
		return nil
	}
	var number float64
	if _, err := fmt.Sscan(fmt.Sprint(value.Actual), &number); err != nil || number < low || number > high {
		return fmt.Errorf("%v is not from %v to %v", value.Actual, low, high)
	}
	return nil
}

func sameWords(value recorded.Value) error {
	separator, _ := value.Inputs["separator"].(string)
	if separator == "" {
		separator = "-"
	}
	before := strings.Split(fmt.Sprint(value.Recorded), separator)
	now := strings.Split(fmt.Sprint(value.Actual), separator)
	if len(before) != len(now) {
		return fmt.Errorf("%v has %d words, recorded %v", value.Actual, len(now), value.Recorded)
	}
	return nil
}

// sameElements: a seed gives the recorded order, no seed any elements of the inputs, as many as recorded.
func sameElements(value recorded.Value) error {
	before, _ := value.Recorded.([]any)
	now, _ := value.Actual.([]any)
	if _, seeded := value.Inputs["seed"]; seeded && fmt.Sprint(before) != fmt.Sprint(now) || len(before) != len(now) {
		return fmt.Errorf("%v, recorded %v", now, before)
	}
	inputs := fmt.Sprint(value.Inputs["inputs"])
	for _, element := range now {
		if !strings.Contains(inputs, fmt.Sprint(element)) {
			return fmt.Errorf("%v is not one of %s", element, inputs)
		}
	}
	return nil
}
