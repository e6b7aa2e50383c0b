/**
 * Which device a person means: by name, by id, or by the beginning of either when only one begins so.
 */
import { CamrecError } from './errors.js';

/** What a device answers to. */
export interface NamedDevice {
  readonly id: string;
  readonly name: string;
}

function describe(devices: readonly NamedDevice[]): string {
  const words = devices.map(({ id, name }) => (id === name ? name : `${name} (${id})`));
  return words.join(', ');
}

/** What case, and composed or decomposed letters (Unicode Standard Annex 15), make no difference to. */
function folded(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/**
 * The candidates for one selector: whole matches before beginnings. Upper and lower case are alike, and so are letters
 * that look alike but are composed of others, but a whole match in the very characters comes first.
 */
export function matchDevices<D extends NamedDevice>(selector: string, devices: readonly D[]): D[] {
  const wanted = folded(selector);
  const matches: ((name: string) => boolean)[] = [
    (name) => name === selector,
    (name) => folded(name) === wanted,
    (name) => folded(name).startsWith(wanted),
  ];
  for (const isMatch of matches) {
    const found = devices.filter(({ id, name }) => isMatch(id) || isMatch(name));
    if (found.length > 0) return found;
  }
  return [];
}

/**
 * The devices that the selectors name, each once, in the order of `devices`; all of them where there is no selector.
 * Several that are one to `isOne` are meant together. Throws UNKNOWN_DEVICE, and AMBIGUOUS_DEVICE with the candidates.
 */
export function selectDevices<D extends NamedDevice>(
  selectors: readonly string[] | undefined,
  devices: readonly D[],
  isOne: (one: D, other: D) => boolean = () => false,
): D[] {
  if (selectors === undefined || selectors.length === 0) return [...devices];
  const selected = new Set<D>();
  for (const selector of selectors) {
    const candidates = selector === '' ? [] : matchDevices(selector, devices);
    const [device] = candidates;
    if (device === undefined) {
      throw new CamrecError('UNKNOWN_DEVICE', `No phone is called "${selector}".`, {
        hint:
          devices.length === 0
            ? 'No phone is connected. camrec status shows the address to connect to.'
            : `Connected: ${describe(devices)}.`,
      });
    }
    if (!candidates.every((other) => other === device || isOne(device, other))) {
      throw new CamrecError('AMBIGUOUS_DEVICE', `"${selector}" fits ${candidates.length} phones.`, {
        hint: `Say which: ${describe(candidates)}.`,
      });
    }
    for (const candidate of candidates) selected.add(candidate);
  }
  return devices.filter((device) => selected.has(device));
}
