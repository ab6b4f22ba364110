package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// target is what is loaded: one member or node.
type target interface {
	// put writes the value if the key is still at the version, 0 for none; gives the new one.
	put(ctx context.Context, key string, version int64, value string) (int64, error)
	// follow tells every value that is written from now on, until the context ends; returns once it does.
	follow(ctx context.Context, told func(value string)) error
}

const (
	// Of a value, when its write began.
	stampDigits = 20
	// Between two writes that look whether there is a leader again.
	probeEvery  = 20 * time.Millisecond
	takeoverMax = time.Minute
)

func value(size int) string {
	stamp := fmt.Sprintf("%0*d", stampDigits, time.Now().UnixNano())
	return stamp + strings.Repeat("x", max(0, size-stampDigits))
}

// name is that of an object which no other command has, of this process or another.
func name(kind string, c command, number int) string {
	return fmt.Sprintf("%s-%d-%d-%d", kind, os.Getpid(), c.ID, number)
}

// write has so many workers write, each one object again and again, for so long.
func (p *program) write(ctx context.Context, c command) (fields, error) {
	all := make([][]time.Duration, c.Workers)
	failures := make([]error, c.Workers)
	started := time.Now()
	end := started.Add(time.Duration(c.DurationMs) * time.Millisecond)
	var wait sync.WaitGroup
	for i := range c.Workers {
		wait.Go(func() {
			key := name("w", c, i)
			version := int64(0)
			for time.Now().Before(end) && failures[i] == nil {
				began := time.Now()
				version, failures[i] = p.targets[c.Target].put(ctx, key, version, value(c.Size))
				all[i] = append(all[i], time.Since(began))
			}
		})
	}
	wait.Wait()
	nanos := time.Since(started).Nanoseconds()
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	return told(slices.Concat(all...), nanos), nil
}

func told(times []time.Duration, nanos int64) fields {
	slices.Sort(times)
	at := func(part float64) int64 {
		if len(times) == 0 {
			return 0
		}
		return times[min(len(times)-1, int(part*float64(len(times))))].Nanoseconds()
	}
	return fields{"count": len(times), "nanos": nanos, "p50": at(0.5), "p99": at(0.99)}
}

// watch keeps how old each value was when it was told.
type watch struct {
	cancel context.CancelFunc
	lock   sync.Mutex
	ages   []time.Duration
}

// begin follows a target until "watched".
func (p *program) begin(_ context.Context, c command) (fields, error) {
	ctx, cancel := context.WithCancel(context.Background())
	w := &watch{cancel: cancel}
	p.lock.Lock()
	p.watch = w
	p.lock.Unlock()
	err := p.targets[c.Target].follow(ctx, func(value string) {
		now := time.Now().UnixNano()
		stamp, err := strconv.ParseInt(value[:min(len(value), stampDigits)], 10, 64)
		if err != nil {
			return
		}
		w.lock.Lock()
		defer w.lock.Unlock()
		w.ages = append(w.ages, time.Duration(now-stamp))
	})
	return fields{}, err
}

// watched tells what the watch saw.
func (p *program) watched(context.Context, command) (fields, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.watch.cancel()
	p.watch.lock.Lock()
	defer p.watch.lock.Unlock()
	return told(p.watch.ages, 0), nil
}

// takeover kills a process and tells how long it took until a write that began after that succeeded.
func (p *program) takeover(parent context.Context, c command) (fields, error) {
	ctx, cancel := context.WithTimeout(parent, takeoverMax)
	defer cancel()
	killed := time.Now()
	if err := syscall.Kill(c.Pid, syscall.SIGKILL); err != nil {
		return nil, err
	}
	first := make(chan time.Duration, 1)
	ticks := time.NewTicker(probeEvery)
	defer ticks.Stop()
	for i := 0; ; i++ {
		go func() {
			_, err := p.targets[c.Target].put(ctx, name("t", c, i), 0, value(c.Size))
			if err == nil {
				select {
				case first <- time.Since(killed):
				default:
				}
			}
		}()
		select {
		case took := <-first:
			return fields{"nanos": took.Nanoseconds()}, nil
		case <-ctx.Done():
			return nil, errors.New("nothing was written within a minute")
		case <-ticks.C:
		}
	}
}
