// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"encoding/xml"
	"math"
	"os"
	"testing"
	"time"
)

func makeCallBody(tb testing.TB) []byte {
	tb.Helper()
	body, err := os.ReadFile("testdata/makecall.xml")
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

func deliveredEvent() *DeliveredEvent {
	return &DeliveredEvent{
		MonitorCrossRefID:   "4711",
		Connection:          ConnectionID{CallID: "17", DeviceID: DeviceID{Text: "tel:1002;phone-context=dialstring"}},
		AlertingDevice:      Subject(DeviceID{Text: "tel:1002;phone-context=dialstring"}),
		CallingDevice:       Subject(DeviceID{Text: "tel:1001;phone-context=dialstring"}),
		CalledDevice:        Subject(DeviceID{Text: "tel:1002;phone-context=dialstring"}),
		LocalConnectionInfo: LocalConnectionStateAlerting,
		Cause:               EventCauseNewCall,
	}
}

func readMakeCall(b *testing.B, body []byte) {
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		document, err := Read(body, ReadOptions{})
		if err != nil || document.Message.(*MakeCall).AutoOriginate != AutoOriginateDoNotPrompt {
			b.Fatal(document, err)
		}
	}
}

// xmlMakeCall is MakeCall for encoding/xml, child by child.
type xmlMakeCall struct {
	XMLName                  xml.Name
	CallingDevice            xmlDevice       `xml:"callingDevice"`
	CalledDirectoryNumber    xmlDevice       `xml:"calledDirectoryNumber"`
	AccountCode              string          `xml:"accountCode"`
	AuthCode                 string          `xml:"authCode"`
	AutoOriginate            AutoOriginate   `xml:"autoOriginate"`
	CorrelatorData           *xmlPrivateData `xml:"correlatorData"`
	UserData                 *xmlPrivateData `xml:"userData"`
	CallCharacteristics      *xmlRaw         `xml:"callCharacteristics"`
	MediaCallCharacteristics *xmlRaw         `xml:"mediaCallCharacteristics"`
	CallingConnectionInfo    *xmlRaw         `xml:"callingConnectionInfo"`
	SubjectOfCall            string          `xml:"subjectOfCall"`
	LanguagePreferences      *xmlRaw         `xml:"languagePreferences"`
	Reason                   EventCause      `xml:"reason"`
	Extensions               *xmlExtensions  `xml:"extensions"`
}

type xmlDevice struct {
	Text         string `xml:",chardata"`
	TypeOfNumber string `xml:"typeOfNumber,attr"`
	MediaClass   string `xml:"mediaClass,attr"`
	BitRate      string `xml:"bitRate,attr"`
}

type xmlRaw struct {
	Content string `xml:",innerxml"`
}

type xmlPrivateData struct {
	Private *xmlRaw `xml:"private"`
	String  string  `xml:"string"`
}

type xmlExtensions struct {
	Security    *xmlRaw          `xml:"security"`
	PrivateData []xmlPrivateData `xml:"privateData"`
}

func readMakeCallEncodingXML(b *testing.B, body []byte) {
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		var call xmlMakeCall
		if err := xml.Unmarshal(body, &call); err != nil || call.AutoOriginate != "doNotPrompt" {
			b.Fatal(call, err)
		}
	}
}

func BenchmarkReadMakeCall(b *testing.B) { readMakeCall(b, makeCallBody(b)) }

func BenchmarkReadMakeCallEncodingXML(b *testing.B) { readMakeCallEncodingXML(b, makeCallBody(b)) }

// BenchmarkReadRatio reads the same body with both readers in turn, in rounds
// of about the same length, and reports how many times faster Read is. It takes
// the best round of each, which other load on the machine disturbs least. It
// fails below ten.
func BenchmarkReadRatio(b *testing.B) {
	const rounds, times = 100, 10
	body := makeCallBody(b)
	ours, theirs := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	best := func(shortest *time.Duration, n int, read func() error) {
		start := time.Now()
		for range n {
			if err := read(); err != nil {
				b.Fatal(err)
			}
		}
		*shortest = min(*shortest, time.Since(start)/time.Duration(n))
	}
	for b.Loop() {
		for range rounds {
			best(&ours, 10*times, func() error {
				_, err := Read(body, ReadOptions{})
				return err
			})
			best(&theirs, times, func() error {
				var call xmlMakeCall
				return xml.Unmarshal(body, &call)
			})
		}
	}
	ratio := float64(theirs) / float64(ours)
	b.ReportMetric(ratio, "times-faster")
	b.ReportMetric(float64(ours), "ns/read")
	if ratio < 10 {
		b.Errorf("Read takes %v, encoding/xml %v: only %.1f times faster", ours, theirs, ratio)
	}
}

func BenchmarkReadDeliveredEvent(b *testing.B) {
	body := Append(nil, deliveredEvent(), Edition3)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(body, ReadOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendDeliveredEvent(b *testing.B) {
	event := deliveredEvent()
	b.ReportAllocs()
	for b.Loop() {
		Append(nil, event, Edition3)
	}
}

func BenchmarkAppendDeliveredEventReusing(b *testing.B) {
	event := deliveredEvent()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = Append(buf[:0], event, Edition3)
	}
}

// BenchmarkFanOut encodes one event once for 100 monitors.
func BenchmarkFanOut(b *testing.B) {
	event := deliveredEvent()
	var buf, out []byte
	var at int
	b.ReportAllocs()
	for b.Loop() {
		buf, at = AppendEvent(buf[:0], event, Edition3)
		for range 100 {
			out = append(out[:0], buf[:at]...)
			out = AppendEscaped(out, "4711")
			out = append(out, buf[at:]...)
		}
	}
}
