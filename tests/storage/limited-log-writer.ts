/**
 * For tests, run with a limit on the size of files: appends entries of the given sizes (bytes) to the log in the given directory, one after the
 * other, and prints what became of each. Ends as if it was killed.
 */
import { writeSync } from 'node:fs'
import { silentLog } from '../../src/base/log.ts'
import { WriteAheadLog } from '../../src/storage/write-ahead-log/write-ahead-log.ts'

const keys = { keys: [{ id: 1, bytes: Buffer.alloc(32, 1) }], currentKeyId: 1, rootSecret: Buffer.alloc(32, 9) }
// without a listener the signal of the limit ends the process
process.on('SIGXFSZ', () => undefined)
const [directory = '', ...sizes] = process.argv.slice(2)
const log = await WriteAheadLog.open({ directory, keys, log: silentLog, segmentBytes: 41_000 })
for (const [i, size] of sizes.entries()) {
  await log
    .append(Buffer.alloc(Number(size), i), () => undefined)
    .then(
      () => writeSync(1, `${i} written\n`),
      (error: unknown) => writeSync(1, `${i} ${String(error)}\n`),
    )
}
process.kill(process.pid, 'SIGKILL')
