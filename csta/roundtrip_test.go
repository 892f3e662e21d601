// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"fmt"
	"reflect"
	"testing"
)

// filler fills every field of a message with values that differ.
type filler struct {
	facts   schemaFacts
	edition Edition
	n       int
}

func (f *filler) text() string {
	f.n++
	return fmt.Sprintf("%04x", f.n)
}

func (f *filler) fill(v reflect.Value) {
	switch target := v.Addr().Interface().(type) {
	case *RawXML:
		*target = RawXML(fmt.Sprintf(`<x:a xmlns:x="urn:x" x:b='"'>%s &amp; <![CDATA[<]]></x:a> <!-- c --> <b/>`, f.text()))
		return
	case *SubjectDeviceID:
		f.n++
		target.Kind = PartyKind(f.n % 3)
		if target.Kind == PartyIdentified {
			f.fill(reflect.ValueOf(&target.Device).Elem())
		}
		return
	case *RedirectionDeviceID:
		f.n++
		target.Kind = RedirectionKind(f.n % 5)
		if target.Kind == RedirectionNumberDialed {
			f.fill(reflect.ValueOf(&target.Device).Elem())
		}
		return
	case *TypeOfNumber:
		*target = TypeOfNumberExplicitPublicInternational
		return
	case *Flags:
		target.Set("b"+f.text(), true)
		target.Set("a"+f.text(), false)
		return
	case *CapabilityList:
		target.Add("makeCall", "prompt", "doNotPrompt")
		target.Add("answerCall")
		return
	case *PrivateDataList:
		*target = PrivateDataList{{Private: RawXML("<a>" + f.text() + "</a>")}, {String: f.text()}}
		return
	case *CSTAErrorCode:
		*target = *NewError(StateIncompatibilityNoActiveCall)
		return
	case *Destinations:
		*target = Destinations{{Text: f.text()}}
		if f.edition == Edition6 {
			*target = append(*target, DeviceID{Text: f.text()})
		}
		return
	}
	if value, ok := f.facts.enums[v.Type().Name()]; ok && v.Kind() == reflect.String {
		v.SetString(value)
		return
	}
	f.fillKind(v)
}

func (f *filler) fillKind(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		f.n++
		v.SetInt(int64(f.n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.Struct:
		f.n++
		name, alternative := v.Type().Name(), f.n%v.NumField()
		for i := range v.NumField() {
			if f.facts.choices[name] && i != alternative {
				continue
			}
			if f.edition.shape() < f.facts.since[name+"."+v.Type().Field(i).Name] {
				continue
			}
			f.fill(v.Field(i))
		}
	default:
		panic("cannot fill " + v.Type().String())
	}
}

// TestEveryMessageRoundTrips fills every child of every message, writes it,
// reads it back strictly and compares. Strict reading checks order and values
// too. Three rounds turn to other alternatives of the choices.
func TestEveryMessageRoundTrips(t *testing.T) {
	facts := loadSchemaFacts(t)
	for _, edition := range []Edition{EditionNone, Edition3, Edition6} {
		for round := range 3 {
			f := &filler{facts: facts, edition: edition, n: round}
			for _, element := range Elements() {
				message := NewMessage(element)
				f.n += round
				f.fill(reflect.ValueOf(message).Elem())
				body := Append(nil, message, edition)
				document, err := Read(body, ReadOptions{Strict: true, Limits: Limits{MaxBytes: 1 << 20}})
				if err != nil {
					t.Fatalf("%s in %s: %v\n%s", element, edition, err, body)
				}
				if !reflect.DeepEqual(document.Message, message) {
					t.Fatalf("%s in %s came back as\n%s\ninstead of\n%s", element, edition, Append(nil, document.Message, edition), body)
				}
				want := edition
				if _, session := message.(sessionMessage); session && edition != EditionNone {
					want = DefaultEdition
				}
				if document.Edition != want || document.Encoding != "UTF-8" {
					t.Errorf("%s: edition %s, encoding %q", element, document.Edition, document.Encoding)
				}
			}
		}
	}
}

// TestEmptyMessagesRoundTrip writes every message as it is created: required
// children only, all empty.
func TestEmptyMessagesRoundTrip(t *testing.T) {
	for _, element := range Elements() {
		message := NewMessage(element)
		if message.Element() != element {
			t.Errorf("NewMessage(%q) is a %s", element, message.Element())
		}
		once := Append(nil, message, Edition6)
		document, err := Read(once, ReadOptions{})
		var value *ValueError
		if err != nil && !asError(err, &value) {
			t.Errorf("%s: %v\n%s", element, err, once)
			continue
		}
		if twice := Append(nil, document.Message, Edition6); string(twice) != string(once) {
			t.Errorf("%s came back as\n%s\ninstead of\n%s", element, twice, once)
		}
	}
}

func TestEventsCanBeSharedBetweenMonitors(t *testing.T) {
	events := 0
	for _, element := range Elements() {
		message := NewMessage(element)
		event, ok := message.(Event)
		if ok != (message.Kind() == KindEvent) {
			t.Errorf("%s: kind and type do not agree", element)
		}
		if !ok {
			continue
		}
		events++
		event.SetCrossRef("a<b")
		want := Append(nil, event, Edition3)
		event.SetCrossRef("other")
		shared, at := AppendEvent([]byte("x"), event, Edition3)
		got := append([]byte{}, shared[1:at]...)
		got = AppendEscaped(got, "a<b")
		got = append(got, shared[at:]...)
		if string(got) != string(want) {
			t.Errorf("%s shared is\n%s\ninstead of\n%s", element, got, want)
		}
		if event.CrossRef() != "other" {
			t.Errorf("%s was changed by AppendEvent", element)
		}
		group, name := event.FilterBit()
		var filter MonitorFilter
		if filter.Excludes(event) {
			t.Errorf("%s is excluded by an empty filter", element)
		}
		filter.Exclude(event)
		if !filter.Excludes(event) || !filter.ExcludesBit(group, name) {
			t.Errorf("%s is not excluded by its bit %s/%s", element, group, name)
		}
	}
	if events < 35 {
		t.Errorf("only %d events", events)
	}
}
