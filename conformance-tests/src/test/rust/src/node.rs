//! What the node does with each command and each event of its swarm.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Instant,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures::{StreamExt, channel::oneshot};
use libp2p::{
    Multiaddr, PeerId, StreamProtocol, Swarm, gossipsub, identify, kad,
    core::ConnectedPoint,
    multiaddr::Protocol,
    swarm::{SwarmEvent, dial_opts::{DialOpts, PeerCondition}},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{Behaviour, BehaviourEvent, echo, options::Options, print};

type Event = SwarmEvent<BehaviourEvent>;

struct Pings {
    id: Value,
    peer: PeerId,
    wanted: usize,
    millis: Vec<f64>,
}

struct Query {
    id: Value,
    value: Option<Vec<u8>>,
    peers: BTreeSet<PeerId>,
}

struct Link {
    peer: PeerId,
    addr: Multiaddr,
    outbound: bool,
}

pub struct Node {
    pub swarm: Swarm<Behaviour>,
    security: String,
    links: HashMap<libp2p::swarm::ConnectionId, Link>,
    known: HashMap<PeerId, identify::Info>,
    /// Commands that wait until their peer is connected and identified.
    waiting: Vec<(PeerId, Value)>,
    pings: Vec<Pings>,
    queries: HashMap<kad::QueryId, Query>,
    reserving: Vec<Value>,
}

fn reply(id: &Value, fields: Value) {
    let mut reply = json!({"id": id, "ok": true});
    if let (Value::Object(all), Value::Object(more)) = (&mut reply, fields) {
        all.extend(more);
    }
    print(reply);
}

fn refuse(id: &Value, error: impl ToString) {
    print(json!({"id": id, "ok": false, "name": "Error", "error": error.to_string()}));
}

fn text<'a>(command: &'a Value, field: &str) -> &'a str {
    command[field].as_str().unwrap_or_default()
}

fn payload(command: &Value) -> Vec<u8> {
    if let Some(data) = command["data"].as_str() {
        return BASE64_STANDARD.decode(data).unwrap_or_default();
    }
    match command["text"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => echo::pattern(command["size"].as_u64().unwrap_or(0) as usize),
    }
}

fn names(command: &Value) -> Result<Vec<StreamProtocol>, String> {
    let all = command["protocols"].as_array().cloned().unwrap_or_default();
    all.iter()
        .chain(std::iter::once(&command["protocol"]))
        .filter_map(|it| it.as_str())
        .map(|it| StreamProtocol::try_from_owned(it.to_owned()).map_err(|e| e.to_string()))
        .collect()
}

fn content_key(text: &str) -> kad::RecordKey {
    let mut key = vec![0x12, 0x20];
    key.extend(Sha256::digest(text.as_bytes()));
    kad::RecordKey::new(&key)
}

fn peer_in(address: &Multiaddr) -> Option<PeerId> {
    address.iter().filter_map(|part| if let Protocol::P2p(id) = part { Some(id) } else { None }).last()
}

impl Node {
    pub fn new(mut swarm: Swarm<Behaviour>, options: &Options) -> Self {
        swarm.behaviour_mut().streams.handle(echo::NAME, true);
        Node {
            swarm,
            security: options.security.clone(),
            links: HashMap::new(),
            known: HashMap::new(),
            waiting: vec![],
            pings: vec![],
            queries: HashMap::new(),
            reserving: vec![],
        }
    }

    /// Listens, dials the bootstrap addresses, and says that it is ready.
    pub async fn listen(&mut self, options: &Options) {
        let wanted: Vec<Multiaddr> = options.listen.iter().filter(|it| *it != "none")
            .map(|it| it.parse().expect("a listen address")).collect();
        let mut listeners = HashSet::new();
        for address in &wanted {
            listeners.insert(self.swarm.listen_on(address.clone()).expect("can listen"));
        }
        while !listeners.is_empty() {
            let event = self.swarm.select_next_some().await;
            if let SwarmEvent::NewListenAddr { listener_id, address } = &event {
                listeners.remove(listener_id);
                // Without it, rust leaves its addresses out of provider records and reservations.
                self.swarm.add_external_address(address.clone());
            }
            self.on_event(event);
        }
        for address in &options.bootstrap {
            let address: Multiaddr = address.parse().expect("a bootstrap address");
            let peer = peer_in(&address).expect("a bootstrap address with a peer");
            self.dial(peer, Some(address));
            while !self.known.contains_key(&peer) {
                let event = self.swarm.select_next_some().await;
                self.on_event(event);
            }
        }
        print(json!({"event": "ready", "peerId": self.swarm.local_peer_id().to_string(),
            "addrs": self.addrs(), "pid": std::process::id()}));
    }

    fn addrs(&self) -> Vec<String> {
        let id = *self.swarm.local_peer_id();
        self.swarm.listeners().map(|it| it.clone().with_p2p(id).unwrap_or_else(|it| it).to_string()).collect()
    }

    fn dial(&mut self, peer: PeerId, address: Option<Multiaddr>) {
        let options = DialOpts::peer_id(peer).condition(PeerCondition::DisconnectedAndNotDialing);
        let options = match address {
            Some(address) => options.addresses(vec![address]).build(),
            None => options.build(),
        };
        // A refusal means that it is connected or being dialed.
        let _ = self.swarm.dial(options);
    }

    pub fn run(&mut self, command: Value) {
        let id = command["id"].clone();
        match text(&command, "cmd") {
            "dial" | "relay-dial" | "ping" | "protocols" | "peer" | "negotiate" | "echo" => self.with_peer(command),
            other => {
                if let Err(e) = self.local(other, &command) {
                    refuse(&id, e);
                }
            }
        }
    }

    fn with_peer(&mut self, command: Value) {
        let address: Option<Multiaddr> = text(&command, "addr").parse().ok().filter(|it: &Multiaddr| !it.is_empty());
        let peer = address.as_ref().and_then(peer_in).or_else(|| text(&command, "peer").parse().ok());
        match peer {
            None => refuse(&command["id"], "no peer is named"),
            Some(peer) if self.known.contains_key(&peer) => self.remote(peer, command),
            Some(peer) => {
                self.waiting.push((peer, command));
                self.dial(peer, address);
            }
        }
    }

    /// A command about a peer that is connected and identified.
    fn remote(&mut self, peer: PeerId, command: Value) {
        let id = command["id"].clone();
        match text(&command, "cmd") {
            "dial" | "relay-dial" => match self.links.values().find(|it| it.peer == peer) {
                Some(link) => reply(&id, self.describe(link)),
                None => refuse(&id, "the connection is gone"),
            },
            "ping" => self.pings.push(Pings {
                id,
                peer,
                wanted: command["count"].as_u64().unwrap_or(1) as usize,
                millis: vec![],
            }),
            "protocols" | "peer" => {
                let info = &self.known[&peer];
                reply(&id, json!({"peer": peer.to_string(),
                    "protocols": info.protocols.iter().map(|it| it.to_string()).collect::<Vec<_>>(),
                    "agentVersion": info.agent_version, "protocolVersion": info.protocol_version,
                    "observedAddr": info.observed_addr.to_string(),
                    "signedPeerRecord": info.signed_peer_record.as_ref().map(|envelope| {
                        json!({"verified": libp2p::core::PeerRecord::from_signed_envelope_interop(envelope.clone()).is_ok()})
                    }),
                    "listenAddrs": info.listen_addrs.iter().map(|it| it.to_string()).collect::<Vec<_>>()}));
            }
            "negotiate" => match names(&command) {
                Ok(names) => {
                    let (opened, result) = oneshot::channel();
                    self.swarm.behaviour_mut().streams.open(peer, names, opened);
                    tokio::spawn(async move {
                        match result.await {
                            Ok(Ok((_stream, name))) => reply(&id, json!({"protocol": name.to_string()})),
                            Ok(Err(e)) => refuse(&id, e),
                            Err(e) => refuse(&id, e),
                        }
                    });
                }
                Err(e) => refuse(&id, e),
            },
            _ => self.echo(peer, command),
        }
    }

    /// Opens a stream for each requested size, all at once.
    fn echo(&mut self, peer: PeerId, command: Value) {
        let mut sizes: Vec<u64> = command["sizes"].as_array().map(|all| all.iter().filter_map(Value::as_u64).collect())
            .unwrap_or_default();
        if sizes.is_empty() {
            sizes.push(command["size"].as_u64().unwrap_or(1));
        }
        let streams = command["streams"].as_u64().unwrap_or(1);
        let half_close = command["halfClose"].as_bool().unwrap_or(true);
        let name = names(&command).ok().and_then(|all| all.first().cloned()).unwrap_or(echo::NAME);
        let mut all = Vec::new();
        for size in sizes.iter().flat_map(|size| std::iter::repeat_n(*size, streams as usize)) {
            let (opened, result) = oneshot::channel();
            self.swarm.behaviour_mut().streams.open(peer, vec![name.clone()], opened);
            all.push(async move {
                let (stream, _) = result.await.map_err(|e| e.to_string())??;
                let millis = echo::exchange(stream, size as usize, half_close).await?;
                Ok::<_, String>(json!({"size": size, "ms": millis}))
            });
        }
        let total: u64 = sizes.iter().sum::<u64>() * streams;
        tokio::spawn(async move {
            match futures::future::try_join_all(all).await {
                Ok(results) => reply(&command["id"], json!({"results": results, "totalBytes": total})),
                Err(e) => refuse(&command["id"], e),
            }
        });
    }

    fn local(&mut self, name: &str, command: &Value) -> Result<(), String> {
        let id = &command["id"];
        let behaviour = self.swarm.behaviour_mut();
        match name {
            "info" => reply(id, json!({"peerId": self.swarm.local_peer_id().to_string(), "addrs": self.addrs()})),
            "connections" => {
                let all: Vec<Value> = self.links.values().map(|it| self.describe(it)).collect();
                reply(id, json!({"connections": all}));
            }
            "hangup" => {
                let peer: PeerId = text(command, "peer").parse().map_err(|_| "not a peer id")?;
                let _ = self.swarm.disconnect_peer_id(peer);
                reply(id, json!({}));
            }
            "handle" | "unhandle" => {
                for it in names(command)? {
                    behaviour.streams.handle(it, name == "handle");
                }
                reply(id, json!({}));
            }
            "subscribe" | "unsubscribe" => {
                let topic = gossipsub::IdentTopic::new(text(command, "topic"));
                if name == "subscribe" {
                    behaviour.gossipsub.subscribe(&topic).map_err(|e| e.to_string())?;
                } else {
                    behaviour.gossipsub.unsubscribe(&topic);
                }
                reply(id, json!({}));
            }
            "publish" => {
                let topic = gossipsub::IdentTopic::new(text(command, "topic"));
                behaviour.gossipsub.publish(topic, payload(command)).map_err(|e| e.to_string())?;
                reply(id, json!({}));
            }
            "mesh" => {
                let mesh: Vec<String> = behaviour.gossipsub.all_mesh_peers().map(|it| it.to_string()).collect();
                reply(id, json!({"mesh": mesh}));
            }
            "relay-reserve" => {
                let relay: Multiaddr = text(command, "addr").parse().map_err(|_| "not an address")?;
                self.swarm.listen_on(relay.with(Protocol::P2pCircuit)).map_err(|e| e.to_string())?;
                self.reserving.push(id.clone());
            }
            _ => return self.dht(name, command),
        }
        Ok(())
    }

    fn dht(&mut self, name: &str, command: &Value) -> Result<(), String> {
        let id = command["id"].clone();
        let kad = self.swarm.behaviour_mut().kad.as_mut().ok_or("the dht is off")?;
        let key = kad::RecordKey::new(&text(command, "key"));
        let mut value = None;
        let query = match name {
            "dht-table" => {
                let peers: Vec<String> = kad.kbuckets()
                    .flat_map(|bucket| bucket.iter().map(|it| it.node.key.preimage().to_string()).collect::<Vec<_>>())
                    .collect();
                reply(&id, json!({"mode": kad.mode().to_string(), "peers": peers}));
                return Ok(());
            }
            "dht-put" => {
                let record = kad::Record::new(key, payload(command));
                kad.put_record(record, kad::Quorum::One).map_err(|e| e.to_string())?
            }
            "dht-get" => kad.get_record(key),
            "dht-provide" => kad.start_providing(content_key(text(command, "key"))).map_err(|e| e.to_string())?,
            "dht-find-providers" => kad.get_providers(content_key(text(command, "key"))),
            "dht-find-peer" => {
                let peer: PeerId = text(command, "peer").parse().map_err(|_| "not a peer id")?;
                value = Some(peer.to_bytes());
                kad.get_closest_peers(peer)
            }
            "dht-closest" => kad.get_closest_peers(text(command, "key").as_bytes().to_vec()),
            _ => return Err(format!("unknown command {name}")),
        };
        self.queries.insert(query, Query { id, value, peers: BTreeSet::new() });
        Ok(())
    }

    fn describe(&self, link: &Link) -> Value {
        let quic = link.addr.iter().any(|part| part == Protocol::QuicV1);
        // rust tells neither; with one security there is no other that it can be.
        let security = if quic { "/tls/1.0.0" } else if self.security == "tls" { "/tls/1.0.0" } else { "/noise" };
        json!({"peer": link.peer.to_string(), "addr": link.addr.to_string(),
            "direction": if link.outbound { "outbound" } else { "inbound" },
            "security": security, "muxer": if quic { "" } else { "/yamux/1.0.0" }})
    }

    pub fn on_event(&mut self, event: Event) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, num_established, .. } => {
                let (addr, outbound) = match &endpoint {
                    ConnectedPoint::Dialer { address, .. } => (address.clone(), true),
                    ConnectedPoint::Listener { send_back_addr, .. } => (send_back_addr.clone(), false),
                };
                self.links.insert(connection_id, Link { peer: peer_id, addr, outbound });
                if num_established.get() == 1 {
                    print(json!({"event": "peer-connect", "peer": peer_id.to_string()}));
                }
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, num_established, cause, .. } => {
                self.links.remove(&connection_id);
                if num_established == 0 {
                    self.known.remove(&peer_id);
                    self.drop_waiting(peer_id, "the connection was closed");
                    print(json!({"event": "peer-disconnect", "peer": peer_id.to_string(),
                        "cause": cause.map(|it| it.to_string())}));
                }
            }
            SwarmEvent::OutgoingConnectionError { peer_id: Some(peer), error, .. } => {
                if !self.known.contains_key(&peer) {
                    self.drop_waiting(peer, &error.to_string());
                }
            }
            SwarmEvent::NewListenAddr { address, .. } if address.iter().any(|it| it == Protocol::P2pCircuit) => {
                for id in std::mem::take(&mut self.reserving) {
                    reply(&id, json!({"addrs": [address.to_string()]}));
                }
            }
            SwarmEvent::Behaviour(event) => self.on_behaviour(event),
            _ => {}
        }
    }

    fn drop_waiting(&mut self, peer: PeerId, why: &str) {
        let (gone, kept) = std::mem::take(&mut self.waiting).into_iter().partition::<Vec<_>, _>(|(it, _)| *it == peer);
        self.waiting = kept;
        gone.iter().for_each(|(_, command)| refuse(&command["id"], why));
        let (gone, kept) = std::mem::take(&mut self.pings).into_iter().partition::<Vec<_>, _>(|it| it.peer == peer);
        self.pings = kept;
        gone.iter().for_each(|it| refuse(&it.id, why));
    }

    fn on_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Identify(identify::Event::Received { peer_id, info, .. }) => {
                if let Some(kad) = self.swarm.behaviour_mut().kad.as_mut() {
                    if info.protocols.iter().any(|it| kad.protocol_names().contains(it)) {
                        for address in &info.listen_addrs {
                            kad.add_address(&peer_id, address.clone());
                        }
                    }
                }
                self.known.insert(peer_id, info);
                let (ready, kept) = std::mem::take(&mut self.waiting).into_iter()
                    .partition::<Vec<_>, _>(|(it, _)| *it == peer_id);
                self.waiting = kept;
                for (peer, command) in ready {
                    self.remote(peer, command);
                }
            }
            BehaviourEvent::Ping(event) => {
                if let Ok(time) = event.result {
                    self.pings.iter_mut().filter(|it| it.peer == event.peer)
                        .for_each(|it| it.millis.push(time.as_micros() as f64 / 1000.0));
                    self.pings.retain(|it| {
                        let done = it.millis.len() >= it.wanted;
                        if done {
                            reply(&it.id, json!({"rttMs": it.millis}));
                        }
                        !done
                    });
                }
            }
            BehaviourEvent::Gossipsub(gossipsub::Event::Message { propagation_source, message_id, message }) => {
                print(json!({"event": "message", "topic": message.topic.to_string(),
                    "data": BASE64_STANDARD.encode(&message.data), "size": message.data.len(),
                    "msgId": message_id.to_string(), "propagationSource": propagation_source.to_string(),
                    "from": message.source.map(|it| it.to_string())}));
            }
            BehaviourEvent::Kad(kad::Event::InboundRequest { request }) => self.on_request(request),
            BehaviourEvent::Kad(kad::Event::OutboundQueryProgressed { id, result, step, .. }) => {
                self.on_progress(id, result, step.last)
            }
            _ => {}
        }
    }

    /// Keeps the greater of two values by byte order, and providers as they come.
    fn on_request(&mut self, request: kad::InboundRequest) {
        use kad::store::RecordStore;
        let Some(kad) = self.swarm.behaviour_mut().kad.as_mut() else { return };
        match request {
            kad::InboundRequest::PutRecord { record: Some(record), .. } => {
                let better = match kad.store_mut().get(&record.key) {
                    Some(old) => old.is_expired(Instant::now()) || old.value < record.value,
                    None => true,
                };
                if better {
                    let _ = kad.store_mut().put(record);
                }
            }
            kad::InboundRequest::AddProvider { record: Some(record) } => {
                let _ = kad.store_mut().add_provider(record);
            }
            _ => {}
        }
    }

    fn on_progress(&mut self, id: kad::QueryId, result: kad::QueryResult, last: bool) {
        let Some(query) = self.queries.get_mut(&id) else { return };
        let mut failure = None;
        let mut fields = json!({});
        match result {
            kad::QueryResult::GetRecord(Ok(kad::GetRecordOk::FoundRecord(found))) => {
                if query.value.as_ref().is_none_or(|it| *it < found.record.value) {
                    query.value = Some(found.record.value);
                }
            }
            kad::QueryResult::GetRecord(Err(e)) => failure = Some(e.to_string()),
            kad::QueryResult::PutRecord(Err(e)) => failure = Some(e.to_string()),
            kad::QueryResult::StartProviding(Err(e)) => failure = Some(e.to_string()),
            kad::QueryResult::GetProviders(Ok(kad::GetProvidersOk::FoundProviders { providers, .. })) => {
                query.peers.extend(providers);
            }
            kad::QueryResult::GetClosestPeers(Ok(found)) => {
                let sought = query.value.take();
                let peers: Vec<Value> = found.peers.iter()
                    .map(|it| json!({"peer": it.peer_id.to_string(), "addrs": it.addrs.iter().map(|a| a.to_string())
                        .collect::<Vec<_>>()}))
                    .collect();
                fields = match sought {
                    None => json!({"peers": peers}),
                    Some(key) => match found.peers.iter().position(|it| it.peer_id.to_bytes() == key) {
                        Some(at) => peers[at].clone(),
                        None => {
                            failure = Some("the peer was not found".into());
                            json!({})
                        }
                    },
                };
            }
            _ => {}
        }
        if !last {
            return;
        }
        let Some(query) = self.queries.remove(&id) else { return };
        if let Some(value) = query.value {
            fields = json!({"data": BASE64_STANDARD.encode(&value), "text": String::from_utf8_lossy(&value)});
            failure = None;
        }
        if !query.peers.is_empty() {
            fields = json!({"providers": query.peers.iter().map(|it| json!({"peer": it.to_string()}))
                .collect::<Vec<_>>()});
        }
        match failure {
            Some(e) => refuse(&query.id, e),
            None => reply(&query.id, fields),
        }
    }
}
