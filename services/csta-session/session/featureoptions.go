// SPDX-License-Identifier: Apache-2.0

package session

// capabilityOptions are the options of a service that are served, by its name
// in capability lists. Options have the names of ECMA-269's annex C, in the
// spelling of ECMA-285.
func capabilityOptions(capability string) []string {
	switch capability {
	case "getSwitchingFunctionDevices":
		return []string{"requestedDeviceCategoryRouteingDevice", "requestedDeviceCategoryStation", "requestedDeviceID"}
	case "systemRegister":
		return []string{
			"requestTypesRequestSystemStatus", "requestTypesSystemStatus", "statusFilterNormal", "statusFilterOverloadReached",
			"statusFilterOverloadRelieved", "statusFilterPartiallyDisabled",
		}
	case "monitorStart":
		return []string{"monitorObjectCall", "monitorObjectDevice", "monitorTypeCall", "monitorTypeDevice", "requestedMonitorFilter"}
	case "snapshotDevice":
		return []string{"localCallStateCompoundCallState"}
	case "makeCall":
		return []string{"autoOriginateDoNotPrompt", "autoOriginatePrompt", "correlatorData", "userData"}
	case "clearConnection":
		return []string{"correlatorData", "deviceIDOnly", "reason", "userData"}
	case "dialDigits":
		return []string{"correlatorData"}
	case "singleStepConference":
		return []string{"correlatorData", "deviceIDOnly", "participationTypeActive", "participationTypeSilent", "userData"}
	case "generateDigits":
		return []string{
			"deviceIDOnly", "digitModeDTMF", "pauseDuration", "supportsDTMFTonesABCD", "supportsPauseToneChar", "toneDuration",
		}
	case "setForwarding":
		return []string{
			"forwardDN", "forwardingTypeBusy", "forwardingTypeBusyExt", "forwardingTypeBusyInt", "forwardingTypeDND",
			"forwardingTypeDNDExt", "forwardingTypeDNDInt", "forwardingTypeImmExt", "forwardingTypeImmInt",
			"forwardingTypeImmediate", "forwardingTypeNoAns", "forwardingTypeNoAnsExt", "forwardingTypeNoAnsInt", "ringCount",
		}
	}
	return nil
}
