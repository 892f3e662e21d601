// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"offhook.dev/operator/api/v1alpha1"
)

// Kinds of other projects, as far as the chart writes them.
type (
	issuer struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Spec              struct {
			SelfSigned *struct{} `json:"selfSigned,omitempty"`
			CA         *struct {
				SecretName string `json:"secretName"`
			} `json:"ca,omitempty"`
		} `json:"spec"`
	}
	certificate struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Spec              struct {
			SecretName  string          `json:"secretName"`
			IsCA        bool            `json:"isCA"`
			CommonName  string          `json:"commonName"`
			Duration    metav1.Duration `json:"duration"`
			RenewBefore metav1.Duration `json:"renewBefore"`
			PrivateKey  struct {
				Algorithm      string `json:"algorithm"`
				Size           int    `json:"size"`
				RotationPolicy string `json:"rotationPolicy"`
			} `json:"privateKey"`
			Usages    []string `json:"usages"`
			DNSNames  []string `json:"dnsNames"`
			IssuerRef struct {
				Name  string `json:"name"`
				Kind  string `json:"kind"`
				Group string `json:"group"`
			} `json:"issuerRef"`
		} `json:"spec"`
	}
	serviceMonitor struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Spec              struct {
			JobLabel          string `json:"jobLabel"`
			NamespaceSelector struct {
				MatchNames []string `json:"matchNames"`
			} `json:"namespaceSelector"`
			Selector  metav1.LabelSelector `json:"selector"`
			Endpoints []struct {
				Port     string          `json:"port"`
				Path     string          `json:"path"`
				Interval metav1.Duration `json:"interval"`
			} `json:"endpoints"`
		} `json:"spec"`
	}
	prometheusRule struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Spec              struct {
			Groups []struct {
				Name  string `json:"name"`
				Rules []struct {
					Alert       string            `json:"alert"`
					Expr        string            `json:"expr"`
					For         *metav1.Duration  `json:"for,omitempty"`
					Labels      map[string]string `json:"labels"`
					Annotations map[string]string `json:"annotations"`
				} `json:"rules"`
			} `json:"groups"`
		} `json:"spec"`
	}
)

// types give an empty object of each kind that the chart may write.
var types = map[string]func() any{
	"v1/ConfigMap":      func() any { return new(corev1.ConfigMap) },
	"v1/Pod":            func() any { return new(corev1.Pod) },
	"v1/Secret":         func() any { return new(corev1.Secret) },
	"v1/Service":        func() any { return new(corev1.Service) },
	"v1/ServiceAccount": func() any { return new(corev1.ServiceAccount) },

	"apps/v1/Deployment":                       func() any { return new(appsv1.Deployment) },
	"apps/v1/StatefulSet":                      func() any { return new(appsv1.StatefulSet) },
	"autoscaling/v2/HorizontalPodAutoscaler":   func() any { return new(autoscalingv2.HorizontalPodAutoscaler) },
	"batch/v1/Job":                             func() any { return new(batchv1.Job) },
	"networking.k8s.io/v1/NetworkPolicy":       func() any { return new(networkingv1.NetworkPolicy) },
	"policy/v1/PodDisruptionBudget":            func() any { return new(policyv1.PodDisruptionBudget) },
	"rbac.authorization.k8s.io/v1/Role":        func() any { return new(rbacv1.Role) },
	"rbac.authorization.k8s.io/v1/RoleBinding": func() any { return new(rbacv1.RoleBinding) },

	"cti.offhook.dev/v1alpha1/CMETarget": func() any { return new(v1alpha1.CMETarget) },
	"cti.offhook.dev/v1alpha1/Line":      func() any { return new(v1alpha1.Line) },
	"cti.offhook.dev/v1alpha1/CTIUser":   func() any { return new(v1alpha1.CTIUser) },

	"cert-manager.io/v1/Issuer":               func() any { return new(issuer) },
	"cert-manager.io/v1/Certificate":          func() any { return new(certificate) },
	"monitoring.coreos.com/v1/ServiceMonitor": func() any { return new(serviceMonitor) },
	"monitoring.coreos.com/v1/PrometheusRule": func() any { return new(prometheusRule) },
}

// TestStrictlyDecoded reads every object into its type; fields that the type does
// not have fail. CRDs are checked by package crd.
func TestStrictlyDecoded(t *testing.T) {
	seen := map[string]bool{"v1/Pod": false}
	forEachCase(t, func(t *testing.T, objects []object) {
		names := make(map[string]bool)
		for _, object := range objects {
			kind := object.textAt("apiVersion") + "/" + object.kind()
			if kind == "apiextensions.k8s.io/v1/CustomResourceDefinition" {
				continue
			}
			create, ok := types[kind]
			if !ok {
				t.Errorf("%s: kind %s is not known here", object.template, kind)
				continue
			}
			seen[kind] = true
			if err := yaml.UnmarshalStrict(object.text, create()); err != nil {
				t.Errorf("%s: %s %s: %v", object.template, kind, object.name(), err)
			}
			if key := kind + "/" + object.name(); names[key] {
				t.Errorf("%s: there are two of %s", object.template, key)
			} else {
				names[key] = true
			}
			if got := object.textAt("metadata", "namespace"); got != namespace {
				t.Errorf("%s: %s %s is in namespace %q", object.template, kind, object.name(), got)
			}
		}
	})
	for kind := range types {
		if !seen[kind] {
			t.Errorf("no file of values makes a %s", kind)
		}
	}
}

// decode reads the objects of one kind.
func decode[T any](t *testing.T, objects []object, kind string) []T {
	t.Helper()
	var found []T
	for _, object := range objects {
		if object.kind() != kind {
			continue
		}
		var read T
		if err := yaml.UnmarshalStrict(object.text, &read); err != nil {
			t.Fatalf("%s: %v", object.template, err)
		}
		found = append(found, read)
	}
	return found
}
