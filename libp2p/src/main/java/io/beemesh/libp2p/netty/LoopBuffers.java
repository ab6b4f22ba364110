package io.beemesh.libp2p.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;

/**
 * The buffers of one loop's sockets, outside of the heap: one arena without caches. Its first chunk
 * is never given back, as else a loop that handles one small message at a time would make and free a chunk for
 * each; only what was used of it is memory.
 */
final class LoopBuffers {
    private static final int PAGE_BYTES = 8192;
    /** 32 pages, 256 KiB. */
    private static final int CHUNK_ORDER = 5;

    private final PooledByteBufAllocator allocator = new PooledByteBufAllocator(true, 0, 1,
            PAGE_BYTES, CHUNK_ORDER, 0, 0, false);
    private final ByteBuf keepsChunk = allocator.directBuffer(16);

    ByteBufAllocator allocator() {
        return allocator;
    }

    /** No more is asked of it. */
    void close() {
        keepsChunk.release();
    }
}
