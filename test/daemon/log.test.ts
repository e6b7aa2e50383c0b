import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { builtRoot } from '../cli/manifest.js';

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
