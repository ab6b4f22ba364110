package io.beemesh.machine.registry;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.registry.RegistryException;
import io.beemesh.protocol.registry.RegistryMessage;
import java.io.IOException;

/** Hands what other members send to whom it is for. */
record Inbox(HomeSlots slots, Router router, Barriers barriers, Discovery discovery, Side side) {
    void onMessage(PeerId from, RegistryMessage message) throws RegistryException {
        try {
            switch (message) {
                case RegistryMessage.Request request -> {
                    switch (request.kind()) {
                        case Router.WRITE -> router.onRequest(from, request);
                        case Router.FORKED -> router.onForkedRequest(from, request);
                        case Router.SIDE -> side.onRequest(from, request);
                        case Router.SLOTS -> discovery.onRequest(from, request);
                        default -> barriers.onRequest(from, request);
                    }
                }
                case RegistryMessage.Response response -> {
                    switch (response.kind()) {
                        case Router.WRITE, Router.FORKED -> router.onResponse(from, response);
                        case Router.SIDE -> side.onResponse(from, response);
                        case Router.SLOTS -> discovery.onResponse(from, response);
                        default -> barriers.onResponse(from, response);
                    }
                }
                case RegistryMessage.OfSlot _,RegistryMessage.Beat _,RegistryMessage.BeatReply _ ->
                    slots.replicas().onMessage(from, message);
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new RegistryException("bad message: " + e.getMessage(), e);
        }
    }
}
