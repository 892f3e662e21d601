// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	configv1 "offhook.dev/proto/offhook/config/v1"
	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/linefeatures"
	"offhook.dev/services/targetconfig"
)

// features are the feature settings of a target's lines, which the call model
// reads, with what is known of their records. They belong to the target's
// goroutine.
type features struct {
	target   *target
	settings *linefeatures.Settings
	records  *featureRecords
	// queued are the records as they were stored or queued last, where there is
	// one.
	queued map[callmodel.DeviceID]*statev1.LineFeatures
}

func newFeatures(t *target) *features {
	return &features{
		target: t, settings: linefeatures.New(t.name), records: newFeatureRecords(t.name, t.options),
		queued: make(map[callmodel.DeviceID]*statev1.LineFeatures),
	}
}

// modelFeatures are the settings as the call model asks for them.
type modelFeatures struct {
	*linefeatures.Settings
	target *target
}

// DoNotDisturb is whether calls to a line are refused. Where Skinny phones are
// to be silent instead, calls come to them.
func (f modelFeatures) DoNotDisturb(line callmodel.DeviceID) bool {
	return f.Settings.DoNotDisturb(line) && !f.target.ringsSilently(string(line))
}

// ringsSilently tells whether do not disturb silences the phones of a line: all
// of them are Skinny phones, and the target says so.
func (t *target) ringsSilently(number string) bool {
	line, known := t.config.Line(number)
	if !known || len(line.Devices) == 0 || !t.config.Config.GetDriver().GetSkinny().GetDndSilent() {
		return false
	}
	return !slices.ContainsFunc(line.Devices, func(device *targetconfig.Device) bool { return device.GetSkinny() == nil })
}

// restore takes over what was set while others owned the target. Call it once,
// after the first configure and before run. Records of lines that there are no
// more are deleted.
func (f *features) restore(ctx context.Context) error {
	restored, err := f.records.load(ctx)
	if err != nil {
		return err
	}
	for _, record := range restored {
		line := callmodel.DeviceID(record.GetLine())
		f.queued[line] = record
		if !f.settings.Restore(record) {
			f.keep(line)
		}
	}
	return nil
}

// configure applies a configuration, and gives what it changed of lines that
// were there before.
func (f *features) configure(config *targetconfig.Target, set callmodel.SetLines) []linefeatures.Change {
	lines := make([]*configv1.Line, len(config.Lines))
	for i, line := range config.Lines {
		lines[i] = line.Line
	}
	changes, gone := f.settings.Configure(linefeatures.Config{
		Lines: lines, Plan: set.Plan, Trunk: set.Trunk != "", ParkSlots: set.ParkSlots,
	})
	for _, line := range gone {
		f.keep(line)
	}
	return changes
}

// reconfigureFeatures applies a configuration to a target that runs. What it
// gives tells of the changes, once the call model has the configuration too.
func (t *target) reconfigureFeatures(set callmodel.SetLines) (tell func()) {
	changes := t.features.configure(t.config, set)
	return func() {
		for _, change := range changes {
			t.tell(string(change.Line), configuredEvents(change, t.features.settings)...)
			t.step(callmodel.FeaturesChanged{Line: change.Line})
		}
	}
}

// set changes a setting of a line: it acts at once, its record is written
// later, and monitors and the call model are told if it gives events.
func (f *features) set(line string, set func(*linefeatures.Settings) ([]*ctiv1.Event, *callmodel.Error)) *callmodel.Error {
	events, refusal := set(f.settings)
	if refusal != nil {
		return refusal
	}
	f.keep(callmodel.DeviceID(line))
	if len(events) > 0 {
		f.target.tell(line, events...)
		f.target.step(callmodel.FeaturesChanged{Line: callmodel.DeviceID(line)})
	}
	return nil
}

// keep queues the record of a line if it is not as it was.
func (f *features) keep(line callmodel.DeviceID) {
	record := f.settings.Record(line)
	if proto.Equal(f.queued[line], record) {
		return
	}
	if record == nil {
		delete(f.queued, line)
	} else {
		f.queued[line] = record
	}
	f.records.put(string(line), record)
}

// hasPhone tells whether a phone of a line is registered.
func (t *target) hasPhone(line string) bool {
	return slices.ContainsFunc(t.driver.Registrations(), func(phone *phonecontrolv1.Registration) bool {
		return phone.GetLine() == line
	})
}
