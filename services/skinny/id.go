// SPDX-License-Identifier: Apache-2.0

package skinny

import "strconv"

// ID is a message's number on the wire.
type ID uint32

// Messages of phones.
const (
	IDKeepAlive                 ID = 0x0000
	IDRegister                  ID = 0x0001
	IDIPPort                    ID = 0x0002
	IDKeypadButton              ID = 0x0003
	IDEnblocCall                ID = 0x0004
	IDButtonPressed             ID = 0x0005
	IDOffHook                   ID = 0x0006
	IDOnHook                    ID = 0x0007
	IDHookFlash                 ID = 0x0008
	IDForwardStatReq            ID = 0x0009
	IDSpeedDialStatReq          ID = 0x000a
	IDLineStatReq               ID = 0x000b
	IDConfigStatReq             ID = 0x000c
	IDTimeDateReq               ID = 0x000d
	IDButtonTemplateReq         ID = 0x000e
	IDVersionReq                ID = 0x000f
	IDCapabilitiesRes           ID = 0x0010
	IDServerReq                 ID = 0x0012
	IDAlarm                     ID = 0x0020
	IDOpenReceiveChannelAck     ID = 0x0022
	IDConnectionStatisticsRes   ID = 0x0023
	IDSoftKeySetReq             ID = 0x0025
	IDSoftKeyEvent              ID = 0x0026
	IDUnregister                ID = 0x0027
	IDSoftKeyTemplateReq        ID = 0x0028
	IDRegisterTokenReq          ID = 0x0029
	IDHeadsetStatus             ID = 0x002b
	IDRegisterAvailableLines    ID = 0x002d
	IDDeviceToUserData          ID = 0x002e
	IDUpdateCapabilities        ID = 0x0030
	IDServiceURLStatReq         ID = 0x0033
	IDFeatureStatReq            ID = 0x0034
	IDUpdateCapabilitiesV2      ID = 0x0043
	IDUpdateCapabilitiesV3      ID = 0x0044
	IDSubscriptionStatReq       ID = 0x0048
	IDAccessoryStatus           ID = 0x0049
	IDStartMediaTransmissionAck ID = 0x0154
	IDXMLAlarm                  ID = 0x015a
)

// Messages of servers.
const (
	IDRegisterAck                ID = 0x0081
	IDStartTone                  ID = 0x0082
	IDStopTone                   ID = 0x0083
	IDSetRinger                  ID = 0x0085
	IDSetLamp                    ID = 0x0086
	IDSetSpeakerMode             ID = 0x0088
	IDSetMicroMode               ID = 0x0089
	IDStartMediaTransmission     ID = 0x008a
	IDStopMediaTransmission      ID = 0x008b
	IDCallInfo                   ID = 0x008f
	IDForwardStat                ID = 0x0090
	IDSpeedDialStat              ID = 0x0091
	IDLineStat                   ID = 0x0092
	IDConfigStat                 ID = 0x0093
	IDDefineTimeDate             ID = 0x0094
	IDButtonTemplate             ID = 0x0097
	IDVersionRes                 ID = 0x0098
	IDDisplayText                ID = 0x0099
	IDClearDisplay               ID = 0x009a
	IDCapabilitiesReq            ID = 0x009b
	IDRegisterReject             ID = 0x009d
	IDServerRes                  ID = 0x009e
	IDReset                      ID = 0x009f
	IDKeepAliveAck               ID = 0x0100
	IDOpenReceiveChannel         ID = 0x0105
	IDCloseReceiveChannel        ID = 0x0106
	IDConnectionStatisticsReq    ID = 0x0107
	IDSoftKeyTemplateRes         ID = 0x0108
	IDSoftKeySetRes              ID = 0x0109
	IDSelectSoftKeys             ID = 0x0110
	IDCallState                  ID = 0x0111
	IDDisplayPromptStatus        ID = 0x0112
	IDClearPromptStatus          ID = 0x0113
	IDDisplayNotify              ID = 0x0114
	IDClearNotify                ID = 0x0115
	IDActivateCallPlane          ID = 0x0116
	IDDeactivateCallPlane        ID = 0x0117
	IDUnregisterAck              ID = 0x0118
	IDRegisterTokenAck           ID = 0x011a
	IDRegisterTokenReject        ID = 0x011b
	IDDialedNumber               ID = 0x011d
	IDUserToDeviceData           ID = 0x011e
	IDFeatureStat                ID = 0x011f
	IDDisplayPriNotify           ID = 0x0120
	IDClearPriNotify             ID = 0x0121
	IDNotifyDTMFTone             ID = 0x0127
	IDSendDTMFTone               ID = 0x0128
	IDCallSelectStat             ID = 0x0130
	IDConfigStatDynamic          ID = 0x0142
	IDDisplayNotifyDynamic       ID = 0x0143
	IDDisplayPriNotifyDynamic    ID = 0x0144
	IDDisplayPromptStatusDynamic ID = 0x0145
	IDFeatureStatDynamic         ID = 0x0146
	IDLineStatDynamic            ID = 0x0147
	IDServiceURLStatDynamic      ID = 0x0148
	IDSpeedDialStatDynamic       ID = 0x0149
	IDCallInfoDynamic            ID = 0x014a
	IDSubscriptionStat           ID = 0x0152
	IDNotification               ID = 0x0153
	IDMWIResponse                ID = 0x0158
)

// Message is one message: a pointer to one of the structs of this package.
type Message interface {
	ID() ID
	layout(*codec)
}

// Unknown is a message that this package has no layout for.
type Unknown struct {
	MessageID ID
	Payload   []byte
}

// ID implements Message.
func (m *Unknown) ID() ID { return m.MessageID }

func (m *Unknown) layout(c *codec) {
	if c.reading {
		m.Payload = append([]byte(nil), c.next(c.left())...)
		return
	}
	c.payload = append(c.payload, m.Payload...)
}

func (id ID) String() string {
	if name := nameOf(id); name != "" {
		return name
	}
	return "0x" + strconv.FormatUint(uint64(id), 16)
}
