// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"sigs.k8s.io/yaml"
)

// TestLint runs Helm's own linter with every file of values.
func TestLint(t *testing.T) {
	files := cases(t)
	files["values-ha"] = filepath.Join(folder, "values-ha.yaml")
	version := &common.KubeVersion{Version: "v1.37.0", Major: "1", Minor: "37"}
	for _, name := range sorted(files) {
		t.Run(name, func(t *testing.T) {
			result := lint.RunAll(folder, values(t, files[name]), namespace, lint.WithKubeVersion(version))
			for _, message := range result.Messages {
				if message.Severity >= support.WarningSev {
					t.Error(message)
				}
			}
		})
	}
}

// TestBadValues wants each fault to be refused, with a message that names it.
func TestBadValues(t *testing.T) {
	for name, test := range map[string]struct{ values, want string }{
		"unknown key":               {"sipEgde: {}", "additional properties 'sipEgde' not allowed"},
		"unknown key inside":        {"sipEdge: {service: {port: 5060}}", "additional properties 'port' not allowed"},
		"log level":                 {"logLevel: loud", "/logLevel"},
		"address without port":      {"sipEdge: {advertisedAddress: sip.example.com}", "/sipEdge/advertisedAddress"},
		"service type":              {"sipEdge: {service: {type: ExternalName}}", "/sipEdge/service/type"},
		"duration":                  {"drain: {delay: 5 seconds}", "/drain/delay"},
		"grace period":              {"drain: {terminationGracePeriodSeconds: 5}", "/drain/terminationGracePeriodSeconds"},
		"two servers of NATS":       {"nats: {replicas: 2}", "/nats/replicas"},
		"external NATS without URL": {"nats: {enabled: false}", "/nats/external/url"},
		"no limit of memory":        {"monitor: {resources: {limits: {memory: null}}}", "/monitor/resources/limits"},
		"port":                      {"sipEdge: {service: {ports: {sip: 70000}}}", "/sipEdge/service/ports/sip"},
		"image tag":                 {"image: {tag: 'a b'}", "/image/tag"},
		"issuer":                    {"certificates: {issuer: vault}", "/certificates/issuer"},
		"RTP ports":                 {"phoneControl: {rtpPorts: {first: 3000, last: 2000}}", "phoneControl.rtpPorts: first (3000) must be below last (2000)"},
		"replicas":                  {"sipEdge: {autoscaling: {enabled: true, minReplicas: 9}}", "minReplicas (9) must not be over maxReplicas (8)"},
		"client CA without TLS":     {"sipEdge: {tls: {clientCASecretName: ca}}", "need secretName or certManager.enabled"},
		"TLS without an issuer":     {"sipEdge: {tls: {certManager: {enabled: true}}}", "sipEdge.tls.certManager.issuerRef.name: name an issuer"},
		"client certificate":        {"nats: {external: {clientCertificate: true}}", "name the Secret in nats.external.tlsSecretName"},
	} {
		t.Run(name, func(t *testing.T) {
			var given map[string]any
			if err := yaml.UnmarshalStrict([]byte(test.values), &given); err != nil {
				t.Fatal(err)
			}
			_, err := rendered(t.Context(), given)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%q is not in %v", test.want, err)
			}
		})
	}
}

// TestSchemaIsClosed wants the schema to know every value, every object in it to
// refuse what it does not know, and no property to be without a value.
func TestSchemaIsClosed(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(folder, "values.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	s := &closed{t: t, definitions: schema["$defs"].(map[string]any)}
	s.compare("", schema, values(t, filepath.Join(folder, "values.yaml")))
}

type closed struct {
	t           *testing.T
	definitions map[string]any
}

func (s *closed) compare(path string, schema map[string]any, value any) {
	if name, refers := schema["$ref"].(string); refers {
		schema, _ = s.definitions[strings.TrimPrefix(name, "#/$defs/")].(map[string]any)
	}
	if schema == nil {
		s.t.Errorf("%s: the schema does not know it", path)
		return
	}
	properties, described := schema["properties"].(map[string]any)
	if !described {
		return // a value, or a map that is open
	}
	if open, there := schema["additionalProperties"]; !there || open == true {
		s.t.Errorf("%s: takes what it does not know", path)
	}
	fields, _ := value.(map[string]any)
	for _, key := range sorted(fields) {
		property, _ := properties[key].(map[string]any)
		s.compare(path+"/"+key, property, fields[key])
	}
	for _, key := range sorted(properties) {
		if _, there := fields[key]; !there && path+"/"+key != "/global" && !strings.HasSuffix(path, "/resources") {
			s.t.Errorf("%s/%s: is not in values.yaml", path, key)
		}
	}
}
