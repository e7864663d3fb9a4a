package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"os/user"
	"strconv"
	"syscall"

	"postvagt/milter"
	"postvagt/milter/held"
	"postvagt/milter/program"
)

type heldServeCmd struct{ configFlag }

// Run serves until it is told to stop. It needs root for the MTA's commands, and no other right.
func (c *heldServeCmd) Run(t *program.Terminal) error {
	logger := slog.New(slog.NewTextHandler(t.Err, nil))
	cfg, err := milter.LoadConfig(c.Config)
	if err != nil {
		return program.Misconfigured(err)
	}
	rights, err := rightsOf(&cfg.Held)
	if err != nil {
		return program.Misconfigured(err)
	}
	desk, done, err := openDesk(cfg)
	if err != nil {
		return err
	}
	defer done()
	gid, err := groupID(cfg.Held.Group)
	if err != nil {
		return err
	}
	l, err := held.Listen(cfg.Held.Socket, gid)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	logger.Info("ready", "socket", cfg.Held.Socket, "users", len(rights), "four_eyes", len(cfg.Held.FourEyes), "escalate_after", desk.Rules.EscalateAfter, "return_after", desk.Rules.ReturnAfter)
	context.AfterFunc(ctx, program.NotifyStopping)
	program.NotifyReady()
	err = (&held.Server{Desk: desk, Rights: rights, Logger: logger}).Serve(ctx, l)
	logger.Info("stopped")
	return err
}

// rightsOf looks the users of the configuration up. One that the machine does not have yet has no rights; the default user
// comes with the package of the agent.
func rightsOf(h *milter.Held) (map[uint32]held.Rights, error) {
	rights := map[uint32]held.Rights{}
	for _, list := range []struct {
		key   string
		users []string
		grant func(*held.Rights)
	}{
		{"held.deciders", h.Deciders, func(r *held.Rights) { r.Decide = true }},
		{"held.readers", h.Readers, func(r *held.Rights) { r.Read = true }},
		{"held.deleters", h.Deleters, func(r *held.Rights) { r.Delete = true }},
	} {
		for _, name := range list.users {
			uid, err := userID(name)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", list.key, err)
			}
			if uid < 0 {
				continue
			}
			r := rights[uint32(uid)]
			list.grant(&r)
			rights[uint32(uid)] = r
		}
	}
	return rights, nil
}

// userID looks a user up by name or number; -1 for the default user on a machine that does not have it.
func userID(name string) (int64, error) {
	if n, err := strconv.ParseUint(name, 10, 32); err == nil {
		return int64(n), nil
	}
	u, err := user.Lookup(name)
	switch {
	case err != nil && name == milter.DefaultUser:
		return -1, nil
	case err != nil:
		return 0, err
	}
	return strconv.ParseInt(u.Uid, 10, 64)
}
