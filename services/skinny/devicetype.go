// SPDX-License-Identifier: Apache-2.0

package skinny

import "strconv"

// DeviceType is the kind of phone as it registers.
type DeviceType uint32

// Device types of phones.
const (
	Device7910           DeviceType = 6
	Device7960           DeviceType = 7
	Device7940           DeviceType = 8
	Device7935           DeviceType = 9
	DeviceATA186         DeviceType = 12
	DeviceATA188         DeviceType = 13
	Device7941           DeviceType = 115
	Device7971           DeviceType = 119
	Device7985           DeviceType = 302
	Device7911           DeviceType = 307
	Device7961GE         DeviceType = 308
	Device7941GE         DeviceType = 309
	Device7931           DeviceType = 348
	Device7921           DeviceType = 365
	Device7906           DeviceType = 369
	Device7962           DeviceType = 404
	Device7937           DeviceType = 431
	Device7942           DeviceType = 434
	Device7945           DeviceType = 435
	Device7965           DeviceType = 436
	Device7975           DeviceType = 437
	Device7925           DeviceType = 484
	Device6921           DeviceType = 495
	Device6941           DeviceType = 496
	Device6961           DeviceType = 497
	Device6901           DeviceType = 547
	Device6911           DeviceType = 548
	Device6945           DeviceType = 564
	Device8945           DeviceType = 585
	Device8941           DeviceType = 586
	Device7905           DeviceType = 20000
	Device7920           DeviceType = 30002
	Device7970           DeviceType = 30006
	Device7912           DeviceType = 30007
	Device7902           DeviceType = 30008
	DeviceIPCommunicator DeviceType = 30016
	Device7961           DeviceType = 30018
	Device7936           DeviceType = 30019
	DeviceSPA521S        DeviceType = 80000
	DeviceSPA502G        DeviceType = 80003
	DeviceSPA504G        DeviceType = 80004
	DeviceSPA525G        DeviceType = 80005
	DeviceSPA509G        DeviceType = 80007
	DeviceSPA525G2       DeviceType = 80009
	DeviceSPA303G        DeviceType = 80011
)

// Model is the phone's name, such as "7970", and what it has: line and feature
// buttons, and rows and columns of text. A type that is not known has one
// button and no display.
type Model struct {
	Name          string
	Buttons       int
	Rows, Columns int
}

// Model of a device type.
func (t DeviceType) Model() Model {
	if model, ok := models()[t]; ok {
		return model
	}
	return Model{Name: strconv.FormatUint(uint64(t), 10), Buttons: 1}
}

func models() map[DeviceType]Model {
	return map[DeviceType]Model{
		Device7902: {"7902", 1, 0, 0}, Device7905: {"7905", 1, 5, 24}, Device7906: {"7906", 1, 5, 24},
		Device7910: {"7910", 1, 2, 24}, Device7911: {"7911", 1, 5, 24}, Device7912: {"7912", 1, 5, 24},
		Device7920: {"7920", 6, 6, 20}, Device7921: {"7921", 6, 8, 24}, Device7925: {"7925", 6, 8, 24},
		Device7931: {"7931", 24, 6, 24}, Device7935: {"7935", 1, 2, 20}, Device7936: {"7936", 1, 4, 20},
		Device7937: {"7937", 1, 6, 32}, Device7940: {"7940", 2, 6, 24}, Device7941: {"7941", 2, 8, 32},
		Device7941GE: {"7941GE", 2, 8, 32}, Device7942: {"7942", 2, 8, 32}, Device7945: {"7945", 2, 8, 32},
		Device7960: {"7960", 6, 6, 24}, Device7961: {"7961", 6, 8, 32}, Device7961GE: {"7961GE", 6, 8, 32},
		Device7962: {"7962", 6, 8, 32}, Device7965: {"7965", 6, 8, 32}, Device7970: {"7970", 8, 8, 32},
		Device7971: {"7971", 8, 8, 32}, Device7975: {"7975", 8, 8, 32}, Device7985: {"7985", 1, 8, 32},
		Device6901: {"6901", 1, 0, 0}, Device6911: {"6911", 1, 1, 24}, Device6921: {"6921", 2, 5, 32},
		Device6941: {"6941", 4, 5, 32}, Device6945: {"6945", 4, 5, 32}, Device6961: {"6961", 12, 5, 32},
		Device8941: {"8941", 4, 8, 32}, Device8945: {"8945", 4, 8, 32}, DeviceIPCommunicator: {"CIPC", 8, 8, 32},
		DeviceATA186: {"ATA186", 1, 0, 0}, DeviceATA188: {"ATA188", 1, 0, 0},
		DeviceSPA303G: {"SPA303G", 3, 4, 24}, DeviceSPA502G: {"SPA502G", 1, 4, 24}, DeviceSPA504G: {"SPA504G", 4, 4, 24},
		DeviceSPA509G: {"SPA509G", 12, 4, 24}, DeviceSPA521S: {"SPA521S", 1, 4, 24}, DeviceSPA525G: {"SPA525G", 5, 8, 32},
		DeviceSPA525G2: {"SPA525G2", 5, 8, 32},
	}
}
