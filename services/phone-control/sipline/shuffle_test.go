// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// party is a phone that answers every re-INVITE as a phone does, and knows what
// it was told of the other end last.
type party struct {
	*phone
	leg     callmodel.LegID
	changed chan struct{}

	mu     sync.Mutex
	remote string
}

func (p *party) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case tx := <-p.requests:
			offer := tx.Request().Body()
			answer := p.sdp("sendrecv")
			if directionOfBody(offer) == "inactive" {
				answer = p.sdp("inactive")
			}
			_ = tx.Respond(200, "", sipstack.WithBody(answer, "application/sdp"))
			select {
			case <-ctx.Done():
				return
			case ack := <-p.acks:
				if len(offer) == 0 {
					offer = ack.Body()
				}
			}
			p.mu.Lock()
			p.remote = string(offer)
			p.mu.Unlock()
			select {
			case p.changed <- struct{}{}:
			default:
			}
		}
	}
}

// hears is the port that the phone was told to send to, or "nothing".
func (p *party) hears() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if directionOfBody([]byte(p.remote)) != "sendrecv" {
		return "nothing"
	}
	_, line, _ := strings.Cut(p.remote, "m=audio ")
	port, _, _ := strings.Cut(line, " ")
	return port
}

// TestShuffle has phones change partners at random, mostly before the last change
// is done. Whenever all media are said to be set, every phone was told of exactly
// the one it is to talk to.
func TestShuffle(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	s := newScript(t)
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	var parties []*party
	for i, p := range s.phones("1001", "1002", "1003") {
		p := &party{phone: p, leg: callmodel.LegID(i + 1), changed: make(chan struct{}, 1)}
		s.do(callmodel.Ring{Leg: p.leg, Line: callmodel.DeviceID(p.number)})
		tx := p.invited()
		p.pickUp(tx, p.sdp("inactive"))
		p.acked()
		s.want(fmt.Sprintf("LegAnswered %d", p.leg))
		parties = append(parties, p)
		group.Go(func() { p.run(ctx) })
	}
	for round := range 300 {
		commands, wanted := s.shuffled(random, parties)
		mark := fmt.Sprintf("SessionGone round %d", round)
		s.work <- func() {
			s.indications <- callmodel.SessionGone{Session: fmt.Sprintf("round %d", round)}
			for _, command := range commands {
				s.driver.Execute(command)
			}
		}
		if random.IntN(3) > 0 {
			continue
		}
		for indicationText(receive(t, s.indications, mark)) != mark {
		}
		s.want("MediaSet 1", "MediaSet 2", "MediaSet 3")
		for i, p := range parties {
			for p.hears() != wanted[i] {
				receive(t, p.changed, fmt.Sprintf("word to phone %s of %s (round %d); it hears %s", p.number, wanted[i], round, p.hears()))
			}
		}
	}
}

// shuffled puts two of three phones together, or none, and the others on hold.
func (s *script) shuffled(random *rand.Rand, parties []*party) (commands []callmodel.Command, wanted []string) {
	order := random.Perm(len(parties))
	a, b, rest := parties[order[0]], parties[order[1]], order[2:]
	wanted = make([]string, len(parties))
	if random.IntN(4) == 0 {
		rest = order
	} else {
		commands = together(a.leg, b.leg)
		wanted[order[0]], wanted[order[1]] = fmt.Sprint(b.media), fmt.Sprint(a.media)
	}
	for _, i := range rest {
		commands = append(commands, mediaOf(parties[i].leg, []callmodel.MediaKind{callmodel.OnHold, callmodel.HeldByOther}[random.IntN(2)]))
		wanted[i] = "nothing"
	}
	random.Shuffle(len(commands), func(i, j int) { commands[i], commands[j] = commands[j], commands[i] })
	return commands, wanted
}
