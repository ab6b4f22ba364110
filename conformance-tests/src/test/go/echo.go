package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

const echoID = protocol.ID("/beemesh/echo/1.0.0")

func (n *node) serveEcho(s network.Stream) {
	count, err := io.Copy(s, s)
	if err != nil {
		s.Reset()
		return
	}
	s.Close()
	print(map[string]any{"event": "echo-served", "peer": s.Conn().RemotePeer(), "protocol": s.Protocol(), "bytes": count})
}

// pattern has byte i = (31 i + 7 + (i >> 8)) & 0xff.
func pattern(size int) []byte {
	out := make([]byte, size)
	for i := range out {
		out[i] = byte(31*i + 7 + (i >> 8))
	}
	return out
}

// echo opens a stream for each requested size, all at once.
func (n *node) echo(ctx context.Context, c command) (map[string]any, error) {
	info, err := n.connect(ctx, c)
	if err != nil {
		return nil, err
	}
	sizes := c.Sizes
	if len(sizes) == 0 {
		sizes = []int{max(c.Size, 1)}
	}
	var wait sync.WaitGroup
	var lock sync.Mutex
	var failed error
	results := []map[string]any{}
	total := 0
	for _, size := range sizes {
		for range max(c.Streams, 1) {
			total += size
			wait.Add(1)
			go func() {
				defer wait.Done()
				started := time.Now()
				err := n.exchange(ctx, info, c, size)
				lock.Lock()
				defer lock.Unlock()
				if err != nil {
					failed = err
				}
				results = append(results, map[string]any{"size": size, "ms": time.Since(started).Milliseconds()})
			}()
		}
	}
	wait.Wait()
	return map[string]any{"results": results, "totalBytes": total}, failed
}

func (n *node) exchange(ctx context.Context, id peer.ID, c command, size int) error {
	name := protocol.ID(c.Protocol)
	if name == "" {
		name = echoID
	}
	s, err := n.host.NewStream(ctx, id, name)
	if err != nil {
		return err
	}
	defer s.Reset()
	sent := pattern(size)
	written := make(chan error, 1)
	go func() {
		_, err := s.Write(sent)
		if err == nil && c.halfClose() {
			err = s.CloseWrite()
		}
		written <- err
	}()
	got := make([]byte, size)
	if _, err := io.ReadFull(s, got); err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	if err := <-written; err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	if !bytes.Equal(sent, got) {
		return fmt.Errorf("echo mismatch at %d bytes", size)
	}
	if !c.halfClose() {
		if err := s.CloseWrite(); err != nil {
			return err
		}
	}
	if rest, err := io.ReadAll(s); err != nil || len(rest) > 0 {
		return fmt.Errorf("%d bytes too many, %v", len(rest), err)
	}
	return nil
}
