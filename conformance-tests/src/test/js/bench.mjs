// The load that Libp2pAgainstGo compares: the Java and go peers have the same protocols and commands.
import { ECHO_LIMITS, onFinished } from './echo.mjs'
import { drained } from './util.mjs'

const SINK = '/beemesh/sink/1.0.0'
const ANSWER = '/beemesh/answer/1.0.0'
const CHUNK = new Uint8Array(65_536)

/** Serves both: one counts what comes and says so at the end, the other sends it back. */
export async function serveBench (node, serveEcho) {
  await node.handle(SINK, stream => {
    let total = 0n
    stream.addEventListener('message', ({ data }) => { total += BigInt(data.byteLength) })
    onFinished(stream, () => {
      const answer = new Uint8Array(8)
      new DataView(answer.buffer).setBigUint64(0, total)
      stream.send(answer)
      stream.close().catch(err => stream.abort(err))
    })
  }, ECHO_LIMITS)
  await node.handle(ANSWER, serveEcho, ECHO_LIMITS)
}

/** All bytes until the remote has finished writing. */
const readAll = stream => new Promise((resolve, reject) => {
  const parts = []
  stream.addEventListener('message', ({ data }) => parts.push(data.subarray()))
  onFinished(stream, () => resolve(Buffer.concat(parts)))
  stream.addEventListener('close', evt => { if (evt.error != null) reject(evt.error) })
})

/** One stream for the whole time; gives how many bytes the other side got. */
async function send (connection, over) {
  const stream = await connection.newStream(SINK, ECHO_LIMITS)
  const answer = readAll(stream)
  while (!over()) {
    if (!stream.send(CHUNK)) await drained(stream)
  }
  await stream.close()
  return Number((await answer).readBigUInt64BE())
}

async function requests (connection, size, over) {
  const body = new Uint8Array(size)
  let count = 0
  for (; !over(); count++) {
    const stream = await connection.newStream(ANSWER, ECHO_LIMITS)
    const answer = readAll(stream)
    stream.send(body)
    await stream.close()
    if ((await answer).byteLength !== size) throw new Error('answer cut short')
  }
  return count
}

/** Runs c.streams workers for c.durationMs and adds up what they count. */
async function repeat (c, worker) {
  const started = performance.now()
  const over = () => performance.now() - started > c.durationMs
  const counts = await Promise.all(Array.from({ length: c.streams ?? 1 }, () => worker(over)))
  return { count: counts.reduce((a, b) => a + b, 0), nanos: Math.round((performance.now() - started) * 1e6) }
}

export const benchCommands = connect => ({
  'bench-send': async c => {
    const connection = await connect(c)
    return repeat(c, over => send(connection, over))
  },
  'bench-request': async c => {
    const connection = await connect(c)
    return repeat(c, over => requests(connection, Math.max(1, c.size), over))
  },
  usage: () => {
    const { user, system } = process.cpuUsage()
    return { cpuNanos: (user + system) * 1000, memoryBytes: process.memoryUsage().heapUsed }
  }
})
