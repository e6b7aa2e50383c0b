/**
 * The moov of a movie with one AVC track (ISO/IEC 14496-12, 8.2): at the beginning, to be followed by fragments,
 * and at the end, with everything that is known then.
 */
import type { VideoDescription } from '../h264/coded-picture.js';
import { type Box, box } from './box.js';
import {
  creationTimeFromMs,
  dinf,
  type HeaderTimes,
  hdlr,
  mdhd,
  mvex,
  mvhd,
  tkhd,
  vmhd,
} from './box-movie.js';
import {
  chunkOffsets,
  cslg,
  ctts,
  hasCompositionOffsets,
  stsc,
  stss,
  stsz,
  stts,
} from './box-tables.js';
import { shownSize, stsd } from './box-video.js';
import { SampleTable } from './sample-table.js';
import { TIMESCALE } from './timeline.js';

/** What is known of a movie before its first sample. */
export interface MovieHeader {
  readonly description: VideoDescription;
  /** Wall clock at the beginning, milliseconds since 1970. */
  readonly creationTimeMs: number;
}

/** The moov that fragments follow. */
export function initialMoov(header: MovieHeader): Box {
  const nothing = new SampleTable();
  const times = timesOf(header, 0);
  return box('moov', mvhd(times), trak(header, times, nothing), mvex());
}

/** The moov of an ordinary file. */
export function completeMoov(header: MovieHeader, table: SampleTable): Box {
  const times = timesOf(header, table.duration);
  return box('moov', mvhd(times), trak(header, times, table));
}

function timesOf(header: MovieHeader, duration: number): HeaderTimes {
  return {
    creationTime: creationTimeFromMs(header.creationTimeMs),
    timescale: TIMESCALE,
    duration,
  };
}

function trak(header: MovieHeader, times: HeaderTimes, table: SampleTable): Box {
  const { width, height } = shownSize(header.description);
  const stbl = box(
    'stbl',
    stsd(header.description),
    stts(table),
    ...(hasCompositionOffsets(table) ? [ctts(table), cslg(table)] : []),
    // An empty stss would say of the fragments that they have no key sample.
    ...(table.sampleCount > 0 ? [stss(table)] : []),
    stsc(table),
    stsz(table),
    chunkOffsets(table),
  );
  const minf = box('minf', vmhd(), dinf(), stbl);
  return box('trak', tkhd(times, width, height), box('mdia', mdhd(times), hdlr(), minf));
}
