import { BIGINT, BOOLEAN, DOUBLE, INTEGER, TIMESTAMP, VARCHAR, arrayOf, type Type } from '../../../src/sql/types/type.ts'
import { ExpressionMaker, type Column } from './expression.ts'
import { evilTexts, literal, randomType } from './literal.ts'
import type { Random } from '../../harness/random.ts'

interface NamedType {
  /** As SQL writes it: quoted where it must be. */
  readonly name: string
  readonly type: Type
}

interface MadeQuery {
  readonly text: string
  readonly columns: readonly NamedType[]
}

const tables: readonly { readonly text: string; readonly columns: readonly NamedType[] }[] = [
  {
    text: 'benchmark.cpu',
    columns: [
      { name: 'hostname', type: VARCHAR },
      { name: 'region', type: VARCHAR },
      { name: 'measure_name', type: VARCHAR },
      { name: 'time', type: TIMESTAMP },
      { name: 'measure_value::double', type: DOUBLE },
      { name: 'usage_user', type: DOUBLE },
      { name: 'tasks', type: BIGINT },
    ],
  },
  {
    text: '"sampleDB"."IoT"',
    columns: [
      { name: 'truck_id', type: VARCHAR },
      { name: 'fleet', type: VARCHAR },
      { name: 'fuel_capacity', type: VARCHAR },
      { name: 'measure_name', type: VARCHAR },
      { name: 'time', type: TIMESTAMP },
      { name: '"measure_value::double"', type: DOUBLE },
    ],
  },
]

const quotedName = (text: string): string => `"${text.replaceAll('"', '""')}"`

/** Statements made along the grammar over the tables of the sample catalog. */
export class StatementMaker {
  readonly random: Random
  readonly #expressions: ExpressionMaker
  #names = 0

  constructor(random: Random, wrongTypes = 0.04) {
    this.random = random
    this.#expressions = new ExpressionMaker(random, wrongTypes)
  }

  statement(): string {
    const { random } = this
    const query = this.#query(2).text
    if (random.chance(0.02)) return `EXPLAIN ${random.chance(0.3) ? 'ANALYZE ' : ''}${query}`
    if (random.chance(0.01))
      return random.pick(['SHOW DATABASES', 'SHOW TABLES FROM benchmark', 'SHOW MEASURES FROM benchmark.cpu', 'DESCRIBE "sampleDB"."IoT"'])
    return random.chance(0.05) ? `${query} -- {p:String} 'end` : query
  }

  /** One expression of a scalar or nested type, without columns. */
  constantExpression(depth: number): string {
    return this.#expressions.expression(randomType(this.random), depth, [])
  }

  #name(): string {
    const { random } = this
    this.#names += 1
    if (random.chance(0.15)) return quotedName(`zq${this.#names}${random.pick(evilTexts)}`)
    return random.pick(['c', 'Day', 'rank', 'value', 'x']) + this.#names
  }

  #query(depth: number): MadeQuery {
    const { random } = this
    if (depth > 0) {
      if (random.chance(0.12)) return this.#set(depth)
      if (random.chance(0.12)) return this.#with(depth)
      if (random.chance(0.05)) return this.#values()
      if (random.chance(0.25)) return this.#grouped(depth)
    }
    return this.#select(depth)
  }

  #select(depth: number): MadeQuery {
    const { random } = this
    const { text: from, scope } = this.#from(depth)
    const columns: NamedType[] = []
    const items = random.list(1, 3, () => {
      const type = randomType(random, 1)
      const windowed = random.chance(0.12) ? this.#expressions.windowed(type, 1, scope) : undefined
      const name = this.#name()
      columns.push({ name, type })
      return `${windowed ?? this.#expressions.expression(type, 3, scope)} AS ${name}`
    })
    const where = random.chance(0.5) ? ` WHERE ${this.#predicate(depth, scope)}` : ''
    const distinct = random.chance(0.08) ? 'DISTINCT ' : ''
    return { text: `SELECT ${distinct}${items.join(', ')}${from}${where}${this.#end(columns.length)}`, columns }
  }

  #grouped(depth: number): MadeQuery {
    const { random } = this
    const { text: from, scope } = this.#from(depth)
    const keys = random.list(0, 2, () => this.#expressions.expression(random.pick([VARCHAR, TIMESTAMP, BIGINT]), random.below(2), scope))
    const columns: NamedType[] = []
    const items: string[] = []
    const add = (expression: string, type: Type): void => {
      const name = this.#name()
      items.push(`${expression} AS ${name}`)
      columns.push({ name, type })
    }
    for (const key of keys) add(key, VARCHAR)
    for (let i = 0; i <= random.below(3); i += 1) {
      const type = randomType(random, 1)
      add(this.#expressions.aggregate(type, 2, scope) ?? 'count(*)', type)
    }
    const having = random.chance(0.2) ? ` HAVING count(*) > ${this.#expressions.expression(INTEGER, 0, [])}` : ''
    const where = random.chance(0.4) ? ` WHERE ${this.#predicate(depth, scope)}` : ''
    const sets = random.chance(0.1) ? `ROLLUP (${keys.join(', ')})` : keys.map((_, i) => i + 1).join(', ')
    const group = keys.length > 0 ? ` GROUP BY ${sets}` : ''
    return { text: `SELECT ${items.join(', ')}${from}${where}${group}${having}${this.#end(columns.length)}`, columns }
  }

  #set(depth: number): MadeQuery {
    const { random } = this
    const types = random.list(1, 2, () => random.pick([INTEGER, VARCHAR, DOUBLE, TIMESTAMP, arrayOf(INTEGER)]))
    const names = types.map(() => this.#name())
    const operand = (): string => {
      const { text, scope } = this.#from(depth - 1)
      return `SELECT ${types.map((type, i) => `${this.#expressions.expression(type, 2, scope)} AS ${names[i]!}`).join(', ')}${text}`
    }
    const operator = random.pick(['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT'])
    return { text: `(${operand()}) ${operator} (${operand()})`, columns: types.map((type, i) => ({ name: names[i]!, type })) }
  }

  #with(depth: number): MadeQuery {
    const inner = this.#query(depth - 1)
    const name = this.#name()
    const alias = this.#name()
    const scope = inner.columns.map((column) => ({ text: `${alias}.${column.name}`, type: column.type }))
    const type = this.random.pick(inner.columns).type
    const column = this.#name()
    const text = `WITH ${name} AS (${inner.text}) SELECT ${this.#expressions.expression(type, 2, scope)} AS ${column} FROM ${name} AS ${alias}`
    return { text, columns: [{ name: column, type }] }
  }

  #values(): MadeQuery {
    const { random } = this
    const types = random.list(1, 3, () => randomType(random, 1))
    const rows = random.list(1, 3, () => `(${types.map((type) => literal(random, type)).join(', ')})`)
    const names = types.map(() => this.#name())
    return {
      text: `SELECT * FROM (VALUES ${rows.join(', ')}) AS ${this.#name()} (${names.join(', ')})`,
      columns: types.map((type, i) => ({ name: names[i]!, type })),
    }
  }

  #from(depth: number): { readonly text: string; readonly scope: readonly Column[] } {
    const { random } = this
    if (random.chance(0.25)) return { text: '', scope: [] }
    const first = this.#item(depth)
    if (!random.chance(0.3)) return { text: ` FROM ${first.text}`, scope: first.scope }
    const second = this.#item(depth - 1)
    const scope = [...first.scope, ...second.scope]
    const join = random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'CROSS JOIN', ','])
    if (join === 'CROSS JOIN' || join === ',' || first.scope.length === 0)
      return { text: ` FROM ${first.text}${join === ',' ? ', ' : ' CROSS JOIN '}${second.text}`, scope }
    const type = random.pick(first.scope).type
    const one = this.#expressions.expression(type, 0, first.scope)
    const other = this.#expressions.expression(type, 0, second.scope)
    const more = random.chance(0.25) ? ` AND ${this.#expressions.expression(BOOLEAN, 1, scope)}` : ''
    return { text: ` FROM ${first.text} ${join} ${second.text} ON ${one} = ${other}${more}`, scope }
  }

  #item(depth: number): { readonly text: string; readonly scope: readonly Column[] } {
    const { random } = this
    const alias = this.#name()
    if (random.chance(0.12)) {
      const type = randomType(random, 1)
      const column = this.#name()
      return {
        text: `UNNEST(${this.#expressions.expression(arrayOf(type), 1, [])}) AS ${alias} (${column})`,
        scope: type.kind === 'row' ? [] : [{ text: `${alias}.${column}`, type }],
      }
    }
    if (depth > 0 && random.chance(0.25)) {
      const query = this.#query(depth - 1)
      return { text: `(${query.text}) AS ${alias}`, scope: query.columns.map(({ name, type }) => ({ text: `${alias}.${name}`, type })) }
    }
    const table = random.pick(tables)
    return { text: `${table.text} AS ${alias}`, scope: table.columns.map(({ name, type }) => ({ text: `${alias}.${name}`, type })) }
  }

  #predicate(depth: number, scope: readonly Column[]): string {
    const { random } = this
    if (depth > 0 && random.chance(0.2)) {
      const { text, columns } = this.#query(0)
      const operand = this.#expressions.expression(columns[0]!.type, 1, scope)
      if (columns.length > 1 || random.chance(0.3)) return `EXISTS (${text})`
      return random.pick([`${operand} IN (${text})`, `${operand} = (${text} LIMIT 1)`, `${operand} >= ALL (${text})`])
    }
    return this.#expressions.expression(BOOLEAN, 2, scope)
  }

  #end(columns: number): string {
    const { random } = this
    const order = random.chance(0.3) ? ` ORDER BY ${1 + random.below(columns)}${random.pick(['', ' DESC', ' ASC NULLS FIRST'])}` : ''
    return order + (random.chance(0.3) ? ` LIMIT ${random.below(20)}` : '')
  }
}
