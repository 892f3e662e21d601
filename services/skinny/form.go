// SPDX-License-Identifier: Apache-2.0

package skinny

// Versions from which phones are sent the dynamic forms of texts, of feature
// buttons, and of what they are.
const (
	versionDynamicFeatures Version = 15
	versionDynamicStat     Version = 17
)

// Form is a message in the form that phones of a version are sent: the dynamic
// one where there is one and the version has it, else as it is.
func (v Version) Form(m Message) Message {
	switch m := m.(type) {
	case *DisplayPromptStatus:
		if v >= versionDynamic {
			return &DisplayPromptStatusDynamic{*m}
		}
	case *DisplayNotify:
		if v >= versionDynamic {
			return &DisplayNotifyDynamic{*m}
		}
	case *CallInfo:
		if v >= versionDynamic {
			return &CallInfoDynamic{CallInfo: *m}
		}
	case *FeatureStat:
		if v >= versionDynamicFeatures {
			return &FeatureStatDynamic{*m}
		}
	case *LineStat:
		if v >= versionDynamicStat {
			return &LineStatDynamic{*m}
		}
	case *SpeedDialStat:
		if v >= versionDynamicStat {
			return &SpeedDialStatDynamic{*m}
		}
	case *ConfigStat:
		if v >= versionDynamicStat {
			return &ConfigStatDynamic{*m}
		}
	}
	return m
}
