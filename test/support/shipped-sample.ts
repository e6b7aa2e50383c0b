import { join } from 'node:path';
import { repositoryRoot } from './tools.js';

/** Path of the 4:3 sample that comes with the package: 640×480, 10 fps, 100 pictures. */
export const SHIPPED_SAMPLE = join(repositoryRoot, 'assets/sample-4x3.h264');
