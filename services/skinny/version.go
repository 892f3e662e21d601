// SPDX-License-Identifier: Apache-2.0

package skinny

// Version is a protocol version.
type Version uint8

// Versions that this package has layouts for.
const (
	MinVersion Version = 3
	MaxVersion Version = 22
)

// Versions from which layouts differ.
const (
	versionDynamic     Version = 8
	versionStreams     Version = 11
	versionAddressKind Version = 16
	versionAddresses   Version = 17
	versionNumbers     Version = 18
	versionModems      Version = 21
)

// Negotiate gives the version to speak with a phone: the lower of its and ours.
// False: the phone is too old.
func Negotiate(phone, highest Version) (Version, bool) {
	v := min(phone, highest, MaxVersion)
	if v > versionStreams && v < versionAddressKind {
		v = versionStreams
	}
	return v, v >= MinVersion
}

// Dynamic reports whether text goes in messages of the dynamic kind.
func (v Version) Dynamic() bool { return v >= versionDynamic }

// header is the version as the frame says it.
func (v Version) header() uint32 {
	if v < versionStreams {
		return 0
	}
	return uint32(v)
}

// Dialect is how one phone writes.
type Dialect struct {
	Version Version
	// UTF8: text is UTF-8 (the phone's feature bit says so), else ISO-8859-1.
	UTF8 bool
}
