/**
 * Packets of a capture with large pictures: a quarter of a megabyte each.
 */
import { createHash } from 'node:crypto';
import type { ReceivedPacket } from '../../src/lib/recording/received-packet.js';
import { packetOf } from './mux-sessions.js';
import { samplePackets } from './recorded-session.js';

/** Configuration and so many pictures, ten a second; each has other bytes. */
export function largePackets(pictures: number): ReceivedPacket[] {
  return enlarged(samplePackets(pictures));
}

/** The same packets with large pictures. */
export function enlarged(packets: readonly ReceivedPacket[]): ReceivedPacket[] {
  return packets.map(({ payload, kind, timestampMs, sequence }) => {
    if (kind === 'config') return packetOf(payload, sequence, timestampMs);
    const noise = createHash('sha512').update(String(sequence)).digest('hex');
    const filling = Buffer.from(noise.repeat(2048), 'latin1');
    return packetOf(Buffer.concat([payload, filling]), sequence, timestampMs);
  });
}
