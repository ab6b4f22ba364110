#!/bin/sh
# Says which replica answers.
printf 'Content-Type: text/plain\r\n\r\n'
printf 'Hello from %s\n' "$(hostname)"
