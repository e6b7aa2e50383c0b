/**
 * Memory in which start codes are found by WebAssembly, sixteen bytes at a time. WebAssembly sees no memory but its own.
 */
import { readFileSync } from 'node:fs';
import { packageFile } from '../base/package-file.js';

/** Where the first start code begins that lies within `from` and `end` of the memory; -1 where there is none. */
export type StartCodeSearch = (from: number, end: number) => number;

export interface SearchableMemory {
  readonly bytes: ArrayBuffer;
  readonly search: StartCodeSearch;
}

/** What of it is used here (WebAssembly JavaScript Interface, 5); Node's types leave it to those of browsers. */
interface WebAssemblyInterface {
  readonly Module: new (code: Uint8Array) => object;
  readonly Memory: new (pages: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: { readonly findStartCode: StartCodeSearch } };
}
const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface };

/** `src/wasm/start-codes.ts`. */
const COMPILED = readFileSync(packageFile('dist/wasm/start-codes.wasm'));

const PAGE_BYTES = 64 * 1024;

const searches = new WeakMap<ArrayBufferLike, StartCodeSearch>();
let module: object | undefined;

/**
 * So many bytes or more. Nothing where there is no such memory: each takes gigabytes of the address space, for which a
 * process can have a limit, and the instructions are missing from CPUs of before 2008.
 */
export function searchableMemory(bytes: number): SearchableMemory | undefined {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  try {
    module ??= new WebAssembly.Module(COMPILED);
    // It never grows: all that looks at it would lose it.
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { findStartCode } = new WebAssembly.Instance(module, { env: { memory } }).exports;
    searches.set(memory.buffer, findStartCode);
    return { bytes: memory.buffer, search: findStartCode };
  } catch {
    return undefined;
  }
}

/** The search in memory that `searchableMemory` gave. */
export function searchIn(memory: ArrayBufferLike): StartCodeSearch | undefined {
  return searches.get(memory);
}
