import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { packageFile } from '../../src/lib/base/package-file.js';

test('finds files of the package', () => {
  const { name } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as {
    name: string;
  };
  expect(name).toBe('camrec');
  expect(readFileSync(packageFile('assets/sample-4x3.h264')).length).toBeGreaterThan(0);
});
