// SPDX-License-Identifier: Apache-2.0

package csta

// DeviceID names a device (ECMA-269 device identifier, ECMA-323 DeviceID): its
// text and the attributes that qualify it. Attributes left empty have the
// defaults of the schema, TypeOfNumberDialingNumber among them, and are not
// written. Attributes this type does not have are dropped. DeviceID is
// comparable.
type DeviceID struct {
	// Text is the identifier in whatever form the session uses, such as
	// "tel:1001;phone-context=dialstring" or "1001".
	Text string
	// TypeOfNumber says what kind of number Text is.
	TypeOfNumber TypeOfNumber
	// MediaClass lists media classes, separated by blanks ("voice").
	MediaClass string
	// BitRate is constant or variable.
	BitRate string
}

func (d *DeviceID) readContent(p *parser) {
	for i := range p.attributes.n {
		a := p.attributes.at(i)
		if a.prefix != "" {
			continue
		}
		switch a.local {
		case "typeOfNumber":
			d.TypeOfNumber = TypeOfNumber(a.value)
			p.known(d.TypeOfNumber.Known(), "@typeOfNumber", p.start, a.value, "a TypeOfNumber")
		case "mediaClass":
			d.MediaClass = a.value
		case "bitRate":
			d.BitRate = a.value
		}
	}
	d.Text = p.token()
}

func (d *DeviceID) appendTo(dst []byte, name string, _ Edition) []byte {
	dst = append(dst, '<')
	dst = append(dst, name...)
	if d.TypeOfNumber != "" {
		dst = appendAttribute(dst, "typeOfNumber", string(d.TypeOfNumber))
	}
	if d.MediaClass != "" {
		dst = appendAttribute(dst, "mediaClass", d.MediaClass)
	}
	if d.BitRate != "" {
		dst = appendAttribute(dst, "bitRate", d.BitRate)
	}
	dst = append(dst, '>')
	dst = AppendEscaped(dst, d.Text)
	return appendClose(dst, name)
}

// PartyKind says what an event knows about a device.
type PartyKind uint8

// The alternatives of a device in an event.
const (
	PartyNotKnown   PartyKind = iota // notKnown
	PartyIdentified                  // deviceIdentifier
	PartyRestricted                  // restricted: known, but not told
)

// SubjectDeviceID is a device in an event (ECMA-323 SubjectDeviceID,
// CallingDeviceID, CalledDeviceID and AssociatedDeviceID, which are alike). The
// zero value is notKnown.
type SubjectDeviceID struct {
	Kind PartyKind
	// Device counts if Kind is PartyIdentified.
	Device DeviceID
}

// Subject returns an identified device for an event.
func Subject(device DeviceID) SubjectDeviceID {
	return SubjectDeviceID{Kind: PartyIdentified, Device: device}
}

func (s *SubjectDeviceID) readContent(p *parser) {
	switch name, text := p.alternative(&s.Device); {
	case name == "deviceIdentifier":
		s.Kind = PartyIdentified
	case name == "restricted":
		s.Kind = PartyRestricted
	case name == "" && text != "":
		s.Kind, s.Device = PartyIdentified, DeviceID{Text: text}
	case p.strict && name != "notKnown" && p.err == nil:
		p.fail(&StrictError{Path: p.endedPath(), Child: name, Reason: "not deviceIdentifier, notKnown or restricted", Offset: p.pos})
	}
}

func (s *SubjectDeviceID) appendTo(dst []byte, name string, ed Edition) []byte {
	dst = appendOpen(dst, name)
	switch s.Kind {
	case PartyIdentified:
		dst = s.Device.appendTo(dst, "deviceIdentifier", ed)
	case PartyRestricted:
		dst = appendEmpty(dst, "restricted")
	default:
		dst = appendEmpty(dst, "notKnown")
	}
	return appendClose(dst, name)
}

// RedirectionKind says what an event knows about the last redirection.
type RedirectionKind uint8

// The alternatives of lastRedirectionDevice.
const (
	RedirectionNotRequired  RedirectionKind = iota // notRequired: there was none
	RedirectionNumberDialed                        // numberDialed
	RedirectionNotKnown                            // notKnown
	RedirectionNotSpecified                        // notSpecified
	RedirectionRestricted                          // restricted
)

// RedirectionDeviceID is the last device that redirected a call (ECMA-323
// RedirectionDeviceID). The zero value is notRequired.
type RedirectionDeviceID struct {
	Kind RedirectionKind
	// Device counts if Kind is RedirectionNumberDialed.
	Device DeviceID
}

// RedirectedBy returns a known last redirection device.
func RedirectedBy(device DeviceID) RedirectionDeviceID {
	return RedirectionDeviceID{Kind: RedirectionNumberDialed, Device: device}
}

func (r *RedirectionDeviceID) readContent(p *parser) {
	switch name, text := p.alternative(&r.Device); {
	case name == "numberDialed":
		r.Kind = RedirectionNumberDialed
	case name == "notKnown":
		r.Kind = RedirectionNotKnown
	case name == "notSpecified":
		r.Kind = RedirectionNotSpecified
	case name == "restricted":
		r.Kind = RedirectionRestricted
	case name == "" && text != "":
		r.Kind, r.Device = RedirectionNumberDialed, DeviceID{Text: text}
	case p.strict && name != "notRequired" && p.err == nil:
		p.fail(&StrictError{Path: p.endedPath(), Child: name, Reason: "not an alternative of RedirectionDeviceID", Offset: p.pos})
	}
}

func (r *RedirectionDeviceID) appendTo(dst []byte, name string, ed Edition) []byte { //nolint:unparam // generated code writes all types alike
	dst = appendOpen(dst, name)
	switch r.Kind {
	case RedirectionNumberDialed:
		dst = r.Device.appendTo(dst, "numberDialed", ed)
	case RedirectionNotKnown:
		dst = appendEmpty(dst, "notKnown")
	case RedirectionNotSpecified:
		dst = appendEmpty(dst, "notSpecified")
	case RedirectionRestricted:
		dst = appendEmpty(dst, "restricted")
	default:
		dst = appendEmpty(dst, "notRequired")
	}
	return appendClose(dst, name)
}

// alternative reads an element that holds one of several children, or, as some
// senders write, bare text. It gives the name of the first alternative, and the
// text; a child with text is read into device.
func (p *parser) alternative(device *DeviceID) (name, text string) {
	for {
		switch p.next() {
		case tokenStart:
			if p.foreign() || name != "" {
				if p.strict {
					p.offend("not one alternative")
				}
				p.skip()
				continue
			}
			name = p.local
			if name == "deviceIdentifier" || name == "numberDialed" {
				device.readContent(p)
			} else {
				p.present()
			}
		case tokenText:
			if text == "" {
				text = trim(p.text)
			}
			if p.strict && text != "" {
				p.fail(&StrictError{Path: p.path(), Reason: "text instead of an alternative", Offset: p.pos})
			}
		default:
			return name, text
		}
	}
}
