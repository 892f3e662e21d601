// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
)

// errSessionEnded tells that the server ended a session that was to go on.
var errSessionEnded = errors.New("the server ended the session")

// print writes a result in the format asked for.
func (c *Connection) print(env *Environment, value any, message csta.Message, text string) error {
	switch c.Output {
	case "json":
		return json.NewEncoder(env.Out).Encode(value)
	case "xml":
		_, err := fmt.Fprintf(env.Out, "%s\n", csta.Append(nil, message, csta.DefaultEdition))
		return err
	default:
		_, err := fmt.Fprintln(env.Out, text)
		return err
	}
}

// follow prints a session's events until one is the last, the context ends, or
// the session does.
func (c *Connection) follow(ctx context.Context, env *Environment, session *cstaclient.Session, last func(cstaclient.Summary) bool) error {
	for {
		select {
		case <-ctx.Done():
			return nil // Ctrl-C is how to end
		case event, open := <-session.Events():
			if !open {
				return errSessionEnded
			}
			summary := cstaclient.Summarize(event)
			text := time.Now().Format("15:04:05.000") + "  " + summary.String()
			if err := c.print(env, summary, event, text); err != nil {
				return err
			}
			if last(summary) {
				return nil
			}
		}
	}
}

func connectionJSON(connection csta.ConnectionID) map[string]string {
	return map[string]string{"callID": string(connection.CallID), "deviceID": connection.DeviceID.Text}
}
