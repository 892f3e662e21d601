// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"strings"

	"offhook.dev/services/bus"
)

func replicaKey(service, id string) string { return bus.EncodeKey(service) + "." + bus.EncodeKey(id) }

func replicaID(key string) string {
	_, id, _ := strings.Cut(key, ".")
	return decodeKey(id)
}

func decodeKey(token string) string {
	text, err := bus.DecodeKey(token)
	if err != nil {
		return token
	}
	return text
}
