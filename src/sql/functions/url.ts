import { call, identifier, integer, lambda, nothing, string, when } from '../clickhouse/tree.ts'
import type { Node } from '../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from './definition.ts'
import { and, any, checked, concat, equal, or, present } from './expression.ts'

const source = 'Trino documentation, "URL functions"; RFC 3986, appendix B'

/** Groups: scheme, authority, path, query, fragment. */
const urlPattern = '^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\\?([^#]*))?(?:#(.*))?$'
/** What no URL holds: blanks, some marks, and a % without two hexadecimal digits. */
const wrongPattern = '[\\x00-\\x20"<>\\\\^`{|}\\x7F]|%(?:[^0-9A-Fa-f]|[0-9A-Fa-f](?:[^0-9A-Fa-f]|$)|$)'

type Part = (index: number) => Node

/** A text made of the parts of a URL; NULL when the text is no URL. */
function fromParts(context: LowerCall, url: Node, body: (part: Part) => Node): Node {
  return context.let(url, (text) =>
    context.let(call('extractGroups', present(text), string(urlPattern)), (groups) =>
      when(
        any(call('isNull', text), call('match', present(text), string(wrongPattern)), call('empty', groups)),
        nothing,
        body((index) => call('arrayElement', groups, integer(index))),
      ),
    ),
  )
}

/** A scheme and something that begins with no slash, as in mailto:x@y: it has neither path nor query. */
const isOpaque = (part: Part): Node =>
  and(
    call('notEmpty', part(1)),
    equal(part(2), string('')),
    call('notEmpty', part(3)),
    call('not', call('startsWith', part(3), string('/'))),
  )

const hostAndPort = (part: Part): Node => call('replaceRegexpOne', part(2), string('^.*@'), string(''))

function parameter(context: LowerCall, url: Node, name: Node): Node {
  const item = context.variable('item')
  return fromParts(context, url, (part) => {
    const isIt = or(equal(identifier(item), name), call('startsWith', identifier(item), concat(name, string('='))))
    const matching = call('arrayFilter', lambda([item], call('ifNull', isIt, integer(0))), call('splitByChar', string('&'), part(4)))
    return context.let(matching, (list) =>
      when(
        or(call('empty', list), call('isNull', name), isOpaque(part)),
        nothing,
        call('decodeURLFormComponent', call('replaceRegexpOne', call('arrayElement', list, integer(1)), string('^[^=]*=?'), string(''))),
      ),
    )
  })
}

function part(
  name: string,
  summary: string,
  body: (part: Part) => Node,
  sample: readonly [url: string, result: string],
): FunctionDefinition {
  return {
    name,
    kind: 'scalar',
    family: 'url',
    status: 'extension',
    summary: `${summary} NULL when the text is no URL.`,
    source,
    signatures: [{ pattern: '(varchar) -> varchar', lower: (context, url) => fromParts(context, url, body) }],
    examples: [
      { sql: `${name}('${sample[0]}')`, type: 'varchar', result: sample[1] },
      { sql: `${name}('http://example.com/^')`, type: 'varchar', result: null },
      { sql: `${name}(NULL)`, type: 'varchar', result: null },
    ],
  }
}

const sample = 'http://user@example.com:8080/path1/p.php?k1=v1&k2=v2#Ref1'

export const urlFunctions: readonly FunctionDefinition[] = [
  part('url_extract_protocol', 'The scheme of a URL.', (p) => p(1), [sample, 'http']),
  part('url_extract_host', 'The host of a URL.', (p) => call('replaceRegexpOne', hostAndPort(p), string(':[0-9]*$'), string('')), [
    sample,
    'example.com',
  ]),
  part('url_extract_path', 'The path of a URL, decoded.', (p) => when(isOpaque(p), string(''), call('decodeURLComponent', p(3))), [
    sample,
    '/path1/p.php',
  ]),
  part('url_extract_query', 'The query of a URL, decoded.', (p) => when(isOpaque(p), string(''), call('decodeURLComponent', p(4))), [
    sample,
    'k1=v1&k2=v2',
  ]),
  part('url_extract_fragment', 'The fragment of a URL, decoded.', (p) => call('decodeURLComponent', p(5)), [sample, 'Ref1']),
  {
    name: 'url_extract_port',
    kind: 'scalar',
    family: 'url',
    status: 'extension',
    summary: 'The port of a URL; NULL when it has none.',
    source,
    signatures: [
      {
        pattern: '(varchar) -> bigint',
        lower: (context, url) =>
          fromParts(context, url, (p) => call('toInt64OrNull', call('extract', hostAndPort(p), string(':([0-9]+)$')))),
      },
    ],
    examples: [
      { sql: `url_extract_port('${sample}')`, type: 'bigint', result: '8080' },
      { sql: "url_extract_port('http://example.com/')", type: 'bigint', result: null },
    ],
  },
  {
    name: 'url_extract_parameter',
    kind: 'scalar',
    family: 'url',
    status: 'extension',
    summary: 'The value of the first query parameter of that name, decoded; NULL when there is none.',
    source,
    signatures: [{ pattern: '(varchar, varchar) -> varchar', lower: parameter }],
    examples: [
      { sql: `url_extract_parameter('${sample}', 'k2')`, type: 'varchar', result: 'v2' },
      { sql: `url_extract_parameter('${sample}', 'k5')`, type: 'varchar', result: null },
    ],
  },
  {
    name: 'url_encode',
    kind: 'scalar',
    family: 'url',
    status: 'extension',
    summary: 'The text as it may stand in a query (application/x-www-form-urlencoded).',
    source,
    signatures: [
      {
        pattern: '(varchar) -> varchar',
        lower: (_, text) =>
          call(
            'replaceAll',
            call('replaceAll', call('encodeURLFormComponent', text), string('~'), string('%7E')),
            string('%2A'),
            string('*'),
          ),
      },
    ],
    examples: [
      { sql: "url_encode('a=b&c d~*')", type: 'varchar', result: 'a%3Db%26c+d%7E*' },
      { sql: 'url_encode(NULL)', type: 'varchar', result: null },
    ],
  },
  {
    name: 'url_decode',
    kind: 'scalar',
    family: 'url',
    status: 'extension',
    summary: 'The text that url_encode made this one of.',
    source,
    signatures: [
      {
        pattern: '(varchar) -> varchar',
        lower: (context, text) =>
          context.let(text, (s) =>
            checked(context, call('decodeURLFormComponent', s), {
              condition: call('match', s, string('%(?:[^0-9A-Fa-f]|[0-9A-Fa-f](?:[^0-9A-Fa-f]|$)|$)')),
              message: 'Illegal hex characters in escape (%) pattern',
            }),
          ),
      },
    ],
    examples: [
      { sql: "url_decode('http%3A%2F%2Ftest+x')", type: 'varchar', result: 'http://test x' },
      { sql: 'url_decode(NULL)', type: 'varchar', result: null },
      { sql: "url_decode('%zz')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
]
