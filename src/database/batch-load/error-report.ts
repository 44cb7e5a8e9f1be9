/** Errors of a task, by file and reason, as they are kept between checkpoints and written in the end. Source: developer guide, "Using batch load error reports". */
export interface FileErrors {
  readonly fileName: string
  readonly errors: { readonly reason: string; readonly lineRanges: [number, number][] }[]
}

export interface TaskErrors {
  /** What ended the task as a whole. */
  readonly taskErrors: string[]
  readonly fileErrors: FileErrors[]
}

/** Ranges that a report lists; all are counted. */
const mostRanges = 10_000
export const moreErrors = 'There are more errors than this report lists.'

/** Adds lines to what is known of a reason; neighbouring ones become one range. */
export function addError(all: TaskErrors, fileName: string, reason: string, line: number, lastLine: number): void {
  let file = all.fileErrors.find((each) => each.fileName === fileName)
  if (file === undefined) all.fileErrors.push((file = { fileName, errors: [] }))
  let error = file.errors.find((each) => each.reason === reason)
  const last = error?.lineRanges.at(-1)
  if (last !== undefined && line <= last[1] + 1 && line >= last[0]) {
    last[1] = Math.max(last[1], lastLine)
    return
  }
  const known = all.fileErrors.reduce((sum, each) => sum + each.errors.reduce((ranges, one) => ranges + one.lineRanges.length, 0), 0)
  if (known >= mostRanges) {
    if (!all.taskErrors.includes(moreErrors)) all.taskErrors.push(moreErrors)
    return
  }
  if (error === undefined) file.errors.push((error = { reason, lineRanges: [] }))
  error.lineRanges.push([line, lastLine])
}
