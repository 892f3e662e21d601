// SPDX-License-Identifier: Apache-2.0

package session

import (
	"slices"
	"strings"

	sessionv1 "offhook.dev/proto/offhook/session/v1"

	"offhook.dev/csta"
	"offhook.dev/services/deviceid"
	"offhook.dev/services/targetconfig"
)

// findTarget is the target that authenticated the user, else the one that the
// Request-URI or To mean.
func (s *Server) findTarget(request *sessionv1.OpenSessionRequest) (*targetconfig.Target, bool) {
	snapshot := s.options.Targets.Snapshot()
	if request.GetTarget() != "" {
		return snapshot.TargetByName(request.GetTarget())
	}
	for _, uri := range [...]string{request.GetRequestUri(), request.GetTo()} {
		if target, ok := snapshot.TargetByDomain(uriHost(uri)); ok {
			return target, true
		}
	}
	return nil, false
}

// findLine is the line that a session is opened for: the one in the body's
// private data, else the user of To, else that of the Request-URI. The text is
// how the client wrote it. A line in the body is the only candidate.
func findLine(target *targetconfig.Target, document csta.Document, request *sessionv1.OpenSessionRequest) (line *targetconfig.Line, text string, fromBody bool) {
	if text = lineInBody(document.Message); text != "" {
		return lineOf(target, text), text, true
	}
	for _, text := range [...]string{request.GetTo(), request.GetRequestUri()} {
		if line := lineOf(target, bareURI(text)); line != nil {
			return line, bareURI(text), false
		}
	}
	return nil, bareURI(request.GetTo()), false
}

// namesManagerOf tells whether To or the Request-URI is the register-id of a
// session manager that has a user's rights.
func namesManagerOf(user *targetconfig.User, request *sessionv1.OpenSessionRequest) bool {
	for _, text := range [...]string{request.GetTo(), request.GetRequestUri()} {
		named, err := deviceid.Parse(bareURI(text))
		if err != nil {
			continue
		}
		if manager, ok := user.Target.SessionManager(named.Number); ok && manager.User == user {
			return true
		}
	}
	return false
}

// hasManager tells whether a user has a session manager.
func hasManager(user *targetconfig.User) bool {
	return user != nil && slices.ContainsFunc(user.Target.SessionManagers, func(manager *targetconfig.SessionManager) bool {
		return manager.User == user
	})
}

// lineOf finds the line that a device text means: by its number, its extension,
// or the extension that the dial plan finds in a full number.
func lineOf(target *targetconfig.Target, text string) *targetconfig.Line {
	device, err := deviceid.Parse(text)
	if err != nil {
		return nil
	}
	for _, number := range device.Candidates() {
		if line, ok := target.Line(number); ok {
			return line
		}
	}
	line, _ := target.Line(target.DialPlan.Extension(device.Number))
	return line
}

// bareURI takes display name, angle brackets and header parameters off a To
// value.
func bareURI(text string) string {
	if start := strings.IndexByte(text, '<'); start >= 0 {
		if end := strings.IndexByte(text[start:], '>'); end > 0 {
			return text[start+1 : start+end]
		}
	}
	return strings.TrimSpace(text)
}

// uriHost is the host of a SIP URI with its port.
func uriHost(text string) string {
	host := bareURI(text)
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = host[at+1:]
	} else if _, after, ok := strings.Cut(host, ":"); ok {
		host = after
	}
	if at := strings.IndexAny(host, ";?"); at >= 0 {
		host = host[:at]
	}
	return host
}
