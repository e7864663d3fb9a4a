package program

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	systemd "github.com/coreos/go-systemd/v22/daemon"
)

// Inherited are the listening sockets that systemd opened for this process (sd_listen_fds(3)), by the
// FileDescriptorName of their socket unit. It takes them from the environment: ask once.
func Inherited() (map[string]net.Listener, error) {
	all, err := activation.ListenersWithNames()
	if err != nil {
		return nil, fmt.Errorf("sockets of systemd: %w", err)
	}
	out := map[string]net.Listener{}
	for name, list := range all {
		if len(list) != 1 || list[0] == nil {
			return nil, fmt.Errorf("sockets of systemd: %q names %d sockets, not one stream socket: give each socket unit one ListenStream", name, len(list))
		}
		out[name] = list[0]
	}
	return out, nil
}

// What systemd is told (sd_notify(3)). Without systemd nobody is told, which is no error.

// NotifyReady says that the daemon serves, by its first configuration or a new one.
func NotifyReady() { _, _ = systemd.SdNotify(false, systemd.SdNotifyReady) } // who does not listen cannot be told

// NotifyStopping says that it ends.
func NotifyStopping() { _, _ = systemd.SdNotify(false, systemd.SdNotifyStopping) }

// Watch tells systemd's watchdog that the daemon is well, three times in each WatchdogSec, as long as alive says so,
// until ctx ends. Without a watchdog it returns at once.
func Watch(ctx context.Context, alive func(context.Context) error, fault func(error)) {
	limit, err := systemd.SdWatchdogEnabled(false)
	if err != nil || limit == 0 {
		return
	}
	tick := time.NewTicker(limit / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := alive(ctx); err == nil {
			_, _ = systemd.SdNotify(false, systemd.SdNotifyWatchdog) // as above
		} else if ctx.Err() == nil {
			fault(err)
		}
	}
}
