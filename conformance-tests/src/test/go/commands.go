package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	"github.com/multiformats/go-multihash"
)

type command struct {
	ID        any      `json:"id"`
	Cmd       string   `json:"cmd"`
	Addr      string   `json:"addr"`
	Peer      string   `json:"peer"`
	Count     int      `json:"count"`
	Size      int      `json:"size"`
	Sizes     []int    `json:"sizes"`
	Streams   int      `json:"streams"`
	HalfClose *bool    `json:"halfClose"`
	Protocol  string   `json:"protocol"`
	Protocols []string `json:"protocols"`
	Key       string   `json:"key"`
	Topic     string   `json:"topic"`
	Data      string   `json:"data"`
	Text      *string  `json:"text"`
	TimeoutMs int      `json:"timeoutMs"`
	// of the commands bench-...
	DurationMs int      `json:"durationMs"`
	Addrs      []string `json:"addrs"`
}

func (c command) halfClose() bool { return c.HalfClose == nil || *c.HalfClose }

func (c command) payload() ([]byte, error) {
	if c.Data != "" {
		return base64.StdEncoding.DecodeString(c.Data)
	}
	if c.Text != nil {
		return []byte(*c.Text), nil
	}
	return pattern(c.Size), nil
}

type fields = map[string]any

var commands map[string]func(*node, context.Context, command) (fields, error)

func init() {
	commands = map[string]func(*node, context.Context, command) (fields, error){
		"info": (*node).info, "connections": (*node).connections, "dial": (*node).dial, "hangup": (*node).hangup, "probe": (*node).probe,
		"ping": (*node).ping, "echo": (*node).echo, "protocols": (*node).protocols, "peer": (*node).protocols,
		"negotiate": (*node).negotiate, "handle": (*node).handle, "unhandle": (*node).unhandle,
		"dht-put": (*node).dhtPut, "dht-get": (*node).dhtGet, "dht-provide": (*node).dhtProvide,
		"dht-find-providers": (*node).dhtFindProviders, "dht-find-peer": (*node).dhtFindPeer,
		"dht-closest": (*node).dhtClosest, "dht-table": (*node).dhtTable,
		"subscribe": (*node).subscribe, "unsubscribe": (*node).unsubscribe, "publish": (*node).publish, "mesh": (*node).mesh,
		"relay-reserve": (*node).relayReserve, "relay-dial": (*node).dial,
		"bench-send": (*node).benchSend, "bench-request": (*node).benchRequest, "bench-dial": (*node).benchDial,
		"bench-hosts": (*node).benchHosts, "bench-join": (*node).benchJoin, "bench-hold": (*node).benchHold, "bench-release": (*node).benchRelease, "usage": (*node).usage,
		"bench-gossip": (*node).benchGossip, "bench-subscribe": (*node).benchSubscribe,
	}
}

func (n *node) addrs() []string {
	info := peer.AddrInfo{ID: n.host.ID(), Addrs: n.host.Addrs()}
	full, _ := peer.AddrInfoToP2pAddrs(&info)
	out := []string{}
	for _, a := range full {
		out = append(out, a.String())
	}
	return out
}

func (n *node) connect(ctx context.Context, c command) (peer.ID, error) {
	info, err := peerOf(c)
	if err != nil {
		return "", err
	}
	return info.ID, n.host.Connect(ctx, info)
}

func (n *node) info(_ context.Context, _ command) (fields, error) {
	key, err := crypto.MarshalPublicKey(n.host.Peerstore().PubKey(n.host.ID()))
	return fields{"peerId": n.host.ID(), "addrs": n.addrs(), "protocols": n.host.Mux().Protocols(), "publicKey": key}, err
}

func describe(c network.Conn) fields {
	direction := "inbound"
	if c.Stat().Direction == network.DirOutbound {
		direction = "outbound"
	}
	state := c.ConnState()
	streams := []string{}
	for _, s := range c.GetStreams() {
		streams = append(streams, string(s.Protocol()))
	}
	return fields{"peer": c.RemotePeer(), "addr": c.RemoteMultiaddr().String(), "direction": direction,
		"security": state.Security, "muxer": state.StreamMultiplexer, "earlyMuxer": state.UsedEarlyMuxerNegotiation,
		"streams": streams, "limited": c.Stat().Limited}
}

func (n *node) connections(_ context.Context, _ command) (fields, error) {
	out := []fields{}
	for _, c := range n.host.Network().Conns() {
		out = append(out, describe(c))
	}
	return fields{"connections": out}, nil
}

func (n *node) dial(ctx context.Context, c command) (fields, error) {
	id, err := n.connect(ctx, c)
	if err != nil {
		return nil, err
	}
	return describe(n.host.Network().ConnsToPeer(id)[0]), nil
}

// probe dials from a port of its own, as another peer: a NAT remembers for minutes what left the port
// to be punched from.
func (n *node) probe(ctx context.Context, c command) (fields, error) {
	info, err := peerOf(c)
	if err != nil {
		return nil, err
	}
	h, err := libp2p.New(libp2p.NoListenAddrs, libp2p.DisableMetrics())
	if err != nil {
		return nil, err
	}
	defer h.Close()
	return nil, h.Connect(ctx, info)
}

func (n *node) hangup(_ context.Context, c command) (fields, error) {
	info, err := peerOf(c)
	if err != nil {
		return nil, err
	}
	return nil, n.host.Network().ClosePeer(info.ID)
}

func (n *node) ping(ctx context.Context, c command) (fields, error) {
	id, err := n.connect(ctx, c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := ping.Ping(ctx, n.host, id)
	out := []float64{}
	for range max(c.Count, 1) {
		r := <-results
		if r.Error != nil {
			return nil, r.Error
		}
		out = append(out, float64(r.RTT.Microseconds())/1000)
	}
	return fields{"rttMs": out}, nil
}

// protocols tells what the peer store holds; go identifies each connection by itself.
func (n *node) protocols(ctx context.Context, c command) (fields, error) {
	id, err := n.connect(ctx, c)
	if err != nil {
		return nil, err
	}
	store := n.host.Peerstore()
	protocols, err := store.GetProtocols(id)
	if err != nil {
		return nil, err
	}
	agent, _ := store.Get(id, "AgentVersion")
	addrs := []string{}
	for _, a := range store.Addrs(id) {
		addrs = append(addrs, a.String())
	}
	out := fields{"peer": id, "protocols": protocols, "agentVersion": agent, "listenAddrs": addrs}
	// Told a moment after it is known.
	for range 100 {
		if signed, ok := n.records.Load(id); ok {
			out["signedPeerRecord"] = fields{"verified": true, "addrs": signed}
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return out, nil
}

func (n *node) negotiate(ctx context.Context, c command) (fields, error) {
	id, err := n.connect(ctx, c)
	if err != nil {
		return nil, err
	}
	ids := []protocol.ID{}
	for _, name := range append(c.Protocols, c.Protocol) {
		if name != "" {
			ids = append(ids, protocol.ID(name))
		}
	}
	s, err := n.host.NewStream(ctx, id, ids...)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return fields{"protocol": s.Protocol()}, nil
}

func (n *node) handle(_ context.Context, c command) (fields, error) {
	n.host.SetStreamHandler(protocol.ID(c.Protocol), n.serveEcho)
	return nil, nil
}

func (n *node) unhandle(_ context.Context, c command) (fields, error) {
	n.host.RemoveStreamHandler(protocol.ID(c.Protocol))
	return nil, nil
}

func contentID(key string) cid.Cid {
	sum := sha256.Sum256([]byte(key))
	hash, _ := multihash.Encode(sum[:], multihash.SHA2_256)
	return cid.NewCidV1(cid.Raw, hash)
}

func (n *node) dhtPut(ctx context.Context, c command) (fields, error) {
	value, err := c.payload()
	if err != nil {
		return nil, err
	}
	return nil, n.dht.PutValue(ctx, c.Key, value)
}

func (n *node) dhtGet(ctx context.Context, c command) (fields, error) {
	value, err := n.dht.GetValue(ctx, c.Key)
	return fields{"data": value, "text": string(value)}, err
}

func (n *node) dhtProvide(ctx context.Context, c command) (fields, error) {
	id := contentID(c.Key)
	return fields{"cid": id.String(), "multihash": []byte(id.Hash())}, n.dht.Provide(ctx, id, true)
}

func peerFields(info peer.AddrInfo) fields {
	addrs := []string{}
	for _, a := range info.Addrs {
		addrs = append(addrs, a.String())
	}
	return fields{"peer": info.ID, "addrs": addrs}
}

func (n *node) dhtFindProviders(ctx context.Context, c command) (fields, error) {
	out := []fields{}
	for info := range n.dht.FindProvidersAsync(ctx, contentID(c.Key), max(c.Count, 20)) {
		out = append(out, peerFields(info))
	}
	return fields{"providers": out}, nil
}

func (n *node) dhtFindPeer(ctx context.Context, c command) (fields, error) {
	id, err := peer.Decode(c.Peer)
	if err != nil {
		return nil, err
	}
	info, err := n.dht.FindPeer(ctx, id)
	if err != nil {
		return nil, err
	}
	return peerFields(info), nil
}

func (n *node) dhtClosest(ctx context.Context, c command) (fields, error) {
	ids, err := n.dht.GetClosestPeers(ctx, c.Key)
	out := []fields{}
	for _, id := range ids {
		out = append(out, peerFields(n.host.Peerstore().PeerInfo(id)))
	}
	return fields{"peers": out}, err
}

func (n *node) dhtTable(_ context.Context, _ command) (fields, error) {
	if n.dht == nil {
		return nil, errors.New("the dht is off")
	}
	mode := "client"
	if n.dht.Mode() == 2 {
		mode = "server"
	}
	return fields{"mode": mode, "peers": n.dht.RoutingTable().ListPeers()}, nil
}

func (n *node) subscribe(_ context.Context, c command) (fields, error) {
	n.lock.Lock()
	defer n.lock.Unlock()
	if n.subs[c.Topic] != nil {
		return nil, nil
	}
	topic, err := n.topic(c.Topic)
	if err != nil {
		return nil, err
	}
	sub, err := topic.Subscribe()
	if err != nil {
		return nil, err
	}
	n.subs[c.Topic] = sub
	go func() {
		for {
			m, err := sub.Next(n.ctx)
			if err != nil {
				return
			}
			print(fields{"event": "message", "topic": m.GetTopic(), "data": m.Data, "size": len(m.Data),
				"msgId": hex.EncodeToString([]byte(m.ID)), "propagationSource": m.ReceivedFrom, "from": m.GetFrom(),
				"signed": len(m.Signature) > 0})
		}
	}()
	return nil, nil
}

func (n *node) unsubscribe(_ context.Context, c command) (fields, error) {
	n.lock.Lock()
	defer n.lock.Unlock()
	if sub := n.subs[c.Topic]; sub != nil {
		sub.Cancel()
		delete(n.subs, c.Topic)
	}
	return nil, nil
}

func (n *node) publish(ctx context.Context, c command) (fields, error) {
	data, err := c.payload()
	if err != nil {
		return nil, err
	}
	n.lock.Lock()
	topic, err := n.topic(c.Topic)
	n.lock.Unlock()
	if err != nil {
		return nil, err
	}
	return nil, topic.Publish(ctx, data)
}

func (n *node) topic(name string) (*pubsub.Topic, error) {
	if topic := n.topics[name]; topic != nil {
		return topic, nil
	}
	topic, err := n.pubsub.Join(name)
	if err == nil {
		n.topics[name] = topic
	}
	return topic, err
}

func (n *node) mesh(_ context.Context, _ command) (fields, error) {
	subscribers := fields{}
	for _, t := range n.pubsub.GetTopics() {
		subscribers[t] = n.pubsub.ListPeers(t)
	}
	out := n.gossip.fields()
	out["topics"], out["subscribers"] = n.pubsub.GetTopics(), subscribers
	return out, nil
}

// relayReserve asks the relay at c.Addr once; go keeps no reservation by itself here.
func (n *node) relayReserve(ctx context.Context, c command) (fields, error) {
	info, err := peerOf(c)
	if err != nil {
		return nil, err
	}
	r, err := client.Reserve(ctx, n.host, info)
	if err != nil {
		return nil, err
	}
	addrs := []string{}
	for _, a := range r.Addrs {
		addrs = append(addrs, a.String())
	}
	return fields{"relayAddrs": addrs, "expire": r.Expiration.Unix(), "voucher": r.Voucher != nil,
		"limitSeconds": r.LimitDuration.Seconds(), "limitBytes": r.LimitData}, nil
}
