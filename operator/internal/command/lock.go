// SPDX-License-Identifier: Apache-2.0

package command

import (
	"fmt"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"offhook.dev/operator/internal/config"
)

// newLock gives the lease of the leader, which records no events.
func newLock(access *rest.Config, read *config.Config, environment func(string) string) (resourcelock.Interface, error) {
	name := environment("POD_NAME")
	if name == "" {
		host, err := os.Hostname()
		if err != nil {
			return nil, fmt.Errorf("name the leader: %w; set POD_NAME", err)
		}
		name = host
	}
	lock, err := resourcelock.NewFromKubeconfig(resourcelock.LeasesResourceLock, read.Namespace, read.Installation+"-operator",
		resourcelock.ResourceLockConfig{Identity: name + "_" + string(uuid.NewUUID())}, access, time.Duration(read.LeaderElection.RenewDeadline))
	if err != nil {
		return nil, fmt.Errorf("make lease of the leader: %w", err)
	}
	return lock, nil
}
