// SPDX-License-Identifier: Apache-2.0

package skinny

import (
	"fmt"
	"net/netip"
	"reflect"
)

// samples are all messages, each field with a value of its own.
func samples() []Message {
	var all []Message
	for id := range ID(0x200) {
		m := newMessage(id)
		if _, unknown := m.(*Unknown); unknown {
			continue
		}
		next := 1
		fill(reflect.ValueOf(m).Elem(), &next)
		all = append(all, m)
	}
	return all
}

func fill(v reflect.Value, next *int) {
	n := *next
	*next++
	switch {
	case v.Type() == reflect.TypeFor[netip.Addr]():
		v.Set(reflect.ValueOf(netip.AddrFrom4([4]byte{192, 0, 2, byte(n)})))
	case v.Kind() == reflect.Struct:
		for _, field := range v.Fields() {
			fill(field, next)
		}
	case v.Kind() == reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), next)
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), next)
		}
	case v.Kind() == reflect.String:
		v.SetString(fmt.Sprintf("text%d", n))
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	default:
		v.SetUint(uint64(n % 200))
	}
}
