/**
 * Holds what a camera sends before it says that its capture has started: the phone's status and its frames come from
 * different threads, and the first packet is the one without which nothing can be decoded.
 */
import { isParameterSet } from '../h264/nal-unit-type.js';
import type { ReceivedPacket } from './received-packet.js';

/** Most bytes of payload that are held for one camera. */
export const PRE_ROLL_BYTES = 4 * 1024 * 1024;

/** Longest time that a picture is held. A configuration packet stays until a newer capture replaces it. */
export const PRE_ROLL_MS = 10_000;

/** Most packets that are held for one camera, whatever their size. */
export const PRE_ROLL_PACKETS = 2_000;

/** When too many packets are held, the oldest of these go at once: looking for one of them costs as much as for all. */
const GIVE_UP_PACKETS = PRE_ROLL_PACKETS / 8;

/** A leftover of the previous capture carries on its numbers; this far beyond its last one it is still recognised. */
export const STALE_WINDOW = 1_000;

/** A leftover so far beyond the one before is of a camera that films on, and has lost some. */
const LOST_AT_ONCE = 100;

/** So long after a capture has begun, leftovers of the one before have come. */
export const STALE_MS = 2_000;

/** Why a held packet was given up. */
export type UnclaimedReason =
  /** It belongs to a capture that has ended. */
  | 'stale'
  /** No capture claimed it in time. */
  | 'expired'
  /** More came than is held. */
  | 'overflow'
  /** Its capture is not recorded, since the disk is nearly full. */
  | 'disk-low'
  /** Its capture is not recorded, since the disk cannot be written to. */
  | 'disk-error'
  /** Its capture is not recorded, since too many of the camera's sessions are still being finished. */
  | 'too-many-sessions'
  /** The camera left. */
  | 'disconnected';

export type OnUnclaimed = (packets: number, reason: UnclaimedReason) => void;

export class PreRoll {
  #held: ReceivedPacket[] = [];
  #bytes = 0;
  readonly #onUnclaimed: OnUnclaimed;
  /** Arrival of the oldest picture, or of one before it; nothing while no picture is held. */
  #oldestMs: number | undefined;
  /** The last sequence number of the capture before, or of its leftovers that followed: further ones are stale. */
  #previousLast: number | undefined;
  /** When the capture began that has had no packet yet. */
  #claimedMs: number | undefined;

  constructor(onUnclaimed: OnUnclaimed) {
    this.#onUnclaimed = onUnclaimed;
  }

  get packets(): number {
    return this.#held.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether one more packet, of so many bytes, can be held without giving up another. */
  hasRoomFor(bytes: number): boolean {
    return this.#bytes + bytes <= PRE_ROLL_BYTES && this.#held.length < PRE_ROLL_PACKETS;
  }

  /** A capture has ended with this sequence number: what carries on from it is stale. */
  captureEnded(lastSequence: number | undefined): void {
    this.#previousLast = lastSequence;
    this.#claimedMs = undefined;
  }

  /**
   * Whether a packet is not a leftover of the capture before; a leftover is counted here.
   * After the first one that is not, the next capture has begun and none is.
   */
  admit(packet: ReceivedPacket): boolean {
    if (this.#carriesOn(packet)) {
      // A camera that films on is never beyond it.
      const ahead = (packet.sequence - (this.#previousLast ?? 0)) >>> 0;
      if (ahead <= LOST_AT_ONCE) this.#previousLast = packet.sequence;
      this.#onUnclaimed(1, 'stale');
      return false;
    }
    this.#previousLast = undefined;
    return true;
  }

  /** Holds a packet. False: it is a leftover of the capture before. */
  hold(packet: ReceivedPacket): boolean {
    if (!this.admit(packet)) return false;
    if (this.#beginsAnew(packet)) this.#giveUp(this.#held.length, 'stale');
    this.expire(packet.arrivalMs);
    this.#held.push(packet);
    if (packet.kind !== 'config') this.#oldestMs ??= packet.arrivalMs;
    this.#bytes += packet.payload.length;
    this.#bound();
    return true;
  }

  /** Gives up pictures that have waited too long. `nowMs` is on the clock of the arrivals, here and below. */
  expire(nowMs: number): void {
    // Asked for each packet: mostly there is nothing to look for.
    if (this.#oldestMs === undefined || nowMs - this.#oldestMs <= PRE_ROLL_MS) return;
    this.#giveUpPictures((picture) => nowMs - picture.arrivalMs > PRE_ROLL_MS, 'expired');
  }

  /** Hands over what is held, in order: the beginning of a capture. */
  claim(nowMs: number): ReceivedPacket[] {
    this.expire(nowMs);
    this.#claimedMs = nowMs;
    const held = this.#held;
    this.#held = [];
    this.#bytes = 0;
    this.#oldestMs = undefined;
    return held;
  }

  /** What is held will never be claimed: the camera has left, unless there is another reason. */
  abandon(reason: UnclaimedReason = 'disconnected'): void {
    this.#giveUp(this.#held.length, reason);
  }

  /** Whatever is in it: encoders end a capture with an empty payload, and repeat their configuration. */
  #carriesOn(packet: ReceivedPacket): boolean {
    if (this.#previousLast === undefined || packet.sequence === 0) return false;
    const ahead = (packet.sequence - this.#previousLast) >>> 0;
    return ahead <= STALE_WINDOW && !this.#countsOn(packet);
  }

  /** A camera that says twice that it has begun may count on: where pictures can begin, they are no leftovers any more. */
  #countsOn({ arrivalMs, kind }: ReceivedPacket): boolean {
    return (
      this.#claimedMs !== undefined && arrivalMs - this.#claimedMs > STALE_MS && kind !== 'delta'
    );
  }

  /**
   * A lower number than the first: another capture's first packets. One in between has only come late. The same number:
   * parameter sets are sent in two packets of one number by some, but not so long after each other.
   */
  #beginsAnew(packet: ReceivedPacket): boolean {
    const [first] = this.#held;
    if (first === undefined) return false;
    const ahead = (packet.sequence - first.sequence) >>> 0;
    if (ahead > 0) return ahead >= 0x8000_0000;
    const isOlder = packet.arrivalMs - first.arrivalMs > PRE_ROLL_MS;
    return isOlder && packet.nalUnits.some(isParameterSet);
  }

  #giveUp(count: number, reason: UnclaimedReason): void {
    if (count === 0) return;
    for (const packet of this.#held.splice(0, count)) this.#bytes -= packet.payload.length;
    this.#oldestMs = this.#oldestPicture?.arrivalMs;
    this.#onUnclaimed(count, reason);
  }

  /** Gives up the pictures at the front that match, then those that depend on them: up to the next key picture. */
  #giveUpPictures(matches: (picture: ReceivedPacket) => boolean, reason: UnclaimedReason): void {
    const keep: ReceivedPacket[] = [];
    let dropping = false;
    let given = 0;
    for (const packet of this.#held) {
      if (packet.kind !== 'config' && matches(packet)) dropping = true;
      else if (packet.kind === 'key') dropping = false;
      if (dropping && packet.kind !== 'config') {
        given += 1;
        this.#bytes -= packet.payload.length;
      } else keep.push(packet);
    }
    if (given === 0) return;
    this.#held = keep;
    this.#oldestMs = this.#oldestPicture?.arrivalMs;
    this.#onUnclaimed(given, reason);
  }

  get #oldestPicture(): ReceivedPacket | undefined {
    return this.#held.find((packet) => packet.kind !== 'config');
  }

  #bound(): void {
    if (this.#bytes <= PRE_ROLL_BYTES && this.#held.length <= PRE_ROLL_PACKETS) return;
    const given = new Set<ReceivedPacket>();
    if (this.#held.length > PRE_ROLL_PACKETS) {
      for (const packet of this.#held.slice(0, GIVE_UP_PACKETS)) given.add(packet);
    } else if (this.#oldestPicture !== undefined) given.add(this.#oldestPicture);
    this.#giveUpPictures((picture) => given.has(picture), 'overflow');
    const still = this.#bytes > PRE_ROLL_BYTES || this.#held.length > PRE_ROLL_PACKETS;
    if (!still) return;
    // Giving up one group of pictures was not enough, or nothing but configuration is held: begin again.
    this.#giveUp(this.#held.length, 'overflow');
  }
}
