// SPDX-License-Identifier: Apache-2.0

package allinone_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"offhook.dev/offhook/allinone/allinonetest"
)

func TestSkinnyPhonesGetTheirFiles(t *testing.T) {
	options := allinonetest.Options("../../operator/api/render/testdata/skinny-only/in")
	options.Skinny, options.Provisioning, options.Advertise = freePort(t), "127.0.0.1:0", "cti.example:5060"
	process := allinonetest.Start(t, options)
	_, port, _ := net.SplitHostPort(options.Skinny)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for path, want := range map[string][]string{
		"/SEP00AABBCCDDEE.cnf.xml": {"<processNodeName>cti.example<", "<ethernetPhonePort>" + port + "<", "<dateTemplate>M/D/YA<", "<timeZone>Eastern Standard/Daylight Time<"},
		"/XMLDefault.cnf.xml":      {"<Default>", "<processNodeName>cti.example<"},
		"/SEP000000000000.cnf.xml": {"no such file"},
	} {
		response, err := client.Get("http://" + process.ProvisioningAddress().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		for _, text := range want {
			if !strings.Contains(string(body), text) {
				t.Errorf("%s: %s: no %q in %s", path, response.Status, text, body)
			}
		}
	}
}
