package main

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
	strvals4 "helm.sh/helm/v4/pkg/strvals"
)

var values4 = strvals{
	json:    strvals4.ParseJSON,
	set:     strvals4.ParseInto,
	text:    strvals4.ParseIntoString,
	literal: strvals4.ParseLiteralInto,
	file: func(text string, into map[string]any, read func([]rune) (any, error)) error {
		return strvals4.ParseIntoFile(text, into, read)
	},
	merge:   loader.MergeMaps,
	load:    func(text []byte) (map[string]any, error) { return loader.LoadValues(bytes.NewReader(text)) },
	objects: true,
}

// sorted4 orders subcharts by name: Helm has them in the order of a Go map, which is chance.
func sorted4(c *chart.Chart) {
	below := slices.Clone(c.Dependencies())
	slices.SortStableFunc(below, func(a, b *chart.Chart) int { return cmp.Compare(a.Name(), b.Name()) })
	c.SetDependencies(below...)
	for _, each := range below {
		sorted4(each)
	}
}

func rendered4(r request) (string, error) {
	given, err := values4.given(r)
	if err != nil {
		return "", err
	}
	files := []*archive.BufferedFile{}
	for _, file := range r.Files {
		files = append(files, &archive.BufferedFile{Name: file.Name, Data: file.Data})
	}
	c, err := loader.LoadFiles(files)
	if err != nil {
		return "", err
	}
	sorted4(c)
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
		return "", fmt.Errorf("%s", "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing dependencies"+
			": found in Chart.yaml, but missing in charts/ directory: "+strings.Join(missing, ", "))
	}
	if err := chartutil.ProcessDependencies(c, given); err != nil {
		return "", err
	}
	version, err := common.ParseKubeVersion(r.Kube)
	if err != nil {
		return "", err
	}
	caps := common.DefaultCapabilities.Copy()
	caps.KubeVersion = *version
	caps.APIVersions = append(caps.APIVersions, r.APIs...)
	options := common.ReleaseOptions{
		Name: "rel", Namespace: "ns", Revision: 1, IsInstall: !r.Upgrade, IsUpgrade: r.Upgrade,
	}
	values, err := util.ToRenderValues(c, given, options, caps)
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

// takenNotes removes all notes and gives those of the chart itself.
func takenNotes(texts map[string]string, name string) string {
	notes := ""
	for path, text := range texts {
		if strings.HasSuffix(path, "NOTES.txt") {
			if path == name+"/templates/NOTES.txt" {
				notes = "NOTES:\n" + text
			}
			delete(texts, path)
		}
	}
	return notes
}
