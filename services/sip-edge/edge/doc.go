// SPDX-License-Identifier: Apache-2.0

// Package edge puts sip-edge together: the endpoint that faces applications
// and phones, the one that faces phone-control, and who serves what comes in.
// It decides by the form of a request only; it knows no call and no CSTA.
package edge
