import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../base/limits.ts'
import { checkShape } from '../check-shape.ts'
import type { Bound, Member, Shape, StructureShape } from '../shape.ts'
import { operations } from './list.ts'

/** Every member of every operation, with the way to it. */
interface Place {
  readonly operation: string
  readonly path: string
  readonly input: StructureShape
  /** Names of members from the outside to the inside; a list has one item. */
  readonly names: readonly string[]
  readonly member: Member
}

function placesOf(operation: string, input: StructureShape, shape = input, names: readonly string[] = []): readonly Place[] {
  return shape.members.flatMap((member) => {
    const inside = structureIn(member.shape)
    const path = [...names, member.name]
    return [{ operation, path: path.join('.'), input, names, member }, ...(inside ? placesOf(operation, input, inside, path) : [])]
  })
}

function structureIn(shape: Shape): StructureShape | undefined {
  return shape.kind === 'structure' ? shape : shape.kind === 'list' ? structureIn(shape.item) : undefined
}

const number = (bound: Bound | undefined): number | undefined => (typeof bound === 'string' ? defaultLimits[bound] : bound)

/** Something that fits, with all that is required. */
function fitting(shape: Shape): unknown {
  switch (shape.kind) {
    case 'string':
      return ['abc', 'a', 'a'.repeat(number(shape.min) ?? 3), '/abc', 'arn:aws:x:y:z:abc', '2024', 'abc:1'].find(
        (text) =>
          (shape.pattern?.whole.test(text) ?? true) &&
          text.length >= (number(shape.min) ?? 0) &&
          text.length <= (number(shape.max) ?? Infinity),
      )
    case 'enum':
      return shape.values[0]
    case 'integer':
    case 'long':
      return number(shape.min) ?? 1
    case 'timestamp':
      return 1.5
    case 'boolean':
      return true
    case 'list':
      return [fitting(shape.item)]
    case 'structure':
      return bodyOf(shape)
    default:
      return 0
  }
}

const bodyOf = (shape: StructureShape): Record<string, unknown> =>
  Object.fromEntries(shape.members.filter(({ required }) => required).map((member) => [member.name, fitting(member.shape)]))

/** A body in which `value` stands at the place. */
function bodyWith({ input, names, member }: Place, value: unknown): object {
  const body = bodyOf(input)
  let shape = input
  let inside = body
  for (const name of names) {
    const outer = shape.members.find((each) => each.name === name)!
    shape = structureIn(outer.shape)!
    const made = bodyOf(shape)
    inside[name] = outer.shape.kind === 'list' ? [made] : made
    inside = made
  }
  if (value === undefined) delete inside[member.name]
  else inside[member.name] = value
  return body
}

function code(place: Place, value: unknown): string {
  try {
    checkShape(place.input, bodyWith(place, value), defaultLimits)
    return 'accepted'
  } catch (error) {
    return (error as { readonly code: string }).code
  }
}

const places = operations.flatMap(({ name, input }) => placesOf(name, input))
const wrong: Readonly<Record<Shape['kind'], readonly unknown[]>> = {
  string: [7, true, [], {}],
  enum: [7, true, [], {}],
  integer: ['x', true, [], {}, 1.5, 2 ** 31],
  long: ['x', true, [], {}, 1.5],
  timestamp: [true, [], {}],
  boolean: [0, 'true', [], {}],
  list: ['x', 7, {}],
  structure: ['x', 7, []],
}

describe('every member of every operation', () => {
  it('is there to be checked', () => {
    expect(places.length).toBeGreaterThan(120)
  })

  it.each(places)('$operation $path takes what fits', (place) => {
    expect(code(place, fitting(place.member.shape))).toBe('accepted')
  })

  it.each(places)('$operation $path refuses another type with SerializationException', (place) => {
    expect(wrong[place.member.shape.kind].map((value) => code(place, value))).toEqual(
      wrong[place.member.shape.kind].map(() => 'SERIALIZATION'),
    )
  })

  it.each(places)('$operation $path may be absent or null unless it is required', (place) => {
    const expected = place.member.required ? 'VALIDATION' : 'accepted'
    expect([code(place, undefined), code(place, null)]).toEqual([expected, expected])
  })

  it.each(places.filter(({ member: { shape } }) => 'max' in shape && shape.max !== undefined))(
    '$operation $path keeps its greatest size',
    (place) => {
      const { shape } = place.member
      const most = number('max' in shape ? shape.max : undefined)!
      const beyond =
        shape.kind === 'string'
          ? 'a'.repeat(most + 1)
          : shape.kind === 'list'
            ? Array.from({ length: most + 1 }, () => fitting(shape.item))
            : most + 1
      if (typeof beyond === 'number' && !Number.isSafeInteger(beyond)) return
      expect(code(place, beyond)).toBe('VALIDATION')
    },
  )

  it.each(places.filter(({ member: { shape } }) => shape.kind === 'enum'))('$operation $path takes no other word', (place) => {
    expect(code(place, 'SOMETHING_ELSE')).toBe('VALIDATION')
  })
})

it.each(operations)('$name ignores members that it does not know', ({ input }) => {
  const body = { ...bodyOf(input), SomethingNew: { a: [1, null] } }
  expect(checkShape(input, body, defaultLimits)).toBe(body)
})
