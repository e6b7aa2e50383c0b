/** A fake daemon for each test of a file, ended after it. */
import { afterEach, beforeEach } from 'vitest';
import { FakeDaemon, removeDirectory, runtimeEnvironment } from '../admin/fake-daemon.js';

export interface FakeDaemonPerTest {
  readonly daemon: FakeDaemon;
  /** What a command's environment needs for it to find the daemon. */
  readonly env: NodeJS.ProcessEnv;
}

/** To be called once, outside the tests. What it returns is always that of the test that runs. */
export function fakeDaemonPerTest(): FakeDaemonPerTest {
  let directory: string;
  let daemon: FakeDaemon;
  let close: () => Promise<void>;

  beforeEach(async () => {
    const env = await runtimeEnvironment();
    directory = env.dir;
    daemon = new FakeDaemon();
    const server = await daemon.listen(env);
    close = () => server.close();
  });

  afterEach(async () => {
    await close();
    await removeDirectory(directory);
  });

  return {
    get daemon() {
      return daemon;
    },
    get env() {
      return { CAMREC_RUNTIME_DIR: directory };
    },
  };
}
