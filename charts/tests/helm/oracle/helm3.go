package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	strvals3 "helm.sh/helm/v3/pkg/strvals"
	"sigs.k8s.io/yaml"
)

var values3 = strvals{
	json:    strvals3.ParseJSON,
	set:     strvals3.ParseInto,
	text:    strvals3.ParseIntoString,
	literal: strvals3.ParseLiteralInto,
	file: func(text string, into map[string]any, read func([]rune) (any, error)) error {
		return strvals3.ParseIntoFile(text, into, read)
	},
	merge: merged3,
	load: func(text []byte) (map[string]any, error) {
		values := map[string]any{}
		err := yaml.Unmarshal(text, &values)
		return values, err
	},
}

// merged3 is what Helm 3 keeps to itself.
func merged3(a, b map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range a {
		out[k] = v
	}
	for k, v := range b {
		above, isMap := v.(map[string]any)
		below, wasMap := out[k].(map[string]any)
		if isMap && wasMap {
			out[k] = merged3(below, above)
		} else {
			out[k] = v
		}
	}
	return out
}

func sorted3(c *chart.Chart) {
	below := slices.Clone(c.Dependencies())
	slices.SortStableFunc(below, func(a, b *chart.Chart) int { return cmp.Compare(a.Name(), b.Name()) })
	c.SetDependencies(below...)
	for _, each := range below {
		sorted3(each)
	}
}

func rendered3(r request) (string, error) {
	given, err := values3.given(r)
	if err != nil {
		return "", err
	}
	files := []*loader.BufferedFile{}
	for _, file := range r.Files {
		files = append(files, &loader.BufferedFile{Name: file.Name, Data: file.Data})
	}
	c, err := loader.LoadFiles(files)
	if err != nil {
		return "", err
	}
	sorted3(c)
	missing := []string{}
	if kind := c.Metadata.Type; kind != "" && kind != "application" {
		return "", fmt.Errorf("%s charts are not installable", kind)
	}
	// The program checks this, in these words.
	for _, asked := range c.Metadata.Dependencies {
		is := func(there *chart.Chart) bool { return there.Name() == asked.Name }
		if !slices.ContainsFunc(c.Dependencies(), is) {
			missing = append(missing, asked.Name)
		}
	}
	if len(missing) > 0 {
		return "", fmt.Errorf("%s", "An error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch missing dependencies"+
			": found in Chart.yaml, but missing in charts/ directory: "+strings.Join(missing, ", "))
	}
	if err := chartutil.ProcessDependenciesWithMerge(c, given); err != nil {
		return "", err
	}
	version, err := chartutil.ParseKubeVersion(r.Kube)
	if err != nil {
		return "", err
	}
	caps := chartutil.DefaultCapabilities.Copy()
	caps.KubeVersion = *version
	caps.KubeVersion.Version = r.Kube // as from a cluster
	caps.APIVersions = append(caps.APIVersions, r.APIs...)
	options := chartutil.ReleaseOptions{
		Name: "rel", Namespace: "ns", Revision: 1, IsInstall: !r.Upgrade, IsUpgrade: r.Upgrade,
	}
	values, err := chartutil.ToRenderValues(c, given, options, caps)
	if err != nil {
		return "", err
	}
	if v := c.Metadata.KubeVersion; v != "" && !chartutil.IsCompatibleRange(v, caps.KubeVersion.String()) {
		return "", fmt.Errorf("chart requires kubeVersion: %s which is incompatible with Kubernetes %s", v,
			caps.KubeVersion.Version)
	}
	texts, err := engine.Render(c, values)
	if err != nil {
		return "", err
	}
	notes := takenNotes(texts, c.Name())
	hooks, manifests, err := releaseutil.SortManifests(texts, nil, releaseutil.InstallOrder)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, crd := range c.CRDObjects() {
		fmt.Fprintf(&out, "---\n# CRD: %s\n%s\n", crd.Filename, crd.File.Data)
	}
	for _, m := range manifests {
		fmt.Fprintf(&out, "---\n# Source: %s\n%s\n", m.Name, m.Content)
	}
	for _, h := range hooks {
		events := []string{}
		for _, event := range h.Events {
			events = append(events, event.String())
		}
		fmt.Fprintf(&out, "---\n# Hook: %s %s\n%s\n", h.Path, strings.Join(events, ","), h.Manifest)
	}
	return out.String() + notes, nil
}
