// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"fmt"
	"slices"

	"offhook.dev/operator/api/v1alpha1"
)

// skinnyPhones are the Skinny phones of a folder by their device names.
type skinnyPhones map[string]*skinnyPhone

type skinnyPhone struct {
	// target and line that named it first.
	target, line string
	model        string
	// buttons are what each button is used for.
	buttons map[int32]string
}

// resolveSkinny puts phones together from the lines that name them: a phone is
// one target's, has one model, and each button has one meaning.
func (r *reader) resolveSkinny(known numbers) {
	served := r.lineSides()
	phones := make(skinnyPhones)
	taken := make(map[lineKey]string)
	for _, line := range r.lines {
		spec := line.value.Spec
		for i, device := range spec.Devices {
			path := fmt.Sprintf("spec.devices[%d].", i)
			sides, seen := served[spec.Target]
			if device.SIP != nil && seen && !sides.sip {
				r.unresolved(v1alpha1.ReasonConflict, line.object, path+"sip", fmt.Sprintf("target %s has no SIP phones; set its spec.driver.type to sipLine", spec.Target))
			}
			if device.Skinny == nil {
				continue
			}
			if seen && !sides.skinny {
				r.unresolved(v1alpha1.ReasonConflict, line.object, path+"skinny", fmt.Sprintf("target %s has no Skinny phones; add skinny: {} to its spec.driver", spec.Target))
			}
			if device.Skinny.DeviceName() != "" && line.sound("spec.target", path+"skinny.mac") {
				r.resolveSkinnyDevice(line, path+"skinny", device.Skinny, phones)
				taken[lineKey{spec.Target, spec.Number}] = line.name
			}
		}
	}
	r.resolveAutoAssign(known, taken)
}

// lineSide is what kinds of phones a target serves.
type lineSide struct{ sip, skinny bool }

func (r *reader) lineSides() map[string]lineSide {
	served := make(map[string]lineSide, len(r.targets))
	for _, target := range r.targets {
		if !target.sound("spec.driver.type", "spec.driver.skinny") {
			continue
		}
		driver := target.value.Spec.Driver
		served[target.name] = lineSide{sip: driver.Type != v1alpha1.DriverSkinny, skinny: driver.HasSkinny()}
	}
	return served
}

func (r *reader) resolveSkinnyDevice(line loaded[*v1alpha1.Line], path string, device *v1alpha1.SkinnyDevice, phones skinnyPhones) {
	name := device.DeviceName()
	phone, met := phones[name]
	if !met {
		phone = &skinnyPhone{target: line.value.Spec.Target, line: line.name, buttons: make(map[int32]string)}
		phones[name] = phone
	}
	if phone.target != line.value.Spec.Target {
		r.unresolved(v1alpha1.ReasonConflict, line.object, path+".mac", fmt.Sprintf("%s is a phone of line %s of target %s already; a phone belongs to one target", name, phone.line, phone.target))
		return
	}
	switch {
	case device.Model == "" || phone.model == device.Model:
	case phone.model == "":
		phone.model = device.Model
	default:
		r.unresolved(v1alpha1.ReasonConflict, line.object, path+".model", fmt.Sprintf("%s is a %s for another line already; write the same model, or leave it out", name, phone.model))
	}
	// Buttons that one device names twice are its own fault.
	own := make(map[int32]bool)
	use := func(button int32, path, meaning string) {
		if other, used := phone.buttons[button]; used && !own[button] {
			r.unresolved(v1alpha1.ReasonConflict, line.object, path, fmt.Sprintf("button %d of %s is %s already; write another", button, name, other))
		} else if !used {
			phone.buttons[button] = meaning
		}
		own[button] = true
	}
	use(*device.Button, path+".button", "line "+line.name)
	for i, button := range device.Buttons {
		use(button.Button, fmt.Sprintf("%s.buttons[%d].button", path, i), fmt.Sprintf("a %s button of line %s", button.Type, line.name))
	}
}

// resolveAutoAssign checks the lines that unknown phones are given. The phones
// that lines have are taken by target and number.
func (r *reader) resolveAutoAssign(known numbers, taken map[lineKey]string) {
	for _, target := range r.targets {
		skinny := target.value.Spec.Driver.Skinny
		if skinny == nil {
			continue
		}
		for i, number := range skinny.AutoAssign {
			path := fmt.Sprintf("spec.driver.skinny.autoAssign[%d]", i)
			key := lineKey{target.name, number}
			owner, exists := known.lines[key]
			line, hasPhone := taken[key]
			switch {
			case !exists && !known.unsure && target.sound(path):
				r.unresolved(v1alpha1.ReasonLineNotFound, target.object, path, fmt.Sprintf("line %s does not exist in this target; add a Line or correct the number", number))
			case hasPhone:
				r.unresolved(v1alpha1.ReasonConflict, target.object, path, fmt.Sprintf("line %s has a Skinny phone of its own; remove it from autoAssign or from the line's devices", line))
			case exists && r.routeing(owner):
				r.unresolved(v1alpha1.ReasonConflict, target.object, path, fmt.Sprintf("line %s is of kind routeing, which has no phones; name another", owner))
			}
		}
	}
}

func (r *reader) routeing(line string) bool {
	return slices.ContainsFunc(r.lines, func(l loaded[*v1alpha1.Line]) bool {
		return l.name == line && l.value.Spec.Kind == v1alpha1.LineRouteing
	})
}
