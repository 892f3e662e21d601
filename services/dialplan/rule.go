// SPDX-License-Identifier: Apache-2.0

package dialplan

import (
	"strings"

	configv1 "offhook.dev/proto/offhook/config/v1"
)

// rule rewrites the numbers that it matches.
type rule struct {
	// pattern without the T, more whether it had one.
	pattern string
	more    bool
	strip   int
	prefix  string
	action  configv1.DialAction
}

func newRule(config *configv1.DialRule) rule {
	pattern, more := strings.CutSuffix(config.GetPattern(), "T")
	return rule{
		pattern: pattern, more: more, strip: int(config.GetStrip()), prefix: config.GetPrefix(), action: config.GetAction(),
	}
}

// matches compares the whole number: "." is any digit, a T at the end any more.
func (r rule) matches(number string) bool {
	if len(number) < len(r.pattern) || len(number) > len(r.pattern) && !r.more {
		return false
	}
	for i := range len(r.pattern) {
		if r.pattern[i] == '.' && number[i] >= '0' && number[i] <= '9' {
			continue
		}
		if r.pattern[i] != number[i] {
			return false
		}
	}
	return true
}

// rewrite strips and prefixes. A + stands in front only.
func (r rule) rewrite(number string) string {
	rest := number[min(r.strip, len(number)):]
	if r.prefix != "" {
		rest = strings.TrimPrefix(rest, "+")
	}
	return r.prefix + rest
}
