// Command peer is a go-libp2p node that tests drive by JSON lines: the same protocol as the js peer
// (see ../js/README.md), with the commands that commands.go lists.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/host/observedaddrs"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
)

type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

type options struct {
	listen, bootstrap, namespaces list
	security, dhtProtocol, mode   string
	sign, msgID, seed, agent      string
	keyType                       string
	relay, relayUnlimited         bool
	holePunching, autonat         bool
	quiet, mdns, px               bool
	gossipDegree                  int
	gossipVersion                 string
}

func parse() *options {
	o := &options{}
	flag.Var(&o.listen, "listen", "listen address, repeatable; none: only dial")
	flag.Var(&o.bootstrap, "bootstrap", "address to dial before ready, repeatable")
	flag.Var(&o.namespaces, "dht-namespace", "namespace of any values, repeatable")
	flag.StringVar(&o.security, "security", "noise", "noise, tls or a list in order of preference")
	flag.StringVar(&o.dhtProtocol, "dht-protocol", "/beemesh/kad/1.0.0", "")
	flag.StringVar(&o.mode, "dht-mode", "server", "server, client or off")
	flag.StringVar(&o.sign, "sign", "strict", "strict or none")
	flag.StringVar(&o.msgID, "msg-id", "spec", "spec or sha256")
	flag.StringVar(&o.seed, "key-seed", "", "Ed25519 key whose seed is SHA-256(UTF-8(value))")
	flag.StringVar(&o.keyType, "key-type", "Ed25519", "Ed25519 or ECDSA, random")
	flag.StringVar(&o.agent, "agent", "beemesh-interop-go/0.1.0", "")
	flag.BoolVar(&o.relay, "relay", false, "be a circuit relay v2 service")
	flag.BoolVar(&o.relayUnlimited, "relay-unlimited", false, "with no limits of time and data")
	flag.BoolVar(&o.holePunching, "hole-punching", false, "replace relayed connections by direct ones")
	flag.BoolVar(&o.autonat, "autonat", false, "serve AutoNAT v1")
	flag.BoolVar(&o.mdns, "mdns", false, "find peers of the local network")
	flag.BoolVar(&o.px, "px", false, "gossipsub peer exchange in PRUNE")
	flag.IntVar(&o.gossipDegree, "gossip-degree", 0, "mesh degree (D, D_lo and D_hi), with no quota of dialed peers")
	flag.StringVar(&o.gossipVersion, "gossip-version", "1.2", "the newest gossipsub spoken, 1.2 or 1.1")
	flag.BoolVar(&o.quiet, "quiet", false, "tell no events of connections")
	flag.Parse()
	if len(o.listen) == 0 {
		o.listen = list{"/ip4/127.0.0.1/tcp/0"}
	}
	if len(o.namespaces) == 0 {
		o.namespaces = list{"beemesh"}
	}
	return o
}

var output sync.Mutex

func print(fields map[string]any) {
	line, err := json.Marshal(fields)
	if err != nil {
		line = []byte(`{"event":"unprintable"}`)
	}
	output.Lock()
	defer output.Unlock()
	os.Stdout.Write(append(line, '\n'))
}

// node is the peer and its services.
type node struct {
	options *options
	host    host.Host
	dht     *dht.IpfsDHT
	pubsub  *pubsub.PubSub
	gossip  *gossipTrace
	topics  map[string]*pubsub.Topic
	subs    map[string]*pubsub.Subscription
	answers *pubsub.Subscription
	held    []*node
	// Addresses of the signed peer records that others sent, by peer.
	records sync.Map
	// Of held, from the first.
	connected int
	lock      sync.Mutex
	ctx       context.Context
}

func key(kind, seed string) (crypto.PrivKey, error) {
	if kind == "ECDSA" {
		k, _, err := crypto.GenerateECDSAKeyPair(rand.Reader)
		return k, err
	}
	if seed == "" {
		k, _, err := crypto.GenerateEd25519Key(rand.Reader)
		return k, err
	}
	hash := sha256.Sum256([]byte(seed))
	k, _, err := crypto.GenerateEd25519Key(strings.NewReader(string(hash[:])))
	return k, err
}

// greatest accepts any value and prefers the greater by byte order.
type greatest struct{}

func (greatest) Validate(string, []byte) error { return nil }
func (greatest) Select(_ string, values [][]byte) (int, error) {
	best := 0
	for i, v := range values {
		if string(v) > string(values[best]) {
			best = i
		}
	}
	return best, nil
}

func start(ctx context.Context, o *options) (*node, error) {
	k, err := key(o.keyType, o.seed)
	if err != nil {
		return nil, err
	}
	opts := []libp2p.Option{
		libp2p.Identity(k),
		libp2p.UserAgent(o.agent),
		libp2p.ResourceManager(&network.NullResourceManager{}),
		libp2p.DisableMetrics(),
		libp2p.EnableRelay(), // without listen addresses it is off
	}
	if o.listen[0] == "none" {
		opts = append(opts, libp2p.NoListenAddrs)
	} else {
		opts = append(opts, libp2p.ListenAddrStrings(o.listen...))
	}
	for _, s := range strings.Split(o.security, ",") {
		if s == "tls" {
			opts = append(opts, libp2p.Security(libp2ptls.ID, libp2ptls.New))
		} else {
			opts = append(opts, libp2p.Security(noise.ID, noise.New))
		}
	}
	if o.relay {
		limits := []relay.Option{}
		if o.relayUnlimited {
			limits = append(limits, relay.WithInfiniteLimits())
		}
		opts = append(opts, libp2p.EnableRelayService(limits...), libp2p.ForceReachabilityPublic())
	}
	if o.holePunching {
		observedaddrs.ActivationThresh = 1 // the relay alone tells the outer address
		opts = append(opts, libp2p.EnableHolePunching())
	}
	if o.autonat {
		opts = append(opts, libp2p.EnableNATService(), libp2p.ForceReachabilityPublic())
	}
	h, err := libp2p.New(opts...)
	if err != nil {
		return nil, err
	}
	n := &node{options: o, host: h, ctx: ctx, topics: map[string]*pubsub.Topic{}, subs: map[string]*pubsub.Subscription{}}
	h.SetStreamHandler(echoID, n.serveEcho)
	n.serveBench()
	if !o.quiet {
		h.Network().Notify(n.notifiee())
		if err := n.tellReachability(); err != nil {
			return nil, err
		}
	}
	if o.mode != "off" {
		mode := dht.ModeServer
		if o.mode == "client" {
			mode = dht.ModeClient
		}
		dhtOpts := []dht.Option{dht.Mode(mode), dht.ProtocolPrefix(protocol.ID(strings.TrimSuffix(o.dhtProtocol, "/kad/1.0.0")))}
		for _, ns := range o.namespaces {
			dhtOpts = append(dhtOpts, dht.NamespacedValidator(ns, greatest{}))
		}
		if n.dht, err = dht.New(h, dhtOpts...); err != nil {
			return nil, err
		}
	}
	if err := n.keepRecords(); err != nil {
		return nil, err
	}
	policy := pubsub.StrictSign
	id := pubsub.DefaultMsgIdFn
	if o.sign == "none" {
		policy = pubsub.StrictNoSign
	}
	if o.sign == "none" || o.msgID == "sha256" {
		id = func(m *pb.Message) string { sum := sha256.Sum256(m.GetData()); return string(sum[:]) }
	}
	if o.mdns {
		if err := n.discover(); err != nil {
			return nil, err
		}
	}
	n.gossip = newGossipTrace()
	n.pubsub, err = pubsub.NewGossipSub(ctx, h, append(n.gossipOptions(), pubsub.WithMessageSignaturePolicy(policy),
		pubsub.WithMessageIdFn(id))...)
	return n, err
}

// keepRecords keeps what go took out of signed peer records: it gives none whose signature is wrong.
func (n *node) keepRecords() error {
	sub, err := n.host.EventBus().Subscribe(new(event.EvtPeerIdentificationCompleted))
	if err != nil {
		return err
	}
	go func() {
		for e := range sub.Out() {
			identified := e.(event.EvtPeerIdentificationCompleted)
			if identified.SignedPeerRecord == nil {
				continue
			}
			if r, err := identified.SignedPeerRecord.Record(); err == nil {
				addrs := []string{}
				for _, a := range r.(*peer.PeerRecord).Addrs {
					addrs = append(addrs, a.String())
				}
				n.records.Store(identified.Peer, addrs)
			}
		}
	}()
	return nil
}

// tellReachability prints what AutoNAT v1 concludes.
func (n *node) tellReachability() error {
	sub, err := n.host.EventBus().Subscribe(new(event.EvtLocalReachabilityChanged))
	if err != nil {
		return err
	}
	go func() {
		for e := range sub.Out() {
			changed := e.(event.EvtLocalReachabilityChanged)
			print(map[string]any{"event": "reachability", "reachability": changed.Reachability.String()})
		}
	}()
	return nil
}

func (n *node) notifiee() network.Notifiee {
	return &network.NotifyBundle{
		ConnectedF: func(_ network.Network, c network.Conn) {
			print(map[string]any{"event": "peer-connect", "peer": c.RemotePeer()})
		},
		DisconnectedF: func(_ network.Network, c network.Conn) {
			print(map[string]any{"event": "peer-disconnect", "peer": c.RemotePeer()})
		},
	}
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o := parse()
	n, err := start(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, addr := range o.bootstrap {
		if _, err := n.connect(ctx, command{Addr: addr}); err != nil {
			print(map[string]any{"event": "bootstrap-failed", "addr": addr, "error": err.Error()})
		}
	}
	print(map[string]any{"event": "ready", "peerId": n.host.ID(), "addrs": n.addrs(), "pid": os.Getpid()})
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		var c command
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			print(map[string]any{"event": "bad-command", "error": err.Error()})
			continue
		}
		if c.Cmd == "close" {
			print(map[string]any{"id": c.ID, "ok": true})
			break
		}
		go n.answer(c)
	}
	n.host.Close()
	print(map[string]any{"event": "closed"})
}

func (n *node) answer(c command) {
	limit := time.Duration(c.TimeoutMs) * time.Millisecond
	if limit == 0 {
		limit = 120 * time.Second
	}
	ctx, cancel := context.WithTimeout(network.WithAllowLimitedConn(n.ctx, "test"), limit)
	defer cancel()
	run, found := commands[c.Cmd]
	if !found {
		print(map[string]any{"id": c.ID, "ok": false, "name": "Error", "error": "unknown command " + c.Cmd})
		return
	}
	fields, err := run(n, ctx, c)
	if err != nil {
		print(map[string]any{"id": c.ID, "ok": false, "name": fmt.Sprintf("%T", err), "error": err.Error()})
		return
	}
	reply := map[string]any{"id": c.ID, "ok": true}
	for k, v := range fields {
		reply[k] = v
	}
	print(reply)
}

// peerOf reads the peer that a command names.
func peerOf(c command) (peer.AddrInfo, error) {
	if c.Addr != "" {
		info, err := peer.AddrInfoFromString(c.Addr)
		if err != nil {
			return peer.AddrInfo{}, err
		}
		return *info, nil
	}
	id, err := peer.Decode(c.Peer)
	return peer.AddrInfo{ID: id}, err
}
