// Where the modules are that run as processes of their own.
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export const LOAD = here('./load.mjs');
export const PROBE = here('./probe.mjs');
export const FLOOR_SERVER = here('./floor-server.mjs');
export const COPY = here('./copy.mjs');
export const CAMREC = here('../../bin/run.js');
export const ROOT = here('../..');
