// SPDX-License-Identifier: Apache-2.0

package csta

import "errors"

func asError[T error](err error, target *T) bool { return errors.As(err, target) }
