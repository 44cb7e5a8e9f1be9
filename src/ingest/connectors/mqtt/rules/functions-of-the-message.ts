import { randomUUID } from 'node:crypto'
import { parseTimeFormat, type TimeReader } from '../../../mapping/time-format.ts'
import { type RuleFunction, taking, toInt } from './rule-function.ts'
import { type RuleValue, toText } from './rule-value.ts'

const formats = new Map<string, TimeReader>()

function reader(format: string): TimeReader {
  let found = formats.get(format)
  if (found === undefined) {
    if (formats.size > 100) formats.clear()
    formats.set(format, (found = parseTimeFormat(format, 'time_to_epoch')))
  }
  return found
}

/** Milliseconds since the epoch of a time in a format of Java. */
function timeToEpoch([value, format]: readonly RuleValue[]): RuleValue {
  const [text, letters] = [toText(value), toText(format)]
  const timeNs = text === undefined || letters === undefined ? undefined : reader(letters)(text)
  return timeNs === undefined ? undefined : timeNs / 1_000_000n
}

export const messageFunctions: Readonly<Record<string, RuleFunction>> = {
  accountid: taking(0, 0, () => '000000000000'),
  clientid: taking(0, 0, (_args, { message }) => message.clientId ?? 'N/A'),
  newuuid: taking(0, 0, () => randomUUID()),
  principal: taking(0, 1, (_args, { message }) => message.principal),
  sql_version: taking(0, 0, (_args, { message }) => message.version),
  time_to_epoch: taking(2, 2, timeToEpoch),
  /** Milliseconds, when the message came. */
  timestamp: taking(0, 0, (_args, { message }) => BigInt(message.receivedAtMs)),
  topic: taking(0, 1, ([level], { message }) => {
    if (level === undefined) return message.topic
    const number = toInt(level)
    return number === undefined || number < 1 ? undefined : message.topic.split('/')[number - 1]
  }),
  traceid: taking(0, 0, () => randomUUID()),
}
