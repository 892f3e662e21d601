// SPDX-License-Identifier: Apache-2.0

package audio

import (
	"sync"
	"time"

	"github.com/pion/rtp"
)

// arrivals tell what is lost and how regularly packets come (RFC 3550 A.3, A.8).
type arrivals struct {
	mutex   sync.Mutex
	begun   bool
	source  uint32
	highest uint16
	// expected and came count the packets of this source; lostBefore is what
	// earlier sources lost.
	expected, came, lostBefore uint64
	last                       time.Time
	lastClock                  uint32
	jitter                     float64 // in units of the clock
}

func (a *arrivals) note(packet *rtp.Packet, now time.Time) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if !a.begun || packet.SSRC != a.source {
		a.lostBefore = a.lost()
		a.begun, a.source, a.highest = true, packet.SSRC, packet.SequenceNumber
		a.expected, a.came, a.jitter = 1, 1, 0
		a.last, a.lastClock = now, packet.Timestamp
		return
	}
	a.came++
	if ahead := packet.SequenceNumber - a.highest; ahead < 1<<15 {
		a.expected += uint64(ahead)
		a.highest = packet.SequenceNumber
	}
	if packet.Timestamp == a.lastClock {
		return // a digit's packets have the clock of its beginning
	}
	if !packet.Marker { // between talks the clock stands for time that was silent
		passed := float64(now.Sub(a.last)) * sampleRate / float64(time.Second)
		late := passed - float64(int32(packet.Timestamp-a.lastClock))
		a.jitter += (max(late, -late) - a.jitter) / 16
	}
	a.last, a.lastClock = now, packet.Timestamp
}

func (a *arrivals) lost() uint64 { return a.lostBefore + a.expected - min(a.came, a.expected) }

func (a *arrivals) tell() (lost uint64, jitter time.Duration) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.lost(), time.Duration(a.jitter / sampleRate * float64(time.Second)).Round(time.Microsecond)
}
