// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"strings"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
)

// maxToneMilliseconds bounds tones and pauses of GenerateDigits.
const maxToneMilliseconds = 10000

func callAssociatedServices() map[string]service {
	list := func(l *csta.SupportedServices) *csta.CapabilityList { return &l.CallAssociatedServList }
	return map[string]service{
		"GenerateDigits":      {serve: typed(generateDigits), list: list, capability: "generateDigits", audit: true},
		"AssociateData":       {serve: typed(associateData), list: list, capability: "associateData", audit: true},
		"SendUserInformation": {serve: typed(sendUserInformation), list: list, capability: "sendUserInformation", audit: true},
	}
}

func generateDigits(ctx context.Context, s *Server, c *call, request *csta.GenerateDigits) (csta.Message, error) {
	connection, err := s.connection(ctx, c, request.ConnectionToSendDigits, roleSubject)
	if err != nil {
		return nil, err
	}
	switch request.DigitMode {
	case "", csta.DigitModeDTMF:
	case csta.DigitModeRotaryPulse:
		return nil, ctierr.Operation(string(csta.OperationDigitModeNotSupported), "rotary pulses are not sent")
	default:
		return nil, ctierr.Operation(string(csta.OperationDigitModeOutOfRange), "digitMode %q", request.DigitMode)
	}
	digits := strings.ToUpper(strings.TrimSpace(request.CharactersToSend))
	switch {
	case digits == "" || len(digits) > maxDigits:
		return nil, ctierr.Operation(string(csta.OperationInvalidParameterValue), "%d characters to send", len(digits))
	case strings.Trim(digits, "0123456789*#ABCD,") != "":
		return nil, ctierr.Operation(string(csta.OperationToneCharacterOutOfRange), "characters %q", request.CharactersToSend)
	case !within(request.ToneDuration, maxToneMilliseconds):
		return nil, ctierr.Operation(string(csta.OperationToneDurationOutOfRange), "tones of %d ms", *request.ToneDuration)
	case !within(request.PauseDuration, maxToneMilliseconds):
		return nil, ctierr.Operation(string(csta.OperationValueOutOfRange), "pauses of %d ms", *request.PauseDuration)
	}
	_, err = c.phones.GenerateDigits(ctx, &phonecontrolv1.GenerateDigitsRequest{
		Target: c.target.Name, ConnectionToSendDigits: connection, CharactersToSend: digits,
		ToneDurationMs: valueOf(request.ToneDuration), PauseDurationMs: valueOf(request.PauseDuration),
	})
	return &csta.GenerateDigitsResponse{}, err
}

// associateData ties correlator data to a call that is there already.
func associateData(ctx context.Context, s *Server, c *call, request *csta.AssociateData) (csta.Message, error) {
	connection, err := s.connection(ctx, c, request.ExistingCall, roleSubject)
	if err != nil {
		return nil, err
	}
	if err := checkCodes(request.AccountCode, request.AuthCode); err != nil {
		return nil, err
	}
	correlator, err := correlatorData(request.CorrelatorData)
	switch {
	case err != nil:
		return nil, err
	case request.CallQualifyingData != "":
		return nil, ctierr.Operation(string(csta.OperationParameterNotSupported), "callQualifyingData")
	case correlator == nil:
		return nil, ctierr.Operation(string(csta.OperationAtLeastOneConditionalParameterNotProvided), "no data to associate")
	}
	_, err = c.phones.SendUserInformation(ctx, &phonecontrolv1.SendUserInformationRequest{
		Target: c.target.Name, Connection: connection, CorrelatorData: correlator,
	})
	return &csta.AssociateDataResponse{}, err
}

// sendUserInformation sends user data to the other parties of a call.
func sendUserInformation(ctx context.Context, s *Server, c *call, request *csta.SendUserInformation) (csta.Message, error) {
	connection, err := s.connection(ctx, c, request.ExistingCall, roleSubject)
	if err != nil {
		return nil, err
	}
	user, err := userData(&request.UserData)
	if err != nil {
		return nil, err
	}
	if user == nil {
		return nil, ctierr.Operation(string(csta.OperationInvalidParameterValue), "no userData to send")
	}
	_, err = c.phones.SendUserInformation(ctx, &phonecontrolv1.SendUserInformationRequest{
		Target: c.target.Name, Connection: connection, UserData: user,
	})
	return &csta.SendUserInformationResponse{}, err
}
