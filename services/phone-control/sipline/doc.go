// SPDX-License-Identifier: Apache-2.0

// Package sipline is the line side of a target whose SIP phones register with
// Offhook: a back-to-back user agent (RFC 7092) between two phones, or between
// the call model and one phone. It turns SIP into indications to the call
// model and the model's commands into SIP.
//
// Each leg is one SIP dialog and one connection of the model. Media flows from
// phone to phone: the driver passes session descriptions on and moves media by
// re-INVITE (RFC 3725), the one control that every SIP phone obeys. It decides
// nothing about calls: who may call whom, what rings how long and what is
// reported is the call model's business.
//
// All state belongs to the target's goroutine (Loop); what the SIP stack calls
// only hands work over to it.
package sipline
