import { ServerError } from '../../../../base/errors.ts'
import type { OptionValue } from '../../../option.ts'
import type { TableRecords } from '../../../record-sink.ts'
import { parseRuleSql, type RuleQuery } from './rule-parser.ts'
import type { RuleMessage } from './rule-scope.ts'
import { parsePayload, type RuleValue, sqlVersions, type SqlVersion } from './rule-value.ts'
import { known, readTimestreamAction, required, type TimestreamAction } from './timestream-action.ts'
import { topicMatcher } from './topic-filter.ts'

/** A rule as AWS IoT's CreateTopicRule takes it, made ready. */
export interface TopicRule {
  readonly name: string
  readonly isEnabled: boolean
  readonly topicFilter: string
  matches(topic: string): boolean
  /** @throws ServerError VALIDATION for a message that the rule can make no records of */
  apply(message: Omit<RuleMessage, 'version'>, payloads: Payloads): readonly TableRecords[]
}

/** A message's payload, parsed once for each version of SQL. */
export type Payloads = Map<SqlVersion, RuleValue>

const members = ['sql', 'awsIotSqlVersion', 'ruleDisabled', 'description', 'actions', 'errorAction']
const mostRules = 1000
const mostActions = 10

/** @throws ServerError VALIDATION naming the rule and what is wrong with it */
export function readTopicRules(value: OptionValue): readonly TopicRule[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('is not an object of rules by their names')
  const entries = Object.entries(value)
  if (entries.length === 0 || entries.length > mostRules) throw new Error(`has not 1 to ${mostRules} rules`)
  return entries.map(([name, rule]) => {
    try {
      if (!/^\w{1,128}$/.test(name)) throw new ServerError('VALIDATION', 'A name has 1 to 128 letters, digits and underscores.')
      return readTopicRule(name, rule)
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      throw new ServerError('VALIDATION', `the option rules: ${name}: ${error.message}`)
    }
  })
}

function readTopicRule(name: string, value: OptionValue): TopicRule {
  const json = known(value, 'The rule', members)
  // what CreateTopicRule takes when nothing is said
  const given = json['awsIotSqlVersion'] ?? '2015-10-08'
  const version = given === 'beta' ? '2016-03-23' : sqlVersions.find((each) => each === given)
  if (version === undefined) throw new ServerError('VALIDATION', `awsIotSqlVersion is not one of ${sqlVersions.join(', ')}, beta.`)
  const disabled = json['ruleDisabled'] ?? false
  if (typeof disabled !== 'boolean') throw new ServerError('VALIDATION', 'ruleDisabled is neither true nor false.')
  const query = parseRuleSql(required(json['sql'], 'sql'), version)
  const actions = readActions(json['actions'], version)
  const matches = topicMatcher(query.topicFilter)
  return {
    name,
    isEnabled: !disabled,
    topicFilter: query.topicFilter,
    matches,
    apply: (of, payloads) => {
      const scope = { value: payloadOf(of.payload, query, version, payloads), message: { ...of, version } }
      const result = query.run(scope)
      return result === undefined ? [] : actions.flatMap((action) => action(result, scope))
    },
  }
}

function readActions(value: OptionValue | undefined, version: SqlVersion): readonly TimestreamAction[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > mostActions)
    throw new ServerError('VALIDATION', `actions is not a list of 1 to ${mostActions} actions.`)
  return value.map((action: OptionValue, i) => {
    const json = known(action, `actions[${i}]`, ['timestream'])
    return readTimestreamAction(json['timestream'] ?? null, version)
  })
}

function payloadOf(payload: Buffer, query: RuleQuery, version: SqlVersion, payloads: Payloads): RuleValue {
  if (payloads.has(version)) return payloads.get(version)
  try {
    const value = parsePayload(payload.toString('utf8'), version)
    payloads.set(version, value)
    return value
  } catch (error) {
    if (query.takesAnyPayload && error instanceof ServerError) return undefined
    throw error
  }
}
