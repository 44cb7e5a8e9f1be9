import { functionNamed } from './rule-functions.ts'
import { negated, type Operator, operators } from './rule-operators.ts'
import type { RuleExpression, RuleScope } from './rule-scope.ts'
import { type RuleToken, syntaxError, tokensOf } from './rule-tokens.ts'
import { isList, isObject, member, readNumber, type RuleValue, type SqlVersion } from './rule-value.ts'
import { checkTopicFilter } from './topic-filter.ts'

/** A rule's SQL made ready. */
export interface RuleQuery {
  readonly topicFilter: string
  /** It reads the payload as bytes: it need not be JSON. */
  readonly takesAnyPayload: boolean
  /** Undefined when the message does not satisfy WHERE. */
  run(scope: RuleScope): RuleValue
}

interface Selection {
  /** `*`: all members; a name: a member; undefined: SELECT VALUE. */
  readonly name: string | undefined
  readonly value: RuleExpression
}

const deepestExpression = 64
const comparisons = ['=', '<>', '!=', '<', '<=', '>', '>=']

/** @throws ServerError VALIDATION saying what is wrong, and where */
export function parseRuleSql(sql: string, version: SqlVersion): RuleQuery {
  const parser = new RuleParser(sql, version)
  const query = parser.rule()
  parser.expectEnd()
  return query
}

/** An expression alone, as in a substitution template. @throws ServerError VALIDATION */
export function parseRuleExpression(text: string, version: SqlVersion): RuleExpression {
  const parser = new RuleParser(text, version)
  const expression = parser.expression()
  parser.expectEnd()
  return expression
}

class RuleParser {
  readonly #sql: string
  readonly #version: SqlVersion
  readonly #tokens: readonly RuleToken[]
  #at = 0
  #depth = 0
  #takesAnyPayload = false

  constructor(sql: string, version: SqlVersion) {
    this.#sql = sql
    this.#version = version
    this.#tokens = tokensOf(sql)
  }

  rule(): RuleQuery {
    this.#expect('SELECT')
    const selections = this.#selections()
    this.#expect('FROM')
    const { kind, text: topicFilter, start } = this.#next()
    if (kind !== 'text') throw syntaxError('A topic filter in quotes was expected', start)
    checkTopicFilter(topicFilter)
    const where = this.#takes('WHERE') ? this.expression() : undefined
    const run: RuleQuery['run'] = (scope) => (holds(where, scope) ? selected(selections, scope) : undefined)
    return { topicFilter, takesAnyPayload: this.#takesAnyPayload, run }
  }

  expectEnd(): void {
    const { kind, text, start } = this.#peek()
    if (kind !== 'end') throw syntaxError(`${JSON.stringify(text)} was not expected`, start)
  }

  expression(): RuleExpression {
    if (++this.#depth > deepestExpression) throw syntaxError('The expression is nested too deeply', this.#peek().start)
    const result = this.#binary(['OR'], () => this.#binary(['AND'], () => this.#not()))
    this.#depth--
    return result
  }

  #not(): RuleExpression {
    if (!this.#takes('NOT')) return this.#comparison()
    const operand = this.#not()
    return (scope) => negated(operand(scope))
  }

  #comparison(): RuleExpression {
    const left = this.#sum()
    if (!this.#takes('IN')) return this.#operators(left, comparisons, () => this.#sum())
    const right = this.#peek().text === '(' && !this.#isNestedSelect() ? this.#list('(', ')') : this.#sum()
    return applied(operators['IN']!, left, right)
  }

  #sum(): RuleExpression {
    return this.#binary(['+', '-'], () => this.#binary(['*', '/', '%'], () => this.#unary()))
  }

  #binary(names: readonly string[], operand: () => RuleExpression): RuleExpression {
    return this.#operators(operand(), names, operand)
  }

  #operators(first: RuleExpression, names: readonly string[], operand: () => RuleExpression): RuleExpression {
    let left = first
    for (;;) {
      const name = names.find((each) => this.#takes(each))
      if (name === undefined) return left
      left = applied(operators[name]!, left, operand())
    }
  }

  #unary(): RuleExpression {
    if (!this.#takes('-')) return this.#path()
    const operand = this.#unary()
    return applied(operators['-']!, () => 0n, operand)
  }

  #path(): RuleExpression {
    let value = this.#primary()
    while (this.#takes('.')) {
      const { kind, text, start } = this.#next()
      if (kind !== 'word' && kind !== 'quoted') throw syntaxError('A name was expected behind the dot', start)
      const of = value
      value = (scope) => member(of(scope), text)
    }
    return value
  }

  #primary(): RuleExpression {
    const { kind, text, start } = this.#next()
    switch (kind) {
      case 'text':
        return () => text
      case 'number': {
        const number = readNumber(text, this.#version)
        return () => number
      }
      case 'quoted':
        return ({ value }) => member(value, text)
      case 'word':
        return this.#word(text, start)
      case 'end':
        throw syntaxError('An expression was expected', start)
      case 'sign':
        if (text === '*') return ({ value }) => value
        if (text === '{') return this.#object()
        if (text === '(') {
          const inner = this.#isWord('SELECT') ? this.#nested() : this.expression()
          this.#expect(')')
          return inner
        }
        if (text === '[') {
          this.#at--
          return this.#list('[', ']')
        }
        throw syntaxError(`${JSON.stringify(text)} was not expected`, start)
    }
  }

  #word(word: string, start: number): RuleExpression {
    const upper = word.toUpperCase()
    if (upper === 'CASE') return this.#case()
    if (upper === 'EXISTS') {
      this.#expect('(')
      const nested = this.#nested()
      this.#expect(')')
      return (scope) => {
        const found = nested(scope)
        return isList(found) && found.length > 0
      }
    }
    if (this.#takes('(')) return this.#call(word, start)
    if (upper === 'TRUE' || upper === 'FALSE') return () => upper === 'TRUE'
    if (upper === 'NULL') return () => null
    if (upper === 'UNDEFINED') return () => undefined
    if (reserved.has(upper)) throw syntaxError(`${JSON.stringify(word)} was not expected`, start)
    return ({ value }) => member(value, word)
  }

  #call(name: string, start: number): RuleExpression {
    const args: RuleExpression[] = []
    if (!this.#takes(')')) {
      if (name.toLowerCase() === 'cast') {
        args.push(this.expression())
        this.#expect('AS')
        const type = this.#next().text
        args.push(() => type)
      } else {
        if (name.toLowerCase() === 'encode' && this.#isSign('*')) return this.#encodedPayload()
        do args.push(this.expression())
        while (this.#takes(','))
      }
      this.#expect(')')
    }
    const { fewest, most, apply } = functionNamed(name, start)
    if (args.length < fewest || args.length > most) {
      throw syntaxError(`${name} takes ${fewest === most ? fewest : `${fewest} to ${most}`} arguments, not ${args.length},`, start)
    }
    return (scope) =>
      apply(
        args.map((arg) => arg(scope)),
        scope,
      )
  }

  /** `encode(*, 'base64')`: of the payload as it came, whatever it is. */
  #encodedPayload(): RuleExpression {
    this.#next()
    this.#expect(',')
    const scheme = this.expression()
    this.#expect(')')
    this.#takesAnyPayload = true
    return (scope) => (scheme(scope) === 'base64' ? scope.message.payload.toString('base64') : undefined)
  }

  #case(): RuleExpression {
    const subject = this.#isWord('WHEN') ? undefined : this.expression()
    const branches: { readonly when: RuleExpression; readonly then: RuleExpression }[] = []
    while (this.#takes('WHEN')) {
      const when = this.expression()
      this.#expect('THEN')
      branches.push({ when: subject === undefined ? when : applied(operators['=']!, subject, when), then: this.expression() })
    }
    if (branches.length === 0) throw syntaxError('WHEN was expected', this.#peek().start)
    const otherwise = this.#takes('ELSE') ? this.expression() : undefined
    this.#expect('END')
    return (scope) => (branches.find(({ when }) => when(scope) === true)?.then ?? otherwise)?.(scope)
  }

  /** SELECT over the elements of a list. */
  #nested(): RuleExpression {
    this.#expect('SELECT')
    const selections = this.#selections()
    this.#expect('FROM')
    const source = this.#path()
    const where = this.#takes('WHERE') ? this.expression() : undefined
    return (scope) => {
      const found = source(scope)
      if (found === undefined || found === null) return undefined
      return (isList(found) ? found : [found])
        .map((value): RuleScope => ({ ...scope, value }))
        .filter((each) => holds(where, each))
        .map((each) => selected(selections, each))
        .filter((each) => each !== undefined)
    }
  }

  #selections(): readonly Selection[] {
    if (this.#isSelectValue()) {
      this.#next()
      return [{ name: undefined, value: this.expression() }]
    }
    const selections: Selection[] = []
    do {
      const from = this.#peek()
      if (from.kind === 'sign' && from.text === '*' && ['FROM', ','].includes(this.#tokens[this.#at + 1]!.text.toUpperCase())) {
        this.#next()
        selections.push({ name: '*', value: ({ value }) => value })
        continue
      }
      const value = this.expression()
      const last = this.#tokens[this.#at - 1]!
      const isName = last.kind === 'word' || last.kind === 'quoted'
      const name = this.#takes('AS') ? this.#name() : isName ? last.text : this.#sql.slice(from.start, last.end)
      selections.push({ name, value })
    } while (this.#takes(','))
    return selections
  }

  #object(): RuleExpression {
    const members: (readonly [string, RuleExpression])[] = []
    if (!this.#takes('}')) {
      do {
        const { kind, text, start } = this.#next()
        if (kind !== 'text') throw syntaxError('The name of a member, in quotes, was expected', start)
        this.#expect(':')
        members.push([text, this.expression()])
      } while (this.#takes(','))
      this.#expect('}')
    }
    return (scope) => Object.fromEntries(members.map(([name, value]) => [name, value(scope)]))
  }

  #list(open: string, close: string): RuleExpression {
    this.#expect(open)
    const items: RuleExpression[] = []
    if (!this.#takes(close)) {
      do items.push(this.expression())
      while (this.#takes(','))
      this.#expect(close)
    }
    return (scope) => items.map((item) => item(scope))
  }

  #name(): string {
    const { kind, text, start } = this.#next()
    if (kind !== 'word' && kind !== 'quoted' && kind !== 'text') throw syntaxError('A name was expected behind AS', start)
    return text
  }

  #isNestedSelect(): boolean {
    const next = this.#tokens[this.#at + 1]!
    return next.kind === 'word' && next.text.toUpperCase() === 'SELECT'
  }

  /** `value` is a name, too: it is the keyword where an expression begins behind it. */
  #isSelectValue(): boolean {
    if (!this.#isWord('VALUE')) return false
    const { kind, text } = this.#tokens[this.#at + 1]!
    if (kind === 'word') return !reserved.has(text.toUpperCase())
    if (kind !== 'sign') return kind !== 'end'
    return ['(', '[', '{'].includes(text) || (text === '*' && this.#tokens[this.#at + 2]!.text.toUpperCase() === 'FROM')
  }

  #isWord(word: string): boolean {
    const { kind, text } = this.#peek()
    return kind === 'word' && text.toUpperCase() === word
  }

  #isSign(sign: string): boolean {
    const { kind, text } = this.#peek()
    return kind === 'sign' && text === sign
  }

  #takes(what: string): boolean {
    const { kind, text } = this.#peek()
    if ((kind !== 'word' && kind !== 'sign') || text.toUpperCase() !== what) return false
    this.#at++
    return true
  }

  #expect(what: string): void {
    if (!this.#takes(what)) throw syntaxError(`${what} was expected`, this.#peek().start)
  }

  #peek(): RuleToken {
    return this.#tokens[this.#at]!
  }

  #next(): RuleToken {
    const found = this.#tokens[this.#at]!
    if (found.kind !== 'end') this.#at++
    return found
  }
}

const reserved = new Set(['SELECT', 'FROM', 'WHERE', 'AS', 'AND', 'OR', 'IN', 'WHEN', 'THEN', 'ELSE', 'END'])

const applied =
  (operator: Operator, left: RuleExpression, right: RuleExpression): RuleExpression =>
  (scope) =>
    operator(left(scope), right(scope))

const holds = (where: RuleExpression | undefined, scope: RuleScope): boolean => {
  const value = where?.(scope)
  return where === undefined || value === true || (typeof value === 'string' && value.toLowerCase() === 'true')
}

function selected(selections: readonly Selection[], scope: RuleScope): RuleValue {
  const [first] = selections
  if (selections.length === 1 && (first!.name === undefined || first!.name === '*')) return first!.value(scope)
  const result: Record<string, RuleValue> = {}
  for (const { name, value } of selections) {
    const found = value(scope)
    if (name === '*') {
      if (isObject(found)) Object.assign(result, found)
    } else if (found !== undefined) result[name!] = found
  }
  return result
}
