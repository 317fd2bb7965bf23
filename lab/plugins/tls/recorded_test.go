package tls

import (
	"encoding/pem"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"siteregistry.lab/plugins/standin/recorded"
)

// noServer: these steps looked at an API server that is not there.
const noServer = "https://api.test:6443"

// TestRecordings compares the stand-in with what the real plugin answered.
func TestRecordings(t *testing.T) {
	for name, suite := range map[string]recorded.Suite{
		"changes": {Files: []string{"tls-1.json", "tls-2.json"}},
		"errors": {
			Files:    []string{"tls-errors.json"},
			LeftOut:  map[string]string{"err-ss-bad-key-pem": "the recording hides the damaged key behind a placeholder"},
			OwnWords: map[string]string{"err-ss-no-key": "the real text repeats the property's documentation"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			server, err := New(nil)
			if err != nil {
				t.Fatal(err)
			}
			suite.Server, suite.Values, suite.Arguments = server, forms, arguments
			suite.SkipCall = func(call recorded.Call) string {
				if call.Call == "Invoke" && call.Args["url"] == noServer {
					return "there is no server at " + noServer
				}
				return ""
			}
			suite.Run(t)
		})
	}
}

var forms = map[string]func(recorded.Value) error{
	"PrivateKey.id":              matches(`^[0-9a-f]{40}$`),
	"CertRequest.id":             matches(`^[0-9a-f]{40}$`),
	"SelfSignedCert.id":          matches(`^\d{30,39}$`),
	"LocallySignedCert.id":       matches(`^\d{30,39}$`),
	"getPublicKey.id":            matches(`^[0-9a-f]{40}$`),
	"getCertificate.id":          matches(`^[0-9a-f]{40}$`),
	"serialNumber":               matches(`^\d*$`),
	"sha1Fingerprint":            matches(`^[0-9a-f]{40}$`),
	"publicKeyFingerprintMd5":    matches(`^([0-9a-f]{2}(:[0-9a-f]{2}){15})?$`),
	"publicKeyFingerprintSha256": matches(`^(SHA256:[A-Za-z0-9+/]{43})?$`),
	"publicKeyOpenssh":           sameKeyKind,
}

// matches also wants both to be empty or neither.
func matches(pattern string) func(recorded.Value) error {
	form := regexp.MustCompile(pattern)
	return func(value recorded.Value) error {
		before, now := fmt.Sprint(value.Recorded), fmt.Sprint(value.Actual)
		if !form.MatchString(before) || !form.MatchString(now) || (before == "") != (now == "") {
			return fmt.Errorf("%q, recorded %q, do not both match %s", now, before, pattern)
		}
		return nil
	}
}

func sameKeyKind(value recorded.Value) error {
	before, now := fmt.Sprint(value.Recorded), fmt.Sprint(value.Actual)
	kindBefore, _, _ := strings.Cut(before, " ")
	kindNow, _, _ := strings.Cut(now, " ")
	if kindBefore != kindNow || len(before) != len(now) ||
		strings.HasSuffix(before, "\n") != strings.HasSuffix(now, "\n") {
		return fmt.Errorf("%q, recorded %q", now, before)
	}
	return nil
}

// arguments finds the keys and certificates that the recording hides: the answer tells whose they were.
func arguments(call recorded.Call, live func(string) resource.PropertyMap) resource.PropertyMap {
	given := resource.PropertyMap{}
	for name, value := range call.Args {
		text, _ := value.(string)
		if !strings.HasPrefix(text, "<pem ") || len(call.Return) == 0 {
			given[resource.PropertyKey(name)] = resource.NewPropertyValue(value)
			continue
		}
		if name == "content" {
			first := call.Return["certificates"].([]any)[0].(map[string]any)
			signed := live(fmt.Sprint(first["serialNumber"]))
			if signed == nil {
				return nil
			}
			given["content"] = resource.NewProperty(signed["certPem"].StringValue() + signed["caCertPem"].StringValue())
			continue
		}
		outputs := live(fmt.Sprint(call.Return["id"]))
		for _, candidate := range []resource.PropertyKey{"privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"} {
			block, _ := pem.Decode([]byte(outputs[candidate].StringValue()))
			if block != nil && text == "<pem "+block.Type+">\n" {
				given[resource.PropertyKey(name)] = outputs[candidate]
			}
		}
		if len(given) == 0 {
			return nil
		}
	}
	return given
}
