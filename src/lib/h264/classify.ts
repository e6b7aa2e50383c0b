/** What kind of packet a list of NAL units makes. */
import { NAL, nalUnitType } from './nal-unit-type.js';

/** `config`: no coded slice inside, so no frame; `key`: decoding can begin here; `delta`: any other picture data. */
export type PacketKind = 'config' | 'key' | 'delta';

/** The kind of a packet by the types of its NAL units, wherever in it they stand. */
export function packetKind(nalUnits: readonly Uint8Array[]): PacketKind {
  let kind: PacketKind = 'config';
  for (const nalUnit of nalUnits) {
    const type = nalUnitType(nalUnit);
    if (type === NAL.idrSlice) return 'key';
    if (type >= NAL.slice && type <= NAL.partitionC) kind = 'delta';
  }
  return kind;
}
