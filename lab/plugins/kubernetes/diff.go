package kubernetes

import (
	"context"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"siteregistry.lab/plugins/standin"
)

// Diff compares new inputs with what the state knows of the object, at the places that the old inputs name. It does not
// ask the cluster: so it needs none, and drift shows after a refresh only.
func (p *Provider) Diff(_ context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	urn := resource.URN(request.GetUrn())
	state, err := standin.Decode(string(urn)+" (state)", request.GetOlds())
	if err != nil {
		return nil, err
	}
	// The state's own inputs, not those of the engine: after a failed update the engine has the inputs before it, while
	// the object may have those that failed.
	olds := drifted(stateInputs(state), standin.PlainMap(state))
	news, err := standin.Decode(string(urn)+" (new)", request.GetNews())
	if err != nil {
		return nil, err
	}
	found := difference{
		replaced: p.settings.replacedFields(urn, standin.PlainMap(news)),
		ignored:  parsePaths(request.GetIgnoreChanges()),
		details:  map[string]*pulumirpc.PropertyDiff{},
	}
	found.compareMaps(nil, standin.PlainMap(olds), standin.PlainMap(news))
	response := &pulumirpc.DiffResponse{HasDetailedDiff: true, DetailedDiff: found.details}
	if isUnreadyJob(state, news) {
		response.Replaces = []string{`.metadata.annotations["` + replaceUnready + `"]`}
	}
	response.Replaces = append(response.Replaces, found.replaces...)
	slices.Sort(response.Replaces)
	response.Changes = pulumirpc.DiffResponse_DIFF_NONE
	if len(found.details)+len(response.Replaces) > 0 {
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
	}
	response.DeleteBeforeReplace = len(response.Replaces) > 0 && keepsName(olds, news)
	return response, nil
}

// keepsName is true when old and new object cannot live side by side.
func keepsName(olds, news resource.PropertyMap) bool {
	if isAutonamed(news) {
		return false
	}
	same := func(key resource.PropertyKey) bool {
		return text(child(olds["metadata"], key)) == text(child(news["metadata"], key))
	}
	return text(child(news["metadata"], "name")) != "" && same("name") && same("namespace")
}

// replaceUnready asks for a new Job as long as the old one is not done.
const replaceUnready = "pulumi.com/replaceUnready"

func isUnreadyJob(state, news resource.PropertyMap) bool {
	if text(news["kind"]) != "Job" || annotation(news, replaceUnready) != "true" {
		return false
	}
	conditions, _ := plainValue(child(state["status"], "conditions")).([]any)
	return !hasCondition(conditions, "Complete", "True")
}

// difference collects what differs, by place.
type difference struct {
	replaced []string
	ignored  []resource.PropertyPath
	details  map[string]*pulumirpc.PropertyDiff
	replaces []string
}

func (d *difference) compareMaps(place resource.PropertyPath, olds, news resource.PropertyMap) {
	for key, before := range olds {
		if after, found := news[key]; found {
			d.compare(step(place, string(key)), before, after)
		} else {
			d.add(step(place, string(key)), pulumirpc.PropertyDiff_DELETE, before)
		}
	}
	for key, after := range news {
		if _, found := olds[key]; !found {
			d.add(step(place, string(key)), pulumirpc.PropertyDiff_ADD, after)
		}
	}
}

func (d *difference) compare(place resource.PropertyPath, before, after resource.PropertyValue) {
	switch {
	case before.IsObject() && after.IsObject():
		d.compareMaps(place, before.ObjectValue(), after.ObjectValue())
	case before.IsArray() && after.IsArray():
		d.compareLists(place, before.ArrayValue(), after.ArrayValue())
	case after.IsNull() && !before.IsNull():
		d.add(place, pulumirpc.PropertyDiff_DELETE, before)
	case after.ContainsUnknowns() || !before.DeepEquals(after):
		d.add(place, pulumirpc.PropertyDiff_UPDATE, after)
	}
}

func (d *difference) compareLists(place resource.PropertyPath, before, after []resource.PropertyValue) {
	for index := range max(len(before), len(after)) {
		switch at := step(place, index); {
		case index >= len(before):
			d.add(at, pulumirpc.PropertyDiff_ADD, after[index])
		case index >= len(after):
			d.add(at, pulumirpc.PropertyDiff_DELETE, before[index])
		default:
			d.compare(at, before[index], after[index])
		}
	}
}

// replacing turns a kind of difference into the one that replaces.
var replacing = map[pulumirpc.PropertyDiff_Kind]pulumirpc.PropertyDiff_Kind{
	pulumirpc.PropertyDiff_ADD:    pulumirpc.PropertyDiff_ADD_REPLACE,
	pulumirpc.PropertyDiff_DELETE: pulumirpc.PropertyDiff_DELETE_REPLACE,
	pulumirpc.PropertyDiff_UPDATE: pulumirpc.PropertyDiff_UPDATE_REPLACE,
}

func (d *difference) add(
	place resource.PropertyPath, change pulumirpc.PropertyDiff_Kind, content resource.PropertyValue,
) {
	if content.IsNull() && change != pulumirpc.PropertyDiff_UPDATE {
		return // a field that is null is a field that is not there
	}
	for _, ignored := range d.ignored {
		if ignored.Contains(place) {
			return
		}
	}
	detail := &pulumirpc.PropertyDiff{Kind: change, InputDiff: change == pulumirpc.PropertyDiff_DELETE}
	if replaces(d.replaced, place, content) {
		detail.Kind = replacing[change]
		d.replaces = append(d.replaces, place.String())
	}
	d.details[place.String()] = detail
}

func step(place resource.PropertyPath, next any) resource.PropertyPath {
	return append(slices.Clone(place), next)
}

func parsePaths(paths []string) []resource.PropertyPath {
	var parsed []resource.PropertyPath
	for _, path := range paths {
		// A path that cannot be read ignores nothing; the engine has told the user already.
		if steps, err := resource.ParsePropertyPath(path); err == nil {
			parsed = append(parsed, steps)
		}
	}
	return parsed
}
