import { fields, int64, nested, type ProtoReader, readMessage } from './proto-reader.ts'

export type MatchType = 'EQ' | 'NEQ' | 'RE' | 'NRE'

export interface LabelMatcher {
  readonly type: MatchType
  readonly name: string
  readonly value: string
}

export interface ReadQuery {
  readonly startMs: number
  readonly endMs: number
  readonly matchers: readonly LabelMatcher[]
}

export interface ReadRequest {
  readonly queries: readonly ReadQuery[]
  /** The first form that is accepted and known. */
  readonly form: 'samples' | 'chunks'
}

const matchTypes: readonly MatchType[] = ['EQ', 'NEQ', 'RE', 'NRE']
const forms = ['samples', 'chunks'] as const

/** `prometheus.ReadRequest`: 1 queries { 1 start, 2 end, 3 matchers { 1 type, 2 name, 3 value } }, 2 accepted_response_types. @throws ServerError SERIALIZATION */
export function decodeReadRequest(bytes: Buffer): ReadRequest {
  return readMessage(bytes, (reader) => {
    const queries: ReadQuery[] = []
    let form: ReadRequest['form'] | undefined
    const accept = (): void => {
      form ??= forms[reader.uint32()]
    }
    fields(reader, reader.len, (number, wireType) => {
      if (number === 1 && wireType === 2) queries.push(readQuery(reader))
      else if (number === 2 && wireType === 0) accept()
      else if (number === 2 && wireType === 2) {
        const length = reader.uint32()
        for (const end = reader.pos + length; reader.pos < end;) accept()
      } else return false
      return true
    })
    return { queries, form: form ?? 'samples' }
  })
}

function readQuery(reader: ProtoReader): ReadQuery {
  let startMs = 0
  let endMs = 0
  const matchers: LabelMatcher[] = []
  nested(reader, (number, wireType) => {
    if (number === 1 && wireType === 0) startMs = int64(reader)
    else if (number === 2 && wireType === 0) endMs = int64(reader)
    else if (number === 3 && wireType === 2) matchers.push(readMatcher(reader))
    else return false
    return true
  })
  return { startMs, endMs, matchers }
}

function readMatcher(reader: ProtoReader): LabelMatcher {
  let type: MatchType = 'EQ'
  let name = ''
  let value = ''
  nested(reader, (number, wireType) => {
    if (number === 1 && wireType === 0) type = matchTypes[reader.uint32()] ?? 'EQ'
    else if (number === 2 && wireType === 2) name = reader.string()
    else if (number === 3 && wireType === 2) value = reader.string()
    else return false
    return true
  })
  return { type, name, value }
}
