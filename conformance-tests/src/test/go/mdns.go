package main

import (
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/discovery/mdns"
)

type found struct{}

func (found) HandlePeerFound(info peer.AddrInfo) {
	fields := peerFields(info)
	fields["event"] = "mdns-found"
	print(fields)
}

// discover tells of peers on the local network, and them of this one.
func (n *node) discover() error {
	return mdns.NewMdnsService(n.host, mdns.ServiceName, found{}).Start()
}
