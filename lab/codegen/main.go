// Command codegen writes the SDK of a package for one language, with the generators that Pulumi's own language hosts have.
//
//	codegen <language> <schema file> <folder>
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/blang/semver"
	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const tool = "siteregistry"

// generators has what each language is written by. What they return is content by path.
var generators = map[string]func(*schema.Package) (map[string][]byte, error){
	"go": func(pkg *schema.Package) (map[string][]byte, error) { return golang.GeneratePackage(tool, pkg, nil) },
	"nodejs": func(pkg *schema.Package) (map[string][]byte, error) {
		return nodejs.GeneratePackage(tool, pkg, nil, nil, false, alone{})
	},
	"python": func(pkg *schema.Package) (map[string][]byte, error) {
		return python.GeneratePackage(tool, pkg, nil, alone{})
	},
}

// alone stands for other packages, of which ours needs none.
type alone struct{}

var errAlone = errors.New("the schema refers to another package")

func (alone) LoadPackage(string, *semver.Version) (*schema.Package, error) { return nil, errAlone }

func (alone) LoadPackageV2(context.Context, *schema.PackageDescriptor) (*schema.Package, error) {
	return nil, errAlone
}

func (alone) LoadPackageReference(string, *semver.Version) (schema.PackageReference, error) {
	return nil, errAlone
}

func (alone) LoadPackageReferenceV2(context.Context, *schema.PackageDescriptor) (schema.PackageReference, error) {
	return nil, errAlone
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	languages := strings.Join(slices.Sorted(maps.Keys(generators)), ", ")
	if len(args) != 3 {
		return fmt.Errorf("usage: codegen <language> <schema file> <folder>; languages are %s", languages)
	}
	language, file, folder := args[0], args[1], args[2]
	generate, known := generators[language]
	if !known {
		return fmt.Errorf("language %q: must be one of %s", language, languages)
	}
	pkg, err := load(file)
	if err != nil {
		return err
	}
	files, err := generate(pkg)
	if err != nil {
		return err
	}
	for path, content := range files {
		target := filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// load reads a schema and checks it as `pulumi package gen-sdk` does; a warning is an error here.
func load(file string) (*schema.Package, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	pkg, diagnostics, err := schema.BindSpec(spec, alone{}, schema.ValidationOptions{})
	if err != nil {
		return nil, err
	}
	if len(diagnostics) > 0 {
		return nil, diagnostics
	}
	return pkg, nil
}
