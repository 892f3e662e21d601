// SPDX-License-Identifier: Apache-2.0

// Package provisioning owns the configuration files of Skinny phones: it
// renders them from the targets' configuration and answers a phone's request for
// its own over HTTP, as a TFTP server would. It never has firmware, and never a
// file that a phone writes.
package provisioning
