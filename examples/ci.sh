#!/usr/bin/env bash
# Records two phones for five seconds and fails if a single picture is missing: a pattern for continuous integration.
# It needs `camrec` on the PATH. The phones are simulated; with real ones, leave out `camrec simulate`.
set -euo pipefail

work="$(mktemp -d)"
# A daemon of our own, apart from any other on this machine.
export CAMREC_RUNTIME_DIR="$work/runtime"
daemon= phones=
finish() {
  if [ -n "$phones" ]; then kill "$phones" 2>/dev/null || true; fi
  if [ -n "$daemon" ]; then kill "$daemon" 2>/dev/null || true; fi
  wait
  rm -rf "$work"
}
trap finish EXIT

field() { # field FILE EXPRESSION: a value of a JSON document
  node -p "JSON.parse(require('node:fs').readFileSync('$1', 'utf8')).$2"
}

# 1. The daemon, on a free port. With --json it prints one document as soon as phones can connect.
camrec serve --host 127.0.0.1 --port 0 --dir "$work/recordings" --json >"$work/daemon.json" 2>"$work/daemon.log" &
daemon=$!
for _ in $(seq 100); do
  if port="$(field "$work/daemon.json" daemon.port 2>/dev/null)"; then break; fi
  kill -0 "$daemon" || { cat "$work/daemon.log" >&2; exit 1; }
  sleep 0.1
done

# 2. Two phones.
camrec simulate --url "ws://127.0.0.1:$port/android-cam" --devices 2 --captures 1 --json \
  >"$work/sent.json" 2>/dev/null &
phones=$!

# 3. One command records: it waits for the phones, starts them, stops them, and waits for their files.
camrec capture start --port "$port" --wait-devices 2 --label ci --duration 5s --json >"$work/recorded.json"
wait "$phones"
phones=

# 4. What the phones have sent and what was recorded must be the same.
node --input-type=module - "$work/sent.json" "$work/recorded.json" <<'CHECK'
import { readFileSync } from 'node:fs';

const [sent, recorded] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')));
let failed = recorded.sessions.length !== sent.devices.length;
for (const { name, captures } of sent.devices) {
  const session = recorded.sessions.find(({ device }) => device === name);
  const good =
    session?.state === 'complete' && session.lost === 0 && session.frames === captures[0]?.frames;
  console.log(`${name}: ${captures[0]?.frames} sent, ${session?.frames} recorded, ${session?.lost} lost`);
  failed ||= !good;
}
if (failed) {
  console.error('Some pictures are missing.');
  process.exit(1);
}
CHECK

# 5. And everything on the disk is what it says.
camrec sessions verify "$work"/recordings/* >/dev/null
echo 'All pictures are there.'
