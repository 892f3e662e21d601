// SPDX-License-Identifier: Apache-2.0

package csta

import "testing"

func TestPrivateDataIsSelfContained(t *testing.T) {
	const ed3 = "http://www.ecma-international.org/standards/ecma-323/csta/ed3"
	tests := []struct {
		name, root, private string
		want                RawXML
	}{
		{"untouched", `xmlns="` + ed3 + `"`, `<private><a  x = '1'>&amp;<!-- c --><?p i?><![CDATA[<]]></a></private>`, `<a  x = '1'>&amp;<!-- c --><?p i?><![CDATA[<]]></a>`},
		{"prefix of the root", `xmlns="` + ed3 + `" xmlns:v="urn:v"`, `<private><v:a/><b v:c=""/><d/></private>`,
			`<v:a xmlns:v="urn:v"/><b xmlns:v="urn:v" v:c=""/><d/>`},
		{"prefix of private", `xmlns="` + ed3 + `"`, `<private xmlns:v="urn:&quot;v"><v:a><v:b/></v:a></private>`, `<v:a xmlns:v="urn:&#34;v"><v:b/></v:a>`},
		{"prefix used deeper", `xmlns="` + ed3 + `" xmlns:v="urn:v" xmlns:w="urn:w"`, `<private><a><v:b/><w:c/></a></private>`, `<a xmlns:v="urn:v" xmlns:w="urn:w"><v:b/><w:c/></a>`},
		{"declared inside", `xmlns="` + ed3 + `"`, `<private><a xmlns:v="urn:v"><v:b/></a></private>`, `<a xmlns:v="urn:v"><v:b/></a>`},
		{"default of private", `xmlns:c="` + ed3 + `"`, `<c:private xmlns="urn:v"><a><b/></a></c:private>`, `<a xmlns="urn:v"><b/></a>`},
		{"no default beside a prefixed root", `xmlns:c="` + ed3 + `"`, `<c:private><a/></c:private>`, `<a xmlns=""/>`},
		{"no namespace at all", ``, `<private><a/></private>`, `<a/>`},
		{"unbound prefix", ``, `<private><v:a/></private>`, `<v:a/>`},
		{"xml prefix", ``, `<private><a xml:lang="de"/></private>`, `<a xml:lang="de"/>`},
		{"text only", ``, `<private> some text </private>`, ` some text `},
		{"blank", ``, "<private>\n</private>", ``},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			prefix := ""
			if test.private[1] == 'c' {
				prefix = "c:"
			}
			body := "<" + prefix + "EscapeResponse " + test.root + "><" + prefix + "extensions><" + prefix + "privateData>" + test.private +
				"</" + prefix + "privateData></" + prefix + "extensions></" + prefix + "EscapeResponse>"
			document, err := Read([]byte(body), ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got := document.Message.(*EscapeResponse).Extensions.PrivateData[0].Private
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if err := CheckRawXML(got); err != nil {
				t.Error(err)
			}
			again, err := Read(Append(nil, document.Message, Edition4), ReadOptions{})
			if err != nil || again.Message.(*EscapeResponse).Extensions.PrivateData[0].Private != got {
				t.Errorf("came back as %v, %v", again.Message, err)
			}
		})
	}
}

func TestSeveralPiecesOfPrivateData(t *testing.T) {
	body := `<EscapeResponse><extensions><privateData><private><a/></private><private><b/></private></privateData><privateData><string>0a</string></privateData></extensions></EscapeResponse>`
	document, err := Read([]byte(body), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := document.Message.(*EscapeResponse).Extensions.PrivateData
	if len(got) != 3 || got[0].Private != "<a/>" || got[1].Private != "<b/>" || got[2].String != "0a" {
		t.Errorf("%+v", got)
	}
}

func TestCheckRawXML(t *testing.T) {
	for _, content := range []RawXML{"", "text", "<a/>", "<a/>text<b>&amp;</b>", "<!-- c -->"} {
		if err := CheckRawXML(content); err != nil {
			t.Errorf("%q: %v", content, err)
		}
	}
	for _, content := range []RawXML{"<a>", "</content><content>", "&x;", "a & b", "<!DOCTYPE a>", "\x00", "\xff", "]]>"} {
		if err := CheckRawXML(content); err == nil {
			t.Errorf("%q is accepted", content)
		}
	}
}
