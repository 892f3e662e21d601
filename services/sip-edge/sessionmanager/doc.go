// SPDX-License-Identifier: Apache-2.0

// Package sessionmanager serves the REGISTER of session managers, CME's `voice
// register session-server`: an application registers under its register-id,
// registers again as its keepalive, and with ctiAware gets no answer once its
// CSTA session is gone. The records lie in a bucket that all edges share. The
// package never opens or ends a CSTA session.
package sessionmanager
