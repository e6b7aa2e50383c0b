import { describe, expect, it } from 'vitest';
import { environmentName } from '../../src/lib/cli/environment.js';
import { builtManifest } from './manifest.js';

// In whatever order their files were found.
const commands = Object.values(builtManifest.commands).sort((a, b) => (a.id < b.id ? -1 : 1));

describe('the public face', () => {
  it('changes only by decision', () => {
    const face = commands.map(({ id, flags, args }) => ({
      command: id.replaceAll(':', ' '),
      args: Object.entries(args).map(([name, { required }]) => (required ? name : `[${name}]`)),
      flags: Object.values(flags).map(
        ({ name, type, default: byDefault, options, multiple, required }) =>
          [
            `--${name}`,
            type === 'boolean' ? '' : (options?.join('|') ?? 'VALUE'),
            multiple ? 'repeatable' : '',
            required ? 'required' : '',
            byDefault === undefined ? '' : `default ${JSON.stringify(byDefault)}`,
          ]
            .filter(Boolean)
            .join(' '),
      ),
    }));
    expect(face).toMatchSnapshot();
  });
});

describe.each(commands)('camrec $id', ({ summary, examples, enableJsonFlag, flags, args }) => {
  it('says what it does, with examples', () => {
    expect(summary).toMatch(/\S\.$/);
    expect(examples?.length).toBeGreaterThan(0);
  });

  it('has --json', () => {
    expect(enableJsonFlag).toBe(true);
    expect(flags['json']).toBeDefined();
  });

  it('takes the default of each flag from the variable named after it, and explains it', () => {
    for (const { name, env, description, summary: short } of Object.values(flags)) {
      expect([name, env]).toEqual([name, environmentName(name)]);
      expect([name, description ?? short]).toEqual([name, expect.stringMatching(/\S/)]);
    }
  });

  it('explains its arguments', () => {
    for (const [name, { description }] of Object.entries(args)) {
      expect([name, description]).toEqual([name, expect.stringMatching(/\S/)]);
    }
  });
});
