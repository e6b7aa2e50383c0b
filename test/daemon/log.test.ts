import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { builtRoot } from '../cli/manifest.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

it('has one line for each event, whatever a phone calls itself', async () => {
  const log = pathToFileURL(join(builtRoot, 'dist/lib/daemon/log.js')).href;
  const program = `
    const { createLogger } = await import(${JSON.stringify(log)});
    const logger = await createLogger({ level: 'info', format: 'pretty', colour: false });
    logger.info({ event: 'device.connected' }, 'x\\n[20:00:00] INFO: forged\\u001b[2J connected');
  `;
  const args = ['--input-type=module', '--eval', program];
  const { stderr } = await promisify(execFile)(process.execPath, args);
  expect(stderr).toMatch(/^\[\d\d:\d\d:\d\d\] INFO: x·\[20:00:00\] INFO: forged·\[2J connected\n$/);
});

it.each([
  [{ FORCE_COLOR: '1', NO_COLOR: undefined }, true],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false],
])('has colours where every other command has them, with %j', async (env, isColoured) => {
  const root = await temporaryDirectory();
  const args = ['serve', '--host', '127.0.0.1', '--port', '0', '--log-format', 'pretty'];
  const serve = spawn(process.execPath, [join(builtRoot, 'bin/run.js'), ...args], {
    env: {
      ...process.env,
      CAMREC_DIR: join(root, 'r'),
      CAMREC_RUNTIME_DIR: join(root, 'run'),
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(serve, 'exit');
  try {
    let text = '';
    for await (const chunk of serve.stderr) {
      text += String(chunk);
      if (text.includes('phones connect to')) break;
    }
    expect(/\u001b\[\d+m/.test(text)).toBe(isColoured);
  } finally {
    serve.kill('SIGKILL');
    await exited;
  }
});
