// Program flanneld gives a node its share of the pod network: leases from the Kubernetes API, vxlan or
// host-gw between the nodes, forwarding and masquerading by nftables.
//
// Flags and files are those of flannel's own program, whose other back-ends this one leaves out.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/flannel-io/flannel/pkg/backend"
	_ "github.com/flannel-io/flannel/pkg/backend/hostgw"
	_ "github.com/flannel-io/flannel/pkg/backend/vxlan"
	"github.com/flannel-io/flannel/pkg/subnet"
	"github.com/flannel-io/flannel/pkg/subnet/kube"
	log "k8s.io/klog/v2"
)

const (
	registerInterval = 200 * time.Millisecond
	registerTimeout  = time.Minute
)

func main() {
	options, err := parseOptions(os.Args)
	if err != nil {
		log.Exitf("read the command line: %v", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, options); err != nil && !errors.Is(err, context.Canceled) {
		log.Exit(err)
	}
}

// run returns when ctx is cancelled or when something failed, after all that it started has ended.
func run(parent context.Context, options *options) error {
	ctx, cancel := context.WithCancel(parent)
	var tasks sync.WaitGroup
	defer tasks.Wait()
	defer cancel()

	health := serveHealth(ctx, options, &tasks)
	leases, err := kube.NewSubnetManager(ctx, options.apiURL, options.kubeconfig,
		options.annotationPrefix, options.networkConfig, options.setNodeNetworkUnavailable)
	if err != nil {
		return fmt.Errorf("reach the Kubernetes API: %w", err)
	}
	config, err := leases.GetNetworkConfig(ctx)
	if err != nil {
		return fmt.Errorf("read the network configuration %s: %w", options.networkConfig, err)
	}
	network, err := register(ctx, options, leases, config, &tasks)
	if err != nil {
		return err
	}
	if err := installRules(ctx, options, config, network.Lease()); err != nil {
		return err
	}
	lease := network.Lease()
	if err := leases.HandleSubnetFile(options.subnetFile, config, options.masquerade,
		lease.Subnet, lease.IPv6Subnet, network.MTU()); err != nil {
		return fmt.Errorf("write %s: %w", options.subnetFile, err)
	}
	health.ready.Store(true)
	log.Infof("pod network %s is ready, %s written", config.Network, options.subnetFile)

	tasks.Go(func() { network.Run(ctx) })
	if err := leases.CompleteLease(ctx, lease, &tasks); err != nil {
		return fmt.Errorf("keep the lease of %s: %w", lease.Subnet, err)
	}
	<-ctx.Done()
	return ctx.Err()
}

func register(ctx context.Context, options *options, leases subnet.Manager, config *subnet.Config,
	tasks *sync.WaitGroup) (backend.Network, error) {
	iface, err := findInterface(ctx, options, leases, config)
	if err != nil {
		return nil, err
	}
	kind, err := backend.NewManager(ctx, leases, iface).GetBackend(config.BackendType)
	if err != nil {
		return nil, fmt.Errorf("back-end %q (this program has vxlan and host-gw): %w", config.BackendType, err)
	}
	// A new node may not have its pod CIDR yet; to exit would cost the kubelet's restart back-off.
	deadline := time.Now().Add(registerTimeout)
	for {
		network, err := kind.RegisterNetwork(ctx, tasks, config)
		if err == nil {
			return network, nil
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return nil, fmt.Errorf("set up the %s network: %w", config.BackendType, err)
		}
		log.Warningf("set up the %s network, trying again: %v", config.BackendType, err)
		time.Sleep(registerInterval)
	}
}
