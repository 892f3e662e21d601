// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"time"

	"offhook.dev/services/targetconfig"
)

// Values of deviceSecurityMode.
const (
	securityNone          = 1
	securityAuthenticated = 2 // TLS without SRTP
)

// transportTCP is the transportLayerProtocol that SCCP runs over, TLS too.
const transportTCP = 1

// group is the call agents, in their order.
type group struct {
	Members []member `xml:"members>member"`
}

type member struct {
	Priority  int       `xml:"priority,attr"`
	CallAgent callAgent `xml:"callManager"`
}

type callAgent struct {
	Name  string `xml:"name"`
	Ports struct {
		Phone  int `xml:"ethernetPhonePort"`
		Secure int `xml:"securedEthernetPhonePort,omitempty"`
	} `xml:"ports"`
	Address string `xml:"processNodeName"`
}

// deviceFile is SEP<MAC>.cnf.xml. Phones read elements by name; the order is
// that of files of CME.
type deviceFile struct {
	XMLName      xml.Name `xml:"device"`
	FullConfig   bool     `xml:"fullConfig"`
	Protocol     string   `xml:"deviceProtocol"`
	DateTemplate string   `xml:"devicePool>dateTimeSetting>dateTemplate"`
	TimeZone     string   `xml:"devicePool>dateTimeSetting>timeZone"`
	CallAgents   group    `xml:"devicePool>callManagerGroup"`
	VersionStamp string   `xml:"versionStamp"`
	// Load is the firmware; empty: the phone keeps what it has.
	Load           string `xml:"loadInformation"`
	Locale         string `xml:"userLocale>name"`
	Language       string `xml:"userLocale>langCode"`
	NetworkLocale  string `xml:"networkLocale"`
	SecurityMode   int    `xml:"deviceSecurityMode"`
	TransportLayer int    `xml:"transportLayerProtocol"`
}

// defaultFile is XMLDefault.cnf.xml, for phones without a file of their own.
type defaultFile struct {
	XMLName    xml.Name `xml:"Default"`
	CallAgents group    `xml:"callManagerGroup"`
}

func callAgents(at endpoint, tlsPort int) group {
	var agent callAgent
	agent.Name, agent.Address = "offhook", at.host
	agent.Ports.Phone, agent.Ports.Secure = at.port, tlsPort
	return group{Members: []member{{CallAgent: agent}}}
}

// phoneFile is the file of one phone. Equal content has an equal version stamp.
func phoneFile(phone *targetconfig.SkinnyPhone, at endpoint, tlsPort int, now time.Time) ([]byte, error) {
	skinny := phone.Target.Config.GetDriver().GetSkinny()
	file := deviceFile{
		FullConfig: true, Protocol: "SCCP",
		DateTemplate: skinny.GetDateTemplate(), TimeZone: zoneName(skinny.GetTimeZone(), now),
		CallAgents: callAgents(at, tlsPort),
		Locale:     "English_United_States", Language: "en", NetworkLocale: "United_States",
		SecurityMode: securityNone, TransportLayer: transportTCP,
	}
	if file.DateTemplate == "" {
		file.DateTemplate = "D/M/Y"
	}
	if tlsPort > 0 {
		file.SecurityMode = securityAuthenticated
	}
	unstamped, err := encode(file)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(unstamped)
	file.VersionStamp = "{" + hex.EncodeToString(sum[:8]) + "}"
	return encode(file)
}

func encode(file any) ([]byte, error) {
	var text bytes.Buffer
	text.WriteString(xml.Header)
	encoder := xml.NewEncoder(&text)
	encoder.Indent("", "  ")
	if err := encoder.Encode(file); err != nil {
		return nil, fmt.Errorf("encode phone's configuration: %w", err)
	}
	text.WriteByte('\n')
	return text.Bytes(), nil
}
