/**
 * How much of anything the H.264 room takes from a stream before it calls it damaged.
 * Every length and count that a stream supplies is held against one of these.
 */

/** NAL units in one payload or one picture. Level 6.2 allows more slices in theory; encoders stay in the hundreds. */
export const MAX_NAL_UNITS = 16_384;

/** Bytes of one NAL unit. */
export const MAX_NAL_UNIT_BYTES = 64 * 1024 * 1024;

/** Bytes of one picture, all its NAL units together. */
export const MAX_PICTURE_BYTES = 64 * 1024 * 1024;

/** Bytes of what stands in front of a picture's first slice, such as SEI. */
export const MAX_PREFIX_BYTES = 4 * 1024 * 1024;

/** Bytes of one parameter set: its length has 16 bits in the decoder configuration record. */
export const MAX_PARAMETER_SET_BYTES = 65_535;

/** Bytes of all parameter sets that are in force together. Real streams need a few hundred. */
export const MAX_PARAMETER_SETS_BYTES = 1024 * 1024;

/** Macroblocks of a picture, and of one of its sides: level 6.2, the highest (ISO/IEC 14496-10, table A-1 and A.3). */
export const MAX_PICTURE_MACROBLOCKS = 139_264;
export const MAX_SIDE_MACROBLOCKS = 1055;
