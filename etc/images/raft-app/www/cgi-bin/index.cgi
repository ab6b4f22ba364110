#!/bin/sh
# Counts visits on the replica's own volume: what is counted survives the pod.
printf 'Content-Type: text/plain\r\n\r\n'
visits=$(cat /data/visits 2>/dev/null || printf 0)
visits=$((visits + 1))
printf '%s' "$visits" >/data/visits.new && mv /data/visits.new /data/visits
printf '%s has served %s visits\n' "$(hostname)" "$visits"
