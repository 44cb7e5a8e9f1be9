/** A process for tests to kill: writes documents into the store of the given directory and prints the key of each once it is durable. */
import { writeSync } from 'node:fs'
import { openLmdbDocuments } from '../../src/storage/documents/lmdb.ts'

const keys = { keys: [{ id: 1, bytes: Buffer.alloc(32, 1) }], currentKeyId: 1, rootSecret: Buffer.alloc(32, 1) }
const store = await openLmdbDocuments(process.argv[2] ?? '', keys)
for (let number = 0; ; number += 1) {
  const key = `k${number}`
  if (await store.put('setting', key, number, 0)) writeSync(1, `${key}\n`)
}
