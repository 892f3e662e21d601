// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"errors"
	"testing"
)

func TestCategory(t *testing.T) {
	tests := map[ErrorValue]ErrorCategory{
		OperationInvalidDeviceID:                           ErrorCategoryOperation,
		OperationRingVolumnOutOfRange:                      ErrorCategoryOperation,
		"generic":                                          ErrorCategoryOperation,
		SecuritySequenceNumberViolated:                     ErrorCategorySecurity,
		StateIncompatibilityNoCallToAnswer:                 ErrorCategoryStateIncompatibility,
		SystemResourceDeviceOutOfService:                   ErrorCategorySystemResourceAvailibility,
		SubscribedResourceTrunkLimitExceeded:               ErrorCategorySubscribedResourceAvailability,
		"performanceLimitExceeded":                         ErrorCategoryPerformanceManagement,
		PrivateDataCSTAPrivateDataInfoError:                ErrorCategoryPrivateData,
		SystemResourceMaxDevicesExceeded:                   ErrorCategorySystemResourceAvailibility,
		OperationAtLeastOneConditionalParameterNotProvided: ErrorCategoryOperation,
	}
	for value, want := range tests {
		if got, ok := Category(value); !ok || got != want {
			t.Errorf("Category(%q) = %q, want %q", value, got, want)
		}
		if got := NewError(value); got.Category != want || got.Value != value {
			t.Errorf("NewError(%q) = %v", value, got)
		}
	}
	if _, ok := Category("noSuchValue"); ok {
		t.Error("found a value that is none")
	}
}

func TestErrorCodesOfEachCategoryRoundTrip(t *testing.T) {
	for _, want := range []CSTAErrorCode{
		{ErrorCategoryOperation, OperationServiceNotSupported},
		{ErrorCategorySystemResourceAvailibility, SystemResourceResourceBusy},
		{ErrorCategoryPrivateErrorCode, "URM <Denied>"},
		{ErrorCategoryUnspecified, ""},
	} {
		document, err := Read(Append(nil, &want, Edition3), ReadOptions{Strict: true})
		if err != nil || *document.Message.(*CSTAErrorCode) != want {
			t.Errorf("%v came back as %v, %v", want, document.Message, err)
		}
	}
	if got := string(Append(nil, &CSTAErrorCode{}, EditionNone)); got != xmlDeclaration+"<CSTAErrorCode><unspecified/></CSTAErrorCode>" {
		t.Error(got)
	}
}

func TestErrorCodeFor(t *testing.T) {
	tests := []struct {
		body string
		want ErrorValue
	}{
		{"<MakeCoffee/>", OperationServiceNotSupported},
		{"<MonitorStop/>", OperationInvalidParameterValue},
		{"<SetDoNotDisturb><device>1</device><doNotDisturbOn/></SetDoNotDisturb>", OperationInvalidParameterValue},
		{"<MonitorStop>", ""},
	}
	for _, test := range tests {
		_, err := Read([]byte(test.body), ReadOptions{})
		code, ok := ErrorCodeFor(err)
		if code.Value != test.want || ok != (test.want != "") {
			t.Errorf("%s: %v, %t", test.body, code, ok)
		}
	}
	if _, ok := ErrorCodeFor(errors.New("other")); ok {
		t.Error("answers any error")
	}
	if got := NewError(OperationInvalidDeviceID).Error(); got != "csta: operation/invalidDeviceID" {
		t.Error(got)
	}
}
