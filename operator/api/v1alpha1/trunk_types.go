// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Trunk is the SIP trunk to numbers outside the target.
type Trunk struct {
	// Name of the trunk in logs and metrics.
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`
	// +kubebuilder:default=trunk
	// +optional
	Name string `json:"name,omitempty"`
	// URI of the peer, for example sip:gateway.example.com:5060;transport=tcp.
	// +kubebuilder:validation:Pattern=`^sips?:(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z]([-.0-9A-Za-z]{0,251}[0-9A-Za-z])?)(:[0-9]{1,5})?(;transport=(udp|tcp|tls))?$`
	URI string `json:"uri"`
	// AcceptFrom are the addresses and networks (CIDR) that calls may come in
	// from. Default: the addresses of uri.
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=64
	// +kubebuilder:validation:items:XValidation:rule="isIP(self) || isCIDR(self)",message="write an address or a network: 192.0.2.1 or 192.0.2.0/24"
	// +kubebuilder:validation:items:XValidation:rule="!isCIDR(self) || cidr(self).masked() == cidr(self)",message="a network has bits beside its prefix; write 192.0.2.0/24, or the address alone"
	// +listType=set
	// +optional
	AcceptFrom []string `json:"acceptFrom,omitempty"`
	// Auth answers the trunk's digest challenges. Default: they fail the call.
	// +optional
	Auth *TrunkAuth `json:"auth,omitempty"`
	// MaxCalls is the most calls over the trunk at a time. Default 30.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	// +optional
	MaxCalls *int32 `json:"maxCalls,omitempty"`
	// E164 sends and takes numbers in E.164 with +; it needs
	// dialPlan.countryCode.
	// +optional
	E164 bool `json:"e164,omitempty"`
}

// TrunkAuth is the digest identity towards the trunk's peer.
type TrunkAuth struct {
	// Username of the digest.
	// +kubebuilder:validation:Pattern=`^[^\s":\\<>]{1,128}$`
	Username string `json:"username"`
	// PasswordSecretRef names the password of the digest.
	PasswordSecretRef SecretKeyReference `json:"passwordSecretRef"`
}
