// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"strings"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/deviceid"
)

func callControlServices() map[string]service {
	list := func(l *csta.SupportedServices) *csta.CapabilityList { return &l.CallControlServList }
	return map[string]service{
		"MakeCall":        {serve: typed(makeCall), list: list, capability: "makeCall", audit: true},
		"DialDigits":      {serve: typed(dialDigits), list: list, capability: "dialDigits", audit: true},
		"AnswerCall":      {serve: typed(answerCall), list: list, capability: "answerCall", audit: true},
		"ClearConnection": {serve: typed(clearConnection), list: list, capability: "clearConnection", audit: true},
		"ClearCall":       {serve: typed(clearCall), list: list, capability: "clearCall", audit: true},
		"HoldCall":        {serve: typed(holdCall), list: list, capability: "holdCall", audit: true},
		"RetrieveCall":    {serve: typed(retrieveCall), list: list, capability: "retrieveCall", audit: true},
	}
}

// makeCall serves also calls without a called number, which DialDigits brings,
// and dial-via-office: the user's remote phone as calling device stands for
// the session's line.
func makeCall(ctx context.Context, s *Server, c *call, request *csta.MakeCall) (csta.Message, error) {
	calling, firstLeg, err := c.callingDevice(request.CallingDevice.Text)
	if err != nil {
		return nil, err
	}
	called := ""
	if text := request.CalledDirectoryNumber.Text; text != "" {
		if called, err = c.dialled(text, csta.OperationInvalidCalledDeviceID); err != nil {
			return nil, err
		}
	}
	c.called = called
	if err := checkCodes(request.AccountCode, request.AuthCode); err != nil {
		return nil, err
	}
	correlator, user, err := callData(request.CorrelatorData, request.UserData)
	if err != nil {
		return nil, err
	}
	prompt, err := autoOriginate(request.AutoOriginate)
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, calling.number, calling.written)
	s.learn(ctx, c, firstLeg, request.CallingDevice.Text)
	s.learn(ctx, c, called, request.CalledDirectoryNumber.Text)
	answer, err := c.phones.MakeCall(ctx, &phonecontrolv1.MakeCallRequest{
		Target:                c.target.Name,
		CallingDevice:         calling.number,
		CalledDirectoryNumber: called,
		AutoOriginate:         prompt,
		CorrelatorData:        correlator,
		UserData:              user,
		FirstLegNumber:        firstLeg,
	})
	if err != nil {
		return nil, err
	}
	c.callID = answer.GetCallingDevice().GetCallId()
	return &csta.MakeCallResponse{CallingDevice: c.connectionID(answer.GetCallingDevice(), calling)}, nil
}

// callingDevice is the line that calls, and the remote phone that stands for
// it; empty: the line's own phones.
func (c *call) callingDevice(text string) (calling device, firstLeg string, err error) {
	if text != "" && lineOf(c.target, text) == nil {
		if number := c.remoteNumber(text); number != "" {
			calling, err = c.lineWith(mayControl, "", roleCalling)
			return calling, number, err
		}
	}
	calling, err = c.lineWith(mayControl, text, roleCalling)
	return calling, "", err
}

// remoteNumber finds a device among the remote phones of the session's line,
// with and without the + of E.164.
func (c *call) remoteNumber(text string) string {
	parsed, err := deviceid.Parse(text)
	line, ok := c.target.Line(c.session.GetLine())
	if err != nil || !ok {
		return ""
	}
	for _, configured := range line.GetRemoteNumbers() {
		remote, err := deviceid.Parse(configured)
		if err == nil && strings.TrimPrefix(remote.Number, "+") == strings.TrimPrefix(parsed.Number, "+") {
			return remote.Number
		}
	}
	return ""
}

func autoOriginate(value csta.AutoOriginate) (phonecontrolv1.AutoOriginate, error) {
	switch value {
	case csta.AutoOriginateDoNotPrompt:
		return phonecontrolv1.AutoOriginate_AUTO_ORIGINATE_DO_NOT_PROMPT, nil
	case csta.AutoOriginatePrompt:
		return phonecontrolv1.AutoOriginate_AUTO_ORIGINATE_PROMPT, nil
	case "":
		return phonecontrolv1.AutoOriginate_AUTO_ORIGINATE_UNSPECIFIED, nil
	}
	return 0, ctierr.Operation(string(csta.OperationValueOutOfRange), "autoOriginate %q", value)
}

// maxDigits bounds the digits of one DialDigits or GenerateDigits.
const maxDigits = 128

// dialDigits takes digits as they are pressed, or any device text; ; behind digits
// tells that more are to come (ECMA-269 10.1.1).
func dialDigits(ctx context.Context, s *Server, c *call, request *csta.DialDigits) (csta.Message, error) {
	connection, err := s.connection(ctx, c, request.DiallingConnection, roleSubject)
	if err != nil {
		return nil, err
	}
	digits, goesOn := strings.CutSuffix(request.DiallingSequence, ";")
	if parsed, err := deviceid.Parse(digits); err == nil && !parsed.IsOwn() {
		digits = parsed.Number
	}
	if digits == "" || len(digits) > maxDigits || strings.Trim(digits, "0123456789*#+,ABCDabcd") != "" {
		return nil, ctierr.Operation(string(csta.OperationInvalidCalledDeviceID), "cannot dial %q", request.DiallingSequence)
	}
	c.called = digits
	if goesOn {
		digits += ";"
	}
	correlator, err := correlatorData(request.CorrelatorData)
	if err != nil {
		return nil, err
	}
	_, err = c.phones.DialDigits(ctx, &phonecontrolv1.DialDigitsRequest{
		Target: c.target.Name, DiallingConnection: connection, DiallingSequence: digits, CorrelatorData: correlator,
	})
	return &csta.DialDigitsResponse{}, err
}

func answerCall(ctx context.Context, s *Server, c *call, request *csta.AnswerCall) (csta.Message, error) {
	connection, err := s.connection(ctx, c, request.CallToBeAnswered, roleSubject)
	if err != nil {
		return nil, err
	}
	correlator, user, err := callData(request.CorrelatorData, request.UserData)
	if err != nil {
		return nil, err
	}
	_, err = c.phones.AnswerCall(ctx, &phonecontrolv1.AnswerCallRequest{
		Target: c.target.Name, CallToBeAnswered: connection, CorrelatorData: correlator, UserData: user,
	})
	return &csta.AnswerCallResponse{}, err
}

func clearConnection(ctx context.Context, s *Server, c *call, request *csta.ClearConnection) (csta.Message, error) {
	connection, err := s.farConnection(ctx, c, request.ConnectionToBeCleared)
	if err != nil {
		return nil, err
	}
	correlator, user, err := callData(request.CorrelatorData, request.UserData)
	if err != nil {
		return nil, err
	}
	reason, err := eventCause(request.Reason)
	if err != nil {
		return nil, err
	}
	_, err = c.phones.ClearConnection(ctx, &phonecontrolv1.ClearConnectionRequest{
		Target: c.target.Name, ConnectionToBeCleared: connection, CorrelatorData: correlator, UserData: user, Reason: reason,
	})
	return &csta.ClearConnectionResponse{}, err
}

func clearCall(ctx context.Context, s *Server, c *call, request *csta.ClearCall) (csta.Message, error) {
	connection, err := s.connection(ctx, c, request.CallToBeCleared, roleSubject)
	if err != nil {
		return nil, err
	}
	user, err := userData(request.UserData)
	if err != nil {
		return nil, err
	}
	reason, err := eventCause(request.Reason)
	if err != nil {
		return nil, err
	}
	_, err = c.phones.ClearCall(ctx, &phonecontrolv1.ClearCallRequest{
		Target: c.target.Name, CallToBeCleared: connection, UserData: user, Reason: reason,
	})
	return &csta.ClearCallResponse{}, err
}

// eventCause is the reason that an application gives, to be told in events.
func eventCause(reason csta.EventCause) (string, error) {
	if reason != "" && !reason.Known() {
		return "", ctierr.Operation(string(csta.OperationInvalidParameterValue), "reason %q", reason)
	}
	return string(reason), nil
}

func holdCall(ctx context.Context, s *Server, c *call, request *csta.HoldCall) (csta.Message, error) {
	connection, err := s.connection(ctx, c, request.CallToBeHeld, roleSubject)
	if err != nil {
		return nil, err
	}
	_, err = c.phones.HoldCall(ctx, &phonecontrolv1.HoldCallRequest{Target: c.target.Name, CallToBeHeld: connection})
	return &csta.HoldCallResponse{}, err
}

func retrieveCall(ctx context.Context, s *Server, c *call, request *csta.RetrieveCall) (csta.Message, error) {
	connection, err := s.connection(ctx, c, request.CallToBeRetrieved, roleSubject)
	if err != nil {
		return nil, err
	}
	_, err = c.phones.RetrieveCall(ctx, &phonecontrolv1.RetrieveCallRequest{Target: c.target.Name, CallToBeRetrieved: connection})
	return &csta.RetrieveCallResponse{}, err
}
