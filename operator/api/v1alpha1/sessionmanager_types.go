// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// SessionManager is an application that registers before it opens its CSTA
// session and proves by registering again that it is alive (CME's
// `voice register session-server`).
type SessionManager struct {
	// RegisterID is the user part with which it registers (CME's register-id).
	// It must not be a line's number or a phone's user name.
	// +kubebuilder:validation:Pattern=`^[0-9A-Za-z]{1,30}$`
	RegisterID string `json:"registerID"`
	// User is the name of the CTIUser that it authenticates as and whose rights
	// it has.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	User string `json:"user"`
	// Keepalive is how long a registration lasts that asks for no time of its
	// own, and the most that is granted. Default 5m.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('1h')",message="must be from 1m to 1h"
	// +optional
	Keepalive *metav1.Duration `json:"keepalive,omitempty"`
	// CTIAware stops the answers to its keepalives once its CSTA session is
	// gone (CME's cti-aware), so that it starts anew.
	// +optional
	CTIAware bool `json:"ctiAware,omitempty"`
}
