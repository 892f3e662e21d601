// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
)

func makeCall(ctx context.Context, s *Server, c *call, message csta.Message) (csta.Message, error) {
	request := message.(*csta.MakeCall)
	calling, err := c.controlled(request.CallingDevice.Text,
		string(csta.OperationInvalidCallingDeviceID), string(csta.OperationPrivilegeViolationCallingDevice))
	if err != nil {
		return nil, err
	}
	called, err := c.dialled(request.CalledDirectoryNumber.Text)
	if err != nil {
		return nil, err
	}
	c.called = called
	s.learn(ctx, c, calling.number, calling.written)
	s.learn(ctx, c, called, request.CalledDirectoryNumber.Text)
	answer, err := s.options.Clients.PhoneControl(c.target.Name).MakeCall(ctx, &phonecontrolv1.MakeCallRequest{
		Target:                c.target.Name,
		CallingDevice:         calling.number,
		CalledDirectoryNumber: called,
		AutoOriginate:         autoOriginate(request.AutoOriginate),
		CorrelatorData:        correlatorData(request.CorrelatorData),
		UserData:              userData(request.UserData),
	})
	if err != nil {
		return nil, err
	}
	connection := answer.GetCallingDevice()
	c.callID = connection.GetCallId()
	text := calling.text
	if number := connection.GetDeviceId(); number != "" && number != calling.number {
		text = namesOf(c.session).Write(number)
	}
	return &csta.MakeCallResponse{CallingDevice: csta.ConnectionID{
		CallID: csta.CallID(connection.GetCallId()), DeviceID: csta.DeviceID{Text: text},
	}}, nil
}

func answerCall(ctx context.Context, s *Server, c *call, message csta.Message) (csta.Message, error) {
	connection, err := s.connection(ctx, c, message.(*csta.AnswerCall).CallToBeAnswered)
	if err != nil {
		return nil, err
	}
	_, err = s.options.Clients.PhoneControl(c.target.Name).AnswerCall(ctx, &phonecontrolv1.AnswerCallRequest{
		Target: c.target.Name, CallToBeAnswered: connection,
	})
	return &csta.AnswerCallResponse{}, err
}

func clearConnection(ctx context.Context, s *Server, c *call, message csta.Message) (csta.Message, error) {
	connection, err := s.connection(ctx, c, message.(*csta.ClearConnection).ConnectionToBeCleared)
	if err != nil {
		return nil, err
	}
	_, err = s.options.Clients.PhoneControl(c.target.Name).ClearConnection(ctx, &phonecontrolv1.ClearConnectionRequest{
		Target: c.target.Name, ConnectionToBeCleared: connection,
	})
	return &csta.ClearConnectionResponse{}, err
}

func holdCall(ctx context.Context, s *Server, c *call, message csta.Message) (csta.Message, error) {
	connection, err := s.connection(ctx, c, message.(*csta.HoldCall).CallToBeHeld)
	if err != nil {
		return nil, err
	}
	_, err = s.options.Clients.PhoneControl(c.target.Name).HoldCall(ctx, &phonecontrolv1.HoldCallRequest{
		Target: c.target.Name, CallToBeHeld: connection,
	})
	return &csta.HoldCallResponse{}, err
}

func retrieveCall(ctx context.Context, s *Server, c *call, message csta.Message) (csta.Message, error) {
	connection, err := s.connection(ctx, c, message.(*csta.RetrieveCall).CallToBeRetrieved)
	if err != nil {
		return nil, err
	}
	_, err = s.options.Clients.PhoneControl(c.target.Name).RetrieveCall(ctx, &phonecontrolv1.RetrieveCallRequest{
		Target: c.target.Name, CallToBeRetrieved: connection,
	})
	return &csta.RetrieveCallResponse{}, err
}

// connection reads a connection of a line that the user may control. A device
// alone stands for its only matching connection, a call alone for that of the
// session's line.
func (s *Server) connection(ctx context.Context, c *call, id csta.ConnectionID) (*ctiv1.ConnectionID, error) {
	c.callID = string(id.CallID)
	if id.CallID == "" && id.DeviceID.Text == "" {
		return nil, ctierr.Operation(string(csta.OperationInvalidConnectionID), "connection names neither call nor device")
	}
	found, err := c.controlled(id.DeviceID.Text,
		string(csta.OperationInvalidDeviceID), string(csta.OperationPrivilegeViolationSpecifiedDevice))
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, found.number, found.written)
	return &ctiv1.ConnectionID{CallId: string(id.CallID), DeviceId: found.number}, nil
}

func autoOriginate(value csta.AutoOriginate) phonecontrolv1.AutoOriginate {
	switch value {
	case csta.AutoOriginateDoNotPrompt:
		return phonecontrolv1.AutoOriginate_AUTO_ORIGINATE_DO_NOT_PROMPT
	case csta.AutoOriginatePrompt:
		return phonecontrolv1.AutoOriginate_AUTO_ORIGINATE_PROMPT
	}
	return phonecontrolv1.AutoOriginate_AUTO_ORIGINATE_UNSPECIFIED
}

// correlatorData is carried as the application wrote it, so that its events
// bring it back untouched, whether it is hexBinary or not.
func correlatorData(data *csta.CorrelatorData) []byte {
	if data == nil || data.String == "" {
		return nil
	}
	return []byte(data.String)
}

func userData(data *csta.UserData) []byte {
	if data == nil || data.String == "" {
		return nil
	}
	return []byte(data.String)
}
