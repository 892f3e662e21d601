// SPDX-License-Identifier: Apache-2.0

package directory

// Names of services as replicas announce them.
const (
	SIPEdge      = "sip-edge"
	CSTASession  = "csta-session"
	Monitor      = "monitor"
	PhoneControl = "phone-control"
)
