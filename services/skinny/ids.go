// SPDX-License-Identifier: Apache-2.0

package skinny

// ID implements Message.
func (*KeepAlive) ID() ID { return IDKeepAlive }

// ID implements Message.
func (*Register) ID() ID { return IDRegister }

// ID implements Message.
func (*IPPort) ID() ID { return IDIPPort }

// ID implements Message.
func (*KeypadButton) ID() ID { return IDKeypadButton }

// ID implements Message.
func (*EnblocCall) ID() ID { return IDEnblocCall }

// ID implements Message.
func (*ButtonPressed) ID() ID { return IDButtonPressed }

// ID implements Message.
func (*OffHook) ID() ID { return IDOffHook }

// ID implements Message.
func (*OnHook) ID() ID { return IDOnHook }

// ID implements Message.
func (*HookFlash) ID() ID { return IDHookFlash }

// ID implements Message.
func (*ForwardStatReq) ID() ID { return IDForwardStatReq }

// ID implements Message.
func (*SpeedDialStatReq) ID() ID { return IDSpeedDialStatReq }

// ID implements Message.
func (*LineStatReq) ID() ID { return IDLineStatReq }

// ID implements Message.
func (*ConfigStatReq) ID() ID { return IDConfigStatReq }

// ID implements Message.
func (*TimeDateReq) ID() ID { return IDTimeDateReq }

// ID implements Message.
func (*ButtonTemplateReq) ID() ID { return IDButtonTemplateReq }

// ID implements Message.
func (*VersionReq) ID() ID { return IDVersionReq }

// ID implements Message.
func (*CapabilitiesRes) ID() ID { return IDCapabilitiesRes }

// ID implements Message.
func (*ServerReq) ID() ID { return IDServerReq }

// ID implements Message.
func (*Alarm) ID() ID { return IDAlarm }

// ID implements Message.
func (*OpenReceiveChannelAck) ID() ID { return IDOpenReceiveChannelAck }

// ID implements Message.
func (*ConnectionStatisticsRes) ID() ID { return IDConnectionStatisticsRes }

// ID implements Message.
func (*SoftKeySetReq) ID() ID { return IDSoftKeySetReq }

// ID implements Message.
func (*SoftKeyEvent) ID() ID { return IDSoftKeyEvent }

// ID implements Message.
func (*Unregister) ID() ID { return IDUnregister }

// ID implements Message.
func (*SoftKeyTemplateReq) ID() ID { return IDSoftKeyTemplateReq }

// ID implements Message.
func (*RegisterTokenReq) ID() ID { return IDRegisterTokenReq }

// ID implements Message.
func (*HeadsetStatus) ID() ID { return IDHeadsetStatus }

// ID implements Message.
func (*RegisterAvailableLines) ID() ID { return IDRegisterAvailableLines }

// ID implements Message.
func (*DeviceToUserData) ID() ID { return IDDeviceToUserData }

// ID implements Message.
func (*UpdateCapabilities) ID() ID { return IDUpdateCapabilities }

// ID implements Message.
func (*ServiceURLStatReq) ID() ID { return IDServiceURLStatReq }

// ID implements Message.
func (*FeatureStatReq) ID() ID { return IDFeatureStatReq }

// ID implements Message.
func (*UpdateCapabilitiesV2) ID() ID { return IDUpdateCapabilitiesV2 }

// ID implements Message.
func (*UpdateCapabilitiesV3) ID() ID { return IDUpdateCapabilitiesV3 }

// ID implements Message.
func (*SubscriptionStatReq) ID() ID { return IDSubscriptionStatReq }

// ID implements Message.
func (*AccessoryStatus) ID() ID { return IDAccessoryStatus }

// ID implements Message.
func (*StartMediaTransmissionAck) ID() ID { return IDStartMediaTransmissionAck }

// ID implements Message.
func (*XMLAlarm) ID() ID { return IDXMLAlarm }

// ID implements Message.
func (*RegisterAck) ID() ID { return IDRegisterAck }

// ID implements Message.
func (*StartTone) ID() ID { return IDStartTone }

// ID implements Message.
func (*StopTone) ID() ID { return IDStopTone }

// ID implements Message.
func (*SetRinger) ID() ID { return IDSetRinger }

// ID implements Message.
func (*SetLamp) ID() ID { return IDSetLamp }

// ID implements Message.
func (*SetSpeakerMode) ID() ID { return IDSetSpeakerMode }

// ID implements Message.
func (*SetMicroMode) ID() ID { return IDSetMicroMode }

// ID implements Message.
func (*StartMediaTransmission) ID() ID { return IDStartMediaTransmission }

// ID implements Message.
func (*StopMediaTransmission) ID() ID { return IDStopMediaTransmission }

// ID implements Message.
func (*CallInfo) ID() ID { return IDCallInfo }

// ID implements Message.
func (*ForwardStat) ID() ID { return IDForwardStat }

// ID implements Message.
func (*SpeedDialStat) ID() ID { return IDSpeedDialStat }

// ID implements Message.
func (*LineStat) ID() ID { return IDLineStat }

// ID implements Message.
func (*ConfigStat) ID() ID { return IDConfigStat }

// ID implements Message.
func (*DefineTimeDate) ID() ID { return IDDefineTimeDate }

// ID implements Message.
func (*ButtonTemplate) ID() ID { return IDButtonTemplate }

// ID implements Message.
func (*VersionRes) ID() ID { return IDVersionRes }

// ID implements Message.
func (*DisplayText) ID() ID { return IDDisplayText }

// ID implements Message.
func (*ClearDisplay) ID() ID { return IDClearDisplay }

// ID implements Message.
func (*CapabilitiesReq) ID() ID { return IDCapabilitiesReq }

// ID implements Message.
func (*RegisterReject) ID() ID { return IDRegisterReject }

// ID implements Message.
func (*ServerRes) ID() ID { return IDServerRes }

// ID implements Message.
func (*Reset) ID() ID { return IDReset }

// ID implements Message.
func (*KeepAliveAck) ID() ID { return IDKeepAliveAck }

// ID implements Message.
func (*OpenReceiveChannel) ID() ID { return IDOpenReceiveChannel }

// ID implements Message.
func (*CloseReceiveChannel) ID() ID { return IDCloseReceiveChannel }

// ID implements Message.
func (*ConnectionStatisticsReq) ID() ID { return IDConnectionStatisticsReq }

// ID implements Message.
func (*SoftKeyTemplateRes) ID() ID { return IDSoftKeyTemplateRes }

// ID implements Message.
func (*SoftKeySetRes) ID() ID { return IDSoftKeySetRes }

// ID implements Message.
func (*SelectSoftKeys) ID() ID { return IDSelectSoftKeys }

// ID implements Message.
func (*CallState) ID() ID { return IDCallState }

// ID implements Message.
func (*DisplayPromptStatus) ID() ID { return IDDisplayPromptStatus }

// ID implements Message.
func (*ClearPromptStatus) ID() ID { return IDClearPromptStatus }

// ID implements Message.
func (*DisplayNotify) ID() ID { return IDDisplayNotify }

// ID implements Message.
func (*ClearNotify) ID() ID { return IDClearNotify }

// ID implements Message.
func (*ActivateCallPlane) ID() ID { return IDActivateCallPlane }

// ID implements Message.
func (*DeactivateCallPlane) ID() ID { return IDDeactivateCallPlane }

// ID implements Message.
func (*UnregisterAck) ID() ID { return IDUnregisterAck }

// ID implements Message.
func (*RegisterTokenAck) ID() ID { return IDRegisterTokenAck }

// ID implements Message.
func (*RegisterTokenReject) ID() ID { return IDRegisterTokenReject }

// ID implements Message.
func (*DialedNumber) ID() ID { return IDDialedNumber }

// ID implements Message.
func (*UserToDeviceData) ID() ID { return IDUserToDeviceData }

// ID implements Message.
func (*FeatureStat) ID() ID { return IDFeatureStat }

// ID implements Message.
func (*DisplayPriNotify) ID() ID { return IDDisplayPriNotify }

// ID implements Message.
func (*ClearPriNotify) ID() ID { return IDClearPriNotify }

// ID implements Message.
func (*NotifyDTMFTone) ID() ID { return IDNotifyDTMFTone }

// ID implements Message.
func (*SendDTMFTone) ID() ID { return IDSendDTMFTone }

// ID implements Message.
func (*CallSelectStat) ID() ID { return IDCallSelectStat }

// ID implements Message.
func (*ConfigStatDynamic) ID() ID { return IDConfigStatDynamic }

// ID implements Message.
func (*DisplayNotifyDynamic) ID() ID { return IDDisplayNotifyDynamic }

// ID implements Message.
func (*DisplayPriNotifyDynamic) ID() ID { return IDDisplayPriNotifyDynamic }

// ID implements Message.
func (*DisplayPromptStatusDynamic) ID() ID { return IDDisplayPromptStatusDynamic }

// ID implements Message.
func (*FeatureStatDynamic) ID() ID { return IDFeatureStatDynamic }

// ID implements Message.
func (*LineStatDynamic) ID() ID { return IDLineStatDynamic }

// ID implements Message.
func (*ServiceURLStatDynamic) ID() ID { return IDServiceURLStatDynamic }

// ID implements Message.
func (*SpeedDialStatDynamic) ID() ID { return IDSpeedDialStatDynamic }

// ID implements Message.
func (*CallInfoDynamic) ID() ID { return IDCallInfoDynamic }

// ID implements Message.
func (*SubscriptionStat) ID() ID { return IDSubscriptionStat }

// ID implements Message.
func (*Notification) ID() ID { return IDNotification }

// ID implements Message.
func (*MWIResponse) ID() ID { return IDMWIResponse }
