package command

import (
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
)

// collected are the outputs that a command's files fill.
var collected = map[resource.PropertyKey]resource.PropertyKey{"assetPaths": "assets", "archivePaths": "archive"}

// collect adds the files that a local command left to its state, each list of patterns where one is given.
func collect(inputs, outputs resource.PropertyMap) error {
	if patterns := inputs["assetPaths"]; patterns.IsArray() {
		files, err := matching(inputs, patterns.ArrayValue())
		if err != nil {
			return err
		}
		assets := resource.PropertyMap{}
		for name, file := range files {
			assets[resource.PropertyKey(name)] = resource.NewProperty(file)
		}
		outputs["assets"] = resource.NewProperty(assets)
	}
	if patterns := inputs["archivePaths"]; patterns.IsArray() {
		files, err := matching(inputs, patterns.ArrayValue())
		if err != nil {
			return err
		}
		members := map[string]any{}
		for name, file := range files {
			members[name] = file
		}
		made, err := archive.FromAssets(members)
		if err != nil {
			return err
		}
		outputs["archive"] = resource.NewProperty(made)
	}
	return nil
}

// matching are the files of the command's folder that the patterns name; the last pattern that fits a name decides,
// and one that begins with ! takes the name away.
func matching(inputs resource.PropertyMap, patterns []resource.PropertyValue) (map[string]*asset.Asset, error) {
	type pattern struct {
		glob.Glob
		takesAway bool
	}
	compiled := make([]pattern, len(patterns))
	for index, given := range patterns {
		wanted, takesAway := strings.CutPrefix(given.StringValue(), "!")
		one, err := glob.Compile(wanted, '/')
		if err != nil {
			return nil, err
		}
		compiled[index] = pattern{one, takesAway}
	}
	dir := text(inputs, "dir")
	if dir == "" {
		working, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		dir = working
	}
	found := map[string]*asset.Asset{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		wanted := false
		for _, one := range compiled {
			if one.Match(name) {
				wanted = !one.takesAway
			}
		}
		if !wanted {
			return nil
		}
		found[name], err = asset.FromPath(path.Join(dir, name))
		return err
	})
	return found, err
}
