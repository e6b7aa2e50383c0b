/**
 * The admin socket of a daemon from whom it was taken away, and who cannot make it again for a while.
 */
import { chmod, rm, stat } from 'node:fs/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { AdminClient } from '../../src/lib/admin/client.js';
import { AdminServer } from '../../src/lib/admin/server.js';
import { silentLogger } from '../../src/lib/base/logger.js';
import { FakeDaemon, removeDirectory, runtimeEnvironment } from './fake-daemon.js';

it('is opened again as often as it is gone, once nothing stands in the way', async () => {
  const env = await runtimeEnvironment();
  const events: unknown[] = [];
  const hear = ({ event }: Record<string, unknown>) => events.push(event);
  const logger = { ...silentLogger, info: hear, debug: hear };
  const server = await AdminServer.listen({ api: new FakeDaemon(), logger, env, lookEveryMs: 10 });
  onTestFinished(async () => {
    await server.close();
    await removeDirectory(env.dir);
  });
  for (let round = 0; round < 2; round += 1) {
    events.length = 0;
    // Others could put theirs there.
    await chmod(env.dir, 0o755);
    await rm(server.path);
    await vi.waitFor(() => expect(events).toContain('admin.gone'));
    await chmod(env.dir, 0o700);
    await vi.waitFor(() => stat(server.path));
    await vi.waitFor(() => expect(events.at(-1)).toBe('admin.reopened'));
    const client = await AdminClient.connect(server.path, 1000);
    expect(await client.call('daemon.info', {})).toMatchObject({ protocol: expect.anything() });
    client.close();
  }
});
