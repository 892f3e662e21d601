// SPDX-License-Identifier: Apache-2.0

package sound

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// ErrBadWAV is returned for files that cannot be played: not RIFF/WAVE, or not
// 8 kHz mono 16-bit PCM.
var ErrBadWAV = errors.New("not a wav file of 8 kHz, mono, 16-bit pcm")

const (
	formatPCM   = 1
	formatBytes = 16
	chunkHead   = 8
	mostHeader  = 1 << 16
)

// ReadFile reads a WAV file of at most longest.
func ReadFile(name string, longest time.Duration, repeats bool) (*Sound, error) {
	mostBytes := int64(longest*SampleRate/time.Second)*2 + mostHeader
	file, err := os.Open(name) // #nosec G304 -- the operator names it
	if err != nil {
		return nil, fmt.Errorf("read sound: %w", err)
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, mostBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read sound: %w", err)
	}
	if int64(len(content)) > mostBytes {
		return nil, fmt.Errorf("read sound %s: longer than %v", name, longest)
	}
	samples, err := parseWAV(content)
	if err != nil {
		return nil, fmt.Errorf("read sound %s: %w", name, err)
	}
	return New(samples, repeats), nil
}

// parseWAV gives the samples of a RIFF/WAVE file. Chunks other than fmt and data
// are passed over. A data chunk that is cut off counts as far as it goes.
func parseWAV(content []byte) ([]int16, error) {
	if len(content) < 12 || string(content[:4]) != "RIFF" || string(content[8:12]) != "WAVE" {
		return nil, ErrBadWAV
	}
	formatSeen := false
	for rest := content[12:]; len(rest) >= chunkHead; {
		name, size := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[chunkHead:]
		body := rest[:min(size, uint64(len(rest)))]
		switch name {
		case "fmt ":
			if !playable(body) {
				return nil, ErrBadWAV
			}
			formatSeen = true
		case "data":
			if !formatSeen || len(body) < 2 {
				return nil, ErrBadWAV
			}
			samples := make([]int16, len(body)/2)
			for i := range samples {
				samples[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
			}
			return samples, nil
		}
		rest = rest[min(size+size&1, uint64(len(rest))):]
	}
	return nil, ErrBadWAV
}

func playable(format []byte) bool {
	if len(format) < formatBytes {
		return false
	}
	word := binary.LittleEndian.Uint16
	return word(format) == formatPCM && word(format[2:]) == 1 &&
		binary.LittleEndian.Uint32(format[4:]) == SampleRate && word(format[14:]) == 16
}
