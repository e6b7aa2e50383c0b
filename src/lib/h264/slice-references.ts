/** The parts of a slice header about reference pictures (ISO/IEC 14496-10, 7.3.3.1 and 7.3.3.2): read to get past them. */
import type { BitReader } from './bit-reader.js';

/** A list of at most 32 fields can be rewritten once per entry, and then comes the end. */
const MAX_MODIFICATIONS = 66;

/** ref_pic_list_modification() for `lists` lists. */
export function skipRefPicListModification(reader: BitReader, lists: number): void {
  for (let list = 0; list < lists; list++) {
    if (reader.flag()) skipModifications(reader);
  }
}

function skipModifications(reader: BitReader): void {
  for (let i = 0; i < MAX_MODIFICATIONS && reader.failure === undefined; i++) {
    const modification_of_pic_nums_idc = reader.ue('modification_of_pic_nums_idc', 3);
    if (modification_of_pic_nums_idc === 3) return;
    reader.ue('abs_diff_pic_num_minus1 or long_term_pic_num');
  }
  reader.fail('modification_of_pic_nums_idc has no end');
}

/** pred_weight_table() for lists of these lengths. */
export function skipPredWeightTable(
  reader: BitReader,
  listLengths: readonly number[],
  chroma: boolean,
): void {
  reader.ue('luma_log2_weight_denom', 7);
  if (chroma) reader.ue('chroma_log2_weight_denom', 7);
  for (const length of listLengths) {
    for (let i = 0; i < length; i++) {
      if (reader.flag()) skipWeights(reader, 'luma_weight', 1);
      if (chroma && reader.flag()) skipWeights(reader, 'chroma_weight', 2);
    }
  }
}

/** Pairs of weight and offset. */
function skipWeights(reader: BitReader, name: string, pairs: number): void {
  for (let i = 0; i < pairs; i++) {
    reader.se(name, -128, 127);
    reader.se(name, -128, 127);
  }
}
