package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"

	log "k8s.io/klog/v2"
)

type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(value string) error {
	*l = append(*l, value)
	return nil
}

type options struct {
	apiURL                    string
	annotationPrefix          string
	canReach                  string
	forward                   bool
	healthIP                  string
	healthPort                int
	interfaces                list
	interfacePatterns         list
	kubeconfig                string
	masquerade                bool
	networkConfig             string
	publicIP                  string
	publicIPv6                string
	setNodeNetworkUnavailable bool
	subnetFile                string
}

// parseOptions reads flannel's own flags, as far as they concern the Kubernetes API and nftables.
func parseOptions(arguments []string) (*options, error) {
	var parsed options
	var kubernetes bool
	flags := flag.NewFlagSet(arguments[0], flag.ContinueOnError)
	flags.StringVar(&parsed.apiURL, "kube-api-url", "", "API server, if not the pod's own")
	flags.StringVar(&parsed.annotationPrefix, "kube-annotation-prefix", "flannel.alpha.coreos.com", "prefix of the node annotations")
	flags.StringVar(&parsed.canReach, "iface-can-reach", "", "use the interface whose route leads to this address")
	flags.BoolVar(&parsed.forward, "iptables-forward-rules", true, "accept forwarded packets of the pod network")
	flags.StringVar(&parsed.healthIP, "healthz-ip", "127.0.0.1", "address of /healthz and /readyz")
	flags.IntVar(&parsed.healthPort, "healthz-port", 0, "port of /healthz and /readyz (0: none)")
	flags.Var(&parsed.interfaces, "iface", "interface between the nodes, by name or address; the first that exists is used")
	flags.Var(&parsed.interfacePatterns, "iface-regex", "as --iface, by pattern; asked after all of --iface")
	flags.StringVar(&parsed.kubeconfig, "kubeconfig-file", "", "kubeconfig, if not the pod's own service account")
	flags.BoolVar(&parsed.masquerade, "ip-masq", false, "masquerade what leaves the pod network")
	flags.StringVar(&parsed.networkConfig, "net-config-path", "/etc/kube-flannel/net-conf.json", "network configuration")
	flags.StringVar(&parsed.publicIP, "public-ip", "", "IPv4 address that the other nodes reach")
	flags.StringVar(&parsed.publicIPv6, "public-ipv6", "", "IPv6 address that the other nodes reach")
	flags.BoolVar(&parsed.setNodeNetworkUnavailable, "set-node-network-unavailable", true, "set the node's NetworkUnavailable condition")
	flags.StringVar(&parsed.subnetFile, "subnet-file", "/run/flannel/subnet.env", "what the CNI plugin reads")
	flags.BoolVar(&kubernetes, "kube-subnet-mgr", true, "leases come from the Kubernetes API (the only way here)")
	log.InitFlags(nil)
	flags.Var(flag.Lookup("v").Value, "v", flag.Lookup("v").Usage)

	if err := flags.Parse(arguments[1:]); err != nil {
		return nil, err
	}
	if !kubernetes {
		return nil, errors.New("--kube-subnet-mgr=false: leases in etcd are not part of this build")
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return &parsed, nil
}
