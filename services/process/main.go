// SPDX-License-Identifier: Apache-2.0

package process

import (
	"errors"

	"offhook.dev/services/targetconfig"
)

// Version of the binary, set by the linker.
var Version = "dev"

// Main runs a process and returns its exit code: 0 after a drain, 1 on a
// failure, 2 on wrong flags or configuration.
//
//	func main() { os.Exit(process.Main(spec)) }
func Main[C Configuration](spec Spec[C]) int { return 1 }

// Targets starts the watcher of target configurations, run and awaited by the
// process. Call it in New, once; validate may be nil.
func (e *Environment) Targets(validate func(*targetconfig.Snapshot) error) (*targetconfig.Watcher, error) {
	return nil, errors.ErrUnsupported
}
