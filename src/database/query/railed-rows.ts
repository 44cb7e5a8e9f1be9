import { ServerError } from '../../base/errors.ts'
import type { RowSource } from './row-source.ts'

export const tooManyRows = (principalName: string, maxRows: number): ServerError =>
  new ServerError(
    'RESULT_TOO_LARGE',
    `The guard rail MaxResultRows of ${principalName} ended the query: its result has more than ${maxRows} rows`,
  )

/** The rows of a source, as long as they are as many as a guard rail lets a principal have. */
export function railedRows(source: RowSource, principalName: string, maxRows: number | undefined): RowSource {
  if (maxRows === undefined) return source
  let rows = 0
  return {
    next: (page) => {
      if (!source.next(page)) return false
      if (++rows > maxRows) throw tooManyRows(principalName, maxRows)
      return true
    },
    get ended() {
      return source.ended
    },
    wait: (timeoutMs) => source.wait(timeoutMs),
    get progress() {
      return source.progress
    },
    close: () => source.close(),
  }
}
