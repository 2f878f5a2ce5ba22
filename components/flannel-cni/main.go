// Program flannel is the CNI plugin that joins a pod to flannel's network: it reads what flanneld wrote
// and has another plugin (bridge, unless the configuration names one) do the work.
//
// It takes flannel's own plugin configuration. On ADD it waits for flanneld, so that the first pods of a
// node start when the network does and do not fall into the kubelet's back-off.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/containernetworking/cni/pkg/invoke"
	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	current "github.com/containernetworking/cni/pkg/types/100"
	"github.com/containernetworking/cni/pkg/version"
)

const (
	waitForSubnet = 30 * time.Second
	pollInterval  = 50 * time.Millisecond
	// "Plugin not available", from the CNI specification's STATUS.
	errNotAvailable = 50
)

func main() {
	skel.PluginMainFuncs(skel.CNIFuncs{Add: add, Del: del, Check: check, GC: collect, Status: status},
		version.All, "CNI plugin flannel (Bowline)")
}

func add(args *skel.CmdArgs) error {
	config, err := parseConfig(args.StdinData)
	if err != nil {
		return err
	}
	subnet, err := waitSubnet(config.SubnetFile, waitForSubnet)
	if err != nil {
		return err
	}
	delegate, err := delegateConfig(config, subnet)
	if err != nil {
		return err
	}
	// Recorded first: a DEL after a kill in between must know what to undo.
	if err := saveDelegate(config.DataDir, args.ContainerID, args.IfName, delegate); err != nil {
		return err
	}
	result, err := invoke.DelegateAdd(context.Background(), delegateType(delegate), delegate, nil)
	if err != nil {
		return err
	}
	converted, err := current.GetResult(result)
	if err != nil {
		return fmt.Errorf("read the result of %s: %w", delegateType(delegate), err)
	}
	return types.PrintResult(converted, config.CNIVersion)
}

func del(args *skel.CmdArgs) error {
	config, err := parseConfig(args.StdinData)
	if err != nil {
		return err
	}
	path, err := delegatePath(config.DataDir, args.ContainerID, args.IfName)
	if err != nil {
		return err
	}
	delegate, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // nothing was added, or all of it is gone: DEL may come again
	}
	if err != nil {
		return fmt.Errorf("read what ADD recorded: %w", err)
	}
	if !json.Valid(delegate) {
		return os.Remove(path) // cut short by a power cut, so the other plugin was never called
	}
	if err := invoke.DelegateDel(context.Background(), delegateType(delegate), delegate, nil); err != nil {
		return err
	}
	return os.Remove(path)
}

func check(args *skel.CmdArgs) error {
	config, err := parseConfig(args.StdinData)
	if err != nil {
		return err
	}
	path, err := delegatePath(config.DataDir, args.ContainerID, args.IfName)
	if err != nil {
		return err
	}
	saved, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read what ADD recorded: %w", err)
	}
	delegate, err := withPreviousResult(saved, args.StdinData)
	if err != nil {
		return err
	}
	return invoke.DelegateCheck(context.Background(), delegateType(delegate), delegate, nil)
}

func status(args *skel.CmdArgs) error {
	config, err := parseConfig(args.StdinData)
	if err != nil {
		return err
	}
	if _, err := readSubnet(config.SubnetFile); err != nil {
		return types.NewError(errNotAvailable, "flannel is not ready on this node", err.Error())
	}
	return nil
}

// waitSubnet waits until flanneld has written its file, whole.
func waitSubnet(path string, patience time.Duration) (*subnet, error) {
	for deadline := time.Now().Add(patience); ; time.Sleep(pollInterval) {
		found, err := readSubnet(path)
		if err == nil {
			return found, nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("flannel did not become ready in %s, see its pod on this node: %w", patience, err)
		}
	}
}

func delegateType(delegate []byte) string {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(delegate, &kind); err != nil {
		return ""
	}
	return kind.Type
}
