// SPDX-License-Identifier: Apache-2.0

package csta_test

import (
	"errors"
	"fmt"
	"os"

	"offhook.dev/csta"
)

// A request is read, whatever edition and prefix it uses, and answered in the
// same edition.
func Example() {
	body := []byte(`<?xml version="1.0"?>
		<c:MakeCall xmlns:c="http://www.ecma-international.org/standards/ecma-323/csta/ed4">
			<c:callingDevice>tel:1001</c:callingDevice>
			<c:calledDirectoryNumber>tel:1002</c:calledDirectoryNumber>
			<c:autoOriginate>doNotPrompt</c:autoOriginate>
		</c:MakeCall>`)
	document, err := csta.Read(body, csta.ReadOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	switch request := document.Message.(type) {
	case *csta.MakeCall:
		fmt.Println("call from", request.CallingDevice.Text, "to", request.CalledDirectoryNumber.Text)
		response := &csta.MakeCallResponse{CallingDevice: csta.ConnectionID{CallID: "17", DeviceID: request.CallingDevice}}
		os.Stdout.Write(csta.Append(nil, response, document.Edition))
	default:
		fmt.Println("cannot do", document.Message.Element())
	}
	// Output:
	// call from tel:1001 to tel:1002
	// <?xml version="1.0" encoding="UTF-8"?><MakeCallResponse xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed4"><callingDevice><callID>17</callID><deviceID>tel:1001</deviceID></callingDevice></MakeCallResponse>
}

// An event is encoded once and reported to many monitors.
func ExampleAppendEvent() {
	event := &csta.DoNotDisturbEvent{Device: csta.Subject(csta.DeviceID{Text: "1001"}), DoNotDisturbOn: true}
	encoded, at := csta.AppendEvent(nil, event, csta.EditionNone)
	for _, monitor := range []csta.MonitorCrossRefID{"1", "2"} {
		out := append([]byte{}, encoded[:at]...)
		out = csta.AppendEscaped(out, string(monitor))
		out = append(out, encoded[at:]...)
		fmt.Println(string(out[len(`<?xml version="1.0" encoding="UTF-8"?>`):]))
	}
	// Output:
	// <DoNotDisturbEvent><monitorCrossRefID>1</monitorCrossRefID><device><deviceIdentifier>1001</deviceIdentifier></device><doNotDisturbOn>true</doNotDisturbOn></DoNotDisturbEvent>
	// <DoNotDisturbEvent><monitorCrossRefID>2</monitorCrossRefID><device><deviceIdentifier>1001</deviceIdentifier></device><doNotDisturbOn>true</doNotDisturbOn></DoNotDisturbEvent>
}

// What cannot be read has an answer of its own where CSTA has one.
func ExampleErrorCodeFor() {
	for _, body := range []string{"<MakeCoffee/>", "<MakeCall><callingDevice>1001</callingDevice></MakeCall>", "<MakeCall>"} {
		_, err := csta.Read([]byte(body), csta.ReadOptions{})
		if code, ok := csta.ErrorCodeFor(err); ok {
			fmt.Println("200 with", code.Error())
			continue
		}
		var syntax *csta.SyntaxError
		fmt.Println("400:", errors.As(err, &syntax))
	}
	// Output:
	// 200 with csta: operation/serviceNotSupported
	// 200 with csta: operation/invalidParameterValue
	// 400: true
}
