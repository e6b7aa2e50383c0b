// A file that is written in batches, as large as camrec's, without anything being looked at.
import { open } from 'node:fs/promises';

/** Written without waiting for more; smaller batches cost more. */
const BATCH_BYTES = 1024 * 1024;

export class BatchedFile {
  #opening;
  #waiting = [];
  #bytes = 0;
  #writing = Promise.resolve();

  constructor(path) {
    this.#opening = open(path, 'w');
  }

  append(message) {
    this.#waiting.push(message);
    this.#bytes += message.length;
    if (this.#bytes >= BATCH_BYTES) this.#write();
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
