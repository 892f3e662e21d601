// SPDX-License-Identifier: Apache-2.0

package targetconfig

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
	"offhook.dev/services/dialplan"
)

// anyDomain is the domain of the target that takes what no other claims.
const anyDomain = "*"

// Build makes a snapshot of rendered configurations, all or nothing: the error
// joins every fault. Credentials are opened with the key; the configurations
// must not be changed afterwards.
func Build(key [32]byte, configs ...*configv1.TargetConfig) (*Snapshot, error) {
	s := &Snapshot{byName: map[string]*Target{}, byDomain: map[string]*Target{}, users: map[string][]*User{}, skinny: map[string]*SkinnyPhone{}}
	sorted := slices.Clone(configs)
	slices.SortFunc(sorted, func(a, b *configv1.TargetConfig) int { return strings.Compare(a.GetTarget(), b.GetTarget()) })
	var faults []error
	for _, config := range sorted {
		target, err := buildTarget(key, config)
		if err != nil {
			faults = append(faults, fmt.Errorf("target %q: %w", config.GetTarget(), err))
			continue
		}
		if err := s.add(target); err != nil {
			faults = append(faults, fmt.Errorf("target %q: %w", config.GetTarget(), err))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return s, nil
}

func (s *Snapshot) add(target *Target) error {
	if s.byName[target.Name] != nil {
		return errors.New("target is configured twice")
	}
	var faults []error
	for _, domain := range target.Config.GetSip().GetDomains() {
		if domain == anyDomain {
			if s.fallback != nil {
				faults = append(faults, fmt.Errorf("domain * is claimed by target %q already", s.fallback.Name))
			}
			s.fallback = target
			continue
		}
		host := canonicalHost(domain)
		if other := s.byDomain[host]; other != nil && other != target {
			faults = append(faults, fmt.Errorf("domain %s is claimed by target %q already", host, other.Name))
		}
		s.byDomain[host] = target
	}
	s.byName[target.Name] = target
	s.targets = append(s.targets, target)
	for _, user := range target.Users {
		s.users[user.GetUser()] = append(s.users[user.GetUser()], user)
	}
	if err := s.addSkinny(target); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

func buildTarget(key [32]byte, config *configv1.TargetConfig) (*Target, error) {
	target := &Target{
		Name: config.GetTarget(), Version: config.GetVersion(), Config: config,
		remote: map[string]*Line{}, groups: map[string][]*Line{}, managers: map[string]*SessionManager{},
		lines: map[string]*Line{}, users: map[string]*User{}, devices: map[string]*Device{}, skinny: map[string]*SkinnyPhone{},
	}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if target.Name == "" {
		fault("name is empty")
	}
	if config.GetDriver().GetDriver() == nil && config.GetDriver().GetSkinny() == nil {
		fault("driver is not set")
	}
	if len(config.GetSip().GetDomains()) == 0 {
		fault("sip.domains is empty: no SIP address would reach the target")
	}
	if config.GetSip().GetRealm() == "" {
		fault("sip.realm is empty")
	}
	for _, configured := range config.GetLines() {
		if err := target.addLine(key, configured); err != nil {
			fault("line %q: %w", configured.GetName(), err)
		}
	}
	if err := target.addSkinny(); err != nil {
		faults = append(faults, err)
	}
	for _, configured := range config.GetUsers() {
		if err := target.addUser(key, configured); err != nil {
			fault("CTI user %q: %w", configured.GetName(), err)
		}
	}
	for _, configured := range config.GetSessionManagers() {
		if err := target.addSessionManager(configured); err != nil {
			fault("session manager %q: %w", configured.GetRegisterId(), err)
		}
	}
	if err := target.addTrunk(key, config.GetTrunk()); err != nil {
		fault("trunk %q: %w", config.GetTrunk().GetName(), err)
	}
	target.DialPlan = dialplan.New(config.GetDialPlan(), config.GetTrunk(), func(number string) bool {
		_, ok := target.Line(number)
		return ok
	})
	slices.SortFunc(target.Lines, func(a, b *Line) int { return strings.Compare(a.GetNumber(), b.GetNumber()) })
	slices.SortFunc(target.Users, func(a, b *User) int { return strings.Compare(a.GetName(), b.GetName()) })
	slices.SortFunc(target.SessionManagers, func(a, b *SessionManager) int { return strings.Compare(a.GetRegisterId(), b.GetRegisterId()) })
	for _, line := range target.Lines {
		if group := line.GetPickupGroup(); group != "" {
			target.groups[group] = append(target.groups[group], line)
		}
		if line.GetKind() == configv1.LineKind_LINE_KIND_ROUTEING {
			target.routeing = append(target.routeing, line)
		}
	}
	return target, errors.Join(faults...)
}

func (t *Target) addLine(key [32]byte, configured *configv1.Line) error {
	if configured.GetNumber() == "" {
		return errors.New("number is empty")
	}
	if t.lines[configured.GetNumber()] != nil {
		return fmt.Errorf("number %s is that of line %q already", configured.GetNumber(), t.lines[configured.GetNumber()].GetName())
	}
	line := &Line{Line: configured, Target: t}
	t.lines[configured.GetNumber()] = line
	t.Lines = append(t.Lines, line)
	var faults []error
	for _, number := range configured.GetRemoteNumbers() {
		if other := t.remote[number]; other != nil {
			faults = append(faults, fmt.Errorf("remote number %s is that of line %q already", number, other.GetName()))
			continue
		}
		t.remote[number] = line
	}
	for _, phone := range configured.GetDevices() {
		secret, err := open(key, phone.GetCredential(), seal.DevicePlace(t.Name, configured.GetName(), phone.GetName()))
		if err != nil {
			faults = append(faults, fmt.Errorf("device %q: %w", phone.GetName(), err))
			continue
		}
		device := &Device{Device: phone, Line: line, Secret: secret}
		line.Devices = append(line.Devices, device)
		if phone.GetUsername() == "" || phone.GetSkinny() != nil {
			continue
		}
		if other := t.devices[phone.GetUsername()]; other != nil {
			faults = append(faults, fmt.Errorf("device %q: user name %q is that of device %q of line %q already",
				phone.GetName(), phone.GetUsername(), other.GetName(), other.Line.GetName()))
			continue
		}
		t.devices[phone.GetUsername()] = device
	}
	return errors.Join(faults...)
}

func (t *Target) addUser(key [32]byte, configured *configv1.CTIUser) error {
	if configured.GetUser() == "" {
		return errors.New("user is empty")
	}
	if t.users[configured.GetUser()] != nil {
		return fmt.Errorf("user %q is that of CTI user %q already", configured.GetUser(), t.users[configured.GetUser()].GetName())
	}
	secret, err := open(key, configured.GetCredential(), seal.UserPlace(t.Name, configured.GetName()))
	if err != nil {
		return err
	}
	user := &User{CTIUser: configured, Target: t, Secret: secret, rights: map[string]Rights{}}
	for _, line := range configured.GetLines() {
		user.rights[line.GetNumber()] = Rights{Monitor: line.GetMonitor(), Control: line.GetControl()}
	}
	t.users[configured.GetUser()] = user
	t.Users = append(t.Users, user)
	return nil
}

func (t *Target) addSessionManager(configured *configv1.SessionManager) error {
	id := configured.GetRegisterId()
	if id == "" {
		return errors.New("register-id is empty")
	}
	if t.managers[id] != nil {
		return errors.New("register-id is configured twice")
	}
	if t.lines[id] != nil || t.devices[id] != nil {
		return errors.New("register-id is that of a line or phone already")
	}
	i := slices.IndexFunc(t.Users, func(user *User) bool { return user.GetName() == configured.GetUser() })
	if i < 0 {
		return fmt.Errorf("CTI user %q has no right on a line of the target", configured.GetUser())
	}
	manager := &SessionManager{SessionManager: configured, Target: t, User: t.Users[i]}
	t.managers[id] = manager
	t.SessionManagers = append(t.SessionManagers, manager)
	return nil
}

func (t *Target) addTrunk(key [32]byte, configured *configv1.Trunk) error {
	if configured == nil {
		return nil
	}
	if configured.GetUri() == "" {
		return errors.New("uri is empty")
	}
	secret, err := open(key, configured.GetCredential(), seal.TrunkPlace(t.Name))
	if err != nil {
		return err
	}
	t.Trunk = &Trunk{Trunk: configured, Secret: secret}
	return nil
}

// open unseals a credential; none gives an empty secret, with which nobody can
// authenticate.
func open(key [32]byte, credential *configv1.SealedCredential, place []byte) (Secret, error) {
	if len(credential.GetSealed()) == 0 {
		return Secret{}, nil
	}
	plain, err := seal.Open(key, credential.GetSealed(), place)
	if err != nil {
		return Secret{}, fmt.Errorf("open credential: %w", err)
	}
	var digest configv1.DigestSecret
	if err := proto.Unmarshal(plain, &digest); err != nil {
		return Secret{}, errors.New("open credential: it holds no digest secret")
	}
	return Secret{HA1MD5: digest.GetHa1Md5(), HA1SHA256: digest.GetHa1Sha256(), Password: digest.GetPassword()}, nil
}

// canonicalHost writes a host of a SIP address as targets' domains are kept:
// lower case, without port, brackets and trailing dot.
func canonicalHost(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
