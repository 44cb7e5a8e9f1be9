import { commandComplete, dataRow, notice, parameterStatus, rowDescription } from '../protocol/backend.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { significant } from './split-statements.ts'

export type TransactionState = 'I' | 'T' | 'E'

/** What a session remembers between statements. */
export interface SessionState {
  transaction: TransactionState
  /** By name in lower case. */
  readonly settings: Map<string, string>
  readonly deallocate: (name: string | undefined) => void
}

/** Milliseconds that a statement may take; 0: no bound. */
export const statementTimeout = ({ settings }: SessionState): number => milliseconds(settings.get('statement_timeout') ?? '0')

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }

function milliseconds(text: string): number {
  const [, amount = '', unit = ''] = /^(\d{1,12})\s*(ms|s|min|h|d)?$/.exec(text.trim()) ?? []
  if (amount === '') throw new ProtocolError('22023', `invalid value for parameter "statement_timeout": "${text}"`)
  return Number(amount) * (unitsMs[unit] ?? 1)
}

const setting = /^set\s+(?:session\s+|local\s+)?(?:(time\s+zone)\s+|([a-z_][\w.]*)\s*(?:=|\bto\b)\s*)([\s\S]+)$/i
const reported: Readonly<Record<string, string>> = { application_name: 'application_name', client_encoding: 'client_encoding' }
const most = 100

/** Answers what concerns the session alone; undefined for SHOW of a setting that only the catalog knows. @throws ProtocolError */
export function sessionStatement(statement: string, state: SessionState): readonly Buffer[] | undefined {
  const text = significant(statement).replace(/\s+/g, ' ')
  const [word = ''] = text.split(' ', 1)
  switch (word) {
    case 'begin':
    case 'start':
      state.transaction = 'T'
      return [commandComplete(word === 'begin' ? 'BEGIN' : 'START TRANSACTION')]
    case 'commit':
    case 'end': {
      const isFailed = state.transaction === 'E'
      state.transaction = 'I'
      return [commandComplete(isFailed ? 'ROLLBACK' : 'COMMIT')]
    }
    case 'rollback':
      if (/^rollback (?:work |transaction )?to\b/.test(text)) state.transaction = 'T'
      else state.transaction = 'I'
      return [commandComplete('ROLLBACK')]
    case 'abort':
      state.transaction = 'I'
      return [commandComplete('ROLLBACK')]
    case 'set':
      return set(statement.trim(), text, state)
    case 'reset':
      if (text === 'reset all') state.settings.clear()
      else state.settings.delete(text.slice('reset '.length))
      return [commandComplete('RESET')]
    case 'discard':
      state.settings.clear()
      state.deallocate(undefined)
      return [commandComplete('DISCARD ALL')]
    case 'deallocate': {
      const name = text.replace(/^deallocate (?:prepare )?/, '')
      state.deallocate(name === 'all' ? undefined : name.replaceAll('"', ''))
      return [commandComplete(name === 'all' ? 'DEALLOCATE ALL' : 'DEALLOCATE')]
    }
    case 'show':
      return show(text.slice('show '.length), state)
    case 'savepoint':
    case 'release':
    case 'listen':
    case 'unlisten':
      return [commandComplete(word.toUpperCase())]
    default:
      throw new ProtocolError('0A000', `${word.toUpperCase()} as a statement is not supported; use the protocol's own messages`)
  }
}

function set(statement: string, text: string, state: SessionState): readonly Buffer[] {
  if (
    /^set (?:session )?characteristics|^set transaction|^set constraints|^set (?:local |session )?role|^set session authorization/.test(
      text,
    )
  ) {
    return [commandComplete('SET')]
  }
  const [, zone, name = '', written = ''] = setting.exec(statement) ?? []
  if (zone === undefined && name === '') throw new ProtocolError('42601', 'syntax error in SET')
  const key = zone === undefined ? name.toLowerCase() : 'timezone'
  const value = written.trim().replace(/^'([\s\S]*)'$/, (_, inner: string) => inner.replaceAll("''", "'"))
  if (key === 'client_encoding' && !/^(?:utf-?8|unicode)$/i.test(value))
    throw new ProtocolError('22023', 'only the encoding UTF8 is supported')
  if (key === 'statement_timeout') milliseconds(value)
  if (state.settings.size >= most && !state.settings.has(key)) throw new ProtocolError('53400', `at most ${most} settings are kept`)
  state.settings.set(key, value)
  const status = reported[key]
  const answers = [commandComplete('SET')]
  if (status !== undefined) answers.unshift(parameterStatus(status, value))
  if (key === 'timezone' && !/^(?:utc|gmt|etc\/utc|default|\+?0+)$/i.test(value)) {
    answers.unshift(
      notice({ severity: 'NOTICE', sqlState: '00000', message: 'times are answered with the offset of UTC, +00, whatever the time zone' }),
    )
  }
  return answers
}

const fixed: Readonly<Record<string, string>> = {
  'transaction isolation level': 'read committed',
  transaction_isolation: 'read committed',
  transaction_read_only: 'off',
  timezone: 'UTC',
  'time zone': 'UTC',
  statement_timeout: '0',
  client_encoding: 'UTF8',
  application_name: '',
}

function show(name: string, { settings }: SessionState): readonly Buffer[] | undefined {
  const value = name === 'timezone' || name === 'time zone' ? 'UTC' : (settings.get(name) ?? fixed[name])
  if (value === undefined) return undefined
  const column = { name: name.replaceAll(' ', '_'), oid: 25, size: -1, format: 0 }
  return [rowDescription([column]), dataRow([value]), commandComplete('SHOW')]
}
