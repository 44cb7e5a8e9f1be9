import type { TypeArgument, TypeName } from './ast.ts'
import type { TokenStream } from './token-stream.ts'

/** `double`, `array(bigint)`, `row(a bigint, b double)`, `timestamp(9)`, `interval day to second`, `time with time zone`, `bigint array`. */
export function parseType(stream: TokenStream): TypeName {
  return stream.nested(() => {
    const at = stream.position
    let type = parsePlainType(stream)
    // `t ARRAY`, the older spelling.
    while (stream.token.word === 'ARRAY' && stream.peek(1).word !== '(') {
      stream.take()
      type = { name: 'array', arguments: [{ kind: 'type', type }], at }
    }
    return type
  })
}

function parsePlainType(stream: TokenStream): TypeName {
  const at = stream.position
  if (stream.token.word === 'INTERVAL') {
    stream.take()
    const parts = [stream.identifier().text]
    stream.expect('TO')
    parts.push(stream.identifier().text)
    return { name: `interval ${parts.join(' to ')}`.toLowerCase(), arguments: [], at }
  }
  let name = stream.identifier().text.toLowerCase()
  if (name === 'double' && stream.accept('PRECISION')) return { name, arguments: [], at }
  const close = stream.token.word === '<' ? '>' : ')'
  let args: TypeArgument[] = []
  if (stream.accept('(') || (name === 'array' || name === 'map' ? stream.accept('<') : false)) {
    args = stream.list(() => (name === 'row' ? parseField(stream) : parseArgument(stream)))
    stream.expect(close)
  }
  if (name === 'timestamp' || name === 'time') {
    if (stream.acceptAll('WITH', 'TIME', 'ZONE')) name += ' with time zone'
    else stream.acceptAll('WITHOUT', 'TIME', 'ZONE')
  }
  return { name, arguments: args, at }
}

function parseArgument(stream: TokenStream): TypeArgument {
  if (stream.token.kind === 'integer') return { kind: 'number', value: Number(stream.take().value) }
  stream.miss('<integer>')
  return { kind: 'type', type: parseType(stream) }
}

/** `name type` or `type`. */
function parseField(stream: TokenStream): TypeArgument {
  const first = stream.token.word
  const second = stream.peek(1)
  const ownName =
    second.kind === 'name' &&
    !(first === 'DOUBLE' && second.word === 'PRECISION') &&
    !(first === 'INTERVAL' && stream.peek(2).word === 'TO') &&
    !(second.word === 'ARRAY' && stream.peek(2).word !== '(') &&
    !(second.word === 'WITHOUT' && stream.peek(2).word === 'TIME')
  if (!ownName) return { kind: 'type', type: parseType(stream) }
  const name = stream.identifier()
  return { kind: 'field', name, type: parseType(stream) }
}
