// SPDX-License-Identifier: Apache-2.0

package baresip

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Dial calls a number of the phone's own domain, as its user would.
func (p *Phone) Dial(number string) { p.t.Helper(); p.Command("dial", "sip:"+number+"@"+p.Domain) }

// Accept picks up the ringing call.
func (p *Phone) Accept() { p.t.Helper(); p.Command("accept", "") }

// Hangup ends the current call, or rejects the ringing one with 486.
func (p *Phone) Hangup() { p.t.Helper(); p.Command("hangup", "") }

// Hold puts the current call on hold.
func (p *Phone) Hold() { p.t.Helper(); p.Command("hold", "") }

// Resume takes the current call off hold.
func (p *Phone) Resume() { p.t.Helper(); p.Command("resume", "") }

// Calls is the number of calls the phone says it has.
func (p *Phone) Calls() int {
	p.t.Helper()
	return strings.Count(p.Command("listcalls", ""), "[line ")
}

// RTP is what the phone counts of the audio of its current call.
type RTP struct {
	Sent, Received int
	// ReceivedFrom are the packets by the RTP port they came from; a phone that
	// is joined with another party counts each apart.
	ReceivedFrom map[int]int
	// Direction is the phone's own view: sendrecv, sendonly, recvonly, inactive.
	Direction string
}

var (
	sentPattern      = regexp.MustCompile(`TX: packets=(\d+)`)
	receivedPattern  = regexp.MustCompile(`IP=[^ ]*:(\d+) psent=\d+ rcvd=(\d+)`)
	directionPattern = regexp.MustCompile(`audio dir=(\w+)`)
)

// RTP reads the phone's counters; all zero without a call.
func (p *Phone) RTP() RTP {
	p.t.Helper()
	text := p.Command("audio_debug", "")
	direction := ""
	if match := directionPattern.FindStringSubmatch(text); match != nil {
		direction = match[1]
	}
	rtp := RTP{Sent: number(sentPattern, text), ReceivedFrom: make(map[int]int), Direction: direction}
	for _, match := range receivedPattern.FindAllStringSubmatch(text, -1) {
		port, _ := strconv.Atoi(match[1])
		packets, _ := strconv.Atoi(match[2])
		rtp.ReceivedFrom[port] += packets
		rtp.Received += packets
	}
	return rtp
}

// from is how many packets came from another phone.
func (r RTP) from(p *Phone) int {
	packets := 0
	for port, n := range r.ReceivedFrom {
		if port >= p.RTPPortBase && port < p.RTPPortBase+100 {
			packets += n
		}
	}
	return packets
}

// WaitHears waits until the phone has received 25 packets (half a second of
// audio) of another phone's more than now.
func (p *Phone) WaitHears(other *Phone) {
	p.t.Helper()
	start := p.RTP()
	deadline := time.Now().Add(controlTimeout)
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for {
		now := p.RTP()
		if now.from(other) >= start.from(other)+25 {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("phone %s does not hear phone %s: from %+v to %+v", p.Number, other.Number, start, now)
		}
		<-poll.C
	}
}

// WaitRTPFlows waits until the phone has received 25 packets (half a second of
// audio) more than now, and sent as many.
func (p *Phone) WaitRTPFlows() {
	p.t.Helper()
	start := p.RTP()
	deadline := time.Now().Add(controlTimeout)
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for {
		now := p.RTP()
		if now.Received >= start.Received+25 && now.Sent >= start.Sent+25 {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("no RTP both ways at phone %s: from %+v to %+v", p.Number, start, now)
		}
		<-poll.C
	}
}

// WaitRTPStops waits until the phone's counters of received packets stand
// still for half a second, in which 25 packets would come.
func (p *Phone) WaitRTPStops() {
	p.t.Helper()
	deadline := time.Now().Add(controlTimeout)
	window := time.NewTicker(500 * time.Millisecond)
	defer window.Stop()
	last := p.RTP()
	for {
		<-window.C
		now := p.RTP()
		if now.Received == last.Received {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("RTP goes on at phone %s: from %+v to %+v", p.Number, last, now)
		}
		last = now
	}
}

func number(pattern *regexp.Regexp, text string) int {
	match := pattern.FindStringSubmatch(text)
	if match == nil {
		return 0
	}
	value, err := strconv.Atoi(match[1])
	if err != nil {
		return 0
	}
	return value
}
