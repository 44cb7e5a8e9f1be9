import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ServerError } from '../../base/errors.ts'
import { defaultLimits } from '../../base/limits.ts'
import { checkShape } from '../check-shape.ts'
import { writeRecords } from '../operations/write-records.ts'
import { parseBody } from '../../base/parse-json.ts'
import { WriteBodyReader } from './write-body-reader.ts'

const limits = { ...defaultLimits, recordsPerWrite: 5, dimensionsPerTable: 3, measureValueBytes: 30 }

/** An object as a list of members, so that any may occur twice and in any order; other values as JSON text. */
type Tree = string | readonly Tree[] | { readonly members: readonly (readonly [string, Tree])[] }

const textOf = (tree: Tree, space: string): string => {
  if (typeof tree === 'string') return tree
  if ('members' in tree)
    return `{${space}${tree.members.map(([name, value]) => `"${name}":${space}${textOf(value, space)}`).join(`,${space}`)}}`
  return `[${tree.map((item) => textOf(item, space)).join(`${space},`)}${space}]`
}

const quoted = (text: string): string => JSON.stringify(text)
const usualText = fc
  .constantFrom('a', 'cpu', 'host_1', '12.5', '-3', '1700000000000', 'a text of more than 13 chars', 'ü', '😀', '日本')
  .map(quoted)
const anyText = fc.oneof(
  { weight: 120, arbitrary: usualText },
  fc.string({ unit: 'binary', maxLength: 40 }).map(quoted),
  fc.constantFrom(
    '""',
    String.raw`"\u0041"`,
    String.raw`"\ud800"`,
    String.raw`"a\"b"`,
    '"]"',
    '"Records"',
    String.raw`"\\"`,
    '"\u0001"',
    'null',
    '5',
    'true',
    '{}',
  ),
)
const version = fc.oneof(
  { weight: 30, arbitrary: fc.nat().map(String) },
  fc.constantFrom(
    '9223372036854775807',
    '9223372036854775808',
    '123456789012345',
    '1234567890123456',
    '-1',
    '-0',
    '1.0',
    '1e3',
    '007',
    'null',
    '"1"',
  ),
)
const type = fc.oneof(
  { weight: 120, arbitrary: fc.constantFrom('"DOUBLE"', '"BIGINT"', '"VARCHAR"', '"MULTI"') },
  fc.constantFrom('"double"', 'null', '1'),
)

type Members = readonly (readonly [string, fc.Arbitrary<Tree>])[]

/** Mostly all the members in their order; sometimes some, shuffled, twice, or with one that is unknown. */
function object(known: Members): fc.Arbitrary<Tree> {
  const all = fc.tuple(...known.map(([name, value]) => value.map((tree) => [name, tree] as const)))
  const odd = fc.array(fc.oneof(...known.map(([name, value]) => value.map((tree) => [name, tree] as const)), unknownMember), {
    maxLength: 8,
  })
  return fc.oneof({ weight: 80, arbitrary: all }, odd).map((members) => ({ members }))
}

const unknownMember = fc
  .tuple(
    fc.constantFrom('Unknown', '__proto__', 'time', 'Records'),
    fc.constantFrom('1', '[]', '{"Records":[{}]}', '12345678901234567890', 'null'),
  )
  .map(([name, value]) => [name, value] as const)

const dimensions: fc.Arbitrary<Tree> = fc.array(
  object([
    ['Name', anyText],
    ['Value', anyText],
  ]),
  { maxLength: 4 },
)
const measures: fc.Arbitrary<Tree> = fc.array(
  object([
    ['Name', usualText],
    ['Value', anyText],
    ['Type', type],
  ]),
  { minLength: 1, maxLength: 2 },
)
const multi = object([
  ['Dimensions', dimensions],
  ['MeasureName', anyText],
  ['MeasureValueType', type],
  ['Time', anyText],
  ['MeasureValues', measures],
])
const single = object([
  ['Time', anyText],
  ['Version', version],
  ['MeasureName', usualText],
  ['MeasureValue', anyText],
  ['MeasureValueType', type],
  ['TimeUnit', fc.constantFrom('"SECONDS"', '"NANOSECONDS"')],
])
const records = fc.array(fc.oneof({ weight: 100, arbitrary: fc.oneof(multi, single) }, fc.constantFrom('null', '{}', '1')), {
  maxLength: 6,
})
const input = object([
  ['DatabaseName', usualText],
  ['CommonAttributes', fc.oneof(multi, single)],
  ['Records', records],
  ['TableName', usualText],
])
const space = fc.constantFrom('', '', ' ', '\n\t')
const text = fc.tuple(input, space).map(([tree, between]) => textOf(tree, between))

function damage(whole: string, place: number, sign: string): string {
  const at = place % Math.max(1, whole.length)
  return whole.slice(0, at) + sign + whole.slice(at + 1)
}

function readGenerally(body: Buffer): object | undefined {
  try {
    return checkShape(writeRecords.input, parseBody(body), limits)
  } catch (error) {
    if (error instanceof ServerError) return undefined
    throw error
  }
}

it('reads what parser and shape check read, or leaves the body to them', () => {
  let reader = new WriteBodyReader(limits)
  let quick = 0
  let bodies = 0
  fc.assert(
    fc.property(text, fc.nat(), fc.constantFrom('', '"', ',', ']', '}', '{', '\\', '0', ' ', 'é'), (json, place, sign) => {
      // layouts of one body are tried on others, as far as they are learned
      if (bodies % 60 === 0) reader = new WriteBodyReader(limits)
      for (const body of [json, damage(json, place, sign), json].map((one) => Buffer.from(one))) {
        bodies++
        const read = reader.read(body)
        if (read === undefined) continue
        expect(read).toStrictEqual(readGenerally(body))
        quick++
      }
    }),
    { numRuns: 2000 },
  )
  expect(quick).toBeGreaterThan(500)
})
