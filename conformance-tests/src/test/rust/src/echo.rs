//! The echo protocol, `/beemesh/echo/1.0.0`: every byte comes back, then the half-close.

use std::time::Instant;

use futures::{AsyncReadExt, AsyncWriteExt, io};
use libp2p::{PeerId, Stream, StreamProtocol};
use serde_json::json;

use crate::print;

pub const NAME: StreamProtocol = StreamProtocol::new("/beemesh/echo/1.0.0");

pub async fn serve(peer: PeerId, mut stream: Stream, name: StreamProtocol) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    let mut bytes = 0;
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            break;
        }
        stream.write_all(&buffer[..count]).await?;
        stream.flush().await?;
        bytes += count;
    }
    stream.close().await?;
    print(json!({"event": "echo-served", "peer": peer.to_string(), "protocol": name.to_string(), "bytes": bytes}));
    Ok(())
}

/// Byte i is `(31 i + 7 + (i >> 8)) & 0xff`.
pub fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|i| (31 * i + 7 + (i >> 8)) as u8).collect()
}

/// Sends `size` bytes and checks that they come back; the milliseconds it took.
pub async fn exchange(stream: Stream, size: usize, half_close: bool) -> Result<u128, String> {
    let started = Instant::now();
    let sent = pattern(size);
    let (mut reading, mut writing) = stream.split();
    let write = async {
        writing.write_all(&sent).await?;
        writing.flush().await?;
        if half_close {
            writing.close().await?;
        }
        Ok::<_, io::Error>(writing)
    };
    let read = async {
        let mut got = vec![0; size];
        reading.read_exact(&mut got).await?;
        Ok::<_, io::Error>((got, reading))
    };
    let (mut writing, (got, mut reading)) =
        futures::try_join!(write, read).map_err(|e| format!("{size} bytes: {e}"))?;
    if got != sent {
        return Err(format!("echo mismatch at {size} bytes"));
    }
    if !half_close {
        writing.close().await.map_err(|e| e.to_string())?;
    }
    let mut rest = Vec::new();
    reading.read_to_end(&mut rest).await.map_err(|e| e.to_string())?;
    if !rest.is_empty() {
        return Err(format!("{} bytes too many", rest.len()));
    }
    Ok(started.elapsed().as_millis())
}
