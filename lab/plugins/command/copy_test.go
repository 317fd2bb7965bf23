package command

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/status"

	"siteregistry.lab/plugins/standin"
)

const copyURN = "urn:pulumi:dev::proj::command:remote:CopyToRemote::copy"

// copying is one copy: what is asked of the stand-in, and what of the machine after it.
type copying struct {
	test   *testing.T
	server pulumirpc.ResourceProviderServer
	ssh    *sshServer
	// here and there are folders of the two machines, both empty at first.
	here, there string
}

func newCopying(t *testing.T) *copying {
	t.Helper()
	server, _ := New(nil)
	return &copying{test: t, server: server, ssh: startServer(t), here: t.TempDir(), there: t.TempDir()}
}

func (c *copying) write(path, text string) {
	c.test.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		c.test.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.test.Fatal(err)
	}
}

func (c *copying) inputs(source resource.PropertyValue, target string) resource.PropertyMap {
	return resource.PropertyMap{
		"connection": resource.MakeSecret(resource.NewProperty(resource.PropertyMap{
			"host": resource.NewProperty("127.0.0.1"), "port": resource.NewProperty(float64(c.ssh.port)),
			"user": resource.NewProperty("root"), "privateKey": resource.NewProperty(c.ssh.key),
			"hostKey": resource.NewProperty(c.ssh.hostKey), "dialErrorLimit": resource.NewProperty(1.0),
		})),
		"source": source, "remotePath": resource.NewProperty(filepath.Join(c.there, target)),
	}
}

func (c *copying) create(source resource.PropertyValue, target string) error {
	c.test.Helper()
	encoded, err := standin.Encode(copyURN, c.inputs(source, target))
	if err != nil {
		c.test.Fatal(err)
	}
	_, err = c.server.Create(context.Background(), &pulumirpc.CreateRequest{Urn: copyURN, Properties: encoded})
	return err
}

// files are all files of the other machine, with their texts.
func (c *copying) files() map[string]string {
	found := map[string]string{}
	_ = filepath.WalkDir(c.there, func(path string, entry os.DirEntry, _ error) error {
		if !entry.IsDir() {
			text, _ := os.ReadFile(path)
			name, _ := filepath.Rel(c.there, path)
			found[name] = string(text)
		}
		return nil
	})
	return found
}

func file(path string) resource.PropertyValue {
	made, _ := asset.FromPath(path)
	return resource.NewProperty(made)
}

func textAsset(text string) resource.PropertyValue {
	made, _ := asset.FromText(text)
	return resource.NewProperty(made)
}

func folder(path string) resource.PropertyValue {
	made, _ := archive.FromPath(path)
	return resource.NewProperty(made)
}

// TestCopies goes through the kinds of sources and targets that the real plugin's documentation tells apart.
func TestCopies(t *testing.T) {
	for name, test := range map[string]struct {
		source   func(here string) resource.PropertyValue
		target   string
		standing map[string]string
		want     map[string]string
		err      string
	}{
		"a file to a new name": {
			source: func(here string) resource.PropertyValue { return file(here + "/d/f.txt") },
			target: "new", want: map[string]string{"new": "F"},
		},
		"a file over a file": {
			source: func(here string) resource.PropertyValue { return file(here + "/d/f.txt") },
			target: "old", standing: map[string]string{"old": "something longer"}, want: map[string]string{"old": "F"},
		},
		"a file into a folder": {
			source: func(here string) resource.PropertyValue { return file(here + "/d/f.txt") },
			target: "in", standing: map[string]string{"in/x": "X"}, want: map[string]string{"in/x": "X", "in/f.txt": "F"},
		},
		"a text to a new name": {
			source: func(string) resource.PropertyValue { return textAsset("T") },
			target: "new", want: map[string]string{"new": "T"},
		},
		"a text into a folder": {
			source: func(string) resource.PropertyValue { return textAsset("T") },
			target: "in", standing: map[string]string{"in/x": "X"}, want: map[string]string{"in/x": "X"},
			err: "is a directory; when using a text asset, remotePath must be a file path",
		},
		"a text below no folder": {
			source: func(string) resource.PropertyValue { return textAsset("T") },
			target: "no/new", want: map[string]string{}, err: "failed to create remote file",
		},
		"a folder": {
			source: func(here string) resource.PropertyValue { return folder(here + "/d") },
			target: "new", want: map[string]string{"new/d/f.txt": "F", "new/d/sub/g.txt": "G"},
		},
		"what is in a folder": {
			source: func(here string) resource.PropertyValue { return folder(here + "/d/") },
			target: "new", want: map[string]string{"new/f.txt": "F", "new/sub/g.txt": "G"},
		},
		"a folder over a file": {
			source: func(here string) resource.PropertyValue { return folder(here + "/d") },
			target: "old", standing: map[string]string{"old": "O"}, want: map[string]string{"old": "O"},
			err: "exists but is not a directory",
		},
		"a file that is not there": {
			source: func(here string) resource.PropertyValue {
				return resource.NewProperty(&asset.Asset{Sig: asset.AssetSig, Hash: "1", Path: here + "/gone"})
			},
			target: "new", want: map[string]string{}, err: "no such file or directory",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCopying(t)
			c.write(c.here+"/d/f.txt", "F")
			c.write(c.here+"/d/sub/g.txt", "G")
			for path, text := range test.standing {
				c.write(filepath.Join(c.there, path), text)
			}
			err := c.create(test.source(c.here), test.target)
			if (test.err == "") != (err == nil) || (err != nil && !strings.Contains(status.Convert(err).Message(), test.err)) {
				t.Errorf("fails with %v, wanted %q", err, test.err)
			}
			got := c.files()
			for path, text := range test.want {
				if got[path] != text {
					t.Errorf("%s holds %q, wanted %q", path, got[path], text)
				}
			}
			if len(got) != len(test.want) {
				t.Errorf("there are %v, wanted %v", got, test.want)
			}
		})
	}
}

// TestCopyAgain: another way to the same machine copies nothing, another content or place does, and nothing is taken
// away.
func TestCopyAgain(t *testing.T) {
	c := newCopying(t)
	if err := c.create(textAsset("one"), "a"); err != nil {
		t.Fatal(err)
	}
	update := func(news resource.PropertyMap) {
		t.Helper()
		olds, _ := standin.Encode(copyURN, c.inputs(textAsset("one"), "a"))
		encoded, _ := standin.Encode(copyURN, news)
		request := &pulumirpc.UpdateRequest{Urn: copyURN, Olds: olds, News: encoded}
		if _, err := c.server.Update(context.Background(), request); err != nil {
			t.Fatal(err)
		}
	}
	c.write(filepath.Join(c.there, "a"), "by hand")
	news := c.inputs(textAsset("one"), "a")
	news["connection"].SecretValue().Element.ObjectValue()["perDialTimeout"] = resource.NewProperty(7.0)
	update(news)
	if got := c.files()["a"]; got != "by hand" {
		t.Errorf("a changed connection copied: %q", got)
	}
	update(c.inputs(textAsset("two"), "a"))
	update(c.inputs(textAsset("one"), "b"))
	state, _ := standin.Encode(copyURN, c.inputs(textAsset("one"), "b"))
	if _, err := c.server.Delete(context.Background(), &pulumirpc.DeleteRequest{Urn: copyURN, Properties: state}); err != nil {
		t.Fatal(err)
	}
	if got := c.files(); got["a"] != "two" || got["b"] != "one" || len(got) != 2 {
		t.Errorf("there are %v", got)
	}
}

// TestCopyRefusals: what cannot be copied is found before anything is.
func TestCopyRefusals(t *testing.T) {
	c := newCopying(t)
	for name, source := range map[string]resource.PropertyValue{
		"path-based file asset or a text asset": resource.NewProperty(&asset.Asset{
			Sig: asset.AssetSig, Hash: "1", URI: "https://files.test/f"}),
		"archive must be a path": resource.NewProperty(&archive.Archive{
			Sig: archive.ArchiveSig, Hash: "1", URI: "https://files.test/f.tgz"}),
		"either asset or archive must be set": resource.NewProperty("f.txt"),
	} {
		encoded, _ := standin.Encode(copyURN, c.inputs(source, "new"))
		answer, err := c.server.Check(context.Background(), &pulumirpc.CheckRequest{Urn: copyURN, News: encoded})
		if err != nil || len(answer.GetFailures()) != 1 || !strings.Contains(answer.GetFailures()[0].GetReason(), name) {
			t.Errorf("%s: %v %v", name, answer.GetFailures(), err)
		}
	}
}
