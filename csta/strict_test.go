// SPDX-License-Identifier: Apache-2.0

package csta

import "testing"

// TestStrictNamesTheFirstOffence: path, name and reason of the first child
// that is not as the schema wants it. Tolerant reading takes all of them.
func TestStrictNamesTheFirstOffence(t *testing.T) {
	const ed3 = `xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed3"`
	const call = `<callingDevice>1</callingDevice><calledDirectoryNumber>2</calledDirectoryNumber>`
	tests := []struct{ name, body, path, child, reason string }{
		{"order", `<MakeCall ` + ed3 + `><calledDirectoryNumber>2</calledDirectoryNumber><callingDevice>1</callingDevice><autoOriginate/></MakeCall>`,
			"MakeCall", "callingDevice", "out of order"},
		{"nested order", `<AnswerCall ` + ed3 + `><callToBeAnswered><deviceID>1</deviceID><callID>2</callID></callToBeAnswered></AnswerCall>`,
			"AnswerCall/callToBeAnswered", "callID", "out of order"},
		{"twice", `<MakeCall ` + ed3 + `>` + call + `<calledDirectoryNumber>3</calledDirectoryNumber></MakeCall>`,
			"MakeCall", "calledDirectoryNumber", "given twice"},
		{"unknown", `<MakeCall ` + ed3 + `>` + call + `<prompt/></MakeCall>`, "MakeCall", "prompt", "not a child of this element"},
		{"vendor", `<MakeCall ` + ed3 + ` xmlns:v="urn:v">` + call + `<v:autoOriginate/></MakeCall>`, "MakeCall", "autoOriginate", "not a child of this element"},
		{"other edition inside", `<MakeCall ` + ed3 + `><callingDevice xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed4"/><calledDirectoryNumber/></MakeCall>`,
			"MakeCall", "callingDevice", "not a child of this element"},
		{"later edition", `<MakeCall ` + ed3 + `>` + call + `<reason>normal</reason></MakeCall>`, "MakeCall", "reason", "not in ed3"},
		{"stray text", `<MakeCall ` + ed3 + `>hello` + call + `</MakeCall>`, "MakeCall", "", "text between elements"},
		{"element in text", `<MakeCall ` + ed3 + `><callingDevice>1<b/></callingDevice><calledDirectoryNumber/></MakeCall>`,
			"MakeCall/callingDevice", "b", "element inside a text"},
		{"two alternatives", `<MonitorStart ` + ed3 + `><monitorObject><deviceObject>1</deviceObject><callObject/></monitorObject></MonitorStart>`,
			"MonitorStart/monitorObject", "", "not exactly one alternative"},
		{"no alternative", `<MonitorStart ` + ed3 + `><monitorObject/></MonitorStart>`, "MonitorStart/monitorObject", "", "not exactly one alternative"},
		{"two parties", `<CallBackEvent ` + ed3 + `><monitorCrossRefID>1</monitorCrossRefID><originatingDevice><notKnown/><restricted/></originatingDevice><targetDevice><notKnown/></targetDevice><callBackSetCanceled>true</callBackSetCanceled></CallBackEvent>`,
			"CallBackEvent/originatingDevice", "restricted", "not one alternative"},
		{"stray text in flags", `<MonitorStart ` + ed3 + `><monitorObject><deviceObject/></monitorObject><requestedMonitorFilter><voice>x</voice></requestedMonitorFilter></MonitorStart>`,
			"MonitorStart/requestedMonitorFilter/voice", "", "text between elements"},
		{"text in an empty element", `<CallBackEvent ` + ed3 + `><monitorCrossRefID>1</monitorCrossRefID><originatingDevice><notKnown>x</notKnown></originatingDevice><targetDevice><notKnown/></targetDevice><callBackSetCanceled>true</callBackSetCanceled></CallBackEvent>`,
			"CallBackEvent/originatingDevice/notKnown", "", "text in an empty element"},
		{"namespace", `<MakeCall xmlns="urn:x">` + call + `</MakeCall>`, "", "MakeCall", "not in a namespace of ECMA-323 or ECMA-354"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read([]byte(test.body), ReadOptions{Strict: true})
			var offence *StrictError
			if !asError(err, &offence) || offence.Path != test.path || offence.Child != test.child || offence.Reason != test.reason {
				t.Errorf("got %v", err)
			}
			if document, err := Read([]byte(test.body), ReadOptions{}); err != nil {
				t.Errorf("tolerant reading: %v, %v", document.Message, err)
			}
		})
	}
}

func TestStrictChecksValues(t *testing.T) {
	tests := []struct{ body, path, want string }{
		{`<MakeCall><callingDevice>1</callingDevice><calledDirectoryNumber>2</calledDirectoryNumber><autoOriginate>maybe</autoOriginate></MakeCall>`,
			"MakeCall/autoOriginate", "a value of AutoOriginate"},
		{`<CSTAErrorCode><operation>noSuchThing</operation></CSTAErrorCode>`, "CSTAErrorCode/operation", "a value of the category"},
		{`<MakeCall><callingDevice>1</callingDevice><calledDirectoryNumber>2</calledDirectoryNumber><accountCode>abc</accountCode></MakeCall>`,
			"MakeCall/accountCode", "hexBinary"},
	}
	for _, test := range tests {
		_, err := Read([]byte(test.body), ReadOptions{Strict: true})
		var value *ValueError
		if !asError(err, &value) || value.Path != test.path || value.Want != test.want {
			t.Errorf("%s: %v", test.body, err)
		}
		if _, err := Read([]byte(test.body), ReadOptions{}); err != nil {
			t.Errorf("tolerant reading of %s: %v", test.body, err)
		}
	}
}

// TestMissingChildComesWithTheRest: tolerant reading gives what there is.
func TestMissingChildComesWithTheRest(t *testing.T) {
	body := []byte(`<HeldEvent><cause>normal</cause><heldConnection><callID>7</callID></heldConnection></HeldEvent>`)
	document, err := Read(body, ReadOptions{})
	var missing *MissingChildError
	if !asError(err, &missing) || missing.Path != "HeldEvent" || missing.Child != "monitorCrossRefID" || missing.Offset != len(body) {
		t.Fatalf("error %v", err)
	}
	event, ok := document.Message.(*HeldEvent)
	if !ok || event.Cause != EventCauseNormal || event.HeldConnection.CallID != "7" {
		t.Errorf("message %+v", document.Message)
	}
	if _, err := Read(body, ReadOptions{Strict: true}); err == nil {
		t.Error("strict reading takes it")
	}
}
