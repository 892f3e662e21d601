// SPDX-License-Identifier: Apache-2.0

// Package control runs targets: for each one whose lease this replica holds it
// owns one goroutine, on which the call model and its line-side driver work,
// and it answers PhoneControlService for them. What a step of the model brings
// about is carried out in order: commands to the driver, replies to the waiting
// services, events, numbered without gaps, to the bus.
//
// It decides nothing about calls (that is callmodel) and speaks to no phone
// (that is the drivers).
package control
