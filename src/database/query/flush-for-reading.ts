import { ServerError } from '../../base/errors.ts'
import type { TableName } from '../../storage/writer/batch-store.ts'
import type { Writer } from '../../storage/writer/writer.ts'

/** `onIncomplete`: called when reading goes on without some records. Reading goes on while a disk is full: then without the records that wait for space in the log. */
export async function flushForReading(
  writer: Pick<Writer, 'flush'>,
  table: TableName,
  onIncomplete: () => void = () => undefined,
): Promise<void> {
  try {
    await writer.flush(table)
  } catch (error) {
    // the writer has logged it, and tells writers when too much is waiting
    if (!(error instanceof ServerError) || error.code !== 'NO_SPACE') throw error
    onIncomplete()
  }
}
