// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/conf"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"offhook.dev/services/phone-control/replica"
	"offhook.dev/services/process"
	"offhook.dev/services/sip-edge/edge"
)

// shared stands for a service whose file has nothing but the shared fields here.
type shared struct {
	process.Common `json:",inline"`
}

func (c *shared) Validate() error { return nil }

// configuration is what the services read their files into.
type configuration interface {
	Base() *process.Common
	Validate() error
}

// TestServicesReadTheirFiles reads the configuration files as the services do:
// unknown fields are refused.
func TestServicesReadTheirFiles(t *testing.T) {
	forEachCase(t, func(t *testing.T, objects []object) {
		read := 0
		for _, file := range decode[corev1.ConfigMap](t, objects, "ConfigMap") {
			var into configuration
			var kind string
			switch strings.TrimPrefix(file.Name, release+"-") {
			case "sip-edge":
				into, kind = edge.NewDefaultConfig(), "SIPEdgeConfig"
			case "phone-control":
				into, kind = replica.NewDefaultConfig(), "PhoneControlConfig"
			case "csta-session":
				into, kind = &shared{}, "CSTASessionConfig"
			case "monitor":
				into, kind = &shared{}, "MonitorConfig"
			default:
				continue
			}
			read++
			if err := yaml.UnmarshalStrict([]byte(file.Data["config.yaml"]), into); err != nil {
				t.Errorf("%s: %v", file.Name, err)
				continue
			}
			if err := into.Validate(); err != nil {
				t.Errorf("%s: %v", file.Name, err)
			}
			base := into.Base()
			if base.Kind != kind || base.APIVersion != process.APIVersion {
				t.Errorf("%s: is a %s of %s", file.Name, base.Kind, base.APIVersion)
			}
			if base.GRPC.Insecure || !base.GRPC.TLS.Enabled() || base.GRPC.TLS.ServerName != "services.offhook.internal" {
				t.Errorf("%s: gRPC is not protected: %+v", file.Name, base.GRPC)
			}
		}
		if read != 4 {
			t.Errorf("%d of 4 files were read", read)
		}
	})
}

// TestDrainFitsTheGracePeriod wants every service to end its drain before the
// kubelet ends the service.
func TestDrainFitsTheGracePeriod(t *testing.T) {
	forEachCase(t, func(t *testing.T, objects []object) {
		for _, w := range workloads(t, objects) {
			for _, file := range decode[corev1.ConfigMap](t, objects, "ConfigMap") {
				var read struct {
					Drain process.Drain `json:"drain"`
				}
				if err := yaml.Unmarshal([]byte(file.Data["config.yaml"]), &read); file.Name != w.name || read.Drain.Timeout == 0 || err != nil {
					continue
				}
				grace := time.Duration(*w.pod.TerminationGracePeriodSeconds) * time.Second
				if drain := time.Duration(read.Drain.Timeout); grace-drain != 10*time.Second || time.Duration(read.Drain.Delay) >= drain {
					t.Errorf("%s: drains for %s, of that %s delay, within %s", w.name, drain, time.Duration(read.Drain.Delay), grace)
				}
			}
		}
	})
}

// TestNATSReadsItsFile parses the file of nats-server, with a password that looks
// like a number.
func TestNATSReadsItsFile(t *testing.T) {
	t.Setenv("POD_NAME", release+"-nats-0")
	t.Setenv("NATS_SYSTEM_PASSWORD", `"12345678e9"`)
	forEachCase(t, func(t *testing.T, objects []object) {
		for _, file := range decode[corev1.ConfigMap](t, objects, "ConfigMap") {
			text, there := file.Data["nats.conf"]
			if !there {
				continue
			}
			read, err := conf.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if read["server_name"] != release+"-nats-0" || at(read, "tls", "verify") != true {
				t.Errorf("server_name is %v, tls %v", read["server_name"], read["tls"])
			}
			users, _ := at(read, "accounts", "SYS", "users").([]any)
			if len(users) != 1 || at(users[0], "password") != "12345678e9" {
				t.Errorf("users of SYS are %v", users)
			}
			// A key that is there twice would hide the first.
			for key := range read {
				if n := strings.Count("\n"+text, "\n"+key); n != 1 {
					t.Errorf("%s is there %d times", key, n)
				}
			}
		}
	})
}
