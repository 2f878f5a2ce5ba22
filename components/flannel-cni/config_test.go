package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/containernetworking/cni/pkg/skel"
)

const subnetFile = "FLANNEL_NETWORK=10.42.0.0/16\nFLANNEL_SUBNET=10.42.3.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n"

func TestHalfWrittenFileIsNoFile(t *testing.T) {
	for _, text := range []string{"", "FLANNEL_NETWORK=10.42.0.0/16\n", strings.TrimSuffix(subnetFile, "FLANNEL_IPMASQ=true\n")} {
		if found, err := parseSubnet(text); err == nil {
			t.Errorf("%q read as %+v", text, found)
		}
	}
}

func TestDelegateIsABridgeOnThisNodesSubnet(t *testing.T) {
	parsed, err := parseConfig([]byte(`{"cniVersion":"1.0.0","name":"cbr0","type":"flannel",
		"delegate":{"hairpinMode":true,"mtu":1400},"runtimeConfig":{"portMappings":[]}}`))
	if err != nil {
		t.Fatal(err)
	}
	subnet, err := parseSubnet(subnetFile)
	if err != nil {
		t.Fatal(err)
	}
	text, err := delegateConfig(parsed, subnet)
	if err != nil {
		t.Fatal(err)
	}
	const expected = `{"cniVersion":"1.0.0","hairpinMode":true,"ipMasq":false,` +
		`"ipam":{"ranges":[[{"subnet":"10.42.3.0/24"}]],"routes":[{"dst":"10.42.0.0/16"}],"type":"host-local"},` +
		`"isGateway":true,"mtu":1400,"name":"cbr0","runtimeConfig":{"portMappings":[]},"type":"bridge"}`
	if string(text) != expected {
		t.Errorf("\n got %s\nwant %s", text, expected)
	}
	if _, set := parsed.Delegate["name"]; set {
		t.Error("the user's own settings were changed")
	}
}

func TestDelegateMayNotSetWhatFlannelSets(t *testing.T) {
	for _, delegate := range []string{`{"name":"x"}`, `{"ipam":{}}`, `{"type":1}`} {
		if _, err := parseConfig([]byte(`{"name":"cbr0","delegate":` + delegate + `}`)); err == nil {
			t.Errorf("%s was taken", delegate)
		}
	}
}

func TestAddWaitsForFlanneld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "subnet.env")
	go func() {
		time.Sleep(3 * pollInterval)
		_ = os.WriteFile(path, []byte(subnetFile), 0o600)
	}()
	found, err := waitSubnet(path, 10*time.Second)
	if err != nil || found.mtu != 1450 || !found.masquerade {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := waitSubnet(path+".never", 0); err == nil || !strings.Contains(err.Error(), "did not become ready") {
		t.Errorf("%v", err)
	}
}

func TestRecordsStayInTheirDirectory(t *testing.T) {
	for _, id := range []string{"", "../x", "a/b", ".hidden"} {
		if path, err := delegatePath("/data", id, "eth0"); err == nil {
			t.Errorf("%q gave %s", id, path)
		}
	}
}

func TestDeleteForgetsARecordThatWasCutShort(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "abc-eth0")
	if err := os.WriteFile(path, []byte(`{"type":"bri`), 0o600); err != nil {
		t.Fatal(err)
	}
	args := &skel.CmdArgs{ContainerID: "abc", IfName: "eth0", StdinData: []byte(`{"name":"cbr0","dataDir":"` + dir + `"}`)}
	for range 2 { // the second time nothing is there
		if err := del(args); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the record is still there: %v", err)
	}
}

func TestCheckPassesThePreviousResultOn(t *testing.T) {
	merged, err := withPreviousResult([]byte(`{"type":"bridge"}`), []byte(`{"prevResult":{"ips":[]}}`))
	if err != nil {
		t.Fatal(err)
	}
	var seen map[string]any
	if err := json.Unmarshal(merged, &seen); err != nil || seen["type"] != "bridge" || seen["prevResult"] == nil {
		t.Errorf("%s, %v", merged, err)
	}
}
