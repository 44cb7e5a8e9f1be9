import { call, cast, identifier, integer, int64, lambda, nothing, string, when } from '../clickhouse/tree.ts'
import type { Node } from '../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall, Signature } from './definition.ts'
import { and, checked, constantText, equal, less, not, or, plus, present, toInt64, truth, unlessNull } from './expression.ts'
import { JsonPathError, parseJsonPath } from './json/json-path.ts'
import type { JsonStep } from './json/json-path.ts'

const source = 'Trino documentation, "JSON functions"; JSON is held as varchar'

/** The engine's JSON functions take no LowCardinality(Nullable(String)), as dimensions are held. */
const plain = (json: Node): Node => cast(json, 'Nullable(String)')
const typeOf = (json: Node): Node => call('toString', call('JSONType', json))
const isA = (json: Node, type: string): Node => equal(typeOf(json), string(type))

/** The steps of the constant path in argument 1; null when it is NULL. */
function pathArgument(context: LowerCall): readonly JsonStep[] | null {
  if (context.constant(1) === null) return null
  const path = constantText(context, 1)
  if (path === undefined) return context.invalid(1, 'The JSON path must be a constant text', 'NOT_SUPPORTED')
  try {
    return parseJsonPath(path)
  } catch (error) {
    if (error instanceof JsonPathError) return context.invalid(1, error.message, 'INVALID_FUNCTION_ARGUMENT')
    throw error
  }
}

/**
 * The JSON text at the path; empty when there is nothing, or when the text is no JSON. What the engine's parser does not read but the family's
 * does is written otherwise first: a comma before a closing bracket goes, whole numbers beyond 64 bits become strings.
 */
function rawAt(context: LowerCall, json: Node, steps: readonly JsonStep[]): Node {
  return context.let(plain(json), (text) =>
    context.let(strictRawAt(context, text, steps), (raw) =>
      when(and(equal(raw, string('')), call('match', text, string(mendable))), strictRawAt(context, mended(text), steps), raw),
    ),
  )
}

const mendable = ',\\s*[\\]}]|[0-9]{19}'
const longNumbersAsText = (json: Node): Node => call('replaceRegexpAll', json, string('(^|[\\[,:\\s])(-?[0-9]{19,})'), string('\\1"\\2"'))
const mended = (json: Node): Node => longNumbersAsText(call('replaceRegexpAll', json, string(',(\\s*[\\]}])'), string('\\1')))

/** The text with long whole numbers as strings where it is no JSON as it stands. */
const lenient = (context: LowerCall, json: Node, body: (json: Node) => Node): Node =>
  context.let(plain(json), (text) =>
    context.let(when(and(isA(text, 'Null'), call('match', text, string('[0-9]{19}'))), longNumbersAsText(text), text), body),
  )

function strictRawAt(context: LowerCall, json: Node, steps: readonly JsonStep[]): Node {
  let node = json
  let names: Node[] = []
  const flush = (): void => {
    if (names.length > 0) node = call('JSONExtractRaw', node, ...names)
    names = []
  }
  for (const step of steps) {
    if (step.kind === 'name') {
      names.push(string(step.name))
      continue
    }
    flush()
    node = context.let(node, (value) =>
      when(isA(value, 'Array'), call('JSONExtractRaw', value, integer(step.index + 1)), call('JSONExtractRaw', value, string(step.text))),
    )
  }
  flush()
  return steps.length === 0 ? call('JSONExtractRaw', json) : node
}

function extract(context: LowerCall, json: Node): Node {
  const steps = pathArgument(context)
  return steps === null ? context.nullOf(context.returnType) : call('nullIf', rawAt(context, json, steps), string(''))
}

/** Text of a scalar without quotes; NULL of null, arrays and objects. */
function scalarText(context: LowerCall, raw: Node): Node {
  return context.let(raw, (value) =>
    context.let(typeOf(value), (type) =>
      call(
        'multiIf',
        equal(type, string('String')),
        call('JSONExtractString', value),
        equal(type, string('Double')),
        value,
        { kind: 'in', operand: type, set: [string('Int64'), string('UInt64'), string('Bool')] },
        value,
        nothing,
      ),
    ),
  )
}

function extractScalar(context: LowerCall, json: Node): Node {
  const steps = pathArgument(context)
  return steps === null ? context.nullOf(context.returnType) : scalarText(context, rawAt(context, json, steps))
}

function size(context: LowerCall, json: Node): Node {
  const steps = pathArgument(context)
  if (steps === null) return context.nullOf(context.returnType)
  return context.let(rawAt(context, json, steps), (raw) => when(equal(raw, string('')), nothing, toInt64(call('JSONLength', raw))))
}

const arrayLength = (context: LowerCall, json: Node): Node =>
  lenient(context, json, (text) => when(isA(text, 'Array'), toInt64(call('JSONLength', text)), nothing))

function contains(pattern: string, test: (element: Node, value: Node) => Node): Signature {
  return {
    pattern,
    lower: (context, json, value) => {
      const element = context.variable('element')
      return unlessNull([json, value], (source_, wanted) =>
        lenient(context, source_, (text) => {
          const found = call(
            'arrayExists',
            lambda([element], test(identifier(element), wanted)),
            call('JSONExtractArrayRaw', present(text)),
          )
          return when(isA(text, 'Array'), truth(found), nothing)
        }),
      )
    },
  }
}

function arrayGet(_: LowerCall, json: Node, index: Node): Node {
  return unlessNull([plain(json), index], (text, i) => {
    const at = when(less(i, integer(0)), i, plus(i, integer(1)))
    const isInside = and(
      isA(text, 'Array'),
      less(when(less(i, integer(0)), plus(call('negate', i), int64(-1)), i), toInt64(call('JSONLength', text))),
    )
    const raw = call('JSONExtractRaw', text, when(isInside, at, int64(1)))
    return when(isInside, when(isA(raw, 'String'), call('JSONExtractString', raw), raw), nothing)
  })
}

const invalidJson = 'Cannot convert value to JSON'
const valid = (context: LowerCall, json: Node, body: (json: Node) => Node): Node =>
  context.let(plain(json), (text) => checked(context, body(text), { condition: not(call('isValidJSON', text)), message: invalidJson }))

function record(
  name: string,
  summary: string,
  signatures: readonly Signature[],
  examples: FunctionDefinition['examples'],
): FunctionDefinition {
  return { name, kind: 'scalar', family: 'json', status: 'extension', summary, source, signatures, examples }
}

export const jsonFunctions: readonly FunctionDefinition[] = [
  record(
    'json_extract',
    'The JSON text at a path ($.a.b[0]["c d"]) of a JSON text; NULL when there is nothing.',
    [{ pattern: '(varchar, varchar) -> varchar', lower: extract }],
    [
      { sql: `json_extract('{"a": {"b": [1, 2]}}', '$.a.b')`, type: 'varchar', result: '[1,2]' },
      { sql: `json_extract('{"a": 1}', '$.b')`, type: 'varchar', result: null },
      { sql: `json_extract('{}', '$..a')`, error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  ),
  record(
    'json_extract_scalar',
    'The string, number or boolean at a path of a JSON text, as text; NULL for null, arrays and objects.',
    [{ pattern: '(varchar, varchar) -> varchar', lower: extractScalar }],
    [
      { sql: `json_extract_scalar('{"a": [1, "x"]}', '$.a[1]')`, type: 'varchar', result: 'x' },
      { sql: `json_extract_scalar('[1, 2, 3]', '$[2]')`, type: 'varchar', result: '3' },
      { sql: `json_extract_scalar('{"a": [1]}', '$.a')`, type: 'varchar', result: null },
      { sql: `json_extract_scalar('{}', '$.a[-1]')`, error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  ),
  record(
    'json_parse',
    'The JSON text without needless blanks; an error when the text is no JSON.',
    [{ pattern: '(varchar) -> varchar', lower: (context, json) => valid(context, json, (text) => call('JSONExtractRaw', text)) }],
    [
      { sql: `json_parse('{"a": [1, 2]}')`, type: 'varchar', result: '{"a":[1,2]}' },
      { sql: 'json_parse(NULL)', type: 'varchar', result: null },
      { sql: `json_parse('{')`, error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  ),
  record(
    'json_format',
    'The JSON text itself: JSON is held as text.',
    [{ pattern: '(varchar) -> varchar', lower: (_, json) => json }],
    [
      { sql: `json_format(json_parse('[1, 2]'))`, type: 'varchar', result: '[1,2]' },
      { sql: 'json_format(NULL)', type: 'varchar', result: null },
    ],
  ),
  record(
    'json_size',
    'How many elements or members the array or object at a path has; 0 for scalars, NULL when there is nothing.',
    [{ pattern: '(varchar, varchar) -> bigint', lower: size }],
    [
      { sql: `json_size('{"x": {"a": 1, "b": 2}}', '$.x')`, type: 'bigint', result: '2' },
      { sql: `json_size('{"x": 1}', '$.x.a')`, type: 'bigint', result: null },
      { sql: `json_size('{}', '.')`, error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  ),
  record(
    'json_array_length',
    'How many elements a JSON array has; NULL when the text is none.',
    [{ pattern: '(varchar) -> bigint', lower: arrayLength }],
    [
      { sql: `json_array_length('[1, 2, 3]')`, type: 'bigint', result: '3' },
      { sql: `json_array_length('{}')`, type: 'bigint', result: null },
    ],
  ),
  record(
    'json_array_contains',
    'Whether a JSON array holds a boolean, number or string; NULL when the text is no array.',
    [
      contains('(varchar, boolean) -> boolean', (element, value) => equal(element, when(value, string('true'), string('false')))),
      contains('(varchar, bigint) -> boolean', (element, value) =>
        and(call('match', element, string('^-?[0-9]+$')), call('ifNull', equal(call('toInt64OrNull', element), value), integer(0))),
      ),
      contains('(varchar, double) -> boolean', (element, value) =>
        and(call('match', element, string('^-?[0-9]+[.eE]')), call('ifNull', equal(call('toFloat64OrNull', element), value), integer(0))),
      ),
      contains('(varchar, varchar) -> boolean', (element, value) =>
        and(call('startsWith', element, string('"')), equal(call('JSONExtractString', element), value)),
      ),
    ],
    [
      { sql: `json_array_contains('[1, "foo", null]', 'foo')`, type: 'boolean', result: 'true' },
      { sql: `json_array_contains('[1, 5]', '5')`, type: 'boolean', result: 'false' },
      { sql: `json_array_contains('{', 1)`, type: 'boolean', result: null },
    ],
  ),
  record(
    'json_array_get',
    'Element i (from 0, or negative from the end) of a JSON array; strings without quotes; NULL beyond its ends.',
    [{ pattern: '(varchar, bigint) -> varchar', lower: arrayGet }],
    [
      { sql: `json_array_get('["a", [3, 9], "c"]', 1)`, type: 'varchar', result: '[3,9]' },
      { sql: `json_array_get('["c", [3, 9], "a"]', -1)`, type: 'varchar', result: 'a' },
      { sql: `json_array_get('[]', 0)`, type: 'varchar', result: null },
    ],
  ),
  record(
    'is_json_scalar',
    'Whether a JSON text is a string, number, boolean or null; an error when it is no JSON.',
    [
      {
        pattern: '(varchar) -> boolean',
        lower: (context, json) => valid(context, json, (text) => truth(not(or(isA(text, 'Array'), isA(text, 'Object'))))),
      },
    ],
    [
      { sql: `is_json_scalar('1')`, type: 'boolean', result: 'true' },
      { sql: `is_json_scalar('[1, 2]')`, type: 'boolean', result: 'false' },
      { sql: 'is_json_scalar(NULL)', type: 'boolean', result: null },
      { sql: `is_json_scalar('x')`, error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  ),
]
