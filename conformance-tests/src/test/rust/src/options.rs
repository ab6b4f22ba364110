//! The command line, and the behaviours it asks for.

use std::time::Duration;

use futures::channel::mpsc;
use libp2p::{
    PeerId, Stream, StreamProtocol, gossipsub, identify, identity, kad, ping, relay,
};
use sha2::{Digest, Sha256};

use crate::{Behaviour, streams};

pub struct Options {
    pub listen: Vec<String>,
    pub bootstrap: Vec<String>,
    pub security: String,
    dht_protocol: String,
    dht_mode: String,
    seed: Option<String>,
    agent: String,
    relay: bool,
}

impl Options {
    pub fn parse() -> Self {
        let mut options = Options {
            listen: vec![],
            bootstrap: vec![],
            security: "noise".into(),
            dht_protocol: "/beemesh/kad/1.0.0".into(),
            dht_mode: "server".into(),
            seed: None,
            agent: "beemesh-interop-rust/0.1.0".into(),
            relay: false,
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            if word == "--relay" {
                options.relay = true;
                continue;
            }
            let value = words.next().unwrap_or_else(|| panic!("{word} needs a value"));
            match word.as_str() {
                "--listen" => options.listen.push(value),
                "--bootstrap" => options.bootstrap.push(value),
                "--security" => options.security = value,
                "--dht-protocol" => options.dht_protocol = value,
                "--dht-mode" => options.dht_mode = value,
                "--key-seed" => options.seed = Some(value),
                "--agent" => options.agent = value,
                _ => panic!("unknown option {word}"),
            }
        }
        if options.listen.is_empty() {
            options.listen.push("/ip4/127.0.0.1/tcp/0".into());
        }
        options
    }

    pub fn key(&self) -> identity::Keypair {
        match &self.seed {
            Some(seed) => identity::Keypair::ed25519_from_bytes(Sha256::digest(seed.as_bytes()).to_vec())
                .expect("32 bytes"),
            None => identity::Keypair::generate_ed25519(),
        }
    }

    pub fn behaviour(
        &self,
        key: &identity::Keypair,
        relay_client: relay::client::Behaviour,
        inbound: mpsc::UnboundedSender<(PeerId, Stream, StreamProtocol)>,
    ) -> Behaviour {
        let id = key.public().to_peer_id();
        Behaviour {
            identify: identify::Behaviour::new(
                identify::Config::new_with_signed_peer_record("ipfs/0.1.0".into(), key)
                    .with_agent_version(self.agent.clone())
                    .with_push_listen_addr_updates(true),
            ),
            // Often, as the ping command waits for its results.
            ping: ping::Behaviour::new(ping::Config::new().with_interval(Duration::from_millis(500))),
            kad: (self.dht_mode != "off").then(|| self.kad(id)).into(),
            gossipsub: gossip(key),
            relay: self.relay.then(|| relay::Behaviour::new(id, Default::default())).into(),
            relay_client,
            streams: streams::Behaviour::new(inbound),
        }
    }

    fn kad(&self, id: PeerId) -> kad::Behaviour<kad::store::MemoryStore> {
        let name = StreamProtocol::try_from_owned(self.dht_protocol.clone()).expect("starts with /");
        let mut config = kad::Config::new(name);
        // Which of two values is kept is decided by the node, as rust-libp2p knows no validators.
        config.set_record_filtering(kad::StoreInserts::FilterBoth);
        let mut kad = kad::Behaviour::with_config(id, kad::store::MemoryStore::new(id), config);
        kad.set_mode(Some(if self.dht_mode == "client" { kad::Mode::Client } else { kad::Mode::Server }));
        kad
    }
}

fn gossip(key: &identity::Keypair) -> gossipsub::Behaviour {
    let config = gossipsub::ConfigBuilder::default()
        .validation_mode(gossipsub::ValidationMode::Strict)
        .max_transmit_size(1 << 20)
        // The id of the specification; rust's own differs and would make gossip miss.
        .message_id_fn(|message: &gossipsub::Message| {
            let mut id = message.source.map(|it| it.to_bytes()).unwrap_or_default();
            id.extend(message.sequence_number.unwrap_or_default().to_be_bytes());
            gossipsub::MessageId::from(id)
        })
        .build()
        .expect("the settings agree");
    gossipsub::Behaviour::new(gossipsub::MessageAuthenticity::Signed(key.clone()), config)
        .expect("signed and strict agree")
}
