package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/containernetworking/cni/pkg/types"
)

const (
	defaultSubnetFile = "/run/flannel/subnet.env"
	defaultDataDir    = "/var/lib/cni/flannel"
)

type config struct {
	types.NetConf
	// What the kubelet gave for declared capabilities, such as port mappings.
	RuntimeConfig map[string]any `json:"runtimeConfig,omitempty"`
	IPAM          map[string]any `json:"ipam,omitempty"`
	SubnetFile    string         `json:"subnetFile"`
	DataDir       string         `json:"dataDir"`
	Delegate      map[string]any `json:"delegate"`
}

func parseConfig(stdin []byte) (*config, error) {
	parsed := &config{SubnetFile: defaultSubnetFile, DataDir: defaultDataDir}
	if err := json.Unmarshal(stdin, parsed); err != nil {
		return nil, fmt.Errorf("read the flannel plugin's configuration: %w", err)
	}
	if kind, given := parsed.Delegate["type"]; given {
		if _, text := kind.(string); !text {
			return nil, fmt.Errorf("delegate.type: expected a string, found %v", kind)
		}
	}
	for _, key := range []string{"name", "ipam"} {
		if _, given := parsed.Delegate[key]; given {
			return nil, fmt.Errorf("delegate.%s: not allowed, flannel sets it", key)
		}
	}
	return parsed, nil
}

// subnet is what flanneld says about this node.
type subnet struct {
	networks   []netip.Prefix
	subnets    []netip.Prefix
	mtu        int
	masquerade bool
}

func readSubnet(path string) (*subnet, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	found, err := parseSubnet(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return found, nil
}

// parseSubnet wants every key that flanneld writes, the last one included: a half-written file is no file.
func parseSubnet(text string) (*subnet, error) {
	values := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			values[key] = value
		}
	}
	found := &subnet{}
	for _, family := range []string{"FLANNEL", "FLANNEL_IPV6"} {
		for _, list := range []struct {
			key  string
			into *[]netip.Prefix
		}{{family + "_NETWORK", &found.networks}, {family + "_SUBNET", &found.subnets}} {
			if values[list.key] == "" {
				continue
			}
			for entry := range strings.SplitSeq(values[list.key], ",") {
				prefix, err := netip.ParsePrefix(entry)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", list.key, err)
				}
				*list.into = append(*list.into, prefix.Masked())
			}
		}
	}
	if len(found.networks) == 0 || len(found.subnets) == 0 {
		return nil, fmt.Errorf("FLANNEL_NETWORK or FLANNEL_SUBNET is missing")
	}
	var err error
	if found.mtu, err = strconv.Atoi(values["FLANNEL_MTU"]); err != nil {
		return nil, fmt.Errorf("FLANNEL_MTU: %w", err)
	}
	if found.masquerade, err = strconv.ParseBool(values["FLANNEL_IPMASQ"]); err != nil {
		return nil, fmt.Errorf("FLANNEL_IPMASQ: %w", err)
	}
	return found, nil
}
