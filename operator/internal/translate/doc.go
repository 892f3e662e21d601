// SPDX-License-Identifier: Apache-2.0

// Package translate owns what becomes of the objects of a namespace: the
// configuration of each target, and what is wrong with each object. It is pure
// but for the nonces of sealed credentials: it reads no API, no bus and no
// clock. An object with a fault keeps what the data plane was given of it last.
package translate
