//! Streams of any protocol: a behaviour that hands every inbound stream to one channel, and opens
//! outbound ones, as many at once as are asked for.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::{Ready, ready},
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use futures::channel::{mpsc, oneshot};
use libp2p::{
    Multiaddr, PeerId, Stream, StreamProtocol,
    core::{
        Endpoint,
        transport::PortUse,
        upgrade::{InboundUpgrade, OutboundUpgrade, UpgradeInfo},
    },
    swarm::{
        ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm,
        NetworkBehaviour, NotifyHandler, SubstreamProtocol, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm,
        handler::{ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound},
    },
};

pub type Opened = oneshot::Sender<Result<(Stream, StreamProtocol), String>>;
type Names = Arc<Mutex<Vec<StreamProtocol>>>;

/// What the behaviour tells the handler of a connection.
#[derive(Debug)]
pub enum Order {
    Open(Vec<StreamProtocol>, Opened),
    /// The served protocols changed.
    Wake,
}

pub struct Behaviour {
    names: Names,
    inbound: mpsc::UnboundedSender<(PeerId, Stream, StreamProtocol)>,
    orders: VecDeque<(PeerId, Order)>,
    peers: Vec<PeerId>,
}

impl Behaviour {
    pub fn new(inbound: mpsc::UnboundedSender<(PeerId, Stream, StreamProtocol)>) -> Self {
        Self { names: Default::default(), inbound, orders: VecDeque::new(), peers: Vec::new() }
    }

    pub fn open(&mut self, peer: PeerId, names: Vec<StreamProtocol>, opened: Opened) {
        self.orders.push_back((peer, Order::Open(names, opened)));
    }

    pub fn handle(&mut self, name: StreamProtocol, on: bool) {
        let mut names = self.names.lock().unwrap();
        names.retain(|it| *it != name);
        if on {
            names.push(name);
        }
        self.orders.extend(self.peers.iter().map(|peer| (*peer, Order::Wake)));
    }

    fn handler(&self, peer: PeerId) -> Handler {
        Handler { peer, names: self.names.clone(), inbound: self.inbound.clone(), opening: VecDeque::new() }
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Infallible;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler(peer))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler(peer))
    }

    fn on_swarm_event(&mut self, event: FromSwarm) {
        match event {
            FromSwarm::ConnectionEstablished(it) if it.other_established == 0 => self.peers.push(it.peer_id),
            FromSwarm::ConnectionClosed(it) if it.remaining_established == 0 => {
                self.peers.retain(|peer| *peer != it.peer_id)
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        match self.orders.pop_front() {
            Some((peer_id, event)) => {
                Poll::Ready(ToSwarm::NotifyHandler { peer_id, handler: NotifyHandler::Any, event })
            }
            None => Poll::Pending,
        }
    }
}

pub struct Handler {
    peer: PeerId,
    names: Names,
    inbound: mpsc::UnboundedSender<(PeerId, Stream, StreamProtocol)>,
    opening: VecDeque<(Vec<StreamProtocol>, Opened)>,
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Order;
    type ToBehaviour = Infallible;
    type InboundProtocol = Proposal;
    type OutboundProtocol = Proposal;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Opened;

    fn listen_protocol(&self) -> SubstreamProtocol<Proposal> {
        SubstreamProtocol::new(Proposal(self.names.lock().unwrap().clone()), ())
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Proposal, Opened, Infallible>> {
        match self.opening.pop_front() {
            Some((names, opened)) => Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest {
                protocol: SubstreamProtocol::new(Proposal(names), opened),
            }),
            None => Poll::Pending,
        }
    }

    fn on_behaviour_event(&mut self, order: Order) {
        if let Order::Open(names, opened) = order {
            self.opening.push_back((names, opened));
        }
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<Proposal, Proposal, (), Opened>) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol: (stream, name), ..
            }) => {
                let _ = self.inbound.unbounded_send((self.peer, stream, name));
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, info }) => {
                let _ = info.send(Ok(protocol));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { error, info }) => {
                let _ = info.send(Err(error.to_string()));
            }
            _ => {}
        }
    }
}

/// Agrees on the first of some names that the other side knows.
pub struct Proposal(Vec<StreamProtocol>);

impl UpgradeInfo for Proposal {
    type Info = StreamProtocol;
    type InfoIter = std::vec::IntoIter<StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.0.clone().into_iter()
    }
}

impl InboundUpgrade<Stream> for Proposal {
    type Output = (Stream, StreamProtocol);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Infallible>>;

    fn upgrade_inbound(self, stream: Stream, name: StreamProtocol) -> Self::Future {
        ready(Ok((stream, name)))
    }
}

impl OutboundUpgrade<Stream> for Proposal {
    type Output = (Stream, StreamProtocol);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Infallible>>;

    fn upgrade_outbound(self, stream: Stream, name: StreamProtocol) -> Self::Future {
        ready(Ok((stream, name)))
    }
}
