import { call, string } from './tree.ts'
import type { Node } from './tree.ts'

/** A date from days since the epoch, on the whole range of timestamps; the engine's own conversion stops at 1900. */
export const dateOfDays = (days: Node): Node => call('addDays', call('toDate32', string('1970-01-01')), days)
