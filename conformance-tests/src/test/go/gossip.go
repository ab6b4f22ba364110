package main

import (
	"maps"
	"slices"
	"sync"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

func (n *node) gossipOptions() []pubsub.Option {
	o := n.options
	opts := []pubsub.Option{pubsub.WithPeerExchange(o.px)}
	if !o.quiet { // which is for measuring: to trace costs time
		opts = append(opts, pubsub.WithEventTracer(n.gossip))
	}
	if o.gossipVersion == "1.1" {
		older := []protocol.ID{pubsub.GossipSubID_v11, pubsub.GossipSubID_v10}
		opts = append(opts, pubsub.WithGossipSubProtocols(older, pubsub.GossipSubDefaultFeatures))
	}
	if o.gossipDegree > 0 {
		p := pubsub.DefaultGossipSubParams()
		p.D, p.Dlo, p.Dhi, p.Dscore, p.Dout = o.gossipDegree, o.gossipDegree, o.gossipDegree, o.gossipDegree, 0
		opts = append(opts, pubsub.WithGossipSubParams(p))
	}
	return opts
}

// gossipTrace keeps what go shows of itself in no other way: its meshes, and how many of each control
// message it got and sent.
type gossipTrace struct {
	lock           sync.Mutex
	meshes         map[string]map[peer.ID]bool
	received, sent map[string]int
}

func newGossipTrace() *gossipTrace {
	return &gossipTrace{meshes: map[string]map[peer.ID]bool{}, received: map[string]int{}, sent: map[string]int{}}
}

func (g *gossipTrace) Trace(event *pb.TraceEvent) {
	g.lock.Lock()
	defer g.lock.Unlock()
	switch event.GetType() {
	case pb.TraceEvent_GRAFT:
		topic := event.GetGraft().GetTopic()
		if g.meshes[topic] == nil {
			g.meshes[topic] = map[peer.ID]bool{}
		}
		g.meshes[topic][peer.ID(event.GetGraft().GetPeerID())] = true
	case pb.TraceEvent_PRUNE:
		delete(g.meshes[event.GetPrune().GetTopic()], peer.ID(event.GetPrune().GetPeerID()))
	case pb.TraceEvent_ON_CLOSED_OUTBOUND_STREAM:
		for _, mesh := range g.meshes {
			delete(mesh, peer.ID(event.GetOnClosedOutboundStream().GetPeerID()))
		}
	case pb.TraceEvent_RECV_RPC:
		count(g.received, event.GetRecvRPC().GetMeta().GetControl())
	case pb.TraceEvent_SEND_RPC:
		count(g.sent, event.GetSendRPC().GetMeta().GetControl())
	}
}

func count(into map[string]int, control *pb.TraceEvent_ControlMeta) {
	into["ihave"] += len(control.GetIhave())
	into["iwant"] += len(control.GetIwant())
	into["idontwant"] += len(control.GetIdontwant())
}

func (g *gossipTrace) fields() fields {
	g.lock.Lock()
	defer g.lock.Unlock()
	mesh := map[string][]peer.ID{}
	for topic, peers := range g.meshes {
		mesh[topic] = slices.Collect(maps.Keys(peers))
	}
	return fields{"mesh": mesh, "control": fields{"received": maps.Clone(g.received), "sent": maps.Clone(g.sent)}}
}
