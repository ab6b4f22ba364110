//! A rust-libp2p node that tests drive by JSON lines: the same protocol as the js peer (see
//! `../js/README.md`), with the commands that `node.rs` lists.

mod echo;
mod node;
mod options;
mod streams;

use std::io::{BufRead, Write};

use futures::{StreamExt, channel::mpsc, future::FutureExt, select};
use libp2p::{
    Swarm, SwarmBuilder, gossipsub, identify, identity, kad, noise, ping, relay,
    swarm::{NetworkBehaviour, behaviour::toggle::Toggle},
    tcp, tls, yamux,
};
use node::Node;
use options::Options;
use serde_json::{Value, json};

#[derive(NetworkBehaviour)]
pub struct Behaviour {
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    kad: Toggle<kad::Behaviour<kad::store::MemoryStore>>,
    gossipsub: gossipsub::Behaviour,
    relay: Toggle<relay::Behaviour>,
    relay_client: relay::client::Behaviour,
    streams: streams::Behaviour,
}

pub fn print(value: Value) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{value}");
    let _ = out.flush();
}

fn swarm(
    options: &Options,
    inbound: mpsc::UnboundedSender<(libp2p::PeerId, libp2p::Stream, libp2p::StreamProtocol)>,
) -> Swarm<Behaviour> {
    let key = options.key();
    let behaviour = |key: &identity::Keypair, relay_client| options.behaviour(key, relay_client, inbound);
    // The builder's type differs with the security, its result does not.
    macro_rules! build {
        ($security:expr) => {
            SwarmBuilder::with_existing_identity(key)
                .with_tokio()
                .with_tcp(tcp::Config::default().nodelay(true), $security, yamux::Config::default)
                .expect("the security takes the key")
                .with_quic()
                .with_relay_client(noise::Config::new, yamux::Config::default)
                .expect("noise takes the key")
                .with_behaviour(behaviour)
                .expect("behaviours are infallible")
                .with_swarm_config(|config| {
                    config
                        .with_idle_connection_timeout(std::time::Duration::from_secs(3600))
                        .with_max_negotiating_inbound_streams(1024)
                })
                .build()
        };
    }
    match options.security.as_str() {
        "noise" => build!(noise::Config::new),
        "tls" => build!(tls::Config::new),
        _ => build!((tls::Config::new, noise::Config::new)),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let options = Options::parse();
    let (inbound_sender, mut inbound) = mpsc::unbounded();
    let (line_sender, mut lines) = mpsc::unbounded();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if line_sender.unbounded_send(line).is_err() {
                return;
            }
        }
    });
    let mut node = Node::new(swarm(&options, inbound_sender), &options);
    node.listen(&options).await;
    loop {
        select! {
            event = node.swarm.select_next_some() => node.on_event(event),
            accepted = inbound.select_next_some() => {
                let (peer, stream, name) = accepted;
                tokio::spawn(echo::serve(peer, stream, name).map(drop));
            }
            line = lines.next() => match line {
                Some(line) => match serde_json::from_str::<Value>(&line) {
                    Ok(command) if command["cmd"] == "close" => {
                        print(json!({"id": command["id"], "ok": true}));
                        break;
                    }
                    Ok(command) => node.run(command),
                    Err(e) => print(json!({"event": "bad-command", "error": e.to_string()})),
                },
                None => break,
            },
        }
    }
    print(json!({"event": "closed"}));
}
