// SPDX-License-Identifier: Apache-2.0

package permitted

import (
	"slices"
	"strings"
	"testing"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"

	"offhook.dev/csta"
)

func TestEveryPermittedServiceIsWritten(t *testing.T) {
	var all uint64
	for value, name := range ctiv1.PermittedService_name {
		if value == 0 {
			continue
		}
		all |= 1 << value
		services := Services(1 << value)
		written := append(slices.Clone(services.CallControlServices), services.CallAssociatedServices...)
		if len(written) != 1 || !written[0].Value {
			t.Fatalf("%s is written as %v", name, written)
		}
		want := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "PERMITTED_SERVICE_"), "_", ""))
		if got := strings.ToLower(written[0].Name); got != want && got+"call" != want {
			t.Errorf("%s is written as %s", name, written[0].Name)
		}
	}
	services := Services(all | 1 | 1<<63)
	if !slices.IsSortedFunc(services.CallControlServices, func(a, b csta.Flag) int { return strings.Compare(a.Name, b.Name) }) {
		t.Errorf("not in alphabetical order: %v", services.CallControlServices)
	}
	if got := len(services.CallControlServices) + len(services.CallAssociatedServices); got != len(ctiv1.PermittedService_name)-1 {
		t.Errorf("%d services are written of %d", got, len(ctiv1.PermittedService_name)-1)
	}
	if nothing := Services(0); nothing == nil || len(nothing.CallControlServices) != 0 || nothing.CallControlServices == nil || nothing.VoiceServices == nil {
		t.Errorf("nothing permitted is written as %+v", nothing)
	}
}
