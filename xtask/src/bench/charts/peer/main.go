// The peer of the chart benchmark: Helm's own packages, in process.
//
//	peer RUNS KUBE_VERSION < list of chart directories
//
// For each chart one line of JSON: the median time in nanoseconds to load the chart from memory, merge values, render,
// sort and write the manifest; and the size of that manifest, 0 where Helm refuses the chart.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
	"helm.sh/helm/v4/pkg/ignore"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
)

type result struct {
	Chart string `json:"chart"`
	Nanos int64  `json:"nanos"`
	Bytes int    `json:"bytes"`
	Error string `json:"error,omitempty"`
}

func main() {
	log.SetOutput(io.Discard)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	runs, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	version, err := common.ParseKubeVersion(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	caps := common.DefaultCapabilities.Copy()
	caps.KubeVersion = *version
	out := json.NewEncoder(os.Stdout)
	charts := bufio.NewScanner(os.Stdin)
	for charts.Scan() {
		if err := out.Encode(measure(charts.Text(), runs, caps)); err != nil {
			log.Fatal(err)
		}
	}
}

func measure(dir string, runs int, caps *common.Capabilities) result {
	files, err := read(dir)
	if err != nil {
		return result{Chart: dir, Error: err.Error()}
	}
	times := make([]int64, 0, runs)
	size := 0
	for range runs {
		fresh := make([]*archive.BufferedFile, len(files))
		for i, file := range files {
			fresh[i] = &archive.BufferedFile{Name: file.Name, Data: file.Data}
		}
		start := time.Now()
		size, err = render(fresh, caps)
		times = append(times, time.Since(start).Nanoseconds())
		if err != nil {
			return result{Chart: dir, Nanos: times[0], Error: err.Error()}
		}
	}
	slices.Sort(times)
	return result{Chart: dir, Nanos: times[len(times)/2], Bytes: size}
}

func render(files []*archive.BufferedFile, caps *common.Capabilities) (int, error) {
	c, err := loader.LoadFiles(files)
	if err != nil {
		return 0, err
	}
	if c.Metadata.Type != "" && c.Metadata.Type != "application" {
		return 0, errors.New("not installable")
	}
	accessor, err := chart.NewAccessor(c)
	if err != nil {
		return 0, err
	}
	if err := action.CheckDependencies(c, accessor.MetaDependencies()); err != nil {
		return 0, err
	}
	given := map[string]any{}
	if err := chartutil.ProcessDependencies(c, given); err != nil {
		return 0, err
	}
	options := common.ReleaseOptions{Name: "rel", Namespace: "ns", Revision: 1, IsInstall: true}
	values, err := util.ToRenderValues(c, given, options, caps)
	if err != nil {
		return 0, err
	}
	if v := c.Metadata.KubeVersion; v != "" && !chartutil.IsCompatibleRange(v, caps.KubeVersion.String()) {
		return 0, errors.New("not for this version of Kubernetes")
	}
	rendered, err := engine.Render(c, values)
	if err != nil {
		return 0, err
	}
	for name := range rendered {
		if strings.HasSuffix(name, "NOTES.txt") {
			delete(rendered, name)
		}
	}
	hooks, manifests, err := releaseutil.SortManifests(rendered, nil, releaseutil.InstallOrder)
	if err != nil {
		return 0, err
	}
	var b bytes.Buffer
	for _, crd := range c.CRDObjects() {
		fmt.Fprintf(&b, "---\n# Source: %s\n%s\n", crd.Filename, crd.File.Data)
	}
	for _, m := range manifests {
		fmt.Fprintf(&b, "---\n# Source: %s\n%s\n", m.Name, m.Content)
	}
	for _, h := range hooks {
		fmt.Fprintf(&b, "---\n# Source: %s\n%s\n", h.Path, h.Manifest)
	}
	return b.Len(), nil
}

func read(dir string) ([]*archive.BufferedFile, error) {
	rules := ignore.Empty()
	if parsed, err := ignore.ParseFile(filepath.Join(dir, ignore.HelmIgnore)); err == nil {
		rules = parsed
	}
	rules.AddDefaults()
	var files []*archive.BufferedFile
	err := filepath.Walk(dir, func(name string, info os.FileInfo, err error) error {
		if err != nil || name == dir {
			return err
		}
		relative, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		relative = path.Clean(filepath.ToSlash(relative))
		if rules.Ignore(relative, info) {
			if info.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if info.IsDir() {
			return nil
		}
		data, err := os.ReadFile(name)
		files = append(files, &archive.BufferedFile{Name: relative, Data: bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))})
		return err
	})
	return files, err
}
