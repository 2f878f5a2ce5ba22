package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/containernetworking/cni/pkg/invoke"
	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
)

// delegateConfig makes the other plugin's configuration; what the user wrote in "delegate" wins.
func delegateConfig(config *config, subnet *subnet) ([]byte, error) {
	delegate := maps.Clone(config.Delegate)
	if delegate == nil {
		delegate = map[string]any{}
	}
	setDefault := func(key string, value any) {
		if _, given := delegate[key]; !given {
			delegate[key] = value
		}
	}
	setDefault("type", "bridge")
	// Only one of both masquerades: if flanneld does, the bridge does not.
	setDefault("ipMasq", !subnet.masquerade)
	setDefault("mtu", subnet.mtu)
	if delegate["type"] == "bridge" {
		setDefault("isGateway", true)
	}
	delegate["name"] = config.Name
	if config.CNIVersion != "" {
		delegate["cniVersion"] = config.CNIVersion
	}
	if config.RuntimeConfig != nil {
		delegate["runtimeConfig"] = config.RuntimeConfig
	}
	delegate["ipam"] = addressing(config.IPAM, subnet)
	text, err := json.Marshal(delegate)
	if err != nil {
		return nil, fmt.Errorf("write the configuration of %v: %w", delegate["type"], err)
	}
	return text, nil
}

func addressing(given map[string]any, subnet *subnet) map[string]any {
	ipam := maps.Clone(given)
	if ipam == nil {
		ipam = map[string]any{}
	}
	if _, set := ipam["type"]; !set {
		ipam["type"] = "host-local"
	}
	var ranges [][]map[string]string
	for _, prefix := range subnet.subnets {
		ranges = append(ranges, []map[string]string{{"subnet": prefix.String()}})
	}
	ipam["ranges"] = ranges
	routes, _ := ipam["routes"].([]any)
	for _, network := range subnet.networks {
		routes = append(routes, map[string]string{"dst": network.String()})
	}
	ipam["routes"] = routes
	return ipam
}

// The runtime's ids are hexadecimal, but a path is built only from what cannot leave the directory.
func delegatePath(dir, containerID, iface string) (string, error) {
	for _, part := range []string{containerID, iface} {
		if part == "" || strings.ContainsAny(part, "/\x00") || strings.HasPrefix(part, ".") {
			return "", fmt.Errorf("%q cannot name a container or an interface", part)
		}
	}
	return filepath.Join(dir, containerID+"-"+iface), nil
}

func saveDelegate(dir, containerID, iface string, delegate []byte) error {
	path, err := delegatePath(dir, containerID, iface)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// A name that is no attachment's, so that a kill in between leaves no half record.
	unfinished := path + ".unfinished"
	if err := os.WriteFile(unfinished, delegate, 0o600); err != nil {
		return err
	}
	return os.Rename(unfinished, path)
}

func withPreviousResult(delegate, stdin []byte) ([]byte, error) {
	var merged, request map[string]any
	if err := json.Unmarshal(delegate, &merged); err != nil {
		return nil, fmt.Errorf("read what ADD recorded: %w", err)
	}
	if err := json.Unmarshal(stdin, &request); err != nil {
		return nil, fmt.Errorf("read the flannel plugin's configuration: %w", err)
	}
	merged["prevResult"] = request["prevResult"]
	return json.Marshal(merged)
}

// collect forgets the containers that the runtime no longer knows, after their plugin has cleaned up.
func collect(args *skel.CmdArgs) error {
	config, err := parseConfig(args.StdinData)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(config.DataDir)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	for _, entry := range entries {
		if slices.ContainsFunc(config.ValidAttachments, func(valid types.GCAttachment) bool {
			return entry.Name() == valid.ContainerID+"-"+valid.IfName
		}) {
			continue
		}
		if err := collectOne(config, filepath.Join(config.DataDir, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

func collectOne(config *config, path string) error {
	saved, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var delegate map[string]any
	if err := json.Unmarshal(saved, &delegate); err != nil {
		return os.Remove(path) // a record cut short by a power cut: nothing was added
	}
	if delegate["name"] != config.Name {
		return nil // another network's
	}
	delegate["cni.dev/valid-attachments"] = config.ValidAttachments
	request, err := json.Marshal(delegate)
	if err != nil {
		return err
	}
	if err := invoke.DelegateGC(context.Background(), delegateType(request), request, nil); err != nil {
		return err
	}
	return os.Remove(path)
}
