// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"cmp"
	"maps"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
)

// workload is what makes pods.
type workload struct {
	name     string
	labels   map[string]string
	selector map[string]string
	pod      corev1.PodSpec
	// hook: it runs for an occasion and ends.
	hook bool
}

func workloads(t *testing.T, objects []object) []workload {
	t.Helper()
	var found []workload
	for _, d := range decode[appsv1.Deployment](t, objects, "Deployment") {
		found = append(found, workload{d.Name, d.Spec.Template.Labels, d.Spec.Selector.MatchLabels, d.Spec.Template.Spec, false})
	}
	for _, s := range decode[appsv1.StatefulSet](t, objects, "StatefulSet") {
		found = append(found, workload{s.Name, s.Spec.Template.Labels, s.Spec.Selector.MatchLabels, s.Spec.Template.Spec, false})
	}
	for _, j := range decode[batchv1.Job](t, objects, "Job") {
		found = append(found, workload{j.Name, j.Spec.Template.Labels, nil, j.Spec.Template.Spec, true})
	}
	for _, p := range decode[corev1.Pod](t, objects, "Pod") {
		found = append(found, workload{p.Name, p.Labels, nil, p.Spec, true})
	}
	return found
}

// TestRestricted wants the Pod Security Standard "restricted" of every pod, a
// read-only root and a bound of memory; only the operator has a token of the API
// server.
func TestRestricted(t *testing.T) {
	forEachCase(t, func(t *testing.T, objects []object) {
		for _, w := range workloads(t, objects) {
			security := w.pod.SecurityContext
			if security == nil || security.RunAsNonRoot == nil || !*security.RunAsNonRoot || security.RunAsUser == nil || *security.RunAsUser != 65532 ||
				security.SeccompProfile == nil || security.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
				t.Errorf("%s: the pod is not restricted: %v", w.name, security)
			}
			token := w.pod.AutomountServiceAccountToken
			if wants := w.name == release+"-operator" || w.name == release+"-release"; token == nil || *token != wants {
				t.Errorf("%s: automountServiceAccountToken is not %t", w.name, wants)
			}
			for _, container := range w.pod.Containers {
				c := container.SecurityContext
				if c == nil || c.AllowPrivilegeEscalation == nil || *c.AllowPrivilegeEscalation || c.ReadOnlyRootFilesystem == nil || !*c.ReadOnlyRootFilesystem ||
					c.Capabilities == nil || len(c.Capabilities.Drop) != 1 || c.Capabilities.Drop[0] != "ALL" || len(c.Capabilities.Add) > 0 {
					t.Errorf("%s: container %s is not restricted: %v", w.name, container.Name, c)
				}
				if container.Resources.Limits.Memory().IsZero() || container.Resources.Requests.Cpu().IsZero() {
					t.Errorf("%s: container %s has no limit of memory, or asks for no CPU", w.name, container.Name)
				}
				if !w.hook && (container.ReadinessProbe == nil || container.LivenessProbe == nil || container.StartupProbe == nil) {
					t.Errorf("%s: container %s lacks a probe", w.name, container.Name)
				}
			}
		}
	})
}

// TestPodsFindTheirFiles wants a volume for each mount and the reverse, and an
// object of the chart or of the operator for each volume.
func TestPodsFindTheirFiles(t *testing.T) {
	made := map[string]bool{ // by the operator, or as the values say
		"config-key": true, "edge-keys": true, "sip-edge-tls": true, "csta-session-tls": true, "monitor-tls": true, "phone-control-tls": true, "nats-tls": true,
	}
	forEachCase(t, func(t *testing.T, objects []object) {
		given := make(map[string]bool)
		for _, o := range objects {
			given[o.kind()+"/"+o.name()] = true
			if o.kind() == "Certificate" {
				given["Secret/"+o.textAt("spec", "secretName")] = true
			}
		}
		for _, w := range workloads(t, objects) {
			volumes := map[string]bool{"data": strings.HasSuffix(w.name, "-nats")} // a claim
			for _, volume := range w.pod.Volumes {
				volumes[volume.Name] = true
				switch {
				case volume.ConfigMap != nil && !given["ConfigMap/"+volume.ConfigMap.Name]:
					t.Errorf("%s: nobody makes ConfigMap %s", w.name, volume.ConfigMap.Name)
				case volume.Secret != nil && strings.HasPrefix(volume.Secret.SecretName, release+"-"):
					name := strings.TrimPrefix(volume.Secret.SecretName, release+"-")
					if !made[name] && !given["Secret/"+volume.Secret.SecretName] {
						t.Errorf("%s: nobody makes Secret %s", w.name, volume.Secret.SecretName)
					}
				}
			}
			mounted := make(map[string]bool)
			for _, container := range w.pod.Containers {
				for _, mount := range container.VolumeMounts {
					mounted[mount.Name] = true
					if !volumes[mount.Name] {
						t.Errorf("%s: mount %s is of no volume", w.name, mount.Name)
					}
					if !mount.ReadOnly && mount.Name != "data" {
						t.Errorf("%s: mount %s can be written", w.name, mount.Name)
					}
				}
			}
			for _, volume := range w.pod.Volumes {
				if !mounted[volume.Name] {
					t.Errorf("%s: volume %s is mounted nowhere", w.name, volume.Name)
				}
			}
			if !w.hook && !given["ServiceAccount/"+w.pod.ServiceAccountName] {
				t.Errorf("%s: there is no ServiceAccount %q", w.name, w.pod.ServiceAccountName)
			}
		}
	})
}

// TestSelectors wants every selector to find the pods of exactly one workload,
// and never to change with the chart's version.
func TestSelectors(t *testing.T) {
	forEachCase(t, func(t *testing.T, objects []object) {
		all := workloads(t, objects)
		selected := func(what string, selector map[string]string) *workload {
			var found []*workload
			for i := range all {
				if subset(selector, all[i].labels) {
					found = append(found, &all[i])
				}
			}
			if len(found) != 1 || len(selector) == 0 {
				t.Errorf("%s finds pods of %d workloads", what, len(found))
				return nil
			}
			return found[0]
		}
		for _, w := range all {
			for _, label := range []string{"helm.sh/chart", "app.kubernetes.io/version"} {
				if _, there := w.labels[label]; there && !w.hook {
					t.Errorf("%s: label %s of the pods makes each release a restart", w.name, label)
				}
			}
			if w.selector != nil {
				selected(w.name, w.selector)
			}
		}
		for _, service := range decode[corev1.Service](t, objects, "Service") {
			w := selected("Service "+service.Name, service.Spec.Selector)
			if w == nil {
				continue
			}
			ports := make(map[string]corev1.Protocol)
			for _, container := range w.pod.Containers {
				for _, port := range container.Ports {
					ports[port.Name] = cmp.Or(port.Protocol, corev1.ProtocolTCP)
				}
			}
			for _, port := range service.Spec.Ports {
				if protocol, there := ports[port.TargetPort.StrVal]; !there || protocol != cmp.Or(port.Protocol, corev1.ProtocolTCP) {
					t.Errorf("Service %s: port %s has no %s port %s behind it", service.Name, port.Name, port.Protocol, port.TargetPort.StrVal)
				}
			}
		}
		for _, budget := range decode[policyv1.PodDisruptionBudget](t, objects, "PodDisruptionBudget") {
			selected("PodDisruptionBudget "+budget.Name, budget.Spec.Selector.MatchLabels)
		}
	})
}

func subset(part, whole map[string]string) bool {
	common := maps.Clone(part)
	maps.DeleteFunc(common, func(key, value string) bool { return whole[key] == value })
	return len(common) == 0
}
