// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SetDefaults fills what the manifest leaves out.
func (t *CMETarget) SetDefaults() {
	spec := &t.Spec
	if spec.SIP.Realm == "" {
		spec.SIP.Realm = "offhook"
		for _, domain := range spec.SIP.Domains {
			if domain != "*" {
				spec.SIP.Realm = domain
				break
			}
		}
	}
	if spec.Driver.Type == "" {
		spec.Driver.Type = DriverSIPLine
	}
	switch spec.Driver.Type {
	case DriverSIPLine:
		if spec.Driver.SIPLine == nil {
			spec.Driver.SIPLine = &SIPLineDriver{}
		}
		line := spec.Driver.SIPLine
		setDuration(&line.MinRegistrationExpiry, time.Minute)
		setDuration(&line.DefaultRegistrationExpiry, 10*time.Minute)
		setDuration(&line.MaxRegistrationExpiry, time.Hour)
		setDuration(&line.NoAnswerTimeout, 3*time.Minute)
		setDuration(&line.PromptTimeout, 30*time.Second)
	case DriverSimulated:
		if spec.Driver.Simulated == nil {
			spec.Driver.Simulated = &SimulatedDriver{}
		}
		simulated := spec.Driver.Simulated
		set(&simulated.AutoAnswer, true)
		setDuration(&simulated.AnswerAfter, 0)
		setDuration(&simulated.NoAnswerTimeout, 3*time.Minute)
		setDuration(&simulated.PromptTimeout, 30*time.Second)
	}
	if spec.CSTA.Mode == "" {
		spec.CSTA.Mode = CSTAModeAdvanced
	}
	setDuration(&spec.CSTA.SessionExpires, 30*time.Minute)
	setDuration(&spec.CSTA.MinSE, 90*time.Second)
	set(&spec.Limits.Sessions, 10000)
	set(&spec.Limits.MonitorsPerLine, 1000)
	set(&spec.Limits.CallsPerLine, 4)
	set(&spec.Limits.Calls, 10000)
}

// SetDefaults fills what the manifest leaves out.
func (l *Line) SetDefaults() {
	set(&l.Spec.Watch, true)
	set(&l.Spec.Control, true)
	for i := range l.Spec.Devices {
		if sip := l.Spec.Devices[i].SIP; sip != nil {
			if sip.Username == "" {
				sip.Username = l.Spec.Number
			}
			if sip.Answer == "" {
				sip.Answer = AnswerAuto
			}
			sip.PasswordSecretRef.setDefaults()
		}
	}
}

// SetDefaults fills what the manifest leaves out.
func (u *CTIUser) SetDefaults() {
	if u.Spec.User == "" {
		u.Spec.User = u.Name
	}
	u.Spec.PasswordSecretRef.setDefaults()
	set(&u.Spec.Limits.Sessions, 10)
	set(&u.Spec.Limits.Monitors, 1000)
}

func (r *SecretKeyReference) setDefaults() {
	if r.Key == "" {
		r.Key = "password"
	}
}

func set[T any](field **T, value T) {
	if *field == nil {
		*field = &value
	}
}

func setDuration(field **metav1.Duration, value time.Duration) {
	set(field, metav1.Duration{Duration: value})
}
