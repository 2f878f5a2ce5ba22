package main

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"os"

	"github.com/flannel-io/flannel/pkg/backend"
	"github.com/flannel-io/flannel/pkg/ip"
	"github.com/flannel-io/flannel/pkg/ipmatch"
	"github.com/flannel-io/flannel/pkg/lease"
	"github.com/flannel-io/flannel/pkg/subnet"
	"github.com/flannel-io/flannel/pkg/trafficmngr/nftables"
	"github.com/joho/godotenv"
	log "k8s.io/klog/v2"
)

// The nftables rules stay until flanneld removes them, so they are not written again and again.
const noResync = 0

type candidate struct{ name, pattern, canReach string }

// candidates lists where the interface between the nodes is looked for, the best first.
func candidates(options *options, addresses ipmatch.PublicIPOpts) []candidate {
	var found []candidate
	for _, name := range options.interfaces {
		found = append(found, candidate{name: name})
	}
	for _, pattern := range options.interfacePatterns {
		found = append(found, candidate{pattern: pattern})
	}
	if options.canReach != "" {
		found = append(found, candidate{canReach: options.canReach})
	}
	if len(found) > 0 {
		return found
	}
	if addresses.PublicIP != "" {
		return []candidate{{name: addresses.PublicIP}}
	}
	return []candidate{{name: addresses.PublicIPv6}}
}

func findInterface(ctx context.Context, options *options, leases subnet.Manager,
	config *subnet.Config) (*backend.ExternalInterface, error) {
	family, err := ipmatch.GetIPFamily(config.EnableIPv4, config.EnableIPv6)
	if err != nil {
		return nil, fmt.Errorf("network configuration: %w", err)
	}
	addresses := ipmatch.PublicIPOpts{PublicIP: options.publicIP, PublicIPv6: options.publicIPv6}
	// What an administrator wrote on the Node wins over the command line.
	if v4, v6 := leases.GetStoredPublicIP(ctx); v4 != "" || v6 != "" {
		if v4 != "" {
			addresses.PublicIP = v4
		}
		if v6 != "" {
			addresses.PublicIPv6 = v6
		}
	}
	var failures []error
	for _, c := range candidates(options, addresses) {
		iface, err := ipmatch.LookupExtIface(c.name, c.pattern, c.canReach, family, addresses)
		if err == nil && iface != nil {
			return iface, nil
		}
		failures = append(failures, err)
	}
	return nil, fmt.Errorf("find the interface between the nodes: %w", errors.Join(failures...))
}

// installRules writes the nftables rules. What an older iptables flannel left is not looked for.
func installRules(ctx context.Context, options *options, config *subnet.Config, lease *lease.Lease) error {
	if !config.EnableNFTables {
		return fmt.Errorf(`%s: "EnableNFTables": true is needed, iptables is not part of this build`, options.networkConfig)
	}
	rules := &nftables.NFTablesManager{}
	if err := rules.Init(ctx); err != nil {
		return fmt.Errorf("set up nftables: %w", err)
	}
	if options.masquerade {
		last := readSubnetFile(options.subnetFile)
		err := rules.SetupAndEnsureMasqRules(ctx,
			config.Network, last.subnet, last.network,
			config.IPv6Network, last.subnetV6, last.networkV6,
			lease, noResync, false)
		if err != nil {
			return fmt.Errorf("write the masquerading rules: %w", err)
		}
	}
	if options.forward {
		rules.SetupAndEnsureForwardRules(ctx, config.Network, config.IPv6Network, noResync)
	}
	return nil
}

type lastSubnet struct {
	network, subnet     ip.IP4Net
	networkV6, subnetV6 ip.IP6Net
}

// readSubnetFile gives what the last run wrote; a missing or broken file reads as nothing.
func readSubnetFile(path string) lastSubnet {
	last := lastSubnet{
		networkV6: ip.IP6Net{IP: (*ip.IP6)(new(big.Int))},
		subnetV6:  ip.IP6Net{IP: (*ip.IP6)(new(big.Int))},
	}
	values, err := godotenv.Read(path)
	if err != nil {
		if !os.IsNotExist(err) {
			log.Warningf("read %s: %v", path, err)
		}
		return last
	}
	parse := func(into interface{ UnmarshalJSON([]byte) error }, key string) {
		if value := values[key]; value != "" {
			if err := into.UnmarshalJSON([]byte(`"` + value + `"`)); err != nil {
				log.Warningf("%s: %s: %v", path, key, err)
			}
		}
	}
	parse(&last.network, "FLANNEL_NETWORK")
	parse(&last.subnet, "FLANNEL_SUBNET")
	parse(&last.networkV6, "FLANNEL_IPV6_NETWORK")
	parse(&last.subnetV6, "FLANNEL_IPV6_SUBNET")
	return last
}
