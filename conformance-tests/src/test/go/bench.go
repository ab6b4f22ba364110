package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// The load that Libp2pAgainstGo compares: the Java peer has the same protocols and commands.
const (
	sinkID     = protocol.ID("/beemesh/sink/1.0.0")
	answerID   = protocol.ID("/beemesh/answer/1.0.0")
	chunkBytes = 64 * 1024
)

func (n *node) serveBench() {
	n.host.SetStreamHandler(sinkID, func(s network.Stream) {
		defer s.Close()
		buffer := make([]byte, chunkBytes)
		total := uint64(0)
		for {
			count, err := s.Read(buffer)
			total += uint64(count)
			if err == io.EOF {
				s.Write(binary.BigEndian.AppendUint64(nil, total))
				return
			}
			if err != nil {
				s.Reset()
				return
			}
		}
	})
	n.host.SetStreamHandler(answerID, func(s network.Stream) {
		buffer := make([]byte, 4096)
		for {
			count, err := s.Read(buffer)
			if count > 0 {
				if _, err := s.Write(buffer[:count]); err != nil {
					break
				}
			}
			if err == io.EOF {
				s.Close()
				return
			}
			if err != nil {
				break
			}
		}
		s.Reset()
	})
}

// benchSend writes into c.Streams streams for c.DurationMs and hears how much arrived.
func (n *node) benchSend(ctx context.Context, c command) (fields, error) {
	return n.repeat(c, func(_ int, over func() bool) (int64, error) {
		id, err := n.connect(ctx, c)
		if err != nil {
			return 0, err
		}
		s, err := n.host.NewStream(ctx, id, sinkID)
		if err != nil {
			return 0, err
		}
		defer s.Reset()
		chunk := make([]byte, chunkBytes)
		for !over() {
			if _, err := s.Write(chunk); err != nil {
				return 0, err
			}
		}
		s.CloseWrite()
		answer := make([]byte, 8)
		_, err = io.ReadFull(s, answer)
		return int64(binary.BigEndian.Uint64(answer)), err
	})
}

// request opens a stream, sends c.Size bytes and reads them back to the end.
func (n *node) request(ctx context.Context, id peer.ID, c command, buffer []byte) error {
	s, err := n.host.NewStream(ctx, id, answerID)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.Write(buffer); err != nil {
		return err
	}
	s.CloseWrite()
	if _, err := io.ReadFull(s, buffer); err != nil {
		return err
	}
	if _, err := s.Read(buffer[:1]); err != io.EOF {
		return fmt.Errorf("no end after the answer: %v", err)
	}
	return nil
}

// benchRequest keeps c.Streams requests going, each on a stream of its own.
func (n *node) benchRequest(ctx context.Context, c command) (fields, error) {
	id, err := n.connect(ctx, c)
	if err != nil {
		return nil, err
	}
	return n.repeat(c, func(_ int, over func() bool) (int64, error) {
		buffer := make([]byte, max(c.Size, 1))
		count := int64(0)
		for ; !over(); count++ {
			if err := n.request(ctx, id, c, buffer); err != nil {
				return count, err
			}
		}
		return count, nil
	})
}

// benchDial lets c.Streams hosts connect anew, with one request each time.
func (n *node) benchDial(ctx context.Context, c command) (fields, error) {
	return n.repeat(c, func(_ int, over func() bool) (int64, error) {
		client, err := n.client()
		if err != nil {
			return 0, err
		}
		defer client.host.Close()
		count := int64(0)
		for ; !over(); count++ {
			id, err := client.connect(ctx, c)
			if err == nil {
				err = client.request(ctx, id, c, make([]byte, 1))
			}
			if err != nil {
				return count, err
			}
			client.host.Network().ClosePeer(id)
		}
		return count, nil
	})
}

// benchHosts makes c.Count more hosts that are not connected yet, and listen.
func (n *node) benchHosts(_ context.Context, c command) (fields, error) {
	addrs := []string{}
	for range c.Count {
		made, err := n.another(n.options.listen)
		if err != nil {
			return nil, err
		}
		n.held = append(n.held, made)
		addrs = append(addrs, made.addrs()[0])
	}
	return fields{"addrs": addrs}, nil
}

// benchJoin connects this host to each of c.Addrs.
func (n *node) benchJoin(ctx context.Context, c command) (fields, error) {
	for _, addr := range c.Addrs {
		if err := n.rest(ctx, command{Addr: addr, Streams: c.Streams}); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// rest connects and opens c.Streams streams that rest.
func (n *node) rest(ctx context.Context, c command) error {
	id, err := n.connect(ctx, c)
	if err != nil {
		return err
	}
	for range c.Streams {
		s, err := n.host.NewStream(ctx, id, answerID)
		if err != nil {
			return err
		}
		s.Write([]byte{1})
		if _, err := io.ReadFull(s, make([]byte, 1)); err != nil {
			return err
		}
	}
	return nil
}

// benchHold connects the next c.Count of these hosts, each with c.Streams streams that rest.
func (n *node) benchHold(ctx context.Context, c command) (fields, error) {
	for range c.Count {
		client := n.held[n.connected]
		n.connected++
		if err := client.rest(ctx, c); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (n *node) benchRelease(_ context.Context, _ command) (fields, error) {
	for _, client := range n.held {
		client.host.Close()
	}
	n.held = nil
	n.connected = 0
	return nil, nil
}

// benchGossip publishes in windows: the subscriber answers each window's end on topic "window".
func (n *node) benchGossip(ctx context.Context, c command) (fields, error) {
	if _, err := n.connect(ctx, c); err != nil {
		return nil, err
	}
	load, err := n.topic("load")
	if err != nil {
		return nil, err
	}
	// Kept for all rounds: who leaves a topic is not taken into its mesh again for a while.
	if n.answers == nil {
		if n.answers, err = n.pubsub.Subscribe("window"); err != nil {
			return nil, err
		}
	}
	for len(n.pubsub.ListPeers("load")) == 0 || len(n.pubsub.ListPeers("window")) == 0 {
		time.Sleep(time.Millisecond)
	}
	data := make([]byte, max(c.Size, 1))
	return n.repeat(command{DurationMs: c.DurationMs}, func(_ int, over func() bool) (int64, error) {
		count := int64(0)
		for !over() {
			for range gossipWindow {
				rand.Read(data)
				if err := load.Publish(ctx, append([]byte{}, data...)); err != nil {
					return count, err
				}
			}
			// Gossip may lose a message: then the window is not answered, and does not count.
			limit, cancel := context.WithTimeout(ctx, time.Second)
			_, err := n.answers.Next(limit)
			cancel()
			if err == nil {
				count += gossipWindow
			} else if ctx.Err() != nil {
				return count, err
			}
		}
		return count, nil
	})
}

const gossipWindow = 16

func (n *node) benchSubscribe(_ context.Context, _ command) (fields, error) {
	sub, err := n.pubsub.Subscribe("load")
	if err != nil {
		return nil, err
	}
	answers, err := n.pubsub.Join("window")
	if err != nil {
		return nil, err
	}
	if _, err := answers.Subscribe(); err != nil {
		return nil, err
	}
	go func() {
		for count := 1; ; count++ {
			if _, err := sub.Next(n.ctx); err != nil {
				return
			}
			if count%gossipWindow == 0 {
				answers.Publish(n.ctx, binary.BigEndian.AppendUint64(nil, uint64(count)))
			}
		}
	}()
	return nil, nil
}

// usage tells what this process has used.
func (n *node) usage(_ context.Context, c command) (fields, error) {
	if c.Count > 0 {
		debug.FreeOSMemory()
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	var usage syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return fields{"cpuNanos": usage.Utime.Nano() + usage.Stime.Nano(), "memoryBytes": memory.HeapAlloc + memory.StackInuse,
		"connections": len(n.host.Network().Conns())}, err
}

// client is another host with the same options.
func (n *node) client() (*node, error) { return n.another(list{"none"}) }

func (n *node) another(listen list) (*node, error) {
	o := *n.options
	o.listen = listen
	o.seed = ""
	o.mode = "off"
	o.quiet = true
	return start(n.ctx, &o)
}

// repeat runs c.Streams workers, adds up what each counted, and tells how long it took.
func (n *node) repeat(c command, worker func(int, func() bool) (int64, error)) (fields, error) {
	started := time.Now()
	end := started.Add(time.Duration(c.DurationMs) * time.Millisecond)
	over := func() bool { return time.Now().After(end) }
	var total atomic.Int64
	var wait sync.WaitGroup
	var failed atomic.Value
	for i := range max(c.Streams, 1) {
		wait.Add(1)
		go func() {
			defer wait.Done()
			count, err := worker(i, over)
			total.Add(count)
			if err != nil {
				failed.Store(err)
			}
		}()
	}
	wait.Wait()
	err, _ := failed.Load().(error)
	return fields{"count": total.Load(), "nanos": time.Since(started).Nanoseconds()}, err
}
