// A file that is written in batches, as large as camrec's, without anything being looked at.
import { open } from 'node:fs/promises';

export class BatchedFile {
  #opening;
  #batchBytes;
  #waiting = [];
  #bytes = 0;
  #writing = Promise.resolve();

  /** `batchBytes`: so many are written without waiting for more. */
  constructor(path, batchBytes) {
    this.#opening = open(path, 'w');
    this.#batchBytes = batchBytes;
  }

  append(message) {
    this.#waiting.push(message);
    this.#bytes += message.length;
    if (this.#bytes >= this.#batchBytes) this.#write();
  }

  #write() {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    this.#writing = this.#writing.then(async () => (await this.#opening).writev(batch));
  }

  async end() {
    if (this.#bytes > 0) this.#write();
    await this.#writing;
    await (await this.#opening).close();
  }
}
